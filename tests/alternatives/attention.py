"""Right answers to unit 08 that look different from the model solution; every one must get full marks."""

import math

import numpy as np

# Question 1

def with_python_numbers(X, w):
    s = [sum(a * b for a, b in zip(row, w, strict=True)) for row in X.tolist()]
    e = [math.exp(number - max(s)) for number in s]
    weights = [number / sum(e) for number in e]
    return np.array(weights), np.array([sum(a * x for a, x in zip(weights, column, strict=True)) for column in X.T.tolist()])


def with_logarithms(X, w):
    s = np.einsum("nd,d->n", X, w)
    weights = np.exp(s - np.logaddexp.reduce(s))
    return weights, np.average(X, axis=0, weights=weights)


def in_columns(X, w):
    s = X @ w[:, None]
    weights = np.exp(s - np.max(s)) / np.sum(np.exp(s - np.max(s)))
    return weights[:, 0], (X.T @ weights).ravel()


learned_attention = [with_python_numbers, with_logarithms, in_columns]


# Question 2

def pair_by_pair(Q, K, W_q, W_k, v):
    out = np.zeros((len(Q), len(K)))
    for i, q in enumerate(Q):
        for j, k in enumerate(K):
            out[i, j] = v @ np.tanh(W_q.T @ q + W_k.T @ k)
    return out


def stacked(Q, K, W_q, W_k, v):
    """Each pair as one row, through one matrix."""
    rows = np.concatenate([np.repeat(Q, len(K), axis=0), np.tile(K, (len(Q), 1))], axis=1)
    return (np.tanh(rows @ np.concatenate([W_q, W_k])) * v).sum(axis=1).reshape(len(Q), len(K))


def by_einsum(Q, K, W_q, W_k, v):
    q, k = np.einsum("id,da->ia", Q, W_q), np.einsum("jd,da->ja", K, W_k)
    return np.einsum("ija,a->ij", np.tanh(np.expand_dims(q, 1) + k), v)


additive_scores = [pair_by_pair, stacked, by_einsum]


# Question 3

def einsum(Q, K):
    return np.einsum("bid,bjd->bij", Q, K) / math.sqrt(K.shape[-1])


def dot_by_dot(Q, K):
    (B, n_q, d_k), n_k = Q.shape, K.shape[1]
    out = np.empty((B, n_q, n_k))
    for b in range(B):
        for i in range(n_q):
            for j in range(n_k):
                out[b, i, j] = np.dot(Q[b, i], K[b, j]) * d_k**-0.5
    return out


def root_of_the_root(Q, K):
    quarter = Q.shape[2] ** 0.25
    return np.stack([q / quarter @ (k / quarter).T for q, k in zip(Q, K, strict=True)])


scores = [einsum, dot_by_dot, root_of_the_root]


# Question 4

def query_by_query(X, W_q, W_k, W_v):
    out = []
    for x in X:
        q = x @ W_q
        s = np.array([(other @ W_k) @ q for other in X]) / math.sqrt(len(q))
        a = np.exp(s - s.max())
        a = a / a.sum()
        out.append(sum(weight * (other @ W_v) for weight, other in zip(a, X, strict=True)))
    return np.array(out)


def columns(X, W_q, W_k, W_v):
    Q, K, V = W_q.T @ X.T, W_k.T @ X.T, W_v.T @ X.T
    S = K.T @ Q / len(Q) ** 0.5
    A = np.exp(S - S.max(axis=0))
    return (V @ (A / A.sum(axis=0))).T


def inputs_first(X, W_q, W_k, W_v):
    """One matrix for queries and keys, and the values at the very end."""
    S = np.einsum("id,de,je->ij", X, W_q @ W_k.T, X) / np.sqrt(W_k.shape[1])
    A = np.exp(S - np.logaddexp.reduce(S, axis=1, keepdims=True))
    return (A @ X) @ W_v


self_attention = [query_by_query, columns, inputs_first]


# Question 5

def row_by_row(n_q, n_k):
    rows = []
    for i in range(n_q):
        seen = n_k - n_q + i + 1
        rows.append([0.0] * seen + [-math.inf] * (n_k - seen))
    return np.array(rows)


def last_rows(n_q, n_k):
    """The last rows of the square one."""
    return np.triu(np.full((n_k, n_k), -np.inf), k=1)[n_k - n_q:]


def by_comparison(n_q, n_k):
    mask = np.zeros((n_q, n_k))
    mask[np.arange(n_k)[None, :] > np.arange(n_k - n_q, n_k)[:, None]] = -np.inf
    return mask


def as_logarithm(n_q, n_k):
    with np.errstate(divide="ignore"):
        return np.log(np.tri(n_q, n_k, n_k - n_q))


causal_mask = [row_by_row, last_rows, by_comparison, as_logarithm]


# Question 6

def four_loops(lengths, T):
    mask = np.zeros((len(lengths), 1, T, T), dtype=bool)
    for b, n in enumerate(lengths):
        for i in range(T):
            mask[b, 0, i, :min(i + 1, n)] = True
    return mask


def columns_cleared(lengths, T):
    mask = np.repeat(np.tril(np.ones((1, 1, T, T), dtype=bool)), len(lengths), axis=0)
    for b, n in enumerate(lengths):
        mask[b, :, :, n:] = False
    return mask


def smaller_of_both(lengths, T):
    i, j = np.indices((T, T))
    return np.array([[j < np.minimum(i + 1, n)] for n in lengths])


combined_mask = [four_loops, columns_cleared, smaller_of_both]


# Question 7

def row_after_row(S, M):
    out = np.zeros(S.shape)
    for place in np.ndindex(S.shape[:-1]):
        visible = np.isfinite(M[place[-1]])
        if visible.any():
            e = np.exp(S[place][visible] - S[place][visible].max())
            out[place][visible] = e / e.sum()
    return out


def nan_to_zero(S, M):
    z = S + M
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return np.nan_to_num(e / e.sum(axis=-1, keepdims=True))


def with_logsumexp(S, M):
    z = np.where(np.isneginf(M), -np.inf, S)
    total = np.logaddexp.reduce(z, axis=-1, keepdims=True)
    return np.exp(z - np.where(np.isfinite(total), total, 0))


def mended_rows(S, M):
    nowhere = np.isinf(M).all(axis=1, keepdims=True)
    z = S + np.where(nowhere, 0, M)
    e = np.exp(z - z.max(-1)[..., None])
    return np.where(nowhere, 0, e / e.sum(-1)[..., None])


attention_weights = [row_after_row, nan_to_zero, with_logsumexp, mended_rows]


# Question 8

def stacked_shares(X, h):
    return np.stack(np.split(X, h, axis=-1), axis=1)


def head_by_head(X, h):
    B, T, d = X.shape
    width = d // h
    out = np.empty((B, h, T, width))
    for k in range(h):
        out[:, k] = X[:, :, k * width:(k + 1) * width]
    return out


def by_number(X, h):
    width = X.shape[2] // h
    return np.array([[[[row[k * width + c] for c in range(width)] for row in text] for k in range(h)] for text in X])


split_heads = [stacked_shares, head_by_head, by_number]


def concatenated(Z):
    return np.concatenate([Z[:, k] for k in range(Z.shape[1])], axis=-1)


def flattened_last(Z):
    return np.swapaxes(Z, 1, 2).reshape(len(Z), Z.shape[2], -1)


def by_feature(Z):
    B, h, T, width = Z.shape
    out = np.zeros((B, T, h * width))
    for f in range(h * width):
        out[..., f] = Z[:, f // width, :, f % width]
    return out


merge_heads = [concatenated, flattened_last, by_feature]


# Question 9

def heads_in_a_loop(X, W_q, W_k, W_v, W_o, h, M):
    d = X.shape[2]
    width, out = d // h, np.zeros(X.shape)
    for k in range(h):
        part = slice(k * width, (k + 1) * width)
        S = (X @ W_q[:, part]) @ (X @ W_k[:, part]).transpose(0, 2, 1) / width**0.5 + M
        A = np.exp(S - S.max(axis=-1, keepdims=True))
        out += A / A.sum(axis=-1, keepdims=True) @ (X @ W_v[:, part]) @ W_o[part]       # what a head adds to the sum
    return out


def all_by_einsum(X, W_q, W_k, W_v, W_o, h, M):
    d = X.shape[2]
    W_q, W_k, W_v = (W.reshape(d, h, d // h) for W in (W_q, W_k, W_v))
    S = np.einsum("bid,dhe,bjf,fhe->bhij", X, W_q, X, W_k, optimize=True) / math.sqrt(d / h) + M
    A = np.exp(S - np.logaddexp.reduce(S, axis=-1, keepdims=True))
    return np.einsum("bhij,bjd,dhe,heo->bio", A, X, W_v, W_o.reshape(h, d // h, d), optimize=True)


def text_by_text(X, W_q, W_k, W_v, W_o, h, M):
    out = []
    for text in X:
        heads = []
        for q, k, v in zip(np.split(text @ W_q, h, axis=1), np.split(text @ W_k, h, axis=1), np.split(text @ W_v, h, axis=1),
                           strict=True):
            S = np.where(M == 0, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
            e = np.exp(S - np.max(S, axis=1)[:, None])
            heads.append(e / e.sum(axis=1, keepdims=True) @ v)
        out.append(np.hstack(heads) @ W_o)
    return np.array(out)


multi_head = [heads_in_a_loop, all_by_einsum, text_by_text]


# Question 10

def pairs_in_a_loop(Z, H, W_q, W_k, W_v, lengths):
    outputs, weights = np.zeros((*Z.shape[:2], W_v.shape[1])), np.zeros((*Z.shape[:2], H.shape[1]))
    for b, n in enumerate(lengths):
        if n:
            S = (Z[b] @ W_q) @ (H[b, :n] @ W_k).T / math.sqrt(W_q.shape[1])
            A = np.exp(S - S.max(axis=1, keepdims=True))
            weights[b, :, :n] = A / A.sum(axis=1, keepdims=True)
            outputs[b] = weights[b, :, :n] @ (H[b, :n] @ W_v)
    return outputs, weights


def averages_of_states(Z, H, W_q, W_k, W_v, lengths):
    """The encoder's states are averaged first and become values afterwards."""
    S = np.einsum("bmd,de,bne->bmn", Z, W_q @ W_k.T, H) / W_k.shape[1] ** 0.5
    for b, n in enumerate(lengths):
        S[b, :, n:] = -np.inf
    with np.errstate(invalid="ignore"):
        A = np.nan_to_num(np.exp(S - np.logaddexp.reduce(S, axis=2, keepdims=True)))
    return A @ H @ W_v, A


def sources_first(Z, H, W_q, W_k, W_v, lengths):
    """All the scores in one long row of keys, words of other texts hidden as well."""
    (B, M, _), N = Z.shape, H.shape[1]
    S = (Z.reshape(B * M, -1) @ W_q) @ (H.reshape(B * N, -1) @ W_k).T / np.sqrt(W_k.shape[1])
    visible = [[b == c and j < lengths[c] for c in range(B) for j in range(N)] for b in range(B) for _ in range(M)]
    S = np.where(visible, S, -np.inf)
    e = np.exp(S - np.maximum(S.max(axis=1, keepdims=True), -1e300))
    A = e / np.maximum(e.sum(axis=1, keepdims=True), 1e-300)
    A = A.reshape(B, M, B, N)[np.arange(B), :, np.arange(B)]
    return A @ (H @ W_v), A


cross_attention = [pairs_in_a_loop, averages_of_states, sources_first]


# Question 11

def one_by_one(parts):
    m, mass, o = parts[0]
    for block_m, block_mass, block_o in parts[1:]:
        if block_mass == 0:
            continue
        if block_m > m:
            mass, o, m = mass * math.exp(m - block_m), o * math.exp(m - block_m), block_m
        factor = math.exp(block_m - m)
        mass, o = mass + factor * block_mass, o + factor * block_o
    return o / mass if mass > 0 else o


def averages_weighted(parts):
    """Each block's own average, weighted by softmax(m + ln l)."""
    seen = [(m + math.log(mass), o / mass) for m, mass, o in parts if mass > 0]
    if not seen:
        return np.zeros_like(parts[0][2])
    logs = np.array([log for log, _ in seen])
    return np.exp(logs - np.logaddexp.reduce(logs)) @ np.stack([average for _, average in seen])


def as_arrays(parts):
    m, mass, o = (np.array(column) for column in zip(*parts, strict=True))
    with np.errstate(invalid="ignore"):
        factors = np.nan_to_num(np.exp(m - m.max()))
    return (factors @ o) / max(factors @ mass, 1e-300)


combine = [one_by_one, averages_weighted, as_arrays]


# Question 12

def torchs_own(Q, K, V, mask, G):
    import torch

    leaves = [part.detach().clone().requires_grad_() for part in (Q, K, V)]
    q, k, v = leaves
    nowhere = ~mask.any(dim=-1)
    outputs = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask | nowhere[..., None])
    outputs = outputs.masked_fill(nowhere[..., None], 0)
    return outputs.detach(), *torch.autograd.grad((outputs * G).sum(), leaves)


def row_for_row(Q, K, V, mask, G):
    import torch

    for part in (Q, K, V):
        part.requires_grad_()
    rows = []
    for b in range(len(Q)):
        for i in range(Q.shape[1]):
            seen = mask[b, i]
            if seen.any():
                a = torch.softmax(K[b][seen] @ Q[b, i] / Q.shape[2] ** 0.5, dim=0)
                rows.append(a @ V[b][seen])
            else:
                rows.append(0 * V[b, 0])
    outputs = torch.stack(rows).reshape(G.shape)
    outputs.backward(G)
    return outputs, Q.grad, K.grad, V.grad


def by_hand(Q, K, V, mask, G):
    import torch

    s = torch.einsum("bid,bjd->bij", Q, K) / Q.shape[2] ** 0.5
    e = torch.exp(s - s.amax(dim=2, keepdim=True)) * mask
    A = e / e.sum(dim=2, keepdim=True).clamp(min=1e-300)
    dA = torch.einsum("bie,bje->bij", G, V)
    dS = A * (dA - (A * dA).sum(dim=2, keepdim=True)) / Q.shape[2] ** 0.5
    return A @ V, dS @ K, dS.mT @ Q, A.mT @ G


attention_gradients = [torchs_own, row_for_row, by_hand]
