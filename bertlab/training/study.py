"""A hyperparameter study as data: its trials, and the SQLite file that it can be resumed from.

Optuna's storage keeps every trial and every reported epoch in transactions, so a kill at any moment leaves
a whole file. What it leaves behind is at most one trial that is still called running.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import psutil
from optuna.trial import TrialState

from bertlab.errors import BertlabError

_NAME = "tuning"  # of the study in its file: one file, one study
_STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "killed",
    TrialState.RUNNING: "running",
}


@dataclass(frozen=True)
class Trial:
    """One run of a study.

    state: "finished"; "pruned", stopped early; "diverged", its score was no number; "killed", stopped
    from outside and run again later; "running". score: None unless finished. curve: the score after
    each epoch.
    """

    number: int
    config: Any
    state: str
    score: float | None
    curve: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Tuning:
    """The trials of a study, in order.

    score: the name of the measure that they are compared by. names: the fields that were searched.
    """

    trials: tuple[Trial, ...]
    score: str
    names: tuple[str, ...]

    @property
    def best(self) -> Trial:
        """The finished trial with the best score, the earliest of equals.

        Raises BertlabError when none has finished.
        """
        finished = [trial for trial in self.trials if trial.state == "finished"]
        if not finished:
            raise BertlabError("no finished trial", "at least one", "Run more trials.")
        sign = 1 if minimizes(self.score) else -1
        return min(finished, key=lambda trial: (sign * trial.score, trial.number))

    def rows(self) -> list[dict]:
        """One row a trial: number, searched values, epochs run, score, state."""
        return [
            {
                "trial": trial.number,
                **{name: _short(getattr(trial.config, name)) for name in self.names},
                "epochs run": len(trial.curve),
                self.score: "" if trial.score is None else round(trial.score, 3),
                "state": trial.state,
            }
            for trial in self.trials
        ]


def open_tuning(storage: str | os.PathLike, config) -> Tuning:
    """The trials in an SQLite file, as they stand: nothing is run and nothing is changed.

    config: the one that the study began with. Raises BertlabError when there is no study.
    """
    if not Path(storage).is_file():
        raise BertlabError(f"no study at {storage}", "the file of one", "Check the path.")
    with quietly():
        study = optuna.load_study(study_name=_NAME, storage=_url(storage))
        return tuning_of(study, config)


def open_study(storage, resume: bool, identity: dict, pruner) -> optuna.Study:
    """The study in `storage`, new or as it was left; raises as `tune` says."""
    study = optuna.create_study(
        storage=None if storage is None else _url(storage),
        study_name=_NAME,
        load_if_exists=True,
        direction="minimize" if minimizes(identity["score"]) else "maximize",
        pruner=pruner,
    )
    before = study.user_attrs.get("identity")
    if before is None:  # also after a kill between these two writes
        study.set_user_attr("identity", identity)
        return study
    if not resume:
        raise BertlabError(
            f"a study with {len(study.trials)} trials in {storage}",
            "a new file, or resume",
            "Pass resume=True to go on, or choose another file.",
        )
    for name, old in before.items():
        if identity.get(name) != old:
            raise BertlabError(
                f"another {name} on resume: {identity.get(name)}",
                f"{old}, as the study began",
                "Set it back, or choose another file.",
            )
    for left in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        process = left.user_attrs.get("process")
        if process != this_process() and _alive(process):
            raise BertlabError(
                f"a study that process {process[0]} is working on",
                "one process at a time",
                "Wait for it, or end it.",
            )
        study.tell(left.number, state=TrialState.FAIL)
    return study


def _url(storage) -> str:
    return f"sqlite:///{Path(storage).resolve()}"


def places(study: optuna.Study) -> int:
    """How many trials are done; those that were killed will be run again."""
    done = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=done))


def this_process() -> list:
    """This process, by number and start: numbers are used again."""
    return [os.getpid(), psutil.Process().create_time()]


def _alive(process: list | None) -> bool:
    if process is None:
        return False
    try:
        return psutil.Process(process[0]).create_time() == process[1]
    except psutil.NoSuchProcess:
        return False


def tuning_of(study: optuna.Study, config) -> Tuning:
    """Optuna's study as ours; `config` is the one that it began with."""
    identity = study.user_attrs["identity"]
    trials = tuple(trial_of(trial, config) for trial in study.trials)
    return Tuning(trials, identity["score"], tuple(identity["space"]))


def trial_of(trial: optuna.trial.FrozenTrial, config) -> Trial:
    """Optuna's trial as ours."""
    state = "diverged" if trial.user_attrs.get("diverged") else _STATES[trial.state]
    return Trial(
        number=trial.number,
        config=replace(config, **trial.params),
        state=state,
        score=trial.value if state == "finished" else None,
        curve=tuple(trial.intermediate_values[step] for step in sorted(trial.intermediate_values)),
        seconds=trial.user_attrs.get("seconds", 0.0),
    )


def minimizes(score: str) -> bool:
    """Whether less of this measure is better."""
    return score.endswith("loss")


def _short(value):
    return float(f"{value:.2g}") if isinstance(value, float) else value


@contextmanager
def quietly() -> Iterator[None]:
    """Optuna says on stderr whatever it does; only its warnings are let through."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
