"""Senses and probes: alignment of vectors to words, thresholds by hand, splits, labels, a whole run."""

import json

import numpy as np
import pytest
import torch

from bertlab.assets import asset
from bertlab.data.labelled import Tagged, WordPair, word_pairs
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.loading import load
from bertlab.models.static import StaticVectors
from bertlab.training import senses
from bertlab.training.senses import (
    best_threshold,
    compare_senses,
    entity_words,
    felt_by_distance,
    neighbour_cosines,
    nouns_and_verbs,
    pair_cosines,
    probe,
    sense_accuracy,
    span_vectors,
    word_in_context,
    word_vectors,
)

VECTORS = StaticVectors(["bank", "river", "money"], torch.tensor([[1.0, 0], [0, 1], [3, 4]]))


@pytest.fixture(scope="module")
def elmo():
    config = ElmoConfig(
        filters=((1, 4), (3, 8)), dim=16, projection_dim=8, vocabulary_size=0, cell_clip=None
    )
    return Elmo(config, generator=torch.Generator().manual_seed(0)).eval()


def pair(word, first, second, same=1) -> WordPair:
    spans = [(text.index(word), text.index(word) + len(word)) for text in (first, second)]
    return WordPair("x", word, same, first, spans[0], second, spans[1], "train")


def test_vectors_stand_at_their_words(elmo):
    sentences = [["river", "bank"], [], ["money"]]
    found = word_vectors(elmo, sentences)
    for one, other in zip(found, elmo.embed(sentences), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    static = word_vectors(VECTORS, sentences)[0]
    assert static.tolist() == [[[0, 1], [1, 0]]]  # (1 layer, 2 words, 2 numbers)


def test_a_word_of_several_pieces_gets_their_mean():
    bert, tokenizer = load("bertlab-mini")
    text = "The crustacean slept."
    start = text.index("crustacean")
    encoded = tokenizer.encode(text)
    inside = [i for i, (a, b) in enumerate(encoded.offsets) if start <= a < b <= start + 10]
    assert len(inside) > 1
    with torch.no_grad():
        states = bert(torch.tensor([encoded.ids]), output_hidden_states=True).hidden_states
    found = span_vectors(bert, [text], [(start, start + 10)], tokenizer)
    wanted = torch.stack([state[0, inside].mean(dim=0) for state in states])
    assert torch.allclose(found[:, 0], wanted, atol=1e-5)


def test_a_static_vector_is_the_same_everywhere_and_its_neighbours_are_not():
    pairs = [
        pair("bank", "river bank river", "the bank money"),
        pair("bank", "bank river", "bank river"),
    ]
    assert pair_cosines(VECTORS, pairs).tolist() == [[1.0, 1.0]]
    # (0, 1) against the mean of an unknown word's zeros and (3, 4): cosine 4/5
    assert neighbour_cosines(VECTORS, pairs)[0].tolist() == pytest.approx([0.8, 1.0])


def test_the_best_threshold_by_hand():
    cosines, same = np.array([0.1, 0.2, 0.6, 0.8]), np.array([False, False, True, True])
    assert best_threshold(cosines, same) == pytest.approx(0.4)
    assert best_threshold(cosines, ~same) < 0.1  # nothing helps: all "same", half right
    assert best_threshold(np.ones(3), np.array([True, True, False])) < 1


def test_thresholds_come_from_other_words_than_they_are_judged_on():
    words = [f"w{number}" for number in range(10)] * 4
    pairs = [
        pair(word, f"a {word}", f"{word} b", (number // 10) % 2)
        for number, word in enumerate(words)
    ]
    same = torch.tensor([float(one.same) for one in pairs])
    seen, unseen = word_in_context(torch.stack([same, torch.ones(40)]), pairs, seed=0)
    assert (seen[0], unseen[0]) == (1.0, 1.0)
    assert unseen[1] == np.mean([one.same for one in pairs if one.word in _judged(pairs, 0)])
    assert _judged(pairs, 0) != _judged(pairs, 1)


def _judged(pairs, seed):
    names = [one.word for one in pairs]
    return {w for w, known in zip(names, senses._half(names, seed), strict=True) if not known}


def test_a_forward_reader_feels_the_left_only(elmo):
    def ahead(rows):
        return [layers[-1, :, :8] for layers in elmo.embed(rows)]

    sentences = ["a b c d e f g h".split(), ["too", "short"]]
    felt = felt_by_distance(ahead, sentences, reach=3)
    assert sorted(felt) == [-3, -2, -1, 1, 2, 3]
    assert all(felt[d] == pytest.approx(0, abs=1e-6) for d in (1, 2, 3))
    assert all(felt[d] > 1e-5 for d in (-3, -2, -1))
    assert set(felt_by_distance(ahead, ["x y green".split()], reach=1, other="y")) == {-1, 1}


def test_entity_labels_follow_the_characters():
    item = Tagged("x", "Dr Amara Singh left Oslo.", ((0, 14, "PER"), (20, 24, "LOC")), "train")
    assert entity_words([item]) == (
        [["Dr", "Amara", "Singh", "left", "Oslo", "."]],
        [["PER", "PER", "PER", "O", "LOC", "O"]],
    )


def test_nouns_and_verbs_need_both_kinds_twice():
    texts = [
        "We walk the walk.",
        "They walk. The walk was long.",
        "The dog saw the dog. We dog him.",
    ]
    sentences, found = nouns_and_verbs(texts)
    assert [(sentences[s][w], kind) for s, w, kind in found] == [
        ("walk", "verb"), ("walk", "noun"), ("walk", "verb"), ("walk", "noun"),
    ]  # fmt: skip


def test_a_probe_reads_what_is_there_and_nothing_else():
    generator = torch.Generator().manual_seed(0)
    labels = ["PER", "LOC", "O", "O"] * 60
    groups = [number // 4 for number in range(240)]
    codes = torch.nn.functional.one_hot(torch.tensor([0, 1, 2, 2] * 60), 3).float()
    layers = torch.stack([codes, torch.randn(240, 3, generator=generator)])
    told, noise = probe(layers, labels, groups, seed=0)
    assert told == 1.0 and noise < 0.5
    assert probe(layers, labels, groups, seed=0) == [told, noise]


def test_the_whole_comparison_is_plain_data(monkeypatch, elmo):
    few = word_pairs("test")[:30]
    monkeypatch.setattr(senses, "word_pairs", lambda: few)
    monkeypatch.setattr(
        senses, "load", lambda name: load("bertlab-mini") if "mini" in name else (elmo, None)
    )
    some = [document for _, document in zip(range(60), senses.open_corpus("bertlab"), strict=False)]
    monkeypatch.setattr(senses, "open_corpus", lambda name: some)
    items = senses.tagged()[:40]
    monkeypatch.setattr(senses, "tagged", lambda: items)
    found = json.loads(json.dumps(compare_senses()))
    assert found["word in context"]["pairs"] == 30
    layers = {
        name: len(rows) for name, rows in found["word in context"]["accuracy by layer"].items()
    }
    assert layers == {"static": 1, "elmo": 3, "bert": 5, "static neighbours": 1}
    assert {
        len(rows["values"]) for rows in found["word in context"]["gain over static"].values()
    } == {5}
    assert {
        name: len(found["probes, F1 by layer"][name]["entities"]) for name in ("static", "elmo")
    } == {
        "static": 1,
        "elmo": 3,
    }
    scores = found["probes, F1 by layer"]["bert"]["noun or verb"]
    assert len(scores) == 5 and all(0 <= layer["low"] <= layer["mean"] for layer in scores)


def test_the_layer_is_chosen_where_the_threshold_is():
    pairs = [pair(f"w{n % 10}", f"a w{n % 10}", f"w{n % 10} b", n // 10 % 2) for n in range(40)]
    same = torch.tensor([float(one.same) for one in pairs])
    spreads, chosen = sense_accuracy(torch.stack([torch.ones(40), same]), pairs)
    assert [s.mean for s in spreads] == [0.5, 1.0] and chosen.tolist() == [1.0] * 5


def test_the_shipped_pairs_are_balanced():
    """So that a static vector, which cannot tell, is right half the time."""
    assert sum(one.same for one in word_pairs()) * 2 == len(word_pairs())
    assert asset("bertlab-static").is_dir()
