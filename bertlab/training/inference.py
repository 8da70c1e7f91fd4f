"""Reading many texts fast: sorted by length, packed without padding, several thousand tokens at once."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from bertlab.data.examples import Examples
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
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
            hidden = model.read(batch)  # (tokens, hidden)
            found[rows] = _pooled(model, hidden, batch.row_offsets, pooling).float().cpu()
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


def _pooled(model: Bert, hidden: Tensor, offsets: Tensor, pooling: str) -> Tensor:
    if pooling == "mean":
        sizes = offsets.diff()
        owner = torch.repeat_interleave(sizes)  # (tokens,) the row of each token
        total = hidden.new_zeros(len(sizes), hidden.size(1), dtype=torch.float32)
        return total.index_add_(0, owner, hidden.float()) / sizes[:, None]
    first = hidden.index_select(0, offsets[:-1])
    return model.pool(first) if pooling == "pooler" else first
