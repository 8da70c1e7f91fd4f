import torch
from torch import nn

from bertlab.training.best import BestWeights


def record(accuracy: float, loss: float) -> dict:
    return {"validation_accuracy": accuracy, "validation_loss": loss}


def test_the_best_weights_are_kept_and_put_back_even_by_another_run(tmp_path):
    model, history = nn.Linear(1, 1), []
    best = BestWeights(model, tmp_path, history)
    for value, accuracy, loss in [(1, 0.5, 0.9), (2, 0.7, 0.8), (3, 0.7, 0.6), (4, 0.7, 0.7)]:
        nn.init.constant_(model.weight, value)
        history.append(record(accuracy, loss))
        best.see(history[-1])
    assert best.stale(1) and not best.stale(2) and not best.stale(None)
    best.restore()
    assert model.weight.item() == 3  # of equal accuracy, the lower loss

    other = nn.Linear(1, 1)
    BestWeights(other, tmp_path, history).restore()
    assert other.weight.item() == 3


def test_without_validation_nothing_is_put_back(tmp_path):
    model = nn.Linear(1, 1)
    before = model.weight.clone()
    best = BestWeights(model, tmp_path, [{"loss": 1.0}])
    best.see({"loss": 0.5})
    best.restore()
    assert torch.equal(model.weight, before) and not list(tmp_path.iterdir())
