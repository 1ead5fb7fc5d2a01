"""Other right answers for unit 00, written as differently as students write: every one must get full marks."""

import math
from itertools import chain

import numpy as np


def with_marks_by_addition(text):
    return ["<bos>"] + list(text) + ["<eos>"]  # noqa: RUF005


def with_marks_on_a_copy(text):
    copy = text[:]
    copy.insert(0, "<bos>")
    copy.append("<eos>")
    return copy


def with_marks_by_chain(text):
    return list(chain(["<bos>"], text, ["<eos>"]))


with_marks = [with_marks_by_addition, with_marks_on_a_copy, with_marks_by_chain]


def row_distributions_by_loop(counts):
    out = np.zeros(counts.shape)
    for t, row in enumerate(counts):
        out[t] = row / row.sum()
    return out


def row_distributions_by_transpose(counts):
    return (counts.T / counts.sum(axis=1)).T


def row_distributions_by_einsum(counts):
    return np.einsum("tv,t->tv", counts.astype(float), 1 / counts.sum(-1))


row_distributions = [row_distributions_by_loop, row_distributions_by_transpose, row_distributions_by_einsum]


def may_see_by_loops(queries, keys):
    out = np.empty((len(queries), len(keys)), dtype=bool)
    for i, q in enumerate(queries):
        for j, k in enumerate(keys):
            out[i, j] = k <= q
    return out


def may_see_by_outer(queries, keys):
    return np.greater_equal.outer(queries, keys)


def may_see_by_reshape(queries, keys):
    return queries.reshape(-1, 1) - keys >= 0


may_see = [may_see_by_loops, may_see_by_outer, may_see_by_reshape]


def masked_on_a_copy(scores, allowed):
    out = scores.astype(float)
    out[~allowed] = -np.inf
    return out


def masked_by_adding(scores, allowed):
    penalty = np.zeros(allowed.shape)
    penalty[np.logical_not(allowed)] = float("-inf")
    return scores + penalty


def masked_entry_by_entry(scores, allowed):
    pairs = zip(scores.flatten(), allowed.flatten(), strict=True)
    return np.array([float(s) if a else -math.inf for s, a in pairs]).reshape(scores.shape)


masked = [masked_on_a_copy, masked_by_adding, masked_entry_by_entry]


def batches_by_negation(n, size):
    return -(-n // size)


def batches_by_divmod(n, size):
    full, rest = divmod(n, size)
    return full + (1 if rest else 0)


def batches_in_numpy(n, size):
    return np.int64(n) // size + np.int64(n % size > 0)


batches = [batches_by_negation, batches_by_divmod, batches_in_numpy]


def heads_one_by_one(seed, n, p):
    generator = np.random.default_rng(seed)
    return np.array([generator.random() < p for _ in range(n)])


def heads_into_an_array(seed, n, p):
    generator, out = np.random.Generator(np.random.PCG64(seed)), np.zeros(n, dtype=bool)
    for i in range(n):
        if generator.random() < p:
            out[i] = True
    return out


heads = [heads_one_by_one, heads_into_an_array]


def is_distribution_by_fsum(p):
    entries = p.tolist()
    return all(x >= 0 for x in entries) and math.isclose(math.fsum(entries), 1, rel_tol=0, abs_tol=1e-9)


def is_distribution_by_isclose(p):
    return np.all(p >= 0) & np.isclose(p.sum(), 1, rtol=0, atol=1e-9)


def is_distribution_by_refusing(p):
    if np.isnan(p).any() or p.min() < 0:
        return False
    return -1e-9 <= float(sum(p)) - 1 <= 1e-9


is_distribution = [is_distribution_by_fsum, is_distribution_by_isclose, is_distribution_by_refusing]
