"""`bertlab bench`: our speed against named peers, in one run, as ratios."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from bertlab.errors import BertlabError
from bertlab.files import atomic_write


def _training(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.training import training, utilisation

    found = [training(device, quick, full=True), training(device, quick, full=False)]
    if device != "cpu":
        found += [training(device, quick, batch_size=512), utilisation()]
    return found


def _batches(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.batches import collator, rejection

    return [collator(quick), rejection(quick)]


def _elmo(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.language_model import language_model

    return [language_model(device, quick)]


BENCHES: dict[str, Callable[[str, bool], list[dict]]] = {
    "batches": _batches,
    "elmo": _elmo,
    "training": _training,
}


def run(name: str, device: str = "cpu", quick: bool = False) -> dict:
    """Run one bench; what it returns is what `record` writes.

    Raises BertlabError for an unknown name.
    """
    if name not in BENCHES:
        raise BertlabError(
            f"bench {name!r}", f"one of {', '.join(BENCHES)}", "Choose one of these."
        )
    from bertlab.bench.harness import machine

    results = BENCHES[name](device, quick)
    command = f"bertlab bench {name} --device {device}{' --quick' if quick else ''} --record"
    return {
        "bench": name,
        "device": device,
        "command": command,
        "machine": machine(),
        "results": results,
    }


def record(outcome: dict, folder: Path) -> Path:
    """Write the outcome as JSON, and render the page of all outcomes in the folder anew."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{outcome['bench']}-{outcome['device']}.json"
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    with atomic_write(folder / "README.md") as temporary:
        temporary.write_text(render(folder), encoding="utf-8")
    return path


def render(folder: Path) -> str:
    """The page of all recorded outcomes, in Markdown."""
    parts = [
        "# Speed, measured\n\nWritten by `bertlab bench … --record`. Contenders take turns in one process; "
        "a figure is the median round, with the slowest and the fastest beside it. Ratio: how many times as "
        "fast the first line is.\n"
    ]
    for path in sorted(folder.glob("*.json")):
        outcome = json.loads(path.read_text(encoding="utf-8"))
        machine = outcome["machine"]
        versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
        where = machine.get("gpu") or f"{machine['processor']}, {machine['threads']} threads"
        parts.append(f"\n## {outcome['bench']}, {outcome['device']}\n\n`{outcome['command']}`\n")
        parts.append(
            f"\n{where}; Python {machine['python']}; {versions}; commit {machine['commit']}.\n"
        )
        parts += [f"\n{table(result)}" for result in outcome["results"]]
    return "".join(parts)


def table(result: dict) -> str:
    """One comparison as a Markdown table."""
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


def readable(number: float) -> str:
    """Three significant digits; large numbers with thousands apart."""
    if number >= 1e15:
        return f"{number / 1e12:,.0f} × 10¹²"
    if number >= 1000:
        digits = max(0, len(str(int(number))) - 3)
        return f"{round(number, -digits):,.0f}"
    return f"{number:.3g}"


def main(names: list[str], device: str, quick: bool, folder: Path | None) -> None:
    """What the command does: run, print, and record where a folder is given."""
    for name in names or list(BENCHES):
        outcome = run(name, device, quick)
        for result in outcome["results"]:
            sys.stdout.write(table(result) + "\n")
        if folder is not None:
            print(f"recorded in {record(outcome, folder).name}")
