"""BERT, whole: embeddings, attention, encoder, pooler and the two pre-training heads.

Devlin et al. 2018 (arXiv 1810.04805), sections 3 and A.1-A.2. The parameters correspond one to one
to transformers' `BertForPreTraining`; only query, key and value stand in one matrix here, because one
large product is faster than three small ones (`bertlab.models.interchange` splits and joins them).

Shapes are written `(batch, length, hidden)`. Training runs the same code on a *packed* stream,
`(tokens, hidden)`, in which no padding exists: every layer but attention treats tokens one by one and
does not notice. Attention is told where the rows lie by `Rows`.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bertlab.errors import BertlabError
from bertlab.models.bert_config import ACTIVATIONS, BertConfig


class Rows(NamedTuple):
    """Where the rows of a packed stream of tokens lie.

    offsets: (batch + 1,) int32, row i is `tokens[offsets[i]:offsets[i + 1]]`.
    grid: (tokens,) int64, each token's place in the padded grid of batch × length places.
    length: the longest row, in tokens.
    """

    offsets: Tensor
    grid: Tensor
    length: int


@dataclass
class BertOutput:
    """What a forward pass gives.

    last_hidden_state: (batch, length, hidden). pooler_output: (batch, hidden).
    hidden_states: layers + 1 tensors, the embeddings first; None unless asked for.
    attentions: one (batch, heads, length, length) a layer, each row of it sums to 1; None unless asked for.
    """

    last_hidden_state: Tensor
    pooler_output: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


class Embeddings(nn.Module):
    """Word piece + position + segment, added up and normalised (section 3, figure 2)."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.word = nn.Embedding(
            config.vocab_size, config.hidden_size, padding_idx=config.pad_token_id
        )
        self.position = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_ids: Tensor, position_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        total = self.word(input_ids) + self.position(position_ids) + self.token_type(token_type_ids)
        return self.dropout(self.norm(total))


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, dropout: nn.Module):
    """Scaled dot-product attention by hand (Vaswani et al. 2017, section 3.2.1).

    query, key, value: (batch, heads, length, head size). bias: added to the scores, broadcast to
    (batch, heads, length, length); minus infinity hides a key.
    Returns the context, (batch, heads, length, head size), and the weights, (batch, heads, length, length).

    On a CPU two plain products are faster than `scaled_dot_product_attention` at these lengths.
    """
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.size(-1))
    if bias is not None:
        scores = scores + bias
    weights = dropout(scores.softmax(dim=-1)).to(
        value.dtype
    )  # autocast leaves a softmax in float32
    return weights @ value, weights


class SelfAttention(nn.Module):
    """Every token looks at every token of its row, in several heads at once."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.heads = config.num_attention_heads
        self.qkv = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.out = nn.Linear(config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)

    def forward(self, hidden: Tensor, bias: Tensor | None, rows: Rows | None, need_weights: bool):
        # (..., hidden) -> three of (..., heads, head size)
        query, key, value = self.qkv(hidden).unflatten(-1, (3, self.heads, -1)).unbind(-3)
        if rows is None:
            context, weights = self._padded(query, key, value, bias, need_weights)
        else:
            context, weights = self._packed(query, key, value, bias, rows), None
        return self.out(context.flatten(-2)), weights

    def _padded(self, query, key, value, bias, need_weights):
        query, key, value = (
            x.transpose(1, 2) for x in (query, key, value)
        )  # (batch, heads, length, size)
        if query.is_cuda and not need_weights:
            chance = self.dropout.p if self.training else 0.0
            context, weights = F.scaled_dot_product_attention(query, key, value, bias, chance), None
        else:
            context, weights = attend(query, key, value, bias, self.dropout)
        return context.transpose(1, 2), weights  # (batch, length, heads, size)

    def _packed(self, query, key, value, bias, rows):
        if bias is None:
            # FlashAttention over rows of any length; imported here, since only a GPU has it
            from torch.nn.attention.varlen import varlen_attn

            return varlen_attn(
                query, key, value, rows.offsets, rows.offsets, rows.length, rows.length
            )
        batch = rows.offsets.numel() - 1
        if query.size(0) == batch * rows.length:  # all rows alike: the stream is the grid already
            grid = (x.unflatten(0, (batch, rows.length)) for x in (query, key, value))
            return self._padded(*grid, None, need_weights=False)[0].flatten(0, 1)
        grid = (
            x.new_zeros(batch * rows.length, *x.shape[1:])
            .index_copy(0, rows.grid, x)
            .unflatten(0, (batch, rows.length))
            for x in (query, key, value)
        )
        context, _ = self._padded(*grid, bias, need_weights=False)
        return context.flatten(0, 1).index_select(0, rows.grid)  # (tokens, heads, size)


class Block(nn.Module):
    """One encoder layer: attention, then a two-layer network, each added to its input and normalised."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.attention = SelfAttention(config)
        self.attention_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.widen = nn.Linear(config.hidden_size, config.intermediate_size)
        self.narrow = nn.Linear(config.intermediate_size, config.hidden_size)
        self.output_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.activation = ACTIVATIONS[config.hidden_act]

    def forward(
        self, hidden: Tensor, bias: Tensor | None, rows: Rows | None, need_weights: bool = False
    ):
        mixed, weights = self.attention(hidden, bias, rows, need_weights)
        hidden = self.attention_norm(hidden + self.dropout(mixed))
        changed = self.narrow(self.activation(self.widen(hidden)))
        return self.output_norm(hidden + self.dropout(changed)), weights


class Bert(nn.Module):
    """The encoder with its pooler and both pre-training heads.

    `model(input_ids, attention_mask, token_type_ids)` encodes; `model.mlm_logits(hidden)` and
    `model.nsp_logits(pooled)` play the two games; `model.loss(batch)` is all that a trainer needs.
    """

    def __init__(self, config: BertConfig, generator: torch.Generator | None = None):
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size)
        self.mlm_transform = nn.Linear(config.hidden_size, config.hidden_size)
        self.mlm_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlm_bias = nn.Parameter(
            torch.zeros(config.vocab_size)
        )  # its matrix is `embeddings.word`
        self.nsp = nn.Linear(config.hidden_size, 2)
        self.activation = ACTIVATIONS[config.hidden_act]
        self.reset_parameters(generator)

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Normal weights of deviation `initializer_range`, biases 0, norms 1, the padding vector 0."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                module.weight.normal_(0.0, self.config.initializer_range, generator=generator)
            if isinstance(module, nn.Linear):
                module.bias.zero_()
        self.embeddings.word.weight[self.config.pad_token_id].zero_()

    @classmethod
    def from_pretrained(cls, path) -> "Bert":
        """Open a folder (or a hub name) in Hugging Face's format; see `bertlab.models.interchange`."""
        from bertlab.models.interchange import load_bert

        return load_bert(path)

    def save_pretrained(self, folder, tokenizer=None, dtype: torch.dtype | None = None) -> None:
        """Write a folder that transformers opens; see `bertlab.models.interchange`."""
        from bertlab.models.interchange import save_bert

        save_bert(self, folder, tokenizer, dtype)

    def encode(self, input_ids, position_ids, token_type_ids, bias, rows, need_weights=False):
        """Yield (hidden, attention weights) after the embeddings and after each layer."""
        hidden = self.embeddings(input_ids, position_ids, token_type_ids)
        yield hidden, None
        for layer in self.layers:
            hidden, weights = layer(hidden, bias, rows, need_weights)
            yield hidden, weights

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
    ) -> BertOutput:
        """Encode padded rows.

        input_ids, attention_mask (1 = read, 0 = padding), token_type_ids: (batch, length) integers.
        Raises BertlabError when a row is longer than the position table.
        """
        length = input_ids.size(1)
        if length > self.config.max_position_embeddings:
            raise BertlabError(
                f"rows of {length} tokens",
                f"at most {self.config.max_position_embeddings} (max_position_embeddings)",
                "Truncate or split the text.",
            )
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        positions = torch.arange(length, device=input_ids.device).expand_as(input_ids)
        bias = (
            None if attention_mask is None else self._hide(attention_mask.bool()[:, None, None, :])
        )
        states, maps = [], []
        for hidden, weights in self.encode(
            input_ids, positions, token_type_ids, bias, None, output_attentions
        ):
            if output_hidden_states:
                states.append(hidden)
            if output_attentions and weights is not None:
                maps.append(weights)
        return BertOutput(
            last_hidden_state=hidden,
            pooler_output=self.pool(hidden[:, 0]),
            hidden_states=tuple(states) or None,
            attentions=tuple(maps) or None,
        )

    def _hide(self, visible: Tensor) -> Tensor:
        """0 where a key may be read, the lowest finite number where not (a row of -inf would be NaN)."""
        dtype = self.pooler.weight.dtype
        return torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill_(
            ~visible, torch.finfo(dtype).min
        )

    def pool(self, first: Tensor) -> Tensor:
        """(batch, hidden) of the [CLS] tokens -> (batch, hidden)."""
        return torch.tanh(self.pooler(first))

    def mlm_logits(self, hidden: Tensor) -> Tensor:
        """(..., hidden) -> (..., vocabulary). The last matrix is the embedding table itself (tied)."""
        changed = self.mlm_norm(self.activation(self.mlm_transform(hidden)))
        return F.linear(changed, self.embeddings.word.weight, self.mlm_bias)

    def nsp_logits(self, pooled: Tensor) -> Tensor:
        """(batch, hidden) -> (batch, 2); index 0 says "B follows A", as in transformers."""
        return self.nsp(pooled)

    def read(self, batch) -> Tensor:
        """The last layer's vector of every token of a packed batch, (tokens, hidden)."""
        rows = Rows(batch.row_offsets, batch.grid, batch.length)
        bias = None  # FlashAttention reads the rows as they are; it knows no dropout and no float32
        dropout = self.training and self.layers[0].attention.dropout.p
        if not (batch.input_ids.is_cuda and torch.is_autocast_enabled("cuda")) or dropout:
            bias = self._hide(batch.visible()[:, None, None, :])
        for hidden, _ in self.encode(  # noqa: B007 - only the last layer's states are wanted
            batch.input_ids, batch.position_ids, batch.token_type_ids, bias, rows
        ):
            pass
        return hidden

    def loss(self, batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Masked-language-model loss plus next-sentence loss of a packed `bertlab.data.Batch` (section 3.1).

        The vocabulary is projected at the masked positions only, about one token in seven: the largest
        single saving of the whole step. Returns the sum (a scalar) and what to report, detached.
        """
        hidden = self.read(batch)
        logits = self.mlm_logits(hidden.index_select(0, batch.mlm_positions)).float()
        masked = max(1, len(batch.mlm_labels))  # a tiny batch may mask nothing: then the loss is 0
        mlm_loss = F.cross_entropy(logits, batch.mlm_labels, reduction="sum") / masked
        verdict = self.nsp_logits(self.pool(hidden.index_select(0, batch.row_offsets[:-1]))).float()
        nsp_loss = F.cross_entropy(verdict, batch.next_sentence_label)
        with torch.no_grad():
            report = {
                "mlm_loss": mlm_loss.detach(),
                "nsp_loss": nsp_loss.detach(),
                "masked_accuracy": (logits.argmax(-1) == batch.mlm_labels).sum() / masked,
                "nsp_accuracy": (verdict.argmax(-1) == batch.next_sentence_label).float().mean(),
            }
        return mlm_loss + nsp_loss, report
