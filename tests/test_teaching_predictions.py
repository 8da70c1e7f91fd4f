import json
import os
import sys
import threading

import pytest

from bertlab.errors import BertlabError
from bertlab.teaching import predict, predictions, progress, reveal, store
from bertlab.teaching.predictions import Prediction, Reveal, brier


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BERTLAB_HOME", str(tmp_path / "new" / "home"))
    monkeypatch.setattr(predictions, "_asked", {})
    monkeypatch.setattr(predictions, "_revealed", set())
    return tmp_path / "new" / "home"


OPTIONS = ("spaCy", "NLTK <i>")


def test_the_twin_says_the_same_to_everyone(capsys):
    before = Prediction("01-p", "Which, *really*?", OPTIONS)
    store.record_prediction("01-p", "spaCy", 0.7, late=False)
    after = Prediction("01-p", "Which, *really*?", OPTIONS)
    assert before.static_html() == after.static_html()
    assert "<em>really</em>" in after.static_html() and "NLTK &lt;i&gt;" in after.static_html()
    bundle = Reveal("01-p", "spaCy", "Since.")._repr_mimebundle_()
    assert "70" not in bundle["text/html"] + bundle["text/plain"]
    predict("01-p", "Which?", OPTIONS)
    reveal("01-p", "spaCy", "Since.")
    progress()
    out = capsys.readouterr().out
    assert "- spaCy\n- NLTK <i>" in out and "Answer: spaCy. Since." in out and "70" not in out


def test_a_committed_prediction_is_kept_and_scored(home):
    form = Prediction("01-p", "Which?", OPTIONS).widget()
    assert (form.chosen, form.message) == (-1, "")
    form.confidence = 80
    form.chosen = 1
    assert form.message == "Committed: “NLTK <i>” at 80 %."
    kept = json.loads((home / "learner.json").read_text())["predictions"]["01-p"]
    assert (kept["answer"], kept["confidence"], kept["late"]) == ("NLTK <i>", 0.8, False)
    assert "Brier score 0.64" in Reveal("01-p", "spaCy", "").score()
    assert "Brier score 0.04" in Reveal("01-p", "NLTK <i>", "").score()
    again = Prediction("01-p", "Which?", OPTIONS).widget()
    assert (again.chosen, again.confidence, again.message) == (1, 80, form.message)


def test_without_a_prediction_there_is_no_score():
    assert Reveal("01-p", "spaCy", "").score() == ""


def test_a_prediction_after_the_answer_has_no_score(capsys):
    predict("01-p", "Which?", OPTIONS)
    reveal("01-p", "spaCy", "")
    Prediction("01-p", "Which?", OPTIONS).widget().chosen = 0
    assert store.read()["predictions"]["01-p"]["late"]
    assert "has no score" in Reveal("01-p", "spaCy", "").score()


def test_an_answer_has_to_be_an_option(capsys):
    with pytest.raises(BertlabError, match="predict\\(\\) to have run"):
        reveal("01-p", "spaCy", "")
    predict("01-p", "Which?", OPTIONS)
    with pytest.raises(BertlabError, match="found the answer 'spacy'"):
        reveal("01-p", "spacy", "")
    for options in (["one"], ["same", "same"]):
        with pytest.raises(BertlabError):
            predict("01-p", "Which?", options)


def test_the_brier_score():
    assert [brier(0.5, True), brier(0.5, False), brier(1, True), brier(1, False)] == [
        0.25,
        0.25,
        0,
        1,
    ]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b'{"version": 1, "predictions": {"01',
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'{"version": 1, "predictions": [], "attempts": []}',
        b'{"version": 1, "predictions": {"a": 3}, "attempts": []}',
        b'{"version": 1, "predictions": {}, "attempts": [{}]}',
    ],
)
def test_a_damaged_file_is_set_aside_with_a_message(home, capsys, damage):
    home.mkdir(parents=True)
    (home / "learner.json").write_bytes(damage)
    store.record_attempt("01-x", "right")
    assert "was damaged. It is kept as learner.json.damaged-" in capsys.readouterr().err
    assert [a["id"] for a in store.read()["attempts"]] == ["01-x"]
    [aside] = home.glob("learner.json.damaged-*")
    assert aside.read_bytes() == damage


def test_a_write_that_fails_half_way_leaves_the_old_file(home, monkeypatch, capsys):
    store.record_attempt("01-x", "right")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store.record_attempt("01-y", "right")
    assert "was not kept" in capsys.readouterr().err
    assert [a["id"] for a in store.read()["attempts"]] == ["01-x"]
    assert [path.name for path in home.iterdir()] == ["learner.json"]


def test_a_reader_never_sees_half_a_file(home):
    store.record_attempt("01-x", "right")
    stop = threading.Event()

    def write():
        while not stop.is_set():
            store.record_attempt("01-x", "wrong", "m" * 2000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            json.loads((home / "learner.json").read_text())
    finally:
        stop.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="platform folders differ; Linux stands for all")
def test_without_a_setting_the_platforms_folder_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("BERTLAB_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert store.learner_file() == tmp_path / "bertlab" / "learner.json"


def test_progress_counts_what_is_solved_and_names_what_is_not():
    from bertlab.teaching.lessons.lesson00 import EXERCISES
    from bertlab.teaching.standing import Progress

    store.record_attempt("00-count-tokens", "wrong", "counting types")
    store.record_attempt("00-count-tokens", "wrong", "counting characters")
    store.record_attempt("00-hidden-number", "wrong", "counting types")
    store.record_attempt("00-hidden-number", "right")
    store.record_prediction("00-p", "a", 0.5, late=False)
    [row] = [line for line in repr(Progress().own()).splitlines() if line.startswith("00 ")]
    assert row.split("  ")[0] == "00 Start here"
    assert f"1 of {len(EXERCISES)}" in row and row.endswith("counting characters")
