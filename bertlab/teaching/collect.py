"""Reading claims out of notebooks without running them, for the page that lists them all."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bertlab.errors import BertlabError
from bertlab.teaching.names import lesson_of


@dataclass(frozen=True)
class ClaimRow:
    id: str
    lesson: str
    statement: str
    expect: str  # as the claim prints it where the bounds are literals, else the source code
    source: str
    verdict: str
    timing: bool = False


def collect_claims(notebooks: str | Path) -> list[ClaimRow]:
    """Every claim in a folder's notebooks, in lesson order and then as they come.

    Raises: BertlabError when two claims share an identifier, or one's identifier, statement,
    source or verdict is computed, so that it cannot be listed.
    """
    rows: dict[str, ClaimRow] = {}
    for path in sorted(Path(notebooks).glob("*.ipynb")):
        for row in collect_from(path):
            if row.id in rows:
                raise BertlabError(
                    f"two claims named {row.id!r}",
                    "one claim a name",
                    f"Rename one in {path.name}.",
                )
            rows[row.id] = row
    return list(rows.values())


def collect_from(path: Path) -> list[ClaimRow]:
    """The claims of one notebook, as they come.

    Raises: BertlabError when one's identifier, statement, source or verdict is computed.
    """
    return [_row(call, path) for call in calls(path, "claim")]


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    """Calls of the function `name` in a notebook's code cells, in order.

    A cell that is no Python is passed over: some lessons show a syntax error on purpose.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = TransformerManager().transform_cell("".join(cell["source"]))  # undoes %magics
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        found = [n for n in found if isinstance(n.func, ast.Name) and n.func.id == name]
        yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _row(call: ast.Call, path: Path) -> ClaimRow:
    given = {"verdict": ast.Constant("confirmed")}
    given |= dict(zip(("id", "statement"), call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}
    try:
        fields = {name: _literal(given[name]) for name in ("id", "statement", "source", "verdict")}
        expect = _words(given["expect"])
        timing = "timing" in given and ast.literal_eval(given["timing"])
    except (KeyError, ValueError):
        raise BertlabError(
            f"{ast.unparse(call)!r} in {path.name}",
            "a claim whose id, statement, source and verdict are plain strings",
            "Write them out in the call; only `measured` and `expect` may be computed.",
        ) from None
    return ClaimRow(lesson=lesson_of(fields["id"]), expect=expect, timing=timing, **fields)


def _literal(node: ast.expr) -> str:
    value = ast.literal_eval(node)
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _words(node: ast.expr) -> str:
    from bertlab.teaching import expectations

    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        try:
            positional = [ast.literal_eval(arg) for arg in node.args]
            named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
            return str(getattr(expectations, node.func.id)(*positional, **named))
        except (ValueError, AttributeError, TypeError):
            pass  # computed bounds, such as at_least(2 * width), are listed as they are written
    return ast.unparse(node)
