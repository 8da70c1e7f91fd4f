"""Student copies: the course without its solutions, in a folder that works like the repository.

The package rests on its solutions: a function that is not written yet falls back on one, and a
check compares with one. So they cannot be left out. They are *sealed*: the lesson files come
compressed, without source that Python could show, and `solution()` declines. A learner does not
come upon a solution by calling, printing or opening anything; who sets out to decode the files
can. No tests, no history, no instructor's material are in the folder.
"""

import base64
import shutil
import textwrap
import zlib
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import bertlab
from bertlab.normalise import dump
from bertlab.notebooks import course_root

_FILES = ("LICENSE", "LICENSE-lessons", "environment.yml", "pyproject.toml", "requirements.lock")


def build(paths: Sequence[Path], out: Path) -> str:
    """Write the folder of a student copy to `out`; returns what it holds, in words."""
    package = Path(bertlab.__file__).parent
    left_out = shutil.ignore_patterns("__pycache__", "build", "*.pyc")
    shutil.copytree(package, out / "bertlab", ignore=left_out)
    for path in sorted((out / "bertlab" / "teaching" / "lessons").glob("lesson*.py")):
        path.write_text(sealed(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    root = course_root()
    for name in _FILES:
        shutil.copy(root / name, out)
    (out / "README.md").write_text(_README, encoding="utf-8", newline="\n")
    (out / "notebooks").mkdir()
    for path in paths:
        text = dump(cleared(nbformat.read(path, as_version=4)))
        (out / "notebooks" / path.name).write_text(text, encoding="utf-8", newline="\n")
    return f"{len(paths)} lessons without outputs, and the package with sealed solutions"


def cleared(notebook: NotebookNode) -> NotebookNode:
    """The notebook without outputs and counts: a prediction comes before its measured answer."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def sealed(source: str) -> str:
    """A lesson file that does what `source` does, except that its exercises keep their solutions."""
    packed = base64.b85encode(zlib.compress(source.encode("utf-8"), 9)).decode("ascii")
    return _SEALED.format(packed="\n".join(textwrap.wrap(packed, 96)))


_SEALED = '''"""Exercises and recap of a student copy. Your instructor has the solutions."""

import base64
import zlib
from dataclasses import replace

_PACKED = """
{packed}
"""
exec(compile(zlib.decompress(base64.b85decode("".join(_PACKED.split()))), "sealed", "exec"))
EXERCISES = [replace(exercise, solution_source=None, sealed=True) for exercise in EXERCISES]
'''

_README = """# bertlab, student copy

You need Python 3.11, 3.12 or 3.13. In this folder:

    python3 -m venv .venv
    .venv/bin/python -m pip install -c requirements.lock -e .
    .venv/bin/bertlab lab

On Windows write `py -3.12` for `python3` and `.venv\\Scripts\\` for `.venv/bin/`. The last line opens
JupyterLab on the first lesson; `bertlab lab 01` opens the next. If anything is amiss, `bertlab doctor`
says what and what to do.

Exercises check what you write, name the misunderstanding if they know it, and have three hints each.
Solutions are with your instructor. What you answer stays on your machine.

Code and weights: Apache License 2.0 (`LICENSE`). Prose, and the text that ships: CC BY 4.0
(`LICENSE-lessons`).
"""
