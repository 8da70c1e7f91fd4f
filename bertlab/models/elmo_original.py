"""The original ELMo's files: `options.json` and `weights.hdf5`, as AllenNLP published them.

The layout is TensorFlow's: matrices stand transposed, the LSTM's gates come as input, new cell, forget,
output (torch: input, forget, new cell, output), and one is added to the forget gate when it runs, not in
the file. The softmax was not published, so what is read embeds but does not predict.
"""

import json
import os
from pathlib import Path

import numpy as np
import torch

from bertlab.data.characters import CHARACTERS
from bertlab.errors import BertlabError
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig

_REMEDY = "Give the options.json and weights.hdf5 of one ELMo, whole."


def read_options(path: str | os.PathLike) -> ElmoConfig:
    """`options.json` as an `ElmoConfig` (without softmax).

    Raises BertlabError when it is missing or lacks an option.
    """
    try:
        options = json.loads(Path(path).read_text(encoding="utf-8"))
        lstm, cnn = options["lstm"], options["char_cnn"]
        characters = cnn["n_characters"]
        config = ElmoConfig(
            character_dim=cnn["embedding"]["dim"],
            filters=tuple((width, number) for width, number in cnn["filters"]),
            n_highway=cnn["n_highway"],
            activation=cnn["activation"],
            max_characters=cnn["max_characters_per_token"],
            dim=lstm["dim"],
            projection_dim=lstm["projection_dim"],
            n_layers=lstm["n_layers"],
            use_skip_connections=lstm["use_skip_connections"],
            cell_clip=lstm["cell_clip"],
            proj_clip=lstm["proj_clip"],
            vocabulary_size=0,
        )
    except BertlabError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        found = f"{path} ({type(error).__name__}: {error})"
        raise BertlabError(found, "the options.json of an ELMo", _REMEDY) from error
    if characters != CHARACTERS:
        raise BertlabError(f"n_characters={characters}", f"{CHARACTERS}", _REMEDY)
    return config


def load_original(options: str | os.PathLike, weights: str | os.PathLike) -> Elmo:
    """Open a published ELMo, in float32 and ready to evaluate.

    Raises BertlabError when a file is missing, truncated or does not belong to the other, or when h5py
    is not installed.
    """
    config = read_options(options)
    try:
        import h5py
    except ImportError as error:
        raise BertlabError("no h5py", "h5py, which reads HDF5", "pip install h5py") from error
    model = Elmo(config)
    try:
        with h5py.File(weights, "r") as file:
            state = _read(file, config)
    except (OSError, KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        found = f"{weights} ({str(error).strip(chr(39) + chr(34))})"
        raise BertlabError(found, "the whole weights.hdf5 of an ELMo", _REMEDY) from error
    for name, wanted in model.state_dict().items():
        if state[name].shape != wanted.shape:
            raise BertlabError(
                f"{name} of shape {tuple(state[name].shape)} in {weights}",
                f"{tuple(wanted.shape)} as {options} says",
                _REMEDY,
            )
    model.load_state_dict(state)
    return model.eval()


def _read(file, config: ElmoConfig) -> dict[str, torch.Tensor]:
    """The open HDF5 file's arrays under this package's names."""
    state: dict[str, np.ndarray] = {}
    characters = file["char_embed"][...]
    state["encoder.embedding.weight"] = np.pad(characters, ((1, 0), (0, 0)))  # row 0: no word here
    for i in range(len(config.filters)):
        # (1, width, character dim, filters) -> (filters, character dim, width)
        state[f"encoder.convolutions.{i}.weight"] = file[f"CNN/W_cnn_{i}"][0].transpose(2, 1, 0)
        state[f"encoder.convolutions.{i}.bias"] = file[f"CNN/b_cnn_{i}"][...]
    for i in range(config.n_highway):
        for part, sign in (
            ("carry", -1),
            ("transform", 1),
        ):  # its "carry" gate lets the change through
            state[f"encoder.highways.{i}.{part}.weight"] = (
                sign * file[f"CNN_high_{i}/W_{part}"][...].T
            )
            state[f"encoder.highways.{i}.{part}.bias"] = sign * file[f"CNN_high_{i}/b_{part}"][...]
    state["encoder.projection.weight"] = file["CNN_proj/W_proj"][...].T
    state["encoder.projection.bias"] = file["CNN_proj/b_proj"][...]
    size = config.projection_dim
    for j, direction in enumerate(("forward", "backward")):
        for i in range(config.n_layers):
            cell = file[f"RNN_{j}/RNN/MultiRNNCell/Cell{i}/LSTMCell"]
            both = _reorder(cell["W_0"][...].T)  # (4 * dim, inputs + projection)
            bias = _reorder(cell["B"][...])
            bias[config.dim : 2 * config.dim] += 1  # the forget gate's
            name = f"{direction}_layers.{i}."
            state[name + "weight_ih_l0"], state[name + "weight_hh_l0"] = np.split(both, [size], 1)
            state[name + "weight_hr_l0"] = cell["W_P_0"][...].T
            state[name + "bias_ih_l0"], state[name + "bias_hh_l0"] = bias, np.zeros_like(bias)
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in state.items()}


def _reorder(gates: np.ndarray) -> np.ndarray:
    """TensorFlow's input, new cell, forget, output -> torch's input, forget, new cell, output."""
    i, j, f, o = np.split(gates, 4)
    return np.concatenate([i, f, j, o])
