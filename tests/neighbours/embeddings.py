"""Wrong answers to unit 05 that are no known mistakes, though they look like some; no hint would be true of them."""

import numpy as np

# Question 1

def as_many_rows_as_words(ids, vocabulary_size):
    rows = np.zeros((max(vocabulary_size, len(ids)), vocabulary_size))
    rows[np.arange(len(ids)), np.array(ids, int)] = 1
    return rows


def truth_values(ids, vocabulary_size):
    return np.array(ids, int)[:, None] == np.arange(vocabulary_size)


one_hot = [as_many_rows_as_words, truth_values]


# Question 3

def rounded(x, y):
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return round(float(x @ y / lengths), 4) if lengths else 0.0


cosine = [rounded]


# Question 4

def ratio_of(counts):
    chance = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    return np.divide(counts, chance, out=np.ones(counts.shape), where=counts > 0)


def ln_2_subtracted(counts):
    return np.maximum(np.log(ratio_of(counts)) - np.log(2), 0)


def other_little_added(counts):
    p = counts / counts.sum()
    return np.maximum(np.log((p + 1e-10) / (p.sum(axis=1, keepdims=True) * p.sum(axis=0) + 1e-10)), 0)


ppmi = [ln_2_subtracted, other_little_added]


# Question 7

def angle(x, y):
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def mean_cosines(words, vectors):
    return {w: float(np.mean([angle(vectors[w], vectors[o]) for o in words if o != w])) for w in words}


def mean_before_word(words, vectors):
    means = mean_cosines(words, vectors)
    word = min(means, key=means.get)
    return means[word], word


def place_in_the_list(words, vectors):
    means = list(mean_cosines(words, vectors).values())
    return int(np.argmin(means)), min(means)


odd_one_out = [mean_before_word, place_in_the_list]


# Question 8

def scores(a, b, c, vectors):
    return {w: angle(vectors[w], vectors[b]) - angle(vectors[w], vectors[a]) + angle(vectors[w], vectors[c])
            for w in vectors if w not in (a, b, c)}


def none_at_all_below_zero(a, b, c, vectors):
    best = None
    for word, score in scores(a, b, c, vectors).items():
        if score > (best[1] if best else 0):
            best = word, score
    return best


def in_a_list(a, b, c, vectors):
    found = scores(a, b, c, vectors)
    return [max(found, key=found.get), max(found.values())]


analogy = [none_at_all_below_zero, in_a_list]


# Question 9

def parts(word, neighbour, negatives):
    positive, negative = word @ neighbour, negatives @ word
    wrong, wrongs = -np.exp(-np.logaddexp(0, positive)), np.exp(-np.logaddexp(0, -negative))
    loss = float(np.logaddexp(0, -positive) + np.logaddexp(0, negative).sum())
    return loss, wrong, wrongs, wrong * neighbour + wrongs @ negatives


def two_negatives_at_most(word, neighbour, negatives):
    loss, wrong, wrongs, to_word = parts(word, neighbour, negatives)
    return loss, to_word, wrong * word, np.outer(wrongs * (np.arange(len(wrongs)) < 2), word)


def other_little_in_the_logarithm(word, neighbour, negatives):
    _, wrong, wrongs, to_word = parts(word, neighbour, negatives)
    loss = float(-np.log(1 + wrong + 1e-10) - np.log(1 - wrongs + 1e-10).sum())
    return loss, to_word, wrong * word, np.outer(wrongs, word)


def hinge(word, neighbour, negatives):
    positive, negative = word @ neighbour, negatives @ word
    wrong, wrongs = -float(positive < 1), (negative > -1).astype(float)
    loss = float(max(0, 1 - positive) + np.maximum(0, 1 + negative).sum())
    return loss, wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word)


pair_loss = [two_negatives_at_most, other_little_in_the_logarithm, hinge]
