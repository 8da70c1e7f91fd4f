"""An ELMo of this package on disk: `config.json`, `model.safetensors`, `vocab.txt`."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors.torch import save_file

from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.interchange import load_weights

KIND = "bertlab-elmo"  # `model_type` in config.json


def save_elmo(model: Elmo, folder: str | os.PathLike, dtype: torch.dtype | None = None) -> None:
    """Write `config.json`, `model.safetensors` and `vocab.txt` (the output words, one a line).

    dtype: e.g. `torch.float16` to store half precision; reading gives float32 again.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v.detach().to("cpu", dtype).contiguous() for k, v in model.state_dict().items()}
    with atomic_write(folder / "model.safetensors") as path:
        save_file(state, path, metadata={"format": "pt"})
    with atomic_write(folder / "vocab.txt") as path:
        path.write_text("".join(f"{word}\n" for word in model.vocabulary), encoding="utf-8")
    content = {"model_type": KIND, **asdict(model.config)}
    with atomic_write(folder / "config.json") as path:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def is_elmo(folder: str | os.PathLike) -> bool:
    """Whether the folder's `config.json` says that an ELMo of this package lies there."""
    try:
        content = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # whoever opens the folder says what is wrong with it
    return isinstance(content, dict) and content.get("model_type") == KIND


def load_elmo(folder: str | os.PathLike) -> Elmo:
    """Open what `save_pretrained` wrote, in float32 and ready to evaluate.

    Raises BertlabError when a file is missing, damaged, or does not belong to the others.
    """
    folder = Path(folder)
    try:
        content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        words = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, ValueError) as error:
        raise BertlabError(
            f"{folder} without a readable config.json and vocab.txt ({error})",
            "a folder written by Elmo.save_pretrained",
            "Copy the whole folder again.",
        ) from error
    names = {field.name for field in fields(ElmoConfig)}
    kind = content.pop("model_type", None) if isinstance(content, dict) else None
    if kind != KIND or set(content) - names:
        raise BertlabError(
            f"config.json with model_type={kind!r} and {sorted(content)}",
            "model_type='bertlab-elmo' and the options of ElmoConfig",
            "Open another kind of model with bertlab.load.",
        )
    try:
        config = ElmoConfig(**content)
    except TypeError as error:
        found = f"config.json with a value of another type ({error})"
        raise BertlabError(
            found, "what ElmoConfig takes", "Copy the whole folder again."
        ) from error
    model = Elmo(config, words)
    weights = load_weights(folder / "model.safetensors")
    try:
        model.load_state_dict({name: value.float() for name, value in weights.items()})
    except RuntimeError as error:
        raise BertlabError(
            f"weights that config.json does not describe ({str(error).splitlines()[1].strip()})",
            "the three files of one model",
            "Copy the whole folder again.",
        ) from error
    return model.eval()
