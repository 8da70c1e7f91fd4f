"""Words for a language model over words, and streams of them: no dependency but NumPy.

A word is a run of letters with inner apostrophes or hyphens (*can't*, *state-of-the-art*), a number,
or one other visible character. Case is kept: ELMo reads characters, so *Bank* and *bank* differ.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bertlab.data.characters import BEGIN_SENTENCE, END_SENTENCE, UNKNOWN
from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.text.sentences import split_sentences
from bertlab.text.tokens import Token

_WORD = re.compile(
    r"[^\W\d_]+(?:['’-][^\W\d_]+)*"  # letters, joined by inner apostrophes and hyphens
    r"|\d+(?:[.,:]\d+)*"  # 1,000  3.14  10:30
    r"|[^\s\u200b-\u200d\u2060\ufeff]"  # one mark; invisible joiners are no words
)


def split_words(text: str) -> list[str]:
    """Split a sentence into words and marks.

    >>> split_words("I can't; it’s 3.14 o'clock—well-known!")
    ['I', "can't", ';', 'it’s', '3.14', "o'clock", '—', 'well-known', '!']
    """
    return _WORD.findall(text)


def word_spans(text: str) -> list[Token]:
    """The words of `split_words` with their places, `text[start:end]`."""
    return [Token(found[0], *found.span()) for found in _WORD.finditer(text)]


@dataclass(frozen=True)
class WordStream:
    """Sentences as one array: `<S> words </S> <S> words </S> …`, each word by the number of its type.

    A type is a distinct word.

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

    def mirrored(self) -> "WordStream":
        """The same stream read from its end: each sentence's words from last to first."""
        tokens = self.tokens[::-1].copy()
        marks = tokens < 2
        tokens[marks] = 1 - tokens[marks]  # a sentence's end becomes its begin
        return WordStream(self.types, tokens, np.flatnonzero(tokens == 0))

    def save(self, folder: str | os.PathLike) -> None:
        """Write `types.txt`, `tokens.npy` and `starts.npy`, which `load` opens."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / "types.txt") as path:
            path.write_text("\n".join(self.types), encoding="utf-8", newline="\n")
        for name in ("tokens", "starts"):
            with atomic_write(folder / f"{name}.npy") as path, open(path, "wb") as file:
                np.save(file, getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "WordStream":
        """Open what `save` wrote. Raises BertlabError when a file is missing or cut short."""
        folder = Path(folder)
        try:
            types = (folder / "types.txt").read_text(encoding="utf-8").split("\n")
            tokens, starts = (
                np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("tokens", "starts")
            )
        except (OSError, ValueError, EOFError) as error:
            raise BertlabError(
                f"{folder} that does not open ({error})",
                "a saved stream of words",
                "Prepare it again.",
            ) from error
        if len(types) <= tokens.max() or (tokens[starts] != 0).any():
            raise BertlabError(
                f"{folder} whose files do not fit each other",
                "a saved stream of words",
                "Prepare it again.",
            )
        return cls(types, tokens, starts)


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
