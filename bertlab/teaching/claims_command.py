"""What `bertlab claims` prints: the claims page, the counts, or what nothing covers."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bertlab.teaching import page


def main(
    root: Path,
    paths: Sequence[Path],
    uncovered: bool = False,
    counts: bool = False,
    prove: bool = False,
    markdown: Path | None = None,
) -> int:
    """Print what is asked for, the claims of the notebooks at `paths` otherwise; the exit status.

    The status is 1 when `uncovered` or `prove` finds something.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    if markdown is not None:
        from bertlab.files import atomic_write

        with atomic_write(markdown) as temporary:
            temporary.write_text(page.markdown(root), encoding="utf-8", newline="\n")
        console.print(f"{markdown} has the claims of the course.", markup=False)
    if counts:
        for name, number in page.counts(root).items():
            console.print(f"{name:42} {number:>8}")
    if prove:
        return int(not _prove(console))
    if uncovered:
        found = page.uncovered(root, paths)
        for finding in found:
            console.print(escape(str(finding)), soft_wrap=True)
        console.print(f"{len(found)} uncovered")
        return int(bool(found))
    if markdown is None and not counts:
        numbers = {path.name[:2] for path in paths}
        rows = [row for row in page.claim_rows(root) if row["Lesson"] in numbers]
        console.print(_claims(rows))
        if len(paths) == len(list((root / "notebooks").glob("*.ipynb"))):
            console.print(_notes(page.note_rows(root)))
    return 0


def _prove(console) -> bool:
    """Prove every exercise of the course, and print how many stood."""
    from bertlab.teaching.bank import lesson_bank, lessons_with_banks
    from bertlab.teaching.proof import faults

    proved = exercises = 0
    for number in lessons_with_banks():
        for exercise in lesson_bank(number)[0].values():
            found = faults(exercise)
            exercises, proved = exercises + 1, proved + (not found)
            for fault in found:
                console.print(fault, markup=False)
    console.print(f"{proved} of {exercises} exercises proved ({proved / exercises:.0%})")
    return proved == exercises


def _claims(rows: Sequence[page.Row]):
    lines = (
        (
            f"{row['Claim']}\n{row['Verdict']}, {row['Source']}",
            row["What holds"],
            f"{row['Expected']}\n{row['Measured'] or 'not recorded'}",
        )
        for row in rows
    )
    return _table("Claims", ("claim, verdict, source", "what holds", "expected, measured"), lines)


def _notes(rows: Sequence[page.Row]):
    lines = (
        (
            f"{row['The notes']}\n({row['On']})",
            f"{row['Verdict']}\n{row['Claims'].replace(', ', chr(10))}",
            row["What holds"],
        )
        for row in rows
    )
    return _table(
        "What the source notes say", ("the notes", "verdict, claims", "what holds"), lines
    )


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]):
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=title, title_justify="left", show_lines=True)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
