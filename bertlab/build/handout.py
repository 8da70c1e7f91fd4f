"""Handouts: each lesson for printing, as HTML with a print style sheet and as PDF.

Two of each: `NN_….pdf` for learners, without solutions; `answers/NN_….pdf` with the answers at its back.
The PDF is printed by Chromium or Chrome where one is installed.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from bertlab.build.answers import answer, exercises_in, recap_answers
from bertlab.build.cells import blocks, code_style, markdown, read, title
from bertlab.build.chromium import find_chromium, print_pdf

_STYLE = Path(__file__).with_name("handout.css")


def build(paths: Sequence[Path], out: Path) -> str:
    """Write handouts to `out`; returns what they are, and what is missing, in words."""
    (out / "answers").mkdir()
    pages = []
    for path in paths:
        notebook = read(path, paths, ".html")
        for folder, back in ((out, ""), (out / "answers", back_pages(notebook, path.stem[:2]))):
            page = folder / f"{path.stem}.html"
            page.write_text(handout(notebook, back), encoding="utf-8", newline="\n")
            pages.append(page)
    what = f"{len(paths)} handouts, and as many with answers"
    chromium = find_chromium()
    if chromium is None:
        return f"{what}; HTML only: no Chromium or Chrome found, print from any browser"
    for page in pages:
        print_pdf(chromium, page, page.with_suffix(".pdf"))
    return f"{what}; HTML and PDF"


def handout(notebook: NotebookNode, back: str = "") -> str:
    """The page of one lesson; `back` is HTML that begins on a page of its own."""
    body = "\n".join(f'<div class="{block.kind}">{block.html}</div>' for block in blocks(notebook))
    if back:
        body += f'\n<div class="back">{back}</div>'
    style = _STYLE.read_text(encoding="utf-8") + code_style()
    return _PAGE.format(title=escape(title(notebook)), style=style, body=body)


def back_pages(notebook: NotebookNode, number: str) -> str:
    """Answers to the lesson's exercises and recap, as HTML."""
    parts = ["<h2>Answers</h2>"]
    for exercises in exercises_in(notebook).values():
        parts += [f'<div class="answer">{markdown(answer(one))}</div>' for one in exercises]
    if recap := recap_answers(number):
        parts.append(f'<h2>Answers to the recap</h2><div class="answer">{markdown(recap)}</div>')
    return "\n".join(parts)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
