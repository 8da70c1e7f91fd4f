"""Batches for a bidirectional language model over words: windows of one long stream of sentences.

The text becomes `<S> words </S> <S> words </S> …`, stored as numbers of *word types* (distinct words).
Each type's character ids and output number are looked up once, in tables, so that drawing a batch
is a few index operations and no Python loop over words.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from bertlab.data.characters import (
    BEGIN_SENTENCE,
    END_SENTENCE,
    UNKNOWN,
    encode_words,
    trim_padding,
)
from bertlab.data.words import split_words
from bertlab.errors import BertlabError
from bertlab.text.sentences import split_sentences


@dataclass(frozen=True)
class WordStream:
    """Sentences as one array of word types.

    types: the distinct words, most frequent first; 0 is "<S>" and 1 is "</S>"
    tokens: int32, the stream, as indices into `types`
    starts: int64, where each "<S>" stands in `tokens`
    """

    types: list[str]
    tokens: np.ndarray
    starts: np.ndarray

    def sentences(self) -> list[list[str]]:
        """The sentences as words, without their marks."""
        bounds = [*self.starts.tolist(), len(self.tokens)]
        words = [self.types[token] for token in self.tokens.tolist()]
        return [words[a + 1 : b - 1] for a, b in zip(bounds, bounds[1:], strict=False)]


def word_stream(texts: Iterable[str]) -> WordStream:
    """Split texts into sentences and words, and number the words by frequency.

    Raises: BertlabError when there is no word in the texts.
    """
    numbers = {BEGIN_SENTENCE: 0, END_SENTENCE: 1}
    chunks, starts, length = [], [], 0
    for text in texts:
        chunk = []
        for sentence in split_sentences(text):
            words = split_words(sentence.text)
            if words:
                starts.append(length + len(chunk))
                chunk.append(0)
                chunk.extend([numbers.setdefault(word, len(numbers)) for word in words])
                chunk.append(1)
        chunks.append(np.array(chunk, dtype=np.int32))
        length += len(chunk)
    if not length:
        raise BertlabError("no word in the texts", "text to train on", "Give another corpus.")
    tokens = np.concatenate(chunks)
    counts = np.bincount(tokens, minlength=len(numbers))
    counts[:2] = length + 1  # the two marks keep places 0 and 1
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    words = list(numbers)
    return WordStream([words[i] for i in order], rank[tokens], np.array(starts, dtype=np.int64))


def output_words(stream: WordStream, size: int) -> list[str]:
    """The words a language model over the stream predicts: "<S>", "</S>", "<UNK>", then by frequency.

    An adaptive softmax needs this order. All rarer words count as "<UNK>".
    """
    return [*stream.types[:2], UNKNOWN, *stream.types[2 : size - 1]]


def output_numbers(types: Sequence[str], vocabulary: Sequence[str]) -> np.ndarray:
    """The place of each type in the output vocabulary, that of "<UNK>" where it is not in it: int64."""
    numbers = {word: number for number, word in enumerate(vocabulary)}
    unknown = numbers[UNKNOWN]
    return np.array([numbers.get(word, unknown) for word in types], dtype=np.int64)


@dataclass(frozen=True)
class LanguageBatch:
    """Windows of a stream, and the characters of the words in them.

    characters: (types, characters) the distinct words of the batch, as rows of character ids
    words: (batch, length) index of each word into `characters`
    targets: (batch, length) index of each word into the output vocabulary
    """

    characters: torch.Tensor
    words: torch.Tensor
    targets: torch.Tensor

    @property
    def tokens(self) -> int:
        """Words that the forward direction predicts (the backward direction predicts as many)."""
        return self.words.shape[0] * (self.words.shape[1] - 1)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "LanguageBatch":
        moved = {
            field.name: getattr(self, field.name).to(device, non_blocking=non_blocking)
            for field in fields(self)
        }
        return replace(self, **moved)


class LanguageBatches:
    """Random windows of a stream; `draw(generator)` gives a `LanguageBatch`.

    A window holds `length + 1` words, so that each direction predicts `length`. Half of the windows
    begin at a sentence's begin and the other half end at a sentence's end: each direction so learns
    to read a sentence from its edge with an empty state, which is how single sentences are embedded,
    and also to go on across sentences. Nothing is padded. All position is in the generator's state:
    restoring that resumes the sequence of batches exactly.
    """

    def __init__(self, stream: WordStream, vocabulary: Sequence[str], size: int, length: int):
        if len(stream.tokens) <= length:
            raise BertlabError(
                f"a stream of {len(stream.tokens)} words",
                f"more than the window's {length}",
                "Use more text or a shorter window.",
            )
        self.stream, self.size, self.length = stream, size, length
        self.characters = encode_words(stream.types)
        self.outputs = output_numbers(stream.types, vocabulary)
        last = len(stream.tokens) - (length + 1)  # the last place a window can begin
        begins, ends = stream.starts, np.append(stream.starts[1:], len(stream.tokens))
        self._starts = begins[begins <= last]  # never empty: the first sentence begins at 0
        self._ends = ends[ends > length] - (length + 1)  # never empty: the last one ends the stream

    def draw(self, generator: np.random.Generator) -> LanguageBatch:
        """Draw `size` windows, with replacement."""
        half = self.size // 2
        starts = np.concatenate(
            [
                self._starts[generator.integers(len(self._starts), size=self.size - half)],
                self._ends[generator.integers(len(self._ends), size=half)],
            ]
        )
        tokens = self.stream.tokens[starts[:, None] + np.arange(self.length + 1)]
        present = np.zeros(
            len(self.characters), dtype=bool
        )  # np.unique would sort: 20 times slower
        present[tokens] = True
        types = np.flatnonzero(present)
        place = np.empty(len(self.characters), dtype=np.int64)
        place[types] = np.arange(len(types))
        return LanguageBatch(
            torch.from_numpy(trim_padding(self.characters[types]).astype(np.int64)),
            torch.from_numpy(place[tokens]),
            torch.from_numpy(self.outputs[tokens]),
        )
