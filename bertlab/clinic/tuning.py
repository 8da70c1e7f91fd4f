"""Hyperparameter search as one meets it in notes and tutorials, each piece with one named fault.

Nothing here is for use: lesson 10 runs each piece, measures its symptom and puts the package's repair
beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bertlab.training.finetune import FinetuneConfig, finetune

# Fault: a grid for networks that start from random weights. Symptom: at its hotter values a pre-trained
# encoder loses what it knew in the first steps, and answers the commonest label to everything.
# Repair: rates down to 1e-5, evenly on a log axis; Devlin et al. 2018, section A.3, take 2e-5 to 5e-5.
RATES_OF_THE_NOTES = (0.1, 0.01, 0.001)


def rates_on_one_model(
    make_model: Callable[[int], object],
    train,
    validation,
    rates: Sequence[float],
    config: FinetuneConfig,
) -> dict[float, list[dict]]:
    """Compare learning rates: rate → history.

    Fault: the model is made once, before the loop, so every rate but the first goes on from what the rate
    before it has left. Symptom: the same rates in another order give other scores, and a rate that ruins the
    model ruins all that come after it.
    Repair: make the model inside the loop, as `bertlab.training.tune.FreshRun` does.
    """
    model = make_model(config.seed)
    histories = {}
    for rate in rates:
        run = replace(config, learning_rate=rate)
        histories[rate] = finetune(model, train, validation, run, progress=False)
    return histories


def best_on_test(scores: Mapping[str, tuple[float, float]]) -> tuple[str, float]:
    """The winner and what to report of it; `scores` holds (validation, test) of each candidate.

    Fault: the test set chooses. Symptom: the number reported is higher than what the winner reaches on new
    data, and the more candidates, the higher. Repair: choose by the first number, report the second.
    """
    winner = max(scores, key=lambda name: scores[name][1])
    return winner, scores[winner][1]
