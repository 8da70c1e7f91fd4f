"""What `bertlab progress` and `bertlab class summarize` print and write."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bertlab.teaching import classroom, store
from bertlab.teaching.calibration import calibrate
from bertlab.teaching.export import export, write_export
from bertlab.teaching.standing import rows, standings, summary


def progress(target: Path | None, name: str | None) -> None:
    """Print the learner's progress, or write it to `target` as an export."""
    record = store.read()
    console = _console()
    if target is not None:
        write_export(target, export(record, name))
        named = f"your name ({name})" if name else "no name"
        console.print(
            f"{target} has {named}, numbers of tries and misconceptions, and nothing else."
        )
        return
    found = standings(record)
    console.print(_table("Your progress", map(_short, rows(found))))
    console.print(summary(found))
    again = [f"  {one.lesson.number}: {name}" for one in found for name in one.again]
    if again:
        console.print("\n".join(["Look again at", *again]))
    judged = calibrate(record["predictions"])
    if judged.bins:
        console.print(_table("How sure you were, and how often right", judged.rows()))
    console.print(judged.words())
    console.print(f"Kept in {store.learner_file()}; sent nowhere.")


def summarize(folder: Path, output: Path) -> None:
    """Print a class's misconceptions and write `class.html` and `class.png` into `output`.

    Raises: BertlabError when the folder has no export.
    """
    from bertlab.files import atomic_write
    from bertlab.views.figures import png

    seen = classroom.read_class(folder)
    misconceptions = classroom.misconception_rows(seen.exports)
    picture = png(classroom.draw(seen.exports)) if misconceptions else None
    output.mkdir(parents=True, exist_ok=True)
    if picture is not None:
        with atomic_write(output / "class.png") as temporary:
            temporary.write_bytes(picture)
    with atomic_write(output / "class.html") as temporary:
        temporary.write_text(classroom.html(seen, picture), encoding="utf-8")
    console = _console()
    console.print(f"A class of {len(seen.exports)}")
    if misconceptions:
        console.print(_table("Misconceptions, the most widespread first", misconceptions))
    if tried := classroom.exercise_rows(seen.exports):
        console.print(_table("Exercises", tried))
    for fault in seen.faults:
        console.print(f"Skipped: {fault}.")
    console.print(f"{output / 'class.html'} has the heat map and the tables.")


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for a narrow terminal: state and exercises in one column, misconceptions elsewhere."""
    solved = f"{row['State'][0]} {row['Solved']}"
    kept = {key: row[key] for key in ("Lesson", "After", "Predictions")}
    return kept | {"Solved": solved}


def _console():
    from rich.console import Console

    return Console(highlight=False, markup=False, soft_wrap=True)


def _table(title: str, lines: Iterable[Mapping[str, Any]]):
    from rich.table import Table
    from rich.text import Text

    lines = list(lines)
    table = Table(*lines[0], title=title, title_justify="left")
    for line in lines:
        table.add_row(*(Text(str(value)) for value in line.values()))
    return table
