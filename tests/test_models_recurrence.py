"""The LSTM with projection: against torch's own, and its hand-written gradients against differences."""

import pytest
import torch
from torch import nn

from bertlab.errors import BertlabError
from bertlab.models.recurrence import ProjectedLSTM


@pytest.fixture
def layer():
    layer = ProjectedLSTM(6, 9, 5).double()
    layer.reset(torch.Generator().manual_seed(0))
    return layer


@pytest.fixture
def inputs():
    return torch.randn(3, 7, 6, generator=torch.Generator().manual_seed(1), dtype=torch.double)


def test_outputs_and_gradients_are_those_of_torch(layer, inputs):
    ours, theirs = layer(inputs), nn.LSTM.forward(layer, inputs)[0]
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn(ours.shape, generator=torch.Generator().manual_seed(2), dtype=torch.double)
    gradients = [
        torch.autograd.grad((x * weight).sum(), layer.parameters()) for x in (ours, theirs)
    ]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("clips", [(None, None), (0.3, 0.1)])
def test_gradients_against_differences(layer, inputs, clips):
    layer.clips = clips
    generator = torch.Generator().manual_seed(3)
    state = [0.1 * torch.randn(3, n, generator=generator, dtype=torch.double) for n in (5, 9)]
    for value in (inputs, *state):
        value.requires_grad_()
    units, cells = layer.steps(inputs, state)
    if clips[0]:
        assert cells.abs().max() == 0.3 and units.abs().max() == 0.1  # the clips are at work
    assert torch.autograd.gradcheck(lambda x, *s: layer.steps(x, s), (inputs, *state))


def test_going_on_from_a_state_is_going_on(layer, inputs):
    whole, _ = layer.steps(inputs, None)
    first, cells = layer.steps(inputs[:, :4], None)
    rest, _ = layer.steps(inputs[:, 4:], (first[:, -1], cells[:, -1]))
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole)


def test_under_autocast_it_is_close_and_keeps_float32(layer, inputs):
    layer.float()
    exact = layer(inputs.float())
    with torch.autocast("cpu", torch.bfloat16):
        rough = layer(inputs.float())
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().max() < 0.02


def test_the_forget_gate_begins_open(layer):
    gates = (layer.bias_ih_l0 + layer.bias_hh_l0).view(4, 9)
    assert (gates[1] == 1).all() and (gates[[0, 2, 3]] == 0).all()


def test_a_projection_must_be_narrower():
    with pytest.raises(BertlabError, match="a projection to 9 from 9 cells"):
        ProjectedLSTM(6, 9, 9)
