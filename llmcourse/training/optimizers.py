"""Which optimiser changes which parameter, which of them decay, and gradients that are clipped before.

Sources: Pascanu et al. (2013) for clipping by the norm of all gradients together; Loshchilov & Hutter (2019) for decay that is
no part of the gradient; Jordan et al. (2024) for Muon.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from llmcourse.training.config import TrainingConfig
from llmcourse.training.muon import Muon


def parameter_groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Parameters for an optimiser of torch: matrices decay; vectors, that is biases and the gains of norms, do not.

    Every parameter is in exactly one group, also one that is used twice, as a tied embedding is. Without decay there is one
    group.
    """
    every = list({id(parameter): parameter for parameter in parameters}.values())
    if not weight_decay:
        return [{"params": every, "weight_decay": 0.0}]
    groups = [{"params": [p for p in every if (p.ndim >= 2) == decays], "weight_decay": weight_decay if decays else 0.0}
              for decays in (True, False)]
    return [group for group in groups if group["params"]]


def make_optimizers(model: nn.Module, config: TrainingConfig) -> list[tuple[torch.optim.Optimizer, float]]:
    """The optimisers that a config names, each with its largest step size; every parameter is in exactly one of them.

    Raises ValueError for Muon where the model names no ``matrices()``.
    """
    parameters = list(model.parameters())
    # fused: one pass over all numbers in place of a dozen; equal up to rounding
    if config.optimizer == "sgd":
        return [(torch.optim.SGD(parameter_groups(parameters, config.weight_decay), lr=config.lr, fused=True), config.lr)]
    matrices = list(getattr(model, "matrices", list)()) if config.optimizer == "muon" else []
    if config.optimizer == "muon" and not matrices:
        raise ValueError(f"Muon trains the matrices() that a model names, and {type(model).__name__} names none; take adamw")
    taken = {id(matrix) for matrix in matrices}
    rest = [parameter for parameter in parameters if id(parameter) not in taken]
    adamw = torch.optim.AdamW(parameter_groups(rest, config.weight_decay), lr=config.lr, betas=config.betas, fused=True)
    found: list[tuple[torch.optim.Optimizer, float]] = [(adamw, config.lr)]
    if matrices:
        found.append((Muon(matrices, lr=config.matrix_lr, weight_decay=config.weight_decay), config.matrix_lr))
    return found


def gradient_norm(parameters: Iterable[nn.Parameter]) -> Tensor:
    """The length of all gradients together as one vector; parameters without a gradient have no part in it."""
    return nn.utils.get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float, norm: Tensor | None = None) -> Tensor:
    """Scale all gradients by one factor that brings their norm down to ``max_norm`` if it is above. Returns the norm before.

    One factor for all keeps the direction of the step; a factor for each tensor, or a limit for each number, would change it.
    norm: where it is known already. One that is not finite makes the gradients NaN: look at what comes back.
    """
    every = list(parameters)
    norm = gradient_norm(every) if norm is None else norm
    nn.utils.clip_grads_with_norm_(every, max_norm, norm)
    return norm
