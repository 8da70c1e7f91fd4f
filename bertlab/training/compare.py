"""Four ways to a task, side by side over seeds: what does pre-training buy, and what does tuning it?

    bertlab compare reviews --record
    bertlab compare entities --record
    bertlab compare train.tsv --as sst2 --record

Recipes were chosen on validation examples; test examples are scored once a run.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import torch

from bertlab.data.examples import encode_texts
from bertlab.data.labelled import SPLITS, reviews
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.models.heads import SequenceClassifier
from bertlab.models.loading import load
from bertlab.training.finetune import FinetuneConfig, finetune, predict
from bertlab.training.seeds import Spread

# Random weights need an epoch more than pre-trained ones to reach their best validation accuracy.
FINE_TUNED = FinetuneConfig(epochs=5, batch_size=16, learning_rate=3e-4, dropout=0.1)
FROM_SCRATCH = replace(FINE_TUNED, epochs=6)
LARGE = 4000  # training texts from which on two epochs fewer do
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)  # of logistic regression, C: chosen on validation

TFIDF, FROZEN, SCRATCH, TUNED = "TF-IDF", "frozen", "from scratch", "fine-tuned"
TRAINED = {
    SCRATCH: "the same architecture with random weights, trained on the labels alone",
    TUNED: "the pre-trained encoder with a new head, all weights trained",
}
Scores = dict[str, float]  # validation, test, and the test's slices


class Comparable(Protocol):
    """What `compare` asks of a task. baselines: ways without randomness, each takes a model's name."""

    name: str
    how: dict[str, str]
    sizes: dict[str, int]
    recipes: tuple[FinetuneConfig, FinetuneConfig]  # for pre-trained weights, for random ones
    baselines: dict[str, Callable[[str | os.PathLike], Scores]]

    def train(self, encoder: Bert, tokenizer, generator, config: FinetuneConfig) -> Scores:
        """Put a new head on the encoder, train both, score them; `generator` draws the head."""


@dataclass(frozen=True)
class Task:
    """Texts and labels by split; `slices` picks test rows of interest by name."""

    name: str
    texts: dict[str, list[str]]
    labels: dict[str, np.ndarray]
    slices: dict[str, np.ndarray]

    how: ClassVar[dict[str, str]] = {
        TFIDF: "logistic regression on TF-IDF of words and word pairs",
        FROZEN: "logistic regression on the mean of the frozen encoder's last-layer vectors",
        **TRAINED,
    }

    @property
    def sizes(self) -> dict[str, int]:
        """Texts by split, then by slice."""
        sizes = {split: len(self.texts[split]) for split in SPLITS}
        return sizes | {name: int(rows.sum()) for name, rows in self.slices.items()}

    @property
    def recipes(self) -> tuple[FinetuneConfig, FinetuneConfig]:
        """How to train from pre-trained weights, and from random ones."""
        fewer = 2 if len(self.texts["train"]) >= LARGE else 0
        tuned, scratch = (replace(c, epochs=c.epochs - fewer) for c in (FINE_TUNED, FROM_SCRATCH))
        return tuned, scratch

    @property
    def baselines(self) -> dict[str, Callable[[str | os.PathLike], Scores]]:
        """The two regressions."""
        return {
            TFIDF: lambda model: score_tfidf(self),
            FROZEN: lambda model: score_frozen(self, model),
        }

    def train(self, encoder: Bert, tokenizer, generator, config: FinetuneConfig) -> Scores:
        """A classifier on the encoder, trained and scored."""
        length = min(128, encoder.config.max_position_embeddings)
        rows = {
            split: encode_texts(tokenizer, self.texts[split], self.labels[split], max_length=length)
            for split in SPLITS
        }
        classes = max(len(rows[split].names) for split in SPLITS)
        classifier = SequenceClassifier(encoder, classes, config.dropout, generator)
        finetune(classifier, rows["train"], config=config, progress=False)
        return _scores(self, lambda split: predict(classifier, rows[split]).argmax(-1).numpy())

    def smaller(self, limit: int, seed: int = 0) -> "Task":
        """The same with at most `limit` training texts, drawn at random."""
        order = np.random.default_rng(seed).permutation(len(self.texts["train"]))[:limit]
        texts = {**self.texts, "train": [self.texts["train"][i] for i in order]}
        return replace(
            self, texts=texts, labels={**self.labels, "train": self.labels["train"][order]}
        )


def reviews_task() -> Task:
    """The shipped reviews; `hard` are those of the test split that carry a tag."""
    rows = {split: reviews(split) for split in SPLITS}
    hard = np.array([bool(row.tags) for row in rows["test"]])
    return Task(
        "reviews",
        {split: [row.text for row in rows[split]] for split in SPLITS},
        {split: np.array([row.label for row in rows[split]]) for split in SPLITS},
        {"hard": hard, "easy": ~hard},
    )


def file_task(path: str | os.PathLike, name: str | None = None, share: float = 0.1) -> Task:
    """A file of `sentence<TAB>label` lines, labels 0 and up, no header.

    A tenth is held out as test, another as validation, by a draw that is the same every time; equal
    sentences are kept once, so that none is in two splits.

    Raises BertlabError naming the first line that does not fit.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BertlabError(
            f"{path} that does not open ({error})", "a UTF-8 file", "Check it."
        ) from error
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        text, tab, label = line.rpartition("\t")
        if not tab or not text.strip() or not label.strip().isdecimal():
            raise BertlabError(
                f"line {number} of {path.name}: {line[:60]!r}",
                "a sentence, a tab and a number from 0",
                "Repair or remove the line.",
            )
        found.setdefault(text, int(label))
    texts, labels = list(found), np.array(list(found.values()))
    held = int(share * len(texts))
    if held < 1:
        raise BertlabError(f"{len(texts)} sentences", f"at least {int(1 / share)}", "Add some.")
    order = np.random.default_rng(0).permutation(len(texts))
    parts = {"test": order[:held], "validation": order[held : 2 * held], "train": order[2 * held :]}
    return Task(
        name or path.stem,
        {split: [texts[i] for i in rows] for split, rows in parts.items()},
        {split: labels[rows] for split, rows in parts.items()},
        {},
    )


def _scores(task: Task, guess: Callable[[str], np.ndarray]) -> Scores:
    right = guess("test") == task.labels["test"]
    validation = float((guess("validation") == task.labels["validation"]).mean())
    slices = {name: float(right[rows].mean()) for name, rows in task.slices.items()}
    return {"validation": validation, "test": float(right.mean()), **slices}


def _regression(task: Task, rows: dict) -> Scores:
    """Logistic regression on vectors, its strength chosen on validation. Nothing in it is random."""
    from sklearn.linear_model import LogisticRegression

    fitted = [
        LogisticRegression(C=strength, max_iter=2000).fit(rows["train"], task.labels["train"])
        for strength in STRENGTHS
    ]
    best = max(fitted, key=lambda model: model.score(rows["validation"], task.labels["validation"]))
    return _scores(task, lambda split: best.predict(rows[split]))


def score_tfidf(task: Task) -> Scores:
    """The baseline that knows words and not their order."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(task.texts["train"])
    return _regression(task, {split: words.transform(task.texts[split]) for split in SPLITS})


def score_frozen(task: Task, model: str | os.PathLike) -> Scores:
    """The feature-based approach: the encoder is read, never changed."""
    from sklearn.preprocessing import StandardScaler

    from bertlab.training.features import EncoderFeatures

    encoder = EncoderFeatures(str(model))
    rows = {split: encoder.fit_transform(task.texts[split]) for split in SPLITS}
    scale = StandardScaler().fit(rows["train"])
    return _regression(task, {split: scale.transform(rows[split]) for split in SPLITS})


def compare(
    task: Comparable,
    model: str | os.PathLike = "bertlab-mini",
    seeds: Iterable[int] = range(5),
    *,
    on_way: Callable[[str, int, Scores], None] = lambda way, seed, scores: None,
) -> dict:
    """All ways on one task; what `bertlab compare` records.

    A seed draws the head (and the random encoder), the order of the examples and the dropout. The
    baselines have no randomness, so they run once. Returns {"task", "sizes", "recipes", "ways":
    {way: {measure: Spread as a dict}}, "differences": …}, differences taken seed by seed.
    """
    seeds = list(seeds)
    ways: dict[str, list[Scores]] = {}
    for way, score in task.baselines.items():
        scores = score(model)
        on_way(way, 0, scores)
        ways[way] = [scores] * len(seeds)
    recipes = dict(zip((TUNED, SCRATCH), task.recipes, strict=True))
    for way, recipe in recipes.items():
        ways[way] = []
        for seed in seeds:
            generator = torch.Generator().manual_seed(seed)
            encoder, tokenizer = load(model)
            if way == SCRATCH:
                encoder = Bert(encoder.config, generator)
            scores = task.train(encoder, tokenizer, generator, replace(recipe, seed=seed))
            on_way(way, seed, scores)
            ways[way].append(scores)
    others = [SCRATCH, *reversed(task.baselines)]
    pairs = {other: zip(ways[TUNED], ways[other], strict=True) for other in others}
    apart = {
        f"{TUNED} - {other}": [{m: a[m] - b[m] for m in a} for a, b in both]
        for other, both in pairs.items()
    }
    return {
        "task": task.name,
        "model": Path(model).name,
        "sizes": task.sizes,
        "seeds": seeds,
        "how": task.how,
        "recipes": {way: asdict(recipe) for way, recipe in recipes.items()},
        "ways": {way: _spread(runs) for way, runs in ways.items()},
        "differences": {name: _spread(runs) for name, runs in apart.items()},
    }


def _spread(runs: list[Scores]) -> dict[str, dict]:
    return {measure: Spread.of(run[measure] for run in runs).as_dict() for measure in runs[0]}
