"""Batches for a bidirectional language model over words: windows of one long stream of sentences.

Each word type's character ids and output number are looked up once, in tables, so that drawing a batch
is a few index operations and no Python loop over words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch

from bertlab.data.characters import encode_words, trim_padding
from bertlab.data.words import WordStream, output_numbers
from bertlab.errors import BertlabError


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

    def pin_memory(self) -> "LanguageBatch":
        """A copy in page-locked memory, from which a GPU reads while it computes."""
        return self._each(lambda tensor: tensor.pin_memory())

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "LanguageBatch":
        return self._each(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def _each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> "LanguageBatch":
        return LanguageBatch(*(change(getattr(self, field.name)) for field in fields(self)))


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
