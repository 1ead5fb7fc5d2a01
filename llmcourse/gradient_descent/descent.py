"""Unit 03: softmax and cross-entropy with their gradients, gradient descent in three forms, and how to check a gradient.

Conventions:

* Logits are real scores, −inf for an outcome that is impossible. Softmax runs over the last axis unless another is named.
* Losses are in nats, and the loss of a batch is the mean over its items; so is its gradient.
* A gradient has the shape of what it is the gradient with respect to. Descent subtracts it, times the step size η.

Sources: deck S (softmax in two steps, the canyon, one scalar w, then w and b, exact gradient → SGD), deck C (SGD and
mini-batch SGD step by step), deck L (the update θ ← θ − η ∂L/∂θ); Robbins & Monro (1951) for steps that shrink.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

# --- Softmax and cross-entropy ----------------------------------------------------------------------------------------


def as_logits(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """The logits as a float array, if softmax is defined on them; else ValueError (TypeError for what is not real).

    Refused: NaN, +inf, an axis without outcomes, and a distribution all of whose logits are −inf.
    """
    z = np.asarray(z)
    if z.dtype.kind not in "iuf":
        raise TypeError(f"logits must be real numbers, got dtype {z.dtype}")
    if z.dtype.kind != "f":
        z = z.astype(float)
    if not z.ndim or not z.shape[axis]:
        raise ValueError(f"softmax needs at least one logit along axis {axis}, got shape {z.shape}")
    highest = z.max(axis=axis)
    if not np.isfinite(highest).all():
        raise ValueError("logits must be finite or −inf, with a finite one in each distribution; "
                         f"the largest of some distribution is {highest[~np.isfinite(highest)].flat[0]}")
    return z


def _below_highest(z: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(over="ignore"):                           # logits of ±1e308 are 1e308·2 apart: −inf is right
        return z - z.max(axis=axis, keepdims=True)


def softmax(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """exp z_i / Σ_j exp z_j along ``axis``: exponentiate, normalise (deck S). Any shape -> the same shape.

    The largest logit is subtracted first. That changes nothing, since exp(−c) cancels, and keeps exp from overflowing.
    Raises like ``as_logits``.

    >>> softmax([0.0, 1000.0, 1000.0]).tolist()
    [0.0, 0.5, 0.5]
    """
    e = np.exp(_below_highest(as_logits(z, axis), axis))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """log softmax(z) = z − log Σ exp z, without taking the logarithm of a probability that underflowed. Same shape."""
    shifted = _below_highest(as_logits(z, axis), axis)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def softmax_backward(p: np.ndarray, upstream: np.ndarray, axis: int = -1) -> np.ndarray:
    """∂J/∂z from p = softmax(z) and upstream = ∂J/∂p: p · (upstream − Σ_j p_j upstream_j). Same shape as p.

    One product with the Jacobian diag(p) − p pᵀ, which is never written out.
    """
    return p * (upstream - (p * upstream).sum(axis=axis, keepdims=True))


def log_softmax_backward(log_p: np.ndarray, upstream: np.ndarray, axis: int = -1) -> np.ndarray:
    """∂J/∂z from log p = log_softmax(z) and upstream = ∂J/∂log p: upstream − p Σ_j upstream_j. Same shape as log_p."""
    return upstream - np.exp(log_p) * upstream.sum(axis=axis, keepdims=True)


def as_targets(targets: ArrayLike, logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """The right classes as integers, one for each distribution of the logits; else TypeError or ValueError."""
    targets = np.asarray(targets)
    if targets.dtype.kind not in "iu":
        raise TypeError(f"targets must be integers, the ids of the right classes, got dtype {targets.dtype}")
    axis = range(logits.ndim)[axis]
    expected = logits.shape[:axis] + logits.shape[axis + 1:]
    if targets.shape != expected:
        raise ValueError(f"logits of shape {logits.shape} need targets of shape {expected}, got {targets.shape}")
    if not targets.size:
        raise ValueError("there is no target to average over")
    if not (targets.min() >= 0 and targets.max() < logits.shape[axis]):
        outside = targets[(targets < 0) | (targets >= logits.shape[axis])].flat[0]
        raise ValueError(f"target {outside} is outside 0 … {logits.shape[axis] - 1}")
    return targets


def cross_entropy(logits: ArrayLike, targets: ArrayLike, axis: int = -1) -> float:
    """Mean of −log softmax(logits)[target] over all items, in nats: deck S's loss of the correct token.

    logits: any shape, the V classes along ``axis``. targets: integers, the shape of the logits without that axis. The
    result is inf where a target has the logit −inf. Raises like ``as_logits`` and ``as_targets``.

    >>> round(cross_entropy([[0.0, 0.0], [0.0, -1000.0]], [0, 1]), 6)
    500.346574
    """
    logits = as_logits(logits, axis)
    targets = np.expand_dims(as_targets(targets, logits, axis), axis)
    return -float(np.take_along_axis(log_softmax(logits, axis), targets, axis).mean())


def cross_entropy_gradient(logits: ArrayLike, targets: ArrayLike, axis: int = -1) -> np.ndarray:
    """∂J/∂logits of ``cross_entropy``: (softmax(logits) − onehot(targets)) / number of items. The shape of the logits.

    What the model believes, minus what was so. Raises like ``cross_entropy``.
    """
    logits = as_logits(logits, axis)
    targets = np.expand_dims(as_targets(targets, logits, axis), axis)
    gradient = softmax(logits, axis)
    np.put_along_axis(gradient, targets, np.take_along_axis(gradient, targets, axis) - 1, axis)
    return gradient / targets.size


# --- Descent ----------------------------------------------------------------------------------------------------------

Criterion = Callable[[int, np.ndarray, np.ndarray], str]
"""A termination criterion: (t, θ_t, gradient at θ_t) -> why to stop, or "" to go on."""

StepSize = float | Callable[[int], float]
"""η, or a function from t to η_t."""


def after(steps: int) -> Criterion:
    """Stop when ``steps`` updates were made. Raises ValueError for a negative number."""
    if steps < 0:
        raise ValueError(f"the number of steps must not be negative, got {steps}")
    return lambda t, parameters, gradient: f"{steps} steps were made" if t >= steps else ""


def gradient_below(tolerance: float) -> Criterion:
    """Stop where the gradient's norm is at most ``tolerance``: the ground is flat. Raises ValueError for a negative one.

    A sampled gradient can be small by chance, so this suits the exact one.
    """
    if not tolerance >= 0:
        raise ValueError(f"the tolerance must be at least 0, got {tolerance}")
    return lambda t, parameters, gradient: (
        f"the gradient's norm is at most {tolerance:g}" if np.linalg.norm(gradient) <= tolerance else "")


def any_of(*criteria: Criterion) -> Criterion:
    """Stop as soon as one of the criteria says so, with the reason of the first that does."""
    return lambda t, parameters, gradient: next(filter(None, (c(t, parameters, gradient) for c in criteria)), "")


@dataclass(frozen=True)
class Path:
    """Where a descent went. steps: t of every recorded point, (S,), ascending, the first 0 and the last the final one.
    parameters: θ_t at those steps, (S, *shape of θ). gradient_norms: of the gradients that the descent used there, (S,),
    for SGD those of its samples. reason: why it stopped.
    """

    steps: np.ndarray
    parameters: np.ndarray
    gradient_norms: np.ndarray
    reason: str

    @property
    def final(self) -> np.ndarray:
        """The parameters at which the descent stopped, in the shape of the start."""
        return self.parameters[-1]

    @property
    def diverged(self) -> bool:
        """Whether it stopped because the numbers had become too large for floating point."""
        return self.reason.startswith("diverged")


def _descend(
    gradient_at: Callable[[np.ndarray], np.ndarray], start: ArrayLike, step_size: StepSize, stop: Criterion, record_every: int
) -> Path:
    """While the criterion is not satisfied: θ ← θ − η_t · gradient, t ← t + 1. The start itself stays as it is."""
    if not callable(step_size) and (not isinstance(step_size, Real) or not 0 < step_size < math.inf):
        raise ValueError(f"the step size must be a positive number or a function of t, got {step_size!r}")
    if record_every < 1:
        raise ValueError(f"record_every must be at least 1, got {record_every}")
    theta = np.array(start, dtype=float)
    if not np.isfinite(theta).all():
        raise ValueError(f"the descent must start at finite parameters, got {start!r}")
    t, points = 0, []
    while True:
        with np.errstate(over="ignore", invalid="ignore"):     # a descent that diverges ends with a reason, not a warning
            gradient = np.asarray(gradient_at(theta.copy()), dtype=float)
            if gradient.shape != theta.shape:
                raise ValueError(f"parameters of shape {theta.shape} need a gradient of that shape, got {gradient.shape}")
            reason, norm = stop(t, theta, gradient), np.linalg.norm(gradient)
            following = theta - (step_size(t) if callable(step_size) else step_size) * gradient
        if not reason and not np.isfinite(following).all():
            reason = f"diverged: step {t + 1} leads out of the range of floating-point numbers"
        if reason or t % record_every == 0:
            points.append((t, theta, norm))
        if reason:
            steps, parameters, norms = zip(*points, strict=True)
            return Path(np.array(steps), np.array(parameters), np.array(norms), reason)
        theta, t = following, t + 1


def gradient_descent(
    gradient: Callable[[np.ndarray], np.ndarray], start: ArrayLike, step_size: StepSize, stop: Criterion, *,
    record_every: int = 1,
) -> Path:
    """Descent with the exact gradient: θ_{t+1} = θ_t − η ∇J(θ_t) until the criterion is satisfied (deck S, deck L).

    gradient: θ -> ∇J(θ), the same shape. start: θ_0, any shape; a copy is moved. record_every: 10 keeps θ_0, θ_10, … and
    the last. Also stops, with ``Path.diverged``, before θ leaves the floating-point numbers. Raises ValueError for a step
    size that is not positive, a start that is not finite, a gradient of another shape.

    >>> gradient_descent(lambda w: 2 * w, 1.0, 0.25, after(3)).parameters.tolist()
    [1.0, 0.5, 0.25, 0.125]
    """
    return _descend(gradient, start, step_size, stop, record_every)


def sgd(
    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray], size: int, start: ArrayLike, step_size: StepSize,
    stop: Criterion, rng: np.random.Generator, *, record_every: int = 1,
) -> Path:
    """Stochastic gradient descent (deck C): every step uses the gradient of the loss of one example, drawn at random.

    The same as ``minibatch_sgd`` with batches of one.
    """
    return minibatch_sgd(gradient, size, start, step_size, 1, stop, rng, record_every=record_every)


def minibatch_sgd(
    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray], size: int, start: ArrayLike, step_size: StepSize,
    batch_size: int, stop: Criterion, rng: np.random.Generator, *, record_every: int = 1,
) -> Path:
    """Mini-batch SGD (deck C): sample B of the N examples, take the gradient of their mean loss, step, repeat.

    gradient: (θ, batch) -> ∇J^(B)(θ), where batch holds the indices of the examples, (B,) integers. size: N. batch_size: B,
    from 1 to N. Each step draws a fresh batch of B different examples, so B = N is ``gradient_descent``. Everything else as
    there; the same rng state gives the same path. Raises ValueError for a batch size outside 1 … N.
    """
    if not 1 <= batch_size <= size:
        raise ValueError(f"the batch size must be from 1 to the {size} examples, got {batch_size}")
    return _descend(lambda theta: gradient(theta, rng.choice(size, batch_size, replace=False)),
                    start, step_size, stop, record_every)


# --- Is the gradient right? -------------------------------------------------------------------------------------------

def finite_differences(
    loss: Callable[[np.ndarray], float], at: ArrayLike, step: float | None = None
) -> np.ndarray:
    """The gradient of a loss by walking: (J(θ + h e_i) − J(θ − h e_i)) / 2h for every entry i. The shape of ``at``.

    step: h; by default ε^{1/3} · max(1, |θ_i|), where truncation and rounding error are about equal. Two calls of the loss
    for every entry: right for checking, too slow for training. Raises ValueError for a step that is not positive.
    """
    at = np.array(at, dtype=float)
    if step is not None and not step > 0:
        raise ValueError(f"the step h must be positive, got {step}")
    slopes = np.empty(at.shape)
    for i in np.ndindex(at.shape):
        here = at[i]
        h = np.finfo(float).eps ** (1 / 3) * max(1.0, abs(here)) if step is None else step
        up, down = here + h, here - h
        at[i] = up
        above = float(loss(at.copy()))
        at[i] = down
        below = float(loss(at.copy()))
        at[i] = here
        slopes[i] = (above - below) / (up - down)
    return slopes


def gradient_error(gradient: ArrayLike, numerical: ArrayLike) -> float:
    """The largest |a − n| / max(|a|, |n|, floor) over all entries; the floor is 1/1000 of the largest entry of either.

    About 1e-9 for a right gradient and 1e-2 or more for a wrong one; where the loss has a kink nearby, neither. 0 where
    both are zero throughout. Raises ValueError where the shapes differ.
    """
    a, n = np.asarray(gradient, float), np.asarray(numerical, float)
    if a.shape != n.shape:
        raise ValueError(f"the gradients have different shapes, {a.shape} and {n.shape}")
    largest = np.maximum(np.abs(a), np.abs(n))
    if not a.size or largest.max() == 0:
        return 0.0
    return float((np.abs(a - n) / np.maximum(largest, 1e-3 * largest.max())).max())


def check_gradient(
    loss: Callable[[np.ndarray], float], gradient: Callable[[np.ndarray], np.ndarray], at: ArrayLike
) -> float:
    """``gradient_error`` of a gradient function against ``finite_differences`` of its loss at one point."""
    return gradient_error(gradient(np.array(at, dtype=float)), finite_differences(loss, at))
