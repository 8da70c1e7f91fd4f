"""How far a learner is: the lessons, what is solved in each, what is worth another look."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bertlab.teaching import store
from bertlab.teaching.bank import lesson_bank, lessons_with_banks
from bertlab.teaching.calibration import Calibration, calibrate
from bertlab.teaching.course import LESSONS, Lesson, map_svg
from bertlab.views.base import LiveView, Markup, details, display, escape, table

_TWIN = (
    "Your progress stands here while a kernel runs: exercises solved, predictions made and how well you "
    "judged your own certainty, misconceptions worth another look. It is read from a file on this machine "
    "and never stored in the notebook."
)
_STATES = {"done": "● done", "begun": "◐ begun", "new": "○ open"}


@dataclass(frozen=True)
class Standing:
    """One lesson of one learner. `again`: what the last try at each unsolved exercise has shown."""

    lesson: Lesson
    exercises: int
    solved: int
    tried: int
    predictions: int
    again: tuple[str, ...]

    @property
    def state(self) -> str:
        """ "done" once every exercise is solved, "begun" after the first try or prediction, or "new"."""
        if self.solved == self.exercises:
            return "done"
        return "begun" if self.tried or self.predictions else "new"


def standings(record: dict[str, Any]) -> list[Standing]:
    """The learner's standing in every lesson that is there and has exercises, in order."""
    banked = lessons_with_banks()
    found = []
    for one in LESSONS:
        if one.number in banked and not one.planned:
            bank, _ = lesson_bank(one.number)
            tries = [attempt for attempt in record["attempts"] if attempt["id"] in bank]
            solved = {attempt["id"] for attempt in tries if attempt["outcome"] == "right"}
            last = {a["id"]: a["misconception"] for a in tries if a["id"] not in solved}
            found.append(
                Standing(
                    one,
                    len(bank),
                    len(solved),
                    len({attempt["id"] for attempt in tries}),
                    sum(id[:2] == one.number for id in record["predictions"]),
                    tuple(name for _, name in sorted(last.items()) if name),
                )
            )
    return found


def upcoming(found: list[Standing]) -> list[Lesson]:
    """The lessons to take up: not done, with all that they need done; those begun come first."""
    done = {one.lesson.number for one in found if one.state == "done"}
    ready = [one for one in found if one.state != "done" and done.issuperset(one.lesson.needs)]
    return [one.lesson for one in sorted(ready, key=lambda one: one.state != "begun")]


def rows(found: list[Standing]) -> list[dict[str, Any]]:
    """The standings as rows of a table."""
    return [
        {
            "Lesson": f"{one.lesson.number} {one.lesson.title}",
            "After": ", ".join(one.lesson.needs) or "nothing",
            "State": _STATES[one.state],
            "Solved": f"{one.solved} of {one.exercises}",
            "Predictions": one.predictions,
            "Look again at": "; ".join(one.again),
        }
        for one in found
    ]


def summary(found: list[Standing]) -> str:
    """What to do next, in a sentence or two."""
    solved, exercises = (sum(getattr(one, key) for one in found) for key in ("solved", "exercises"))
    said = f"{solved} of {exercises} exercises solved."
    names = [f"{one.number} {one.title}" for one in upcoming(found)]
    return f"{said} Next: {' or '.join(names)}." if names else said


def misconceptions(record: dict[str, Any]) -> Counter:
    """How often each misconception was shown, by (exercise, name)."""
    shown = ((a["id"], a["misconception"]) for a in record["attempts"] if a["misconception"])
    return Counter(shown)


def progress() -> None:
    """Show, while a kernel runs, what you solved and predicted so far, and how well you judged it."""
    display(Progress())


class Progress(LiveView):
    """The stored twin says what the view is; the widget shows what this learner has done."""

    def static_html(self) -> str:
        return f"<p>{escape(_TWIN)}</p>"

    def text(self) -> str:
        return _TWIN

    def widget(self) -> Any:
        import ipywidgets

        return ipywidgets.HTML(self.own().html)

    def own(self) -> Markup:
        """The table, the map and the calibration of this learner's record."""
        record = store.read()
        found = standings(record)
        lessons = table(rows(found), "Your progress (kept on this machine only)")
        judged = _calibration(calibrate(record["predictions"]))
        map_ = details("The map, with your share of each lesson", map_svg(done=_shares(found)))
        html = f"<div><p>{escape(summary(found))}</p>{lessons.html}{map_}{judged.html}</div>"
        return Markup(html, f"{summary(found)}\n{lessons.text}\n{judged.text}")


def _shares(found: list[Standing]) -> dict[str, float]:
    return {one.lesson.number: one.solved / one.exercises for one in found}


def _calibration(found: Calibration) -> Markup:
    """The calibration as a picture beside its table; without a scored prediction as a sentence."""
    if not found.scored:
        return Markup(f"<p>{escape(found.words())}</p>", found.words())
    import base64

    from bertlab.views.calibration import draw_calibration
    from bertlab.views.figures import png

    drawn = draw_calibration([(one.confidence, one.right, one.count) for one in found.bins])
    data = base64.b64encode(png(drawn)).decode("ascii")
    numbers = table(found.rows(), "How sure you were, and how often right")
    picture = f'<img alt="{escape(found.words())}" width="440" src="data:image/png;base64,{data}">'
    html = f"<p>{escape(found.words())}</p>{picture}{details('As a table', numbers.html)}"
    return Markup(html, f"{found.words()}\n{numbers.text}")
