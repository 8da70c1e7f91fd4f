"""Labelled sets as token ids: texts, pairs of texts, tagged sentences, questions with their passages.

The layouts are those of the BERT paper's figure on fine-tuning (Devlin et al. 2018, figure 4):
`[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`.
"""

from collections.abc import Sequence

import numpy as np
from tokenizers import Encoding, Tokenizer

from bertlab.data.example_batches import IGNORED, Examples
from bertlab.data.labelled import Question, Tagged
from bertlab.data.tags import tags_of
from bertlab.errors import BertlabError


def encode_texts(
    tokenizer: Tokenizer,
    texts: Sequence[str],
    labels: Sequence | None = None,
    pairs: Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    max_length: int = 128,
) -> Examples:
    """Texts, or pairs of texts, with a class each.

    labels: numbers from 0, or words; words are numbered in the order of `names` (sorted for none), so
    pass the training set's `names` on to the other splits.
    pairs: the second texts, such as hypotheses. Rows longer than `max_length` pieces lose their end (of
    the longer text of a pair first); `truncated` counts them.

    Raises BertlabError for no texts, unequal numbers, or a label that `names` lacks.
    """
    _alike(texts, labels, "labels")
    _alike(texts, pairs, "second texts")
    first = _encode(tokenizer, texts)
    second = None if pairs is None else _encode(tokenizer, pairs)
    rows = _Rows(tokenizer, first, second, max_length)
    numbers, names = _numbers(labels, names)
    return rows.examples("classes", numbers, names)


def encode_tagged(
    tokenizer: Tokenizer,
    items: Sequence[Tagged | str],
    *,
    names: Sequence[str] | None = None,
    max_length: int = 128,
) -> Examples:
    """Sentences with a tag a word: O outside, B-KIND on an entity's first word, I-KIND on its others.

    A word's first piece carries its tag and the others are passed over (Devlin et al. 2018, section 5.3).
    Words are the tokenizer's own, so "Ghent." is two. An entity covers each word that it touches.
    Plain strings give examples without labels, for prediction.

    Raises BertlabError for an entity of a kind that `names` lacks.
    """
    _alike(items)
    texts = [item if isinstance(item, str) else item.text for item in items]
    entities = [() if isinstance(item, str) else item.entities for item in items]
    if names is None:
        kinds = sorted({kind for row in entities for _, _, kind in row})
        names = ("O", *(f"{place}-{kind}" for kind in kinds for place in "BI"))
    rows = _Rows(tokenizer, _encode(tokenizer, texts), None, max_length)
    labels, marked, spans = (np.concatenate(parts) for parts in zip(*(
        _tag_row(encoding, row, tuple(names)) for encoding, row in zip(rows.first, entities, strict=True)
    ), strict=True))  # fmt: skip
    labelled = not any(isinstance(item, str) for item in items)
    return rows.examples("tags", labels if labelled else None, names, marked, spans)


def encode_questions(
    tokenizer: Tokenizer,
    items: Sequence[Question | tuple[str, str]],
    *,
    max_length: int = 128,
) -> Examples:
    """`[CLS] question [SEP] passage [SEP]` with the answer's first and last piece (section 4.2).

    Only the passage is cut where a row is too long; an answer that is cut off is passed over in the loss.
    Pairs of strings (question, passage) give examples without labels, for prediction.
    """
    _alike(items)
    labelled = not any(isinstance(item, tuple) for item in items)
    asked = [item if isinstance(item, tuple) else (item.question, item.passage) for item in items]
    first = _encode(tokenizer, [question for question, _ in asked])
    second = _encode(tokenizer, [passage for _, passage in asked])
    rows = _Rows(tokenizer, first, second, max_length, keep_first=True)
    marked, spans, answers = [], [], []
    for item, question, passage in zip(items, rows.first, rows.second, strict=True):
        before = len(question) + 2  # [CLS] and the first [SEP]
        marked.append(np.r_[np.zeros(before, bool), np.ones(len(passage), bool), False])
        spans.append(np.zeros((before + len(passage) + 1, 2), np.int32))
        spans[-1][before:-1] = np.array(passage.offsets, np.int32).reshape(-1, 2)
        if labelled:
            answers.append(_answer_pieces(item.answer_span, spans[-1], before))
    labels = np.array(answers, np.int64) if labelled else None
    return rows.examples(
        "answers", labels, ("start", "end"), np.concatenate(marked), np.concatenate(spans)
    )


class _Rows:
    """Encodings cut to length; lays them out with the special tokens."""

    def __init__(self, tokenizer, first, second, max_length: int, keep_first: bool = False):
        self.special = tuple(tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        self.first, self.second, self.truncated = first, second, 0
        room = max_length - (2 if second is None else 3)
        if room < 2:
            raise BertlabError(f"max_length={max_length}", "at least 5", "Raise it.")
        for number, a in enumerate(first):
            b = second[number] if second is not None else ()
            if len(a) + len(b) <= room:
                continue
            self.truncated += 1
            if second is None:
                a.truncate(room)
                continue
            # the longer one is cut down to the other; then both give way alike
            shorter = min(len(a), len(b), room // 2)
            keep = len(a) if keep_first else shorter if len(a) <= len(b) else room - shorter
            if keep >= room:
                raise BertlabError(
                    f"a question of {len(a)} pieces", f"fewer than {room}", "Raise max_length."
                )
            a.truncate(keep)
            b.truncate(room - keep)

    def examples(self, kind, labels, names, marked=None, spans=None) -> Examples:
        begin, end = self.special
        ids: list[int] = []
        types: list[np.ndarray] = []
        sizes = []
        for number, a in enumerate(self.first):
            ids += [begin, *a.ids, end]
            length_b = 0
            if self.second is not None:
                ids += [*self.second[number].ids, end]
                length_b = len(self.second[number]) + 1
            sizes.append(len(a) + 2 + length_b)
            types.append(np.repeat(np.array([0, 1], np.int8), [len(a) + 2, length_b]))
        return Examples(
            kind,
            np.array(ids, np.int32),
            np.concatenate(types),
            np.append(0, np.cumsum(sizes)),
            labels,
            tuple(names),
            self.truncated,
            marked,
            spans,
        )


def _encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Encoding]:
    """Pieces without special tokens; a stored truncation or padding of the tokenizer is left out."""
    if tokenizer.truncation or tokenizer.padding:
        tokenizer = Tokenizer.from_str(tokenizer.to_str())  # the caller's stays as it is
        tokenizer.no_truncation()
        tokenizer.no_padding()
    return tokenizer.encode_batch(list(texts), add_special_tokens=False)


def _tag_row(encoding: Encoding, entities, names) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(labels, marked, spans) of one row, special tokens included."""
    size = len(encoding) + 2
    labels, marked = np.full(size, IGNORED), np.zeros(size, bool)
    spans = np.zeros((size, 2), np.int32)
    word, first = -1, 0
    for place, (number, (start, end)) in enumerate(
        zip(encoding.word_ids, encoding.offsets, strict=True), 1
    ):
        if number == word:  # a further piece of the same word: its span reaches to here
            spans[first, 1] = end
            continue
        word, first = number, place
        marked[place], spans[place] = True, (start, end)
    tags = tags_of(spans[marked].tolist(), entities)
    for tag in tags:
        if tag not in names:
            raise BertlabError(
                f"an entity of kind {tag[2:]!r}", f"one of the tags {', '.join(names)}",
                "Pass the names of a training set that has it.",
            )  # fmt: skip
    labels[marked] = [names.index(tag) for tag in tags]
    return labels, marked, spans


def _answer_pieces(span: tuple[int, int], spans: np.ndarray, before: int) -> tuple[int, int]:
    """First and last piece that the answer touches, or IGNORED twice where it was cut off."""
    start, end = span
    inside = np.flatnonzero((spans[:, 0] < end) & (spans[:, 1] > start))
    inside = inside[inside >= before]
    if not len(inside) or spans[inside[-1], 1] < end:
        return IGNORED, IGNORED
    return int(inside[0]), int(inside[-1])


def _alike(texts, others=None, what: str = "") -> None:
    if not len(texts):
        raise BertlabError("no texts", "at least one", "Check the file or the split.")
    if others is not None and len(others) != len(texts):
        raise BertlabError(
            f"{len(texts)} texts with {len(others)} {what}", "one for each", "Check the columns."
        )


def _numbers(labels, names) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Labels as numbers, and what each number means."""
    if labels is None:
        return None, tuple(names or ())
    if isinstance(labels[0], str):
        names = tuple(names or sorted(set(labels)))
        unknown = sorted(set(labels) - set(names))
        if unknown:
            raise BertlabError(
                f"label {unknown[0]!r}", f"one of {', '.join(names)}", "Check the label column."
            )
        return np.array([names.index(label) for label in labels], np.int64), names
    numbers = np.array(labels, np.int64)
    count = int(numbers.max()) + 1
    names = tuple(names or (str(number) for number in range(count)))
    if numbers.min() < 0 or count > len(names):
        raise BertlabError(
            f"label {numbers.min() if numbers.min() < 0 else count - 1}",
            f"a number from 0 to {len(names) - 1}",
            "Number the classes from 0, or pass all their names.",
        )
    return numbers, names
