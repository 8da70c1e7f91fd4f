"""A notebook as it is stored: what a test compares and nothing that changes by itself.

Not stored: widget state and widget views (their text or HTML twin stays), timing, stderr, language
version, the paths and addresses of one machine in tracebacks, the writer's name inside a PNG.
"""

import base64
import os
import re
import struct
import tempfile
from collections import defaultdict
from pathlib import Path

import nbformat
from nbformat import NotebookNode

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
IGNORE = "nbval-ignore-output"
KEPT_CELL_METADATA = ("deletable", "editable", "jupyter", "slideshow", "tags")
NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def normalise(
    notebook: NotebookNode, stem: str, stored: NotebookNode | None = None, refresh: bool = False
) -> NotebookNode:
    """`notebook` as it is stored: the same bytes after every run of the same code.

    Cell ids come from `stem` and the cell's index, counts run 1..n. A cell tagged
    `nbval-ignore-output` keeps the output it has in `stored` while its source is unchanged,
    unless `refresh` asks for the new one.
    """
    kept = _ignored_outputs(stored) if stored is not None and not refresh else {}
    cells, count = [], 0
    for index, cell in enumerate(notebook.cells):
        clean = NotebookNode(
            id=f"{stem[:58]}-{index:03}",
            cell_type=cell.cell_type,
            source=cell.source.rstrip(),
            metadata={
                key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata
            },
        )
        if "attachments" in cell:
            clean.attachments = cell.attachments
        if cell.cell_type == "code":
            count += 1
            clean.execution_count = count
            clean.outputs = _clean_outputs(cell.outputs)
            if IGNORE in cell.metadata.get("tags", []) and kept.get(clean.source):
                clean.outputs = kept[clean.source].pop(0) or clean.outputs
            for output in clean.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
        cells.append(clean)
    return nbformat.from_dict(
        {"cells": cells, "metadata": NOTEBOOK_METADATA, "nbformat": 4, "nbformat_minor": 5}
    )


def _ignored_outputs(stored: NotebookNode) -> dict[str, list[list[NotebookNode]]]:
    """Source → outputs of the executed cells that nbval does not compare, in order."""
    kept = defaultdict(list)
    for cell in stored.cells:
        if (
            cell.cell_type == "code"
            and cell.execution_count
            and IGNORE in cell.metadata.get("tags", [])
        ):
            kept[cell.source.rstrip()].append(_clean_outputs(cell.outputs))
    return kept


def _clean_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    clean = []
    for output in outputs:
        output = nbformat.from_dict(output)
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            previous = clean[-1] if clean else None
            if previous is not None and previous.output_type == "stream":
                previous.text += output.text  # where a flush fell is chance
                continue
        elif output.output_type == "error":
            output.traceback = [_without_machine(line) for line in output.traceback]
        else:
            output.data.pop(WIDGET_VIEW, None)
            if not output.data:
                continue
            if "image/png" in output.data:
                output.data["image/png"] = _plain_png(output.data["image/png"])
        clean.append(output)
    return clean


# The absolute part of a path, up to a separator; an escape sequence may stand before it.
_PLACE = r"(?:~|/|[A-Za-z]:[/\\])[^\s\x1b\"']*[/\\]"


def _without_machine(line: str) -> str:
    """A traceback line without the places and addresses of one machine (nbval compares neither)."""
    line = re.sub(rf"{_PLACE}(?=site-packages[/\\])", "", line)
    line = re.sub(rf"{_PLACE}(?=python3\.\d+[/\\])", "", line)
    root = str(Path(__file__).resolve().parents[1])
    for place in (root + os.sep, _home_form(root) + os.sep):
        line = line.replace(place, "")
    temporary = re.escape(tempfile.gettempdir() + os.sep)  # a lesson's own folder, named at random
    line = re.sub(rf"{temporary}tmp\w+[/\\]", "", line)
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", line)


def _home_form(path: str) -> str:
    """`path` as IPython writes it, with ~ for the home folder."""
    home = str(Path.home())
    return "~" + path[len(home) :] if path.startswith(home + os.sep) else path


def _plain_png(encoded: str) -> str:
    """A base64 PNG without its text and time chunks, which name the writer's version."""
    raw = base64.b64decode(encoded)
    parts, at = [raw[:8]], 8
    while at < len(raw):
        (length,) = struct.unpack(">I", raw[at : at + 4])
        chunk = raw[at : at + 12 + length]  # length, type, data, checksum
        if chunk[4:8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            parts.append(chunk)
        at += len(chunk)
    return base64.b64encode(b"".join(parts)).decode("ascii") + "\n"


def dump(notebook: NotebookNode) -> str:
    """The notebook's text, laid out as Jupyter itself writes it."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"
