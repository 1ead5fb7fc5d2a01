"""Devices and random numbers, without a trace in torch's global state."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def choose_device(name: str = "auto") -> torch.device:
    """The device of this name; "auto" is a GPU where there is one, else the CPU.

    Raises ValueError for a device that does not exist here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as problem:  # AssertionError: torch was built without CUDA
        raise ValueError(f"there is no device {name!r} here, expected auto, cpu or cuda: {problem}") from problem
    return device


def new_generator(seed: int) -> torch.Generator:
    """A generator of random numbers of its own, on the CPU."""
    return torch.Generator().manual_seed(seed)


@contextmanager
def seeded(generator: torch.Generator) -> Iterator[None]:
    """Inside the block torch's global random numbers follow from ``generator``; afterwards they are what they were.

    For what draws globally and cannot be told otherwise: dropout, and the constructors of torch's own modules.
    """
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        yield


def global_state() -> dict[str, torch.Tensor]:
    """torch's global random state, for a checkpoint: the CPU's, and that of the current GPU."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_global_state(state: dict[str, torch.Tensor]) -> None:
    """Bring back what ``global_state`` returned."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
