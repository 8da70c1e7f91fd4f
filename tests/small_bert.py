"""A BERT with random weights, small enough that every test may have its own."""

import torch

from bertlab.models.bert import Bert
from bertlab.models.bert_config import BertConfig


def small_config(vocab_size: int, **sizes) -> BertConfig:
    """1 layer × 16 with 2 heads, for rows of up to 32 tokens; `sizes` says what is otherwise."""
    usual = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 32,
    }
    return BertConfig(vocab_size, **usual | sizes)


def small_bert(vocab_size: int, seed: int = 0, **sizes) -> Bert:
    return Bert(small_config(vocab_size, **sizes), torch.Generator().manual_seed(seed))
