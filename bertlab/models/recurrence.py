"""One LSTM layer with projection, fast on a CPU, with the clips that the original ELMo needs.

`nn.LSTM(proj_size=…)` computes the same (Sak et al. 2014, arXiv 1402.1128) and is used on a GPU, where
cuDNN has it as one kernel. On a CPU it has no fast path (oneDNN refuses projections) and accumulates
the weights' gradients step by step; here they are one product at the end.
"""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from bertlab.errors import BertlabError

_sigmoid_backward = torch.ops.aten.sigmoid_backward  # (gradient, output) -> gradient of the input
_tanh_backward = torch.ops.aten.tanh_backward


class _Recurrence(torch.autograd.Function):
    """The steps of an LSTM with projection, from inputs already multiplied by their weights.

    gates: (length, batch, 4 * cells), input, forget, cell, output; recurrent: (4 * cells, units);
    projection: (units, cells); hidden: (batch, units); cell: (batch, cells); clips: None for none.
    Returns the hidden states, (length, batch, units), and the cells, (length, batch, cells).
    """

    @staticmethod
    def forward(ctx, gates, recurrent, projection, hidden, cell, cell_clip, projection_clip, dtype):
        length, batch, size = gates.shape[0], gates.shape[1], projection.shape[1]
        by_recurrent, by_projection = recurrent.to(dtype).t(), projection.to(dtype).t()
        gates = gates.clone()
        cells = gates.new_empty(length + 1, batch, size)
        units = gates.new_empty(length + 1, batch, len(projection))
        squashed = gates.new_empty(length, batch, size)  # tanh of the cells
        cells[0], units[0] = cell, hidden
        for step in range(length):
            gate = gates[step].add_(units[step].to(dtype) @ by_recurrent)
            gate[:, : 2 * size].sigmoid_()
            gate[:, 2 * size : 3 * size].tanh_()
            gate[:, 3 * size :].sigmoid_()
            i, f, g, o = gate.split(size, dim=1)
            now = torch.mul(f, cells[step], out=cells[step + 1]).addcmul_(i, g)
            if cell_clip is not None:
                now.clamp_(-cell_clip, cell_clip)
            torch.tanh(now, out=squashed[step])
            units[step + 1] = (o * squashed[step]).to(dtype) @ by_projection
            if projection_clip is not None:
                units[step + 1].clamp_(-projection_clip, projection_clip)
        ctx.save_for_backward(gates, recurrent, projection, units, cells, squashed)
        ctx.clips, ctx.dtype = (cell_clip, projection_clip), dtype
        return units[1:], cells[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_units, d_cells):
        gates, recurrent, projection, units, cells, squashed = ctx.saved_tensors
        cell_clip, projection_clip = ctx.clips
        recurrent, projection = recurrent.to(ctx.dtype), projection.to(ctx.dtype)
        size = projection.shape[1]
        d_gates = torch.empty_like(gates)
        d_projected = torch.empty_like(units[1:])
        d_hidden, d_cell = torch.zeros_like(units[0]), torch.zeros_like(cells[0])
        for step in reversed(range(len(gates))):
            i, f, g, o = gates[step].split(size, dim=1)
            d_hidden = torch.add(d_units[step], d_hidden, out=d_projected[step])
            if projection_clip is not None:
                d_hidden.mul_(units[step + 1].abs() < projection_clip)
            d_output = d_hidden.to(ctx.dtype) @ projection
            d_cell = d_cell + d_cells[step] + _tanh_backward(d_output * o, squashed[step])
            if cell_clip is not None:
                d_cell.mul_(cells[step + 1].abs() < cell_clip)
            d_i, d_f, d_g, d_o = d_gates[step].split(size, dim=1)
            d_i.copy_(_sigmoid_backward(d_cell * g, i))
            d_f.copy_(_sigmoid_backward(d_cell * cells[step], f))
            d_g.copy_(_tanh_backward(d_cell * i, g))
            d_o.copy_(_sigmoid_backward(d_output * squashed[step], o))
            d_cell = d_cell * f
            d_hidden = d_gates[step].to(ctx.dtype) @ recurrent
        flat = d_gates.flatten(0, 1).to(ctx.dtype).t()
        d_recurrent = flat @ units[:-1].flatten(0, 1).to(ctx.dtype)
        outputs = (gates[..., 3 * size :] * squashed).flatten(0, 1).to(ctx.dtype)
        d_projection = d_projected.flatten(0, 1).to(ctx.dtype).t() @ outputs
        d_weights = d_recurrent.to(gates.dtype), d_projection.to(gates.dtype)
        return d_gates, *d_weights, d_hidden.to(gates.dtype), d_cell, None, None, None


class ProjectedLSTM(nn.LSTM):
    """One layer, one direction, left to right: (batch, length, inputs) -> (batch, length, units).

    inputs, cells, units: sizes; the recurrent state that meets the gates is the projection (`units`).
    cell_clip, projection_clip: bounds on the cell and on the projection at each step, or None.
    The parameters are those of `nn.LSTM(inputs, cells, proj_size=units)`.
    """

    def __init__(self, inputs: int, cells: int, units: int, cell_clip=None, projection_clip=None):
        if not units < cells:
            raise BertlabError(
                f"a projection to {units} from {cells} cells", "fewer", "Lower projection_dim."
            )
        super().__init__(inputs, cells, proj_size=units, batch_first=True)
        self.clips = cell_clip, projection_clip

    @torch.no_grad()
    def reset(self, generator: torch.Generator | None) -> None:
        """Weights uniform within 1/sqrt(cells); biases 0, the forget gate's 1."""
        bound = self.hidden_size**-0.5
        for weight in (self.weight_ih_l0, self.weight_hh_l0, self.weight_hr_l0):
            weight.uniform_(-bound, bound, generator=generator)
        self.bias_hh_l0.zero_()
        self.bias_ih_l0.zero_()[self.hidden_size : 2 * self.hidden_size] = 1.0

    def forward(self, inputs: Tensor) -> Tensor:
        """From an empty state. On a GPU without clips, cuDNN in float32 (TF32 where torch allows it)."""
        if inputs.is_cuda and self.clips == (None, None):
            with torch.autocast(
                "cuda", enabled=False
            ):  # it would use float16 even if asked bfloat16
                return super().forward(inputs.float())[0]
        return self.steps(inputs, None)[0]

    def steps(self, inputs: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """The same from a state (hidden (batch, units), cell (batch, cells)); returns both at every step.

        Returns (batch, length, units) and (batch, length, cells). Under autocast the products run in its
        type, the state stays in float32.
        """
        device, kind = inputs.device.type, self.weight_ih_l0.dtype
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else kind
        with torch.autocast(device, enabled=False):
            ahead = inputs.transpose(0, 1).to(dtype) @ self.weight_ih_l0.to(dtype).t()
            gates = ahead.to(kind) + (
                self.bias_ih_l0 + self.bias_hh_l0
            )  # (length, batch, 4 * cells)
            if state is None:
                state = (
                    gates.new_zeros(inputs.shape[0], self.proj_size),
                    gates.new_zeros(inputs.shape[0], self.hidden_size),
                )
            weights = self.weight_hh_l0, self.weight_hr_l0
            units, cells = _Recurrence.apply(gates, *weights, *state, *self.clips, dtype)
        return units.transpose(0, 1), cells.transpose(0, 1)
