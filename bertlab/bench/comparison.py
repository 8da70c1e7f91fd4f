"""`bertlab compare`: run the comparison, print it as a table, and record it with its command."""

import json
import os
import time
from pathlib import Path

from bertlab import markdown
from bertlab.bench.harness import machine
from bertlab.files import atomic_write


def run(
    what: str | os.PathLike,
    *,
    name: str | None = None,
    model: str = "bertlab-mini",
    seeds: int = 5,
    limit: int | None = None,
    report=print,
) -> dict:
    """Compare the four ways on "reviews", "entities" or a file of `sentence<TAB>label` lines.

    report: is told each run's scores. Raises BertlabError for a file that does not fit.
    """
    from bertlab.training import compare as ways
    from bertlab.training.compare_entities import entities_task

    shipped = {"reviews": ways.reviews_task, "entities": entities_task}
    task = shipped[what]() if what in shipped else ways.file_task(what, name)
    if limit is not None:
        task = task.smaller(limit)
    begun = time.perf_counter()

    def tell(way, seed, scores):
        shares = "  ".join(f"{measure} {share:.1%}" for measure, share in scores.items())
        report(f"{time.perf_counter() - begun:5.0f} s  {way}, seed {seed}:  {shares}")

    found = ways.compare(task, model, range(seeds), on_way=tell)
    options = [f"--as {name}"] * bool(name) + [f"--model {Path(model).name}"] * (
        model != "bertlab-mini"
    )
    options += [f"--seeds {seeds}"] * (seeds != 5) + [f"--limit {limit}"] * (limit is not None)
    command = " ".join(["bertlab compare", Path(what).name, *options, "--record"])
    seconds = round(time.perf_counter() - begun)
    return {
        "compare": task.name,
        "command": command,
        "seconds": seconds,
        "machine": machine(),
        **found,
    }


def record(outcome: dict, folder: Path) -> Path:
    """Write `compare_NAME.json` whole or not at all."""
    folder.mkdir(exist_ok=True)
    path = folder / f"compare_{outcome['compare']}.json"
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    return path


def rows(outcome: dict, measures: list[str] | None = None) -> list[dict[str, str]]:
    """A row a way, percentages as text: the mean, and the 95 % interval where seeds differ."""
    wanted = measures or [name for name in outcome["ways"]["fine-tuned"] if name != "validation"]
    return [
        {"way": way, **{name: cell(found[name]) for name in wanted}}
        for part in ("ways", "differences")
        for way, found in outcome[part].items()
    ]


def cell(spread: dict) -> str:
    """`72.3 % (71.0 to 73.6)`."""
    mean = f"{_percent(spread['mean'])} %"
    if not spread["deviation"]:  # None for one seed, 0 where nothing is random
        return mean
    return f"{mean} ({_percent(spread['low'])} to {_percent(spread['high'])})"


def _percent(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:.1f}"  # + 0.0: what rounds to nothing has no minus


def table(outcome: dict) -> str:
    """The comparison as a Markdown table."""
    return markdown.table(rows(outcome), figures=True) + "\n"
