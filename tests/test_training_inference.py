"""Sorted and packed, the vectors are those of reading each text alone."""

import numpy as np
import pytest
import torch

from bertlab.data.examples import encode_texts
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, BertConfig
from bertlab.training.inference import by_length, embed

TEXTS = ["a b c", "b", "c c a b a b c a", "a a", "c b a c b a c b a c b a", "", "b c"]


@pytest.fixture(scope="module")
def model() -> Bert:
    config = BertConfig(40, 32, 2, 2, 64, max_position_embeddings=32)
    return Bert(config, torch.Generator().manual_seed(0)).train()


@pytest.fixture(scope="module")
def examples():
    tokenizer = train_wordpiece(["a b c"], 20, min_frequency=1)
    return encode_texts(tokenizer, TEXTS)


@pytest.mark.parametrize("batch_tokens", [1, 12, 4096])
@pytest.mark.parametrize("pooling", ["first", "mean", "pooler"])
def test_each_row_gets_the_vector_that_it_gets_alone(model, examples, pooling, batch_tokens):
    found = embed(model, examples, pooling, batch_tokens=batch_tokens, bf16=False)
    assert found.shape == (len(TEXTS), 32) and found.dtype == torch.float32
    for number in range(len(TEXTS)):
        row = examples.batch([number]).padded()
        with torch.no_grad():
            output = model.eval()(row["input_ids"])
        model.train()
        wanted = {
            "first": output.last_hidden_state[0, 0],
            "mean": output.last_hidden_state[0].mean(0),
            "pooler": output.pooler_output[0],
        }[pooling]
        assert torch.allclose(found[number], wanted, atol=1e-5)


def test_the_model_stays_in_its_mode_and_the_vectors_can_be_trained_on(model, examples):
    found = embed(model, examples)
    assert model.training
    torch.nn.Linear(32, 2)(found).sum().backward()


def test_bfloat16_is_near(model, examples):
    exact, rough = (embed(model, examples, bf16=bf16) for bf16 in (False, True))
    assert 0 < (exact - rough).abs().max() < 0.1


def test_batches_hold_every_row_once_and_keep_to_the_budget():
    lengths = np.random.default_rng(0).integers(1, 60, 500)
    batches = list(by_length(lengths, 200))
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    flat = lengths[np.concatenate(batches)]
    assert (np.diff(flat) <= 0).all(), "longest first"
    assert all(lengths[rows].sum() <= 200 for rows in batches)
    fuller = [
        lengths[rows].sum() + lengths[after[0]]
        for rows, after in zip(batches, batches[1:], strict=False)
    ]
    assert min(fuller) > 200, "no batch ends early"
    assert [rows.tolist() for rows in by_length(np.array([9, 3]), 4)] == [[0], [1]], (
        "alone if longer"
    )
    assert list(by_length(np.array([], dtype=int), 4)) == []


def test_an_unknown_pooling_and_a_row_too_long_are_refused(model, examples):
    with pytest.raises(BertlabError, match="one of first, mean, pooler"):
        embed(model, examples, "max")
    long = encode_texts(train_wordpiece(["a b c"], 20, min_frequency=1), ["a " * 50])
    with pytest.raises(BertlabError, match="a row of 52 tokens; wanted at most 32"):
        embed(model, long)
