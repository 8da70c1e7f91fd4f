"""Error analysis against scipy, statsmodels' published figures and hand-made cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from bertlab.data.tables import Table
from bertlab.errors import BertlabError
from bertlab.training.report import Results, by_length, find_temperature, softmax, wilson


def table(labels, texts=None, classes=("bad", "good")):
    rows = len(labels)
    return Table(
        source="made.csv",
        texts=tuple(texts or (f"text {row}" for row in range(rows))),
        labels=np.array(labels),
        classes=classes,
        groups=None,
        lines=np.arange(2, rows + 2),
    )


def results(labels, good, texts=None):
    """good: the probability of class 1, row by row."""
    good = np.array(good, dtype=float)
    return Results(table(labels, texts), np.stack([1 - good, good], 1))


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(pair):
    right, total = pair
    wanted = binomtest(right, total).proportion_ci(0.95, method="wilson")
    assert wilson(right, total) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_wilson_refuses_impossible_counts():
    for right, total in [(1, 0), (3, 2), (-1, 2)]:
        with pytest.raises(BertlabError):
            wilson(right, total)


def test_predictions_and_the_overall_slice():
    found = results([1, 1, 0, 0], [0.9, 0.4, 0.2, 0.3])
    assert found.predicted.tolist() == [1, 0, 0, 0]
    whole = found.overall()
    assert (whole.right, whole.count, whole.accuracy) == (3, 4, 0.75)
    assert whole.gap is None and not whole.apart
    assert whole.row() == {
        "slice": "all rows",
        "rows": 4,
        "right %": 75.0,
        "95 % interval": "30 to 95",
        "against the rest": "",
    }


def test_slices_by_values_by_members_and_by_a_function():
    found = results([1, 1, 0, 0], [0.9, 0.4, 0.2, 0.3], ["a b c", "a", "b c", "c?"])
    assert [(one.name, one.count) for one in found.slices("shop", ["x", "y", "y", "x"])] == [
        ("y", 2),
        ("x", 2),
    ]
    tags = found.slices("tag", [["irony"], ["irony", "contrast"], [], ("contrast",)])
    assert [(one.name, one.right, one.count) for one in tags] == [
        ("contrast", 1, 2),
        ("irony", 1, 2),
    ]
    asked = found.slices("asks", lambda text: "?" in text)
    assert {one.name: one.accuracy for one in asked} == {"False": 2 / 3, "True": 1.0}
    with pytest.raises(BertlabError, match="3 values for 4 rows"):
        found.slices("shop", ["x", "y", "z"])


def test_the_gap_is_newcombes_tenth_method():
    """His example (Newcombe 1998, table II, a): 56/70 against 48/80 gives 0.0524 to 0.3339."""
    right = np.array([True] * 56 + [False] * 14 + [True] * 48 + [False] * 32)
    found = results(np.ones(150, int), np.where(right, 0.9, 0.1))
    first = found.slices("", ["one"] * 70 + ["two"] * 80)[1]
    assert first.name == "one" and first.gap == pytest.approx(0.2)
    assert (first.gap_low, first.gap_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert first.apart and first.row()["against the rest"] == "+20 (+5 to +33) *"


def test_the_weakest_slice_comes_first_and_small_gaps_are_not_apart():
    found = results([1] * 20, [0.9] * 10 + [0.1] + [0.9] * 9)
    one, two = found.slices("half", ["first"] * 10 + ["second"] * 10)
    assert (one.name, two.name) == ("second", "first")
    assert not one.apart and not two.apart


def test_the_surest_mistakes_come_first():
    found = results([1, 0, 0, 1], [0.2, 0.9, 0.1, 0.45], ["w", "x", "y", "z"])
    listed = found.mistakes(2)
    assert [(one.text, one.line, one.label, one.predicted) for one in listed] == [
        ("x", 3, "bad", "good"),
        ("w", 2, "good", "bad"),
    ]
    assert [round(one.confidence, 2) for one in listed] == [0.9, 0.8]
    assert len(found.mistakes()) == 3


def test_reliability_and_its_error_by_hand():
    found = results([1, 1, 0, 1], [0.95, 0.95, 0.95, 0.55])
    low, high = found.reliability(5)
    assert (low.count, low.low, low.high) == (1, 0.5, 0.6)
    assert (high.count, high.confidence, high.accuracy) == (3, pytest.approx(0.95), 2 / 3)
    assert (high.accuracy_low, high.accuracy_high) == wilson(2, 3)
    assert found.calibration_error(5) == pytest.approx((0.45 + 3 * (0.95 - 2 / 3)) / 4)
    with pytest.raises(BertlabError):
        found.reliability(0)


def test_certainty_and_chance_fall_into_the_outer_bins():
    bins = results([1, 1], [1.0, 0.5]).reliability(4)
    assert [(one.low, one.high) for one in bins] == [(0.5, 0.625), (0.875, 1.0)]


def test_a_fitting_temperature_is_found():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(4000, 3)) * 2
    honest = softmax(logits)
    labels = np.array([generator.choice(3, p=row) for row in honest])
    assert find_temperature(logits, labels) == pytest.approx(1, abs=0.1)
    assert find_temperature(3 * logits, labels) == pytest.approx(3, abs=0.3)
    classes = ("x", "y", "z")
    bold = Results.of_logits(table(labels, classes=classes), 3 * logits)
    cooled = Results.of_logits(table(labels, classes=classes), 3 * logits, temperature=3)
    assert (bold.predicted == cooled.predicted).all()
    assert cooled.calibration_error() < 0.03 < bold.calibration_error()


def test_large_logits_do_not_overflow():
    assert softmax(np.array([[1e4, -1e4]])).tolist() == [[1, 0]]


def test_two_models_on_the_same_rows():
    one = results([1] * 12, [0.9] * 10 + [0.1] * 2)
    two = results([1] * 12, [0.1] * 7 + [0.9] * 3 + [0.1, 0.9])
    won, lost, p = one.beats(two)
    assert (won, lost) == (7, 1)
    assert p == pytest.approx(binomtest(1, 8).pvalue)
    assert one.beats(one) == (0, 0, 1.0)
    with pytest.raises(BertlabError, match="other texts"):
        one.beats(results([1] * 12, [0.9] * 12, [f"t{row}" for row in range(12)]))


def test_length_ranges():
    name = by_length(20, 40)
    words = [name("w " * count) for count in (1, 19, 20, 39, 40, 99)]
    assert words[:2] == ["under 20 words"] * 2
    assert words[2:4] == ["20 to 39 words"] * 2
    assert words[4:] == ["40 words or more"] * 2


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.ones((2, 2)) / 2, "shape"),
        (np.ones((3, 3)) / 3, "shape"),
        (np.array([[2.0, -1.0]] * 3), "add up to 1"),
        (np.ones((3, 2)), "add up to 1"),
    ],
)
def test_what_is_no_prediction_is_refused(probabilities, message):
    with pytest.raises(BertlabError, match=message):
        Results(table([0, 1, 1]), probabilities)


def test_a_nan_is_refused():
    with pytest.raises(BertlabError):
        Results(table([0, 1]), np.array([[math.nan, 1], [0, 1]]))
