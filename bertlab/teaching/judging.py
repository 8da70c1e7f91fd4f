"""Deciding what an answer shows: right, a misconception known by name, or wrong in a new way."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from bertlab.teaching.bank import Exercise, Misconception, Wrong
from bertlab.teaching.guard import attempt, trust
from bertlab.teaching.outcomes import Outcome, alike, brief, same, to_plain


class Verdict(NamedTuple):
    """state: "right", "wrong", "stopped" (it ended the run) or "unwritten"; message: Markdown."""

    state: Literal["right", "wrong", "stopped", "unwritten"]
    message: str
    misconception: str | None = None


RIGHT = Verdict("right", "")


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """What `answer` shows. A learner's function runs under guard and cannot harm the kernel."""
    return (_judge_value if exercise.kind == "value" else _judge_function)(exercise, answer)


# ---- values


def _judge_value(exercise: Exercise, answer: Any) -> Verdict:
    if answer is ...:
        return Verdict("unwritten", "")
    if exercise.check is not None:
        wrong = _own_check(exercise, answer)
    else:
        right = _same_value(answer, exercise.reference, exercise.tolerance)
        wrong = None if right else Wrong(f"`{brief(answer)}` is not it.")
    if wrong is None:
        return RIGHT
    # two may lie within one tolerance: the exact one first
    for misconception in exercise.misconceptions:
        if _same_value(answer, misconception.wrong, 0.0):
            return _named(misconception)
    for misconception in exercise.misconceptions:
        if _shows(misconception, answer, exercise.tolerance):
            return _named(misconception)
    return _from_wrong(exercise, wrong)


def _shows(misconception: Misconception, answer: Any, tolerance: float) -> bool:
    if _same_value(answer, misconception.wrong, tolerance):
        return True
    try:
        return misconception.matches is not None and bool(misconception.matches(answer))
    except Exception:  # `matches` may expect a string where the learner gave a number
        return False


def _same_value(a: Any, b: Any, tolerance: float) -> bool:
    return same(to_plain(a), to_plain(b), tolerance)


def _own_check(exercise: Exercise, answer: Any) -> Wrong | None:
    try:
        complaint = exercise.check(answer)
    except Wrong as wrong:
        return wrong
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return Wrong(f"The check could not use `{brief(answer)}` as an answer (`{reason}`).")
    return Wrong(complaint) if complaint else None


# ---- functions


def _judge_function(exercise: Exercise, answer: Callable) -> Verdict:
    if not callable(answer):
        return Verdict("wrong", f"This exercise wants a function, not `{brief(answer)}`.")
    wanted = trust(_calls(exercise, exercise.reference))  # first: it loads what it imports
    probes = attempt(_calls(exercise, answer), exercise.seconds)
    if probes[0][:2] == ("error", "NotImplementedError"):
        return Verdict("unwritten", "")
    complaint = _function_complaint(exercise, answer, probes, wanted)
    if complaint is None:
        return RIGHT
    known = _recognise(exercise, probes, wanted)
    if known is not None:
        return _named(known)
    named = _from_wrong(exercise, complaint)
    stopped = any(outcome.kind in ("endless", "died", "memory") for outcome in probes)
    return named._replace(state="stopped") if stopped and not named.misconception else named


def _function_complaint(
    exercise: Exercise, answer: Callable, got: Sequence[Outcome], wanted: Sequence[Outcome]
) -> Wrong | None:
    failing = [
        i
        for i, pair in enumerate(zip(got, wanted, strict=True))
        if not alike(*pair, exercise.tolerance)
    ]
    if exercise.check is None:
        return _difference(exercise, failing[0], got, wanted) if failing else None
    if any(outcome.kind in ("endless", "died", "memory") for outcome in got):
        return _difference(exercise, failing[0], got, wanted)
    [outcome] = attempt([lambda: _checked(exercise, answer)], exercise.seconds)
    if outcome.kind == "value":
        return Wrong(*outcome.value) if outcome.value else None
    return Wrong(f"The check of your function came to `{outcome}`.")


def _checked(exercise: Exercise, answer: Callable) -> tuple | None:
    """The complaint of the exercise's own check as plain data, which crosses processes."""
    try:
        complaint = exercise.check(answer)
    except Wrong as wrong:
        return wrong.message, wrong.misconception
    return (complaint, None) if complaint else None


def _recognise(
    exercise: Exercise, got: Sequence[Outcome], wanted: Sequence[Outcome]
) -> Misconception | None:
    """The banked misconception whose function does what the learner's does.

    It has to agree on every probe on which it differs from the reference; of several, the one
    that tells most probes apart.
    """
    best, most = None, 0
    for misconception in exercise.misconceptions:
        banked = trust(_calls(exercise, misconception.wrong))
        telling = [i for i, w in enumerate(wanted) if not alike(banked[i], w, exercise.tolerance)]
        seen = [i for i in telling if got[i].kind != "not run"]
        agrees = all(alike(banked[i], got[i], exercise.tolerance) for i in seen)
        if agrees and len(seen) > most:
            best, most = misconception, len(seen)
    return best


def _calls(exercise: Exercise, function: Callable) -> list[Callable[[], Any]]:
    """One call a probe, each with arguments of its own, so that none sees another's changes."""

    def call(arguments: tuple) -> Any:
        return function(*(arguments if callable(exercise.probes) else copy.deepcopy(arguments)))

    return [lambda arguments=a: call(arguments) for a in _probes(exercise)]


def _probes(exercise: Exercise) -> Sequence[tuple]:
    return exercise.probes() if callable(exercise.probes) else exercise.probes


def _difference(
    exercise: Exercise, i: int, got: Sequence[Outcome], wanted: Sequence[Outcome]
) -> Wrong:
    name = exercise.reference.__name__
    name = "your function" if name == "<lambda>" else name
    arguments = ", ".join(brief(argument) for argument in _probes(exercise)[i])
    gave = "gave " if got[i].kind in ("value", "error") else ""
    call, came, want = (
        text.replace("`", "'") for text in (f"{name}({arguments})", str(got[i]), str(wanted[i]))
    )
    return Wrong(f"`{call}` {gave}`{came}`; wanted `{want}`." if gave else f"`{call}`: {came}.")


# ---- both


def _named(misconception: Misconception) -> Verdict:
    return Verdict("wrong", misconception.diagnosis, misconception.name)


def _from_wrong(exercise: Exercise, wrong: Wrong) -> Verdict:
    for misconception in exercise.misconceptions:
        if misconception.name == wrong.misconception:
            return _named(misconception)
    return Verdict("wrong", wrong.message)
