"""What training changed inside an encoder: how far the weights went, how far the vectors turned."""

import torch
from torch import Tensor

from bertlab.data.example_batches import Examples
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, Rows


def drift(before: Bert, after: Bert) -> dict[str, float]:
    """How far each part's weights went, as a share of their length: |after - before| / |before|.

    Parts from below: "embeddings", "layer 1" … , "pooler".
    """
    _alike(before, after)
    found = {}
    for (name, one), (_, other) in zip(_parts(before), _parts(after), strict=True):
        old, new = (
            torch.cat([p.detach().flatten() for p in part.parameters()]) for part in (one, other)
        )
        found[name] = ((new - old).norm() / old.norm()).item()
    return found


@torch.inference_mode()
def layer_vectors(encoder: Bert, examples: Examples) -> list[Tensor]:
    """The vectors of all tokens after the embeddings and after each layer: (tokens, hidden) each."""
    was_training = encoder.training
    encoder.eval()
    batch = examples.batch(range(len(examples)))
    rows = Rows(batch.row_offsets, batch.grid, batch.length)
    bias = encoder._hide(batch.visible()[:, None, None, :])
    ids, positions, types = batch.input_ids, batch.position_ids, batch.token_type_ids
    vectors = [hidden for hidden, _ in encoder.encode(ids, positions, types, bias, rows)]
    encoder.train(was_training)
    return vectors


def linear_cka(one: Tensor, other: Tensor) -> float:
    """Linear centred kernel alignment of two sets of vectors of the same things, (things, dimensions).

    1 where one set is the other turned, mirrored or scaled as a whole; near 0 where they have nothing
    in common (Kornblith et al. 2019, section 3). The dimensions may differ.
    """
    one, other = (x.double() - x.double().mean(dim=0) for x in (one, other))
    common = (other.T @ one).norm() ** 2
    return (common / ((one.T @ one).norm() * (other.T @ other).norm())).item()


def _parts(encoder: Bert):
    yield "embeddings", encoder.embeddings
    for number, layer in enumerate(encoder.layers, 1):
        yield f"layer {number}", layer
    yield "pooler", encoder.pooler


def _alike(one: Bert, other: Bert) -> None:
    if one.config.hidden_size != other.config.hidden_size or len(one.layers) != len(other.layers):
        raise BertlabError(
            "two encoders of different sizes",
            "the same encoder before and after training",
            "Load the one that training began from.",
        )
