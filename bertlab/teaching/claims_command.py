"""What `bertlab claims` prints: the claims page, the counts, or what nothing covers."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bertlab.teaching import page


def main(
    root: Path, paths: Sequence[Path], uncovered: bool, counts: bool, markdown: Path | None
) -> int:
    """Print what is asked for, the claims of the notebooks at `paths` otherwise; the exit status.

    The status is 1 when `uncovered` finds something.
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
