"""`make_batch` and its repairs: the same kind of batch, for less and less work."""

import numpy as np
import pytest

from bertlab.clinic.building import IGNORED, Changes, Row, Words, make_batch
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError

WORDS = Words(train_wordpiece([" ".join(f"w{i}" for i in range(99))], 60))


class Counting:
    """A generator that counts its calls."""

    def __init__(self, seed=0):
        self.generator, self.calls = np.random.default_rng(seed), 0

    def random(self, size=None):
        self.calls += 1
        return self.generator.random(size)


def sentences(count: int) -> list[list[int]]:
    """Sentence i says i in each of its three tokens, far above all real ids."""
    return [[1000 + i] * 3 for i in range(count)]


def batch(changes: int, count=40, size=6, seed=0) -> list[Row]:
    generator = np.random.default_rng(seed)
    return make_batch(sentences(count), WORDS, size, generator, Changes.first(changes), 12)


def places(row: Row) -> tuple[int, int]:
    """Which two sentences the row is made of, by what stood there before masking."""
    ids = [
        label if label != IGNORED else token
        for token, label in zip(row.input_ids, row.labels, strict=True)
    ]
    return max(ids[1:4]) - 1000, max(ids[5:8]) - 1000


@pytest.mark.parametrize("changes", range(5))
def test_every_stage_deals_half_neighbours_and_half_strangers(changes):
    for seed in range(20):
        rows = batch(changes, seed=seed)
        assert sorted(row.next_sentence_label for row in rows) == [0, 0, 0, 1, 1, 1]
        for row in rows:
            a, b = places(row)
            assert (b == a + 1) == (row.next_sentence_label == 0)
            assert len(row.input_ids) == len(row.token_type_ids) == len(row.labels) == 12
            assert row.token_type_ids == [0] * 5 + [1] * 4 + [0] * 3
            assert all(row.labels[i] == IGNORED for i in (0, 4, 8, 9, 10, 11)), "never special"


def test_each_change_draws_no_more_than_the_one_before():
    drawn = []
    for changes in range(5):
        generators = [Counting(seed) for seed in range(10)]
        for generator in generators:
            make_batch(sentences(200), WORDS, 6, generator, Changes.first(changes), 12)
        drawn.append(sum(generator.calls for generator in generators))
    assert drawn[1] < 0.7 * drawn[0], "rows that are thrown away are not built any more"
    assert drawn[2] < 0.1 * drawn[1], "and none is searched for"


def test_the_look_ups_are_made_once():
    asked = []

    class Asked(dict):
        def __getitem__(self, word):
            asked.append(word)
            return super().__getitem__(word)

    words = Words(train_wordpiece(["some words"], 40))
    words.to_id = Asked(words.to_id)
    counts = []
    for changes in (2, 3):
        asked.clear()
        make_batch(sentences(40), words, 6, np.random.default_rng(0), Changes.first(changes), 12)
        counts.append(len(asked))
    assert counts[0] >= 6 * 9 + counts[1] / 2 and counts[1] < 6 * 4 + 3


def test_the_round_trip_is_the_identity():
    """Without it the same batch comes out of the same numbers."""
    for seed in range(20):
        assert batch(3, seed=seed) == batch(4, seed=seed)
        assert batch(2, seed=seed) == batch(3, seed=seed), "and so with the look-ups"


def test_an_odd_batch_and_too_many_changes_are_refused():
    with pytest.raises(BertlabError, match="batch_size=5; wanted an even number"):
        batch(0, size=5)
    with pytest.raises(BertlabError, match="5 changes; wanted 0 to 4"):
        Changes.first(5)
