"""Fine-tuning: an encoder with a head, trained on labelled examples (Devlin et al. 2018, section 3.2).

Everything random in a step, its dropout, is seeded by (seed, step), and an epoch's order by (seed,
epoch): a run is a function of its configuration and data, and resumes exactly where it was killed.
"""

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from bertlab.data.example_batches import IGNORED, Examples
from bertlab.data.tags import f1_of
from bertlab.errors import BertlabError, Diverged
from bertlab.models.heads import Head, answer_pieces, entities_of
from bertlab.training.best import BestWeights
from bertlab.training.checkpoint import RunFolder
from bertlab.training.pretrain import _bf16_pays, _device, _dropout
from bertlab.training.seeds import Spread, over_seeds

__all__ = ["FinetuneConfig", "Spread", "evaluate", "finetune", "over_seeds", "predict"]


@dataclass(frozen=True)
class FinetuneConfig:
    """How to fine-tune. The rate rises over the first `warmup` share of all steps, then falls to 0.

    learning_rate: of the head. A small model takes about ten times BERT-base's 2e-5 to 5e-5.
    freeze: "nothing"; "encoder", pooler included; or a number: the embeddings and that many of the lowest
    layers. What is frozen also runs without dropout.
    layer_decay: each layer's rate is this share of the rate of the one above it (ULMFiT's
    discriminative rates, Howard & Ruder 2018, section 3.2).
    thaw_every: begin with the encoder frozen and let go one layer more, from the top, every so many epochs,
    down to what `freeze` says; 0 is off (gradual unfreezing, section 3.3 there).
    patience: stop when so many epochs in a row brought no better validation, and restore the best weights;
    None runs all epochs and keeps the last weights.
    bf16: None means where it pays, as in `PretrainConfig`.
    """

    epochs: int = 3
    batch_size: int = 32
    learning_rate: float = 3e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    dropout: float = 0.1
    freeze: str | int = "nothing"
    layer_decay: float = 1.0
    thaw_every: int = 0
    patience: int | None = None
    max_grad_norm: float = 1.0
    bf16: bool | None = None
    seed: int = 0

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise BertlabError(f"{name}={getattr(self, name)}", "at least 1", "Raise it.")
        for name in ("learning_rate", "layer_decay"):
            if not 0 < getattr(self, name) < math.inf:
                raise BertlabError(f"{name}={getattr(self, name)}", "above 0", "Try the default.")
        for name in ("warmup", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise BertlabError(
                    f"{name}={getattr(self, name)}", "a share in [0, 1)", "Change it."
                )
        if self.freeze not in ("nothing", "encoder") and not _is_count(self.freeze):
            raise BertlabError(
                f"freeze={self.freeze!r}",
                '"nothing", "encoder" or a number of layers',
                "Choose one of these.",
            )
        if self.thaw_every and self.freeze == "encoder":
            raise BertlabError(
                'thaw_every with freeze="encoder"', "layers to let go", 'Set freeze="nothing".'
            )

    def rate(self, step: int, steps: int) -> float:
        """The head's learning rate at a step, counted from 0, of so many."""
        rising = math.ceil(self.warmup * steps)
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        return self.learning_rate * (steps - step) / max(1, steps - rising)

    def frozen(self, depth: int, epoch: int) -> int:
        """How many parts of a model are frozen in an epoch, counted from 0: embeddings, then layers.

        depth: the number of layers. depth + 1 is the encoder without the pooler, depth + 2 with it.
        """
        if self.freeze == "encoder":
            return depth + 2
        floor = 0 if self.freeze == "nothing" else min(int(self.freeze), depth) + 1
        if not self.thaw_every:
            return floor
        return max(floor, depth + 1 - epoch // self.thaw_every)


def finetune(
    model: Head,
    train: Examples,
    validation: Examples | None = None,
    config: FinetuneConfig = FinetuneConfig(),  # noqa: B008 - frozen, so it can be shared
    *,
    output: str | os.PathLike | None = None,
    resume: bool = False,
    tokenizer=None,
    device: str | torch.device | None = None,
    on_epoch: Callable[[dict], None] | None = None,
    progress: bool = True,
) -> list[dict]:
    """Train `model` in place, its encoder too unless it is frozen, and return a record an epoch.

    A record holds epoch, step, loss and accuracy (of the training batches, dropout on), learning_rate,
    examples_per_second and, with validation examples, validation_loss, validation_accuracy and what else
    `evaluate` gives. Better validation means higher accuracy, and of equals the lower loss.

    output: a folder for a checkpoint an epoch and, at the end, the model. resume: go on from the newest
    checkpoint there; on the same CPU the run ends with the weights of one that was never stopped.
    on_epoch: called with each record.

    Raises BertlabError for examples that do not fit the model, patience without validation examples, a loss
    that is not finite, and what `RunFolder` refuses.
    """
    model.check_fit(train)
    if validation is not None:
        model.check_fit(validation)
    if config.patience is not None and validation is None:
        raise BertlabError("patience without validation examples", "both", "Pass validation=….")
    device = _device(device)
    bf16 = _bf16_pays(device) if config.bf16 is None else config.bf16
    model.to(device)
    optimizer = torch.optim.AdamW(_groups(model, config), fused=device.type != "mps")
    rates = [group["lr"] for group in optimizer.param_groups]
    folder, epoch, history = None, 0, []
    if output is not None:
        folder = RunFolder(output, asdict(config), train.checksum())
        epoch, history = folder.begin(model, optimizer, resume)
    best = BestWeights(model, folder and folder.folder, history)
    per_epoch = math.ceil(len(train) / config.batch_size)
    steps = per_epoch * config.epochs
    bar = tqdm(
        total=steps, initial=per_epoch * epoch, disable=not progress, unit="step", leave=False
    )
    needs_grad = {parameter: parameter.requires_grad for parameter in model.parameters()}
    try:
        with _dropout(model, config.dropout), torch.random.fork_rng(_gpus(device)), bar:
            while epoch < config.epochs and not best.stale(config.patience):
                _freeze(model, config.frozen(len(model.encoder.layers), epoch))
                record = _epoch(model, optimizer, rates, train, config, epoch, steps, bf16, bar)
                if validation is not None:
                    found = evaluate(model, validation)
                    record |= {f"validation_{name}": value for name, value in found.items()}
                epoch += 1
                history.append(record)
                if config.patience is not None:
                    best.see(record)
                if folder:
                    folder.save(epoch, model, optimizer, history)
                if on_epoch:
                    on_epoch(record)
    finally:
        for parameter, needs in needs_grad.items():
            parameter.requires_grad_(needs)
    best.restore()
    model.eval()
    if folder:
        folder.export(model, tokenizer)
    return history


def _epoch(model, optimizer, rates, train, config, epoch, steps, bf16, bar) -> dict:
    """One pass over the training examples, in an order of its own."""
    device = next(model.parameters()).device
    generator = np.random.default_rng([config.seed, epoch])
    step = epoch * math.ceil(len(train) / config.batch_size)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    pending, begun = [], time.perf_counter()
    for _, batch in train.batches(config.batch_size, generator):
        rate = config.rate(step, steps)
        for group, share in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = share * rate
        torch.manual_seed(int(np.random.SeedSequence([config.seed, step]).generate_state(1)[0]))
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss, report = model.loss(batch.to(device))
        loss.backward()
        nn.utils.clip_grad_norm_(trained, config.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        pending.append((loss.detach(), report["right"], report["count"]))
        step += 1
        bar.update()
        if step % 20 == 0:  # reading the loss makes a GPU wait, so not every step
            bar.set_postfix_str(f"loss {_summary(pending, step, rate)[0]:.3f}", refresh=False)
    loss, accuracy = _summary(pending, step, rate)
    return {
        "epoch": epoch + 1,
        "step": step,
        "loss": loss,
        "accuracy": accuracy,
        "learning_rate": rate,
        "examples_per_second": round(len(train) / (time.perf_counter() - begun), 1),
    }


def _summary(pending: list, step: int, rate: float) -> tuple[float, float]:
    """(mean loss, share right) of an epoch so far; every label counts the same."""
    losses, right, counts = (torch.stack(part).double() for part in zip(*pending, strict=True))
    bad = (~torch.isfinite(losses)).nonzero()
    if len(bad):
        first = int(bad[0, 0])
        raise Diverged(
            f"a loss of {losses[first].item()} at step {step - len(pending) + first + 1}",
            "a finite number",
            f"Lower the learning rate (it was {rate:.1e} here) or lengthen the warm-up; "
            "begin again from the pre-trained weights, these are spoilt.",
        )
    total = counts.sum().clamp(min=1)
    return float((losses * counts).sum() / total), float(right.sum() / total)


def _groups(model: Head, config: FinetuneConfig) -> list[dict]:
    """A group for each depth, matrices apart; "lr" is the group's share of the head's rate."""
    parts = model.read_parts
    groups = []
    for place, modules in enumerate(parts):
        share = config.layer_decay ** (len(parts) - 1 - place)
        parameters = [parameter for module in modules for parameter in module.parameters()]
        for matrices in (True, False):
            chosen = [p for p in parameters if (p.ndim > 1) == matrices]
            decay = config.weight_decay if matrices else 0.0
            groups.append({"params": chosen, "lr": share, "weight_decay": decay})
    return groups


def _freeze(model: Head, parts: int) -> None:
    """Freeze so many parts from the bottom: no gradient, no dropout. The new layer always learns."""
    encoder = model.encoder
    ladder = [encoder.embeddings, *encoder.layers, encoder.pooler]
    model.train().requires_grad_(False)
    for module in [*ladder[parts:], model.classifier]:
        module.requires_grad_(True)
    for module in ladder[:parts]:
        module.eval()


def predict(model: Head, examples: Examples, batch_size: int = 64) -> Tensor:
    """Logits in the order of the examples, float32 on the CPU.

    (rows, classes) for classes; (tokens, tags) and (tokens, 2), row after row, for tags and answers.
    Rows of like length are read together, so that attention wastes nothing.
    """
    model.check_fit(examples)
    was_training = model.training
    device = next(model.parameters()).device
    model.eval()
    parts, rows = [], []
    with torch.inference_mode():
        for indices, batch in examples.batches(batch_size):
            logits = model.logits(batch.to(device)).cpu()
            whole = model.kind == "classes"
            parts += logits.split(1 if whole else batch.row_offsets.diff().tolist())
            rows += indices.tolist()
    model.train(was_training)
    return torch.cat([parts[place] for place in np.argsort(rows)]).clone()


def evaluate(model: Head, examples: Examples, batch_size: int = 64) -> dict[str, float]:
    """{"accuracy", "loss"} over all labelled rows or words, and "f1" for tags and answers.

    f1 of tags: of whole entities, right only in both ends and kind (section 5.3). Of answers: the mean
    overlap in pieces, where `accuracy` is the share of answers with both ends right (section 4.2).
    Raises BertlabError for examples without labels.
    """
    if examples.labels is None:
        raise BertlabError("examples without labels", "labelled ones", "Use predict instead.")
    logits = predict(model, examples, batch_size)
    if model.kind == "answers":
        return _answers(model, logits, examples)
    labels = torch.from_numpy(examples.labels)
    counted = labels != IGNORED
    loss = nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED).item()
    result = {
        "accuracy": (logits.argmax(-1) == labels)[counted].float().mean().item(),
        "loss": loss,
    }
    if model.kind == "tags":
        given = entities_of(examples.labels, examples, model.names)
        found = entities_of(logits.argmax(-1).numpy(), examples, model.names)
        result["f1"] = f1_of(given, found)
    return result


def _answers(model: Head, logits: Tensor, examples: Examples) -> dict[str, float]:
    batch = examples.batch(np.arange(len(examples)))
    loss, _ = model.loss_of(logits, batch)
    exact, f1 = [], []
    for (a, b), (c, d) in zip(answer_pieces(logits, examples), examples.labels, strict=True):
        common = max(0, min(b, d) - max(a, c) + 1)
        exact.append((a, b) == (c, d))
        f1.append(2 * common / (b - a + d - c + 2))
    return {"accuracy": float(np.mean(exact)), "loss": loss.item(), "f1": float(np.mean(f1))}


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _gpus(device: torch.device) -> list[int]:
    return list(range(torch.cuda.device_count())) if device.type == "cuda" else []
