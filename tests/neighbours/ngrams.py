"""Wrong answers to unit 02 beside its known mistakes."""

import math
from collections import Counter
from itertools import pairwise

BOS, EOS = "<bos>", "<eos>"


def _windows(text, n):
    padded = [BOS] * (n - 1) + text + [EOS]
    return [tuple(padded[i:i + n]) for i in range(len(text) + 1)]


def divided_by_the_largest(counts, context):
    seen = {gram[-1]: c for gram, c in counts.items() if gram[:-1] == context}
    return {w: c / max(seen.values()) for w, c in seen.items()}


mle = [divided_by_the_largest]


def words_do_not_follow_themselves(text, u, w):
    pairs = [pair for pair in pairwise(text) if pair[0] != pair[1]]
    above, continued, occurred = pairs.count((u, w)), sum(a == u for a, _ in pairs), text.count(u)
    return (above / continued if continued else 0.0, above / occurred if occurred else 0.0)


two_denominators = [words_do_not_follow_themselves]


def counted_words_only(counts, context, vocabulary, k):
    known = {w for gram in counts for w in gram} - {BOS}
    total = sum(c for gram, c in counts.items() if gram[:-1] == context)
    return {w: (counts.get((*context, w), 0) + k) / (total + k * len(known)) for w in vocabulary if w != BOS}


def twice_k(counts, context, vocabulary, k):
    words = [w for w in vocabulary if w != BOS]
    total = sum(c for gram, c in counts.items() if gram[:-1] == context)
    return {w: (counts.get((*context, w), 0) + 2 * k) / (total + 2 * k * len(words)) for w in words}


additive = [counted_words_only, twice_k]


def once_is_never(counts, context, lower, discount):
    seen = {gram[-1]: c for gram, c in counts.items() if gram[:-1] == context and c > 1}
    total = sum(seen.values())
    if not total:
        return dict(lower)
    return {w: max(seen.get(w, 0) - discount, 0) / total + discount * len(seen) / total * p for w, p in lower.items()}


absolute_discounting = [once_is_never]


def _surprises(texts, table, n):
    return [-math.log(p) if (p := table.get(gram[:-1], {}).get(gram[-1], 0.0)) else math.inf
            for text in texts for gram in _windows(text, n)]


def per_text(texts, table, n):
    mean = sum(_surprises(texts, table, n)) / len(texts)
    return math.exp(mean) if mean < 700 else math.inf


def small_constant(texts, table, n):
    told = [table.get(gram[:-1], {}).get(gram[-1], 0.0) + 1e-12 for text in texts for gram in _windows(text, n)]
    return math.exp(-sum(map(math.log, told)) / len(told))


perplexity = [per_text, small_constant]


def mle_at_the_top(texts, n, context, discount):
    counts = Counter(gram for text in texts for gram in _windows(text, n))
    words = Counter(gram[-1] for gram in (counts.elements() if n == 1 else {gram[-2:] for gram in counts}))
    seen = {gram[-1]: c for gram, c in counts.items() if gram[:-1] == context}
    row = {w: seen.get(w, 0) for w in words} if seen else words
    return {w: c / sum(row.values()) for w, c in row.items()}


kneser_ney = [mle_at_the_top]
