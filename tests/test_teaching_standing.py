import re
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from bertlab.cli import app
from bertlab.teaching import store
from bertlab.teaching.bank import lesson_bank
from bertlab.teaching.course import lesson, map_svg
from bertlab.teaching.standing import Progress, standings, summary, upcoming

ZERO = list(lesson_bank("00")[0])  # identifiers of lesson 00's exercises


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BERTLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def some_work():
    store.record_attempt("00-count-tokens", "wrong", "counting types")
    store.record_attempt("00-count-tokens", "wrong", "counting characters")
    store.record_attempt("00-hidden-number", "wrong", "counting types")
    store.record_attempt("00-hidden-number", "right")
    store.record_prediction("00-p", "a", 0.9, late=False)
    store.record_outcome("00-p", "b")


def test_a_lesson_counts_what_is_solved_and_names_what_is_not():
    some_work()
    first, second, *_ = standings(store.read())
    assert (first.lesson, first.exercises, first.solved, first.tried) == (lesson("00"), 3, 1, 2)
    assert (first.state, first.predictions, first.again) == ("begun", 1, ("counting characters",))
    assert (second.state, second.solved, second.again) == ("new", 0, ())


def test_what_comes_next_follows_from_what_is_done():
    assert [one.number for one in upcoming(standings(store.read()))] == ["00"]
    for id in ZERO:
        store.record_attempt(id, "right")
    found = standings(store.read())
    assert found[0].state == "done"
    assert [one.number for one in upcoming(found)] == ["01"]
    assert summary(found).startswith(f"{len(ZERO)} of ") and "Next: 01 Tokens" in summary(found)
    for id in lesson_bank("01")[0]:
        store.record_attempt(id, "right")
    store.record_prediction("05-p", "a", 0.5, late=False)
    assert [one.number for one in upcoming(standings(store.read()))][:2] == ["05", "02"]


def test_the_view_shows_lessons_map_and_calibration():
    some_work()
    own = Progress().own()
    [row] = [line for line in repr(own).splitlines() if line.startswith("00 ")]
    assert row.split("  ")[0] == "00 Start here"
    assert f"1 of {len(ZERO)}" in row and row.endswith("counting characters")
    assert "0 of 1 predictions" in repr(own) and "80 % to 100 %" in repr(own)
    assert re.search('<img alt="You were right in 0 of 1 predictions[^"]*" width="440"', own.html)
    assert "33 % of the exercises solved" in own.html and "<svg" in own.html


def test_the_stored_twin_tells_nothing_of_the_learner():
    before = Progress()._repr_mimebundle_()
    some_work()
    assert Progress()._repr_mimebundle_() == before


def test_the_map_fills_a_bar_for_each_share():
    root = ElementTree.fromstring(map_svg(done={"00": 1.0, "01": 0.5}))
    bars = [node for node in root.iter("{http://www.w3.org/2000/svg}g")]
    widths = [[float(rect.get("width")) for rect in bar if "rect" in rect.tag] for bar in bars]
    assert widths == [[152, 152], [152, 76]]


def test_the_command_shows_the_same_in_a_terminal(home):
    some_work()
    done = CliRunner().invoke(app, ["progress"])
    assert done.exit_code == 0, done.output
    for words in (
        "00 Start here",
        "◐ 1 of 3",
        "Look again at",
        "  00: counting characters",
        "0 of 1 predictions",
        str(home / "learner.json"),
    ):
        assert words in done.output
