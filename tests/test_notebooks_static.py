"""Every lesson as it is stored: how much of it is compared, and nothing in it that should not be."""

from pathlib import Path

import nbformat
import pytest

from bertlab.normalise import dump, normalise
from tests.notebook_audit import count, faults
from tests.tiny import code, raised, result, shown, stdout, write

LESSONS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_no_fault(path):
    print(path.stem, dict(count(path)))  # shown when the test fails, or with -rP
    assert faults(path) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_stored_as_the_normaliser_stores_it(path):
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    assert dump(normalise(notebook, path.stem, notebook)) == text


def test_only_numbered_lessons_are_in_the_folder():
    assert LESSONS, "without lessons the tests above would be skipped"
    folder = Path(__file__).parents[1] / "notebooks"
    extra = [path.name for path in folder.iterdir() if path.name != ".ipynb_checkpoints"]
    assert sorted(extra) == [path.name for path in LESSONS]
    assert all(path.name[:2].isdigit() and path.name[2] == "_" for path in LESSONS)


GOOD = [code(f"print({n})", stdout(f"{n}\n")) for n in range(8)]
BAD = {
    "counts do not run": [*GOOD, code("1", count=None)],
    "are compared": [*GOOD[:2], code("x = 1")],
    "are ignored": [*GOOD[:2], code("1", result("1"), tags=["nbval-ignore-output"])],
    "only 7 of": [*GOOD[:7], *[code("plot()", shown("<Figure size 640x480 with 1 Axes>"))] * 4],
    "widget": [*GOOD, code("w", shown("{}", "application/vnd.jupyter.widget-view+json"))],
    "without the tag": [*GOOD, code("1 / 0", raised("ZeroDivisionError", "division by zero"))],
    "stores no error": [*GOOD, code("1", result("1"), tags=["raises-exception"])],
    "stderr": [*GOOD, code("x", nbformat.v4.new_output("stream", name="stderr", text="w"))],
    "machine's path: /home/": [*GOOD, code("x", stdout("see /home/me/data"))],
    "source of cell 8 has": [*GOOD, code("open('/work/x')", result("1"))],
    "an address": [*GOOD, code("x", stdout("<Thing at 0x7f0012345678>"))],
}


def test_a_good_notebook_has_no_fault(tmp_path):
    assert faults(write(tmp_path / "00_good.ipynb", *GOOD)) == []


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_found(tmp_path, fault):
    found = faults(write(tmp_path / "00_bad.ipynb", *BAD[fault]))
    assert any(fault in one for one in found), found


def test_kinds_of_cells(tmp_path):
    path = write(
        tmp_path / "00_kinds.ipynb",
        GOOD[0],
        code("x = 1"),
        code("plot()", shown("<Figure size 640x480 with 1 Axes>")),
        code("f", result("<spacy.lang.en.English at 0x7f0012345678>")),
        code("slider", result("IntSlider(value=3, max=4)")),
        code("token", result("Token(text='a', start=0, end=1)")),
        code("time()", result("1.5"), tags=["nbval-ignore-output"]),
        code("1", count=None),
    )
    assert count(path) == {"compared": 2, "silent": 1, "weak": 3, "ignored": 1, "unrun": 1}
