"""Answer only when sure: how many texts a classifier answers, and how often it is right, by threshold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bertlab.errors import BertlabError
from bertlab.training.report import Results, wilson
from bertlab.views.base import LiveView, Markup, table
from bertlab.views.style import PALETTE, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 10  # thresholds of the slider, from chance to nearly 1


def answered(results: Results, threshold: float) -> tuple[int, int]:
    """(texts answered, of them right) when only confidence of at least `threshold` is answered."""
    sure = results.probabilities.max(1) >= threshold
    return int(sure.sum()), int(results.right[sure].sum())


def thresholds(results: Results) -> list[float]:
    """From chance (everything is answered) in even steps towards 1."""
    chance = 1 / len(results.table.classes)
    return np.linspace(chance, 1, STEPS + 1)[:-1].round(3).tolist()


class Abstain(LiveView):
    """Move the threshold of confidence; several models on the same rows stand side by side.

    models: results by name, all for the same table. The twin shows a few thresholds of each.

    Raises BertlabError for no models, or results on different rows.
    """

    def __init__(self, models: Mapping[str, Results]):
        rows = {results.table.texts for results in models.values()}
        if len(rows) != 1:
            raise BertlabError(
                f"{len(models)} models on {len(rows)} tables", "one table", "Predict for one table."
            )
        self.models = dict(models)
        self._grid = thresholds(next(iter(self.models.values())))

    def at(self, threshold: float) -> Markup:
        """The table for one threshold."""
        rows = [_row(name, results, threshold) for name, results in self.models.items()]
        return table(rows, f"Answers given at a confidence of {100 * threshold:.0f} % or more")

    def static_html(self) -> str:
        note = "With a kernel running, a slider moves the threshold."
        return f"<div>{self._twin().html}<p><small>{note}</small></p></div>"

    def text(self) -> str:
        return self._twin().text

    def _twin(self) -> Markup:
        rows = [
            {"threshold %": round(100 * threshold), **_row(name, results, threshold)}
            for threshold in self._grid[:: STEPS // 4]
            for name, results in self.models.items()
        ]
        return table(rows, "Answering only when sure enough")

    def widget(self):
        import ipywidgets

        slider = ipywidgets.SelectionSlider(
            options=[(f"{100 * one:.0f} %", one) for one in self._grid],
            description="Answer from",
            style={"description_width": "7em"},
            layout=ipywidgets.Layout(width="min(36em, 95%)"),
        )
        shown = ipywidgets.HTML(self.at(slider.value).html)

        def redraw(change):
            shown.value = self.at(change["new"]).html

        slider.observe(redraw, names="value")
        return ipywidgets.VBox([slider, shown])


def draw_reliability(models: Mapping[str, Results], bins: int = 5) -> "Figure":
    """Promised confidence across, share right upwards with its 95 % interval; the diagonal is honesty."""
    fig, ax = figure(6, 4)
    ax.plot([0, 1], [0, 1], color="#777777", linewidth=1.2, linestyle="--", label="as promised")
    colours = [PALETTE[name] for name in ("blue", "vermilion", "green", "purple")]
    for number, (name, results) in enumerate(models.items()):
        parts = results.reliability(bins)
        share = np.array([one.accuracy for one in parts])
        reach = [
            share - [one.accuracy_low for one in parts],
            np.array([one.accuracy_high for one in parts]) - share,
        ]
        ax.errorbar(
            np.array([one.confidence for one in parts]) + 0.004 * number,  # bars stay apart
            share,
            np.abs(reach),
            marker="os^D"[number % 4],
            color=colours[number % 4],
            linewidth=1.5,
            capsize=3,
            label=name,
        )
    low = 1 / max(len(results.table.classes) for results in models.values()) - 0.03
    ax.set(xlabel="mean confidence", ylabel="share right", xlim=(low, 1.02), ylim=(0, 1.02))
    ax.legend(fontsize=9, frameon=False, loc="lower right")
    return fig


def _row(name: str, results: Results, threshold: float) -> dict:
    given, right = answered(results, threshold)
    low, high = wilson(right, given) if given else (0.0, 1.0)
    return {
        "model": name,
        "answered %": round(100 * given / len(results.table), 1),
        "right of these %": round(100 * right / given, 1) if given else "",
        "95 % interval": f"{100 * low:.0f} to {100 * high:.0f}" if given else "",
        "wrong answers": given - right,
    }
