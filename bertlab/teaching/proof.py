"""The proof of an exercise: right answers pass, each banked wrong answer meets its own diagnosis."""

from bertlab.teaching.bank import Exercise
from bertlab.teaching.judging import judge


def faults(exercise: Exercise) -> list[str]:
    """What the bank of `exercise` gets wrong; an empty list is the proof.

    The solution and every right answer written differently have to be accepted, and every banked
    wrong answer refused under its own name.
    """
    found = []
    for number, answer in enumerate((exercise.reference, *exercise.alternatives)):
        verdict = judge(exercise, answer)
        if verdict.state != "right":
            which = f"the right answer {number}" if number else "the solution"
            found.append(
                f"{exercise.id}: {which} is refused ({verdict.misconception or 'unknown'})"
            )
    for one in exercise.misconceptions:
        verdict = judge(exercise, one.wrong)
        if (verdict.state, verdict.misconception) != ("wrong", one.name):
            met = verdict.misconception or verdict.state
            found.append(f"{exercise.id}: “{one.name}” meets “{met}”")
    return found
