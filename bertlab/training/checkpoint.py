"""Checkpoints that are whole or absent, and hold everything that a run needs to go on.

A checkpoint is a folder `step-00000400` with two files: `state.safetensors` (weights, both moments of
AdamW, torch's random state) and `run.json` (step, configuration, history). The folder is written under
another name and renamed at the end, so that a kill at any moment leaves the previous one in place.
"""

import json
import os
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from bertlab.errors import BertlabError

_WHOLE = StateDictOptions(
    full_state_dict=True, cpu_offload=True
)  # also where FSDP has cut it in shards
_PARTLY = StateDictOptions(full_state_dict=True, cpu_offload=True, strict=False)
_RANDOM = "random.torch"


def gather_state(model, optimizer) -> tuple[dict[str, Tensor], list[dict]]:
    """Weights, moments and random state as one flat dict of tensors; the optimiser's options beside it.

    Every process must call this (under FSDP it is a collective operation); all but the first get
    only their random state.
    """
    weights, optimizer_state = get_state_dict(model, optimizer, options=_WHOLE)
    tensors = {f"model.{name}": tensor for name, tensor in weights.items()}
    for name, values in optimizer_state.get("state", {}).items():
        for key, value in values.items():
            tensors[f"optimizer.{key}.{name}"] = torch.as_tensor(value)
    tensors[_RANDOM] = torch.get_rng_state()
    return tensors, optimizer_state.get("param_groups", [])


def restore_state(model, optimizer, tensors: dict[str, Tensor], groups: list[dict]) -> None:
    """Put back what `gather_state` gave."""
    weights, moments = {}, {}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "model":
            weights[rest] = tensor
        elif kind == "optimizer":
            key, _, parameter = rest.partition(".")
            moments.setdefault(parameter, {})[key] = tensor
    set_model_state_dict(model, weights, options=_WHOLE)
    # a layer that was frozen until now has no moments yet
    moments = {"state": moments, "param_groups": groups}
    set_optimizer_state_dict(model, optimizer, moments, options=_PARTLY)
    torch.set_rng_state(tensors[_RANDOM])


def save_checkpoint(
    folder: str | os.PathLike, step: int, tensors: dict[str, Tensor], run: dict, keep: int = 2
) -> Path:
    """Write `folder/step-…` whole, then drop all but the newest `keep`.

    Raises BertlabError when the disk is full or the folder cannot be written; older ones stay intact.
    """
    folder = Path(folder)
    final = folder / f"step-{step:08d}"
    unfinished = folder / f".{final.name}.unfinished"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        save_file({k: v.contiguous() for k, v in tensors.items()}, unfinished / "state.safetensors")
        (unfinished / "run.json").write_text(json.dumps(run), encoding="utf-8")
        for file in unfinished.iterdir():
            with open(file, "rb+") as handle:
                os.fsync(handle.fileno())
        if final.exists():
            shutil.rmtree(final)
        os.replace(unfinished, final)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise BertlabError(
            f"{folder} that could not be written at step {step} ({error})",
            "a writable folder with room for the checkpoint",
            "Free some disk or choose another folder, then run again with resume: "
            "the last checkpoint is intact.",
        ) from error
    for old in checkpoints(folder)[:-keep]:
        shutil.rmtree(old)
    return final


def checkpoints(folder: str | os.PathLike) -> list[Path]:
    """The whole checkpoints in a folder, oldest first."""
    return sorted(path for path in Path(folder).glob("step-*") if (path / "run.json").is_file())


def load_checkpoint(path: str | os.PathLike) -> tuple[dict[str, Tensor], dict]:
    """(tensors, run) of one checkpoint. Raises BertlabError when it is damaged."""
    path = Path(path)
    try:
        run = json.loads((path / "run.json").read_text(encoding="utf-8"))
        return load_file(path / "state.safetensors"), run
    except (OSError, ValueError, SafetensorError) as error:
        raise BertlabError(
            f"a checkpoint that does not open: {path} ({error})",
            "state.safetensors and run.json as they were written",
            "Delete that folder; the run then resumes from the one before it.",
        ) from error


class RunFolder:
    """The folder of one training run: `checkpoints/`, models kept on the way, the final model.

    identity: the configuration and a checksum of the data, which a resumed run must share.
    writes: False in all but the first of several processes.
    """

    def __init__(self, folder: str | os.PathLike, config: dict, data: int, writes: bool = True):
        self.folder, self.writes = Path(folder), writes
        self.config = json.loads(json.dumps(config))  # as it reads back: tuples become lists
        self.data = data

    def begin(self, model, optimizer, resume: bool) -> tuple[int, list[dict]]:
        """(steps done, history): restored from the newest checkpoint, or (0, []).

        Raises BertlabError when there are checkpoints and `resume` is off, or the run was another one.
        """
        found = checkpoints(self.folder / "checkpoints")
        if not found:
            return 0, []
        if not resume:
            raise BertlabError(
                f"checkpoints of an earlier run in {self.folder}",
                "an empty folder, or resume",
                "Pass resume=True (--resume) to go on, or choose another folder.",
            )
        tensors, run = load_checkpoint(found[-1])
        if run["data"] != self.data:
            raise BertlabError(
                f"other data than the run in {self.folder} began with",
                "the same corpus, tokenizer, length and batch size",
                "Name the same corpus, or choose another folder.",
            )
        for name, old in run["config"].items():
            new = self.config.get(name)
            if new != old:
                raise BertlabError(
                    f"{name}={new} on resume",
                    f"{name}={old}, as the run began",
                    "Set it back, or choose another folder.",
                )
        restore_state(model, optimizer, tensors, run["groups"])
        return run["step"], run["history"]

    def save(self, step: int, model, optimizer, history: list[dict]) -> None:
        """Write a checkpoint. Every process must call this; the first one writes."""
        tensors, groups = gather_state(model, optimizer)
        if self.writes:
            run = {
                "config": self.config,
                "data": self.data,
                "step": step,
                "history": history,
                "groups": groups,
            }
            save_checkpoint(self.folder / "checkpoints", step, tensors, run)

    def export(self, model, tokenizer, where: str = ".") -> None:
        """Save the model in its own format in this folder, or in `where` below it."""
        if not self.writes:
            return
        extra = () if tokenizer is None else (tokenizer,)
        try:
            model.save_pretrained(self.folder / where, *extra)
        except (OSError, SafetensorError) as error:
            raise BertlabError(
                f"{self.folder} that could not be written ({error})",
                "a writable folder with room for the model",
                "Free some disk, then run again with resume: the last checkpoint is intact.",
            ) from error
