"""Executing and storing lessons: a second run changes no byte, and nothing of a machine is stored."""

import base64
import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from bertlab.errors import BertlabError
from bertlab.normalise import _plain_png, _without_machine, dump, normalise
from bertlab.notebooks import (
    course_root,
    execute,
    find_notebooks,
    main,
    private_home,
    rebuild,
    reference_environment,
)
from tests.tiny import code, raised, shown, stdout, write

LESSON = [
    "# Lesson",
    code("import sys, time\nprint('one'); print('warned', file=sys.stderr); print('two')"),
    code("time.perf_counter()", tags=["nbval-ignore-output"]),
    code("from ipywidgets import interact\ninteract(lambda n: print(n), n=(0, 4));"),
    code("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()"),
    code("import json\njson.loads('{')", tags=["raises-exception"]),
    code("print({'a', 'b', 'c'} == {'c', 'b', 'a'})   "),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A lesson, executed and stored twice: (path, text after the first run, after the second)."""
    path = write(tmp_path_factory.mktemp("course") / "notebooks" / "05_tiny.ipynb", *LESSON)
    texts = []
    for _ in range(2):
        run, _ = rebuild(path)
        assert run.failure is None
        texts.append(path.read_text(encoding="utf-8"))
    return path, *texts


def test_a_second_run_changes_no_byte(stored):
    _, first, second = stored
    assert first == second


def test_what_is_stored(stored):
    notebook = nbformat.reads(stored[1], as_version=4)
    nbformat.validate(notebook)
    cells = notebook.cells
    assert [cell.id for cell in cells] == [f"05_tiny-{i:03}" for i in range(len(LESSON))]
    assert [cell.execution_count for cell in cells[1:]] == list(range(1, len(LESSON)))
    assert cells[1].outputs == [stdout("one\ntwo\n")]
    assert list(cells[3].outputs[0].data) == ["text/plain"]
    assert cells[6].source.endswith(")")
    assert "widgets" not in notebook.metadata
    assert "version" not in notebook.metadata.language_info
    for place in (str(Path.home()), os.path.dirname(os.__file__), sys.prefix, "ipykernel_"):
        assert place not in stored[1]


def test_an_ignored_cell_keeps_its_output_until_refreshed_or_changed(stored):
    before = nbformat.reads(stored[1], as_version=4)
    fresh = nbformat.reads(stored[1], as_version=4)
    fresh.cells[2].outputs[0].data["text/plain"] = "9.9"

    def shows(notebook):
        return notebook.cells[2].outputs[0].data["text/plain"]

    assert shows(normalise(fresh, "05_tiny", before)) == shows(before)
    assert shows(normalise(fresh, "05_tiny", before, refresh=True)) == "9.9"
    fresh.cells[2].source += " + 1"
    assert shows(normalise(fresh, "05_tiny", before)) == "9.9"


def test_a_compared_cell_never_keeps_its_old_output():
    before = nbformat.v4.new_notebook(cells=[code("x", stdout("old"))])
    fresh = nbformat.v4.new_notebook(cells=[code("x", stdout("new"))])
    assert normalise(fresh, "00", before).cells[0].outputs[0].text == "new"


def test_a_failing_lesson_is_not_stored(tmp_path, monkeypatch, capsys):
    path = write(tmp_path / "notebooks" / "06_bad.ipynb", code("1"), code("1 / 0"), code("2"))
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    assert main(["6"]) == 1
    assert "06_bad.ipynb FAILED in cell 1" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_an_error_hidden_in_a_widget_fails_the_run(tmp_path):
    source = "from ipywidgets import interact\ninteract(lambda n: 1 / 0, n=(0, 4));"
    path = write(tmp_path / "07_hidden.ipynb", code(source))
    run = execute(path, reference_environment(tmp_path))
    assert "ZeroDivisionError" in run.failure.error
    assert run.peak_bytes > 2**24 and run.seconds > 0


def test_a_widget_alone_leaves_no_empty_output():
    view = shown("{}", "application/vnd.jupyter.widget-view+json")
    notebook = normalise(nbformat.v4.new_notebook(cells=[code("x", view)]), "00")
    assert notebook.cells[0].outputs == []


def test_dump_ends_in_one_newline_and_keeps_unicode():
    text = dump(normalise(nbformat.v4.new_notebook(cells=[code("'é'")]), "00"))
    assert text.endswith("}\n") and not text.endswith("\n\n") and "é" in text
    assert json.loads(text)["nbformat_minor"] == 5


@pytest.mark.parametrize(
    ("line", "stored"),
    [
        ("\x1b[32m/a/lib/python3.11/site-packages/spacy/x.py:7\x1b[39m", "\x1b[32msite-packages/spacy/x.py:7\x1b[39m"),
        ("File ~/v/lib/python3.12/json/decoder.py:3", "File python3.12/json/decoder.py:3"),
        ("File C:\\v\\Lib\\site-packages\\spacy\\x.py", "File site-packages\\spacy\\x.py"),
        (f"File {Path(__file__).parents[1]}/bertlab/errors.py:3", "File bertlab/errors.py:3"),
        ("<Thing at 0x7f00aabbccdd>", "<Thing at 0x…>"),
        ("3 / 4 of site-packages", "3 / 4 of site-packages"),
    ],
)  # fmt: skip
def test_tracebacks_forget_the_machine(line, stored):
    assert _without_machine(line) == stored
    error = raised("E", "x")
    error.traceback = [line]
    cell = normalise(nbformat.v4.new_notebook(cells=[code("x", error)]), "00").cells[0]
    assert cell.outputs[0].traceback == [stored]


def test_tracebacks_forget_a_lessons_temporary_folder():
    with tempfile.TemporaryDirectory() as folder:
        line = _without_machine(f"File {os.path.join(folder, 'small_run.py')}:10")
    assert line == "File small_run.py:10"


def test_a_png_forgets_its_writer():
    import io

    from PIL import Image, PngImagePlugin

    def png(writer):
        note, file = PngImagePlugin.PngInfo(), io.BytesIO()
        note.add_text("Software", writer)
        Image.new("RGB", (4, 4), "orange").save(file, "png", pnginfo=note)
        return base64.b64encode(file.getvalue()).decode()

    assert png("a") != png("b")
    assert _plain_png(png("a")) == _plain_png(png("b"))
    Image.open(io.BytesIO(base64.b64decode(_plain_png(png("a"))))).load()


def test_finding_lessons(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    paths = [write(folder / name, "x") for name in ("00_a.ipynb", "01_b.ipynb", "notes.ipynb")]
    (folder / "deeper").mkdir()
    monkeypatch.chdir(folder / "deeper")
    assert course_root() == tmp_path
    assert find_notebooks() == paths[:2]
    for name in ("01", "1", "01_b", "01_b.ipynb", str(paths[1])):
        assert find_notebooks([name]) == [paths[1]]
    with pytest.raises(BertlabError, match="one of 00_a, 01_b"):
        find_notebooks(["02"])


def test_environments_keep_away_from_the_learner(tmp_path, monkeypatch):
    monkeypatch.setenv("BERTLAB_HOME", "/learner")
    monkeypatch.setenv("SOME_SETTING", "kept")
    environment = reference_environment(tmp_path)
    assert environment["BERTLAB_HOME"].startswith(str(tmp_path))
    assert environment["SOME_SETTING"] == "kept"
    assert environment["CUDA_VISIBLE_DEVICES"] == "" and environment["OMP_NUM_THREADS"] == "1"
    assert "PYTHONHASHSEED" not in environment or "PYTHONHASHSEED" in os.environ
    assert "CUDA_VISIBLE_DEVICES" not in private_home(tmp_path)
