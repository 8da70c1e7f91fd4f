"""The sizes of a BERT and the constants that go with them (Devlin et al. 2018, section 3)."""

from dataclasses import dataclass

from torch.nn import functional as F

from bertlab.errors import BertlabError

ACTIVATIONS = {
    "gelu": F.gelu,  # x · Φ(x) by the error function, as in BERT's released code
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
}


@dataclass(frozen=True)
class BertConfig:
    """Sizes and constants, under transformers' names. The defaults are BERT-base (section 3)."""

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0

    def __post_init__(self):
        for name in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"):
            if getattr(self, name) < 1:
                raise BertlabError(f"{name}={getattr(self, name)}", "at least 1", "Raise it.")
        if self.hidden_size % self.num_attention_heads:
            raise BertlabError(
                f"hidden_size={self.hidden_size} with num_attention_heads={self.num_attention_heads}",
                "a hidden size that the heads divide evenly",
                f"Try hidden_size={self.hidden_size // self.num_attention_heads * self.num_attention_heads}.",
            )
        if self.hidden_act not in ACTIVATIONS:
            raise BertlabError(
                f"hidden_act={self.hidden_act!r}",
                f"one of {sorted(ACTIVATIONS)}",
                "Choose one of these.",
            )
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            if not 0 <= getattr(self, name) < 1:
                raise BertlabError(
                    f"{name}={getattr(self, name)}", "a share in [0, 1)", "Change it."
                )
