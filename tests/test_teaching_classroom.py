"""A simulated class: each learner answers through `exercise(…).check`, exports, and is summed up."""

import base64
import json
import re

import pytest
from typer.testing import CliRunner

from bertlab.cli import app
from bertlab.errors import BertlabError
from bertlab.teaching import exercise, predict, reveal, store
from bertlab.teaching.bank import lesson_bank
from bertlab.teaching.classroom import draw, exercise_rows, misconception_rows, read_class
from bertlab.teaching.export import export, read_export

HIDDEN, COUNT = "00-hidden-number", "00-count-tokens"
TYPES, *_ = lesson_bank("00")[0][HIDDEN].misconceptions
FUNCTION_WRONG = lesson_bank("00")[0][COUNT].misconceptions[0]
RIGHT = lesson_bank("00")[0][HIDDEN].reference


def cli(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """Exports of a class of six: four count types (two of them get over it), two are right at once."""
    handed_in = tmp_path / "handed in"
    handed_in.mkdir()
    for learner in range(6):
        monkeypatch.setenv("BERTLAB_HOME", str(tmp_path / f"learner{learner}"))
        predict("00-q", "Which?", ["x", "y"])
        store.record_prediction("00-q", "x" if learner % 2 else "y", 0.9, late=False)
        reveal("00-q", "x", "Since.")
        if learner < 4:
            exercise(HIDDEN).check(TYPES.wrong)
        if learner >= 2:
            exercise(HIDDEN).check(RIGHT)
        if learner == 0:
            exercise(COUNT).check(FUNCTION_WRONG.wrong)
        name = ["--name", "Ada <b>"] if learner == 0 else []
        done = cli("progress", "--export", handed_in / f"learner{learner}.json", *name)
        assert done.exit_code == 0, done.output
    capsys.readouterr()
    return handed_in


def test_an_export_has_counts_and_nothing_personal(folder):
    found = json.loads((folder / "learner3.json").read_text(encoding="utf-8"))
    assert found == {
        "bertlab_progress": 1,
        "exercises": {HIDDEN: {"tries": 2, "solved": True, "misconceptions": {TYPES.name: 1}}},
        "predictions": {"made": 1, "scored": 1, "right": 1, "brier": 0.01},
    }
    assert json.loads((folder / "learner0.json").read_text(encoding="utf-8"))["name"] == "Ada <b>"


def test_tries_after_the_first_right_answer_do_not_count():
    attempts = [
        {"id": "01-x", "outcome": outcome, "misconception": None}
        for outcome in ("wrong", "right", "wrong", "right")
    ]
    [one] = export({"predictions": {}, "attempts": attempts})["exercises"].values()
    assert one == {"tries": 2, "solved": True, "misconceptions": {}}


def test_a_class_is_summed_up(folder):
    exports, faults = read_class(folder)
    assert faults == [] and [one.label for one in exports][:2] == ["Ada <b>", "learner1"]
    assert misconception_rows(exports) == [
        {
            "Misconception": TYPES.name,
            "Exercise": HIDDEN,
            "Learners": 4,
            "Of those who tried %": 67,
            "Solved it since": 2,
        },
        {
            "Misconception": FUNCTION_WRONG.name,
            "Exercise": COUNT,
            "Learners": 1,
            "Of those who tried %": 100,
            "Solved it since": 0,
        },
    ]
    assert exercise_rows(exports) == [
        {"Exercise": COUNT, "Tried": 1, "Solved": 0, "Tries until solved (median)": "–"},
        {"Exercise": HIDDEN, "Tried": 6, "Solved": 4, "Tries until solved (median)": "1.5"},
    ]


def test_the_heat_map_says_name_share_and_number(folder):
    [ax] = draw(read_class(folder).exports).axes
    texts = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert f"{TYPES.name} 67 % (4)" in texts
    assert ax.images[0].get_array().tolist() == [[1.0], [0.67]]


def test_the_command_names_damaged_files_and_goes_on(folder, tmp_path):
    whole = (folder / "learner1.json").read_bytes()
    (folder / "cut.json").write_bytes(whole[:40])
    (folder / "other.json").write_text('{"cells": []}')
    (folder / "wrong.json").write_bytes(whole.replace(b'"tries": 1', b'"tries": -1'))
    (folder / "latin.json").write_bytes("{'é'}".encode("latin-1"))
    done = cli("class", "summarize", folder, "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "A class of 6" in done.output
    for name in ("cut", "other", "wrong", "latin"):
        assert f"Skipped: {name}.json, which is no export" in done.output
    page = (tmp_path / "out" / "class.html").read_text(encoding="utf-8")
    assert page.count("Skipped: ") == 4 and "<b>" not in page
    [data] = re.findall(r'<img alt="[^"]+" src="data:image/png;base64,([^"]+)"', page)
    assert base64.b64decode(data) == (tmp_path / "out" / "class.png").read_bytes()
    assert "http" not in page


@pytest.mark.parametrize("length", [0, 1, 7, 60, 120])
def test_a_truncated_export_is_refused_by_name(folder, length):
    path = folder / "learner3.json"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BertlabError, match=r"learner3\.json, which is no export"):
        read_export(path)


@pytest.mark.parametrize("change", ["exercises", "predictions", "bertlab_progress"])
@pytest.mark.parametrize("nonsense", [3, None, [], {"x": 1}, "text"])
def test_an_export_of_another_form_is_refused(folder, change, nonsense):
    path = folder / "learner3.json"
    found = json.loads(path.read_text(encoding="utf-8")) | {change: nonsense}
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(BertlabError, match="no export"):
        read_export(path)


def test_a_folder_without_exports_is_one_clear_error(tmp_path):
    for empty in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BertlabError, match="no export in"):
            read_class(empty)


def test_a_class_without_misconceptions_has_tables_and_no_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("BERTLAB_HOME", str(tmp_path / "home"))
    (tmp_path / "class").mkdir()
    assert cli("progress", "--export", tmp_path / "class" / "a.json").exit_code == 0
    done = cli("class", "summarize", tmp_path / "class", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["class.html"]
