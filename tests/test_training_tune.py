"""Tuning: the config changes and nothing else does; a killed study ends as one that was never stopped."""

import math
import signal
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError, dataclass, replace

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from bertlab.errors import BertlabError
from bertlab.training.study import open_tuning
from bertlab.training.tune import SPACE, SealedTest, grid, tune


@dataclass(frozen=True)
class Config:
    learning_rate: float = 1e-3
    batch_size: int = 16
    epochs: int = 3
    warmup: float = 0.1
    dropout: float = 0.1
    seed: int = 0


def run(config, on_epoch=lambda record: None):
    """A training without a model: best at a rate of 3e-4, better with each epoch."""
    history = []
    for epoch in range(1, config.epochs + 1):
        miss = abs(math.log10(config.learning_rate / 3e-4))
        value = 0.9 - 0.1 * miss - 0.1 / epoch
        history.append({"epoch": epoch, "validation_accuracy": value, "validation_loss": 1 - value})
        on_epoch(history[-1])
    return history


def told(tuning):
    return [(t.config, t.state, t.score, t.curve) for t in tuning.trials if t.state != "killed"]


def test_the_same_seed_gives_the_same_trials_and_another_seed_others():
    first, again = (tune(run, Config(), trials=8, seed=3) for _ in range(2))
    assert told(first) == told(again)
    assert told(first) != told(tune(run, Config(), trials=8, seed=4))


def test_trials_stay_in_the_space_and_change_nothing_else():
    config = Config(seed=7)
    tuning = tune(run, config, trials=12)
    assert config == Config(seed=7)
    for trial in tuning.trials:
        assert trial.config.seed == 7
        for name, where in SPACE.items():
            assert where._contains(where.to_internal_repr(getattr(trial.config, name)))
    with pytest.raises(FrozenInstanceError):
        tuning.best.config.learning_rate = 1.0


def test_the_best_is_the_best_finished_one_and_a_loss_is_minimised():
    by_accuracy = tune(run, Config(), trials=8)
    by_loss = tune(run, Config(), trials=8, score="validation_loss")
    for tuning, pick in ((by_accuracy, max), (by_loss, min)):
        scores = [trial.score for trial in tuning.trials if trial.state == "finished"]
        assert tuning.best.score == pick(scores)
    assert [t.config for t in by_accuracy.trials] == [t.config for t in by_loss.trials]


def test_trials_behind_the_median_are_pruned_and_score_nothing():
    tuning = tune(run, Config(), trials=15)
    pruned = [trial for trial in tuning.trials if trial.state == "pruned"]
    assert pruned and all(len(trial.curve) < trial.config.epochs for trial in pruned)
    assert all(trial.score is None for trial in pruned)
    whole = tune(run, Config(), trials=15, pruner=optuna.pruners.NopPruner())
    assert {trial.state for trial in whole.trials} == {"finished"}


def test_a_score_that_is_no_number_is_a_diverged_trial_and_the_study_goes_on():
    def hot(config, on_epoch):
        if config.learning_rate > 1e-3:
            on_epoch({"epoch": 1, "validation_accuracy": math.nan})
        return run(config, on_epoch)

    tuning = tune(hot, Config(), trials=10)
    states = {trial.state for trial in tuning.trials if trial.config.learning_rate > 1e-3}
    assert states == {"diverged"} and len(tuning.trials) == 10
    assert tuning.best.config.learning_rate <= 1e-3


def test_no_finished_trial_has_no_best():
    def hot(config, on_epoch):
        return [{"validation_accuracy": math.inf}]

    with pytest.raises(BertlabError, match="found no finished trial"):
        _ = tune(hot, Config(), trials=2).best


def test_a_resumed_study_ends_like_one_that_never_stopped(tmp_path):
    file = tmp_path / "study.db"
    for trials in (3, 7, 10):
        resumed = tune(run, Config(), trials=trials, storage=file, resume=trials > 3)
    assert told(resumed) == told(tune(run, Config(), trials=10))
    assert told(tune(run, Config(), trials=10, storage=file, resume=True)) == told(resumed)


KILLED = """
import sys, time
from pathlib import Path
from tests.test_training_tune import Config, run
from bertlab.training.tune import tune

done = []
def slow(config, on_epoch):
    def epoch(record):
        on_epoch(record)
        if len(done) == 4 and record["epoch"] == 2:
            Path(sys.argv[2]).touch()
            time.sleep(60)
    return run(config, epoch)
tune(slow, Config(), trials=10, storage=sys.argv[1], on_trial=done.append, resume=True)
"""


def test_a_study_killed_in_mid_trial_loses_nothing(tmp_path):
    file, marker = tmp_path / "study.db", tmp_path / "in the fifth trial"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(file), str(marker)])
    deadline = time.monotonic() + 60
    while not marker.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    with pytest.raises(BertlabError, match=f"process {process.pid} is working on"):
        tune(run, Config(), trials=10, storage=file, resume=True)
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()

    left = open_tuning(file, Config()).trials
    assert [trial.state for trial in left[-1:]] == ["running"] and len(left[-1].curve) == 2
    resumed = tune(run, Config(), trials=10, storage=file, resume=True)
    assert resumed.trials[: len(left) - 1] == left[:-1]
    assert resumed.trials[len(left) - 1].state == "killed"
    assert resumed.trials[len(left)].config == left[-1].config
    assert told(resumed) == told(tune(run, Config(), trials=10))


def test_an_error_in_a_run_is_raised_and_its_trial_runs_again(tmp_path):
    file, calls = tmp_path / "study.db", []

    def faulty(config, on_epoch):
        calls.append(config)
        if len(calls) == 3:
            raise RuntimeError("out of memory")
        return run(config, on_epoch)

    with pytest.raises(RuntimeError):
        tune(faulty, Config(), trials=6, storage=file)
    tuning = tune(faulty, Config(), trials=6, storage=file, resume=True)
    assert [t.state for t in tuning.trials].count("killed") == 1 and calls[2] == calls[3]
    assert told(tuning) == told(tune(run, Config(), trials=6))


def test_what_was_begun_otherwise_is_not_resumed(tmp_path):
    file = tmp_path / "study.db"
    tune(run, Config(), trials=1, storage=file)
    with pytest.raises(BertlabError, match="found a study with 1 trials"):
        tune(run, Config(), trials=2, storage=file)
    narrow = {"epochs": IntDistribution(1, 2)}
    for change in ({"seed": 1}, {"space": narrow}, {"score": "validation_loss"}):
        with pytest.raises(BertlabError, match="found another"):
            tune(run, Config(), trials=2, storage=file, resume=True, **change)
    with pytest.raises(BertlabError, match="found another config"):
        tune(run, Config(seed=1), trials=2, storage=file, resume=True)
    with pytest.raises(BertlabError, match="found no study at"):
        open_tuning(tmp_path / "other.db", Config())


def test_a_name_that_the_config_lacks_is_refused_before_anything_runs():
    with pytest.raises(BertlabError, match="found 'rate' to search over; wanted a field"):
        tune(run, Config(), {"rate": FloatDistribution(0.1, 1.0)})
    with pytest.raises(BertlabError, match="found 'rate'"):
        grid(Config(), rate=[0.1])


def test_a_score_that_is_not_reported_is_named():
    with pytest.raises(BertlabError, match="wanted 'test_accuracy' among them"):
        tune(run, Config(), trials=1, score="test_accuracy")


def test_a_grid_is_every_combination_in_order_around_an_untouched_config():
    config = Config(dropout=0.3)
    found = grid(config, learning_rate=[5e-5, 3e-5], epochs=[2, 3])
    pairs = [(5e-5, 2), (5e-5, 3), (3e-5, 2), (3e-5, 3)]
    assert found == [replace(config, learning_rate=rate, epochs=n) for rate, n in pairs]
    assert config == Config(dropout=0.3)


def test_rows_show_what_was_searched():
    tuning = tune(run, Config(), {"epochs": IntDistribution(2, 4)}, trials=2)
    assert [list(row) for row in tuning.rows()] == [
        ["trial", "epochs", "epochs run", "validation_accuracy", "state"]
    ] * 2


def test_the_seal_breaks_once():
    test = SealedTest([1, 0, 1], lambda model, examples: {"accuracy": model / len(examples)})
    assert len(test) == 3 and test.looks == 0
    assert test.open(3) == {"accuracy": 1.0}
    with pytest.raises(BertlabError, match="look number 2 at the test set"):
        test.open(2)
    assert test.looks == 2


def test_the_command_searches_prints_and_resumes(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from bertlab.cli import app
    from bertlab.training import tune as tuning

    asked = []
    monkeypatch.setattr(tuning, "shipped_run", lambda *which: asked.append(which) or run)
    file = str(tmp_path / "study.db")
    for trials, more in (("2", []), ("3", ["--resume"])):
        result = CliRunner().invoke(app, ["tune", file, "--trials", trials, *more])
        assert result.exit_code == 0, result.output
    assert asked == [("entities", "bertlab-mini")] * 2
    assert "trial 2: finished" in result.output and "trial 1: finished" not in result.output
    assert "The best on validation data is trial" in result.output


def test_a_shipped_run_copies_its_encoder_and_names_its_tasks():
    from bertlab.training.tune import shipped_run

    run = shipped_run("entities")
    first, second = run.make_model(1), run.make_model(1)
    assert first.encoder is not second.encoder
    assert first.classifier.weight.equal(second.classifier.weight)
    assert not first.classifier.weight.equal(run.make_model(2).classifier.weight)
    assert run.train.kind == run.validation.kind == "tags"
    assert run.train.names == run.validation.names
    with pytest.raises(BertlabError, match="found task 'topics'"):
        shipped_run("topics")
