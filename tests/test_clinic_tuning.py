"""Each fault shows its symptom here, and its repair does not."""

from dataclasses import replace

import pytest
import torch

from bertlab.clinic.tuning import RATES_OF_THE_NOTES, best_on_test, rates_on_one_model
from bertlab.data.examples import encode_texts
from bertlab.data.vocabulary import train_wordpiece
from bertlab.models.bert import Bert
from bertlab.models.heads import SequenceClassifier
from bertlab.training.finetune import FinetuneConfig
from bertlab.training.tune import FreshRun, tune
from tests.small_bert import small_config

GOOD, BAD = "a warm and honest book", "a cold and tedious book"
CONFIG = FinetuneConfig(epochs=2, batch_size=8, warmup=0.0, dropout=0.0, bf16=False)


@pytest.fixture(scope="module")
def setting():
    words = train_wordpiece([GOOD, BAD] * 20, 60)
    texts, labels = [GOOD, BAD] * 12, [1, 0] * 12
    train = encode_texts(words, texts, labels)
    shape = small_config(words.get_vocab_size(), max_position_embeddings=16)

    def make_model(seed):
        generator = torch.Generator().manual_seed(seed)
        return SequenceClassifier(Bert(shape, generator), 2, generator=generator)

    return make_model, train, train.select(range(8))


def losses(histories):
    return {rate: [record["loss"] for record in history] for rate, history in histories.items()}


def fresh(setting, rates):
    run = FreshRun(*setting)
    return {rate: run(replace(CONFIG, learning_rate=rate)) for rate in rates}


def test_one_model_for_all_rates_makes_the_order_matter_and_fresh_ones_do_not(setting):
    rates = (1e-3, 1e-2)
    there, back = (
        losses(rates_on_one_model(*setting, order, CONFIG)) for order in (rates, rates[::-1])
    )
    assert there[1e-2] != back[1e-2] and there[1e-3] != back[1e-3]
    first, again = (losses(fresh(setting, order)) for order in (rates, rates[::-1]))
    assert first == again
    assert first[1e-3] == there[1e-3] and first[1e-2] == back[1e-2]  # the first rate is always fair


def test_the_notes_rates_come_hottest_first():
    assert RATES_OF_THE_NOTES == (0.1, 0.01, 0.001)


def test_choosing_on_the_test_set_picks_and_reports_its_best():
    scores = {"a": (0.80, 0.70), "b": (0.70, 0.75)}
    assert best_on_test(scores) == ("b", 0.75)


def test_a_study_over_real_runs_finds_a_rate_and_knows_its_data(setting, tmp_path):
    make_model, train, validation = setting
    run, file = FreshRun(make_model, train, validation), tmp_path / "study.db"
    tuning = tune(run, CONFIG, trials=3, score="validation_loss", storage=file)
    assert len(tuning.trials) == 3 and tuning.best.score < 0.75
    history = run(tuning.best.config)
    assert history[-1]["validation_loss"] == tuning.best.score  # the same config, the same run
    other = FreshRun(make_model, train.select(range(20)), validation)
    with pytest.raises(ValueError, match="found another run on resume"):
        tune(other, CONFIG, trials=4, score="validation_loss", storage=file, resume=True)


def test_a_rate_that_explodes_is_a_diverged_trial(setting):
    from optuna.distributions import FloatDistribution

    space = {"learning_rate": FloatDistribution(1e30, 1e38, log=True)}
    tuning = tune(FreshRun(*setting), CONFIG, space, trials=2, score="validation_loss")
    assert {trial.state for trial in tuning.trials} == {"diverged"}
