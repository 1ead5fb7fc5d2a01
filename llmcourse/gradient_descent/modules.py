"""Unit 03: automatic differentiation with modules, each a forward formula beside its own backward formula.

A module is a function b = f(a) that can also answer: if the loss changes by ∂J/∂b with the output, by how much does it change
with the input, and with the module's own parameters? Chained, modules pass that answer from the last to the first, which is
the chain rule. What every module keeps:

* ``forward(x)`` returns the output and remembers what the backward formula needs, for the latest call only.
* ``backward(upstream)`` takes ∂J/∂output, *adds* ∂J/∂parameter to every parameter's gradient, and returns ∂J/∂input.
  RuntimeError before the first forward; ValueError for an upstream gradient of another shape than the output.
* Calling ``backward`` twice after one ``forward`` returns the same ∂J/∂input and adds to the gradients a second time.
* ``zero_gradients()`` sets all gradients to 0. Nothing else does: forget it, and a step uses the sum of all batches so far.

`graph` has the other form, a graph that the computation itself draws.

Arrays are row-wise: the last axis holds the features of one item, all axes before it are a batch of any shape.

Sources: deck C (module-based AutoDiff: modules with forward() and backward(), chained); Rumelhart, Hinton & Williams (1986)
for backpropagation; Hendrycks & Gimpel (2016) for GELU; Ba, Kiros & Hinton (2016) for layer normalisation; Glorot & Bengio
(2010) and He et al. (2015) for where weights start.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.gradient_descent.descent import Array, Reals, cross_entropy, cross_entropy_gradient


class Parameter:
    """An array that is learnt, and the gradient of the loss with respect to it: two float arrays of one shape."""

    def __init__(self, value: ArrayLike):
        self.value: Array = np.array(arguments.reals("a parameter", value), dtype=float)
        self.gradient: Array = np.zeros_like(self.value)

    def __repr__(self) -> str:
        return f"Parameter of shape {self.value.shape}"


class Module:
    """A differentiable function. A subclass writes ``_forward`` and ``_backward``, and may hold parameters and modules.

    ``_forward(x)`` returns (output, what backward needs); ``_backward(upstream, saved)`` returns ∂J/∂x.
    """

    def __init__(self) -> None:
        self._saved: tuple[tuple[int, ...], Any] | None = None

    def forward(self, x: ArrayLike) -> Reals:
        """The output for x, remembered for ``backward``. TypeError where x is no array of numbers."""
        output, saved = self._forward(self._accept(x))
        self._saved = (output.shape, saved)
        return output

    def backward(self, upstream: ArrayLike) -> Reals | None:
        """∂J/∂x from upstream = ∂J/∂output; adds to the gradients of the parameters."""
        if self._saved is None:
            raise RuntimeError(f"{type(self).__name__}.backward was called before forward")
        shape, saved = self._saved
        gradient = arguments.reals("upstream", upstream, finite=False)
        if gradient.shape != shape:
            raise ValueError(f"{type(self).__name__}: the output has shape {shape}, its gradient {gradient.shape}")
        return self._backward(gradient, saved)

    def __call__(self, x: ArrayLike) -> Reals:
        return self.forward(x)

    def _accept(self, x: ArrayLike) -> Any:
        return arguments.reals(f"the input of {type(self).__name__}", x, finite=False)

    def _forward(self, x: Reals) -> tuple[Reals, Any]:
        raise NotImplementedError

    def _backward(self, upstream: Reals, saved: Any) -> Reals | None:
        raise NotImplementedError

    def modules(self) -> Iterator["Module"]:
        """This module and all modules inside it, in the order of the forward pass."""
        yield self

    def parameters(self) -> list[Parameter]:
        """All parameters of the module and of those inside it, one that several modules share only once."""
        found = [p for module in self.modules() for p in vars(module).values() if isinstance(p, Parameter)]
        return list(dict.fromkeys(found))

    def zero_gradients(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.gradient = np.zeros_like(parameter.value)

    def step(self, step_size: float) -> None:
        """One step of gradient descent with the gradients that were collected: θ ← θ − η ∂J/∂θ. ValueError unless η > 0."""
        arguments.number("the step size", step_size, above=0)
        for parameter in self.parameters():
            parameter.value -= step_size * parameter.gradient


def check_features(module: Module, x: Reals, features: int) -> None:
    """ValueError where the last axis of x does not hold so many features."""
    if not x.ndim or x.shape[-1] != features:
        raise ValueError(f"{type(module).__name__} expects {features} features on the last axis, got shape {x.shape}")


Initialiser = Callable[[int, int, np.random.Generator], Array]
"""From the numbers of inputs and outputs to weights (inputs, outputs)."""


def glorot(inputs: int, outputs: int, rng: np.random.Generator) -> Array:
    """Weights from U(−a, a) with a = √(6 / (inputs + outputs)), (inputs, outputs): variance 2 / (inputs + outputs).

    A compromise between 1/inputs, which keeps the variance of the values from layer to layer, and 1/outputs, which keeps that
    of the gradients, where the slope is about 1 as tanh's is at 0 (Glorot & Bengio 2010). ``xavier_uniform_`` in PyTorch.
    """
    bound = math.sqrt(6 / (arguments.integer("inputs", inputs, least=1) + arguments.integer("outputs", outputs, least=1)))
    return arguments.generator(rng).uniform(-bound, bound, (inputs, outputs))


def he(inputs: int, outputs: int, rng: np.random.Generator) -> Array:
    """Weights from N(0, 2 / inputs), (inputs, outputs): for ReLU, which lets half of the variance through (He et al. 2015).

    ``kaiming_normal_`` in PyTorch, with its ``nonlinearity="relu"``.
    """
    arguments.integer("outputs", outputs, least=1)
    spread = math.sqrt(2 / arguments.integer("inputs", inputs, least=1))
    return arguments.generator(rng).normal(scale=spread, size=(inputs, outputs))


class Linear(Module):
    """y = x W + b. (…, inputs) -> (…, outputs); W (inputs, outputs), b (outputs,).

    Both are drawn from U(−1/√inputs, 1/√inputs), as PyTorch does. With an initialiser, `glorot` or `he`, W comes from it and b
    starts at 0.
    """

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator, initialiser: Initialiser | None = None):
        super().__init__()
        bound = 1 / math.sqrt(arguments.integer("inputs", inputs, least=1))
        arguments.integer("outputs", outputs, least=1)
        if initialiser:
            self.weight, self.bias = Parameter(initialiser(inputs, outputs, rng)), Parameter(np.zeros(outputs))
        else:
            self.weight = Parameter(arguments.generator(rng).uniform(-bound, bound, (inputs, outputs)))
            self.bias = Parameter(rng.uniform(-bound, bound, outputs))

    def _forward(self, x: Reals) -> tuple[Reals, Reals]:
        check_features(self, x, len(self.weight.value))
        return x @ self.weight.value + self.bias.value, x

    def _backward(self, upstream: Reals, x: Reals) -> Reals:
        flat_x, flat_up = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, upstream.shape[-1])    # (N, in), (N, out)
        self.weight.gradient += flat_x.T @ flat_up
        self.bias.gradient += flat_up.sum(axis=0)
        return upstream @ self.weight.value.T


class ReLU(Module):
    """max(x, 0), entry by entry; the slope at 0 is taken as 0."""

    def _forward(self, x: Reals) -> tuple[Reals, NDArray[np.bool]]:
        return np.maximum(x, 0.0), x > 0

    def _backward(self, upstream: Reals, positive: NDArray[np.bool]) -> Reals:
        return upstream * positive


class Tanh(Module):
    """tanh x, entry by entry, with the slope 1 − tanh² x."""

    def _forward(self, x: Reals) -> tuple[Reals, Reals]:
        y = np.tanh(x)
        return y, y

    def _backward(self, upstream: Reals, y: Reals) -> Reals:
        return upstream * (1 - y**2)


class Sigmoid(Module):
    """σ(x) = 1 / (1 + e^{−x}), entry by entry, with the slope σ (1 − σ). Written with tanh, which does not overflow."""

    def _forward(self, x: Reals) -> tuple[Reals, Reals]:
        y = 0.5 * (1 + np.tanh(0.5 * x))
        return y, y

    def _backward(self, upstream: Reals, y: Reals) -> Reals:
        return upstream * y * (1 - y)


class GELU(Module):
    """x · Φ(x), with the normal distribution's Φ approximated as ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), entry by entry."""

    SCALE, CUBE = math.sqrt(2 / math.pi), 0.044715

    def _forward(self, x: Reals) -> tuple[Reals, tuple[Reals, Reals]]:
        near = np.clip(x, -10, 10)                             # beyond, tanh is ±1 to the last digit, and x³ may overflow
        t = np.tanh(self.SCALE * (near + self.CUBE * near**3))
        return 0.5 * x * (1 + t), (near, t)

    def _backward(self, upstream: Reals, saved: tuple[Reals, Reals]) -> Reals:
        x, t = saved
        inner = self.SCALE * (1 + 3 * self.CUBE * x**2)
        return upstream * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)


class Embedding(Module):
    """Row ids[…] of a table E. Integers (…) -> (…, d); E (V, d), drawn from N(0, 1). Ids have no gradient: None.

    Raises TypeError for ids that are not integers, ValueError for one outside 0 … V−1.
    """

    def __init__(self, size: int, features: int, rng: np.random.Generator):
        super().__init__()
        shape = arguments.integer("the size", size, least=1), arguments.integer("the number of features", features, least=1)
        self.table = Parameter(arguments.generator(rng).normal(size=shape))

    def _accept(self, x: ArrayLike) -> NDArray[np.integer]:
        return arguments.ids(x, len(self.table.value), "id")

    def _forward(self, ids: NDArray[Any]) -> tuple[Reals, NDArray[Any]]:
        return self.table.value[ids], ids

    def _backward(self, upstream: Reals, ids: NDArray[Any]) -> None:
        np.add.at(self.table.gradient, ids, upstream)         # a row that was looked up twice gets both gradients


class LayerNorm(Module):
    """γ (x − mean) / √(variance + ε) + β over the last axis. (…, d) -> (…, d); γ (d,) starts at 1, β (d,) at 0.

    The variance is that of the d numbers themselves, divided by d. Entries beyond 1e150 overflow when they are squared.
    """

    def __init__(self, features: int, epsilon: float = 1e-5):
        super().__init__()
        arguments.integer("the number of features", features, least=1)
        self.gain, self.bias = Parameter(np.ones(features)), Parameter(np.zeros(features))
        self.epsilon = arguments.number("epsilon", epsilon, least=0)

    def _forward(self, x: Reals) -> tuple[Reals, tuple[Reals, Reals]]:
        check_features(self, x, len(self.gain.value))
        mean: Reals = x.mean(axis=-1, keepdims=True)
        centred = x - mean
        variance: Reals = (centred**2).mean(axis=-1, keepdims=True)
        scale = 1 / np.sqrt(variance + self.epsilon)
        normal = centred * scale
        return self.gain.value * normal + self.bias.value, (normal, scale)

    def _backward(self, upstream: Reals, saved: tuple[Reals, Reals]) -> Reals:
        normal, scale = saved
        batch = tuple(range(upstream.ndim - 1))
        self.gain.gradient += (upstream * normal).sum(axis=batch)
        self.bias.gradient += upstream.sum(axis=batch)
        g = upstream * self.gain.value                         # what x would get if mean and variance were constants,
        mean: Reals = g.mean(axis=-1, keepdims=True)           # less their part
        along: Reals = (g * normal).mean(axis=-1, keepdims=True)
        return (g - mean - normal * along) * scale


class SoftmaxCrossEntropy:
    """The mean of −log softmax(logits)[target], in nats: what stands behind the last module. ``forward(logits, targets)``.

    logits (…, V), integer targets (…) -> float. ``backward()`` gives (softmax(logits) − onehot(targets)) / items; an
    upstream gradient other than 1 scales it. Raises like ``gradient_descent.cross_entropy``. It has no parameters, and takes
    two arguments, so it is no `Module` and stays outside of a `Sequential`.
    """

    def __init__(self) -> None:
        self._saved: tuple[Reals, NDArray[np.integer]] | None = None

    def forward(self, logits: ArrayLike, targets: ArrayLike) -> float:
        """The loss, and what ``backward`` needs."""
        loss = cross_entropy(logits, targets)
        self._saved = np.asarray(logits), np.asarray(targets)
        return loss

    def backward(self, upstream: float = 1.0) -> Reals:
        """∂J/∂logits, where upstream is the gradient of what is made of this loss, 1 if it is the loss itself."""
        if self._saved is None:
            raise RuntimeError("SoftmaxCrossEntropy.backward was called before forward")
        return arguments.number("upstream", upstream) * cross_entropy_gradient(*self._saved)

    def __call__(self, logits: ArrayLike, targets: ArrayLike) -> float:
        return self.forward(logits, targets)


class Sequential(Module):
    """Modules in a chain, a ← f_k(… f_1(a)); backward runs it from the end. Raises ValueError for a module used twice.

    A module remembers its latest forward only, so one that stands in two places would forget the first. Share parameters
    in the `graph` of Tensors instead.
    """

    def __init__(self, *modules: Module):
        super().__init__()
        for module in modules:
            if not isinstance(module, Module):
                raise TypeError(f"expected modules, got {module!r} of type {type(module).__name__}")
        inside = [id(m) for module in modules for m in module.modules()]
        if len(set(inside)) < len(inside):
            raise ValueError("the same module stands in two places of the chain, but it remembers its latest forward only")
        self.chain = modules

    def modules(self) -> Iterator[Module]:
        yield self
        for module in self.chain:
            yield from module.modules()

    def _accept(self, x: ArrayLike) -> Any:
        return np.asarray(x)                                   # ids or features: the first module knows

    def _forward(self, x: NDArray[Any]) -> tuple[Reals, None]:
        for module in self.chain:
            x = module.forward(x)
        return x, None

    def _backward(self, upstream: Reals, saved: None) -> Reals | None:
        gradient: Reals | None = upstream
        for module in reversed(self.chain):
            if gradient is not None:                           # ids have none, and nothing that learns stands before them
                gradient = module.backward(gradient)
        return gradient
