"""Small notebooks for testing the machinery that executes, stores and compares lessons."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from bertlab.normalise import NOTEBOOK_METADATA


def stdout(text: str):
    return new_output("stream", name="stdout", text=text)


def shown(text: str, mime: str = "text/plain"):
    return new_output("display_data", data={mime: text})


def result(text: str, count: int = 1):
    return new_output("execute_result", data={"text/plain": text}, execution_count=count)


def raised(name: str, value: str):
    return new_output("error", ename=name, evalue=value, traceback=[f"{name}: {value}"])


def code(source: str, *outputs, tags=(), count=1):
    cell = new_code_cell(source, execution_count=count, outputs=list(outputs))
    if tags:
        cell.metadata.tags = list(tags)
    return cell


def write(path: Path, *cells) -> Path:
    """A notebook of these cells (a string becomes prose) with counts 1..n."""
    made = [new_markdown_cell(one) if isinstance(one, str) else deepcopy(one) for one in cells]
    for index, cell in enumerate(made):
        cell.id = f"cell-{index}"
    for count, cell in enumerate((one for one in made if one.cell_type == "code"), 1):
        if cell.execution_count:
            cell.execution_count = count
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=made, metadata=deepcopy(NOTEBOOK_METADATA)), path)
    return path
