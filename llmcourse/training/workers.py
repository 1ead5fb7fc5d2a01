"""Several processes that train one model: each takes a share of every batch, and gradients are added up before each step.

Every worker has all weights, and because all make the same step they stay equal. A batch is shared out and not drawn by each
worker for itself, so what is learned does not depend on how many there are, up to rounding: Σ over the workers of Σ over their
tokens is Σ over all tokens. The mean of their means would be something else where one worker has longer texts.

``torchrun --standalone --nproc-per-node 2 -m llmcourse.training …`` starts them: on one machine, on GPUs where there are any.

Source: deck C ("Parallelizing"); Li et al. (2020) for data-parallel training in torch.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch import distributed as group


@dataclass(frozen=True)
class Workers:
    """This process among all that train the model. rank: its number, 0 … size − 1. Alone, it has nobody to wait for."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that shows progress, writes files and decides what all take over."""
        return self.rank == 0

    def share(self, texts: np.ndarray) -> np.ndarray:
        """Which texts of a batch are this worker's: every ``size``-th. The shares do not overlap, and make up the batch."""
        return texts[self.rank :: self.size]

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Put into each of these tensors the sum of those of all workers. They must have one type; they are sent as one."""
        if self.size > 1 and tensors:
            flat = torch.cat([tensor.flatten() for tensor in tensors])
            group.all_reduce(flat)
            for tensor, total in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(total.view_as(tensor))

    def take_over(self, tensors: Iterable[Tensor]) -> None:
        """Put into each of these tensors what the first worker has there."""
        if self.size > 1:
            for tensor in tensors:
                group.broadcast(tensor, src=0)

    def gather(self, state: dict[str, Tensor], device: torch.device) -> list[dict[str, Tensor]]:
        """What every worker has under these names, worker after worker. device: where it travels."""
        if self.size == 1:
            return [state]
        states: list[dict[str, Tensor]] = [{} for _ in range(self.size)]
        for name, tensor in state.items():
            parts = [torch.empty_like(tensor, device=device) for _ in range(self.size)]
            group.all_gather(parts, tensor.to(device))
            for one, part in zip(states, parts, strict=True):
                one[name] = part.cpu()
        return states


def workers() -> Workers:
    """This process among those of its group, or alone where there is none."""
    if group.is_available() and group.is_initialized():
        return Workers(group.get_rank(), group.get_world_size())
    return Workers()


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Inside the block this process is one of those that torchrun has started, if it has; yields the device that is its own.

    GPUs are numbered by the workers of a machine, and send with NCCL, CPUs with Gloo.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    group.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        group.destroy_process_group()


def gradients(parameters: Iterable[nn.Parameter], among: Workers) -> list[Tensor]:
    """The gradients of the parameters. Several workers must have the same ones: where one has none, zeros take its place."""
    found = []
    for parameter in parameters:
        if parameter.grad is None and among.size > 1:
            parameter.grad = torch.zeros_like(parameter)
        if parameter.grad is not None:
            found.append(parameter.grad)
    return found
