"""ELMo: what each layer sees, training, files of both layouts, and independence of neighbours."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from bertlab.data.language_batches import LanguageBatches
from bertlab.data.words import output_words, word_stream
from bertlab.errors import BertlabError
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.elmo_parts import AdaptiveSoftmax, Dropout, ScalarMix

TEXTS = [
    "The cat sat on the mat.",
    "A dog ran to the river bank.",
    "She went to the bank for money.",
] * 8
SENTENCES = [["The", "cat"], [], ["She", "went", "to", "the", "bank", "…", "naïvely"], ["dog"]]
SMALL = ElmoConfig(
    filters=((1, 4), (2, 6), (3, 6)),
    character_dim=5,
    dim=12,
    projection_dim=7,
    cell_clip=None,
    proj_clip=None,
    vocabulary_size=20,
    cutoffs=(6, 12),
    tail_divisor=2,
)


@pytest.fixture(scope="module")
def stream():
    return word_stream(TEXTS)


@pytest.fixture
def model(stream):
    vocabulary = output_words(stream, 1000)
    config = replace(SMALL, vocabulary_size=len(vocabulary))
    return Elmo(config, vocabulary, torch.Generator().manual_seed(0)).eval()


# --- vectors


def test_shapes_and_alignment(model):
    vectors = model.embed(SENTENCES)
    assert [tuple(v.shape) for v in vectors] == [(3, 2, 14), (3, 0, 14), (3, 7, 14), (3, 1, 14)]
    assert model.embed([]) == []


def test_batches_of_unequal_length_change_nothing(model):
    together = model.embed(SENTENCES, batch_size=4)
    for sentence, one in zip(SENTENCES, together, strict=True):
        torch.testing.assert_close(one, model.embed([sentence])[0], atol=1e-5, rtol=0)


def test_layer_0_knows_no_context_and_the_others_do(model):
    river, money = model.embed(["the river bank".split(), "bank of money".split()])
    torch.testing.assert_close(river[0, 2], money[0, 0])
    assert (river[1:, 2] - money[1:, 0]).abs().max() > 1e-3
    torch.testing.assert_close(river[0, :, :7], river[0, :, 7:])


def test_each_direction_sees_its_own_side_only(model):
    one, left, right = model.embed(["a b c".split(), "x b c".split(), "a b x".split()])
    half = 7
    torch.testing.assert_close(one[:, 1, half:], left[:, 1, half:])  # backward: blind to the left
    torch.testing.assert_close(one[:, 1, :half], right[:, 1, :half])  # forward: blind to the right
    assert not torch.allclose(one[1:, 1, :half], left[1:, 1, :half])
    assert not torch.allclose(one[1:, 1, half:], right[1:, 1, half:])


def test_the_second_layer_adds_its_input(model):
    sentence = [["a", "b"]]
    with_skip = model.embed(sentence)[0]
    model.config = replace(model.config, use_skip_connections=False)
    without = model.embed(sentence)[0]
    torch.testing.assert_close(with_skip[2], without[2] + without[1])


def test_a_state_carries_from_call_to_call(model):
    first, second = (model.prepare([words.split()])[:3] for words in ("a b", "c d e"))
    state = model.empty_state(1)
    with torch.no_grad():
        alone = model.encode(*second)[-1][0]
        fresh = model.encode(*first, state=state)[-1]
        torch.testing.assert_close(fresh, model.encode(*first)[-1])
        after = model.encode(*second, state=state)[-1][0]
    assert (after - alone).abs().max() > 1e-3


# --- training


def test_loss_is_that_of_the_scores(model, stream):
    """The mean over a window that is exactly one sentence is the mean of the sentence's scores."""
    sentence = stream.sentences()[0]
    text = word_stream([" ".join(sentence)])
    length = len(sentence) + 1
    batch = LanguageBatches(text, model.vocabulary, 2, length).draw(np.random.default_rng(0))
    with torch.no_grad():
        loss, report = model.loss(batch)
    ahead, back = model.score([sentence])[0]
    assert len(ahead) == len(back) == length
    torch.testing.assert_close(report["forward_loss"], -ahead.mean())
    torch.testing.assert_close(report["backward_loss"], -back.mean())
    torch.testing.assert_close(loss, (report["forward_loss"] + report["backward_loss"]) / 2)


def test_training_lowers_the_loss_and_repeats(stream, model):
    def run():
        torch.manual_seed(123)  # must not matter
        copy = Elmo(model.config, model.vocabulary, torch.Generator().manual_seed(0)).train()
        source = LanguageBatches(stream, model.vocabulary, 8, 9)
        optimizer = torch.optim.Adam(copy.parameters(), 0.02)
        generator, noise = np.random.default_rng(0), torch.Generator().manual_seed(0)
        losses = []
        for _ in range(40):
            loss, _ = copy.loss(source.draw(generator), noise)
            optimizer.zero_grad()
            loss.backward()
            assert all(p.grad is not None for p in copy.parameters())
            optimizer.step()
            losses.append(loss.item())
        return losses

    losses = run()
    assert losses == run()
    assert losses[0] > 2.8 > 2.0 > losses[-1]


def test_every_shared_and_no_other_parameter_serves_both_directions(model, stream):
    batch = LanguageBatches(stream, model.vocabulary, 4, 6).draw(np.random.default_rng(0))
    model.train()
    ahead, back = model.encode(batch.characters, batch.words)[-1]
    ahead.sum().backward()
    assert all(p.grad is None for p in model.backward_layers.parameters())
    assert all(p.grad is not None for p in model.encoder.parameters())


def test_bfloat16_autocast_is_close(model, stream):
    batch = LanguageBatches(stream, model.vocabulary, 4, 6).draw(np.random.default_rng(0))
    exact, _ = model.loss(batch)
    with torch.autocast("cpu", torch.bfloat16):
        rough, _ = model.loss(batch)
    assert rough.dtype == torch.float32
    assert 0 < abs(exact - rough) < 0.02
    rough.backward()


def test_adaptive_softmax_is_torchs(model):
    generator = torch.Generator().manual_seed(0)
    softmax = AdaptiveSoftmax(6, 20, [5, 12], div_value=2)
    contexts = torch.randn(30, 6, generator=generator)
    targets = torch.randint(0, 20, (30,), generator=generator)
    torch.testing.assert_close(
        softmax(contexts, targets),
        super(AdaptiveSoftmax, softmax).forward(contexts, targets).output,
    )
    every = softmax(contexts[:1].expand(20, 6), torch.arange(20))
    assert every.exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_scores_do_not_depend_on_neighbours(model):
    whole = model.score(SENTENCES)
    for sentence, (ahead, back) in zip(SENTENCES, whole, strict=True):
        alone = model.score([sentence])[0]
        torch.testing.assert_close((ahead, back), alone, atol=1e-5, rtol=0)
        assert len(ahead) == len(sentence) + 1


def test_a_model_without_words_does_not_score(model):
    with pytest.raises(BertlabError, match="a model without output words"):
        Elmo(model.config).score(SENTENCES)


def test_dropout_keeps_the_mean_and_follows_its_generator():
    ones = torch.ones(10000)
    layer = Dropout(0.25)
    runs = [layer(ones, torch.Generator().manual_seed(0)) for _ in range(2)]
    assert torch.equal(*runs)
    assert runs[0].unique().tolist() == pytest.approx([0, 4 / 3])
    assert runs[0].mean().item() == pytest.approx(1, abs=0.03)
    assert torch.equal(layer.eval()(ones, torch.Generator()), ones)


def test_embedding_leaves_training_mode_alone(model):
    model.train()
    one, other = model.embed([["a"]]), model.embed([["a"]])
    assert model.training and torch.equal(one[0], other[0])


def test_the_trainer_needs_nothing_else(model, stream):
    from bertlab.training.pretrain import PretrainConfig, pretrain

    source = LanguageBatches(stream, model.vocabulary, 8, 9)
    config = PretrainConfig(steps=30, learning_rate=0.02, warmup_steps=2, log_every=10, bf16=False)
    history = pretrain(model, source, config, device="cpu", progress=False)
    assert history[-1]["loss"] < history[0]["loss"] - 0.5
    assert history[-1]["tokens"] == 30 * 8 * 9
    assert {"forward_loss", "backward_loss"} <= set(history[-1])


# --- scalar mix


def test_scalar_mix_begins_as_the_mean():
    layers = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    mix = ScalarMix(3)
    torch.testing.assert_close(mix(layers), layers.mean(dim=0))


def test_scalar_mix_by_hand_and_learns():
    layers = torch.tensor([[[1.0]], [[10.0]]])  # (layers, length, dim)
    mix = ScalarMix(2)
    with torch.no_grad():
        mix.weights.copy_(torch.tensor([0.0, math.log(3)]))
        mix.gamma.fill_(2.0)
    assert mix.shares.tolist() == pytest.approx([0.25, 0.75])
    assert mix(layers).item() == pytest.approx(2 * (0.25 * 1 + 0.75 * 10))
    mix(layers).sum().backward()
    assert mix.weights.grad.tolist() == pytest.approx([-3.375, 3.375])
    assert mix.gamma.grad.item() == pytest.approx(7.75)


def test_a_mix_learns_over_embedded_sentences(model):
    mix = ScalarMix(3)
    mix(model.embed([["a", "b"]])[0]).sum().backward()
    assert mix.weights.grad.abs().max() > 0


def test_scalar_mix_refuses_another_number_of_layers():
    with pytest.raises(BertlabError, match="found 2 layers; wanted 3"):
        ScalarMix(3)(torch.zeros(2, 4, 5))


# --- our own files


@pytest.mark.parametrize("dtype, tolerance", [(None, 0), (torch.float16, 2e-3)])
def test_saving_and_opening(model, tmp_path, dtype, tolerance):
    model.save_pretrained(tmp_path / "elmo", dtype)
    again = Elmo.from_pretrained(tmp_path / "elmo")
    assert again.config == model.config and again.vocabulary == model.vocabulary
    assert not again.training and next(again.parameters()).dtype == torch.float32
    for one, other in zip(model.embed(SENTENCES), again.embed(SENTENCES), strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=0)
    assert sorted(p.name for p in (tmp_path / "elmo").iterdir()) == [
        "config.json",
        "model.safetensors",
        "vocab.txt",
    ]


def _cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def _with(name, value):
    def damage(path):
        path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))

    return damage


@pytest.mark.parametrize(
    "name, damage, said",
    [
        ("config.json", lambda p: p.unlink(), "without a readable config.json"),
        ("config.json", _cut, "without a readable config.json"),
        ("config.json", _with("model_type", "bert"), "model_type='bert'"),
        ("config.json", _with("dim", 13), "weights that config.json does not describe"),
        ("config.json", _with("filters", 3), "filters=3"),
        ("config.json", _with("dim", "large"), "another type"),
        ("config.json", _with("size", 1), "size"),
        ("config.json", lambda p: p.write_text("[]"), "config.json"),
        ("vocab.txt", lambda p: p.write_text("a\nb\n"), "2 output words"),
        ("model.safetensors", _cut, "does not open"),
        ("model.safetensors", lambda p: p.unlink(), "model.safetensors"),
    ],
)
def test_damage_is_one_clear_error(model, tmp_path, name, damage, said):
    model.save_pretrained(tmp_path)
    damage(tmp_path / name)
    with pytest.raises(BertlabError, match=said) as caught:
        Elmo.from_pretrained(tmp_path)
    assert "\n" not in str(caught.value)


# --- configuration


def test_the_published_size():
    config = ElmoConfig()
    assert (config.dim, config.projection_dim, config.n_layers) == (4096, 512, 2)
    with torch.device("meta"):  # counted, not made
        model = Elmo(replace(config, vocabulary_size=0))
    second_biases = 4 * 4 * 4096  # torch's LSTM has two where the original has one
    assert sum(p.numel() for p in model.parameters()) == 93_600_864 + second_biases


def test_the_shipped_size_is_small():
    model = Elmo(ElmoConfig.mini())
    assert sum(p.numel() for p in model.parameters()) * 2 < 10e6  # bytes in half precision


@pytest.mark.parametrize(
    "change, said",
    [
        ({"dim": 0}, "dim=0"),
        ({"filters": ((9, 4),)}, "filters 1 to 7"),
        ({"activation": "swish"}, "'swish'"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"projection_dim": 12}, "a projection to 12"),
        ({"vocabulary_size": 10}, "cutoffs"),
    ],
)
def test_impossible_sizes_are_refused(change, said):
    with pytest.raises(BertlabError, match=said):
        Elmo(replace(SMALL, **change))
