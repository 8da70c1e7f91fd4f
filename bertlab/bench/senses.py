"""`bertlab compare senses`: what the layers of the shipped models know, as a table and for the record."""

import time

from bertlab import markdown
from bertlab.bench.comparison import cell
from bertlab.bench.harness import machine

NAMES = {"static": "static", "static neighbours": "other words", "elmo": "ELMo", "bert": "BERT"}


def run() -> dict:
    """Measure senses in context and both probes for static vectors, ELMo and BERT, layer by layer."""
    from bertlab.training.senses import compare_senses

    begun = time.perf_counter()
    found = compare_senses()
    seconds = round(time.perf_counter() - begun)
    command = "bertlab compare senses --record"
    return {
        "compare": "senses", "command": command, "seconds": seconds, "machine": machine(), **found
    }  # fmt: skip


def rows(outcome: dict) -> list[dict[str, str]]:
    """A row a layer: pairs judged right, F1 of both probes, as percentages with 95 % intervals."""
    senses = outcome["word in context"]
    probes = outcome["probes, F1 by layer"]
    found = []
    for name, layers in senses["accuracy by layer"].items():
        for number, spread in enumerate(layers):
            row = {"layer": f"{NAMES[name]} {number}", "same sense or not": cell(spread)}
            for question in ("entities", "noun or verb"):
                scores = probes.get(name, {}).get(question)
                row[question] = cell(scores[number]) if scores else ""
            found.append(row)
    for name, spread in senses["accuracy, layer chosen"].items():
        row = {"layer": f"{NAMES[name]}, layer chosen", "same sense or not": cell(spread)}
        found.append(row | {"entities": "", "noun or verb": ""})
    return found


def table(outcome: dict) -> str:
    """The rows in Markdown."""
    return markdown.table(rows(outcome), figures=True) + "\n"
