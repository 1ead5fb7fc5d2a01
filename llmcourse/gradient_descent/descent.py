"""Unit 03: softmax and cross-entropy with their gradients, gradient descent in three forms, and how to check a gradient.

Conventions:

* Logits are real scores, −inf for an outcome that is impossible. Softmax runs over the last axis unless another is named.
* Losses are in nats, and the loss of a batch is the mean over its items; so is its gradient.
* A gradient has the shape of what it is the gradient with respect to. Descent subtracts it, times the step size η.

Sources: deck S (softmax in two steps, the canyon, one scalar w, then w and b, exact gradient → SGD), deck C (SGD and
mini-batch SGD step by step), deck L (the update θ ← θ − η ∂L/∂θ); Robbins & Monro (1951) for steps that shrink.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments

Array = NDArray[np.float64]
Reals = NDArray[np.floating]  # float64 too, unless somebody brought another type along

# --- Softmax and cross-entropy ----------------------------------------------------------------------------------------


def as_axis(axis: int, shape: tuple[int, ...]) -> int:
    """The number of an axis, counted from the front: −1 is the last. Raises ValueError for one that the shape does not have."""
    if not -len(shape) <= arguments.integer("the axis", axis) < len(shape):
        raise ValueError(f"an array of shape {shape} has no axis {axis}")
    return axis % len(shape)


def as_logits(z: ArrayLike, axis: int = -1) -> Reals:
    """The logits as a float array, if softmax is defined on them; else ValueError (TypeError for what is not real).

    Refused: NaN, +inf, an axis that is missing or has no outcomes, and a distribution all of whose logits are −inf.
    """
    logits: Reals = arguments.reals("logits", z, finite=False)
    if not logits.ndim or not logits.shape[as_axis(axis, logits.shape)]:
        raise ValueError(f"softmax needs at least one logit along axis {axis}, got shape {logits.shape}")
    highest = logits.max(axis=axis, keepdims=True)
    if not np.isfinite(highest).all():
        raise ValueError("logits must be finite or −inf, with a finite one in each distribution; "
                         f"the largest of some distribution is {highest[~np.isfinite(highest)].flat[0]}")
    return logits


def _below_highest(z: Reals, axis: int) -> Reals:
    highest: Reals = z.max(axis=axis, keepdims=True)
    with np.errstate(over="ignore"):                           # logits of ±1e308 are 1e308·2 apart: −inf is right
        return z - highest


def softmax(z: ArrayLike, axis: int = -1) -> Reals:
    """exp z_i / Σ_j exp z_j along ``axis``: exponentiate, normalise (deck S). Any shape -> the same shape.

    The largest logit is subtracted first. That changes nothing, since exp(−c) cancels, and keeps exp from overflowing.
    Raises like ``as_logits``.

    >>> softmax([0.0, 1000.0, 1000.0]).tolist()
    [0.0, 0.5, 0.5]
    """
    e = np.exp(_below_highest(as_logits(z, axis), axis))
    total: Reals = e.sum(axis=axis, keepdims=True)
    return e / total


def log_softmax(z: ArrayLike, axis: int = -1) -> Reals:
    """log softmax(z) = z − log Σ exp z, without taking the logarithm of a probability that underflowed. Same shape.

    Raises like ``as_logits``.
    """
    shifted = _below_highest(as_logits(z, axis), axis)
    log_total: Reals = np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted - log_total


def _output_and_upstream(output: ArrayLike, upstream: ArrayLike, axis: int) -> tuple[Reals, Reals]:
    y, g = arguments.reals("the output", output, finite=False), arguments.reals("upstream", upstream, finite=False)
    if y.shape != g.shape:
        raise ValueError(f"the output has shape {y.shape}, its upstream gradient {g.shape}")
    as_axis(axis, y.shape)
    return y, g


def softmax_backward(p: ArrayLike, upstream: ArrayLike, axis: int = -1) -> Reals:
    """∂J/∂z from p = softmax(z) and upstream = ∂J/∂p: p · (upstream − Σ_j p_j upstream_j). Same shape as p.

    One product with the Jacobian diag(p) − p pᵀ, which is never written out. ValueError where the shapes differ.
    """
    p, g = _output_and_upstream(p, upstream, axis)
    mean: Reals = (p * g).sum(axis=axis, keepdims=True)
    return p * (g - mean)


def log_softmax_backward(log_p: ArrayLike, upstream: ArrayLike, axis: int = -1) -> Reals:
    """∂J/∂z from log p = log_softmax(z) and upstream = ∂J/∂log p: upstream − p Σ_j upstream_j. Same shape as log_p.

    ValueError where the shapes differ.
    """
    log_p, g = _output_and_upstream(log_p, upstream, axis)
    total: Reals = g.sum(axis=axis, keepdims=True)
    return g - np.exp(log_p) * total


def as_targets(targets: ArrayLike, logits: Reals, axis: int = -1) -> NDArray[np.integer]:
    """The right classes as integers, one for each distribution of the logits; else TypeError or ValueError."""
    axis = as_axis(axis, logits.shape)
    ids = arguments.ids(targets, logits.shape[axis], "target")
    expected = logits.shape[:axis] + logits.shape[axis + 1:]
    if ids.shape != expected:
        raise ValueError(f"logits of shape {logits.shape} need targets of shape {expected}, got {ids.shape}")
    if not ids.size:
        raise ValueError("there is no target to average over")
    return ids


def cross_entropy(logits: ArrayLike, targets: ArrayLike, axis: int = -1) -> float:
    """Mean of −log softmax(logits)[target] over all items, in nats: deck S's loss of the correct token.

    logits: any shape, the V classes along ``axis``. targets: integers, the shape of the logits without that axis. The
    result is inf where a target has the logit −inf. Raises like ``as_logits`` and ``as_targets``. (The mean over the tokens
    of whole texts, for any model, is ``language_models.cross_entropy``.)

    >>> round(cross_entropy([[0.0, 0.0], [0.0, -1000.0]], [0, 1]), 6)
    500.346574
    """
    z = as_logits(logits, axis)
    right = np.expand_dims(as_targets(targets, z, axis), axis)
    return -float(np.take_along_axis(log_softmax(z, axis), right, axis).mean())


def cross_entropy_gradient(logits: ArrayLike, targets: ArrayLike, axis: int = -1) -> Reals:
    """∂J/∂logits of ``cross_entropy``: (softmax(logits) − onehot(targets)) / number of items. The shape of the logits.

    What the model believes, minus what was so. Raises like ``cross_entropy``.
    """
    z = as_logits(logits, axis)
    right = np.expand_dims(as_targets(targets, z, axis), axis)
    gradient = softmax(z, axis)
    np.put_along_axis(gradient, right, np.take_along_axis(gradient, right, axis) - 1, axis)
    return gradient / right.size


# --- Descent ----------------------------------------------------------------------------------------------------------

Criterion = Callable[[int, Reals, Reals], str]
"""A termination criterion: (t, θ_t, gradient at θ_t) -> why to stop, or "" to go on."""

StepSize = float | Callable[[int], float]
"""η, or a function from t to η_t, where t counts the updates that were made before: the first step is η_0."""


def step_sizes(step_size: StepSize) -> Callable[[int], float]:
    """A step size of either kind as the function t -> η_t.

    Raises ValueError unless a number is positive and finite, and, when it is asked for η_t, unless that is finite and at
    least 0 (a schedule may start or end at 0); TypeError for what is no number.
    """
    if callable(step_size):
        return lambda t: arguments.number(f"the step size at t = {t}", step_size(t), least=0)
    eta = arguments.number("the step size", step_size, above=0)
    return lambda t: eta


def global_norm(arrays: Iterable[ArrayLike]) -> float:
    """√ Σ a² over all entries of all arrays, their Euclidean length as one long vector. 0 for none; NaN and inf as they are.

    Scaled first, by a power of two so that nothing is rounded: the square of 1e200 would overflow, that of 1e-200 vanish.
    """
    flat = [arguments.reals("the arrays", a, finite=False).ravel() for a in arrays]
    largest = float(np.max([np.abs(a).max() for a in flat if a.size], initial=0.0))
    scale = math.ldexp(1.0, math.frexp(largest)[1] - 1)
    return scale * math.sqrt(sum(float(np.sum((a / scale) ** 2)) for a in flat))


def after(steps: int) -> Criterion:
    """Stop when ``steps`` updates were made. Raises ValueError for a negative number, TypeError for a fraction."""
    arguments.integer("the number of steps", steps, least=0)
    return lambda t, parameters, gradient: f"{steps} steps were made" if t >= steps else ""


def gradient_below(tolerance: float) -> Criterion:
    """Stop where the gradient's norm is at most ``tolerance``: the ground is flat. Raises ValueError for a negative one.

    A sampled gradient can be small by chance, so this suits the exact one.
    """
    arguments.number("the tolerance", tolerance, least=0)
    return lambda t, parameters, gradient: (
        f"the gradient's norm is at most {tolerance:g}" if global_norm([gradient]) <= tolerance else "")


def any_of(*criteria: Criterion) -> Criterion:
    """Stop as soon as one of the criteria says so, with the reason of the first that does.

    Raises ValueError without a criterion, which would never stop.
    """
    if not criteria:
        raise ValueError("without a criterion the descent would never stop")
    for criterion in criteria:
        _check_criterion(criterion)
    return lambda t, parameters, gradient: next(filter(None, (c(t, parameters, gradient) for c in criteria)), "")


def _check_criterion(stop: object) -> None:
    if not callable(stop):
        raise TypeError(f"a criterion to stop must be a function such as after(100), got {stop!r}")


@dataclass(frozen=True)
class DescentPath:
    """Where a descent went. steps: t of every recorded point, (S,), ascending, the first 0 and the last the final one.
    parameters: θ_t at those steps, (S, *shape of θ). gradient_norms: of the gradients that the descent used there, (S,),
    for SGD those of its samples. reason: why it stopped.
    """

    steps: NDArray[np.int64]
    parameters: Array
    gradient_norms: Array
    reason: str

    @property
    def final(self) -> Array:
        """The parameters at which the descent stopped, in the shape of the start."""
        final: Array = self.parameters[-1]
        return final

    @property
    def diverged(self) -> bool:
        """Whether it stopped because the numbers had become too large for floating point."""
        return self.reason.startswith("diverged")


def _descend(
    gradient_at: Callable[[Any], ArrayLike], start: ArrayLike, step_size: StepSize, stop: Criterion, record_every: int
) -> DescentPath:
    """While the criterion is not satisfied: θ ← θ − η_t · gradient, t ← t + 1. The start itself stays as it is."""
    eta = step_sizes(step_size)
    _check_criterion(stop)
    arguments.integer("record_every", record_every, least=1)
    theta = np.array(arguments.reals("the start", start), dtype=float)
    t, points = 0, []
    while True:
        with np.errstate(over="ignore", invalid="ignore"):     # a descent that diverges ends with a reason, not a warning
            gradient = arguments.reals("the gradient", gradient_at(theta.copy()), finite=False)
            if gradient.shape != theta.shape:
                raise ValueError(f"parameters of shape {theta.shape} need a gradient of that shape, got {gradient.shape}")
            reason = stop(t, theta, gradient)
            following = theta if reason else theta - eta(t) * gradient
        if not np.isfinite(following).all():
            reason = f"diverged: step {t + 1} leads out of the range of floating-point numbers"
        if reason or t % record_every == 0:
            points.append((t, theta, global_norm([gradient])))
        if reason:
            steps, parameters, norms = zip(*points, strict=True)
            return DescentPath(np.array(steps), np.array(parameters), np.array(norms), reason)
        theta, t = following, t + 1


def gradient_descent(
    gradient: Callable[[Any], ArrayLike], start: ArrayLike, step_size: StepSize, stop: Criterion, *,
    record_every: int = 1,
) -> DescentPath:
    """Descent with the exact gradient: θ_{t+1} = θ_t − η ∇J(θ_t) until the criterion is satisfied (deck S, deck L).

    gradient: θ -> ∇J(θ), the same shape. start: θ_0, any shape; a copy is moved. record_every: 10 keeps θ_0, θ_10, … and
    the last. Also stops, with ``DescentPath.diverged``, before θ leaves the floating-point numbers. Raises ValueError for a
    step size that is not positive, a start that is not finite, a gradient of another shape.

    >>> gradient_descent(lambda w: 2 * w, 1.0, 0.25, after(3)).parameters.tolist()
    [1.0, 0.5, 0.25, 0.125]
    """
    return _descend(gradient, start, step_size, stop, record_every)


def sgd(
    gradient: Callable[[Any, NDArray[np.int64]], ArrayLike], size: int, start: ArrayLike, step_size: StepSize,
    stop: Criterion, rng: np.random.Generator, *, record_every: int = 1,
) -> DescentPath:
    """Stochastic gradient descent (deck C): every step uses the gradient of the loss of one example, drawn at random.

    The same as ``minibatch_sgd`` with batches of one.
    """
    return minibatch_sgd(gradient, size, start, step_size, 1, stop, rng, record_every=record_every)


def minibatch_sgd(
    gradient: Callable[[Any, NDArray[np.int64]], ArrayLike], size: int, start: ArrayLike, step_size: StepSize,
    batch_size: int, stop: Criterion, rng: np.random.Generator, *, record_every: int = 1,
) -> DescentPath:
    """Mini-batch SGD (deck C): sample B of the N examples, take the gradient of their mean loss, step, repeat.

    gradient: (θ, batch) -> ∇J^(B)(θ), where batch holds the indices of the examples, (B,) integers. size: N. batch_size: B,
    from 1 to N. Each step draws a fresh batch of B different examples, so B = N is ``gradient_descent``. Everything else as
    there; the same rng state gives the same path. Raises ValueError for a batch size outside 1 … N.
    """
    arguments.integer("the number of examples", size, least=1)
    arguments.integer("the batch size", batch_size, least=1, most=size)
    arguments.generator(rng)
    return _descend(lambda theta: gradient(theta, rng.choice(size, batch_size, replace=False)),
                    start, step_size, stop, record_every)


# --- Is the gradient right? -------------------------------------------------------------------------------------------

def finite_differences(loss: Callable[[Any], ArrayLike], at: ArrayLike, h: float | None = None) -> Array:
    """The gradient of a loss by walking: (J(θ + h e_i) − J(θ − h e_i)) / 2h for every entry i. The shape of ``at``.

    h: how far to walk; by default ε^{1/3} · max(1, |θ_i|), where truncation and rounding error are about equal. Two calls of
    the loss for every entry: right for checking, too slow for training. Raises ValueError for an h that is not positive, a
    point that is not finite, and a loss that is not a single number.
    """
    theta = np.array(arguments.reals("the point", at), dtype=float)
    if h is not None:
        arguments.number("h", h, above=0)
    slopes = np.empty(theta.shape)
    for i in np.ndindex(theta.shape):
        here = float(theta[i])
        walk = np.finfo(float).eps ** (1 / 3) * max(1.0, abs(here)) if h is None else h
        up, down = here + walk, here - walk                    # rounded, so the distance is up − down and not quite 2h
        theta[i] = up
        above = _one_number(loss(theta.copy()))
        theta[i] = down
        below = _one_number(loss(theta.copy()))
        theta[i] = here
        slopes[i] = (above - below) / (up - down)
    return slopes


def _one_number(value: ArrayLike) -> float:
    array = arguments.reals("the loss", value, finite=False)
    if array.ndim:
        raise ValueError(f"the loss must be a single number, got an array of shape {array.shape}")
    return float(array)


def gradient_error(gradient: ArrayLike, numerical: ArrayLike) -> float:
    """The largest |a − n| / max(|a|, |n|, floor) over all entries; the floor is 1/1000 of the largest entry of either.

    About 1e-9 for a right gradient and mostly 1e-2 or more for a wrong one; between them for one that is nearly right, and
    where the loss has a kink nearby. 0 where both are zero throughout. Raises ValueError where the shapes differ or an entry
    is not finite.
    """
    a, n = arguments.reals("the gradient", gradient), arguments.reals("the numerical gradient", numerical)
    if a.shape != n.shape:
        raise ValueError(f"the gradients have different shapes, {a.shape} and {n.shape}")
    largest = np.maximum(np.abs(a), np.abs(n))
    scale = largest.max(initial=0.0)
    if scale == 0:
        return 0.0
    return float((np.abs(a / scale - n / scale) / np.maximum(largest / scale, 1e-3)).max())


def check_gradient(loss: Callable[[Any], ArrayLike], gradient: Callable[[Any], ArrayLike], at: ArrayLike) -> float:
    """``gradient_error`` of a gradient function against ``finite_differences`` of its loss at one point."""
    point = np.array(arguments.reals("the point", at), dtype=float)
    return gradient_error(gradient(point.copy()), finite_differences(loss, point))
