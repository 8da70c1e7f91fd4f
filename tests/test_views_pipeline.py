"""The pipeline builder tells truly what a choice of components leaves on a document."""

import pytest

from bertlab.errors import BertlabError
from bertlab.text.practice import practice_pipeline
from bertlab.views import base
from bertlab.views.pipeline import (
    LONGEST,
    PipelineBuilder,
    cost_markup,
    inspect,
    listens,
    report_markup,
    weights,
)

spacy = pytest.importorskip("spacy")
TEXT = "She saw the leaves. He leaves the house at noon."


@pytest.fixture(scope="module")
def nlp():
    made = practice_pipeline()
    made.add_pipe("sentencizer")
    made.disable_pipe("sentencizer")
    return made


def states(nlp, chosen, text=TEXT):
    return {one.attribute: one.state for one in inspect(nlp, chosen, text).findings}


def test_everything_runs(nlp):
    found = states(nlp, nlp.pipe_names)
    assert found.pop("doc.ents") == "empty" and set(found.values()) == {"set"}
    held = {one.attribute: one.holds for one in inspect(nlp, nlp.pipe_names, TEXT).findings}
    assert held["token.lemma_"].startswith("she · see · the · leaf")
    assert held["doc.sents"] == "[She saw the leaves.] [He leaves the house at noon.]"
    assert held["doc.ents"] == "() because none was found"


def test_nothing_runs(nlp):
    found = states(nlp, [])
    assert found.pop("tokens") == "set"
    assert found.pop("doc.sents") == "raises E030" and found.pop("doc.noun_chunks") == "raises E029"
    assert set(found.values()) == {"empty"}
    assert "nobody looked" in str(inspect(nlp, [], TEXT).findings)


@pytest.mark.parametrize(
    "chosen, set_too",
    [
        (["sentencizer"], {"doc.sents"}),
        (["tok2vec"], {"doc.tensor"}),
        (["tok2vec", "tagger"], {"doc.tensor", "token.tag_"}),
        (["tok2vec", "tagger", "attribute_ruler"], {"doc.tensor", "token.tag_", "token.pos_"}),
    ],
)
def test_each_component_sets_what_it_says(nlp, chosen, set_too):
    found = states(nlp, chosen)
    assert {name for name, state in found.items() if state == "set"} == {"tokens"} | set_too


def test_entities(nlp):
    report = inspect(nlp, ["ner"], "We are meeting Anna in Paris.")
    assert "Anna (PERSON) Paris (GPE)" in {one.holds for one in report.findings}


def test_a_lemmatizer_alone_is_warned_of_once(nlp):
    report = inspect(nlp, ["lemmatizer"], TEXT)
    assert len(report.warnings) == 1 and report.warnings[0].startswith("[W108]")
    assert "Warning. [W108]" in report_markup(report).text


def test_listeners_without_tok2vec_are_called_a_trap(nlp):
    assert [name for name in nlp.component_names if listens(nlp, name)] == ["tagger", "parser"]
    [trap] = inspect(nlp, ["tagger", "parser"], TEXT).traps
    assert trap.startswith("tagger and parser read zeros")
    assert inspect(nlp, ["tagger"], TEXT).traps[0].startswith("tagger reads zeros")
    assert inspect(nlp, ["tok2vec", "tagger"], TEXT).traps == []
    assert inspect(nlp, ["ner"], TEXT).traps == []  # it has a network of its own


def test_weights(nlp):
    # the embedding tables alone: rows times width
    assert weights(nlp, "tok2vec") > (5000 + 1000 + 2500 + 2500) * 96
    assert weights(nlp, "lemmatizer") == weights(nlp, "attribute_ruler") == 0


def test_an_error_of_a_component_is_told():
    raw = spacy.blank("en")
    raw.add_pipe("tagger")
    [finding] = inspect(raw, ["tagger"], TEXT).findings
    assert finding.state == "raises E109" and "initialize()" in finding.holds


def test_the_pipeline_is_left_as_it_was(nlp):
    before = nlp.pipe_names
    inspect(nlp, ["ner"], TEXT)
    assert nlp.pipe_names == before and "sentencizer" not in before


def test_bad_input(nlp):
    for blank in ("", " \n"):
        with pytest.raises(BertlabError, match="a text without words"):
            PipelineBuilder(nlp, blank)
    with pytest.raises(BertlabError, match="no component tager"):
        PipelineBuilder(nlp, TEXT, chosen=["tager"])
    long = inspect(nlp, [], "word " * LONGEST).findings[0].holds
    assert len(long.split(" · ")) == LONGEST // 5


def test_what_is_typed_is_escaped(nlp):
    html = PipelineBuilder(nlp, "<script>alert(1)</script> & so on", chosen=[]).static_html()
    assert "<script" not in html and "&lt;script" in html


def test_the_twin_is_the_same_every_time_and_has_no_cost(nlp):
    one, other = (PipelineBuilder(nlp, TEXT, costs={"ner": cost}) for cost in (1.0, 2.0))
    assert one._repr_mimebundle_() == other._repr_mimebundle_()
    assert "µs" not in one.static_html() and "1,500,768" in one.text()


def test_bars(nlp):
    costs = {"tokenizer": 1.0, "ner": 3.0}
    off = cost_markup(nlp, [], costs)
    assert off.text.splitlines()[1:] == ["tokenizer: 1.0 µs", "ner: off (saves 3.0 µs)"]
    assert off.text.startswith("1 of 4 µs") and off.html.count("background") == 1
    assert "width:75.0%" in cost_markup(nlp, ["ner"], costs).html


def test_the_live_form_redraws(nlp, monkeypatch):
    monkeypatch.setattr(base, "live", lambda: True)
    view = PipelineBuilder(nlp, TEXT, costs={"tokenizer": 1.0, "ner": 3.0})
    assert base.WIDGET in view._repr_mimebundle_()
    form = view.widget()
    assert form.components == nlp.component_names and "4 of 4 µs" in form.shown
    form.chosen = []
    assert "raises E030" in form.shown and "1 of 4 µs" in form.shown
    form.text = "  "
    assert "a text without words" in form.shown
    form.text = "<b>Time</b> flies."
    assert "<b>" not in form.shown and "&lt;" in form.shown
