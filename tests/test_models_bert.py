import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bertlab.data.pairs import SentencePairs
from bertlab.data.store import encode_corpus
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, BertConfig, attend

SMALL = BertConfig(
    vocab_size=120,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=40,
)
TEXTS = [
    " ".join(f"The {n} {noun} number {i} saw a {n} light. It ran off." for i in range(12))
    for n, noun in [("old", "bat"), ("red", "crane"), ("cold", "seal"), ("wet", "mole")]
]


@pytest.fixture(scope="module")
def pairs() -> SentencePairs:
    tokenizer = train_wordpiece(TEXTS, 120)
    return SentencePairs(encode_corpus(TEXTS, tokenizer), tokenizer, length=40, batch_size=8)


@pytest.fixture
def model() -> Bert:
    return Bert(SMALL, torch.Generator().manual_seed(1)).eval()


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_size": 30},
        {"hidden_act": "swish"},
        {"num_hidden_layers": 0},
        {"hidden_dropout_prob": 1.0},
    ],
)
def test_a_config_that_cannot_work_is_refused(change):
    with pytest.raises(BertlabError, match=next(iter(change))):
        replace(SMALL, **change)


def test_equal_generators_give_equal_weights():
    one, two, other = (Bert(SMALL, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(one.layers[1].widen.weight, two.layers[1].widen.weight)
    assert not torch.equal(one.layers[1].widen.weight, other.layers[1].widen.weight)


def test_attention_by_hand_is_torchs():
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(2, 3, 7, 8, generator=generator) for _ in range(3))
    context, weights = attend(query, key, value, None, torch.nn.Identity())
    expected = F.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(context, expected)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 7))


def test_padding_changes_no_real_token(model):
    ids = torch.randint(5, 120, (1, 9), generator=torch.Generator().manual_seed(2))
    padded = F.pad(ids, (0, 6))
    mask = (torch.arange(15) < 9)[None].long()
    with torch.no_grad():
        alone = model(ids).last_hidden_state
        masked = model(padded, mask).last_hidden_state[:, :9]
        unmasked = model(padded).last_hidden_state[:, :9]
    torch.testing.assert_close(masked, alone, atol=1e-5, rtol=0)
    assert (unmasked - alone).abs().max() > 1e-3  # forgetting the mask shows


def test_maps_and_states_are_there_only_when_asked_for(model):
    ids = torch.ones(2, 5, dtype=torch.long)
    plain = model(ids)
    assert plain.hidden_states is None and plain.attentions is None
    full = model(ids, output_hidden_states=True, output_attentions=True)
    assert [tuple(state.shape) for state in full.hidden_states] == [(2, 5, 32)] * 3
    assert [tuple(weights.shape) for weights in full.attentions] == [(2, 4, 5, 5)] * 2
    torch.testing.assert_close(full.last_hidden_state, plain.last_hidden_state)


def test_the_packed_loss_is_the_padded_one(model, pairs):
    """An independent way to the same number: padded rows, every position projected, torch's mean."""
    batch = pairs.draw(np.random.default_rng(0))
    padded = batch.padded()
    with torch.no_grad():
        loss, report = model.loss(batch)
        output = model(padded["input_ids"], padded["attention_mask"], padded["token_type_ids"])
        logits = model.mlm_logits(output.last_hidden_state)
        mlm = F.cross_entropy(logits.flatten(0, 1), padded["labels"].flatten(), ignore_index=-100)
        verdict = model.nsp_logits(output.pooler_output)
        nsp = F.cross_entropy(verdict, padded["next_sentence_label"])
    assert loss.item() == pytest.approx((mlm + nsp).item(), rel=1e-5)
    right = verdict.argmax(-1) == padded["next_sentence_label"]
    assert report["nsp_accuracy"].item() == pytest.approx(right.float().mean().item())


def test_the_packed_gradients_are_the_padded_ones(model, pairs):
    batch = pairs.draw(np.random.default_rng(3))
    padded = batch.padded()
    model.loss(batch)[0].backward()
    packed = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    output = model(padded["input_ids"], padded["attention_mask"], padded["token_type_ids"])
    logits = model.mlm_logits(output.last_hidden_state)
    loss = F.cross_entropy(logits.flatten(0, 1), padded["labels"].flatten(), ignore_index=-100)
    loss += F.cross_entropy(model.nsp_logits(output.pooler_output), padded["next_sentence_label"])
    loss.backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(packed[name], parameter.grad, atol=2e-6, rtol=1e-4, msg=name)


def test_an_untrained_model_guesses_evenly(model, pairs):
    _, report = model.loss(pairs.draw(np.random.default_rng(0)))
    assert report["mlm_loss"].item() == pytest.approx(math.log(120), rel=0.1)
    assert report["nsp_loss"].item() == pytest.approx(math.log(2), rel=0.1)


def test_a_batch_that_hides_nothing_has_a_finite_loss(model, pairs):
    batch = replace(pairs, mask_share=0.0).draw(np.random.default_rng(0))
    loss, report = model.loss(batch)
    assert math.isfinite(loss.item()) and report["mlm_loss"].item() == 0


def test_a_row_beyond_the_position_table_is_refused(model):
    with pytest.raises(BertlabError, match="at most 40"):
        model(torch.ones(1, 41, dtype=torch.long))
