"""Optimisers against torch.optim over many steps, and by hand; clipping; what is left alone."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse import gradient_descent as gd
from llmcourse.gradient_descent import Adam, AdamW, Momentum, Parameter, Tensor, clip_gradients

SHAPES = [(3, 4), (5,), (), (2, 1, 2)]


def torch_optimizer(mine, parameters):
    """The optimiser of torch with the same numbers, on copies of the parameters."""
    torch = pytest.importorskip("torch")
    eta = mine.step_size(0)
    if isinstance(mine, Momentum):
        return torch.optim.SGD(parameters, lr=eta, momentum=mine.momentum)
    numbers = {"lr": eta, "betas": mine.betas, "eps": mine.epsilon}
    if isinstance(mine, AdamW):
        return torch.optim.AdamW(parameters, **numbers, weight_decay=mine.weight_decay)
    return torch.optim.Adam(parameters, **numbers)


MAKE = {
    "sgd": lambda p: Momentum(p, 0.1, momentum=0.0), "momentum": lambda p: Momentum(p, 0.1),
    "momentum .5": lambda p: Momentum(p, 0.01, momentum=0.5), "adam": lambda p: Adam(p),
    "adam, other betas": lambda p: Adam(p, 0.05, (0.5, 0.9), epsilon=1e-3),
    "adam, no memory": lambda p: Adam(p, 0.05, (0.0, 0.0)),
    "adamw": lambda p: AdamW(p), "adamw, strong": lambda p: AdamW(p, 0.1, (0.8, 0.95), epsilon=1e-6, weight_decay=0.5),
    "adamw, none": lambda p: AdamW(p, 0.1, weight_decay=0.0),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE.keys())
def test_many_steps_are_those_of_torch(make):
    """Gradients of all sizes; now and then zeros, or None for one parameter: no gradient, which is not the same."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    parameters = [Parameter(rng.normal(size=shape)) for shape in SHAPES]
    twins = [torch.nn.Parameter(torch.tensor(p.value.copy())) for p in parameters]
    mine = make(parameters)
    theirs = torch_optimizer(mine, twins)
    for t in range(60):
        for i, (p, q) in enumerate(zip(parameters, twins, strict=True)):
            size = 0.0 if t % 7 == 3 else 10.0 ** rng.integers(-4, 4)
            p.gradient = rng.normal(scale=size, size=p.value.shape) if size else np.zeros(p.value.shape)
            q.grad = torch.tensor(p.gradient)
            if (t + i) % 5 == 4 or (i == 1 and t < 3):        # the second parameter comes late
                p.gradient = q.grad = None
        mine.step()
        theirs.step()
        for p, q in zip(parameters, twins, strict=True):
            np.testing.assert_allclose(p.value, q.detach().numpy(), rtol=1e-11, atol=1e-13)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_clipping_is_that_of_torch(seed, limit):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    parameters = [Parameter(np.zeros(shape)) for shape in SHAPES]
    twins = [torch.nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in SHAPES]
    for p, q in zip(parameters[:-1], twins[:-1], strict=True):
        p.gradient = rng.normal(scale=3, size=p.value.shape)
        q.grad = torch.tensor(p.gradient)
    parameters[-1].gradient = None
    norm = torch.nn.utils.clip_grad_norm_(twins, limit)
    assert clip_gradients(parameters, limit) == pytest.approx(norm.item(), rel=1e-13)
    for p, q in zip(parameters[:-1], twins[:-1], strict=True):      # torch adds 1e-6 to the norm, so its factor is a hair less
        np.testing.assert_allclose(p.gradient, q.grad.numpy(), rtol=2e-6)
    assert parameters[-1].gradient is None


# --- by hand ---

def one(value, gradient):
    parameter = Parameter(value)
    parameter.gradient = None if gradient is None else np.array(gradient, dtype=float)
    return parameter


@pytest.mark.parametrize(("gradient", "want"), [(1.0, 0.85), (0.0, 0.95), (None, 1.0), (-3.0, 1.05)])
def test_one_step_of_adamw(gradient, want):
    """η = 0.1, λ = 0.5 from w = 1: decay to 0.95, then Adam's first step of η in the sign of the gradient."""
    for epsilon in (0.0, 1e-12):
        w = one(1.0, gradient)
        AdamW([w], 0.1, epsilon=epsilon, weight_decay=0.5).step()
        assert w.value == pytest.approx(want, rel=1e-11)


def test_two_steps_of_adam():
    """g = 1, then −1 with β = (0.5, 0.5): m = 1/2, −1/4, so m̂ = 1, −1/3; v = 1/2, 3/4, so v̂ = 1, 1; ε = 1 halves both."""
    w = one(0.0, 1.0)
    optimizer = Adam([w], 0.6, (0.5, 0.5), epsilon=1.0)
    optimizer.step()
    assert w.value == pytest.approx(-0.3)
    w.gradient = np.array(-1.0)
    optimizer.step()
    assert w.value == pytest.approx(-0.3 + 0.1) and optimizer.steps == 2


def test_momentum_by_hand():
    w = one([0.0, 1.0], [1.0, 0.0])
    optimizer = Momentum([w], 1.0, momentum=0.5)
    for want in (-1, -2.5, -4.25):                             # v = 1, 1.5, 1.75
        optimizer.step()
        assert w.value.tolist() == [want, 1]


def test_momentum_of_0_is_gradient_descent():
    path = gd.gradient_descent(lambda w: 2 * w, [3.0, -1.0], 0.1, gd.after(5))
    w = one([3.0, -1.0], [0, 0])
    optimizer = Momentum([w], 0.1, momentum=0.0)
    for _ in range(5):
        w.gradient = 2 * w.value
        optimizer.step()
    np.testing.assert_allclose(w.value, path.final, rtol=1e-15)


def test_the_step_size_may_depend_on_t():
    w = one(0.0, 1.0)
    optimizer = Momentum([w], lambda t: [0.0, 1.0, 10.0][t], momentum=0.0)
    seen = []
    for _ in range(3):
        optimizer.step()
        seen.append(float(w.value))
    assert seen == [0, -1, -11]


def test_values_are_changed_in_place_and_gradients_are_left():
    w = one([1.0, 2.0], [1.0, 1.0])
    values, gradient = w.value, w.gradient
    for optimizer in (Momentum([w], 0.1), Adam([w], 0.1), AdamW([w], 0.1)):
        optimizer.step()
        assert w.value is values and w.gradient is gradient and gradient.tolist() == [1, 1]
    assert (values < 1.8).all()


def test_a_parameter_without_a_gradient_is_not_remembered():
    """The moments of a parameter count its own gradients: a first step that comes late is still a first step."""
    early, late = one(0.0, 1.0), one(0.0, None)
    optimizer = Adam([early, late], 0.1, epsilon=0.0)
    for _ in range(4):
        optimizer.step()
    late.gradient = np.array(5.0)
    optimizer.step()
    assert late.value == pytest.approx(-0.1) and early.value == pytest.approx(-0.5)


# --- in use ---

def test_tensors_learn_too():
    rng = np.random.default_rng(2)
    x, targets = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    for make in (lambda p: Momentum(p, 0.2), lambda p: Adam(p, 0.1), lambda p: AdamW(p, 0.1)):
        w, b = Tensor(np.zeros((3, 2)), "w"), Tensor(np.zeros(2), "b")
        optimizer, losses = make([w, b]), []
        for _ in range(30):
            loss = (x @ w + b).cross_entropy(targets)
            loss.zero_gradients()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[0] == pytest.approx(math.log(2)) and losses[-1] < losses[0] - 0.05


def test_a_canyon_is_crossed_faster_than_by_plain_descent():
    def left(make):
        w = one([10.0, 1.0], [0.0, 0.0])
        optimizer = make([w])
        for _ in range(100):
            w.gradient = np.array([0.02, 2.0]) * w.value        # a hundred times steeper across than along
            optimizer.step()
        return abs(w.value[0])

    plain = left(lambda p: Momentum(p, 0.5, momentum=0.0))
    assert plain == pytest.approx(10 * 0.99**100) and left(lambda p: Momentum(p, 0.5)) < plain / 5
    assert left(lambda p: Adam(p, 0.1)) < plain


def test_weights_decay_and_biases_do_not_with_two_optimisers():
    module = gd.Linear(2, 2, np.random.default_rng(3))
    weight, bias = module.weight.value.copy(), module.bias.value.copy()
    for optimizer in (AdamW([module.weight], 0.1, weight_decay=0.5), AdamW([module.bias], 0.1, weight_decay=0.0)):
        optimizer.step()
    np.testing.assert_allclose(module.weight.value, 0.95 * weight, rtol=1e-15)
    assert (module.bias.value == bias).all()


def test_clipping_by_hand():
    a, b, c = one([0.0], [3.0]), one([0.0], [-4.0]), one([0.0], None)
    assert clip_gradients([a, b, c], 5.0) == 5 and (a.gradient, b.gradient) == (3, -4)      # at the limit, nothing is scaled
    assert clip_gradients([a, b, c], 1.0) == 5
    np.testing.assert_allclose([a.gradient, b.gradient], [[0.6], [-0.8]], rtol=1e-15)
    assert clip_gradients([a, b], 2.0) == pytest.approx(1) and a.gradient == pytest.approx([0.6])   # never scaled up
    huge = one([0.0], [1e200])
    assert clip_gradients([huge], 1.0) == 1e200 and huge.gradient == pytest.approx([1])
    w = Tensor(2.0)
    (w * w).backward()
    assert clip_gradients([w], 1.0) == 4 and w.gradient == 1
    assert clip_gradients([c], 1.0) == 0


def test_gradients_that_are_not_finite_are_refused_and_left():
    for bad in (np.nan, np.inf):
        a, b = one([0.0], [bad]), one([0.0], [4.0])
        with pytest.raises(ValueError, match="gradients are not finite: their norm is"):
            clip_gradients([a, b], 1.0)
        assert b.gradient == 4


# --- bad input ---

def test_bad_parameters_are_refused():
    w = Parameter([1.0])
    for function in (lambda p: Adam(p), lambda p: Momentum(p, 0.1), lambda p: clip_gradients(p, 1.0)):
        with pytest.raises(TypeError, match="expected parameters, got array"):
            function([np.ones(2)])
        with pytest.raises(ValueError, match="no parameter to learn"):
            function([])
        with pytest.raises(ValueError, match="stands in the list twice"):
            function([w, Parameter([1.0]), w])
        for tensor in (Tensor(1.0) * Tensor(2.0), gd.as_tensor(2.0)):
            with pytest.raises(ValueError, match="only a leaf of the graph can be learnt"):
                function([tensor])
        function(iter([w]))


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda p: Adam(p, 0.0), ValueError, "step size must be greater than 0"),
    (lambda p: Momentum(p, math.nan), ValueError, "step size must be a finite number"),
    (lambda p: Momentum(p, "big"), TypeError, "step size must be a number"),
    (lambda p: Momentum(p, 0.1, momentum=1.0), ValueError, r"momentum must be from 0 to below 1, got 1\.0"),
    (lambda p: Momentum(p, 0.1, momentum=-0.1), ValueError, "momentum must be at least 0"),
    (lambda p: Adam(p, betas=(1.0, 0.9)), ValueError, "β₁ must be from 0 to below 1"),
    (lambda p: Adam(p, betas=(0.9, 1.5)), ValueError, "β₂ must be from 0 to below 1"),
    (lambda p: AdamW(p, betas=(0.9, -1)), ValueError, "β₂ must be at least 0"),
    (lambda p: Adam(p, epsilon=-1e-9), ValueError, "epsilon must be at least 0"),
    (lambda p: AdamW(p, weight_decay=-0.1), ValueError, "weight decay must be at least 0"),
    (lambda p: AdamW(p, weight_decay=None), TypeError, "weight decay must be a number"),
    (lambda p: clip_gradients(p, 0.0), ValueError, "limit must be greater than 0"),
    (lambda p: clip_gradients(p, math.inf), ValueError, "limit must be a finite number")])
def test_bad_numbers_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make([Parameter([1.0])])


def test_defaults_are_those_of_torch():
    adam, adamw, momentum = Adam([Parameter(1.0)]), AdamW([Parameter(1.0)]), Momentum([Parameter(1.0)], 0.1)
    for optimizer in (adam, adamw):
        assert (optimizer.step_size(0), optimizer.betas, optimizer.epsilon) == (1e-3, (0.9, 0.999), 1e-8)
    assert adamw.weight_decay == 0.01 and momentum.momentum == 0.9


def test_an_optimizer_has_to_say_how_it_moves():
    with pytest.raises(NotImplementedError):
        gd.Optimizer([Parameter([1.0])], 0.1).step()
