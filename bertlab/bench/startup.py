"""What a reader waits for: `import bertlab`, the first cell of each lesson, a view's answer.

The first two in fresh processes, the answers in this one.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

IMPORT_LIMIT, CELL_LIMIT, ANSWER_LIMIT = 0.05, 3.0, 0.1  # seconds

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


def answers(rounds: int = 7) -> list[tuple[str, float]]:
    """The median time that each view with a model or a tokenizer behind it takes to answer a change."""
    from bertlab.models.loading import load
    from bertlab.text import tokenizer
    from bertlab.views.aligner import Aligner
    from bertlab.views.attention import AttentionExplorer
    from bertlab.views.mixer import LayerMixer
    from bertlab.views.timeline import PipelineTimeline

    names = ("spacy", "punkt+words", "wordpiece")
    aligner = Aligner("warm", {name: tokenizer(name) for name in names}).widget()
    explorer = AttentionExplorer(*load("bertlab-mini"), "warm").widget()
    mixer, timeline = LayerMixer(load("bertlab-elmo")[0]).widget(), PipelineTimeline().widget()

    def asked(change: Callable[[int], None]) -> float:
        taken = []
        for number in range(rounds + 1):  # the first is a warm-up
            begun = time.perf_counter()
            change(number)
            taken.append(time.perf_counter() - begun)
        return statistics.median(taken[1:])

    said = "She can't, won't and needn't wait. " * 5
    changes = {
        f"{len(said)} characters, three tokenizers": lambda n: setattr(
            aligner, "text", said + str(n)
        ),
        "attention over a new sentence": lambda n: setattr(
            explorer, "sentence", "a dog " * (n + 8)
        ),
        "a slider of ELMo's layers": lambda n: setattr(mixer, "weights", [0.0, n / 10, 1.0]),
        "a slider of the timeline": lambda n: setattr(timeline, "make", 5.0 * n),
    }
    return [(f"a view's answer: {what}", asked(change)) for what, change in changes.items()]


def startup(device: str = "cpu", quick: bool = False) -> dict:
    """A line for the import, one a lesson, one a view: seconds, and whether it keeps its limit.

    A lesson's kernel takes about another two thirds of a second to start.
    """
    import bertlab

    notebooks = Path(bertlab.__file__).parents[1] / "notebooks"  # beside the package, in a clone
    rounds = 1 if quick else 5
    found = [("import bertlab", seconds("import bertlab", 2 * rounds + 1), IMPORT_LIMIT)]
    for path in sorted(notebooks.glob("[0-9]*.ipynb")):
        name = f"first cell of {path.stem}"
        found.append((name, seconds(first_cell(path), rounds, path.parent), CELL_LIMIT))
    found += [(what, took, ANSWER_LIMIT) for what, took in answers()]
    return {
        "name": "start-up",
        "rows": [
            {"what": what, "seconds": round(took, 4), "limit": limit, "kept": took < limit}
            for what, took, limit in found
        ],
    }
