"""Evaluating a pre-trained model: the notes' loop, and each rung of its repair (lesson 11)."""

import math

import torch

from bertlab.bench.harness import Contender, Timing, compare
from bertlab.clinic.building import Words
from bertlab.clinic.evaluation import COMPILED, LADDER, Rung, Source, evaluate
from bertlab.data.store import encode_corpus
from bertlab.models.loading import load
from bertlab.text.corpora import open_corpus


def evaluation(device: str = "cpu", quick: bool = False) -> list[dict]:
    """Rows a second of the whole ladder, from the last rung to the first, and each rung's share.

    The first rung searches its batches in the shipped corpus; all others are given the same rows. Every
    rung's guesses are compared with the first's.
    """
    model, tokenizer = load("bertlab-mini")
    model.to(device)
    store = encode_corpus(open_corpus("bertlab"), tokenizer)
    sentences = [store.sentence(i).tolist() for i in range(len(store))]
    source = Source(sentences, Words(tokenizer), batches=2 if quick else 32)
    rows = source.all_rows()
    rungs = LADDER if quick else (*LADDER, COMPILED)

    def contender(rung: Rung) -> Contender:
        def run() -> int:
            evaluate(model, source, rung.recipe, rows)
            return len(rows)

        return Contender(rung.name, run)

    first = evaluate(model, source, LADDER[0].recipe)
    agreement = {
        rung.name: evaluate(model, source, rung.recipe, rows).agreement(first) for rung in rungs
    }
    timings = compare(
        [contender(rung) for rung in reversed(rungs)],
        rounds=2 if quick else 5,
        seconds=0.0,
        warmup=0 if quick else 1,
        finish=torch.cuda.synchronize if device != "cpu" else lambda: None,
    )
    return [
        {
            "name": f"evaluating {len(rows)} rows by every rung up to the one named, {device}",
            "unit": "rows/s",
            "timings": [timing.as_dict() for timing in timings],
        },
        {
            "name": f"what each rung gave, {device}",
            "rows": steps(list(reversed(timings)), len(rows), agreement),
        },
    ]


def steps(timings: list[Timing], rows: int, agreement: dict[str, float]) -> list[dict]:
    """A line a rung, from the slowest: seconds, how many times as fast as the one before, its share.

    The share is that of the logarithm: of a ladder 8 times as fast, a rung that doubles has a third.
    """
    whole = math.log(timings[-1].per_second / timings[0].per_second)
    lines, before = [], timings[0].per_second
    for timing in timings:
        gain = timing.per_second / before
        lines.append(
            {
                "rung": timing.name,
                "seconds": round(rows / timing.per_second, 3),
                "times as fast": round(gain, 2),
                "share %": round(100 * math.log(gain) / whole, 1),
                "same guesses %": round(100 * agreement[timing.name], 2),
            }
        )
        before = timing.per_second
    return lines
