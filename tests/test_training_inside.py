import pytest
import torch

from bertlab.data.examples import encode_texts
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.training.inside import drift, layer_vectors, linear_cka
from tests.small_bert import small_bert


def encoder(seed=0, layers=2):
    sizes = {"hidden_size": 8, "intermediate_size": 8, "max_position_embeddings": 16}
    return small_bert(60, seed, num_hidden_layers=layers, **sizes)


def test_drift_is_a_share_of_the_weights_length():
    before, after = encoder(), encoder()
    with torch.no_grad():
        for parameter in after.layers[1].parameters():
            parameter.mul_(1.25)
    found = drift(before, after)
    assert list(found) == ["embeddings", "layer 1", "layer 2", "pooler"]
    assert found["layer 2"] == pytest.approx(0.25, rel=1e-4)
    assert [found[part] for part in ("embeddings", "layer 1", "pooler")] == [0, 0, 0]
    with pytest.raises(BertlabError, match="different sizes"):
        drift(before, encoder(layers=1))


def test_cka_forgives_turning_and_scaling_and_nothing_else():
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(400, 6, generator=generator) * torch.tensor([9.0, 5, 3, 2, 1, 1])
    turn = torch.linalg.qr(torch.randn(6, 6, generator=generator))[0]
    assert linear_cka(one, one) == pytest.approx(1)
    assert linear_cka(one, 3 * one @ turn + 7) == pytest.approx(1, abs=1e-5)
    assert linear_cka(one, torch.randn(400, 9, generator=generator)) < 0.1
    half = torch.cat([one[:, :1], torch.randn(400, 5, generator=generator) * 9], dim=1)
    assert 0.1 < linear_cka(one, half) < 0.9


def test_vectors_are_those_of_the_padded_forward_pass():
    words = train_wordpiece(["one two three four"] * 3, 60)
    examples = encode_texts(words, ["one two", "three four one two three"])
    model = encoder().train()
    found = layer_vectors(model, examples)
    assert model.training
    batch = examples.batch([0, 1])
    with torch.no_grad():
        wanted = model.eval()(**batch.padded(), output_hidden_states=True).hidden_states
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs[batch.visible()], atol=1e-6, rtol=0)
