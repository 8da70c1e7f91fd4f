"""The training monitor: true to the records, alike at every run, alive while the kernel is busy."""

import json

import pytest

from bertlab.errors import BertlabError
from bertlab.views import base
from bertlab.views.training import ROWS, TrainingMonitor, draw_curves, recorded


def record(step: int, **more) -> dict:
    return {
        "step": step,
        "loss": 10.0 - step / 100,
        "learning_rate": 1e-3,
        "mlm_loss": 9.0 - step / 100,
        "nsp_loss": 0.69,
        "masked_accuracy": step / 1000,
        "tokens": 100 * step,
        "tokens_per_second": 1234,
    } | more


def test_before_the_first_record_the_twin_says_so():
    monitor = TrainingMonitor(50, {"unigram": 6.4})
    assert "0 of 50 steps" in monitor.text() and "0 of 50 steps" in monitor.static_html()
    assert "<table" not in monitor.static_html()


def test_the_twin_holds_first_last_and_some_between():
    monitor = TrainingMonitor(3000, history=[record(step) for step in range(10, 1010, 10)])
    lines = monitor.text().splitlines()[2:]
    assert len(lines) == ROWS
    assert lines[0].split() == ["10", "8.9", "0.69", "1.0", "1.0e-03"]
    assert lines[-1].split() == ["1000", "-1.0", "0.69", "100.0", "1.0e-03"]
    assert "1,000 of 3,000 steps" in monitor.text()
    assert monitor.static_html() == TrainingMonitor(3000, history=monitor.history).static_html()


@pytest.mark.parametrize("count", [1, 2, 3, ROWS, ROWS + 1])
def test_few_records_are_all_shown_once(count):
    monitor = TrainingMonitor(20, history=[record(step) for step in range(1, count + 1)])
    steps = [int(line.split()[0]) for line in monitor.text().splitlines()[2:]]
    assert (
        steps[0] == 1 and steps[-1] == count and len(set(steps)) == len(steps) == min(count, ROWS)
    )


def test_a_model_without_two_games_has_its_whole_loss_shown():
    monitor = TrainingMonitor(5)
    monitor({"step": 5, "loss": 2.5, "learning_rate": 0.1, "tokens": 1, "tokens_per_second": 1})
    assert monitor.curve() == [(5, 2.5)]
    assert monitor.text().splitlines()[-1].split() == ["5", "2.5", "1.0e-01"]


def test_a_record_reaches_every_view_and_is_copied(monkeypatch):
    monkeypatch.setattr(base, "live", lambda: True)
    monitor = TrainingMonitor(30, {"bigram": 6.0, "unigram": 6.5})
    assert base.WIDGET in monitor._repr_mimebundle_()
    first, second = monitor._widgets[0], monitor.widget()
    assert first.levels == [["bigram", 6.0], ["unigram", 6.5]] and first.total == 30
    given = record(10)
    monitor(given)
    given["mlm_loss"] = 0.0
    monitor(record(20))
    for view in (first, second, monitor.widget()):
        assert [(one["step"], one["plotted"]) for one in view.records] == [(10, 8.9), (20, 8.8)]
        assert view.records[0]["masked_accuracy"] == 0.01
    json.dumps(first.records)


def test_a_run_needs_a_step():
    with pytest.raises(BertlabError, match="found a run of 0 steps"):
        TrainingMonitor(0)


def test_curves_and_levels_are_drawn_with_their_names():
    fig = draw_curves(
        {"train": [(1, 5.0), (2, 4.0)], "held out": [(1, 5.5), (2, 6.0)]}, {"unigram": 5.2}
    )
    ax = fig.axes[0]
    assert [line.get_label() for line in ax.lines[:2]] == ["train", "held out"]
    assert ax.lines[1].get_xydata().tolist() == [[1, 5.5], [2, 6]]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert set(ax.lines[2].get_ydata()) == {5.2}
    assert [text.get_text() for text in ax.texts] == ["unigram"]
    assert ax.get_legend() and not draw_curves({"one": [(0, 1)]}).axes[0].get_legend()


def test_recorded_figures_are_shown_or_said_to_be_missing(tmp_path):
    path = tmp_path / "results" / "gpu.json"
    assert recorded(path).text == "No figures have been recorded yet: there is no results/gpu.json."
    path.parent.mkdir()
    timings = [{"name": "ours", "per_second": 5e6}, {"name": "theirs", "per_second": 2e6}]
    written = {
        "command": "bertlab bench x",
        "machine": {"gpu": "<some>", "commit": "abc"},
        "results": [{"name": "step", "unit": "tokens/s", "timings": timings}],
    }
    path.write_text(json.dumps(written), encoding="utf-8")
    shown = recorded(path)
    assert "bertlab bench x; <some>, commit abc" in shown.text
    assert "2,000,000 tokens" in shown.text and "2.5" in shown.text
    assert "&lt;some&gt;" in shown.html
    written["results"].append({"name": "a table of rows", "rows": [{"size": 1}]})
    path.write_text(json.dumps(written), encoding="utf-8")
    assert recorded(path).text == shown.text, "only speeds are shown here"
    for damaged in ("{", "[]", '{"results": []}', '{"command": "", "machine": [], "results": []}'):
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(BertlabError, match=r"results/gpu.json in another form"):
            recorded(path)
