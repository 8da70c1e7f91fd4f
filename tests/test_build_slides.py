"""Decks: one a lesson, a slide a heading, nothing from outside. Their look is tested in tests/browser."""

import re

import nbformat
import pytest

from bertlab.build import slides
from tests import tiny

pytest.importorskip("sphinx_revealjs", reason="reveal.js comes with the extra `build`")


@pytest.fixture
def path(tmp_path):
    return tiny.write(
        tmp_path / "01_x.ipynb",
        "# 01 · <Tokens>\n\nIntro.",
        tiny.code("print(1)", tiny.stdout("1\n")),
        "## First\n\nWords.\n\n### Within\n\nMore.",
    )


def test_a_heading_begins_a_section(path):
    parts = slides.sections(nbformat.read(path, as_version=4))
    assert [[block.kind for block in part] for part in parts] == [
        ["heading", "prose", "code", "output"],
        ["heading", "prose"],
        ["heading", "prose"],
    ]


def test_a_deck_brings_all_it_needs(path, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    slides.build([path], out)
    page = (out / "01_x.html").read_text(encoding="utf-8")
    assert "<title>01 · &lt;Tokens&gt; · slides</title>" in page
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith(("data:", "#")) or (out / address).is_file(), address
    assert 'href="01_x.html"' in (out / "index.html").read_text(encoding="utf-8")
    assert "Permission is hereby granted" in (out / "reveal/LICENSE").read_text(encoding="utf-8")


def test_a_second_build_gives_the_same_bytes(path, tmp_path):
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        slides.build([path], tmp_path / name)
        texts.append((tmp_path / name / "01_x.html").read_bytes())
    assert texts[0] == texts[1]
