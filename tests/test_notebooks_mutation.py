"""A stored output changed by hand is noticed: in every lesson, every compared output.

Running each lesson once per change would take hours. A comparison has two sides: the test run makes
fresh outputs equal to the stored ones (or fails); here the same comparison, of the same collected
cells, is given the stored outputs as the fresh ones, and a changed copy as the stored ones. That
the plugin really calls this comparison is shown by tests/test_nbval_strict.py, in a real run.
"""

import copy
import re
from pathlib import Path

import pytest
from nbval.plugin import coalesce_streams

from bertlab.normalise import WIDGET_VIEW
from tests.nbval_strict import StrictFile, joined
from tests.tiny import code, result, shown, stdout, write

LESSONS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
UNSEEN = {"image/png", "image/jpeg", WIDGET_VIEW}


def places(outputs) -> list[tuple[int, str]]:
    """(output, key) of every text that is compared."""
    found = []
    for index, output in enumerate(outputs):
        if output.output_type == "stream":
            found.append((index, "text"))
        elif output.output_type == "error":
            found += [(index, "ename"), (index, "evalue")]
        else:
            found += [(index, mime) for mime in output.data if mime not in UNSEEN]
    return found


def changed_texts(text: str) -> list[str]:
    """`text` as a hand might change it: a letter, a digit, a number, something added or lost."""
    swaps = [
        re.sub(r"[A-Za-z]", lambda m: "q" if m.group() != "q" else "z", text, count=1),
        re.sub(r"(?<![\d.])\d(?![\d.])", lambda m: str((int(m.group()) + 1) % 10), text, count=1),
        re.sub(r"\d+\.\d+", lambda m: str(float(m.group()) * 1.01 + 0.01), text, count=1),
        text + "x",
        text[: len(text) // 2],
    ]
    return [one for one in swaps if one != text]


def mutations(outputs):
    """(what was changed, changed copy) for every compared text; and one output lost or doubled."""
    for index, key in places(outputs):
        output = outputs[index]
        text = joined(output.data[key] if "data" in output else output[key])
        for new in changed_texts(text):
            changed = copy.deepcopy(outputs)
            holder = changed[index].data if "data" in output else changed[index]
            holder[key] = new
            yield f"output {index}, {key}: {new[:60]!r}", changed
    for index, output in enumerate(outputs):
        if "data" in output and set(output.data) <= UNSEEN:
            continue
        yield f"output {index} lost", outputs[:index] + outputs[index + 1 :]


def unnoticed(path: Path, session) -> tuple[int, list[str]]:
    """How many changes were tried in the notebook at `path`, and those that pass as equal."""
    tried, missed = 0, []
    for cell in StrictFile.from_parent(session, path=path).collect():
        if not cell.options["check"] or not cell.cell.outputs:
            continue
        stored = coalesce_streams(copy.deepcopy(cell.cell.outputs))
        assert cell.compare_outputs(stored, copy.deepcopy(stored)), f"{cell.name} is not itself"
        for what, changed in mutations(stored):
            tried += 1
            if cell.compare_outputs(stored, changed):
                missed.append(f"{cell.name}, {what}")
    return tried, missed


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_change_of_a_lesson_is_noticed(path, request):
    tried, missed = unnoticed(path, request.session)
    assert tried > 0
    assert missed == []


def test_what_is_compared_and_what_is_not(tmp_path, request):
    output = shown("<b>loss 0.25</b>", "text/html")
    output.data["text/plain"] = "<HTML object>"
    path = write(
        tmp_path / "00_tiny.ipynb",
        code("print('two words')", stdout("two words\n")),
        code("show()", output),
        code("3", result("3")),
        code("time()", result("0.1"), tags=["nbval-ignore-output"]),
    )
    tried, missed = unnoticed(path, request.session)
    assert tried > 10 and missed == []


def test_an_unnoticed_change_would_be_reported(tmp_path, request, monkeypatch):
    monkeypatch.setattr("tests.nbval_strict.close", lambda stored, fresh: True)
    path = write(tmp_path / "00_tiny.ipynb", code("3", result("3")))
    tried, missed = unnoticed(path, request.session)
    assert missed
