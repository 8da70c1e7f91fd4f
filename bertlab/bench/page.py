"""The recorded outcomes as pages: `results/README.md`, and the speed table of the project's README."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bertlab import markdown
from bertlab.errors import BertlabError
from bertlab.files import atomic_write

BEGIN, END = "<!-- speed table: bertlab bench --page -->", "<!-- end of the speed table -->"


class Headline(NamedTuple):
    """One line of the README's table: two contenders of a recorded result."""

    what: str
    bench: str
    result: str  # the result's name begins so
    ours: str  # the contender's name begins so
    peer: str
    against: str


HEADLINES = (
    Headline("a training step, rows of mixed length", "training", "training step, 64 × 128 (mixed",
             "bertlab", "transformers, fp32, dropout 0.1", "transformers as it comes (fp32, dropout 0.1)"),
    Headline("", "training", "training step, 64 × 128 (mixed",
             "bertlab", "transformers, bf16, dropout 0, compiled", "the same in bf16, without dropout, compiled"),
    Headline("fine-tuning", "finetuning", "fine-tuning", "bertlab", "transformers' Trainer",
             "transformers' `Trainer`"),
    Headline("", "finetuning", "fine-tuning", "bertlab", "transformers' Trainer, bf16", "`Trainer` in bf16"),
    Headline("reading reviews", "inference", "reading", "bertlab", "transformers, eager",
             "transformers, eager attention"),
    Headline("", "inference", "reading", "bertlab", "transformers, sdpa, sorted, bf16",
             "sdpa, sorted by length, bf16"),
    Headline("an evaluation (lesson 11)", "evaluation", "evaluating", "next batch made by a thread",
             "the loop of the notes", "the loop it starts from"),
    Headline("", "evaluation", "evaluating", "next batch made by a thread", "batches made beforehand",
             "that loop without its search for batches"),
    Headline("building batches of 64", "batches", "batch building", "bertlab, batches of 64",
             "transformers' collator", "transformers' collator"),
    Headline("batches of 64 from 1.8 million sentences", "batches", "batches from 1,800,000",
             "bertlab, batches of 64", "rejection search, batches of 64",
             "the search of the notes, also of 64"),
    Headline("batches of 6", "batches", "batches from 1,800,000", "bertlab, batches of 6",
             "rejection search, batches of 6", "that search, also of 6"),
    Headline("an ELMo's training step", "elmo", "language model training step", "bertlab ELMo, bf16",
             "nn.LSTM, full softmax, fp32", "`nn.LSTM` with a full softmax"),
)  # fmt: skip


def outcomes(folder: Path) -> list[dict]:
    """All recorded benches of a folder, by file name; other files there are passed over."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return [outcome for outcome in found if "bench" in outcome]


def render(folder: Path) -> str:
    """The page of all recorded outcomes, in Markdown."""
    parts = [
        "# Speed, measured\n\nWritten by `bertlab bench … --record`. Contenders take turns in one process; "
        "a figure is the median round, with the slowest and the fastest beside it. Ratio: how many times as "
        "fast the first line is.\n"
    ]
    for outcome in outcomes(folder):
        parts.append(f"\n## {outcome['bench']}, {outcome['device']}\n\n`{outcome['command']}`\n")
        parts.append(f"\n{where(outcome['machine'])}\n")
        for result in outcome["results"]:
            parts.append(f"\n{table(result)}")
            picture = f"{result.get('picture')}-{outcome['device']}.png"
            if (folder / picture).is_file():
                parts.append(f"\n![{result['name']}, as in the table above]({picture})\n")
    return "".join(parts)


def where(machine: Mapping) -> str:
    """Machine, versions and commit in a line."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    device = machine.get("gpu") or f"{machine['processor']}, {machine['threads']} threads"
    return f"{device}; Python {machine['python']}; {versions}; commit {machine['commit']}."


def table(result: Mapping) -> str:
    """One result as a Markdown table: contenders with their ratios, or rows as they are."""
    if "rows" in result:
        rows = [{head: _cell(value) for head, value in row.items()} for row in result["rows"]]
        notes = [
            f"{name}: {value}\n"
            for name, value in result.items()
            if name not in ("name", "rows", "picture")
        ]
        body = markdown.table(rows, figures=True) + "\n"
        return "\n".join([f"**{result['name']}**\n", body, *notes])
    first = result["timings"][0]["per_second"]
    lines = [
        f"**{result['name']}**\n",
        f"| | {result['unit']} | slowest to fastest | ratio |",
        "| --- | --: | --: | --: |",
    ]
    for timing in result["timings"]:
        low, high = readable(timing["low"]), readable(timing["high"])
        speed, ratio = readable(timing["per_second"]), readable(first / timing["per_second"])
        lines.append(f"| {timing['name']} | {speed} | {low} to {high} | {ratio} |")
    return "\n".join(lines) + "\n"


def _cell(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def readable(number: float) -> str:
    """Three significant digits; large numbers with thousands apart."""
    if number >= 1e15:
        return f"{number / 1e12:,.0f} × 10¹²"
    if number >= 1000:
        digits = max(0, len(str(int(number))) - 3)
        return f"{round(number, -digits):,.0f}"
    return f"{number:.3g}"


def speed_table(folder: Path, device: str = "cpu") -> str:
    """The README's table: what was recorded on that device, as ratios. Lines without a record are left out."""
    recorded = {
        outcome["bench"]: outcome for outcome in outcomes(folder) if outcome["device"] == device
    }
    lines = ["| | against | times as fast |", "| --- | --- | --: |"]
    used, said = [], set()
    for line in HEADLINES:
        ratio = _ratio(recorded.get(line.bench), line)
        if ratio is None:
            continue
        what = _what(line)
        lines.append(f"| {'' if what in said else what} | {line.against} | {readable(ratio)} |")
        said.add(what)
        used.append(line.bench)
    machines = {
        f"{recorded[bench]['machine']['processor']}, {recorded[bench]['machine']['threads']} threads"
        for bench in used
    }
    note = f"Recorded on {' and '.join(sorted(machines))}; commands, spread and versions: "
    return "\n".join([*lines, "", f"{note}[results/](results/README.md).", ""])


def _what(line: Headline) -> str:
    """A blank name stands for that of the line before it."""
    place = HEADLINES.index(line)
    return next(one.what for one in reversed(HEADLINES[: place + 1]) if one.what)


def _ratio(outcome: Mapping | None, line: Headline) -> float | None:
    for result in outcome["results"] if outcome else ():
        if result["name"].startswith(line.result) and "timings" in result:
            ours, peer = (_speed(result["timings"], name) for name in (line.ours, line.peer))
            if ours and peer:
                return ours / peer
    return None


def _speed(timings: Sequence[Mapping], name: str) -> float | None:
    """Of the contender with that name, or else of the first whose name begins so."""
    exact = [timing for timing in timings if timing["name"] == name]
    near = [timing for timing in timings if timing["name"].startswith(name)]
    return (exact or near)[0]["per_second"] if exact or near else None


def with_table(readme: str, table: str) -> str:
    """A README whose speed table is this one.

    Raises BertlabError where the two comments that mark its place are missing.
    """
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise BertlabError(
            "a README without a place for the speed table", f"{BEGIN} … {END}", "Add it."
        )
    return f"{head}{BEGIN}\n{table}{END}{tail}"


def write(folder: Path) -> None:
    """Write `README.md` in the folder of results, and the speed table into the README above it, if any."""
    with atomic_write(folder / "README.md") as temporary:
        temporary.write_text(render(folder), encoding="utf-8")
    readme = folder.parent / "README.md"
    if readme.is_file():
        text = with_table(readme.read_text(encoding="utf-8"), speed_table(folder))
        with atomic_write(readme) as temporary:
            temporary.write_text(text, encoding="utf-8")
