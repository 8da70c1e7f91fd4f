"""The attention explorer: its maps are the model's, its twin is safe, its widget follows."""

import numpy as np
import pytest
import torch

from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.views.attention import (
    LONGEST,
    AttentionExplorer,
    attention_maps,
    draw_maps,
    draw_moves,
    strongest_links,
)
from tests.small_bert import small_bert


@pytest.fixture(scope="module")
def tokenizer():
    return train_wordpiece(["the cat sat on the mat <script> alert ( 1 ) & more"] * 3, 200)


@pytest.fixture(scope="module")
def model(tokenizer):
    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "max_position_embeddings": 64}
    return small_bert(tokenizer.get_vocab_size(), seed=1, initializer_range=0.5, **sizes).eval()


def test_maps_are_the_models_own(model, tokenizer):
    pieces, maps = attention_maps(model, tokenizer, "the cat sat")
    ids = torch.tensor([tokenizer.encode("the cat sat").ids])
    assert pieces == ["[CLS]", "the", "cat", "sat", "[SEP]"]
    assert maps.shape == (3, 2, 5, 5) and maps.dtype == np.float32
    for layer, expected in enumerate(model(ids, output_attentions=True).attentions):
        np.testing.assert_allclose(maps[layer], expected[0].detach(), atol=1e-6)


def test_dropout_is_off_while_reading_and_back_on_after(model, tokenizer):
    model.train()
    try:
        _, first = attention_maps(model, tokenizer, "the cat sat on the mat")
        _, second = attention_maps(model, tokenizer, "the cat sat on the mat")
        assert model.training and (first == second).all()
    finally:
        model.eval()


@pytest.mark.parametrize("sentence", ["", "   "])
def test_nothing_to_read_is_one_clear_error(model, tokenizer, sentence):
    with pytest.raises(BertlabError, match="without words"):
        attention_maps(model, tokenizer, sentence)


def test_a_long_sentence_keeps_its_separator(model, tokenizer):
    pieces, maps = attention_maps(model, tokenizer, "cat " * 60)
    assert len(pieces) == LONGEST == maps.shape[-1]
    assert pieces[0] == "[CLS]" and pieces[-1] == "[SEP]"


def test_strongest_links_are_sorted_and_ties_keep_the_order():
    weights = np.array([[0.2, 0.2, 0.6], [1.0, 0.0, 0.0], [0.3, 0.4, 0.3]])
    assert strongest_links(["a", "b", "c"], weights) == [
        {"piece": "a (0)", "looks most at": "c (2) 60 %", "then at": "a (0) 20 %"},
        {"piece": "b (1)", "looks most at": "a (0) 100 %", "then at": "b (1) 0 %"},
        {"piece": "c (2)", "looks most at": "b (1) 40 %", "then at": "a (0) 30 %"},
    ]


def test_the_twin_is_escaped_and_the_same_every_time(model, tokenizer):
    sentence = "the <script>alert(1)</script> cat"
    one, two = (AttentionExplorer(model, tokenizer, sentence, layer=2, head=1) for _ in range(2))
    assert "<script" not in one.static_html() and "&lt;script&gt;" in one.static_html()
    assert one.static_html() == two.static_html() and one.text() == two.text()
    assert "Layer 2, head 1" in one.text()


def test_head_zero_is_the_mean_of_all(model, tokenizer):
    explorer = AttentionExplorer(model, tokenizer, "the cat sat", layer=3, head=0)
    expected = strongest_links(explorer.pieces, explorer.maps[2].mean(axis=0))
    assert "mean of all heads" in explorer.text()
    assert all(row["looks most at"] in explorer.text() for row in expected)


@pytest.mark.parametrize(("layer", "head"), [(0, 1), (4, 1), (1, 3), (1, -1)])
def test_a_layer_or_head_that_is_not_there(model, tokenizer, layer, head):
    with pytest.raises(BertlabError, match="a layer from 1 to 3 and a head from 1 to 2"):
        AttentionExplorer(model, tokenizer, "the cat", layer=layer, head=head)


def test_the_widget_reads_what_is_typed(model, tokenizer):
    widget = AttentionExplorer(model, tokenizer, "the cat sat").widget()
    widget.piece = 4
    widget.sentence = "cat <b>"
    pieces, maps = attention_maps(model, tokenizer, "cat <b>")
    assert widget.pieces == pieces and widget.maps == maps.tobytes()
    widget.sentence = "mat"
    assert widget.piece == 2, "the chosen piece stays inside a shorter sentence"


def test_the_widget_keeps_its_picture_when_nothing_is_typed(model, tokenizer):
    widget = AttentionExplorer(model, tokenizer, "the cat sat").widget()
    before = widget.maps
    widget.sentence = " "
    assert widget.maps == before and widget.message == "Type something."
    widget.sentence = "cat " * 60
    assert widget.message == f"Only the first {LONGEST} of 62 pieces are shown."
    widget.sentence = "cat"
    assert widget.message == ""


def test_the_picture_is_drawn_from_text_alone():
    from bertlab.views.attention import AttentionWidget

    for way_in in ("innerHTML", "insertAdjacentHTML", "document.write", "http://", "https://"):
        allowed = 1 if way_in in ("innerHTML", "http://") else 0  # a comment, and SVG's own name
        assert AttentionWidget._esm.count(way_in) == allowed


def test_drawn_maps_share_one_scale_and_name_their_rows_once():
    maps = np.stack([np.eye(3), np.full((3, 3), 1 / 3)])
    first, second = draw_maps(["a", "b", "c"], maps, ["one", "two"]).axes
    assert [ax.get_title() for ax in (first, second)] == ["one", "two"]
    assert first.images[0].get_clim() == second.images[0].get_clim() == (0, 1)
    assert [label.get_text() for label in first.get_yticklabels()] == ["a", "b", "c"]
    assert not any(label.get_text() for label in second.get_yticklabels())


def test_drawn_moves_have_a_line_and_a_name_each():
    [ax] = draw_moves(["a", "b"], {"one": [0, 1], "two": [1, 1], "three": [0, 0]}).axes
    assert [line.get_label() for line in ax.lines] == ["one", "two", "three"]
    assert [list(line.get_ydata()) for line in ax.lines] == [[0, 1], [1, 1], [0, 0]]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]


def test_a_new_sentence_is_read_once(model, tokenizer, monkeypatch):
    widget = AttentionExplorer(model, tokenizer, "the cat").widget()
    runs = []
    forward = Bert.forward
    monkeypatch.setattr(Bert, "forward", lambda *a, **k: runs.append(a) or forward(*a, **k))
    widget.sentence = "the cat sat"
    assert len(runs) == 1
    widget.layer, widget.head = 1, 1
    assert len(runs) == 1
