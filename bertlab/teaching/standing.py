"""How far a learner is: the lessons, what is solved in each, what is worth another look."""

from typing import Any

from bertlab.teaching import store
from bertlab.teaching.bank import lesson_bank, lessons_with_banks
from bertlab.teaching.course import LESSONS
from bertlab.views.base import LiveView, Markup, display, escape, table

_TWIN = (
    "Your progress stands here while a kernel runs: exercises solved, predictions made, "
    "misconceptions worth another look. It is read from a file on this machine and never "
    "stored in the notebook."
)


def progress() -> None:
    """Show, while a kernel runs, what you solved and predicted so far in each lesson."""
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
        """The table of this learner's record."""
        record = store.read()
        solved = {a["id"] for a in record["attempts"] if a["outcome"] == "right"}
        rows = [
            {
                "Lesson": f"{one.number} {one.title}",
                "Solved": f"{len(solved & set(bank))} of {len(bank)}",
                "Predictions": sum(id[:2] == one.number for id in record["predictions"]),
                "Look again at": "; ".join(_open_misconceptions(record, set(bank) - solved)),
            }
            for one, bank in _banks()
        ]
        return table(rows, "Your progress (kept on this machine only)")


def _banks() -> list[tuple]:
    found = lessons_with_banks()
    return [(one, lesson_bank(one.number)[0]) for one in LESSONS if one.number in found]


def _open_misconceptions(record: dict, unsolved: set[str]) -> list[str]:
    """What the last attempt at each exercise that is not solved yet has shown."""
    last = {a["id"]: a["misconception"] for a in record["attempts"] if a["id"] in unsolved}
    return [name for _, name in sorted(last.items()) if name]
