import json
from pathlib import Path

import pytest

from bertlab import bench
from bertlab.bench import page
from bertlab.bench.evaluation import steps
from bertlab.bench.harness import Contender, Timing, compare, machine
from bertlab.bench.scaling import documents, draw, measure
from bertlab.bench.startup import answers, first_cell, seconds
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
    with pytest.raises(BertlabError, match="one of batches, elmo, .*training"):
        bench.run("speed")


def test_numbers_are_readable():
    assert [page.readable(x) for x in (0.01234, 12.34, 123456.0, 7.9e14)] == [
        "0.0123",
        "12.3",
        "123,000",
        "790,000,000,000,000",
    ]


ROOT = Path(__file__).parents[1]


def test_the_pages_say_what_was_recorded():
    """results/README.md and the README's speed table are what `bertlab bench --page` writes."""
    results, readme = ROOT / "results", (ROOT / "README.md").read_text(encoding="utf-8")
    assert (results / "README.md").read_text(encoding="utf-8") == page.render(results)
    assert page.with_table(readme, page.speed_table(results)) == readme


def recorded(folder: Path, bench: str, name: str, **speeds: float) -> None:
    machine = {"processor": "CPU", "threads": 2, "python": "3", "versions": {}, "commit": "c"}
    timings = [
        {"name": who, "per_second": speed, "low": speed, "high": speed}
        for who, speed in speeds.items()
    ]
    outcome = {
        "bench": bench,
        "device": "cpu",
        "command": "c",
        "machine": machine,
        "results": [{"name": name, "unit": "tokens/s", "timings": timings}],
    }
    (folder / f"{bench}-cpu.json").write_text(json.dumps(outcome))


def test_the_speed_table_has_a_line_for_what_is_recorded_and_none_for_what_is_not(tmp_path):
    elmo = {"bertlab ELMo, bf16": 900.0, "nn.LSTM, full softmax, fp32": 300.0}
    recorded(tmp_path, "elmo", "language model training step, 32 × 32, cpu", **elmo)
    trainer = {"transformers' Trainer": 20.0, "transformers' Trainer, bf16": 40.0}
    recorded(tmp_path, "finetuning", "fine-tuning on 8", bertlab=50.0, **trainer)
    (tmp_path / "compare_reviews.json").write_text("{}")
    lines = page.speed_table(tmp_path).splitlines()
    assert lines[2:5] == [
        "| fine-tuning | transformers' `Trainer` | 2.5 |",
        "|  | `Trainer` in bf16 | 1.25 |",
        "| an ELMo's training step | `nn.LSTM` with a full softmax | 3 |",
    ]
    with pytest.raises(BertlabError, match="a README without a place"):
        page.with_table("no table here", "")


def test_recording_renews_the_readme(tmp_path, monkeypatch):
    rows = [{"what": "import bertlab", "seconds": 0.02, "kept": True}]
    found = [{"name": "start-up", "rows": rows, "power": 1.0}]
    monkeypatch.setitem(bench.BENCHES, "startup", lambda device, quick: found)
    (tmp_path / "README.md").write_text(f"# x\n{page.BEGIN}\nold\n{page.END}\ny\n")
    bench.record(bench.run("startup"), tmp_path / "results")
    readme = (tmp_path / "README.md").read_text()
    assert "old" not in readme and readme.startswith("# x\n") and readme.endswith("\ny\n")
    shown = (tmp_path / "results" / "README.md").read_text()
    assert "| import bertlab | 0.02 | yes |" in shown and "power: 1.0" in shown


def test_a_rungs_share_is_that_of_the_logarithm():
    speeds = {"a": 10.0, "b": 20.0, "c": 80.0}
    timings = [Timing(name, speed, speed, speed) for name, speed in speeds.items()]
    lines = steps(timings, 100, dict.fromkeys(speeds, 1.0))
    assert [line["seconds"] for line in lines] == [10.0, 5.0, 1.25]
    assert [line["times as fast"] for line in lines] == [1.0, 2.0, 4.0]
    assert [line["share %"] for line in lines] == [0.0, 33.3, 66.7]


def test_a_corpus_of_any_size_is_mixed_as_it_is_read():
    some = list(documents(0.03))
    assert 30_000 <= sum(map(len, some)) < 30_000 + 2 * max(map(len, some))
    assert some == list(documents(0.03)) and len(set(some)) == len(some)


def test_a_size_is_measured_and_drawn(tmp_path):
    row = measure(0.02)
    assert row["sentences"] > 100 and row["peak, MB"] >= row["memory before, MB"] > 10
    assert row["peak with mapped files, MB"] > row["peak, MB"]
    draw([row, row | {"million characters": 0.04}], tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").stat().st_size > 1000


def test_a_source_is_timed_in_a_fresh_process():
    assert seconds("time.sleep(0.2)") >= 0.2


def test_the_views_answer_a_change():
    found = dict(answers(1))
    assert len(found) == 4 and min(found.values()) > 0


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")), ids=lambda path: path.stem
)
def test_every_lesson_begins_with_a_cell_that_can_be_timed(path):
    compile(first_cell(path), path.name, "exec")
