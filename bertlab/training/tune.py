"""Hyperparameter tuning: change a config, train again from the start, compare, keep the best config.

Nothing here changes a weight. `tune` draws values (Optuna's TPE sampler, Bergstra et al. 2011), puts
them into a frozen config with `dataclasses.replace`, and hands the config to a `Run`, which trains
a fresh model and returns its history. Trials that fall behind the median of the earlier ones are
stopped early. The study may live in an SQLite file; killed at any moment, it goes on as if nothing
had happened: each draw depends on the seed and on the finished trials only.
"""

import copy
import itertools
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import optuna
import torch
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.trial import TrialState

from bertlab.errors import BertlabError, Diverged
from bertlab.training.study import (
    Trial,
    Tuning,
    open_study,
    places,
    quietly,
    this_process,
    trial_of,
    tuning_of,
)

# run(config, on_epoch) -> history: trains from the start and calls on_epoch(record) after each epoch
Run = Callable[[Any, Callable[[dict], None]], list[dict]]

SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(1e-5, 3e-3, log=True),
    "batch_size": CategoricalDistribution([16, 32]),
    "epochs": IntDistribution(2, 4),
    "warmup": FloatDistribution(0.0, 0.3),
    "dropout": FloatDistribution(0.0, 0.3),
}
STARTUP = 5  # trials drawn at random before TPE and pruning have anything to go by


def grid(config, **choices: Iterable) -> list:
    """Every combination of the choices, each put into `config` by `replace`; the last name varies fastest."""
    _check_names(config, choices)
    combinations = itertools.product(*choices.values())
    return [replace(config, **dict(zip(choices, values, strict=True))) for values in combinations]


def tune(
    run: Run,
    config,
    space: Mapping[str, BaseDistribution] = SPACE,
    *,
    trials: int = 20,
    score: str = "validation_accuracy",
    storage: str | os.PathLike | None = None,
    resume: bool = False,
    seed: int = 0,
    pruner: optuna.pruners.BasePruner | None = None,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuning:
    """Search `space` around `config` until `trials` runs are done (finished, pruned or diverged).

    run: such as a `FreshRun`. Every trial has the seed that `config` has; `seed` is the sampler's.
    score: what to compare, a measure *on validation data* in each epoch's record; names that end in
    "loss" are minimised. A trial scores what its last epoch does.
    storage: an SQLite file; None keeps the study in memory. resume: go on with the study in it. The
    trial that was running when the process died is marked as killed, and the same config runs again.
    pruner: None stops a trial whose best score so far is worse than the median of the finished
    trials after as many epochs; `optuna.pruners.NopPruner()` stops none.

    Raises BertlabError for names that the config lacks, a study that is there when `resume` is off,
    one that was begun otherwise, and one that another process is working on.
    """
    _check_names(config, space)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP) if pruner is None else pruner
    identity = {
        "config": asdict(config),
        "space": {name: json.loads(distribution_to_json(d)) for name, d in space.items()},
        "score": score,
        "seed": seed,
        "pruner": type(pruner).__name__,
        "run": getattr(run, "identity", None),
    }
    with quietly():
        study = open_study(storage, resume, json.loads(json.dumps(identity)), pruner)
        while (place := places(study)) < trials:
            # a fresh sampler each time: its draw depends on what is stored, not on this process
            study.sampler = _sampler(seed, place)
            trial = study.ask(dict(space))
            trial.set_user_attr("process", this_process())
            _carry_out(run, replace(config, **trial.params), study, trial, score)
            if on_trial:
                on_trial(trial_of(study.trials[-1], config))
        return tuning_of(study, config)


class FreshRun:
    """A `Run` that fine-tunes a new model each time: no trial inherits weights from another.

    make_model: called with the config's seed; returns the pre-trained encoder with a new head.
    train, validation: `bertlab.data.examples.Examples`.
    """

    def __init__(self, make_model: Callable[[int], Any], train, validation):
        self.make_model, self.train, self.validation = make_model, train, validation

    def __call__(self, config, on_epoch: Callable[[dict], None] | None = None) -> list[dict]:
        from bertlab.training.finetune import finetune

        model = self.make_model(config.seed)
        return finetune(
            model, self.train, self.validation, config, on_epoch=on_epoch, progress=False
        )

    @property
    def identity(self) -> list[int]:
        """Checksums of both sets, so that a study is not resumed on other data."""
        return [self.train.checksum(), self.validation.checksum()]


def shipped_run(task: str = "entities", model: str | os.PathLike = "bertlab-mini") -> FreshRun:
    """The run for a labelled set that ships: "entities" (a tag a word) or "reviews" (two classes).

    model: what `load` takes. Each training gets a copy of it with a new head.
    """
    from bertlab.data import labelled
    from bertlab.data.examples import encode_tagged, encode_texts
    from bertlab.models.heads import SequenceClassifier, TokenClassifier
    from bertlab.models.loading import load

    encoder, tokenizer = load(model)
    if task == "entities":
        head, train = TokenClassifier, encode_tagged(tokenizer, labelled.tagged("train"))
        held = encode_tagged(tokenizer, labelled.tagged("validation"), names=train.names)
    elif task == "reviews":
        head = SequenceClassifier
        train, held = (
            encode_texts(tokenizer, [row.text for row in rows], [row.label for row in rows])
            for rows in (labelled.reviews("train"), labelled.reviews("validation"))
        )
    else:
        raise BertlabError(f"task {task!r}", "entities or reviews", "Choose one.")

    def make_model(seed: int):
        generator = torch.Generator().manual_seed(seed)
        fresh = copy.deepcopy(encoder)
        return head(fresh, len(train.names), generator=generator, names=train.names)

    return FreshRun(make_model, train, held)


class SealedTest:
    """Test examples behind a seal that breaks once.

    `open(model)` measures the model on them; a second call raises BertlabError, since by then the first
    result may have steered the choice. `looks` counts the attempts.
    """

    def __init__(self, examples, measure: Callable[[Any, Any], dict] | None = None):
        self._examples, self._measure, self.looks = examples, measure, 0

    def __len__(self) -> int:
        return len(self._examples)

    def open(self, model) -> dict:
        """What `measure(model, examples)` says, by default `bertlab.training.finetune.evaluate`."""
        self.looks += 1
        if self.looks > 1:
            raise BertlabError(
                f"look number {self.looks} at the test set",
                "one, after everything is chosen",
                "Choose on validation data. If the choice is open again, the test needs new examples.",
            )
        if self._measure is not None:
            return self._measure(model, self._examples)
        from bertlab.training.finetune import evaluate

        return evaluate(model, self._examples)


# ---- one trial


def _carry_out(run: Run, config, study, trial, score: str) -> None:
    """Run one trial and tell the study how it ended. Whatever else is raised marks it as killed."""
    epochs = itertools.count(1)

    def on_epoch(record: dict) -> None:
        if score not in record:
            raise BertlabError(
                f"epochs that report {', '.join(record)}",
                f"{score!r} among them",
                "Give the run validation data, or name another score.",
            )
        value = float(record[score])
        _check_finite(value, score)
        trial.report(value, next(epochs))
        if trial.should_prune():
            raise optuna.TrialPruned

    began = time.perf_counter()
    try:
        history = run(config, on_epoch)
        _check_finite(history[-1][score], score)
    except optuna.TrialPruned:
        state, value = TrialState.PRUNED, None
    except Diverged:
        # told as pruned, which the sampler learns to avoid; a failed trial it would forget
        trial.set_user_attr("diverged", True)
        state, value = TrialState.PRUNED, None
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    else:
        state, value = TrialState.COMPLETE, history[-1][score]
    trial.set_user_attr("seconds", round(time.perf_counter() - began, 3))
    study.tell(trial, value, state)


def _check_finite(value: float, score: str) -> None:
    if not math.isfinite(value):
        raise Diverged(f"{score}={value}", "a finite number", "Narrow the space.")


def _sampler(seed: int, place: int) -> optuna.samplers.BaseSampler:
    drawn = np.random.SeedSequence([seed, place]).generate_state(1)
    return optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=int(drawn[0]))


def _check_names(config, names: Iterable[str]) -> None:
    known = [field.name for field in fields(config)]
    for name in names:
        if name not in known:
            raise BertlabError(
                f"{name!r} to search over",
                f"a field of the config: {', '.join(known)}",
                "Rename it.",
            )
