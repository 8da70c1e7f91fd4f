"""The layer explorer: two ways to make a feature, side by side, and whether the data tell them apart."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import anywidget
import traitlets

from bertlab.errors import BertlabError
from bertlab.training.seeds import Spread
from bertlab.views.base import LiveView, escape, table
from bertlab.views.face import face
from bertlab.views.style import PALETTE, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Scores = Mapping[tuple[str, int], Sequence[float]]


def draw_rows(
    rows: Mapping[str, Spread], theirs: Mapping[str, float], labels: tuple[str, str]
) -> "Figure":
    """Our scores with their 95 % intervals on the left, the paper's single figures on the right.

    Rows in the order of `rows`, from the top; `theirs` has the same names. labels: of the two x axes.
    """
    fig, (left, right) = figure(9.5, 0.5 * len(rows) + 1.3, columns=2)
    names = list(rows)
    places = range(len(names), 0, -1)
    for place, spread in zip(places, rows.values(), strict=True):
        left.plot([spread.low, spread.high], [place, place], color=PALETTE["blue"], linewidth=2)
        left.plot(
            spread.values, [place] * len(spread.values), "o", color=PALETTE["sky"], markersize=4
        )
        left.plot(spread.mean, place, "D", color=PALETTE["blue"])
    right.plot([theirs[name] for name in names], places, "s", color=PALETTE["orange"])
    left.set_yticks(places, names)
    right.set_yticks(places, [""] * len(names))
    for ax, label in zip((left, right), labels, strict=True):
        ax.set_xlabel(label)
        ax.set_ylim(0.4, len(names) + 0.6)
    return fig


def draw_groups(found: Mapping[tuple[str, str], Spread], label: str) -> "Figure":
    """Means with their 95 % intervals, in per cent: a group on the x axis, a colour for each series.

    found: for (group, series) the scores, 0 to 1. label: of the y axis.
    """
    fig, ax = figure(7.5, 3.6)
    groups, series = (list(dict.fromkeys(key[i] for key in found)) for i in (0, 1))
    colours = ("blue", "orange", "green", "purple")
    for (group, name), spread in found.items():
        number = series.index(name)
        x = groups.index(group) + 0.8 * ((number + 0.5) / len(series) - 0.5)
        style = {"color": PALETTE[colours[number % 4]], "linewidth": 2}
        ax.plot([x, x], [100 * spread.low, 100 * spread.high], **style)
        named = name if group == groups[0] else None
        ax.plot(x, 100 * spread.mean, "osD^"[number % 4], label=named, **style)
    ax.set_xticks(range(len(groups)), groups)
    ax.set_ylabel(label)
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return fig


class LayerExplorer(LiveView):
    """Choose a layer and a pooling twice, and see both scores and their difference, split by split.

    scores: for (pooling, layer) the scores of the same splits in the same order, 0 to 1. The twin is the
    table of all means.

    Raises BertlabError for fewer than two choices, or other numbers of scores.
    """

    def __init__(self, scores: Scores):
        counts = {len(values) for values in scores.values()}
        if len(scores) < 2 or len(counts) != 1 or counts < {2}:
            raise BertlabError(
                f"{len(scores)} choices with {sorted(counts)} scores",
                "two choices or more, with as many scores each",
                "Score every choice on the same splits.",
            )
        self.scores = dict(scores)
        self.poolings = list(dict.fromkeys(pooling for pooling, _ in scores))
        self.layers = sorted({layer for _, layer in scores})

    def static_html(self) -> str:
        note = "With a kernel running, you can choose two of these and compare them split by split."
        return f"<div>{self._overview().html}<p><small>{note}</small></p></div>"

    def text(self) -> str:
        return self._overview().text

    def _overview(self):
        rows = [
            {"Layer": _layer(layer)}
            | {pooling: _points(self.scores[pooling, layer]) for pooling in self.poolings}
            for layer in self.layers
        ]
        return table(rows, "Right answers in per cent, with the 95 % interval of the mean")

    def compared(self, one: tuple[str, int], other: tuple[str, int]) -> str:
        """The two choices split by split, and what their difference says, as HTML."""
        pairs = list(zip(self.scores[one], self.scores[other], strict=True))
        named = f"A: {_name(one)}", f"B: {_name(other)}"
        rows = [
            {"Split": i, named[0]: _bar(a), named[1]: _bar(b), "B − A": f"{100 * (b - a):+.1f}"}
            for i, (a, b) in enumerate(pairs, 1)
        ]
        return f"<div>{table(rows).html}<p><strong>{escape(verdict(pairs))}</strong></p></div>"

    def widget(self) -> "LayerForm":
        return LayerForm(self)


class LayerForm(anywidget.AnyWidget):
    """The live face: choices A and B by native lists; `shown` is their comparison as HTML, escaped.

    ipywidgets' own lists leave the arrow keys to JupyterLab, which walks through the cells with them.
    """

    _esm, _css = face(__file__)
    layers = traitlets.List().tag(sync=True)  # [layer, its name] each
    poolings = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer_a, layer_b = traitlets.Int().tag(sync=True), traitlets.Int().tag(sync=True)
    pooling_a, pooling_b = traitlets.Unicode().tag(sync=True), traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)

    def __init__(self, explorer: LayerExplorer):
        self._explorer = explorer
        first = explorer.poolings[0]
        super().__init__(
            layers=[[layer, _layer(layer)] for layer in explorer.layers],
            poolings=explorer.poolings,
            layer_a=explorer.layers[0],
            layer_b=explorer.layers[-1],
            pooling_a=first,
            pooling_b=first,
        )
        self._redraw()
        self.observe(self._redraw, ["layer_a", "pooling_a", "layer_b", "pooling_b"])

    def _redraw(self, _=None) -> None:
        one, other = (self.pooling_a, self.layer_a), (self.pooling_b, self.layer_b)
        self.shown = self._explorer.compared(one, other)


def verdict(pairs: Sequence[tuple[float, float]]) -> str:
    """What paired scores (a, b) say of the difference b − a, in words."""
    spread = Spread.of(b - a for a, b in pairs)
    low, high = 100 * spread.low, 100 * spread.high
    if spread.low > 0 or spread.high < 0:
        better = "B" if spread.low > 0 else "A"
        return f"{better} is better: the difference lies between {low:+.1f} and {high:+.1f} points."
    return (
        f"Not told apart: the difference lies between {low:+.1f} and {high:+.1f} points, "
        "and 0 is among them."
    )


def _layer(layer: int) -> str:
    return "0, the embeddings" if layer == 0 else str(layer)


def _name(choice: tuple[str, int]) -> str:
    return f"layer {choice[1]}, {choice[0]}"


def _points(values: Sequence[float]) -> str:
    spread = Spread.of(values)
    return f"{100 * spread.mean:.1f} ({100 * spread.low:.1f} to {100 * spread.high:.1f})"


def _bar(value: float) -> str:
    return f"{100 * value:.1f} {'█' * round(20 * value)}"
