"""The practice pipeline: wired like en_core_web_sm, right on what it was taught, the same each time."""

import random

import numpy as np
import pytest

from bertlab.errors import BertlabError
from bertlab.text.practice import SENTENCES, examples, practice_pipeline

spacy = pytest.importorskip("spacy")


@pytest.fixture(scope="module")
def nlp():
    return practice_pipeline()


def test_the_components_and_their_order(nlp):
    assert nlp.pipe_names == ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"]
    assert nlp.get_pipe("tok2vec").listening_components == ["tagger", "parser"]


def test_it_knows_its_sentences_by_heart(nlp):
    scores = nlp.evaluate(examples(nlp))
    names = ("token_acc", "tag_acc", "dep_uas", "dep_las", "sents_f", "ents_f")
    assert [scores[name] for name in names] == [1.0] * len(names)


def test_the_examples_are_the_sentences():
    pairs = examples(spacy.blank("en"))
    assert len(pairs) * 2 == len(SENTENCES)
    gold = pairs[1].reference
    assert gold.text == "Dr. Lopez left the meeting early. The saw was better."
    assert [(entity.text, entity.label_) for entity in gold.ents] == [("Lopez", "PERSON")]
    assert [sentence.root.text for sentence in gold.sents] == ["left", "was"]
    assert gold[4].tag_ == "NN" and gold[4].head.text == "left" and gold[4].dep_ == "dobj"


def test_one_word_has_two_lemmas(nlp):
    doc = nlp("She saw the leaves. He leaves the house at noon.")
    found = [(t.text, t.pos_, t.lemma_) for t in doc if t.text in ("saw", "leaves")]
    assert found == [
        ("saw", "VERB", "see"), ("leaves", "NOUN", "leaf"), ("leaves", "VERB", "leave"),
    ]  # fmt: skip
    assert [t.lemma_ for t in nlp("The saw was better.")][1:3] == ["saw", "be"]


def test_without_tok2vec_the_tagger_reads_zeros_and_says_nothing(nlp, recwarn):
    with nlp.select_pipes(disable=["tok2vec"]):
        doc = nlp("She saw the leaves.")
    assert len({token.tag_ for token in doc}) == 1 and not recwarn.list


def test_the_seed_decides_and_the_global_generators_are_left_alone():
    random.seed(7), np.random.seed(7)
    wanted = random.random(), np.random.random()
    random.seed(7), np.random.seed(7)
    one, same, other = (practice_pipeline(rounds=1, seed=seed) for seed in (0, 0, 1))
    assert (random.random(), np.random.random()) == wanted
    first, again, different = (
        pipeline.get_pipe("tok2vec").predict([pipeline.make_doc("She saw")])[0]
        for pipeline in (one, same, other)
    )
    assert np.array_equal(first, again) and not np.allclose(first, different)


def test_no_round_is_refused():
    with pytest.raises(BertlabError, match="rounds=0"):
        practice_pipeline(rounds=0)
