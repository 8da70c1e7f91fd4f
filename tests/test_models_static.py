"""Static vectors: counts and PPMI by hand, the factorisation against a dense one."""

import math

import numpy as np
import pytest
import torch

from bertlab.assets import asset
from bertlab.data.words import word_stream
from bertlab.errors import BertlabError
from bertlab.models.static import StaticVectors, cooccurrences, ppmi, ppmi_svd, truncated_svd


def counts(texts, size, window):
    stream = word_stream(texts)
    words = stream.types[2 : 2 + size]
    keys, weights = cooccurrences(stream, len(words), window)
    return {
        (words[key // len(words)], words[key % len(words)]): weight
        for key, weight in zip(keys.tolist(), weights.tolist(), strict=True)
    }


def test_neighbours_count_by_distance_both_ways_and_stop_at_the_sentence():
    found = counts(["a b c", "c a"], 10, 4)  # wide enough to reach over the marks
    assert found == {
        ("a", "b"): 1.0,
        ("b", "a"): 1.0,
        ("b", "c"): 1.0,
        ("c", "b"): 1.0,
        ("a", "c"): 1.75,  # at distance 2 and at 1; no c | c
        ("c", "a"): 1.75,
    }


def test_a_rare_word_keeps_its_place():
    found = counts(["a x b", "a b", "a", "b"], 2, 2)
    assert found == {("a", "b"): 1.5, ("b", "a"): 1.5}


def test_ppmi_by_hand():
    # words 0 and 1: together twice, 0 with itself 2 times (counted in one cell), N = 6
    keys, weights = np.array([0, 1, 2]), np.array([2.0, 2.0, 2.0])
    dense = ppmi(keys, weights, 2, smoothing=1.0).to_dense()
    assert dense[0, 0] == 0  # log(1/3 / (2/3 * 2/3)) < 0
    assert dense[0, 1] == pytest.approx(math.log((1 / 3) / (2 / 3 * 1 / 3)))
    assert dense[1, 1] == 0  # never seen


def test_smoothing_lowers_the_rare_context():
    keys, weights = np.array([0, 1, 2]), np.array([8.0, 1.0, 1.0])
    plain, smooth = (ppmi(keys, weights, 2, power).to_dense()[0, 1] for power in (1.0, 0.75))
    plain_rare = math.log((1 / 10) / (9 / 10 * 1 / 10))
    assert plain == pytest.approx(plain_rare, rel=1e-5)
    assert smooth < plain


def test_truncated_svd_agrees_with_a_dense_one():
    generator = torch.Generator().manual_seed(0)
    dense = torch.randn(40, 6, generator=generator) @ torch.randn(6, 30, generator=generator)
    left, values = truncated_svd(dense.to_sparse(), 4, generator)
    whole_left, whole_values, _ = torch.linalg.svd(dense)
    torch.testing.assert_close(values, whole_values[:4])
    torch.testing.assert_close(left.abs(), whole_left[:, :4].abs(), atol=1e-4, rtol=1e-3)


def test_words_of_like_company_are_near():
    generator = np.random.default_rng(0)
    texts = []
    for _ in range(300):
        animal, food = generator.choice(["cat", "dog"]), generator.choice(["bread", "cake"])
        texts.append(f"the furry {animal} barked at night")
        texts.append(f"we baked some {food} in ovens")
    vectors = ppmi_svd(word_stream(texts), torch.Generator().manual_seed(0), dim=6, window=2)
    assert vectors.nearest("cat", 1)[0][0] == "dog"
    assert vectors.nearest("bread", 1)[0][0] == "cake"
    assert vectors.similarity("cat", "dog") > 0.9 > 0.3 > vectors.similarity("cat", "cake")


def test_the_same_generator_gives_the_same_vectors():
    stream = word_stream(["one two three four five six seven"])
    runs = [ppmi_svd(stream, torch.Generator().manual_seed(3), dim=3).vectors for _ in range(2)]
    assert torch.equal(*runs)


def test_vectors_carry_the_root_of_the_singular_values():
    stream = word_stream(["one two three four five six seven", "one five two six"])
    vectors = ppmi_svd(stream, torch.Generator().manual_seed(0), dim=4, window=2).vectors
    keys, weights = cooccurrences(stream, len(stream.types) - 2, 2)
    values = torch.linalg.svdvals(ppmi(keys, weights, len(stream.types) - 2).to_dense())[:4]
    torch.testing.assert_close(vectors.t() @ vectors, values.diag(), atol=1e-4, rtol=1e-3)


def test_errors_say_what_to_do():
    with pytest.raises(BertlabError, match="found 2 distinct words; wanted at least 5"):
        ppmi_svd(word_stream(["a b"]), torch.Generator(), dim=5)
    vectors = StaticVectors(["a"], torch.ones(1, 2))
    assert "a" in vectors and "b" not in vectors
    with pytest.raises(BertlabError, match="'b'"):
        vectors["b"]


def test_saved_vectors_open_alike(tmp_path):
    made = StaticVectors(["one", "“"], torch.tensor([[0.5, -2.0], [1.0, 0.25]]))
    made.save(tmp_path)
    opened = StaticVectors.load(tmp_path)
    assert opened.words == made.words and torch.equal(opened.vectors, made.vectors)


def test_damaged_vectors_are_refused(tmp_path):
    StaticVectors(["one", "two"], torch.eye(2)).save(tmp_path)
    (tmp_path / "vocab.txt").write_text("one\n")
    with pytest.raises(BertlabError, match="do not fit"):
        StaticVectors.load(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    with pytest.raises(BertlabError, match="without a readable vocab.txt"):
        StaticVectors.load(tmp_path)


def test_the_shipped_vectors_know_neighbours():
    vectors = StaticVectors.load(asset("bertlab-static"))
    assert vectors.vectors.shape == (20_000, 100)
    assert {"summer", "winter"} <= {word for word, _ in vectors.nearest("spring")}
