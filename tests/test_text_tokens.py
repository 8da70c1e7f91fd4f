"""Tokens: exact offsets for every tokenizer and any string, and one clear error for bad input."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.errors import BertlabError
from bertlab.text.tokens import TOKENIZERS, Token, gaps, tokenizer

SENTENCES = (
    "The cat sat on the mat. It wasn't happy, was it? She paid $3.50 for state-of-the-art tea.",
    "Dr. Brown lives in the U.S. and writes to me@example.org about the café at 5 p.m.",
)


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """A small uncased WordPiece with BERT's normaliser, and the traps: truncation and padding."""
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    model.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    model.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=200, special_tokens=["[PAD]", "[UNK]", "[MASK]"], show_progress=False
    )
    model.train_from_iterator([*SENTENCES, "한국"], trainer)
    model.enable_truncation(4)
    model.enable_padding(length=4)
    path = tmp_path_factory.mktemp("vocabulary") / "tokenizer.json"
    model.save(str(path))
    return path


@pytest.fixture(scope="module")
def make(vocabulary):
    from bertlab.text.punkt import train_punkt

    options = {
        "wordpiece": {"vocabulary": vocabulary},
        "punkt+words": {"punkt": train_punkt(" ".join(SENTENCES))},
    }
    made = {name: tokenizer(name, **options.get(name, {})) for name in TOKENIZERS}
    return made.__getitem__


# Pieces that tokenizers trip over, between characters drawn from all of Unicode.
TRICKY = st.sampled_from(
    """" '' `` ` ' "' ''" « » “ ” ‘ ’ &amp; &#9; &#124; & | :// ://a/ http:// :-) #tag @me can't
    cannot y'all'd've gonna 'tis d'ye U.S. ... .. … -- --- — , ,, 3.14 1,000 $ € %  ! ? . ; : /
    ( ) [ ] { } < > <br /> [MASK] [UNK] 👨‍👩‍👧 é é 한 각 ½ ﬁ İ ß 日本 。 ́ \x00 ​ \ufeff
    \ufffd """.split()
    + [" ", "  ", "\t", "\n", "\r\n", "\xa0", "\u2028", "\x1c", "\x85", "a", "b "]
)
# st.text() leaves surrogates out unless asked for; here they are in.
ANY = st.text(st.characters(exclude_categories=()), max_size=6)
TEXTS = st.lists(TRICKY | ANY, max_size=8).map("".join)


def together(text, tokens):
    between = gaps(text, tokens)
    return (
        "".join(gap + token.text for gap, token in zip(between, tokens, strict=False)) + between[-1]
    )


# What may lie in a gap: white space; for WordPiece also what BERT's normaliser takes out (control
# and format characters, NUL, U+FFFD, combining marks) and the surrogates shown to it as U+FFFD.
INVISIBLE = {"wordpiece": re.compile("[\ufffd\ud800-\udfff]")}


def lost(name, text, tokens):
    """Characters in the gaps that should have been in a token."""
    import unicodedata

    between = "".join("".join(gaps(text, tokens)).split())
    if name == "wordpiece":
        between = INVISIBLE[name].sub("", between)
        between = "".join(c for c in between if unicodedata.category(c)[0] not in "CM")
    return between


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokens_and_gaps_give_back_any_text(name, make):
    cut = make(name)

    @settings(max_examples=2000, derandomize=True, deadline=None, database=None)
    @given(TEXTS)
    def check(text):
        tokens = cut(text)
        assert together(text, tokens) == text
        assert all(token.start < token.end for token in tokens)
        assert lost(name, text, tokens) == ""

    check()


@pytest.mark.parametrize("name", TOKENIZERS)
def test_hard_inputs_keep_their_text(name, make):
    for text in ("", " ", "\n\n", "a\x00b", "x \ud83d y", "\udfff", "a" * 300 + " b"):
        tokens = make(name)(text)
        assert together(text, tokens) == text
        assert lost(name, text, tokens) == ""


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_token_of_ten_million_characters_comes_through(name, make):
    text = "a" * 10_000_000
    assert make(name)(text) == [(text, 0, len(text))]


@pytest.mark.parametrize("name", TOKENIZERS)
def test_bytes_are_refused_with_the_remedy(name, make):
    with pytest.raises(BertlabError, match="found a bytes; wanted a text.*decode"):
        make(name)(b"abc")


def test_spacy_refuses_what_would_take_it_a_day(make):
    with pytest.raises(BertlabError, match="6,000 characters of punctuation in a row from .* 3 on"):
        make("spacy")("ab " + "!" * 6000)


def words(cut, text):
    return [token.text for token in cut(text)]


def test_each_is_the_library_s_own(make):
    text = "\"Can't\" she said -- it's a 'test' of ''quotes'' & more... (U.S.) 3.50|4.\tEnd."
    assert words(make("spacy"), text) == [token.text for token in make("spacy").library(text)]
    for name in ("nltk-words", "nltk-treebank", "punkt+words"):
        own = [w if w not in ("``", "''") else '"' for w in make(name).library(text)]
        assert [w if w != "''" else '"' for w in words(make(name), text)] == own
    for name in ("whitespace", "wordpunct", "tweet"):
        assert words(make(name), text) == make(name).library(text)
    own = [w for w in make("toktok").library(text) if w != "&#9;"]
    escaped = {"&amp;": "&", "&#124;": "|"}
    assert words(make("toktok"), text) == [escaped.get(w, w) for w in own]
    offsets = make("wordpiece").library(text).offsets
    assert [(t.start, t.end) for t in make("wordpiece")(text)] == offsets


def test_quotes_keep_their_own_form_where_nltk_rewrites_them(make):
    text = "''a`` \"b\""
    assert make("nltk-words").library(text) == ["''", "a", "``", "``", "b", "''"]
    assert words(make("nltk-words"), text) == ["''", "a", "``", '"', "b", '"']


def test_stored_truncation_and_padding_do_not_apply(make):
    text = " ".join(SENTENCES)
    assert make("wordpiece")(text)[-1].end == len(text)


def test_unknown_words_and_shared_characters_keep_offsets(make):
    assert make("wordpiece")("a 😀 b")[1] == Token("😀", 2, 3)
    pieces = make("wordpiece").library("학").tokens
    assert len(pieces) > 1  # one syllable, several pieces, one token
    assert make("wordpiece")("학") == [Token("학", 0, 1)]


def test_a_tokenizer_object_is_taken_and_left_alone(vocabulary):
    tokenizers = pytest.importorskip("tokenizers")
    own = tokenizers.Tokenizer.from_file(str(vocabulary))
    cut = tokenizer("wordpiece", vocabulary=own)
    assert len(cut("the cat sat on the mat")) > 4
    assert own.truncation is not None


def test_gaps_refuses_tokens_of_another_text():
    with pytest.raises(BertlabError, match="slices of the text in order"):
        gaps("abc", [Token("b", 0, 1)])
    with pytest.raises(BertlabError, match="from character 2 on"):
        gaps("abc", [Token("ab", 0, 2), Token("b", 1, 2)])
    assert gaps("", []) == [""]


def test_unknown_names_and_files_are_told(tmp_path):
    with pytest.raises(BertlabError, match="spaCy.*nltk-words.*whitespace"):
        tokenizer("spaCy")
    with pytest.raises(BertlabError, match="no file"):
        tokenizer("wordpiece", vocabulary=tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    with pytest.raises(BertlabError, match="broken.json"):
        tokenizer("wordpiece", vocabulary=broken)
    with pytest.raises(BertlabError, match="punkt for toktok"):
        tokenizer("toktok", punkt=None)


def test_a_tokenizer_says_what_it_is(make):
    assert make("spacy").name == "spacy"
    assert repr(make("punkt+words")).startswith("<Tokenizer punkt+words: NLTK")
