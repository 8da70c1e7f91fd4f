"""Batch builders as one meets them in notes and tutorials, each with one named fault.

Nothing here is for use: lesson 06 runs each piece, measures its symptom and puts the package's repair
beside it. Every docstring names the fault, the symptom and the repair.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bertlab.data.masking import Masked
from bertlab.data.vocabulary import SPECIAL_TOKENS

PAD, CLS, SEP, MASK = 0, 2, 3, 4  # as train_wordpiece numbers them


class GaveUp(RuntimeError):
    """A search was stopped because it used up its patience."""


class Search(NamedTuple):
    """rows: the accepted rows. labels: 0 for neighbours, 1 for strangers. draws: pairs looked at."""

    rows: list[list[int]]
    labels: list[int]
    draws: int


def rejection_search(
    sentences: Sequence[Sequence[int]],
    batch_size: int,
    generator: np.random.Generator,
    *,
    length: int = 128,
    patience: int | None = None,
) -> Search:
    """Draw two sentences until they happen to be neighbours.

    Fault: waiting for luck. Of `n` sentences a free pair is (i, i + 1) once in about `n` draws, so half
    a batch of neighbours costs about `n * batch_size / 2` draws, and each draw builds and masks a whole
    row before it asks whether the row is wanted.
    Symptoms: the time grows with the corpus: at 1.8 million sentences about a minute for a batch of 6.
    An odd batch size never ends, because a count of rows never equals 2.5. And the list of sentences
    has no documents, so the last sentence of one and the first of the next count as neighbours.
    Repair: `SentencePairs.choose` draws i among the sentences that have a successor, and takes i + 1.

    patience: draws after which to raise `GaveUp`; None waits for ever.
    """
    rows, labels = [], []
    neighbours = strangers = draws = 0
    while neighbours != batch_size / 2 or strangers != batch_size / 2:
        if draws == patience:
            raise GaveUp(
                f"{neighbours} neighbours and {strangers} strangers after {draws:,} draws, "
                f"still waiting for exactly {batch_size / 2:g} of each"
            )
        a, b = (int(generator.random() * len(sentences)) for _ in range(2))
        row = _whole_row(sentences[a], sentences[b], length, generator)
        draws += 1
        if a + 1 == b and neighbours < batch_size / 2:
            rows.append(row)
            labels.append(0)
            neighbours += 1
        elif a + 1 != b and strangers < batch_size / 2:
            rows.append(row)
            labels.append(1)
            strangers += 1
    return Search(rows, labels, draws)


def _whole_row(a, b, length: int, generator: np.random.Generator) -> list[int]:
    """`[CLS] a [SEP] b [SEP]`, about 15 % of it hidden, padded: all the work that a row can be."""
    row = [CLS, *a, SEP, *b, SEP]
    for draw in generator.random(max(1, round(0.15 * len(row)))).tolist():
        place = 1 + int(draw * (len(row) - 2))
        if row[place] != SEP:
            row[place] = MASK
    return pad_by_negative_count(row, length)


def mask_by_two_draws(
    input_ids: np.ndarray,
    generator: np.random.Generator,
    *,
    mask_id: int,
    special_ids: tuple[int, ...],
    ordinary_ids: np.ndarray,
    share: float = 0.15,
) -> Masked:
    """Take a token for the random tenth, *else draw again* for the hidden four fifths.

    Fault: the second number is independent of the first, so "0.8" is 80 % of the 90 % that are left.
    Symptom: 10 % are swapped, 72 % hidden and 18 % kept, where the paper has 10, 80 and 10. Nothing
    fails, and the loss looks a little better, because more of the labels stand in plain sight.
    Repair: `mask_tokens` decides by one number per token.
    """
    picked = (generator.random(len(input_ids)) < share) & ~np.isin(input_ids, special_ids)
    positions = np.flatnonzero(picked)
    hidden = input_ids.copy()
    for position in positions:
        if generator.random() < 0.1:
            hidden[position] = ordinary_ids[int(generator.random() * len(ordinary_ids))]
        elif generator.random() < 0.8:
            hidden[position] = mask_id
    return Masked(hidden, positions, input_ids[positions])


def ordinary_places_by_lookup(input_ids: Sequence[int], token_to_id) -> list[int]:
    """The places that may be masked, asking the vocabulary about every token.

    Fault: `token_to_id` is called for all five special tokens, again for each token of each row.
    Symptom: five look-ups a token; they cost several times what all the rest of the masking costs.
    Repair: `SentencePairs` looks the five ids up once, when it is made.
    """
    return [
        place
        for place, token in enumerate(input_ids)
        if token not in [token_to_id(special) for special in SPECIAL_TOKENS]
    ]


def pad_by_negative_count(row: list[int], length: int) -> list[int]:
    """Fill a row up to `length` with [PAD].

    Fault: no row is expected to be longer. Then the count of fillers is negative, and a list times a
    negative number is an empty list: no error, no padding, no cut.
    Symptom: the row stays too long; the crash comes later, elsewhere, when rows of two lengths meet in
    one tensor, or when the model has no position vector for the last tokens.
    Repair: `SentencePairs.choose` draws only pairs that fit, and draws again within the class.
    """
    return row + [PAD] * (length - len(row))


def random_id_by_round_trip(
    id_to_word: Sequence[str], word_to_id: Mapping[str, int], generator: np.random.Generator
) -> int:
    """A random token id: draw a number, turn it into a word, and the word into a number.

    Fault: the number was an id already, and every id may be drawn, those of special tokens too.
    Symptom: five swaps in `len(id_to_word)` put [CLS], [SEP], [PAD], [UNK] or [MASK] into the middle of a
    sentence; and two look-ups are spent on the identity.
    Repair: `mask_tokens` draws an index into an array of the ordinary ids.
    """
    word = id_to_word[int(generator.random() * len(id_to_word))]
    return word_to_id[word]


def strangers_by_chance(
    sentences: int, count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(first, second), each (count,): sentence numbers meant as pairs that do not belong together.

    Fault: nobody checks. One pair in about `sentences` is a true successor with the label "stranger",
    and as many are a sentence followed by itself.
    Symptom: none to be seen; wrong labels, many in a small corpus, few in a large one.
    Repair: `SentencePairs.choose` draws such pairs again.
    """
    first, second = generator.integers(sentences, size=(2, count))
    return first, second


def mlm_loss_over_padding(logits, labels):
    """Cross-entropy of (batch, length, vocabulary) logits over all (batch, length) labels.

    Fault: `labels` is 0, the id of [PAD], wherever nothing was masked, and those places are scored too.
    Symptom: the loss is splendid within a few steps: the model has learnt to answer [PAD].
    Repair: `ignore_index`, or, as `Bert.loss` does, predicting at the masked places only.
    """
    from torch.nn import functional as F

    return F.cross_entropy(logits.flatten(0, -2), labels.flatten())
