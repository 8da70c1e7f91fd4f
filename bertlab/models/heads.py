"""Task heads on a pre-trained encoder: one small new layer each (Devlin et al. 2018, figure 4).

`SequenceClassifier` reads one text or a pair, `TokenClassifier` tags words, `SpanPicker` finds an answer.
A head holds the encoder that it is given, it does not copy it: training the head's model changes that
encoder, unless it is frozen. On disk each is the model of transformers that does the same task.
"""

import json
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bertlab.data.example_batches import IGNORED, ExampleBatch, Examples
from bertlab.data.tags import entities
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.models.interchange import (
    find_model,
    from_transformers,
    load_config,
    load_weights,
    to_transformers,
    write_folder,
)

_NOT_READ = ("mlm_transform", "mlm_norm", "mlm_bias", "nsp")  # what no head looks at


class Head(nn.Module):
    """What the three share: an encoder, dropout, one linear layer, and a folder on disk.

    Subclasses say `kind` (the examples they read), their class in transformers, the name of the layer
    there, and whether they read the pooler.
    """

    kind: str
    architecture: str
    layer: str
    pooled: bool

    def __init__(
        self,
        encoder: Bert,
        n_labels: int,
        dropout: float = 0.1,
        generator: torch.Generator | None = None,
        *,
        names: Sequence[str] | None = None,
    ):
        """
        n_labels: classes or tags. names: what each means; stored as `id2label`.
        generator: draws the new layer's weights, normal as in the encoder; its bias starts at 0.
        """
        super().__init__()
        names = tuple(names or (f"LABEL_{number}" for number in range(n_labels)))
        if n_labels < 1 or len(names) != n_labels:
            raise BertlabError(
                f"{len(names)} names for n_labels={n_labels}", "one for each label", "Count again."
            )
        self.encoder, self.names = encoder, names
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.config.hidden_size, n_labels)
        with torch.no_grad():
            deviation = encoder.config.initializer_range
            self.classifier.weight.normal_(0.0, deviation, generator=generator)
            self.classifier.bias.zero_()

    @property
    def read_parts(self) -> list[list[nn.Module]]:
        """What the loss depends on, in depth: embeddings, each layer, then pooler and new layer."""
        top = [self.encoder.pooler] * self.pooled + [self.classifier]
        return [[self.encoder.embeddings], *([layer] for layer in self.encoder.layers), top]

    def check_fit(self, examples: Examples) -> None:
        """Raise BertlabError for examples of another kind, with more labels or with rows too long."""
        if examples.kind != self.kind:
            raise BertlabError(
                f"examples of kind {examples.kind!r} for a {type(self).__name__}",
                f"kind {self.kind!r}",
                "Encode them with encode_texts, encode_tagged or encode_questions.",
            )
        if len(examples.names) > len(self.names):
            raise BertlabError(
                f"{len(examples.names)} labels in the examples",
                f"at most {len(self.names)}, as the head has",
                "Build the head with n_labels=len(train.names).",
            )
        room = self.encoder.config.max_position_embeddings
        if examples.lengths.max() > room:
            raise BertlabError(
                f"rows of {examples.lengths.max()} tokens",
                f"at most {room} (max_position_embeddings)",
                f"Encode with max_length={room}.",
            )

    def _score(self, hidden: Tensor, first: Tensor) -> Tensor:
        """hidden: every token's vector; first: the vectors of the [CLS] tokens -> logits."""
        return self.classifier(self.dropout(hidden))

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        """Logits of padded rows: (batch, n_labels), or (batch, length, n_labels) where tokens are scored."""
        hidden = self.encoder(input_ids, attention_mask, token_type_ids).last_hidden_state
        return self._score(hidden, hidden[:, 0])

    def logits(self, batch: ExampleBatch) -> Tensor:
        """Logits of a packed batch in float32: (batch, n_labels), or (tokens, n_labels)."""
        hidden = self.encoder.read(batch)
        return self._score(hidden, hidden.index_select(0, batch.row_offsets[:-1])).float()

    def loss(self, batch: ExampleBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """(mean loss, {"right": how many are, "count": of how many}) of a labelled packed batch."""
        return self.loss_of(self.logits(batch), batch)

    def loss_of(self, logits: Tensor, batch: ExampleBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The same from logits that are there already."""
        counted = batch.labels != IGNORED
        count = counted.sum()
        loss = F.cross_entropy(logits, batch.labels, reduction="sum", ignore_index=IGNORED)
        right = (logits.detach().argmax(-1) == batch.labels) & counted
        return loss / count.clamp(min=1), {"right": right.sum(), "count": count}

    def save_pretrained(self, folder, tokenizer=None, dtype: torch.dtype | None = None) -> None:
        """Write a folder that transformers' `AutoModelFor…` opens; the pre-training heads stay behind."""
        left_out = _NOT_READ if self.pooled else (*_NOT_READ, "pooler")
        tensors = to_transformers(
            {
                name: tensor
                for name, tensor in self.encoder.state_dict().items()
                if name.split(".")[0] not in left_out
            }
        )
        tensors[f"{self.layer}.weight"] = self.classifier.weight
        tensors[f"{self.layer}.bias"] = self.classifier.bias
        extra = {
            "architectures": [self.architecture],
            "id2label": {str(number): name for number, name in enumerate(self.names)},
            "label2id": {name: number for number, name in enumerate(self.names)},
            "classifier_dropout": self.dropout.p,
        }
        write_folder(folder, self.encoder.config, tensors, extra, tokenizer, dtype)

    @classmethod
    def from_pretrained(cls, path):
        """Open a folder (or a hub name) that holds an encoder with this head, ours or transformers'.

        The encoder's pre-training heads are not in such a folder: they start untrained.
        Raises BertlabError when the head is not there.
        """
        folder = find_model(path)
        weights = load_weights(folder / "model.safetensors")
        if f"{cls.layer}.weight" not in weights:
            raise BertlabError(
                f"{folder} without {cls.layer}.weight",
                f"the folder of a {cls.architecture}",
                f"For an encoder alone, write {cls.__name__}(load({str(path)!r})[0], …) and train it.",
            )
        matrix = weights[f"{cls.layer}.weight"]
        config = load_config(folder)
        described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = [
            described.get("id2label", {}).get(str(i), f"LABEL_{i}") for i in range(len(matrix))
        ]
        chance = described.get("classifier_dropout")
        generator = torch.Generator().manual_seed(0)
        encoder = Bert(config, generator)
        state = from_transformers(weights, encoder.state_dict())
        encoder.load_state_dict({key: value.float() for key, value in state.items()}, strict=False)
        model = cls._build(
            encoder, names, config.hidden_dropout_prob if chance is None else chance, generator
        )
        with torch.no_grad():
            model.classifier.weight.copy_(matrix)
            model.classifier.bias.copy_(weights[f"{cls.layer}.bias"])
        return model.eval()

    @classmethod
    def _build(cls, encoder, names, dropout, generator):
        return cls(encoder, len(names), dropout, generator, names=names)


class SequenceClassifier(Head):
    """A class for a text or a pair of texts, from the pooled vector of [CLS] (figure 4, a and b)."""

    kind, architecture, layer, pooled = (
        "classes",
        "BertForSequenceClassification",
        "classifier",
        True,
    )

    def _score(self, hidden, first):
        return self.classifier(self.dropout(self.encoder.pool(first)))

    def decode(self, logits: Tensor, examples: Examples | None = None) -> list[str]:
        """The name of each row's likeliest class."""
        return [self.names[number] for number in logits.argmax(-1).tolist()]


class TokenClassifier(Head):
    """A tag for every token; the one of a word's first piece is the word's (figure 4, d)."""

    kind, architecture, layer, pooled = "tags", "BertForTokenClassification", "classifier", False

    def decode(self, logits: Tensor, examples: Examples) -> list[list[tuple[int, int, str]]]:
        """Each row's entities as (start, end, kind) in characters of its text.

        logits: (tokens, n_labels) in the order of `examples`, as `predict` gives them.
        """
        return entities_of(logits.argmax(-1).numpy(), examples, self.names)


class SpanPicker(Head):
    """The first and the last piece of the answer within the passage (figure 4, c).

    The two rows of the layer are the paper's start vector S and end vector E (section 4.2).
    """

    kind, architecture, layer, pooled = "answers", "BertForQuestionAnswering", "qa_outputs", False

    def __init__(self, encoder: Bert, generator: torch.Generator | None = None):
        # no dropout before the layer, as in transformers
        super().__init__(encoder, 2, 0.0, generator, names=("start", "end"))

    @classmethod
    def _build(cls, encoder, names, dropout, generator):
        return cls(encoder, generator)

    def _score(self, hidden, first):
        return self.classifier(hidden)

    def loss_of(self, logits, batch):
        # each row is a choice among its own tokens, so the flat stream goes back to the grid
        grid = logits.new_full((len(batch) * batch.length, 2), torch.finfo(logits.dtype).min)
        grid = grid.index_copy(0, batch.grid, logits).view(len(batch), batch.length, 2)
        counted = batch.labels[:, 0] != IGNORED
        count = counted.sum()
        loss = F.cross_entropy(grid, batch.labels, reduction="sum", ignore_index=IGNORED)
        right = (grid.detach().argmax(1) == batch.labels).all(-1) & counted
        return loss / (2 * count).clamp(min=1), {"right": right.sum(), "count": count}

    def decode(
        self, logits: Tensor, examples: Examples, longest: int = 30
    ) -> list[tuple[int, int]]:
        """Each row's answer as (start, end) in characters of its passage.

        Of all spans of at most `longest` pieces inside the passage, the one with the highest sum of start
        and end score (section 4.2). logits: (tokens, 2) in the order of `examples`.
        """
        pieces = answer_pieces(logits, examples, longest)
        begins = examples.row_offsets[:-1]
        return [
            (int(examples.spans[begin + a, 0]), int(examples.spans[begin + b, 1]))
            for begin, (a, b) in zip(begins, pieces, strict=True)
        ]


def entities_of(
    tags: np.ndarray, examples: Examples, names: Sequence[str]
) -> list[list[tuple[int, int, str]]]:
    """Each row's entities as (start, end, kind) in characters of its text, out of a tag number a token."""
    found = []
    for begin, end in zip(examples.row_offsets[:-1], examples.row_offsets[1:], strict=True):
        words = begin + np.flatnonzero(examples.marked[begin:end])
        spans = examples.spans[words].tolist()
        found.append(
            [
                (spans[first][0], spans[behind - 1][1], kind)
                for first, behind, kind in entities([names[tag] for tag in tags[words]])
            ]
        )
    return found


def answer_pieces(logits: Tensor, examples: Examples, longest: int = 30) -> list[tuple[int, int]]:
    """(first, last) piece of each row's best span, counted within the row."""
    found = []
    for begin, end in zip(examples.row_offsets[:-1], examples.row_offsets[1:], strict=True):
        allowed = torch.from_numpy(examples.marked[begin:end])
        hidden = torch.finfo(logits.dtype).min / 4  # two of them still are finite
        start, stop = logits[begin:end].masked_fill(~allowed[:, None], hidden).unbind(-1)
        scores = start[:, None] + stop[None, :]  # (length, length), row = first, column = last
        possible = torch.ones_like(scores, dtype=torch.bool).triu().tril(longest - 1)
        best = scores.masked_fill(~possible, torch.finfo(logits.dtype).min).argmax().item()
        found.append(divmod(best, len(scores)))
    return found
