"""Muon, as torch has it, with all matrices of one shape taken at once."""

import torch
from torch import Tensor, nn


class Muon(torch.optim.Muon):
    """The steps of ``torch.optim.Muon``, which takes one matrix after the other, in as much work as there are shapes.

    Momentum 0.95, as Nesterov has it, and ``adjust_lr_fn="original"``: a matrix with more rows than columns moves further, by
    the root of their ratio.
    """

    def __init__(self, matrices: list[nn.Parameter], lr: float, weight_decay: float = 0.0):
        super().__init__(matrices, lr=lr, weight_decay=weight_decay, momentum=0.95, nesterov=True, adjust_lr_fn="original")

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """M ← 0.95 M + 0.05 G; W ← W − η · (the rotation near 0.95 M + 0.05 G), for every matrix W with a gradient G."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    shapes.setdefault(matrix.shape, []).append(matrix)
            for (rows, columns), matrices in shapes.items():
                gradients = [matrix.grad for matrix in matrices if matrix.grad is not None]
                means = [self.mean(matrix) for matrix in matrices]
                torch._foreach_lerp_(means, gradients, 1 - group["momentum"])
                near = torch.stack(torch._foreach_lerp(gradients, means, group["momentum"]))       # (N, rows, columns)
                turns = rotations(near, group["ns_coefficients"], group["ns_steps"], group["eps"])
                torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(matrices, turns.unbind(), alpha=-group["lr"] * max(1, rows / columns) ** 0.5)

    def mean(self, matrix: Tensor) -> Tensor:
        """M: of the gradients that a matrix has had, at first 0."""
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(matrix)
        return state["momentum_buffer"]  # type: ignore[no-any-return]


def rotations(matrices: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """Matrices U Σ Vᵀ as nearly U Vᵀ, (N, rows, columns): a polynomial brings all singular values near 1, step by step.

    X ← a X + (b X Xᵀ + c (X Xᵀ)²) X does to each of them what it does to a number, in bfloat16 and without finding any of them.
    """
    a, b, c = coefficients
    X = matrices.bfloat16()
    tall = X.shape[1] > X.shape[2]
    X = X.mT if tall else X                                                # the smaller of X Xᵀ and Xᵀ X
    X = X / torch.linalg.vector_norm(X, dim=(1, 2), keepdim=True).clamp(min=eps)             # now none is above 1
    for _ in range(steps):
        gram = X @ X.mT                                                    # (N, rows, rows)
        X = torch.baddbmm(X, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), X, beta=a)
    return (X.mT if tall else X).to(matrices.dtype, memory_format=torch.contiguous_format)
