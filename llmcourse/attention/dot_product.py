"""Unit 08, second half: queries, keys and values, and attention as three products of matrices.

The course writes rows: X (N, d) has a row for each token, and Q = X W_q, K = X W_k, V = X W_v. Deck C begins with columns,
V = W_vᵀ [x_1 … x_N], and transposes; deck L does both. Any axes may stand in front (texts, heads).

    S = Q Kᵀ/√d_k        how well does key j fit query i?            (N_q, N_k)
    A = softmax(S + M)   each row sums to 1                          (N_q, N_k)
    X′ = A V             for each query an average of the values     (N_q, d_v)

Source: deck C (scaled dot-product attention, its matrix form, masked multi-head attention), deck L (the recipe in four steps,
multi-head attention, encoder–decoder attention), deck S (Q, K, V); Vaswani et al. (2017).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.attention.averages import Attended
from llmcourse.attention.masks import attention_weights

Floats = NDArray[np.floating]

# --- The three products -----------------------------------------------------------------------------------------------------


def scores(Q: ArrayLike, K: ArrayLike) -> Floats:
    """q_i·k_j/√d_k, (…, N_q, d_k) and (…, N_k, d_k) -> (…, N_q, N_k).

    Where the entries of q and k are independent with mean 0 and variance 1, q·k has variance d_k; divided by its standard
    deviation it stays where softmax is not yet all or nothing, however large d_k is. Raises ValueError for different d_k.
    """
    q, k = arguments.reals("Q", Q, finite=False), arguments.reals("K", K, finite=False)
    if q.ndim < 2 or k.ndim < 2 or q.shape[-1] != k.shape[-1]:
        raise ValueError(f"queries (…, N_q, d_k) and keys (…, N_k, d_k) must have the same d_k, got {q.shape} and {k.shape}")
    return np.asarray(q @ np.swapaxes(k, -2, -1) / math.sqrt(q.shape[-1]))


def attention(Q: ArrayLike, K: ArrayLike, V: ArrayLike, mask: ArrayLike | None = None) -> Attended:
    """softmax(Q Kᵀ/√d_k + M) V, (…, N_q, d_v), and its weights (…, N_q, N_k). mask: see ``masks``; None hides nothing."""
    A = attention_weights(scores(Q, K), mask)
    return Attended(np.asarray(A @ arguments.reals("V", V, finite=False)), A)


def soft_look_up(query: ArrayLike, keys: ArrayLike, values: ArrayLike, beta: float = 1.0) -> Attended:
    """A hash table that finds a bit of everything: Σ_j softmax_j(β q·k_j) v_j, (d_v,), and the weights (N,).

    query: (d,); keys: (N, d); values: (N, d_v). At β = 0 all values count alike; the larger β, the more it is a look-up of the
    one key that fits best.

    >>> [soft_look_up([0, 1, 0], np.eye(3), [[10], [20], [30]], b).weights.round(3).tolist() for b in (0, 1, 5)]
    [[0.333, 0.333, 0.333], [0.212, 0.576, 0.212], [0.007, 0.987, 0.007]]
    """
    q, k = arguments.reals("query", query, ndim=1), arguments.reals("keys", keys, ndim=2)
    a = attention_weights(arguments.number("beta", beta, least=0) * (k @ q))                       # (N,)
    return Attended(np.asarray(a @ arguments.reals("values", values, ndim=2)), a)


# --- Self-attention, written four ways ----------------------------------------------------------------------------------------


def self_attention_at(i: int, X: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, W_v: ArrayLike) -> Attended:
    """What token i gets, (d_v,), and its weights (N,): one query and all keys, as deck C draws it for position 4 of 4.

    s_ij = k_j·q_i/√d_k;  a_ij = softmax over j;  x′_i = Σ_j a_ij v_j. i counts from 0.
    """
    X, W_q, W_k, W_v = _inputs(X, W_q, W_k, W_v)
    q = X[i] @ W_q                                                         # (d_k,)
    s = np.array([(x @ W_k) @ q / math.sqrt(len(q)) for x in X])           # (N,)
    a = attention_weights(s)                                               # (N,)
    output = sum((a[j] * (X[j] @ W_v) for j in range(len(X))), np.zeros(W_v.shape[1]))
    return Attended(output, a)                                             # (d_v,)


def self_attention_by_index(X: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, W_v: ArrayLike) -> Floats:
    """The same for all tokens, one after the other, (N, d_v): deck L's recipe."""
    rows = arguments.reals("X", X, ndim=2)
    return np.stack([self_attention_at(i, rows, W_q, W_k, W_v).output for i in range(len(rows))])


def self_attention_columns(columns: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, W_v: ArrayLike) -> Floats:
    """The same with a column for each token, (d, N) -> (d_v, N): Q = W_qᵀ X, S = Kᵀ Q/√d_k, each column of A sums to 1, V A.

    Transposing every equation gives `self_attention`: (W_vᵀ X)ᵀ = Xᵀ W_v.
    """
    rows, W_q, W_k, W_v = _inputs(np.transpose(arguments.reals("columns", columns, ndim=2)), W_q, W_k, W_v)
    Q, K, V = (W.T @ rows.T for W in (W_q, W_k, W_v))                      # (d_k, N), (d_k, N), (d_v, N)
    S = K.T @ Q / math.sqrt(len(Q))                                        # (N, N): row j, column i
    A = attention_weights(S.T).T
    return np.asarray(V @ A)


def self_attention(X: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, W_v: ArrayLike, mask: ArrayLike | None = None) -> Attended:
    """The same with a row for each token, and all at once: (…, N, d) -> (…, N, d_v). W_q, W_k: (d, d_k); W_v: (d, d_v).

    Three things to be glad of: N outputs and not one; the weights are of a size that N has no part in; and all of it is
    products of matrices.
    """
    X = arguments.reals("X", X, finite=False)
    Q, K, V = (X @ arguments.reals(name, W, ndim=2) for name, W in {"W_q": W_q, "W_k": W_k, "W_v": W_v}.items())
    return attention(Q, K, V, mask)


# --- Several heads, and other people's keys -----------------------------------------------------------------------------------


def split_heads(X: ArrayLike, heads: int) -> Floats:
    """(…, T, h·d_k) -> (…, h, T, d_k): the first d_k features of every token go to the first head.

    >>> split_heads(np.arange(8).reshape(2, 4), 2)[0].tolist()
    [[0.0, 1.0], [4.0, 5.0]]
    """
    array = arguments.reals("X", X, finite=False)
    T, d = array.shape[-2:]
    if d % arguments.integer("heads", heads, least=1):
        raise ValueError(f"{d} features cannot be shared evenly by {heads} heads")
    return np.swapaxes(array.reshape(*array.shape[:-2], T, heads, d // heads), -3, -2)


def merge_heads(X: ArrayLike) -> Floats:
    """(…, h, T, d_v) -> (…, T, h·d_v): the heads' features side by side again. Undoes ``split_heads``."""
    array = np.swapaxes(arguments.reals("X", X, finite=False), -3, -2)     # (…, T, h, d_v)
    return array.reshape(*array.shape[:-2], -1)


def multi_head(X: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, W_v: ArrayLike, W_o: ArrayLike, heads: int,
               mask: ArrayLike | None = None, memory: ArrayLike | None = None) -> Attended:
    """concat_p(attention of head p) W_o, (…, T, d) -> (…, T, d), and the weights of every head, (…, h, T, N).

    Every head works with its own d/h columns of W_q, W_k and W_v (d, d), so that h heads cost as much as one of full width;
    its scale is √(d/h). W_o (d, d) stands on the right, where the rows' features are mixed; deck C leaves it out.
    mask: broadcasts to (…, h, T, N). memory: (…, N, d), which has the keys and values (cross-attention); else X has.
    """
    X = arguments.reals("X", X, finite=False)
    asked = X if memory is None else arguments.reals("memory", memory, finite=False)
    Q = split_heads(X @ arguments.reals("W_q", W_q, ndim=2), heads)        # (…, h, T, d/h)
    K = split_heads(asked @ arguments.reals("W_k", W_k, ndim=2), heads)    # (…, h, N, d/h)
    V = split_heads(asked @ arguments.reals("W_v", W_v, ndim=2), heads)    # (…, h, N, d/h)
    output, weights = attention(Q, K, V, mask)                             # (…, h, T, d/h)
    return Attended(np.asarray(merge_heads(output) @ arguments.reals("W_o", W_o, ndim=2)), weights)


def cross_attention(Z: ArrayLike, H: ArrayLike, W_q: ArrayLike, W_k: ArrayLike, W_v: ArrayLike,
                    mask: ArrayLike | None = None) -> Attended:
    """A decoder asks an encoder: queries from Z (…, M, d), keys and values from H (…, N, d), outputs (…, M, d_v).

    The weights are (…, M, N): a row for each token that is written, saying which tokens of the source it looks at. No causal
    mask, for the source is known from the beginning; but one that keeps its padding out.
    """
    Z, H = arguments.reals("Z", Z, finite=False), arguments.reals("H", H, finite=False)
    Q = Z @ arguments.reals("W_q", W_q, ndim=2)                            # (…, M, d_k)
    K, V = H @ arguments.reals("W_k", W_k, ndim=2), H @ arguments.reals("W_v", W_v, ndim=2)        # (…, N, d_k), (…, N, d_v)
    return attention(Q, K, V, mask)


def _inputs(X: ArrayLike, *weights: ArrayLike) -> tuple[Floats, ...]:
    return arguments.reals("X", X, ndim=2), *(arguments.reals("a weight", W, ndim=2) for W in weights)
