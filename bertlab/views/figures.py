"""Showing a matplotlib figure to everyone: as a picture, in words, and as a table."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bertlab.errors import BertlabError
from bertlab.views.base import Markup, details, display, escape, table
from bertlab.views.style import DPI

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def present(fig: "Figure", alt: str, table: Sequence[Mapping[str, Any]], caption: str = "") -> None:
    """Show a figure with its description and its numbers.

    Two outputs are left in the notebook. The picture is a plain PNG, which GitHub shows and nbval
    skips, because pixels differ between machines; the description rides along as its alt text
    (exported pages use it; JupyterLab has no place for it). The second output is HTML with the
    caption, the description and the table folded under it: that is what screen readers get
    and nbval compares. A picture inside the HTML would carry its alt text everywhere, but then
    its pixels would be compared too, and GitHub drops such pictures.

    `alt` says in a sentence or two what the figure shows; `table` holds the drawn numbers as rows
    with the same keys, rounded so that they are the same on every machine.

    Raises: BertlabError when the description is missing, or the table is empty or ragged.
    """
    if not alt.strip():
        raise BertlabError("an empty alt text", "a description of the figure", "Say what it shows.")
    twin = _twin(alt, table, caption)
    picture = {"image/png": png(fig), "text/plain": f"Figure: {alt}"}
    metadata = {"image/png": {"alt": alt, "width": round(fig.get_figwidth() * 96)}}
    display(_Picture(picture, metadata), twin)


class _Picture:
    def __init__(self, data: dict, metadata: dict):
        self.data, self.metadata = data, metadata

    def __repr__(self) -> str:
        return self.data["text/plain"]

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return self.data, self.metadata


def _twin(alt: str, rows: Sequence[Mapping[str, Any]], caption: str) -> Markup:
    numbers = table(rows, caption or "The numbers in the figure")
    title = f"<p><strong>{escape(caption)}</strong></p>" if caption else ""
    folds = details("Figure in words", escape(alt)) + details("Figure as a table", numbers.html)
    text = "\n".join(part for part in (caption, alt, numbers.text) if part)
    return Markup(f"<div>{title}{folds}</div>", text)


def png(fig: "Figure") -> bytes:
    """The figure as PNG bytes, on a white ground."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(fig)  # a figure made without pyplot has no canvas that draws
    # no Software entry: the same figure then gives the same bytes after a matplotlib update too
    fig.savefig(buffer, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
