"""What an optimiser does with a gradient, as formulas: one step each, nothing kept and nothing changed in place.

`adamw` is written with the signs that NumPy and torch share, so it takes arrays or tensors; `AdamW` makes an optimiser of it.
Trainings use ``torch.optim``, which does the same faster, and tests compare the two.

Sources: Loshchilov & Hutter (2019) for AdamW, Kingma & Ba (2015) for its means; Jordan et al. (2024) for Muon.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from llmcourse import arguments

Values = TypeVar("Values", np.ndarray, Tensor)
QUINTIC = (3.4445, -4.7750, 2.0315)  # a, b, c of x → a x + b x³ + c x⁵: five times, and 0.01 … 1 has come near 1


def adamw(theta: Values, gradient: Values, m: Values, v: Values, t: int, *, lr: float = 1e-3,
          betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
          weight_decay: float = 0.01) -> tuple[Values, Values, Values]:
    """Step t = 1, 2, … of AdamW: new θ, m and v, which begin as zeros.

        m ← β₁ m + (1 − β₁) g                running mean of the gradient
        v ← β₂ v + (1 − β₂) g²               and of its square
        θ ← (1 − η λ) θ − η m̂ / (√v̂ + ε)     m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)

    The decay does not pass through m and v, and ε stands outside of the root. Without the two corrections the first step would
    be (1 − β₁)/√(1 − β₂) ≈ 3.16 times as long. Raises ValueError for t below 1.

    >>> theta, m, v = adamw(np.array(1.0), np.array(1.0), np.array(0.0), np.array(0.0), 1, lr=0.1, eps=0.0, weight_decay=0.5)
    >>> round(float(theta), 12)
    0.85
    """
    arguments.integer("the number t of the step", t, least=1)
    beta_1, beta_2 = betas
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    mean, square = m / (1 - beta_1**t), v / (1 - beta_2**t)
    return (1 - lr * weight_decay) * theta - lr * mean / (square**0.5 + eps), m, v


def muon(weight: np.ndarray, gradient: np.ndarray, mean: np.ndarray, *, lr: float = 0.01, momentum: float = 0.95,
         weight_decay: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A step of Muon for a matrix W: new W and M, which begins as zeros.

        M ← μ M + (1 − μ) G
        W ← (1 − η λ) W − η √max(1, rows/columns) · turn(μ M + (1 − μ) G)

    A gradient has a few large singular values, and along all other directions hardly anything is learned. `turn` makes all of
    them about 1. Raises ValueError for what is no matrix.
    """
    if weight.ndim != 2 or gradient.shape != weight.shape:
        raise ValueError(f"Muon is for matrices and gradients of the same shape, got {weight.shape} and {gradient.shape}")
    rows, columns = weight.shape
    mean = momentum * mean + (1 - momentum) * gradient
    near = momentum * mean + (1 - momentum) * gradient                     # as Nesterov: where M is going
    return (1 - lr * weight_decay) * weight - lr * max(1, rows / columns) ** 0.5 * turn(near), mean


def turn(matrix: np.ndarray, steps: int = 5, eps: float = 1e-7) -> np.ndarray:
    """U Σ Vᵀ as nearly U Vᵀ, without finding U, Σ or V: X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, again and again.

    Each step does to every singular value σ what aσ + bσ³ + cσ⁵ does to a number. At first X is the matrix over its norm, so
    that no σ is above 1. ``Muon`` of torch computes this in bfloat16.
    """
    a, b, c = QUINTIC
    X = matrix / max(float(np.linalg.norm(matrix)), eps)
    for _ in range(steps):
        gram = X @ X.T                                                     # (rows, rows)
        X = a * X + (b * gram + c * gram @ gram) @ X
    return X


class AdamW(torch.optim.Optimizer):
    """`adamw` as an optimiser of torch, with the arguments of ``torch.optim.AdamW``. It reads like the formula and is slower.

    Parameters whose gradient is None are left alone; each counts its own steps.
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.01):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step for every parameter that has a gradient."""
        for group in self.param_groups:
            settings = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
            for theta in group["params"]:
                if theta.grad is None:
                    continue
                state = self.state[theta] or {"t": 0, "m": torch.zeros_like(theta), "v": torch.zeros_like(theta)}
                t = state["t"] + 1
                new, m, v = adamw(theta, theta.grad, state["m"], state["v"], t, **settings)
                theta.copy_(new)
                self.state[theta] = {"t": t, "m": m, "v": v}
