"""The layer mixer: the mix by hand, its neighbours, and its two faces."""

import numpy as np
import pytest
import torch

from bertlab.data.word_senses import uses
from bertlab.errors import BertlabError
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.elmo_parts import ScalarMix
from bertlab.views.mixer import LayerMixer, MixerWidget, counted, mix

# two layers, three uses: layer 0 puts 0 beside 1, layer 1 puts 0 beside 2
LAYERS = np.array([[[1, 0], [1, 0.1], [0, 1]], [[1, 0], [0, 1], [1, 0.1]]], dtype=float)


@pytest.fixture(scope="module")
def mixer():
    config = ElmoConfig(
        filters=((1, 8), (3, 24)), dim=32, projection_dim=16, vocabulary_size=0, cell_clip=None
    )
    return LayerMixer(Elmo(config, generator=torch.Generator().manual_seed(0)).eval())


def test_the_mix_is_the_models():
    mixed = mix(LAYERS, ["a", "a", "b"], [1.0, -0.5], gamma=2.0)
    model = ScalarMix(2)
    model.load_state_dict({"weights": torch.tensor([1.0, -0.5]), "gamma": torch.tensor(2.0)})
    vectors = model(torch.from_numpy(LAYERS).float())
    cosine = torch.cosine_similarity(vectors[0], vectors[2], dim=0)
    assert mixed.cosines[0, 2] == pytest.approx(cosine.item(), abs=1e-6)
    assert mixed.shares.tolist() == pytest.approx(model.shares.tolist())
    assert mixed.length == pytest.approx(vectors.norm(dim=1).mean().item())


def test_weights_decide_the_neighbours_and_gamma_does_not():
    senses = ["a", "a", "b"]
    first, second = mix(LAYERS, senses, [9, -9]), mix(LAYERS, senses, [-9, 9])
    assert (first.nearest(0), second.nearest(0)) == ([1, 2], [2, 1])
    assert first.right == [True, True, None] and second.right == [False, False, None]
    assert counted(first) == "2 of 2"
    long = mix(LAYERS, senses, [9, -9], gamma=3.0)
    assert np.allclose(long.cosines, first.cosines)
    assert long.length == pytest.approx(3 * first.length)


def test_equal_vectors_keep_their_order():
    same = np.ones((1, 4, 2)) + 1e-9 * np.arange(8).reshape(1, 4, 2)
    assert mix(same, ["a"] * 4, [0.0]).nearest(2) == [0, 1, 3]


def test_both_faces_say_the_same(mixer):
    html, text = mixer.static_html(), mixer.text()
    assert "Layer mixer, “bank” in “Otters had dug" in text and "riverside" in text
    for row in mixer.rows("bank", mixer.mixed("bank", [0, 0, 0], 1.0), 0)[:3]:
        assert f"{row['before']}{row['word']}{row['after']}" in text
    assert "layer 2 alone" in html and text == mixer.text()
    widget = MixerWidget(mixer)
    assert len(widget.rows) == len(widget.sentences) - 1 == len(uses("bank")) - 1
    assert widget.shares == pytest.approx([1 / 3] * 3) and widget.sense == "riverside"


def test_controls_change_what_is_shown(mixer):
    widget = MixerWidget(mixer)
    before = widget.rows
    widget.weights = [-5.0, -5.0, 5.0]
    assert widget.shares[2] > 0.99 and widget.rows != before
    assert widget.score == mixer.score("bank", [-5, -5, 5])
    rows, length = widget.rows, widget.length
    widget.gamma = 2.0
    assert widget.rows == rows and widget.length == pytest.approx(2 * length)
    widget.use = 3
    assert widget.sense == uses("bank")[3].sense
    widget.word = "seal"
    assert widget.use == 0 and widget.sentences[0] == uses("seal")[0].text
    widget.word = "crane"  # with use 0 already: drawn all the same
    assert widget.sentences[0] == uses("crane")[0].text


def test_a_slider_is_answered_without_the_model(mixer, monkeypatch):
    def forward(*_):
        raise AssertionError("the model ran")

    monkeypatch.setattr(Elmo, "forward", forward)
    widget = MixerWidget(mixer)
    before = widget.rows
    widget.weights = [5.0, -5.0, -5.0]
    assert widget.rows != before


def test_what_cannot_be_mixed_is_refused(mixer):
    model = Elmo(ElmoConfig.mini(0)).eval()
    with pytest.raises(BertlabError, match="no labelled uses of 'cat'"):
        LayerMixer(model, "cat")
    with pytest.raises(BertlabError, match="2 weights; wanted 3, one a layer"):
        LayerMixer(model, weights=[0, 0])
