"""Figures of lesson 06: what a search costs, what masking leaves, and shares with their intervals.

Each function takes the numbers and returns a figure and the rows of its table twin.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from bertlab.views.style import PALETTE, figure


def interval(share: float, total: int, deviations: float = 4.0) -> tuple[float, float]:
    """Where a share of `total` independent draws lies: the mean and so many standard deviations.

    Four deviations hold all but one in 16,000 times, if the draws have the chance `share`.
    """
    half = deviations * (share * (1 - share) / total) ** 0.5
    return share - half, share + half


def draw_shares(counts: Mapping[str, Mapping[str, int]], paper: Mapping[str, float]):
    """Shares of the fates of picked tokens, one mark a routine, with intervals, and the paper's lines.

    counts: for each of two routines the count of every fate. paper: the share of every fate.
    Returns (figure, rows).
    """
    fig, ax = figure()
    rows = []
    looks = zip(counts, ("vermilion", "blue"), ("s", "o"), (-0.1, 0.1), strict=True)
    for name, colour, mark, aside in looks:
        total = sum(counts[name].values())
        shares = np.array([counts[name][fate] / total for fate in paper])
        bounds = [interval(share, total) for share in shares.tolist()]
        half = [high - share for share, (_, high) in zip(shares, bounds, strict=True)]
        ax.errorbar(
            np.arange(len(paper)) + aside,
            shares,
            half,
            fmt=mark,
            markersize=5,
            capsize=6,
            color=PALETTE[colour],
            label=name,
        )
        for fate, share, (low, high) in zip(paper, shares.tolist(), bounds, strict=True):
            rows.append(
                {
                    "Routine": name,
                    "Fate": fate,
                    "Per cent": round(100 * share, 1),
                    "Interval": f"{100 * low:.1f} to {100 * high:.1f}",
                    "Paper": round(100 * paper[fate]),
                }
            )
    places = np.arange(len(paper))
    ax.hlines(list(paper.values()), places - 0.3, places + 0.3, color="black", lw=1, label="paper")
    ax.set(ylabel="share of the picked tokens", ylim=(0, 1))
    ax.set_xticks(places, list(paper))
    ax.legend()
    return fig, rows


def draw_search(sizes: Sequence[int], draws: Sequence[float], half_batch: int, at: int):
    """Pairs drawn against corpus size on logarithmic axes, with a fitted line carried on to `at`.

    Returns (figure, rows, slope): the slope is the power of the corpus size that the draws grow with.
    """
    slope, offset = np.polyfit(np.log(sizes), np.log(draws), 1)
    line = np.array([min(sizes), at], dtype=float)
    fig, ax = figure()
    ax.loglog(line, np.exp(offset) * line**slope, "--", color=PALETTE["orange"], label="fit")
    ax.loglog(line, half_batch * line, ":", color=PALETTE["black"], label=f"{half_batch} n")
    ax.loglog(sizes, draws, "o", color=PALETTE["blue"], label="counted")
    expected = float(np.exp(offset) * at**slope)
    ax.loglog(
        [at], [expected], "X", color=PALETTE["vermilion"], markersize=9, label=f"fit at {at:,}"
    )
    ax.set(xlabel="sentences in the corpus", ylabel="pairs drawn for one batch")
    ax.legend()
    rows = [
        {"Sentences": n, "Pairs drawn": round(float(d)), f"{half_batch} n": half_batch * n}
        for n, d in zip(sizes, draws, strict=True)
    ]
    rows.append(
        {"Sentences": at, "Pairs drawn": round(expected), f"{half_batch} n": half_batch * at}
    )
    return fig, rows, float(slope)


def draw_trade(rows: Sequence[Mapping[str, float]]):
    """Two columns of `rows` against the first, in per cent; a dotted line at BERT's 15.

    Returns (figure, rows).
    """
    fig, ax = figure()
    first, *columns = rows[0]
    for column, colour, mark in zip(columns, ("blue", "vermilion"), ("o-", "s--"), strict=True):
        ax.plot(
            [row[first] for row in rows],
            [row[column] for row in rows],
            mark,
            color=PALETTE[colour],
            label=column,
        )
    ax.axvline(15, color=PALETTE["black"], linewidth=1, linestyle=":", label="BERT's 15")
    ax.set(xlabel=first, ylabel="per cent", ylim=(0, 100))
    ax.legend()
    return fig, rows
