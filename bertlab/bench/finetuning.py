"""Fine-tuning against transformers' `Trainer`: the same model folder, reviews, batch size and epochs."""

import logging
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from bertlab.assets import ROOT
from bertlab.bench.harness import Contender, compare
from bertlab.data.examples import encode_texts
from bertlab.data.labelled import reviews
from bertlab.models.heads import SequenceClassifier
from bertlab.models.loading import load
from bertlab.training.finetune import FinetuneConfig, finetune

MODEL, EPOCHS, BATCH_SIZE, RATE = "bertlab-mini", 1, 32, 3e-4


def our_run(rows: list, device: str) -> Callable[[], int]:
    """`finetune` with its defaults, dropout 0.1 included. Returns the examples trained on."""
    encoder, tokenizer = load(MODEL)
    examples = encode_texts(tokenizer, [row.text for row in rows], [row.label for row in rows])
    model = SequenceClassifier(encoder, 2)
    config = FinetuneConfig(epochs=EPOCHS, batch_size=BATCH_SIZE, learning_rate=RATE)

    def run() -> int:
        finetune(model, examples, config=config, device=device, progress=False)
        return len(rows) * EPOCHS

    return run


def their_run(rows: list, device: str, folder: Path, **how) -> Callable[[], int]:
    """`Trainer` as its documentation uses it: tokenized beforehand, each batch padded to its longest row."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        PrinterCallback,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(ROOT / MODEL)
    dataset = [
        {**tokenizer(row.text, truncation=True, max_length=128), "labels": row.label}
        for row in rows
    ]
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH_SIZE,
        learning_rate=RATE,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        use_cpu=device == "cpu",
        **how,
    )
    trainer = Trainer(
        AutoModelForSequenceClassification.from_pretrained(ROOT / MODEL),
        arguments,
        train_dataset=dataset,
        data_collator=DataCollatorWithPadding(tokenizer),
    )

    trainer.remove_callback(PrinterCallback)

    def run() -> int:
        trainer.train()
        return len(rows) * EPOCHS

    return run


def finetuning(device: str = "cpu", quick: bool = False) -> dict:
    """Examples a second of whole fine-tuning runs, every run with its own start and end."""
    rows = reviews("train")[: 128 if quick else 512]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        contenders = [
            Contender("bertlab", our_run(rows, device)),
            Contender("transformers' Trainer", their_run(rows, device, Path(folder))),
            Contender(
                "transformers' Trainer, bf16", their_run(rows, device, Path(folder), bf16=True)
            ),
        ]
        timings = compare(contenders, rounds=3 if quick else 5, seconds=0, warmup=1)
    return {
        "name": f"fine-tuning on {len(rows)} reviews, batches of {BATCH_SIZE}, {device}",
        "unit": "examples/s",
        "timings": [timing.as_dict() for timing in timings],
    }


@contextmanager
def _quiet():
    """Without transformers' progress bars and its reports of the new head, for the time of the block."""
    from transformers.utils import logging as their_logging

    level, shown = their_logging.get_verbosity(), their_logging.is_progress_bar_enabled()
    their_logging.set_verbosity(logging.ERROR)
    their_logging.disable_progress_bar()
    try:
        yield
    finally:
        their_logging.set_verbosity(level)
        if shown:
            their_logging.enable_progress_bar()
