"""Unit 10: a quality filter as GPT-3's: which pages look like those that somebody chose as good?

A logistic regression on the words of a page, trained to tell reference pages from the rest. It measures likeness to the
reference, and "quality" is only its name: what it keeps is whoever writes like the reference.

Source: Brown et al. (2020), appendix A, for the filter; Gururangan et al. (2022) for whose language it prefers.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmcourse import arguments
from llmcourse.embeddings.skipgram import sigmoid
from llmcourse.web_text.rules import words

STEPS, STEP_SIZE, PENALTY = 300, 1.0, 0.01


@dataclass(frozen=True)
class QualityFilter:
    """w·x + b for a page with the features x: the root of the count of each known word, scaled to length 1."""

    vocabulary: dict[str, int]
    weights: np.ndarray
    bias: float

    @classmethod
    def learn(cls, reference: Sequence[str], rest: Sequence[str], *, least: int = 2) -> "QualityFilter":
        """Gradient descent on the mean cross-entropy with an L2 penalty, both classes weighing the same.

        least: a word counts as a feature when so many pages have it. Raises ValueError where one of the two classes is empty.
        """
        if not reference or not rest:
            raise ValueError(f"both classes need pages, got {len(reference)} and {len(rest)}")
        arguments.integer("least", least, least=1)
        texts = [*reference, *rest]
        usual = Counter(word for text in texts for word in set(words(text)))
        vocabulary = {word: i for i, word in enumerate(sorted(word for word, pages in usual.items() if pages >= least))}
        X = np.stack([features(text, vocabulary) for text in texts])                      # (N, D)
        y = np.repeat([1.0, 0.0], [len(reference), len(rest)])                            # (N,)
        share = np.where(y == 1, 0.5 / len(reference), 0.5 / len(rest))                   # each class counts half
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(STEPS):
            error = share * (sigmoid(X @ w + b) - y)                                      # (N,), predicted minus actual
            w, b = w - STEP_SIZE * (X.T @ error + PENALTY * w), b - STEP_SIZE * error.sum()
        return cls(vocabulary, w, float(b))

    def score(self, text: str) -> float:
        """p(reference | page) by this filter, from 0 to 1."""
        return float(sigmoid(features(text, self.vocabulary) @ self.weights + self.bias))


def features(text: str, vocabulary: dict[str, int]) -> np.ndarray:
    """√(count of each word), scaled to length 1; zeros for a page without a known word, (D,)."""
    x = np.zeros(len(vocabulary))
    for word, count in Counter(words(text)).items():
        if word in vocabulary:
            x[vocabulary[word]] = math.sqrt(count)
    norm = np.linalg.norm(x)
    return x / norm if norm else x
