"""Unit 03: better steps than −η times the gradient: momentum, Adam, AdamW, and gradients that are clipped before.

An optimiser holds the parameters that it may change. After ``backward`` has collected their gradients, ``step()`` changes
them, in place; ``zero_gradients()`` stays the business of the model. Conventions:

* Parameters are `Parameter` objects of modules or leaf `Tensor` objects of a graph, each once.
* step_size: η, a number or a function from t to η_t, as for ``gradient_descent``; t counts the optimiser's steps from 0.
* A parameter whose gradient is None is left out of the step: no move, no decay, no memory of it. A gradient of zeros is a
  gradient: momentum rolls on and weights decay.
* One optimiser treats all of its parameters alike. Weights that shall decay and biases that shall not need two.

The rules and their defaults are those of ``torch.optim``, where η is called ``lr``, ε ``eps`` and β₁, β₂ ``betas``.

Sources: deck L (the update θ ← θ − η ∂L/∂θ); Polyak (1964) for momentum; Kingma & Ba (2015) for Adam; Loshchilov & Hutter
(2019) for decoupled weight decay; Pascanu, Mikolov & Bengio (2013) for clipping by the global norm.
"""

import math
from collections.abc import Iterable

import numpy as np

from llmcourse import arguments
from llmcourse.gradient_descent.descent import Array, StepSize, global_norm, step_sizes
from llmcourse.gradient_descent.graph import Tensor
from llmcourse.gradient_descent.modules import Parameter

Learnt = Parameter | Tensor
"""What an optimiser may change."""


def _learnt(parameters: Iterable[Learnt]) -> list[Learnt]:
    found = list(parameters)
    for parameter in found:
        if not isinstance(parameter, Parameter | Tensor):
            raise TypeError(f"expected parameters, got {parameter!r} of type {type(parameter).__name__}")
        if isinstance(parameter, Tensor) and (parameter.operation or parameter.constant):
            raise ValueError(f"only a leaf of the graph can be learnt, got a result or a constant: {parameter!r}")
    if not found:
        raise ValueError("there is no parameter to learn")
    if len({id(parameter) for parameter in found}) < len(found):
        raise ValueError("the same parameter stands in the list twice, so it would be changed twice")
    return found


def _values(parameter: Learnt) -> Array:
    return parameter.data if isinstance(parameter, Tensor) else parameter.value


def clip_gradients(parameters: Iterable[Learnt], limit: float) -> float:
    """Scale all gradients by the one factor that brings their global norm down to ``limit``, if it is above.

    Returns the norm before, to be watched in training. The direction of the step stays what it was, which clipping each
    entry or each array by itself would change. Gradients that are None have no part in it. Raises ValueError for a limit that
    is not positive and for a gradient that is not finite, which no factor can mend; nothing is changed then.

    >>> parameters = [Parameter([0.0]), Parameter([0.0])]
    >>> parameters[0].gradient, parameters[1].gradient = np.array([3.0]), np.array([4.0])
    >>> clip_gradients(parameters, 1.0), [p.gradient.round(9).tolist() for p in parameters]
    (5.0, [[0.6], [0.8]])
    """
    arguments.number("the limit", limit, above=0)
    with_gradient = [p for p in _learnt(parameters) if p.gradient is not None]
    norm = global_norm(p.gradient for p in with_gradient)
    if not math.isfinite(norm):
        raise ValueError(f"the gradients are not finite: their norm is {norm}")
    if norm > limit:
        for p in with_gradient:
            p.gradient = p.gradient * (limit / norm)
    return norm


class Optimizer:
    """What all optimisers share: parameters, a step size and a count of steps. A subclass writes ``_move``.

    Raises TypeError for what is no parameter, ValueError for one that comes twice, for a tensor that was computed, and without
    any; both for a step size as ``step_sizes`` does.
    """

    def __init__(self, parameters: Iterable[Learnt], step_size: StepSize):
        self.parameters = _learnt(parameters)
        self.step_size = step_sizes(step_size)
        self.steps = 0

    def step(self) -> None:
        """Change every parameter that has a gradient, once."""
        eta = self.step_size(self.steps)
        for i, parameter in enumerate(self.parameters):
            if parameter.gradient is not None:
                self._move(i, _values(parameter), parameter.gradient, eta)
        self.steps += 1

    def _move(self, i: int, theta: Array, gradient: Array, eta: float) -> None:
        """Change theta, the values of parameter number i, in place."""
        raise NotImplementedError

    def _zeros(self) -> list[Array]:
        return [np.zeros_like(_values(parameter)) for parameter in self.parameters]


class Momentum(Optimizer):
    """SGD with momentum: v ← μ v + g, θ ← θ − η v. Like a ball, it keeps rolling: steps in a constant direction add up to
    1/(1−μ) times their length, and those that go to and fro cancel. μ = 0 is plain SGD. ``torch.optim.SGD``.

    momentum: μ, from 0 to below 1.
    """

    def __init__(self, parameters: Iterable[Learnt], step_size: StepSize, momentum: float = 0.9):
        super().__init__(parameters, step_size)
        self.momentum = _share("the momentum", momentum)
        self.velocities = self._zeros()

    def _move(self, i: int, theta: Array, gradient: Array, eta: float) -> None:
        velocity = self.velocities[i]
        velocity *= self.momentum
        velocity += gradient
        theta -= eta * velocity


class Adam(Optimizer):
    """Adam: running means of the gradient, m, and of its square, v; then θ ← θ − η m̂ / (√v̂ + ε), entry by entry.

    Every parameter gets a step size of its own: where gradients are small, it is large, and where they have one sign, a step
    is about η long. m and v start at 0, so the first means are too small, by the factor 1 − βᵗ; m̂ and v̂ are divided by it.
    Each parameter counts its own t, from 1, by the gradients that it got. ``torch.optim.Adam`` without weight decay.

    betas: (β₁, β₂), how much of the old mean stays, each from 0 to below 1. epsilon: ε, outside of the root.
    """

    def __init__(self, parameters: Iterable[Learnt], step_size: StepSize = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 epsilon: float = 1e-8):
        super().__init__(parameters, step_size)
        first, second = betas
        self.betas = _share("β₁", first), _share("β₂", second)
        self.epsilon = arguments.number("epsilon", epsilon, least=0)
        self.means, self.squares, self.counts = self._zeros(), self._zeros(), [0] * len(self.parameters)

    def _move(self, i: int, theta: Array, gradient: Array, eta: float) -> None:
        m, v, (beta_1, beta_2) = self.means[i], self.squares[i], self.betas
        self.counts[i] += 1
        m *= beta_1
        m += (1 - beta_1) * gradient
        v *= beta_2
        v += (1 - beta_2) * gradient**2
        mean, square = m / (1 - beta_1 ** self.counts[i]), v / (1 - beta_2 ** self.counts[i])
        root = np.sqrt(square) + self.epsilon                  # 0 where ε = 0 and every gradient was 0: no move, not 0/0
        theta -= eta * np.divide(mean, root, out=np.zeros_like(mean), where=root > 0)


class AdamW(Adam):
    """Adam with decoupled weight decay: first θ ← (1 − η λ) θ, then Adam's step.

    The decay bypasses m and v. As a part of the gradient, 2λθ for a penalty λ‖θ‖², it would be divided by √v̂ too, and where
    gradients are large hardly any of it would be left. ``torch.optim.AdamW``.

    weight_decay: λ, at least 0.
    """

    def __init__(self, parameters: Iterable[Learnt], step_size: StepSize = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 epsilon: float = 1e-8, weight_decay: float = 0.01):
        super().__init__(parameters, step_size, betas, epsilon)
        self.weight_decay = arguments.number("the weight decay", weight_decay, least=0)

    def _move(self, i: int, theta: Array, gradient: Array, eta: float) -> None:
        theta *= 1 - eta * self.weight_decay
        super()._move(i, theta, gradient, eta)


def _share(name: str, value: float) -> float:
    if arguments.number(name, value, least=0) >= 1:
        raise ValueError(f"{name} must be from 0 to below 1, got {value}")
    return float(value)
