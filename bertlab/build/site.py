"""The static website: the lessons with their stored outputs, a map, the claims, the licences.

Sphinx lays it out with myst-nb and the book theme; nothing is executed and no page asks another host
for anything. A live view is shown by its static twin.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from bertlab.build.cells import only_talk, output_html, picture, read, title, unanswered
from bertlab.errors import BertlabError
from bertlab.normalise import NOTEBOOK_METADATA, dump
from bertlab.notebooks import course_root

_HERE = Path(__file__).parent


def build(paths: Sequence[Path], out: Path) -> str:
    """Write the site to `out`; returns what is in it, in words.

    Raises: BertlabError where Sphinx is missing, or warns of something, such as a dead link.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source = Path(folder, "source")
        write_sources(paths, source)
        run_sphinx(source, Path(folder, "html"), Path(folder, "doctrees"))
        for page in Path(folder, "html").rglob("*.html"):
            page.write_text(mended(page.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.copytree(Path(folder, "html"), out, dirs_exist_ok=True)
    return f"{len(paths)} lessons, {len(list(out.rglob('*.html')))} pages; open index.html"


def write_sources(paths: Sequence[Path], source: Path) -> None:
    """What Sphinx reads: the lessons as it likes them, and the pages around them."""
    figures = source / "_static" / "figures"
    figures.mkdir(parents=True)
    (source / "lessons").mkdir()
    downloads = source / "extra" / "notebooks"
    downloads.mkdir(parents=True)
    shutil.copy(_HERE / "site.css", source / "_static")
    titles = {}
    for path in paths:
        shutil.copy(path, downloads)
        notebook = read(path, paths, ".ipynb")
        titles[path.stem] = title(notebook)
        text = dump(for_site(notebook, path.name, figures))
        (source / "lessons" / path.name).write_text(text, encoding="utf-8")
    pages = {"index": landing(titles), "claims": claims(paths), "licences": licences()}
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")


def for_site(notebook: NotebookNode, name: str, figures: Path) -> NotebookNode:
    """The lesson with pictures as files that keep their description, and errors as text.

    myst-nb itself would leave out the description, and colour an error by a machine's own colours.
    What slides and handouts leave out (see `cells`) is left out here too.
    """
    link = f'<a href="../notebooks/{name}" download>This lesson as a notebook</a>'
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)  # a draft may not have any yet
    notebook.cells[0].source += f"\n\n<p>{link}</p>"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kept = [output for output in cell.outputs if not unanswered(output)]
            cell.outputs = [_for_site(output, figures) for output in kept]
            if only_talk(cell.source):
                cell.metadata.tags = ["remove-input"]
    return notebook


def _for_site(output: NotebookNode, figures: Path) -> NotebookNode:
    data = output.get("data", {})
    if "text/html" not in data and "image/png" in data:
        raw = base64.b64decode(data["image/png"])
        name = f"{hashlib.sha256(raw).hexdigest()[:16]}.png"
        (figures / name).write_bytes(raw)
        html = f"<p>{picture(output, f'../_static/figures/{name}')}</p>"
    else:
        html = output_html(output)
    return new_output("display_data", data={"text/html": html})


def landing(titles: dict[str, str]) -> str:
    """The front page: what the course is, its map with a link in each box, how to start."""
    from bertlab.teaching.course import LESSONS, map_svg

    there = {one.number: f"lessons/{stem}.html" for stem in titles for one in LESSONS
             if stem[:2] == one.number}  # fmt: skip
    svg = map_svg(there.get).replace("\n", " ")
    rows = ["| lesson | minutes | after |", "| --- | ---: | --- |"]
    for one in LESSONS:
        stem = Path(one.notebook).stem
        name = f"[{one.number} · {one.title}](lessons/{stem}.ipynb)"
        name = name if stem in titles else f"{one.number} · {one.title} (planned)"
        rows.append(f"| {name} | {one.minutes} | {', '.join(one.needs) or '–'} |")
    toctree = "\n".join(f"lessons/{stem}" for stem in titles)
    return _LANDING.format(svg=svg, table="\n".join(rows), toctree=toctree)


_LANDING = """# bertlab

A lab course on contextual language models. You run the real thing, from tokens through ELMo to a BERT that
you train yourself; you predict what it will do, break it, and repair it.

These pages show the lessons as they are stored, with their outputs, for reading. To *do* a lesson (commit to
predictions, move the sliders, have your answers checked) open it in JupyterLab: clone the repository, and in
its folder type `make lab`. No network and no graphics card are needed after that.

## The map

An arrow leads from a lesson to those that build on it. A box leads to its lesson.

<div class="map">{svg}</div>

{table}

## More

- [Every claim of the course](claims.md), with what was measured against it
- [Licences](licences.md)

```{{toctree}}
:hidden:
:caption: Lessons

{toctree}
```

```{{toctree}}
:hidden:
:caption: About

claims
licences
```
"""


def claims(paths: Sequence[Path]) -> str:
    """The page of claims: what the source notes say and what holds, then every claim by lesson."""
    from bertlab.teaching.page import claim_rows, note_rows

    root = course_root()
    parts = [_CLAIMS, "", "## What the source notes say", ""]
    parts += _table(["On", "The notes", "Verdict", "What holds"], note_rows(root))
    rows = claim_rows(root)
    for path in paths:
        own = [row for row in rows if row["Lesson"] == path.stem[:2]]
        if own:
            parts += ["", f"## [Lesson {path.stem[:2]}](lessons/{path.name})", ""]
            parts += _table(["What holds", "Expected", "Measured", "Verdict", "Source"], own)
    return "\n".join(parts) + "\n"


def _table(columns: list[str], rows: list[dict]) -> list[str]:
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row[name]) for name in columns] for row in rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: object) -> str:
    return " ".join(str(text).replace("|", "\\|").split())


_CLAIMS = """# Claims

Each sentence here is tied to a measurement that runs with its lesson. The run fails when the measurement
leaves what is expected, so none of these outlives its truth. *Measured* is what the stored run found;
another machine finds other times. *Source* says who made the claim first: the notes that the course began
from, a paper, or the course itself. *Corrected* means that the source had it otherwise, and the sentence
here is the mended one."""


def licences() -> str:
    """The licence texts, and what of others is in the site."""
    root = course_root()
    own = (root / "LICENSE-lessons").read_text(encoding="utf-8").strip()
    apache = (root / "LICENSE").read_text(encoding="utf-8").rstrip()
    return _LICENCES.format(own=own, apache=apache)


_LICENCES = """# Licences

Code and weights are under the Apache License 2.0. The prose of the lessons, and the text and labels that ship,
are under CC BY 4.0.

These pages are made with [Sphinx](https://www.sphinx-doc.org) (BSD),
[MyST-NB](https://myst-nb.readthedocs.io) (BSD), the [Sphinx Book Theme](https://sphinx-book-theme.readthedocs.io)
and the [PyData Sphinx Theme](https://pydata-sphinx-theme.readthedocs.io) (BSD), with icons of
[Font Awesome Free](https://fontawesome.com) (icons CC BY 4.0, fonts SIL OFL 1.1, code MIT) and
[Bootstrap](https://getbootstrap.com) (MIT). Slides run on [reveal.js](https://revealjs.com) (MIT).

## Prose and text: CC BY 4.0

```text
{own}
```

## Code and weights: Apache License 2.0

```text
{apache}
```
"""

_SETTINGS = {
    "project": "bertlab",
    "language": "en",
    "extensions": ["myst_nb"],
    "nb_execution_mode": "off",
    "myst_enable_extensions": [],
    "html_theme": "sphinx_book_theme",
    "html_title": "bertlab",
    "html_static_path": ["_static"],
    "html_extra_path": ["extra"],
    "html_css_files": ["site.css"],
    "html_copy_source": False,
    "html_show_search_summary": False,  # it would fetch pages, which one opened as a file may not
    "html_show_copyright": False,
    "html_context": {"default_mode": "auto"},
    "pygments_style": "a11y-high-contrast-light",
    "html_theme_options": {
        "use_download_button": False,
        "use_fullscreen_button": False,
        "navbar_persistent": [],  # the sidebar has the search already
        "footer_content_items": [],  # no author line without an author
        "show_toc_level": 2,
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    },
}


def run_sphinx(source: Path, out: Path, doctrees: Path) -> None:
    """Let Sphinx make the pages, in a process of its own: it leaves its mark on the one it runs in.

    Raises: BertlabError where a package is missing, or for the first thing that Sphinx minds.
    """
    for name in ("sphinx", "myst_nb", "sphinx_book_theme"):
        if find_spec(name) is None:
            raise BertlabError(
                f"no {name}",
                "the packages of the extra `build`",
                "python -m pip install -c requirements.lock -e '.[build]'",
            )
    settings = "".join(f"{name} = {value!r}\n" for name, value in _SETTINGS.items())
    (source / "conf.py").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "sphinx", "-b", "html", "-q", "--no-color"]
    command += ["-d", str(doctrees), str(source), str(out)]
    # no date of the day in the pages, and no colour from the surroundings
    environment = {"SOURCE_DATE_EPOCH": "0", **os.environ, "NO_COLOR": "1", "FORCE_COLOR": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode or done.stderr.strip():
        first = (done.stderr.strip() or "no word").splitlines()[0]
        raise BertlabError(f"Sphinx saying: {first}", "silence", "Mend the lesson that it names.")


def mended(page: str) -> str:
    """A page of the theme without the faults that axe-core finds in it."""
    for fault, repair in _REPAIRS:
        page = re.sub(fault, repair, page)
    return page


_REPAIRS = (
    # the name that is spoken has to hold the words that are seen: "Search Ctrl + K"
    (r'(<button class="btn search-button-field[^>]*?) aria-label="Search"', r"\1"),
    # the sidebar's title and search are in no landmark
    (r'(<div id="pst-primary-sidebar")', r'\1 role="complementary" aria-label="The course"'),
    # a column without a name has no head
    (r'<th class="head"[^>]*>(<p></p>)?</th>', "<td></td>"),
)
