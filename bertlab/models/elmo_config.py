"""The sizes of an ELMo: the published one, and the one that ships."""

from dataclasses import dataclass, replace

import torch

from bertlab.data.characters import MAX_CHARACTERS, WIDEST_FILTER
from bertlab.errors import BertlabError

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


@dataclass(frozen=True)
class ElmoConfig:
    """Sizes, under the names of the original's options. The defaults are the published model's.

    filters: (width, number) of the character convolutions. vocabulary_size, cutoffs: the words that the
    softmax predicts, by frequency, and where its clusters begin; each cluster's inner size is a
    `tail_divisor`-th of the last one's. vocabulary_size 0: no softmax. dropout: on the input and output of
    each LSTM.
    """

    character_dim: int = 16
    filters: tuple[tuple[int, int], ...] = (
        *((1, 32), (2, 32), (3, 64), (4, 128)),
        *((5, 256), (6, 512), (7, 1024)),
    )
    n_highway: int = 2
    activation: str = "relu"
    max_characters: int = MAX_CHARACTERS
    dim: int = 4096
    projection_dim: int = 512
    n_layers: int = 2
    use_skip_connections: bool = True
    cell_clip: float | None = 3.0
    proj_clip: float | None = 3.0
    dropout: float = 0.1
    vocabulary_size: int = 793471
    cutoffs: tuple[int, ...] = (4000, 40000, 200000)
    tail_divisor: int = 4

    def __post_init__(self):
        try:  # JSON has lists; a frozen config has tuples
            filters = tuple((int(width), int(number)) for width, number in self.filters)
        except (TypeError, ValueError) as error:
            wanted = "pairs of a width and a number"
            raise BertlabError(f"filters={self.filters}", wanted, "Change it.") from error
        object.__setattr__(self, "filters", filters)
        object.__setattr__(self, "cutoffs", tuple(self.cutoffs))
        for name in ("character_dim", "dim", "projection_dim", "n_layers"):
            if getattr(self, name) < 1:
                raise BertlabError(f"{name}={getattr(self, name)}", "at least 1", "Raise it.")
        if not self.filters or any(not 1 <= width <= WIDEST_FILTER for width, _ in self.filters):
            wanted = f"filters 1 to {WIDEST_FILTER} characters wide"
            raise BertlabError(f"filters={self.filters}", wanted, "Change the widths.")
        if self.activation not in ACTIVATIONS:
            wanted = f"one of {sorted(ACTIVATIONS)}"
            raise BertlabError(f"activation={self.activation!r}", wanted, "Choose one of these.")
        if not 0 <= self.dropout < 1:
            raise BertlabError(f"dropout={self.dropout}", "a share in [0, 1)", "Change it.")
        bounds = (0, *self.cutoffs, self.vocabulary_size)
        if self.vocabulary_size and list(bounds) != sorted(set(bounds)):
            wanted = "cutoffs that rise and stay below vocabulary_size"
            raise BertlabError(
                f"{bounds[1:-1]} of {bounds[-1]} words", wanted, "Change the cutoffs."
            )

    @classmethod
    def mini(cls, vocabulary_size: int = 20000) -> "ElmoConfig":
        """The size that ships: about 4.6 million parameters, 9 MB in half precision."""
        return cls(
            filters=((1, 16), (2, 32), (3, 64), (4, 96), (5, 96), (6, 80)),
            dim=512,
            projection_dim=160,
            cell_clip=None,
            proj_clip=None,
            cutoffs=(4000, 10000),
        ).for_words(vocabulary_size)

    def for_words(self, vocabulary_size: int) -> "ElmoConfig":
        """The same sizes for another number of output words, without the clusters that then are empty.

        Of very few words the frequent half is the first cluster, since torch wants two at least.
        """
        cutoffs = tuple(cutoff for cutoff in self.cutoffs if cutoff < vocabulary_size - 1)
        return replace(
            self, vocabulary_size=vocabulary_size, cutoffs=cutoffs or (vocabulary_size // 2,)
        )
