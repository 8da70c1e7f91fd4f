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
    tags = ["O"] * len(spans)
    for start, end, kind in record.entities:
        inside = [i for i, (a, b) in enumerate(spans) if a < end and start < b]
        if not inside or (spans[inside[0]][0], spans[inside[-1]][1]) != (start, end):
            raise BertlabError(
                f"the entity {record.text[start:end]!r} in {record.id}",
                "entities that begin and end with a word",
                "Correct its offsets.",
            )
        tags[inside[0] : inside[-1] + 1] = [f"B-{kind}"] + [f"I-{kind}"] * (len(inside) - 1)
    return [record.text[a:b] for a, b in spans], tags


def entities(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """(first word, word after the last, kind) of each entity, in order.

    An I- that continues nothing begins an entity, as CoNLL's own scorer reads it.
    """
    found, start = [], None
    for i, tag in enumerate([*tags, "O"]):
        place, _, kind = tag.partition("-")
        if start is not None and (place != "I" or kind != tags[start].partition("-")[2]):
            found.append((start, i, tags[start].partition("-")[2]))
            start = None
        if place != "O" and start is None:
            start = i
    return found


def entity_f1(gold: Sequence[Sequence[str]], guessed: Sequence[Sequence[str]]) -> float:
    """F1 over the entities of all sentences, 0 to 1: the harmonic mean of precision and recall.

    Raises BertlabError when the sentences do not have the same lengths.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in guessed]:
        raise BertlabError(
            "other numbers of words than in the truth", "a tag a word", "Compare like with like."
        )
    true, said = (
        {(i, *entity) for i, tags in enumerate(side) for entity in entities(tags)}
        for side in (gold, guessed)
    )
    return 2 * len(true & said) / max(1, len(true) + len(said))
