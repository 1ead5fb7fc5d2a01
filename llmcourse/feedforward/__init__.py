"""Unit 06: a neural language model over a window of words, in NumPy and in torch.

The NumPy half needs no torch: ``FeedForwardLM`` and ``FeedForwardConfig`` are imported when they are first asked for.
"""

from typing import TYPE_CHECKING, Any

from llmcourse.feedforward.network import (
    Network,
    concatenate,
    concatenate_backward,
    corpus_windows,
    forward,
    gradients,
    hidden,
    hidden_backward,
    initial,
    log_probabilities,
    look_up,
    look_up_backward,
    loss_backward,
    nll,
    output,
    output_backward,
    parameter_count,
    sgd,
    windows,
)

if TYPE_CHECKING:
    from llmcourse.feedforward.model import FeedForwardConfig, FeedForwardLM

__all__ = [
    "FeedForwardConfig",
    "FeedForwardLM",
    "Network",
    "concatenate",
    "concatenate_backward",
    "corpus_windows",
    "forward",
    "gradients",
    "hidden",
    "hidden_backward",
    "initial",
    "log_probabilities",
    "look_up",
    "look_up_backward",
    "loss_backward",
    "nll",
    "output",
    "output_backward",
    "parameter_count",
    "sgd",
    "windows",
]


def __getattr__(name: str) -> Any:
    if name not in ("FeedForwardConfig", "FeedForwardLM"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from llmcourse.feedforward import model

    return getattr(model, name)
