"""Softmax, cross-entropy, descent and gradient checking: numbers by hand, torch, finite differences, a closed form."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from llmcourse import gradient_descent as gd

LOGITS = hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=4, max_side=5), elements=st.floats(-30, 30))


def test_examples_in_docstrings():
    assert doctest.testmod(gd).failed == 0


# --- softmax ---

def test_softmax_by_hand():
    np.testing.assert_allclose(gd.softmax([0, math.log(2), math.log(5)]), [1 / 8, 2 / 8, 5 / 8], rtol=1e-15)
    np.testing.assert_allclose(gd.softmax([[0, 1], [math.log(3), 1]], axis=0), [[1 / 4, 1 / 2], [3 / 4, 1 / 2]], rtol=1e-15)
    assert gd.softmax([-np.inf, 3.0]).tolist() == [0, 1]
    assert gd.softmax([1e308, -1e308]).tolist() == [1, 0]


@settings(deadline=None)
@given(LOGITS, st.data())
def test_softmax_and_log_softmax_are_those_of_torch(z, data):
    torch = pytest.importorskip("torch")
    axis = data.draw(st.integers(-z.ndim, z.ndim - 1))
    before = z.copy()
    np.testing.assert_allclose(gd.softmax(z, axis), torch.softmax(torch.tensor(z), axis).numpy(), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(gd.log_softmax(z, axis), torch.log_softmax(torch.tensor(z), axis), rtol=1e-12, atol=1e-14)
    assert (z == before).all()


@settings(deadline=None)
@given(LOGITS, st.data())
def test_backward_formulas_are_those_of_torch(z, data):
    torch = pytest.importorskip("torch")
    axis = data.draw(st.integers(-z.ndim, z.ndim - 1))
    upstream = np.random.default_rng(z.size).normal(size=z.shape)
    for forward, backward, oracle in [(gd.softmax, gd.softmax_backward, torch.softmax),
                                      (gd.log_softmax, gd.log_softmax_backward, torch.log_softmax)]:
        leaf = torch.tensor(z, requires_grad=True)
        oracle(leaf, axis).backward(torch.tensor(upstream))
        got = backward(forward(z, axis), upstream, axis)
        np.testing.assert_allclose(got, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


@given(LOGITS, st.floats(-1000, 1000))
def test_softmax_is_a_distribution_and_ignores_a_shift(z, shift):
    p = gd.softmax(z)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(gd.softmax(z + shift), p, rtol=1e-9, atol=1e-12)


def test_softmax_keeps_float32_and_makes_floats_of_integers():
    assert gd.softmax(np.zeros(3, np.float32)).dtype == np.float32
    assert gd.softmax(np.array([0, 0])).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("z", [[np.nan, 0], [np.inf, 0], [-np.inf, -np.inf], [[0, 0], [-np.inf, -np.inf]], 3.0, [],
                               np.zeros((2, 0))])
def test_softmax_refuses_what_has_no_distribution(z):
    with pytest.raises(ValueError):
        gd.softmax(z)


def test_softmax_refuses_complex_numbers_and_missing_axes():
    with pytest.raises(TypeError, match="complex"):
        gd.softmax([1j])
    with pytest.raises((ValueError, IndexError)):
        gd.softmax([1.0, 2.0], axis=1)


# --- cross-entropy ---

def test_cross_entropy_by_hand():
    logits = np.log([[1.0, 1, 2], [1, 3, 4]])
    assert gd.cross_entropy(logits, [2, 0]) == pytest.approx((math.log(2) + math.log(8)) / 2, rel=1e-15)
    want = np.array([[1 / 4, 1 / 4, 2 / 4 - 1], [1 / 8 - 1, 3 / 8, 4 / 8]]) / 2
    np.testing.assert_allclose(gd.cross_entropy_gradient(logits, [2, 0]), want, atol=1e-15)


def test_cross_entropy_stays_finite_where_the_probability_underflows():
    assert gd.cross_entropy([[0.0, 1e5]], [0]) == pytest.approx(1e5)
    assert gd.cross_entropy([[0.0, -np.inf]], [1]) == math.inf
    assert gd.cross_entropy([[0.0, -np.inf]], [0]) == 0
    assert gd.cross_entropy_gradient([[0.0, -np.inf]], [1]).tolist() == [[1, -1]]


@settings(deadline=None)
@given(LOGITS, st.data())
def test_cross_entropy_and_its_gradient_are_those_of_torch(z, data):
    torch = pytest.importorskip("torch")
    axis = data.draw(st.integers(-z.ndim, z.ndim - 1))
    rows = np.moveaxis(z, axis, -1)
    targets = np.random.default_rng(z.size).integers(0, z.shape[axis], rows.shape[:-1])
    leaf = torch.tensor(z, requires_grad=True)
    flat = leaf.movedim(axis, -1).reshape(-1, z.shape[axis])
    loss = torch.nn.functional.cross_entropy(flat, torch.tensor(targets.reshape(-1)))
    loss.backward()
    assert gd.cross_entropy(z, targets, axis) == pytest.approx(loss.item(), rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(gd.cross_entropy_gradient(z, targets, axis), leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("targets", "error", "message"), [
    ([0.0, 1.0], TypeError, "integers"), ([True, False], TypeError, "integers"), ([0], ValueError, r"shape \(2,\)"),
    ([[0], [1]], ValueError, r"shape \(2,\)"), ([0, 3], ValueError, "target 3"), ([-1, 0], ValueError, "target -1")])
def test_cross_entropy_refuses_bad_targets(targets, error, message):
    for function in (gd.cross_entropy, gd.cross_entropy_gradient):
        with pytest.raises(error, match=message):
            function(np.zeros((2, 3)), targets)


def test_cross_entropy_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no target"):
        gd.cross_entropy(np.zeros((0, 3)), np.zeros(0, int))


# --- descent ---

X, Y = np.array([0.0, 1, 2, 3]), np.array([1.0, 3, 5, 6])


def line_gradient(theta, batch=slice(None)):
    x, y = X[batch], Y[batch]
    rest = theta[0] * x + theta[1] - y
    return np.array([2 * np.mean(rest * x), 2 * np.mean(rest)])


def test_one_step_by_hand():
    path = gd.gradient_descent(line_gradient, [0.0, 0.0], 0.1, gd.after(1))
    assert path.parameters.tolist()[0] == [0, 0]
    np.testing.assert_allclose(path.final, [0.1 * 2 * (0 + 3 + 10 + 18) / 4, 0.1 * 2 * 15 / 4])
    assert path.reason == "1 steps were made" and path.steps.tolist() == [0, 1]
    np.testing.assert_allclose(path.gradient_norms[0], math.hypot(15.5, 7.5))


def test_descent_on_a_parabola_is_the_closed_form():
    """J = a w²/2 shrinks w by 1 − ηa a step: monotone, alternating, standing still at ηa = 2, growing beyond."""
    for eta in (0.1, 0.4, 0.9, 1.0):
        path = gd.gradient_descent(lambda w: 2.0 * w, 3.0, eta, gd.after(20))
        np.testing.assert_allclose(path.parameters, 3 * (1 - 2 * eta) ** np.arange(21), rtol=1e-9, atol=1e-12)


def test_descent_finds_the_least_squares_line():
    stop = gd.any_of(gd.gradient_below(1e-10), gd.after(100_000))
    path = gd.gradient_descent(line_gradient, np.zeros(2), 0.1, stop)
    np.testing.assert_allclose(path.final, np.polyfit(X, Y, 1), rtol=1e-8)
    assert "gradient" in path.reason and path.gradient_norms[-1] <= 1e-10 < path.gradient_norms[-2]


def test_a_step_too_large_diverges_and_says_so():
    path = gd.gradient_descent(lambda w: 2 * w, 1.0, 1.5, gd.after(10_000))
    assert path.diverged and np.isfinite(path.parameters).all() and path.steps[-1] < 1100


def test_a_step_size_may_depend_on_t():
    path = gd.gradient_descent(lambda w: np.ones(()), 0.0, lambda t: 1 / (t + 1), gd.after(3))
    np.testing.assert_allclose(path.parameters, [0, -1, -1.5, -1.5 - 1 / 3])


def test_recording_every_tenth_point_keeps_the_last():
    path = gd.gradient_descent(lambda w: 2 * w, 1.0, 0.1, gd.after(25), record_every=10)
    assert path.steps.tolist() == [0, 10, 20, 25]
    np.testing.assert_allclose(path.parameters, 0.8 ** path.steps)


def test_the_start_is_left_alone_and_gradients_may_change_their_argument():
    start = np.array([1.0, 2.0])

    def careless(theta):
        theta *= 2
        return theta

    path = gd.gradient_descent(careless, start, 0.25, gd.after(2))
    assert start.tolist() == [1, 2] and path.parameters.tolist() == [[1, 2], [0.5, 1], [0.25, 0.5]]


def test_criteria():
    assert gd.after(0)(0, 0, 0) and not gd.after(3)(2, 0, 0)
    assert gd.gradient_below(5)(0, None, np.array([3.0, 4])) and not gd.gradient_below(4.9)(0, None, np.array([3.0, 4]))
    both = gd.any_of(gd.after(3), gd.gradient_below(1))
    assert "steps" in both(3, None, np.zeros(1)) and "norm" in both(2, None, np.zeros(1)) and both(2, None, np.full(1, 2)) == ""
    assert gd.gradient_descent(line_gradient, [5.0, 5.0], 0.1, gd.after(0)).final.tolist() == [5, 5]


@pytest.mark.parametrize(("arguments", "message"), [
    (([0.0, 0.0], 0.0), "step size"), (([0.0, 0.0], -1), "step size"), (([0.0, 0.0], math.inf), "step size"),
    (([0.0, 0.0], "big"), "step size"), (([np.nan, 0.0], 0.1), "finite"), (([0.0, 0, 0], 0.1), "shape")])
def test_bad_descents_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gd.gradient_descent(line_gradient, *arguments, gd.after(3))


def test_bad_criteria_batches_and_records_are_refused():
    with pytest.raises(ValueError, match="-1"):
        gd.after(-1)
    with pytest.raises(ValueError, match="tolerance"):
        gd.gradient_below(-0.1)
    with pytest.raises(ValueError, match="record_every"):
        gd.gradient_descent(line_gradient, [0.0, 0], 0.1, gd.after(1), record_every=0)
    for size in (0, 5):
        with pytest.raises(ValueError, match=f"got {size}"):
            gd.minibatch_sgd(line_gradient, 4, [0.0, 0.0], 0.1, size, gd.after(1), np.random.default_rng())


def test_a_batch_of_everything_is_gradient_descent():
    whole = gd.minibatch_sgd(line_gradient, 4, [0.0, 0.0], 0.05, 4, gd.after(30), np.random.default_rng(1))
    exact = gd.gradient_descent(line_gradient, [0.0, 0.0], 0.05, gd.after(30))
    np.testing.assert_allclose(whole.parameters, exact.parameters, rtol=1e-12)


def test_sgd_follows_its_samples_and_its_seed():
    seen = []

    def gradient(theta, batch):
        seen.append(batch.tolist())
        return line_gradient(theta, batch)

    path = gd.sgd(gradient, 4, [0.0, 0.0], 0.05, gd.after(200), np.random.default_rng(3))
    theta = np.zeros(2)
    for batch, point in zip(seen, path.parameters, strict=True):
        assert len(batch) == 1 and theta.tolist() == point.tolist()
        theta = theta - 0.05 * line_gradient(theta, batch)
    assert {i for (i,) in seen} == {0, 1, 2, 3}
    again = gd.sgd(line_gradient, 4, [0.0, 0.0], 0.05, gd.after(200), np.random.default_rng(3))
    other = gd.sgd(line_gradient, 4, [0.0, 0.0], 0.05, gd.after(200), np.random.default_rng(4))
    assert (again.parameters == path.parameters).all() and (other.parameters != path.parameters).any()


def test_batches_hold_different_examples_and_all_are_equally_likely():
    seen = []

    def gradient(theta, batch):
        seen.append(batch)
        return np.zeros(2)

    gd.minibatch_sgd(gradient, 6, [0.0, 0.0], 1.0, 3, gd.after(3999), np.random.default_rng(5))
    assert all(len(set(batch.tolist())) == 3 for batch in seen)
    shares = np.bincount(np.concatenate(seen), minlength=6) / len(seen)
    np.testing.assert_allclose(shares, 0.5, atol=5 * math.sqrt(0.25 / len(seen)))


def test_larger_batches_wander_less_and_smaller_steps_let_the_noise_die():
    best = np.polyfit(X, Y, 1)

    def distance(batch_size, step_size):
        path = gd.minibatch_sgd(line_gradient, 4, best, step_size, batch_size, gd.after(4000), np.random.default_rng(7))
        return np.linalg.norm(path.parameters[1000:] - best, axis=1).mean()

    assert distance(1, 0.05) > 1.5 * distance(2, 0.05) > 1.5 * distance(3, 0.05)
    assert distance(1, lambda t: 1 / (20 + t / 4)) < 0.3 * distance(1, 0.05)


# --- checking gradients ---

def test_finite_differences_by_hand():
    assert gd.finite_differences(lambda x: x[0] ** 2 + 3 * x[1], np.array([2.0, 5.0]), 0.5) == pytest.approx([4, 3])
    np.testing.assert_allclose(gd.finite_differences(lambda x: (x**3).sum(), np.ones((2, 2)), 0.5), 3.25)
    assert gd.finite_differences(lambda x: float(x) ** 2, 3.0).shape == ()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_cross_entropy_gradient_passes_the_check(seed):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 4, 3)
    at = rng.normal(scale=3, size=(3, 4))
    assert gd.check_gradient(lambda z: gd.cross_entropy(z, targets), lambda z: gd.cross_entropy_gradient(z, targets), at) < 1e-6


def test_the_check_catches_wrong_gradients():
    at = np.array([[0.3, -1.0, 0.5], [1.0, 0.0, 2.0]])
    targets = [0, 2]

    def loss(z):
        return gd.cross_entropy(z, targets)

    right = gd.cross_entropy_gradient(at, targets)
    onehot = np.eye(3)[targets]
    for wrong in (2 * right, -right, gd.softmax(at) / 2, (gd.softmax(at, 0) - onehot) / 2, right + 1e-4):
        assert gd.check_gradient(loss, lambda z, wrong=wrong: wrong, at) > 1e-3


def test_gradient_error_by_hand():
    assert gd.gradient_error([1.0, 2], [1.0, 2]) == 0 == gd.gradient_error([0.0], [0.0])
    assert gd.gradient_error([1.0, 1e-9], [1.0, 0.0]) == pytest.approx(1e-6)
    assert gd.gradient_error([2.0], [1.0]) == 0.5
    with pytest.raises(ValueError, match="shapes"):
        gd.gradient_error([1.0], [[1.0]])
    with pytest.raises(ValueError, match="positive"):
        gd.finite_differences(float, 1.0, 0.0)
