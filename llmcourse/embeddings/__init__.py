"""Unit 05: vectors for words, by counting and by prediction, and questions that test them."""

from llmcourse.embeddings import skipgram
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
from llmcourse.embeddings.word2vec import load_word2vec, save_word2vec

__all__ = [
    "Embeddings",
    "cooccurrence_counts",
    "cooccurrence_pairs",
    "cosine",
    "cosines",
    "distance_weights",
    "load_word2vec",
    "normalise",
    "one_hot",
    "pca",
    "positional_counts",
    "ppmi",
    "save_word2vec",
    "skipgram",
    "svd_vectors",
    "truncated_svd",
    "weigh",
]
