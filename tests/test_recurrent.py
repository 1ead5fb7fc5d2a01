"""Recurrent cells and networks, against numbers worked by hand, torch's modules and finite differences; padding."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse import recurrent  # noqa: E402
from llmcourse.recurrent import networks  # noqa: E402
from llmcourse.recurrent.cells import KINDS, STEPS, Weights, initial, start, unroll  # noqa: E402

MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def scalar(W_xh, W_hh, b, b_hh=None):
    """Weights of a cell with one input and one unit."""
    rows = np.array(W_xh, float)[:, None]
    second = np.zeros(len(b)) if b_hh is None else np.array(b_hh)
    return Weights(rows, np.array(W_hh, float)[:, None], np.array(b, float), second)


def stack(kind, seed=0, dtype=torch.float64, **options):
    """The same random weights three times: by hand, in the fast cells, in torch's own module. d = 3, d_h = 4."""
    hand = networks.make_cells(kind, 3, 4, fast=False, generator=torch.Generator().manual_seed(seed), **options).to(dtype)
    fast = networks.make_cells(kind, 3, 4, **options).to(dtype)
    plain = MODULES[kind](3, 4, options.get("layers", 1), batch_first=True, bidirectional=options.get("bidirectional", False))
    for other in (fast, plain.to(dtype)):
        other.load_state_dict(hand.state_dict())
    return hand, fast, plain


def weights_of(cells, name="_l0"):
    """A layer's weights as NumPy arrays."""
    found = cells.state_dict()
    return Weights(*(found[f"{part}{name}"].numpy() for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))


def inputs(batch=5, T=6, seed=1, dtype=torch.float64):
    return torch.randn(batch, T, 3, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# --- one step, by hand --------------------------------------------------------------------------------------------------

def test_an_rnn_by_hand():
    """W_xh = 1, W_hh = 0.5, inputs 1, 0, 0: the states are tanh(1), tanh(0.38), tanh(0.18), and fade."""
    H, (last,) = unroll("rnn", [[[1.0], [0], [0]]], scalar([1], [0.5], [0]))
    np.testing.assert_allclose(H[0, :, 0], [0.762, 0.363, 0.180], atol=5e-4)
    assert last[0, 0] == H[0, 2, 0] == pytest.approx(math.tanh(0.5 * math.tanh(0.5 * math.tanh(1))), abs=1e-15)


def test_an_lstm_by_hand():
    """Biases of i, f, g, o alone. All 0 and c = 1: half of c is left, and half of its tanh is shown."""
    still = scalar([0] * 4, [0] * 4, [0] * 4)
    h, c = recurrent.lstm_step(np.zeros((1, 1)), (np.zeros((1, 1)), np.ones((1, 1))), still)
    assert c[0, 0] == 0.5 and h[0, 0] == pytest.approx(0.2311, abs=5e-5)
    moved = still._replace(b_xh=np.array([0.0, 2, 1, -1]))                   # another order of the gates gives other numbers
    h, c = recurrent.lstm_step(np.zeros((1, 1)), (np.zeros((1, 1)), np.ones((1, 1))), moved)
    assert (c[0, 0], h[0, 0]) == (pytest.approx(1.262, abs=5e-4), pytest.approx(0.229, abs=5e-4))


def test_a_gru_by_hand():
    """σ(r) = 1/2 halves the h-part, which is 0.5·h + 1; z = σ(ln 3) = 3/4 of the old state stays."""
    cell = scalar([0, 0, 2], [0, 0, 0.5], [0, math.log(3), 0], [0, 0, 1.0])
    (h,) = recurrent.gru_step(np.array([[0.25]]), (np.array([[0.8]]),), cell)
    assert h[0, 0] == pytest.approx(0.25 * math.tanh(0.5 + 0.5 * 1.4) + 0.75 * 0.8, abs=1e-15)


def test_sigmoid_is_the_logistic_function_and_never_overflows():
    a = np.linspace(-30, 30, 7)
    np.testing.assert_allclose(recurrent.sigmoid(a), 1 / (1 + np.exp(-a)), atol=1e-15)
    assert recurrent.sigmoid(np.array([-1e5, 1e5])).tolist() == [0, 1]


# --- unrolled, against torch ----------------------------------------------------------------------------------------------

@given(st.sampled_from(KINDS), st.integers(1, 5), st.integers(1, 4), st.integers(1, 6), st.integers(1, 4), st.data())
@settings(deadline=None, max_examples=40)
def test_numpy_is_torch(kind, d, d_h, T, batch, data):
    random = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    weights, X = initial(kind, d, d_h, random), random.normal(size=(batch, T, d))
    state = tuple(random.normal(size=(batch, d_h)) for _ in range(2 if kind == "lstm" else 1))
    module = MODULES[kind](d, d_h, batch_first=True).double()
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    module.load_state_dict({name: torch.tensor(array) for name, array in zip(names, weights, strict=True)})
    begin = tuple(torch.tensor(part)[None] for part in state)
    with torch.no_grad():
        want, last = module(torch.tensor(X), begin if kind == "lstm" else begin[0])
    H, found = unroll(kind, X, weights, state=state)
    np.testing.assert_allclose(H, want, atol=1e-12)
    for ours, theirs in zip(found, last if kind == "lstm" else (last,), strict=True):
        np.testing.assert_allclose(ours, theirs[0], atol=1e-12)
    assert recurrent.parameter_count(kind, d, d_h) == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_from_both_ends_is_torch_with_lengths(kind):
    _, fast, _ = stack(kind, bidirectional=True)
    lengths = torch.tensor([6, 2, 1, 4, 6])
    with torch.no_grad():
        want, last = fast(inputs(), lengths)
    H, from_left, from_right = recurrent.bidirectional(kind, inputs().numpy(), weights_of(fast),
                                                       weights_of(fast, "_l0_reverse"), lengths=lengths.numpy())
    np.testing.assert_allclose(H, want, atol=1e-12)
    for k, part in enumerate(last):
        np.testing.assert_allclose(from_left[k], part[0], atol=1e-12)
        np.testing.assert_allclose(from_right[k], part[1], atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_in_a_batch_is_the_text_alone_and_what_is_filled_in_changes_no_bit(kind):
    weights = initial(kind, 3, 4, np.random.default_rng(0))
    X, lengths = inputs().numpy(), [6, 2, 1, 4, 3]
    for backwards in (False, True):
        H, last = unroll(kind, X, weights, lengths=lengths, backwards=backwards)
        spoilt = X.copy()
        for b, length in enumerate(lengths):
            spoilt[b, length:] = np.inf
            alone, end = unroll(kind, X[b : b + 1, :length], weights, backwards=backwards)
            np.testing.assert_allclose(H[b, :length], alone[0], atol=1e-14)
            assert not H[b, length:].any()
            for part, whole in zip(end, last, strict=True):
                np.testing.assert_allclose(whole[b], part[0], atol=1e-14)
        again, last_again = unroll(kind, spoilt, weights, lengths=lengths, backwards=backwards)
        assert np.array_equal(H, again) and all(map(np.array_equal, last, last_again))


ONE = initial("lstm", 3, 4, np.random.default_rng(0))


@pytest.mark.parametrize(("kind", "options", "error", "match"), [
    ("elman", {}, ValueError, "unknown kind of cell 'elman', expected one of rnn, lstm, gru"),
    ("gru", {}, ValueError, r"expected gru weights of shapes \(\(12, 3\), .* got \(\(16, 3\)"),
    ("lstm", {"X": np.zeros((2, 5, 4))}, ValueError, r"for inputs of width 4, got \(\(16, 3\)"),
    ("lstm", {"X": np.zeros((5, 3))}, ValueError, r"X must have 3 axes, got shape \(5, 3\)"),
    ("lstm", {"X": [[["a", "b", "c"]]]}, TypeError, "X must be an array of real numbers"),
    ("lstm", {"lengths": [5, 6]}, ValueError, r"lengths must be 2 integers from 1 to 5, got \[5, 6\]"),
    ("lstm", {"lengths": [0, 5]}, ValueError, r"got \[0, 5\]"), ("lstm", {"lengths": [5]}, ValueError, r"got \[5\]"),
    ("lstm", {"lengths": [1.0, 2.0]}, ValueError, r"got \[1.0, 2.0\]"),
    ("lstm", {"state": (np.zeros((2, 4)),)}, ValueError, r"expected a state of 2 × \(2, 4\) for lstm, got \[\(2, 4\)\]"),
])
def test_unroll_refuses(kind, options, error, match):
    with pytest.raises(error, match=match):
        unroll(kind, **{"X": np.zeros((2, 5, 3)), "weights": ONE, **options})


# --- what a gradient passes through ---------------------------------------------------------------------------------------

def test_jacobians_by_hand():
    """W_hh = 0.5 and the states of the RNN above: ∂h_3/∂h_1 = 0.25 (1 − 0.180²)(1 − 0.363²) = 0.210."""
    norms = recurrent.jacobian_norms([[0.5]], [[0.762], [0.363], [0.180]])
    np.testing.assert_allclose(norms, [0.210, 0.484, 1], atol=5e-4)


def test_jacobians_are_those_of_autograd():
    random = np.random.default_rng(4)
    W_hh, X = random.normal(size=(4, 4)), random.normal(size=(1, 5, 3))
    weights = initial("rnn", 3, 4, random)._replace(W_hh=W_hh)
    H, _ = unroll("rnn", X, weights)
    W_xh, b = torch.tensor(weights.W_xh), torch.tensor(weights.b_xh + weights.b_hh)

    def last_from(t):
        """h_T as a function of h_t."""
        def go_on(h):
            for x in torch.tensor(X[0, t + 1 :]):
                h = torch.tanh(W_xh @ x + torch.tensor(W_hh) @ h + b)
            return h
        return go_on

    wanted = [torch.linalg.matrix_norm(torch.autograd.functional.jacobian(last_from(t), torch.tensor(H[0, t])), 2)
              for t in range(5)]
    np.testing.assert_allclose(recurrent.jacobian_norms(W_hh, H[0]), wanted, atol=1e-12)
    with pytest.raises(ValueError, match=r"expected W_hh of shape \(4, 4\) for states \(5, 4\), got \(3, 4\)"):
        recurrent.jacobian_norms(W_hh[:3], H[0])


def test_gradients_through_time_by_hand():
    """W_xh = 1, W_hh = 0.5: the states of 1, 0, 0 as above. Only the last state counts, by 1; each step back is a factor."""
    h = [math.tanh(1), math.tanh(0.5 * math.tanh(1))]
    h.append(math.tanh(0.5 * h[1]))
    slopes = [1 - one**2 for one in h]
    back = [slopes[2] * 0.5 * slopes[1] * 0.5 * slopes[0], slopes[2] * 0.5 * slopes[1], slopes[2]]      # ∂L/∂a_1 … ∂L/∂a_3
    given = [[[1.0], [0], [0]]], [[[0.0], [0], [1]]], scalar([1], [0.5], [0])
    dX, found = recurrent.rnn_gradients(*given)
    np.testing.assert_allclose(dX[0, :, 0], back, atol=1e-15)
    want = [back[0], back[1] * h[0] + back[2] * h[1], sum(back), sum(back)]
    np.testing.assert_allclose(np.concatenate(found, axis=None), want, atol=1e-15)
    dX, found = recurrent.rnn_gradients(*given, chunk=2)                       # nothing goes back over the third step
    np.testing.assert_allclose(np.concatenate(found, axis=None), [0, back[2] * h[1], back[2], back[2]], atol=1e-15)
    assert dX[0, :2].tolist() == [[0], [0]]


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 7), st.integers(1, 3), st.integers(1, 8), st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_gradients_through_time_are_those_of_autograd(d, d_h, T, batch, chunk, seed):
    """In chunks they are what is left when torch is told to forget the history of the state between them."""
    random = np.random.default_rng(seed)
    weights, state = initial("rnn", d, d_h, random), (random.normal(size=(batch, d_h)),)
    X, dH = random.normal(size=(batch, T, d)), random.normal(size=(batch, T, d_h))
    leaves = [torch.tensor(array, requires_grad=True) for array in (X, *weights)]
    x, W_xh, W_hh, b_xh, b_hh = leaves
    h, total = torch.tensor(state[0]), torch.zeros((), dtype=torch.float64)
    for t in range(T):
        h = torch.tanh(x[:, t] @ W_xh.T + b_xh + (h.detach() if t % chunk == 0 else h) @ W_hh.T + b_hh)
        total = total + (h * torch.tensor(dH[:, t])).sum()
    total.backward()
    dX, found = recurrent.rnn_gradients(X, dH, weights, state=state, chunk=chunk)
    for ours, leaf in zip((dX, *found), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, atol=1e-12)
    if chunk >= T:
        whole = recurrent.rnn_gradients(X, dH, weights, state=state)
        assert all(map(np.array_equal, (whole[0], *whole[1]), (dX, *found)))


def test_gradients_through_time_refuse():
    weights = initial("rnn", 3, 4, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"expected dH of the shape of the states, \(2, 5, 4\), got \(2, 5, 3\)"):
        recurrent.rnn_gradients(np.zeros((2, 5, 3)), np.zeros((2, 5, 3)), weights)
    with pytest.raises(ValueError, match="the length of a chunk must be at least 1, got 0"):
        recurrent.rnn_gradients(np.zeros((2, 5, 3)), np.zeros((2, 5, 4)), weights, chunk=0)
    with pytest.raises(ValueError, match="expected rnn weights of shapes"):
        recurrent.rnn_gradients(np.zeros((2, 5, 3)), np.zeros((2, 5, 4)), ONE)


def derivative(kind, x, state, weights, step=1e-6):
    """The Jacobian of a step with respect to the whole state, by central differences."""
    flat = np.concatenate(state, axis=1)
    n = flat.shape[1]
    moved = tuple(np.split(np.concatenate([flat + step * np.eye(n), flat - step * np.eye(n)]), len(state), axis=1))
    after = np.concatenate(STEPS[kind](np.repeat(x, 2 * n, axis=0), moved, weights), axis=1)
    return (after[:n] - after[n:]).T / (2 * step)


@pytest.mark.parametrize(("kind", "forget", "want"), [
    ("rnn", None, [1.0, 0.099, 0.0033, 4.3e-6]), ("lstm", 0, [0.81, 0.15, 0.018, 1.8e-4]), ("lstm", 2, [1.1] * 4)])
def test_the_table_of_the_written_question_was_measured(kind, forget, want):
    """Norms of the derivatives of the last state 1, 5, 10 and 20 steps back, d = 16 and d_h = 32, before any training."""
    X, weights = np.random.default_rng(0).normal(size=(1, 21, 16)), initial(kind, 16, 32, np.random.default_rng(10))
    if forget is not None:
        weights.b_xh[32:64], weights.b_hh[32:64] = forget, 0
    state, steps = start(kind, 1, 32), []
    for t in range(21):
        steps.append(derivative(kind, X[:, t], state, weights))
        state = STEPS[kind](X[:, t], state, weights)
    product, norms = np.eye(steps[0].shape[0]), []
    for matrix in steps[:0:-1]:
        product = product @ matrix
        norms.append(np.linalg.norm(product, 2))
    assert [float(f"{norms[back - 1]:.2g}") for back in (1, 5, 10, 20)] == want


def test_the_earliest_step_is_that_of_a_simulation():
    layers, times = 3, 10
    done, step = np.zeros((layers, times), int), 0
    while not done.all():                                                     # at every step all that is ready is computed
        step += 1
        ready = [(layer, t) for layer in range(layers) for t in range(times) if not done[layer, t]
                 and (t == 0 or done[layer, t - 1]) and (layer == 0 or done[layer - 1, t])]
        for place in ready:
            done[place] = step
    grid = recurrent.earliest_step(np.arange(1, 11), np.arange(1, 4)[:, None])
    assert np.array_equal(grid, done) and grid[0, 0] == 1 and grid[-1, -1] == 12
    for arguments in [(0, 1), ([1.5], 1), (1, [0])]:
        with pytest.raises(ValueError, match="must be integers of at least 1"):
            recurrent.earliest_step(*arguments)


def test_parameters_are_in_the_ratio_of_the_gates():
    rnn, gru, lstm = (recurrent.parameter_count(kind, 30, 50) for kind in ("rnn", "gru", "lstm"))
    assert (gru, lstm) == (3 * rnn, 4 * rnn)
    with pytest.raises(ValueError, match="hidden must be at least 1, got 0"):
        initial("rnn", 1, 0, np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng must be a NumPy generator"):
        initial("rnn", 1, 1, 0)


# --- networks in torch ------------------------------------------------------------------------------------------------------

def results(cells, x, lengths, state, up):
    """Outputs, last state, and the gradients of a random sum over both with respect to inputs, state and weights."""
    x = x.clone().requires_grad_()
    begin = tuple(part.clone().requires_grad_() for part in state)
    out, last = cells(x, lengths, begin)
    total = (out * up[: out.numel()].view_as(out)).sum() + sum((part * up[: part.numel()].view_as(part)).sum() for part in last)
    gradients = torch.autograd.grad(total, [x, *begin, *cells.parameters()])
    return [out.detach(), *(part.detach() for part in last), *gradients]


@pytest.mark.parametrize("lengths", [None, [6, 2, 1, 4, 6]])
@pytest.mark.parametrize("options", [{}, {"layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_written_by_hand_it_is_torch_in_outputs_and_gradients(kind, options, lengths, dtype, tolerance):
    hand, fast, plain = stack(kind, dtype=dtype, **options)
    x, generator = inputs(dtype=dtype), torch.Generator().manual_seed(7)
    number = options.get("layers", 1) * (2 if options.get("bidirectional") else 1)
    state = tuple(torch.randn(number, 5, 4, generator=generator, dtype=dtype) for _ in range(2 if kind == "lstm" else 1))
    up = torch.randn(5 * 6 * 8, generator=generator, dtype=dtype)
    lengths = None if lengths is None else torch.tensor(lengths)

    def as_torch(x, _, begin):
        """torch's module without this package's interface, packed where there are lengths."""
        given = begin if kind == "lstm" else begin[0]
        if lengths is None:
            out, last = plain(x, given)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            out, last = plain(packed, given)
            out, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
        return out, last if kind == "lstm" else (last,)

    as_torch.parameters = plain.parameters
    want = results(as_torch, x, lengths, state, up)
    for cells in (hand, fast):
        for ours, theirs in zip(results(cells, x, lengths, state, up), want, strict=True):
            torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_networks_are_the_cells_in_numpy(kind):
    hand, _, _ = stack(kind, layers=2)
    out, last = hand(inputs())
    lower, first = unroll(kind, inputs().numpy(), weights_of(hand))
    upper, second = unroll(kind, lower, weights_of(hand, "_l1"))
    np.testing.assert_allclose(out.detach(), upper, atol=1e-12)
    for part, ours in zip(last, zip(first, second, strict=True), strict=True):
        np.testing.assert_allclose(part.detach(), np.stack(ours), atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_finite_differences(kind):
    hand, _, _ = stack(kind, bidirectional=True)
    lengths = torch.tensor([3, 1])
    x = inputs(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, *weights: torch.func.functional_call(
        hand, dict(zip(hand.state_dict(), weights, strict=True)), (x, lengths))[0], (x, *hand.parameters()))


@pytest.mark.parametrize("fast", [False, True])
def test_where_the_final_states_lie(fast):
    """Two layers from both ends: of the top one, rows 2 and 3, the last output to the right and the first to the left."""
    hand, quick, _ = stack("lstm", layers=2, bidirectional=True)
    out, (h, c) = (quick if fast else hand)(inputs())
    assert h.shape == c.shape == (4, 5, 4)
    assert torch.equal(h[2], out[:, -1, :4]) and torch.equal(h[3], out[:, 0, 4:])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fast", [False, True])
def test_what_is_filled_in_changes_no_bit_of_outputs_and_gradients(kind, fast):
    cells = stack(kind, layers=2, bidirectional=True)[fast]
    lengths = torch.tensor([6, 2, 1, 4, 6])
    padding = torch.arange(6) >= lengths[:, None]

    def both(filler):
        out, last = cells(inputs().masked_fill(padding[..., None], filler), lengths)
        cells.zero_grad()
        (out.sum() + sum((part**2).sum() for part in last)).backward()
        return [out, *last, *(p.grad.clone() for p in cells.parameters())]

    assert all(map(torch.equal, both(0.0), both(float("nan"))))
    assert not both(0.0)[0][padding].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fast", [False, True])
def test_a_state_that_is_handed_on_continues_the_text(kind, fast):
    cells = stack(kind, layers=2)[fast]
    whole, last = cells(inputs())
    first, state = cells(inputs()[:, :2])
    rest, end = cells(inputs()[:, 2:], None, networks.detach(state))
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole, atol=1e-12, rtol=0)
    for ours, theirs in zip(end, last, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)
    assert all(part.grad_fn is None for part in networks.detach(state))


@pytest.mark.parametrize("fast", [False, True])
def test_networks_refuse(fast):
    cells = stack("lstm")[fast]
    for x, match in [(torch.zeros(2, 5, 4).double(), r"inputs of shape \(B, T, 3\), got \(2, 5, 4\)"),
                     (torch.zeros(5, 3).double(), r"got \(5, 3\)")]:
        with pytest.raises(ValueError, match=match):
            cells(x)
    for lengths in ([0, 1, 2, 3, 4], [1, 2, 3, 4, 7], [1, 2], [1.0, 2, 3, 4, 5]):
        with pytest.raises(ValueError, match="lengths must be 5 integers from 1 to 6, got"):
            cells(inputs(), torch.tensor(lengths))
    zeros = torch.zeros(1, 5, 4).double()
    for state in ((zeros,), (zeros, zeros[:, :3]), (zeros[0], zeros[0])):
        with pytest.raises(ValueError, match=r"expected a state of 2 × \(1, 5, 4\), got"):
            cells(inputs(), None, state)
    make = networks.fast_cells if fast else networks.Recurrent
    for kind, d, options, match in [("elman", 1, {}, "unknown kind of cell"), ("rnn", 0, {}, "inputs must be at least 1"),
                                    ("rnn", 1, {"layers": 0}, "layers must be"), ("rnn", 1, {"dropout": 2}, "dropout must")]:
        with pytest.raises(ValueError, match=match):
            make(kind, d, 1, **options)


@pytest.mark.parametrize("fast", [False, True])
def test_dropout_is_between_layers_and_in_training_alone(fast):
    cells = networks.make_cells("gru", 3, 4, layers=2, dropout=0.5, fast=fast).double()
    one = networks.make_cells("gru", 3, 4, layers=1, dropout=0.5, fast=fast).double()
    first, second = cells(inputs())[0], cells(inputs())[0]
    assert not torch.equal(first, second) and torch.equal(one(inputs())[0], one(inputs())[0])
    cells.eval()
    assert torch.equal(cells(inputs())[0], cells(inputs())[0])


@pytest.mark.parametrize("fast", [False, True])
def test_weights_come_from_the_generator_and_the_forget_gate_gets_its_bias_once(fast):
    state = torch.get_rng_state()
    cells, same = (networks.make_cells("lstm", 3, 4, fast=fast, forget_bias=2.0) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(map(torch.equal, cells.parameters(), same.parameters()))
    total = (cells.bias_ih_l0 + cells.bias_hh_l0).detach()
    assert total[4:8].tolist() == [2.0] * 4 and (total[8:] != 2.0).all()
    assert max(weight.abs().max().item() for weight in (cells.weight_ih_l0, cells.weight_hh_l0)) <= 0.5
    drawn = networks.make_cells("lstm", 3, 4, fast=fast)
    assert torch.equal(drawn.weight_ih_l0, cells.weight_ih_l0) and drawn.bias_ih_l0[4:8].unique().numel() == 4
    gru = networks.make_cells("gru", 3, 4, fast=fast, forget_bias=2.0)
    assert (gru.bias_ih_l0.abs() <= 0.5).all()                                # it has no forget gate


def test_the_half_in_numpy_needs_no_torch():
    code = "import sys; from llmcourse.recurrent import unroll; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    with pytest.raises(AttributeError, match="has no attribute 'Transformer'"):
        recurrent.Transformer  # noqa: B018
    assert all(hasattr(recurrent, name) for name in recurrent.__all__)
    assert {name for names in recurrent.WITH_TORCH.values() for name in names.split()} <= set(recurrent.__all__)
