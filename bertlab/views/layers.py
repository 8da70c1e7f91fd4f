"""Figures of what layers know and of how far a reader looks, each with the rows of its table."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from bertlab.views.style import PALETTE, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertlab.training.seeds import Spread


def draw_spreads(
    panels: Mapping[str, Mapping[str, "Spread"]], label: str, chance: float | None = None
) -> tuple["Figure", list[dict]]:
    """Means with their 95 % intervals, one panel a question, one line a layer.

    panels: question -> name of the layer -> its `Spread`, shares from 0 to 1. label: what is measured.
    chance: where guessing would stand, as a dashed line.
    """
    longest = max(map(len, panels.values()))
    width = 7 if len(panels) == 1 else 4 * len(panels)
    fig, axes = figure(width, 0.8 + 0.27 * longest, columns=len(panels))
    rows = []
    for ax, (question, spreads) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        for place, (name, spread) in enumerate(spreads.items()):
            reach = 100 * (spread.high - spread.mean)
            ax.errorbar(
                100 * spread.mean, -place, xerr=reach, fmt="o", capsize=3, color=PALETTE["blue"]
            )
            row = {"Question": question, "Layer": name, f"{label}, %": round(100 * spread.mean)}
            row |= {"from": round(100 * spread.low), "to": round(100 * spread.high)}
            rows.append(row)
        if chance is not None:
            ax.axvline(100 * chance, color=PALETTE["vermilion"], linestyle="--")
        ax.set_yticks([-place for place in range(len(spreads))], list(spreads))
        ax.set_title(question, fontsize=11, loc="left")
        ax.set_xlabel(f"{label}, per cent")
    return fig, rows


def draw_felt(
    felt: Mapping[str, Mapping[int, float]],
) -> tuple["Figure", list[dict]]:
    """How a word's vector changes with a word at a distance; one line a reader.

    felt: name of the reader -> distance -> change, as `bertlab.training.senses.felt_by_distance` gives.
    """
    fig, ax = figure(7, 3.2)
    distances: Sequence[int] = sorted(next(iter(felt.values())))
    middle = sum(distance < 0 for distance in distances)
    looks = cycle([("o-", "blue"), ("s--", "orange"), ("^:", "green")])
    for (name, values), (mark, color) in zip(felt.items(), looks, strict=False):
        heights = [values[d] for d in distances]
        for side in (slice(0, middle), slice(middle, None)):  # nothing stands at 0
            ax.plot(distances[side], heights[side], mark, color=PALETTE[color], label=name)
            name = None  # one entry a reader in the legend
    ax.set_xticks(distances)
    ax.set(
        xlabel="place of the changed word, from the word looked at", ylabel="change (1 − cosine)"
    )
    ax.legend(fontsize=9, frameon=False)
    rows = [
        {"Distance": d} | {name: f"{values[d]:.3f}" for name, values in felt.items()}
        for d in distances
    ]
    return fig, rows
