"""Masking: who may be picked, what becomes of the picked, and in what shares.

The shares are random, so they are held to intervals of five standard deviations of the binomial
distribution: a right implementation leaves one about once in two million runs, and the seeds are fixed.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.data.masking import mask_tokens
from bertlab.errors import BertlabError

SPECIAL, MASK = (0, 1, 2, 3, 4), 4
ORDINARY = np.arange(5, 1000)


def mask(ids, seed=0, **settings):
    given = {"mask_id": MASK, "special_ids": SPECIAL, "ordinary_ids": ORDINARY} | settings
    return mask_tokens(np.asarray(ids, dtype=np.int64), np.random.default_rng(seed), **given)


def within(count: int, trials: int, share: float) -> bool:
    """Whether a binomial count lies within five standard deviations of its mean."""
    return abs(count - trials * share) <= 5 * math.sqrt(trials * share * (1 - share))


@pytest.fixture(scope="module")
def many():
    """A long stream in which every fifth token is special, masked once."""
    ids = np.random.default_rng(1).integers(5, 1000, size=500_000)
    ids[::5] = np.arange(100_000) % 5
    return ids, mask(ids)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 20), max_size=60),
    st.floats(0, 1),
    st.integers(0, 2**32),
)
def test_what_always_holds(ids, share, seed):
    ids = np.array(ids, dtype=np.int64)
    before = ids.copy()
    hidden, positions, labels = mask(ids, seed, share=share, ordinary_ids=np.arange(5, 21))
    assert (ids == before).all(), "the input is not written to"
    assert (np.diff(positions) > 0).all() and (ids[positions] == labels).all()
    assert (labels > 4).all(), "special tokens are never picked"
    changed = hidden != ids
    assert set(np.flatnonzero(changed)) <= set(positions), "what is not picked stays"
    assert (hidden[changed] >= 4).all(), "only [MASK] and ordinary tokens are put in"
    again = mask(ids, seed, share=share, ordinary_ids=np.arange(5, 21))
    assert all((a == b).all() for a, b in zip(again, (hidden, positions, labels), strict=True))


def test_fifteen_per_cent_are_picked_and_split_80_10_10(many):
    ids, (hidden, positions, labels) = many
    assert within(len(positions), int((ids > 4).sum()), 0.15)
    now = hidden[positions]
    masked, kept = int((now == MASK).sum()), int((now == labels).sum())
    swapped = len(positions) - masked - kept
    same = 1 / len(ORDINARY)  # a swap may draw the very token that stood there
    assert within(masked, len(positions), 0.8)
    assert within(swapped, len(positions), 0.1 * (1 - same))
    assert within(kept, len(positions), 0.1 + 0.1 * same)


def test_swapped_in_tokens_are_uniform_over_the_ordinary_ones(many):
    ids, (hidden, positions, labels) = many
    now = hidden[positions]
    swapped = now[(now != MASK) & (now != labels)]
    counts = np.bincount(swapped, minlength=1000)
    assert counts[:5].sum() == 0
    expected = len(swapped) / len(ORDINARY)
    statistic = ((counts[5:] - expected) ** 2 / expected).sum()
    freedom = len(ORDINARY) - 1
    assert abs(statistic - freedom) < 5 * math.sqrt(2 * freedom)  # of a chi-square


def test_picks_are_independent_of_token_place_and_neighbour(many):
    ids, (_, positions, _) = many
    picked = np.zeros(len(ids), dtype=bool)
    picked[positions] = True
    ordinary = ids > 4
    for part in (slice(0, 250_000), slice(250_000, None)):
        assert within(int(picked[part].sum()), int(ordinary[part].sum()), 0.15)
    low = ordinary & (ids < 500)
    assert within(int(picked[low].sum()), int(low.sum()), 0.15)
    both = ordinary[1:] & ordinary[:-1]
    assert within(int((picked[1:] & picked[:-1]).sum()), int(both.sum()), 0.15**2)


def test_each_stream_gets_its_own_number_of_picks():
    """One draw a token, not a fixed number a row: the count varies as a binomial does."""
    ids = np.full(200, 7)
    counts = [len(mask(ids, seed).positions) for seed in range(2000)]
    assert abs(np.mean(counts) - 30) < 0.6
    assert abs(np.var(counts) / (200 * 0.15 * 0.85) - 1) < 0.16


def test_no_share_and_the_whole_share():
    ids = [2, 7, 8, 3, 9, 3]
    nothing, everything = mask(ids, share=0.0), mask(ids, share=1.0)
    assert nothing.input_ids.tolist() == ids and not len(nothing.positions)
    assert everything.positions.tolist() == [1, 2, 4]
    assert everything.labels.tolist() == [7, 8, 9]


@pytest.mark.parametrize("ids", [[], [2, 3, 3], [0] * 50])
def test_nothing_to_pick_is_no_error(ids):
    hidden, positions, labels = mask(ids, share=1.0)
    assert hidden.tolist() == ids and len(positions) == len(labels) == 0


def test_the_type_of_the_ids_stays():
    ids = np.arange(5, 200, dtype=np.uint16)
    hidden, _, labels = mask_tokens(
        ids, np.random.default_rng(0), mask_id=4, special_ids=SPECIAL, ordinary_ids=ORDINARY
    )
    assert hidden.dtype == labels.dtype == np.uint16


def test_only_the_given_generator_is_used():
    np.random.seed(0)
    first = mask(range(5, 300)).input_ids
    np.random.seed(1)
    assert (mask(range(5, 300)).input_ids == first).all()
    assert (mask(range(5, 300), seed=1).input_ids != first).any()


@pytest.mark.parametrize("share", [-0.1, 1.01, 15, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(BertlabError, match=f"found share={share}; wanted a share of the tokens"):
        mask([5, 6], share=share)
