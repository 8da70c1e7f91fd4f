"""Exercises as a notebook meets them: the task, a check that diagnoses, hints and the solution."""

import functools
from collections.abc import Callable
from typing import Any

from bertlab.errors import BertlabError
from bertlab.teaching.bank import Exercise, lesson_bank
from bertlab.teaching.judging import Verdict, judge
from bertlab.teaching.names import lesson_of
from bertlab.teaching.source import highlight
from bertlab.teaching.store import record_attempt
from bertlab.views.base import Markup, block, display, escape, plain, prose

_UNWRITTEN = {
    "value": "Not answered yet. Put your answer in place of `...` and run this again.",
    "function": "Not written yet. Put your code in place of `raise NotImplementedError`, run that "
    "cell and then this one again. Until then the lesson goes on with the reference solution.",
}


@functools.cache  # running its cell again keeps what was written
def exercise(id: str) -> "Handle":
    """The exercise with this identifier; the last value of a cell shows its task.

    Raises: BertlabError when no lesson has it.
    """
    bank, _ = lesson_bank(lesson_of(id))
    if id not in bank:
        raise BertlabError(f"the exercise {id!r}", f"one of {', '.join(bank)}", "Check the name.")
    return Handle(bank[id])


class Handle:
    """An exercise in the learner's hands. What it says depends on the answer only, never on time."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self._answer: Any = ...

    def write(self, function: Callable) -> Callable:
        """Decorator for the learner's function; raising NotImplementedError means "not yet".

        Until the function is written, calling it calls the reference, so that the rest of the
        lesson runs. A NotImplementedError from deeper down (a library's) is left alone.
        """
        self._answer = function

        @functools.wraps(function)
        def written_or_reference(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except NotImplementedError as error:
                if error.__traceback__.tb_next.tb_next is not None:
                    raise
                return self.exercise.reference(*args, **kwargs)

        written_or_reference.learners_own = function
        return written_or_reference

    def check(self, answer: Any = ...) -> None:
        """Say whether `answer` (or the function under `write`) is right, and what it shows if not."""
        answer = self._answer if answer is ... else answer
        if answer is ...:
            verdict = Verdict("unwritten", "")
        else:
            verdict = judge(self.exercise, getattr(answer, "learners_own", answer))
        if verdict.state != "unwritten":
            record_attempt(self.exercise.id, verdict.state, verdict.misconception)
        self._say(*self._verdict_in_words(verdict))

    def hint(self, number: int = 1) -> None:
        """The first, second or third hint; each says more than the one before.

        Raises: BertlabError for another number.
        """
        if number not in (1, 2, 3):
            raise BertlabError(f"hint {number!r}", "hint 1, 2 or 3", "Then there is solution().")
        self._say(f"Hint {number} of 3.", self.exercise.hints[number - 1], "ask")

    def solution(self) -> None:
        """The solution, and why it is one; in a student copy, word of who has it."""
        if self.exercise.sealed:
            return self._say("○ Sealed.", _SEALED, "plain")
        source = self.exercise.source()
        body = f"<p><strong>Solution of {self.exercise.id}.</strong></p>{highlight(source)}"
        text = f"Solution of {self.exercise.id}.\n{source}"
        if self.exercise.solution:
            body += f"<div>{prose(self.exercise.solution)}</div>"
            text += f"\n{plain(self.exercise.solution)}"
        display(Markup(block(f"Solution of {self.exercise.id}", body), text))

    def __repr__(self) -> str:
        return f"{self._title()}\n{plain(self.exercise.task)}\n{self._help().replace('`', '')}"

    def _repr_html_(self) -> str:
        body = f"<p><strong>{escape(self._title())}</strong></p>"
        body += f"<div>{prose(self.exercise.task)}</div>"
        return block(self._title(), f"{body}<div><small>{prose(self._help())}</small></div>", "ask")

    def _help(self) -> str:
        return _HELP_SEALED if self.exercise.sealed else _HELP

    def _title(self) -> str:
        e = self.exercise
        unit = "minute" if e.minutes == 1 else "minutes"
        return f"Exercise {e.id}: {e.title} ({e.difficulty}, {e.minutes} {unit})"

    def _verdict_in_words(self, verdict: Verdict) -> tuple[str, str, str]:
        if verdict.state == "unwritten":
            return "○", _UNWRITTEN[self.exercise.kind], "plain"
        if verdict.state == "right":
            return "✔ Right.", self.exercise.solution, "good"
        if verdict.misconception:
            return f"✘ Not yet: {verdict.misconception}.", verdict.message, "bad"
        if verdict.state == "stopped":
            kind = " Your kernel is fine: the check ran your code apart from it."
            return "✘ Stopped.", verdict.message + kind, "bad"
        return "✘ Not yet.", verdict.message, "bad"

    def _say(self, headline: str, message: str, tone: str) -> None:
        body = f"<strong>{escape(headline)}</strong> {prose(message)}".rstrip()
        text = f"{headline} {plain(message)}".rstrip()
        display(Markup(block(f"Exercise {self.exercise.id}", body, tone), text))


_HELP = "Stuck? `.hint(1)` to `.hint(3)` help step by step; `.solution()` ends the search."
_HELP_SEALED = "Stuck? `.hint(1)` to `.hint(3)` help step by step."
_SEALED = (
    "This is a student copy: your instructor has the solution. The three hints are here, and "
    "`.check()` names the misunderstanding if it knows it."
)
