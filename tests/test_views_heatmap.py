import pytest

from bertlab.errors import BertlabError
from bertlab.views.heatmap import draw_heatmap

ROWS = [
    ("01-a", [("splitting at every hyphen", 1.0, 9), ("one word, one token", 0.25, 3)]),
    ("01-b", [("a name so long that it cannot possibly fit into one cell of a table", 0.5, 4)]),
]


def test_every_cell_says_its_name_share_and_number():
    [ax] = draw_heatmap(ROWS, ["most frequent", "second"]).axes
    texts = [text.get_text() for text in ax.texts]
    assert texts[0] == "splitting at every hyphen\n100 % (9)"
    assert texts[1] == "one word, one token\n25 % (3)"
    assert texts[2].endswith("50 % (4)") and "…" in texts[2] and texts[2].count("\n") == 2
    assert [label.get_text() for label in ax.get_yticklabels()] == ["01-a", "01-b"]
    assert ax.images[0].get_array().tolist() == [[1.0, 0.25], [0.5, 0.0]]


def test_the_text_is_readable_on_its_ground():
    def luminance(colour):
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for share in (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0):
        [ax] = draw_heatmap([("x", [("y", share, 1)])], ["most frequent"]).axes
        ground = luminance(ax.images[0].to_rgba([[share]], norm=True)[0, 0])
        ink = 1.0 if ax.texts[0].get_color() == "white" else 0.0
        light, dark = max(ground, ink), min(ground, ink)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, share


def test_rows_have_to_fit():
    for rows, columns in (([], ["a"]), (ROWS, ["a"])):
        with pytest.raises(BertlabError, match="a column for each cell"):
            draw_heatmap(rows, columns)
