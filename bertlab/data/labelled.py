"""The labelled sets that ship with the course, all written for it (`bertlab/assets/README.md`).

Each function returns a list of frozen records; `split` picks "train", "validation" or "test", None all.
Further reviews without labels are for pre-training.
Spans are character offsets, `text[start:end]`.
"""

import json
from dataclasses import dataclass
from typing import TypeVar

from bertlab.assets import asset
from bertlab.errors import BertlabError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Review:
    """label: 1 positive (rating 4 or 5), 0 negative (1 or 2). tags: what makes it hard, if anything:
    negation, contrast, irony, mixed, comparison. No product is in two splits.

    headline: "" for the 2,195 that were written first; where there is one it often tells the verdict, so no
    lesson gives it to a classifier."""

    id: str
    product: str
    domain: str
    split: str
    rating: int
    label: int
    tags: tuple[str, ...]
    headline: str
    text: str


@dataclass(frozen=True)
class UnlabelledReview:
    """A review that nobody has judged, of a product that no labelled validation or test review is about."""

    id: str
    product: str
    domain: str
    headline: str
    text: str


@dataclass(frozen=True)
class WordPair:
    """One word in two sentences. same: 1 where it has the same sense in both. No word is in two splits."""

    id: str
    word: str
    same: int
    first: str
    first_span: tuple[int, int]
    second: str
    second_span: tuple[int, int]
    split: str


@dataclass(frozen=True)
class Entailment:
    """label: "entailment", "neutral" or "contradiction". Rows of one group share their premise."""

    id: str
    group: int
    label: str
    premise: str
    hypothesis: str
    split: str


@dataclass(frozen=True)
class Tagged:
    """entities: (start, end, kind) with kind PER, LOC, ORG or DATE, in order."""

    id: str
    text: str
    entities: tuple[tuple[int, int, str], ...]
    split: str


@dataclass(frozen=True)
class Question:
    """A question whose answer is a span of the passage. No passage is in two splits."""

    id: str
    passage_id: int
    passage: str
    question: str
    answer: str
    answer_span: tuple[int, int]
    split: str


Record = TypeVar("Record", Review, UnlabelledReview, WordPair, Entailment, Tagged, Question)


def reviews(split: str | None = None) -> list[Review]:
    """7,578 reviews of products and services in ten domains, 20 to 80 words each, product by product."""
    return _read("reviews.jsonl", Review, split)


def unlabelled_reviews() -> list[UnlabelledReview]:
    """4,993 reviews without labels, to pre-train on text of the kind that a classifier will meet."""
    return _read("unlabelled_reviews.jsonl", UnlabelledReview)


def word_pairs(split: str | None = None) -> list[WordPair]:
    """428 word-in-context pairs over 66 ambiguous words; half have the same sense."""
    return _read("word_in_context.jsonl", WordPair, split)


def entailments(split: str | None = None) -> list[Entailment]:
    """432 pairs of sentences: 144 premises, each with one hypothesis of every label."""
    return _read("entailment.jsonl", Entailment, split)


def tagged(split: str | None = None) -> list[Tagged]:
    """354 sentences with their persons, places, organisations and dates."""
    return _read("entities.jsonl", Tagged, split)


def questions(split: str | None = None) -> list[Question]:
    """402 questions on 102 short passages."""
    return _read("questions.jsonl", Question, split)


def _read(file: str, kind: type[Record], split: str | None = None) -> list[Record]:
    if split not in (None, *SPLITS):
        raise BertlabError(
            f"split {split!r}", f"one of {', '.join(SPLITS)}, or None", "Choose one."
        )
    with open(asset(file), encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        kind(**{name: _frozen(value) for name, value in row.items()})
        for row in rows
        if split is None or row["split"] == split
    ]


def _frozen(value):
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
