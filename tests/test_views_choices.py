"""The layer explorer: twin, comparison and verdict; the figure of Table 7."""

import pytest

from bertlab.errors import BertlabError
from bertlab.training.seeds import Spread
from bertlab.views.choices import LayerExplorer, draw_groups, draw_rows, verdict

SCORES = {
    ("mean", 0): [0.60, 0.61, 0.62],
    ("mean", 1): [0.70, 0.72, 0.71],
    ("max", 0): [0.50, 0.70, 0.60],
    ("max", 1): [0.61, 0.60, 0.63],
}


def test_the_twin_shows_every_mean_with_its_interval():
    view = LayerExplorer(SCORES)
    assert "61.0 (58.5 to 63.5)" in view.static_html() and "61.0 (58.5 to 63.5)" in view.text()
    assert view.text().count(" to ") == 4 and "0, the embeddings" in view.text()


def test_a_clear_difference_and_one_that_is_none():
    view = LayerExplorer(SCORES)
    clear = view.compared(("mean", 0), ("mean", 1))
    assert "B is better" in clear and "+10.0" in clear and "A: layer 0, mean" in clear
    assert "A is better" in view.compared(("mean", 1), ("mean", 0))
    assert "Not told apart" in view.compared(("mean", 0), ("max", 0))


def test_equal_scores_are_not_told_apart():
    assert "Not told apart" in verdict([(0.5, 0.5)] * 3)


def test_the_controls_change_the_comparison():
    form = LayerExplorer(SCORES).widget()
    assert "A: layer 0, mean" in form.shown and "B: layer 1, mean" in form.shown
    form.pooling_b = "max"
    assert "B: layer 1, max" in form.shown
    form.layer_b = 0
    assert "B: layer 0, max" in form.shown
    form.layer_a, form.pooling_a = 1, "max"
    assert "A: layer 1, max" in form.shown


@pytest.mark.parametrize(
    "scores", [{}, {("mean", 0): [1, 2]}, {("mean", 0): [1, 2], ("mean", 1): [1]}]
)
def test_scores_that_cannot_be_compared(scores):
    with pytest.raises(BertlabError, match="two choices or more"):
        LayerExplorer(scores)


def test_our_rows_beside_the_papers():
    rows = {"Embeddings": Spread.of([0.4, 0.5]), "Last": Spread.of([0.5, 0.6])}
    left, right = draw_rows(rows, {"Embeddings": 91.0, "Last": 94.9}, ("ours", "theirs")).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["Embeddings", "Last"]
    assert list(right.lines[0].get_xdata()) == [91.0, 94.9]
    assert left.get_xlabel() == "ours"


def test_groups_stand_side_by_side_and_each_series_is_named_once():
    found = {(g, n): Spread.of([0.5, 0.6]) for g in ("a", "b") for n in ("LR", "SVM")}
    [ax] = draw_groups(found, "per cent").axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["LR", "SVM"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    assert len({round(float(line.get_xdata()[0]), 3) for line in ax.lines}) == 4
    assert ax.lines[1].get_ydata()[0] == pytest.approx(55)
