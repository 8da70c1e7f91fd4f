"""The figure of memory against length, and the staircase in it."""

import pytest

from bertlab.errors import BertlabError
from bertlab.views.growth import FIRST, TOKEN, draw_growth, token_array_peak


@pytest.mark.parametrize(
    ("tokens", "places"), [(0, 20), (1, 20), (20, 20), (21, 60), (40, 60), (41, 120), (81, 240)]
)
def test_the_peak_counts_the_old_array_too(tokens, places):
    assert (FIRST, TOKEN) == (20, 120)
    assert token_array_peak(tokens) == places * 120


def test_the_figure_shows_every_measurement_and_rate():
    measured = [(1_000_000, 70_000_000), (500_000, 40_000_000)]
    fig = draw_growth(measured, (60.0, 1e7), 0.23, {"tokenizer": 60.0, "tagger": 4e3}, 538_294_333)
    near, far = fig.axes
    dots = next(line for line in near.lines if line.get_label() == "measured")
    assert list(dots.get_xdata()) == [0.5, 1.0] and list(dots.get_ydata()) == [40.0, 70.0]
    texts = [text.get_text() for text in far.texts]
    assert "tokenizer 32 GB" in texts and "tagger 2.2 TB" in texts


def test_one_measurement_makes_no_line():
    with pytest.raises(BertlabError, match="1 measurement"):
        draw_growth([(1, 1)], (1.0, 0.0), 0.2, {"a": 1.0}, 10)
