"""Labelled rows of token ids, and the batches cut out of them.

Rows are kept one after another without padding (`Examples`), and batches are cut out of that stream
(`ExampleBatch`), so a short text never pays for a long one.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bertlab.data.pairs import PackedRows

IGNORED = -100  # the label that cross-entropy passes over, as in PyTorch and transformers


@dataclass(frozen=True, eq=False)
class ExampleBatch(PackedRows):
    """Packed rows with their labels.

    input_ids, position_ids, token_type_ids: (tokens,) int64. row_offsets: (batch + 1,) int32.
    grid: (tokens,) int64, each token's place in the padded batch × length grid; length: the longest row.
    labels: (batch,) classes, (tokens,) tags, or (batch, 2) first and last piece of the answer, counted
    within the row; int64, or None.
    """

    input_ids: Tensor
    position_ids: Tensor
    token_type_ids: Tensor
    row_offsets: Tensor
    grid: Tensor
    length: int
    labels: Tensor | None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.row_offsets) - 1

    def padded(self, pad_id: int = 0) -> dict[str, Tensor]:
        """The rows side by side, (batch, length), under the names that transformers' models take."""

        def lay_out(flat: Tensor, filler: int) -> Tensor:
            place = flat.new_full((len(self) * self.length,), filler)
            return place.index_copy_(0, self.grid, flat).view(len(self), self.length)

        return {
            "input_ids": lay_out(self.input_ids, pad_id),
            "token_type_ids": lay_out(self.token_type_ids, 0),
            "attention_mask": self.visible().long(),
        }


@dataclass(frozen=True, eq=False)
class Examples:
    """Encoded rows, unpadded, with their labels.

    kind: "classes" (a label a row), "tags" (a label a word, at its first piece) or "answers" (a span).
    input_ids, token_type_ids: (tokens,). row_offsets: (rows + 1,). labels: as in `ExampleBatch`, or None.
    names: what label i means. truncated: how many rows lost their end.
    marked: (tokens,) bool, the pieces that a tag or an answer may stand on. spans: (tokens, 2), where the
    marked pieces' words lie in the text. Both None for classes.
    """

    kind: str
    input_ids: np.ndarray
    token_type_ids: np.ndarray
    row_offsets: np.ndarray
    labels: np.ndarray | None
    names: tuple[str, ...]
    truncated: int = 0
    marked: np.ndarray | None = None
    spans: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.row_offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """(rows,) tokens in each row."""
        return np.diff(self.row_offsets)

    def select(self, indices: Sequence[int] | np.ndarray) -> "Examples":
        """Some of the rows, in the order asked for."""
        rows = np.arange(len(self))[np.asarray(indices)]  # also takes a mask and negative numbers
        source, sizes = self._source(rows)
        labels = self.labels
        if labels is not None:
            labels = labels[source] if self.kind == "tags" else labels[rows]
        return replace(
            self,
            input_ids=self.input_ids[source],
            token_type_ids=self.token_type_ids[source],
            row_offsets=np.append(0, np.cumsum(sizes)),
            labels=labels,
            marked=None if self.marked is None else self.marked[source],
            spans=None if self.spans is None else self.spans[source],
        )

    def _source(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the rows' tokens stand in the stream, and how many each row has."""
        sizes = self.lengths[rows]
        begins = np.cumsum(sizes) - sizes
        return np.arange(sizes.sum()) + np.repeat(self.row_offsets[rows] - begins, sizes), sizes

    def batch(self, indices: Sequence[int] | np.ndarray) -> ExampleBatch:
        """Some of the rows as one packed batch."""
        part = self.select(indices)
        sizes = part.lengths
        positions = np.arange(len(part.input_ids)) - np.repeat(part.row_offsets[:-1], sizes)
        length = int(sizes.max())
        labels = None if part.labels is None else torch.from_numpy(part.labels.astype(np.int64))
        return ExampleBatch(
            input_ids=torch.from_numpy(part.input_ids.astype(np.int64)),
            position_ids=torch.from_numpy(positions),
            token_type_ids=torch.from_numpy(part.token_type_ids.astype(np.int64)),
            row_offsets=torch.from_numpy(part.row_offsets.astype(np.int32)),
            grid=torch.from_numpy(np.repeat(np.arange(len(part)) * length, sizes) + positions),
            length=length,
            labels=labels,
        )

    def batches(
        self, size: int, generator: np.random.Generator | None = None
    ) -> Iterator[tuple[np.ndarray, ExampleBatch]]:
        """(row numbers, batch) until every row was met once: shuffled with a generator, else by length."""
        if generator is None:
            order = np.argsort(-self.lengths, kind="stable")
        else:
            order = generator.permutation(len(self))
        for begin in range(0, len(self), size):
            rows = order[begin : begin + size]
            yield rows, self.batch(rows)

    def checksum(self) -> int:
        """A number that changes with the tokens or the labels."""
        value = 0
        for part in (self.input_ids, self.row_offsets, self.labels):
            value = zlib.crc32(np.ascontiguousarray(part if part is not None else []), value)
        return value
