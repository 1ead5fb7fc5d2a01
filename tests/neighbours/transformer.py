"""Wrong answers to unit 09 beside its known mistakes."""

import math

import numpy as np

# Question 1

def leaky(X, W_1, b_1, W_2, b_2):
    hidden = X @ W_1.T + b_1
    return np.where(hidden > 0, hidden, 0.01 * hidden) @ W_2.T + b_2


def first_bias_twice(X, W_1, b_1, W_2, b_2):
    return np.maximum(X @ W_1.T + 2 * b_1, 0) @ W_2.T + b_2


def capped(X, W_1, b_1, W_2, b_2):
    return np.clip(X @ W_1.T + b_1, 0, 1) @ W_2.T + b_2


feed_forward = [leaky, first_bias_twice, capped]


# Question 2

def whole_turns(positions, d):
    angles = 2 * np.pi * positions[:, None] / 10000.0 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(positions), d)


def power_outside(positions, d):
    angles = (positions[:, None] / 10000.0) ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(positions), d)


def counted_from_the_first_word(positions, d):
    angles = (positions[:, None] - positions[0]) / 10000.0 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(positions), d)


sinusoids = [whole_turns, power_outside, counted_from_the_first_word]


# Question 3

def one_more(k, d):
    return of_angles((k + 1) / 10000.0 ** (np.arange(0, d, 2) / d))


def of_angles(angles):
    M = np.zeros((2 * len(angles), 2 * len(angles)))
    for j, a in enumerate(angles):
        M[2 * j:2 * j + 2, 2 * j:2 * j + 2] = [[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]
    return M


def small_angles(k, d):
    """sin a is about a, and cos a about 1."""
    M, angles = np.eye(d), k / 10000.0 ** (np.arange(0, d, 2) / d)
    for j, a in enumerate(angles):
        M[2 * j, 2 * j + 1], M[2 * j + 1, 2 * j] = -a, a
    return M


def slowest_waves_first(k, d):
    return of_angles(k / 10000.0 ** (np.arange(0, d, 2)[::-1] / d))


shift_matrix = [one_more, small_angles, slowest_waves_first]


# Question 4

def turned(X, positions):
    angles = positions[:, None] / 10000.0 ** (np.arange(0, X.shape[1], 2) / X.shape[1])
    u, v = X[:, 0::2], X[:, 1::2]
    cos, sin = np.cos(angles), np.sin(angles)
    return np.stack([u * cos - v * sin, u * sin + v * cos], axis=-1).reshape(X.shape)


def turned_twice(X, positions):
    return turned(X, 2 * positions)


def half_the_features(X, positions):
    out = turned(X, positions)
    out[:, X.shape[1] // 2:] = X[:, X.shape[1] // 2:]
    return out


def scaled_as_well(X, positions):
    return turned(X, positions) / math.sqrt(X.shape[1])


rotate = [turned_twice, half_the_features, scaled_as_well]


# Question 5

def median_for_mean(X, gain, bias, epsilon):
    centred = X - np.median(X, axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * gain + bias


def between_least_and_greatest(X, gain, bias, epsilon):
    span = X.max(axis=-1, keepdims=True) - X.min(axis=-1, keepdims=True)
    return (X - X.mean(axis=-1, keepdims=True)) / (span + epsilon) * gain + bias


def bias_subtracted(X, gain, bias, epsilon):
    centred = X - X.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * gain - bias


layer_norm = [median_for_mean, between_least_and_greatest, bias_subtracted]


# Questions 6 and 7

def attended(x, y, weights, heads, visible):
    """Multi-head attention, (B, N, d) and (B, M, d), visible (B, N, M)."""
    W_q, W_k, W_v, W_o = weights
    outputs = []
    for rows in np.split(np.arange(len(W_q)), heads):
        S = np.where(visible, (x @ W_q[rows].T) @ (y @ W_k[rows].T).transpose(0, 2, 1) / math.sqrt(len(rows)), -np.inf)
        e = np.exp(S - S.max(axis=2, keepdims=True))
        outputs.append(e / e.sum(axis=2, keepdims=True) @ (y @ W_v[rows].T))
    return np.concatenate(outputs, axis=2) @ W_o.T


def normed(x, gain, bias, epsilon):
    return (x - x.mean(axis=2, keepdims=True)) / np.sqrt(x.var(axis=2, keepdims=True) + epsilon) * gain + bias


def fed(x, W_1, b_1, W_2, b_2):
    return np.maximum(x @ W_1.T + b_1, 0) @ W_2.T + b_2


def residual_twice(X, p, heads, mask, norm, epsilon):
    visible = np.broadcast_to(mask[:, None, :], (*X.shape[:2], X.shape[1]))
    if norm == "pre":
        X = 2 * X + attended(*[normed(X, *p["norm_1"], epsilon)] * 2, p["attention"], heads, visible)
        return 2 * X + fed(normed(X, *p["norm_2"], epsilon), *p["feed_forward"])
    X = normed(2 * X + attended(X, X, p["attention"], heads, visible), *p["norm_1"], epsilon)
    return normed(2 * X + fed(X, *p["feed_forward"]), *p["norm_2"], epsilon)


def words_not_at_themselves(X, p, heads, mask, norm, epsilon):
    N = X.shape[1]
    visible = mask[:, None, :] & ~np.eye(N, dtype=bool)
    visible = visible | ~visible.any(axis=2, keepdims=True)
    if norm == "pre":
        X = X + attended(*[normed(X, *p["norm_1"], epsilon)] * 2, p["attention"], heads, visible)
        return X + fed(normed(X, *p["norm_2"], epsilon), *p["feed_forward"])
    X = normed(X + attended(X, X, p["attention"], heads, visible), *p["norm_1"], epsilon)
    return normed(X + fed(X, *p["feed_forward"]), *p["norm_2"], epsilon)


encoder_block = [residual_twice, words_not_at_themselves]


def source_normed(Z, H, p, heads, source_mask, epsilon):
    M = Z.shape[1]
    seen = np.broadcast_to(source_mask[:, None, :], (len(Z), M, H.shape[1]))
    Z = normed(Z + attended(Z, Z, p["self"], heads, np.tri(M, dtype=bool)[None]), *p["norm_1"], epsilon)
    Z = normed(Z + attended(Z, normed(H, *p["norm_2"], epsilon), p["cross"], heads, seen), *p["norm_2"], epsilon)
    return normed(Z + fed(Z, *p["feed_forward"]), *p["norm_3"], epsilon)


def both_attentions_added(Z, H, p, heads, source_mask, epsilon):
    M = Z.shape[1]
    seen = np.broadcast_to(source_mask[:, None, :], (len(Z), M, H.shape[1]))
    own = attended(Z, Z, p["self"], heads, np.tri(M, dtype=bool)[None])
    Z = normed(Z + own + attended(Z, H, p["cross"], heads, seen), *p["norm_2"], epsilon)
    return normed(Z + fed(Z, *p["feed_forward"]), *p["norm_3"], epsilon)


decoder_block = [source_normed, both_attentions_added]


# Question 8

def first_word_as_zero(Y, E):
    """The probability of each word against the first."""
    Z = Y @ E.T
    return Z - Z[:, :1]


def sigmoids(Y, E):
    return -np.logaddexp(0, -(Y @ E.T))


def half_the_scores(Y, E):
    Z = Y @ E.T / 2
    return Z - np.logaddexp.reduce(Z, axis=1)[:, None]


next_token_log_probabilities = [first_word_as_zero, sigmoids, half_the_scores]


# Question 9

def bias_for_each_pair(V, d, layers, heads, d_ff, tied):
    return V * d * (2 - tied) + 2 * d + layers * (4 * d**2 + 3 * d * d_ff + 9 * d)


def three_layers_in_the_network(V, d, layers, heads, d_ff, tied):
    return V * d * (2 - tied) + 2 * d + layers * (4 * d**2 + 3 * d * d_ff + 2 * d_ff + 9 * d)


parameter_count = [bias_for_each_pair, three_layers_in_the_network]


# Question 10

def squares_everywhere(kind, n, d, k, r):
    layers = next(layers for layers in range(1, n + 1) if k**layers >= n)
    return {"self-attention": (n**2 * d**2, 1, 1), "recurrent": (n * d**2, n, n),
            "convolutional": (k * n * d**2, 1, layers), "restricted": (r * n * d, 1, -(-n // r))}[kind]


def floats(kind, n, d, k, r):
    layers = next(layers for layers in range(1, n + 1) if k**layers >= n)
    return {"self-attention": (float(n**2 * d), 1, 1), "recurrent": (float(n * d**2), n, n),
            "convolutional": (float(k * n * d**2), 1, layers), "restricted": (float(r * n * d), 1, -(-n // r))}[kind]


layer_cost = [squares_everywhere, floats]


# Question 11

def one_too_many(edges, start, end):
    found = longest_of(edges, start, end)
    return found + 1 if found else 0


def longest_of(edges, start, end):
    after = {}
    for u, v in edges:
        after.setdefault(u, set()).add(v)
    here, steps, longest = {start}, 1, 0
    while here:
        longest = steps if end in here else longest
        here, steps = set().union(*(after.get(node, ()) for node in here)), steps + 1
    return longest


def shortest_and_longest_in_the_mean(edges, start, end):
    return (1 + longest_of(edges, start, end)) // 2


longest_chain = [one_too_many, shortest_and_longest_in_the_mean]
