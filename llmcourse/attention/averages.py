"""Unit 08, first half: from the average of some vectors to an average whose weights are learned.

What kind of function takes any number of inputs without running through them one after another? An average does. The question
from there on is who decides the weights. Inputs come as rows, X (N, d), with any axes in front.

Source: deck S ("Building up to attention", "Simple attention"), deck L (RNN attention against the transformer's);
Bahdanau et al. (2015) for additive scores.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.attention.masks import attention_weights

Floats = NDArray[np.floating]


class Attended(NamedTuple):
    """output: what the queries got, (…, N_q, d_v). weights: whose values it was made of, (…, N_q, N_k)."""

    output: Floats
    weights: Floats


def average(X: ArrayLike) -> Floats:
    """1/N Σ_j x_j, (…, N, d) -> (…, d): any number of inputs, one output, nothing learned."""
    return np.asarray(arguments.reals("X", X, finite=False).mean(axis=-2))


def weighted_average(X: ArrayLike, weights: ArrayLike) -> Floats:
    """Σ_j a_j x_j, (…, N, d) -> (…, d). weights: (…, N), at least 0, with sum 1; with 1/N each it is ``average``.

    >>> weighted_average([[1, 0], [0, 1], [1, 1]], [0.5, 0.25, 0.25]).tolist()
    [0.75, 0.5]
    """
    a = arguments.probabilities(weights, "weights")                        # (…, N)
    X = arguments.reals("X", X, finite=False)
    return np.asarray((a[..., None, :] @ X)[..., 0, :])                    # (…, 1, N) (…, N, d) -> (…, d)


def learned_query(X: ArrayLike, w: ArrayLike) -> Attended:
    """softmax_j(w·x_j) as weights (…, N), and the average with them, (…, d): w (d,) is learned, the weights depend on X.

    Deck S's "simple attention (Bahdanau)"; Bahdanau et al. themselves score with `additive_scores`. It gives one output, where
    self-attention gives one for each input.

    >>> [part.round(3).tolist() for part in learned_query([[1, 0], [0, 1], [1, 1]], [np.log(2), 0])]
    [[0.8, 0.6], [0.4, 0.2, 0.4]]
    """
    X = arguments.reals("X", X, finite=False)
    a = attention_weights(X @ arguments.reals("w", w, ndim=1))             # (…, N)
    return Attended(np.asarray((a[..., None, :] @ X)[..., 0, :]), a)       # (…, 1, N) (…, N, d) -> (…, d)


def additive_scores(Q: ArrayLike, K: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, v: ArrayLike) -> Floats:
    """s_ij = v·tanh(q_i W_q + k_j W_k), a small network that looks at a query and a key: (…, N_q, N_k).

    Q: (…, N_q, d_q); K: (…, N_k, d_k); W_q: (d_q, d_a); W_k: (d_k, d_a); v: (d_a,). Without the tanh q_i would add the same
    number to all scores of its row, which softmax takes no notice of.
    """
    q = arguments.reals("Q", Q, finite=False) @ arguments.reals("W_q", W_q, ndim=2)                # (…, N_q, d_a)
    k = arguments.reals("K", K, finite=False) @ arguments.reals("W_k", W_k, ndim=2)                # (…, N_k, d_a)
    both = q[..., :, None, :] + k[..., None, :, :]                                                 # (…, N_q, N_k, d_a)
    return np.asarray(np.tanh(both) @ arguments.reals("v", v, ndim=1))                             # (…, N_q, N_k)


def additive_attention(Q: ArrayLike, K: ArrayLike, V: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, v: ArrayLike,
                       mask: ArrayLike | None = None) -> Attended:
    """The average of V (…, N_k, d_v) for each query, (…, N_q, d_v), weighted by `additive_scores`. mask: see ``masks``."""
    A = attention_weights(additive_scores(Q, K, W_q, W_k, v), mask)        # (…, N_q, N_k)
    return Attended(np.asarray(A @ arguments.reals("V", V, finite=False)), A)
