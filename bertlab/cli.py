"""The command `bertlab`: what it offers, in the order of its help. `bertlab.commands` holds the commands."""

import sys

import typer

from bertlab.commands import course, lessons, machine, measuring, training
from bertlab.errors import BertlabError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="A lab course on contextual language models: tokens, BERT, ELMo.",
)
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
app.command(context_settings=PASS_ON)(lessons.lab)
app.command()(lessons.run)
app.command()(lessons.start)
app.command()(training.pretrain)
app.command()(machine.doctor)
app.command()(course.claims)
app.command()(course.progress)
app.command(context_settings=PASS_ON)(lessons.test)
app.command()(measuring.compare)
app.command()(training.tune)
app.command()(measuring.bench)
app.command()(course.build)

assets_app = typer.Typer(no_args_is_help=True, help="The files that come with the package.")
assets_app.command()(machine.verify)
app.add_typer(assets_app, name="assets")

class_app = typer.Typer(no_args_is_help=True, help="For instructors: what a class handed in.")
class_app.command()(course.summarize)
app.add_typer(class_app, name="class")


def main():
    """The entry point: an error that bertlab foresaw becomes one line instead of a traceback."""
    try:
        app()
    except BertlabError as error:
        sys.exit(f"bertlab: {error}")


if __name__ == "__main__":
    main()
