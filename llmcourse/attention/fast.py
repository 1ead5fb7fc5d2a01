"""Unit 08: causal attention that never holds all T × T scores, the same as `attention` with a causal mask.

The trick is to share out weights before all scores are known (online softmax). For one query let m be the largest score so far,
l = Σ e^{s_j − m} and o = Σ e^{s_j − m} v_j over the keys so far; the answer at the end is o/l. When a block of keys comes whose
largest score is larger, m′ > m, everything so far was measured against the wrong number by the same factor:

    l ← l · e^{m − m′} + Σ_block e^{s_j − m′}            o ← o · e^{m − m′} + Σ_block e^{s_j − m′} v_j

So a block of scores is enough, of some queries and some keys. Blocks that lie wholly in the future are never computed, which is
nearly half of them.

Source: Milakov & Gimelshein (2018), Rabe & Staats (2021), Dao et al. (2022).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments

Floats = NDArray[np.floating]
QUERIES, KEYS = 128, 512  # of a block: 256 KiB of float32 scores, which fit into the cache of a processor's core


def causal_attention(Q: ArrayLike, K: ArrayLike, V: ArrayLike) -> Floats:
    """softmax(Q Kᵀ/√d_k + causal mask) V, (…, N_q, d_k) -> (…, N_q, d_v), with the last query at the last key.

    K: (…, N_k, d_k), N_k ≥ N_q; V: (…, N_k, d_v); the axes in front are the same in all three. Beside the output it needs
    memory for one block.
    """
    q, k, v = (arguments.reals(name, array, finite=False) for name, array in {"Q": Q, "K": K, "V": V}.items())
    n_q, d_k = q.shape[-2:]
    n_k, d_v = v.shape[-2:]
    if not (q.shape[:-2] == k.shape[:-2] == v.shape[:-2] and k.shape[-2:] == (n_k, d_k) and n_q <= n_k):
        raise ValueError("expected Q (…, N_q, d_k), K (…, N_k, d_k), V (…, N_k, d_v) with N_q ≤ N_k and equal axes in front, "
                         f"got {q.shape}, {k.shape} and {v.shape}")
    kind = np.result_type(q, k, v)
    output = np.empty((*q.shape[:-1], d_v), kind)
    block = np.empty(QUERIES * KEYS, kind)                                 # the scores of one block after the other
    future = np.triu(np.full((QUERIES, QUERIES), -np.inf, kind), 1)        # −inf above the diagonal
    for place in np.ndindex(q.shape[:-2]):
        for first in range(0, n_q, QUERIES):
            rows = slice(first, min(first + QUERIES, n_q))
            _some_queries(q[place][rows], k[place], v[place], rows.start + n_k - n_q, output[place][rows], block, future)
    return output


def _some_queries(q: Floats, k: Floats, v: Floats, offset: int, output: Floats, block: Floats,
                  future: Floats) -> None:
    """The rows of the output for some queries (n, d_k), of which the first stands at key ``offset``."""
    n, seen = len(q), offset + len(q)                                      # the last of them sees so many keys
    q = q / math.sqrt(q.shape[1])
    for start in range(0, seen, KEYS):
        stop = min(start + KEYS, seen)
        S = block[: n * (stop - start)].reshape(n, stop - start)           # (n, keys of this block)
        np.matmul(q, k[start:stop].T, out=S)
        if stop > offset:                                                  # from key ``offset`` on some are some's future
            first = max(start, offset)
            S[:, first - start :] += future[:n, first - offset : stop - offset]
        if start == 0:
            highest = S.max(axis=1, keepdims=True)                         # m, (n, 1)
        else:
            before, highest = highest, np.maximum(highest, S.max(axis=1, keepdims=True))
            shrink = np.exp(before - highest)                              # e^{m − m′}
        S -= highest
        np.exp(S, out=S)
        if start == 0:
            total = S.sum(axis=1, keepdims=True)                           # l, (n, 1)
            np.matmul(S, v[start:stop], out=output)                        # o, (n, d_v)
        else:
            total = total * shrink + S.sum(axis=1, keepdims=True)
            output *= shrink
            output += S @ v[start:stop]
    output /= total
