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

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bertlab.data.characters import BEGIN_SENTENCE, END_SENTENCE, encode_words, trim_padding
from bertlab.data.words import output_numbers
from bertlab.errors import BertlabError
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.elmo_parts import AdaptiveSoftmax, CharacterEncoder, Dropout, reverse
from bertlab.models.recurrence import ProjectedLSTM

State = list[
    tuple[Tensor, Tensor]
]  # (hidden, cell) of forward layer 0, 1, …, then of the backward ones


class Prepared(NamedTuple):
    """Sentences with their marks, padded, as `Elmo.encode` takes them.

    characters: (types, characters); words: (batch, length) index into them; lengths: (batch,), in words
    and marks; types: the distinct words themselves.
    """

    characters: Tensor
    words: Tensor
    lengths: Tensor
    types: list[str]


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Without dropout for the time of a block."""
    was = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was)


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
        self.dropout = Dropout(config.dropout)
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
        for number, layer in enumerate(layers):
            inputs = self.dropout(values, generator)
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

        batch: a `bertlab.data.language_batches.LanguageBatch`. generator: for dropout; None is torch's own.
        """
        ahead, back = self.encode(batch.characters, batch.words, generator=generator)[-1]
        contexts = torch.cat([ahead[:, :-1].flatten(0, 1), back[:, 1:].flatten(0, 1)])
        contexts = self.dropout(contexts, generator)
        targets = torch.cat([batch.targets[:, 1:].flatten(), batch.targets[:, :-1].flatten()])
        scores = -self.softmax(contexts, targets)
        forward_loss, backward_loss = scores.view(2, -1).mean(dim=1)
        return (forward_loss + backward_loss) / 2, {
            "forward_loss": forward_loss.detach(),
            "backward_loss": backward_loss.detach(),
        }

    def prepare(self, sentences: Sequence[Sequence[str]]) -> Prepared:
        """Put "<S>" and "</S>" around tokenised sentences, pad them, and spell each word once."""
        rows = [[BEGIN_SENTENCE, *sentence, END_SENTENCE] for sentence in sentences]
        types = list(dict.fromkeys(word for row in rows for word in row))
        place = {word: number for number, word in enumerate(types)}
        ids = trim_padding(encode_words(types, self.config.max_characters)).astype("int64")
        width = max(map(len, rows))
        words = [[*(place[w] for w in row), *[0] * (width - len(row))] for row in rows]
        device = self.encoder.projection.weight.device
        return Prepared(
            torch.from_numpy(ids).to(device),
            torch.tensor(words, device=device),
            torch.tensor([len(row) for row in rows], device=device),
            types,
        )

    def _batches(self, sentences: Sequence[Sequence[str]], batch_size: int):
        """Sentences of like length together, so that little is padding: (indices, `Prepared`)."""
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        for start in range(0, len(order), batch_size):
            indices = order[start : start + batch_size]
            yield indices, self.prepare([sentences[i] for i in indices])

    @torch.no_grad()
    def embed(self, sentences: Sequence[Sequence[str]], batch_size: int = 32) -> list[Tensor]:
        """Every layer's vectors for tokenised sentences: one (layers, length, dim) a sentence.

        layers is `n_layers + 1`, the first being the context-free one; dim is forward and backward
        side by side, `2 * projection_dim`; position i belongs to word i. Each sentence is read alone,
        whatever its neighbours. An empty sentence gives (layers, 0, dim).
        """
        result: list = [None] * len(sentences)
        with _evaluating(self):
            for indices, rows in self._batches(sentences, batch_size):
                pairs = self.encode(rows.characters, rows.words, rows.lengths)
                layers = torch.stack([torch.cat(pair, dim=2) for pair in pairs], dim=1)
                for i, row in zip(indices, layers, strict=True):
                    result[i] = row[:, 1 : 1 + len(sentences[i])].clone()
        return result

    @torch.no_grad()
    def score(
        self, sentences: Sequence[Sequence[str]], batch_size: int = 64
    ) -> list[tuple[Tensor, Tensor]]:
        """Exact log-probabilities (natural) of each sentence read alone: (forward, backward), on the CPU.

        forward: of words 1…n and the end, from left to right, (n + 1,). backward: of the begin and words
        1…n, predicted from right to left, (n + 1,). A word outside the output vocabulary counts as
        "<UNK>". Raises BertlabError when the model has no softmax or no output words.
        """
        if self.softmax is None or not self.vocabulary:
            raise BertlabError(
                "a model without output words",
                "a language model",
                "Train one, or open bertlab-elmo.",
            )
        result: list = [None] * len(sentences)
        with _evaluating(self):
            for indices, rows in self._batches(sentences, batch_size):
                ahead, back = self.encode(rows.characters, rows.words, rows.lengths)[-1]
                numbers = torch.from_numpy(output_numbers(rows.types, self.vocabulary))
                targets = numbers.to(ahead.device)[rows.words]
                counts = rows.lengths - 1  # a row of n words and two marks has n + 1 predictions
                real = torch.arange(targets.shape[1] - 1, device=ahead.device) < counts[:, None]
                both = (
                    self.softmax(ahead[:, :-1][real], targets[:, 1:][real]),
                    self.softmax(back[:, 1:][real], targets[:, :-1][real]),
                )
                pieces = [scores.cpu().split(counts.tolist()) for scores in both]
                for i, *pair in zip(indices, *pieces, strict=True):
                    result[i] = tuple(pair)
        return result

    def save_pretrained(self, folder, dtype: torch.dtype | None = None) -> None:
        """Write a folder that `from_pretrained` opens; see `bertlab.models.elmo_files`."""
        from bertlab.models.elmo_files import save_elmo  # it imports this module

        save_elmo(self, folder, dtype)

    @classmethod
    def from_pretrained(cls, folder) -> "Elmo":
        """Open such a folder, in float32 and ready to evaluate; see `bertlab.models.elmo_files`."""
        from bertlab.models.elmo_files import load_elmo

        return load_elmo(folder)

    @classmethod
    def from_original(cls, options, weights) -> "Elmo":
        """Open AllenNLP's files, options.json and weights.hdf5; see `bertlab.models.elmo_original`."""
        from bertlab.models.elmo_original import load_original

        return load_original(options, weights)
