"""Commands for the lessons: `lab`, `run`, `start`, `test`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from bertlab.errors import BertlabError


def lab(
    context: typer.Context,
    lesson: Annotated[str, typer.Argument(help="such as 03; the first for none")] = "",
):
    """Open JupyterLab on a lesson: on this machine only, token kept.

    Options that JupyterLab knows are passed on, such as --no-browser or --port=8890.
    """
    from bertlab.notebooks import course_root, find_notebooks

    root = course_root()
    if lesson.startswith("-"):  # an option of JupyterLab's in the lesson's place
        context.args.insert(0, lesson)
        lesson = ""
    path = find_notebooks([lesson] if lesson else [])[0]
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    command += [f"--LabApp.default_url=/lab/tree/{path.relative_to(root).as_posix()}"]
    command += ["--ServerApp.ip=127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")  # containers run as root
    _hand_over(command + context.args, root)


def run(
    lessons: Annotated[list[str] | None, typer.Argument(help="such as 01 03; all for none")] = None,
    timeout: Annotated[float, typer.Option(help="seconds a cell may take")] = 600,
    record: Annotated[
        bool, typer.Option("--record", help="write results/lesson_runs.json")
    ] = False,
):
    """Run lessons without a browser; nothing is stored in them.

    Shows seconds and peak memory for each lesson, and the failing cell of one that fails.
    """
    import tempfile

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from bertlab.notebooks import execute, find_notebooks, private_home

    paths = find_notebooks(lessons or [])
    console = Console(highlight=False)
    failures, runs = [], {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        for path in paths:
            bar = progress.add_task(path.stem, total=None)
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
                environment = {**os.environ, **private_home(Path(home))}
                done = execute(path, environment, _advance(progress, bar), timeout)
            progress.remove_task(bar)
            word = "[red]failed[/]" if done.failure else "[green]ran[/]"
            memory = f"{done.peak_bytes / 2**20:5.0f} MiB"
            console.print(f"{path.stem:32} {done.seconds:6.1f} s  {memory}  {word}", soft_wrap=True)
            if done.failure:
                failures.append((path, done.failure))
            else:
                runs[path.stem] = (done.seconds, done.peak_bytes)
    if record:
        from bertlab.build.instructor import record_runs

        record_runs(runs)
    for path, failure in failures:
        console.rule(f"{path.name}, cell {failure.index}")
        console.print(failure.source, markup=False)
        console.print(_last_lines(failure.error), markup=False)
    raise typer.Exit(1 if failures else 0)


def _advance(progress, bar):
    return lambda done, total: progress.update(bar, completed=done, total=total)


def _last_lines(error: str, lines: int = 25) -> str:
    """The end of a traceback without its colours."""
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m", "", error).strip()
    return "\n".join(plain.splitlines()[-lines:])


def start(
    lesson: Annotated[str, typer.Argument(help="such as 01")],
    again: Annotated[bool, typer.Option("--again", help="one more copy beside the first")] = False,
):
    """Make a working copy of a lesson in work/, with its outputs cleared.

    git ignores that folder, so updating the course never collides with your edits. A copy that is
    there is never overwritten.
    """
    import nbformat

    from bertlab.files import atomic_write
    from bertlab.notebooks import course_root, find_notebooks

    source = find_notebooks([lesson])[0]
    folder = course_root() / "work"
    folder.mkdir(exist_ok=True)
    target, number = folder / source.name, 1
    while again and target.exists():
        number += 1
        target = folder / f"{source.stem}-{number}.ipynb"
    if target.exists():
        print(f"{target} is there already and stays as it is; --again makes one more.")
        return
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with atomic_write(target) as temporary:
        nbformat.write(notebook, temporary)
    print(f"{target} is yours to change; bertlab lab {target.relative_to(folder.parent)} opens it.")


def test(context: typer.Context):
    """Run the unit tests and compare every lesson with its stored outputs.

    Options that pytest knows are passed on, such as -x or -k punkt.
    """
    import importlib.util

    from bertlab.notebooks import course_root

    for name in ("pytest", "nbval", "xdist"):
        if importlib.util.find_spec(name) is None:
            raise BertlabError(
                f"no {name}",
                "the packages of the extra `test`",
                "python -m pip install -c requirements.lock -e '.[test]'",
            )
    workers = min(2, os.cpu_count() or 1)
    command = [sys.executable, "-m", "pytest", f"-n{workers}", "-q"]
    command.append("--ignore=tests/browser")  # `make browser`: needs Chromium and its time
    _hand_over(command + context.args, course_root())


def _hand_over(command: list[str], folder: Path):
    """Run `command` in `folder` and end with its status.

    Ctrl-C reaches the child by itself; Jupyter then asks whether to stop, so we wait for its end.
    """
    child = subprocess.Popen(command, cwd=folder)
    while True:
        try:
            raise typer.Exit(child.wait())
        except KeyboardInterrupt:
            continue
