"""Other right answers for unit 01, written as differently as students write: every one must get full marks."""

import itertools
import math
from bisect import bisect_right
from collections import defaultdict
from functools import reduce

import numpy as np


def text_probability_by_recursion(table, text, history=()):
    row = table.get(history, {})
    if len(history) == len(text):
        return row.get("<eos>", 0.0)
    token = text[len(history)]
    return row.get(token, 0.0) * text_probability_by_recursion(table, text, (*history, token))


def text_probability_by_numpy(table, text):
    branches = []
    for t, token in enumerate([*list(text), "<eos>"]):
        try:
            branches.append(table[tuple(text[:t])][token])
        except KeyError:
            return 0.0
    return np.prod(branches)


text_probability = [text_probability_by_recursion, text_probability_by_numpy]


def complete_texts_by_recursion(table, n):
    texts = {}

    def visit(prefix, path):
        for token, branch in table.get(prefix, {}).items():
            if branch == 0:
                continue
            if token == "<eos>":
                texts[prefix] = path * branch
            elif len(prefix) < n:
                visit((*prefix, token), path * branch)

    visit((), 1)
    return texts


def complete_texts_by_stack(table, n):
    found, stack = {}, [([], 0.0)]
    while stack:
        prefix, log_path = stack.pop()
        for token, branch in table.get(tuple(prefix), {}).items():
            if branch:
                if token == "<eos>":
                    found[tuple(prefix)] = math.exp(log_path + math.log(branch))
                elif len(prefix) + 1 <= n:
                    stack.append(([*prefix, token], log_path + math.log(branch)))
    return found


complete_texts = [complete_texts_by_recursion, complete_texts_by_stack]


def mass_up_to_by_recursion(table, n, prefix=()):
    total = 0.0
    for token, branch in table.get(prefix, {}).items():
        if token == "<eos>":
            total += branch
        elif n > 0:
            total += branch * mass_up_to_by_recursion(table, n - 1, (*prefix, token))
    return total


def mass_up_to_from_unfinished(table, n):
    finished = unfinished = 0.0
    level = {(): 1.0}
    for _ in range(n + 1):
        below = {}
        for prefix, path in level.items():
            row = table.get(prefix, {})
            finished += path * row.get("<eos>", 0.0)
            below.update({(*prefix, w): path * p for w, p in row.items() if w != "<eos>" and p})
        level = below
    unfinished = sum(level.values())
    assert finished + unfinished <= 1 + 1e-9
    return np.float64(finished)


mass_up_to = [mass_up_to_by_recursion, mass_up_to_from_unfinished]


def sample_token_by_bisection(distribution, u):
    possible = {token: p for token, p in distribution.items() if p > 0}
    sums = list(itertools.accumulate(possible.values()))
    return list(possible)[min(bisect_right(sums, u), len(sums) - 1)]


def sample_token_by_searchsorted(distribution, u):
    tokens, p = list(distribution), np.array(list(distribution.values()))
    i = int(np.searchsorted(np.cumsum(p), u, side="right"))
    return tokens[min(i, int(np.nonzero(p)[0][-1]))]


def sample_token_by_subtraction(distribution, u):
    """Takes the widths away from u one by one."""
    last = None
    for token in distribution:
        if distribution[token] == 0:
            continue
        last = token
        u -= distribution[token]
        if u < 0:
            return token
    return last


sample_token = [sample_token_by_bisection, sample_token_by_searchsorted, sample_token_by_subtraction]


def sample_text_by_recursion_free_loop(model, uniforms):
    text = []
    while len(text) < len(uniforms) and (not text or text[-1] != "<eos>"):
        row = model[text[-1] if text else "<bos>"]
        text.append(sample_token_by_bisection(row, uniforms[len(text)]))
    return text


def sample_text_by_iterator(model, uniforms):
    def tokens():
        previous = "<bos>"
        for u in uniforms:
            previous = sample_token_by_searchsorted(model[previous], u)
            yield previous
            if previous == "<eos>":
                return
    return list(tokens())


sample_text = [sample_text_by_recursion_free_loop, sample_text_by_iterator]


def log_probability_by_numpy(model, text):
    steps = zip(["<bos>", *text], [*text, "<eos>"], strict=True)
    with np.errstate(divide="ignore"):
        return np.log([model.get(u, {}).get(w, 0) for u, w in steps]).sum()


def log_probability_by_fsum(model, text):
    logs, previous = [], "<bos>"
    for token in itertools.chain(text, ["<eos>"]):
        try:
            logs.append(math.log(model[previous][token]))
        except (KeyError, ValueError):
            return float("-inf")
        previous = token
    return math.fsum(logs)


log_probability = [log_probability_by_numpy, log_probability_by_fsum]


def bits_per_token_by_numpy(model, texts):
    if len(texts) == 0:
        raise ValueError
    p = [model.get(u, {}).get(w, 0) for x in texts for u, w in zip(["<bos>", *x], [*x, "<eos>"], strict=True)]
    with np.errstate(divide="ignore"):
        return np.mean(-np.log2(p))


def bits_per_token_weighted(model, texts):
    """The average of the texts' averages, each weighted by its number of tokens."""
    if not texts:
        raise ValueError("no texts")
    lengths = [len(x) + 1 for x in texts]
    rates = [-log_probability_by_fsum(model, x) / n for x, n in zip(texts, lengths, strict=True)]
    return sum(r * n for r, n in zip(rates, lengths, strict=True)) / sum(lengths) * math.log2(math.e)


bits_per_token = [bits_per_token_by_numpy, bits_per_token_weighted]


def perplexity_by_exp(model, texts):
    n = sum(len(x) + 1 for x in texts)
    if n == 0:
        raise ValueError("empty corpus")
    return math.exp(-sum(log_probability_by_fsum(model, x) for x in texts) / n)


def perplexity_as_geometric_mean(model, texts):
    """The geometric mean of 1/p, one root per token so that nothing underflows."""
    if not texts:
        raise ValueError("empty corpus")
    p = [model.get(u, {}).get(w, 0.0) for x in texts for u, w in zip(["<bos>", *x], [*x, "<eos>"], strict=True)]
    if 0.0 in p:
        return float("inf")
    return reduce(lambda product, q: product * q ** (-1 / len(p)), p, 1.0)


perplexity = [perplexity_by_exp, perplexity_as_geometric_mean]


def language_posterior_by_numpy(models, prior, text):
    with np.errstate(divide="ignore"):
        scores = np.log([prior[name] for name in models])
    for i, model in enumerate(models.values()):
        scores[i] += np.log([model.get(c, 1e-6) for c in text]).sum()
    log_total = np.logaddexp.reduce(scores)
    return dict(zip(models, np.exp(scores - log_total), strict=True))


def language_posterior_character_by_character(models, prior, text):
    """Bayes' rule after every character: yesterday's posterior is today's prior, kept as logarithms."""
    belief = {name: math.log(p) for name, p in prior.items() if p > 0}
    for c in text:
        belief = {name: b + math.log(models[name].get(c, 1e-6)) for name, b in belief.items()}
        top = max(belief.values())
        belief = {name: b - top for name, b in belief.items()}
    total = sum(map(math.exp, belief.values()))
    return {name: math.exp(belief[name]) / total if name in belief else 0.0 for name in models}


language_posterior = [language_posterior_by_numpy, language_posterior_character_by_character]


def identify_by_sorting(models, prior, text):
    ranked = sorted((-_log_joint(models[name], prior[name], text), name) for name in models)
    return ranked[0][1]


def identify_by_loop(models, prior, text):
    best, best_score = None, -math.inf
    for name in sorted(models):
        score = _log_joint(models[name], prior[name], text)
        if best is None or score > best_score:
            best, best_score = name, score
    return best


def _log_joint(model, p, text):
    counts = defaultdict(int)
    for c in text:
        counts[c] += 1
    return (math.log(p) if p else -math.inf) + sum(n * math.log(model.get(c, 1e-6)) for c, n in sorted(counts.items()))


identify = [identify_by_sorting, identify_by_loop]


def length_masses_by_numpy(stops):
    s = np.array(stops)
    going_on = np.concatenate([[1.0], np.cumprod(1 - s)])[:-1] if len(s) else s
    return (s * going_on).tolist()


def length_masses_by_differences(stops):
    """What has not ended before length t, less what has not ended after it."""
    going_on = list(itertools.accumulate((1 - s for s in stops), lambda a, b: a * b, initial=1.0))
    return [before - after for before, after in itertools.pairwise(going_on)]


length_masses = [length_masses_by_numpy, length_masses_by_differences]


def leaked_mass_as_complement(b):
    return 1 - 1 / b


def leaked_mass_with_tail(b):
    """Multiplies some factors and closes the product with what the rest telescopes to."""
    n = b + 50
    product = 1.0
    for k in range(b, n):
        product *= (k - 1) * (k + 1) / k**2
    return product * (n - 1) / n


leaked_mass = [leaked_mass_as_complement, leaked_mass_with_tail]
