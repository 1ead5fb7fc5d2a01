"""Right answers to unit 06 that look different from the model solution; every one must get full marks."""

import math

import numpy as np

# Question 1

def sliding_window(ids, n, bos):
    padded = np.concatenate([np.full(n, bos, int), np.asarray(ids, int)])
    return np.lib.stride_tricks.sliding_window_view(padded, n)[:len(ids)].copy(), padded[n:]


def place_by_place(ids, n, bos):
    contexts = np.full((len(ids), n), bos, dtype=np.int32)
    for t in range(len(ids)):
        for j in range(n):
            if t - n + j >= 0:
                contexts[t, j] = ids[t - n + j]
    return contexts, np.array(ids, dtype=np.int32)


windows = [sliding_window, place_by_place]


# Question 2

def one_hot_products(E, contexts):
    rows = np.eye(len(E))[contexts] @ E
    return np.concatenate([rows[:, j] for j in range(contexts.shape[1])], axis=1)


def in_loops(E, contexts):
    B, n = contexts.shape
    d = E.shape[1]
    e = np.empty((B, n * d))
    for b in range(B):
        for j in range(n):
            e[b, j * d:(j + 1) * d] = E[contexts[b, j]]
    return e


embed_windows = [one_hot_products, in_loops]


# Question 3

def log_sum_exp(E, W, U, contexts):
    z = np.einsum("vh,bh->bv", U, np.tanh(np.einsum("hk,bk->bh", W, in_loops(E, contexts))))
    return z - np.logaddexp.reduce(z, axis=1)[:, None]


def window_by_window(E, W, U, contexts):
    rows = []
    for window in contexts:
        h = [math.tanh(float(w @ E[window].ravel())) for w in W]
        z = [float(u @ np.array(h)) for u in U]
        top = max(z)
        total = math.log(sum(math.exp(s - top) for s in z))
        rows.append([s - top - total for s in z])
    return np.array(rows)


def slot_tables(E, W, U, contexts):
    n, d = contexts.shape[1], E.shape[1]
    a = sum((E @ W[:, j * d:(j + 1) * d].T)[contexts[:, j]] for j in range(n))
    z = (U @ np.tanh(a).T).T
    z -= z.max(axis=-1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


forward = [log_sum_exp, window_by_window, slot_tables]


# Question 4

def with_a_loop(log_p, targets):
    total = 0.0
    for row, target in zip(log_p, targets, strict=True):
        total -= row[target]
    return total / len(targets)


def take_along(log_p, targets):
    return np.mean(-np.take_along_axis(log_p, targets[:, None], axis=1))


def with_a_mask(log_p, targets):
    y = np.eye(log_p.shape[1], dtype=bool)[targets]
    return -np.where(y, log_p, 0).sum() / len(targets)


nll = [with_a_loop, take_along, with_a_mask]


# Question 5

def one_window_at_a_time(E, W, U, contexts, targets):
    dW, dU = np.zeros(W.shape), np.zeros(U.shape)
    for window, target in zip(contexts, targets, strict=True):
        e = E[window].reshape(-1)
        h = np.tanh(W @ e)
        wrong = np.exp(log_sum_exp(E, W, U, window[None]))[0]
        wrong[target] -= 1
        dU += np.outer(wrong, h)
        dW += np.outer((U.T @ wrong) * (1 - h * h), e)
    return dW / len(targets), dU / len(targets)


def with_einsum(E, W, U, contexts, targets):
    e = E[contexts].reshape(len(contexts), -1)
    a = e @ W.T
    dz = (np.exp(log_sum_exp(E, W, U, contexts)) - np.eye(len(E))[targets]) / len(targets)
    da = np.einsum("bv,vh->bh", dz, U) / np.cosh(a) ** 2
    return np.einsum("bh,bk->hk", da, e), np.einsum("bv,bh->vh", dz, np.tanh(a))


upper_gradients = [one_window_at_a_time, with_einsum]


# Question 6

def back_to_the_places(E, W, U, contexts, targets):
    h = np.tanh(in_loops(E, contexts) @ W.T)
    dz = (np.exp(log_sum_exp(E, W, U, contexts)) - np.eye(len(E))[targets]) / len(targets)
    return (dz @ U * (1 - h**2) @ W).reshape(*contexts.shape, -1)


def one_hot_transposed(E, W, U, contexts, targets):
    return np.einsum("bnv,bnd->vd", np.eye(len(E))[contexts], back_to_the_places(E, W, U, contexts, targets))


def place_after_place(E, W, U, contexts, targets):
    dE, de = np.zeros_like(E), back_to_the_places(E, W, U, contexts, targets)
    for b in range(contexts.shape[0]):
        for j in range(contexts.shape[1]):
            dE[contexts[b, j]] = dE[contexts[b, j]] + de[b, j]
    return dE


def token_by_token(E, W, U, contexts, targets):
    de = back_to_the_places(E, W, U, contexts, targets)
    return np.array([de[contexts == token].sum(axis=0) for token in range(len(E))])


embedding_gradient = [one_hot_transposed, place_after_place, token_by_token]


# Question 7

def on_copies(E, W, U, batches, step_size):
    E, W, U, losses = E.copy(), W.copy(), U.copy(), []
    for contexts, targets in batches:
        losses.append(float(take_along(log_sum_exp(E, W, U, contexts), targets)))
        dE = token_by_token(E, W, U, contexts, targets)
        dW, dU = with_einsum(E, W, U, contexts, targets)
        E -= step_size * dE
        W -= step_size * dW
        U -= step_size * dU
    return losses, (E, W, U)


def with_a_tuple(E, W, U, batches, step_size):
    theta, losses = (E, W, U), []
    for contexts, targets in batches:
        losses.append(take_along(log_sum_exp(*theta, contexts), targets))
        gradient = (one_hot_transposed(*theta, contexts, targets), *one_window_at_a_time(*theta, contexts, targets))
        theta = tuple(old - step_size * change for old, change in zip(theta, gradient, strict=True))
    return losses, theta


sgd = [on_copies, with_a_tuple]


# Question 8

def by_shapes(V, d, n, d_h, biases):
    E, W, U = math.prod((V, d)), math.prod((d_h, n * d + (1 if biases else 0))), math.prod((V, d_h + int(biases)))
    return {"total": E + W + U, "U": U, "W": W, "E": E}


def by_making_them(V, d, n, d_h, biases):
    shapes = {"E": [(V, d)], "W": [(d_h, n * d)] + [(d_h,)] * biases, "U": [(V, d_h)] + [(V,)] * biases}
    counts = {name: sum(np.empty(shape, dtype=bool).size for shape in some) for name, some in shapes.items()}
    counts["total"] = sum(counts.values())
    return counts


parameter_count = [by_shapes, by_making_them]


# Question 9

def with_an_array(E, W, U, prefix, bos):
    n = W.shape[1] // E.shape[1]
    window = np.full(n, bos)
    if prefix:
        last = prefix[-n:]
        window[n - len(last):] = last
    return np.exp(slot_tables(E, W, U, window[None])).reshape(-1)


def on_its_own(E, W, U, prefix, bos):
    d = len(E[0])
    n = len(W[0]) // d
    window = [prefix[len(prefix) - j] if j <= len(prefix) else bos for j in range(n, 0, -1)]
    z = U @ np.tanh(W @ np.concatenate([E[token] for token in window]))
    p = np.exp(z - z.max())
    return p / p.sum()


next_probabilities = [with_an_array, on_its_own]


# Question 10

def by_autograd(E, W, U, contexts, targets):
    import torch

    leaves = [theta.detach().clone().requires_grad_(True) for theta in (E, W, U)]
    table, hidden, output = leaves
    e = torch.nn.functional.embedding(contexts, table).reshape(len(contexts), -1)
    log_p = torch.log_softmax(torch.nn.functional.linear(torch.tanh(torch.nn.functional.linear(e, hidden)), output), dim=1)
    return torch.autograd.grad(-log_p.gather(1, targets[:, None]).mean(), leaves)


def with_parameters(E, W, U, contexts, targets):
    import torch
    from torch import nn

    embedding = nn.Embedding(*E.shape, dtype=torch.float64)
    lower, upper = (nn.Linear(theta.shape[1], theta.shape[0], bias=False, dtype=torch.float64) for theta in (W, U))
    with torch.no_grad():
        for layer, theta in ((embedding, E), (lower, W), (upper, U)):
            layer.weight.copy_(theta)
    network = nn.Sequential(embedding, nn.Flatten(), lower, nn.Tanh(), upper)
    nn.CrossEntropyLoss()(network(contexts), targets).backward()
    return tuple(parameter.grad for parameter in network.parameters())


def in_place_of_the_input(E, W, U, contexts, targets):
    import torch

    for theta in (E, W, U):
        theta.requires_grad_()
    z = torch.tanh(E[contexts].view(contexts.shape[0], -1) @ W.t()) @ U.t()
    loss = torch.logsumexp(z, dim=1) - z[torch.arange(len(z)), targets]
    loss.mean().backward()
    return E.grad, W.grad, U.grad


torch_gradients = [by_autograd, with_parameters, in_place_of_the_input]
