"""Watching a training run: a curve that grows while it trains, and what a step's record says."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import traitlets

from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, Markup, escape, table
from bertlab.views.face import face
from bertlab.views.style import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 8  # of the twin's table: enough to see the bend of a curve


def draw_curves(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    levels: Mapping[str, float] | None = None,
    *,
    ylabel: str = "MLM loss (nats)",
    xlabel: str = "step",
) -> "Figure":
    """One line a curve of (x, y) points, and a dashed line across for each named level."""
    fig, ax = figure(7, 3.4)
    marks = ("-", "--", ":", "-.")
    for number, (name, points) in enumerate(curves.items()):
        x, y = zip(*points, strict=True)
        ax.plot(x, y, marks[number % len(marks)], label=name)
    for number, (name, level) in enumerate((levels or {}).items()):
        ax.axhline(level, color="#555555", linewidth=1.2, linestyle=marks[1 + number % 3])
        ax.annotate(
            name, (1.01, level), xycoords=("axes fraction", "data"), va="center", fontsize=9
        )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(curves) > 1:
        ax.legend(fontsize=9, frameon=False)
    return fig


class TrainingMonitor(LiveView):
    """Show it, then hand it to `pretrain(..., on_log=monitor)`: the curve grows as records come.

    total: the steps of the run. levels: losses to compare with, such as a baseline's. history: records
    of a run that is over. The plotted loss is the masked language model's, or the whole loss where a
    model reports no other. The twin holds up to eight records, evenly spaced.

    Raises BertlabError when `total` is less than 1.
    """

    def __init__(
        self,
        total: int,
        levels: Mapping[str, float] | None = None,
        history: Iterable[Mapping] = (),
    ):
        if total < 1:
            raise BertlabError(f"a run of {total} steps", "at least one", "Pass config.steps.")
        self.total, self.levels = total, dict(levels or {})
        self.history = [dict(record) for record in history]
        self._widgets: list[MonitorWidget] = []

    def __call__(self, record: Mapping) -> None:
        """Take one record of `pretrain`; every view of this monitor draws it at once."""
        self.history.append(dict(record))
        for widget in self._widgets:
            widget.records = [_sent(one) for one in self.history]

    def curve(self) -> list[tuple[int, float]]:
        """(step, loss) of every record so far."""
        return [(record["step"], _loss(record)) for record in self.history]

    def static_html(self) -> str:
        return f"<div>{self._twin().html}</div>"

    def text(self) -> str:
        return self._twin().text

    def widget(self) -> "MonitorWidget":
        self._widgets.append(MonitorWidget(self))
        return self._widgets[-1]

    def _twin(self) -> Markup:
        done = self.history[-1]["step"] if self.history else 0
        note = "With a kernel running, a curve grows here, and a slider reads any step."
        caption = f"Training monitor: {done:,} of {self.total:,} steps. {note}"
        if not self.history:
            return Markup(f"<p><small>{escape(caption)}</small></p>", caption)
        last = len(self.history) - 1
        places = sorted({round(i * last / max(1, ROWS - 1)) for i in range(ROWS)})
        return table([_row(self.history[place]) for place in places], caption)


class MonitorWidget(anywidget.AnyWidget):
    """The live face: the browser draws, so the slider answers while the kernel is busy training."""

    _esm, _css = face(__file__, "svg.js")
    records = traitlets.List().tag(sync=True)
    levels = traitlets.List().tag(sync=True)  # [name, loss]; a dict would not promise an order
    total = traitlets.Int().tag(sync=True)

    def __init__(self, monitor: TrainingMonitor):
        super().__init__(
            records=[_sent(record) for record in monitor.history],
            levels=[[name, float(level)] for name, level in monitor.levels.items()],
            total=monitor.total,
        )


def recorded(path: str | os.PathLike) -> Markup:
    """The figures that `bertlab bench … --record` left in a file, or a sentence saying there are none.

    Raises BertlabError for a file of another form.
    """
    path = Path(path)
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        sentence = f"No figures have been recorded yet: there is no {name}."
        return Markup(f"<p>{escape(sentence)}</p>", sentence)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        machine = found["machine"]
        rows = [
            {
                "What": result["name"],
                "Who": timing["name"],
                "A second": f"{timing['per_second']:,.0f} {result['unit'].removesuffix('/s')}",
                "First is faster by": round(
                    result["timings"][0]["per_second"] / timing["per_second"], 1
                ),
            }
            for result in found["results"]
            if "rows" not in result  # a table of another kind, for the rendered page
            for timing in result["timings"]
        ]
        where = machine.get("gpu") or machine["processor"]
        return table(rows, f"{found['command']}; {where}, commit {machine['commit']}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BertlabError(
            f"{name} in another form ({error!r})",
            "what bertlab bench records",
            "Record it again with bertlab bench.",
        ) from error


def _loss(record: Mapping) -> float:
    return record.get("mlm_loss", record["loss"])


def _sent(record: Mapping) -> dict:
    """What the browser needs of a record."""
    names = ("loss", "nsp_loss", "masked_accuracy", "learning_rate", "tokens_per_second")
    return {"step": record["step"], "plotted": _loss(record)} | {
        name: record[name] for name in names if name in record
    }


def _row(record: Mapping) -> dict:
    row = {"Step": record["step"], "MLM loss": round(_loss(record), 2)}
    for title, name, digits in (("NSP loss", "nsp_loss", 2), ("Masked %", "masked_accuracy", 1)):
        if name in record:
            row[title] = round(record[name] * (100 if title == "Masked %" else 1), digits)
    return row | {"Rate": f"{record['learning_rate']:.1e}"}
