"""What a learner did, in one JSON file on their own machine. Nothing here is ever sent anywhere.

The file is replaced whole and atomically, so a crash leaves the old one or the new one. A file that
no longer reads as ours is set aside under another name, with a message, and a new one is begun.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bertlab.files import atomic_write


def learner_file() -> Path:
    """Where the record lives: in `$BERTLAB_HOME` if set, else in the platform's data folder."""
    home = os.environ.get("BERTLAB_HOME")
    if not home:
        import platformdirs

        home = platformdirs.user_data_dir("bertlab", appauthor=False)
    return Path(home) / "learner.json"


def read() -> dict[str, Any]:
    """The record: `predictions` by identifier, and the list of `attempts` in order of time.

    A missing file reads as an empty record; a damaged one is set aside first.
    """
    path = learner_file()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _empty()
    except OSError as error:
        _say(f"{path} could not be read ({error.strerror}); going on without it.")
        return _empty()
    except ValueError:  # half a JSON text, or bytes that are not UTF-8
        found = None
    if _sound(found):
        return found
    _set_aside(path)
    return _empty()


def record_prediction(id: str, answer: str, confidence: float, late: bool) -> None:
    """Keep a committed prediction; `late` when its answer had been shown before."""
    record = read()
    entry = {"answer": answer, "confidence": confidence, "late": late, "time": _now()}
    record["predictions"][id] = entry
    _write(record)


def record_attempt(id: str, outcome: str, misconception: str | None = None) -> None:
    """Keep one attempt at an exercise: "right", "wrong" or "stopped", and what it showed."""
    record = read()
    entry = {"id": id, "outcome": outcome, "misconception": misconception, "time": _now()}
    record["attempts"].append(entry)
    _write(record)


def _write(record: dict) -> None:
    path = learner_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError as error:  # a full or read-only disk must not end the lesson
        _say(f"{path} could not be written ({error.strerror}); this answer was not kept.")


def _empty() -> dict[str, Any]:
    return {"version": 1, "predictions": {}, "attempts": []}


def _sound(found: Any) -> bool:
    if not isinstance(found, dict) or found.get("version") != 1:
        return False
    predictions, attempts = found.get("predictions"), found.get("attempts")
    return (
        isinstance(predictions, dict)
        and isinstance(attempts, list)
        and all(_has(p, "answer", "confidence", "late") for p in predictions.values())
        and all(_has(a, "id", "outcome", "misconception") for a in attempts)
    )


def _has(entry: Any, *keys: str) -> bool:
    return isinstance(entry, dict) and all(key in entry for key in keys)


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    try:
        os.replace(path, aside)
    except OSError as error:
        _say(f"{path} is damaged and could not be set aside ({error.strerror}).")
        return
    _say(f"{path} was damaged. It is kept as {aside.name}; a new record is begun.")


def _say(message: str) -> None:
    print(f"bertlab: {message}", file=sys.stderr)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
