"""Reading many texts fast: sorted by length, packed without padding, several thousand tokens at once."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bertlab.data.example_batches import ExampleBatch, Examples
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, Rows, attend
from bertlab.training.pretrain import _bf16_pays

POOLINGS = ("first", "mean", "pooler")


def embed(
    model: Bert,
    examples: Examples,
    pooling: str = "first",
    *,
    batch_tokens: int = 4096,
    bf16: bool | None = None,
) -> Tensor:
    """A vector a row, in the order of the examples: (rows, hidden), float32 on the CPU.

    pooling: "first", the last layer's [CLS]; "mean" over the row's tokens, [CLS] and [SEP] included;
    "pooler", what the next-sentence head reads.
    batch_tokens: tokens read at once; a longer row is read alone. More is faster until the batch no longer
    fits the processor's caches. bf16: None means where it pays, as in `PretrainConfig`; it moves a
    component by a hundredth or so.

    Raises BertlabError for an unknown pooling, or a row longer than the position table.
    """
    if pooling not in POOLINGS:
        raise BertlabError(f"pooling={pooling!r}", f"one of {', '.join(POOLINGS)}", "Choose one.")
    limit, longest = model.config.max_position_embeddings, int(examples.lengths.max())
    if longest > limit:
        raise BertlabError(
            f"a row of {longest} tokens", f"at most {limit}", "Encode with a smaller max_length."
        )
    device = model.pooler.weight.device
    bf16 = _bf16_pays(device) if bf16 is None else bf16
    was_training = model.training
    model.eval()
    found = torch.empty(len(examples), model.config.hidden_size)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for rows in by_length(examples.lengths, batch_tokens):
            batch = examples.batch(rows).to(device)
            found[rows] = _vectors(model, batch, pooling).float().cpu()
    model.train(was_training)
    return found.clone()  # a tensor of inference mode could not be trained on


def by_length(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Row numbers, longest rows first, cut where a batch would exceed `batch_tokens`.

    Rows of like length share a batch, so that attention, which lays the rows side by side, pads little.
    The longest come first: if memory does not suffice, that shows at once.
    """
    order = np.argsort(-lengths, kind="stable")
    begin = used = 0
    for place, size in enumerate(lengths[order].tolist()):
        if place > begin and used + size > batch_tokens:
            yield order[begin:place]
            begin, used = place, 0
        used += size
    if len(order):
        yield order[begin:]


def _vectors(model: Bert, batch: ExampleBatch, pooling: str) -> Tensor:
    """(batch, hidden): one vector a row."""
    if pooling == "mean":
        hidden = model.read(batch)  # (tokens, hidden)
        sizes = batch.row_offsets.diff()
        owner = torch.repeat_interleave(sizes)  # (tokens,) the row of each token
        total = hidden.new_zeros(len(sizes), hidden.size(1), dtype=torch.float32)
        return total.index_add_(0, owner, hidden.float()) / sizes[:, None]
    if batch.input_ids.is_cuda:  # a GPU's attention reads the packed rows as they are
        first = model.read(batch).index_select(0, batch.row_offsets[:-1])
    else:
        first = _first(model, batch)
    return model.pool(first) if pooling == "pooler" else first


def _first(model: Bert, batch: ExampleBatch) -> Tensor:
    """(batch, hidden): the last layer's [CLS], and of the last layer nothing else.

    [CLS] looks at every token, so their keys and values are needed; their own queries and the two-layer
    network behind them are not. That is five sixths of the layer.
    """
    bias = model._hide(batch.visible()[:, None, None, :])
    rows = Rows(batch.row_offsets, batch.grid, batch.length)
    states = model.encode(batch.input_ids, batch.position_ids, batch.token_type_ids, bias, rows)
    for _ in model.layers:  # the embeddings and all layers but the last
        hidden, _ = next(states)
    layer, attention = model.layers[-1], model.layers[-1].attention
    first = hidden.index_select(0, batch.row_offsets[:-1])
    width, heads = hidden.size(-1), attention.heads
    ask, offer = attention.qkv.weight.split([width, 2 * width])
    ask_bias, offer_bias = attention.qkv.bias.split([width, 2 * width])
    query = F.linear(first, ask, ask_bias).unflatten(-1, (heads, 1, -1))  # (batch, heads, 1, size)
    offered = F.linear(hidden, offer, offer_bias)  # (tokens, 2 × hidden)
    grid = offered.new_zeros(len(batch) * batch.length, 2 * width).index_copy(
        0, batch.grid, offered
    )
    # (batch × length, 2 × hidden) -> two of (batch, heads, length, size)
    key, value = grid.view(len(batch), batch.length, 2, heads, -1).permute(2, 0, 3, 1, 4).unbind()
    context, _ = attend(query, key, value, bias, attention.dropout)
    first = layer.attention_norm(first + attention.out(context.flatten(1)))
    return layer.output_norm(first + layer.narrow(layer.activation(layer.widen(first))))
