"""Fine-tuning as the notes write it, each fault beside its repair.

Faults: the encoder hands an output object to a layer that wants a tensor; `Sequential` passes one
argument on, so no attention mask; and the second loop never clears the gradients.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

Batches = Iterable[tuple[Tensor, Tensor]]  # (input_ids, labels)


def notes_classifier(pretrained_model: nn.Module) -> nn.Module:
    """The notes' classifier, word for word."""
    return nn.Sequential(pretrained_model, nn.Linear(768, 2))


class FirstVector(nn.Module):
    """Takes the vector of [CLS] out of an encoder's output: the piece that the notes' chain lacks."""

    def forward(self, output) -> Tensor:
        """An output with `last_hidden_state`, (batch, length, hidden) -> (batch, hidden)."""
        return output.last_hidden_state[:, 0]


def mended_classifier(pretrained_model: nn.Module, n_labels: int = 2) -> nn.Module:
    """A chain that runs, on rows without padding."""
    hidden = pretrained_model.config.hidden_size
    return nn.Sequential(pretrained_model, FirstVector(), nn.Linear(hidden, n_labels))


def train_head(model: nn.Module, batches: Batches, optimizer, criterion: Callable) -> list[float]:
    """The notes' first loop, for a frozen encoder. Returns the length of each step's gradient."""
    lengths = []
    for input_ids, labels in batches:
        optimizer.zero_grad()
        loss = criterion(model(input_ids), labels)
        loss.backward()
        lengths.append(gradient_length(model))
        optimizer.step()
    return lengths


def train_everything(
    model: nn.Module, batches: Batches, optimizer, criterion: Callable
) -> list[float]:
    """The notes' second loop, for the whole model. Returns the length of each step's gradient."""
    lengths = []
    for input_ids, labels in batches:
        loss = criterion(model(input_ids), labels)
        loss.backward()
        lengths.append(gradient_length(model))
        optimizer.step()
    return lengths


def gradient_length(model: nn.Module) -> float:
    """The length of all gradients of the model as one vector."""
    gradients = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return torch.cat(gradients).norm().item()
