"""Showing the package's own source in a lesson, so that no lesson carries a copy of it."""

import inspect
from pathlib import Path
from typing import Any

import bertlab
from bertlab.errors import BertlabError
from bertlab.views.base import Markup, display, escape

# Token type of Pygments → variable of JupyterLab's editor theme, with a colour for white pages.
# GitHub strips both, and the code is then plain text.
_COLOURS = {
    "Comment": "var(--jp-mirror-editor-comment-color, #406060)",
    "Literal.String": "var(--jp-mirror-editor-string-color, #a02020)",
    "Literal.Number": "var(--jp-mirror-editor-number-color, #006040)",
    "Keyword": "var(--jp-mirror-editor-keyword-color, #006000)",
    "Operator.Word": "var(--jp-mirror-editor-keyword-color, #006000)",
    "Name.Function": "var(--jp-mirror-editor-def-color, #0000c0)",
    "Name.Class": "var(--jp-mirror-editor-def-color, #0000c0)",
    "Name.Decorator": "var(--jp-mirror-editor-meta-color, #7000b0)",
}


def show(obj: Any) -> None:
    """Show the source of a function, class or module of this package, and where it stands.

    The place is the file within the package and the name, without a line number: that would make
    every stored lesson stale whenever a line is added further up in the file.

    Raises: BertlabError when `obj` has no Python source, or none inside bertlab.
    """
    plain = inspect.unwrap(obj)
    try:
        path = Path(inspect.getsourcefile(plain)).resolve()
        place = "bertlab" / path.relative_to(Path(bertlab.__file__).resolve().parent)
        source = source_of(plain)
    except (TypeError, OSError, ValueError):
        raise BertlabError(
            f"{obj!r}", "a function, class or module of bertlab", "Pass the thing, not its result."
        ) from None
    name = getattr(plain, "__qualname__", plain.__name__)
    body = f"<div><p><small><code>{escape(name)}</code> in <code>{escape(place.as_posix())}</code></small></p>"
    display(Markup(f"{body}{highlight(source)}</div>", f"# {name} in {place.as_posix()}\n{source}"))


def source_of(obj: Any) -> str:
    """The source of `obj` with the common indentation taken off."""
    from textwrap import dedent

    return dedent(inspect.getsource(obj)).strip()


def highlight(source: str) -> str:
    """Python source as an HTML `<pre>`, coloured in any theme of JupyterLab."""
    from pygments.lexers import PythonLexer

    parts = []
    for kind, text in PythonLexer(stripnl=False).get_tokens(source.strip()):
        name = str(kind).removeprefix("Token.")
        colour = next((c for prefix, c in _COLOURS.items() if name.startswith(prefix)), None)
        parts.append(_span(text, colour))
    scroll = "white-space:pre;overflow-x:auto"  # JupyterLab would wrap lines within words
    return f'<pre style="{scroll}"><code>{"".join(parts).rstrip()}</code></pre>'


def _span(text: str, colour: str | None) -> str:
    return f'<span style="color:{colour}">{escape(text)}</span>' if colour else escape(text)
