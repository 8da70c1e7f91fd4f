"""Evaluating a pre-trained model: the loop of the notes, and every repair as a switch of its own.

`slow_evaluation` is the patient. `evaluate` does the same work by a `Recipe`, whose switches are turned
one at a time along `LADDER`; each rung gives the same guesses. What the ladder arrives at is how
`bertlab.training.evaluate.evaluate_pretraining` works from the start.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from bertlab.clinic.building import IGNORED, Row, Words, make_batch

LENGTH = 128  # places a row is padded to, as in the notes


@dataclass(frozen=True)
class Source:
    """Where rows come from: batch `number` is what `make_batch` searches out with the seed (seed, number).

    sentences: lists of ids, all in one list. words: the vocabulary's tables. batches: how many there are.
    """

    sentences: Sequence[Sequence[int]]
    words: Words
    batches: int
    batch_size: int = 6
    seed: int = 0

    def rows(self, number: int) -> list[Row]:
        """One batch of rows, searched for anew at every call."""
        generator = np.random.default_rng([self.seed, number])
        return make_batch(self.sentences, self.words, self.batch_size, generator, length=LENGTH)

    def all_rows(self) -> list[Row]:
        """The rows of all batches."""
        return [row for number in range(self.batches) for row in self.rows(number)]


@dataclass(frozen=True)
class Scores:
    """guesses: ids at the masked places, row after row. next: 0 or 1 a row. The rest are shares."""

    guesses: np.ndarray
    next: np.ndarray
    masked_accuracy: float
    nsp_accuracy: float

    def agreement(self, other: "Scores") -> float:
        """The share of masked places at which the guess is the same."""
        return float((self.guesses == other.guesses).mean())


def slow_evaluation(model, source: Source) -> dict[str, float]:
    """Masked and next-sentence accuracy as the notes compute them.

    Faults, each with its repair (a switch of `Recipe`):
    1. Batches are made inside the loop, by search, anew at each evaluation: `beforehand`.
    2. No `model.eval()`: after training, dropout is on and the score is another at each call. This one is
       not about speed; `evaluate` always does it.
    3. No `inference_mode`: every product is kept for a backward pass that never comes: `inference`.
    4. Blocking transfers from pageable memory, a tensor at a time: `pinned` (on a GPU).
    5. All 8,192 word pieces are scored at every place, padding included: `masked_only`.
    6. `.data.max(2)[1]` finds the largest value too, and throws it away: `argmax`.
    7. Rows are padded to a fixed length: `trim`; and come in any order: `by_length`.
    8. Six rows at a time: `batch_size`.
    9. The clock runs around the model's call alone. It leaves out making the batch and scoring, which
       are most of the time, and on a GPU it stops before the work is done: `asynchronous.Stopwatch`.

    Returns masked_accuracy, nsp_accuracy, and "seconds" as the faulty clock has them.
    """
    device = model.pooler.weight.device
    right = masked = next_right = 0
    seconds = 0.0
    for number in range(source.batches):
        rows = source.rows(number)
        input_ids = torch.tensor([row.input_ids for row in rows]).to(device)
        token_type_ids = torch.tensor([row.token_type_ids for row in rows]).to(device)
        attention_mask = (input_ids != 0).long()
        begun = time.time()
        output = model(input_ids, attention_mask, token_type_ids)
        seconds += time.time() - begun
        guesses = model.mlm_logits(output.last_hidden_state).data.max(2)[1]
        verdicts = model.nsp_logits(output.pooler_output).data.max(1)[1]
        for i, row in enumerate(rows):
            next_right += int(verdicts[i].item() == row.next_sentence_label)
            for place, label in enumerate(row.labels):
                if label != IGNORED:
                    right += int(guesses[i, place].item() == label)
                    masked += 1
    return {
        "masked_accuracy": right / masked,
        "nsp_accuracy": next_right / (source.batches * source.batch_size),
        "seconds": seconds,
    }


@dataclass(frozen=True)
class Recipe:
    """How to evaluate. The defaults are the slow loop; `replace(recipe, argmax=True)` turns one switch.

    beforehand: take rows that were made before. inference: under `inference_mode`. pinned: page-locked
    memory and `non_blocking` (does nothing on a CPU: there is no transfer). argmax: not `max(2)[1]`.
    masked_only: score the vocabulary at masked places only. trim: pad to the longest row of the batch.
    by_length: rows of like length together. batch_size: rows at once. bf16: autocast to bfloat16.
    compiled: `torch.compile` the encoder. overlap: a thread makes the next batch meanwhile.
    """

    beforehand: bool = False
    inference: bool = False
    pinned: bool = False
    argmax: bool = False
    masked_only: bool = False
    trim: bool = False
    by_length: bool = False
    batch_size: int = 6
    bf16: bool = False
    compiled: bool = False
    overlap: bool = False


@dataclass(frozen=True)
class Rung:
    """A named recipe that differs from the one before it by one switch."""

    name: str
    recipe: Recipe = field(repr=False)


def _ladder(*steps: tuple[str, dict]) -> tuple[Rung, ...]:
    rungs, recipe = [], Recipe()
    for name, change in steps:
        recipe = replace(recipe, **change)
        rungs.append(Rung(name, recipe))
    return tuple(rungs)


LADDER = _ladder(
    ("the loop of the notes", {}),
    ("batches made beforehand", {"beforehand": True}),
    ("inference_mode", {"inference": True}),
    ("pinned memory, non_blocking", {"pinned": True}),
    ("argmax instead of max", {"argmax": True}),
    ("logits at masked places only", {"masked_only": True}),
    ("padded to the batch's longest row", {"trim": True}),
    ("rows sorted by length", {"by_length": True}),
    ("64 rows at a time", {"batch_size": 64}),
    ("bfloat16", {"bf16": True}),
    ("next batch made by a thread", {"overlap": True}),
)
COMPILED = Rung(
    "torch.compile", replace(LADDER[-1].recipe, compiled=True)
)  # takes its time to begin


def evaluate(
    model,
    source: Source,
    recipe: Recipe,
    rows: list[Row] | None = None,
    note: Callable[[str, float, float], None] = lambda lane, begin, end: None,
) -> Scores:
    """Evaluate on the rows of `source` as the recipe says.

    rows: `source.all_rows()`, made beforehand, where the recipe wants that (made here if left out).
    note: told of each piece of work: "build" or "model", and when it began and ended (`perf_counter`).
    """
    was_training = model.training
    model.eval()
    guesses: dict[int, np.ndarray] = {}
    verdicts: dict[int, int] = {}
    labels: dict[int, list[int]] = {}
    truth: dict[int, int] = {}
    run = _compiled(model) if recipe.compiled else model
    device = model.pooler.weight.device
    guard = torch.inference_mode if recipe.inference else nullcontext
    with guard(), torch.autocast(device.type, torch.bfloat16, enabled=recipe.bf16):
        for numbers, some, tensors in _batches(source, recipe, rows, note):
            begun = time.perf_counter()
            found, follows = _guess(model, run, _sent(tensors, device, recipe.pinned), recipe)
            for at, number, row in zip(range(len(some)), numbers, some, strict=True):
                places = [i for i, label in enumerate(row.labels) if label != IGNORED]
                labels[number] = [row.labels[i] for i in places]
                truth[number], verdicts[number] = row.next_sentence_label, int(follows[at])
                guesses[number] = found[at][: len(places)] if recipe.masked_only else (
                    found[at, places]
                )  # fmt: skip
            note("model", begun, time.perf_counter())
    model.train(was_training)
    order = sorted(guesses)
    flat = np.concatenate([guesses[number] for number in order])
    follows = np.array([verdicts[number] for number in order])
    return Scores(
        flat,
        follows,
        float((flat == np.concatenate([labels[number] for number in order])).mean()),
        float((follows == np.array([truth[number] for number in order])).mean()),
    )


def _guess(model, run, batch: dict[str, Tensor], recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """(guessed ids, verdicts): ids (batch, length), or, at masked places only, a list of one array a row."""
    output = run(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"])
    hidden = output.last_hidden_state
    asked = batch["labels"] != IGNORED
    logits = model.mlm_logits(hidden[asked] if recipe.masked_only else hidden)
    found = logits.argmax(dim=-1) if recipe.argmax else logits.data.max(logits.dim() - 1)[1]
    follows = model.nsp_logits(output.pooler_output).argmax(-1)
    if recipe.masked_only:
        sizes = asked.sum(1).cumsum(0)[:-1].cpu()
        return np.split(found.cpu().numpy(), sizes.numpy()), follows.cpu().numpy()
    return found.cpu().numpy(), follows.cpu().numpy()


def _batches(
    source, recipe, rows, note
) -> Iterator[tuple[list[int], list[Row], dict[str, Tensor]]]:
    """(row numbers, rows, tensors) of each batch."""
    size = recipe.batch_size
    if recipe.beforehand:
        rows = source.all_rows() if rows is None else rows
        order = list(range(len(rows)))
        if recipe.by_length:
            order.sort(key=lambda number: -_tokens(rows[number]))
        plan = [order[i : i + size] for i in range(0, len(order), size)]
    else:
        size = source.batch_size
        plan = [list(range(i * size, (i + 1) * size)) for i in range(source.batches)]

    def build(number: int):
        begun = time.perf_counter()
        some = [rows[i] for i in plan[number]] if recipe.beforehand else source.rows(number)
        built = plan[number], some, _tensors(some, recipe.trim)
        note("build", begun, time.perf_counter())
        return built

    if not recipe.overlap:
        yield from map(build, range(len(plan)))
        return
    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(build, number) for number in range(min(2, len(plan)))]
        for number in range(len(plan)):
            if number + 2 < len(plan):
                ahead.append(pool.submit(build, number + 2))
            yield ahead.pop(0).result()


def places_computed(rows: Sequence[Row], size: int, recipe: Recipe) -> int:
    """How many places the model computes, padding included, with the recipe's padding and order."""
    lengths = [_tokens(row) for row in rows]
    if recipe.by_length:
        lengths.sort(reverse=True)
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    return sum(len(batch) * (max(batch) if recipe.trim else LENGTH) for batch in batches)


def megabytes_kept(model, work: Callable[[], object]) -> float:
    """What autograd keeps for a backward pass while `work` runs, the model's weights left out."""
    weights = {parameter.data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = (
            work()
        )  # held until we have counted: freed memory would be used, and counted, again
    del result
    return sum(kept.values()) / 1e6


def _tokens(row: Row) -> int:
    return LENGTH - row.input_ids.count(0)


def _tensors(rows: list[Row], trim: bool) -> dict[str, Tensor]:
    length = max(map(_tokens, rows)) if trim else LENGTH
    input_ids = torch.tensor([row.input_ids[:length] for row in rows])
    return {
        "input_ids": input_ids,
        "attention_mask": (input_ids != 0).long(),
        "token_type_ids": torch.tensor([row.token_type_ids[:length] for row in rows]),
        "labels": torch.tensor([row.labels[:length] for row in rows]),
    }


def _sent(batch: dict[str, Tensor], device: torch.device, pinned: bool) -> dict[str, Tensor]:
    """The batch on the device. Without pinning, `non_blocking` would wait all the same."""
    if pinned and device.type == "cuda":
        batch = {name: tensor.pin_memory() for name, tensor in batch.items()}
    return {name: tensor.to(device, non_blocking=pinned) for name, tensor in batch.items()}


def _compiled(model):
    """The model's forward pass, compiled once a model; shapes may vary."""
    if not hasattr(model, "_clinic_compiled"):
        object.__setattr__(model, "_clinic_compiled", torch.compile(model, dynamic=True))
    return model._clinic_compiled
