"""Claims: a sentence of the lesson bound to a measurement, so that prose cannot outlive the truth."""

import math
import sys
from typing import Any, Literal, get_args

from bertlab.errors import BertlabError
from bertlab.teaching import measures
from bertlab.teaching.expectations import Expectation, Measured
from bertlab.teaching.names import lesson_of
from bertlab.views.base import Markup, block, display, escape, prose

Source = Literal["notes", "paper", "ours"]
Verdict = Literal["confirmed", "corrected", "it depends"]
_SIGNS = {"confirmed": ("✔", "good"), "corrected": ("✎", "bad"), "it depends": ("≈", "ask")}


_OF_TIME = (
    "This time it came out otherwise: {}. A time depends on the machine and on what else it does; "
    "close other programs and run the cell again."
)


class ClaimFailed(AssertionError):
    """A measurement left the range that the lesson's prose relies on."""

    def __init__(self, id: str, statement: str, measured: Measured, expect: Expectation):
        self.id, self.statement, self.measured, self.expect = id, statement, measured, expect
        super().__init__(f"claim {id} ({statement}): measured {measured!r}, expected {expect}")

    def __reduce__(self):
        return type(self), (self.id, self.statement, self.measured, self.expect)


def claim(
    id: str,
    statement: str,
    *,
    measured: Any,
    expect: Expectation,
    source: Source,
    verdict: Verdict = "confirmed",
    show: str | None = None,
    timing: bool = False,
) -> None:
    """Compare a live measurement with what the prose says of it, and print the verdict.

    The printed line names the statement, the expectation and the source, never the measured
    number, so that it is the same on every machine; `show` adds a text that the author knows to
    be stable. `verdict` says what became of the source's own claim: `statement` is what holds,
    so a claim of the notes that turned out false is stated mended and marked "corrected".

    `measured` is one finite number, bool or string (NumPy and torch scalars count). `timing` says
    that it comes from a clock. Such a claim must hold where the lesson is stored; anywhere else it
    prints its verdict in any case, and where it does not hold, says so on stderr, which no test
    compares: a busy machine stops neither a learner nor CI.

    Raises: ClaimFailed when the measurement does not fit, of a time only in a run that is stored;
    BertlabError for anything that cannot be compared: NaN, None, an array, an unknown source or
    verdict.
    """
    lesson_of(id)
    for value, kind in ((source, Source), (verdict, Verdict)):
        if value not in get_args(kind):
            raise BertlabError(f"{value!r} in claim {id}", f"one of {get_args(kind)}", "Use one.")
    found = _scalar(measured, id)
    if not expect.holds(found):
        failed = ClaimFailed(id, statement, found, expect)
        if not timing or measures.stored_run():
            raise failed
        print(_OF_TIME.format(failed), file=sys.stderr)
    measures.note(id, found)
    sign, tone = _SIGNS[verdict]
    detail = f"expected: {expect}" + (f"; shown: {show}" if show else "") + f"; source: {source}"
    body = f"<strong>{sign} {verdict.capitalize()}.</strong> {prose(statement)}"
    body += f" <small>({escape(detail)})</small>"
    text = f"{sign} {verdict.capitalize()}. {statement} ({detail})"
    display(Markup(block(f"Claim {id}", body, tone), text))


def _scalar(measured: Any, id: str) -> Measured:
    if getattr(measured, "ndim", None) == 0 and hasattr(measured, "item"):
        measured = measured.item()
    finite = isinstance(measured, int | float) and math.isfinite(measured)
    if not finite and not isinstance(measured, bool | str):
        raise BertlabError(
            f"{type(measured).__name__} {measured!r} as the measurement of claim {id}",
            "one finite number, bool or string",
            "Reduce the measurement to one value that the statement is about.",
        )
    return measured
