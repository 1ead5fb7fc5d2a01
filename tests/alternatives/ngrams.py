"""Right answers to unit 02 that look different from the model solution; every one must get full marks."""

import math
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from functools import cache
from itertools import accumulate, chain, groupby, islice, pairwise, tee

import numpy as np

BOS, EOS = "<bos>", "<eos>"


# Question 1

def with_zip(tokens, n):
    padded = [BOS] * (n - 1) + list(tokens) + [EOS]
    return list(zip(*(padded[i:] for i in range(n)), strict=False))


def with_deque(tokens, n):
    window = deque([BOS] * n, maxlen=n)
    grams = []
    for token in chain(tokens, [EOS]):
        window.append(token)
        grams.append(tuple(window))
    return grams


def with_tee(tokens, n):
    copies = tee(chain([BOS] * (n - 1), tokens, [EOS]), n)
    return list(zip(*(islice(copy, i, None) for i, copy in enumerate(copies)), strict=False))


ngrams = [with_zip, with_deque, with_tee]


# Question 2

def with_counter(texts, n):
    return Counter(gram for text in texts for gram in with_zip(text, n))


def with_defaultdict(texts, n):
    counts = defaultdict(int)
    for text in texts:
        padded = (*[BOS] * (n - 1), *text, EOS)
        for end in range(n, len(padded) + 1):
            counts[padded[end - n:end]] += 1
    return counts


def with_numpy(texts, n):
    grams = [gram for text in texts for gram in with_deque(text, n)]
    if not grams:
        return {}
    unique, number = np.unique(np.array(grams), axis=0, return_counts=True)
    return {tuple(gram): count for gram, count in zip(unique.tolist(), number.tolist(), strict=True)}


count_ngrams = [with_counter, with_defaultdict, with_numpy]


# Question 3

def in_two_passes(counts, context):
    total = 0
    for gram, count in counts.items():
        if gram[:len(gram) - 1] == tuple(context):
            total += count
    probabilities = {}
    for gram, count in counts.items():
        if gram[:len(gram) - 1] == tuple(context):
            probabilities[gram[len(gram) - 1]] = count / total
    return probabilities


def by_rows(counts, context):
    rows = defaultdict(Counter)
    for (*u, w), count in counts.items():
        rows[tuple(u)][w] += count
    return {w: count / rows[context].total() for w, count in rows[context].items()}


def mle_with_numpy(counts, context):
    seen = [(gram[-1], count) for gram, count in counts.items() if gram[:-1] == context]
    row = np.array([count for _, count in seen], float)
    return dict(zip((w for w, _ in seen), row / row.sum(), strict=True)) if seen else {}


mle = [in_two_passes, by_rows, mle_with_numpy]


# Question 4

def with_counters(text, u, w):
    pairs = Counter(pairwise(text))
    starts = Counter(text[:-1])
    return (pairs[u, w] / starts[u] if starts[u] else 0.0, pairs[u, w] / (Counter(text)[u] or 1))


def with_a_loop(text, u, w):
    uw = continued = occurred = 0
    for i, token in enumerate(text):
        if token != u:
            continue
        occurred += 1
        if i + 1 < len(text):
            continued += 1
            uw += text[i + 1] == w
    return (float(uw / continued) if continued else 0.0, float(uw / occurred) if occurred else 0.0)


def with_masks(text, u, w):
    tokens = np.array(text, dtype=object)
    is_u = tokens == u
    uw = (is_u[:-1] & (tokens[1:] == w)).sum()
    return (float(uw / max(is_u[:-1].sum(), 1)), float(uw / max(is_u.sum(), 1)))


two_denominators = [with_counters, with_a_loop, with_masks]


# Question 5

def add_then_normalise(counts, context, vocabulary, k):
    amounts = {w: k for w in vocabulary if w != BOS}
    for gram, count in counts.items():
        if gram[:-1] == context:
            amounts[gram[-1]] += count
    total = math.fsum(amounts.values())
    return {w: amount / total for w, amount in amounts.items()}


def additive_with_numpy(counts, context, vocabulary, k):
    words = [w for w in vocabulary if w != "<bos>"]
    row = np.array([counts.get((*context, w), 0) for w in words]) + k
    return dict(zip(words, (row / row.sum()).tolist(), strict=True))


def mixture_of_mle_and_uniform(counts, context, vocabulary, k):
    words = set(vocabulary) - {BOS}
    total = sum(counts.get((*context, w), 0) for w in words)
    share = total / (total + k * len(words))
    return {w: (share * counts.get((*context, w), 0) / total if total else 0) + (1 - share) / len(words) for w in words}


additive = [add_then_normalise, additive_with_numpy, mixture_of_mle_and_uniform]


# Question 6

def measured_share(counts, context, lower, discount):
    row = {w: counts.get((*context, w), 0) for w in lower}
    total = sum(row.values())
    if total == 0:
        return lower.copy()
    kept = {w: max(count - discount, 0) / total for w, count in row.items()}
    left = 1 - sum(kept.values())
    return {w: kept[w] + left * lower[w] for w in lower}


def discounting_with_numpy(counts, context, lower, discount):
    row = np.array([counts.get((*context, w), 0) for w in lower], float)
    share = np.array(list(lower.values()))
    if row.sum():
        share = (np.maximum(row - discount, 0) + discount * np.count_nonzero(row) * share) / row.sum()
    return dict(zip(lower, share, strict=True))


def give_and_take(counts, context, lower, discount):
    probabilities = {w: 0.0 for w in lower}
    total = sum(count for gram, count in counts.items() if gram[:-1] == context)
    if not total:
        return {**lower}
    for gram, count in counts.items():
        if gram[:-1] == context:
            probabilities[gram[-1]] += (count - discount) / total
            for w, p in lower.items():
                probabilities[w] += discount / total * p
    return probabilities


absolute_discounting = [measured_share, discounting_with_numpy, give_and_take]


# Question 7

def with_sets(bigram_counts):
    before = defaultdict(set)
    for u, w in bigram_counts:
        before[w].add(u)
    return {w: len(lefts) / len(bigram_counts) for w, lefts in before.items()}


def with_groupby(bigram_counts):
    second = sorted(w for _, w in bigram_counts)
    return {w: len(list(same)) / len(second) for w, same in groupby(second)}


def with_unique(bigram_counts):
    words, number = np.unique([w for _, w in bigram_counts], return_counts=True)
    return dict(zip(words.tolist(), (number / max(number.sum(), 1)).tolist(), strict=True))


continuation_probabilities = [with_sets, with_groupby, with_unique]


# Question 8

def in_bits(texts, table, n):
    bits = []
    for text in texts:
        for gram in with_deque(text, n):
            p = table[gram[:-1]].get(gram[-1], 0) if gram[:-1] in table else 0
            bits.append(-math.log2(p) if p > 0 else math.inf)
    return 2 ** (sum(bits) / len(bits))


def perplexity_with_numpy(texts, table, n):
    grams = [gram for text in texts for gram in with_zip(text, n)]
    with np.errstate(divide="ignore"):
        logs = np.log([table.get(gram[:-1], {}).get(gram[-1], 0.0) for gram in grams])
    return float(np.exp(-logs.mean()))


def roots_multiplied(texts, table, n):
    grams = [gram for text in texts for gram in with_zip(text, n)]
    result = 1.0
    for gram in grams:
        try:
            result *= table[gram[:-1]][gram[-1]] ** (-1 / len(grams))
        except (KeyError, ZeroDivisionError):
            return float("inf")
    return result


perplexity = [in_bits, perplexity_with_numpy, roots_multiplied]


# Question 9

def with_bisect(table, n, uniforms):
    text = []
    for u in uniforms:
        context = tuple(([BOS] * n + text)[len(text) + 1:])
        words = sorted(w for w, p in table[context].items() if p)
        edges = list(accumulate(table[context][w] for w in words))
        text.append(words[min(bisect_right(edges, u), len(words) - 1)])
        if text[-1] == EOS:
            break
    return text


def with_searchsorted(table, n, uniforms):
    context, text = (BOS,) * (n - 1), []
    for u in uniforms:
        words, p = zip(*((w, p) for w, p in sorted(table[context].items()) if p), strict=True)
        text.append(words[min(np.searchsorted(np.cumsum(p), u, side="right"), len(words) - 1)])
        if text[-1] == EOS:
            return text
        context = (*context, text[-1])[1:] if n > 1 else ()
    return text


def with_recursion(table, n, uniforms, context=None):
    context = (BOS,) * (n - 1) if context is None else context
    if not uniforms:
        return []
    total, (u, *rest) = 0.0, uniforms
    row = table[context]
    for candidate in sorted(row):
        total += row[candidate]
        if row[candidate] > 0:
            word = candidate
        if u < total:
            break
    return [EOS] if word == EOS else [word, *with_recursion(table, n, rest, (*context, word)[1:])]


generate = [with_bisect, with_searchsorted, with_recursion]


# Question 10

def top_down(texts, n, context, discount):
    grams = [gram for text in texts for gram in with_deque(text, n)]
    kinds = {m: Counter(gram[1:] for gram in {gram[n - m - 1:] for gram in grams}) for m in range(1, n)}
    kinds[n] = Counter(grams)

    @cache
    def p(w, u):
        row = {gram[-1]: c for gram, c in kinds[len(u) + 1].items() if gram[:-1] == u}
        total = sum(row.values())
        if not u:
            return row[w] / total
        if not row:
            return p(w, u[1:])
        return max(row.get(w, 0) - discount, 0) / total + discount * len(row) / total * p(w, u[1:])

    return {w: p(w, tuple(context)) for w in {gram[-1] for gram in grams}}


def kneser_ney_with_numpy(texts, n, context, discount):
    words = sorted({token for text in texts for token in text} | {EOS})
    top = with_counter(texts, n)
    counts = {n: top}
    for m in range(n - 1, 0, -1):
        counts[m] = Counter(gram[1:] for gram in counts[m + 1])
    p = np.array([counts[1][w,] for w in words]) / counts[1].total()
    for m in range(2, n + 1):
        row = np.array([counts[m][(*context[n - m:], w)] for w in words])
        if row.any():
            p = np.maximum(row - discount, 0) / row.sum() + discount * (row > 0).sum() / row.sum() * p
    return dict(zip(words, p.tolist(), strict=True))


kneser_ney = [top_down, kneser_ney_with_numpy]
