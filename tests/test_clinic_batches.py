"""Each faulty original fails as its docstring claims, and the package's repair does not."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bertlab.clinic.batches import (
    GaveUp,
    mask_by_two_draws,
    mlm_loss_over_padding,
    ordinary_places_by_lookup,
    pad_by_negative_count,
    random_id_by_round_trip,
    rejection_search,
    strangers_by_chance,
)
from bertlab.data.masking import mask_tokens
from bertlab.data.pairs import SentencePairs
from bertlab.data.store import TokenStore
from bertlab.data.vocabulary import SPECIAL_TOKENS, train_wordpiece
from bertlab.errors import BertlabError

SPECIAL, MASK = (0, 1, 2, 3, 4), 4
PLAN = {"mask_id": MASK, "special_ids": SPECIAL, "ordinary_ids": np.arange(5, 1005)}


def rng(seed=0):
    return np.random.default_rng(seed)


def sentences(count: int) -> list[list[int]]:
    """Sentence i is twice the token 5 + i, so a row tells where it came from."""
    return [[5 + i] * 2 for i in range(count)]


def pairs_of(count: int, batch_size: int, sizes=None, length=128) -> SentencePairs:
    sizes = np.full(count, 2) if sizes is None else np.asarray(sizes)
    store = TokenStore(
        np.repeat(np.arange(5, 5 + count), sizes).astype(np.uint16),
        np.concatenate([[0], np.cumsum(sizes)]),
        np.zeros(count, dtype=np.int32),
    )
    tokenizer = train_wordpiece(["some words"], 40)
    return SentencePairs(store, tokenizer, length, batch_size, mask_share=0.0)


def test_the_search_finds_what_it_should():
    """The original is slow, not wrong: its batch is balanced and its neighbours are neighbours."""
    found = rejection_search(sentences(30), 6, rng(), length=12)
    assert sorted(found.labels) == [0, 0, 0, 1, 1, 1]
    for row, label in zip(found.rows, found.labels, strict=True):
        assert (len(row), row[0], row[3], row[6:]) == (12, 2, 3, [3, 0, 0, 0, 0, 0])
        a, b = (max(part) - 5 for part in (row[1:3], row[4:6]))
        if -1 not in (a, b):  # -1 where both tokens of a part were hidden
            assert (b == a + 1) == (label == 0)


@pytest.mark.parametrize("batch_size", [2, 6, 10])
@pytest.mark.parametrize("count", [50, 200])
def test_the_search_needs_about_n_times_half_a_batch_of_draws(count, batch_size):
    generator, half = rng(), batch_size // 2
    draws = [rejection_search(sentences(count), batch_size, generator).draws for _ in range(60)]
    chance = (count - 1) / count**2
    wanted, deviation = half / chance, math.sqrt(half * (1 - chance)) / chance
    assert wanted == pytest.approx(count * half, rel=0.03)
    assert abs(np.mean(draws) - wanted) < 5 * deviation / math.sqrt(len(draws))


@pytest.mark.parametrize("batch_size", [1, 3, 5])
def test_the_search_never_ends_for_an_odd_batch(batch_size):
    half = math.ceil(batch_size / 2)
    said = f"{half} neighbours and {half} strangers after 4,000 draws, .* {batch_size / 2} of each"
    with pytest.raises(GaveUp, match=said):
        rejection_search(sentences(10), batch_size, rng(), patience=4000)


def test_the_search_takes_neighbours_across_documents_and_the_repair_does_not():
    """Two documents of one sentence each: the flat list cannot tell."""
    found = rejection_search(sentences(2), 2, rng())
    assert found.labels.count(0) == 1
    store = TokenStore(np.array([5, 6]), np.array([0, 1, 2]), np.array([0, 1]))
    with pytest.raises(BertlabError, match="no two neighbouring sentences of one document"):
        SentencePairs(store, train_wordpiece(["some words"], 40))


def test_the_repair_draws_neighbours_directly_and_refuses_an_odd_batch():
    """As many random numbers for a corpus of 100 as for one of 10,000: none is wasted on a search."""

    class Counting:
        def __init__(self):
            self.generator, self.drawn = rng(), 0

        def integers(self, high, size):
            self.drawn += int(np.prod(size))
            return self.generator.integers(high, size=size)

        def permutation(self, n):
            return self.generator.permutation(n)

    drawn = []
    for count in (100, 10_000):
        counting = Counting()
        first, second, label = pairs_of(count, 6).choose(counting)
        assert (second[label == 0] == first[label == 0] + 1).all()
        drawn.append(counting.drawn)
    assert drawn[0] == drawn[1] < 200
    with pytest.raises(BertlabError, match="batch_size=5; wanted an even number"):
        pairs_of(100, 5)


def fates(masked, ids) -> np.ndarray:
    """Counts of (hidden, swapped, kept) among the picked."""
    now = masked.input_ids[masked.positions]
    hidden, kept = int((now == MASK).sum()), int((now == masked.labels).sum())
    assert (ids[masked.positions] == masked.labels).all()
    return np.array([hidden, len(now) - hidden - kept, kept])


@pytest.mark.parametrize(
    ("mask", "shares"),
    [(mask_by_two_draws, (0.72, 0.10, 0.18)), (mask_tokens, (0.80, 0.10, 0.10))],
)
def test_two_draws_skew_the_shares_and_one_does_not(mask, shares):
    ids = rng(1).integers(5, 1005, size=300_000)
    masked = mask(ids, rng(), **PLAN)
    counts, total = fates(masked, ids), len(masked.positions)
    same = 1 / 1000  # of the swaps draw the token that stood there
    wanted = np.array([shares[0], shares[1] * (1 - same), shares[2] + shares[1] * same])
    assert abs(total - 45_000) < 5 * math.sqrt(300_000 * 0.15 * 0.85)
    assert (np.abs(counts - total * wanted) < 5 * np.sqrt(total * wanted * (1 - wanted))).all()


def test_two_draws_spare_special_tokens_so_that_the_shares_are_the_only_fault():
    ids = np.arange(300) % 10
    masked = mask_by_two_draws(ids, rng(), **PLAN | {"share": 1.0})
    assert (masked.labels > 4).all() and len(masked.labels) == 150
    assert not np.isin(masked.input_ids[masked.positions], [0, 1, 2, 3]).any()


def test_five_look_ups_a_token_and_five_in_all():
    asked = Counter()
    tokenizer = train_wordpiece(["some words in a row"], 60)

    def token_to_id(token):
        asked[token] += 1
        return tokenizer.token_to_id(token)

    ids = tokenizer.encode("some words", "in a row").ids
    places = ordinary_places_by_lookup(ids, token_to_id)
    assert sum(asked.values()) == 5 * len(ids) and set(asked) == set(SPECIAL_TOKENS)
    repaired = mask_tokens(np.array(ids), rng(), **PLAN | {"share": 1.0})
    assert places == repaired.positions.tolist(), "right, but slow"

    class Asked:
        def token_to_id(self, token):
            asked[token] += 1
            return SPECIAL_TOKENS.index(token)

        def get_vocab_size(self):
            return 200

    asked.clear()
    pairs = pairs_of(100, 4)
    pairs = SentencePairs(pairs.store, Asked(), batch_size=4)
    for seed in range(20):
        pairs.draw(rng(seed))
    assert sum(asked.values()) == 5


def test_negative_padding_is_no_padding_and_the_crash_comes_later():
    assert pad_by_negative_count([7, 8], 4) == [7, 8, 0, 0]
    assert pad_by_negative_count([7, 8, 9, 9, 9], 4) == [7, 8, 9, 9, 9]
    with pytest.raises(ValueError, match="expected sequence of length 4 at dim 1"):
        torch.tensor([pad_by_negative_count(row, 4) for row in ([7], [7] * 5)])
    long = [[5] * 20, [6] * 20]
    assert any(len(row) > 32 for row in rejection_search(long, 2, rng(), length=32).rows)


def test_the_repair_never_draws_a_pair_that_is_too_long():
    sizes = [20, 20, 4, 4, 4, 20, 20, 4] * 5
    pairs = pairs_of(len(sizes), 64, sizes, length=32)
    for seed in range(20):
        batch = pairs.draw(rng(seed))
        assert batch.padded()["input_ids"].shape[0] == 64 and batch.length <= 32


def test_the_round_trip_draws_special_tokens_and_the_repair_none():
    words = [*SPECIAL_TOKENS, *(f"w{i}" for i in range(45))]
    ids = {word: i for i, word in enumerate(words)}
    generator = rng()
    drawn = [random_id_by_round_trip(words, ids, generator) for _ in range(20_000)]
    special = sum(token < 5 for token in drawn)
    assert abs(special - 2000) < 5 * math.sqrt(20_000 * 0.1 * 0.9)
    assert drawn[:100] == (rng().random(100) * 50).astype(int).tolist(), "the trip is the identity"
    plan = PLAN | {"ordinary_ids": np.arange(5, 50), "share": 1.0}
    repaired = mask_tokens(np.full(20_000, 7), rng(), **plan).input_ids
    assert set(repaired.tolist()) == {4, *range(5, 50)}, "[MASK] where hidden, else ordinary"


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_free_strangers_are_true_successors_once_in_n(count):
    trials = 200_000
    first, second = strangers_by_chance(count, trials, rng())
    for hits, chance in (
        ((second == first + 1).sum(), (count - 1) / count**2),
        ((second == first).sum(), 1 / count),
    ):
        assert abs(hits - trials * chance) < 5 * math.sqrt(trials * chance)
    first, second, label = pairs_of(count, 2000).choose(rng())
    strangers = label == 1
    assert not np.isin(second[strangers] - first[strangers], [0, 1]).any()


def test_scoring_the_padding_rewards_answering_pad():
    """Fifteen labels in a hundred: always saying [PAD] beats chance by far, until it is ignored."""
    labels = torch.zeros(4, 100, dtype=torch.long)
    labels[:, :15] = torch.randint(5, 50, (4, 15), generator=torch.Generator().manual_seed(0))
    always_pad = torch.zeros(4, 100, 50)
    always_pad[..., 0] = 4.0
    chance = math.log(50)
    assert mlm_loss_over_padding(always_pad, labels) < 0.5 * chance
    repaired = F.cross_entropy(always_pad.flatten(0, 1), labels.flatten(), ignore_index=0)
    assert repaired > chance
    fitted = torch.zeros(4, 100, 50, requires_grad=True)
    mlm_loss_over_padding(fitted, labels).backward()
    assert (fitted.grad[:, 15:, 0] < 0).all(), "it pulls every unmasked place towards [PAD]"
