"""Answering only when sure: counts by hand, twin and slider alike."""

import numpy as np
import pytest

from bertlab.data.tables import Table
from bertlab.errors import BertlabError
from bertlab.training.report import Results
from bertlab.views.abstain import STEPS, Abstain, answered, draw_reliability, thresholds


def made(good, labels=(1, 1, 0, 0), texts=("a", "b", "c", "d")):
    labels = np.array(labels)
    table = Table(
        "t.csv", tuple(texts), labels, ("bad", "good"), None, np.arange(2, len(labels) + 2)
    )
    good = np.array(good, dtype=float)
    return Results(table, np.stack([1 - good, good], 1))


ONE = made([0.9, 0.4, 0.2, 0.7])


def test_answers_and_right_ones_by_hand():
    assert answered(ONE, 0.5) == (4, 2)
    assert answered(ONE, 0.7) == (3, 2)
    assert answered(ONE, 0.85) == (1, 1)
    assert answered(ONE, 0.95) == (0, 0)


def test_thresholds_run_from_chance():
    assert thresholds(ONE)[0] == 0.5 and len(thresholds(ONE)) == STEPS and max(thresholds(ONE)) < 1


def test_the_table_holds_every_model_and_survives_no_answer():
    view = Abstain({"one": ONE, "two": made([0.6, 0.6, 0.4, 0.4])})
    shown = view.at(0.85)
    assert "25.0" in shown.html and "100.0" in shown.html
    assert "two" in shown.text and "0.0" in shown.text


def test_the_twin_is_the_same_each_time_and_escapes_names():
    view = Abstain({"<b>": ONE})
    assert view.static_html() == Abstain({"<b>": ONE}).static_html()
    assert "<b>" not in view.static_html() and "&lt;b&gt;" in view.static_html()
    assert "Answering only when sure enough" in view.text()


def test_the_slider_redraws():
    view = Abstain({"one": ONE})
    slider, shown = view.widget().children
    assert shown.value == view.at(0.5).html
    slider.value = thresholds(ONE)[-1]
    assert shown.value == view.at(thresholds(ONE)[-1]).html != view.at(0.5).html


def test_other_rows_and_no_models_are_refused():
    with pytest.raises(BertlabError, match="2 models on 2 tables"):
        Abstain({"one": ONE, "two": made([0.9] * 4, texts=tuple("wxyz"))})
    with pytest.raises(BertlabError, match="0 models"):
        Abstain({})


def test_the_figure_has_a_line_a_model_and_the_diagonal():
    fig = draw_reliability({"one": ONE, "two": ONE})
    labels = fig.axes[0].get_legend_handles_labels()[1]
    assert labels == ["as promised", "one", "two"]
