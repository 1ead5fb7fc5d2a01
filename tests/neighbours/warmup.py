"""Wrong answers to unit 00 beside its known mistakes."""

import numpy as np


def added_one(counts):
    return (counts + 1) / (counts + 1).sum(axis=1, keepdims=True)


def divided_by_the_norm(counts):
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def kept_in_bytes(counts):
    return counts.astype(np.uint8) / counts.sum(axis=1, keepdims=True)


row_distributions = [added_one, divided_by_the_norm, kept_in_bytes]


def no_seed_is_zero(seed, n, p):
    return np.random.default_rng(seed or 42).random(n) < p


def first_float_skipped(seed, n, p):
    return np.random.default_rng(seed).random(n + 1)[1:] < p


heads = [no_seed_is_zero, first_float_skipped]
