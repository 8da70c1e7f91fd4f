"""Figures and interactive views. Every one leaves a deterministic text or HTML twin in the notebook.

`present` shows a matplotlib figure with its alt text and its numbers; `LiveView` is the base of views
that move while a kernel runs; `figure` and `PALETTE` give the house style.
"""

import importlib

_HOME = {
    "LiveView": "bertlab.views.base",
    "Markup": "bertlab.views.base",
    "PALETTE": "bertlab.views.style",
    "figure": "bertlab.views.style",
    "live": "bertlab.views.base",
    "present": "bertlab.views.figures",
    "table": "bertlab.views.base",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'bertlab.views' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
