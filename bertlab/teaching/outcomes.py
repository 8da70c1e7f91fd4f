"""What a call came to, as plain data that two calls can be compared by."""

import math
import re
import reprlib
from itertools import islice
from typing import Any, NamedTuple

LONGEST = 1_000_000  # items taken from an iterator: enough for any probe, an end for endless ones


class Outcome(NamedTuple):
    """The result of one call.

    kind: "value", "error" (it raised), "endless" (no answer in time), "memory" (asked for too
    much), "died" (took its process down) or "not run" (an earlier call ended the run).
    value: for "value" the result as plain data, for "error" the exception's name.
    detail: for "error" its message.
    """

    kind: str
    value: Any = None
    detail: str = ""

    def __str__(self) -> str:
        if self.kind == "value":
            return brief(self.value)
        if self.kind == "error":
            return f"{self.value}: {self.detail}" if self.detail else str(self.value)
        return _WORDS[self.kind]


_WORDS = {
    "endless": "no answer, it was still running when its time was up",
    "memory": "no answer, it asked for more memory than a check allows",
    "died": "no answer, it took its Python process down",
    "not run": "not run",
}


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxlist = _SHORT.maxtuple = 12
_SHORT.maxdict = _SHORT.maxset = 8


class Endless(Exception):
    """Raised by a banked wrong answer in place of the loop that a learner's would never leave."""


def to_plain(value: Any) -> Any:
    """`value` in lists, dicts, numbers and strings: arrays by `tolist`, iterators read out."""
    if hasattr(value, "tolist") and not isinstance(value, type):
        return to_plain(value.tolist())  # NumPy arrays and scalars, torch tensors
    if isinstance(value, bool | int | float | complex | str | bytes) or value is None:
        return value
    if isinstance(value, dict):
        return {to_key(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return frozenset(to_key(item) for item in value)
    if isinstance(value, list | tuple | range) or hasattr(value, "__next__"):
        return [to_plain(item) for item in islice(value, LONGEST)]
    return brief(value)  # a Doc, a model, a function: compared by what it prints


def to_key(value: Any) -> Any:
    """`value` as plain data that a set or a dict can hold."""
    found = to_plain(value)
    return tuple(map(to_key, found)) if isinstance(found, list) else found


def same(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    """Whether two results mean the same: numbers within `tolerance`, a list and a tuple alike."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    if isinstance(a, float) or isinstance(b, float):
        if not (isinstance(a, int | float) and isinstance(b, int | float)):
            return False
        near = math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
        return near or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and a == b or _numbers(a, b) and a == b


def alike(a: Outcome, b: Outcome, tolerance: float = 1e-6) -> bool:
    """Whether two calls came to the same: equal values, or the same kind of failure."""
    return a.kind == b.kind and (a.kind != "not run") and same(a.value, b.value, tolerance)


def brief(value: Any) -> str:
    """`value` in at most a line, without memory addresses."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", _SHORT.repr(value))


def _numbers(a: Any, b: Any) -> bool:
    return isinstance(a, bool | int | complex) and isinstance(b, bool | int | complex)
