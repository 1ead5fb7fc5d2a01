"""Unit 07: one step of an RNN, an LSTM and a GRU from their equations, and the same step over a whole text, in NumPy.

The course writes rows: x_t is (B, d), h_t is (B, d_h), one row for each of B texts. A cell with G gates computes all from

    a = x_t W_xhᵀ + b_xh  +  h_{t−1} W_hhᵀ + b_hh                        (B, G·d_h)

and cuts a into G parts of d_h columns each, in the order of ``GATES``, which is torch's. With σ(a) = 1/(1 + e^{−a}):

    RNN   h_t = tanh(a)
    LSTM  i, f, o = σ(a_i), σ(a_f), σ(a_o)    g = tanh(a_g)    c_t = f ⊙ c_{t−1} + i ⊙ g    h_t = o ⊙ tanh(c_t)
    GRU   r, z = σ(a_r), σ(a_z)    n = tanh(x-part of a_n + r ⊙ (h-part of a_n))    h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}

Deck C writes h_t = φ(W_xh x_t + W_hh h_{t−1} + b_h) with columns; deck L writes h_t = σ(U h_{t−1} + W e_t), so its U is W_hh
and its W is W_xh. The second bias is there because torch has it; only the GRU, where r stands between the two, needs it.

Source: deck C ("Recurrent Neural Networks"), deck L (LSTM unit); Hochreiter & Schmidhuber (1997), Gers et al. (2000) for the
forget gate, Cho et al. (2014) for the GRU.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments

Floats = NDArray[np.floating]
State = tuple[Floats, ...]  # (h,) of an RNN or GRU, (h, c) of an LSTM; each (B, d_h)

GATES = {"rnn": ("h",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}
KINDS = tuple(GATES)


class Weights(NamedTuple):
    """The parameters of a cell with G gates. W_xh: (G·d_h, d); W_hh: (G·d_h, d_h); b_xh, b_hh: (G·d_h,)."""

    W_xh: Floats
    W_hh: Floats
    b_xh: Floats
    b_hh: Floats

    @property
    def hidden(self) -> int:
        """d_h, the width of the state."""
        return int(self.W_hh.shape[1])


def sigmoid(a: Floats) -> Floats:
    """σ(a) = 1/(1 + e^{−a}), written with tanh so that no exponential overflows."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * a)))


# --- One step ---------------------------------------------------------------------------------------------------------------


def rnn_step(x: Floats, state: State, weights: Weights) -> State:
    """h_t from x_t (B, d) and (h_{t−1},)."""
    (h,) = state
    W_xh, W_hh, b_xh, b_hh = weights
    return (np.tanh(x @ W_xh.T + b_xh + h @ W_hh.T + b_hh),)


def lstm_step(x: Floats, state: State, weights: Weights) -> State:
    """(h_t, c_t) from x_t (B, d) and (h_{t−1}, c_{t−1}): what is forgotten, what is written, what is shown."""
    h, c = state
    W_xh, W_hh, b_xh, b_hh = weights
    i, f, g, o = np.split(x @ W_xh.T + b_xh + h @ W_hh.T + b_hh, 4, axis=-1)    # 4 × (B, d_h)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x: Floats, state: State, weights: Weights) -> State:
    """h_t from x_t (B, d) and (h_{t−1},): z says how much of the old state stays, r how much of it the new one sees."""
    (h,) = state
    W_xh, W_hh, b_xh, b_hh = weights
    x_r, x_z, x_n = np.split(x @ W_xh.T + b_xh, 3, axis=-1)                     # 3 × (B, d_h)
    h_r, h_z, h_n = np.split(h @ W_hh.T + b_hh, 3, axis=-1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    return ((1 - z) * np.tanh(x_n + r * h_n) + z * h,)


STEPS: dict[str, Callable[[Floats, State, Weights], State]] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


# --- A whole text -----------------------------------------------------------------------------------------------------------


def unroll(kind: str, X: ArrayLike, weights: Weights, *, lengths: ArrayLike | None = None, state: State | None = None,
           backwards: bool = False) -> tuple[Floats, State]:
    """The same step, with the same weights, at every t: states H (B, T, d_h) and the last state of every text.

    X: (B, T, d). lengths: (B,), how many of the T inputs are real; all, unless given. Where a text has ended its state stands
    still and its row of H is 0, so what is filled in has no influence. state: what to begin with; zeros, unless given.
    backwards: read from the last real input to the first; the row t of H is then the state after x_t … x_T.

    Raises ValueError for an unknown kind, weights or a state of other shapes, and lengths outside 1 … T.
    """
    step = STEPS[arguments.one_of("kind of cell", kind, KINDS)]
    X = arguments.reals("X", X, ndim=3, finite=False)
    check_weights(kind, weights, X.shape[2])
    batch, T = X.shape[:2]
    real = np.arange(T) < check_lengths(lengths, batch, T)[:, None]             # (B, T)
    X = np.where(real[..., None], X, 0)                                         # what nobody reads does no harm, ∞ neither
    state = start(kind, batch, weights.hidden) if state is None else check_state(kind, state, batch, weights.hidden)
    H = np.zeros((batch, T, weights.hidden))
    for t in reversed(range(T)) if backwards else range(T):
        now = real[:, t, None]
        state = tuple(np.where(now, new, old) for new, old in zip(step(X[:, t], state, weights), state, strict=True))
        H[:, t] = np.where(now, state[0], 0)
    return H, state


def bidirectional(kind: str, X: ArrayLike, forwards: Weights, backwards: Weights, *,
                  lengths: ArrayLike | None = None) -> tuple[Floats, State, State]:
    """One cell from the left and one from the right, side by side: H (B, T, 2·d_h) and the last state of each.

    Row t of H has read all of the text, so a language model must not use it: the answer x_{t+1} is among what it read.
    """
    H, last = unroll(kind, X, forwards, lengths=lengths)
    H_back, first = unroll(kind, X, backwards, lengths=lengths, backwards=True)
    return np.concatenate([H, H_back], axis=-1), last, first


def start(kind: str, batch: int, hidden: int) -> State:
    """The state before the first input: zeros."""
    return tuple(np.zeros((batch, hidden)) for _ in range(2 if kind == "lstm" else 1))


def initial(kind: str, inputs: int, hidden: int, rng: np.random.Generator) -> Weights:
    """Random weights, all even in ±1/√d_h, as torch draws them."""
    gates = len(GATES[arguments.one_of("kind of cell", kind, KINDS)])
    for name, value in {"inputs": inputs, "hidden": hidden}.items():
        arguments.integer(name, value, least=1)
    rows, bound = gates * hidden, hidden**-0.5
    shapes = ((rows, inputs), (rows, hidden), (rows,), (rows,))
    return Weights(*(arguments.generator(rng).uniform(-bound, bound, shape) for shape in shapes))


def parameter_count(kind: str, inputs: int, hidden: int) -> int:
    """Numbers in a cell with two biases: G·d_h·(d + d_h + 2), whatever the length of the text. G is 1, 4 or 3.

    >>> [parameter_count(kind, 32, 64) for kind in ("rnn", "gru", "lstm")]
    [6272, 18816, 25088]
    """
    gates = len(GATES[arguments.one_of("kind of cell", kind, KINDS)])
    return gates * hidden * (inputs + hidden + 2)


# --- What a gradient passes through -----------------------------------------------------------------------------------------


def jacobian_norms(W_hh: ArrayLike, H: ArrayLike) -> Floats:
    """‖∂h_T/∂h_t‖ for t = 1 … T of an RNN on one text, (T,): the spectral norm. The last is 1.

    ∂h_{t+1}/∂h_t = diag(1 − h_{t+1}²) W_hh, and ∂h_T/∂h_t is the product of these from t + 1 to T, the later to the left.
    H: (T, d_h), the states. Every factor is one more opportunity to erase what h_t knew (deck L).
    """
    W, H = arguments.reals("W_hh", W_hh, ndim=2), arguments.reals("H", H, ndim=2)
    if W.shape != (H.shape[1], H.shape[1]):
        raise ValueError(f"expected W_hh of shape {(H.shape[1], H.shape[1])} for states {H.shape}, got {W.shape}")
    product, norms = np.eye(len(W)), []
    for h in H[::-1]:
        norms.append(np.linalg.norm(product, 2))
        product = product @ ((1 - h**2)[:, None] * W)
    return np.array(norms[::-1])


def rnn_gradients(X: ArrayLike, dH: ArrayLike, weights: Weights, *, state: State | None = None,
                  chunk: int | None = None) -> tuple[Floats, Weights]:
    """Backpropagation through time of an RNN: ∂L/∂X (B, T, d) and ∂L/∂θ for its four weights.

    With a_t, that of which h_t is the tanh, and dH (B, T, d_h), what the loss says of each state directly, from T to 1:

        ∂L/∂a_t = (dH_t + ∂L/∂a_{t+1} W_hh) ⊙ (1 − h_t²)        ∂L/∂W_hh = Σ_t ∂L/∂a_tᵀ h_{t−1}

    chunk: truncated. Where t + 1 begins a new chunk of so many steps, the second term is left out: the state goes across,
    its gradient does not. state: what to begin with; zeros, unless given. The two biases have the same gradient.

    Raises ValueError like ``unroll``, for a chunk below 1 and for dH of another shape than the states.
    """
    X, dH = arguments.reals("X", X, ndim=3), arguments.reals("dH", dH, ndim=3)
    H, _ = unroll("rnn", X, weights, state=state)
    if dH.shape != H.shape:
        raise ValueError(f"expected dH of the shape of the states, {H.shape}, got {dH.shape}")
    batch, T, hidden = H.shape
    chunk = T if chunk is None else arguments.integer("the length of a chunk", chunk, least=1)
    (first,) = start("rnn", batch, hidden) if state is None else state
    before = np.concatenate([first[:, None], H[:, :-1]], axis=1)                # h_{t−1}: (B, T, d_h)
    da, later = np.zeros(H.shape), np.zeros((batch, hidden))
    for t in reversed(range(T)):
        da[:, t] = (dH[:, t] + later) * (1 - H[:, t] ** 2)
        later = da[:, t] @ weights.W_hh if t % chunk else np.zeros((batch, hidden))
    flat = da.reshape(-1, hidden)                                               # (B·T, d_h): every step of every text
    db = flat.sum(axis=0)
    return da @ weights.W_xh, Weights(flat.T @ X.reshape(batch * T, -1), flat.T @ before.reshape(-1, hidden), db, db.copy())


def earliest_step(time: ArrayLike, layer: ArrayLike) -> NDArray[np.int64]:
    """The first step at which the state at (time, layer), both from 1, can be computed in a stack of RNNs: t + ℓ − 1.

    It waits for its neighbour on the left and the one below. Whatever can be computed is computed at once (deck L).
    """
    t, layer = np.asarray(time), np.asarray(layer)
    for name, array in {"time": t, "layer": layer}.items():
        if array.dtype.kind not in "iu" or (array < 1).any():
            raise ValueError(f"{name} must be integers of at least 1, got {array.tolist()}")
    return np.asarray(t + layer - 1)


# --- Checks -----------------------------------------------------------------------------------------------------------------


def check_lengths(lengths: ArrayLike | None, batch: int, T: int) -> NDArray[np.int64]:
    """(B,) lengths from 1 to T; T for each where there are none."""
    if lengths is None:
        return np.full(batch, T)
    found = np.asarray(lengths)
    if found.dtype.kind not in "iu" or found.shape != (batch,) or (found < 1).any() or (found > T).any():
        raise ValueError(f"lengths must be {batch} integers from 1 to {T}, got {found.tolist()}")
    return found


def check_weights(kind: str, weights: Weights, inputs: int) -> None:
    """Raises ValueError unless the shapes fit the kind, the inputs (…, d) and each other."""
    rows, hidden = len(GATES[kind]) * weights.hidden, weights.hidden
    wanted = ((rows, inputs), (rows, hidden), (rows,), (rows,))
    found = tuple(np.shape(array) for array in weights)
    if found != wanted:
        raise ValueError(f"expected {kind} weights of shapes {wanted} for inputs of width {inputs}, got {found}")


def check_state(kind: str, state: State, batch: int, hidden: int) -> State:
    """The state, if it has the parts and shapes of this kind."""
    wanted = [(batch, hidden)] * (2 if kind == "lstm" else 1)
    if [np.shape(part) for part in state] != wanted:
        raise ValueError(f"expected a state of {len(wanted)} × {wanted[0]} for {kind}, got {[np.shape(s) for s in state]}")
    return state
