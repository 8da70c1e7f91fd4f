"""The original's files: written here with random weights, read, and compared with plain numpy."""

import json

import numpy as np
import pytest
import torch

from bertlab.errors import BertlabError
from bertlab.models.elmo import Elmo

h5py = pytest.importorskip("h5py", reason="HDF5 is read only for the original's weights")

OPTIONS = {
    "lstm": {
        "cell_clip": 0.8,  # tighter than the published 3, so that the clips are at work
        "proj_clip": 0.5,
        "use_skip_connections": True,
        "n_layers": 2,
        "projection_dim": 6,
        "dim": 10,
    },
    "char_cnn": {
        "embedding": {"dim": 3},
        "filters": [[1, 4], [2, 5], [4, 6]],
        "n_highway": 2,
        "n_characters": 262,
        "max_characters_per_token": 50,
        "activation": "relu",
    },
}
SENTENCES = [["The", "cat", "sat"], ["naïve", "x" * 70], ["…"]]


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(0, 0.4, shape).astype(np.float32)

    found = {
        "char_embed": normal(261, 3),
        "CNN_proj/W_proj": normal(15, 6),
        "CNN_proj/b_proj": normal(6),
    }
    for i, (width, number) in enumerate(OPTIONS["char_cnn"]["filters"]):
        found[f"CNN/W_cnn_{i}"], found[f"CNN/b_cnn_{i}"] = (
            normal(1, width, 3, number),
            normal(number),
        )
    for i in range(2):
        for part in ("carry", "transform"):
            found[f"CNN_high_{i}/W_{part}"] = normal(15, 15)
            found[f"CNN_high_{i}/b_{part}"] = normal(15)
    for j in range(2):
        for i in range(2):
            cell = f"RNN_{j}/RNN/MultiRNNCell/Cell{i}/LSTMCell"
            found[f"{cell}/W_0"], found[f"{cell}/B"] = normal(12, 40), normal(40)
            found[f"{cell}/W_P_0"] = normal(10, 6)
    return found


@pytest.fixture
def files(tmp_path, arrays):
    options, weights = tmp_path / "options.json", tmp_path / "weights.hdf5"
    options.write_text(json.dumps(OPTIONS))
    with h5py.File(weights, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return options, weights


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def word_vector(arrays, word):
    """A word through the character encoder as bilm-tf computes it, in float64."""
    marks = {"<S>": [256], "</S>": [257]}
    ids = [258, *marks.get(word, list(word.encode())[:48]), 259]
    ids += [260] * (50 - len(ids))
    embedded = arrays["char_embed"][ids].astype(float)
    values = []
    for i, (width, _) in enumerate(OPTIONS["char_cnn"]["filters"]):
        windows = np.stack([embedded[p : p + width] for p in range(51 - width)])
        found = np.einsum("pwc,wcn->pn", windows, arrays[f"CNN/W_cnn_{i}"][0])
        values.append(np.maximum(found.max(axis=0) + arrays[f"CNN/b_cnn_{i}"], 0))
    x = np.concatenate(values)
    for i in range(2):
        name = f"CNN_high_{i}"
        gate = sigmoid(x @ arrays[f"{name}/W_carry"] + arrays[f"{name}/b_carry"])
        changed = np.maximum(x @ arrays[f"{name}/W_transform"] + arrays[f"{name}/b_transform"], 0)
        x = gate * changed + (1 - gate) * x
    return x @ arrays["CNN_proj/W_proj"] + arrays["CNN_proj/b_proj"]


def run_direction(arrays, j, inputs, state):
    """TensorFlow's LSTMCell with projection, layer by layer; `state` is changed."""
    outputs = []
    for i in range(2):
        cell = f"RNN_{j}/RNN/MultiRNNCell/Cell{i}/LSTMCell"
        c, m = state[j, i]
        rows = []
        for x in inputs:
            z = np.concatenate([x, m]) @ arrays[f"{cell}/W_0"] + arrays[f"{cell}/B"]
            gate_in, new, forget, out = np.split(z, 4)
            c = np.clip(sigmoid(forget + 1) * c + sigmoid(gate_in) * np.tanh(new), -0.8, 0.8)
            m = np.clip((sigmoid(out) * np.tanh(c)) @ arrays[f"{cell}/W_P_0"], -0.5, 0.5)
            rows.append(m)
        state[j, i] = c, m
        inputs = [row + x for row, x in zip(rows, inputs, strict=True)] if i else rows
        outputs.append(np.array(inputs))
    return outputs


def oracle(arrays, sentence, state):
    vectors = [word_vector(arrays, w) for w in ["<S>", *sentence, "</S>"]]
    ahead = run_direction(arrays, 0, vectors, state)
    back = [x[::-1] for x in run_direction(arrays, 1, vectors[::-1], state)]
    first = np.concatenate([vectors, vectors], axis=1)
    layers = [first, *(np.concatenate(pair, axis=1) for pair in zip(ahead, back, strict=True))]
    return np.stack(layers)[:, 1:-1]


def empty():
    return {(j, i): (np.zeros(10), np.zeros(6)) for j in range(2) for i in range(2)}


def test_vectors_are_those_of_plain_numpy(files, arrays):
    model = Elmo.from_original(*files)
    for sentence, found in zip(SENTENCES, model.embed(SENTENCES), strict=True):
        wanted = oracle(arrays, sentence, empty())
        assert np.abs(found.numpy() - wanted).max() < 1e-5


def test_the_state_carries_as_in_the_original(files, arrays):
    model = Elmo.from_original(*files)
    carried, state = empty(), model.empty_state(1)
    for sentence in SENTENCES:
        with torch.no_grad():
            pairs = model.encode(*model.prepare([sentence])[:3], state=state)
        found = torch.stack([torch.cat(pair, dim=2)[0, 1:-1] for pair in pairs])
        assert np.abs(found.numpy() - oracle(arrays, sentence, carried)).max() < 1e-5


def test_what_was_read_embeds_but_does_not_score(files):
    with pytest.raises(BertlabError, match="a model without output words"):
        Elmo.from_original(*files).score(SENTENCES)


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _without(name):
    def damage(path):
        with h5py.File(path, "a") as file:
            del file[name]

    return damage


def _reshaped(name, shape):
    def damage(path):
        with h5py.File(path, "a") as file:
            del file[name]
            file[name] = np.zeros(shape, np.float32)

    return damage


def _option(section, name, value):
    def damage(path):
        options = json.loads(json.dumps(OPTIONS))
        options[section][name] = value
        path.write_text(json.dumps(options))

    return damage


@pytest.mark.parametrize(
    "which, damage, said",
    [
        (0, lambda p: p.unlink(), "options.json"),
        (0, _cut, "options.json"),
        (0, lambda p: p.write_text("[]"), "options.json"),
        (0, _option("lstm", "dim", 12), "as .*options.json says"),
        (0, _option("char_cnn", "n_characters", 100), "n_characters=100"),
        (0, _option("char_cnn", "activation", "swish"), "'swish'"),
        (0, _option("char_cnn", "filters", [[1, 4]]), "as .*options.json says"),
        (1, lambda p: p.unlink(), "weights.hdf5"),
        (1, _cut, "weights.hdf5"),
        (1, lambda p: p.write_bytes(b"not HDF5"), "weights.hdf5"),
        (1, _without("CNN_proj/W_proj"), "weights.hdf5"),
        (1, _without("RNN_1"), "weights.hdf5"),
        (1, _reshaped("char_embed", (100, 3)), "shape"),
        (1, _reshaped("RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_0", (12, 41)), "weights.hdf5"),
        (1, _reshaped("CNN/W_cnn_0", (4,)), "weights.hdf5"),
    ],
)
def test_wrong_and_truncated_files_are_one_clear_error(files, which, damage, said):
    damage(files[which])
    with pytest.raises(BertlabError, match=said) as caught:
        Elmo.from_original(*files)
    assert "\n" not in str(caught.value)
