"""Unit 05: vectors for words, by counting and by prediction, and questions that test them."""

from llmcourse.embeddings.cooccurrence import (
    cooccurrence_counts,
    cooccurrence_pairs,
    distance_weights,
    positional_counts,
)
from llmcourse.embeddings.vectors import (
    Embeddings,
    cosine,
    cosines,
    normalise,
    one_hot,
    pca,
    ppmi,
    svd_vectors,
    truncated_svd,
    weigh,
)

__all__ = [
    "Embeddings",
    "cooccurrence_counts",
    "cooccurrence_pairs",
    "cosine",
    "cosines",
    "distance_weights",
    "normalise",
    "one_hot",
    "pca",
    "positional_counts",
    "ppmi",
    "svd_vectors",
    "truncated_svd",
    "weigh",
]
