"""Wrong answers to unit 11 beside its known mistakes."""

import math
from itertools import pairwise

import numpy as np

# Questions 1 and 2

def walk(edges, start, choose):
    nodes, weight = [start], 0.0
    while edges.get(nodes[-1]):
        after = choose(nodes[-1])
        weight += edges[nodes[-1]][after]
        nodes.append(after)
    return nodes, weight


def one_edge_ahead(edges, start):
    def two_edges(node, after):
        return edges[node][after] + min(edges.get(after, {}).values(), default=0)
    return walk(edges, start, lambda node: min(edges[node], key=lambda after: two_edges(node, after)))


def light_and_heavy_by_turns(edges, start):
    turns = []

    def choose(node):
        turns.append(node)
        return (min if len(turns) % 2 else max)(edges[node], key=edges[node].get)
    return walk(edges, start, choose)


def largest_weight(edges, start):
    nodes, _ = walk(edges, start, lambda node: min(edges[node], key=edges[node].get))
    return nodes, max((edges[u][v] for u, v in pairwise(nodes)), default=0.0)


greedy_path = [one_edge_ahead, light_and_heavy_by_turns, largest_weight]


def rests(edges, start):
    found = {}

    def rest(node):
        if node not in found:
            found[node] = min((w + rest(v) for v, w in edges.get(node, {}).items()), default=0.0)
        return found[node]
    rest(start)
    return found


def best_without_the_first_edge(edges, start):
    found = rests(edges, start)
    return walk(edges, start, lambda node: min(edges[node], key=lambda v: found[v] + (node != start) * edges[node][v]))


def mean_of_the_best(edges, start):
    found = rests(edges, start)
    nodes, weight = walk(edges, start, lambda node: min(edges[node], key=lambda v: edges[node][v] + found[v]))
    return nodes, weight / max(len(nodes) - 1, 1)


best_path = [best_without_the_first_edge, mean_of_the_best]


# Question 3

def text(P, eos, limit):
    ids, p = [], []
    while len(ids) < limit and ids[-1:] != [eos]:
        row = P[ids[-1] if ids else -1]
        ids.append(int(row.argmax()))
        p.append(row[ids[-1]])
    return ids, p


def second_best(P, eos, limit):
    ids, log_p = [], 0.0
    while len(ids) < limit and ids[-1:] != [eos]:
        row = P[ids[-1] if ids else -1]
        log_p += math.log(np.sort(row)[-2])
        ids.append(int(np.argsort(row, kind="stable")[-2]))
    return ids, log_p


def to_base_ten(P, eos, limit):
    ids, p = text(P, eos, limit)
    return ids, float(np.log10(p).sum())


def as_a_perplexity(P, eos, limit):
    ids, p = text(P, eos, limit)
    return ids, float(np.exp(-np.log(p).mean()))


greedy_decode = [second_best, to_base_ten, as_a_perplexity]


# Question 4

def soft(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def one_more_in_the_temperature(logits, tau):
    return soft(logits / (1 + tau))


def mixed_with_the_best(logits, tau):
    best = np.eye(len(logits))[logits.argmax()]
    return best if tau == 0 else (soft(logits) + soft(logits / tau)) / 2


def never_below_a_half(logits, tau):
    return soft(logits / max(tau, 0.5))


with_temperature = [one_more_in_the_temperature, mixed_with_the_best, never_below_a_half]


# Question 5

def best(logits, k, rest):
    out = np.array([rest(row) for row in logits], float)
    for row, new in zip(logits, out, strict=True):
        ids = np.argsort(-row, kind="stable")[:k]
        new[ids] = row[ids]
    return out


def worst_logit_for_the_others(logits, k):
    return best(logits, k, lambda row: np.full(len(row), row.min()))


def others_pushed_down(logits, k):
    return best(logits, k, lambda row: row - 100)


def every_kth(logits, k):
    return np.where(np.arange(logits.shape[1]) % k == 0, logits, -np.inf)


top_k = [worst_logit_for_the_others, others_pushed_down, every_kth]


# Question 6

def nucleus(p, q):
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]
    return order[before < q]


def at_least_two(p, q):
    ids = np.argsort(-p, kind="stable")[:max(2, len(nucleus(p, q)))]
    out = np.zeros(len(p))
    out[ids] = p[ids]
    return out / out.sum()


def relative_to_the_best(p, q):
    out = np.where(p >= (1 - q) * p.max(), p, 0)
    return out / out.sum()


def squared_shares(p, q):
    out = np.zeros(len(p))
    ids = nucleus(p, q)
    out[ids] = p[ids] ** 2
    return out / out.sum()


top_p = [at_least_two, relative_to_the_best, squared_shares]


# Question 7

def absolute_penalty(logits, ids, penalty):
    z = logits.copy()
    for i in set(ids):
        z[i] -= abs(z[i]) * (penalty - 1)
    return z


def half_of_the_penalty(logits, ids, penalty):
    z = logits.copy()
    for i in set(ids):
        z[i] = z[i] / (1 + (penalty - 1) / 2) if z[i] > 0 else z[i] * (1 + (penalty - 1) / 2)
    return z


def last_three(logits, ids, penalty):
    z = logits.copy()
    for i in set(ids[-3:]):
        z[i] = z[i] / penalty if z[i] > 0 else z[i] * penalty
    return z


repetition_penalty = [absolute_penalty, half_of_the_penalty, last_three]


# Question 8

def of_shares(edges, path, share):
    return math.prod(share(edges[u][v], np.array(list(edges[u].values()))) for u, v in pairwise(path))


def half_as_steep(edges, path):
    return of_shares(edges, path, lambda w, all_: float(1 / np.exp((w - all_) / 2).sum()))


def smoothed(edges, path):
    return of_shares(edges, path, lambda w, all_: float((1 + np.exp(all_.min() - w)) / (1 + np.exp(all_.min() - all_)).sum()))


def against_the_lightest(edges, path):
    return of_shares(edges, path, lambda w, all_: float(np.exp(all_.min() - w)))


sampling_probability = [half_as_steep, smoothed, against_the_lightest]


# Question 9

def rows(P, uniforms, eos, number):
    ids = []
    for t in range(len(uniforms)):
        if ids[-1:] == [eos]:
            break
        row = np.cumsum(P[ids[-1] if ids else -1])
        ids.append(int(min(np.searchsorted(row, number(t), side="right"), len(row) - 1)))
    return ids


def halves(P, uniforms, eos):
    return rows(P, uniforms, eos, lambda t: uniforms[t] / 2)


def squares(P, uniforms, eos):
    return rows(P, uniforms, eos, lambda t: uniforms[t] ** 2)


def every_number_for_two_tokens(P, uniforms, eos):
    return rows(P, uniforms, eos, lambda t: uniforms[t // 2])


ancestral_sample = [halves, squares, every_number_for_two_tokens]


# Question 10

def beam(P, eos, limit, narrow):
    kept = [([], 0.0)]
    while any(len(ids) < limit and ids[-1:] != [eos] for ids, _ in kept):
        options = []
        for ids, log_p in kept:
            if len(ids) == limit or ids[-1:] == [eos]:
                options.append((ids, log_p))
            else:
                options += [([*ids, i], log_p + math.log(p)) for i, p in enumerate(P[ids[-1] if ids else -1]) if p > 0]
        kept = narrow(sorted(options, key=lambda o: -o[1]))
    return kept


def half_a_beam(P, width, eos, limit):
    return beam(P, eos, limit, lambda options: options[:(width + 1) // 2])


def twice_the_beam(P, width, eos, limit):
    return beam(P, eos, limit, lambda options: options[:2 * width])


def probabilities_in_bits(P, width, eos, limit):
    return [(ids, log_p / math.log(2)) for ids, log_p in beam(P, eos, limit, lambda options: options[:width])]


beam_search = [half_a_beam, twice_the_beam, probabilities_in_bits]


# Question 11

def by(candidates, prompt_length, score):
    found = [(ids[prompt_length:], score(log_p, len(ids) - prompt_length)) for ids, log_p in candidates]
    return sorted(found, key=lambda one: -one[1])


def one_more_token(candidates, prompt_length, alpha):
    return by(candidates, prompt_length, lambda p, n: p / (n + 1) ** alpha)


def alpha_to_the_length(candidates, prompt_length, alpha):
    return by(candidates, prompt_length, lambda p, n: p / max(alpha, 1e-3) ** n)


def logarithm_of_the_length(candidates, prompt_length, alpha):
    return by(candidates, prompt_length, lambda p, n: p / (1 + alpha * math.log(n)))


rank_by_length = [one_more_token, alpha_to_the_length, logarithm_of_the_length]


# Question 12

def step(x, positions, W_q, W_k, W_v, keys, values, place, factor):
    u = x + place(positions, len(keys))
    keys, values = np.vstack([keys, W_k @ u]), np.vstack([values, W_v @ u])
    scores = factor * (keys @ (W_q @ u)) / math.sqrt(len(W_q))
    weights = np.exp(scores - scores.max())
    return weights @ values / weights.sum(), keys, values


def all_positions_added(x, positions, W_q, W_k, W_v, keys, values):
    return step(x, positions, W_q, W_k, W_v, keys, values, lambda positions, t: positions[:t + 1].sum(axis=0) + positions[0], 1)


def position_twice(x, positions, W_q, W_k, W_v, keys, values):
    return step(x, positions, W_q, W_k, W_v, keys, values, lambda positions, t: 2 * positions[t], 1)


def far_from_the_query(x, positions, W_q, W_k, W_v, keys, values):
    return step(x, positions, W_q, W_k, W_v, keys, values, lambda positions, t: positions[t], -1)


cached_step = [all_positions_added, position_twice, far_from_the_query]


# Question 13

def cost(T, layers, d, size, changed):
    return {"bytes": 2 * layers * T * d * size, "with": layers * T * (T + 1) // 2,
            "without": layers * T * (T + 1) * (T + 2) // 6} | changed


def one_word_more(T, layers, d, heads, size):
    return cost(T, layers, d, size, {"bytes": 2 * layers * (T + 1) * d * size})


def floats(T, layers, d, heads, size):
    return {name: float(count) for name, count in cost(T, layers, d, size, {}).items()}


def queries_kept_too(T, layers, d, heads, size):
    return cost(T, layers, d, size, {"bytes": 3 * layers * T * d * size})


cache_cost = [one_word_more, floats, queries_kept_too]
