import json

import pytest

from bertlab import bench
from bertlab.bench.harness import Contender, compare, machine
from bertlab.bench.training import BASE, flops_a_token, random_pairs
from bertlab.errors import BertlabError


def test_contenders_take_turns():
    order = []

    def work(name: str) -> Contender:
        return Contender(name, lambda: order.append(name) or 1.0)

    timings = compare([work("a"), work("b")], rounds=3, seconds=0.0, warmup=1)
    assert order == ["a", "b"] * 4  # a warm-up each, then three rounds
    assert [timing.name for timing in timings] == ["a", "b"]
    assert all(0 < timing.low <= timing.per_second <= timing.high for timing in timings)


def test_base_has_its_published_size():
    """6ND: six operations a weight and token, beside attention and heads (Kaplan et al. 2020)."""
    encoder_weights = 12 * 12 * 768 * 768  # 85 M of BERT-base's 110 M
    assert flops_a_token(BASE, 0, mask_share=0) == 6 * encoder_weights


@pytest.mark.parametrize("full", [True, False])
def test_rows_are_full_or_mixed_as_asked(full):
    import numpy as np

    batch = random_pairs(BASE, 16, 64, full).draw(np.random.default_rng(0))
    sizes = batch.row_offsets.diff()
    assert sizes.max() <= 64
    assert bool((sizes == 63).all()) is full


def test_an_outcome_is_recorded_and_rendered(tmp_path, monkeypatch):
    timing = {"name": "bertlab", "per_second": 20_500.0, "low": 20_000.0, "high": 21_000.0}
    slower = {"name": "peer", "per_second": 4_100.0, "low": 4_000.0, "high": 4_200.0}
    result = {"name": "step", "unit": "tokens/s", "timings": [timing, slower]}
    monkeypatch.setitem(bench.BENCHES, "training", lambda device, quick: [result])
    outcome = bench.run("training", quick=True)
    path = bench.record(outcome, tmp_path / "results")
    assert json.loads(path.read_text()) == outcome
    page = (tmp_path / "results" / "README.md").read_text()
    assert "| peer | 4,100 | 4,000 to 4,200 | 5 |" in page
    assert "`bertlab bench training --device cpu --quick --record`" in page


def test_the_machine_is_described():
    facts = machine()
    assert facts["versions"]["torch"] and facts["threads"] >= 1 and facts["processor"]


def test_an_unknown_bench_is_refused():
    with pytest.raises(BertlabError, match="one of batches, elmo, training"):
        bench.run("speed")


def test_numbers_are_readable():
    assert [bench.readable(x) for x in (0.01234, 12.34, 123456.0, 7.9e14)] == [
        "0.0123",
        "12.3",
        "123,000",
        "790,000,000,000,000",
    ]
