"""What a claim expects of a measurement: a test, and the same in words."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bertlab.errors import BertlabError

Measured = bool | int | float | str


@dataclass(frozen=True)
class Expectation:
    """`text` reads after "expected"; `holds` tells whether a measurement fits."""

    text: str
    holds: Callable[[Measured], bool]

    def __str__(self) -> str:
        return self.text


def at_least(bound: float) -> Expectation:
    """`bound` or more."""
    return Expectation(f"at least {number(bound)}", lambda x: _real(x) >= bound)


def below(bound: float) -> Expectation:
    """Less than `bound`; `bound` itself does not fit."""
    return Expectation(f"below {number(bound)}", lambda x: _real(x) < bound)


def between(low: float, high: float) -> Expectation:
    """From `low` to `high`, both included.

    Raises: BertlabError when `low` exceeds `high`.
    """
    text = f"between {number(low)} and {number(high)}"
    if low > high:
        raise BertlabError(f"the range {text}", "the lower bound first", "Exchange the two.")
    return Expectation(text, lambda x: low <= _real(x) <= high)


def equals(value: Measured, *, rel: float = 0.0, abs: float = 0.0) -> Expectation:
    """`value` itself; a number also within `rel` (a share of `value`) or `abs` of it.

    A bool fits a bool only, a string a string, a number a number.

    Raises: BertlabError when a tolerance goes with a value that is no number.
    """
    if isinstance(value, bool | str):
        if rel or abs:
            raise BertlabError(
                f"a tolerance for {value!r}", "a tolerance for a number", "Leave it out."
            )
        return Expectation(f"exactly {value!r}", lambda x: type(x) is type(value) and x == value)
    text = f"exactly {number(value)}"
    if rel or abs:
        text = f"{number(value)}, give or take " + (f"{100 * rel:g} %" if rel else number(abs))
    return Expectation(text, lambda x: math.isclose(_real(x), value, rel_tol=rel, abs_tol=abs))


def number(value: float) -> str:
    """A number as prose writes it: `1,000,000`, `0.25`, `1e-05`."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


def _real(x: Measured) -> float:
    if isinstance(x, bool | str):
        raise BertlabError(
            f"{x!r}", "a number to compare with a bound", "Measure a number, or use equals()."
        )
    return x
