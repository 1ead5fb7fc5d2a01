"""Unit 02: models that count, to read. The same models on arrays, to run: ``llmcourse.ngrams.fast``."""

from llmcourse.ngrams.models import (
    MLE,
    AbsoluteDiscounting,
    Additive,
    KneserNey,
    ModifiedKneserNey,
    StupidBackoff,
    UnseenContextError,
    continuation_counts,
    count_ngrams,
    estimate_discount,
    estimate_discounts,
    extract_ngrams,
    followers,
    shortened,
    vocabulary_of,
)

__all__ = [
    "MLE",
    "AbsoluteDiscounting",
    "Additive",
    "KneserNey",
    "ModifiedKneserNey",
    "StupidBackoff",
    "UnseenContextError",
    "continuation_counts",
    "count_ngrams",
    "estimate_discount",
    "estimate_discounts",
    "extract_ngrams",
    "followers",
    "shortened",
    "vocabulary_of",
]
