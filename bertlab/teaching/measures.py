"""What each claim measured when its lesson was last stored, kept beside the lessons in `results/`.

A stored notebook shows verdicts only, which are the same on every machine. The figures behind them differ
from run to run, so they live in a file of their own, which the claims page reads: none is written by hand.
"""

import json
import os
from pathlib import Path

from bertlab.files import atomic_write

VARIABLE = "BERTLAB_MEASURES"  # where a run that is stored collects what its claims measure
FILE = Path("results") / "claims.json"


def stored_run() -> bool:
    """Whether this run will be stored, as `python -m bertlab.notebooks` does."""
    return VARIABLE in os.environ


def note(id: str, measured: float | bool | str) -> None:
    """Append one measurement to the file that `$BERTLAB_MEASURES` names, if a run set it."""
    if path := os.environ.get(VARIABLE):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps([id, measured]) + "\n")


def noted(path: Path) -> dict[str, float | bool | str]:
    """What the claims of one run measured: numbers to four digits; of one that ran twice the last."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {id: _brief(value) for id, value in map(json.loads, lines)}


def stored(root: Path) -> dict[str, float | bool | str]:
    """Identifier → measurement of every claim, from the course's folder; empty without the file."""
    path = root / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def store(root: Path, new: dict[str, float | bool | str], replace: bool) -> None:
    """Keep what the claims of a lesson measured, `new`, in place of what is kept of that lesson.

    Without `replace` a claim that is there already keeps its figure, so that storing an unchanged
    lesson again changes no byte. Where there is no folder `results` nothing is kept.
    """
    before = stored(root)
    lessons = {id[:2] for id in new}
    after = {id: value for id, value in before.items() if id[:2] not in lessons}
    after |= {id: value if replace else before.get(id, value) for id, value in new.items()}
    if after != before and (root / FILE).parent.is_dir():
        with atomic_write(root / FILE) as temporary:
            text = json.dumps(dict(sorted(after.items())), indent=1, ensure_ascii=False) + "\n"
            temporary.write_text(text, encoding="utf-8", newline="\n")


def _brief(value: float | bool | str) -> float | bool | str:
    if isinstance(value, bool | str):
        return value
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded
