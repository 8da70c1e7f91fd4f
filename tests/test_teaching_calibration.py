import numpy as np
import pytest

from bertlab.errors import BertlabError
from bertlab.teaching.calibration import calibrate
from bertlab.views.calibration import draw_calibration


def said(*pairs, late=False):
    """A record's predictions from (confidence, right) pairs."""
    return {
        f"01-p{n}": {"answer": "a", "confidence": sure, "late": late, "right": right}
        for n, (sure, right) in enumerate(pairs)
    }


def test_bins_hold_mean_confidence_and_share_right():
    found = calibrate(said((0.9, True), (1.0, True), (0.8, False), (0.1, False)))
    assert (found.made, found.scored, found.right) == (4, 4, 2)
    low, high = found.bins
    assert (low.low, low.count, low.confidence, low.right) == (0.0, 1, 0.1, 0.0)
    assert (high.low, high.count) == (0.8, 3)
    assert (high.confidence, high.right) == (pytest.approx(0.9), pytest.approx(2 / 3))
    assert found.brier == pytest.approx((0.01 + 0 + 0.64 + 0.01) / 4)
    assert found.rows()[1] == {
        "How sure": "80 % to 100 %",
        "Predictions": 3,
        "Mean confidence %": 90,
        "Right %": 67,
    }


def test_late_and_unanswered_predictions_have_no_score():
    open_ = {"01-q": {"answer": "a", "confidence": 0.5, "late": False}}
    found = calibrate(said((1.0, False), late=True) | open_)
    assert (found.made, found.scored, found.bins) == (2, 0, ())
    assert found.words() == "2 predictions, none of them scored yet."


@pytest.mark.parametrize(
    ("sure", "right", "words"),
    [
        (0.9, 5, "much too sure"),
        (0.6, 5, "a little too sure"),
        (0.5, 5, "well judged"),
        (0.4, 5, "a little too modest"),
        (0.2, 8, "much too modest"),
    ],
)
def test_the_words_say_which_way_one_leans(sure, right, words):
    found = calibrate(said(*((sure, n < right) for n in range(10))))
    assert words in found.words() and "chance has a large say" in found.words()
    many = calibrate(said(*((sure, n % 10 < right) for n in range(30))))
    assert words in many.words() and "chance" not in many.words()


def test_an_honest_forecaster_lies_on_the_diagonal():
    generator = np.random.default_rng(0)
    sure = generator.random(20_000)
    found = calibrate(said(*zip(sure, generator.random(20_000) < sure, strict=True)))
    assert len(found.bins) == 5
    assert all(abs(one.confidence - one.right) < 0.03 for one in found.bins)
    assert found.brier == pytest.approx(1 / 6, abs=0.01)  # the mean of p(1 − p) over 0 to 1


def test_the_figure_has_a_point_with_its_count_for_each_bin():
    fig = draw_calibration([(0.1, 0.0, 3), (0.95, 1.0, 12)])
    [ax] = fig.axes
    assert {"3", "12", "too sure", "too modest"} <= {text.get_text() for text in ax.texts}
    [points] = ax.collections
    assert points.get_offsets().tolist() == [[0.1, 0.0], [0.95, 1.0]]
    assert points.get_sizes()[1] > points.get_sizes()[0]
    with pytest.raises(BertlabError, match="no predictions"):
        draw_calibration([])
