"""What a lesson file holds: exercises with their banks of misconceptions, and recap questions."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bertlab.errors import BertlabError
from bertlab.teaching.names import lesson_of

Difficulty = Literal["easy", "medium", "hard"]


class Wrong(Exception):
    """Raised by an exercise's own `check`: what is wrong, and the misconception if it shows one."""

    def __init__(self, message: str, misconception: str | None = None):
        self.message, self.misconception = message, misconception
        super().__init__(message, misconception)


@dataclass(frozen=True)
class Misconception:
    """A wrong model of the matter, with the answer that it leads to.

    name: what the learner seems to believe, in a few words.
    wrong: the value, or the function, that somebody who believes it would write.
    diagnosis: Markdown said to the learner: what is true instead, and how to see it.
    matches: for a value, recognises further answers of the same kind (`wrong` is one of them).
    """

    name: str
    wrong: Any
    diagnosis: str
    matches: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Exercise:
    """One exercise. Heavy imports (torch, spaCy) belong inside its functions.

    kind: "value" (the learner gives a value) or "function" (the learner writes one).
    reference: a right value, or a right function.
    alternatives: at least one right answer that is written differently.
    probes: for a function, the argument tuples it is tried on, or a function that makes them anew
        (for arguments that are slow to make, or cannot be copied).
    check: takes the answer and raises `Wrong`, or returns what is wrong as a string, or returns
        None when it is right. Left out, a value has to equal the reference and a function has to
        return what the reference returns on every probe.
    hints: three, from a nudge to nearly the answer.
    solution: Markdown said with the solution; for a value it carries the reasoning.
    solution_source: Python source of the solution, where the reference's own would not read well.
    seconds: how long one call of a learner's function may take.
    sealed: in a student copy (`bertlab build student`): the solution is not shown.
    """

    id: str
    title: str
    task: str
    kind: Literal["value", "function"]
    reference: Any
    alternatives: Sequence[Any]
    misconceptions: Sequence[Misconception]
    hints: Sequence[str]
    difficulty: Difficulty
    minutes: int
    probes: Sequence[tuple] | Callable[[], Sequence[tuple]] = ()
    check: Callable[[Any], str | None] | None = None
    solution: str = ""
    solution_source: str | None = None
    tolerance: float = 1e-6
    seconds: float = 5.0
    sealed: bool = False

    def __post_init__(self):
        lesson_of(self.id)
        names = [m.name for m in self.misconceptions]
        for fine, wanted in (
            (self.kind in ("value", "function"), 'kind "value" or "function"'),
            (callable(self.reference) == (self.kind == "function"), f"a {self.kind} to refer to"),
            (len(self.alternatives) > 0, "a right answer that is written differently"),
            (len(names) >= 4 and len(set(names)) == len(names), "four misconceptions, named apart"),
            (len(self.hints) == 3, "three hints"),
            (self.difficulty in get_args(Difficulty), f"a difficulty in {get_args(Difficulty)}"),
            (self.minutes > 0, "the minutes it takes"),
            (self.kind == "value" or self.probes, "probes to recognise functions by"),
        ):
            if not fine:
                raise BertlabError(f"exercise {self.id} without it", wanted, "Add it to the bank.")

    def source(self) -> str:
        """The solution as Python."""
        if self.solution_source is not None:
            return inspect.cleandoc(self.solution_source)
        if self.kind == "value":
            return f"answer = {self.reference!r}"
        from bertlab.teaching.source import source_of

        return source_of(self.reference)


@dataclass(frozen=True)
class Option:
    """An answer to a recap question, and why it is right or what its believer missed."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A recap question with at least two options, exactly one of them right."""

    text: str
    options: Sequence[Option]

    def __post_init__(self):
        right = sum(option.right for option in self.options)
        if right != 1 or len(self.options) < 2 or not all(o.why.strip() for o in self.options):
            raise BertlabError(
                f"the question {self.text!r} with {right} right options of {len(self.options)}",
                "two options or more, one of them right, each with its why",
                "Mend the question.",
            )


def lesson_bank(lesson: str) -> tuple[dict[str, Exercise], tuple[Question, ...]]:
    """The exercises by identifier and the recap of one lesson, such as `"01"`.

    Raises: BertlabError when the lesson has no file, or holds another lesson's exercise.
    """
    if lesson not in lessons_with_banks():
        found = ", ".join(lessons_with_banks())
        raise BertlabError(f"lesson {lesson!r}", f"one of {found}", "Check the number.")
    module = importlib.import_module(f"bertlab.teaching.lessons.lesson{lesson}")
    exercises = {exercise.id: exercise for exercise in module.EXERCISES}
    strays = [id for id in exercises if lesson_of(id) != lesson]
    if strays or len(exercises) != len(module.EXERCISES):
        raise BertlabError(
            f"lesson {lesson} with the exercises {[e.id for e in module.EXERCISES]}",
            f"different identifiers that begin with {lesson}-",
            "Rename them.",
        )
    return exercises, tuple(module.RECAP)


def lessons_with_banks() -> list[str]:
    """The numbers of the lessons that have a file of exercises, in order."""
    from bertlab.teaching import lessons

    names = [module.name for module in pkgutil.iter_modules(lessons.__path__)]
    return sorted(name.removeprefix("lesson") for name in names if name.startswith("lesson"))
