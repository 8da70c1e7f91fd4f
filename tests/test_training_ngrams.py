"""Kneser-Ney: by hand on a tiny corpus, as a distribution, and in its discounts."""

import math

import numpy as np
import pytest

from bertlab.data.words import output_words, word_stream
from bertlab.training.ngrams import KneserNeyTrigram, discounts, perplexity


@pytest.fixture(scope="module")
def tiny():
    stream = word_stream(["a b", "a c", "a b"])  # as sentences: a b / a c / a b
    return KneserNeyTrigram(stream, output_words(stream, 10), discount=0.5)


def test_by_hand(tiny):
    # vocabulary <S> </S> <UNK> a b c: five words can be predicted, the uniform share is 1/5.
    # Distinct bigrams: <S>a, ab, ac, b</S>, c</S>; in how many a word ends: a 1, b 1, c 1, </S> 2; sum 5.
    left = 4 * 0.5 / 5
    p_a = p_b = p_c = 0.5 / 5 + left / 5
    p_end = 1.5 / 5 + left / 5
    # Bigrams after a: in how many trigrams they end: <S>ab, <S>ac -> ab 1, ac 1. After <S>: seen 3 times.
    p_b_a = 0.5 / 2 + (2 * 0.5 / 2) * p_b
    p_a_s = 2.5 / 3 + (0.5 / 3) * p_a
    p_end_b = 0.5 / 1 + 0.5 * p_end
    # Trigrams: <S>ab 2, <S>ac 1, ab</S> 2, ac</S> 1.
    p_b_sa = 1.5 / 3 + (2 * 0.5 / 3) * p_b_a
    p_end_ab = 1.5 / 2 + (0.5 / 2) * p_end_b
    (score,) = tiny.score([["a", "b"]])
    assert score.tolist() == pytest.approx([math.log(p) for p in (p_a_s, p_b_sa, p_end_ab)])
    # "b c": c after b never seen, nor the context <S> b: only what b leaves, then the unigram.
    score = tiny.score([["b", "c"]])[0]
    assert score[1] == pytest.approx(math.log(0.5 * p_c))


def test_unknown_words_are_possible_and_alike(tiny):
    known, other = tiny.score([["a", "x"], ["a", "y"]])
    assert known.tolist() == other.tolist() and np.isfinite(known).all()


@pytest.mark.parametrize("discount", [None, 0.75])
def test_chances_sum_to_one_after_any_words(discount):
    generator = np.random.default_rng(0)
    texts = [
        " ".join(generator.choice(list("abcdefgh"), 6, p=[0.3, 0.2] + [0.5 / 6] * 6))
        for _ in range(40)
    ]
    stream = word_stream(texts)
    model = KneserNeyTrigram(stream, output_words(stream, 9), discount)
    words = np.arange(9)
    for before in range(9):
        for last in range(9):
            chances = model.probabilities(np.full(9, before), np.full(9, last), words)
            assert chances.sum() == pytest.approx(1)
            assert chances[0] == 0  # "<S>" follows nothing


def test_scores_are_a_sentence_each(tiny):
    scores = tiny.score([["a"], [], ["a", "b", "c"]])
    assert [len(score) for score in scores] == [2, 1, 4]
    assert scores[0].tolist() == tiny.score([["a"]])[0].tolist()


def test_discounts_by_hand():
    counts = np.array([1] * 8 + [2] * 3 + [3] * 2 + [4] + [9])
    share = 8 / (8 + 6)
    wanted = [0, 1 - 2 * share * 3 / 8, 2 - 3 * share * 2 / 3, 3 - 4 * share * 1 / 2]
    assert discounts(counts).tolist() == pytest.approx(wanted)
    assert discounts(np.array([1, 1, 2])).tolist() == [0, 0.5, 0.5, 0.5]  # too little to tell


def test_perplexity_is_per_prediction():
    assert perplexity([np.log([0.5]), np.log([0.125])]) == pytest.approx(4)
    assert perplexity([np.log([0.1, 0.1, 0.1]), np.log([0.1])]) == pytest.approx(10)
