"""Unit 01: what a language model is, and small ones that one can write down."""

from llmcourse.language_models.models import (
    LanguageModel,
    TreeNode,
    bits_per_token,
    cross_entropy,
    event_tree,
    identify_language,
    inverse_cdf,
    language_posterior,
    log_probabilities,
    log_probability,
    mass_by_length,
    mass_from_stops,
    perplexity,
    sample,
    token_log_probabilities,
)
from llmcourse.language_models.tables import (
    ConditionedModel,
    StoppingModel,
    TableModel,
    UniformModel,
)
from llmcourse.vocabulary import BOS, EOS, UNK, Vocabulary

__all__ = [
    "BOS",
    "EOS",
    "UNK",
    "ConditionedModel",
    "LanguageModel",
    "StoppingModel",
    "TableModel",
    "TreeNode",
    "UniformModel",
    "Vocabulary",
    "bits_per_token",
    "cross_entropy",
    "event_tree",
    "identify_language",
    "inverse_cdf",
    "language_posterior",
    "log_probabilities",
    "log_probability",
    "mass_by_length",
    "mass_from_stops",
    "perplexity",
    "sample",
    "token_log_probabilities",
]
