"""Right answers to unit 10 that look different from the model solution; every one must get full marks."""

import math
from collections import Counter, defaultdict

import numpy as np

# Question 1

def cell_by_cell(lengths, L):
    real = pad = 0
    for n in lengths:
        for place in range(L):
            if place < n:
                real += 1
            else:
                pad += 1
    return real, pad, sum(len(range(L, n)) for n in lengths)


def with_arrays(lengths, L):
    lengths = np.array(lengths)
    return np.minimum(lengths, L).sum(), np.maximum(L - lengths, 0).sum(), np.maximum(lengths - L, 0).sum()


def from_the_difference(lengths, L):
    pad = sum(L - n for n in lengths if n < L)
    lost = sum(n - L for n in lengths if n > L)
    return int(sum(lengths) - lost), pad, lost


pad_report = [cell_by_cell, with_arrays, from_the_difference]


# Question 2

def row_by_row(sequences, eos, T):
    stream = []
    for text in sequences:
        stream.extend(text)
        stream.append(eos)
    inputs, targets = [], []
    start = 0
    while start + T < len(stream):
        inputs.append(stream[start:start + T])
        targets.append(stream[start + 1:start + T + 1])
        start += T
    return np.array(inputs, dtype=np.int64).reshape(-1, T), np.array(targets, dtype=np.int64).reshape(-1, T)


def with_places(sequences, eos, T):
    stream = np.concatenate([np.append(text, eos) for text in sequences]).astype(np.int64)
    places = np.arange((len(stream) - 1) // T * T).reshape(-1, T)
    return stream[places], stream[places + 1]


def inputs_and_targets_first(sequences, eos, T):
    stream = np.array([i for part in ([*text, eos] for text in sequences) for i in part])
    read, wanted = stream[:-1], stream[1:]
    cells = len(read) - len(read) % T
    return read[:cells].reshape(cells // T, T), wanted[:cells].reshape(cells // T, T)


pack = [row_by_row, with_places, inputs_and_targets_first]


# Question 3

def two_loops(log_p, targets, mask):
    total, count = 0.0, 0
    for b in range(len(mask)):
        for t in range(mask.shape[1]):
            if mask[b, t]:
                total -= log_p[b, t, targets[b, t]]
                count += 1
    return float(total / count)


def only_what_counts(log_p, targets, mask):
    rows, wanted = log_p[mask], targets[mask]
    return float(-rows[np.arange(len(wanted)), wanted].mean())


def where(log_p, targets, mask):
    B, T, _ = log_p.shape
    picked = log_p[np.arange(B)[:, None], np.arange(T), targets]
    return float(-np.where(mask, picked, 0).sum() / np.count_nonzero(mask))


def weighted_mean(log_p, targets, mask):
    lengths = mask.sum(axis=1)
    sums = [-sum(log_p[b, t, targets[b, t]] for t in np.flatnonzero(mask[b])) for b in range(len(mask))]
    means = [total / length for total, length in zip(sums, lengths, strict=True) if length]
    return float(np.average(means, weights=lengths[lengths > 0]))


masked_loss = [two_loops, only_what_counts, where, weighted_mean]


# Question 4

def with_sorted(theta, X, keys, B, step_size):
    order = sorted(range(len(X)), key=lambda i: keys[i])
    batches = []
    while order:
        batches.append(order[:B])
        order = order[B:]
        theta = theta - step_size * sum(theta - X[i] for i in batches[-1]) / len(batches[-1])
    return batches, theta


def copy_in_place(theta, X, keys, B, step_size):
    now, order = theta.copy(), np.argsort(keys)
    batches = np.split(order, range(B, len(order), B))
    for batch in batches:
        now += step_size * (np.mean(X[batch], axis=0) - now)
    return [[int(i) for i in batch] for batch in batches], now


def shuffled_once(theta, X, keys, B, step_size):
    order = np.argsort(keys)
    shuffled, batches = X[order], []
    for i in range(0, len(X), B):
        part = shuffled[i:i + B]
        theta = (1 - step_size) * theta + step_size * part.sum(axis=0) / part.shape[0]
        batches.append(list(order[i:i + B]))
    return batches, theta


sgd_epoch = [with_sorted, copy_in_place, shuffled_once]


# Question 5

def entry_by_entry(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    new_theta, new_m, new_v = theta.copy(), m.copy(), v.copy()
    for i in np.ndindex(theta.shape):
        new_m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        new_v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
        root = math.sqrt(new_v[i] / (1 - beta2**t))
        new_theta[i] = theta[i] - step_size * new_m[i] / (1 - beta1**t) / (root + epsilon) - step_size * decay * theta[i]
    return new_theta, new_m, new_v


def decay_first(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    theta = theta * (1 - step_size * decay)
    m, v = m + (1 - beta1) * (g - m), v + (1 - beta2) * (np.square(g) - v)
    return theta - step_size * np.divide(m / (1 - beta1**t), epsilon + np.sqrt(v / (1 - beta2**t))), m, v


def corrections_together(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    first, second = 1 - beta1**t, np.sqrt(1 - beta2**t)
    update = second / first * m / (np.sqrt(v) + epsilon * second)
    return theta - step_size * update - step_size * decay * theta, m, v


adamw = [entry_by_entry, decay_first, corrections_together]


# Question 6

def three_cases(step, warmup, total, peak, floor):
    if step >= total:
        return floor
    if step < warmup:
        return (step + 1) / (warmup + 1) * peak
    angle = math.pi * (step - warmup) / (total - warmup)
    return floor + 0.5 * (peak - floor) * (1 + math.cos(angle))


def blended(step, warmup, total, peak, floor):
    share = np.clip((step - warmup) / (total - warmup), 0, 1)
    up = (1 + np.cos(np.pi * share)) / 2
    size = up * peak + (1 - up) * floor
    return float(size * min((step + 1) / (warmup + 1), 1)) if step < warmup else float(size)


def squared_cosine(step, warmup, total, peak, floor):
    if step <= warmup:
        return peak * (1 + step) / (1 + warmup)
    left = max(total - step, 0) / (total - warmup)
    return float(floor + (peak - floor) * np.sin(np.pi / 2 * left) ** 2)


learning_rate = [three_cases, blended, squared_cosine]


# Question 7

def running_mean(gradients, counts):
    mean, seen = np.zeros_like(gradients[0]), 0
    for g, n in zip(gradients, counts, strict=True):
        if n == 0:
            continue
        seen += n
        mean = mean + n / seen * (g - mean)
    return mean


def as_weights(gradients, counts):
    kept = [i for i, n in enumerate(counts) if n]
    return np.average([gradients[i] for i in kept], axis=0, weights=[counts[i] for i in kept])


def without_nan(gradients, counts):
    shares = np.array(counts) / np.sum(counts)
    return np.einsum("p,p...->...", shares, np.nan_to_num(np.stack(gradients)))


accumulate = [running_mean, as_weights, without_nan]


# Question 8

def with_slices(X, W, b, parts, by):
    pieces = []
    if by == "columns":
        size = W.shape[1] // parts
        for i in range(parts):
            pieces.append(X @ W[:, i * size:(i + 1) * size] + b[i * size:(i + 1) * size])
        return pieces, np.hstack(pieces)
    size = W.shape[0] // parts
    for i in range(parts):
        pieces.append(X[:, i * size:(i + 1) * size] @ W[i * size:(i + 1) * size])
    whole = b
    for piece in pieces:
        whole = whole + piece
    return pieces, whole


def reshaped(X, W, b, parts, by):
    (N, d), k = X.shape, W.shape[1]
    if by == "columns":
        pieces = np.einsum("nd,dpk->pnk", X, W.reshape(d, parts, -1)) + b.reshape(parts, 1, -1)
        return list(pieces), pieces.transpose(1, 0, 2).reshape(N, k)
    pieces = np.einsum("npd,pdk->pnk", X.reshape(N, parts, -1), W.reshape(parts, -1, k))
    return list(pieces), pieces.sum(axis=0) + b


def whole_directly(X, W, b, parts, by):
    whole = X @ W + b
    if by == "columns":
        return [piece.copy() for piece in np.split(whole, parts, axis=1)], whole
    groups = np.arange(len(W)) * parts // len(W)
    return [(X * (groups == i)) @ W for i in range(parts)], whole


split_linear = [with_slices, reshaped, whole_directly]


# Question 9

def similarities_first(documents, n, threshold):
    sets = []
    for text in documents:
        words = text.split()
        sets.append({" ".join(words[i:i + n]) for i in range(len(words) - n + 1)} or {text})
    S = np.array([[len(a & b) / len(a | b) for b in sets] for a in sets])
    gone = np.zeros(len(sets), dtype=bool)
    for i in range(len(sets)):
        gone[i] = any(S[i, j] >= threshold and not gone[j] for j in range(i))
    return [i for i in range(len(sets)) if not gone[i]]


def by_zip(documents, n, threshold):
    kept = {}
    for number, words in enumerate(map(str.split, documents)):
        runs = set(zip(*(words[i:] for i in range(n)), strict=False)) or {tuple(words)}
        for other in kept.values():
            common = len(runs.intersection(other))
            if common >= threshold * (len(runs) + len(other) - common):
                break
        else:
            kept[number] = runs
    return list(kept)


def with_arrays_of_shingles(documents, n, threshold):
    found, rows = [], []
    for text in documents:
        words = text.split()
        n_runs = max(1, len(words) + 1 - n)
        found.append([" ".join(words[i:i + n]) for i in range(n_runs)])
    every = sorted({run for runs in found for run in runs})
    for runs in found:
        rows.append(np.isin(every, runs))
    kept = []
    for i, row in enumerate(rows):
        if not any((row & rows[j]).sum() / (row | rows[j]).sum() >= threshold for j in kept):
            kept.append(i)
    return kept


near_duplicates = [similarities_first, by_zip, with_arrays_of_shingles]


# Question 10

def counters(groups, kept):
    total = Counter(groups)
    stays = Counter(group for group, k in zip(groups, kept, strict=True) if k)
    return {group: 1 - stays[group] / total[group] if stays[group] else 1.0 for group in total}


def array_of_groups(groups, kept):
    names, index = np.unique(groups, return_inverse=True)
    gone = np.bincount(index, weights=~np.array(kept), minlength=len(names))
    return dict(zip(names.tolist(), (gone / np.bincount(index)).tolist(), strict=True))


def sorted_groups(groups, kept):
    seen = defaultdict(lambda: [0, 0])
    for group, k in zip(groups, kept, strict=True):
        seen[group][0] += 0 if k else 1
        seen[group][1] += 1
    return {group: gone / total for group, (gone, total) in sorted(seen.items())}


removal_rates = [counters, array_of_groups, sorted_groups]


# Question 11

def with_counts(state, batches, step_sizes, steps):
    theta, m, v = (state[name].copy() for name in ("theta", "m", "v"))
    losses = []
    for i in range(steps):
        t = state["step"] + i + 1
        contexts, targets = batches[(t - 1) % len(batches)]
        counts = np.zeros_like(theta)
        np.add.at(counts, (contexts, targets), 1 / len(contexts))
        log_p = theta - np.logaddexp.reduce(theta, axis=1, keepdims=True)
        losses.append(float(-(counts * log_p).sum()))
        g = counts.sum(axis=1, keepdims=True) * np.exp(log_p) - counts
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - step_sizes[t - 1] * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return {"step": state["step"] + steps, "theta": theta, "m": m, "v": v}, losses


def pair_by_pair(state, batches, step_sizes, steps):
    theta, m, v, s, losses = *(np.array(state[name]) for name in ("theta", "m", "v")), state["step"], []
    while len(losses) < steps:
        contexts, targets = batches[s % len(batches)]
        loss, g = 0.0, np.zeros(theta.shape)
        for u, w in zip(contexts.tolist(), targets.tolist(), strict=True):
            e = np.exp(theta[u] - theta[u].max())
            p = e / e.sum()
            loss -= math.log(p[w]) / len(targets)
            p[w] -= 1
            g[u] += p / len(targets)
        losses.append(loss)
        m += 0.1 * (g - m)
        v += 0.001 * (g * g - v)
        theta -= step_sizes[s] * m / (1 - 0.9 ** (s + 1)) / (np.sqrt(v / (1 - 0.999 ** (s + 1))) + 1e-8)
        s += 1
    return dict(state, theta=theta, m=m, v=v, step=s), losses


def one_step_at_a_time(state, batches, step_sizes, steps):
    """Itself, called for the steps before the last one."""
    losses = []
    if steps > 1:
        state, losses = one_step_at_a_time(state, batches, step_sizes, steps - 1)
    s, theta = state["step"], state["theta"]
    contexts, targets = batches[s % len(batches)]
    one_hot_in, one_hot_out = np.eye(len(theta))[contexts], np.eye(len(theta))[targets]
    p = np.exp(one_hot_in @ theta)
    p = p / p.sum(axis=1, keepdims=True)
    g = one_hot_in.T @ (p - one_hot_out) / len(targets)
    m, v = 0.9 * state["m"] + (1 - 0.9) * g, 0.999 * state["v"] + (1 - 0.999) * g**2
    step = step_sizes[s] * m / (1 - 0.9 ** (s + 1)) / (np.sqrt(v / (1 - 0.999 ** (s + 1))) + 1e-8)
    losses = [*losses, float(-np.log((p * one_hot_out).sum(axis=1)).mean())]
    return {"theta": theta - step, "m": m, "v": v, "step": s + 1}, losses


train = [with_counts, pair_by_pair, one_step_at_a_time]
