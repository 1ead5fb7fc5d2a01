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
for backpropagation; Hendrycks & Gimpel (2016) for GELU; Ba, Kiros & Hinton (2016) for layer normalisation.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from llmcourse.gradient_descent.descent import cross_entropy, cross_entropy_gradient


class Parameter:
    """An array that is learnt, and the gradient of the loss with respect to it: two float arrays of one shape."""

    def __init__(self, value: ArrayLike):
        self.value = np.array(value, dtype=float)
        self.gradient = np.zeros_like(self.value)

    def __repr__(self) -> str:
        return f"Parameter of shape {self.value.shape}"


class Module:
    """A differentiable function. A subclass writes ``_forward`` and ``_backward``, and may hold parameters and modules.

    ``_forward(x)`` returns (output, what backward needs); ``_backward(upstream, saved)`` returns ∂J/∂x.
    """

    def __init__(self) -> None:
        self._saved: tuple | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The output for x, remembered for ``backward``."""
        output, saved = self._forward(np.asarray(x))
        self._saved = (np.shape(output), saved)
        return output

    def backward(self, upstream: ArrayLike) -> np.ndarray | None:
        """∂J/∂x from upstream = ∂J/∂output; adds to the gradients of the parameters."""
        if self._saved is None:
            raise RuntimeError(f"{type(self).__name__}.backward was called before forward")
        shape, saved = self._saved
        upstream = np.asarray(upstream, dtype=float)
        if upstream.shape != shape:
            raise ValueError(f"{type(self).__name__}: the output has shape {shape}, its gradient {upstream.shape}")
        return self._backward(upstream, saved)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.forward(x)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, object]:
        raise NotImplementedError

    def _backward(self, upstream: np.ndarray, saved: object) -> np.ndarray | None:
        raise NotImplementedError

    def modules(self) -> Iterator["Module"]:
        """This module and all modules inside it, in the order of the forward pass."""
        yield self

    def parameters(self) -> list[Parameter]:
        """All parameters of the module and of those inside it."""
        return [p for module in self.modules() for p in vars(module).values() if isinstance(p, Parameter)]

    def zero_gradients(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.gradient[...] = 0.0

    def step(self, step_size: float) -> None:
        """One step of gradient descent with the gradients that were collected: θ ← θ − η ∂J/∂θ."""
        for parameter in self.parameters():
            parameter.value -= step_size * parameter.gradient


def check_features(module: Module, x: np.ndarray, features: int) -> None:
    """ValueError where the last axis of x does not hold so many features."""
    if not x.ndim or x.shape[-1] != features:
        raise ValueError(f"{type(module).__name__} expects {features} features on the last axis, got shape {x.shape}")


class Linear(Module):
    """y = x W + b. (…, inputs) -> (…, outputs); W (inputs, outputs), b (outputs,), drawn from U(−1/√inputs, 1/√inputs)."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator):
        super().__init__()
        if inputs < 1 or outputs < 1:
            raise ValueError(f"a linear map needs at least one input and one output, got {inputs} and {outputs}")
        bound = 1 / math.sqrt(inputs)
        self.weight = Parameter(rng.uniform(-bound, bound, (inputs, outputs)))
        self.bias = Parameter(rng.uniform(-bound, bound, outputs))

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        check_features(self, x, len(self.weight.value))
        return x @ self.weight.value + self.bias.value, x

    def _backward(self, upstream: np.ndarray, x: np.ndarray) -> np.ndarray:
        flat_x, flat_up = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, upstream.shape[-1])    # (N, in), (N, out)
        self.weight.gradient += flat_x.T @ flat_up
        self.bias.gradient += flat_up.sum(axis=0)
        return upstream @ self.weight.value.T


class ReLU(Module):
    """max(x, 0), entry by entry; the slope at 0 is taken as 0."""

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.maximum(x, 0.0), x > 0

    def _backward(self, upstream: np.ndarray, positive: np.ndarray) -> np.ndarray:
        return upstream * positive


class Tanh(Module):
    """tanh x, entry by entry, with the slope 1 − tanh² x."""

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y = np.tanh(x)
        return y, y

    def _backward(self, upstream: np.ndarray, y: np.ndarray) -> np.ndarray:
        return upstream * (1 - y**2)


class Sigmoid(Module):
    """σ(x) = 1 / (1 + e^{−x}), entry by entry, with the slope σ (1 − σ). Written with tanh, which does not overflow."""

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y = 0.5 * (1 + np.tanh(0.5 * x))
        return y, y

    def _backward(self, upstream: np.ndarray, y: np.ndarray) -> np.ndarray:
        return upstream * y * (1 - y)


class GELU(Module):
    """x · Φ(x), with the normal distribution's Φ approximated as ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), entry by entry."""

    SCALE, CUBE = math.sqrt(2 / math.pi), 0.044715

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        t = np.tanh(self.SCALE * (x + self.CUBE * x**3))
        return 0.5 * x * (1 + t), (x, t)

    def _backward(self, upstream: np.ndarray, saved: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        x, t = saved
        inner = self.SCALE * (1 + 3 * self.CUBE * x**2)
        return upstream * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)


class Embedding(Module):
    """Row ids[…] of a table E. Integers (…) -> (…, d); E (V, d), drawn from N(0, 1). Ids have no gradient: None.

    Raises TypeError for ids that are not integers, ValueError for one outside 0 … V−1.
    """

    def __init__(self, size: int, features: int, rng: np.random.Generator):
        super().__init__()
        if size < 1 or features < 1:
            raise ValueError(f"an embedding needs at least one row and one feature, got {size} and {features}")
        self.table = Parameter(rng.normal(size=(size, features)))

    def _forward(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if ids.dtype.kind not in "iu":
            raise TypeError(f"ids must be integers, got dtype {ids.dtype}")
        outside = (ids < 0) | (ids >= len(self.table.value))
        if outside.any():
            raise ValueError(f"id {ids[outside].flat[0]} is outside 0 … {len(self.table.value) - 1}")
        return self.table.value[ids], ids

    def _backward(self, upstream: np.ndarray, ids: np.ndarray) -> None:
        np.add.at(self.table.gradient, ids, upstream)         # a row that was looked up twice gets both gradients


class LayerNorm(Module):
    """γ (x − mean) / √(variance + ε) + β over the last axis. (…, d) -> (…, d); γ (d,) starts at 1, β (d,) at 0."""

    def __init__(self, features: int, epsilon: float = 1e-5):
        super().__init__()
        if features < 1:
            raise ValueError(f"layer normalisation needs at least one feature, got {features}")
        self.gain, self.bias, self.epsilon = Parameter(np.ones(features)), Parameter(np.zeros(features)), epsilon

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        check_features(self, x, len(self.gain.value))
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = 1 / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.epsilon)
        normal = centred * scale
        return self.gain.value * normal + self.bias.value, (normal, scale)

    def _backward(self, upstream: np.ndarray, saved: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        normal, scale = saved
        batch = tuple(range(upstream.ndim - 1))
        self.gain.gradient += (upstream * normal).sum(axis=batch)
        self.bias.gradient += upstream.sum(axis=batch)
        g = upstream * self.gain.value                         # what x would get if mean and variance were constants,
        g = g - g.mean(axis=-1, keepdims=True) - normal * (g * normal).mean(axis=-1, keepdims=True)   # less their part
        return g * scale


class SoftmaxCrossEntropy(Module):
    """The mean of −log softmax(logits)[target], in nats: the last module of a chain. ``forward(logits, targets)``.

    logits (…, V), integer targets (…) -> float. ``backward()`` gives (softmax(logits) − onehot(targets)) / items; an
    upstream gradient other than 1 scales it. Raises like ``gradient_descent.cross_entropy``.
    """

    def forward(self, logits: np.ndarray, targets: ArrayLike) -> float:
        self._saved = ((), (np.asarray(logits), np.asarray(targets)))
        return cross_entropy(logits, targets)

    def backward(self, upstream: float = 1.0) -> np.ndarray:
        return super().backward(upstream)

    def __call__(self, logits: np.ndarray, targets: ArrayLike) -> float:
        return self.forward(logits, targets)

    def _backward(self, upstream: np.ndarray, saved: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return upstream * cross_entropy_gradient(*saved)


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

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, None]:
        for module in self.chain:
            x = module.forward(x)
        return x, None

    def _backward(self, upstream: np.ndarray | None, saved: None) -> np.ndarray | None:
        for module in reversed(self.chain):
            upstream = module.backward(upstream)
        return upstream
