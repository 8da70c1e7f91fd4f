"""Rate sweeps: the learning rate on a log axis against what came of it, and the curve behind each point."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import anywidget
import traitlets

from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, Markup, table
from bertlab.views.face import face
from bertlab.views.style import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = {  # as a record of `finetune` names them, and as people do; the first that is there is shown
    "validation_accuracy": "Validation accuracy",
    "validation_f1": "Validation F1",
    "validation_loss": "Validation loss",
    "loss": "Training loss",
}
Histories = Mapping[float, Sequence[Mapping[str, float]]]


def sweep_rows(histories: Histories, digits: int = 2) -> list[dict]:
    """One row a rate, in order: what the last epoch's record says."""
    rows = []
    for rate, history in sorted(histories.items()):
        row = {"Learning rate": f"{rate:g}", "Epochs": len(history)}
        for name in _measures(histories):
            value = history[-1][name]
            row[MEASURES[name]] = round(value, digits) if math.isfinite(value) else "not finite"
        rows.append(row)
    return rows


def draw_sweep(
    histories: Histories,
    measure: str = "validation_accuracy",
    levels: Mapping[str, float] | None = None,
) -> "Figure":
    """Rate against `measure` after the last epoch, and beside it the losses of each epoch.

    levels: values of the measure to compare with, such as that of knowing nothing.
    A loss above the scale is drawn at its upper edge.
    """
    from matplotlib import colormaps

    fig, (left, right) = figure(9, 3.4, columns=2)
    rates = sorted(histories)
    left.plot(rates, [histories[rate][-1][measure] for rate in rates], "o-")
    for name, level in (levels or {}).items():
        left.axhline(level, color="#555555", linewidth=1.2, linestyle="--")
        place = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "bottom"}
        above = {"xytext": (0, 4), "textcoords": "offset points"}  # clear of the curve's marks
        left.annotate(name, (0.99, level), fontsize=9, **place, **above)
    label = MEASURES[measure]
    left.set(xscale="log", xlabel="learning rate", ylabel=label[0].lower() + label[1:])
    top = _ceiling(histories)
    marks = "os^vDPX*"
    for number, rate in enumerate(rates):
        heights = [min(record["loss"], top) for record in histories[rate]]
        heat = 0.9 * number / max(1, len(rates) - 1)  # cold is dark; told apart without colour too
        look = {"color": colormaps["cividis"](heat), "marker": marks[number % len(marks)]}
        right.plot(range(1, len(heights) + 1), heights, label=f"{rate:g}", **look)
    over = any(record["loss"] > top for history in histories.values() for record in history)
    ylabel = f"training loss, cut off at {top:.1f}" if over else "training loss"
    right.set(xlabel="epoch", ylabel=ylabel, ylim=(0, 1.03 * top))
    right.xaxis.get_major_locator().set_params(integer=True)
    place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
    right.legend(title="rate", fontsize=9, title_fontsize=9, frameon=False, **place)
    return fig


class RateExplorer(LiveView):
    """Pick a rate, see what came of it and how it went, epoch by epoch.

    histories: rate → history of `finetune`, all with the same measures. The twin is a table, one row
    a rate. Raises BertlabError for fewer than two rates, a rate that is not positive, an empty history.
    """

    def __init__(self, histories: Histories):
        if len(histories) < 2:
            raise BertlabError(
                f"a sweep over {len(histories)} rates", "two or more", "Run more rates."
            )
        for rate, history in histories.items():
            if not rate > 0 or not len(history):
                raise BertlabError(
                    f"rate {rate:g} with {len(history)} epochs",
                    "positive rates with an epoch each",
                    "A log axis has no 0.",
                )
        self.histories = {rate: list(histories[rate]) for rate in sorted(histories)}

    def static_html(self) -> str:
        return f"<div>{self._twin().html}</div>"

    def text(self) -> str:
        return self._twin().text

    def widget(self) -> "RatesWidget":
        return RatesWidget(self)

    def _twin(self) -> Markup:
        caption = "Rate-sweep explorer. With a kernel running, choose a rate and a measure here."
        return table(sweep_rows(self.histories), caption)


class RatesWidget(anywidget.AnyWidget):
    """The live face: everything is sent once, and the browser draws."""

    _esm, _css = face(__file__, "svg.js")
    runs = traitlets.List().tag(sync=True)  # one dict a rate, by rate
    measures = traitlets.List().tag(sync=True)  # [name, title]
    measure = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    ceiling = traitlets.Float().tag(sync=True)  # losses above it are drawn at the upper edge

    def __init__(self, explorer: RateExplorer):
        histories = explorer.histories
        measures = _measures(histories)
        sent = [
            {"rate": rate}
            | {name: [_sent(record[name]) for record in history] for name in measures}
            for rate, history in histories.items()
        ]
        super().__init__(
            runs=sent,
            measures=[[name, MEASURES[name]] for name in measures],
            measure=measures[0],
            chosen=_best(histories, measures[0]),
            ceiling=_ceiling(histories),
        )


def _measures(histories: Histories) -> list[str]:
    records = [record for history in histories.values() for record in history]
    return [name for name in MEASURES if all(name in record for record in records)]


def _best(histories: Histories, measure: str) -> int:
    """The place of the rate whose last epoch is best by `measure`."""
    sign = -1 if measure.endswith("loss") else 1
    last = [sign * history[-1][measure] for history in histories.values()]
    return max(range(len(last)), key=lambda i: last[i] if math.isfinite(last[i]) else -math.inf)


def _ceiling(histories: Histories) -> float:
    """Where the scale of losses ends: one hot run must not press all the others flat."""
    names = [name for name in _measures(histories) if name.endswith("loss")]
    losses = sorted(
        record[name]
        for history in histories.values()
        for record in history
        for name in names
        if math.isfinite(record[name])
    )
    return 2 * losses[len(losses) // 2] if losses else 1.0


def _sent(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None  # JSON has no infinity
