"""A corpus as one flat array of token ids, with sentence and document boundaries beside it."""

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.text.sentences import split_sentences

SENTENCES_AT_ONCE = 4096  # enough to keep every core of the tokenizer busy, few enough to hold
ARRAYS = ("tokens", "sentence_offsets", "document_of")  # a store's, a file each


@dataclass(frozen=True)
class TokenStore:
    """Sentence i is `tokens[sentence_offsets[i]:sentence_offsets[i + 1]]`, without special tokens.

    tokens: (tokens,) uint16, or uint32 for a vocabulary over 65,536. sentence_offsets: (sentences + 1,)
    int64. document_of: (sentences,) int32, rising from 0. Each may be memory-mapped.
    """

    tokens: np.ndarray
    sentence_offsets: np.ndarray
    document_of: np.ndarray

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self.document_of)

    @property
    def lengths(self) -> np.ndarray:
        """(sentences,) int64: tokens in each sentence."""
        return np.diff(self.sentence_offsets)

    def sentence(self, index: int) -> np.ndarray:
        """The ids of one sentence."""
        return self.tokens[self.sentence_offsets[index] : self.sentence_offsets[index + 1]]

    def merged(self, length: int) -> "TokenStore":
        """Join neighbouring sentences of a document into segments of at most `length` tokens.

        BERT's "sentences" are such spans of text (Devlin et al. 2018, section 3). Only boundaries are
        dropped: the tokens stay where they are. A sentence that is longer than `length` stays alone.
        """
        keep = np.zeros(len(self), dtype=bool)
        start, document = None, -1
        for begin in range(0, len(self), SENTENCES_AT_ONCE):  # as Python numbers: few at once
            end = begin + SENTENCES_AT_ONCE
            offsets = self.sentence_offsets[begin : end + 1].tolist()
            for i, home in enumerate(self.document_of[begin:end].tolist()):
                if home != document or offsets[i + 1] - start > length:
                    keep[begin + i], start, document = True, offsets[i], home
        return TokenStore(
            self.tokens,
            np.append(self.sentence_offsets[:-1][keep], self.sentence_offsets[-1]),
            self.document_of[keep],
        )

    def save(self, folder: str | os.PathLike) -> None:
        """Write three `.npy` files; `load` maps them instead of reading them.

        A store may be saved over the very files that it maps: each is replaced only when it is whole.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ARRAYS:
            with atomic_write(folder / f"{name}.npy") as path, open(path, "wb") as file:
                np.save(file, getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "TokenStore":
        """Open what `save` or `encode_corpus(..., folder)` wrote, memory-mapped.

        Raises BertlabError when a file is missing, cut short, or not of a piece with the others.
        """
        folder = Path(folder)
        try:
            tokens, offsets, homes = (
                np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
                for name in ARRAYS
            )
        except (OSError, ValueError, EOFError) as error:
            raise BertlabError(
                f"{folder} that does not open ({error})", "an encoded corpus", "Encode it again."
            ) from error
        whole = len(offsets) == len(homes) + 1 and (offsets[0], offsets[-1]) == (0, len(tokens))
        if not whole or (offsets[1:] <= offsets[:-1]).any() or (homes[1:] < homes[:-1]).any():
            raise BertlabError(
                f"{folder} with boundaries that do not fit its tokens",
                "an encoded corpus",
                "Encode it again.",
            )
        return cls(tokens, offsets, homes)


def is_held_out(text: str, share: float = 0.05) -> bool:
    """Whether a document is set aside for evaluation: its own checksum decides.

    So the answer needs no list and no seed, is the same on every machine and for every order, and two
    copies of a document can never fall on two sides.
    """
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) / 2**32 < share


def encode_corpus(
    documents: Iterable, tokenizer: Tokenizer, folder: str | os.PathLike | None = None
) -> TokenStore:
    """Cut documents into sentences and those into token ids.

    documents: strings, or anything with a `.text`. With a `folder` everything goes to disk as it comes
    and the result maps it, so memory stays flat whatever the size of the corpus. "[SEP]" or "[MASK]"
    written out in a text is text like any other: no special token gets into the store but [UNK].

    Raises BertlabError when the documents hold no sentence at all.
    """
    pieces = _encode(documents, tokenizer)
    if folder is None:
        store = TokenStore(*map(np.concatenate, zip(*pieces, strict=True)))
        _refuse_empty(len(store))
        return store
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:  # the three files appear together at the end, or not at all
        paths = [stack.enter_context(atomic_write(folder / f"{name}.npy")) for name in ARRAYS]
        files = [stack.enter_context(_GrowingArray(path)) for path in paths]
        for piece in pieces:
            for file, values in zip(files, piece, strict=True):
                file.append(values)
        _refuse_empty(files[-1].size)
    return TokenStore.load(folder)


def _refuse_empty(sentences: int) -> None:
    if not sentences:
        raise BertlabError("a corpus without a single token", "some text", "Check the source.")


def _encode(documents: Iterable, tokenizer: Tokenizer) -> Iterator[tuple[np.ndarray, ...]]:
    """The three arrays of a store, piece after piece."""
    dtype = np.uint16 if tokenizer.get_vocab_size() <= 2**16 else np.uint32
    tokenizer = Tokenizer.from_str(tokenizer.to_str())  # a copy: the caller's stays as it is
    tokenizer.encode_special_tokens = True
    end, home, number = (
        0,
        None,
        -1,
    )  # of the last sentence: its end, its document, that one's number
    yield np.empty(0, dtype), np.zeros(1, np.int64), np.empty(0, np.int32)
    for sentences, owners in _batches(documents):
        encoded = tokenizer.encode_batch_fast(sentences, add_special_tokens=False)
        ids = [encoding.ids for encoding in encoded]
        ends, numbers = [], []
        for row, owner in zip(ids, owners, strict=True):
            if row:  # a sentence of control characters alone encodes to nothing
                number += owner != home  # so documents are numbered without those that left nothing
                home, end = owner, end + len(row)
                ends.append(end)
                numbers.append(number)
        tokens = np.fromiter(chain.from_iterable(ids), dtype)
        yield tokens, np.array(ends, np.int64), np.array(numbers, np.int32)


class _GrowingArray:
    """A one-dimensional `.npy` file written piece by piece; NumPy's header leaves room to grow."""

    def __init__(self, path: Path):
        self.file, self.size, self.dtype = open(path, "wb"), 0, None

    def append(self, values: np.ndarray) -> None:
        if self.dtype is None:
            self.dtype = values.dtype
            self._write_header()
        values.tofile(self.file)
        self.size += len(values)

    def _write_header(self) -> None:
        fields = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.size,)}
        np.lib.format.write_array_header_1_0(self.file, fields)

    def __enter__(self) -> "_GrowingArray":
        return self

    def __exit__(self, *error) -> None:
        with self.file:
            if not any(error):
                self.file.seek(0)
                self._write_header()


def _batches(documents: Iterable) -> Iterator[tuple[list[str], list[int]]]:
    """Sentences in groups of about SENTENCES_AT_ONCE, with the number of each one's document."""
    sentences, owners = [], []
    for number, document in enumerate(documents):
        text = document if isinstance(document, str) else document.text
        found = [span.text for span in split_sentences(text)]
        sentences += found
        owners += [number] * len(found)
        if len(sentences) >= SENTENCES_AT_ONCE:
            yield sentences, owners
            sentences, owners = [], []
    if sentences:
        yield sentences, owners
