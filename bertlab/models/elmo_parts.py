"""What ELMo is made of besides its LSTMs: character encoder, softmax, scalar mix."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bertlab.data.characters import CHARACTERS
from bertlab.errors import BertlabError
from bertlab.models.elmo_config import ACTIVATIONS, ElmoConfig


class Dropout(nn.Dropout):
    """`nn.Dropout` that can draw from a generator of one's own."""

    def forward(self, values: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Zero a share `p` of the values and scale up the rest; when evaluating, change nothing."""
        if generator is None or not self.training or not self.p:
            return super().forward(values)
        keep = torch.empty_like(values).bernoulli_(1 - self.p, generator=generator)
        return values * keep.div_(1 - self.p)


class Highway(nn.Module):
    """A layer that learns, value by value, how much of its input to carry over unchanged."""

    def __init__(self, size: int):
        super().__init__()
        self.transform = nn.Linear(size, size)
        self.carry = nn.Linear(size, size)

    def forward(self, values: Tensor) -> Tensor:
        carry = torch.sigmoid(self.carry(values))
        return carry * values + (1 - carry) * torch.relu(self.transform(values))


class CharacterEncoder(nn.Module):
    """Characters of words -> vectors of words: convolutions, maximum, highways, projection (section 3.4)."""

    def __init__(self, config: ElmoConfig):
        super().__init__()
        total = sum(number for _, number in config.filters)
        self.embedding = nn.Embedding(CHARACTERS, config.character_dim, padding_idx=0)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.character_dim, number, width) for width, number in config.filters
        )
        self.highways = nn.ModuleList(Highway(total) for _ in range(config.n_highway))
        self.projection = nn.Linear(total, config.projection_dim)
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, characters: Tensor) -> Tensor:
        """(words, characters) -> (words, dim)"""
        embedded = self.embedding(characters).transpose(1, 2)  # (words, character dim, characters)
        values = torch.cat([layer(embedded).amax(dim=2) for layer in self.convolutions], dim=1)
        values = self.activation(values)  # (words, filters)
        for highway in self.highways:
            values = highway(values)
        return self.projection(values)


class AdaptiveSoftmax(nn.AdaptiveLogSoftmaxWithLoss):
    """torch's parameters, and log-probabilities in float32 also under autocast, where torch's refuse."""

    def forward(self, contexts: Tensor, targets: Tensor) -> Tensor:
        """Log-probability of each target: (n, dim), (n,) -> (n,)"""
        inside = targets.clone()  # place within the cluster
        in_head = targets.clone()  # a rarer word stands in the head as its cluster
        members = []
        for number, tail in enumerate(self.tail):
            low, high = self.cutoffs[number], self.cutoffs[number + 1]
            member = ((targets >= low) & (targets < high)).nonzero().squeeze(1)
            in_head[member] = self.shortlist_size + number
            inside[member] -= low
            members.append((tail, member))
        result = -F.cross_entropy(self.head(contexts).float(), in_head, reduction="none")
        for tail, member in members:
            logits = tail(contexts[member]).float()
            loss = F.cross_entropy(logits, inside[member], reduction="none")
            result = result.index_add(0, member, loss, alpha=-1)
        return result


class ScalarMix(nn.Module):
    """gamma times the mean of the layers under softmax-normalised weights, learned per task (section 3.2).

    weights: (layers,), before the softmax, 0 at first; gamma: (), 1 at first. `shares` is after it.
    """

    def __init__(self, layers: int = 3):
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))
        self.gamma = nn.Parameter(torch.ones(()))

    @property
    def shares(self) -> Tensor:
        return self.weights.softmax(dim=0)

    def forward(self, layers: Tensor) -> Tensor:
        """(layers, ..., dim) -> (..., dim). Raises BertlabError for another number of layers."""
        if len(layers) != len(self.weights):
            raise BertlabError(
                f"{len(layers)} layers",
                f"{len(self.weights)}",
                f"Make a ScalarMix({len(layers)}), or put the layers in the first dimension.",
            )
        return self.gamma * torch.tensordot(self.shares, layers, dims=1)


def reverse(values: Tensor, lengths: Tensor | None) -> Tensor:
    """Reverse each row (batch, length, dim) within its own length; padding stays at the end."""
    if lengths is None:
        return values.flip(1)
    place = torch.arange(values.shape[1], device=values.device)
    mirrored = lengths[:, None] - 1 - place  # (batch, length)
    order = torch.where(mirrored >= 0, mirrored, place)
    return values.gather(1, order[..., None].expand_as(values))
