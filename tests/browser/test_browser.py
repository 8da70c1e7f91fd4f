"""Every lesson from top to bottom in a real browser: no error, no warning, nothing from outside.

Then every control of its live views is moved, by keyboard and by mouse, and has to change the picture.
"""

import importlib.util
from pathlib import Path

import pytest

from bertlab.build.chromium import find_chromium
from tests.browser.controls import walk
from tests.browser.lab import lab
from tests.tiny import code, write

if importlib.util.find_spec("playwright") is None:
    pytest.skip("playwright is not installed: pip install -e '.[browser]'", allow_module_level=True)
if find_chromium() is None:
    pytest.skip("neither Chromium nor Chrome is on the PATH", allow_module_level=True)


LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_without_fault_and_each_control_moves_its_view(path):
    with lab(path) as page:
        notebook = page.open(f"notebooks/{path.name}")
        notebook.run_all()
        assert notebook.faults() == []
        assert walk(notebook) == []


def test_faults_are_seen(tmp_path, monkeypatch):
    fetch = "from IPython.display import HTML\nHTML('<img src=\"http://192.0.2.1/x.png\">')"
    path = write(
        tmp_path / "notebooks" / "99_faulty.ipynb",
        code("import sys; print('careful', file=sys.stderr)", count=None),
        code(fetch, count=None),
        code("1 / 0", tags=["raises-exception"], count=None),
        code("1 / 0", count=None),
        code("2", count=None),
    )
    monkeypatch.chdir(tmp_path)
    with lab(path) as page:
        notebook = page.open("notebooks/99_faulty.ipynb")
        notebook.run_all()
        faults = notebook.faults()
    for part in ("cell 0 stderr: careful", "to the outside", "cell 3 Zero", "cell 4 did not run"):
        assert any(part in fault for fault in faults), (part, faults)
    assert not any("cell 2" in fault for fault in faults)


VIEW = """
import ipywidgets as w
slider = w.IntSlider(value=3, description="Alive")
dead = w.IntSlider(value=3, description="Dead")
shown = w.HTML("3")
slider.observe(lambda change: setattr(shown, "value", str(change["new"])), "value")
w.VBox([slider, dead, shown])
"""
ASK = """
from bertlab.teaching import predict
predict("00-which", "Which?", ["This", "That", "Neither"])
"""


def test_a_control_that_moves_nothing_is_seen(tmp_path, monkeypatch):
    path = tmp_path / "notebooks" / "99_views.ipynb"
    write(path, code(VIEW.strip(), count=None), code(ASK.strip(), count=None))
    monkeypatch.chdir(tmp_path)
    with lab(path) as page:
        notebook = page.open("notebooks/99_views.ipynb")
        notebook.run_all()
        assert walk(notebook) == [
            "view 0 slider 'Dead' changes nothing by keyboard",
            "view 0 slider 'Dead' changes nothing by mouse",
        ]
