"""ELMo's training step against a plain `nn.LSTM` language model with a full softmax."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bertlab.bench.harness import Contender, compare
from bertlab.bench.training import training_step
from bertlab.data.language_batches import LanguageBatches
from bertlab.data.words import WordStream, output_words
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig


class PlainLanguageModel(nn.Module):
    """What a user writes first: word embeddings, `nn.LSTM` in each direction, a softmax over all words.

    Of the same LSTM size as an ELMo's (cells, projection, layers, two directions that share embeddings and
    softmax).
    """

    def __init__(self, config: ElmoConfig):
        super().__init__()
        size = config.projection_dim
        self.embedding = nn.Embedding(config.vocabulary_size, size)
        self.ahead, self.back = (
            nn.LSTM(
                size, config.dim, config.n_layers, batch_first=True, proj_size=size, dropout=0.0
            )
            for _ in range(2)
        )
        self.softmax = nn.Linear(size, config.vocabulary_size)

    def loss(self, batch) -> tuple[Tensor, dict]:
        """Mean of both directions' cross-entropies of a `LanguageBatch`."""
        vectors = self.embedding(batch.targets)  # (batch, length, dim)
        ahead = self.ahead(vectors[:, :-1])[0]
        back = self.back(vectors[:, 1:].flip(1))[0].flip(1)
        logits = self.softmax(torch.stack([ahead, back]))
        wanted = torch.stack([batch.targets[:, 1:], batch.targets[:, :-1]])
        return F.cross_entropy(logits.flatten(0, 2), wanted.flatten()), {}


def random_stream(words: int = 200_000, types: int = 30_000) -> WordStream:
    """Random words with natural frequencies (Zipf) and spellings: only the speed of a step is of interest."""
    generator = np.random.default_rng(0)
    chances = 1 / np.arange(10, types + 10)
    tokens = generator.choice(types, words, p=chances / chances.sum()).astype(np.int32) + 2
    starts = np.arange(0, words, 20)
    tokens[starts], tokens[starts - 1] = 0, 1
    letters = generator.integers(97, 123, (types, 12)).astype(np.uint8)
    lengths = generator.integers(3, 12, types)
    names = [bytes(row[:n]).decode() for row, n in zip(letters, lengths, strict=True)]
    return WordStream(["<S>", "</S>", *names], tokens, starts)


def language_model(
    device: str = "cpu", quick: bool = False, batch_size: int = 32, length: int = 32
) -> dict:
    """Words a second of a training step at the shipped size; each direction predicts each word."""
    stream = random_stream()
    words = output_words(stream, 20_000)
    config = ElmoConfig.mini(len(words))
    source = LanguageBatches(stream, words, batch_size, length)
    generator = np.random.default_rng(0)
    batches = [source.draw(generator).to(device) for _ in range(4)]

    def elmo() -> Elmo:
        return Elmo(config, words, torch.Generator().manual_seed(0)).to(device).train()

    def plain() -> PlainLanguageModel:
        return PlainLanguageModel(config).to(device).train()

    gpu = device != "cpu"
    timings = compare(
        [
            Contender("bertlab ELMo, bf16", training_step(elmo(), batches, True)),
            Contender("bertlab ELMo, fp32", training_step(elmo(), batches, False)),
            Contender("nn.LSTM, full softmax, fp32", training_step(plain(), batches, False)),
            Contender("nn.LSTM, full softmax, bf16", training_step(plain(), batches, True)),
        ],
        rounds=2 if quick else 5,
        seconds=1.0 if gpu or quick else 3.0,
        warmup=10 if gpu else 1,
        finish=torch.cuda.synchronize if gpu else lambda: None,
    )
    return {
        "name": f"language model training step, {batch_size} × {length}, {device}",
        "unit": "words/s",
        "timings": [timing.as_dict() for timing in timings],
    }
