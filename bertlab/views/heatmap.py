"""Shares by row and rank as a heat map, each cell with its name and number written in it."""

from collections.abc import Sequence
from textwrap import shorten

from bertlab.errors import BertlabError
from bertlab.views.style import figure

Cell = tuple[str, float, int]  # name, share of 0 to 1, count


def draw_heatmap(rows: Sequence[tuple[str, Sequence[Cell]]], columns: Sequence[str]):
    """A row is a label and its cells, the largest first; rows may be shorter than `columns`.

    Darkness goes with the share, from white to blue, and every cell says its number, so that nothing
    hangs on colour.

    Raises: BertlabError without rows, or with a row of more cells than columns.
    """
    if not rows or max(len(cells) for _, cells in rows) > len(columns):
        raise BertlabError(
            f"{len(rows)} rows for {len(columns)} columns",
            "a row, and a column for each cell",
            "Add.",
        )
    from matplotlib.colors import LinearSegmentedColormap

    shade = LinearSegmentedColormap.from_list("blues", ["#FFFFFF", "#0072B2"])
    fig, ax = figure(width=2.6 + 1.9 * len(columns), height=1.0 + 0.5 * len(rows))
    grid = [[cell[1] for cell in cells] + [0.0] * (len(columns) - len(cells)) for _, cells in rows]
    ax.imshow(grid, cmap=shade, vmin=0, vmax=1, aspect="auto")
    for y, (_, cells) in enumerate(rows):
        for x, (name, share, count) in enumerate(cells):
            text = "\n".join([*_lines(name), f"{100 * share:.0f} % ({count})"])
            colour = "white" if share > 0.92 else "black"  # each the easier to read there
            ax.text(
                x, y, text, ha="center", va="center", fontsize=7, color=colour, linespacing=1.05
            )
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), [label for label, _ in rows])
    ax.tick_params(length=0)
    ax.grid(False)
    ax.set_xticks([x - 0.5 for x in range(1, len(columns))], minor=True)
    ax.set_yticks([y - 0.5 for y in range(1, len(rows))], minor=True)
    ax.grid(which="minor", color="#DDDDDD")
    ax.tick_params(which="minor", length=0)
    return fig


def _lines(name: str) -> list[str]:
    from textwrap import wrap

    return wrap(shorten(name, 50, placeholder="…"), 27)[:2]
