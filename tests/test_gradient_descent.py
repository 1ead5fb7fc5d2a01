"""Softmax, cross-entropy, descent and gradient checking: numbers by hand, torch, finite differences, a closed form."""

import doctest
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from llmcourse import gradient_descent as gd
from llmcourse.gradient_descent import bigram, descent, graph, modules, optimizers

LOGITS = hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=4, max_side=5), elements=st.floats(-30, 30))


def test_examples_in_docstrings():
    tried = [doctest.testmod(module) for module in (bigram, descent, graph, modules, optimizers)]
    assert sum(result.failed for result in tried) == 0 and sum(result.attempted for result in tried) >= 6


def test_every_public_name_is_there_once():
    assert len(gd.__all__) == len(set(gd.__all__)) and all(hasattr(gd, name) for name in gd.__all__)


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
    for function in (gd.softmax, gd.log_softmax):
        with pytest.raises(ValueError, match=r"at least one logit|finite or −inf"):
            function(z)


@pytest.mark.parametrize("z", [[1j], ["a"], [[1.0], [1.0, 2.0]], None, [{}]])
def test_softmax_refuses_what_is_no_array_of_real_numbers(z):
    with pytest.raises(TypeError, match="logits must be an array of"):
        gd.softmax(z)


def test_missing_axes_are_named():
    z = np.zeros((2, 3))
    assert gd.softmax(z, -2).tolist() == gd.softmax(z, 0).tolist() and gd.softmax(z, 1).tolist() == gd.softmax(z, -1).tolist()
    functions = [gd.softmax, gd.log_softmax, lambda z, axis: gd.softmax_backward(z, z, axis),
                 lambda z, axis: gd.log_softmax_backward(z, z, axis), lambda z, axis: gd.cross_entropy(z, [0, 0], axis),
                 lambda z, axis: gd.cross_entropy_gradient(z, [0, 0], axis)]
    for function in functions:
        for axis in (5, 2, -3):
            with pytest.raises(ValueError, match=rf"shape \(2, 3\) has no axis {axis}"):
                function(z, axis)
        with pytest.raises(TypeError, match="axis must be an integer"):
            function(z, 1.0)


def test_the_axis_is_the_last_one_unless_another_is_named():
    z, targets = np.random.default_rng(2).normal(size=(3, 3)), [0, 2, 1]
    for function, others in ((gd.softmax, ()), (gd.log_softmax, ()), (gd.softmax_backward, (z**2,)),
                             (gd.log_softmax_backward, (z**2,)), (gd.cross_entropy, (targets,)),
                             (gd.cross_entropy_gradient, (targets,))):
        assert np.array_equal(function(z, *others), function(z, *others, 1))
        assert not np.array_equal(function(z, *others), function(z, *others, 0))
    assert gd.as_logits(np.array([[0.0, -np.inf], [-np.inf, 0]])).shape == (2, 2)
    with pytest.raises(ValueError, match="finite or −inf"):
        gd.as_logits([[0.0, 0], [-np.inf, -np.inf]])
    assert gd.as_targets(targets, z).tolist() == targets
    with pytest.raises(ValueError, match=r"target 2 is outside 0 … 1"):
        gd.as_targets(targets, z[:, :2])


def test_backward_formulas_by_hand_from_lists():
    assert gd.softmax_backward([0.5, 0.5], [4, 0]) == pytest.approx([1, -1])             # mean 2, so ½·2 and −½·2
    assert gd.log_softmax_backward(np.log([0.25, 0.75]), [4, 0]) == pytest.approx([3, -3])
    assert gd.log_softmax_backward([-np.inf, 0.0], [1, 2]).tolist() == [1, -1]           # an impossible outcome
    assert np.isnan(gd.log_softmax_backward([0.0, -1.0], [1, np.nan])).all()             # what is no number goes through
    for backward in (gd.softmax_backward, gd.log_softmax_backward):
        with pytest.raises(ValueError, match=r"output has shape \(1, 2\), its upstream gradient \(2,\)"):
            backward([[0.5, 0.5]], [1.0, 2])
        with pytest.raises(TypeError, match="upstream must be an array of real numbers"):
            backward([0.5, 0.5], ["a", "b"])


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
    assert path.reason.startswith(f"diverged: step {path.steps[-1] + 1} leads out of")
    assert abs(-2.0) ** path.steps[-1] == abs(path.final) > 1e307
    assert not gd.gradient_descent(lambda w: 2 * w, 1.0, 0.1, gd.after(1)).diverged


def test_a_step_size_may_depend_on_t():
    path = gd.gradient_descent(lambda w: np.ones(()), 0.0, lambda t: 1 / (t + 1), gd.after(3))
    np.testing.assert_allclose(path.parameters, [0, -1, -1.5, -1.5 - 1 / 3])


def test_recording_every_tenth_point_keeps_the_last():
    path = gd.gradient_descent(lambda w: 2 * w, 1.0, 0.1, gd.after(25), record_every=10)
    assert path.steps.tolist() == [0, 10, 20, 25] == [*range(0, 25, 10), 25]
    np.testing.assert_allclose(path.parameters, 0.8 ** path.steps)
    np.testing.assert_allclose(path.gradient_norms, 2 * 0.8 ** path.steps)
    assert gd.gradient_descent(lambda w: 2 * w, 1.0, 0.1, gd.after(20), record_every=10).steps.tolist() == [0, 10, 20]
    for walk, batch_size in ((gd.sgd, ()), (gd.minibatch_sgd, (2,))):
        every, third = (walk(line_gradient, 4, [0.0, 0.0], 0.05, *batch_size, gd.after(7), np.random.default_rng(3), **keep)
                        for keep in ({}, {"record_every": 3}))
        assert every.steps.tolist() == [*range(8)] and third.steps.tolist() == [0, 3, 6, 7]
        assert (third.parameters == every.parameters[third.steps]).all()
        assert (third.gradient_norms == every.gradient_norms[third.steps]).all()


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
    (([0.0, 0.0], 0.0), "step size must be greater than 0"), (([0.0, 0.0], -1), "step size must be greater than 0"),
    (([0.0, 0.0], math.inf), "step size must be a finite"), (([0.0, 0.0], math.nan), "step size must be a finite"),
    (([0.0, 0.0], lambda t: -0.1), "step size at t = 0 must be at least 0"),
    (([0.0, 0.0], lambda t: math.nan if t else 0.1), "step size at t = 1 must be a finite"),
    (([np.nan, 0.0], 0.1), "start must be finite"), (([np.inf, 0.0], 0.1), "start must be finite"),
    (([0.0, 0, 0], 0.1), r"gradient of that shape, got \(2,\)")])
def test_bad_descents_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gd.gradient_descent(line_gradient, *arguments, gd.after(3))


def test_descents_refuse_the_wrong_kind_of_thing():
    with pytest.raises(TypeError, match="step size must be a number, got 'big'"):
        gd.gradient_descent(line_gradient, [0.0, 0.0], "big", gd.after(3))
    with pytest.raises(TypeError, match="start must be an array of real numbers"):
        gd.gradient_descent(line_gradient, ["0", "1"], 0.1, gd.after(3))
    with pytest.raises(TypeError, match="gradient must be an array of real numbers"):
        gd.gradient_descent(lambda w: ["0", "1"], [0.0, 0.0], 0.1, gd.after(3))
    for stop in (100, None):
        with pytest.raises(TypeError, match=r"such as after\(100\)"):
            gd.gradient_descent(line_gradient, [0.0, 0.0], 0.1, stop)
        with pytest.raises(TypeError, match=r"such as after\(100\)"):
            gd.any_of(gd.after(1), stop)
    with pytest.raises(TypeError, match="rng must be a NumPy generator"):
        gd.sgd(line_gradient, 4, [0.0, 0.0], 0.1, gd.after(1), 0)


def test_a_list_may_be_a_gradient_and_a_schedule_may_start_at_0():
    path = gd.gradient_descent(lambda w: [1, 2], [0, 0], lambda t: [0, 0.5, 1][t], gd.after(3))
    assert path.parameters.tolist() == [[0, 0], [0, 0], [-0.5, -1], [-1.5, -3]]


def test_a_schedule_is_asked_once_for_every_step_and_not_beyond():
    asked = []
    gd.gradient_descent(lambda w: w, 1.0, lambda t: asked.append(t) or 0.1, gd.after(4))
    assert asked == [0, 1, 2, 3]


def test_bad_criteria_batches_and_records_are_refused():
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        gd.after(-1)
    for steps in (2.5, 3.0, "3", True):
        with pytest.raises(TypeError, match="steps must be an integer"):
            gd.after(steps)
    for tolerance in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match="tolerance must be"):
            gd.gradient_below(tolerance)
    with pytest.raises(ValueError, match="never stop"):
        gd.any_of()
    with pytest.raises(ValueError, match="record_every must be at least 1, got 0"):
        gd.gradient_descent(line_gradient, [0.0, 0], 0.1, gd.after(1), record_every=0)
    for size in (0, 5):
        with pytest.raises(ValueError, match=f"batch size must be at least 1.*got {size}"):
            gd.minibatch_sgd(line_gradient, 4, [0.0, 0.0], 0.1, size, gd.after(1), np.random.default_rng())
    with pytest.raises(ValueError, match="examples must be at least 1, got 0"):
        gd.minibatch_sgd(line_gradient, 0, [0.0, 0.0], 0.1, 1, gd.after(1), np.random.default_rng())
    for size, batch_size in ((4.0, 1), (4, 1.5)):
        with pytest.raises(TypeError, match="must be an integer"):
            gd.minibatch_sgd(line_gradient, size, [0.0, 0.0], 0.1, batch_size, gd.after(1), np.random.default_rng())
    assert len(gd.minibatch_sgd(line_gradient, 1, [0.0, 0.0], 0.1, 1, gd.after(1), np.random.default_rng()).steps) == 2


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
    assert gd.finite_differences(lambda x: x[0] * x[1], [3, 5]) == pytest.approx([5, 3])   # a list of integers, too
    # x⁴ has the error 4xh² + …: h is ε^{1/3} at x = 0.5, and grows with x beyond 1
    for x, h in ((0.5, 6.0555e-6), (1000.0, 6.0555e-3)):
        visited = []
        gd.finite_differences(lambda x, visited=visited: visited.append(x.item()) or 0.0, [x])
        assert visited == pytest.approx([x + h, x - h], rel=1e-9) and visited[0] > x > visited[1]


def test_finite_differences_refuse_what_is_no_loss_and_no_step():
    for loss, shape in ((lambda w: w**2, r"\(1,\)"), (lambda w: np.ones((2, 3)), r"\(2, 3\)")):
        with pytest.raises(ValueError, match=f"single number, got an array of shape {shape}"):
            gd.finite_differences(loss, [3.0])
    for loss in (lambda w: "3", lambda w: None, lambda w: gd.Tensor(1.0)):
        with pytest.raises(TypeError, match=r"real numbers|use \.data"):
            gd.finite_differences(loss, [3.0])
    for h in (0.0, -1, math.nan, math.inf):
        with pytest.raises(ValueError, match="h must be"):
            gd.finite_differences(float, 1.0, h)
    for at in ([np.nan], [1.0, np.inf]):
        with pytest.raises(ValueError, match="point must be finite"):
            gd.finite_differences(lambda x: 0.0, at)
    with pytest.raises(TypeError, match="point must be an array of real numbers"):
        gd.finite_differences(lambda x: 0.0, ["1"])


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
    assert gd.gradient_error([0.0, 0.0], [0.0, 1.0]) == 1 == gd.gradient_error([1e308], [0.0])
    assert gd.gradient_error([], []) == 0
    assert gd.gradient_error([1e308], [-1e308]) == 2 == gd.gradient_error([1e-300], [-1e-300])
    with pytest.raises(ValueError, match=r"shapes, \(1,\) and \(1, 1\)"):
        gd.gradient_error([1.0], [[1.0]])
    for pair in (([np.nan], [1.0]), ([1.0], [np.inf])):
        with pytest.raises(ValueError, match="gradient must be finite"):
            gd.gradient_error(*pair)


def test_the_check_leaves_the_point_alone():
    at = np.array([1.0, 2.0])

    def careless(x):
        x *= 3
        return x

    assert gd.check_gradient(lambda x: (x**2).sum(), lambda x: 2 * x, at) < 1e-9
    assert gd.check_gradient(lambda x: float(careless(x).sum()), lambda x: np.full(2, 3.0) + 0 * careless(x), at) < 1e-9
    assert at.tolist() == [1, 2]


# --- one length for many arrays ---

def test_global_norm():
    assert gd.global_norm([[3.0], [[4.0]]]) == 5 == gd.global_norm([np.array([3, 4])]) and gd.global_norm([]) == 0
    assert gd.global_norm([np.zeros(2), []]) == 0 and gd.global_norm([-2.0]) == 2
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape) for shape in ((3, 4), (5,), ())]
    assert gd.global_norm(arrays) == pytest.approx(np.linalg.norm(np.concatenate([a.ravel() for a in arrays])), rel=1e-15)
    with warnings.catch_warnings(action="error"):
        for scale in (1e200, 1e-200, 5e-324, 1e308):
            assert gd.global_norm([[scale]]) == scale
        assert gd.global_norm([[3e200], [4e200]]) == pytest.approx(5e200, rel=1e-15)
        assert gd.global_norm([[3e-200], [4e-200]]) == pytest.approx(5e-200, rel=1e-15)
        assert math.isnan(gd.global_norm([[1.0], [np.nan], [np.inf]])) and gd.global_norm([[-np.inf], [1.0]]) == math.inf
        assert gd.gradient_below(1e-150)(0, None, np.array([1e-149, 0])) == ""
