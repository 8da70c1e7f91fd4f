"""Instructor copies: the lessons as stored, with what to expect after each exercise."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from bertlab import markdown
from bertlab.build.answers import answer, exercises_in, recap_answers
from bertlab.files import atomic_write
from bertlab.normalise import dump
from bertlab.notebooks import course_root
from bertlab.teaching.course import LESSONS

RUNS = "lesson_runs.json"  # in results/, written by `bertlab run --record`


def build(paths: Sequence[Path], out: Path) -> str:
    """Write an annotated copy of each lesson to `out`; returns what that is, in words."""
    runs = measured_runs(course_root() / "results" / RUNS)
    answered = 0
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        answered += sum(map(len, exercises_in(notebook).values()))
        text = dump(annotated(notebook, path.stem, runs))
        (out / path.name).write_text(text, encoding="utf-8", newline="\n")
    return f"{len(paths)} lessons with the answers to {answered} exercises"


def annotated(notebook: NotebookNode, stem: str, runs: dict) -> NotebookNode:
    """The notebook with a plan under its head, answers after its exercises and recap at its end."""
    ends = exercises_in(notebook)
    cells = []
    for index, cell in enumerate(notebook.cells):
        cells.append(cell)
        for exercise in ends.get(index, []):
            cells.append(_note(answer(exercise), f"{stem[:40]}-{exercise.id}"))
    plan = lesson_plan(stem, [one for found in ends.values() for one in found], runs)
    cells.insert(1, _note(plan, f"{stem[:50]}-plan"))
    if recap := recap_answers(stem[:2]):
        cells.append(_note(f"**Answers to the recap**\n\n{recap}", f"{stem[:50]}-recap"))
    return nbformat.from_dict({**notebook, "cells": cells})


def lesson_plan(stem: str, exercises: list, runs: dict) -> str:
    """How long the lesson takes: planned for reading, measured for running, by exercise."""
    lines = ["**Plan for the instructor**", ""]
    planned = next((one.minutes for one in LESSONS if one.number == stem[:2]), None)
    if planned:
        lines.append(f"- A first reading, planned: {planned} minutes.")
    if stem in runs:
        found = runs[stem]
        lines.append(
            f"- Running every cell, measured: {found['seconds']:.0f} seconds, "
            f"{found['mib']} MiB of memory ({found['machine']}, {found['date']})."
        )
    if exercises:
        minutes = sum(one.minutes for one in exercises)
        lines.append(f"- Its {len(exercises)} exercises, planned: {minutes} minutes.")
        rows = [
            {"exercise": e.id, "title": e.title, "difficulty": e.difficulty, "minutes": e.minutes}
            for e in exercises
        ]
        lines += ["", markdown.table(rows)]
    return "\n".join(lines)


def measured_runs(path: Path) -> dict:
    """What `record_runs` has written; empty where nothing is recorded."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def record_runs(runs: dict[str, tuple[float, int]]) -> None:
    """Keep how long lessons ran, and their peak of memory: stem → (seconds, bytes).

    Lessons that are not in `runs` keep what was recorded of them.
    """
    from datetime import date

    path = course_root() / "results" / RUNS
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    rows = {
        stem: {
            "seconds": round(seconds, 1),
            "mib": round(peak / 2**20),
            "machine": machine,
            "date": date.today().isoformat(),
        }
        for stem, (seconds, peak) in runs.items()
    }
    text = json.dumps(dict(sorted({**measured_runs(path), **rows}.items())), indent=1)
    with atomic_write(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _note(text: str, id: str) -> NotebookNode:
    """A Markdown cell that is set off from the lesson's own."""
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return new_markdown_cell(quoted, id=id[:64], metadata={"tags": ["instructor"]})
