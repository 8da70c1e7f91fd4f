"""What the lessons' notebooks must agree on with the teaching layer."""

import ast
import json
from pathlib import Path

import pytest

from bertlab.teaching import collect_claims
from bertlab.teaching.collect import calls
from bertlab.teaching.course import LESSONS, lesson

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def _strings(call: ast.Call) -> list:
    return [n.value for n in call.args if isinstance(n, ast.Constant)]


def test_every_claim_can_be_listed_and_has_a_name_of_its_own():
    for row in collect_claims(FOLDER):  # raises on a name given twice
        assert row.statement and row.expect


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_its_registered_header(path):
    registered = lesson(path.name[:2])
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert path.name == registered.notebook
    assert first["cell_type"] == "markdown"
    assert "".join(first["source"]).startswith(registered.header())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_prediction_is_answered_by_one_of_its_options(path):
    asked = {}
    for call in calls(path, "predict"):
        given = {k.arg: k.value for k in call.keywords}
        options = given["options"] if "options" in given else call.args[2]
        asked[_strings(call)[0]] = ast.literal_eval(options)
    answered = {}
    for call in calls(path, "reveal"):
        given = {k.arg: k.value for k in call.keywords}
        answer = given["answer"] if "answer" in given else call.args[1]
        answered[_strings(call)[0]] = ast.literal_eval(answer)
    assert asked.keys() == answered.keys()
    assert all(answered[id] in options for id, options in asked.items())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_identifiers_name_the_lesson_they_stand_in(path):
    for name in ("claim", "predict", "reveal", "exercise"):
        for call in calls(path, name):
            assert _strings(call)[0].startswith(f"{path.name[:2]}-"), ast.unparse(call)


def test_a_lesson_is_planned_as_long_as_it_has_no_notebook():
    written = {path.name for path in NOTEBOOKS}
    planned = [one.notebook for one in LESSONS if one.planned]
    assert planned == [one.notebook for one in LESSONS if one.notebook not in written]


def test_needs_point_backwards():
    numbers = [one.number for one in LESSONS]
    assert numbers == [f"{n:02}" for n in range(13)]
    for one in LESSONS:
        assert all(need in numbers and need < one.number for need in one.needs)
