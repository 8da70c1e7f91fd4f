"""Words of the training path."""

import numpy as np
import pytest

from bertlab.data.words import WordStream, split_words, word_spans, word_stream
from bertlab.errors import BertlabError


@pytest.mark.parametrize(
    "text, words",
    [
        ("I can't; it’s", ["I", "can't", ";", "it’s"]),
        ("'tis the dogs' well-known day", "' tis the dogs ' well-known day".split()),
        ("3.14 is not 1,000,000.", ["3.14", "is", "not", "1,000,000", "."]),
        ("either⁠—or", ["either", "—", "or"]),  # a word joiner before the dash
        ("", []),
        (" \n\u200b", []),
        ("naïve 日本 a1", ["naïve", "日本", "a", "1"]),
    ],
)
def test_words(text, words):
    assert split_words(text) == words


def test_nothing_visible_is_lost():
    text = "“Well—” she said (£5_000), ‘it's 10:30 o'clock!’ …"
    assert "".join(split_words(text)) == text.replace(" ", "")


def test_spans_are_the_words_in_their_places():
    text = "“Well—” she said: it's 10:30…"
    spans = word_spans(text)
    assert [span.text for span in spans] == split_words(text)
    assert all(text[span.start : span.end] == span.text for span in spans)


@pytest.fixture
def stream():
    return word_stream(["One sheep sleeps. Two run away.", "It's 10:30 — “late”."])


def test_mirrored_sentences_read_from_their_end(stream):
    mirrored = stream.mirrored()
    turned = [sentence[::-1] for sentence in reversed(stream.sentences())]
    assert mirrored.sentences() == turned and len(turned) == 3
    assert mirrored.tokens[0] == 0 and mirrored.tokens[-1] == 1
    assert np.array_equal(mirrored.mirrored().tokens, stream.tokens)
    assert np.array_equal(mirrored.mirrored().starts, stream.starts)


def test_a_saved_stream_opens_alike(stream, tmp_path):
    stream.save(tmp_path)
    opened = WordStream.load(tmp_path)
    assert opened.types == stream.types and opened.sentences() == stream.sentences()
    assert opened.tokens.dtype == stream.tokens.dtype


@pytest.mark.parametrize("file", ["types.txt", "tokens.npy", "starts.npy"])
def test_a_damaged_stream_is_refused(stream, tmp_path, file):
    stream.save(tmp_path)
    (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:-9])
    with pytest.raises(BertlabError, match="wanted a saved stream of words"):
        WordStream.load(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(BertlabError, match="wanted a saved stream of words"):
        WordStream.load(tmp_path)
