"""Batches for BERT's two games, built without a Python loop over examples.

The chain is `SentencePairs.draw(generator) -> Batch`: choose pairs, lay their tokens out in one flat
stream, hide some. Everything random comes from the generator that the caller hands in.
"""

from array import array
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from bertlab.data.masking import mask_tokens
from bertlab.data.store import TokenStore
from bertlab.data.vocabulary import SPECIAL_TOKENS
from bertlab.errors import BertlabError

SPECIALS_A_PAIR = 3  # [CLS] a [SEP] b [SEP]


class PackedRows:
    """What all packed batches can do; the fields are those of the dataclasses below it."""

    @property
    def tokens(self) -> int:
        """The number of tokens; all of them are real."""
        return len(self.input_ids)

    def _map(self, change):
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        return replace(self, **{name: change(tensor) for name, tensor in tensors.items()})

    def to(self, device, non_blocking: bool = False):
        """The same batch on a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self):
        """The same batch in page-locked memory, from which a GPU copies while the CPU goes on."""
        return self._map(lambda tensor: tensor.pin_memory())

    def visible(self) -> Tensor:
        """(batch, length) bool: the places of the padded grid that hold a token."""
        sizes = self.row_offsets.diff()
        return torch.arange(self.length, device=sizes.device) < sizes[:, None]


@dataclass(frozen=True)
class Batch(PackedRows):
    """A packed batch: the rows stand one after another and there is no padding.

    input_ids, position_ids, token_type_ids: (tokens,) int64.
    row_offsets: (batch + 1,) int32, where each row begins. grid: (tokens,) int64, each token's place in
    the batch × length grid of the padded form. length: the longest row.
    mlm_positions, mlm_labels: (masked,) int64, places in the stream and the ids that stood there.
    next_sentence_label: (batch,) int64; 0 where the second sentence follows the first, as in transformers.
    """

    input_ids: Tensor
    position_ids: Tensor
    token_type_ids: Tensor
    row_offsets: Tensor
    grid: Tensor
    mlm_positions: Tensor
    mlm_labels: Tensor
    next_sentence_label: Tensor
    length: int

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.next_sentence_label)

    def padded(self, pad_id: int = 0, ignore_index: int = -100) -> dict[str, Tensor]:
        """The rows side by side, (batch, length), under the names that transformers' models take."""

        def lay_out(flat: Tensor, filler: int) -> Tensor:
            grid = flat.new_full((len(self) * self.length,), filler)
            return grid.index_copy_(0, self.grid, flat).view(len(self), self.length)

        labels = torch.full_like(self.input_ids, ignore_index)
        labels[self.mlm_positions] = self.mlm_labels
        return {
            "input_ids": lay_out(self.input_ids, pad_id),
            "token_type_ids": lay_out(self.token_type_ids, 0),
            "attention_mask": self.visible().long(),
            "labels": lay_out(labels, ignore_index),
            "next_sentence_label": self.next_sentence_label,
        }


@dataclass(frozen=True)
class SentencePairs:
    """Draws batches of sentence pairs, half of them true neighbours.

    length: the most tokens a row may have, [CLS] and both [SEP] included.
    batch_size: rows a batch; even, so that the two classes are exactly equal.
    mask_share: the share of ordinary tokens to guess.
    """

    store: TokenStore
    tokenizer: Tokenizer
    length: int = 128
    batch_size: int = 64
    mask_share: float = 0.15

    def __post_init__(self):
        if self.batch_size < 2 or self.batch_size % 2:
            raise BertlabError(
                f"batch_size={self.batch_size}",
                "an even number of rows, so that both classes are equal",
                f"Use {max(2, self.batch_size + self.batch_size % 2)}.",
            )
        room = self.length - SPECIALS_A_PAIR
        starts, short = _that_fit(self.store, room)
        if not len(starts):
            raise BertlabError(
                f"no two neighbouring sentences of one document that fit in {self.length} tokens",
                "documents of two sentences or more that fit",
                "Add text or raise the length.",
            )
        if len(short) < 3:  # then the only stranger would be the same pair the other way round
            raise BertlabError(
                f"{len(short)} sentences that fit in {self.length} tokens",
                "at least 3, so that there are strangers to pair",
                "Add text or raise the length.",
            )
        special = tuple(self.tokenizer.token_to_id(token) for token in SPECIAL_TOKENS)
        ordinary = np.setdiff1d(np.arange(self.tokenizer.get_vocab_size()), special)
        half = self.batch_size // 2
        # looked up once: in the loop these searches cost more than the batch itself
        for name, value in {
            "_starts": starts,
            "_short": short,
            "_special": special,
            "_ordinary": ordinary,
            "_label": np.repeat([0, 1], half),
            "_is_first": np.tile([1, 0], self.batch_size),  # of the parts a0 b0 a1 b1 …
        }.items():
            object.__setattr__(self, name, value)

    def choose(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(first, second, label): sentence numbers and 0 for neighbours, 1 for strangers, mixed.

        Neighbours are drawn among those that fit, so none is ever rejected. Strangers are drawn freely;
        a pair that is too long or happens to be a true successor is drawn again *within its class*, so
        that the balance is exact.
        """
        half = self.batch_size // 2
        first = np.empty(self.batch_size, dtype=np.int64)
        second = np.empty(self.batch_size, dtype=np.int64)
        first[:half] = self._starts[generator.integers(len(self._starts), size=half)]
        second[:half] = first[:half] + 1
        done, homes = half, self.store.document_of
        for _ in range(1000):
            # some to spare: where few pairs fit, a small batch would else need too many rounds
            size = (2, max(64, self.batch_size - done))
            a, b = self._short[generator.integers(len(self._short), size=size)]
            fits = self._lengths(a) + self._lengths(b) <= self.length - SPECIALS_A_PAIR
            successor = (b == a + 1) & (homes[a] == homes[b])
            good = (fits & (a != b) & ~successor).nonzero()[0][: self.batch_size - done]
            first[done : done + len(good)], second[done : done + len(good)] = a[good], b[good]
            done += len(good)
            if done == self.batch_size:
                break
        else:
            raise BertlabError(
                "a corpus where strangers that fit are too rare to find",
                "sentences short enough to pair",
                "Raise the length or split the sentences.",
            )
        order = generator.permutation(self.batch_size)
        return first[order], second[order], self._label[order]

    def _lengths(self, sentences: np.ndarray) -> np.ndarray:
        offsets = self.store.sentence_offsets
        return offsets[sentences + 1] - offsets[sentences]

    def lay_out(self, first: np.ndarray, second: np.ndarray) -> dict[str, np.ndarray]:
        """The pairs as one stream `[CLS] a [SEP] b [SEP] [CLS] a …`: ids, types, positions, row starts."""
        store, (_, _, cls_id, sep_id, _) = self.store, self._special
        # methods, not functions (`x.repeat`, not `np.repeat`): in a batch of six, calls are all that costs
        parts = np.empty(2 * len(first), dtype=np.int64)
        parts[::2], parts[1::2] = first, second  # a0 b0 a1 b1 …
        is_first = self._is_first[: len(parts)]
        sizes = self._lengths(parts) + is_first + 1  # its [SEP], and [CLS] before a first part
        ends = sizes.cumsum()
        begins = ends - sizes
        row_begins, row_sizes = begins[::2], sizes[::2] + sizes[1::2]
        place = np.arange(ends[-1])
        # one arithmetic progression a part, from its first token in the store (one earlier for [CLS])
        source = place + (store.sentence_offsets[parts] - is_first - begins).repeat(sizes)
        input_ids = store.tokens.take(source, mode="clip").astype(np.int64)
        input_ids[row_begins] = cls_id
        input_ids[ends - 1] = sep_id
        row_offsets = np.empty(len(first) + 1, dtype=np.int32)
        row_offsets[:-1], row_offsets[-1] = row_begins, ends[-1]
        return {
            "input_ids": input_ids,
            "position_ids": place - row_begins.repeat(row_sizes),
            "token_type_ids": (1 - is_first).repeat(sizes),
            "row_offsets": row_offsets,
            "row_sizes": row_sizes,
        }

    def draw(self, generator: np.random.Generator) -> Batch:
        """A new batch. Equal generators give equal batches."""
        first, second, label = self.choose(generator)
        stream = self.lay_out(first, second)
        masked = mask_tokens(
            stream["input_ids"],
            generator,
            mask_id=self._special[4],
            special_ids=self._special,
            ordinary_ids=self._ordinary,
            share=self.mask_share,
        )
        sizes = stream["row_sizes"]
        length = int(sizes.max())
        rows = (np.arange(len(sizes)) * length).repeat(sizes)
        return Batch(
            input_ids=torch.from_numpy(masked.input_ids),
            position_ids=torch.from_numpy(stream["position_ids"]),
            token_type_ids=torch.from_numpy(stream["token_type_ids"]),
            row_offsets=torch.from_numpy(stream["row_offsets"]),
            grid=torch.from_numpy(rows + stream["position_ids"]),
            mlm_positions=torch.from_numpy(masked.positions),
            mlm_labels=torch.from_numpy(masked.labels),
            next_sentence_label=torch.from_numpy(label),
            length=length,
        )


def _that_fit(store: TokenStore, room: int, at_once: int = 2**16) -> tuple[np.ndarray, np.ndarray]:
    """The sentences that fit into `room` tokens with their neighbour, and those that leave some alone.

    All that is held in memory: 8 bytes a sentence. So many sentences at once, that no more is needed
    on the way.
    """
    starts, short = array("i"), array("i")
    for begin in range(0, len(store), at_once):
        offsets = store.sentence_offsets[begin : begin + at_once + 2]
        homes = store.document_of[begin : begin + at_once + 1]
        together = (homes[1:] == homes[:-1]) & (offsets[2:] - offsets[:-2] <= room)
        alone = np.diff(offsets[: at_once + 1]) < room
        for found, fit in ((starts, together), (short, alone)):
            found.frombytes((begin + np.flatnonzero(fit)).astype(np.intc).tobytes())
    return np.frombuffer(starts, np.intc), np.frombuffer(short, np.intc)
