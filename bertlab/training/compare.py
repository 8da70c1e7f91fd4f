"""Four ways to a classifier, side by side over seeds: what does pre-training buy, and what does tuning it?

    bertlab compare reviews --record
    bertlab compare train.tsv --as sst2 --record

Recipes were chosen on validation examples; test examples are scored once a run.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

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
HOW = {
    TFIDF: "logistic regression on TF-IDF of words and word pairs",
    FROZEN: "logistic regression on the mean of the frozen encoder's last-layer vectors",
    SCRATCH: "the same architecture with random weights, trained on the labels alone",
    TUNED: "the pre-trained encoder with a new head, all weights trained",
}


@dataclass(frozen=True)
class Task:
    """Texts and labels by split; `slices` picks test rows of interest by name."""

    name: str
    texts: dict[str, list[str]]
    labels: dict[str, np.ndarray]
    slices: dict[str, np.ndarray]

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


Scores = dict[str, float]  # validation, test, and the test's slices


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


def score_trained(
    task: Task, model: str | os.PathLike, config: FinetuneConfig, *, pretrained: bool, progress=True
) -> Scores:
    """An encoder with a head, all of it trained: from the pre-trained weights or from random ones.

    `config.seed` draws the head (and the random encoder), the order of the examples and the dropout.
    """
    generator = torch.Generator().manual_seed(config.seed)
    encoder, tokenizer = load(model)
    if not pretrained:
        encoder = Bert(encoder.config, generator)
    length = min(128, encoder.config.max_position_embeddings)
    rows = {
        split: encode_texts(tokenizer, task.texts[split], task.labels[split], max_length=length)
        for split in SPLITS
    }
    classes = max(len(rows[split].names) for split in SPLITS)
    classifier = SequenceClassifier(encoder, classes, config.dropout, generator)
    finetune(classifier, rows["train"], config=config, progress=progress)
    return _scores(task, lambda split: predict(classifier, rows[split]).argmax(-1).numpy())


def compare(
    task: Task,
    model: str | os.PathLike = "bertlab-mini",
    seeds: Iterable[int] = range(5),
    *,
    tuned: FinetuneConfig | None = None,
    scratch: FinetuneConfig | None = None,
    on_way: Callable[[str, int, Scores], None] = lambda way, seed, scores: None,
) -> dict:
    """All four ways on one task; what `bertlab compare` records.

    tuned, scratch: recipes other than this module's. The two regressions have no randomness, so they run
    once. Returns {"task", "sizes", "recipes", "ways": {way: {measure: Spread as a dict}}, "differences": …},
    differences taken seed by seed.
    """
    seeds = list(seeds)
    fewer = 2 if len(task.texts["train"]) >= LARGE else 0
    tuned = tuned or replace(FINE_TUNED, epochs=FINE_TUNED.epochs - fewer)
    scratch = scratch or replace(FROM_SCRATCH, epochs=FROM_SCRATCH.epochs - fewer)
    ways: dict[str, list[Scores]] = {
        TFIDF: [score_tfidf(task)],
        FROZEN: [score_frozen(task, model)],
    }
    for way in (TFIDF, FROZEN):
        on_way(way, 0, ways[way][0])
        ways[way] *= len(seeds)
    for way, config in ((TUNED, tuned), (SCRATCH, scratch)):
        ways[way] = []
        for seed in seeds:
            config = replace(config, seed=seed)
            scores = score_trained(task, model, config, pretrained=way == TUNED)
            on_way(way, seed, scores)
            ways[way].append(scores)
    measures = list(ways[TFIDF][0])

    def spread(values) -> dict:
        return {m: Spread.of(v).as_dict() for m, v in values.items()}

    return {
        "task": task.name,
        "model": Path(model).name,
        "sizes": {split: len(task.texts[split]) for split in SPLITS}
        | {name: int(rows.sum()) for name, rows in task.slices.items()},
        "seeds": seeds,
        "how": HOW,
        "recipes": {TUNED: asdict(tuned), SCRATCH: asdict(scratch)},
        "ways": {
            way: spread({m: [scores[m] for scores in runs] for m in measures})
            for way, runs in ways.items()
        },
        "differences": {
            f"{TUNED} - {other}": spread(
                {
                    m: [a[m] - b[m] for a, b in zip(ways[TUNED], ways[other], strict=True)]
                    for m in measures
                }
            )
            for other in (SCRATCH, FROZEN, TFIDF)
        },
    }
