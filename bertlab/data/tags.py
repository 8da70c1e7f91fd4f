"""Entities as a tag a word, and back: BIO tags, and the F1 over whole entities.

A word's tag is O outside, B-KIND on an entity's first word, I-KIND on its others (Ramshaw & Marcus 1995;
CoNLL-2003 scores whole entities, right only in both ends and kind).
"""

import re
from collections.abc import Sequence

from bertlab.data.labelled import Tagged
from bertlab.data.words import word_spans
from bertlab.errors import BertlabError

_POSSESSIVE = re.compile(r"['’]s$")


def words_and_tags(record: Tagged) -> tuple[list[str], list[str]]:
    """The record's words and their tags. A possessive *'s* is a word of its own: no entity has it.

    Raises BertlabError when an entity begins or ends inside a word.
    """
    spans = []
    for word in word_spans(record.text):
        cut = _POSSESSIVE.search(word.text)
        middle = word.end if cut is None else word.start + cut.start()
        spans += [span for span in ((word.start, middle), (middle, word.end)) if span[0] < span[1]]
    begins, ends = {start for start, _ in spans}, {end for _, end in spans}
    for start, end, _ in record.entities:
        if start >= end or start not in begins or end not in ends:
            raise BertlabError(
                f"the entity {record.text[start:end]!r} in {record.id}",
                "entities that begin and end with a word",
                "Correct its offsets.",
            )
    return [record.text[a:b] for a, b in spans], tags_of(spans, record.entities)


def tags_of(
    spans: Sequence[tuple[int, int]], entities: Sequence[tuple[int, int, str]]
) -> list[str]:
    """The tag of each word, by where words and entities lie in one text.

    An entity covers every word that it touches; a word that two touch is the first one's.
    """
    tags, begun = [], set()
    for start, end in spans:
        touching = [i for i, (a, b, _) in enumerate(entities) if a < end and start < b]
        if not touching:
            tags.append("O")
            continue
        tags.append(f"{'I' if touching[0] in begun else 'B'}-{entities[touching[0]][2]}")
        begun.add(touching[0])
    return tags


def entities(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """(first word, word after the last, kind) of each entity, in order.

    An I- that continues nothing begins an entity, as CoNLL's own scorer reads it.
    """
    found, before = [], "O"
    for i, tag in enumerate(tags):
        if tag.startswith("I-") and before[2:] == tag[2:]:
            found[-1] = (found[-1][0], i + 1, tag[2:])
        elif tag != "O":
            found.append((i, i + 1, tag[2:]))
        before = tag
    return found


def entity_f1(gold: Sequence[Sequence[str]], guessed: Sequence[Sequence[str]]) -> float:
    """F1 over the entities of all sentences, 0 to 1: the harmonic mean of precision and recall.

    Raises BertlabError when the sentences do not have the same lengths.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in guessed]:
        raise BertlabError(
            "other numbers of words than in the truth", "a tag a word", "Compare like with like."
        )
    return f1_of(*([entities(tags) for tags in side] for side in (gold, guessed)))


def f1_of(true: Sequence[Sequence[tuple]], said: Sequence[Sequence[tuple]]) -> float:
    """The same of entities, a list of them for each sentence; 0 where there are none at all."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(true, said, strict=True))
    return 2 * hits / max(1, sum(map(len, true)) + sum(map(len, said)))
