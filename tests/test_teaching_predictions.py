import json

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
    assert "right" not in kept
    assert "Brier score 0.64" in Reveal("01-p", "spaCy", "").score()
    assert "Brier score 0.04" in Reveal("01-p", "NLTK <i>", "").score()
    again = Prediction("01-p", "Which?", OPTIONS).widget()
    assert (again.chosen, again.confidence, again.message) == (1, 80, form.message)


def test_telling_the_answer_keeps_whether_the_prediction_was_right(capsys):
    for id, answer in (("01-p", "spaCy"), ("01-q", "NLTK <i>")):
        predict(id, "Which?", OPTIONS)
        store.record_prediction(id, "spaCy", 0.7, late=False)
        reveal(id, answer, "Since.")
    predict("01-r", "Which?", OPTIONS)
    reveal("01-r", "spaCy", "Since.")
    kept = store.read()["predictions"]
    assert {id: one["right"] for id, one in kept.items()} == {"01-p": True, "01-q": False}


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
