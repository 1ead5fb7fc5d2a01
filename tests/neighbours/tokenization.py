"""Wrong answers to unit 04 that are no known mistakes, though they look like some; no hint would be true of them."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np

# Question 1

def long_words_first_in_ties(texts, min_count):
    counts = Counter(word for text in texts for word in text)
    kept = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], -len(word), word))
    return {token: i for i, token in enumerate(["<pad>", "<unk>", *kept])}


def as_many_words_as_min_count(texts, min_count):
    counts = Counter(word for text in texts for word in text)
    kept = sorted(counts, key=lambda word: (-counts[word], word))[:min_count]
    return {token: i for i, token in enumerate(["<pad>", "<unk>", *kept])}


build_vocabulary = [long_words_first_in_ties, as_many_words_as_min_count]


# Question 2

def ids_in_order(text, vocabulary):
    return sorted(vocabulary.get(word, vocabulary["<unk>"]) for word in text.lower().split())


encode_words = [ids_in_order]


# Question 4

def times_the_length(words):
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids):
            counts[pair] += times * len(ids)
    return dict(counts)


count_pairs = [times_the_length]


# Question 6

def ties_by_id_only_while_frequent(words, n_merges):
    corpus, merges = {tuple(word.encode("utf-8")): times for word, times in words.items()}, []
    while len(merges) < n_merges:
        counts = Counter()
        for ids, times in corpus.items():
            for pair in pairwise(ids):
                counts[pair] += times
        if not counts:
            break
        highest = max(counts.values())
        merges.append(min(p for p in counts if counts[p] == highest) if highest > 1 else max(counts, key=counts.get))
        corpus = {merged(ids, merges[-1], 255 + len(merges)): times for ids, times in corpus.items()}
    return merges


def merged(ids, pair, new):
    text = "".join(map(chr, ids)).replace("".join(map(chr, pair)), chr(new))
    return tuple(map(ord, text))


train_bpe = [ties_by_id_only_while_frequent]


# Question 7

def bytes_among_the_ids(word, merges):
    ids = tuple(word.encode("utf-8"))
    for k, pair in enumerate(merges):
        ids = merged(ids, pair, 256 + k)
    return [bytes([i]) if i < 256 else i for i in ids]


bpe_encode = [bytes_among_the_ids]


# Question 9

def last_id_repeated(sequences, length, pad):
    ids = [(s + (s[-1:] or [pad]) * length)[:length] for s in sequences]
    return np.array(ids), np.array([[t < len(s) for t in range(length)] for s in sequences])


def two_lists(sequences, length, pad):
    return [(s + [pad] * length)[:length] for s in sequences], [[t < len(s) for t in range(length)] for s in sequences]


pad_and_truncate = [last_id_repeated, two_lists]


# Question 10

def each_row_divided_by_its_sum(ids, table):
    return (table / np.abs(table).sum(axis=1, keepdims=True))[ids]


embedding_lookup = [each_row_divided_by_its_sum]


# Question 12

def logarithm_of_the_loss(loss, n_tokens, text):
    return math.log2(loss) * n_tokens / len(text)


bits_per_character = [logarithm_of_the_loss]
