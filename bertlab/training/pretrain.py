"""The pre-training loop: one for every model that has `loss(batch) -> (loss, report)`.

Each batch is drawn from a generator seeded with (seed, step, number within the step). So the data
position *is* the step: nothing else need be stored to go on exactly where a killed run stopped, and
several processes can share a step without talking about it.
"""

import math
import os
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from bertlab.errors import BertlabError, Diverged
from bertlab.training.checkpoint import RunFolder


class BatchSource(Protocol):
    """Anything that builds a batch from a generator, such as `bertlab.data.SentencePairs`."""

    def draw(self, generator: np.random.Generator): ...


@dataclass(frozen=True)
class PretrainConfig:
    """How to train. The rate rises linearly over `warmup_steps`, then falls linearly to 0 (section A.2).

    micro_batches: batches a step, whose gradients are averaged; shared out over the processes.
    dropout: 0, since a model that sees each batch once in a short run underfits: dropout would only
    slow it down (on a CPU in bfloat16 to half the speed). Fine-tuning turns it on again.
    bf16: None means where it pays: on a GPU, and on a CPU with bfloat16 instructions.
    keep_at: steps after which a copy of the model is kept for good, under `output/kept/`.
    """

    steps: int = 1000
    micro_batches: int = 1
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    weight_decay: float = 0.01
    beta2: float = 0.98
    max_grad_norm: float = 1.0
    dropout: float = 0.0
    bf16: bool | None = None
    compile: bool = False
    seed: int = 0
    log_every: int = 20
    checkpoint_every: int = 500
    keep_at: tuple[int, ...] = ()

    def __post_init__(self):
        for name in ("steps", "micro_batches", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise BertlabError(f"{name}={getattr(self, name)}", "at least 1", "Raise it.")
        if not 0 < self.learning_rate < math.inf:
            raise BertlabError(
                f"learning_rate={self.learning_rate}",
                "a positive number",
                "Try 1e-3 for a small model.",
            )

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        return self.learning_rate * (self.steps - step) / max(1, self.steps - self.warmup_steps)

    def due(self, done: int) -> bool:
        """Whether a checkpoint is written after `done` steps."""
        regular = done % self.checkpoint_every == 0 or done == self.steps
        return regular or done in self.keep_at


class Objective(nn.Module):
    """The model seen as its loss: the one forward pass that DDP, FSDP and the compiler have to wrap."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, batch):
        return self.model.loss(batch)


def pretrain(
    model: nn.Module,
    batches: BatchSource,
    config: PretrainConfig,
    *,
    output: str | os.PathLike | None = None,
    resume: bool = False,
    tokenizer=None,
    device: str | torch.device | None = None,
    on_log: Callable[[dict], None] | None = None,
    progress: bool = True,
) -> list[dict]:
    """Train `model` in place and return the history: one dict each `log_every` steps.

    A record holds step, loss, what the model reports (means since the last record), learning_rate,
    tokens (seen in all) and tokens_per_second.

    output: the folder for checkpoints and, at the end, the model itself; None keeps nothing.
    resume: go on from the newest checkpoint in `output`, if there is one. Resumed on the same CPU, a run
    ends with the same weights, bit for bit, as one that was never stopped.
    on_log: called with each record, e.g. to draw a curve.

    Under `torchrun` or `accelerate launch` the processes share the micro-batches of each step.

    Raises BertlabError for a folder that holds checkpoints when `resume` is off, for a configuration or
    data that changed on resume, for a loss that is not finite, and for a disk that is full.
    """
    accelerator = _accelerator(device)
    rank, world = (accelerator.process_index, accelerator.num_processes) if accelerator else (0, 1)
    device = accelerator.device if accelerator else _device(device)
    if config.micro_batches % world:
        raise BertlabError(
            f"{config.micro_batches} micro-batches for {world} processes",
            "a number that they can share evenly",
            f"Set micro_batches to a multiple of {world}.",
        )
    bf16 = _bf16_pays(device) if config.bf16 is None else config.bf16
    model.to(device).train()
    objective = Objective(model)
    optimizer = torch.optim.AdamW(
        _groups(model, config.weight_decay), betas=(0.9, config.beta2), fused=device.type != "mps"
    )
    if accelerator:
        objective, optimizer = accelerator.prepare(objective, optimizer)
    run = torch.compile(objective, dynamic=True) if config.compile else objective
    folder = None
    if output is not None:
        folder = RunFolder(output, asdict(config), _fingerprint(batches, config.seed), rank == 0)
    start, history = folder.begin(objective, optimizer, resume) if folder else (0, [])
    seen = history[-1]["tokens"] if history else 0
    share = range(rank, config.micro_batches, world)
    pending: list[tuple[int, Tensor, dict[str, Tensor]]] = []
    bar = tqdm(total=config.steps, initial=start, disable=not progress or rank > 0, unit="step")
    clock, tokens = time.perf_counter(), 0
    with _dropout(model, config.dropout), bar:
        upcoming = _prefetch(batches, config, range(start, config.steps), share, device)
        for step in range(start, config.steps):
            for group in optimizer.param_groups:
                group["lr"] = config.rate(step)
            for number in share:
                batch = next(upcoming)
                last = number == share[-1]
                # gradients travel between processes once a step, after the last micro-batch
                wait = nullcontext() if last or not accelerator else accelerator.no_sync(objective)
                with wait:
                    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                        loss, report = run(batch)
                    (loss / len(share)).backward()
                pending.append((step, loss.detach(), report))
                tokens += batch.tokens
            parameters = objective.parameters()
            clip = accelerator.clip_grad_norm_ if accelerator else nn.utils.clip_grad_norm_
            clip(parameters, config.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            done = step + 1
            if done % config.log_every == 0 or done == config.steps or config.due(done):
                record = _summary(pending, config.rate(step))
                if accelerator:
                    record = _average(record, accelerator)
                    tokens = int(accelerator.reduce(torch.tensor(tokens, device=device)).item())
                now = time.perf_counter()
                seen += tokens
                record |= {"tokens": seen, "tokens_per_second": round(tokens / (now - clock))}
                clock, tokens, pending = now, 0, []
                history.append(record)
                bar.set_postfix_str(_postfix(record))
                if on_log and rank == 0:
                    on_log(record)
            bar.update()
            if folder and config.due(done):
                folder.save(done, objective, optimizer, history)
                if done in config.keep_at:
                    folder.export(model, tokenizer, f"kept/step-{done:08d}")
                clock = time.perf_counter()  # writing is not training
    model.eval()
    if folder:
        folder.export(model, tokenizer)
    return history


def _accelerator(device):
    """Accelerate's helper when a launcher has started several processes, else None."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return None
    from accelerate import Accelerator

    return Accelerator(cpu=device is not None and torch.device(device).type == "cpu")


def _device(device) -> torch.device:
    if device is not None:
        return torch.device(device)
    return torch.accelerator.current_accelerator() or torch.device("cpu")


def _bf16_pays(device: torch.device) -> bool:
    """On a GPU since Ampere; on a CPU only where it has instructions for bfloat16 products."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    onednn = device.type == "cpu" and torch.backends.mkldnn.is_available()
    return onednn and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Matrices decay; biases and norms do not."""
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


@contextmanager
def _dropout(model: nn.Module, chance: float) -> Iterator[None]:
    """Set every dropout of the model for the time of the block."""
    layers = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    before = [layer.p for layer in layers]
    for layer in layers:
        layer.p = chance
    try:
        yield
    finally:
        for layer, p in zip(layers, before, strict=True):
            layer.p = p


def _prefetch(batches, config, steps: range, share: range, device) -> Iterator:
    """Build batches ahead in a thread, and on a GPU send them while it is busy with the ones before."""
    pinned = device.type == "cuda"

    def build(step: int, number: int):
        batch = batches.draw(np.random.default_rng([config.seed, step, number]))
        return batch.pin_memory() if pinned else batch

    places = ((step, number) for step in steps for number in share)
    ahead = []
    with ThreadPoolExecutor(1) as pool:
        for place in places:
            ahead.append(pool.submit(build, *place))
            if len(ahead) > 4:
                yield ahead.pop(0).result().to(device, non_blocking=pinned)
        for future in ahead:
            yield future.result().to(device, non_blocking=pinned)


def _fingerprint(batches: BatchSource, seed: int) -> int:
    """A checksum of the run's first batch: other data, another vocabulary or another size changes it."""
    batch = batches.draw(np.random.default_rng([seed, 0, 0]))
    value = 0
    for field in fields(batch):
        part = getattr(batch, field.name)
        if isinstance(part, Tensor):
            value = zlib.crc32(part.contiguous().numpy().tobytes(), value)
    return value


def _summary(pending: list, rate: float) -> dict:
    """Means since the last record. The loss is read here, not each step: reading it makes a GPU wait."""
    losses = torch.stack([loss.float() for _, loss, _ in pending]).tolist()
    for (step, _, _), loss in zip(pending, losses, strict=True):
        if not math.isfinite(loss):
            raise Diverged(
                f"a loss of {loss} at step {step + 1}",
                "a finite number",
                f"Lower the learning rate (it was {rate:.1e}) or lengthen the warm-up, and resume "
                "from the last checkpoint.",
            )
    record = {"step": pending[-1][0] + 1, "loss": sum(losses) / len(losses), "learning_rate": rate}
    for name in pending[-1][2]:
        values = torch.stack([torch.as_tensor(report[name]).float() for _, _, report in pending])
        record[name] = values.mean().item()
    return record


def _average(record: dict, accelerator) -> dict:
    """The mean of every measure over the processes."""
    names = [name for name in record if name not in ("step", "learning_rate")]
    values = torch.tensor([record[name] for name in names], device=accelerator.device)
    means = accelerator.reduce(values, reduction="mean").tolist()
    return record | dict(zip(names, means, strict=True))


def _postfix(record: dict) -> str:
    parts = [f"loss {record['loss']:.3f}"]
    if "masked_accuracy" in record:
        parts.append(f"masked {record['masked_accuracy']:.1%}")
    return ", ".join([*parts, f"{record['tokens_per_second']:,} tokens/s"])
