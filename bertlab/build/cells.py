"""Cells of a stored notebook as plain HTML, for slides and handouts (and in part for the site).

Four kinds of block and nothing else: a heading, prose, code, an output. No script, no style sheet
of a notebook server, no request to anywhere: pictures are inside the page.

Three things of a lesson are left out, because a reader without a kernel has no use for them: the code
of a cell that does nothing but ask or tell (`predict(…)`, `claim(…)`), whose output says it all, the
word that an exercise is not answered yet, and the comments that say what a statement rests on.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple

import nbformat
from nbformat import NotebookNode

from bertlab.teaching.course import LESSONS


class Block(NamedTuple):
    """One block of a page. `level` is a heading's (1 to 6), else 0."""

    kind: Literal["heading", "prose", "code", "output"]
    html: str
    level: int = 0


def blocks(notebook: NotebookNode) -> Iterator[Block]:
    """The notebook from top to bottom. An output stands right after its code."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from markdown_blocks(cell.source)
        elif cell.source.strip():
            if not only_talk(cell.source):
                yield Block("code", code(cell.source))
            for output in cell.outputs:
                if not unanswered(output):
                    yield Block("output", output_html(output))


_TALK = {"claim", "course_map", "exercise", "predict", "progress", "recap", "reveal", "show"}


def only_talk(source: str) -> bool:
    """Whether code only calls the course's ways to ask and tell, and so is said by its output."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic, or a lesson's error on purpose
        return False
    names, told = set(), 0
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "bertlab.teaching":
            continue
        told += 1
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Assign) and _calls(value, {"exercise"}):
            names.update(ast.unparse(target) for target in statement.targets)  # ex = exercise("…")
        elif not isinstance(statement, ast.Expr) or not (
            ast.unparse(value) in names or _calls(value, _TALK)
        ):
            return False
    return told > 0


def _calls(node: ast.expr, names: set[str]) -> bool:
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return named and node.func.id in names


def unanswered(output: NotebookNode) -> bool:
    """Whether an output is an exercise's word that nothing has been written into it."""
    return output.get("data", {}).get("text/plain", "").startswith("○ Not ")


def markdown_blocks(source: str) -> Iterator[Block]:
    """A Markdown cell as its headings and what stands between them."""
    for part in split_at_headings(source):
        heading = re.match(r"(#{1,6})\s+(.*)", part)
        if heading:
            level = len(heading[1])
            first, _, part = part.partition("\n")
            text = markdown(first.lstrip("# ")).removeprefix("<p>").removesuffix("</p>")
            yield Block("heading", f"<h{level}>{text}</h{level}>", level)
        if part.strip():
            yield Block("prose", markdown(part))


def split_at_headings(source: str) -> list[str]:
    """The source in parts, each but perhaps the first beginning with a heading; none in a fence."""
    parts, fenced = [[]], False
    for line in source.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if not fenced and re.match(r"#{1,6}\s", line):
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(part).strip() for part in parts if any(line.strip() for line in part)]


def markdown(source: str) -> str:
    """Markdown as HTML; a column without a name has no head."""
    import mistune

    html = mistune.create_markdown(escape=True, plugins=["table"])(source).strip()
    return _EMPTY_HEAD.sub("<td></td>", re.sub(r"<th(?=[ >])", '<th scope="col"', html))


_EMPTY_HEAD = re.compile(r"<th(?: [^>]*)?>\s*</th>")  # no head of anything to a screen reader


def code(source: str) -> str:
    """Python source, coloured by classes that `code_style` gives their colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    inner = highlight(source, get_lexer_by_name("ipython3"), HtmlFormatter(nowrap=True)).rstrip()
    return f'<pre class="code" tabindex="0"><code>{inner}</code></pre>'


def code_style() -> str:
    """CSS for `code`: dark enough on white for every reader (accessible-pygments)."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".code")


def output_html(output: NotebookNode) -> str:
    """An output as HTML. Of an error its last line; of a picture its description too."""
    if output.output_type == "stream":
        return _printed(output.text)
    if output.output_type == "error":
        return _printed(f"{output.ename}: {output.evalue}", "printed error")
    data = output.data
    if "text/html" in data:
        return f'<div class="shown">{_EMPTY_HEAD.sub("<td></td>", data["text/html"])}</div>'
    if "text/markdown" in data:
        return f'<div class="shown">{markdown(data["text/markdown"])}</div>'
    if "image/svg+xml" in data:
        return f'<div class="shown">{data["image/svg+xml"]}</div>'
    if "image/png" in data:
        return picture(output)
    return _printed(data.get("text/plain", ""))


def picture(output: NotebookNode, source: str = "") -> str:
    """The PNG of an output as `<img>` with its description; inside the page unless `source` names it."""
    known = output.metadata.get("image/png", {})
    source = source or f"data:image/png;base64,{output.data['image/png'].strip()}"
    width = f' width="{known["width"]}"' if "width" in known else ""
    alt = escape(known.get("alt") or output.data.get("text/plain", ""))
    return f'<img src="{source}" alt="{alt}"{width}>'


_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def _printed(text: str, name: str = "printed") -> str:
    return f'<pre class="{name}" tabindex="0">{escape(_ANSI.sub("", text).rstrip())}</pre>'


_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_LESSON_LINK = re.compile(r"\[([^\]]+)\]\((\d\d_\w+)\.ipynb(#[^)]*)?\)")


def read(path: Path, here: Iterable[Path], suffix: str) -> NotebookNode:
    """The notebook at `path`, its links to other lessons fit for a build of the lessons `here`.

    They lead to files with `suffix`. Comments are taken out of the prose. A link to a lesson of the course that is not part of the build
    (only some lessons are built, or it is still to be written) is left as its words.
    """
    stems = {one.stem for one in here}
    elsewhere = {Path(one.notebook).stem for one in LESSONS} - stems

    def lead(link: re.Match) -> str:
        words, stem, _ = link.groups()
        return words if stem in elsewhere else f"[{words}]({stem}{suffix})"

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _LESSON_LINK.sub(lead, _COMMENT.sub("", cell.source))
    return notebook


def title(notebook: NotebookNode) -> str:
    """The lesson's title: its first heading."""
    first = notebook.cells[0].source.splitlines()[0] if notebook.cells else ""
    return first.removeprefix("#").strip()
