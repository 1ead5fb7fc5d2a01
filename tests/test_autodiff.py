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
    for module in (ad.Tanh(), ad.Linear(2, 3, rng), ad.SoftmaxCrossEntropy(), ad.Sequential(ad.Tanh())):
        with pytest.raises(RuntimeError, match="before forward"):
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
    with pytest.raises(TypeError, match="integers"):
        table(np.array([0.0]))
    for bad in (-1, 3):
        with pytest.raises(ValueError, match=f"id {bad} "):
            table(np.array([0, bad]))
    for make in (lambda: ad.Linear(0, 1, rng), lambda: ad.Embedding(1, 0, rng), lambda: ad.LayerNorm(0)):
        with pytest.raises(ValueError, match="at least one"):
            make()
    tanh = ad.Tanh()
    with pytest.raises(ValueError, match="two places"):
        ad.Sequential(tanh, ad.Sequential(tanh))
    with pytest.raises(TypeError, match="modules"):
        ad.Sequential(np.tanh)


def test_initial_weights_come_from_the_generator_and_its_range():
    a, b = (ad.Linear(100, 50, np.random.default_rng(12)) for _ in range(2))
    assert (a.weight.value == b.weight.value).all() and np.abs(a.weight.value).max() <= 0.1 and a.weight.value.std() > 0.05
    assert repr(a.weight) == "Parameter of shape (100, 50)"
