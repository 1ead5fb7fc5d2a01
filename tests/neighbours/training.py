"""Wrong answers to unit 10 beside its known mistakes."""

import math

import numpy as np

# Question 1

def shares(lengths, L):
    real = sum(min(n, L) for n in lengths)
    return real, round(100 * (L * len(lengths) - real) / (L * len(lengths))), sum(lengths) - real


def long_texts_wrapped(lengths, L):
    rows = sum(-(-n // L) for n in lengths)
    return sum(lengths), L * rows - sum(lengths), 0


pad_report = [shares, long_texts_wrapped]


# Question 2

def two_places_on(sequences, eos, T):
    stream = np.array([token for text in sequences for token in [*text, eos]] + [eos], dtype=np.int64)
    n = (len(stream) - 2) // T
    return stream[:n * T].reshape(n, T), stream[2:n * T + 2].reshape(n, T)


def last_row_lost(sequences, eos, T):
    stream = np.array([token for text in sequences for token in [*text, eos]], dtype=np.int64)
    n = max((len(stream) - 1) // T - 1, 0)
    return stream[:n * T].reshape(n, T), stream[1:n * T + 1].reshape(n, T)


pack = [two_places_on, last_row_lost]


# Question 3

def median(log_p, targets, mask):
    return float(np.median(-np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0][mask]))


def first_text_alone(log_p, targets, mask):
    losses = -np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]
    return float(losses[0][mask[0]].mean())


masked_loss = [median, first_text_alone]


# Question 4

def short_batch_first(theta, X, keys, B, step_size):
    order = np.argsort(keys)
    rest = len(order) % B
    batches = [part.tolist() for part in np.split(order, range(rest, len(order), B)) if len(part)]
    for batch in batches:
        theta = theta - step_size * (theta - X[batch].mean(axis=0))
    return batches, theta


def two_epochs(theta, X, keys, B, step_size):
    order = np.argsort(keys)
    batches = [order[i:i + B].tolist() for i in range(0, len(order), B)]
    for batch in batches * 2:
        theta = theta - step_size * (theta - X[batch].mean(axis=0))
    return batches, theta


sgd_epoch = [short_batch_first, two_epochs]


# Question 5

def steps_of_the_sign(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return theta - step_size * (np.sign(m) + decay * theta), m, v


def one_length_for_all(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * (g**2).mean()
    return theta - step_size * (m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon) + decay * theta), m, v


def square_of_epsilon_under_the_root(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return theta - step_size * (m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + epsilon**2) + decay * theta), m, v


adamw = [steps_of_the_sign, one_length_for_all, square_of_epsilon_under_the_root]


# Question 6

def exponential(step, warmup, total, peak, floor):
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    return peak * (floor / peak) ** min((step - warmup) / (total - warmup), 1)


def half_the_peak(step, warmup, total, peak, floor):
    if step < warmup:
        return peak * (step + 1) / (warmup + 1) / 2
    return float(floor + (peak / 2 - floor) * (1 + math.cos(math.pi * min((step - warmup) / (total - warmup), 1))) / 2)


learning_rate = [exponential, half_the_peak]


# Question 7

def squares_of_counts(gradients, counts):
    weights = [n**2 for n in counts]
    return sum(w * g for g, w in zip(gradients, weights, strict=True) if w) / sum(weights)


def one_token_more(gradients, counts):
    return sum(n * g for g, n in zip(gradients, counts, strict=True) if n) / (sum(counts) + 1)


accumulate = [squares_of_counts, one_token_more]


# Question 8

def pieces_in_reverse(X, W, b, parts, by):
    if by == "columns":
        pieces = [X @ w + c for w, c in zip(np.split(W, parts, axis=1), np.split(b, parts), strict=True)][::-1]
        return pieces, np.concatenate(pieces, axis=1)
    pieces = [x @ w for x, w in zip(np.split(X, parts, axis=1), np.split(W, parts), strict=True)][::-1]
    return pieces, sum(pieces) + b


def running_sums(X, W, b, parts, by):
    if by == "columns":
        pieces = [X @ w + c for w, c in zip(np.split(W, parts, axis=1), np.split(b, parts), strict=True)]
        return pieces, np.concatenate(pieces, axis=1)
    pieces = list(np.cumsum([x @ w for x, w in zip(np.split(X, parts, axis=1), np.split(W, parts), strict=True)], axis=0))
    return pieces, pieces[-1] + b


split_linear = [pieces_in_reverse, running_sums]


# Question 9

def first_words_alone(documents, n, threshold):
    seen = []
    for i, text in enumerate(documents):
        if text.split()[:n] not in [documents[j].split()[:n] for j in seen]:
            seen.append(i)
    return seen


def one_common_shingle(documents, n, threshold):
    sets = [{" ".join(text.split()[i:i + n]) for i in range(max(len(text.split()) - n + 1, 1))} for text in documents]
    kept = []
    for i, one in enumerate(sets):
        if not any(one & sets[j] for j in kept):
            kept.append(i)
    return kept


def similar_to_all_together(documents, n, threshold):
    seen, kept = set(), []
    for i, words in enumerate(text.split() for text in documents):
        one = {tuple(words[j:j + n]) for j in range(max(len(words) - n + 1, 1))}
        if len(one & seen) / len(one) < threshold:
            kept.append(i)
            seen |= one
    return kept


def distance_for_similarity(documents, n, threshold):
    sets = [{" ".join(text.split()[i:i + n]) for i in range(max(len(text.split()) - n + 1, 1))} for text in documents]
    kept = []
    for i, one in enumerate(sets):
        if all(len(one ^ sets[j]) / len(one | sets[j]) > threshold for j in kept):
            kept.append(i)
    return kept


def rounded(documents, n, threshold):
    sets = [{" ".join(text.split()[i:i + n]) for i in range(max(len(text.split()) - n + 1, 1))} for text in documents]
    kept = []
    for i, one in enumerate(sets):
        if all(round(len(one & sets[j]) / len(one | sets[j]), 1) < threshold for j in kept):
            kept.append(i)
    return kept


near_duplicates = [first_words_alone, one_common_shingle, similar_to_all_together, distance_for_similarity, rounded]


# Question 10

def smoothed(groups, kept):
    return {group: (sum(not k for g, k in zip(groups, kept, strict=True) if g == group) + 1) / (groups.count(group) + 2)
            for group in groups}


def last_verdict(groups, kept):
    return {group: float(not k) for group, k in zip(groups, kept, strict=True)}


def by_number_of_groups(groups, kept):
    return {group: sum(g == group and not k for g, k in zip(groups, kept, strict=True)) / len(set(groups)) for group in groups}


removal_rates = [smoothed, last_verdict, by_number_of_groups]


# Question 11

def step_halved(state, batches, step_sizes, steps):
    return went_on(state, batches, [size / 2 for size in step_sizes], steps)


def batches_backwards(state, batches, step_sizes, steps):
    return went_on(state, [(c, t[::-1]) for c, t in batches[::-1]], step_sizes, steps)


def went_on(state, batches, step_sizes, steps):
    theta, m, v, losses = state["theta"], state["m"], state["v"], []
    for s in range(state["step"], state["step"] + steps):
        contexts, targets = batches[s % len(batches)]
        counts = np.zeros_like(theta)
        np.add.at(counts, (contexts, targets), 1 / len(contexts))
        log_p = theta - np.logaddexp.reduce(theta, axis=1, keepdims=True)
        losses.append(float(-(counts * log_p).sum()))
        g = counts.sum(axis=1, keepdims=True) * np.exp(log_p) - counts
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - step_sizes[s] * (m / (1 - 0.9 ** (s + 1))) / (np.sqrt(v / (1 - 0.999 ** (s + 1))) + 1e-8)
    return {"theta": theta, "m": m, "v": v, "step": state["step"] + steps}, losses


train = [step_halved, batches_backwards]
