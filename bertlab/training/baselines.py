"""What a model must beat: guesses from counts alone, fitted on the training text."""

from dataclasses import dataclass

import numpy as np

from bertlab.data.pairs import Batch
from bertlab.data.store import TokenStore

# Pseudo-counts of the unigram in a bigram estimate: the best loss on the shipped corpus's held-out
# text lies near 100, and a quarter of it or four times as much costs 0.06 nats. Accuracy is the same.
_BACKOFF = 100.0


@dataclass(frozen=True)
class CountModel:
    """Unigram and bigram counts of one text, turned into guesses for masked tokens.

    unigram: (vocabulary,) probabilities, smoothed by one count. keys: sorted left × vocabulary + right
    of every neighbouring pair; counts beside them. left_totals: (vocabulary,) pairs that begin so.
    best_after: (vocabulary,) the most frequent successor, of equals the more frequent word; the most
    frequent word of all where none was seen.
    """

    unigram: np.ndarray
    keys: np.ndarray
    counts: np.ndarray
    left_totals: np.ndarray
    best_after: np.ndarray

    @classmethod
    def fit(cls, store: TokenStore, vocab_size: int) -> "CountModel":
        """Count a token store; pairs across a sentence's end do not count."""
        tokens = np.asarray(store.tokens[: store.sentence_offsets[-1]], dtype=np.int64)
        unigram = np.bincount(tokens, minlength=vocab_size) + 1.0
        pairs = tokens[:-1] * vocab_size + tokens[1:]
        inside = np.ones(len(pairs), dtype=bool)
        inside[store.sentence_offsets[1:-1] - 1] = False
        keys, counts = np.unique(pairs[inside], return_counts=True)
        left, right = np.divmod(keys, vocab_size)
        best_after = np.full(vocab_size, unigram.argmax())
        # the last write wins: the most frequent successor, of equals the more frequent word
        order = np.lexsort((unigram[right], counts))
        best_after[left[order]] = right[order]
        left_totals = np.bincount(left, weights=counts, minlength=vocab_size)
        return cls(unigram / unigram.sum(), keys, counts, left_totals, best_after)

    def bigram(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """P(right | left): the count ratio, drawn towards the unigram where `left` is rare."""
        wanted = left * len(self.unigram) + right
        at = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        seen = np.where(self.keys[at] == wanted, self.counts[at], 0)
        return (seen + _BACKOFF * self.unigram[right]) / (self.left_totals[left] + _BACKOFF)

    def guess(self, batch: Batch, mask_id: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """For each masked token: `{"unigram": (correct, log probability), "bigram": …}`.

        Both arrays: (masked,). The bigram sees the left neighbour as the model does: where that is
        hidden too, it can only guess as the unigram.
        """
        labels, places = batch.mlm_labels.numpy(), batch.mlm_positions.numpy()
        left = batch.input_ids.numpy()[places - 1]  # [CLS] is never masked, so there is one
        known = left != mask_id
        top = self.unigram.argmax()
        single = self.unigram[labels]
        double = np.where(known, self.bigram(left, labels), single)
        return {
            "unigram": (labels == top, np.log(single)),
            "bigram": (labels == np.where(known, self.best_after[left], top), np.log(double)),
        }
