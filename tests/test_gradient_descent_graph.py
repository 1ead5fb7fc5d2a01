"""The computation graph against torch on random graphs, against finite differences, and at its edges."""

import re
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from llmcourse.gradient_descent import Tensor, as_tensor, check_gradient, unbroadcast

# --- random graphs ---

SHAPES = [(), (1,), (3,), (2, 1), (2, 3), (1, 3), (4, 2, 3)]
UNARY = {
    "neg": lambda a: -a, "tanh": lambda a: a.tanh(), "sigmoid": lambda a: a.sigmoid(), "relu": lambda a: a.relu(),
    "exp": lambda a: a.tanh().exp(), "log": lambda a: (a * a + 1.5).log(), "square": lambda a: a**2,
    "inverse": lambda a: (a * a + 1.0) ** -0.5, "sum": lambda a: a.sum(), "mean": lambda a: a.mean(),
    "from_left": lambda a: 2.0 - a, "over": lambda a: 1.0 / (a.sigmoid() + 0.5),
}
BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / (b * b + 0.7),
}


@st.composite
def programs(draw):
    """Leaves of broadcastable shapes, then operations on any two earlier values: many are used more than once."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
    steps = []
    for i in range(draw(st.integers(1, 14))):
        first, second = draw(st.integers(0, len(shapes) + i - 1)), draw(st.integers(0, len(shapes) + i - 1))
        steps.append((draw(st.sampled_from([*UNARY, *BINARY])), first, second))
    return shapes, steps, draw(st.integers(0, 2**32 - 1))


def execute(values, steps):
    values = list(values)
    for name, first, second in steps:
        a, b = values[first], values[second]
        values.append(UNARY[name](a) if name in UNARY else BINARY[name](a, b))
    total = values[-1].sum()
    for value in values[:-1]:                                  # every value matters to the result
        total = total + (value.tanh() * 0.5).mean()
    return values, total


@settings(deadline=None, max_examples=300)
@given(programs())
def test_random_graphs_have_the_gradients_of_torch(program):
    torch = pytest.importorskip("torch")
    shapes, steps, seed = program
    rng = np.random.default_rng(seed)
    arrays = [np.clip(rng.normal(size=shape), -2, 2) for shape in shapes]
    mine, loss = execute([Tensor(a) for a in arrays], steps)
    theirs, oracle = execute([torch.tensor(a, requires_grad=True) for a in arrays], steps)
    if not np.isfinite(oracle.item()) or abs(oracle.item()) > 1e8:
        return
    for value in theirs:
        value.retain_grad()
    loss.backward()
    oracle.backward()
    assert loss.data == pytest.approx(oracle.item(), rel=1e-10)
    for value, other in zip(mine, theirs, strict=True):        # leaves and intermediate values
        scale = max(1.0, float(other.grad.abs().max()))
        np.testing.assert_allclose(value.gradient, other.grad.numpy(), rtol=1e-7, atol=1e-9 * scale)


def leaf_pair(array):
    torch = pytest.importorskip("torch")
    return Tensor(array), torch.tensor(array, requires_grad=True)


def agree(function, oracle, *arrays):
    """One operation against torch, with a random upstream gradient."""
    torch = pytest.importorskip("torch")
    pairs = [leaf_pair(a) for a in arrays]
    mine, theirs = function(*(p[0] for p in pairs)), oracle(*(p[1] for p in pairs))
    np.testing.assert_allclose(mine.data, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    upstream = np.random.default_rng(1).normal(size=mine.shape)
    mine.backward(upstream)
    theirs.backward(torch.tensor(upstream))
    for tensor, other in pairs:
        np.testing.assert_allclose(tensor.gradient, other.grad.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("left", "right"), [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (6, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((1, 1), (1, 1))])
def test_matrix_products(left, right):
    rng = np.random.default_rng(2)
    agree(lambda a, b: a @ b, lambda a, b: a @ b, rng.normal(size=left), rng.normal(size=right))


@settings(deadline=None, max_examples=60)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3), st.integers(0, 1000))
def test_broadcasting(shapes, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape) for shape in shapes.input_shapes]
    for name, operation in BINARY.items():
        agree(operation, BINARY[name], *arrays)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 2), (1,), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_and_means(axis, keepdims):
    x = np.random.default_rng(3).normal(size=(2, 3, 4))
    axes = tuple(range(3)) if axis is None else axis
    agree(lambda a: a.sum(axis, keepdims), lambda a: a.sum(axes, keepdim=keepdims), x)
    agree(lambda a: a.mean(axis, keepdims), lambda a: a.mean(axes, keepdim=keepdims), x)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(axis):
    x = np.random.default_rng(4).normal(size=(3, 4)) * 5
    agree(lambda a: a.softmax(axis), lambda a: a.softmax(axis), x)
    agree(lambda a: a.log_softmax(axis), lambda a: a.log_softmax(axis), x)


def test_cross_entropy():
    torch = pytest.importorskip("torch")
    x, targets = np.random.default_rng(5).normal(size=(2, 3, 4)), np.array([[0, 3, 3], [1, 2, 0]])
    agree(lambda a: a.cross_entropy(targets),
          lambda a: torch.nn.functional.cross_entropy(a.reshape(-1, 4), torch.tensor(targets.reshape(-1))), x)
    with pytest.raises(ValueError, match="target 4 is outside 0 … 3"):
        Tensor(x).cross_entropy(targets + 1)
    with pytest.raises(ValueError, match="−inf"):
        Tensor([np.nan, 1.0]).cross_entropy(1)


def test_shapes_and_indexing():
    x = np.random.default_rng(6).normal(size=(4, 3))
    ids = np.array([[0, 2, 2], [3, 0, 2]])                     # row 2 is used three times
    agree(lambda a: a[ids], lambda a: a[ids], x)
    agree(lambda a: a[1:3, ::2], lambda a: a[1:3, ::2], x)
    agree(lambda a: a[:, None, 1], lambda a: a[:, None, 1], x)
    agree(lambda a: a[x > 0], lambda a: a[x > 0], x)
    agree(lambda a: a[np.array([True, False, True, True])], lambda a: a[[True, False, True, True]], x)
    agree(lambda a: a[[3, 3], [0, 0]], lambda a: a[[3, 3], [0, 0]], x)
    agree(lambda a: a[...], lambda a: a[...], x)
    for shape in ((2, 6), (12,), (4, 1, -1), ()):
        part = x[:1, 0] if shape == () else x
        agree(lambda a, shape=shape: a.reshape(shape), lambda a, shape=shape: a.reshape(shape), part)
        agree(lambda a, shape=shape: a.reshape(*shape), lambda a, shape=shape: a.reshape(shape), part)
    agree(lambda a: a.swapaxes(0, 1), lambda a: a.swapaxes(0, 1), x)


def test_transposes():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(8).normal(size=(2, 3, 4))
    for axes in ((2, 0, 1), (1, 2, 0), (0, 1, 2), (-1, 0, 1)):
        agree(lambda a, axes=axes: a.transpose(axes), lambda a, axes=axes: a.permute(axes), x)
        agree(lambda a, axes=axes: a.transpose(*axes), lambda a, axes=axes: a.permute(axes), x)
    agree(lambda a: a.transpose(), lambda a: a.permute(2, 1, 0), x)
    agree(lambda a: a.T, lambda a: a.permute(2, 1, 0), x)
    agree(lambda a: a.T, torch.t, x[0])
    assert Tensor(3.0).T.item() == 3
    with pytest.raises(ValueError, match=r"shape \(2, 3, 4\) has no axis 3"):
        Tensor(x).transpose(0, 1, 3)
    with pytest.raises(ValueError, match="axes don't match"):
        Tensor(x).transpose(1, 0)


@pytest.mark.parametrize(("shape", "target"), [
    ((3,), (2, 3)), ((2, 1), (2, 5)), ((), (2, 2)), ((1, 3), (4, 2, 3)), ((3,), (3,))])
def test_broadcast_to(shape, target):
    agree(lambda a: a.broadcast_to(target), lambda a: a.broadcast_to(target), np.random.default_rng(9).normal(size=shape))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate_and_stack(axis):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(10)
    a, b, c = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(4, 3) if axis == 0 else (2, 5))
    agree(lambda *t: Tensor.concatenate(t, axis), lambda *t: torch.cat(t, axis), a, b, c)
    agree(lambda *t: Tensor.stack(t, axis), lambda *t: torch.stack(t, axis), a, b)
    agree(lambda a, b: Tensor.stack([a, b, a], axis), lambda a, b: torch.stack([a, b, a], axis), a, b)
    agree(lambda a: Tensor.concatenate([a, b], axis), lambda a: torch.cat([a, torch.tensor(b)], axis), a)   # b is a constant


def test_concatenate_and_stack_by_default_and_at_their_edges():
    a, b = Tensor([1.0, 2]), Tensor([3.0, 4])
    assert Tensor.concatenate([a, b]).data.tolist() == [1, 2, 3, 4] and Tensor.stack([a, b]).data.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match=r"shape \(2,\) has no axis 1"):
        Tensor.concatenate([a, b], 1)
    for function in (Tensor.concatenate, Tensor.stack):
        with pytest.raises(ValueError, match="need at least one array"):
            function([])
        with pytest.raises(TypeError, match="iterated"):
            function(Tensor([[1.0]]))


def test_where():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(11)
    chosen = np.array([[True, False, True], [False, False, True]])
    for shapes in (((2, 3), (2, 3)), ((3,), (2, 1)), ((), (1, 3))):
        agree(lambda a, b: Tensor.where(chosen, a, b), lambda a, b: torch.where(torch.tensor(chosen), a, b),
              *(rng.normal(size=shape) for shape in shapes))
    a = Tensor([1.0, 2.0])
    Tensor.where([True, False], a, np.inf).backward([5, np.nan])      # what was not chosen has no part in the gradient
    assert a.gradient.tolist() == [5, 0]
    for condition in ([1, 0], "yes", np.array([0.5, 1])):
        with pytest.raises(TypeError, match="condition must be an array of booleans"):
            Tensor.where(condition, a, a)


# --- largest entries, logarithms of sums, roots and signs ---

@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_max(axis, keepdims, ties):
    x = np.random.default_rng(12).normal(size=(2, 3, 4))
    x = np.round(x) if ties else x
    axes = (0, 1, 2) if axis is None else axis
    agree(lambda a: a.max(axis, keepdims), lambda a: a.amax(axes, keepdim=keepdims), x)


@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((3,), (2, 1)), ((), (1, 3))])
def test_maximum(shapes):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(13)
    for rounded in (False, True):
        arrays = [np.round(a) if rounded else a for a in (rng.normal(size=shape) for shape in shapes)]
        agree(lambda a, b: a.maximum(b), torch.maximum, *arrays)


def test_ties_share_the_gradient():
    x, y = Tensor([3.0, 1, 3, 2]), Tensor([3.0, 0, 4, 2])
    x.max().backward(6)
    assert x.gradient.tolist() == [3, 0, 3, 0]
    x.zero_gradients()
    x.maximum(y).backward(np.full(4, 6.0))
    assert x.gradient.tolist() == [3, 6, 0, 3] and y.gradient.tolist() == [3, 0, 6, 3]
    z = Tensor([-np.inf, np.inf])
    z.maximum(z.data).backward([1, 1])
    assert z.gradient.tolist() == [0.5, 0.5]
    assert z.maximum(0).data.tolist() == [0, np.inf]
    for values in (np.zeros((0, 2)), np.zeros((2, 0))):
        with pytest.raises(ValueError, match="there is no largest entry in a tensor of shape"):
            Tensor(values).max(0)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis, keepdims):
    x = np.random.default_rng(14).normal(size=(3, 4)) * 5
    for shift in (0, 1000, -1000):
        agree(lambda a: a.logsumexp(axis, keepdims), lambda a: a.logsumexp(axis, keepdim=keepdims), x + shift)
    x[0, 1:] = -np.inf
    agree(lambda a: a.logsumexp(), lambda a: a.logsumexp(-1), x)
    table = Tensor(np.random.default_rng(15).normal(size=(3, 4)))
    for method in ("logsumexp", "softmax", "log_softmax"):            # the last axis, unless another is named
        assert (getattr(table, method)().data == getattr(table, method)(1).data).all()
    assert Tensor([[0.0, np.log(3)], [1, 1]]).logsumexp().data == pytest.approx([np.log(4), 1 + np.log(2)])
    with pytest.raises(ValueError, match="finite or −inf"):
        Tensor([np.nan, 1.0]).logsumexp()


def test_roots_and_signs():
    torch = pytest.importorskip("torch")
    agree(lambda a: a.sqrt(), torch.sqrt, np.array([0.25, 1, 3]))
    agree(lambda a: a.abs(), torch.abs, np.array([-2.0, -0.0, 0, 3]))
    agree(abs, torch.abs, np.array([-2.0, -0.0, 0, 3]))
    x = Tensor([0.0, 4])
    with np.errstate(divide="ignore"):
        x.sqrt().sum().backward()
    assert x.gradient.tolist() == [np.inf, 0.25]


def test_division_by_very_small_and_very_large_numbers():
    """The gradient −a/b² is −(a/b)/b: b² itself would vanish or overflow."""
    for size in (1e-200, 1e200):
        a, b = Tensor(3 * size), Tensor(size)
        (a / b).backward()
        assert b.gradient == pytest.approx(-3 / size, rel=1e-15) and a.gradient == 1 / size


@pytest.mark.parametrize("exponent", [2, 3, -1, 0.5, 0, 1, -2.5])
def test_powers(exponent):
    agree(lambda a: a**exponent, lambda a: a**exponent, np.array([0.3, 1.0, 2.5]))
    if exponent == 0:
        agree(lambda a: a**exponent, lambda a: a**exponent, np.array([0.0, -1.0]))


def test_a_network_against_finite_differences():
    rng = np.random.default_rng(7)
    x, targets = rng.normal(size=(5, 3)), rng.integers(0, 4, 5)
    b = Tensor(rng.normal(size=4))

    def loss_of(w):
        return ((as_tensor(x) @ w).tanh() @ as_tensor(np.eye(4)) + b).cross_entropy(targets)

    def gradient(w):
        tensor = Tensor(w)
        loss_of(tensor).backward()
        return tensor.gradient

    assert check_gradient(lambda w: float(loss_of(w).data), gradient, rng.normal(size=(3, 4))) < 1e-6


# --- what is promised ---

def test_a_value_used_twice_gets_both_gradients():
    x = Tensor(3.0)
    y = x * x + x
    (y * y).backward()                                         # (x² + x)², slope 2 (x² + x) (2x + 1)
    assert x.gradient == 2 * 12 * 7 and y.gradient == 24
    x = Tensor(2.0)
    (x + x + x).backward()
    assert x.gradient == 3


def test_a_diamond_passes_on_the_sum_once():
    x = Tensor(1.0)
    for _ in range(60):
        x, root = x + x, x                                     # 2⁶⁰ paths, 61 nodes
    assert len(x.graph()) == 61
    x.backward()
    assert root.gradient == 2


def test_a_chain_of_ten_thousand_operations():
    assert sys.getrecursionlimit() < 10_000
    x = Tensor(1.0)
    y = x
    for _ in range(10_000):
        y = y * 1.0001
    y.backward()
    assert x.gradient == pytest.approx(1.0001**10_000) == float(y.data)
    z = Tensor(0.5)
    y = z
    for _ in range(10_000):
        y = y.tanh() + z                                       # one leaf used 10,001 times
    y.backward()
    y.zero_gradients()
    assert z.gradient == 0
    del y                                                      # nor does forgetting it recurse


def test_graph_lists_parents_before_children():
    a, b = Tensor(1.0), Tensor(2.0)
    c = a * b
    d = c + a
    order = (d * c).graph()
    place = {id(node): i for i, node in enumerate(order)}
    assert len(order) == len(place) == 5
    assert all(place[id(p)] < place[id(node)] for node in order for p in node.parents)


def test_backward_twice_doubles_every_gradient_and_zeroing_forgets():
    x = Tensor([1.0, 2.0])
    y = x * x
    loss = (y + x).sum()
    loss.backward()
    first = [node.gradient.copy() for node in loss.graph()]
    loss.backward()
    for node, gradient in zip(loss.graph(), first, strict=True):
        assert (node.gradient == 2 * gradient).all()
    loss.zero_gradients()
    assert all((node.gradient == 0).all() for node in loss.graph())
    loss.backward()
    assert all((node.gradient == g).all() for node, g in zip(loss.graph(), first, strict=True))


def test_gradients_of_two_losses_add_up():
    w = Tensor(3.0)
    (w * 2).backward()
    (w * w).backward()
    assert w.gradient == 2 + 6


def test_backward_from_an_array_needs_its_upstream_gradient():
    y = Tensor([1.0, 2.0]) * 3
    with pytest.raises(ValueError, match=r"only a scalar can be a loss; give upstream for shape \(2,\)"):
        y.backward()
    with pytest.raises(ValueError, match=r"\(3,\)"):
        y.backward(np.ones(3))
    for upstream in (["1", "2"], Tensor([1.0, 1.0])):
        with pytest.raises(TypeError, match=r"upstream must be an array of real numbers|use \.data"):
            y.backward(upstream)
    y.backward([1.0, 10.0])
    assert y.parents[0].gradient.tolist() == [3, 30]


def test_numpy_arrays_and_numbers_on_the_left():
    for make, want, slope in [
            (lambda x: np.array([3.0, 4]) + x, [4, 6], [1, 1]), (lambda x: np.array([3.0, 4]) * x, [3, 8], [3, 4]),
            (lambda x: np.float64(5) - x, [4, 3], [-1, -1]), (lambda x: np.array([3.0, 4]) / x, [3, 2], [-3, -1]),
            (lambda x: np.array([[1.0, 2], [3, 4]]) @ x, [5, 11], [4, 6]), (lambda x: 1 - x, [0, -1], [-1, -1]),
            (lambda x: 2 / x, [2, 1], [-2, -0.5]), (lambda x: 2 + x, [3, 4], [1, 1]), (lambda x: 2 * x, [2, 4], [2, 2])]:
        x = Tensor([1.0, 2.0])
        value = make(x)
        assert isinstance(value, Tensor) and value.data.tolist() == want
        value.sum().backward()
        assert x.gradient.tolist() == slope and value.parents == (x,)


# --- constants ---

def test_plain_numbers_and_arrays_are_no_nodes():
    w, b = Tensor(2.0, "w"), Tensor(1.0, "b")
    error = (w * 4.0 + b - 6) * np.ones(3)
    loss = (error * error).sum()
    names = [node.name or node.operation for node in loss.graph()]
    assert sorted(names) == sorted(["w", "× 4", "b", "+", "− 6", "×", "×", "sum"])
    assert error.parents == (error.graph()[-2],) and loss.parents[0].parents == (error, error)
    loss.backward()
    assert w.gradient == 3 * 2 * 3 * 4 and b.gradient == 18


def test_what_was_made_from_constants_is_one():
    fixed = as_tensor([1.0, 2]) * as_tensor(3) + 1
    assert fixed.constant and fixed.parents == () and fixed.data.tolist() == [4, 7]
    x = Tensor([1.0, 1])
    loss = (x * fixed).sum()
    assert not x.constant and not loss.constant and len(loss.graph()) == 3
    loss.backward()
    assert x.gradient.tolist() == [4, 7] and fixed.gradient.tolist() == [0, 0]
    for constant in (fixed, as_tensor(2.0), Tensor(2.0, constant=True)):
        with pytest.raises(ValueError, match="made from constants only"):
            constant.backward(np.ones(constant.shape))
    assert as_tensor(x) is x


def test_operations_show_their_constant():
    x, array = Tensor([1.0, 2]), np.ones(2)
    shown = {"+ 2": 2 + x, "× 0.5": x * 0.5, "− 3": x - 3, "3 −": 3 - x, "÷ 4": x / np.float64(4), "1 ÷": 1 / x,
             "max 0": x.maximum(0), "+": x + array, "×": array * x, "÷": x / x, "−": x - x, "max": x.maximum(array),
             "^2": x**2, "@": array @ x}
    named = {"−": -x, "exp": x.exp(), "log": x.log(), "√": x.sqrt(), "| |": x.abs(), "tanh": x.tanh(), "σ": x.sigmoid(),
             "relu": x.relu(), "where": Tensor.where(x.data > 1, x, 0), "sum": x.sum(), "mean": x.mean(), "max": x.max(),
             "log Σ exp": x.logsumexp(), "softmax": x.softmax(), "log softmax": x.log_softmax(), "reshape": x.reshape(2, 1),
             "T": x.T, "swap": x.swapaxes(0, 0), "broadcast": x.broadcast_to((2, 2)), "[ ]": x[0],
             "concatenate": Tensor.concatenate([x, x]), "stack": Tensor.stack([x])}
    assert {name: node.operation for name, node in named.items()} == {name: name for name in named}
    assert {name: node.operation for name, node in shown.items()} == {name: name for name in shown}


# --- what NumPy must not do with tensors ---

def test_numpy_does_not_make_object_arrays_of_tensors():
    a, b = Tensor([1.0, 2]), Tensor([3.0, 4])
    for function, hint in [
            (lambda: np.stack([a, b]), "np.stack does not know tensors; use Tensor.stack"),
            (lambda: np.where([True, False], a, b), "np.where does not know tensors; use Tensor.where"),
            (lambda: np.concatenate([a, b]), "use Tensor.concatenate"),
            (lambda: np.sum(a), "use Tensor.sum"),
            (lambda: np.argsort(a), "np.argsort does not know tensors; use .data for its numbers"),
            (lambda: np.array([a, b]), "use .data for its numbers, Tensor.stack for a list of them"),
            (lambda: np.asarray(a), "use .data"),
            (lambda: Tensor([a, b]), "Tensor.stack for a list of them"),
            (lambda: a[b], "use .data"),
            (lambda: Tensor.where(a, a, b), "use .data"),
            (lambda: np.exp(a), "does not support ufuncs")]:
        with pytest.raises(TypeError, match=re.escape(hint)):
            function()


def test_numbers_lengths_and_axes():
    x = Tensor(np.zeros((2, 3)))
    assert (len(x), x.ndim, x.shape, Tensor(1.0).ndim, Tensor(1.0).shape) == (2, 2, (2, 3), 0, ())
    assert Tensor([[2.5]]).item() == 2.5 and type(Tensor(2.5).item()) is float
    assert Tensor(1.0) and not Tensor([0.0])
    with pytest.raises(TypeError, match="without axes has no length"):
        len(Tensor(1.0))
    for call in (lambda: x.item(), lambda: bool(x), lambda: Tensor([]).item()):
        with pytest.raises(ValueError, match="only a tensor with one entry is a number"):
            call()


def test_the_data_is_a_copy_and_the_upstream_gradient_is_not_kept():
    array, upstream = np.ones(2), np.ones(2)
    x = Tensor(array)
    x.backward(upstream)
    array[:], upstream[:] = 7, 7
    assert x.data.tolist() == [1, 1] == x.gradient.tolist()


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="real"):
        Tensor("words")
    with pytest.raises(TypeError, match="exponent"):
        Tensor(1.0) ** Tensor(2.0)
    with pytest.raises(TypeError, match="iterated"):
        list(Tensor([1.0]))
    with pytest.raises(ValueError, match=r"nothing to average in a tensor of shape \(0, 2\)"):
        Tensor(np.zeros((0, 2))).mean()
    for method in ("sum", "mean", "max", "softmax", "log_softmax", "logsumexp"):
        with pytest.raises(ValueError, match="has no axis 2"):
            getattr(Tensor(np.ones((2, 2))), method)(2)


def test_empty_arrays_stretch_too():
    x = Tensor([2.0])
    (x * np.zeros((3, 0))).sum().backward()
    assert x.gradient.tolist() == [0]


def test_unbroadcast_by_hand():
    assert unbroadcast(np.ones((4, 2, 3)), (2, 1)).tolist() == [[12], [12]]
    assert unbroadcast(np.ones((2, 3)), ()) == 6
    assert unbroadcast([[1, 2], [3, 4]], (1, 2)).tolist() == [[4, 6]] and unbroadcast(np.ones((1, 3)), (1, 3)).shape == (1, 3)
    assert repr(Tensor(1.5, "w")) == "Tensor(1.5, 'w')" and repr(Tensor([1, 2.00004])) == "Tensor([1., 2.])"
