"""Pipelines: which one, what differs, and what spaCy says where something is missing."""

import warnings

import pytest

from bertlab.errors import BertlabError
from bertlab.text import pipelines
from bertlab.text.pipelines import component_costs, component_table, describe, english, is_trained

spacy = pytest.importorskip("spacy")


def test_the_pipeline_from_rules_has_sentences_and_lemmas():
    nlp = english(trained=False)
    doc = nlp("The mice were running. Geese flew.")
    assert nlp.pipe_names == ["sentencizer", "lemmatizer"] and not is_trained(nlp)
    assert [sentence.text for sentence in doc.sents] == ["The mice were running.", "Geese flew."]
    assert [t.lemma_ for t in doc][1:4] == ["mouse", "be", "run"]


def test_rule_mode_warns_without_parts_of_speech_and_works_with_them():
    nlp = english(trained=False, lemmatizer="rule")
    with pytest.warns(UserWarning, match="W108"):
        assert [t.lemma_ for t in nlp("The mice")] == ["the", "mice"]
    words, tags = ["mice", "running"], ["NOUN", "VERB"]
    doc = spacy.tokens.Doc(nlp.vocab, words=words, pos=tags)
    assert [t.lemma_ for t in nlp.get_pipe("lemmatizer")(doc)] == ["mouse", "run"]


def test_english_says_what_it_cannot_do(monkeypatch):
    with pytest.raises(BertlabError, match="lemmatizer='magic'"):
        english(trained=False, lemmatizer="magic")
    with pytest.raises(BertlabError, match="no component lematizer; wanted some of sentencizer"):
        english(trained=False, disable=["lematizer"])
    monkeypatch.setattr(pipelines, "spacy_model_installed", lambda: None)
    with pytest.raises(BertlabError, match="spacy download en_core_web_sm"):
        english(trained=True)


def test_missing_tables_are_named_with_their_package(monkeypatch):
    def refuse(*_, **__):
        raise ValueError("[E955] Can't find table(s) lemma_lookup for language 'en'")

    monkeypatch.setattr(spacy.language.Language, "initialize", refuse)
    with pytest.raises(BertlabError, match="E955.*pip install spacy-lookups-data"):
        english(trained=False)


def test_the_trained_pipeline_is_taken_where_it_is_installed(tmp_path, monkeypatch):
    small = spacy.blank("en", meta={"name": "core_web_sm", "version": "3.8.0"})
    small.add_pipe("senter")
    small.initialize()
    small.to_disk(tmp_path)
    monkeypatch.setattr(pipelines, "spacy_model_installed", lambda: "3.8.0")
    monkeypatch.setattr(pipelines, "MODEL", tmp_path)
    nlp = english()
    assert is_trained(nlp) and nlp.pipe_names == ["senter"]
    assert describe(nlp).startswith("en_core_web_sm 3.8.0, a trained pipeline: senter.")
    assert not is_trained(english(trained=False))


def test_describe_tells_the_modes_apart():
    assert "come from a table" in describe(english(trained=False))
    assert "W108" in describe(english(trained=False, lemmatizer="rule"))
    assert "nothing behind the tokenizer" in describe(spacy.blank("en"))
    assert "sentencizer." in describe(english(trained=False, disable=["lemmatizer"]))


def test_the_table_of_components():
    usual = {row["name"]: row for row in component_table()}
    assert "token.tag" in usual["tagger"]["sets"]
    assert "token.lemma" in usual["lemmatizer"]["sets"]
    assert "doc.ents" in usual["ner"]["sets"]
    rows = component_table(english(trained=False, disable=["lemmatizer"]))
    assert [(row["name"], row["state"]) for row in rows] == [
        ("sentencizer", "runs"),
        ("lemmatizer", "disabled"),
    ]


def test_the_lookup_lemmatizer_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        english(trained=False)("It ran.")


def test_costs_of_components(monkeypatch):
    @spacy.Language.component("sleeper")
    def sleeper(doc):
        clock[0] += 0.006
        return doc

    clock = [0.0]
    monkeypatch.setattr(pipelines.time, "perf_counter", lambda: clock[0])
    nlp = spacy.blank("en")
    nlp.add_pipe("sleeper")
    nlp.add_pipe("sentencizer")
    costs = component_costs(nlp, ["One two three.", "Four five."])
    assert list(costs) == ["tokenizer", "sleeper", "sentencizer"]
    assert costs["sleeper"] == pytest.approx(2 * 6000 / 7) and costs["sentencizer"] == 0
    with pytest.raises(BertlabError, match="no tokens"):
        component_costs(nlp, [""])
