"""Every module against torch and finite differences; chains of modules; what repeated backward and zeroing do."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse.gradient_descent import finite_differences, gradient_error
from llmcourse.gradient_descent import modules as ad

ACTIVATIONS = [ad.ReLU, ad.Tanh, ad.Sigmoid, ad.GELU]


def torch_twin(module):
    """The same function in torch, with the same parameters; returns it and torch's parameters in our order."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    twins = {ad.ReLU: nn.ReLU, ad.Tanh: nn.Tanh, ad.Sigmoid: nn.Sigmoid}
    if type(module) in twins:
        return twins[type(module)](), []
    if isinstance(module, ad.GELU):
        return nn.GELU(approximate="tanh"), []
    values = [torch.nn.Parameter(torch.tensor(p.value.copy())) for p in module.parameters()]
    if isinstance(module, ad.Linear):
        return lambda x: x @ values[0] + values[1], values
    if isinstance(module, ad.Embedding):
        return lambda ids: nn.functional.embedding(ids, values[0]), values
    if isinstance(module, ad.LayerNorm):
        return lambda x: nn.functional.layer_norm(x, x.shape[-1:], *values, eps=module.epsilon), values
    pairs = [torch_twin(m) for m in module.chain]

    def run(x):
        for function, _ in pairs:
            x = function(x)
        return x

    return run, [p for _, own in pairs for p in own]


def same_as_torch(module, x, seed=0):
    torch = pytest.importorskip("torch")
    twin, parameters = torch_twin(module)
    leaf = torch.tensor(x, requires_grad=x.dtype.kind == "f")
    theirs, mine = twin(leaf), module.forward(x)
    np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-9, atol=1e-11)
    upstream = np.random.default_rng(seed).normal(size=mine.shape)
    theirs.backward(torch.tensor(upstream))
    returned = module.backward(upstream)
    if x.dtype.kind == "f":
        np.testing.assert_allclose(returned, leaf.grad.numpy(), rtol=1e-7, atol=1e-9)
    else:
        assert returned is None
    assert len(parameters) == len(module.parameters())
    for mine, theirs in zip(module.parameters(), parameters, strict=True):
        np.testing.assert_allclose(mine.gradient, theirs.grad.numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 3, 4), (0, 4)])
@pytest.mark.parametrize("make", [*ACTIVATIONS, lambda: ad.Linear(4, 3, np.random.default_rng(1)), lambda: ad.LayerNorm(4)])
def test_modules_are_those_of_torch(make, shape):
    module = make()
    for parameter in module.parameters():
        parameter.value += np.random.default_rng(2).normal(size=parameter.value.shape)
    same_as_torch(module, np.random.default_rng(3).normal(scale=3, size=shape))


def test_embedding_adds_up_rows_that_are_looked_up_twice():
    module = ad.Embedding(5, 3, np.random.default_rng(4))
    same_as_torch(module, np.array([[1, 4, 1], [0, 1, 4]]))
    assert (module.table.gradient[[2, 3]] == 0).all()
    assert module.forward(np.array(2)).shape == (3,)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_random_chains_are_those_of_torch(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    width = data.draw(st.integers(1, 5))
    embedded = data.draw(st.booleans())
    modules, features = ([ad.Embedding(6, width, rng)] if embedded else []), width
    for kind in data.draw(st.lists(st.sampled_from([*ACTIVATIONS, ad.Linear, ad.LayerNorm]), max_size=6)):
        if kind is ad.Linear:
            new = data.draw(st.integers(1, 5))
            modules.append(ad.Linear(features, new, rng))
            features = new
        elif kind is ad.LayerNorm:
            modules.append(ad.LayerNorm(features, epsilon=0.1))
        else:
            modules.append(kind())
    chain = ad.Sequential(*modules[:2], ad.Sequential(*modules[2:]))
    shape = data.draw(st.sampled_from([(), (3,), (2, 3)]))
    x = rng.integers(0, 6, shape) if embedded else rng.normal(size=(*shape, width))
    same_as_torch_sequence(chain, x)


def same_as_torch_sequence(chain, x):
    if any(True for m in chain.modules() if not isinstance(m, ad.Sequential)):
        same_as_torch(chain, x)
    else:
        assert (chain(x) == x).all()


@pytest.mark.parametrize("make", [*ACTIVATIONS, lambda: ad.Linear(4, 3, np.random.default_rng(1)), lambda: ad.LayerNorm(4)])
def test_modules_pass_the_gradient_check(make):
    module, rng = make(), np.random.default_rng(5)
    x = rng.normal(size=(3, 4))
    upstream = rng.normal(size=module(x).shape)
    dx = module.backward(upstream)
    assert gradient_error(dx, finite_differences(lambda x: (module(x) * upstream).sum(), x)) < 1e-6
    for parameter in module.parameters():
        held = parameter.value

        def loss(value, parameter=parameter):
            parameter.value = value
            return (module(x) * upstream).sum()

        numerical = finite_differences(loss, held)
        parameter.value = held
        assert gradient_error(parameter.gradient, numerical) < 1e-6


def test_numbers_by_hand():
    linear = ad.Linear(2, 1, np.random.default_rng(0))
    linear.weight.value[:], linear.bias.value[:] = [[2], [3]], [1]
    assert linear(np.array([[1.0, 10], [0, 1]])).tolist() == [[33], [4]]
    assert linear.backward([[1], [2]]).tolist() == [[2, 3], [4, 6]]
    assert linear.weight.gradient.tolist() == [[1], [12]] and linear.bias.gradient.tolist() == [3]
    relu = ad.ReLU()
    assert relu(np.array([-1.0, 0, 2])).tolist() == [0, 0, 2] and relu.backward([5, 5, 5]).tolist() == [0, 0, 5]
    norm = ad.LayerNorm(2, epsilon=0.0)
    assert norm(np.array([1.0, 5.0])).tolist() == [-1, 1]


def test_gelu_is_close_to_the_one_with_the_normal_distribution():
    x = np.linspace(-6, 6, 241)
    exact = np.array([v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])
    assert np.abs(ad.GELU()(x) - exact).max() < 5e-4


def test_large_inputs_do_not_overflow():
    with np.errstate(all="raise"):
        assert ad.Sigmoid()(np.array([-1e4, 1e4])).tolist() == [0, 1]
        assert ad.Tanh()(np.array([-1e4, 1e4])).tolist() == [-1, 1]
        for large in (1e4, 1e103, 1e155, 1e300, 1.7e308):
            gelu = ad.GELU()
            assert gelu(np.array([-large, large])).tolist() == [0, large]
            assert gelu.backward([3.0, 3.0]).tolist() == [0, 3]


def test_gelu_near_the_place_where_it_becomes_straight():
    same_as_torch(ad.GELU(), np.array([-12, -10.01, -10, -9.99, -5, 0, 5, 9.99, 10, 10.01, 12]))


def test_nan_goes_through():
    for module in (ad.Tanh(), ad.Sigmoid(), ad.ReLU(), ad.GELU(), ad.LayerNorm(2), ad.Linear(2, 1, np.random.default_rng(0))):
        assert np.isnan(module(np.array([np.nan, 1.0]))[0])


def test_softmax_cross_entropy_ends_a_chain():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    logits, targets, module = rng.normal(size=(2, 3, 5)), rng.integers(0, 5, (2, 3)), ad.SoftmaxCrossEntropy()
    leaf = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(leaf.reshape(-1, 5), torch.tensor(targets.reshape(-1)))
    loss.backward()
    assert module(logits, targets) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(module.backward(), leaf.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(module.backward(3.0), 3 * leaf.grad.numpy(), atol=1e-12)
    with pytest.raises(ValueError, match="target 5"):
        module(logits, np.full((2, 3), 5))


# --- what is promised ---

def network(rng):
    return ad.Sequential(ad.Embedding(7, 4, rng), ad.Linear(4, 6, rng), ad.Tanh(), ad.LayerNorm(6), ad.Linear(6, 7, rng))


def test_backward_twice_returns_the_same_and_adds_twice():
    rng = np.random.default_rng(7)
    chain = ad.Sequential(ad.Linear(3, 4, rng), ad.GELU(), ad.LayerNorm(4))
    upstream = rng.normal(size=(2, 4))
    chain(rng.normal(size=(2, 3)))
    once = chain.backward(upstream)
    gradients = [p.gradient.copy() for p in chain.parameters()]
    np.testing.assert_array_equal(chain.backward(upstream), once)
    for parameter, gradient in zip(chain.parameters(), gradients, strict=True):
        np.testing.assert_array_equal(parameter.gradient, 2 * gradient)
    chain.zero_gradients()
    assert all((p.gradient == 0).all() for p in chain.parameters())


def test_gradients_of_two_half_batches_are_that_of_the_batch():
    rng = np.random.default_rng(8)
    model, loss = network(rng), ad.SoftmaxCrossEntropy()
    ids, targets = rng.integers(0, 7, 8), rng.integers(0, 7, 8)
    loss(model(ids), targets)
    model.backward(loss.backward())
    whole = [p.gradient.copy() for p in model.parameters()]
    model.zero_gradients()
    for half in (slice(0, 4), slice(4, 8)):
        loss(model(ids[half]), targets[half])
        model.backward(loss.backward(0.5))
    for parameter, gradient in zip(model.parameters(), whole, strict=True):
        np.testing.assert_allclose(parameter.gradient, gradient, atol=1e-12)


def test_a_network_learns_a_permutation():
    rng = np.random.default_rng(9)
    model, loss = network(rng), ad.SoftmaxCrossEntropy()
    ids, targets = np.arange(7), rng.permutation(7)
    for _ in range(300):
        value = loss(model(ids), targets)
        model.zero_gradients()
        model.backward(loss.backward())
        model.step(0.3)
    assert value < 0.05 and (model(ids).argmax(axis=1) == targets).all()


def test_backward_before_forward_and_wrong_shapes_are_refused():
    rng = np.random.default_rng(10)
    for module in (*(kind() for kind in ACTIVATIONS), ad.Linear(2, 3, rng), ad.Embedding(2, 3, rng), ad.LayerNorm(3),
                   ad.SoftmaxCrossEntropy(), ad.Sequential(ad.Tanh())):
        with pytest.raises(RuntimeError, match=f"{type(module).__name__}.backward was called before forward"):
            module.backward(np.ones(3))
    linear = ad.Linear(2, 3, rng)
    linear(np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"\(4, 3\)"):
        linear.backward(np.ones((4, 2)))
    for module, x in [(linear, np.ones((4, 3))), (linear, np.array(1.0)), (ad.LayerNorm(3), np.ones(2))]:
        with pytest.raises(ValueError, match="features"):
            module(x)


def test_bad_ids_sizes_and_chains_are_refused():
    rng = np.random.default_rng(11)
    table = ad.Embedding(3, 2, rng)
    for bad in (np.array([0.0]), [True], ["0"]):
        with pytest.raises(TypeError, match="ids must be integers"):
            table(bad)
    for bad in (-1, 3):
        with pytest.raises(ValueError, match=f"id {bad} is outside 0 … 2"):
            table(np.array([0, bad]))
    assert table([2, 0]).tolist() == table.table.value[[2, 0]].tolist() and table([]).shape == (0, 2)
    both, features = ("inputs", "outputs"), "the number of features"
    for make, names in ((ad.Linear, both), (ad.glorot, both), (ad.he, both), (ad.Embedding, ("the size", features)),
                        (lambda a, b, rng: ad.LayerNorm(min(a, b)), (features, features))):
        assert make(1, 1, rng) is not None
        for name, sizes in zip(names, ((0, 1), (1, 0)), strict=True):
            with pytest.raises(ValueError, match=f"^{name} must be at least 1, got 0"):
                make(*sizes, rng)
        for name, sizes in zip(names, ((1.5, 2), (2, 1.5)), strict=True):
            with pytest.raises(TypeError, match=rf"^{name} must be an integer, got 1\.5"):
                make(*sizes, rng)
    for make in (ad.Linear, ad.Embedding, ad.glorot, ad.he, lambda a, b, rng: ad.Linear(a, b, rng, ad.he)):
        with pytest.raises(TypeError, match="rng must be a NumPy generator"):
            make(1, 1, 0)
    for epsilon in (-1e-9, math.nan):
        with pytest.raises(ValueError, match="epsilon must be"):
            ad.LayerNorm(3, epsilon)
    tanh = ad.Tanh()
    with pytest.raises(ValueError, match="two places"):
        ad.Sequential(tanh, ad.Sequential(tanh))
    for what in (np.tanh, ad.SoftmaxCrossEntropy()):
        with pytest.raises(TypeError, match="expected modules, got"):
            ad.Sequential(what)


def test_what_is_no_array_of_numbers_is_refused():
    linear = ad.Linear(2, 1, np.random.default_rng(0))
    assert linear([1, 2]).tolist() == linear(np.array([1.0, 2.0])).tolist()             # a list of integers will do
    for module in (linear, ad.ReLU(), ad.Tanh(), ad.Sigmoid(), ad.GELU(), ad.LayerNorm(2), ad.Sequential(ad.Tanh())):
        for x in (["a", "b"], None, np.array([1j, 0])):
            with pytest.raises(TypeError, match="the input of"):
                module(x)
        module([1.0, 2.0])
        with pytest.raises(TypeError, match="upstream must be an array of real numbers"):
            module.backward(["a", "b"])
    with pytest.raises(TypeError, match="parameter must be an array of real numbers"):
        ad.Parameter(["1"])
    with pytest.raises(ValueError, match="parameter must be finite, got nan"):
        ad.Parameter([np.nan])
    for step_size, error in ((0, ValueError), (math.nan, ValueError), ("big", TypeError)):
        with pytest.raises(error, match="step size must be"):
            linear.step(step_size)


def test_a_subclass_has_to_say_what_it_does():
    class Idle(ad.Module):
        pass

    for method in (lambda m: m.forward([1.0]), lambda m: m._backward(np.ones(1), None)):
        with pytest.raises(NotImplementedError, match=r"^$"):
            method(Idle())


def test_a_parameter_that_two_modules_share_is_stepped_once():
    rng = np.random.default_rng(0)
    first, second = ad.Linear(2, 2, rng), ad.Linear(2, 2, rng)
    second.weight = first.weight
    model = ad.Sequential(first, ad.Tanh(), second)
    assert model.parameters() == [first.weight, first.bias, second.bias]
    before = first.weight.value.copy()
    model.backward(np.ones_like(model([[1.0, -1.0]])))
    model.step(0.1)
    np.testing.assert_allclose(first.weight.value, before - 0.1 * first.weight.gradient, rtol=1e-15)


def test_nothing_in_front_of_ids_is_asked_for_a_gradient():
    table = ad.Embedding(4, 3, np.random.default_rng(0))
    model = ad.Sequential(ad.Sequential(), table)
    model([1, 1, 2])
    assert model.backward(np.ones((3, 3))) is None and table.table.gradient[:, 0].tolist() == [0, 2, 1, 0]


def test_initial_weights_come_from_the_generator_and_its_range():
    a, b = (ad.Linear(100, 50, np.random.default_rng(12)) for _ in range(2))
    assert (a.weight.value == b.weight.value).all() and (a.bias.value == b.bias.value).all()
    assert repr(a.weight) == "Parameter of shape (100, 50)" and a.bias.value.shape == (50,)
    for values in (a.weight.value, ad.Linear(100, 5000, np.random.default_rng(13)).bias.value):
        is_uniform(values, 0.1)
    assert len(np.unique(a.weight.value)) == 5000 and len(np.unique(a.bias.value)) == 50
    table = ad.Embedding(100, 50, np.random.default_rng(14)).table.value
    assert table.mean() == pytest.approx(0, abs=5 / math.sqrt(5000)) and table.std() == pytest.approx(1, abs=0.05)
    norm = ad.LayerNorm(3)
    assert norm.gain.value.tolist() == [1, 1, 1] and norm.bias.value.tolist() == [0, 0, 0] and norm.epsilon == 1e-5


def is_uniform(values, bound):
    """Drawn from U(−bound, bound): its ends are reached and not passed, its mean and variance are bound²/3 and 0."""
    assert bound * 0.99 < values.max() <= bound and -bound <= values.min() < -bound * 0.99
    far = 5 / math.sqrt(values.size)
    assert abs(values.mean()) < far * bound and values.var() == pytest.approx(bound**2 / 3, rel=far)


def test_initialisers_are_those_of_torch():
    """The same distribution as torch's: bounds and variances of our draws and of its own."""
    torch = pytest.importorskip("torch")
    rng, inputs, outputs = np.random.default_rng(15), 200, 60
    theirs = torch.empty(outputs, inputs)                        # torch stores the outputs first
    generator = torch.Generator().manual_seed(0)
    torch.nn.init.xavier_uniform_(theirs, generator=generator)
    mine = ad.glorot(inputs, outputs, rng)
    assert mine.shape == (inputs, outputs) and mine.dtype == float
    is_uniform(mine, math.sqrt(6 / 260))
    assert theirs.abs().max().item() == pytest.approx(np.abs(mine).max(), rel=0.01)
    torch.nn.init.kaiming_normal_(theirs, nonlinearity="relu", generator=generator)
    mine = ad.he(inputs, outputs, rng)
    assert mine.shape == (inputs, outputs) and mine.std() == pytest.approx(theirs.std().item(), rel=0.03)
    assert mine.std() == pytest.approx(0.1, rel=0.02) and abs(mine.mean()) < 0.005
    assert np.abs(mine).max() > 0.3                              # a normal distribution has a tail, a uniform one has none


def test_linear_takes_an_initialiser():
    for initialiser in (ad.glorot, ad.he):
        module = ad.Linear(6, 4, np.random.default_rng(16), initialiser)
        assert (module.weight.value == initialiser(6, 4, np.random.default_rng(16))).all()
        assert module.bias.value.tolist() == [0, 0, 0, 0]


def test_with_he_a_deep_chain_of_relus_keeps_its_variance():
    rng, x = np.random.default_rng(17), np.random.default_rng(18).normal(size=(200, 300))
    spread = {}
    for name, initialiser in (("he", ad.he), ("glorot", ad.glorot)):
        chain = ad.Sequential(*(module for _ in range(10) for module in (ad.Linear(300, 300, rng, initialiser), ad.ReLU())))
        spread[name] = float((chain(x) ** 2).mean())
    assert 0.5 < spread["he"] < 2 and spread["glorot"] == pytest.approx(spread["he"] / 2**10, rel=0.5)
