"""ELMo, whole: characters, two language models that share them, and the learned mix of their layers.

Peters et al. 2018 (arXiv 1802.05365), section 3; the character encoder and the projected LSTMs are those
of Jozefowicz et al. 2016 (arXiv 1602.02410). The two directions share the character encoder and the
softmax, and nothing else. Departures from the released model, with reasons:

- the softmax is adaptive (Grave et al. 2017, arXiv 1609.04309), not sampled: exact probabilities, so that
  perplexity in training and in evaluation is one number, and cheap enough for two cores;
- training windows are independent; the original carries its state from batch to batch, and so gives a
  sentence other vectors after other batches. `encode` takes a state where that behaviour is wanted;
- no clips by default: at this size cells do not grow. They are there for the published weights;
- the shipped preset has 160 dimensions a direction instead of 512, and 512 cells instead of 4096.

Shapes are written `(batch, length, dim)`. `dim` is `projection_dim` for one direction, twice that for both.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from bertlab.data.characters import (
    BEGIN_SENTENCE,
    CHARACTERS,
    END_SENTENCE,
    MAX_CHARACTERS,
    UNKNOWN,
    WIDEST_FILTER,
    encode_words,
    trim_padding,
)
from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.models.interchange import load_weights
from bertlab.models.recurrence import ProjectedLSTM

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}
State = list[
    tuple[Tensor, Tensor]
]  # (hidden, cell) of forward layer 0, 1, …, then of the backward ones


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
            vocabulary_size=vocabulary_size,
            cutoffs=tuple(c for c in (4000, 10000) if c < vocabulary_size - 1),
        )


def dropout(values: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Zero a share `rate` of the values and scale up the rest, drawing from `generator`."""
    if not rate:
        return values
    keep = torch.empty_like(values).bernoulli_(1 - rate, generator=generator)
    return values * keep.div_(1 - rate)


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


class Elmo(nn.Module):
    """The biLM. `embed(sentences)` gives every layer's vectors; `loss(batch)` is all that a trainer needs.

    vocabulary: the words that the softmax predicts, as `bertlab.data.language_batches.output_words` gives.
    Raises BertlabError when its length is not `config.vocabulary_size`.
    """

    def __init__(
        self,
        config: ElmoConfig,
        vocabulary: Sequence[str] = (),
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        if vocabulary and len(vocabulary) != config.vocabulary_size:
            raise BertlabError(
                f"{len(vocabulary)} output words",
                f"{config.vocabulary_size} as the configuration says",
                "Set vocabulary_size=len(vocabulary).",
            )
        self.config, self.vocabulary = config, list(vocabulary)
        size = config.projection_dim
        self.encoder = CharacterEncoder(config)
        self.forward_layers, self.backward_layers = (
            nn.ModuleList(
                ProjectedLSTM(size, config.dim, size, config.cell_clip, config.proj_clip)
                for _ in range(config.n_layers)
            )
            for _ in range(2)
        )
        self.softmax = None
        if config.vocabulary_size:
            self.softmax = AdaptiveSoftmax(
                size, config.vocabulary_size, list(config.cutoffs), div_value=config.tail_divisor
            )
        self.reset_parameters(generator)

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Uniform weights within 1/sqrt(inputs), character vectors within 1, biases 0.

        Two biases are not 0: a highway begins by carrying most of its input (Srivastava et al. 2015),
        an LSTM by remembering its cell (Jozefowicz et al. 2015).
        """
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                module.weight.uniform_(-1, 1, generator=generator)[0].zero_()
            elif isinstance(module, nn.Linear | nn.Conv1d):
                bound = module.weight[0].numel() ** -0.5
                module.weight.uniform_(-bound, bound, generator=generator)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, ProjectedLSTM):
                module.reset(generator)
        for highway in self.encoder.highways:
            highway.carry.bias.fill_(2.0)

    def _run(self, layers, values: Tensor, ends: Tensor | None, state: State | None, generator):
        """One direction, left to right. Yields its layers' outputs; `state` is replaced in place."""
        rate = self.config.dropout if self.training else 0.0
        for number, layer in enumerate(layers):
            inputs = dropout(values, rate, generator)
            if state is None:
                outputs = layer(inputs)
            else:
                outputs, cells = layer.steps(inputs, state[number])
                last = ends[:, None, None]
                state[number] = tuple(
                    x.gather(1, last.expand(-1, 1, x.shape[2]))[:, 0].detach()
                    for x in (outputs, cells)
                )
            skip = number > 0 and self.config.use_skip_connections
            values = outputs + values if skip else outputs
            yield values

    def encode(
        self,
        characters: Tensor,
        words: Tensor,
        lengths: Tensor | None = None,
        state: State | None = None,
        generator: torch.Generator | None = None,
    ) -> list[tuple[Tensor, Tensor]]:
        """Both directions' vectors, layer by layer.

        characters: (types, characters) distinct words; words: (batch, length) index into them;
        lengths: (batch,) where rows are padded. state: from `empty_state`, carried from call to call
        and replaced in place, as the original does; None begins afresh.
        Returns n_layers + 1 pairs (forward, backward) of (batch, length, dim); the first pair is the
        character encoder's output twice.
        """
        vectors = F.embedding(words, self.encoder(characters).float())  # (batch, length, dim)
        ends = before = after = None
        if state is not None:
            full = torch.full((len(words),), words.shape[1], device=words.device)
            ends = (full if lengths is None else lengths) - 1
            before, after = state[: self.config.n_layers], state[self.config.n_layers :]
        ahead = list(self._run(self.forward_layers, vectors, ends, before, generator))
        turned = reverse(vectors, lengths)
        back = list(self._run(self.backward_layers, turned, ends, after, generator))
        if state is not None:
            state[:] = before + after
        pairs = zip(ahead, [reverse(values, lengths) for values in back], strict=True)
        return [(vectors, vectors), *pairs]

    def empty_state(self, batch: int) -> State:
        """Zeros for `encode(state=…)`."""
        like = self.encoder.projection.weight
        hidden = like.new_zeros(batch, self.config.projection_dim)
        return [(hidden, like.new_zeros(batch, self.config.dim))] * (2 * self.config.n_layers)

    def loss(
        self, batch, generator: torch.Generator | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean of the two directions' cross-entropies, in nats a word (section 3.1).

        batch: a `bertlab.data.language_batches.LanguageBatch`. generator: for dropout.
        """
        ahead, back = self.encode(batch.characters, batch.words, generator=generator)[-1]
        contexts = torch.cat([ahead[:, :-1].flatten(0, 1), back[:, 1:].flatten(0, 1)])
        contexts = dropout(contexts, self.config.dropout if self.training else 0.0, generator)
        targets = torch.cat([batch.targets[:, 1:].flatten(), batch.targets[:, :-1].flatten()])
        scores = -self.softmax(contexts, targets)
        forward_loss, backward_loss = scores.view(2, -1).mean(dim=1)
        return (forward_loss + backward_loss) / 2, {
            "forward_loss": forward_loss.detach(),
            "backward_loss": backward_loss.detach(),
        }

    def _pad(self, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor, Tensor]:
        """Sentences with their marks as (characters, words, lengths)."""
        rows = [[BEGIN_SENTENCE, *sentence, END_SENTENCE] for sentence in sentences]
        place = {
            word: number for number, word in enumerate(dict.fromkeys(w for r in rows for w in r))
        }
        ids = trim_padding(encode_words(list(place), self.config.max_characters))
        width = max(map(len, rows))
        words = [[*(place[w] for w in row), *[0] * (width - len(row))] for row in rows]
        device = self.encoder.projection.weight.device
        return (
            torch.from_numpy(ids.astype("int64")).to(device),
            torch.tensor(words, device=device),
            torch.tensor([len(row) for row in rows], device=device),
        )

    def _batches(self, sentences: Sequence[Sequence[str]], batch_size: int):
        """Indices of sentences of like length together, so that little is padding."""
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        for start in range(0, len(order), batch_size):
            yield order[start : start + batch_size]

    @torch.inference_mode()
    def embed(self, sentences: Sequence[Sequence[str]], batch_size: int = 32) -> list[Tensor]:
        """Every layer's vectors for tokenised sentences: one (layers, length, dim) a sentence.

        layers is `n_layers + 1`, the first being the context-free one; dim is forward and backward
        side by side, `2 * projection_dim`; position i belongs to word i. Each sentence is read alone,
        whatever its neighbours. An empty sentence gives (layers, 0, dim).
        """
        result: list[Tensor] = [torch.empty(0)] * len(sentences)
        with _evaluating(self):
            for indices in self._batches(sentences, batch_size):
                characters, words, lengths = self._pad([sentences[i] for i in indices])
                pairs = self.encode(characters, words, lengths)
                layers = torch.stack([torch.cat(pair, dim=2) for pair in pairs], dim=1)
                for i, row in zip(indices, layers, strict=True):
                    result[i] = row[:, 1 : 1 + len(sentences[i])].clone()
        return result

    @torch.inference_mode()
    def score(
        self, sentences: Sequence[Sequence[str]], batch_size: int = 64
    ) -> list[tuple[Tensor, Tensor]]:
        """Exact log-probabilities (natural) of each sentence read alone: (forward, backward).

        forward: of words 1…n and the end, left to right, (n + 1,). backward: of the begin and words
        1…n, right to left, (n + 1,). A word outside the output vocabulary counts as "<UNK>".
        Raises BertlabError when the model has no softmax or no output words.
        """
        if self.softmax is None or not self.vocabulary:
            raise BertlabError(
                "a model without output words",
                "a language model",
                "Train one, or open bertlab-elmo.",
            )
        numbers = {word: number for number, word in enumerate(self.vocabulary)}
        unknown = numbers[UNKNOWN]
        result: list = [None] * len(sentences)
        with _evaluating(self):
            for indices in self._batches(sentences, batch_size):
                characters, words, lengths = self._pad([sentences[i] for i in indices])
                ahead, back = self.encode(characters, words, lengths)[-1]
                for i, left, right in zip(indices, ahead, back, strict=True):
                    row = [BEGIN_SENTENCE, *sentences[i], END_SENTENCE]
                    ids = torch.tensor([numbers.get(w, unknown) for w in row], device=words.device)
                    n = len(row)
                    both = self.softmax(
                        torch.cat([left[: n - 1], right[1:n]]), torch.cat([ids[1:], ids[:-1]])
                    )
                    result[i] = (both[: n - 1], both[n - 1 :])
        return result

    def save_pretrained(self, folder, dtype: torch.dtype | None = None) -> None:
        """Write `config.json`, `model.safetensors` and `vocab.txt` (the output words, one a line).

        dtype: e.g. `torch.float16` to store half precision; reading gives float32 again.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        state = {k: v.detach().to("cpu", dtype).contiguous() for k, v in self.state_dict().items()}
        with atomic_write(folder / "model.safetensors") as path:
            save_file(state, path, metadata={"format": "pt"})
        with atomic_write(folder / "vocab.txt") as path:
            path.write_text("".join(f"{word}\n" for word in self.vocabulary), encoding="utf-8")
        content = {"model_type": "bertlab-elmo", **asdict(self.config)}
        with atomic_write(folder / "config.json") as path:
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def from_pretrained(cls, folder) -> "Elmo":
        """Open what `save_pretrained` wrote, in float32 and ready to evaluate.

        Raises BertlabError when a file is missing, damaged, or does not belong to the others.
        """
        folder = Path(folder)
        try:
            content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            words = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        except (OSError, ValueError) as error:
            raise BertlabError(
                f"{folder} without a readable config.json and vocab.txt ({error})",
                "a folder written by Elmo.save_pretrained",
                "Copy the whole folder again.",
            ) from error
        kind = content.pop("model_type", None)
        names = {field.name for field in fields(ElmoConfig)}
        if kind != "bertlab-elmo" or set(content) - names:
            raise BertlabError(
                f"model_type={kind!r}", "'bertlab-elmo'", "Open this folder with bertlab.load."
            )
        model = cls(ElmoConfig(**content), words)
        weights = load_weights(folder / "model.safetensors")
        try:
            model.load_state_dict({name: value.float() for name, value in weights.items()})
        except RuntimeError as error:
            raise BertlabError(
                f"weights that config.json does not describe ({str(error).splitlines()[1].strip()})",
                "the three files of one model",
                "Copy the whole folder again.",
            ) from error
        return model.eval()

    @classmethod
    def from_original(cls, options, weights) -> "Elmo":
        """Open AllenNLP's files, options.json and weights.hdf5; see `bertlab.models.elmo_original`."""
        from bertlab.models.elmo_original import load_original  # it imports this module

        return load_original(options, weights)


class _evaluating:
    """Without dropout for the time of a block."""

    def __init__(self, model: nn.Module):
        self.model, self.was = model, model.training

    def __enter__(self):
        self.model.eval()

    def __exit__(self, *_):
        self.model.train(self.was)
