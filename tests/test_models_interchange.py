import json
import random
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, BertConfig
from bertlab.models.loading import load
from tests.small_bert import small_bert

transformers = pytest.importorskip(
    "transformers", reason="transformers is the oracle here; it comes with the extra 'test'"
)
TOLERANCE = 1e-5


def random_config(seed: int) -> BertConfig:
    choose = random.Random(seed).choice
    heads = choose([1, 2, 3, 4, 6])
    return BertConfig(
        vocab_size=choose([50, 101, 333]),
        hidden_size=heads * choose([4, 8, 16]),
        num_hidden_layers=choose([1, 2, 3, 5]),
        num_attention_heads=heads,
        intermediate_size=choose([16, 40, 77]),
        hidden_act=choose(["gelu", "gelu_new", "relu"]),
        max_position_embeddings=choose([16, 33, 64]),
        type_vocab_size=choose([1, 2, 3]),
        layer_norm_eps=choose([1e-12, 1e-5]),
    )


def inputs(config: BertConfig, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.tensor([16, 9, 3])
    return {
        "input_ids": torch.randint(0, config.vocab_size, (3, 16), generator=generator),
        "attention_mask": (torch.arange(16) < lengths[:, None]).long(),
        "token_type_ids": torch.randint(0, config.type_vocab_size, (3, 16), generator=generator),
    }


def differences(ours: Bert, theirs, batch: dict[str, torch.Tensor]) -> dict[str, float]:
    with torch.no_grad():
        wanted = theirs(**batch, output_hidden_states=True, output_attentions=True)
        got = ours(**batch, output_hidden_states=True, output_attentions=True)
        pairs = {
            "hidden states": (torch.stack(got.hidden_states), torch.stack(wanted.hidden_states)),
            "attentions": (torch.stack(got.attentions), torch.stack(wanted.attentions)),
            "mlm logits": (ours.mlm_logits(got.last_hidden_state), wanted.prediction_logits),
            "nsp logits": (ours.nsp_logits(got.pooler_output), wanted.seq_relationship_logits),
        }
    return {name: (a - b).abs().max().item() for name, (a, b) in pairs.items()}


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_transformers_in_both_directions(seed, tmp_path):
    config = random_config(seed)
    settings = transformers.BertConfig(**asdict(config), attn_implementation="eager")
    torch.manual_seed(seed)  # transformers draws its weights from the global generator
    theirs = transformers.BertForPreTraining(settings).eval()
    for parameter in theirs.parameters():  # away from zero biases and norms of one
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    theirs.save_pretrained(tmp_path / "theirs")
    ours = Bert.from_pretrained(tmp_path / "theirs")
    batch = inputs(config, seed)
    for name, difference in differences(ours, theirs, batch).items():
        assert difference < TOLERANCE, name
    ours.save_pretrained(tmp_path / "ours")
    again = transformers.BertForPreTraining.from_pretrained(
        tmp_path / "ours", attn_implementation="eager"
    ).eval()
    for name, difference in differences(ours, again, batch).items():
        assert difference < TOLERANCE, name


@pytest.fixture
def folder(tmp_path):
    """A small saved model with its tokenizer."""
    tokenizer = train_wordpiece(["the old seal sleeps on the cold rock"] * 3, 60)
    model = small_bert(tokenizer.get_vocab_size(), max_position_embeddings=16)
    model.save_pretrained(tmp_path / "model", tokenizer)
    return tmp_path / "model"


def test_transformers_opens_the_folder_by_its_own_means(folder):
    model = transformers.AutoModel.from_pretrained(folder)
    words = transformers.AutoTokenizer.from_pretrained(folder)
    encoded = words("The old seal", "sleeps", return_tensors="pt")
    ours, tokenizer = load(folder)
    assert encoded["input_ids"][0].tolist() == tokenizer.encode("The old seal", "sleeps").ids
    assert (
        encoded["token_type_ids"][0].tolist() == tokenizer.encode("The old seal", "sleeps").type_ids
    )
    with torch.no_grad():
        wanted = model(**encoded).last_hidden_state
        got = ours(**{name: encoded[name] for name in encoded}).last_hidden_state
    torch.testing.assert_close(got, wanted, atol=TOLERANCE, rtol=0)


def test_half_precision_on_disk_is_full_precision_in_memory(folder):
    ours, tokenizer = load(folder)
    ours.save_pretrained(folder / "half", tokenizer, dtype=torch.float16)
    stored = load_file(folder / "half" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    for model in (
        Bert.from_pretrained(folder / "half"),
        transformers.BertForPreTraining.from_pretrained(folder / "half"),
    ):
        assert next(model.parameters()).dtype == torch.float32


def test_a_bare_encoder_with_old_norm_names_opens(folder):
    tensors = load_file(folder / "model.safetensors")
    old = {
        name.removeprefix("bert.")
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in tensors.items()
        if name.startswith("bert.")
    }
    before = Bert.from_pretrained(folder)
    save_file(old, folder / "model.safetensors")
    with pytest.warns(UserWarning, match="mlm_transform, nsp"):
        after = Bert.from_pretrained(folder)
    ids = torch.tensor([[2, 5, 6, 3]])
    torch.testing.assert_close(before(ids).pooler_output, after(ids).pooler_output)


def truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def pickle_only(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def other_sizes(folder):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"intermediate_size": 48}))


def missing_tensor(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors["bert.encoder.layer.0.attention.self.key.weight"]
    save_file(tensors, folder / "model.safetensors")


def other_kind(folder):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": "roberta"}))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (truncate, "does not open"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), "0 bytes"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no .*model.safetensors"),
        (pickle_only, "pickled"),
        (other_sizes, "shape"),
        (missing_tensor, "key.weight"),
        (other_kind, "roberta"),
        (lambda folder: (folder / "config.json").unlink(), "no .*config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "tokenizer.json"),
    ],
)
def test_a_wrong_file_gives_one_clear_line(folder, damage, told):
    damage(folder)
    with pytest.raises(BertlabError, match=told) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_name_without_a_network_gives_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BertlabError, match="no answer from the hub"):
        load("bert-base-uncased")


def test_the_tokenizer_file_is_the_librarys_own(folder):
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).token_to_id("[MASK]") == 4
