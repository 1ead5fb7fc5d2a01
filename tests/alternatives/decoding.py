"""Right answers to unit 11 that look different from the model solution; every one must get full marks."""

import heapq
import itertools
import math

import numpy as np

# Question 1

def with_a_loop(edges, start):
    nodes, total, node = [start], 0.0, start
    while node in edges and len(edges[node]) > 0:
        best, least = None, None
        for after, weight in edges[node].items():
            if least is None or weight < least:
                best, least = after, weight
        node = best
        nodes.append(node)
        total += least
    return (nodes, total)


def recursively(edges, start):
    if not edges.get(start):
        return [start], 0.0
    weight, _, after = min((w, place, v) for place, (v, w) in enumerate(edges[start].items()))
    nodes, rest = recursively(edges, after)
    return [start, *nodes], weight + rest


def with_a_stable_sort(edges, start):
    nodes, weights = [start], []
    while choices := edges.get(nodes[-1], {}):
        after, weight = sorted(choices.items(), key=lambda edge: edge[1])[0]
        nodes.append(after)
        weights.append(weight)
    return nodes, float(sum(weights))


greedy_path = [with_a_loop, recursively, with_a_stable_sort]


# Question 2

def dijkstra(edges, start):
    waiting, done = [(0.0, [start])], set()
    while waiting:
        weight, nodes = heapq.heappop(waiting)
        if not edges.get(nodes[-1]):
            return nodes, weight
        if nodes[-1] not in done:
            done.add(nodes[-1])
            for after, w in edges[nodes[-1]].items():
                heapq.heappush(waiting, (weight + w, [*nodes, after]))
    raise AssertionError


def until_nothing_changes(edges, start):
    """Bellman and Ford."""
    found, before, changed = {start: 0.0}, {}, True
    while changed:
        changed = False
        for u, choices in edges.items():
            for v, weight in choices.items():
                if u in found and found[u] + weight < found.get(v, math.inf):
                    found[v], before[v], changed = found[u] + weight, u, True
    end = min((node for node in found if not edges.get(node)), key=found.get)
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(before[nodes[-1]])
    return nodes[::-1], found[end]


def from_the_ends(edges, start):
    """A node is solved when all that come after it are."""
    nodes = set(edges) | {v for choices in edges.values() for v in choices} | {start}
    rest = {node: (0.0, None) for node in nodes if not edges.get(node)}
    while start not in rest:
        for u in nodes - set(rest):
            if all(v in rest for v in edges[u]):
                rest[u] = min((w + rest[v][0], v) for v, w in edges[u].items())
    path = [start]
    while rest[path[-1]][1] is not None:
        path.append(rest[path[-1]][1])
    return path, rest[start][0]


best_path = [dijkstra, until_nothing_changes, from_the_ends]


# Question 3

def with_break(P, eos, limit):
    text, log_p, state = [], 0.0, len(P) - 1
    for _ in range(limit):
        token = max(range(P.shape[1]), key=lambda i: P[state, i])
        log_p += np.log(P[state, token])
        text.append(token)
        state = token
        if token == eos:
            break
    return text, log_p


def all_tokens_then_cut(P, eos, limit):
    best, ids = P.argmax(axis=1), [P.shape[1]]
    while len(ids) <= limit:
        ids.append(int(best[ids[-1]]))
    ids = ids[:ids.index(eos, 1) + 1] if eos in ids[1:] else ids
    with np.errstate(divide="ignore"):
        return ids[1:], float(np.log(P)[ids[:-1], ids[1:]].sum())


def calling_itself(P, eos, limit, row=-1):
    token = int(np.flatnonzero(P[row] == P[row].max())[0])
    cost = math.log(P[row, token])
    if token == eos or limit == 1:
        return [token], cost
    ids, rest = calling_itself(P, eos, limit - 1, token)
    return [token, *ids], cost + rest


greedy_decode = [with_break, all_tokens_then_cut, calling_itself]


# Question 4

def with_logsumexp(logits, tau):
    if not tau:
        p = np.zeros(logits.shape)
        p[np.argmax(logits)] = 1.0
        return p
    z = (logits - np.max(logits)) / tau
    return np.exp(z - np.logaddexp.reduce(z))


def entry_by_entry(logits, tau):
    z = logits.tolist()
    if tau == 0:
        return np.array([float(i == z.index(max(z))) for i in range(len(z))])
    e = [math.exp((one - max(z)) / tau) for one in z]
    return np.array(e) / math.fsum(e)


def subtracted_afterwards(logits, tau):
    if tau > 0:
        scaled = logits * (1 / tau)
        scaled -= scaled.max()
        return np.exp(scaled) / np.exp(scaled).sum()
    return (np.arange(len(logits)) == logits.argmax()) + 0.0


with_temperature = [with_logsumexp, entry_by_entry, subtracted_afterwards]


# Question 5

def row_by_row(logits, k):
    out = np.full_like(logits, -np.inf)
    for b, row in enumerate(logits.tolist()):
        for i in sorted(range(len(row)), key=lambda i: (-row[i], i))[:k]:
            out[b, i] = row[i]
    return out


def by_counting_the_better(logits, k):
    """A token is kept if fewer than k are better, or as good and before it."""
    V = logits.shape[1]
    mine, theirs = logits[:, :, None], logits[:, None, :]
    earlier = np.arange(V)[None, :] < np.arange(V)[:, None]
    better = (theirs > mine) | ((theirs == mine) & earlier)
    return np.where(better.sum(axis=2) < k, logits, -np.inf)


def one_after_the_other(logits, k):
    rest, out = logits.copy(), np.full(logits.shape, -np.inf)
    rows = np.arange(len(logits))
    for _ in range(min(k, logits.shape[1])):
        best = rest.argmax(axis=1)
        out[rows, best] = logits[rows, best]
        rest[rows, best] = -np.inf
    return out


top_k = [row_by_row, by_counting_the_better, one_after_the_other]


# Question 6

def with_a_running_sum(p, q):
    out, total = np.zeros(len(p)), 0.0
    for i in sorted(range(len(p)), key=lambda i: (-p[i], i)):
        out[i] = p[i]
        total += p[i]
        if total >= q:
            break
    return out / total


def with_searchsorted(p, q):
    order = np.lexsort((np.arange(len(p)), -p))
    n = np.searchsorted(np.cumsum(p[order]), q, side="left") + 1
    return np.where(np.isin(np.arange(len(p)), order[:n]), p, 0) / p[order[:n]].sum()


def with_a_shifted_mask(p, q):
    order = (-p).argsort(kind="stable")
    removed = np.cumsum(p[order]) >= q
    removed[1:] = removed[:-1].copy()                       # the crossing token stays
    removed[0] = False
    out = p.copy()
    out[order[removed]] = 0
    return out / out.sum()


top_p = [with_a_running_sum, with_searchsorted, with_a_shifted_mask]


# Question 7

def with_where(logits, ids, penalty):
    read = np.isin(np.arange(len(logits)), ids)
    return np.where(read, np.where(logits > 0, logits / penalty, logits * penalty), logits)


def with_the_smaller_one(logits, ids, penalty):
    return np.array([min(z * penalty, z / penalty) if i in ids else z for i, z in enumerate(logits)])


def by_index(logits, ids, penalty):
    z = np.array(logits)
    index = np.array(ids, int)
    chosen = logits[index]
    z[index] = chosen * np.where(chosen < 0, float(penalty), 1 / penalty)          # the same for each repetition
    return z


repetition_penalty = [with_where, with_the_smaller_one, by_index]


# Question 8

def with_a_softmax(edges, path):
    p = 1.0
    for t in range(len(path) - 1):
        names = list(edges[path[t]])
        z = -np.array([edges[path[t]][name] for name in names])
        e = np.exp(z - z.max())
        p *= e[names.index(path[t + 1])] / e.sum()
    return p


def in_logarithms(edges, path):
    log_p = 0.0
    for u, v in itertools.pairwise(path):
        log_p -= edges[u][v] + np.logaddexp.reduce([-w for w in edges[u].values()])
    return float(np.exp(log_p))


def calling_itself_again(edges, path):
    if len(path) == 1:
        return 1.0
    weights = edges[path[0]]
    least = min(weights.values())
    total = sum(math.exp(least - w) for w in weights.values())
    return math.exp(least - weights[path[1]]) / total * calling_itself_again(edges, path[1:])


sampling_probability = [with_a_softmax, in_logarithms, calling_itself_again]


# Question 9

def summing_by_hand(P, uniforms, eos):
    ids, state = [], len(P) - 1
    for u in uniforms.tolist():
        total, token = 0.0, -1
        while total <= u:
            token += 1
            total += P[state, token]
        ids.append(token)
        if token == eos:
            return ids
        state = token
    return ids


def with_argmax(P, uniforms, eos):
    sums = P.cumsum(axis=1)
    ids = [int((sums[-1] > uniforms[0]).argmax())]
    while ids[-1] != eos and len(ids) < len(uniforms):
        ids.append(int(np.argmax(sums[ids[-1]] > uniforms[len(ids)])))
    return ids


def by_counting(P, uniforms, eos):
    ids, row = [], -1
    for u in uniforms:
        row = int((P[row].cumsum() <= u).sum())
        ids.append(row)
        if row == eos:
            break
    return ids


ancestral_sample = [summing_by_hand, with_argmax, by_counting]


# Question 10

def with_a_heap(P, width, eos, limit):
    beam = [(0.0, [])]
    for _ in range(limit):
        options = []
        for log_p, ids in beam:
            if ids and ids[-1] == eos:
                options.append((log_p, ids))
                continue
            for i in np.flatnonzero(P[ids[-1] if ids else len(P) - 1]):
                options.append((log_p + math.log(P[ids[-1] if ids else len(P) - 1, i]), [*ids, int(i)]))
        beam = heapq.nlargest(width, options)
    return [(ids, log_p) for log_p, ids in beam]


def with_tables(P, width, eos, limit):
    """All continuations as a table of numbers."""
    with np.errstate(divide="ignore"):
        logs = np.log(P)
    V = P.shape[1]
    texts, scores = [()], np.zeros(1)
    for _ in range(limit):
        table = np.full((len(texts), V + 1), -np.inf)       # column V: as it is
        for row, (text, score) in enumerate(zip(texts, scores, strict=True)):
            if text and text[-1] == eos:
                table[row, V] = score
            else:
                table[row, :V] = score + logs[text[-1] if text else V]
        best = np.argsort(-table, axis=None)[:width]
        best = best[table.flat[best] > -np.inf]
        texts = [texts[i // (V + 1)] + ((int(i % (V + 1)),) if i % (V + 1) < V else ()) for i in best]
        scores = table.flat[best]
    return [(list(text), float(score)) for text, score in zip(texts, scores, strict=True)]


def ended_and_open_apart(P, width, eos, limit):
    """Two lists that are cut together, and probabilities until the end."""
    over, going = [], [([], 1.0)]
    while going:
        longer = [([*ids, i], p * float(P[ids[-1] if ids else -1, i])) for ids, p in going for i in range(P.shape[1])]
        both = sorted([*over, *(text for text in longer if text[1] > 0)], key=lambda text: text[1], reverse=True)[:width]
        over = [text for text in both if text[0][-1] == eos or len(text[0]) >= limit]
        going = [text for text in both if text not in over]
    return [(ids, math.log(p)) for ids, p in over]


beam_search = [with_a_heap, with_tables, ended_and_open_apart]


# Question 11

def with_indices(candidates, prompt_length, alpha):
    scores = [log_p / (len(ids) - prompt_length) ** alpha for ids, log_p in candidates]
    order = sorted(range(len(scores)), key=scores.__getitem__)
    return [(candidates[i][0][prompt_length:], scores[i]) for i in reversed(order)]


def with_logarithms(candidates, prompt_length, alpha):
    out = []
    for ids, log_p in candidates:
        text = [i for place, i in enumerate(ids) if place >= prompt_length]
        out.append((text, log_p * math.exp(-alpha * math.log(len(text)))))
    out.sort(key=lambda one: -one[1])
    return out


def with_argsort(candidates, prompt_length, alpha):
    lengths = np.array([len(ids) for ids, _ in candidates], float) - prompt_length
    scores = np.array([log_p for _, log_p in candidates]) / np.power(lengths, alpha)
    return [(candidates[i][0][prompt_length:], scores[i]) for i in np.argsort(scores)[::-1]]


rank_by_length = [with_indices, with_logarithms, with_argsort]


# Question 12

def word_by_word(x, positions, W_q, W_k, W_v, keys, values):
    t = keys.shape[0]
    u = x + positions[t]
    q, all_keys, all_values = W_q.dot(u), [*keys, W_k.dot(u)], [*values, W_v.dot(u)]
    e = [math.exp(float(q @ k - q @ all_keys[-1]) / math.sqrt(len(q))) for k in all_keys]
    out = sum(share / sum(e) * v for share, v in zip(e, all_values, strict=True))
    return out, np.array(all_keys), np.array(all_values)


def as_rows(x, positions, W_q, W_k, W_v, keys, values):
    u = (x + positions[len(values)])[np.newaxis]
    keys, values = np.concatenate([keys, u @ W_k.T]), np.concatenate([values, u @ W_v.T])
    S = u @ W_q.T @ keys.T * W_k.shape[0] ** -0.5
    A = np.exp(S - S.max(axis=-1, keepdims=True))
    A /= A.sum(axis=-1, keepdims=True)
    return (A @ values)[0], keys, values


def into_new_arrays(x, positions, W_q, W_k, W_v, keys, values):
    t = len(keys)
    u = x + positions[t]
    K, V = np.empty((t + 1, len(W_k))), np.empty((t + 1, len(W_v)))
    K[:t], V[:t] = keys, values
    K[t], V[t] = np.einsum("ij,j->i", W_k, u), np.einsum("ij,j->i", W_v, u)
    scores = np.einsum("tk,kj,j->t", K, W_q, u) / math.sqrt(len(W_q))
    weights = np.exp(scores - np.logaddexp.reduce(scores))
    return np.einsum("t,tv->v", weights, V), K, V


cached_step = [word_by_word, as_rows, into_new_arrays]


# Question 13

def by_formulas(T, layers, d, heads, size):
    pairs = layers * T * (T + 1) // 2
    return {"bytes": 2 * T * d * layers * size, "with": pairs, "without": pairs * (T + 2) // 3}


def step_by_step(T, layers, d, heads, size):
    cost = {"bytes": 0, "with": 0, "without": 0}
    for t in range(1, T + 1):
        cost["bytes"] += layers * size * (d + d)
        cost["with"] += layers * t
        cost["without"] += layers * (t * (t + 1) // 2)
    return cost


def as_binomials(T, layers, d, heads, size):
    return {"bytes": layers * heads * (d // heads) * 2 * T * size, "with": layers * math.comb(T + 1, 2),
            "without": layers * math.comb(T + 2, 3)}


def with_triangles(T, layers, d, heads, size):
    steps = np.arange(1, T + 1)
    with_, without = layers * steps.sum(), layers * np.cumsum(steps).sum()
    return {"without": int(without), "with": int(with_), "bytes": layers * T * d * size * 2}


cache_cost = [by_formulas, step_by_step, as_binomials, with_triangles]
