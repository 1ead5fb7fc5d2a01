# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 02_ngrams
# config_file: assign.yml
# %% [markdown]
# # Unit 02: n-grams
#
# You build an n-gram language model from nothing but dictionaries: cut texts into windows, count, turn counts into
# probabilities, smooth them, measure the model, and let it write. Ten questions are checked by the computer, the last
# one is read by a person. About two hours and three quarters in all; the first five minutes are easy.
#
# In every question
#
# - a **token** is a string, a **text** a list of tokens without any padding, and `"<bos>"` and `"<eos>"` (the names
#   `BOS` and `EOS` below) stand for the begin and the end of a text;
# - **counts** are a dictionary from n-grams (tuples of n tokens) to whole numbers; a **context** is the tuple of the
#   n − 1 tokens before the predicted one, so for n = 1 it is the empty tuple `()`;
# - your function leaves its arguments as they were, even where they are dictionaries;
# - where a float is asked for, a whole number of the same value and NumPy's floats are right as well; a list is not taken for
#   a tuple, nor a tuple for a list;
# - #(uw) is how often the context u is followed by w, and #(u•) how often u is followed by anything.
#
# Where a question asks for a dictionary, any order of its keys is right. You may call your own functions from earlier
# questions. Useful from the standard library: `collections.Counter`.
# %% [markdown]
# **How to work, how to hand in**
#
# 1. Run the first cell of this notebook (click into it, then Shift and Enter together), and after it the cell with the
#    imports. They print nothing when all is well.
# 2. In each question, replace `...` by your code, keep the name of the function, and run the cell: Python then knows it.
# 3. Run the check below it. It runs the *public* tests and says what went wrong. Mend your cell, run both again.
# 4. At the end choose *Restart kernel and run all cells*, save, and hand in this one `.ipynb` file. *Hidden* tests, with other
#    inputs, run then; what they found comes with the feedback. A person reads the answers in words.
# %%
import math
from collections import Counter
from itertools import pairwise

BOS, EOS = "<bos>", "<eos>"
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. Cut a text into windows** · 5 minutes · ★☆☆ · chapter section *Where a text begins and ends*
#
# Write `ngrams(tokens, n)`, the list of all n-grams of one text, in the order in which they occur.
#
# - Put n − 1 times `"<bos>"` before the text and one `"<eos>"` after it, then slide a window of n tokens over the
#   result. A text of T tokens so has exactly T + 1 n-grams, whatever n is: each of its tokens and the end are
#   predicted once.
# - `tokens`: a list of strings, possibly empty. `n`: a whole number, at least 1; it may be larger than the text is
#   long.
# - Returns a list of tuples of n strings each. For n = 1 there is no `"<bos>"`, and the tuples hold one token.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def ngrams(tokens, n):
    """All n-grams of one text with its padding: a list of len(tokens) + 1 tuples of n strings."""
    # BEGIN SOLUTION
    padded = [BOS] * (n - 1) + tokens + [EOS]
    return [tuple(padded[i:i + n]) for i in range(len(tokens) + 1)]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a text of two tokens, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(ngrams):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import ngrams as mistakes
    expect(ngrams, ["good", "night"], 3, mistakes=mistakes,
           want=[("<bos>", "<bos>", "good"), ("<bos>", "good", "night"), ("good", "night", "<eos>")])
    expect(ngrams, ["good", "night"], 1, want=[("good",), ("night",), ("<eos>",)], mistakes=mistakes)
test_by_hand(ngrams)
# %%
""" # BEGIN TEST CONFIG
name: the empty text, runs, texts shorter than n
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(ngrams):
    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import ngrams as mistakes
    random = rng()
    texts = [*(random.choice(["a", "b", "c"], size=size).tolist() for size in (9, 5, 2)), ["a", "a", "a"], ["a"], []]
    for text in texts:
        for n in (3, 5, 2, 1):
            want = []
            for t, token in enumerate([*text, "<eos>"]):
                before = [text[s] if s >= 0 else "<bos>" for s in range(t - n + 1, t)]
                want.append((*before, token))
            expect(ngrams, text, n, want=want, mistakes=mistakes)
test_random(ngrams)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2
# %% [markdown]
# **Question 2. Count a corpus** · 5 minutes · ★☆☆ · chapter section *Count and divide*
#
# Write `count_ngrams(texts, n)`: how often every n-gram occurs in a corpus of several texts.
#
# - `texts`: a list of texts, possibly empty. Each text gets its own padding as in Question 1, so no n-gram holds
#   tokens of two texts.
# - Returns a dictionary from tuples of n strings to whole numbers (a `Counter` will do). N-grams that do not occur
#   are not in it; a corpus without texts gives `{}`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def count_ngrams(texts, n):
    """How often each n-gram occurs in the texts, padded one by one: {tuple of n strings: int}."""
    # BEGIN SOLUTION
    counts = {}
    for text in texts:
        for gram in ngrams(text, n):
            counts[gram] = counts.get(gram, 0) + 1
    return counts
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two short texts, by hand, for n = 2, 3 and 1
points: 1
""" # END TEST CONFIG
def test_by_hand(count_ngrams):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import count_ngrams as mistakes
    texts = [["ha", "ha", "ha"], ["ha", "ho"]]
    expect(count_ngrams, texts, 2, mistakes=mistakes,
           want={("<bos>", "ha"): 2, ("ha", "ha"): 2, ("ha", "<eos>"): 1, ("ha", "ho"): 1, ("ho", "<eos>"): 1})
    expect(count_ngrams, [["ha"], ["ha"]], 3, mistakes=mistakes,
           want={("<bos>", "<bos>", "ha"): 2, ("<bos>", "ha", "<eos>"): 2})
    expect(count_ngrams, texts, 1, want={("ha",): 4, ("ho",): 1, ("<eos>",): 2}, mistakes=mistakes)
test_by_hand(count_ngrams)
# %%
""" # BEGIN TEST CONFIG
name: random corpora, with empty texts and without any text
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(count_ngrams):
    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import count_ngrams as mistakes
    random = rng()
    for n in (3, 4, 2, 1):
        texts = [random.choice(["a", "b"], size=int(size)).tolist() for size in random.permutation([0, 1, 4, 7])]
        want = {}
        for text in texts:
            for t, token in enumerate([*text, "<eos>"]):
                gram = (*(text[s] if s >= 0 else "<bos>" for s in range(t - n + 1, t)), token)
                want[gram] = want.get(gram, 0) + 1
        expect(count_ngrams, texts, n, want=want, mistakes=mistakes)
    expect(count_ngrams, [], 2, want={}, mistakes=mistakes)
test_random(count_ngrams)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3
# %% [markdown]
# **Question 3. Count and divide** · 10 minutes · ★☆☆ · chapter section *Count and divide*
#
# Write `mle(counts, context)`, the maximum-likelihood distribution of the next word: p(w | u) = #(uw) / #(u•).
#
# - `counts`: a dictionary of n-gram counts, all of one order n ≥ 1. It may come from anywhere, for instance from
#   texts that were never padded, so take #(u•) from these counts and from nothing else.
# - `context`: a tuple of n − 1 tokens.
# - Returns a dictionary from each word that was seen after the context to its probability, and holds no other words.
#   A context that was never continued has no maximum-likelihood distribution: return `{}`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def mle(counts, context):
    """Maximum-likelihood p(w | context) of every word seen after the context: {word: probability}."""
    # BEGIN SOLUTION
    seen = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == context}    # #(uw)
    total = sum(seen.values())                                                              # #(u•)
    return {word: count / total for word, count in seen.items()}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a context continued eight times, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(mle):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import mle as mistakes
    counts = {("the", "cat"): 2, ("the", "dog"): 1, ("the", "fox"): 1, ("the", "hen"): 1, ("the", "owl"): 2,
              ("the", "sun"): 1, ("see", "the"): 6, ("<bos>", "the"): 3, ("cat", "see"): 2}
    expect(mle, counts, ("the",), mistakes=mistakes,
           want={"cat": 2 / 8, "dog": 1 / 8, "fox": 1 / 8, "hen": 1 / 8, "owl": 2 / 8, "sun": 1 / 8})
test_by_hand(mle)
# %%
""" # BEGIN TEST CONFIG
name: contexts of two words, and of none
points: 1
""" # END TEST CONFIG
def test_other_orders(mle):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import mle as mistakes
    counts = {("see", "the", "cat"): 3, ("see", "the", "dog"): 1, ("feed", "the", "dog"): 4, ("to", "see", "the"): 3,
              ("see", "a", "dog"): 2}
    expect(mle, counts, ("see", "the"), want={"cat": 3 / 4, "dog": 1 / 4}, mistakes=mistakes)
    expect(mle, {("ha",): 3, ("ho",): 1, ("<eos>",): 1}, (), want={"ha": 3 / 5, "ho": 1 / 5, "<eos>": 1 / 5},
           mistakes=mistakes)
test_other_orders(mle)
# %%
""" # BEGIN TEST CONFIG
name: random counts and contexts that were never continued
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(mle):
    from itertools import product

    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import mle as mistakes
    random = rng()
    for n in (3, 2, 1):
        grams = [gram for gram in product("abcd", repeat=n) if random.random() < 0.6] or [("a",) * n]
        counts = {gram: int(random.integers(5, 30)) for gram in grams} | {("a",) * n: 1, ("a",) * (n - 1) + ("b",): 300}
        rows = {u: [w for (*v, w), c in counts.items() if tuple(v) == u for _ in range(c)]
                for u in product("abcd", repeat=n - 1)}
        for context, drawn in sorted(rows.items(), key=lambda row: -len(set(row[1]))):      # the fullest row first
            expect(mle, counts, context, want={w: drawn.count(w) / len(drawn) for w in drawn}, mistakes=mistakes)
    expect(mle, {("a", "b"): 2, ("b", "c"): 1}, ("c",), want={}, mistakes=mistakes)
test_random(mle)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. Two denominators** · 10 minutes · ★★☆ · chapter section *Two denominators*
#
# Textbooks write the bigram estimate in two ways: #(uw) / #(u•) and #(uw) / #(u). They look alike and are not the
# same. Write `two_denominators(text, u, w)` that returns both, in this order, as a tuple of two floats.
#
# - `text`: **one** text as a list of tokens, possibly empty; it is **not** padded here.
# - #(uw): how often `u` is directly followed by `w`. #(u•): how often `u` is directly followed by some token of the
#   text. #(u): how often `u` occurs.
# - A number whose denominator is 0 is `0.0`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def two_denominators(text, u, w):
    """(#(uw) / #(u•), #(uw) / #(u)) in one text without padding; 0.0 where a denominator is 0."""
    # BEGIN SOLUTION
    pairs = list(pairwise(text))
    uw = pairs.count((u, w))
    continued = sum(first == u for first, _ in pairs)
    occurred = text.count(u)
    return (uw / continued if continued else 0.0, uw / occurred if occurred else 0.0)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a rose, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(two_denominators):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import two_denominators as mistakes
    text = ["a", "rose", "is", "a", "rose", "is", "a", "rose"]
    expect(two_denominators, text, "rose", "is", want=(2 / 2, 2 / 3), mistakes=mistakes)
    expect(two_denominators, text, "is", "a", want=(2 / 2, 2 / 2), mistakes=mistakes)
    expect(two_denominators, text, "a", "rose", want=(3 / 3, 3 / 3), mistakes=mistakes)
    expect(two_denominators, text, "rose", "a", want=(0 / 2, 0 / 3), mistakes=mistakes)
test_by_hand(two_denominators)
# %%
""" # BEGIN TEST CONFIG
name: a word that follows itself
points: 1
""" # END TEST CONFIG
def test_runs(two_denominators):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import two_denominators as mistakes
    expect(two_denominators, ["ha", "ha", "ha", "ho", "ha"], "ha", "ha", want=(2 / 3, 2 / 4), mistakes=mistakes)
test_runs(two_denominators)
# %%
""" # BEGIN TEST CONFIG
name: random texts, words that are absent or only come last
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(two_denominators):
    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import two_denominators as mistakes
    random = rng()
    for size in (30, 12, 5, 2, 1):
        text = random.choice(["a", "aa", "b"], size=size).tolist()
        text[:3] = ["a", "aa", "a"][:size]  # it begins with a word that does not only come last
        for u in ("a", "aa", "b", "c"):
            for w in ("a", "aa", "b"):
                followers = [text[i + 1] for i in range(size - 1) if text[i] == u]
                places = [i for i in range(size) if text[i] == u]
                want = (followers.count(w) / max(len(followers), 1), followers.count(w) / max(len(places), 1))
                expect(two_denominators, text, u, w, want=want, mistakes=mistakes)
    for text, u in [(["a", "b"], "b"), (["a", "b"], "c"), ([], "a")]:
        expect(two_denominators, text, u, "a", want=(0.0, 0.0), mistakes=mistakes)
test_random(two_denominators)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. A little for everybody** · 10 minutes · ★★☆ · chapter section *Add a little to every count*
#
# Write `additive(counts, context, vocabulary, k)`: additive smoothing, p(w | u) = (#(uw) + k) / (#(u•) + k·(V − 1)).
# As in the chapter, V counts `"<bos>"`, and V − 1 is the number of tokens that can be predicted: all but `"<bos>"`.
#
# - `counts`, `context`: as in Question 3.
# - `vocabulary`: a list of different tokens that holds every token of the counts, `"<eos>"` among them. It may list
#   `"<bos>"`, at any place, or leave it out; V − 1 is the number of its tokens that are not `"<bos>"`, either way.
# - `k`: a positive number, not always a whole one.
# - Returns a dictionary from every token of the vocabulary except `"<bos>"` to its probability. After a context that
#   was never continued the formula gives every token the same.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def additive(counts, context, vocabulary, k):
    """Additively smoothed p(w | context) of every token that can be predicted: {token: probability}."""
    # BEGIN SOLUTION
    predicted = [token for token in vocabulary if token != BOS]
    total = sum(count for gram, count in counts.items() if gram[:-1] == context)
    return {w: (counts.get((*context, w), 0) + k) / (total + k * len(predicted)) for w in predicted}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a quarter of a count for each, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(additive):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import additive as mistakes
    counts = {("a", "b"): 3, ("a", "c"): 1, ("b", "a"): 2, ("<bos>", "a"): 1, ("c", "<eos>"): 1}
    vocabulary = ["<eos>", "a", "<bos>", "b", "c"]
    expect(additive, counts, ("a",), vocabulary, 0.25, mistakes=mistakes,
           want={"<eos>": 0.25 / 5, "a": 0.25 / 5, "b": 3.25 / 5, "c": 1.25 / 5})
test_by_hand(additive)
# %%
""" # BEGIN TEST CONFIG
name: a vocabulary without <bos>, and a context that was never continued
points: 1
""" # END TEST CONFIG
def test_unseen(additive):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import additive as mistakes
    counts, vocabulary = {("a", "b"): 3, ("a", "c"): 1}, ["<eos>", "a", "b", "c", "d"]
    expect(additive, counts, ("a",), vocabulary, 0.1, mistakes=mistakes,
           want={"<eos>": 0.1 / 4.5, "a": 0.1 / 4.5, "b": 3.1 / 4.5, "c": 1.1 / 4.5, "d": 0.1 / 4.5})
    expect(additive, counts, ("b",), vocabulary, 0.1, mistakes=mistakes,
           want={"<eos>": 1 / 5, "a": 1 / 5, "b": 1 / 5, "c": 1 / 5, "d": 1 / 5})
test_unseen(additive)
# %%
""" # BEGIN TEST CONFIG
name: random counts, orders and k
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(additive):
    from itertools import product

    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import additive as mistakes
    random = rng()
    for n, k, bos in [(2, 0.5, True), (3, 0.01, True), (2, 2, False), (1, 0.25, False), (1, 1, True)]:
        words = ["a", "b", "c", "<eos>"]
        vocabulary = ["unseen", *words[:2], *(["<bos>"] if bos else []), *words[2:]]
        counts = {gram: int(random.integers(2, 30)) for gram in product(words, repeat=n) if random.random() < 0.6}
        counts |= {("a",) * n: 1, ("a",) * (n - 1) + ("b",): 300}
        contexts = sorted(product([*words, "unseen"], repeat=n - 1), key=lambda u, counts=counts: -sum(
            (*u, w) in counts for w in words))                                              # the fullest row first
        for context in contexts:
            each = {w: counts.get((*context, w), 0) + k for w in [*words, "unseen"]}
            want = {w: c / sum(each.values()) for w, c in each.items()}
            expect(additive, counts, context, vocabulary, k, want=want, mistakes=mistakes)
test_random(additive)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 3
# %% [markdown]
# **Question 6. Take a fixed bit from every count** · 15 minutes · ★★☆ · chapter section *Take the same from every
# count*
#
# Write `absolute_discounting(counts, context, lower, discount)`. Every n-gram that was seen after the context u gives
# up the amount `discount` of its count. The mass that becomes free is shared out **among all words**, seen and unseen
# ones alike, in proportion to a lower-order distribution that you are given (this is *interpolation*):
#
# p(w | u) = max(#(uw) − D, 0) / #(u•) + λ(u) · lower(w), where D is `discount` and λ(u) the share of #(u•) that was
# taken away.
#
# - `counts`, `context`: as in Question 3.
# - `lower`: a dictionary from every word that can be predicted to its probability; its values sum to 1, and it holds
#   every word seen after the context.
# - `discount`: a number with 0 < D < 1.
# - Returns a dictionary with the keys of `lower`; its values sum to 1. After a context that was never continued the
#   answer is the lower-order distribution: `lower` itself or a copy of it, as you like.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def absolute_discounting(counts, context, lower, discount):
    """Discounted p(w | context), interpolated with the distribution ``lower``: {word: probability}."""
    # BEGIN SOLUTION
    seen = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == context}
    if not seen:
        return dict(lower)
    total = sum(seen.values())
    freed = discount * len(seen) / total                     # one discount for every different word seen
    return {w: max(seen.get(w, 0) - discount, 0) / total + freed * p for w, p in lower.items()}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four tokens of two types, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(absolute_discounting):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import absolute_discounting as mistakes
    counts = {("a", "b"): 3, ("a", "c"): 1, ("b", "a"): 2, ("c", "a"): 2, ("b", "c"): 1, ("c", "b"): 1}
    lower = {"a": 1 / 2, "b": 1 / 4, "c": 1 / 8, "e": 1 / 16, "<eos>": 1 / 16}
    # 0.5 is taken from each of two counts: 1 of 4 tokens, so a quarter of the mass follows the lower order.
    expect(absolute_discounting, counts, ("a",), lower, 0.5, mistakes=mistakes,
           want={"a": 1 / 8, "b": 2.5 / 4 + 1 / 16, "c": 0.5 / 4 + 1 / 32, "e": 1 / 64, "<eos>": 1 / 64})
test_by_hand(absolute_discounting)
# %%
""" # BEGIN TEST CONFIG
name: a context that was never continued, and one that was
points: 1
""" # END TEST CONFIG
def test_unseen(absolute_discounting):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import absolute_discounting as mistakes
    counts, lower = {("a", "b"): 3, ("a", "a"): 1}, {"a": 0.6, "b": 0.3, "<eos>": 0.1}
    expect(absolute_discounting, counts, ("b",), lower, 0.75, want=lower, mistakes=mistakes)
    expect(absolute_discounting, counts, ("a",), lower, 0.75, mistakes=mistakes,
           want={"a": 0.25 / 4 + 0.375 * 0.6, "b": 2.25 / 4 + 0.375 * 0.3, "<eos>": 0.375 * 0.1})
test_unseen(absolute_discounting)
# %%
""" # BEGIN TEST CONFIG
name: random counts, orders and discounts
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(absolute_discounting):
    from itertools import product

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import absolute_discounting as mistakes
    random = rng()
    words = [*"abcdefghi", "<eos>"]
    for n in (2, 3, 1):
        d = float(random.uniform(0.1, 0.9))
        lower = dict(zip(words, random.dirichlet(np.ones(10)).tolist(), strict=True))
        counts = {gram: int(random.integers(2, 30)) for gram in product("abc", repeat=n) if random.random() < 0.7}
        counts |= {("a",) * n: 1, ("a",) * (n - 1) + ("b",): 300}
        contexts = [*product("abc", repeat=n - 1), *([("i",) * (n - 1)] if n > 1 else [])]  # the last one was never seen
        rows = [(u, [counts.get((*u, w), 0) for w in words]) for u in contexts]
        for context, row in sorted(rows, key=lambda pair: pair[1].count(0)):                # the fullest row first
            kept = [max(c - d, 0) for c in row]
            share = 1 - sum(kept) / sum(row) if sum(row) else 1
            want = {w: c / max(sum(row), 1) + share * lower[w] for w, c in zip(words, kept, strict=True)}
            expect(absolute_discounting, counts, context, lower, d, want=want, mistakes=mistakes)
test_random(absolute_discounting)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3
# %% [markdown]
# **Question 7. How many places does a word know?** · 15 minutes · ★★☆ · chapter section *Kneser and Ney ask another
# question*
#
# The word `francisco` can be frequent and still follow one single word. Kneser and Ney therefore judge a word by the
# number of *different* words that it has been seen after. Write `continuation_probabilities(bigram_counts)`:
#
# p(w) = (number of different u with #(uw) > 0) / (number of different bigrams).
#
# - `bigram_counts`: a dictionary from pairs to counts ≥ 1, made from padded texts as in Question 2. A text's start is
#   a place like any other: `"<bos>"` counts as one left neighbour. `"<eos>"` is a word like any other.
# - Returns a dictionary with every word that is the second word of some bigram (so `"<bos>"` is not in it). Its
#   values sum to 1. No bigrams give `{}`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def continuation_probabilities(bigram_counts):
    """Share of the different bigrams that each word completes: {word: probability}."""
    # BEGIN SOLUTION
    neighbours = Counter(w for _, w in bigram_counts)
    return {w: number / len(bigram_counts) for w, number in neighbours.items()}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: frequent in one place, rare in several
points: 2
""" # END TEST CONFIG
def test_by_hand(continuation_probabilities):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import continuation_probabilities as mistakes
    counts = {("<bos>", "san"): 4, ("san", "francisco"): 4, ("francisco", "<eos>"): 2, ("francisco", "san"): 1,
              ("<bos>", "cup"): 1, ("cup", "cup"): 2, ("a", "cup"): 1, ("san", "cup"): 1, ("francisco", "a"): 1,
              ("cup", "<eos>"): 3}
    expect(continuation_probabilities, counts, mistakes=mistakes,
           want={"san": 2 / 10, "francisco": 1 / 10, "<eos>": 2 / 10, "cup": 4 / 10, "a": 1 / 10})
test_by_hand(continuation_probabilities)
# %%
""" # BEGIN TEST CONFIG
name: random bigrams, and none
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(continuation_probabilities):
    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import continuation_probabilities as mistakes
    random = rng()
    for size in (20, 10, 3):
        left, right = ["<bos>", "a", "b", "c", "d"], ["a", "b", "c", "d", "<eos>"]
        pairs = [(u, w) for u in left for w in right]
        chosen = [pairs[i] for i in random.permutation(len(pairs))[:size].tolist()]
        counts = {pair: int(random.integers(1, 9)) for pair in chosen} | {("a", "a"): 1, ("<bos>", "a"): 300}
        want = {}
        for w in right:
            lefts = {u for u in left if (u, w) in counts}
            if lefts:
                want[w] = len(lefts) / len(counts)
        expect(continuation_probabilities, counts, want=want, mistakes=mistakes)
    expect(continuation_probabilities, {("<bos>", "<eos>"): 4}, want={"<eos>": 1.0}, mistakes=mistakes)
    expect(continuation_probabilities, {}, want={}, mistakes=mistakes)
test_random(continuation_probabilities)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4
# %% [markdown]
# **Question 8. How surprised is the model?** · 15 minutes · ★★☆ · chapter section *Which model is better?*
#
# Write `perplexity(texts, table, n)`, the perplexity of a corpus under an n-gram model that is given as a table.
#
# - `table`: a dictionary from contexts (tuples of n − 1 tokens) to dictionaries {word: probability}. A context or a
#   word that is not in it has probability 0.
# - `texts`: a list of at least one text; together they may hold several thousand tokens. Each is padded as in
#   Question 1, and every token **and the end** `"<eos>"` is predicted from the n − 1 tokens before it. `"<bos>"` is
#   never predicted.
# - The perplexity is that of the whole corpus: exp of the mean of −ln p over all predicted tokens of all texts, each
#   token with equal weight. (The base of the logarithm does not matter as long as the same base is raised to the
#   mean.)
# - Returns a float. If anything that happened has probability 0, it is `math.inf`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def perplexity(texts, table, n):
    """Corpus-level perplexity, ends of texts included: a float, math.inf if something impossible happened."""
    # BEGIN SOLUTION
    surprise, tokens = 0.0, 0
    for text in texts:
        for gram in ngrams(text, n):
            p = table.get(gram[:-1], {}).get(gram[-1], 0.0)
            if p == 0:
                return math.inf
            surprise -= math.log(p)
            tokens += 1
    return math.exp(surprise / tokens)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: powers of two, by hand; a word that the table does not hold
points: 1
""" # END TEST CONFIG
def test_by_hand(perplexity):
    import math

    from autograder.checks import expect
    from autograder.misconceptions.ngrams import perplexity as mistakes
    table = {("<bos>",): {"a": 1 / 2, "b": 1 / 2},
             ("a",): {"a": 1 / 2, "b": 1 / 4, "<eos>": 1 / 4},
             ("b",): {"a": 3 / 4, "b": 1 / 8, "<eos>": 1 / 8}}
    # a <eos> costs 1 + 2 bits, a b b <eos> costs 1 + 2 + 3 + 3: 12 bits over 6 predictions.
    expect(perplexity, [["a"], ["a", "b", "b"]], table, 2, want=4.0, mistakes=mistakes)
    expect(perplexity, [["a"], ["a", "c", "b"]], table, 2, want=math.inf, mistakes=mistakes)
test_by_hand(perplexity)
# %%
""" # BEGIN TEST CONFIG
name: contexts of two words, and of none; a corpus of 3,000 predictions
points: 1
""" # END TEST CONFIG
def test_other_orders(perplexity):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import perplexity as mistakes
    table = {("<bos>", "<bos>"): {"a": 1 / 8, "b": 7 / 8}, ("<bos>", "a"): {"b": 1 / 2, "<eos>": 1 / 2},
             ("a", "b"): {"<eos>": 1 / 4, "a": 3 / 4},
             # a trigram model needs none of these
             ("<bos>",): {"a": 1.0}, ("a",): {"b": 1.0}, ("b",): {"a": 1 / 2, "<eos>": 1 / 2}}
    expect(perplexity, [["a", "b"], ["a", "b"]], table, 3, want=4.0, mistakes=mistakes)
    expect(perplexity, [["a", "b"]], {(): {"a": 1 / 4, "b": 1 / 4, "<eos>": 1 / 2}}, 1, want=2 ** (5 / 3),
           mistakes=mistakes)
    expect(perplexity, [["a"] * 1500, ["b"] * 1498], {(): {"a": 0.25, "b": 0.25, "<eos>": 0.25, "c": 0.25}}, 1, want=4.0,
           mistakes=mistakes)
test_other_orders(perplexity)
# %%
""" # BEGIN TEST CONFIG
name: impossible words and unknown contexts
points: 1
hidden: true
""" # END TEST CONFIG
def test_impossible(perplexity):
    import math

    from autograder.checks import expect
    from autograder.misconceptions.ngrams import perplexity as mistakes
    table = {("<bos>",): {"a": 0.5, "b": 0.5, "c": 0.0}, ("a",): {"<eos>": 1.0}, ("c",): {"<eos>": 1.0}}
    expect(perplexity, [["a"], ["c"]], table, 2, want=math.inf, mistakes=mistakes)
    expect(perplexity, [["a"], ["b"]], table, 2, want=math.inf, mistakes=mistakes)
    expect(perplexity, [["d"]], table, 2, want=math.inf, mistakes=mistakes)
    expect(perplexity, [[]], table, 2, want=math.inf, mistakes=mistakes)
    table = {("<bos>",): {"a": 0.25, "b": 0.75}, ("a",): {"a": 0.5, "<eos>": 0.5}, ("b",): {"<eos>": 1.0, "a": 0.0}}
    expect(perplexity, [["b"], ["a", "a", "a"]], table, 2, want=(4 / 3 * 4 * 2 ** 3) ** (1 / 6), mistakes=mistakes)
test_impossible(perplexity)
# %%
""" # BEGIN TEST CONFIG
name: random tables and texts, empty ones among them
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(perplexity):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import perplexity as mistakes
    random = rng()
    for n in (3, 4, 2, 1):
        texts = [random.choice(["a", "b"], size=int(size)).tolist() for size in random.permutation([0, 1, 4, 8])]
        table, logs = {}, []
        for text in texts:
            for t, word in enumerate([*text, "<eos>"]):
                context = tuple(text[s] if s >= 0 else "<bos>" for s in range(t - n + 1, t))
                if context not in table:
                    table[context] = dict(zip(["a", "b", "<eos>"], random.dirichlet(np.ones(3)).tolist(), strict=True))
                logs.append(np.log(table[context][word]))
        expect(perplexity, texts, table, n, want=float(np.exp(-np.mean(logs))), mistakes=mistakes)
    long = [["a"] * 3000]                                     # the product of all probabilities is too small for a float
    expect(perplexity, long, {(): {"a": 0.25, "<eos>": 0.25, "b": 0.5}}, 1, want=4.0, mistakes=mistakes)
test_random(perplexity)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 4
# %% [markdown]
# **Question 9. Let it write** · 15 minutes · ★★☆ · chapter section *Let it write*
#
# Write `generate(table, n, uniforms)`: draw a text from an n-gram model, word by word. So that everybody's text can
# be compared, the random numbers are handed to you.
#
# - `table`: as in Question 8. It holds every context of n − 1 tokens that your text can reach, and maybe others, shorter
#   and longer ones among them; a distribution need not list all words.
# - `uniforms`: a list of numbers u with 0 ≤ u < 1, possibly empty. Draw number i uses `uniforms[i]`, and there are at
#   most as many draws as numbers.
# - One draw: look up the n − 1 tokens before (before the first draw these are all `"<bos>"`), go through the words of
#   that distribution **in alphabetical order** (that of Python's `sorted`: all capitals before the small letters), add up
#   their probabilities, and take the first word where the sum is **greater than** u. If rounding keeps the last sum at or
#   below u, take the last word whose probability is above 0. (The rule of unit 01, except that there the words were taken
#   in the dictionary's order.)
# - Stop after `"<eos>"` was drawn, or when the numbers are used up. Returns the list of the drawn tokens, `[]` if there
#   were no numbers; `"<eos>"` is in it if it was drawn, `"<bos>"` is not.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def generate(table, n, uniforms):
    """Tokens drawn one by one with the inverse of the cumulative distribution: a list of strings."""
    # BEGIN SOLUTION
    told = [BOS] * (n - 1)
    for u in uniforms:
        distribution = table[tuple(told[len(told) - (n - 1):])]
        total = 0.0
        for word in sorted(w for w, p in distribution.items() if p > 0):
            total += distribution[word]
            if total > u:
                break
        told.append(word)
        if word == EOS:
            break
    return told[n - 1:]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a bigram model writes, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(generate):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import generate as mistakes
    table = {("<bos>",): {"a": 0.5, "the": 0.5}, ("the",): {"owl": 0.375, "fox": 0.125, "hen": 0.5},
             ("a",): {"fox": 0.25, "hen": 0.75}, ("fox",): {"<eos>": 0.5, "ran": 0.5}, ("hen",): {"ran": 0.75, "<eos>": 0.25},
             ("owl",): {"<eos>": 1.0}, ("ran",): {"<eos>": 0.75, "the": 0.25}, ("<eos>",): {"a": 0.5, "the": 0.5},
             # A bigram model needs none of these:
             (): {"hen": 1.0}, ("<bos>", "a"): {"owl": 1.0}, ("<bos>", "a", "owl"): {"<eos>": 1.0},
             ("a", "owl"): {"ran": 1.0}, ("owl", "ran"): {"the": 1.0}}
    expect(generate, table, 2, [0.05, 0.25, 0.8, 0.8], want=["a", "hen", "ran", "the"], mistakes=mistakes)
    expect(generate, table, 2, [0.5, 0.1, 0.2, 0.9], want=["the", "fox", "<eos>"], mistakes=mistakes)
test_by_hand(generate)
# %%
""" # BEGIN TEST CONFIG
name: contexts of two words, and of none; no numbers at all; capitals, and a sum that rounds below 1
points: 1
""" # END TEST CONFIG
def test_other_orders(generate):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import generate as mistakes
    table = {("<bos>", "<bos>"): {"ha": 1.0}, ("<bos>", "ha"): {"ha": 0.5, "ho": 0.5}, ("ha", "ha"): {"ho": 1.0},
             ("ha", "ho"): {"<eos>": 1.0}, ("<bos>", "ho"): {"<eos>": 1.0}, ("ho", "ha"): {"ha": 1.0},
             # A trigram model needs none of these:
             (): {"ho": 1.0}, ("<bos>",): {"ho": 1.0}, ("ho",): {"ha": 1.0}, ("ha",): {"ho": 1.0},
             ("<bos>", "<bos>", "ha"): {"ho": 1.0}, ("<bos>", "<bos>", "ha", "ho"): {"ho": 1.0},
             ("<bos>", "<bos>", "ha", "ho", "ho"): {"<eos>": 1.0},
             ("<bos>", "ha", "ho"): {"ha": 1.0}, ("ha", "ho", "ha"): {"<eos>": 1.0}}
    expect(generate, table, 3, [0.9, 0.2, 0.5, 0.0, 0.7], want=["ha", "ha", "ho", "<eos>"], mistakes=mistakes)
    table = {(): {"ho": 0.125, "ha": 0.5, "<eos>": 0.375}}
    expect(generate, table, 1, [0.9, 0.4, 0.5, 0.1, 0.9], want=["ho", "ha", "ha", "<eos>"], mistakes=mistakes)
    expect(generate, table, 1, [0.9, 0.4], want=["ho", "ha"], mistakes=mistakes)
    expect(generate, table, 1, [], want=[], mistakes=mistakes)
    expect(generate, {(): {"ha": 0.375, "Ho": 0.625}}, 1, [0.25], want=["Ho"], mistakes=mistakes)
    # In floating point ten times 0.1 sum to 1 - 2**-53, and this u is no smaller.
    expect(generate, {(): dict.fromkeys("abcdefghij", 0.1) | {"k": 0.0}}, 1, [1 - 2**-53], want=["j"], mistakes=mistakes)
test_other_orders(generate)
# %%
""" # BEGIN TEST CONFIG
name: random tables of orders 1 to 4
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(generate):
    from itertools import product

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import generate as mistakes
    random = rng()
    table = {("<bos>", "<bos>"): {"ha": 1.0}, ("<bos>", "ha"): {"ha": 0.5, "ho": 0.5}, ("ha", "ha"): {"ho": 1.0},
             ("ha", "ho"): {"<eos>": 1.0}, ("<bos>", "ho"): {"<eos>": 1.0}, ("ho", "ha"): {"ha": 1.0},
             # A trigram model needs none of these:
             (): {"ho": 1.0}, ("<bos>",): {"ho": 1.0}, ("ho",): {"ha": 1.0}, ("ha",): {"ho": 1.0},
             ("<bos>", "<bos>", "ha"): {"ho": 1.0}, ("<bos>", "<bos>", "ha", "ho"): {"ho": 1.0},
             ("<bos>", "<bos>", "ha", "ho", "ho"): {"<eos>": 1.0},
             ("<bos>", "ha", "ho"): {"ha": 1.0}, ("ha", "ho", "ha"): {"<eos>": 1.0}}
    expect(generate, table, 3, [0.9, 0.2, 0.5, 0.0, 0.7], want=["ha", "ha", "ho", "<eos>"], mistakes=mistakes)
    for n in (2, 3, 4, 1):
        table = {}
        for blank in range(n):
            for rest in product(["a", "B", "c", "<eos>"], repeat=n - 1 - blank):
                row = dict(zip("aBc", (0.92 * random.dirichlet([2, 2, 2])).tolist(), strict=True)) | {"<eos>": 0.08}
                table[("<bos>",) * blank + rest] = {w: row[w] for w in random.permutation(list(row)).tolist()}
        if n > 1:
            start = {"a": 0.6, "B": 0.32, "<eos>": 0.08}
            table[("<bos>",) * (n - 1)] = {w: start[w] for w in random.permutation(list(start)).tolist()}
        first = [random.uniform(0.7, 0.9), *random.uniform(0.1, 0.9, 29)]          # no end of text where u > 0.08
        for uniforms in [list(map(float, first)), *(random.random(draws).tolist() for draws in (30, 3, 1, 0))]:
            text = []
            while len(text) < len(uniforms) and text[-1:] != ["<eos>"]:
                row = table[tuple(([*["<bos>"] * (n - 1), *text])[len(text):])]
                order = sorted(row)
                edges = np.cumsum([row[w] for w in order])
                place = int(np.searchsorted(edges, uniforms[len(text)], side="right"))
                text.append(order[min(place, len(order) - 1)])
            expect(generate, table, n, uniforms, want=text, mistakes=mistakes)
test_random(generate)
# %%
""" # BEGIN TEST CONFIG
name: borders, words of probability 0, and rounding
points: 1
hidden: true
""" # END TEST CONFIG
def test_borders(generate):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import generate as mistakes
    expect(generate, {(): {"a": 0.4, "C": 0.6}}, 1, [0.3], want=["C"], mistakes=mistakes)
    table = {(): {"d": 0.25, "a": 0.0, "c": 0.5, "b": 0.25, "e": 0.0}}
    for u, word in [(0.5, "c"), (0.0, "b"), (0.25, "c"), (0.125, "b"), (0.75, "d"), (0.999, "d")]:
        expect(generate, table, 1, [u], want=[word], mistakes=mistakes)
    tenths = {(): dict.fromkeys("abcdefghij", 0.1) | {"k": 0.0}}    # ten times 0.1 adds up to a little less than 1
    expect(generate, tenths, 1, [1 - 2 ** -53], want=["j"], mistakes=mistakes)
test_borders(generate)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 4
# %% [markdown]
# **Question 10. Kneser–Ney, whole** · 45 minutes · ★★★ · chapter section *Kneser and Ney ask another question*
#
# Put the pieces together: `kneser_ney(texts, n, context, discount)`, interpolated Kneser–Ney of any order.
#
# - **Words.** In all that follows, w is a token that can be predicted: a token of the texts or `"<eos>"`, but never
#   `"<bos>"`, although the padding holds `"<bos>"` after `"<bos>"` when n ≥ 3.
# - **Counts.** All orders look at the same padded texts, with n − 1 times `"<bos>"` in front. At the highest order n,
#   c(uw) is how often the n-gram uw occurs in them (Question 2). At every lower order, c(uw) is the number of
#   *different* tokens that stand directly before uw in them, and `"<bos>"` may be one of these. Take n = 3 and the lower
#   order's bigram `("<bos>", "new")`: only `"<bos>"` can stand before it, so its count is 1, however many texts begin
#   with *new*.
# - **Recursion.** p(w | u) = max(c(uw) − D, 0) / c(u•) + D·N(u) / c(u•) · p(w | u without its first token), where D is
#   `discount`, c(u•) sums c(uw) over all words w, and N(u) is the number of words w with c(uw) > 0. If c(u•) is 0,
#   p(w | u) is the probability after the shorter context.
# - **Bottom.** With an empty context p(w) = c(w) / c(•), without a discount. For n = 1 this is all there is, and as it
#   is then the highest order, c(w) is how often w occurs.
# - `texts`: a list of at least one text. `context`: a tuple of n − 1 tokens, of which some may be unknown.
#   `discount`: a number with 0 < D < 1, the same at all orders.
# - Returns a dictionary from every token of the texts, and `"<eos>"`, to its probability; the values sum to 1.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def kneser_ney(texts, n, context, discount):
    """Interpolated Kneser–Ney p(w | context) of every token of the texts and EOS: {token: probability}."""
    # BEGIN SOLUTION
    counts = count_ngrams(texts, n)
    levels = [counts]                                         # order n, n - 1, ..., 1
    for _ in range(n - 1):
        levels.append(Counter(gram[1:] for gram in levels[-1]))
    words = levels.pop()
    distribution = {w: count / sum(words.values()) for (w,), count in words.items()}
    for order in range(2, n + 1):                             # from the shortest context to the longest
        distribution = absolute_discounting(levels.pop(), context[n - order:], distribution, discount)
    return distribution
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a bigram, a unigram and a trigram model, by hand
points: 1
""" # END TEST CONFIG
def test_bigrams(kneser_ney):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import kneser_ney as mistakes
    texts = [["new", "york"], ["new", "york"], ["new", "town"], ["old", "town"], ["town"]]
    # Different left neighbours: town 3, <eos> 2, new, york and old 1 each.
    # After "new": 3 tokens of 2 types, so 1/3 is freed.
    expect(kneser_ney, texts, 2, ("new",), 0.5, mistakes=mistakes,
           want={"york": 13 / 24, "town": 7 / 24, "<eos>": 2 / 24, "new": 1 / 24, "old": 1 / 24})
    # Order 1 is the highest order here, so it keeps its plain counts.
    expect(kneser_ney, texts, 1, (), 0.5, mistakes=mistakes,
           want={"new": 3 / 14, "york": 2 / 14, "town": 3 / 14, "old": 1 / 14, "<eos>": 5 / 14})
    # After "york" alone <eos> has one left neighbour, so half of the mass is freed there: <eos> 10/16, town 3/16, new, york
    # and old 1/16. After "new york" <eos> has 2 tokens of 2, and a quarter is freed.
    expect(kneser_ney, texts, 3, ("new", "york"), 0.5, mistakes=mistakes,
           want={"<eos>": 58 / 64, "town": 3 / 64, "new": 1 / 64, "york": 1 / 64, "old": 1 / 64})
test_bigrams(kneser_ney)
# %%
""" # BEGIN TEST CONFIG
name: a trigram model, by hand
points: 1
""" # END TEST CONFIG
def test_trigrams(kneser_ney):
    from autograder.checks import expect
    from autograder.misconceptions.ngrams import kneser_ney as mistakes
    texts = [["new", "york"], ["new", "york"], ["new", "town"], ["old", "town"], ["town"]]
    # After "new" alone: york 5/16, town 7/16, <eos> 2/16, new and old 1/16, since each of its followers has one left
    # neighbour.
    expect(kneser_ney, texts, 3, ("<bos>", "new"), 0.5, mistakes=mistakes,
           want={"york": 29 / 48, "town": 15 / 48, "<eos>": 2 / 48, "new": 1 / 48, "old": 1 / 48})
    # After one "<bos>": new, old and town have one left neighbour each, so half of the mass is freed there, and
    # new 11/48, old 11/48, town 17/48, <eos> 6/48, york 3/48. After two: 3, 1 and 1 of 5, and 3/10 is freed.
    expect(kneser_ney, texts, 3, ("<bos>", "<bos>"), 0.5, mistakes=mistakes,
           want={"new": 0.5 + 3.3 / 48, "old": 0.1 + 3.3 / 48, "town": 0.1 + 5.1 / 48, "<eos>": 1.8 / 48, "york": 0.9 / 48})
    # After "b" alone: c has two left neighbours (a and d), d has one. Below that: b, d and <eos> 2/8, a and c 1/8.
    expect(kneser_ney, [["a", "b", "c"], ["d", "b", "c"], ["a", "b", "d"]], 3, ("a", "b"), 0.5, mistakes=mistakes,
           want={"c": 25 / 48, "d": 18 / 48, "b": 2 / 48, "<eos>": 2 / 48, "a": 1 / 48})
test_trigrams(kneser_ney)
# %%
""" # BEGIN TEST CONFIG
name: random texts, orders 1 to 4, contexts seen and unseen
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(kneser_ney):
    from autograder.checks import expect, rng
    from autograder.misconceptions.ngrams import kneser_ney as mistakes
    random = rng()
    for n in (3, 4, 2, 1):
        d = float(random.uniform(0.2, 0.9))
        texts = [random.choice(["a", "b", "c"], size=int(size)).tolist() for size in random.permutation([0, 3, 7, 14])]
        padded = [["<bos>"] * (n - 1) + text + ["<eos>"] for text in texts]
        words = sorted({token for text in texts for token in text} | {"<eos>"})

        def found(gram, padded=padded, n=n):
            """Start positions of a gram that ends in a predicted token: (text, position) pairs."""
            return [(text, i) for text in padded for i in range(max(n - len(gram), 0), len(text) - len(gram) + 1)
                    if tuple(text[i:i + len(gram)]) == gram]

        def count(gram, n=n):
            places = found(gram)
            return len(places) if len(gram) == n else len({text[i - 1] for text, i in places})

        def p(word, context, d=d, words=words):
            row = {w: count((*context, w)) for w in words}
            total = sum(row.values())
            if not context:
                return row[word] / total
            shorter = p(word, context[1:])
            if not total:
                return shorter
            return (max(row[word] - d, 0) + d * sum(c > 0 for c in row.values()) * shorter) / total

        long = max(texts, key=len)
        contexts = [tuple(long[:n - 1]), tuple(long[len(long) - n + 1:]), ("<bos>",) * (n - 1),
                    ("c", "a", "b")[:n - 1], ("a", "unknown", "b")[:n - 1], ("b", "a", "unknown")[4 - n:]]
        for context in dict.fromkeys(contexts):
            expect(kneser_ney, texts, n, context, d, want={w: p(w, context) for w in words}, mistakes=mistakes)
test_random(kneser_ney)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 4
# manual: true
# %% [markdown]
# **Question 11. A report to review** · 15 minutes · ★★☆ · chapter sections *Most of what can be said has not been
# said yet* and *Which model is better?* · read by a person
#
# A classmate writes: "My 5-gram model, trained by maximum likelihood, has perplexity 1.4 on its training texts. On
# new texts Python first said `inf`, so I left out the tokens of probability 0 and got 3.1 for the rest. Your smoothed
# trigram model has 60 on the same new texts. So mine is about twenty times better."
#
# In at most 200 words: (a) why is the training perplexity so low, and what does it say about new texts? (b) Where
# does `inf` come from? (c) Why may the 3.1 not be compared with the 60? (d) Describe an evaluation that would settle
# which model is better, and say how the 5-gram model has to change to take part in it.
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) Nearly every context of four words occurs once in the training texts, so its one continuation
# gets probability 1: the model has memorised the texts. Low training perplexity shows that it can repeat them, not
# that it can predict others. (b) In new texts many 5-grams, and many of their contexts, never occurred in training.
# Maximum likelihood gives them probability 0 (or no distribution at all), ln 0 = −∞, and one such token makes the
# perplexity of the corpus infinite. (c) The 3.1 averages over the tokens that the model happened to have seen, which
# are the easy ones, while the 60 averages over all tokens. Different tokens, no comparison; and a model that leaves
# out its failures could reach 1 by predicting one single token well. (d) Score every token, ends included, of the
# same held-out texts, with the same vocabulary and treatment of unknown words; choose discounts or k on other texts
# than those that are reported. The 5-gram model needs smoothing so that every word keeps a probability above 0 after
# every context and the distribution still sums to 1, for instance interpolated Kneser–Ney.
#
# **Rubric (4 points).**
#
# - 1 point, (a): says that long contexts are nearly unique, so the model repeats its training texts; ½ for
#   "overfitting" without the reason.
# - 1 point, (b): unseen n-grams get probability 0, and one of them is enough.
# - 1 point, (c): the two averages run over different tokens, and those left out are the hard ones; ½ for only one of
#   both.
# - 1 point, (d): same held-out texts and all tokens (½), and a smoothing that keeps the sum at 1 (½). "Add a small
#   number to the zeros" without taking it from elsewhere does not earn the second half.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
