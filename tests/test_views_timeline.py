"""The pipeline's timeline: right by hand, the same twin always, alive and quick when a kernel runs."""

import time

import pytest

from bertlab.errors import BertlabError
from bertlab.views import base
from bertlab.views.speed import draw_timeline, draw_waterfall, inside, overlap
from bertlab.views.timeline import (
    AHEAD,
    DEVICES,
    MAKING,
    Pipeline,
    PipelineTimeline,
    picture,
    schedule,
    told,
)


def total(**how) -> float:
    return told(Pipeline(**how), schedule(Pipeline(**how), 4))["milliseconds"]


def test_by_hand_one_after_the_other():
    """Everything waits for everything: four times (make + copy + model)."""
    assert total(make=40, copy=10, model=50) == 4 * 100
    assert total(make=40, copy=10, model=50, device="CPU") == 4 * 90, "a CPU copies nothing"


def test_by_hand_beforehand_and_by_a_thread():
    assert total(make=40, copy=10, model=50, making="beforehand") == 4 * 60
    assert total(make=40, copy=10, model=50, making="by a thread") == 40 + 4 * 60
    assert total(make=80, copy=10, model=50, making="by a thread") == 4 * 80 + 60, "the slower wins"


def test_pinning_helps_only_where_the_loop_has_other_work_meanwhile():
    slow = {"make": 40, "copy": 10, "model": 50}
    assert total(**slow, pinned=True) == total(**slow), "reading each result waits anyway"
    assert total(**slow, reads=False) == 40 + 10 + 4 * 50 + 3 * 10, "the copies still queue"
    freed = total(**slow, reads=False, pinned=True)
    assert freed <= total(**slow, reads=False)
    # the copy waits for the model before it, so without pinning the loop cannot make the next batch
    long = {"make": 60, "copy": 10, "model": 50, "reads": False}
    assert total(**long, pinned=True) == 4 * 60 + 60
    assert total(**long) > total(**long, pinned=True)


@pytest.mark.parametrize("making", MAKING)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("reads", [False, True])
def test_no_lane_does_two_things_and_each_batch_goes_in_order(making, device, pinned, reads):
    spans = schedule(Pipeline(30, 20, 25, making, device, pinned, reads))
    for lane in {span.lane for span in spans}:
        mine = sorted((span.begin, span.end) for span in spans if span.lane == lane)
        assert all(end <= begin for (_, end), (begin, _) in zip(mine, mine[1:], strict=False))
    for batch in range(6):
        own = [span for span in spans if span.batch == batch]
        assert own == sorted(own, key=lambda span: span.begin)
        assert [span.work for span in own][-1] == "model"
    made = {span.batch: span.end for span in spans if span.work == "make"}
    begun = {span.batch: span.begin for span in spans if span.work == "model"}
    assert all(made[batch] <= begun[batch] for batch in made)
    if making == "by a thread":
        starts = {span.batch: span.begin for span in spans if span.work == "make"}
        for batch in range(AHEAD, 6):
            assert starts[batch] >= made[batch - AHEAD], "never more than so many ahead"


def test_the_picture_says_in_words_and_numbers_what_it_draws():
    shown = picture(Pipeline(40, 10, 50))
    assert "600 ms in all; the model runs 50 % of the time" in shown.html
    assert shown.html.count("<rect") == 18 and 'role="img"' in shown.html
    assert "main thread  0–40" in shown.text and "50–100" in shown.text
    nothing = picture(Pipeline(0, 0, 0))
    assert "0 ms in all" in nothing.text


def test_the_twin_is_the_same_every_time_and_holds_four_ways():
    one, other = PipelineTimeline(), PipelineTimeline()
    assert one._repr_mimebundle_() == other._repr_mimebundle_()
    for way in ("waited for", "beforehand", "by a thread", "read at the end"):
        assert way in one.text()


def test_the_form_redraws_and_keeps_errors_inside(monkeypatch):
    monkeypatch.setattr(base, "live", lambda: True)
    view = PipelineTimeline()
    assert base.WIDGET in view._repr_mimebundle_()
    form = view.widget()
    before = form.shown
    form.making = "beforehand"
    assert form.shown != before and "batches made beforehand" in form.shown
    form.device = "TPU <b>"
    assert "TPU &lt;b&gt;" in form.shown


def test_a_box_says_what_it_is_worth_even_where_that_is_nothing():
    form = PipelineTimeline(make=40, copy=10, model=50).widget()
    assert "The copy is waited for (else: 600 ms in all); each result is read at once" in form.shown
    assert "(else: 400 ms in all)." in form.shown
    before, form.pinned = form.shown, True  # the result is waited for, and so the copy with it
    assert "600 ms in all; the model" in form.shown and form.shown != before
    form.reads = False
    assert "not waited for (else: 400 ms in all); results are read at the end" in form.shown


def test_wrong_settings_are_refused():
    with pytest.raises(BertlabError, match="a negative time"):
        schedule(Pipeline(make=-1))
    with pytest.raises(BertlabError, match="'by magic'"):
        schedule(Pipeline(making="by magic"))


def test_a_waterfalls_shares_are_of_the_logarithm():
    fig, rows = draw_waterfall({"start": 8.0, "first": 4.0, "worse": 5.0, "last": 1.0})
    assert [row["times as fast"] for row in rows] == [1, 2, 0.8, 5]
    assert sum(row["share %"] for row in rows) == pytest.approx(100, abs=2)
    assert rows[1]["share %"] == 33 and rows[2]["share %"] < 0
    assert len(fig.axes[0].patches) == 4


def test_measured_work_is_drawn_from_zero():
    before = [("build", 10.0, 10.4), ("model", 10.4, 10.5)]
    fig = draw_timeline({"before": before, "after": [("model", 3.0, 3.1)]})
    assert [ax.get_xlim() for ax in fig.axes] == [(0, 0.5)] * 2


def test_overlap_is_counted_by_hand():
    work = [("build", 0, 3), ("model", 2, 5), ("build", 4, 6), ("model", 7, 8)]
    assert overlap(work) == 1 + 1
    assert overlap([("build", 0, 1), ("model", 1, 2), ("build", 2, 3)]) == 0


def test_a_functions_cumulative_time_is_found_by_name():
    import cProfile

    def outer():
        time.sleep(0.05)

    profile = cProfile.Profile()
    profile.runcall(outer)
    assert 0.04 < inside(profile, "test_views_timeline.py", "outer") < 5
