from types import SimpleNamespace

import pytest
import torch
from torch import nn

from bertlab.clinic.finetuning import (
    mended_classifier,
    notes_classifier,
    train_everything,
    train_head,
)


class Encoder(nn.Module):
    """What an encoder of transformers looks like from outside."""

    def __init__(self, hidden):
        super().__init__()
        self.config = SimpleNamespace(hidden_size=hidden)
        self.embedding = nn.Embedding(10, hidden)

    def forward(self, input_ids):
        return SimpleNamespace(last_hidden_state=self.embedding(input_ids))


IDS, LABELS = torch.tensor([[2, 5, 3], [2, 6, 3]]), torch.tensor([0, 1])


def test_the_notes_chain_fails_and_the_mended_one_runs():
    with pytest.raises(TypeError, match="must be Tensor"):
        notes_classifier(Encoder(768))(IDS)
    assert mended_classifier(Encoder(8), 3)(IDS).shape == (2, 3)


@pytest.mark.parametrize(("loop", "growth"), [(train_head, 1.0), (train_everything, 4.0)])
def test_only_the_second_loop_piles_gradients_up(loop, growth):
    model = mended_classifier(Encoder(8))
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    lengths = loop(model, [(IDS, LABELS)] * 4, still, nn.CrossEntropyLoss())
    assert lengths[-1] / lengths[0] == pytest.approx(growth, rel=1e-5)
