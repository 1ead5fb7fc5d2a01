"""Right answers to unit 07 that look different from the model solution; every one must get full marks."""

import math

import numpy as np

# Question 1

def text_by_text(x, h, W_xh, W_hh, b):
    return np.array([np.tanh(W_xh @ one + W_hh @ state + b) for one, state in zip(x, h, strict=True)])


def side_by_side(x, h, W_xh, W_hh, b):
    return np.tanh(np.concatenate([x, h, np.ones((len(x), 1))], axis=1) @ np.concatenate([W_xh, W_hh, b[:, None]], axis=1).T)


def entry_by_entry(x, h, W_xh, W_hh, b):
    out = np.zeros(h.shape)
    for n in range(h.shape[0]):
        for i in range(h.shape[1]):
            a = float(b[i])
            for j in range(x.shape[1]):
                a += W_xh[i, j] * x[n, j]
            for j in range(h.shape[1]):
                a += W_hh[i, j] * h[n, j]
            out[n, i] = math.tanh(a)
    return out


rnn_step = [text_by_text, side_by_side, entry_by_entry]


# Question 2

def inputs_first(X, h0, W_xh, W_hh, b):
    """All inputs go through their matrix at once; only the state has to wait."""
    from_inputs = np.einsum("btd,hd->bth", X, W_xh) + b
    H = np.empty_like(from_inputs)
    for t in range(X.shape[1]):
        H[:, t] = np.tanh(from_inputs[:, t] + (h0 if t == 0 else H[:, t - 1]) @ W_hh.T)
    return H


def one_text_after_the_other(X, h0, W_xh, W_hh, b):
    texts = []
    for text, h in zip(X, h0, strict=True):
        states = []
        for x in text:
            h = np.tanh(W_xh @ x + W_hh @ h + b)
            states.append(h)
        texts.append(states)
    return np.array(texts)


def by_recursion(X, h0, W_xh, W_hh, b):
    if X.shape[1] == 0:
        return np.zeros((X.shape[0], 0, len(b)))
    h = side_by_side(X[:, 0], h0, W_xh, W_hh, b)
    return np.concatenate([h[:, None, :], by_recursion(X[:, 1:], h, W_xh, W_hh, b)], axis=1)


rnn = [inputs_first, one_text_after_the_other, by_recursion]


# Question 3

def with_loops(p, y, mask):
    J = 0
    for b in range(p.shape[0]):
        for t in range(p.shape[1]):
            if mask[b, t]:
                J -= math.log(p[b, t, list(y[b, t]).index(1)])
    return J


def with_where(p, y, mask):
    safe = np.where(mask[..., None] & (y > 0), p, 1.0)
    return -np.log(safe).sum()


def chosen_by_product(p, y, mask):
    right = np.einsum("btc,btc->bt", p, y)[mask]
    return np.sum(-np.log(right))


def only_where_it_counts(p, y, mask):
    logs = np.log(p, where=p > 0, out=np.zeros(p.shape))
    return float(-(logs * y * mask[:, :, None]).sum())


tagging_loss = [with_loops, with_where, chosen_by_product, only_where_it_counts]


# Question 4

def counted_in_loops(scores, tags, mask):
    right = total = 0
    for row, row_tags, words in zip(scores, tags, mask, strict=True):
        for numbers, tag, word in zip(row.tolist(), row_tags, words, strict=True):
            if word:
                best = 0
                for c in range(1, len(numbers)):
                    if numbers[c] > numbers[best]:
                        best = c
                right, total = right + int(best == tag), total + 1
    return right / total


def flattened(scores, tags, mask):
    flat = scores.reshape(-1, scores.shape[2])[mask.ravel()]
    return np.mean(np.argmax(flat, axis=1) == tags.ravel()[mask.ravel()])


def weighted_mean(scores, tags, mask):
    return np.average(np.argmax(scores, axis=2) == tags, weights=mask)


tagging_accuracy = [counted_in_loops, flattened, weighted_mean]


# Question 5

def with_lists(sequences, sos, eos, pad):
    width = max([len(words) for words in sequences]) + 1
    inputs, labels, mask = [], [], []
    for words in sequences:
        gap = width - len(words) - 1
        inputs.append([sos] + words + [pad] * gap)
        labels.append(words + [eos] + [pad] * gap)
        mask.append([True] * (len(words) + 1) + [False] * gap)
    return np.array(inputs), np.array(labels), np.array(mask)


def by_place(sequences, sos, eos, pad):
    lengths = np.array([len(words) for words in sequences])
    shape = (len(sequences), int(lengths.max()) + 1)
    inputs, labels = np.full(shape, pad, dtype=np.int32), np.full(shape, pad, dtype=np.int32)
    inputs[:, 0] = sos
    for b, words in enumerate(sequences):
        for t, word in enumerate(words):
            inputs[b, t + 1] = labels[b, t] = word
    labels[np.arange(len(lengths)), lengths] = eos
    return inputs, labels, np.greater_equal.outer(lengths, np.arange(shape[1]))


def labels_from_a_longer_block(sequences, sos, eos, pad):
    width = max(map(len, sequences)) + 2
    whole = np.array([[sos, *words, eos] + [pad] * (width - len(words) - 2) for words in sequences])
    mask = np.array([[t <= len(words) for t in range(width - 1)] for words in sequences])
    return np.where(mask, whole[:, :-1], pad), whole[:, 1:], mask


inputs_and_labels = [with_lists, by_place, labels_from_a_longer_block]


# Question 6

def with_diagonal_matrices(W_hh, H):
    T = len(H)
    norms = []
    for t in range(T):
        J = np.eye(H.shape[1])
        for s in range(t + 1, T):
            J = np.diag(1 - H[s] ** 2) @ W_hh @ J
        norms.append(np.linalg.svd(J, compute_uv=False)[0])
    return np.array(norms)


def transposed_from_the_left(W_hh, H):
    J, norms = np.identity(len(W_hh)), np.ones(len(H))
    for t in range(len(H) - 2, -1, -1):
        J = W_hh.T @ np.diag(1 / np.cosh(np.arctanh(H[t + 1])) ** 2) @ J
        norms[t] = np.sqrt(np.linalg.eigvalsh(J @ J.T).max())
    return norms


gradient_norms = [with_diagonal_matrices, transposed_from_the_left]


# Question 7

def gate_by_gate(x, h, c, W_xh, W_hh, b):
    def sigma(a):
        return np.where(a >= 0, 1 / (1 + np.exp(-np.abs(a))), np.exp(-np.abs(a)) / (1 + np.exp(-np.abs(a))))

    n = h.shape[1]

    def part(k):
        rows = slice(k * n, (k + 1) * n)
        return x @ W_xh[rows].T + h @ W_hh[rows].T + b[rows]

    new_c = sigma(part(1)) * c + sigma(part(0)) * np.tanh(part(2))
    return sigma(part(3)) * np.tanh(new_c), new_c


def plain_exponentials(x, h, c, W_xh, W_hh, b):
    with np.errstate(over="ignore"):
        a = (W_xh @ x.T + W_hh @ h.T).T + b
        i, f, g, o = a.reshape(len(x), 4, -1).transpose(1, 0, 2)
        i, f, o = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def number_by_number(x, h, c, W_xh, W_hh, b):
    def sigma(a):
        return 1 / (1 + math.exp(-a)) if a > -700 else 0.0

    new_h, new_c, n = np.zeros(h.shape), np.zeros(c.shape), h.shape[1]
    for row in range(len(x)):
        a = W_xh @ x[row] + W_hh @ h[row] + b
        for k in range(n):
            new_c[row, k] = sigma(a[n + k]) * c[row, k] + sigma(a[k]) * math.tanh(a[2 * n + k])
            new_h[row, k] = sigma(a[3 * n + k]) * math.tanh(new_c[row, k])
    return new_h, new_c


lstm_step = [gate_by_gate, plain_exponentials, number_by_number]


# Question 8

def chunk_by_chunk(w, u, xs, ys, chunk):
    h, total = 0.0, np.zeros(2)
    for first in range(0, len(xs), chunk):
        states = [h]
        for x in xs[first:first + chunk]:
            states.append(math.tanh(w * x + u * states[-1]))
        back = 0.0
        for k in range(len(states) - 1, 0, -1):
            t = first + k - 1
            back = (2 * (states[k] - ys[t]) + back) * (1 - states[k] ** 2)
            total += [back * xs[t], back * states[k - 1]]
            back *= u
        h = states[-1]
    return float(total[0]), float(total[1])


def forwards(w, u, xs, ys, chunk):
    """The derivatives of the state are carried along with it, and forgotten where a chunk begins."""
    h = by_w = by_u = dw = du = 0.0
    for t, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if t % chunk == 0:
            by_w = by_u = 0.0
        new = np.tanh(w * x + u * h)
        by_w, by_u = (1 - new**2) * (x + u * by_w), (1 - new**2) * (h + u * by_u)
        h = new
        dw, du = dw + 2 * (h - y) * by_w, du + 2 * (h - y) * by_u
    return dw, du


def loss_by_loss(w, u, xs, ys, chunk):
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * x + u * states[-1]))
    dw = du = 0.0
    for t in range(len(xs)):
        factor = 2 * (states[t + 1] - ys[t])
        for s in range(t, t // chunk * chunk - 1, -1):
            factor *= 1 - states[s + 1] ** 2
            dw += factor * xs[s]
            du += factor * states[s]
            factor *= u
    return dw, du


truncated_gradient = [chunk_by_chunk, forwards, loss_by_loss]


# Question 9

def word_by_word(log_p, labels, mask):
    texts = []
    for rows, row_labels, words in zip(log_p, labels, mask, strict=True):
        texts.append(sum(float(row[label]) for row, label, word in zip(rows, row_labels, words, strict=True) if word))
    return np.array(texts, dtype=float), sum(texts)


def by_indices(log_p, labels, mask):
    B, T, _ = log_p.shape
    picked = log_p[np.arange(B)[:, None], np.arange(T), labels]
    picked[~mask] = 0
    return picked.sum(1), picked.sum()


def by_lengths(log_p, labels, mask):
    texts = np.zeros(len(labels))
    for b, n in enumerate(mask.sum(axis=1)):
        texts[b] = log_p[b, range(n), labels[b, :n]].sum()
    return texts, np.sum(texts)


batch_log_likelihood = [word_by_word, by_indices, by_lengths]


# Question 10

def one_vector(gradients, limit):
    vector = np.concatenate([gradient.reshape(-1) for gradient in gradients])
    norm = np.linalg.norm(vector)
    if norm <= limit:
        return [gradient.copy() for gradient in gradients], norm
    parts = np.split(vector * (limit / norm), np.cumsum([gradient.size for gradient in gradients])[:-1])
    return [part.reshape(gradient.shape) for part, gradient in zip(parts, gradients, strict=True)], norm


def divided_by_the_larger(gradients, limit):
    total = 0.0
    for gradient in gradients:
        for number in np.nditer(gradient):
            total += float(number) ** 2
    norm = math.sqrt(total)
    return [gradient * limit / max(norm, limit) for gradient in gradients], norm


def same_arrays_where_short(gradients, limit):
    norm = math.hypot(*(float(np.linalg.norm(gradient)) for gradient in gradients))
    return ([limit * gradient / norm for gradient in gradients] if norm > limit else gradients), norm


clip_by_global_norm = [one_vector, divided_by_the_larger, same_arrays_where_short]


# Question 11

def as_rows(source, encoder, decoder, bos, eos, max_length):
    """The states as batches of one text, which is how questions 1 and 2 have them."""
    *theta, U = decoder
    h = np.zeros((1, len(encoder[3])))
    for word in source:
        h = side_by_side(encoder[0][[word]], h, *encoder[1:])
    written = [bos]
    for _ in range(max_length):
        h = side_by_side(theta[0][[written[-1]]], h, *theta[1:])
        written.append(np.argmax(h @ U.T, axis=1)[0])
        if written[-1] == eos:
            break
    return written[1:]


def by_probabilities(source, encoder, decoder, bos, eos, max_length):
    def read(words, h, E, W_xh, W_hh, b):
        for word in words:
            h = [math.tanh(float(W_xh[i] @ E[word] + W_hh[i] @ np.array(h) + b[i])) for i in range(len(b))]
        return h

    h = read(source, [0.0] * len(encoder[3]), *encoder)
    written, last = [], bos
    while True:
        h = read([last], h, *decoder[:4])
        z = [sum(a * c for a, c in zip(row, h, strict=True)) for row in decoder[4].tolist()]
        p = [math.exp(s - max(z)) for s in z]
        last = p.index(max(p))
        written.append(last)
        if last == eos or len(written) == max_length:
            return written


translate = [as_rows, by_probabilities]


# Question 12

def by_autograd(E, W_xh, W_hh, U, inputs, labels, chunk):
    """One graph for all chunks, cut by detach, and one backward pass."""
    import torch

    leaves = [theta.detach().clone().requires_grad_(True) for theta in (E, W_xh, W_hh, U)]
    table, into, on, out = leaves
    h, scores = torch.zeros(inputs.shape[0], W_hh.shape[0], dtype=E.dtype), []
    for t in range(inputs.shape[1]):
        before = h.detach() if t % chunk == 0 else h
        h = torch.tanh(torch.nn.functional.embedding(inputs[:, t], table) @ into.t() + before @ on.t())
        scores.append(h @ out.t())
    log_p = torch.log_softmax(torch.stack(scores, dim=1), dim=-1)
    return torch.autograd.grad(-log_p.gather(2, labels[:, :, None]).mean(), leaves)


def with_modules(E, W_xh, W_hh, U, inputs, labels, chunk):
    """torch's own RNN, chunk by chunk; the gradients add up in the parameters."""
    import torch
    from torch import nn

    embedding, linear = nn.Embedding(*E.shape, dtype=E.dtype), nn.Linear(U.shape[1], U.shape[0], bias=False, dtype=E.dtype)
    rnn = nn.RNN(E.shape[1], len(W_hh), bias=False, batch_first=True, dtype=E.dtype)
    with torch.no_grad():
        for parameter, theta in ((embedding.weight, E), (rnn.weight_ih_l0, W_xh), (rnn.weight_hh_l0, W_hh), (linear.weight, U)):
            parameter.copy_(theta)
    h = None
    for words, right in zip(inputs.split(chunk, dim=1), labels.split(chunk, dim=1), strict=True):
        H, h = rnn(embedding(words), h)
        loss = nn.functional.cross_entropy(linear(H).flatten(0, 1), right.flatten()) * words.shape[1] / inputs.shape[1]
        loss.backward()
        h = h.detach()
    return embedding.weight.grad, rnn.weight_ih_l0.grad, rnn.weight_hh_l0.grad, linear.weight.grad


def in_place_of_the_input(E, W_xh, W_hh, U, inputs, labels, chunk):
    import torch

    for theta in (E, W_xh, W_hh, U):
        theta.requires_grad_()
    h, losses = torch.zeros((len(inputs), len(W_hh)), dtype=torch.float64), []
    for t in range(inputs.shape[1]):
        if t and t % chunk == 0:
            (sum(losses) / labels.numel()).backward()
            h, losses = h.detach(), []
        h = torch.tanh(E[inputs[:, t]] @ W_xh.T + h @ W_hh.T)
        z = h @ U.T
        losses.append((torch.logsumexp(z, dim=1) - z[torch.arange(len(z)), labels[:, t]]).sum())
    (sum(losses) / labels.numel()).backward()
    return E.grad, W_xh.grad, W_hh.grad, U.grad


torch_gradients = [by_autograd, with_modules, in_place_of_the_input]
