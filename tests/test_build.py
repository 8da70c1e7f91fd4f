"""What is common to all builds: their folders, and cells as plain HTML."""

import nbformat
import pytest

from bertlab import build
from bertlab.build import cells
from bertlab.errors import BertlabError
from tests import tiny


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(BertlabError, match="posters"):
        list(build.make("posters", tmp_path))


def test_a_folder_of_an_earlier_build_is_replaced(tmp_path):
    folder = build.fresh(tmp_path / "site")
    (folder / "old.html").touch()
    build.fresh(folder)
    assert not (folder / "old.html").exists()


def test_a_folder_that_no_build_made_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(BertlabError, match="no build has made"):
        build.fresh(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_headings_begin_parts_except_in_a_fence():
    source = "# One\n\nwords\n\n```\n# no heading\n```\n## Two\nmore"
    assert [part[:5] for part in cells.split_at_headings(source)] == ["# One", "## Tw"]


def test_a_heading_keeps_its_code_and_its_level():
    [heading, prose] = cells.markdown_blocks("## About `x`\n\nWords.")
    assert heading.html == "<h2>About <code>x</code></h2>"
    assert (heading.level, prose.html) == (2, "<p>Words.</p>")


@pytest.mark.parametrize(
    ("source", "talk"),
    [
        ('predict("01-a", "?", ["x", "y"])', True),
        ('ex = exercise("01-a")\nex', True),
        ('reveal("01-a", "x", "why")\nclaim("01-b", "s", measured=n, expect=equals(3))', True),
        ('n = len(text)\nclaim("01-b", "s", measured=n, expect=equals(3))', False),
        ('from bertlab.teaching import recap\n\nrecap("01")', True),
        ("from bertlab.training.tune import grid\n\nshow(grid)", False),
        ("from bertlab.teaching import recap", False),
        ("ex", False),
        ("%xmode Minimal", False),
        ("# a comment only", False),
    ],
)
def test_code_that_only_asks_and_tells_is_known(source, talk):
    assert cells.only_talk(source) == talk


def test_a_table_without_a_name_for_its_first_column_has_no_empty_head():
    html = cells.markdown("| | a |\n| --- | --- |\n| x | 1 |")
    assert "<td></td>" in html and '<th scope="col">a</th>' in html and "<thead>" in html


def test_links_to_other_lessons_fit_the_build(tmp_path):
    links = (
        "[a](01_tokens.ipynb#x) [b](02_spacy_pipelines.ipynb) [c](77_gone.ipynb) [d](https://x.y)"
    )
    path = tiny.write(tmp_path / "01_tokens.ipynb", links)
    [cell] = cells.read(path, [path], ".html").cells
    assert cell.source == "[a](01_tokens.html) b [c](77_gone.html) [d](https://x.y)"


def test_comments_are_taken_out_of_the_prose(tmp_path):
    remarks = "One. <!-- claims: 01-a -->\nTwo.\n\n<!-- basis:\nadvice -->\n\n- three <!-- x -->"
    path = tiny.write(tmp_path / "01_tokens.ipynb", remarks)
    [cell] = cells.read(path, [path], ".html").cells
    assert cell.source == "One.\nTwo.\n\n- three"


def test_outputs_become_html_that_is_escaped_and_described(tmp_path):
    path = tiny.write(
        tmp_path / "99_x.ipynb",
        tiny.code("print()", tiny.stdout("\x1b[31m<b>\x1b[0m\n")),
        tiny.code("1 / 0", tiny.raised("ZeroDivisionError", "division by zero")),
        tiny.code("draw()", picture("two < three")),
        tiny.code("Markdown(card)", tiny.shown("- **one** <b>", "text/markdown")),
    )
    notebook = nbformat.read(path, as_version=4)
    shown = [block.html for block in cells.blocks(notebook) if block.kind == "output"]
    assert "&lt;b&gt;</pre>" in shown[0] and "\x1b" not in shown[0]
    assert "ZeroDivisionError: division by zero" in shown[1]
    assert 'alt="two &lt; three"' in shown[2] and 'width="70"' in shown[2]
    assert "<li><strong>one</strong> &lt;b&gt;</li>" in shown[3]


def picture(alt: str):
    """A PNG output as `present` leaves it."""
    output = tiny.shown("iVBORw0KGgo=", "image/png")
    output.metadata = {"image/png": {"alt": alt, "width": 70}}
    return output
