"""Chunks follow each other without a gap and leave every token as it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.errors import BertlabError
from bertlab.text.chunking import chunks
from bertlab.text.tokens import tokenizer

WORDS = st.sampled_from(
    "The cat sat. It's 5 p.m. in the U.S. “Yes!” she said… (no?) 1. can't :-) a,b $3.50 née".split()
)
SPACES = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\n\n\n", " \n ", "\t", "\xa0"])
TEXTS = st.lists(st.tuples(WORDS, SPACES), max_size=60).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)


@pytest.mark.parametrize("name", ["spacy", "whitespace", "wordpunct"])
def test_chunks_change_no_token(name):
    cut = tokenizer(name)

    @settings(max_examples=300, derandomize=True, deadline=None, database=None)
    @given(TEXTS, st.integers(20, 120))
    def check(text, limit):
        pieces = list(chunks(text, limit))
        assert "".join(piece.text for piece in pieces) == text
        assert all(len(piece.text) <= limit for piece in pieces)
        assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
        moved = [
            (token.text, piece.start + token.start) for piece in pieces for token in cut(piece.text)
        ]
        assert moved == [(token.text, token.start) for token in cut(text)]

    check()


def pieces(text, limit):
    return [piece.text for piece in chunks(text, limit)]


def test_the_best_place_is_taken():
    assert pieces("One. Two\nthree.\n\nFour. Five", 22) == ["One. Two\nthree.\n\n", "Four. Five"]
    assert pieces("One two. Three\nfour five", 18) == ["One two. Three\n", "four five"]
    assert pieces("One two three. Four five six", 20) == ["One two three. ", "Four five six"]
    assert pieces("one two three four", 10) == ["one two ", "three four"]


def test_a_short_text_is_one_chunk_and_an_empty_one_none():
    assert pieces("One. Two.", 9) == ["One. Two."]
    assert pieces("", 9) == []


def test_a_run_that_cannot_be_cut_is_refused():
    with pytest.raises(BertlabError, match="10 characters from character 3 on"):
        pieces("ab " + "c" * 20, 10)
    with pytest.raises(BertlabError, match="limit=0"):
        pieces("ab", 0)


def test_ten_million_characters_are_cut_in_linear_time():
    text = "All work and no play. " * 450_000
    assert sum(len(piece) for piece in pieces(text, 100_000)) == len(text)
