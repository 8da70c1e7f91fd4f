"""What nbval compares of a stored notebook, counted without running it."""

import re
from collections import Counter
from pathlib import Path

import nbformat

from bertlab.normalise import IGNORE, WIDGET_VIEW

PICTURES = {"image/png", "image/jpeg", WIDGET_VIEW}
PATH = re.compile(
    r"(?<![\w.:/<])/(?:home|Users|root|work|tmp|opt|usr|var|private)/|[A-Za-z]:\\\\?Users"
)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
WIDGETS = (
    r"interactive|Output|\w*(?:Box|Button|Slider|Dropdown|Select|Tab|Text|Textarea|View|Widget)"
)
WEAK = re.compile(rf"<Figure size .*>|<[\w.]+ at .*>|<[\w.]+ object>|(?:{WIDGETS})\(.*", re.DOTALL)


def code_cells(path: Path) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def compared_texts(cell) -> list[str]:
    """Every text among the cell's outputs that a fresh run is compared with."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts += [output.text] if output.name == "stdout" else []
        elif output.output_type == "error":
            texts.append(f"{output.ename}: {output.evalue}")
        else:
            texts += ["".join(data) for mime, data in output.data.items() if mime not in PICTURES]
    return texts


def kind(cell) -> str:
    """How much nbval compares of a cell.

    "unrun": nothing, it has no count; "ignored": nothing, it is tagged; "silent": only that there is
    no output; "weak": only the repr of a figure, a widget or an object; "compared": its texts.
    """
    if cell.execution_count is None:
        return "unrun"
    if IGNORE in tags(cell):
        return "ignored"
    texts = compared_texts(cell)
    if not texts:
        return "silent"
    return "weak" if all(WEAK.fullmatch(text.strip()) for text in texts) else "compared"


def count(path: Path) -> Counter:
    return Counter(kind(cell) for cell in code_cells(path))


def faults(path: Path) -> list[str]:
    """Everything that a stored notebook should not have or be."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = count(path)
    found = []
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append("execution counts do not run 1..n")
    if counts["compared"] < 0.7 * len(cells):
        found.append(f"only {counts['compared']} of {len(cells)} code cells are compared")
    if counts["ignored"] > 0.3 * len(cells):
        found.append(f"{counts['ignored']} of {len(cells)} code cells are ignored")
    if "widgets" in notebook.metadata or WIDGET_VIEW in path.read_text(encoding="utf-8"):
        found.append("widget state or a widget view is stored")
    for number, cell in enumerate(cells, 1):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors and "raises-exception" not in tags(cell):
            found.append(f"cell [{number}] stores an error without the tag raises-exception")
        if "raises-exception" in tags(cell) and not errors:
            found.append(f"cell [{number}] has the tag raises-exception and stores no error")
        if any(output.get("name") == "stderr" for output in cell.outputs):
            found.append(f"cell [{number}] stores stderr")
        stored = str(cell.outputs)
        found += [
            f"cell [{number}] stores {what}: {match.group()}"
            for what, pattern in (("a machine's path", PATH), ("an address", ADDRESS))
            if (match := pattern.search(stored))
        ]
    for number, cell in enumerate(notebook.cells):
        if match := PATH.search(cell.source):
            found.append(f"the source of cell {number} has a machine's path: {match.group()}")
    return found
