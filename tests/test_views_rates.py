"""The rate sweep: true to the histories, whole in its twin, and not flattened by one hot run."""

import json
import math

import pytest

from bertlab.errors import BertlabError
from bertlab.views import base
from bertlab.views.figures import png
from bertlab.views.rates import RateExplorer, draw_sweep, sweep_rows


def history(last: float, loss: float = 0.5, epochs: int = 3) -> list[dict]:
    return [
        {
            "epoch": epoch,
            "loss": loss + 0.2 / epoch,
            "validation_loss": loss + 0.3,
            "validation_accuracy": last - 0.1 * (epochs - epoch),
            "examples_per_second": 9.0,
        }
        for epoch in range(1, epochs + 1)
    ]


@pytest.fixture
def histories():
    return {
        1e-1: history(0.5, loss=40.0),
        1e-5: history(0.6),
        1e-3: history(0.9),
        1e-2: history(0.7),
    }


def test_the_twin_has_a_row_a_rate_in_order_of_rate(histories):
    view = RateExplorer(histories)
    rows = sweep_rows(histories)
    assert [row["Learning rate"] for row in rows] == ["1e-05", "0.001", "0.01", "0.1"]
    assert rows[1] == {
        "Learning rate": "0.001",
        "Epochs": 3,
        "Validation accuracy": 0.9,
        "Validation loss": 0.8,
        "Training loss": 0.57,
    }
    assert view.static_html().count("<tr>") == 5 and "0.57" in view.text()
    assert view.static_html() == RateExplorer(dict(reversed(histories.items()))).static_html()


def test_the_widget_holds_every_epoch_and_begins_at_the_best_rate(histories):
    widget = RateExplorer(histories).widget()
    assert [run["rate"] for run in widget.runs] == [1e-5, 1e-3, 1e-2, 1e-1]
    assert widget.runs[widget.chosen]["rate"] == 1e-3 and widget.measure == "validation_accuracy"
    assert widget.runs[1]["validation_accuracy"] == pytest.approx([0.7, 0.8, 0.9])
    assert [name for name, _ in widget.measures] == [
        "validation_accuracy",
        "validation_loss",
        "loss",
    ]


def test_one_hot_run_does_not_press_the_others_flat(histories):
    assert RateExplorer(histories).widget().ceiling < 3
    fig = draw_sweep(histories, levels={"knows nothing": 0.5})
    assert fig.axes[1].get_ylim()[1] < 3
    assert fig.axes[1].get_ylabel().startswith("training loss, cut off at ")
    del histories[1e-1]
    assert draw_sweep(histories).axes[1].get_ylabel() == "training loss"
    assert png(fig).startswith(b"\x89PNG")


def test_what_is_not_finite_is_said_and_never_best(histories):
    histories[1e-2][-1]["validation_accuracy"] = math.nan
    histories[1e-1][-1]["loss"] = math.inf
    rows = sweep_rows(histories)
    assert rows[2]["Validation accuracy"] == rows[3]["Training loss"] == "not finite"
    widget = RateExplorer(histories).widget()
    assert widget.runs[widget.chosen]["rate"] == 1e-3
    json.dumps([widget.runs, widget.ceiling], allow_nan=False)


def test_without_accuracies_the_lowest_loss_is_best(histories):
    for one in histories.values():
        for record in one:
            del record["validation_accuracy"]
    coldest = min(histories)
    for record in histories[coldest]:
        record["validation_loss"] = 0.01
    widget = RateExplorer(histories).widget()
    assert widget.measure == "validation_loss" and widget.runs[widget.chosen]["rate"] == coldest


def test_a_sweep_needs_two_positive_rates_and_epochs(histories):
    with pytest.raises(BertlabError, match="found a sweep over 1 rates"):
        RateExplorer({1e-3: history(0.9)})
    with pytest.raises(BertlabError, match="found rate 0 with 3 epochs"):
        RateExplorer({0.0: history(0.9), 1e-3: history(0.9)})
    with pytest.raises(BertlabError, match="found rate 0.001 with 0 epochs"):
        RateExplorer({1e-2: history(0.9), 1e-3: []})


def test_a_live_view_carries_both_faces(histories, monkeypatch):
    monkeypatch.setattr(base, "live", lambda: True)
    bundle = RateExplorer(histories)._repr_mimebundle_()
    assert base.WIDGET in bundle and "<table>" in bundle["text/html"]
