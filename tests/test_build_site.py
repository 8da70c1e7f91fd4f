"""The website: built offline from stored outputs, whole, without a dead link or a foreign request."""

import re

import nbformat
import pytest

from bertlab.build import site
from bertlab.errors import BertlabError
from bertlab.notebooks import find_notebooks
from tests import tiny
from tests.test_build import picture

for package in ("sphinx", "myst_nb", "sphinx_book_theme"):
    pytest.importorskip(package, reason="the site's packages come with the extra `build`")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site of one small lesson in lesson 01's place."""
    folder = tmp_path_factory.mktemp("site")
    path = tiny.write(
        folder / "01_tokens.ipynb",
        "# 01 · Tokens\n\n*60 minutes*",
        tiny.code("print('<once>')", tiny.stdout("<once>\n")),
        tiny.code("draw()", picture("a curve that rises")),
        tiny.code("1 / 0", tiny.raised("ZeroDivisionError", "division by zero")),
        tiny.code('claim("01-a", "s", measured=1, expect=equals(1))', tiny.shown("told")),
        "## Second\n\n| | a |\n| --- | --- |\n| x | 1 |",
    )
    out = folder / "out"
    out.mkdir()
    site.build([path], out)
    return out


def page(built, name: str) -> str:
    return (built / name).read_text(encoding="utf-8")


def test_the_stored_outputs_are_on_the_page(built):
    text = page(built, "lessons/01_tokens.html")
    assert "&lt;once&gt;" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "told" in text and "measured=1" not in text  # the code of a claim is left to the lesson


def test_a_picture_keeps_its_description(built):
    text = page(built, "lessons/01_tokens.html")
    [source] = re.findall(r'<img src="([^"]+)" alt="a curve that rises"', text)
    assert (built / "lessons" / source).is_file()


def test_the_map_links_to_the_lesson_that_is_there_and_no_other(built):
    text = page(built, "index.html")
    assert '<a href="lessons/01_tokens.html"><rect' in text
    assert text.count("<rect") - text.count("><rect") < 3 and "02_spacy" not in text


def test_a_column_without_a_name_has_no_head(built):
    assert not re.search(r"<th[^>]*>\s*(<p></p>)?\s*</th>", page(built, "lessons/01_tokens.html"))


def test_no_page_asks_another_host_for_anything(built):
    for path in built.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="https?:', text)


def test_every_internal_link_leads_somewhere(built):
    assert dead_links(built) == []


def dead_links(folder) -> list[str]:
    """Links and sources of all pages below `folder` that lead to no file in it."""
    dead = []
    for path in folder.rglob("*.html"):
        if "_static" in path.parts:  # the theme's own, no page of the site
            continue
        for address in re.findall(r'(?:src|href)="([^"]*)"', path.read_text(encoding="utf-8")):
            target = address.split("#")[0].split("?")[0]
            if target and not re.match(r"[a-z]+:", target):
                if not (path.parent / target).resolve().exists():
                    dead.append(f"{path.name}: {address}")
    return dead


def test_the_lesson_itself_can_be_downloaded(built):
    notebook = nbformat.read(built / "notebooks" / "01_tokens.ipynb", as_version=4)
    assert notebook.cells[0].source == "# 01 · Tokens\n\n*60 minutes*"


def test_a_dead_link_in_a_lesson_is_refused(tmp_path):
    path = tiny.write(tmp_path / "01_tokens.ipynb", "# 01 · T\n\n[gone](77_gone.ipynb)")
    (tmp_path / "out").mkdir()
    with pytest.raises(BertlabError, match="77_gone"):
        site.build([path], tmp_path / "out")


def test_no_lesson_needs_mathjax():
    for path in find_notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                prose = re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.DOTALL)
                assert not re.search(r"\$\$|\$[^\s$][^$\n]*[^\s$]\$(?!\d)", prose), path.name
