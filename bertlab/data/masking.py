"""Choosing and hiding the tokens that the masked language model must guess."""

from typing import NamedTuple

import numpy as np

from bertlab.errors import BertlabError


class Masked(NamedTuple):
    """input_ids: as given, some replaced. positions: (n,) where. labels: (n,) the ids that stood there."""

    input_ids: np.ndarray
    positions: np.ndarray
    labels: np.ndarray


def mask_tokens(
    input_ids: np.ndarray,
    generator: np.random.Generator,
    *,
    mask_id: int,
    special_ids: tuple[int, ...],
    ordinary_ids: np.ndarray,
    share: float = 0.15,
) -> Masked:
    """Pick `share` of the tokens; of these hide 80 %, swap 10 %, leave 10 % (Devlin et al. 2018, 3.1).

    input_ids: (tokens,) flat. Special tokens are never picked, and a swapped-in token is never special.
    One draw per token decides everything: a number below `share` picks the token, and *where* below
    `share` it fell says what becomes of it. A second draw would be another chance to go wrong
    (`bertlab.clinic.batches` keeps such a case).

    Raises BertlabError when `share` is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise BertlabError(f"share={share}", "a share of the tokens, from 0 to 1", "Try 0.15.")
    draw = generator.random(len(input_ids), dtype=np.float32)
    positions = (draw < share).nonzero()[0]
    labels = input_ids[positions]
    ordinary = (labels != np.array(special_ids)[:, None]).all(axis=0)
    positions, labels = positions[ordinary], labels[ordinary]
    fate = draw[positions] / share  # uniform on [0, 1) among the picked
    changed = labels.copy()
    changed[fate < 0.8] = mask_id
    swap = (fate >= 0.8) & (fate < 0.9)
    changed[swap] = ordinary_ids[generator.integers(len(ordinary_ids), size=int(swap.sum()))]
    hidden = input_ids.copy()
    hidden[positions] = changed
    return Masked(hidden, positions, labels)
