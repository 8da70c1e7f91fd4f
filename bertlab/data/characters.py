"""Words as rows of character ids, in the convention of the original ELMo.

A character is a byte of the word's UTF-8, so no word is out of vocabulary. A row reads *begin of
word, bytes, end of word, padding*. The original numbers bytes 0–255 and marks 256–260; its readers
add one to all of them, so that 0 is free to mean *no word here*. These are the numbers after adding.
"""

from collections.abc import Sequence

import numpy as np

BEGIN_SENTENCE_ID, END_SENTENCE_ID, BEGIN_WORD_ID, END_WORD_ID, PADDING_ID = 257, 258, 259, 260, 261
CHARACTERS = 262  # ids 0 (no word) to 261
BEGIN_SENTENCE, END_SENTENCE, UNKNOWN = "<S>", "</S>", "<UNK>"  # as the original writes them
MAX_CHARACTERS = 50
WIDEST_FILTER = 7  # columns of padding that trimming keeps; convolutions must not be wider

_SENTENCE_MARKS = {BEGIN_SENTENCE: BEGIN_SENTENCE_ID, END_SENTENCE: END_SENTENCE_ID}


def encode_words(words: Sequence[str], max_characters: int = MAX_CHARACTERS) -> np.ndarray:
    """Character ids of each word: int16, (words, max_characters).

    Longer words lose the bytes past `max_characters - 2`. "<S>" and "</S>" stand for the sentence's
    begin and end, one character each.
    """
    ids = np.full((len(words), max_characters), PADDING_ID, dtype=np.int16)
    ids[:, 0] = BEGIN_WORD_ID
    for row, word in zip(ids, words, strict=True):
        if word in _SENTENCE_MARKS:
            row[1:3] = _SENTENCE_MARKS[word], END_WORD_ID
            continue
        data = word.encode("utf-8", "surrogatepass")[: max_characters - 2]
        row[1 : len(data) + 1] = np.frombuffer(data, dtype=np.uint8)
        row[1 : len(data) + 1] += 1
        row[len(data) + 1] = END_WORD_ID
    return ids


def trim_padding(ids: np.ndarray) -> np.ndarray:
    """Drop columns of padding beyond the longest word and the widest filter.

    The character encoder takes a maximum over positions. A filter that lies wholly on padding gives
    one value wherever it lies, so leaving a single such position keeps the maximum exactly.
    """
    used = np.flatnonzero((ids != PADDING_ID).any(axis=0))
    longest = int(used[-1]) + 1 if len(used) else 0
    return ids[:, : longest + WIDEST_FILTER]
