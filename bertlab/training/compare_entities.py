"""The four ways to find entities: where pre-training is worth most, for a tag hangs on the words around."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from bertlab.data.examples import encode_tagged
from bertlab.data.labelled import SPLITS, Tagged, tagged
from bertlab.data.tags import entity_f1, words_and_tags
from bertlab.models.bert import Bert
from bertlab.models.heads import TokenClassifier
from bertlab.training.compare import FROZEN, STRENGTHS, TRAINED, Scores
from bertlab.training.finetune import FinetuneConfig, evaluate, finetune

USUAL = "usual tag"
FINE_TUNED = FinetuneConfig(epochs=16, batch_size=16, learning_rate=3e-4, dropout=0.1)
FROM_SCRATCH = replace(FINE_TUNED, learning_rate=1e-3)  # random weights take more


@dataclass(frozen=True)
class EntityTask:
    """Sentences with their entities by split. Every score is the F1 over whole entities."""

    items: dict[str, list[Tagged]]

    name: ClassVar[str] = "entities"
    recipes: ClassVar = (FINE_TUNED, FROM_SCRATCH)
    how: ClassVar[dict[str, str]] = {
        USUAL: "each word's most frequent tag in the training sentences, O for a word that is not there",
        FROZEN: "logistic regression on the frozen encoder's last-layer vectors, word by word",
        **TRAINED,
    }

    @property
    def sizes(self) -> dict[str, int]:
        """Sentences by split."""
        return {split: len(items) for split, items in self.items.items()}

    @property
    def baselines(self) -> dict[str, Callable[[str | os.PathLike], Scores]]:
        """Counting, and features."""
        return {USUAL: lambda model: self._score_usual(), FROZEN: self._score_frozen}

    def smaller(self, limit: int, seed: int = 0) -> "EntityTask":
        """The same with at most `limit` training sentences, drawn at random."""
        train = self.items["train"]
        order = np.random.default_rng(seed).permutation(len(train))[:limit]
        return EntityTask({**self.items, "train": [train[i] for i in order]})

    def train(self, encoder: Bert, tokenizer, generator, config: FinetuneConfig) -> Scores:
        """A tagger on the encoder, trained and scored."""
        rows = {"train": encode_tagged(tokenizer, self.items["train"])}
        names = rows["train"].names
        for split in SPLITS[1:]:
            rows[split] = encode_tagged(tokenizer, self.items[split], names=names)
        tagger = TokenClassifier(encoder, len(names), config.dropout, generator, names=names)
        finetune(tagger, rows["train"], config=config, progress=False)
        return {split: evaluate(tagger, rows[split])["f1"] for split in SPLITS[1:]}

    def _words_and_tags(self) -> dict[str, tuple[list[list[str]], list[list[str]]]]:
        both = {split: map(words_and_tags, items) for split, items in self.items.items()}
        return {split: tuple(zip(*found, strict=True)) for split, found in both.items()}

    def _score_usual(self) -> Scores:
        data, seen = self._words_and_tags(), defaultdict(Counter)
        for words, tags in zip(*data["train"], strict=True):
            for word, tag in zip(words, tags, strict=True):
                seen[word.lower()][tag] += 1
        usual = {word: counts.most_common(1)[0][0] for word, counts in seen.items()}
        return {
            split: entity_f1(tags, [[usual.get(w.lower(), "O") for w in row] for row in words])
            for split, (words, tags) in data.items()
            if split != "train"
        }

    def _score_frozen(self, model: str | os.PathLike) -> Scores:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        from bertlab.training.features import EncoderFeatures

        data, encoder = self._words_and_tags(), EncoderFeatures(str(model))
        vectors = {split: encoder.words(words) for split, (words, _) in data.items()}
        fitted = [
            make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000)).fit(
                np.concatenate(vectors["train"]), np.concatenate(data["train"][1])
            )
            for strength in STRENGTHS
        ]

        def score(tagger, split: str) -> float:
            return entity_f1(data[split][1], [tagger.predict(row) for row in vectors[split]])

        best = max(fitted, key=lambda tagger: score(tagger, "validation"))
        return {split: score(best, split) for split in SPLITS[1:]}


def entities_task() -> EntityTask:
    """The shipped sentences."""
    return EntityTask({split: tagged(split) for split in SPLITS})
