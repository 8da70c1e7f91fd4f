"""Commands that train: `pretrain`, `tune`."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer


def pretrain(
    output: Annotated[Path, typer.Argument(help="folder for checkpoints, then for the model")],
    corpus: Annotated[
        list[str] | None,
        typer.Option(help="a file, a folder or a known name such as wikitext-2; may be repeated"),
    ] = None,
    model: Annotated[str, typer.Option(help="bert or elmo")] = "bert",
    preset: Annotated[
        str, typer.Option(help="tiny, mini, small or base; of an ELMo tiny, mini or original")
    ] = "mini",
    steps: Annotated[int, typer.Option(help="optimizer steps")] = 1000,
    batch_size: Annotated[
        int | None, typer.Option(help="rows in a batch; 64 for BERT, 32 for ELMo if not given")
    ] = None,
    micro_batches: Annotated[int, typer.Option(help="batches a step, gradients averaged")] = 1,
    learning_rate: Annotated[float, typer.Option(help="at its peak")] = 1e-3,
    warmup: Annotated[
        int | None, typer.Option(help="steps; a tenth, at most 100, for none")
    ] = None,
    seed: Annotated[int, typer.Option(help="of weights and of batches")] = 0,
    start: Annotated[Path | None, typer.Option("--from", help="a model to go on from")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; the best for none")] = None,
    compile: Annotated[
        bool, typer.Option("--compile", help="torch.compile: pays on a GPU")
    ] = False,
    keep_at: Annotated[
        list[int] | None, typer.Option(help="keep a copy of the model after this step; repeatable")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="a tokenizer.json to use; else one is trained")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on from the last checkpoint")
    ] = False,
):
    """Pre-train a BERT (readable by transformers too) or an ELMo on text of yours and save it.

    Stopped with Ctrl-C or killed, it goes on with --resume. On several GPUs:
    torchrun --nproc-per-node=4 -m bertlab.cli pretrain …
    """
    import rich

    from bertlab.files import atomic_write
    from bertlab.training.pretrain import PretrainConfig
    from bertlab.training.run import recipe

    kind = recipe(model)
    size = kind.batch_size if batch_size is None else batch_size
    config = PretrainConfig(
        steps=steps,
        micro_batches=micro_batches,
        learning_rate=learning_rate,
        warmup_steps=min(100, steps // 10) if warmup is None else warmup,
        seed=seed,
        compile=compile,
        keep_at=tuple(keep_at or ()),
    )
    corpora = corpus or ["bertlab"]
    trained, _, held_out = kind.pretrain(
        corpora,
        preset,
        output,
        config,
        batch_size=size,
        tokenizer=tokenizer,
        start=start,
        device=device,
        resume=resume,
    )
    if os.environ.get("RANK", "0") == "0":
        _, train, _ = kind.prepare(corpora, preset, output, batch_size=size)
        measures = kind.measure(trained, train, held_out)
        with atomic_write(output / "measures.json") as path:
            path.write_text(json.dumps(measures, indent=1) + "\n", encoding="utf-8")
        rich.print(_measures(measures))
        print(f"The model is in {output}, its measures in measures.json.")


_MEASURES = {  # column: how it is written
    "masked_accuracy": ".1%",
    "mlm_loss": ".3f",
    "nsp_accuracy": ".1%",
    "forward_perplexity": ".1f",
    "backward_perplexity": ".1f",
}


def _measures(measures: dict[str, dict[str, float]]):
    """Held-out measures as a table: the model, then what counts alone would reach."""
    from rich.table import Table

    columns = [name for name in _MEASURES if name in measures["model"]]
    table = Table("on held-out text", *(name.replace("_", " ") for name in columns))
    for name, row in measures.items():
        table.add_row(name, *(format(row[c], _MEASURES[c]) if c in row else "" for c in columns))
    return table


def tune(
    storage: Annotated[Path, typer.Argument(help="SQLite file of the study")],
    task: Annotated[str, typer.Option(help="entities or reviews")] = "entities",
    model: Annotated[str, typer.Option(help="a shipped name, a folder, or one on the hub")] = (
        "bertlab-mini"
    ),
    trials: Annotated[int, typer.Option(help="in all, those of an earlier run counted")] = 20,
    seed: Annotated[int, typer.Option(help="of what is tried, not of the training")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the study there")] = False,
):
    """Search hyperparameters of fine-tuning on validation data. Killed, it goes on with --resume."""
    import rich
    from rich.table import Table

    from bertlab.training import finetune
    from bertlab.training import tune as tuning

    run = tuning.shipped_run(task, model)
    found = tuning.tune(
        run,
        finetune.FinetuneConfig(),
        trials=trials,
        storage=storage,
        resume=resume,
        seed=seed,
        on_trial=lambda trial: print(f"trial {trial.number}: {trial.state}", flush=True),
    )
    columns = list(found.rows()[0])
    table = Table(*columns)
    for row in found.rows():
        table.add_row(*(str(row[name]) for name in columns))
    rich.print(table)
    print(f"The best on validation data is trial {found.best.number}.")
