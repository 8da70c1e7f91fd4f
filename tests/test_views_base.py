import struct
import zlib
from html.parser import HTMLParser

import pytest

from bertlab.errors import BertlabError
from bertlab.views import PALETTE, LiveView, Markup, figure, live, present, table
from bertlab.views import base as views_base
from bertlab.views.base import WIDGET, block, details, prose

VOID = {"br", "img", "hr"}


class Balanced(HTMLParser):
    """Fails on a tag closed out of order; keeps each tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def draw():
    fig, ax = figure(4, 2)
    ax.plot([1, 2], [3, 4])
    return fig


def shown(monkeypatch, *args, **kwargs):
    out = []
    monkeypatch.setattr("bertlab.views.figures.display", lambda *things: out.extend(things))
    present(*args, **kwargs)
    return out


def test_a_table_has_scopes_a_caption_and_right_aligned_numbers():
    made = table(
        [{"name": "a<b", "n": 1, "ok": "<i>"}, {"name": "c", "n": 2.5, "ok": False}], "T&C"
    )
    tags = Balanced(made.html).tags
    assert [a["scope"] for tag, a in tags if tag == "th"] == ["col"] * 3 + ["row"] * 2
    cells = [a["style"] for tag, a in tags if tag == "td"]
    assert ["right" in style for style in cells] == [True, False, True, False]
    assert "a&lt;b" in made.html and "&lt;i&gt;" in made.html and "T&amp;C</caption>" in made.html
    assert made.text.splitlines() == [
        "T&C",
        "name  n    ok",
        "a<b   1    <i>",
        "c     2.5  False",
    ]


def test_a_table_needs_rows_of_one_form():
    with pytest.raises(BertlabError, match="without rows"):
        table([])
    with pytest.raises(BertlabError, match=r"columns \['b'\]"):
        table([{"a": 1}, {"b": 2}])


def test_a_figure_leaves_a_picture_with_alt_text_and_a_twin(monkeypatch):
    rows = [{"x": 1, "y": 3}, {"x": 2, "y": 4}]
    picture, twin = shown(monkeypatch, draw(), alt='It "rises".', table=rows, caption="A & B")
    data, metadata = picture._repr_mimebundle_()
    assert metadata["image/png"] == {"alt": 'It "rises".', "width": 384}
    assert data["text/plain"] == 'Figure: It "rises".'
    tags = [tag for tag, _ in Balanced(twin.html).tags]
    assert tags.count("details") == tags.count("summary") == 2 and "table" in tags
    assert "A &amp; B" in twin.html and "It &quot;rises&quot;." in twin.html
    assert 'It "rises".' in twin.text and "2  4" in twin.text


def test_a_picture_is_the_same_bytes_twice_and_names_no_program(monkeypatch):
    rows = [{"x": 1}]
    first, second = (
        shown(monkeypatch, draw(), alt="a", table=rows)[0].data["image/png"] for _ in range(2)
    )
    assert first == second
    chunks, at = [], 8
    while at < len(first):
        length, kind = struct.unpack(">I4s", first[at : at + 8])
        assert zlib.crc32(first[at + 4 : at + 8 + length]) == int.from_bytes(
            first[at + 8 + length : at + 12 + length]
        )
        chunks.append(kind)
        at += 12 + length
    assert not {b"tEXt", b"iTXt", b"zTXt", b"tIME"} & set(chunks)


def test_a_figure_without_description_or_numbers_is_refused():
    with pytest.raises(BertlabError, match="alt text"):
        present(draw(), alt=" ", table=[{"x": 1}])
    with pytest.raises(BertlabError, match="without rows"):
        present(draw(), alt="a", table=[])


def test_a_figure_leaves_matplotlib_as_it_was():
    import matplotlib
    from matplotlib import pyplot

    before = matplotlib.rcParams.copy()
    fig, axes = figure(rows=2)
    assert matplotlib.rcParams == before and pyplot.get_fignums() == []
    assert len(axes) == 2 and fig.get_facecolor() == (1, 1, 1, 1)
    assert axes[0].plot([1])[0].get_color() == PALETTE["blue"]


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_palette_stands_out_from_white():
    for colour in PALETTE.values():
        assert 1.05 / (luminance(colour) + 0.05) > 2  # yellow would have 1.3


class Dial(LiveView):
    def static_html(self):
        return "<p>twin</p>"

    def text(self):
        return "twin"

    def widget(self):
        import ipywidgets

        return ipywidgets.IntSlider()


def test_a_view_without_a_kernel_is_its_twin():
    assert not live()
    assert Dial()._repr_mimebundle_() == {"text/plain": "twin", "text/html": "<p>twin</p>"}


def test_a_view_with_a_kernel_adds_the_widget_and_keeps_the_twin(monkeypatch):
    monkeypatch.setattr(views_base, "live", lambda: True)
    bundle = Dial()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", WIDGET}
    assert (bundle["text/plain"], bundle["text/html"]) == ("twin", "<p>twin</p>")
    assert bundle[WIDGET]["model_id"]


def test_markdown_becomes_html_and_raw_html_does_not():
    assert prose("`a` *b* <script>x</script>") == (
        "<code>a</code> <em>b</em> &lt;script&gt;x&lt;/script&gt;"
    )
    assert prose("\n    one\n\n    two\n") == "<p>one</p>\n<p>two</p>"
    assert "javascript:" not in prose("[x](javascript:alert(1))")


def test_blocks_and_folds_are_balanced_and_named():
    tags = Balanced(block('a"b', details("more", "<p>x</p>"), "good")).tags
    assert tags[0][1]["aria-label"] == 'a"b' and tags[0][1]["role"] == "group"
    assert [tag for tag, _ in tags] == ["div", "details", "summary", "div", "p"]
    assert repr(Markup("<b>x</b>", "x")) == "x"
