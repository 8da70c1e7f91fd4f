"""A class seen from the files its learners handed in: which misconceptions, how many, in which exercises."""

import base64
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bertlab.errors import BertlabError
from bertlab.teaching.export import Export, read_export
from bertlab.views.base import escape, table

SHOWN = 5  # misconceptions of an exercise in the heat map; the table has all


class ClassSummary(NamedTuple):
    """`faults`: one line for each file that was skipped, with its name."""

    exports: list[Export]
    faults: list[str]


def read_class(folder: Path) -> ClassSummary:
    """Every export in a folder (`*.json`), in order of the files' names; damaged ones are faults.

    Raises: BertlabError when the folder has no such file, or none that is an export.
    """
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    exports, faults = [], []
    for path in paths:
        try:
            exports.append(read_export(path))
        except BertlabError as error:
            faults.append(error.found)
    if not exports:
        raise BertlabError(
            f"no export in {folder}" + "".join(f"; {fault}" for fault in faults),
            "files that `bertlab progress --export FILE` wrote",
            "Collect them in one folder.",
        )
    return ClassSummary(exports, faults)


def misconception_rows(exports: Sequence[Export]) -> list[dict[str, Any]]:
    """Every misconception that somebody showed, the most widespread first."""
    learners, solved, tried = Counter(), Counter(), Counter()
    for export in exports:
        for id, one in export.exercises.items():
            tried[id] += 1
            learners.update((id, name) for name in one["misconceptions"])
            solved.update((id, name) for name in one["misconceptions"] if one["solved"])
    ranked = sorted(learners, key=lambda key: (-learners[key], key))
    return [
        {
            "Misconception": name,
            "Exercise": id,
            "Learners": learners[id, name],
            "Of those who tried %": round(100 * learners[id, name] / tried[id]),
            "Solved it since": solved[id, name],
        }
        for id, name in ranked
    ]


def exercise_rows(exports: Sequence[Export]) -> list[dict[str, Any]]:
    """Every exercise that somebody tried, in order: how many tried and solved it, with how many tries."""
    rows = []
    for id in sorted({id for export in exports for id in export.exercises}):
        tried = [export.exercises[id] for export in exports if id in export.exercises]
        tries = [one["tries"] for one in tried if one["solved"]]
        rows.append(
            {
                "Exercise": id,
                "Tried": len(tried),
                "Solved": len(tries),
                "Tries until solved (median)": f"{median(tries):g}" if tries else "–",
            }
        )
    return rows


def draw(exports: Sequence[Export]):
    """The heat map: a row an exercise, its misconceptions from the most widespread on.

    Raises: BertlabError when nobody showed a misconception.
    """
    from bertlab.views.heatmap import draw_heatmap

    cells: dict[str, list] = {}
    for row in misconception_rows(exports):
        cell = (row["Misconception"], row["Of those who tried %"] / 100, row["Learners"])
        cells.setdefault(row["Exercise"], []).append(cell)
    kept = [(id, found[:SHOWN]) for id, found in sorted(cells.items())]
    width = max((len(found) for _, found in kept), default=0)
    ranks = ["most frequent", "second", "third", "fourth", "fifth"][:width]
    return draw_heatmap(kept, ranks)


def html(summary: ClassSummary, picture: bytes | None) -> str:
    """A page with the heat map, both tables and the files that were skipped; it needs no other file."""
    exports, faults = summary
    parts = [f"<h1>A class of {len(exports)}</h1>"]
    parts += [f"<p>Skipped: {escape(fault)}.</p>" for fault in faults]
    misconceptions = misconception_rows(exports)
    if picture is not None:
        alt = (
            "Heat map: exercises down, their misconceptions across, the most frequent first; the share of "
            "those who tried. The table below has the same numbers."
        )
        data = base64.b64encode(picture).decode("ascii")
        parts.append(f'<img alt="{alt}" src="data:image/png;base64,{data}" style="max-width:100%">')
        parts.append(table(misconceptions, "Misconceptions, the most widespread first").html)
    else:
        parts.append("<p>Nobody has shown a misconception.</p>")
    tried = exercise_rows(exports)
    parts.append(
        table(tried, "Exercises").html if tried else "<p>Nobody has tried an exercise.</p>"
    )
    style = "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Class summary</title>'
        f"<style>{style}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )
