"""Commands that measure: `compare`, `bench`."""

from typing import Annotated

import typer


def compare(
    what: Annotated[
        str, typer.Argument(help="reviews, entities, senses, or a file of sentence<TAB>label lines")
    ],
    name: Annotated[str | None, typer.Option("--as", help="the task's name in results/")] = None,
    model: Annotated[str, typer.Option(help="a model's name or folder")] = "bertlab-mini",
    seeds: Annotated[int, typer.Option(help="runs of each way", min=1)] = 5,
    limit: Annotated[int | None, typer.Option(help="train on so many texts at most")] = None,
    record: Annotated[bool, typer.Option("--record", help="write into results/")] = False,
):
    """Compare fine-tuned, frozen, from scratch and counting words on one task, over seeds.

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
