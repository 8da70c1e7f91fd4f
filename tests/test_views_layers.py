"""The figures of layers: what is drawn is what the table says."""

from bertlab.training.seeds import Spread
from bertlab.views.layers import draw_felt, draw_spreads

SPREADS = {"ELMo 0": Spread.of([0.5, 0.6, 0.7]), "ELMo 1": Spread.of([0.8, 0.8, 0.8])}


def test_each_layer_has_a_point_and_a_row():
    fig, rows = draw_spreads({"one": SPREADS, "two": {"x": SPREADS["ELMo 1"]}}, "F1", chance=0.25)
    first, second = fig.axes
    assert [text.get_text() for text in first.get_yticklabels()] == ["ELMo 0", "ELMo 1"]
    assert rows[0] == {"Question": "one", "Layer": "ELMo 0", "F1, %": 60, "from": 35, "to": 85}
    assert [row["Question"] for row in rows] == ["one", "one", "two"]
    assert any(line.get_xdata()[0] == 25 for line in second.lines)


def test_one_line_a_reader():
    fig, rows = draw_felt({"a": {1: 0.5, -1: 0.25}, "b": {-1: 0.0, 1: 1.0}})
    left, right, *_ = fig.axes[0].lines
    assert (left.get_ydata().tolist(), right.get_ydata().tolist()) == ([0.25], [0.5])
    told = [text.get_text() for text in fig.axes[0].get_legend().get_texts()]
    assert told == ["a", "b"]
    assert rows == [
        {"Distance": -1, "a": "0.250", "b": "0.000"},
        {"Distance": 1, "a": "0.500", "b": "1.000"},
    ]
