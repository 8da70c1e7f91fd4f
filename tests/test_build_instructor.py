"""Instructor copies: after each exercise its answer, what to expect, and how long things take."""

import nbformat
import pytest

from bertlab.build import answers, instructor
from bertlab.notebooks import find_notebooks
from bertlab.teaching.bank import lesson_bank
from tests import tiny

RUNS = {"01_x": {"seconds": 41.2, "mib": 900, "machine": "x86_64, 2 cores", "date": "2026-01-02"}}


@pytest.fixture
def notebook(tmp_path):
    path = tiny.write(
        tmp_path / "01_x.ipynb",
        "# 01 · Tokens\n\n*60 minutes*",
        tiny.code('ex = exercise("00-count-tokens")\nex'),
        "Words between.",
        tiny.code("@ex.write\ndef count_tokens(text):\n    raise NotImplementedError"),
        tiny.code("ex.check()"),
        tiny.code('exercise("00-hidden-number")'),
        tiny.code('answer = ...\nexercise("00-hidden-number").check(answer)'),
    )
    return nbformat.read(path, as_version=4)


def test_an_answer_stands_after_the_cell_that_checks(notebook):
    ends = answers.exercises_in(notebook)
    assert {index: [e.id for e in found] for index, found in ends.items()} == {
        4: ["00-count-tokens"],
        6: ["00-hidden-number"],
    }


def test_an_answer_has_all_that_is_known(notebook):
    exercise = lesson_bank("00")[0]["00-count-tokens"]
    text = answers.answer(exercise)
    assert exercise.source() in text
    for misconception in exercise.misconceptions:
        assert f"**{misconception.name}.**" in text
    assert text.count("\n1. ") == text.count("\n2. ") == text.count("\n3. ") == 1
    assert f"({exercise.difficulty}, {exercise.minutes} minute" in text


def test_the_copy_keeps_the_lesson_and_adds_notes(notebook):
    before = [cell.source for cell in notebook.cells]
    made = instructor.annotated(notebook, "01_x", RUNS)
    nbformat.validate(made)
    notes = [cell for cell in made.cells if "instructor" in cell.metadata.get("tags", [])]
    assert [cell.source for cell in made.cells if cell not in notes] == before
    assert len(notes) == 4  # plan, two answers, recap
    assert "41 seconds, 900 MiB" in notes[0].source and "planned: 60 minutes" in notes[0].source


def test_runs_are_recorded_and_others_kept(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(instructor, "course_root", lambda: tmp_path)
    instructor.record_runs({"01_x": (1.26, 2**20)})
    instructor.record_runs({"02_y": (2, 2**21)})
    runs = instructor.measured_runs(tmp_path / "results" / instructor.RUNS)
    assert (runs["01_x"]["seconds"], runs["02_y"]["mib"]) == (1.3, 2)


def test_every_exercise_of_every_lesson_is_found():
    for path in find_notebooks():
        notebook = nbformat.read(path, as_version=4)
        found = [e.id for one in answers.exercises_in(notebook).values() for e in one]
        assert sorted(found) == sorted(lesson_bank(path.name[:2])[0]), path.name
