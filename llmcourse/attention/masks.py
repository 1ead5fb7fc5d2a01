"""Unit 08: who may look at whom, and what a mask does to the weights.

A mask is an array whose shape broadcasts to that of the scores, (…, N_q, N_k), in one of two forms:

    bool       True where the query of this row may look at the key of this column
    additive   0 there and −inf elsewhere, to be added to the scores: e^{s − ∞} = 0, and the rest of the row shares out the 1

Rows are queries and columns are keys. To multiply scores by 0 and 1 would hide nothing: a score of 0 has weight e⁰ = 1.

Source: deck C ("Masking", the candidates A, B and C), deck L ("Masking the future", with j < i).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
CANDIDATES = ("A", "B", "C", "shifted")


def causal_mask(queries: int, keys: int | None = None) -> Mask:
    """Nobody looks at the future: (queries, keys) bool, j ≤ i. With fewer queries than keys the last query is the last key.

    >>> causal_mask(2, 4).astype(int).tolist()
    [[1, 1, 1, 0], [1, 1, 1, 1]]
    """
    n_q = arguments.integer("queries", queries, least=0)
    n_k = n_q if keys is None else arguments.integer("keys", keys, least=n_q)
    return np.tri(n_q, n_k, n_k - n_q, dtype=bool)


def padding_mask(lengths: ArrayLike, keys: int) -> Mask:
    """Nobody looks at what fills a text up: (B,) -> (B, 1, 1, keys) bool, for scores (B, heads, queries, keys).

    The queries that fill up stay as they are: what they find is thrown away later. Raises ValueError for lengths outside
    0 … keys.
    """
    found = np.asarray(lengths)
    if found.dtype.kind not in "iu" or found.ndim != 1 or (found < 0).any() or (found > keys).any():
        raise ValueError(f"lengths must be a flat sequence of integers from 0 to {keys}, got {found.tolist()}")
    return (np.arange(keys) < found[:, None])[:, None, None]               # (B, 1, 1, keys)


def combined_mask(lengths: ArrayLike, T: int) -> Mask:
    """Both at once, causal *and* padding: (B, 1, T, T). One reason not to look is enough."""
    return padding_mask(lengths, T) & causal_mask(T)                       # (B, 1, 1, T) and (T, T)


def as_additive(mask: ArrayLike) -> Floats:
    """0 where a bool mask is True, −inf where it is False; same shape."""
    allowed = np.asarray(mask)
    if allowed.dtype != bool:
        raise TypeError(f"a mask to be made additive must be bool, got {allowed.dtype}")
    return np.where(allowed, 0.0, -np.inf)


def candidate_mask(name: str, N: int) -> Floats:
    """Deck C's three candidates for a causal mask, additive, (N, N), and deck L's rule.

    "A": −inf below the diagonal, so that everybody sees itself and the future. "B": −inf above it, which is right. "C": −inf
    off it, everybody sees only itself. "shifted": j < i, for a sequence of which row i is asked *before* token i is read; its
    first row sees nothing at all. Row i of "shifted" sees what row i − 1 of "B" sees.
    """
    i, j = np.indices((arguments.integer("N", N, least=1),) * 2)
    arguments.one_of("mask", name, CANDIDATES)
    return as_additive({"A": j >= i, "B": j <= i, "C": j == i, "shifted": j < i}[name])


def masked(scores: ArrayLike, mask: ArrayLike | None) -> Floats:
    """Scores (…, N_q, N_k) with −inf where a mask of either form says so.

    Raises TypeError for a mask of whole numbers: 0 and 1 would be added, and hide nothing.
    """
    S = arguments.reals("scores", scores, finite=False)
    if mask is None:
        return S
    M = np.asarray(mask)
    if M.dtype.kind not in "bf":
        raise TypeError(f"a mask must be bool (True: may look) or float (added to the scores), got {M.dtype}")
    return np.where(M, S, -np.inf).astype(S.dtype, copy=False) if M.dtype == bool else S + M.astype(S.dtype, copy=False)


def attention_weights(scores: ArrayLike, mask: ArrayLike | None = None) -> Floats:
    """softmax(S + M) over each row: e^{s_ij}/Σ_j e^{s_ij}, (…, N_q, N_k). Every row is one query's weights and sums to 1.

    Over rows and not over columns: a query shares out its attention, keys do not share out theirs. A row in which all keys are
    masked has nothing to share out (0/0), and all its weights are 0.
    """
    S = masked(scores, mask)
    highest = S.max(axis=-1, keepdims=True, initial=-np.inf)               # (…, N_q, 1)
    e = np.exp(S - np.where(np.isneginf(highest), 0, highest))             # the largest is 1, so nothing overflows
    total = e.sum(axis=-1, keepdims=True)                                  # (…, N_q, 1)
    return np.asarray(e / np.where(total == 0, 1, total))
