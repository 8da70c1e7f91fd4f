"""The slow evaluation and the ladder of its repairs: other times, the same guesses."""

import threading
from dataclasses import asdict

import numpy as np
import pytest
import torch

from bertlab.clinic.asynchronous import StandIn, Stopwatch
from bertlab.clinic.building import Words
from bertlab.clinic.evaluation import (
    LADDER,
    LENGTH,
    Source,
    evaluate,
    megabytes_kept,
    places_computed,
    slow_evaluation,
)
from bertlab.data.vocabulary import train_wordpiece
from bertlab.models.bert import Bert, BertConfig


@pytest.fixture(scope="module")
def model() -> Bert:
    config = BertConfig(120, 32, 2, 2, 64, max_position_embeddings=LENGTH)
    return Bert(config, torch.Generator().manual_seed(0)).eval()


@pytest.fixture(scope="module")
def source() -> Source:
    tokenizer = train_wordpiece([" ".join(f"w{i}" for i in range(99))], 120)
    generator = np.random.default_rng(0)
    sizes = generator.integers(3, 40, 60)
    texts = [generator.integers(5, 100, size).tolist() for size in sizes]
    return Source(texts, Words(tokenizer), batches=4)


@pytest.fixture(scope="module")
def rows(source):
    return source.all_rows()


@pytest.fixture(scope="module")
def first(model, source):
    return evaluate(model, source, LADDER[0].recipe)


@pytest.mark.parametrize("rung", LADDER, ids=lambda rung: rung.name)
def test_every_rung_gives_the_same_guesses(rung, model, source, rows, first):
    scores = evaluate(model, source, rung.recipe, rows)
    assert scores.guesses.shape == first.guesses.shape and scores.next.shape == (24,)
    if rung.recipe.bf16:  # eight bits of precision: near-ties of a random model may fall otherwise
        assert scores.agreement(first) > 0.9 and (scores.next == first.next).mean() > 0.85
    else:
        assert (scores.guesses == first.guesses).all() and (scores.next == first.next).all()


def test_each_rung_turns_one_switch():
    for before, after in zip(LADDER, LADDER[1:], strict=False):
        old, new = asdict(before.recipe), asdict(after.recipe)
        assert sum(old[name] != new[name] for name in old) == 1, after.name


def test_the_patient_scores_as_its_repair_does(model, source, first):
    found = slow_evaluation(model, source)
    assert found["masked_accuracy"] == pytest.approx(first.masked_accuracy)
    assert found["nsp_accuracy"] == pytest.approx(first.nsp_accuracy)


def test_the_patient_forgets_eval_and_the_repair_does_not(source, rows):
    """With dropout on, the model disagrees with itself; `evaluate` leaves the mode as it was."""
    noisy = Bert(
        BertConfig(120, 32, 2, 2, 64, hidden_dropout_prob=0.5, max_position_embeddings=LENGTH),
        torch.Generator().manual_seed(0),
    ).train()
    recipe = LADDER[4].recipe
    one, two = (evaluate(noisy, source, recipe, rows) for _ in range(2))
    assert (one.guesses == two.guesses).all() and noisy.training
    torch.manual_seed(0)
    found = {slow_evaluation(noisy, source)["masked_accuracy"] for _ in range(4)}
    assert len(found) > 1 or found != {one.masked_accuracy}


def test_the_patients_clock_leaves_most_out(model, source):
    watch = Stopwatch()
    with watch:
        seconds = slow_evaluation(model, source)["seconds"]
    assert 0 < seconds < watch.seconds


def test_the_patient_searches_again_at_every_evaluation_and_the_repair_once(model, source, rows):
    class Counted(Source):
        searched = 0

        def rows(self, number):
            type(self).searched += 1
            return super().rows(number)

    counted = Counted(source.sentences, source.words, source.batches)
    slow_evaluation(model, counted)
    slow_evaluation(model, counted)
    assert Counted.searched == 8
    evaluate(model, counted, LADDER[1].recipe, rows)
    assert Counted.searched == 8


def test_only_the_patient_keeps_what_a_backward_pass_would_need(model, source, rows, monkeypatch):
    kept = []
    whole = Bert.mlm_logits
    monkeypatch.setattr(
        Bert, "mlm_logits", lambda self, hidden: kept.append(hidden) or whole(self, hidden)
    )
    evaluate(model, source, LADDER[1].recipe, rows)
    evaluate(model, source, LADDER[2].recipe, rows)
    assert [hidden.requires_grad for hidden in kept] == [True] * 4 + [False] * 4
    kept.clear()
    evaluate(model, source, LADDER[4].recipe, rows)
    evaluate(model, source, LADDER[5].recipe, rows)
    scored = [hidden.shape[:-1].numel() for hidden in kept]
    assert scored[:4] == [6 * LENGTH] * 4, "every place, padding included"
    assert sum(scored[4:]) == len(evaluate(model, source, LADDER[5].recipe, rows).guesses)


def test_trimming_and_sorting_leave_fewer_places(model, source, rows, monkeypatch):
    seen = []
    forward = Bert.forward
    monkeypatch.setattr(
        Bert,
        "forward",
        lambda self, ids, *args: seen.append(ids.numel()) or forward(self, ids, *args),
    )
    places = []
    for number in (5, 6, 7):
        seen.clear()
        recipe = LADDER[number].recipe
        evaluate(model, source, recipe, rows)
        places.append(sum(seen))
        assert places_computed(rows, 6, recipe) == places[-1]
    assert places[0] > places[1] > places[2]


def test_what_autograd_keeps_is_counted(model):
    ids = torch.full((6, LENGTH), 7)
    with torch.inference_mode():
        assert megabytes_kept(model, lambda: model(ids)) == 0
    kept = megabytes_kept(model, lambda: model(ids))
    hidden = 6 * LENGTH * 32 * 4 / 1e6  # one layer's vectors in float32
    assert 10 * hidden < kept < 200 * hidden


def test_work_is_noted_in_two_lanes(model, source, rows):
    for number in (0, -1):
        noted = []
        recipe = LADDER[number].recipe
        evaluate(model, source, recipe, rows, lambda *work, to=noted: to.append(work))
        assert {lane for lane, _, _ in noted} == {"build", "model"}
        assert all(begin <= end for _, begin, end in noted)
        if not recipe.overlap:  # one thing after the other
            begins = [begin for _, begin, _ in noted]
            ends = [end for _, _, end in noted]
            assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


def test_a_stopwatch_waits_before_and_after():
    waited = []
    with Stopwatch(lambda: waited.append(len(waited))) as watch:
        assert waited == [0]
    assert waited == [0, 1] and watch.seconds > 0


def test_the_stand_in_returns_at_once_and_works_in_order():
    device, done, go = StandIn(), [], threading.Event()
    device.launch(go.wait)
    results = [device.launch(lambda i=i: done.append(i) or i) for i in range(3)]
    assert done == [], "queued, not done"
    go.set()
    device.synchronize()
    assert done == [0, 1, 2] and [result.result() for result in results] == done


def test_on_a_cpu_there_is_nothing_to_transfer(model):
    tensor = torch.zeros(3)
    assert tensor.to("cpu", non_blocking=True) is tensor
