"""What a reader waits for: `import bertlab`, and the first cell of each lesson, in fresh processes."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

IMPORT_LIMIT, CELL_LIMIT = 0.05, 3.0  # seconds

_CLOCK = "import time; begun = time.perf_counter()\n{}\nprint(time.perf_counter() - begun)"


def seconds(source: str, rounds: int = 1, folder: Path | None = None) -> float:
    """The median time of a source in a fresh interpreter, without the interpreter's own start."""
    taken = []
    for _ in range(rounds):
        answer = subprocess.run(
            [sys.executable, "-c", _CLOCK.format(source)],
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
            check=True,
        )
        taken.append(float(answer.stdout.splitlines()[-1]))
    return statistics.median(taken)


def first_cell(notebook: Path) -> str:
    """The source of a notebook's first code cell."""
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    return next(cell.source for cell in cells if cell.cell_type == "code")


def startup(device: str = "cpu", quick: bool = False) -> dict:
    """A line for the import and one a lesson: seconds, and whether it keeps its limit.

    A lesson's kernel takes about another two thirds of a second to start.
    """
    import bertlab

    notebooks = Path(bertlab.__file__).parents[1] / "notebooks"  # beside the package, in a clone
    rounds = 1 if quick else 5
    found = [("import bertlab", seconds("import bertlab", 2 * rounds + 1), IMPORT_LIMIT)]
    for path in sorted(notebooks.glob("[0-9]*.ipynb")):
        name = f"first cell of {path.stem}"
        found.append((name, seconds(first_cell(path), rounds, path.parent), CELL_LIMIT))
    return {
        "name": "start-up",
        "rows": [
            {"what": what, "seconds": round(took, 3), "limit": limit, "kept": took < limit}
            for what, took, limit in found
        ],
    }
