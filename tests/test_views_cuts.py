"""The cut explorer: what a cut breaks, a twin that is safe, a widget that follows."""

import pytest

from bertlab.errors import BertlabError
from bertlab.text import Token, tokenizer
from bertlab.views.cuts import LONGEST, CutExplorer, broken, fixed_width, tokens_in

SPLIT = tokenizer("whitespace")
TEXT = "one two three\nfour five six seven"


def test_fixed_width_covers_the_text():
    assert fixed_width("abcde", 2) == [Token("ab", 0, 2), Token("cd", 2, 4), Token("e", 4, 5)]
    assert fixed_width("", 2) == []
    with pytest.raises(BertlabError, match="limit=0"):
        fixed_width("ab", 0)


def test_tokens_keep_the_offsets_of_the_whole_text():
    pieces = [Token("one ", 0, 4), Token("two", 4, 7)]
    assert tokens_in(pieces, SPLIT) == [("one", 0), ("two", 4)]


def test_broken_tells_what_is_lost_and_what_is_made_up():
    assert broken("one two one", fixed_width("one two one", 5), SPLIT) == (
        [("two", 4), ("one", 8)],
        [("t", 4), ("wo", 5), ("on", 8), ("e", 10)],
    )
    assert broken("one two", [Token("one ", 0, 4), Token("two", 4, 7)], SPLIT) == ([], [])


def test_the_twin_shows_both_ways():
    explorer = CutExplorer(TEXT, limit=10, name="whitespace")
    twin = explorer.text()
    assert "  one two [th]" in twin and "  one two " in twin
    assert "three⏎" in twin
    assert "<mark>th</mark>" in explorer.static_html()
    assert "Every token is as it was." in explorer.static_html()
    assert explorer.static_html() == CutExplorer(TEXT, limit=10, name="whitespace").static_html()


def test_only_the_broken_one_of_equal_tokens_is_marked():
    explorer = CutExplorer("ab ab aabab ab", limit=10, name="whitespace")
    assert "  ab ab [aaba]\n  [b] ab" in explorer.text()


def test_the_twin_and_the_widget_are_escaped():
    explorer = CutExplorer("a <script>alert(1)</script> b", limit=12)
    widget = explorer.widget()
    for html in (explorer.report(explorer.source, 12, "fixed"), widget.report):
        assert "<script" not in html and "&lt;" in html
    widget.limit, widget.way = 30, "space"
    assert "<script" not in widget.report and "&lt;script&gt;" in widget.report


def test_the_widget_follows_its_controls():
    widget = CutExplorer(TEXT, limit=10, name="whitespace").widget()
    assert "Tokens lost: “three”" in widget.report
    widget.way = "space"
    assert "Every token is as it was." in widget.report
    widget.limit = 200
    assert "1 chunk of" in widget.report
    widget.source = "x" * 300
    assert "no white space ends" in widget.report
    widget.source = ""
    assert "<ol></ol>" in widget.report


def test_what_does_not_fit_is_refused():
    with pytest.raises(BertlabError, match="2,001 characters"):
        CutExplorer("a" * (LONGEST + 1))
    with pytest.raises(BertlabError, match="10 to 200"):
        CutExplorer("a", limit=9)
