import numpy as np
import pytest

from bertlab.data.examples import IGNORED, encode_questions, encode_tagged, encode_texts
from bertlab.data.labelled import Question, Tagged, entailments, questions, tagged
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError


@pytest.fixture(scope="module")
def tokenizer():
    texts = [item.text for item in tagged()] + [item.passage for item in questions()]
    return train_wordpiece(texts, 1500)


TEXTS = ["A kettle.", "The trustees met in the room above the fish market.", "Rain fell."]


def rows(examples):
    bounds = zip(examples.row_offsets[:-1], examples.row_offsets[1:], strict=True)
    return [examples.input_ids[a:b].tolist() for a, b in bounds]


def test_texts_are_laid_out_as_the_tokenizer_would(tokenizer):
    examples = encode_texts(tokenizer, TEXTS, [0, 1, 0])
    assert rows(examples) == [tokenizer.encode(text).ids for text in TEXTS]
    assert examples.labels.tolist() == [0, 1, 0] and examples.names == ("0", "1")
    assert len(examples) == 3 and examples.truncated == 0 and not examples.token_type_ids.any()


def test_pairs_are_laid_out_as_the_tokenizer_would(tokenizer):
    examples = encode_texts(tokenizer, TEXTS, pairs=TEXTS[::-1])
    wanted = [tokenizer.encode(a, b) for a, b in zip(TEXTS, TEXTS[::-1], strict=True)]
    assert rows(examples) == [encoding.ids for encoding in wanted]
    assert examples.token_type_ids.tolist() == [i for one in wanted for i in one.type_ids]
    assert examples.labels is None


def test_a_stored_truncation_of_the_tokenizer_is_not_obeyed_and_not_changed(tokenizer):
    cut = type(tokenizer).from_str(tokenizer.to_str())
    cut.enable_truncation(4)
    cut.enable_padding(length=30)
    assert rows(encode_texts(cut, TEXTS)) == rows(encode_texts(tokenizer, TEXTS))
    assert cut.truncation["max_length"] == 4 and cut.padding["length"] == 30


@pytest.mark.parametrize("length", [5, 8, 9, 12, 40])
def test_long_rows_are_cut_to_length(tokenizer, length):
    single = encode_texts(tokenizer, TEXTS, max_length=length)
    pairs = encode_texts(tokenizer, TEXTS, pairs=TEXTS[::-1], max_length=length)
    assert single.lengths.max() <= length and pairs.lengths.max() <= length
    whole = [len(tokenizer.encode(a, b)) for a, b in zip(TEXTS, TEXTS[::-1], strict=True)]
    assert pairs.lengths.tolist() == [min(length, size) for size in whole]
    assert pairs.truncated == sum(size > length for size in whole)
    end = tokenizer.token_to_id("[SEP]")
    assert all(row[-1] == end and row.count(end) == 2 for row in rows(pairs))


def test_the_longer_text_of_a_pair_gives_way_first(tokenizer):
    short, long = TEXTS[0], TEXTS[1]
    size = len(tokenizer.encode(short, add_special_tokens=False))
    for a, b in ((short, long), (long, short)):
        examples = encode_texts(tokenizer, [a], pairs=[b], max_length=3 + size + 4)
        sizes = np.bincount(examples.token_type_ids)  # 2 and 1 special tokens
        assert sorted([sizes[0] - 2, sizes[1] - 1]) == sorted([size, 4])


def test_words_as_labels_follow_names(tokenizer):
    items = entailments("validation")
    labels = [item.label for item in items]
    train = encode_texts(tokenizer, [item.premise for item in items], labels)
    assert train.names == ("contradiction", "entailment", "neutral")
    one = encode_texts(tokenizer, ["A kettle."], ["neutral"], names=train.names)
    assert one.labels.tolist() == [2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "no texts"),
        ((["a"], [0, 1]), "1 texts with 2 labels"),
        ((["a"], [-1]), "label -1"),
        ((["a"], None, ["b", "c"]), "2 second texts"),
    ],
)
def test_input_that_does_not_fit_is_refused(tokenizer, arguments, message):
    with pytest.raises(BertlabError, match=message):
        encode_texts(tokenizer, *arguments)


def test_an_unknown_word_as_label_is_named(tokenizer):
    with pytest.raises(BertlabError, match="'maybe'.*no, yes"):
        encode_texts(tokenizer, ["a"], ["maybe"], names=["no", "yes"])
    with pytest.raises(BertlabError, match="label 2.*0 to 1"):
        encode_texts(tokenizer, ["a"], [2], names=["no", "yes"])


def test_every_shipped_entity_comes_back_from_its_tags(tokenizer):
    from bertlab.models.heads import entities_of

    items = tagged()
    examples = encode_tagged(tokenizer, items)
    assert examples.names[:3] == ("O", "B-DATE", "I-DATE")
    found = entities_of(examples.labels, examples, examples.names)
    assert [tuple(row) for row in found] == [item.entities for item in items]


def test_only_the_first_piece_of_a_word_is_tagged(tokenizer):
    examples = encode_tagged(
        tokenizer, [Tagged("x", "Okaforadze met.", ((0, 10, "PER"),), "train")]
    )
    pieces = [tokenizer.id_to_token(number) for number in examples.input_ids]
    assert sum(piece.startswith("##") for piece in pieces) >= 2
    for piece, label, marked in zip(pieces, examples.labels, examples.marked, strict=True):
        whole = not piece.startswith("##") and piece[0] != "["
        assert marked == whole and (label != IGNORED) == whole
    assert examples.names[examples.labels[1]] == "B-PER"
    assert examples.spans[1].tolist() == [0, 10]  # its span is the word's, not the piece's


def test_neighbours_of_one_kind_stay_two(tokenizer):
    item = Tagged("x", "Lisbon Ghent fell.", ((0, 6, "LOC"), (7, 12, "LOC")), "train")
    examples = encode_tagged(tokenizer, [item])
    tags = [examples.names[tag] for tag in examples.labels if tag != IGNORED]
    assert tags == ["B-LOC", "B-LOC", "O", "O"]


def test_an_entity_of_an_unknown_kind_is_named(tokenizer):
    item = Tagged("x", "Lisbon", ((0, 6, "LOC"),), "train")
    with pytest.raises(BertlabError, match="'LOC'"):
        encode_tagged(tokenizer, [item], names=("O", "B-PER", "I-PER"))


def test_plain_strings_have_no_tags(tokenizer):
    examples = encode_tagged(tokenizer, ["Lisbon fell."], names=("O", "B-LOC", "I-LOC"))
    assert examples.labels is None and examples.marked.sum() == 3


def test_every_shipped_answer_is_where_its_pieces_say(tokenizer):
    items = questions()
    examples = encode_questions(tokenizer, items, max_length=256)
    assert examples.truncated == 0
    for item, begin, (a, b) in zip(items, examples.row_offsets, examples.labels, strict=False):
        start, end = examples.spans[begin + a, 0], examples.spans[begin + b, 1]
        assert (
            item.passage[start:end].startswith(item.answer) and end - start < len(item.answer) + 15
        )
        assert examples.marked[begin + a] and examples.token_type_ids[begin + a] == 1


def test_a_question_keeps_its_words_and_an_answer_may_be_cut_off(tokenizer):
    item = Question("x", 0, "Rain fell. " * 20 + "Ghent.", "Where?", "Ghent", (220, 225), "train")
    examples = encode_questions(tokenizer, [item], max_length=30)
    assert examples.lengths.tolist() == [30] and examples.truncated == 1
    assert examples.labels.tolist() == [[IGNORED, IGNORED]]
    with pytest.raises(BertlabError, match="question of"):
        encode_questions(tokenizer, [("Rain fell. " * 20, "Ghent.")], max_length=30)
    assert encode_questions(tokenizer, [("Where?", "Ghent.")]).labels is None
