"""How far a learner is: the lessons, what is solved in each, what is worth another look."""

from typing import Any

from bertlab.teaching import store
from bertlab.teaching.bank import lesson_bank, lessons_with_banks
from bertlab.teaching.course import LESSONS
from bertlab.views.base import LiveView, Markup, display, table


def progress() -> None:
    """Show the lessons with their exercises; while a kernel runs, also what you solved so far."""
    display(Progress())


class Progress(LiveView):
    """The stored twin counts what there is; the widget adds what this learner has done."""

    def static_html(self) -> str:
        return _course().html

    def text(self) -> str:
        return _course().text

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


def _course() -> Markup:
    rows = [
        {
            "Lesson": f"{one.number} {one.title}",
            "Minutes": one.minutes,
            "Exercises": len(bank),
        }
        for one, bank in _banks()
    ]
    return table(rows, "What there is to do; run the cell to see how far you are")


def _banks() -> list[tuple]:
    found = lessons_with_banks()
    return [(one, lesson_bank(one.number)[0] if one.number in found else {}) for one in LESSONS]


def _open_misconceptions(record: dict, unsolved: set[str]) -> list[str]:
    """What the last attempt at each exercise that is not solved yet has shown."""
    last = {a["id"]: a["misconception"] for a in record["attempts"] if a["id"] in unsolved}
    return [name for _, name in sorted(last.items()) if name]
