"""Tags of words: there and back over the whole shipped set, and entity F1 by hand."""

import pytest

from bertlab.data.labelled import Tagged, tagged
from bertlab.data.tags import entities, entity_f1, tags_of, words_and_tags
from bertlab.errors import BertlabError


def test_a_sentence_by_hand():
    text = "Dr Amara Singh's aunt left Lisbon on 3 May."
    record = Tagged("x", text, ((0, 14, "PER"), (27, 33, "LOC"), (37, 42, "DATE")), "train")
    words, tags = words_and_tags(record)
    assert words == [*"Dr Amara Singh 's aunt left Lisbon on 3 May .".split()]
    assert tags == "B-PER I-PER I-PER O O O B-LOC O B-DATE I-DATE O".split()


def test_there_and_back_over_the_shipped_set():
    for record in tagged():
        words, tags = words_and_tags(record)
        assert len(words) == len(tags)
        found = [("".join(words[a:b]).replace(" ", ""), kind) for a, b, kind in entities(tags)]
        assert found == [
            (record.text[a:b].replace(" ", ""), kind) for a, b, kind in record.entities
        ]


def test_an_entity_inside_a_word_is_refused():
    with pytest.raises(BertlabError, match="'isb' in x"):
        words_and_tags(Tagged("x", "to Lisbon", ((4, 7, "LOC"),), "train"))


def test_an_entity_covers_the_words_that_it_touches_and_the_first_of_two_has_a_word():
    spans = [(0, 3), (4, 8), (8, 10), (11, 12)]
    assert tags_of(spans, [(2, 5, "A"), (7, 9, "B")]) == ["B-A", "I-A", "B-B", "O"]
    assert tags_of(spans, []) == ["O"] * 4


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", []),
        ("B-A I-A O", [(0, 2, "A")]),
        ("B-A B-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A I-B", [(0, 1, "A"), (1, 2, "B")]),
        ("O I-A I-A", [(1, 3, "A")]),
        ("", []),
    ],
)
def test_entities_of_tags(tags, found):
    assert entities(tags.split()) == found


def test_f1_counts_whole_entities():
    gold = ["B-A I-A O B-B".split(), "O B-A".split()]
    assert entity_f1(gold, gold) == 1
    half = ["B-A O O B-B".split(), "O O".split()]  # one right of two said, of three true
    assert entity_f1(gold, half) == pytest.approx(2 * 1 / (3 + 2))
    assert entity_f1(gold, [["O"] * 4, ["O"] * 2]) == 0
    with pytest.raises(BertlabError, match="numbers of words"):
        entity_f1(gold, gold[:1])
