# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 01_language_models
# config_file: assign.yml
# %% [markdown]
# # 01 · Language models
#
# A language model gives every text a probability. In this notebook you build what follows from that: the probability of
# a text, the tree of all texts, a sampler, scores that do not underflow, perplexity, a language guesser, and a model
# that loses half of its probability to texts that never end. About 105 minutes; the functions are short, most of them ten
# lines or fewer.
#
# **Conventions for the whole notebook**
#
# - A token is a string, a text a list of tokens. `"<eos>"` ends every text and `"<bos>"` stands before its first token;
#   neither is written in a text that is passed to your functions.
# - A distribution over the next token is a dictionary `{token: probability}`. Its values sum to 1. A token that it leaves
#   out has probability 0, exactly like one that it lists with `0.0`.
# - Nothing that is passed to a function may be changed by it. You may import NumPy and the
#   standard library.
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


# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 3
# %% [markdown]
# **Question 1. One path through the tree** · 5 minutes · ★☆☆ · chapter section *The chain rule*
#
# Write `text_probability(table, text)`, the probability that the text is exactly this: these tokens, then the end.
#
# - `table`: `{history: distribution}`. A history is the tuple of *all* tokens so far; `()` at the start of a text. A
#   history that the table does not list may come up all the same. Nothing can follow it then, not even `"<eos>"`: every
#   text that needs it has probability 0, and the probability of getting there is lost. The rows come in any order, and so
#   do the tokens of a row.
# - `text`: a list of tokens, possibly empty, without `"<eos>"`.
# - Returns a float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def text_probability(table, text):
    """Probability of the whole text under the table, its end included."""
    # BEGIN SOLUTION
    probability = 1.0
    for t, token in enumerate([*text, "<eos>"]):
        row = table.get(tuple(text[:t]), {})
        probability *= row.get(token, 0.0)
    return probability
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: p(reject permit) and p of the empty text, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(text_probability):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import text_probability as mistakes
    table = {(): {"permit": 0.5, "reject": 0.4, "<eos>": 0.1},
             ("permit",): {"permit": 0.2, "<eos>": 0.8},
             ("reject",): {"permit": 0.25, "reject": 0.5, "<eos>": 0.25},
             ("reject", "permit"): {"permit": 0.6, "reject": 0.1, "<eos>": 0.3}}
    expect(text_probability, table, ["reject", "permit"], want=0.03, mistakes=mistakes, atol=0.0)
    expect(text_probability, table, [], want=0.1, mistakes=mistakes, atol=0.0)
    expect(text_probability, table, ["permit", "permit"], want=0.0, mistakes=mistakes, atol=0.0)  # a history without a row
test_by_hand(text_probability)
# %%
""" # BEGIN TEST CONFIG
name: what the table leaves out
points: 1
""" # END TEST CONFIG
def test_left_out(text_probability):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import text_probability as mistakes
    table = {(): {"permit": 0.5, "reject": 0.25, "<eos>": 0.25}, ("permit",): {"permit": 0.25, "<eos>": 0.75},
             ("reject",): {"reject": 1.0, "permit": 0.0}, ("reject", "reject"): {"reject": 0.5, "<eos>": 0.5},
             ("reject", "reject", "reject"): {"<eos>": 1.0}}
    for text, probability in [(["permit"], 0.375), (["reject"], 0.0), (["accept"], 0.0), (["reject", "permit"], 0.0),
                              (["permit", "permit", "permit"], 0.0), (["permit", "permit"], 0.0),
                              (["reject", "reject"], 0.125), (["reject", "reject", "reject"], 0.125)]:
        expect(text_probability, table, text, want=probability, mistakes=mistakes, atol=0.0)
test_left_out(text_probability)
# %%
""" # BEGIN TEST CONFIG
name: random tables over three words
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(text_probability):
    import itertools
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import text_probability as mistakes
    from llmcourse.language_models import TableModel, Vocabulary, log_probability
    random, words = rng(), ["one", "two", "six"]
    for impossible in (0.2, 0.2, 0.2, 0.0):
        table = {}
        for history in itertools.chain.from_iterable(itertools.product(words, repeat=n) for n in range(4)):
            p = random.dirichlet([1.0] * 4) * [*(random.random(3) >= impossible), 1]
            table[history] = dict(zip([*words, "<eos>"], (p / p.sum()).tolist(), strict=True))
        model = TableModel(table, vocabulary=Vocabulary(words), default={"<eos>": 1.0})
        for length in (3, 3, 3, 2, 1, 0):
            text = [words[i] for i in random.integers(3, size=length)]
            expect(text_probability, table, text, want=math.exp(log_probability(model, text)), mistakes=mistakes, atol=0.0)
    text = [words[i] for i in random.integers(3, size=3)]
    del table[tuple(text[:2])]  # a history without a row
    expect(text_probability, table, text, want=0.0, mistakes=mistakes, atol=0.0)
test_random(text_probability)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 5
# %% [markdown]
# **Question 2. All the texts there are** · 15 minutes · ★★☆ · chapter section *Do all texts together have probability 1?*
#
# The table of Question 1 describes a tree. Walk it.
#
# Write `complete_texts(table, n)`, every complete text of **at most** `n` tokens with its probability.
#
# - `table`: as in Question 1, with the same meaning of what it leaves out: a history without a row may be reached, and then
#   no text goes on or ends there. Its rows come in any order: that of a longer history may stand before that of a shorter
#   one. `n`: an int, 0 … 20. `"<eos>"` is not counted.
# - The table has at most some hundred rows, so walking the tree is quick. There may be far too many strings of `n` tokens to
#   try them all.
# - Returns a dictionary `{text: probability}`: a text is the tuple of its tokens without `"<eos>"`; only texts whose
#   probability is above 0 are in it. The order does not matter.
#
# Then write `mass_up_to(table, n)`, the probability that a text has at most `n` tokens and ends. Returns a float. What is
# lost at a history without a row has not ended.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def complete_texts(table, n):
    """{text: probability} of all texts of at most n tokens that can occur."""
    # BEGIN SOLUTION
    texts = {}
    level = {(): 1.0}
    for _ in range(n + 1):
        below = {}
        for prefix, path in level.items():
            for token, branch in table.get(prefix, {}).items():
                if branch > 0:
                    if token == "<eos>":
                        texts[prefix] = path * branch
                    else:
                        below[(*prefix, token)] = path * branch
        level = below
    return texts
    # END SOLUTION


def mass_up_to(table, n):
    """Total probability of the texts that end after at most n tokens."""
    # BEGIN SOLUTION
    return math.fsum(complete_texts(table, n).values())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the texts of a small tree, by hand
points: 1
""" # END TEST CONFIG
def test_texts_by_hand(complete_texts):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import complete_texts as mistakes
    table = {("reject", "reject"): {"permit": 0.25, "<eos>": 0.75},
             ("permit",): {"permit": 0.5, "reject": 0.0, "<eos>": 0.5},
             (): {"permit": 0.5, "reject": 0.4, "<eos>": 0.1},
             ("permit", "permit"): {"permit": 0.8, "<eos>": 0.2},
             ("reject",): {"reject": 1.0, "<eos>": 0.0}}
    expect(complete_texts, table, 2, mistakes=mistakes,
           want={(): 0.1, ("permit",): 0.25, ("permit", "permit"): 0.05, ("reject", "reject"): 0.3})
    expect(complete_texts, table, 0, want={(): 0.1}, mistakes=mistakes)
    expect(complete_texts, table, 4, mistakes=mistakes,  # ("permit", "permit", "permit") is reached and has no row
           want={(): 0.1, ("permit",): 0.25, ("permit", "permit"): 0.05, ("reject", "reject"): 0.3})
test_texts_by_hand(complete_texts)
# %%
""" # BEGIN TEST CONFIG
name: random trees
points: 1
hidden: true
""" # END TEST CONFIG
def test_texts_random(complete_texts):
    import itertools

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import complete_texts as mistakes
    from llmcourse.language_models import TableModel, event_tree
    random = rng()
    for n, words, left_out in [(3, "ab", 0), (2, "abc", 0), (1, "abc", 0), (3, "ab", 2), (2, "abc", 2), (4, "x", 1),
                               (0, "ab", 0)]:
        table = {}  # it goes deeper than n, and some histories of the deeper trees are left out
        for history in itertools.chain.from_iterable(itertools.product(words, repeat=k) for k in range(n + 3)):
            p = random.dirichlet([1.0] * (len(words) + 1)) * [*(random.random(len(words)) < 0.8), 1]
            table[history] = dict(zip([*words, "<eos>"], (p / p.sum()).tolist(), strict=True))
        nodes = event_tree(TableModel(table), n + 1)
        want = {node.prefix[:-1]: node.path for node in nodes if node.complete and node.path > 0}
        for gone in random.permutation([h for h in table if len(h) == 2])[:left_out].tolist():
            del table[tuple(gone)]
            want = {text: p for text, p in want.items() if text[:2] != tuple(gone)}
        table = {(): table[()], **{h: table[h] for h in reversed(table)}}  # apart from (), the longest histories first
        expect(complete_texts, table, n, want=want, mistakes=mistakes)
test_texts_random(complete_texts)
# %%
""" # BEGIN TEST CONFIG
name: a long chain of certain steps
points: 1
hidden: true
""" # END TEST CONFIG
def test_texts_chain(complete_texts):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import complete_texts as mistakes
    table = {("on",) * t: {"on": 0.5, "off": 0.0, "<eos>": 0.5} for t in reversed(range(21))}
    expect(complete_texts, table, 20, want={("on",) * t: 0.5 ** (t + 1) for t in range(21)}, mistakes=mistakes)
    expect(complete_texts, {(): {"on": 1.0}}, 20, want={}, mistakes=mistakes)
test_texts_chain(complete_texts)
# %%
""" # BEGIN TEST CONFIG
name: mass of a small tree, by hand
points: 1
""" # END TEST CONFIG
def test_mass_by_hand(mass_up_to):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import mass_up_to as mistakes
    table = {("reject", "reject"): {"permit": 0.5, "<eos>": 0.5},
             ("permit",): {"permit": 0.5, "<eos>": 0.5},
             (): {"permit": 0.5, "reject": 0.4, "<eos>": 0.1},
             ("permit", "permit"): {"permit": 0.8, "<eos>": 0.2},
             ("reject",): {"reject": 0.75, "<eos>": 0.25}}
    for n, mass in [(1, 0.45), (0, 0.1), (2, 0.65), (3, 0.65)]:  # with n = 3 histories are reached that have no row
        expect(mass_up_to, table, n, want=mass, mistakes=mistakes)
test_mass_by_hand(mass_up_to)
# %%
""" # BEGIN TEST CONFIG
name: mass of random trees
points: 1
hidden: true
""" # END TEST CONFIG
def test_mass_random(mass_up_to):
    import itertools

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import mass_up_to as mistakes
    from llmcourse.language_models import TableModel, event_tree, mass_by_length
    random = rng()
    for n, words in [(3, "ab"), (2, "abc"), (1, "abc"), (0, "ab")]:
        table = {}  # it goes deeper than n
        for history in itertools.chain.from_iterable(itertools.product(words, repeat=k) for k in range(n + 3)):
            p = random.dirichlet([1.0] * (len(words) + 1))
            table[history] = dict(zip([*words, "<eos>"], p.tolist(), strict=True))
        want = float(mass_by_length(TableModel(table), n).sum())
        table = {(): table[()], **{h: table[h] for h in reversed(table)}}  # apart from (), the longest histories first
        expect(mass_up_to, table, n, want=want, mistakes=mistakes)
        if n > 1:  # leave one history out: what would have ended below it is lost
            nodes = event_tree(TableModel(table), n + 1)
            gone = tuple(random.choice(list(words), size=n - 1).tolist())
            want -= sum(node.path for node in nodes if node.complete and node.prefix[:n - 1] == gone and len(node.prefix) >= n)
            del table[gone]
            expect(mass_up_to, table, n, want=want, mistakes=mistakes)
    expect(mass_up_to, {(): {"on": 1.0}}, 5, want=0.0, mistakes=mistakes)
test_mass_random(mass_up_to)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [markdown]
# From here on a model remembers the previous token only, so that a small table covers texts of any length:
# `model[previous]` is the distribution of the next token, and `model["<bos>"]` that of a text's first token.
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 5
# %% [markdown]
# **Question 3. Drawing texts** · 15 minutes · ★★☆ · chapter section *Generating by repeated sampling*
#
# Lay the tokens side by side on the line from 0 to 1, each as wide as its probability. A uniform random number `u` falls
# on one of them. To make this checkable, your functions are given the random numbers.
#
# Write `sample_token(distribution, u)`.
#
# - The tokens lie on the line in the order of the dictionary; at least one of them has a probability above 0. `u`: a float,
#   0 ≤ u < 1.
# - Returns the first token for which the probabilities up to *and with* it sum to **more than** `u`. So a boundary belongs
#   to the token on its right, and a token of probability 0 is never drawn, not even by `u = 0.0`.
# - Rounding may leave the sum of all probabilities a hair below 1. A `u` that is not below it draws the last token whose
#   probability is above 0.
#
# Write `sample_text(model, uniforms)`, a text drawn token by token.
#
# - `model`: every token that can be drawn, but for `"<eos>"`, has a row.
# - `uniforms`: a list of up to 10,000 floats, too many for a function that calls itself once per token; the token at
#   position `t` is drawn with `uniforms[t]`.
# - Stops when `"<eos>"` is drawn, or when the numbers are used up, whichever comes first.
# - Returns the list of tokens drawn; `"<eos>"` is its last entry where it was drawn.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def sample_token(distribution, u):
    """The token on which u falls."""
    # BEGIN SOLUTION
    cumulative, drawn = 0.0, None
    for token, probability in distribution.items():
        if probability > 0:
            cumulative += probability
            drawn = token
            if cumulative > u:
                break
    return drawn
    # END SOLUTION


def sample_text(model, uniforms):
    """The tokens drawn with the given uniform numbers, up to and with <eos>."""
    # BEGIN SOLUTION
    text, previous = [], "<bos>"
    for u in uniforms:
        previous = sample_token(model[previous], u)
        text.append(previous)
        if previous == "<eos>":
            break
    return text
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a token, by hand, on the boundaries and where the sum rounds below 1
points: 1
""" # END TEST CONFIG
def test_token_by_hand(sample_token):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import sample_token as mistakes
    # u lies in the last billionth of the line
    expect(sample_token, {"common": 1 - 2.0**-30, "rare": 2.0**-30}, 1 - 2.0**-40, want="rare", mistakes=mistakes)
    thanks = {"memories": 0.25, "help": 0.0, "fish": 0.375, "love": 0.125, "fun": 0.125, "time": 0.125}
    for u, token in [(0.4, "fish"), (0.8, "fun"), (0.1, "memories"), (0.25, "fish"), (0.75, "fun"), (0.99, "time")]:
        expect(sample_token, thanks, u, want=token, mistakes=mistakes)
    expect(sample_token, {"help": 0.0, "fish": 1.0}, 0.0, want="fish", mistakes=mistakes)
    # in floating point ten times 0.1 sum to 1 - 2**-53, and this u is no smaller
    tenths = {**{f"w{i}": 0.1 for i in range(10)}, "help": 0.0}
    expect(sample_token, tenths, 1 - 2.0**-53, want="w9", mistakes=mistakes)
test_token_by_hand(sample_token)
# %%
""" # BEGIN TEST CONFIG
name: random distributions, and a sum that rounds below 1
points: 1
hidden: true
""" # END TEST CONFIG
def test_token_random(sample_token):
    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import sample_token as mistakes
    from llmcourse.language_models import inverse_cdf
    random = rng()
    expect(sample_token, {"common": 1 - 2.0**-30, "rare": 2.0**-30}, 1 - 2.0**-40, want="rare", mistakes=mistakes)
    for size in (8, 8, 8, 30, 5, 2, 1):
        for _ in range(1000):
            p, u = random.dirichlet([0.7] * size), float(random.random())
            distribution = {f"w{i}": float(x) for i, x in zip(random.permutation(size), p, strict=True)}
            if len({m(distribution, u) for m in mistakes}) >= 6:  # the known mistakes differ: a failure tells which
                break
        for v in (u, 0.0):
            expect(sample_token, distribution, v, want=list(distribution)[inverse_cdf(p, v)], mistakes=mistakes)
    expect(sample_token, {"left": 0.25, "right": 0.75}, 0.25, want="right", mistakes=mistakes)
    expect(sample_token, {"never": 0.0, **distribution}, 0.0, want=next(iter(distribution)), mistakes=mistakes)
    tenths = {**{f"w{i}": 0.1 for i in range(10)}, "never": 0.0}  # in floating point these ten sum to less than 1
    expect(sample_token, tenths, 1 - 2.0**-53, want="w9", mistakes=mistakes)
test_token_random(sample_token)
# %%
""" # BEGIN TEST CONFIG
name: texts, by hand
points: 1
""" # END TEST CONFIG
def test_text_by_hand(sample_text):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import sample_text as mistakes
    rarely = {"<bos>": {"common": 1 - 2.0**-30, "rare": 2.0**-30}, "common": {"<eos>": 1.0}, "rare": {"<eos>": 1.0}}
    expect(sample_text, rarely, [1 - 2.0**-40, 0.5], want=["rare", "<eos>"], mistakes=mistakes)
    model = {"<bos>": {"so": 0.5, "thanks": 0.25, "<eos>": 0.25}, "so": {"long": 0.25, "thanks": 0.75},
             "long": {"<eos>": 0.5, "so": 0.5}, "thanks": {"so": 0.25, "<eos>": 0.75}}
    expect(sample_text, model, [0.1, 0.2, 0.8, 0.6, 0.3, 0.9], want=["so", "long", "so", "thanks", "<eos>"],
           mistakes=mistakes)
    expect(sample_text, model, [0.6, 0.1, 0.1], want=["thanks", "so", "long"], mistakes=mistakes)
    expect(sample_text, model, [], want=[], mistakes=mistakes)
    expect(sample_text, model, [0.9, 0.9], want=["<eos>"], mistakes=mistakes)
test_text_by_hand(sample_text)
# %%
""" # BEGIN TEST CONFIG
name: random models, short and long texts
points: 2
hidden: true
""" # END TEST CONFIG
def test_text_random(sample_text):
    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import sample_text as mistakes
    from llmcourse.language_models import inverse_cdf
    random, words = rng(), ["a", "b", "c"]
    rarely = {"<bos>": {"common": 1 - 2.0**-30, "rare": 2.0**-30}, "common": {"<eos>": 1.0}, "rare": {"<eos>": 1.0}}
    expect(sample_text, rarely, [1 - 2.0**-40, 0.5], want=["rare", "<eos>"], mistakes=mistakes)
    for stop, length in [(0.0, 50), (0.3, 30), (0.1, 30), (0.0, 10_000)]:
        for _ in range(100):
            rows = (random.dirichlet([1.0] * 3, size=4) * (1 - stop)).tolist()
            model = {previous: {"a": p[0], "<eos>": stop, "b": p[1], "c": p[2]}
                     for previous, p in zip(["<bos>", *words], rows, strict=True)}
            uniforms = random.random(length).tolist()
            if stop or len({str(m(model, uniforms)) for m in mistakes}) == 8:  # the known mistakes differ
                break
        want, previous = [], "<bos>"
        for u in uniforms:
            previous = list(model[previous])[inverse_cdf(list(model[previous].values()), u)]
            want.append(previous)
            if previous == "<eos>":
                break
        expect(sample_text, model, uniforms, want=want, mistakes=mistakes)
test_text_random(sample_text)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 4
# %% [markdown]
# **Question 4. Scores that survive a long text** · 10 minutes · ★☆☆ · chapter section *Why log space*
#
# A product of some thousand probabilities is 0 in floating point, whatever the model. Its logarithm is a harmless number.
#
# Write `log_probability(model, text)`, the logarithm of the probability that the text is exactly this, its end included.
#
# - `model`: `{previous token: distribution}`. `text`: a list of up to 100,000 tokens, possibly empty.
# - Natural logarithm. Returns a float, and `-math.inf` for an impossible text, without an exception. A
#   previous token that has no row in the model never comes up: a text that needs it is impossible.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def log_probability(model, text):
    """Natural log of the probability of the text, <eos> included."""
    # BEGIN SOLUTION
    total = 0.0
    for previous, token in zip(["<bos>", *text], [*text, "<eos>"], strict=True):
        probability = model.get(previous, {}).get(token, 0.0)
        if probability == 0:
            return -math.inf
        total += math.log(probability)
    return total
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a text of two tokens and one of two thousand, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(log_probability):
    import math

    from autograder.checks import expect
    from autograder.misconceptions.language_models import log_probability as mistakes
    model = {"<bos>": {"so": 0.5, "long": 0.125, "<eos>": 0.375}, "so": {"so": 0.75, "long": 0.25},
             "long": {"so": 0.875, "<eos>": 0.125}}
    expect(log_probability, model, ["so", "long"], want=math.log(1 / 64), mistakes=mistakes)
    laughter = {"<bos>": {"ha": 1.0}, "ha": {"ha": 0.5, "<eos>": 0.5}}
    expect(log_probability, laughter, ["ha"] * 2000, want=-2000 * math.log(2), mistakes=mistakes)
test_by_hand(log_probability)
# %%
""" # BEGIN TEST CONFIG
name: impossible texts
points: 1
""" # END TEST CONFIG
def test_impossible(log_probability):
    import math

    from autograder.checks import expect
    from autograder.misconceptions.language_models import log_probability as mistakes
    model = {"<bos>": {"so": 0.5, "thanks": 0.125, "long": 0.125, "<eos>": 0.25},
             "so": {"long": 0.25, "so": 0.0, "thanks": 0.75}, "long": {"<eos>": 0.75, "so": 0.25}}
    expect(log_probability, model, ["so", "long"], want=math.log(3 / 32), mistakes=mistakes)
    for text in (["so", "so", "long"], ["so", "thanks"], ["so", "long", "long"]):
        expect(log_probability, model, text, want=-math.inf, mistakes=mistakes)
    expect(log_probability, {"<bos>": {"so": 1.0}, "so": {"<eos>": 1.0}}, [], want=-math.inf, mistakes=mistakes)
test_impossible(log_probability)
# %%
""" # BEGIN TEST CONFIG
name: random models and texts
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(log_probability):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import log_probability as mistakes
    from llmcourse.language_models import TableModel
    from llmcourse.language_models import log_probability as reference
    random, words = rng(), ["a", "b", "c", "é"]
    for length in (7, 40, 2, 1, 0):
        rows = random.dirichlet([1.0] * 5, size=5).tolist()
        model = {w: dict(zip(["<eos>", *words], row, strict=True)) for w, row in zip(["<bos>", *words], rows, strict=True)}
        table = {() if w == "<bos>" else (w,): row for w, row in model.items()}
        text = [words[i] for i in random.integers(4, size=length)]
        expect(log_probability, model, text, want=reference(TableModel(table, memory=1), text), mistakes=mistakes)
    rare = {"<bos>": {"a": 1 - 1e-8, "b": 1e-8}, "b": {"<eos>": 1.0}}
    expect(log_probability, rare, ["b"], want=math.log(1e-8), mistakes=mistakes)
test_random(log_probability)
# %%
""" # BEGIN TEST CONFIG
name: one hundred thousand tokens
points: 1
hidden: true
""" # END TEST CONFIG
def test_long(log_probability):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import log_probability as mistakes
    q = float(rng().uniform(0.05, 0.2))
    model = {"<bos>": {"ha": 0.5, "<eos>": 0.5}, "ha": {"ha": 1 - q, "<eos>": q}}
    want = math.log(0.5) + 99_999 * math.log(1 - q) + math.log(q)
    expect(log_probability, model, ["ha"] * 100_000, want=want, mistakes=mistakes)
    expect(log_probability, model, ["ha", "ha"], want=math.log(0.5) + math.log(1 - q) + math.log(q), mistakes=mistakes)
    expect(log_probability, {"<bos>": {"ha": 1.0}, "ha": {"ha": 0.5, "ho": 1e-300, "<eos>": 0.5}, "ho": {"<eos>": 1e-300}},
           ["ha", "ho"], want=-600 * math.log(10), mistakes=mistakes)
test_long(log_probability)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 5
# %% [markdown]
# **Question 5. How surprised is the model?** · 15 minutes · ★★☆ · chapter section *Cross-entropy and perplexity*
#
# Write `bits_per_token(model, texts)`, the cross-entropy of the model on a corpus in bits: how many bits an average token
# costs. Then `perplexity(model, texts)`: among how many equally likely tokens would the choice be as hard?
#
# - `model`: as in Question 4. `texts`: a list of texts; one of them may be empty. Up to 100,000 tokens in all.
# - The average is over all tokens of the corpus, not over texts. The `"<eos>"` of every text is a token like the others:
#   it is predicted, and it is counted.
# - Both return a float, and `math.inf` for a corpus that holds an impossible text.
# - An empty list of texts has no tokens to average over: both raise `ValueError`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def bits_per_token(model, texts):
    """Average of -log2 p over all tokens of all texts, <eos> included."""
    # BEGIN SOLUTION
    if not texts:
        raise ValueError("the corpus is empty: there is no token to average over")
    nats = -sum(log_probability(model, text) for text in texts)
    tokens = sum(len(text) + 1 for text in texts)
    return nats / tokens / math.log(2)
    # END SOLUTION


def perplexity(model, texts):
    """The perplexity of the model on the corpus, at least 1."""
    # BEGIN SOLUTION
    return 2.0 ** bits_per_token(model, texts)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: bits per token, by hand
points: 1
""" # END TEST CONFIG
def test_bits_by_hand(bits_per_token):
    import math

    from autograder.checks import expect, expect_error
    from autograder.misconceptions.language_models import bits_per_token as mistakes
    model = {"<bos>": {"so": 0.75, "<eos>": 0.25}, "so": {"so": 0.5, "<eos>": 0.5}}
    long = {"<bos>": {"so": 0.5, "<eos>": 0.5}, "so": {"so": 0.75, "<eos>": 0.25}}
    expect(bits_per_token, {"<bos>": {"so": 0.25, "<eos>": 0.75}, "so": {"so": 0.5, "<eos>": 0.5}},
           [["so", "so", "so"], ["so"]], want=8 / 6, mistakes=mistakes)
    expect(bits_per_token, long, [["so"], [], []], want=5 / 4, mistakes=mistakes)
    expect(bits_per_token, model, [[]], want=2.0, mistakes=mistakes)
    expect(bits_per_token, model, [["so"], ["long"]], want=math.inf, mistakes=mistakes)
    rowless = {"<bos>": {"so": 0.5, "long": 0.5}, "so": {"<eos>": 1.0}}  # "long" can come, and then nothing
    expect(bits_per_token, rowless, [["so"], ["long"]], want=math.inf, mistakes=mistakes)
    expect_error(bits_per_token, model, [], error=ValueError, because="There is no token to average over.",
                 mistakes=mistakes)
test_bits_by_hand(bits_per_token)
# %%
""" # BEGIN TEST CONFIG
name: bits per token of random and of impossible corpora
points: 1
hidden: true
""" # END TEST CONFIG
def test_bits_random(bits_per_token):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import bits_per_token as mistakes
    from llmcourse.language_models import TableModel
    from llmcourse.language_models import bits_per_token as reference
    random, words = rng(), ["a", "b", "c"]
    for sizes in ([3, 0, 9], [1], [40, 2, 2, 0, 17], [4_000, 5]):
        rows = random.dirichlet([1.0] * 4, size=4).tolist()
        model = {w: dict(zip(["<eos>", *words], row, strict=True)) for w, row in zip(["<bos>", *words], rows, strict=True)}
        table = {() if w == "<bos>" else (w,): row for w, row in model.items()}
        texts = [[words[i] for i in random.integers(3, size=n)] for n in sizes]
        expect(bits_per_token, model, texts, want=reference(TableModel(table, memory=1), texts), mistakes=mistakes)
    expect(bits_per_token, {"<bos>": {"a": 1.0}, "a": {"a": 0.5, "<eos>": 0.5}}, [["a"], ["a", "b"]], want=math.inf,
           mistakes=mistakes)
    expect(bits_per_token, {"<bos>": {"a": 0.5, "b": 0.5}, "a": {"<eos>": 1.0}}, [["a"], ["b"]], want=math.inf,
           mistakes=mistakes)  # a token without a row
test_bits_random(bits_per_token)
# %%
""" # BEGIN TEST CONFIG
name: perplexity, by hand
points: 1
""" # END TEST CONFIG
def test_perplexity_by_hand(perplexity):
    import math

    from autograder.checks import expect, expect_error
    from autograder.misconceptions.language_models import perplexity as mistakes
    model = {"<bos>": {"so": 0.5, "<eos>": 0.5}, "so": {"so": 0.25, "long": 0.5, "<eos>": 0.25},
             "long": {"<eos>": 0.125, "so": 0.875}}
    expect(perplexity, model, [["so", "long"], ["so"], [], []], want=2 ** (10 / 7), mistakes=mistakes)
    row = {"so": 0.25, "long": 0.25, "thanks": 0.25, "<eos>": 0.25}
    uniform = {"<bos>": row, "so": row, "long": row, "thanks": row}
    expect(perplexity, uniform, [["so", "long", "thanks"], ["so"], []], want=4.0, mistakes=mistakes)
    rowless = {"<bos>": {"so": 0.5, "long": 0.5}, "so": {"<eos>": 1.0}}  # "long" can come, and then nothing
    expect(perplexity, rowless, [["so"], ["long"]], want=math.inf, mistakes=mistakes)
    expect_error(perplexity, model, [], error=ValueError, because="There is no token to average over.", mistakes=mistakes)
test_perplexity_by_hand(perplexity)
# %%
""" # BEGIN TEST CONFIG
name: perplexity of random, long and impossible corpora
points: 2
hidden: true
""" # END TEST CONFIG
def test_perplexity_random(perplexity):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import perplexity as mistakes
    from llmcourse.language_models import TableModel
    from llmcourse.language_models import perplexity as reference
    random, words = rng(), ["a", "b", "c"]
    for sizes in ([3, 0, 9], [1], [40, 2, 2, 0, 17], [4_000, 5]):
        rows = random.dirichlet([2.0] * 4, size=4).tolist()
        model = {w: dict(zip(["<eos>", *words], row, strict=True)) for w, row in zip(["<bos>", *words], rows, strict=True)}
        table = {() if w == "<bos>" else (w,): row for w, row in model.items()}
        texts = [[words[i] for i in random.integers(3, size=n)] for n in sizes]
        expect(perplexity, model, texts, want=reference(TableModel(table, memory=1), texts), mistakes=mistakes)
    sure = {"<bos>": {"a": 1.0}, "a": {"<eos>": 1.0}}
    expect(perplexity, sure, [["a"], ["a"]], want=1.0, mistakes=mistakes)
    expect(perplexity, sure, [["a"], ["a", "b"]], want=math.inf, mistakes=mistakes)
    expect(perplexity, {"<bos>": {"a": 0.5, "b": 0.5}, "a": {"<eos>": 1.0}}, [["a"], ["b"]], want=math.inf,
           mistakes=mistakes)  # a token without a row
test_perplexity_random(perplexity)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 5
# %% [markdown]
# **Question 6. Swedish? French? English?** · 15 minutes · ★★☆ · chapter section *Which language is this text?*
#
# One model per language, and a text that somebody has to have written in one of them. Bayes' rule weighs the languages:
# $p(\text{language}\mid\text{text}) \propto p(\text{language})\,p(\text{text}\mid\text{language})$.
#
# Write `language_posterior(models, prior, text)`.
#
# - `models`: `{language: {character: probability}}`. Characters are independent of each other and there is no stop token,
#   so $p(\text{text}\mid\text{language})$ is the product over the characters of the text.
# - A character that a model does not list has probability 10⁻⁶ under that model. Every listed probability is above 0.
# - `prior`: `{language: probability}` for the same languages; a value may be 0, their sum is 1.
# - `text`: a string of up to 100,000 characters, possibly empty. Capitals and small letters are different characters.
# - Returns a dictionary `{language: posterior probability}` with every language of `models`; its values sum to 1. A long
#   text may speak for one language at first and for another later: the result is what the whole of it says.
#
# Write `identify(models, prior, text)`, the name of the language with the highest posterior. Where several are equally
# high, the first of them in alphabetical order (that of Python's `sorted`: all capitals before the small letters).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def language_posterior(models, prior, text):
    """{language: p(language | text)} by Bayes' rule."""
    # BEGIN SOLUTION
    scores = {}
    for language, model in models.items():
        if prior[language] == 0:
            scores[language] = -math.inf
        else:
            scores[language] = math.log(prior[language]) + sum(math.log(model.get(c, 1e-6)) for c in text)
    highest = max(scores.values())
    weights = {language: math.exp(score - highest) for language, score in scores.items()}
    total = sum(weights.values())
    return {language: weight / total for language, weight in weights.items()}
    # END SOLUTION


def identify(models, prior, text):
    """The most probable language; of several, the alphabetically first."""
    # BEGIN SOLUTION
    posterior = language_posterior(models, prior, text)
    return max(sorted(posterior), key=lambda language: posterior[language])
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: posterior, by hand
points: 1
""" # END TEST CONFIG
def test_posterior_by_hand(language_posterior):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import language_posterior as mistakes
    models = {"Swedish": {"e": 0.5, "å": 0.5}, "French": {"e": 0.75, "é": 0.25}}
    prior = {"French": 0.2, "Swedish": 0.8}
    expect(language_posterior, models, prior, "ee", want={"Swedish": 0.64, "French": 0.36}, mistakes=mistakes)
    expect(language_posterior, models, prior, "", want=prior, mistakes=mistakes)
    expect(language_posterior, models, prior, "e!", want={"Swedish": 8 / 11, "French": 3 / 11}, mistakes=mistakes)
    expect(language_posterior, models, prior, "eå", want={"Swedish": 2 / (2 + 1.5e-6), "French": 1.5e-6 / (2 + 1.5e-6)},
           mistakes=mistakes, atol=1e-12)
    expect(language_posterior, models, {"French": 0.0, "Swedish": 1.0}, "e", want={"Swedish": 1.0, "French": 0.0},
           mistakes=mistakes)
    capitals = {"Swedish": {"e": 0.75, "E": 0.25}, "French": {"e": 0.375, "E": 0.625}}
    expect(language_posterior, capitals, {"French": 0.5, "Swedish": 0.5}, "E", want={"Swedish": 2 / 7, "French": 5 / 7},
           mistakes=mistakes)
    rare = {"French": {"a": 1e-9, "b": 1 - 1e-9}, "Swedish": {"b": 1.0}}
    expect(language_posterior, rare, {"French": 0.5, "Swedish": 0.5}, "a", want={"French": 1 / 1001, "Swedish": 1000 / 1001},
           mistakes=mistakes)
    turning = {"A": {"a": 0.9, "b": 0.1}, "B": {"a": 1e-6, "b": 0.999999}}
    expect(language_posterior, turning, {"A": 0.5, "B": 0.5}, "a" * 60 + "b" * 1000, want={"A": 0.0, "B": 1.0},
           mistakes=mistakes)
test_posterior_by_hand(language_posterior)
# %%
""" # BEGIN TEST CONFIG
name: posterior of random, unknown and very long texts
points: 2
hidden: true
""" # END TEST CONFIG
def test_posterior_random(language_posterior):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import language_posterior as mistakes
    random, alphabet = rng(), "abcdeéåÅ "
    for length in (1, 3, 6, 12, 30):
        rows = random.dirichlet([3.0] * len(alphabet), size=3).tolist()
        models = {name: dict(zip(alphabet, row, strict=True)) for name, row in zip("BCA", rows, strict=True)}
        del models["B"]["é"], models["A"]["Å"]
        prior = dict(zip("ABC", random.dirichlet([1.0] * 3).tolist(), strict=True))
        corners = "Å øé"[:length // 2]  # a capital, no letter, characters that some or all models lack
        text = corners + "".join(random.choice(list(alphabet + "ø"), size=length - len(corners)))
        joint = {n: prior[n] * math.prod(models[n].get(c, 1e-6) for c in text) for n in models}
        want = {n: p / sum(joint.values()) for n, p in joint.items()}
        expect(language_posterior, models, prior, text, want=want, mistakes=mistakes)
    a, b = {"x": 0.5, "y": 0.25}, {"x": 0.25, "y": 0.5}
    long = "xy" * 20_000 + "x"
    expect(language_posterior, {"a": a, "b": b}, {"a": 0.5, "b": 0.5}, long, want={"a": 2 / 3, "b": 1 / 3},
           mistakes=mistakes, atol=1e-6)
    expect(language_posterior, {"a": a, "b": b}, {"a": 0.0, "b": 1.0}, long, want={"a": 0.0, "b": 1.0}, mistakes=mistakes)
    expect(language_posterior, {"a": a}, {"a": 1.0}, "zzz", want={"a": 1.0}, mistakes=mistakes)
    turning = "x" * 2000 + "y" * int(random.integers(2001, 2004))  # the text speaks for a at first, and in the end for b
    odds = 2.0 ** (len(turning) - 4000)
    expect(language_posterior, {"a": a, "b": b}, {"a": 0.5, "b": 0.5}, turning,
           want={"a": 1 / (1 + odds), "b": odds / (1 + odds)}, mistakes=mistakes, atol=1e-6)
test_posterior_random(language_posterior)
# %%
""" # BEGIN TEST CONFIG
name: the likelier language, and ties
points: 1
""" # END TEST CONFIG
def test_identify_by_hand(identify):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import identify as mistakes
    models = {"Swedish": {"e": 0.5, "å": 0.5}, "French": {"e": 0.75, "é": 0.25}, "English": {"e": 0.25, "t": 0.75}}
    prior = {"Swedish": 0.6, "French": 0.2, "English": 0.2}
    expect(identify, models, prior, "eeee", want="French", mistakes=mistakes)
    expect(identify, models, prior, "ee", want="Swedish", mistakes=mistakes)
    expect(identify, models, prior, "eeeé", want="French", mistakes=mistakes)
    expect(identify, models, {"Swedish": 0.2, "French": 0.45, "English": 0.35}, "", want="French", mistakes=mistakes)
    same = {name: {"e": 0.75, "t": 0.25} for name in ("French", "English", "Swedish")}
    expect(identify, same, dict.fromkeys(same, 1 / 3), "teet", want="English", mistakes=mistakes)
    expect(identify, same, {"French": 0.333, "English": 0.333, "Swedish": 0.334}, "", want="Swedish", mistakes=mistakes)
    same = {name: {"e": 0.75, "t": 0.25} for name in ("Swedish", "english", "French")}
    expect(identify, same, dict.fromkeys(same, 1 / 3), "teet", want="French", mistakes=mistakes)
    capitals = {"Swedish": {"e": 0.75, "E": 0.25}, "French": {"e": 0.25, "E": 0.75}}
    expect(identify, capitals, {"Swedish": 0.5, "French": 0.5}, "E", want="French", mistakes=mistakes)
test_identify_by_hand(identify)
# %%
""" # BEGIN TEST CONFIG
name: random languages, short and long texts
points: 1
hidden: true
""" # END TEST CONFIG
def test_identify_random(identify):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import identify as mistakes
    random, names, alphabet = rng(), "BFCADE", "abcdeé "
    for length in (6, 6, 6, 1, 400, 4000):
        for _ in range(1000):
            rows = random.dirichlet([3.0] * len(alphabet), size=6).tolist()
            models = {name: dict(zip(alphabet, row, strict=True)) for name, row in zip(names, rows, strict=True)}
            prior = dict(zip("ABCDEF", random.dirichlet([1.0] * 6).tolist(), strict=True))
            text = "".join(random.choice(list(alphabet), size=length, p=rows[1]))
            if length > 6 or len({m(models, prior, text) for m in mistakes}) >= 4:  # a failure tells which mistake it is
                break
        score = {n: math.log(prior[n]) + sum(math.log(models[n].get(c, 1e-6)) for c in text) for n in models}
        best, second = sorted(score.values(), reverse=True)[:2]
        if best - second > 1e-6:  # otherwise rounding decides
            expect(identify, models, prior, text, want=max(score, key=score.get), mistakes=mistakes)
    a, b = {"x": 0.25, "y": 0.5}, {"x": 0.5, "y": 0.25}
    for text in ("xy" * 2000 + "xx", "x" * 1300 + "y" * 1200, "y" * 1200 + "x" * 1300):  # neither end tells the language
        expect(identify, {"a": a, "b": b}, {"a": 0.5, "b": 0.5}, text, want="b", mistakes=mistakes)
    a, b = {"x": 0.75, "X": 0.25}, {"x": 0.25, "X": 0.75}
    expect(identify, {"a": a, "b": b}, {"a": 0.5, "b": 0.5}, "X" * int(random.integers(1, 6)), want="b", mistakes=mistakes)
    expect(identify, dict.fromkeys("bacB", a), dict.fromkeys("abcB", 1 / 4), "xX", want="B", mistakes=mistakes)
test_identify_random(identify)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 5
# %% [markdown]
# **Question 7. Texts that never end** · 20 minutes · ★★★ · chapter section *A model that leaks*
#
# Let the probability of stopping depend on the length alone: $s_t = p(\text{⟨eos⟩} \mid t \text{ tokens so far})$,
# $t = 0, 1, 2, \dots$ Then nothing else about the words matters.
#
# Write `length_masses(stops)`, the probability of each length.
#
# - `stops`: a list of floats $s_0, s_1, \dots$ in [0, 1], possibly empty, up to 100,000 of them: too many to begin the
#   product anew for every length.
# - Returns a list of floats of the same size: entry `t` is the probability that a text has exactly `t` tokens, then ends.
#
# Now let $s_t = 1/(t+b)^2$ for a whole number $b \ge 2$. Every distribution of the tree sums to 1, and yet the texts
# together do not. Write `leaked_mass(b)`, the probability that the text never ends.
#
# - `b`: an int, 2 … 10⁹. Returns a float, right to nine digits. Multiplying the factors one by one does not get there: even
#   after a million of them the seventh digit is not settled.
# - Going on for ever is an endless product. Write out its first factors as fractions: what cancels?
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def length_masses(stops):
    """[p(text has exactly t tokens) for t = 0, 1, ...]"""
    # BEGIN SOLUTION
    masses, going_on = [], 1.0
    for stop in stops:
        masses.append(going_on * stop)
        going_on *= 1 - stop
    return masses
    # END SOLUTION


def leaked_mass(b):
    """Probability that a text never ends when p(eos | t tokens) = 1 / (t + b)^2."""
    # BEGIN SOLUTION
    # 1 - 1/k^2 = (k-1)(k+1)/k^2: from k = b to n all cancels but (b-1)/b * (n+1)/n, and the last factor tends to 1
    return (b - 1) / b
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: masses of the first lengths, by hand
points: 1
""" # END TEST CONFIG
def test_masses_by_hand(length_masses):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import length_masses as mistakes
    expect(length_masses, [0.2, 0.5, 0.25, 1.0], want=[0.2, 0.4, 0.1, 0.3], mistakes=mistakes)
    expect(length_masses, [1.0, 0.5], want=[1.0, 0.0], mistakes=mistakes)
    expect(length_masses, [], want=[], mistakes=mistakes)
test_masses_by_hand(length_masses)
# %%
""" # BEGIN TEST CONFIG
name: masses of random and of many lengths
points: 2
hidden: true
""" # END TEST CONFIG
def test_masses_random(length_masses):
    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import length_masses as mistakes
    from llmcourse.language_models import mass_from_stops
    random = rng()
    for size in (1, 2, 5, 20, 1000):
        stops = random.beta(0.5, 2, size=size).tolist()
        expect(length_masses, stops, want=mass_from_stops(stops).tolist(), mistakes=mistakes, atol=1e-12)
    stops = [0.0, *random.uniform(0.1, 0.9, size=3).tolist(), 1.0, 0.5]  # nobody ends at once, nobody gets past the fifth
    expect(length_masses, stops, want=mass_from_stops(stops).tolist(), mistakes=mistakes, atol=1e-12)
    stops = [1 / (t + 2) ** 2 for t in range(100_000)]
    expect(length_masses, stops, want=mass_from_stops(stops).tolist(), mistakes=mistakes, atol=1e-13)
test_masses_random(length_masses)
# %%
""" # BEGIN TEST CONFIG
name: leaked mass for b = 3 and b = 2
points: 1
""" # END TEST CONFIG
def test_leak_by_hand(leaked_mass):
    from autograder.checks import expect
    from autograder.misconceptions.language_models import leaked_mass as mistakes
    expect(leaked_mass, 3, want=2 / 3, mistakes=mistakes)
    expect(leaked_mass, 2, want=1 / 2, mistakes=mistakes)
test_leak_by_hand(leaked_mass)
# %%
""" # BEGIN TEST CONFIG
name: leaked mass for other b
points: 1
hidden: true
""" # END TEST CONFIG
def test_leak_random(leaked_mass):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.language_models import leaked_mass as mistakes
    random = rng()
    for b in [4, *random.integers(5, 3000, size=3).tolist(), 10**6, 10**9]:
        # an independent route: the stop probabilities of the first n lengths, and the rest of the product in closed form
        n = 2000
        begun = math.fsum(math.log1p(-1 / (t + b) ** 2) for t in range(n))
        expect(leaked_mass, b, want=math.exp(begun) * (1 - 1 / (n + b)), mistakes=mistakes)
test_leak_random(leaked_mass)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4
# manual: true
# %% [markdown]
# **Question 8. In your own words** · 10 minutes · ★★☆ · chapter sections *A model that leaks* and *Conditioned and
# unconditioned models*
#
# 1. A friend writes: "At every node of the tree my model's probabilities sum to 1. Therefore the probabilities of all texts
#    sum to 1." What is missing in the argument? Name a model for which the conclusion is wrong and a condition on $s_t$ that
#    makes it right, and say why the condition is enough. (Three or four sentences.)
# 2. You have a decoder-only model, which knows only $P(Y)$, and want it to translate "The parrot stole my keys." into
#    Swedish. Write down the text that you would let it continue, and what the corresponding encoder–decoder model would get
#    as $X$ and produce as $Y$. Which probability of the first equals $P(Y \mid X)$ of the second? (Two or three sentences.)
#
# A person reads your answer.
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** 1. That the children of every node sum to 1 says how a node's probability is divided at the next step. It
# follows that at every depth the finished texts and the unfinished prefixes *together* have probability 1. The finished ones
# alone have probability 1 only if the probability of the unfinished ones, $\prod_{t<n}(1-s_t)$, tends to 0 as $n$ grows. With
# $s_t = 1/(t+2)^2$ it tends to 1/2, and the texts sum to 1/2. If $s_t \ge \varepsilon$ for some fixed $\varepsilon > 0$ the
# product is at most $(1-\varepsilon)^n$ and tends to 0 (more generally: if $\sum_t s_t$ is infinite).
#
# 2. The decoder-only model continues "English: The parrot stole my keys. Swedish:"; the encoder–decoder gets $X$ = "The parrot
# stole my keys." and produces $Y$ = "Papegojan stal mina nycklar." $P(Y\mid X)$ corresponds to the conditional probability
# of the continuation given that prefix: the product of the next-token probabilities from the first Swedish token to ⟨eos⟩, or
# $P(\text{prefix } Y)/P(\text{text starts with the prefix})$.
#
# **Rubric (4 points).**
#
# | points | for |
# |---|---|
# | 1 | says that the process has to stop with probability 1 (mass may stay on unfinished prefixes, on infinite strings) |
# | 1 | a leaking model (any with $\sum s_t < \infty$, or one that never stops) *and* a sufficient condition with its reason |
# | 1 | a prompt that holds source sentence and task, and the right $X$ and $Y$ for the encoder–decoder |
# | 1 | the conditional probability of the continuation given the prefix, not the probability of the whole text |
#
# Half points for a correct statement without the reason asked for. No deduction for language or for Swedish that is not right.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
