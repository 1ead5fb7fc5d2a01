"""Right answers to unit 09 that look different from the model solution; every one must get full marks."""

import math

import numpy as np

# Question 1

def word_by_word(X, W_1, b_1, W_2, b_2):
    out = np.zeros(X.shape)
    for b in range(X.shape[0]):
        for t in range(X.shape[1]):
            hidden = W_1 @ X[b, t] + b_1
            hidden[hidden < 0] = 0
            out[b, t] = W_2 @ hidden + b_2
    return out


def with_einsum(X, W_1, b_1, W_2, b_2):
    hidden = np.einsum("bnd,fd->bnf", X, W_1) + b_1
    return np.einsum("bnf,df->bnd", np.where(hidden > 0, hidden, 0), W_2) + b_2


def flattened(X, W_1, b_1, W_2, b_2):
    hidden = (X.reshape(-1, X.shape[2]) @ W_1.transpose() + b_1).clip(0)
    return (np.dot(hidden, W_2.transpose()) + b_2).reshape(X.shape)


feed_forward = [word_by_word, with_einsum, flattened]


# Question 2

def entry_by_entry(positions, d):
    return np.array([[math.cos(i / 10000 ** ((c - 1) / d)) if c % 2 else math.sin(i / 10000 ** (c / d)) for c in range(d)]
                     for i in positions])


def with_strides(positions, d):
    out = np.zeros((len(positions), d))
    rates = np.exp(np.arange(0, d, 2) * -(np.log(10000.0) / d))
    out[:, 0::2], out[:, 1::2] = np.sin(np.outer(positions, rates)), np.cos(np.outer(positions, rates))
    return out


def by_complex_numbers(positions, d):
    points = np.exp(1j * positions[:, None] / 10000.0 ** (2 * np.arange(d // 2) / d))
    return np.dstack([points.imag, points.real]).reshape(len(positions), -1)


sinusoids = [entry_by_entry, with_strides, by_complex_numbers]


# Question 3

def from_one_position(k, d):
    """Two positions tell what the map is: both are turned by it."""
    M = np.zeros((d, d))
    for j in range(d // 2):
        omega = 10000.0 ** (-2 * j / d)
        before = np.array([[math.sin(i * omega), math.cos(i * omega)] for i in (0, math.pi / 2 / omega)])
        after = np.array([[math.sin((i + k) * omega), math.cos((i + k) * omega)] for i in (0, math.pi / 2 / omega)])
        M[2 * j:2 * j + 2, 2 * j:2 * j + 2] = np.linalg.solve(before, after)
    return M


def by_strides(k, d):
    angles, even = k * 10000.0 ** (-np.arange(0, d, 2) / d), np.arange(0, d, 2)
    M = np.diag(np.repeat(np.cos(angles), 2))
    M[even, even + 1], M[even + 1, even] = -np.sin(angles), np.sin(angles)
    return M


def step_by_step(k, d):
    one = np.zeros((d, d))
    for j in range(d // 2):
        sin, cos = math.sin(10000 ** (-2 * j / d)), math.cos(10000 ** (-2 * j / d))
        one[2 * j, 2 * j], one[2 * j, 2 * j + 1], one[2 * j + 1, 2 * j], one[2 * j + 1, 2 * j + 1] = cos, -sin, sin, cos
    M = np.eye(d)
    for _ in range(abs(k)):
        M = M @ (one if k > 0 else one.T)
    return M


shift_matrix = [from_one_position, by_strides, step_by_step]


# Question 4

def as_complex_numbers(X, positions):
    d = X.shape[1]
    turns = np.exp(1j * np.outer(positions, 10000.0 ** (-np.arange(0, d, 2) / d)))
    points = X.reshape(len(X), -1, 2) @ np.array([1, 1j]) * turns
    return np.ascontiguousarray(points).view(float).reshape(X.shape)


def pair_by_pair(X, positions):
    out = X.copy()
    for t, i in enumerate(positions.tolist()):
        for j in range(X.shape[1] // 2):
            a = i / 10000 ** (2 * j / X.shape[1])
            u, v = X[t, 2 * j], X[t, 2 * j + 1]
            out[t, 2 * j] = u * math.cos(a) - v * math.sin(a)
            out[t, 2 * j + 1] = u * math.sin(a) + v * math.cos(a)
    return out


def with_shift_matrices(X, positions):
    return np.array([x @ by_strides(-int(i), X.shape[1]) for x, i in zip(X, positions, strict=True)])


rotate = [as_complex_numbers, pair_by_pair, with_shift_matrices]


# Question 5

def row_by_row(X, gain, bias, epsilon):
    out = np.empty(X.shape)
    for index in np.ndindex(*X.shape[:-1]):
        x = X[index]
        mean = sum(x) / len(x)
        sigma = math.sqrt(sum((entry - mean) ** 2 for entry in x) / len(x) + epsilon)
        out[index] = [(entry - mean) / sigma * g + b for entry, g, b in zip(x, gain, bias, strict=True)]
    return out


def with_var(X, gain, bias, epsilon):
    mean, variance = np.mean(X, -1)[..., None], np.var(X, -1)[..., None]
    return gain * (X - mean) * (variance + epsilon) ** -0.5 + bias


def with_a_centring_matrix(X, gain, bias, epsilon):
    d = X.shape[-1]
    deviations = X @ (np.eye(d) - 1 / d)
    sigma = np.sqrt(np.einsum("...i,...i->...", deviations, deviations) / d + epsilon)
    return deviations / sigma[..., np.newaxis] * gain + bias


layer_norm = [row_by_row, with_var, with_a_centring_matrix]


# Question 6

def attention_of_heads(x, y, weights, heads, visible):
    """One text, head by head: (N, d) and (M, d), visible (N, M)."""
    W_q, W_k, W_v, W_o = weights
    width, outputs = len(W_q) // heads, []
    for rows in (slice(p * width, (p + 1) * width) for p in range(heads)):
        scores = np.einsum("id,jd->ij", x @ W_q[rows].T, y @ W_k[rows].T) / width**0.5
        e = np.exp(scores - scores.max()) * visible
        outputs.append(e / e.sum(axis=1, keepdims=True) @ y @ W_v[rows].T)
    return np.hstack(outputs) @ W_o.T


def text_by_text(X, p, heads, mask, norm, epsilon):
    texts = []
    for x, words in zip(X, mask, strict=True):
        def attended(x, words=words):
            return attention_of_heads(x, x, p["attention"], heads, np.broadcast_to(words, (len(x), len(x))))

        def fed(x):
            return with_einsum(x[None], *p["feed_forward"])[0]

        def first(x):
            return with_var(x, *p["norm_1"], epsilon)

        def second(x):
            return with_var(x, *p["norm_2"], epsilon)

        if norm == "pre":
            x = x + attended(first(x))
            x = x + fed(second(x))
        else:
            x = first(x + attended(x))
            x = second(x + fed(x))
        texts.append(x)
    return np.stack(texts)


def padding_cut_off(X, p, heads, mask, norm, epsilon):
    """Keys and values of the words alone, whose number differs from text to text."""
    before, behind = (with_var, lambda x, *_: x) if norm == "pre" else (lambda x, *_: x, with_var)
    middle = np.empty(X.shape)
    for b, words in enumerate(mask):
        x = before(X[b], *p["norm_1"], epsilon)
        change = attention_of_heads(x, x[words], p["attention"], heads, np.ones((len(x), int(words.sum())), bool))
        middle[b] = behind(X[b] + change, *p["norm_1"], epsilon)
    change = word_by_word(before(middle, *p["norm_2"], epsilon), *p["feed_forward"])
    return behind(middle + change, *p["norm_2"], epsilon)


encoder_block = [text_by_text, padding_cut_off]


# Question 7

def translation_by_translation(Z, H, p, heads, source_mask, epsilon):
    out = []
    for z, h, words in zip(Z, H, source_mask, strict=True):
        M = len(z)
        z = row_by_row(z + attention_of_heads(z, z, p["self"], heads, np.tril(np.ones((M, M)))), *p["norm_1"], epsilon)
        h = h[words]
        z = row_by_row(z + attention_of_heads(z, h, p["cross"], heads, np.ones((M, len(h)))), *p["norm_2"], epsilon)
        out.append(row_by_row(z + word_by_word(z[None], *p["feed_forward"])[0], *p["norm_3"], epsilon))
    return np.array(out)


def one_more_word_at_a_time(Z, H, p, heads, source_mask, epsilon):
    """Each word is the last of a translation that ends with it, so that nothing has to be masked in front."""
    out = np.zeros(Z.shape)
    for b, words in enumerate(source_mask):
        for t in range(Z.shape[1]):
            past = Z[b, :t + 1]
            z = past[-1:] + attention_of_heads(past[-1:], past, p["self"], heads, np.ones((1, t + 1)))
            z = with_var(z, *p["norm_1"], epsilon)
            z = with_var(z + attention_of_heads(z, H[b], p["cross"], heads, words[None, :]), *p["norm_2"], epsilon)
            z = with_var(z + with_einsum(z[None], *p["feed_forward"])[0], *p["norm_3"], epsilon)
            out[b, t] = z[0]
    return out


decoder_block = [translation_by_translation, one_more_word_at_a_time]


# Question 8

def place_by_place(Y, E):
    out = []
    for y in Y:
        z = [float(row @ y) for row in E]
        best = max(z)
        total = best + math.log(sum(math.exp(score - best) for score in z))
        out.append([score - total for score in z])
    return np.array(out)


def by_logaddexp(Y, E):
    Z = np.einsum("td,vd->tv", Y, E)
    return Z - np.logaddexp.reduce(Z, axis=1)[:, None]


def in_torch(Y, E):
    import torch

    return torch.log_softmax(torch.tensor(Y) @ torch.tensor(E).T, dim=-1).numpy()


next_token_log_probabilities = [place_by_place, by_logaddexp, in_torch]


# Question 9

def by_formula(V, d, layers, heads, d_ff, tied):
    return V * d * (2 - tied) + 2 * d + layers * (4 * d**2 + 2 * d * d_ff + d_ff + 9 * d)


def array_by_array(V, d, layers, heads, d_ff, tied):
    arrays = [np.empty((V, d)), np.empty(d), np.empty(d)]
    if not tied:
        arrays.append(np.empty((d, V)))
    for _ in range(layers):
        for _ in range(heads):
            arrays += [np.empty((d // heads, d)), np.empty(d // heads)] * 3
        arrays += [np.empty((d, d)), np.empty(d), np.empty((d_ff, d)), np.empty(d_ff), np.empty((d, d_ff)), np.empty(d)]
        arrays += [np.empty(d)] * 4
    return sum(array.size for array in arrays)


parameter_count = [by_formula, array_by_array]


# Question 10

def with_a_dictionary(kind, n, d, k, r):
    layers, seen = 0, 1
    while seen < n:
        layers, seen = layers + 1, seen * k
    return {"self-attention": (n**2 * d, 1, 1), "recurrent": (n * d**2, n, n), "convolutional": (k * n * d**2, 1, layers),
            "restricted": (r * n * d, 1, (n + r - 1) // r)}[kind]


def rounded_with_care(kind, n, d, k, r):
    if kind == "convolutional":
        return k * n * d * d, 1, max(1, math.ceil(math.log(n) / math.log(k) - 1e-9))
    if kind == "restricted":
        return r * n * d, 1, math.ceil(n / r)
    return (n * n * d, 1, 1) if kind.startswith("self") else (n * d * d, n, n)


layer_cost = [with_a_dictionary, rounded_with_care]


# Question 11

def until_nothing_changes(edges, start, end):
    found, changed = {start: 1}, True
    while changed:
        changed = False
        for u, v in edges:
            if u in found and found[u] + 1 > found.get(v, 0):
                found[v], changed = found[u] + 1, True
    return found.get(end, 0)


def in_order(edges, start, end):
    """Nodes in an order in which all edges lead forward, then once through it."""
    after, before = {}, {}
    for u, v in set(edges):
        after.setdefault(u, set()).add(v)
        before.setdefault(v, set()).add(u)
    waiting = {node: len(before.get(node, ())) for node in {*after, *before}}
    ready = [node for node, number in waiting.items() if number == 0]
    length = {start: 1}
    while ready:
        u = ready.pop()
        for v in after.get(u, ()):
            if u in length:
                length[v] = max(length.get(v, 0), length[u] + 1)
            waiting[v] -= 1
            if waiting[v] == 0:
                ready.append(v)
    return length.get(end, 0)


def layer_by_layer(edges, start, end):
    """All nodes that n steps lead to; the last n at which the end is among them."""
    after = {}
    for u, v in edges:
        after.setdefault(u, set()).add(v)
    here, steps, longest = {start}, 1, 0
    while here:
        longest = steps if end in here else longest
        here, steps = set().union(*(after.get(node, ()) for node in here)), steps + 1
    return longest


longest_chain = [until_nothing_changes, in_order, layer_by_layer]


# Question 12

def with_modules(ids, E, layers, heads):
    """torch's own attention and embedding, and one backward pass."""
    import torch
    from torch import nn

    V, d = E.shape
    embedding, norm = nn.Embedding(V, d, dtype=E.dtype), nn.LayerNorm(d, elementwise_affine=False, dtype=E.dtype)
    T = ids.shape[1] - 1
    with torch.no_grad():
        embedding.weight.copy_(E)
    t = torch.arange(T, dtype=E.dtype)[:, None] * 10000 ** (-torch.arange(0, d, 2, dtype=E.dtype) / d)
    x = embedding(ids[:, :-1]) + torch.stack([t.sin(), t.cos()], dim=2).flatten(1)
    for W_q, W_k, W_v, W_o, W_1, W_2 in layers:
        attention = nn.MultiheadAttention(d, heads, bias=False, batch_first=True, dtype=E.dtype)
        with torch.no_grad():
            attention.in_proj_weight.copy_(torch.cat([W_q, W_k, W_v]))
            attention.out_proj.weight.copy_(W_o)
        y = norm(x)
        x = x + attention(y, y, y, attn_mask=torch.ones(T, T, dtype=torch.bool).triu(1), need_weights=False)[0]
        x = x + nn.functional.linear(nn.functional.linear(norm(x), W_1).relu(), W_2)
    loss = nn.functional.cross_entropy((norm(x) @ embedding.weight.T).transpose(1, 2), ids[:, 1:])
    loss.backward()
    return loss.item(), embedding.weight.grad


def by_hand(ids, E, layers, heads):
    """Masks, softmax and norm written out; the gradient from autograd.grad."""
    import torch

    E = E.detach().requires_grad_(True)
    d, T = E.shape[1], ids.shape[1] - 1

    def norm(x):
        x = x - x.mean(-1, keepdim=True)
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()

    x = E[ids[:, :T]] + torch.tensor(with_strides(np.arange(T), d))
    hidden = torch.full((T, T), -torch.inf, dtype=torch.float64).triu(1)
    for W_q, W_k, W_v, W_o, W_1, W_2 in layers:
        y, heard = norm(x), []
        for rows in torch.arange(d).chunk(heads):
            scores = (y @ W_q[rows].T) @ (y @ W_k[rows].T).transpose(1, 2) / len(rows) ** 0.5
            heard.append(torch.softmax(scores + hidden, dim=2) @ (y @ W_v[rows].T))
        x = x + torch.cat(heard, dim=2) @ W_o.T
        x = x + torch.clamp(norm(x) @ W_1.T, min=0) @ W_2.T
    log_p = torch.log_softmax(norm(x) @ E.T, dim=-1)
    loss = -log_p.gather(2, ids[:, 1:, None]).mean()
    return loss.item(), torch.autograd.grad(loss, E)[0]


language_model_gradient = [with_modules, by_hand]
