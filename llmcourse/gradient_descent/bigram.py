"""Unit 03: the bigram model of unit 02, learnt by gradient descent instead of counted.

The parameters are a table of logits Z (V, V−1): row u holds the scores of the tokens that can follow u, and the softmax of a
row is p(w|u). BOS is never predicted, so column j stands for token j + 1; tables of counts have the same columns. Z is an
embedding table whose vectors are the logits themselves. The loss is the cross-entropy on the training tokens, and its
gradient N⁻¹ (#(u•) p(w|u) − #(uw)) vanishes where p(w|u) = #(uw)/#(u•): at the counted model. A word that never followed u
has p = 0 there and its logit −∞, so the minimum is approached, like 1/t, and never reached.

Sources: deck C (training an n-gram model by counting; learning by SGD), deck L (maximum likelihood).
"""

from collections.abc import Iterable, Sequence

import numpy as np

from llmcourse.gradient_descent.descent import log_softmax
from llmcourse.vocabulary import BOS, Vocabulary


def bigram_counts(sequences: Iterable[Sequence[int]], size: int) -> np.ndarray:
    """#(uw) of ids u before w, with BOS (id 0) before the first. Sequences of ids, EOS included -> (V, V−1) int64.

    size: V. Raises ValueError for an id outside 1 … V−1 and for a corpus without a token.
    """
    texts = [np.asarray(s, np.int64) for s in sequences]
    words = np.concatenate([np.empty(0, np.int64), *texts])
    if not words.size:
        raise ValueError("the corpus is empty: there is no bigram to count")
    if words.min() < 1 or words.max() >= size:
        outside = words[(words < 1) | (words >= size)][0]
        raise ValueError(f"token ids must lie in 1 … {size - 1} (0 is {BOS!r}, which is never predicted), got {outside}")
    before = np.concatenate([np.concatenate([[0], s[:-1]]) for s in texts if len(s)])
    return np.bincount(before * (size - 1) + words - 1, minlength=size * (size - 1)).reshape(size, size - 1)


def _checked(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts)
    if counts.ndim != 2 or not counts.size or (counts < 0).any() or not counts.any():
        raise ValueError(f"expected a table of counts, none negative and not all 0, got shape {counts.shape}")
    return counts


def bigram_loss(logits: np.ndarray, counts: np.ndarray) -> float:
    """J = −N⁻¹ Σ #(uw) log softmax(Z_u)_w in nats per token. (V, V−1), (V, V−1) -> float. ValueError without counts."""
    counts = _checked(counts)
    return -float((counts * log_softmax(logits)).sum() / counts.sum())


def bigram_gradient(logits: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """∂J/∂Z = N⁻¹ (#(u•) softmax(Z_u)_w − #(uw)): expected minus observed counts, per token. (V, V−1)."""
    counts = _checked(counts)
    expected = counts.sum(axis=1, keepdims=True) * np.exp(log_softmax(logits))
    return (expected - counts) / counts.sum()


def counted_loss(counts: np.ndarray) -> float:
    """The least loss there is, that of p(w|u) = #(uw)/#(u•), in nats per token. ValueError without counts."""
    counts = _checked(counts)
    seen = counts > 0
    p = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return -float(counts[seen] @ np.log(p[seen]) / counts.sum())


def learn_logits(counts: np.ndarray, step_size: float, steps: int) -> np.ndarray:
    """``steps`` of gradient descent from logits 0, with the step η·N/#(u•) in row u. (V, V−1) -> (V, V−1)

    The rows are independent problems, and the loss weighs each with its share #(u•)/N of the tokens. With one step for all
    of them a context that is a thousand times rarer learns a thousand times slower; dividing by the share lets every row
    descend its own mean loss with step η. A row's curvature is at most 1/2, so no step goes uphill for η up to 4.
    Raises ValueError for a step size that is not positive, a negative number of steps, or no counts.
    """
    counts = _checked(counts)
    if not step_size > 0:
        raise ValueError(f"the step size must be positive, got {step_size}")
    if steps < 0:
        raise ValueError(f"the number of steps must not be negative, got {steps}")
    totals = counts.sum(axis=1, keepdims=True)
    rows = totals[:, 0] > 0                                    # a row without counts has no loss and stays as it is
    target, z = counts[rows] / totals[rows], np.zeros(counts[rows].shape)
    for _ in range(steps):
        z -= step_size * (np.exp(log_softmax(z)) - target)
    logits = np.zeros(counts.shape)
    logits[rows] = z
    return logits


class BigramLogits:
    """A bigram model as a table of logits (V, V−1). Keeps the course's protocol for language models.

    Raises ValueError where the table does not fit the vocabulary.
    """

    def __init__(self, logits: np.ndarray, vocabulary: Vocabulary):
        expected = (len(vocabulary), len(vocabulary) - 1)
        if np.shape(logits) != expected:
            raise ValueError(f"a vocabulary of {expected[0]} tokens needs logits of shape {expected}, got {np.shape(logits)}")
        self.vocabulary = vocabulary
        self.log_p = np.insert(log_softmax(logits), vocabulary.bos, -np.inf, axis=1)

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{t−1}) of every token, (V,) in nats. The empty context is the start of a text."""
        return self.log_p[context[-1] if len(context) else self.vocabulary.bos].copy()

    def token_log_probabilities(self, sequences: Iterable[Sequence[int]]) -> np.ndarray:
        """log p of every token of every sequence of ids, one flat array (ΣT,) in nats."""
        texts = [np.asarray(s, np.int64) for s in sequences if len(s)]
        rows = [self.log_p[np.concatenate([[self.vocabulary.bos], s[:-1]]), s] for s in texts]
        return np.concatenate([np.empty(0), *rows])
