"""One vector a word, for contrast with ELMo and BERT: positive pointwise mutual information, factored.

Levy & Goldberg 2014 show that skip-gram with negative sampling factors such a matrix implicitly; Levy,
Goldberg & Dagan 2015 ("Improving distributional similarity", sections 2 and 3) give the settings used here:
contexts smoothed by the power 0.75, and vectors U times the root of the singular values.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from bertlab.data.words import WordStream
from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.models.interchange import load_weights

FIRST_WORD = 2  # a stream's types 0 and 1 are the sentence marks


@dataclass(frozen=True)
class StaticVectors:
    """Words and their vectors. words: most frequent first; vectors: (words, dim)."""

    words: list[str]
    vectors: Tensor

    @cached_property
    def places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def __contains__(self, word: str) -> bool:
        return word in self.places

    def __getitem__(self, word: str) -> Tensor:
        """The word's vector, (dim,). Raises BertlabError when there is none."""
        if word not in self.places:
            raise BertlabError(
                f"{word!r}", f"one of {len(self.words)} words", "Choose a more frequent word."
            )
        return self.vectors[self.places[word]]

    def save(self, folder: str | os.PathLike) -> None:
        """Write `model.safetensors` (the vectors, in half precision) and `vocab.txt` (the words)."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / "model.safetensors") as path:
            save_file({"vectors": self.vectors.half().contiguous()}, path)
        with atomic_write(folder / "vocab.txt") as path:
            path.write_text("".join(f"{word}\n" for word in self.words), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "StaticVectors":
        """Open what `save` wrote, in float32. Raises BertlabError when it is missing or damaged."""
        vectors = load_weights(Path(folder) / "model.safetensors").get("vectors")
        try:
            words = (Path(folder) / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        except (OSError, ValueError) as error:
            raise BertlabError(
                f"{folder} without a readable vocab.txt ({error})",
                "a folder written by StaticVectors.save",
                "Copy the whole folder again.",
            ) from error
        if vectors is None or len(vectors) != len(words):
            raise BertlabError(
                f"{folder} whose words and vectors do not fit",
                "a folder written by StaticVectors.save",
                "Copy the whole folder again.",
            )
        return cls(words, vectors.float())

    def similarity(self, one: str, other: str) -> float:
        """Cosine of the two words' vectors, -1 to 1."""
        return float(torch.cosine_similarity(self[one], self[other], dim=0))

    def nearest(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """The `count` words most similar to `word`, with their cosines, nearest first."""
        cosines = torch.cosine_similarity(self[word][None], self.vectors)
        best = cosines.topk(min(count + 1, len(self.words)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [(self.words[i], value) for i, value in pairs if i != self.places[word]][:count]


def cooccurrences(stream: WordStream, size: int, window: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each of the `size` most frequent words has each other near it, within a sentence.

    A neighbour at distance d counts (window - d + 1) / window, as in word2vec, whose random windows come
    to this on average. Returns sorted keys `word * size + context`, int64, and weights, float64.
    """
    words = stream.tokens.astype(np.int64) - FIRST_WORD
    words[words >= size] = -1  # rare words and marks keep their places and count for nothing
    sentence = np.repeat(
        np.arange(len(stream.starts)), np.diff([*stream.starts, len(stream.tokens)])
    )
    keys, weights = [], []
    for distance in range(1, window + 1):
        left, right = words[:-distance], words[distance:]
        near = (left >= 0) & (right >= 0) & (sentence[:-distance] == sentence[distance:])
        key, count = np.unique(left[near] * size + right[near], return_counts=True)
        keys += [key, key % size * size + key // size]  # either is the other's context
        weights += [count * ((window - distance + 1) / window)] * 2
    keys, place = np.unique(np.concatenate(keys), return_inverse=True)
    return keys, np.bincount(place, np.concatenate(weights), minlength=len(keys))


def ppmi(keys: np.ndarray, weights: np.ndarray, size: int, smoothing: float = 0.75) -> Tensor:
    """Positive pointwise mutual information of words and contexts: sparse, (size, size).

    log(P(word, context) / (P(word) P(context))) where that is positive, with P(context) proportional to
    its count to the power `smoothing`, which keeps rare contexts from dominating.
    """
    rows, columns = keys // size, keys % size
    word = np.bincount(rows, weights, minlength=size) / weights.sum()
    context = np.bincount(columns, weights, minlength=size) ** smoothing
    context /= context.sum()
    values = np.log(weights / weights.sum() / (word[rows] * context[columns]))
    kept = values > 0
    return torch.sparse_coo_tensor(
        torch.from_numpy(np.stack([rows[kept], columns[kept]])),
        torch.from_numpy(values[kept]).float(),
        (size, size),
        check_invariants=False,  # they hold by construction
        is_coalesced=True,  # the keys are sorted and distinct
    )


def truncated_svd(
    matrix: Tensor, dim: int, generator: torch.Generator, rounds: int = 4
) -> tuple[Tensor, Tensor]:
    """The largest singular values of a sparse matrix, and their left vectors: (rows, dim), (dim,).

    Randomised subspace iteration (Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1).
    `torch.svd_lowrank` does the same, but draws from the global generator.
    """
    width = min(dim + 10, *matrix.shape)
    turned = matrix.t().coalesce()
    basis = torch.randn(matrix.shape[1], width, generator=generator)
    for _ in range(rounds):
        basis, _ = torch.linalg.qr(torch.sparse.mm(turned, torch.sparse.mm(matrix, basis)))
    basis, _ = torch.linalg.qr(torch.sparse.mm(matrix, basis))  # (rows, width)
    small = torch.sparse.mm(turned, basis)  # (columns, width)
    _, values, right = torch.linalg.svd(small, full_matrices=False)
    return (basis @ right.t())[:, :dim], values[:dim]


def ppmi_svd(
    stream: WordStream,
    generator: torch.Generator,
    size: int = 10000,
    dim: int = 100,
    window: int = 4,
) -> StaticVectors:
    """Static vectors of the `size` most frequent words of a stream.

    Raises BertlabError when the stream has fewer than `dim` words.
    """
    words: Sequence[str] = stream.types[FIRST_WORD : FIRST_WORD + size]
    if len(words) < dim:
        raise BertlabError(
            f"{len(words)} distinct words", f"at least {dim}", "Use more text or lower dim."
        )
    keys, weights = cooccurrences(stream, len(words), window)
    left, values = truncated_svd(ppmi(keys, weights, len(words)), dim, generator)
    return StaticVectors(list(words), left * values.sqrt())
