"""A corpus as one flat array of token ids, with sentence and document boundaries beside it."""

import os
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.text.sentences import split_sentences

SENTENCES_AT_ONCE = 4096  # encoded in one call: enough to keep every core of the tokenizer busy


@dataclass(frozen=True)
class TokenStore:
    """Sentence i is `tokens[sentence_offsets[i]:sentence_offsets[i + 1]]`, without special tokens.

    tokens: (tokens,) uint16, or uint32 for a vocabulary over 65,536; may be memory-mapped.
    sentence_offsets: (sentences + 1,) int64. document_of: (sentences,) int32, rising from 0.
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
        offsets, documents = self.sentence_offsets.tolist(), self.document_of.tolist()
        for i, home in enumerate(documents):
            if home != document or offsets[i + 1] - start > length:
                keep[i], start, document = True, offsets[i], home
        return TokenStore(
            self.tokens,
            np.append(self.sentence_offsets[:-1][keep], self.sentence_offsets[-1]),
            self.document_of[keep],
        )

    def save(self, folder: str | os.PathLike) -> None:
        """Write three `.npy` files; `load` maps the tokens instead of reading them.

        A store may be saved over the very files that it maps: each is replaced only when it is whole.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("tokens", "sentence_offsets", "document_of"):
            with atomic_write(folder / f"{name}.npy") as path, open(path, "wb") as file:
                np.save(file, getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "TokenStore":
        """Open what `save` or `encode_corpus(..., folder)` wrote, the tokens memory-mapped.

        Raises BertlabError when a file is missing, cut short, or not of a piece with the others.
        """
        folder = Path(folder)
        try:
            tokens = np.load(folder / "tokens.npy", mmap_mode="r", allow_pickle=False)
            offsets, homes = (
                np.load(folder / f"{name}.npy", allow_pickle=False)
                for name in ("sentence_offsets", "document_of")
            )
        except (OSError, ValueError, EOFError) as error:
            raise BertlabError(
                f"{folder} that does not open ({error})", "an encoded corpus", "Encode it again."
            ) from error
        whole = len(offsets) == len(homes) + 1 and (offsets[0], offsets[-1]) == (0, len(tokens))
        if not whole or (np.diff(offsets) <= 0).any() or (np.diff(homes) < 0).any():
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

    documents: strings, or anything with a `.text`. With a `folder` the tokens go to disk as they come
    and the result maps them, so memory stays flat whatever the size of the corpus. "[SEP]" or "[MASK]"
    written out in a text is text like any other: no special token gets into the store but [UNK].

    Raises BertlabError when the documents hold no sentence at all.
    """
    dtype = np.dtype(np.uint16 if tokenizer.get_vocab_size() <= 2**16 else np.uint32)
    lengths, homes, chunks = array("i"), array("i"), []
    file = None
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        file = open(Path(folder) / "tokens.raw", "wb")
    tokenizer = Tokenizer.from_str(tokenizer.to_str())  # a copy: the caller's stays as it is
    tokenizer.encode_special_tokens = True
    try:
        for sentences, owners in _batches(documents):
            encoded = tokenizer.encode_batch_fast(sentences, add_special_tokens=False)
            ids = [encoding.ids for encoding in encoded]
            lengths.extend(map(len, ids))
            homes.extend(owners)
            chunk = np.fromiter((i for row in ids for i in row), dtype=dtype)
            chunk.tofile(file) if file else chunks.append(chunk)
    finally:
        if file:
            file.close()
    sizes, owners = np.frombuffer(lengths, np.int32), np.frombuffer(homes, np.int32)
    real = sizes > 0  # a sentence of control characters alone encodes to nothing
    if not real.any():
        raise BertlabError("a corpus without a single token", "some text", "Check the source.")
    offsets = np.zeros(np.count_nonzero(real) + 1, dtype=np.int64)
    np.cumsum(sizes[real], out=offsets[1:])
    owners = owners[real]  # numbered anew from 0, without the documents that left nothing
    document_of = np.cumsum(np.diff(owners, prepend=owners[0]) > 0, dtype=np.int32)
    if folder is None:
        return TokenStore(np.concatenate(chunks), offsets, document_of)
    raw = Path(folder) / "tokens.raw"
    TokenStore(np.memmap(raw, dtype=dtype, mode="r"), offsets, document_of).save(folder)
    raw.unlink()
    return TokenStore.load(folder)


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
