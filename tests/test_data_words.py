"""Words of the training path."""

import pytest

from bertlab.data.words import split_words


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
