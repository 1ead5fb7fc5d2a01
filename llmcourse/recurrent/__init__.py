"""Unit 07: recurrent networks, in NumPy and in torch: language model, tagger, and a translator without attention.

The NumPy half needs no torch: what is built on it is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmcourse.recurrent.cells import (
    GATES,
    KINDS,
    State,
    Weights,
    bidirectional,
    earliest_step,
    gru_step,
    initial,
    jacobian_norms,
    lstm_step,
    parameter_count,
    rnn_gradients,
    rnn_step,
    sigmoid,
    unroll,
)

if TYPE_CHECKING:
    from llmcourse.recurrent.language_model import (
        RecurrentConfig,
        RecurrentLM,
        batch_log_likelihood,
        chunks,
        stream_batches,
        truncated_loss,
    )
    from llmcourse.recurrent.networks import Recurrent, detach, fast_cells, make_cells
    from llmcourse.recurrent.tagger import MostFrequentTag, Tagger, TaggerConfig, accuracy, tagging_loss
    from llmcourse.recurrent.translation import (
        Decoder,
        Encoder,
        Memory,
        Translator,
        TranslatorConfig,
        by_length,
        exact_matches,
        share_in_place,
        translation_loss,
        words_in_place,
    )

WITH_TORCH = {
    "language_model": "RecurrentConfig RecurrentLM batch_log_likelihood chunks stream_batches truncated_loss",
    "networks": "Recurrent detach fast_cells make_cells",
    "tagger": "MostFrequentTag Tagger TaggerConfig accuracy tagging_loss",
    "translation": "Decoder Encoder Memory Translator TranslatorConfig by_length exact_matches share_in_place "
                   "translation_loss words_in_place",
}

__all__ = [
    "GATES",
    "KINDS",
    "Decoder",
    "Encoder",
    "Memory",
    "MostFrequentTag",
    "Recurrent",
    "RecurrentConfig",
    "RecurrentLM",
    "State",
    "Tagger",
    "TaggerConfig",
    "Translator",
    "TranslatorConfig",
    "Weights",
    "accuracy",
    "batch_log_likelihood",
    "bidirectional",
    "by_length",
    "chunks",
    "detach",
    "earliest_step",
    "exact_matches",
    "fast_cells",
    "gru_step",
    "initial",
    "jacobian_norms",
    "lstm_step",
    "make_cells",
    "parameter_count",
    "rnn_gradients",
    "rnn_step",
    "share_in_place",
    "sigmoid",
    "stream_batches",
    "tagging_loss",
    "translation_loss",
    "truncated_loss",
    "unroll",
    "words_in_place",
]


def __getattr__(name: str) -> Any:
    for module, names in WITH_TORCH.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
