"""`make_batch` as one meets it, and four repairs of it, each a switch that can be turned alone.

The fifth change, arrays instead of loops, is `bertlab.data.pairs.SentencePairs`. Lesson 11 turns the
switches one by one; lesson 06 looks at what the faults do to the batch itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from bertlab.errors import BertlabError

IGNORED = -100  # the label of a place that nobody is asked about
NEVER_MASKED = (
    "[CLS]",
    "[SEP]",
    "[UNK]",
)  # the special tokens that stand in a row before it is masked


class Row(NamedTuple):
    """One pair: (length,) ids with some hidden, token types, labels (IGNORED elsewhere); 0 for neighbours."""

    input_ids: list[int]
    token_type_ids: list[int]
    labels: list[int]
    next_sentence_label: int


@dataclass(frozen=True)
class Changes:
    """The repairs of `make_batch`, in the order in which one finds them; none of them is the original.

    look_first: ask whether a pair is wanted before its row is built.
    direct: take a sentence and its successor, instead of waiting until two drawn ones are neighbours.
    ids_once: look the special tokens' ids up once a batch, not for each token of each row.
    no_round_trip: draw a random id, not an id that is turned into a word and back.
    """

    look_first: bool = False
    direct: bool = False
    ids_once: bool = False
    no_round_trip: bool = False

    @classmethod
    def first(cls, count: int) -> "Changes":
        """The first `count` repairs, 0 to 4."""
        names = [field.name for field in fields(cls)]
        if not 0 <= count <= len(names):
            raise BertlabError(f"{count} changes", f"0 to {len(names)}", "Choose one of these.")
        return cls(**dict.fromkeys(names[:count], True))


class Words:
    """A vocabulary as the original has it: two plain tables."""

    def __init__(self, tokenizer):
        self.to_id: Mapping[str, int] = tokenizer.get_vocab()
        self.to_word = sorted(self.to_id, key=self.to_id.get)


def make_batch(
    sentences: Sequence[Sequence[int]],
    words: Words,
    batch_size: int,
    generator: np.random.Generator,
    changes: Changes | None = None,
    length: int = 128,
) -> list[Row]:
    """`batch_size` rows, half of them neighbours, of sentences (lists of ids) in one long list.

    Without `changes` it has the faults of its original: it draws two sentences until they happen to be
    neighbours, and builds, masks and pads each row before it asks whether the row is wanted; three
    look-ups a token; a random id takes the way over its word.
    Symptom: time in proportion to the corpus, nearly all of it spent on rows that are thrown away.
    Pairs that do not fit are skipped. What is masked has the paper's shares.

    Raises BertlabError for an odd batch size, which would never end.
    """
    if batch_size < 2 or batch_size % 2:
        raise BertlabError(f"batch_size={batch_size}", "an even number", "Add one.")
    changes = changes or Changes()
    special = tuple(words.to_id[token] for token in NEVER_MASKED) if changes.ids_once else None
    rows, wanted = [], {0: batch_size // 2, 1: batch_size // 2}
    while len(rows) < batch_size:
        a, b = (int(generator.random() * len(sentences)) for _ in range(2))
        if changes.direct and wanted[0] and a + 1 < len(sentences):
            b = a + 1
        label = 0 if b == a + 1 else 1
        if len(sentences[a]) + len(sentences[b]) + 3 > length:
            continue
        if changes.look_first and not wanted[label]:
            continue
        row = _row(sentences[a], sentences[b], label, words, special, generator, changes, length)
        if wanted[label]:
            wanted[label] -= 1
            rows.append(row)
    return rows


def _row(a, b, label, words, special, generator, changes, length) -> Row:
    cls_id, sep_id, mask_id = (words.to_id[token] for token in ("[CLS]", "[SEP]", "[MASK]"))
    ids = [cls_id, *a, sep_id, *b, sep_id]
    if special is None:
        to_id = words.to_id
        places = [
            i
            for i, token in enumerate(ids)
            if token != to_id["[CLS]"] and token != to_id["[SEP]"] and token != to_id["[UNK]"]
        ]
    else:
        places = [i for i, token in enumerate(ids) if token not in special]
    labels = [IGNORED] * len(ids)
    count = max(1, round(0.15 * len(places)))
    for draw in generator.random(count).tolist():
        place = places[int(draw * len(places))]
        if labels[place] != IGNORED:
            continue
        labels[place], fate = ids[place], generator.random()
        if fate < 0.8:
            ids[place] = mask_id
        elif fate < 0.9:
            ids[place] = _random_id(words, generator, changes)
    filler = length - len(ids)
    types = [0] * (len(a) + 2) + [1] * (len(b) + 1)
    return Row(ids + [0] * filler, types + [0] * filler, labels + [IGNORED] * filler, label)


def _random_id(words: Words, generator: np.random.Generator, changes: Changes) -> int:
    if changes.no_round_trip:
        return int(generator.random() * len(words.to_word))
    return words.to_id[words.to_word[int(generator.random() * len(words.to_word))]]
