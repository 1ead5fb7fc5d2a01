"""Unit 08: attention in NumPy, from the average to many heads; ``fast`` needs little memory, ``networks`` is torch."""

from llmcourse.attention.averages import (
    Attended,
    additive_attention,
    additive_scores,
    average,
    learned_query,
    weighted_average,
)
from llmcourse.attention.dot_product import (
    attention,
    cross_attention,
    merge_heads,
    multi_head,
    scores,
    self_attention,
    self_attention_at,
    self_attention_by_index,
    self_attention_columns,
    soft_look_up,
    split_heads,
)
from llmcourse.attention.masks import (
    as_additive,
    attention_weights,
    candidate_mask,
    causal_mask,
    combined_mask,
    masked,
    padding_mask,
)

__all__ = [
    "Attended",
    "additive_attention",
    "additive_scores",
    "as_additive",
    "attention",
    "attention_weights",
    "average",
    "candidate_mask",
    "causal_mask",
    "combined_mask",
    "cross_attention",
    "learned_query",
    "masked",
    "merge_heads",
    "multi_head",
    "padding_mask",
    "scores",
    "self_attention",
    "self_attention_at",
    "self_attention_by_index",
    "self_attention_columns",
    "soft_look_up",
    "split_heads",
    "weighted_average",
]
