"""Figures of lesson 11: measured work over time, and what each repair of a ladder gave."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bertlab.views.style import PALETTE, figure

if TYPE_CHECKING:
    from cProfile import Profile

    from matplotlib.figure import Figure

Work = Sequence[tuple[str, float, float]]  # (lane, begin, end), seconds from any start


def inside(profile: "Profile", file: str, name: str) -> float:
    """Cumulative seconds, callees included, of a profile's slowest function of that name in that file."""
    import pstats

    found = pstats.Stats(profile).stats.items()
    return max(times[3] for (path, _, one), times in found if one == name and path.endswith(file))


def overlap(work: Work) -> float:
    """Seconds in which a batch was built while the model ran."""
    built, read = (
        [(begin, end) for lane, begin, end in work if lane == name] for name in ("build", "model")
    )
    return sum(max(0.0, min(e, f) - max(b, c)) for b, e in built for c, f in read)


def draw_timeline(lanes: Mapping[str, Work]) -> "Figure":
    """Measured work, a panel a way: `{way: [(lane, begin, end), …]}`, seconds from any start.

    Lanes are "build" and "model". All panels have one scale, so their lengths compare.
    """
    fig, axes = figure(7.5, 0.9 + 1.1 * len(lanes), rows=len(lanes))
    axes = [axes] if len(lanes) == 1 else list(axes)
    looks = {"build": (PALETTE["orange"], 1), "model": (PALETTE["blue"], 0)}
    spans = {way: _from_zero(work) for way, work in lanes.items()}
    longest = max(end for work in spans.values() for _, _, end in work)
    for ax, (way, work) in zip(axes, spans.items(), strict=True):
        for lane, (colour, height) in looks.items():
            bars = [(begin, end - begin) for name, begin, end in work if name == lane]
            ax.broken_barh(bars, (height - 0.4, 0.8), facecolors=colour)
        ax.set(xlim=(0, longest), yticks=[0, 1], yticklabels=["model", "build"])
        ax.set_title(way, loc="left", fontsize=10)
    axes[-1].set_xlabel("seconds")
    return fig


def _from_zero(work: Work) -> list[tuple[str, float, float]]:
    start = min(begin for _, begin, _ in work)
    return [(lane, begin - start, end - start) for lane, begin, end in work]


def draw_waterfall(seconds: Mapping[str, float]) -> tuple["Figure", list[dict]]:
    """From the slowest to the fastest, in order: `{repair: seconds after it}`, the first being the start.

    Each bar hangs where the one before it ended, on a logarithmic axis: equal lengths are equal factors.
    Returns (figure, rows); `share %` is that of the logarithm.
    """
    names, values = list(seconds), list(seconds.values())
    whole = math.log(values[0] / values[-1])
    fig, ax = figure(7.5, 0.8 + 0.36 * len(names))
    rows, before = [], values[0]
    for place, (name, value) in enumerate(seconds.items()):
        low, high = sorted((before, value)) if place else (min(values) / 1.5, value)
        better = PALETTE["blue"] if value <= before else PALETTE["vermilion"]
        ax.barh(place, high - low, left=low, color=better if place else "#777777", height=0.7)
        gain = before / value
        share = 100 * math.log(gain) / whole if whole else 0.0
        rows.append({"change": name, "seconds": round(value, 3), "times as fast": round(gain, 2),
                     "share %": round(share)})  # fmt: skip
        if place:
            ax.annotate(
                f"×{gain:.2f}",
                (high, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        before = value
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set_xlabel("seconds for one evaluation (logarithmic)")
    return fig, rows
