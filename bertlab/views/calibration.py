"""How sure somebody was against how often they were right: points that should lie on the diagonal."""

from collections.abc import Sequence

from bertlab.errors import BertlabError
from bertlab.views.style import PALETTE, figure


def draw_calibration(points: Sequence[tuple[float, float, int]]):
    """One point a group of predictions: (mean confidence, share right, how many), shares of 0 to 1.

    The number stands beside each point. Above the diagonal one is too modest, below it too sure.

    Raises: BertlabError when there is no point.
    """
    if not points:
        raise BertlabError("no predictions", "one or more", "Draw it once there are some.")
    fig, ax = figure(width=4.6, height=4.2)
    ax.plot([0, 1], [0, 1], "--", color=PALETTE["black"], linewidth=1)
    ax.annotate("too modest", (0.06, 0.93), va="top")
    ax.annotate("too sure", (0.94, 0.07), ha="right")
    sure, right, counts = zip(*points, strict=True)
    ax.plot(sure, right, color=PALETTE["sky"], linewidth=1)
    ax.scatter(
        sure, right, s=[25 + 12 * count for count in counts], color=PALETTE["blue"], zorder=3
    )
    for x, y, count in points:
        near = (-9, 9) if x > 0.9 else (9, 9 if y < 0.92 else -14)
        ax.annotate(
            str(count),
            (x, y),
            xytext=near,
            textcoords="offset points",
            ha="right" if x > 0.9 else "left",
        )
    ticks = [0, 0.25, 0.5, 0.75, 1]
    ax.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    ax.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), xlabel="how sure", ylabel="right")
    return fig
