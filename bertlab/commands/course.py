"""Commands for the course as a whole: `claims`, `progress`, `class summarize`, `build`."""

from pathlib import Path
from typing import Annotated

import typer


def claims(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="such as 01, or a notebook; all for none")
    ] = None,
    uncovered: Annotated[
        bool, typer.Option("--uncovered", help="list what no claim, output or source covers")
    ] = False,
    counts: Annotated[
        bool, typer.Option("--counts", help="numbers of claims, exercises, predictions, …")
    ] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="judge every right and wrong answer of every exercise")
    ] = False,
    markdown: Annotated[Path | None, typer.Option(help="write the page into this file")] = None,
):
    """List every claim of the lessons: what holds, expected, measured, verdict, source.

    After the claims come the statements of the course's source notes, each with its verdict.
    """
    from bertlab.notebooks import course_root, find_notebooks
    from bertlab.teaching import claims_command

    paths = find_notebooks(lessons or [])
    raise typer.Exit(claims_command.main(course_root(), paths, uncovered, counts, prove, markdown))


def progress(
    export: Annotated[
        Path | None, typer.Option(help="write a file to hand in: counts, no answers")
    ] = None,
    name: Annotated[str | None, typer.Option(help="put your name into that file")] = None,
):
    """Show what you have solved, what to look at again, and how well you judged your certainty."""
    from bertlab.teaching import progress_command

    progress_command.progress(export, name)


def summarize(
    folder: Annotated[Path, typer.Argument(help="the exports of a class, *.json")],
    output: Annotated[Path, typer.Option(help="folder for class.html and class.png")] = Path("."),
):
    """Show which misconceptions a class has, from the files its learners handed in."""
    from bertlab.teaching import progress_command

    progress_command.summarize(folder, output)


def build(
    kind: Annotated[
        str, typer.Argument(help="student, instructor, slides, site, handout or all")
    ] = "all",
    out: Annotated[Path, typer.Option(help="folder for what is made")] = Path("out"),
):
    """Make what is handed out, from the lessons as they are stored: nothing runs, all is offline."""
    from bertlab.build import make

    for made in make(kind, out):
        print(f"{made.kind:10} {made.seconds:6.1f} s  {made.folder}: {made.what}", flush=True)
