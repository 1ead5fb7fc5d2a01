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
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.gradient_descent.descent import Reals, log_softmax
from llmcourse.vocabulary import BOS, Vocabulary


def bigram_counts(sequences: Iterable[ArrayLike], size: int) -> NDArray[np.int64]:
    """#(uw) of ids u before w, with BOS (id 0) before the first. Sequences of ids, EOS included -> (V, V−1) int64.

    size: V. Raises TypeError for what are no integers, ValueError for an id outside 1 … V−1 and for a corpus without a token.
    """
    arguments.integer("the size of the vocabulary", size, least=2)
    corpus = Corpus.join(sequences)
    if not len(corpus.ids):
        raise ValueError("the corpus is empty: there is no bigram to count")
    words = arguments.ids(corpus.ids, size)
    if not words.all():
        raise ValueError(f"{BOS!r} (id 0) stands in front of a text and is never predicted, got it inside one")
    columns = size - 1
    pairs = corpus.previous(1) * columns + words - 1
    counts: NDArray[np.int64] = np.bincount(pairs, minlength=size * columns)
    return counts.reshape(size, columns)


def _checked(counts: ArrayLike) -> Reals:
    table: Reals = arguments.reals("the counts", counts, ndim=2)
    if (table < 0).any() or not table.any():
        raise ValueError(f"expected a table of counts, none negative and not all 0, got {counts!r}")
    return table


def _matching(logits: ArrayLike, counts: Reals) -> Reals:
    z: Reals = arguments.reals("the logits", logits, finite=False)
    if z.shape != counts.shape:
        raise ValueError(f"counts of shape {counts.shape} need logits of that shape, got {z.shape}")
    return z


def bigram_loss(logits: ArrayLike, counts: ArrayLike) -> float:
    """J = −N⁻¹ Σ #(uw) log softmax(Z_u)_w in nats per token. (V, V−1), (V, V−1) -> float.

    Pairs that were never counted cost nothing, though their logit may be −∞; a row without counts may hold anything. The loss
    is inf where a counted pair has the logit −∞. Raises ValueError without counts or where the shapes differ.

    >>> counts = np.array([[2, 1], [1, 1]])
    >>> round(bigram_loss(np.log(counts / counts.sum(axis=1, keepdims=True)), counts), 3)
    0.659
    """
    table = _checked(counts)
    z, rows = _matching(logits, table), table.any(axis=1)
    n, log_p = table[rows], log_softmax(z[rows])
    return -float(n[n > 0] @ log_p[n > 0] / n.sum())


def bigram_gradient(logits: ArrayLike, counts: ArrayLike) -> Reals:
    """∂J/∂Z = N⁻¹ (#(u•) softmax(Z_u)_w − #(uw)): expected minus observed counts, per token. (V, V−1).

    Raises like ``bigram_loss``.
    """
    table = _checked(counts)
    z, rows = _matching(logits, table), table.any(axis=1)
    seen: Reals = table[rows].sum(axis=1, keepdims=True)
    gradient = np.zeros_like(table)                            # a row without counts has no loss, so no slope
    gradient[rows] = (seen * np.exp(log_softmax(z[rows])) - table[rows]) / table.sum()
    return gradient


def counted_loss(counts: ArrayLike) -> float:
    """The least loss there is, that of p(w|u) = #(uw)/#(u•), in nats per token. ValueError without counts."""
    table = _checked(counts)
    p = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    seen = table > 0
    return -float(table[seen] @ np.log(p[seen]) / table.sum())


def learn_logits(counts: ArrayLike, step_size: float, steps: int) -> Reals:
    """``steps`` of gradient descent from logits 0, with the step η·N/#(u•) in row u. (V, V−1) -> (V, V−1)

    The rows are independent problems, and the loss weighs each with its share #(u•)/N of the tokens. With one step for all
    of them a context that is a thousand times rarer learns a thousand times slower; dividing by the share lets every row
    descend its own mean loss with step η. A row's curvature is at most 1/2, so no step goes uphill for η up to 4.
    Raises ValueError for a step size that is not positive, a negative number of steps, or no counts; TypeError for a fraction
    of a step.
    """
    table = _checked(counts)
    arguments.number("the step size", step_size, above=0)
    arguments.integer("the number of steps", steps, least=0)
    totals: Reals = table.sum(axis=1, keepdims=True)
    rows = totals[:, 0] > 0                                    # a row without counts has no loss and stays as it is
    target, z = table[rows] / totals[rows], np.zeros(table[rows].shape)
    for _ in range(steps):
        z -= step_size * (np.exp(log_softmax(z)) - target)
    logits = np.zeros(table.shape)
    logits[rows] = z
    return logits


class BigramLogits:
    """A bigram model as a table of logits (V, V−1). Keeps the course's protocol for language models.

    Raises ValueError where the table does not fit the vocabulary.
    """

    def __init__(self, logits: ArrayLike, vocabulary: Vocabulary):
        if not isinstance(vocabulary, Vocabulary):
            raise TypeError(f"expected a Vocabulary, got {vocabulary!r}")
        expected = (len(vocabulary), len(vocabulary) - 1)
        z = arguments.reals("the logits", logits, finite=False)
        if z.shape != expected:
            raise ValueError(f"a vocabulary of {expected[0]} tokens needs logits of shape {expected}, got {z.shape}")
        self.vocabulary = vocabulary
        self.log_p: Reals = np.insert(log_softmax(z), vocabulary.bos, -np.inf, axis=1)

    def next_log_probabilities(self, context: Sequence[int]) -> Reals:
        """log p(x_t | x_{t−1}) of every token, (V,) in nats. The empty context is the start of a text.

        Raises TypeError for a last id that is no integer, ValueError for one outside 0 … V−1.
        """
        last = arguments.one_id(context[-1], len(self.vocabulary)) if len(context) else self.vocabulary.bos
        row: Reals = self.log_p[last].copy()
        return row

    def token_log_probabilities(self, sequences: Iterable[ArrayLike]) -> Reals:
        """log p of every token of every sequence of ids, one flat array (ΣT,) in nats. Raises for ids as above."""
        corpus = Corpus.join(sequences)
        ids = arguments.ids(corpus.ids, len(self.vocabulary))
        log_p: Reals = self.log_p[corpus.previous(1, self.vocabulary.bos), ids]
        return log_p
