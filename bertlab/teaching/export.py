"""A learner's progress as a file to hand in: JSON, and nothing personal in it unless a name is given."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.teaching.calibration import calibrate
from bertlab.teaching.standing import misconceptions

FORMAT = 1
LARGEST = 2**22  # bytes; an export of the whole course has some ten thousand


@dataclass(frozen=True)
class Export:
    """What one learner handed in. `exercises`: identifier → tries, solved, misconceptions (name → times)."""

    label: str  # the name given, else the file's
    exercises: dict[str, dict[str, Any]]
    predictions: dict[str, Any]


def export(record: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """The export of a learner's record: counts only, no answers, no times of day."""
    exercises: dict[str, dict[str, Any]] = {}
    for attempt in record["attempts"]:
        one = exercises.setdefault(
            attempt["id"], {"tries": 0, "solved": False, "misconceptions": {}}
        )
        one["tries"] += not one["solved"]  # tries after the first right answer are play
        one["solved"] |= attempt["outcome"] == "right"
    for (id, misconception), times in misconceptions(record).items():
        exercises[id]["misconceptions"][misconception] = times
    judged = calibrate(record["predictions"])
    return {
        "bertlab_progress": FORMAT,
        **({"name": name} if name else {}),
        "exercises": dict(sorted(exercises.items())),
        "predictions": {
            "made": judged.made,
            "scored": judged.scored,
            "right": judged.right,
            "brier": round(judged.brier, 4) if judged.scored else None,
        },
    }


def write_export(path: Path, exported: dict[str, Any]) -> None:
    """Write an export atomically. Raises: OSError when the folder cannot be written."""
    with atomic_write(path) as temporary:
        text = json.dumps(exported, indent=1, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")


def read_export(path: Path) -> Export:
    """The export in the file at `path`.

    Raises: BertlabError, which names the file and the fault, when it is none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path.stat().st_size:,} bytes, far more than an export has")
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        return _checked(found, path.stem)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise BertlabError(
            f"{path.name}, which is no export ({reason})",
            "a file that `bertlab progress --export FILE` wrote",
            "Ask for it again.",
        ) from None


def _checked(found: Any, stem: str) -> Export:
    if found["bertlab_progress"] != FORMAT:
        raise ValueError(f"format {found['bertlab_progress']!r}, not {FORMAT}")
    name = found.get("name", stem)
    if not isinstance(name, str):
        raise TypeError("a name that is no text")
    exercises = {}
    for id, one in found["exercises"].items():
        shown = {str(key): _count(times) for key, times in one["misconceptions"].items()}
        if not isinstance(one["solved"], bool):
            raise TypeError(f"{id} is neither solved nor not")
        tries = _count(one["tries"])
        exercises[id] = {"tries": tries, "solved": one["solved"], "misconceptions": shown}
    predictions = found["predictions"]
    kept = {key: _count(predictions[key]) for key in ("made", "scored", "right")}
    brier = predictions["brier"]
    return Export(name, exercises, kept | {"brier": None if brier is None else float(brier)})


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} where a count should stand")
    return value
