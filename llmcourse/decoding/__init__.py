"""Unit 11: from a language model to a text: search, sampling, what a sampler may do before it draws, and how to do it quickly.

`NumPyDecoder` and `TorchDecoder`, which take a transformer's weights, are fetched when they are asked for, as PyTorch is slow
to import.
"""

from importlib import import_module
from typing import Any

from llmcourse.decoding.costs import Cost, cache_bytes, generation_flops, positions_computed, score_products
from llmcourse.decoding.graphs import (
    LECTURE,
    Path,
    as_graph,
    best_path,
    edge_probabilities,
    greedy_path,
    local_probability,
    normalised,
    path_probability,
    path_weight,
    sample_path,
)
from llmcourse.decoding.processors import (
    ProcessedModel,
    Settings,
    allowed,
    min_p,
    process,
    repetition_penalty,
    temperature,
    top_k,
    top_p,
    typical,
)
from llmcourse.decoding.readers import reader
from llmcourse.decoding.sampling import Generated, chi_square, draw, generate, text_probabilities
from llmcourse.decoding.search import Hypothesis, beam_search, best_text, greedy
from llmcourse.decoding.speculative import Speculated, outcome, residual, speculative_sample

WITH_TORCH = ("NumPyDecoder", "TorchDecoder")

__all__ = [
    "LECTURE",
    "Cost",
    "Generated",
    "Hypothesis",
    "NumPyDecoder",
    "Path",
    "ProcessedModel",
    "Settings",
    "Speculated",
    "TorchDecoder",
    "allowed",
    "as_graph",
    "beam_search",
    "best_path",
    "best_text",
    "cache_bytes",
    "chi_square",
    "draw",
    "edge_probabilities",
    "generate",
    "generation_flops",
    "greedy",
    "greedy_path",
    "local_probability",
    "min_p",
    "normalised",
    "outcome",
    "path_probability",
    "path_weight",
    "positions_computed",
    "process",
    "reader",
    "repetition_penalty",
    "residual",
    "sample_path",
    "score_products",
    "speculative_sample",
    "temperature",
    "text_probabilities",
    "top_k",
    "top_p",
    "typical",
]


def __getattr__(name: str) -> Any:
    if name in WITH_TORCH:
        return getattr(import_module(f"{__name__}.fast"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
