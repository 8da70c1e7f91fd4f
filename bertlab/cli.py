"""The command `bertlab`. Each command imports what it needs when it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from bertlab.errors import BertlabError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="A lab course on contextual language models: tokens, BERT, ELMo.",
)
assets_app = typer.Typer(no_args_is_help=True, help="The files that come with the package.")
app.add_typer(assets_app, name="assets")
class_app = typer.Typer(no_args_is_help=True, help="For instructors: what a class handed in.")
app.add_typer(class_app, name="class")
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=PASS_ON)
def lab(
    context: typer.Context,
    lesson: Annotated[str, typer.Argument(help="such as 03; the first for none")] = "",
):
    """Open JupyterLab on a lesson: on this machine only, token kept.

    Options that JupyterLab knows are passed on, such as --no-browser or --port=8890.
    """
    from bertlab.notebooks import course_root, find_notebooks

    root = course_root()
    if lesson.startswith("-"):  # an option of JupyterLab's in the lesson's place
        context.args.insert(0, lesson)
        lesson = ""
    path = find_notebooks([lesson] if lesson else [])[0]
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    command += [f"--LabApp.default_url=/lab/tree/{path.relative_to(root).as_posix()}"]
    command += ["--ServerApp.ip=127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")  # containers run as root
    _hand_over(command + context.args, root)


@app.command()
def run(
    lessons: Annotated[list[str] | None, typer.Argument(help="such as 01 03; all for none")] = None,
    timeout: Annotated[float, typer.Option(help="seconds a cell may take")] = 600,
    record: Annotated[
        bool, typer.Option("--record", help="write results/lesson_runs.json")
    ] = False,
):
    """Run lessons without a browser; nothing is stored in them.

    Shows seconds and peak memory for each lesson, and the failing cell of one that fails.
    """
    import tempfile

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from bertlab.notebooks import execute, find_notebooks, private_home

    paths = find_notebooks(lessons or [])
    console = Console(highlight=False)
    failures, runs = [], {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        for path in paths:
            bar = progress.add_task(path.stem, total=None)
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
                environment = {**os.environ, **private_home(Path(home))}
                done = execute(path, environment, _advance(progress, bar), timeout)
            progress.remove_task(bar)
            word = "[red]failed[/]" if done.failure else "[green]ran[/]"
            memory = f"{done.peak_bytes / 2**20:5.0f} MiB"
            console.print(f"{path.stem:32} {done.seconds:6.1f} s  {memory}  {word}", soft_wrap=True)
            if done.failure:
                failures.append((path, done.failure))
            else:
                runs[path.stem] = (done.seconds, done.peak_bytes)
    if record:
        from bertlab.build.instructor import record_runs

        record_runs(runs)
    for path, failure in failures:
        console.rule(f"{path.name}, cell {failure.index}")
        console.print(failure.source, markup=False)
        console.print(_last_lines(failure.error), markup=False)
    raise typer.Exit(1 if failures else 0)


def _advance(progress, bar):
    return lambda done, total: progress.update(bar, completed=done, total=total)


def _last_lines(error: str, lines: int = 25) -> str:
    """The end of a traceback without its colours."""
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m", "", error).strip()
    return "\n".join(plain.splitlines()[-lines:])


@app.command()
def start(
    lesson: Annotated[str, typer.Argument(help="such as 01")],
    again: Annotated[bool, typer.Option("--again", help="one more copy beside the first")] = False,
):
    """Make a working copy of a lesson in work/, with its outputs cleared.

    git ignores that folder, so updating the course never collides with your edits. A copy that is
    there is never overwritten.
    """
    import nbformat

    from bertlab.files import atomic_write
    from bertlab.notebooks import course_root, find_notebooks

    source = find_notebooks([lesson])[0]
    folder = course_root() / "work"
    folder.mkdir(exist_ok=True)
    target, number = folder / source.name, 1
    while again and target.exists():
        number += 1
        target = folder / f"{source.stem}-{number}.ipynb"
    if target.exists():
        print(f"{target} is there already and stays as it is; --again makes one more.")
        return
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with atomic_write(target) as temporary:
        nbformat.write(notebook, temporary)
    print(f"{target} is yours to change; bertlab lab {target.relative_to(folder.parent)} opens it.")


@app.command()
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


@app.command()
def doctor(
    network: Annotated[bool, typer.Option(help="try the connection to the hub")] = True,
):
    """Say what this machine has and lacks, with a remedy for each problem."""
    from rich.console import Console
    from rich.table import Table

    from bertlab.doctor import examine

    words = {
        "fine": "[green]fine[/]",
        "optional": "[cyan]optional[/]",
        "problem": "[red]problem[/]",
    }
    table = Table("", "found", "state", "what to do")
    findings = examine(network)
    for finding in findings:
        table.add_row(finding.topic, finding.found, words[finding.state], finding.remedy)
    console = Console(highlight=False)
    console.print(table)
    problems = sum(finding.state == "problem" for finding in findings)
    console.print(f"{problems} problem{'s' * (problems != 1)}")
    raise typer.Exit(1 if problems else 0)


@app.command()
def claims(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="such as 01, or a notebook; all for none")
    ] = None,
    uncovered: Annotated[
        bool, typer.Option("--uncovered", help="list what no claim, output or source covers")
    ] = False,
    counts: Annotated[
        bool, typer.Option("--counts", help="numbers of claims, exercises, predictions, …")
    ] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="judge every right and wrong answer of every exercise")
    ] = False,
    markdown: Annotated[Path | None, typer.Option(help="write the page into this file")] = None,
):
    """List every claim of the lessons: what holds, expected, measured, verdict, source.

    After the claims come the statements of the course's source notes, each with its verdict.
    """
    from bertlab.notebooks import course_root, find_notebooks
    from bertlab.teaching import claims_command

    paths = find_notebooks(lessons or [])
    raise typer.Exit(claims_command.main(course_root(), paths, uncovered, counts, prove, markdown))


@app.command()
def progress(
    export: Annotated[
        Path | None, typer.Option(help="write a file to hand in: counts, no answers")
    ] = None,
    name: Annotated[str | None, typer.Option(help="put your name into that file")] = None,
):
    """Show what you have solved, what to look at again, and how well you judged your certainty."""
    from bertlab.teaching import progress_command

    progress_command.progress(export, name)


@class_app.command()
def summarize(
    folder: Annotated[Path, typer.Argument(help="the exports of a class, *.json")],
    output: Annotated[Path, typer.Option(help="folder for class.html and class.png")] = Path("."),
):
    """Show which misconceptions a class has, from the files its learners handed in."""
    from bertlab.teaching import progress_command

    progress_command.summarize(folder, output)


@app.command(context_settings=PASS_ON)
def test(context: typer.Context):
    """Run the unit tests and compare every lesson with its stored outputs.

    Options that pytest knows are passed on, such as -x or -k punkt.
    """
    import importlib.util

    from bertlab.notebooks import course_root

    for name in ("pytest", "nbval", "xdist"):
        if importlib.util.find_spec(name) is None:
            raise BertlabError(
                f"no {name}",
                "the packages of the extra `test`",
                "python -m pip install -c requirements.lock -e '.[test]'",
            )
    workers = min(2, os.cpu_count() or 1)
    command = [sys.executable, "-m", "pytest", f"-n{workers}", "-q"]
    command.append("--ignore=tests/browser")  # `make browser`: needs Chromium and its time
    _hand_over(command + context.args, course_root())


@app.command()
def compare(
    what: Annotated[
        str, typer.Argument(help="reviews, senses, or a file of sentence<TAB>label lines")
    ],
    name: Annotated[str | None, typer.Option("--as", help="the task's name in results/")] = None,
    model: Annotated[str, typer.Option(help="a model's name or folder")] = "bertlab-mini",
    seeds: Annotated[int, typer.Option(help="runs of each way", min=1)] = 5,
    limit: Annotated[int | None, typer.Option(help="train on so many texts at most")] = None,
    record: Annotated[bool, typer.Option("--record", help="write into results/")] = False,
):
    """Compare fine-tuned, frozen, from scratch and TF-IDF on one task, over seeds.

    `senses` compares the layers of the shipped models instead: static vectors, ELMo and BERT.
    """
    from bertlab.bench import comparison, senses
    from bertlab.notebooks import course_root

    if what == "senses":
        outcome = senses.run()
        print(senses.table(outcome))
    else:
        outcome = comparison.run(what, name=name, model=model, seeds=seeds, limit=limit)
        print(comparison.table(outcome))
    if record:
        print(f"recorded in {comparison.record(outcome, course_root() / 'results').name}")


@app.command()
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


@app.command()
def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="batches, elmo, evaluation, finetuning, inference, scaling, startup, text, training; "
            "all for none"
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    quick: Annotated[bool, typer.Option("--quick", help="fewer and shorter rounds")] = False,
    record: Annotated[bool, typer.Option("--record", help="write into results/")] = False,
    page: Annotated[
        bool, typer.Option("--page", help="measure nothing: write the pages of what is recorded")
    ] = False,
):
    """Measure our speed against other libraries', in one run, as ratios."""
    from bertlab import bench as benches
    from bertlab.notebooks import course_root

    if page:
        from bertlab.bench import page as pages

        pages.write(course_root() / "results")
        return
    benches.main(names or [], device, quick, course_root() / "results" if record else None)


@app.command()
def build(
    kind: Annotated[
        str, typer.Argument(help="student, instructor, slides, site, handout or all")
    ] = "all",
    out: Annotated[Path, typer.Option(help="folder for what is made")] = Path("out"),
):
    """Make what is handed out, from the lessons as they are stored: nothing runs, all is offline."""
    from bertlab.build import make

    for made in make(kind, out):
        print(f"{made.kind:10} {made.seconds:6.1f} s  {made.folder}: {made.what}", flush=True)


@assets_app.command()
def verify():
    """Compare every shipped file with its checksum."""
    from bertlab import assets

    problems = assets.verify()
    for problem in problems:
        print(f"{problem.file}: {problem.found}. {problem.remedy}")
    if problems:
        raise typer.Exit(1)
    print(f"{', '.join(assets.names())}: checksums agree")


def _hand_over(command: list[str], folder: Path):
    """Run `command` in `folder` and end with its status.

    Ctrl-C reaches the child by itself; Jupyter then asks whether to stop, so we wait for its end.
    """
    child = subprocess.Popen(command, cwd=folder)
    while True:
        try:
            raise typer.Exit(child.wait())
        except KeyboardInterrupt:
            continue


def main():
    """The entry point: an error that bertlab foresaw becomes one line instead of a traceback."""
    try:
        app()
    except BertlabError as error:
        sys.exit(f"bertlab: {error}")


if __name__ == "__main__":
    main()
