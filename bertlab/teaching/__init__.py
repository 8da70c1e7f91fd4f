"""What lessons are made of: claims, predictions, exercises, recaps, and the package's own source."""

import importlib

_HOME = {
    "ClaimFailed": "bertlab.teaching.claims",
    "at_least": "bertlab.teaching.expectations",
    "below": "bertlab.teaching.expectations",
    "between": "bertlab.teaching.expectations",
    "claim": "bertlab.teaching.claims",
    "collect_claims": "bertlab.teaching.collect",
    "course_map": "bertlab.teaching.course",
    "equals": "bertlab.teaching.expectations",
    "exercise": "bertlab.teaching.exercises",
    "predict": "bertlab.teaching.predictions",
    "progress": "bertlab.teaching.standing",
    "recap": "bertlab.teaching.recaps",
    "reveal": "bertlab.teaching.predictions",
    "show": "bertlab.teaching.source",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'bertlab.teaching' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
