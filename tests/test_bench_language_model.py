"""The contenders of the language model's speed comparison do the same work."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bertlab.bench.language_model import PlainLanguageModel, random_stream
from bertlab.bench.training import training_step
from bertlab.data.language_batches import LanguageBatches
from bertlab.data.words import output_words
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig


@pytest.fixture(scope="module")
def stream():
    return random_stream(words=4000, types=300)


def test_random_text_is_a_stream(stream):
    assert (stream.tokens[stream.starts] == 0).all()
    assert (stream.tokens == 0).sum() == len(stream.starts) == (stream.tokens == 1).sum()
    assert stream.tokens.max() < len(stream.types)


def test_both_models_learn_from_the_same_batch(stream):
    words = output_words(stream, 200)
    config = replace(
        ElmoConfig.mini(200), dim=32, projection_dim=16, cutoffs=(50,), filters=((2, 8), (3, 8))
    )
    batch = LanguageBatches(stream, words, 4, 8).draw(np.random.default_rng(0))
    for model in (Elmo(config, words).train(), PlainLanguageModel(config).train()):
        with torch.no_grad():
            before = model.loss(batch)[0].item()
        step = training_step(model, [batch], bf16=False)
        assert {step() for _ in range(20)} == {4 * 8}
        with torch.no_grad():
            assert model.loss(batch)[0].item() < before
