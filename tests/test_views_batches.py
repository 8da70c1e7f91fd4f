"""Lesson 06's figures: the numbers beside them are the numbers in them."""

import numpy as np
import pytest

from bertlab.views.batches import draw_search, draw_shares, draw_trade, interval

PAPER = {"hidden": 0.8, "random": 0.1, "kept": 0.1}


def test_an_interval_of_four_deviations_holds_nearly_always():
    low, high = interval(0.15, 1000)
    assert (low + high) / 2 == pytest.approx(0.15)
    found = np.random.default_rng(0).binomial(1000, 0.15, size=100_000) / 1000
    outside = ((found < low) | (found > high)).mean()
    assert 0 < outside < 2e-4
    assert interval(0.15, 1000, deviations=2)[0] > low


def test_shares_are_drawn_with_their_intervals():
    counts = {
        "one": {"hidden": 720, "random": 100, "kept": 180},
        "other": {"hidden": 800, "random": 100, "kept": 100},
    }
    fig, rows = draw_shares(counts, PAPER)
    assert rows[2] == {
        "Routine": "one", "Fate": "kept", "Per cent": 18.0, "Interval": "13.1 to 22.9", "Paper": 10,
    }  # fmt: skip
    drawn = [bar.lines[0].get_ydata().tolist() for bar in fig.axes[0].containers]
    assert drawn == [[0.72, 0.1, 0.18], [0.8, 0.1, 0.1]]


def test_the_search_is_fitted_and_carried_on():
    sizes = [100, 1000, 10_000]
    fig, rows, slope = draw_search(sizes, [3 * n for n in sizes], 3, 1_000_000)
    assert slope == pytest.approx(1)
    assert rows[-1] == {"Sentences": 1_000_000, "Pairs drawn": 3_000_000, "3 n": 3_000_000}
    assert {axis.get_scale() for axis in (fig.axes[0].xaxis, fig.axes[0].yaxis)} == {"log"}
    assert draw_search(sizes, [n**2 for n in sizes], 3, 10**6)[2] == pytest.approx(2)


def test_the_trade_draws_each_column():
    rows = [{"Share": 5, "A": 5, "B": 90}, {"Share": 50, "A": 50, "B": 30}]
    fig, same = draw_trade(rows)
    assert same == rows
    drawn = {line.get_label(): list(line.get_ydata()) for line in fig.axes[0].lines}
    assert (drawn["A"], drawn["B"]) == ([5, 50], [90, 30])
