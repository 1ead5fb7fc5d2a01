"""Unit 07: stacks of recurrent cells in torch, once written by hand and once with torch's own modules, behind one interface.

    outputs, state = cells(x, lengths, state)

x: (B, T, d); lengths: (B,) on any device, or None where all T inputs are real. outputs: (B, T, d_h·directions) of the top
layer, 0 after the end of a text. state: a tuple (h,), or (h, c) of an LSTM, each (layers·directions, B, d_h) in torch's order:
layer 0 from the left, layer 0 from the right, layer 1 …; never batch first. Where a text has ended, its state stands still.

`Recurrent` is the reader's: `cells` with autograd. `fast_cells` returns the same thing as a `torch.nn.RNN`, `LSTM` or `GRU`.
Both have torch's names and shapes for their weights (``weight_ih_l0`` …): a ``state_dict`` of one loads into the others.

Source: deck C (unrolled RNN), deck L ("Seq2Seq", bidirectional encoders "circa 2016").
"""

from collections.abc import Callable
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from llmcourse import arguments
from llmcourse.recurrent.cells import GATES, KINDS

TensorState = tuple[Tensor, ...]  # (h,) or (h, c), each (layers·directions, B, d_h)


class Cells(Protocol):
    """What both kinds of stack can do."""

    hidden_size: int

    def __call__(self, x: Tensor, lengths: Tensor | None = None,
                 state: TensorState | None = None) -> tuple[Tensor, TensorState]:
        """Outputs (B, T, d_h·directions) and the last state of every text."""
        ...

    def named_parameters(self) -> Any:
        """Names and weights, as torch calls them."""
        ...


# --- By hand ----------------------------------------------------------------------------------------------------------------


def rnn_step(a: Tensor, state: TensorState, W: Tensor, b: Tensor) -> TensorState:
    """One step from a = x_t W_xhᵀ + b_xh, (B, d_h), which does not depend on the state. W: W_hhᵀ (d_h, d_h); b: b_hh."""
    (h,) = state
    return (torch.tanh(a + torch.addmm(b, h, W)),)


def lstm_step(a: Tensor, state: TensorState, W: Tensor, b: Tensor) -> TensorState:
    """The same with four gates: a (B, 4·d_h), W (d_h, 4·d_h)."""
    h, c = state
    i, f, g, o = (a + torch.addmm(b, h, W)).chunk(4, dim=1)                     # 4 × (B, d_h)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru_step(a: Tensor, state: TensorState, W: Tensor, b: Tensor) -> TensorState:
    """The same with three gates: a (B, 3·d_h), W (d_h, 3·d_h)."""
    (h,) = state
    x_r, x_z, x_n = a.chunk(3, dim=1)                                           # 3 × (B, d_h)
    h_r, h_z, h_n = torch.addmm(b, h, W).chunk(3, dim=1)
    z, n = torch.sigmoid(x_z + h_z), torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
    return (n + z * (h - n),)                                                   # (1 − z) ⊙ n + z ⊙ h


Step = Callable[[Tensor, TensorState, Tensor, Tensor], TensorState]
STEPS: dict[str, Step] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


class Recurrent(nn.Module):
    """Layers of cells, each reading the outputs of the one below; written by hand.

    kind: "rnn", "lstm" or "gru". inputs: d; hidden: d_h; dropout: share of the outputs of every layer but the top one that
    is set to 0 in training. Weights are drawn from torch's global generator; see ``reset``.
    """

    def __init__(self, kind: str, inputs: int, hidden: int, *, layers: int = 1, bidirectional: bool = False,
                 dropout: float = 0.0):
        super().__init__()
        check_sizes(kind, inputs, hidden, layers, dropout)
        self.kind, self.input_size, self.hidden_size, self.layers, self.dropout = kind, inputs, hidden, layers, dropout
        self.endings = ("", "_reverse") if bidirectional else ("",)
        rows = len(GATES[kind]) * hidden
        for layer in range(layers):
            width = inputs if layer == 0 else hidden * len(self.endings)
            for ending in self.endings:
                for name, shape in {"weight_ih": (rows, width), "weight_hh": (rows, hidden), "bias_ih": (rows,),
                                    "bias_hh": (rows,)}.items():
                    weight = torch.empty(shape).uniform_(-(hidden**-0.5), hidden**-0.5)
                    self.register_parameter(f"{name}_l{layer}{ending}", nn.Parameter(weight))

    def forward(self, x: Tensor, lengths: Tensor | None = None,
                state: TensorState | None = None) -> tuple[Tensor, TensorState]:
        """See the top of this module. Raises ValueError for inputs, lengths or a state of another shape."""
        real = check_inputs(self, x, lengths)
        if real is not None:
            x = x.masked_fill(~real[..., None], 0)                              # a NaN that nobody reads does no harm
        first = start(self, x) if state is None else check_state(self, x, state)
        last: list[TensorState] = []
        for layer in range(self.layers):
            sides = []
            for ending in self.endings:
                number = len(last)
                begin = tuple(part[number] for part in first)                   # (B, d_h) each
                out, end = self.read(x, f"_l{layer}{ending}", begin, real, backwards=bool(ending))
                sides.append(out)
                last.append(end)
            x = torch.cat(sides, dim=-1) if len(sides) > 1 else sides[0]        # (B, T, d_h·directions)
            if layer < self.layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, tuple(torch.stack(parts) for parts in zip(*last, strict=True))

    def read(self, x: Tensor, name: str, state: TensorState, real: Tensor | None,
             backwards: bool) -> tuple[Tensor, TensorState]:
        """One layer in one direction: (B, T, …) -> outputs (B, T, d_h) and the last state. real: (B, T) bool."""
        step, W = STEPS[self.kind], getattr(self, f"weight_hh{name}").T
        b = getattr(self, f"bias_hh{name}")
        # What comes from the inputs needs no state: one product for all t. Time is put first, so that a step is one piece.
        a = F.linear(x.transpose(0, 1), getattr(self, f"weight_ih{name}"), getattr(self, f"bias_ih{name}"))  # (T, B, G·d_h)
        steps = list(enumerate(a.unbind()))  # not a[t], whose way back fills a whole array of zeros for every t
        outputs = []
        for t, a_t in reversed(steps) if backwards else steps:
            new = step(a_t, state, W, b)
            if real is None:
                state = new
                outputs.append(state[0])
            else:
                now = real[:, t, None]                                          # (B, 1): who is still reading
                state = tuple(torch.where(now, after, before) for after, before in zip(new, state, strict=True))
                outputs.append(state[0] * now)
        return torch.stack(outputs[::-1] if backwards else outputs, dim=1), state


# --- With torch's modules ---------------------------------------------------------------------------------------------------


class _Packed(nn.Module):
    """Gives `torch.nn`'s recurrent modules the interface of this module: packs what has lengths, and returns a tuple."""

    def forward(self, x: Tensor, lengths: Tensor | None = None,
                state: TensorState | None = None) -> tuple[Tensor, TensorState]:
        """See the top of this module. Raises ValueError for inputs, lengths or a state of another shape."""
        check_inputs(self, x, lengths)
        before = None if state is None else check_state(self, x, state)
        given: Any = before if before is None or len(before) == 2 else before[0]
        packed: Any = x
        if lengths is not None:
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, after = super().forward(packed, given)
        if lengths is not None:
            outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
        return outputs, after if isinstance(after, tuple) else (after,)


class FastRNN(_Packed, nn.RNN):  # type: ignore[misc]
    """`torch.nn.RNN` behind the interface of this module."""


class FastLSTM(_Packed, nn.LSTM):  # type: ignore[misc]
    """`torch.nn.LSTM` behind the interface of this module."""


class FastGRU(_Packed, nn.GRU):  # type: ignore[misc]
    """`torch.nn.GRU` behind the interface of this module."""


FAST: dict[str, type[nn.Module]] = {"rnn": FastRNN, "lstm": FastLSTM, "gru": FastGRU}


def fast_cells(kind: str, inputs: int, hidden: int, *, layers: int = 1, bidirectional: bool = False,
               dropout: float = 0.0) -> nn.Module:
    """What `Recurrent` is, computed by the `torch.nn` module of this kind. It raises for the same bad sizes."""
    check_sizes(kind, inputs, hidden, layers, dropout)
    between = dropout if layers > 1 else 0.0                                    # torch warns where there is no between
    return FAST[kind](inputs, hidden, layers, batch_first=True, bidirectional=bidirectional, dropout=between)


def make_cells(kind: str, inputs: int, hidden: int, *, layers: int = 1, bidirectional: bool = False, dropout: float = 0.0,
               fast: bool = True, generator: torch.Generator | None = None, forget_bias: float | None = None) -> nn.Module:
    """A stack of one sort or the other with the weights that ``reset`` draws."""
    sort = fast_cells if fast else Recurrent
    with torch.random.fork_rng(devices=[]):                                     # the constructors draw, and are overwritten
        cells = sort(kind, inputs, hidden, layers=layers, bidirectional=bidirectional, dropout=dropout)
    reset(cells, generator, forget_bias)
    return cells


@torch.no_grad()
def reset(cells: nn.Module, generator: torch.Generator | None = None, forget_bias: float | None = None) -> None:
    """New weights, even in ±1/√d_h as torch draws them, from a generator of seed 0 unless there is one.

    forget_bias: what the two biases of an LSTM's forget gate add up to (b_xh has it, b_hh is 0). At 0 a gate lets half of c
    through at the beginning, at 1 73 %, at 2 88 %. None leaves both as they were drawn.
    """
    generator = torch.Generator().manual_seed(0) if generator is None else generator
    hidden = cast(Cells, cells).hidden_size
    for name, weight in cells.named_parameters():
        weight.uniform_(-(hidden**-0.5), hidden**-0.5, generator=generator)
        if forget_bias is not None and name.startswith("bias") and len(weight) == 4 * hidden:
            weight[hidden : 2 * hidden] = forget_bias if name.startswith("bias_ih") else 0.0


def detach(state: TensorState) -> TensorState:
    """The same numbers without their history: gradients stop here (truncated BPTT)."""
    return tuple(part.detach() for part in state)


# --- Checks -----------------------------------------------------------------------------------------------------------------


def check_sizes(kind: str, inputs: int, hidden: int, layers: int, dropout: float) -> None:
    """Raises ValueError or TypeError, naming it, for a size that makes no sense."""
    arguments.one_of("kind of cell", kind, KINDS)
    for name, value in {"inputs": inputs, "hidden": hidden, "layers": layers}.items():
        arguments.integer(name, value, least=1)
    arguments.number("dropout", dropout, least=0, most=1)


def shape_of_state(cells: Any, x: Tensor) -> tuple[int, tuple[int, int, int]]:
    """How many parts a state has, and the shape of each."""
    names = [name for name, _ in cells.named_parameters() if name.startswith("weight_hh")]
    rows = getattr(cells, names[0]).shape[0]
    return (2 if rows == 4 * cells.hidden_size else 1), (len(names), x.shape[0], cells.hidden_size)


def start(cells: Any, x: Tensor) -> TensorState:
    """The state before the first input: zeros."""
    parts, shape = shape_of_state(cells, x)
    return tuple(x.new_zeros(shape) for _ in range(parts))


def check_state(cells: Any, x: Tensor, state: TensorState) -> TensorState:
    """The state, if it has the parts and shapes of these cells."""
    parts, shape = shape_of_state(cells, x)
    found = [tuple(part.shape) for part in state]
    if found != [shape] * parts:
        raise ValueError(f"expected a state of {parts} × {shape}, got {found}")
    return state


def check_inputs(cells: Any, x: Tensor, lengths: Tensor | None) -> Tensor | None:
    """Which inputs are real, (B, T) bool, None where all are. Raises ValueError for wrong shapes and lengths outside 1 … T."""
    if x.ndim != 3 or x.shape[2] != cells.input_size:
        raise ValueError(f"expected inputs of shape (B, T, {cells.input_size}), got {tuple(x.shape)}")
    if lengths is None:
        return None
    if lengths.shape != x.shape[:1] or lengths.is_floating_point() or int(lengths.min()) < 1 or int(lengths.max()) > x.shape[1]:
        raise ValueError(f"lengths must be {x.shape[0]} integers from 1 to {x.shape[1]}, got {lengths.tolist()}")
    return torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]
