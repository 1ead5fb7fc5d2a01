"""Wrong answers to unit 08 beside its known mistakes."""

import numpy as np


def softmax(z):
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


# Question 1

def powers_of_two(X, w):
    s = X @ w
    e = 2.0 ** (s - s.max())
    return e / e.sum(), e / e.sum() @ X


def average_times_w(X, w):
    weights = softmax(X @ w)
    return weights, (weights @ X) * w


def cosine(X, w):
    weights = softmax(X @ w / np.linalg.norm(w))
    return weights, weights @ X


learned_attention = [powers_of_two, average_times_w, cosine]


# Question 2

def tanh_on_both_sides(Q, K, W_q, W_k, v):
    return np.tanh((np.tanh(Q @ W_q))[:, None] + np.tanh(K @ W_k)[None]) @ v


def greatest_entry(Q, K, W_q, W_k, v):
    return (np.tanh((Q @ W_q)[:, None] + (K @ W_k)[None]) * v).max(axis=-1)


additive_scores = [tanh_on_both_sides, greatest_entry]


# Question 3

def root_of_the_length(Q, K):
    return Q @ K.swapaxes(1, 2) / np.sqrt(Q.shape[2] + 1)


def first_keys_for_all(Q, K):
    return Q @ K[:1].swapaxes(1, 2) / np.sqrt(Q.shape[2])


scores = [root_of_the_length, first_keys_for_all]


# Question 4

def scaled_on_both_sides(X, W_q, W_k, W_v):
    return softmax(X @ W_q @ (X @ W_k).T / np.sqrt(W_q.shape[1])) @ (X @ W_v) / len(X)


def residual(X, W_q, W_k, W_v):
    V = X @ W_v
    return softmax(X @ W_q @ (X @ W_k).T / np.sqrt(W_q.shape[1])) @ V + V


self_attention = [scaled_on_both_sides, residual]


# Question 5

def one_key_less_of_old(n_q, n_k):
    mask = np.where(np.tri(n_q, n_k, n_k - n_q), 0, -np.inf)
    mask[1:, 0] = -np.inf
    return mask


def ones_for_infinity(n_q, n_k):
    return np.where(np.tri(n_q, n_k, n_k - n_q), 0, -1.0)


causal_mask = [one_key_less_of_old, ones_for_infinity]


# Question 6

def last_length_for_all(lengths, T):
    return np.repeat((np.tri(T) * (np.arange(T) < lengths[-1]) > 0)[None, None], len(lengths), axis=0)


def first_place_always(lengths, T):
    mask = (np.arange(T) < np.array(lengths)[:, None, None, None]) & np.tri(T, dtype=bool)
    mask[..., 0] = True
    return mask


combined_mask = [last_length_for_all, first_place_always]


# Question 7

def hidden_as_minus_one(S, M):
    return softmax(np.where(M == 0, S, -1.0))


def first_key_of_nowhere(S, M):
    out = softmax(np.where((M == 0) | (np.isinf(M).all(axis=1, keepdims=True) & (np.arange(S.shape[-1]) == 0)), S, -np.inf))
    return out


def a_trifle_added(S, M):
    visible = M == 0
    e = np.exp(np.where(visible, S - np.where(visible, S, -np.inf).max(axis=-1, keepdims=True, initial=-1e300), -np.inf))
    return e / (e.sum(axis=-1, keepdims=True) + 1e-12)


attention_weights = [hidden_as_minus_one, first_key_of_nowhere, a_trifle_added]


# Question 8

def time_reversed(X, h):
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(0, 2, 1, 3)[:, :, ::-1]


def features_reversed(X, h):
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(0, 2, 1, 3)[..., ::-1]


split_heads = [time_reversed, features_reversed]


def each_head_reversed(Z):
    B, h, T, width = Z.shape
    return Z[..., ::-1].transpose(0, 2, 1, 3).reshape(B, T, h * width)


def first_text_for_all(Z):
    B, h, T, width = Z.shape
    return np.repeat(Z[:1].transpose(0, 2, 1, 3).reshape(1, T, h * width)[..., ::-1], B, axis=0)


merge_heads = [each_head_reversed, first_text_for_all]


# Question 9

def heads(X, W_q, W_k, W_v, h, M):
    B, T, d = X.shape
    Q, K, V = ((X @ W).reshape(B, T, h, d // h).transpose(0, 2, 1, 3) for W in (W_q, W_k, W_v))
    return (softmax(Q @ K.swapaxes(2, 3) / np.sqrt(d / h) + M) @ V).transpose(0, 2, 1, 3)


def halved_heads(X, W_q, W_k, W_v, W_o, h, M):
    return heads(X, W_q, W_k, W_v, h, M).reshape(X.shape) / 2 @ W_o


def with_the_input(X, W_q, W_k, W_v, W_o, h, M):
    return X + heads(X, W_q, W_k, W_v, h, M).reshape(X.shape) @ W_o


multi_head = [halved_heads, with_the_input]


# Question 10

def mean_of_the_source(Z, H, W_q, W_k, W_v, lengths):
    words = np.arange(H.shape[1]) < np.array(lengths)[:, None, None]
    A = np.repeat(words / np.maximum(words.sum(axis=2, keepdims=True), 1), Z.shape[1], axis=1)
    return A @ H @ W_v, A


def root_of_one_more(Z, H, W_q, W_k, W_v, lengths):
    words = np.arange(H.shape[1]) < np.array(lengths)[:, None, None]
    S = Z @ W_q @ (H @ W_k).swapaxes(1, 2) / np.sqrt(W_q.shape[1] + 1)
    A = np.nan_to_num(softmax(np.where(words, S, -np.inf)))
    return A @ H @ W_v, A


cross_attention = [mean_of_the_source, root_of_one_more]


# Question 11

def half_the_exponent(parts):
    greatest = max(m for m, _, _ in parts)
    if greatest == -np.inf:
        return np.zeros(parts[0][2].shape)
    factors = [np.exp((m - greatest) / 2) for m, _, _ in parts]
    return sum(f * o for f, (_, _, o) in zip(factors, parts, strict=True)) / sum(
        f * mass for f, (_, mass, _) in zip(factors, parts, strict=True))


def two_greatest(parts):
    parts = sorted(parts, key=lambda part: part[0])[-1:] + [part for part in parts if part[0] == -np.inf]
    _, mass, o = parts[0]
    return 2 * o / (mass if mass else 1.0)


combine = [half_the_exponent, two_greatest]


# Question 12

def squared_error(Q, K, V, mask, G):
    import torch

    Q, K, V = (part.clone().requires_grad_() for part in (Q, K, V))
    nowhere = ~mask.any(dim=2, keepdim=True)
    S = (Q @ K.mT / Q.shape[2] ** 0.5).masked_fill(~mask & ~nowhere, -torch.inf)
    outputs = S.softmax(dim=2).masked_fill(nowhere, 0) @ V
    ((outputs - G) ** 2).sum().backward()
    return outputs.detach(), Q.grad, K.grad, V.grad


def gradients_per_text(Q, K, V, mask, G):
    import torch

    Q, K, V = (part.clone().requires_grad_() for part in (Q, K, V))
    nowhere = ~mask.any(dim=2, keepdim=True)
    S = (Q @ K.mT / Q.shape[2] ** 0.5).masked_fill(~mask & ~nowhere, -torch.inf)
    outputs = S.softmax(dim=2).masked_fill(nowhere, 0) @ V
    (G * outputs).sum().div(2 * len(Q)).backward()
    return outputs.detach(), Q.grad, K.grad, V.grad


attention_gradients = [squared_error, gradients_per_text]
