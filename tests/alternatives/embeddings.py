"""Right answers to unit 05 that look different from the model solution; every one must get full marks."""

import math
from collections import Counter
from itertools import combinations

import numpy as np


def turned(columns):
    columns = np.real_if_close(columns)
    largest = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return columns * np.where(largest < 0, -1.0, 1.0)


# Question 1

def rows_of_the_identity(ids, vocabulary_size):
    return np.eye(vocabulary_size)[np.array(ids, dtype=int)]


def compared_with_all(ids, vocabulary_size):
    return np.equal.outer(np.array(ids, dtype=int), np.arange(vocabulary_size)).astype(float)


def list_by_list(ids, vocabulary_size):
    rows = [[1.0 if j == i else 0.0 for j in range(vocabulary_size)] for i in ids]
    return np.array(rows).reshape(len(ids), vocabulary_size)


one_hot = [rows_of_the_identity, compared_with_all, list_by_list]


# Question 2

def by_distance(texts, vocabulary_size, window):
    table = np.zeros((vocabulary_size, vocabulary_size), dtype=np.int64)
    for text in texts:
        ids = np.array(text, dtype=int)
        for d in range(1, window + 1):
            np.add.at(table, (ids[:-d], ids[d:]), 1)
    return table + table.T


def by_pairs_of_places(texts, vocabulary_size, window):
    pairs = Counter()
    for text in texts:
        for (s, u), (t, v) in combinations(enumerate(text), 2):
            if t - s <= window:
                pairs[u, v] += 1
                pairs[v, u] += 1
    return np.array([[pairs[i, j] for j in range(vocabulary_size)] for i in range(vocabulary_size)])


def with_one_hot_tables(texts, vocabulary_size, window):
    table = np.zeros((vocabulary_size, vocabulary_size), dtype=int)
    for text in texts:
        rows = np.eye(vocabulary_size, dtype=int)[np.array(text, dtype=int)]
        places = np.arange(len(text))
        near = np.abs(places[:, None] - places) <= window
        np.fill_diagonal(near, False)
        table += rows.T @ near.astype(int) @ rows
    return table


cooccurrence = [by_distance, by_pairs_of_places, with_one_hot_tables]


# Question 3

def unit_vectors(x, y):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    if not x.any() or not y.any():
        return 0.0
    return (x / np.linalg.norm(x)).dot(y / np.linalg.norm(y))


def with_sums(x, y):
    xy = xx = yy = 0.0
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        xy, xx, yy = xy + a * b, xx + a * a, yy + b * b
    return xy / (math.sqrt(xx) * math.sqrt(yy)) if xx > 0 and yy > 0 else 0.0


cosine = [unit_vectors, with_sums]


# Question 4

def cell_by_cell(counts):
    total, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    out = np.zeros(counts.shape)
    for i in range(counts.shape[0]):
        for j in range(counts.shape[1]):
            if counts[i, j] > 0:
                out[i, j] = max(0.0, math.log(counts[i, j] * total / rows[i] / columns[j]))
    return out


def difference_of_logarithms(counts):
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (np.log(counts) + np.log(counts.sum()) - np.log(counts.sum(axis=1))[:, None] - np.log(counts.sum(axis=0)))
    return np.where(values > 0, values, 0.0)


def where_it_is_positive(counts):
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    out = np.zeros(counts.shape)
    more = counts > expected
    out[more] = np.log(counts[more] / expected[more])
    return out


ppmi = [cell_by_cell, difference_of_logarithms, where_it_is_positive]


# Question 5

def through_the_contexts(table, k):
    return turned(table @ np.linalg.svd(table)[2][:k].T)


def through_eigenvectors(table, k):
    values, vectors = np.linalg.eigh(table.T @ table)
    return turned(table @ vectors[:, np.argsort(values)[::-1][:k]])


def with_a_diagonal(table, k):
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return turned((u @ np.diag(s))[:, :k])


svd_vectors = [through_the_contexts, through_eigenvectors, with_a_diagonal]


# Question 6

def by_covariance(points):
    _, vectors = np.linalg.eigh(np.cov(points, rowvar=False))
    return turned((points - points.mean(axis=0)) @ vectors[:, [-1, -2]])


def by_left_vectors(points):
    u, s, _ = np.linalg.svd(points - np.mean(points, axis=0, keepdims=True), full_matrices=False)
    return turned(u[:, :2] * s[:2])


def by_inner_products(points):
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    return turned(vectors[:, ::-1][:, :2] * np.sqrt(values[::-1][:2]))


def by_eig(points):
    values, vectors = np.linalg.eig(np.cov(points.T))
    return turned((points - points.mean(axis=0)) @ vectors[:, np.argsort(values)[::-1][:2]])


def by_complex_numbers(points):
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eig((centred.T @ centred).astype(complex))
    order = np.argsort(-values.real)
    columns = centred @ vectors[:, order[:2]]
    return turned(columns * np.exp(-1j * np.angle(columns[np.abs(columns).argmax(axis=0), [0, 1]])))


pca = [by_covariance, by_left_vectors, by_inner_products, by_eig, by_complex_numbers]


# Question 7

def with_a_table(words, vectors):
    rows = np.array([vectors[word] for word in words])
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    means = ((rows @ rows.T).sum(axis=1) - 1) / (len(words) - 1)
    return words[int(means.argmin())], means.min()


def against_the_sum(words, vectors):
    unit = {word: vectors[word] / np.sqrt((vectors[word] ** 2).sum()) for word in words}
    total = sum(unit.values())
    score, word = sorted((float(unit[word] @ total), word) for word in words)[0]
    return word, (score - 1) / (len(words) - 1)


odd_one_out = [with_a_table, against_the_sum]


# Question 8

def offset_of_unit_vectors(a, b, c, vectors):
    unit = {word: vector / np.linalg.norm(vector) for word, vector in vectors.items()}
    target = unit[b] - unit[a] + unit[c]
    best, most = "", -np.inf
    for word, vector in unit.items():
        if word not in {a, b, c} and vector @ target > most:
            best, most = word, vector @ target
    return best, float(most)


def with_argmax(a, b, c, vectors):
    words = list(vectors)
    rows = np.stack([vectors[word] for word in words])
    rows = rows / np.linalg.norm(rows, axis=1)[:, None]
    ia, ib, ic = map(words.index, (a, b, c))
    scores = rows @ (rows[ib] - rows[ia] + rows[ic])
    scores[[ia, ib, ic]] = -np.inf
    return words[scores.argmax()], float(scores.max())


analogy = [offset_of_unit_vectors, with_argmax]


# Question 9

def one_term_at_a_time(word, neighbour, negatives):
    def sigma(z):
        return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))

    def minus_log_sigma(z):
        return math.log1p(math.exp(-z)) if z >= 0 else math.log1p(math.exp(z)) - z

    z = float(word @ neighbour)
    loss, to_word, to_neighbour = minus_log_sigma(z), (sigma(z) - 1) * neighbour, (sigma(z) - 1) * word
    to_negatives = np.zeros(negatives.shape)
    for r, other in enumerate(negatives):
        z = float(word @ other)
        loss += minus_log_sigma(-z)
        to_word = to_word + sigma(z) * other
        to_negatives[r] = sigma(z) * word
    return loss, to_word, to_neighbour, to_negatives


def all_in_one_table(word, neighbour, negatives):
    others = np.vstack([neighbour[None], negatives])
    label = np.arange(len(others)) == 0
    scores = others @ word
    loss = np.logaddexp(0, np.where(label, -scores, scores)).sum()
    wrong = 0.5 * (1 + np.tanh(scores / 2)) - label
    gradients = np.einsum("r,d->rd", wrong, word)
    return float(loss), wrong @ others, gradients[0], gradients[1:]


pair_loss = [one_term_at_a_time, all_in_one_table]
