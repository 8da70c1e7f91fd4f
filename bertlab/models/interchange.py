"""A bertlab model on disk *is* a Hugging Face model: names, config and files, in both directions."""

import json
import os
import warnings
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.models.bert import Bert
from bertlab.models.bert_config import BertConfig

# ours -> theirs; query, key and value are told apart in `to_transformers` and `from_transformers`
_NAMES = {
    "embeddings.word": "bert.embeddings.word_embeddings",
    "embeddings.position": "bert.embeddings.position_embeddings",
    "embeddings.token_type": "bert.embeddings.token_type_embeddings",
    "embeddings.norm": "bert.embeddings.LayerNorm",
    "pooler": "bert.pooler.dense",
    "mlm_transform": "cls.predictions.transform.dense",
    "mlm_norm": "cls.predictions.transform.LayerNorm",
    "nsp": "cls.seq_relationship",
}
_LAYER_NAMES = {
    "attention.out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "output_norm": "output.LayerNorm",
}
_HEADS = ("pooler", "mlm_transform", "mlm_norm", "mlm_bias", "nsp")  # may be absent in a checkpoint
_FROM_HUB = [
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
]


def _their_name(ours: str) -> str:
    """`layers.3.narrow.weight` -> `bert.encoder.layer.3.output.dense.weight`."""
    if ours == "mlm_bias":
        return "cls.predictions.bias"
    module, _, kind = ours.rpartition(".")
    if not module.startswith("layers."):
        return f"{_NAMES[module]}.{kind}"
    _, number, inside = module.split(".", 2)
    return f"bert.encoder.layer.{number}.{_LAYER_NAMES[inside]}.{kind}"


def to_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our state dict under the names of transformers' `BertForPreTraining`."""
    theirs = {}
    for name, tensor in state.items():
        if ".attention.qkv." in name:
            number, kind = name.split(".")[1], name.rpartition(".")[2]
            for part, chunk in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                key = f"bert.encoder.layer.{number}.attention.self.{part}.{kind}"
                theirs[key] = chunk.contiguous()
        else:
            theirs[_their_name(name)] = tensor.contiguous()
    return theirs


def from_transformers(theirs: dict[str, Tensor], wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of any BERT checkpoint of transformers under our names.

    theirs: from `BertModel`, `BertForPreTraining`, `BertForMaskedLM` or a model with another head; the
    old names `gamma` and `beta` are understood. wanted: our state dict, for names and shapes. Heads that
    the checkpoint lacks are left out of the result.

    Raises BertlabError naming the first tensor that is missing or has another shape.
    """
    theirs = {
        key.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
            "LayerNorm.beta", "LayerNorm.bias"
        ): value
        for key, value in theirs.items()
    }
    if not any(key.startswith("bert.") for key in theirs):  # a bare encoder has no prefix
        theirs = {
            key if key.startswith("cls.") else f"bert.{key}": value for key, value in theirs.items()
        }
    ours = {}
    for name, target in wanted.items():
        if ".attention.qkv." in name:
            number, kind = name.split(".")[1], name.rpartition(".")[2]
            keys = [
                f"bert.encoder.layer.{number}.attention.self.{part}.{kind}"
                for part in ("query", "key", "value")
            ]
        else:
            keys = [_their_name(name)]
        missing = [key for key in keys if key not in theirs]
        if missing and name.split(".")[0] in _HEADS:
            continue
        if missing:
            raise BertlabError(
                f"weights without {missing[0]!r}",
                "every tensor of the encoder that config.json describes",
                "Check that config.json and model.safetensors belong together.",
            )
        tensor = torch.cat([theirs[key] for key in keys])
        if tensor.shape != target.shape:
            raise BertlabError(
                f"{keys[0]!r} with shape {tuple(theirs[keys[0]].shape)}",
                f"shape {(target.shape[0] // len(keys), *target.shape[1:])} as config.json says",
                "Check that config.json and model.safetensors belong together.",
            )
        ours[name] = tensor
    return ours


def save_bert(model: Bert, folder, tokenizer: Tokenizer | None = None, dtype=None) -> None:
    """Write `config.json`, `model.safetensors` and, with a tokenizer, `tokenizer.json`.

    `AutoModel`, `BertForPreTraining` and `AutoTokenizer` open the folder. dtype: e.g. `torch.float16` to
    store half precision; the config still says float32, so every reader computes in full precision.
    """
    tensors = to_transformers(model.state_dict())
    write_folder(
        folder, model.config, tensors, {"architectures": ["BertForPreTraining"]}, tokenizer, dtype
    )


def write_folder(
    folder, config: BertConfig, tensors: dict[str, Tensor], extra: dict, tokenizer=None, dtype=None
) -> None:
    """Write tensors under transformers' names, with a config that says `extra` beside the sizes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stored = {
        name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()
    }
    with atomic_write(folder / "model.safetensors") as path:
        save_file(stored, path, metadata={"format": "pt"})
    described = {
        **extra,
        "model_type": "bert",
        "dtype": "float32",
        "position_embedding_type": "absolute",
        **asdict(config),
    }
    _write_json(folder / "config.json", described)
    if tokenizer is not None:
        with atomic_write(folder / "tokenizer.json") as path:
            tokenizer.save(str(path))
        _write_json(
            folder / "tokenizer_config.json",
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": config.max_position_embeddings,
                "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
                **{
                    f"{name}_token": f"[{name.upper()}]"
                    for name in ("pad", "unk", "cls", "sep", "mask")
                },
            },
        )


def _write_json(path: Path, content: dict) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load_config(folder: str | os.PathLike) -> BertConfig:
    """Read a `config.json` of transformers.

    Raises BertlabError when it is missing, is not JSON, or describes something that is not this BERT.
    """
    path = Path(folder) / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BertlabError(f"no {path}", "a model folder", "Check the path.") from error
    except ValueError as error:
        raise BertlabError(
            f"{path} that is not JSON ({error})", "a config.json", "Save it again."
        ) from error
    kind = content.get("model_type", "bert")
    positions = content.get("position_embedding_type", "absolute")
    if kind != "bert" or positions != "absolute" or content.get("is_decoder"):
        raise BertlabError(
            f"model_type={kind!r} with position_embedding_type={positions!r}",
            "a BERT encoder with absolute positions",
            "Open this one with transformers.",
        )
    known = {field.name for field in fields(BertConfig)}
    values = {name: value for name, value in content.items() if name in known and value is not None}
    return BertConfig(**values)


def load_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor of a safetensors file. Pickled weights are never opened: a pickle can run code."""
    if not path.is_file():
        pickled = path.with_name("pytorch_model.bin").is_file()
        raise BertlabError(
            "only pickled weights (pytorch_model.bin)" if pickled else f"no {path}",
            "model.safetensors",
            "Save the model once with transformers: model.save_pretrained(folder)."
            if pickled
            else "Check the folder.",
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise BertlabError(
            f"{path.name} of {path.stat().st_size} bytes that does not open ({error})",
            "a whole safetensors file",
            "Copy or download it again.",
        ) from error


def find_model(name: str | os.PathLike) -> Path:
    """The folder of a model: a local one as it is; a hub name through huggingface_hub.

    Raises BertlabError when there is no such folder and the hub does not answer.
    """
    folder = Path(name)
    if folder.is_dir():
        return folder
    if folder.is_absolute() or str(name).startswith((".", "~")):
        raise BertlabError(f"no folder {name}", "a model folder", "Check the path.")
    from huggingface_hub import snapshot_download  # needs a network only on first use of a name

    try:
        return Path(snapshot_download(str(name), allow_patterns=_FROM_HUB))
    except Exception as error:  # offline, unknown name, no permission: the library has many classes
        raise BertlabError(
            f"no local folder {name!r} and no answer from the hub ({type(error).__name__})",
            "a model folder, or a network",
            "Connect once, or copy the model's files into a folder and name that; "
            "'bertlab-mini' needs no network.",
        ) from error


def load_bert(name: str | os.PathLike) -> Bert:
    """Open a BERT of transformers (or ours) in float32; heads that the file lacks start untrained."""
    folder = find_model(name)
    model = Bert(load_config(folder), torch.Generator().manual_seed(0))
    weights = from_transformers(load_weights(folder / "model.safetensors"), model.state_dict())
    absent = sorted({key.split(".")[0] for key in model.state_dict() if key not in weights})
    if absent:
        warnings.warn(f"{folder} has no {', '.join(absent)}: these start untrained", stacklevel=3)
    model.load_state_dict({key: value.float() for key, value in weights.items()}, strict=False)
    return model.eval()
