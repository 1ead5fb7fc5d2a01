"""The computation graph against torch on random graphs, against finite differences, and at its edges."""

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
    with pytest.raises(ValueError, match="target 4"):
        Tensor(x).cross_entropy(targets + 1)


def test_shapes_and_indexing():
    x = np.random.default_rng(6).normal(size=(4, 3))
    ids = np.array([[0, 2, 2], [3, 0, 2]])                     # row 2 is used three times
    agree(lambda a: a[ids], lambda a: a[ids], x)
    agree(lambda a: a[1:3, ::2], lambda a: a[1:3, ::2], x)
    agree(lambda a: a[:, None, 1], lambda a: a[:, None, 1], x)
    agree(lambda a: a[x > 0], lambda a: a[x > 0], x)
    agree(lambda a: a.reshape(2, 6), lambda a: a.reshape(2, 6), x)
    agree(lambda a: a.swapaxes(0, 1), lambda a: a.swapaxes(0, 1), x)


@pytest.mark.parametrize("exponent", [2, 3, -1, 0.5, 0, 1, -2.5])
def test_powers(exponent):
    agree(lambda a: a**exponent, lambda a: a**exponent, np.array([0.3, 1.0, 2.5]))


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
    with pytest.raises(ValueError, match="scalar"):
        y.backward()
    with pytest.raises(ValueError, match=r"\(3,\)"):
        y.backward(np.ones(3))
    y.backward([1.0, 10.0])
    assert y.parents[0].gradient.tolist() == [3, 30]


def test_numpy_arrays_and_numbers_on_the_left():
    x = Tensor([1.0, 2.0])
    for value, want in [(np.array([3.0, 4]) + x, [4, 6]), (np.array([3.0, 4]) * x, [3, 8]), (np.float64(5) - x, [4, 3]),
                        (np.array([3.0, 4]) / x, [3, 2]), (np.eye(2) @ x, [1, 2]), (1 - x, [0, -1]), (2 / x, [2, 1])]:
        assert isinstance(value, Tensor) and value.data.tolist() == want


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
    with pytest.raises(ValueError, match="average"):
        Tensor(np.zeros((0, 2))).mean()


def test_unbroadcast_by_hand():
    assert unbroadcast(np.ones((4, 2, 3)), (2, 1)).tolist() == [[12], [12]]
    assert unbroadcast(np.ones((2, 3)), ()) == 6
    assert repr(Tensor(1.5, "w")) == "Tensor(1.5, 'w')"
