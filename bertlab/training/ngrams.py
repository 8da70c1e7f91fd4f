"""A trigram model with interpolated Kneser-Ney smoothing, and perplexity: the yardstick for ELMo.

Kneser & Ney 1995; the interpolated form with three discounts an order is Chen & Goodman 1999, section 3
("modified"). The sentences, their marks, the vocabulary and "<UNK>" are those of the neural model, so
that the two perplexities are of the same predictions.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from bertlab.data.characters import BEGIN_SENTENCE, END_SENTENCE
from bertlab.data.words import WordStream, output_numbers


def perplexity(scores: Iterable) -> float:
    """exp of minus the mean of natural log-probabilities, given as one array (or tensor) a sentence."""
    return float(np.exp(-np.concatenate([np.asarray(score) for score in scores]).mean()))


def discounts(counts: np.ndarray) -> np.ndarray:
    """How much to take from n-grams seen once, twice, and more often: (0, D1, D2, D3+).

    From the numbers of n-grams seen one to four times (Chen & Goodman 1999, equation 26). Where a text is too
    small to tell, half of a count.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(float)
    if not n[1:5].all():
        return np.array([0.0, 0.5, 0.5, 0.5])
    share = n[1] / (n[1] + 2 * n[2])
    estimate = [k - (k + 1) * share * n[k + 1] / n[k] for k in (1, 2, 3)]
    return np.array([0.0, *np.clip(estimate, 0.05, [0.95, 1.95, 2.95])])


class _Order:
    """The n-grams of one order: discounted counts, and the mass their contexts leave to shorter ones."""

    def __init__(self, keys: np.ndarray, counts: np.ndarray, size: int, discount: float | None):
        taken = discounts(counts) if discount is None else np.array([0.0, *[discount] * 3])
        taken = taken[np.minimum(counts, 3)]
        self.keys, self.size = keys, size  # sorted; key = context * size + word
        self.contexts, begins = np.unique(keys // size, return_index=True)
        totals = np.add.reduceat(counts, begins)
        self.left = np.add.reduceat(taken, begins) / totals
        self.probabilities = (counts - taken) / np.repeat(totals, np.diff([*begins, len(keys)]))

    def refine(self, shorter: np.ndarray, contexts: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Probabilities at this order, from those of the order below; an unseen context adds nothing."""
        left = _look_up(self.contexts, self.left, contexts, 1.0)
        return left * shorter + _look_up(
            self.keys, self.probabilities, contexts * self.size + words, 0.0
        )


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, otherwise: float):
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], otherwise)


class KneserNeyTrigram:
    """P(word | two words before it), within sentences.

    stream: the text to count. vocabulary: as for `Elmo`; a word outside counts as "<UNK>".
    discount: one discount for all n-grams, as in the plain method; by default three an order, estimated.

    The first word of a sentence has one word before it, "<S>". The last order is interpolated with equal
    chances for all words but "<S>", so that no word is impossible.
    """

    def __init__(
        self, stream: WordStream, vocabulary: Sequence[str], discount: float | None = None
    ):
        self.vocabulary, size = list(vocabulary), len(vocabulary)
        self.begin = self.vocabulary.index(BEGIN_SENTENCE)
        tokens = output_numbers(stream.types, vocabulary)[stream.tokens]
        two = np.flatnonzero(tokens != self.begin)  # positions that are predicted
        three = two[tokens[two - 1] != self.begin]  # those with two words before them
        keys, counts = np.unique(
            (tokens[three - 2] * size + tokens[three - 1]) * size + tokens[three],
            return_counts=True,
        )
        self.trigrams = _Order(keys, counts, size, discount)
        # Lower orders count contexts, not occurrences: in how many trigrams a bigram ends. After "<S>"
        # nothing varies before the bigram, so its occurrences count.
        first = two[tokens[two - 1] == self.begin]
        keys, counts = np.unique(
            np.concatenate([keys % size**2, self.begin * size + tokens[first]]), return_counts=True
        )
        self.bigrams = _Order(keys, counts, size, discount)
        keys, counts = np.unique(keys % size, return_counts=True)
        unigrams = _Order(keys, counts, size, discount)
        words = np.arange(size)
        self.unigrams = unigrams.refine(np.full(size, 1 / (size - 1)), np.zeros_like(words), words)
        self.unigrams[self.begin] = 0.0

    def probabilities(self, before: np.ndarray, last: np.ndarray, words: np.ndarray) -> np.ndarray:
        """P(words | before, last), all given as places in the vocabulary, int64 arrays of one shape."""
        size = len(self.vocabulary)
        shorter = self.bigrams.refine(self.unigrams[words], last, words)
        return self.trigrams.refine(shorter, before * size + last, words)

    def score(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Natural log-probabilities of words 1…n and the end of each sentence, (n + 1,).

        The forward direction of `Elmo.score`.
        """
        rows = [[BEGIN_SENTENCE, *sentence, END_SENTENCE] for sentence in sentences]
        flat = output_numbers([word for row in rows for word in row], self.vocabulary)
        ends = np.cumsum([len(row) for row in rows])
        place = np.delete(np.arange(len(flat)), ends - [len(row) for row in rows])
        chances = self.probabilities(flat[place - 2], flat[place - 1], flat[place])
        return np.split(np.log(chances), (ends - np.arange(1, len(rows) + 1))[:-1])
