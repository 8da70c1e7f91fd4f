"""What every view is made of: escaped HTML beside plain text, and a live form beside a static twin.

A notebook is read in five places: JupyterLab in a light and in a dark theme, GitHub (which strips
style and class attributes), an exported page, and nbval, which compares text and HTML and nothing
else. Hence three rules. The HTML says everything by its structure and words, never by colour alone.
Colours come from JupyterLab's own variables and fall back to the surrounding text's. Whatever belongs
to one learner (an answer, a score, progress) is shown by the widget only, so the twin that is stored
and compared is the same for everybody.
"""

import html
import re
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

from bertlab.errors import BertlabError

WIDGET = "application/vnd.jupyter.widget-view+json"
TONES = {"plain": "#888888", "good": "#009E73", "bad": "#D55E00", "ask": "#0072B2"}  # Okabe–Ito


class Markup:
    """HTML and the same in plain text, shown by `display` or as the last value of a cell."""

    def __init__(self, html: str, text: str):
        self.html, self.text = html, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


class LiveView:
    """A view with two faces: a widget while a kernel runs, a deterministic twin everywhere else.

    A subclass gives `static_html`, `text` and `widget`. All three travel in one output, and a
    front end shows the richest it can: JupyterLab the widget; GitHub, an exported page and a
    notebook whose kernel is gone the twin, which is also what nbval compares.
    """

    def static_html(self) -> str:
        """The twin: the same HTML on every run and every machine, for every learner."""
        raise NotImplementedError

    def text(self) -> str:
        """The twin in plain text, for terminals and screen readers."""
        raise NotImplementedError

    def widget(self) -> Any:
        """An ipywidgets or anywidget widget; called only when `live()`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle = {"text/plain": self.text(), "text/html": self.static_html()}
        if live():
            found = self.widget()._repr_mimebundle_()
            found = found[0] if isinstance(found, tuple) else found  # some return (data, metadata)
            bundle[WIDGET] = found[WIDGET]
        return bundle


def live() -> bool:
    """Whether a Jupyter kernel runs this code, so that a widget has somewhere to live."""
    import sys

    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def display(*things: Any) -> None:
    """Show things in the notebook; print them where no IPython runs."""
    from IPython.display import display as show

    for thing in things:
        show(thing)


def escape(text: object) -> str:
    """`text` made safe inside HTML. Everything a learner or a data file wrote goes through this."""
    return html.escape(str(text), quote=True)


def prose(markdown: str) -> str:
    """Markdown as HTML; raw HTML in it is escaped. A lone paragraph comes without its `<p>`."""
    import mistune

    out = mistune.create_markdown(escape=True, plugins=["table"])(_dedent(markdown)).strip()
    lone = re.fullmatch(r"<p>((?:(?!</?p>).)*)</p>", out, re.DOTALL)
    return lone[1] if lone else out


def plain(markdown: str) -> str:
    """Markdown as a terminal shows it: the text as written, without its common indentation."""
    return _dedent(markdown)


def block(label: str, body: str, tone: str = "plain") -> str:
    """A bordered block of HTML; `label` names it to screen readers, `tone` colours its edge."""
    style = f"border-left:4px solid {TONES[tone]};padding:0.25em 0 0.25em 1em;margin:0.5em 0"
    return f'<div role="group" aria-label="{escape(label)}" style="{style}">{body}</div>'


def details(summary: str, body: str) -> str:
    """A fold that opens by mouse or keyboard without a kernel. Both arguments are HTML."""
    indent = "margin:0.25em 0 0.5em 1.2em"
    keys = 'data-lm-suppress-shortcuts="true"'  # or JupyterLab takes Enter and Space for its cells
    return (
        f'<details><summary style="cursor:pointer" {keys}>{summary}</summary>'
        f'<div style="{indent}">{body}</div></details>'
    )


def table(rows: Sequence[Mapping[str, Any]], caption: str = "") -> Markup:
    """A table for readers and screen readers alike.

    `rows` are mappings with the same keys, in the order in which the columns appear; the first
    column heads each row. Numbers are right-aligned and shown as they are: round them first, so
    that the stored table is the same on every machine.

    Raises: BertlabError when there is no row or the keys differ.
    """
    if not rows:
        raise BertlabError("a table without rows", "at least one row", "Pass a list of dicts.")
    columns = list(rows[0])
    for row in rows:
        if list(row) != columns:
            raise BertlabError(
                f"a row with the columns {list(row)}", f"{columns}", "Give every row the same keys."
            )
    head = "".join(map(_head, columns))
    body = "".join(f"<tr>{_cells(list(row.values()))}</tr>" for row in rows)
    title = f'<caption style="text-align:left">{escape(caption)}</caption>' if caption else ""
    markup = f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return Markup(markup, _text_table(columns, rows, caption))


_PAD = "padding:0.2em 0.75em"  # a widget gets no padding from JupyterLab
_LEFT = f"{_PAD};text-align:left"


def _head(name: str) -> str:
    """The head of a column; a nameless one is no head to a screen reader."""
    if not name:
        return "<td></td>"
    return f'<th scope="col" style="{_LEFT}">{escape(name)}</th>'


def _cells(values: list) -> str:
    first, *rest = values
    cells = [f'<th scope="row" style="{_LEFT}">{escape(first)}</th>']
    for value in rest:
        number = isinstance(value, Number) and not isinstance(value, bool)
        style = f"{_PAD};text-align:right" if number else _LEFT
        cells.append(f'<td style="{style}">{escape(value)}</td>')
    return "".join(cells)


def _text_table(columns: list, rows: Sequence[Mapping[str, Any]], caption: str) -> str:
    grid = [[str(name) for name in columns], *([str(v) for v in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in grid) for i in range(len(columns))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in grid
    ]
    return "\n".join([caption, *lines] if caption else lines)


def _dedent(text: str) -> str:
    import inspect

    return inspect.cleandoc(text).strip()
