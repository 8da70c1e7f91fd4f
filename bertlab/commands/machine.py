"""Commands for this machine and what is installed on it: `doctor`, `assets verify`."""

from typing import Annotated

import typer


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


def verify():
    """Compare every shipped file with its checksum."""
    from bertlab import assets

    problems = assets.verify()
    for problem in problems:
        print(f"{problem.file}: {problem.found}. {problem.remedy}")
    if problems:
        raise typer.Exit(1)
    print(f"{', '.join(assets.names())}: checksums agree")
