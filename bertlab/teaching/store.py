"""What a learner did, in one JSON file on their own machine. Nothing here is ever sent anywhere.

The file is replaced whole and atomically, so a crash leaves the old one or the new one, and a copy of it
is kept beside it. A file that no longer reads as ours is set aside under another name, with a message; the
copy takes its place, or, where that is damaged too, a new record is begun.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bertlab.files import atomic_write

_STALE = 3600  # seconds after which a temporary file belongs to no running writer


def learner_file() -> Path:
    """Where the record lives: in `$BERTLAB_HOME` if set, else in the platform's data folder."""
    home = os.environ.get("BERTLAB_HOME")
    if not home:
        import platformdirs

        home = platformdirs.user_data_dir("bertlab", appauthor=False)
    return Path(home) / "learner.json"


def read() -> dict[str, Any]:
    """The record: `predictions` by identifier, and the list of `attempts` in order of time.

    A missing file reads as an empty record; a damaged one is set aside first, and its copy read.
    """
    path = learner_file()
    try:
        found = _parsed(path)
    except FileNotFoundError:
        return _empty()
    except OSError as error:
        _say(f"{path} could not be read ({error.strerror}); going on without it.")
        return _empty()
    return found if found is not None else _recovered(path)


def record_prediction(id: str, answer: str, confidence: float, late: bool) -> None:
    """Keep a committed prediction; `late` when its answer had been shown before."""
    record = read()
    entry = {"answer": answer, "confidence": confidence, "late": late, "time": _now()}
    record["predictions"][id] = entry
    _write(record)


def record_outcome(id: str, answer: str) -> None:
    """Keep whether a prediction was right, now that `answer` is told; nothing where none was made."""
    record = read()
    kept = record["predictions"].get(id)
    if kept is not None and kept.get("right") != (kept["answer"] == answer):
        kept["right"] = kept["answer"] == answer
        _write(record)


def record_attempt(id: str, outcome: str, misconception: str | None = None) -> None:
    """Keep one attempt at an exercise: "right", "wrong" or "stopped", and what it showed."""
    record = read()
    entry = {"id": id, "outcome": outcome, "misconception": misconception, "time": _now()}
    record["attempts"].append(entry)
    _write(record)


def _write(record: dict) -> None:
    path = learner_file()
    text = json.dumps(record, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for target in (path, _copy(path)):
            with atomic_write(target) as temporary:
                temporary.write_text(text, encoding="utf-8")
        _sweep(path)
    except OSError as error:  # a full or read-only disk must not end the lesson
        _say(f"{path} could not be written ({error.strerror}); this answer was not kept.")


def _copy(path: Path) -> Path:
    return path.with_name(f"{path.stem}.backup{path.suffix}")


def _sweep(path: Path) -> None:
    """Remove what writers that were killed have left half written."""
    for torso in path.parent.glob(f".{path.stem}.*.tmp"):
        if time.time() - torso.stat().st_mtime > _STALE:
            torso.unlink(missing_ok=True)


def _empty() -> dict[str, Any]:
    return {"version": 1, "predictions": {}, "attempts": []}


def _parsed(path: Path) -> dict[str, Any] | None:
    """The record at `path`; None when it is damaged. Raises: OSError when it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):  # half a JSON text, or bytes that are not UTF-8
        return None
    return found if _sound(found) else None


def _sound(found: Any) -> bool:
    if not isinstance(found, dict) or found.get("version") != 1:
        return False
    predictions, attempts = found.get("predictions"), found.get("attempts")
    return (
        isinstance(predictions, dict)
        and isinstance(attempts, list)
        and all(
            _has(p, answer=str, confidence=(int, float), late=bool) for p in predictions.values()
        )
        and all(_has(a, id=str, outcome=str, misconception=(str, type(None))) for a in attempts)
    )


def _has(entry: Any, **types: Any) -> bool:
    return isinstance(entry, dict) and all(
        key in entry and isinstance(entry[key], kind) for key, kind in types.items()
    )


def _recovered(path: Path) -> dict[str, Any]:
    """The copy's record where there is a sound one, else an empty one; `path` is set aside."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    try:
        os.replace(path, aside)
    except OSError as error:
        _say(f"{path} is damaged and could not be set aside ({error.strerror}).")
        return _empty()
    try:
        found = _parsed(_copy(path))
    except OSError:
        found = None
    if found is None:
        _say(f"{path} was damaged. It is kept as {aside.name}; a new record is begun.")
        return _empty()
    _say(f"{path} was damaged. It is kept as {aside.name}; its copy took its place.")
    _write(found)
    return found


def _say(message: str) -> None:
    print(f"bertlab: {message}", file=sys.stderr)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
