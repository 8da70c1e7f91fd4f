"""A reveal.js deck of each lesson: a heading begins a slide, and what does not fit goes on to the next.

How high a table or a paragraph is knows only the browser that draws it. So the page arrives as one
section a heading, and `deck.js` cuts the sections to the height of a slide before reveal.js starts.
reveal.js itself (MIT) is taken from the package sphinx-revealjs and copied beside the decks.
"""

import shutil
from collections.abc import Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path

from nbformat import NotebookNode

from bertlab.build.cells import Block, blocks, code_style, read, title
from bertlab.errors import BertlabError

_HERE = Path(__file__).parent


def build(paths: Sequence[Path], out: Path) -> str:
    """Write a deck for each lesson, and a page that lists them, to `out`."""
    copy_reveal(out / "reveal")
    style = (_HERE / "deck.css").read_text(encoding="utf-8") + code_style()
    (out / "deck.css").write_text(style, encoding="utf-8", newline="\n")
    shutil.copy(_HERE / "deck.js", out)
    titles = {}
    for path in paths:
        notebook = read(path, paths, ".html")
        titles[f"{path.stem}.html"] = title(notebook)
        (out / f"{path.stem}.html").write_text(deck(notebook), encoding="utf-8", newline="\n")
    (out / "index.html").write_text(_index(titles), encoding="utf-8", newline="\n")
    return f"{len(paths)} decks; open index.html"


def deck(notebook: NotebookNode) -> str:
    """The page of one lesson's deck."""
    parts = "\n".join(
        f'<section data-level="{part[0].level}">\n{"".join(map(_framed, part))}</section>'
        for part in sections(notebook)
    )
    return _PAGE.format(title=escape(title(notebook)), sections=parts)


def sections(notebook: NotebookNode) -> list[list[Block]]:
    """The blocks from one heading to the next. Code begins after a heading's words, not a slide."""
    found: list[list[Block]] = []
    for block in blocks(notebook):
        if block.kind == "heading" or not found:
            found.append([])
        found[-1].append(block)
    return found


def _framed(block: Block) -> str:
    return f'<div class="block {block.kind}">{block.html}</div>\n'


def copy_reveal(target: Path) -> None:
    """Put reveal.js, its style sheet and its licence into `target`.

    Raises: BertlabError where sphinx-revealjs, which carries them, is not installed.
    """
    package = find_spec("sphinx_revealjs")
    if package is None:
        raise BertlabError(
            "no reveal.js",
            "the packages of the extra `build`",
            "python -m pip install -c requirements.lock -e '.[build]'",
        )
    source = Path(package.origin).parent / "_static" / "revealjs"
    target.mkdir()
    for name in ("dist/reveal.js", "dist/reveal.css", "dist/reset.css", "LICENSE"):
        shutil.copy(source / name, target)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · slides</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="reveal/reset.css">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="deck.css">
</head>
<body>
<main>
<div class="reveal">
<div class="slides">
{sections}
</div>
</div>
</main>
<script src="reveal/reveal.js"></script>
<script src="deck.js"></script>
</body>
</html>
"""


def _index(titles: dict[str, str]) -> str:
    items = "\n".join(f'<li><a href="{n}">{escape(t)}</a></li>' for n, t in titles.items())
    return _INDEX.format(items=items)


_INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bertlab · slides</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 1.2rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }}
a {{ color: #00568a; }}
</style>
</head>
<body>
<main>
<h1>bertlab: slides</h1>
<p>One deck a lesson. Arrow keys or space turn the pages, Esc shows them all, F fills the screen.
The decks need no network. reveal.js is used under the MIT licence (<a href="reveal/LICENSE">its text</a>).</p>
<ul>
{items}
</ul>
</main>
</body>
</html>
"""
