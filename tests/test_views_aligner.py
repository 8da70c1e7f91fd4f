"""The aligner: boxes lie where the tokens do, nothing invisible stays so, the widget follows."""

import pytest

from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.text import tokenizer
from bertlab.views.aligner import (
    LONGEST,
    Aligner,
    AlignerWidget,
    Box,
    Row,
    agreement,
    align,
    side_by_side,
    sign,
    told,
    visible,
)


@pytest.fixture(scope="module")
def tokenizers():
    vocabulary = train_wordpiece(["the cat sat on the mat , a cat ' s seat ."] * 3, 80)
    return {
        "whitespace": tokenizer("whitespace"),
        "spaCy": tokenizer("spacy"),
        "NLTK": tokenizer("nltk-words"),
        "WordPiece": tokenizer("wordpiece", vocabulary=vocabulary),
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("a  b\n", "a␣␣b↵"),
        (" lead", "␣lead"),
        (" ", "␣"),
        ("\u200d", "ZWJ"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("cafe\u0301", "cafe\u0301"),
        ("\u0301", "◌\u0301"),
        ("soft\u00adhyphen", "soft⟨SHY⟩hyphen"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("a\ud800", "a⟨U+D800⟩"),
        ("", ""),
    ],
)
def test_every_character_can_be_seen(text, shown):
    assert visible(text) == shown


def test_a_sign_stands_for_one_character_and_is_never_blank():
    for code in [*range(0x3000), 0xD800, 0xE000, 0xFE0F, 0x1F468, 0x10FFFF]:
        assert sign(chr(code)).strip()


def test_boxes_lie_where_the_tokens_do(tokenizers):
    text = "the Cat's  seat sat—the 🐈 [MASK]"
    for row, tokenize in zip(align(text, tokenizers), tokenizers.values(), strict=True):
        assert [(box.start, box.end) for box in row.boxes] == [t[1:] for t in tokenize(text)]
        assert row.count >= len(row.boxes)


def test_pieces_say_what_they_are():
    vocabulary = train_wordpiece(["cat", "bus s"] * 5, 60)
    for_cats = vocabulary.encode("cats", add_special_tokens=False).tokens
    assert for_cats == ["cat", "##s"]
    [row] = align("Cats 🐈 [MASK] [UNK] [", {"": tokenizer("wordpiece", vocabulary=vocabulary)})
    assert row.boxes == [
        Box("cat", 0, 3, "word"),
        Box("##s", 3, 4, "inside"),
        Box("[UNK]", 5, 6, "unknown"),
        Box("[MASK]", 7, 13, "special"),
        Box("[UNK]", 14, 19, "special"),
        Box("[UNK]", 20, 21, "unknown"),
    ]


def test_pieces_of_one_character_share_a_box_and_all_count():
    vocabulary = train_wordpiece(["한국어 한국 어한"] * 5, 60)  # syllables fall apart into letters
    [row] = align("한국", {"": tokenizer("wordpiece", vocabulary=vocabulary)})
    assert [(box.start, box.end) for box in row.boxes] in ([(0, 1), (1, 2)], [(0, 2)])
    assert row.count == sum(len(box.label.split(" ")) for box in row.boxes)


def test_agreement_counts_boundaries():
    rows = [
        Row("one", [Box("ab", 0, 2), Box("c", 3, 4)], 2),
        Row("two", [Box("a", 0, 1), Box("b", 1, 2), Box("c", 3, 4)], 3),
    ]
    assert agreement(rows) == (4, 5)
    assert told(rows) == "All 2 agree on 4 of the 5 places where any of them cuts."
    assert told([Row("one", [], 0)]) == "There is nothing to cut."


def test_a_table_names_every_text_and_tokenizer(tokenizers):
    shown = side_by_side(["the cat's", "a  b"], tokenizers, "Two texts")
    assert "2: the | cat's" in shown.text and "3: the | cat | 's" in shown.text
    assert "a␣␣b" in shown.text and "3: a | ␣ | b" in shown.text


def test_no_tokenizer_and_too_long_a_text_are_refused(tokenizers):
    with pytest.raises(BertlabError, match="no tokenizer"):
        align("the cat", {})
    with pytest.raises(BertlabError, match=f"at most {LONGEST}"):
        Aligner("x" * (LONGEST + 1), tokenizers)


def test_tokens_that_are_no_slices_are_refused():
    with pytest.raises(BertlabError, match="slices of the text"):
        align("ab", {"bad": lambda text: [tokenizer("whitespace")("xb")[0]]})


def test_the_twin_is_escaped_and_the_same_every_time(tokenizers):
    text = "the <script>alert(1)</script> cat"
    one, two = Aligner(text, tokenizers), Aligner(text, tokenizers)
    assert "<script" not in one.static_html() and "&lt;" in one.static_html()
    assert one.static_html() == two.static_html() and one.text() == two.text()
    assert all(name in one.text() for name in tokenizers)


def test_the_widget_follows_what_is_typed(tokenizers):
    widget = Aligner("the cat", tokenizers, examples=["a  b"]).widget()
    assert widget.examples == [["a␣␣b", "a  b"]]
    widget.text = "cat sat"
    assert widget.ruler == list("cat␣sat")
    assert widget.rows[0] == {
        "name": "whitespace",
        "count": 2,
        "boxes": [["cat", 0, 3, "word"], ["sat", 4, 7, "word"]],
    }
    widget.text = ""
    assert widget.ruler == [] and widget.message == "There is nothing to cut."


def test_the_widget_survives_what_cannot_be_sent(tokenizers):
    widget = Aligner("the cat", tokenizers).widget()
    widget.text = "cat \ud83d!"
    assert "\ud83d" not in "".join(widget.ruler) and len(widget.ruler) == 6
    widget.text = "a" * 5000
    assert len(widget.ruler) == LONGEST and f"first {LONGEST}" in widget.message


def test_the_picture_is_drawn_from_text_alone():
    for way_in in ("innerHTML", "insertAdjacentHTML", "document.write", "http://", "https://"):
        assert way_in not in AlignerWidget._esm
