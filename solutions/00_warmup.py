# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 00_warmup
# config_file: assign.yml
# %% [markdown]
# # 00 · Warm-up
#
# Once around the whole loop: open, run, fill in, check, hand in, read the feedback. The exercises are short, and each is
# about a slip in NumPy that costs hours later. About 40 minutes, few points.
#
# **Conventions for the whole notebook**
#
# - Nothing that is passed to a function may be changed by it.
# - "An array of floats" has dtype float64, "an array of booleans" dtype bool. Shapes are written as NumPy prints them:
#   `(3,)` has one axis of three entries, `(3, 1)` has two axes.
# - Where True, False or an int is asked for, NumPy's own kinds (`np.bool`, `np.int64`) count as well.
# - You may import NumPy and the standard library. A cell of your own may stand anywhere.
# - Every question is worth 2 points: one for the public test and one for the hidden one, or two for the written answer. The
#   stars say how hard it is: ★☆☆ needs one idea, ★★☆ two that must fit together. ★★★ comes in later units.
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
import numpy as np


# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. Once around the loop** · 5 minutes · ★☆☆ · chapter section *The loop*
#
# The marks `"<bos>"` (beginning of sequence) and `"<eos>"` (end of sequence) stand around every text of this course.
#
# Write `with_marks(text)`, the text with both marks around it.
#
# - `text`: a list of strings, possibly empty, without the marks.
# - Returns a new list: `"<bos>"`, then the strings of the text in their order, then `"<eos>"`. The list that was passed stays
#   as it was.
#
# Before you solve it, run the check once as it is, and once with a wrong answer such as `return text`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def with_marks(text):
    """The tokens of the text between <bos> and <eos>, as a new list."""
    # BEGIN SOLUTION
    return ["<bos>", *text, "<eos>"]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two words, and none
points: 1
""" # END TEST CONFIG
def test_by_hand(with_marks):
    from autograder.checks import expect
    from autograder.misconceptions.warmup import with_marks as mistakes
    expect(with_marks, ["so", "long"], want=["<bos>", "so", "long", "<eos>"], mistakes=mistakes)
    expect(with_marks, [], want=["<bos>", "<eos>"], mistakes=mistakes)
test_by_hand(with_marks)
# %%
""" # BEGIN TEST CONFIG
name: random texts
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(with_marks):
    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import with_marks as mistakes
    random, words = rng(), ["so", "long", "and", "thanks", "é", "New York", ""]
    for length in (6, 1, 0, 40):
        text = [words[i] for i in random.integers(len(words), size=length)]
        want = ["<bos>"]
        for word in text:
            want.append(word)
        expect(with_marks, text, want=[*want, "<eos>"], mistakes=mistakes)
test_random(with_marks)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2
# %% [markdown]
# **Question 2. Every row a distribution** · 6 minutes · ★★☆ · chapter sections *The axis that
# disappears* and *Two shapes, one result*
#
# Row $t$ of a table counts how often each word occurs in text $t$. Divide every row by its own sum, and each row is a
# distribution over the words.
#
# Write `row_distributions(counts)`.
#
# - `counts`: an array of integers ≥ 0 of shape `(T, V)`, both at least 1. Every row has a count above 0.
# - Returns an array of floats of the same shape, whose rows sum to 1.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def row_distributions(counts):
    """Every row of the table (T, V) divided by its sum, as floats."""
    # BEGIN SOLUTION
    return counts / counts.sum(axis=1, keepdims=True)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two small tables, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(row_distributions):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.warmup import row_distributions as mistakes
    expect(row_distributions, np.array([[1, 0, 2], [2, 2, 1]]), want=np.array([[1 / 3, 0.0, 2 / 3], [0.4, 0.4, 0.2]]),
           mistakes=mistakes)
    expect(row_distributions, np.array([[1, 3, 0], [4, 1, 5], [2, 2, 4]]),
           want=np.array([[0.25, 0.75, 0.0], [0.4, 0.1, 0.5], [0.25, 0.25, 0.5]]), mistakes=mistakes)
test_by_hand(row_distributions)
# %%
""" # BEGIN TEST CONFIG
name: random tables of several shapes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(row_distributions):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import row_distributions as mistakes
    random = rng()
    for shape in ((4, 4), (3, 5), (5, 2), (1, 4), (6, 1), (40, 30)):
        counts = random.integers(0, 10, size=shape)
        counts[:, 0] += 1
        counts[0, -1] += 700  # more than a byte holds
        want = np.array([[count / sum(row) for count in row] for row in counts.tolist()])
        expect(row_distributions, counts, want=want, mistakes=mistakes)
test_random(row_distributions)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 2
# %% [markdown]
# **Question 3. Who may look at whom?** · 6 minutes · ★★☆ · chapter section *Two shapes, one result*
#
# A word may look at the words before it and at itself, not at later ones. A table says so for all pairs at once.
#
# Write `may_see(queries, keys)`.
#
# - `queries`: an array of integers of shape `(N,)`, the positions of the words that look. `keys`: the same of shape `(M,)`,
#   the positions of the words that are looked at. In any order; a position may occur several times. N and M are at least 1.
# - Returns an array of booleans of shape `(N, M)`. Entry `[i, j]` is True where `keys[j]` is at most `queries[i]`.
#
# No loop is needed. Which shape must each array have, so that broadcasting makes `(N, M)` of the two?
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def may_see(queries, keys):
    """(N, M) booleans: whether the key's position is at most the query's."""
    # BEGIN SOLUTION
    return keys[None, :] <= queries[:, None]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two queries with two keys, and with three
points: 1
""" # END TEST CONFIG
def test_by_hand(may_see):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.warmup import may_see as mistakes
    expect(may_see, np.array([2, 0]), np.array([1, 2]), want=np.array([[True, True], [False, False]]), mistakes=mistakes)
    expect(may_see, np.array([2, 0]), np.array([3, 0, 1]), want=np.array([[False, True, True], [False, True, False]]),
           mistakes=mistakes)
test_by_hand(may_see)
# %%
""" # BEGIN TEST CONFIG
name: random positions
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(may_see):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import may_see as mistakes
    random = rng()
    for n, m in ((5, 5), (4, 6), (6, 3), (1, 3), (3, 1)):
        for _ in range(1000):
            queries, keys = random.integers(0, 6, size=n), random.integers(0, 6, size=m)
            want = np.array([[bool(k <= q) for k in keys] for q in queries])
            if n == 1 or m == 1 or (np.isin(queries, keys).any() and not np.array_equal(want, want.T)):
                break  # a tie, and no symmetry: the known mistakes differ
        expect(may_see, queries, keys, want=want, mistakes=mistakes)
test_random(may_see)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 2
# %% [markdown]
# **Question 4. Minus infinity, and nobody's array ruined** · 6 minutes · ★★☆ · chapter sections *Whose
# numbers are these?* and *Whole numbers, floats and "equal"*
#
# A place that may not be looked at gets the score −∞. Later units turn scores into probabilities, and that makes it 0.
#
# Write `masked(scores, allowed)`.
#
# - `scores`: an array of integers **or** of floats (all finite), with one axis or several. `allowed`: an array of booleans of
#   the same shape.
# - Returns a new array of floats of that shape: the score where `allowed` is True, `-np.inf` where it is False. Both arrays
#   that were passed stay as they were.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def masked(scores, allowed):
    """The scores as floats, minus infinity where they are not allowed."""
    # BEGIN SOLUTION
    return np.where(allowed, scores, -np.inf)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four floats, a table of whole numbers, and a score of 0
points: 1
""" # END TEST CONFIG
def test_by_hand(masked):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.warmup import masked as mistakes
    expect(masked, np.array([0.1, 1.5, -2.0, -0.5]), np.array([True, False, True, False]),
           want=np.array([0.1, -np.inf, -2.0, -np.inf]), mistakes=mistakes)
    expect(masked, np.array([[3, 1], [4, 2]]), np.array([[True, False], [True, True]]),
           want=np.array([[3.0, -np.inf], [4.0, 2.0]]), mistakes=mistakes)
    expect(masked, np.array([1, 0]), np.array([False, True]), want=np.array([-np.inf, 0.0]), mistakes=mistakes)
test_by_hand(masked)
# %%
""" # BEGIN TEST CONFIG
name: random tables of scores
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(masked):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import masked as mistakes
    random = rng()
    for shape in ((3, 5), (4, 4), (7,), (2, 3, 4)):
        allowed = random.random(shape) < 0.5
        allowed.flat[:6] = [False, True, False, True, False, True]
        for scores in (random.normal(size=shape), random.integers(-9, 10, size=shape)):
            scores.flat[:6] = [-3, -2, 0, 0, 5, 4]
            pairs = zip(scores.ravel().tolist(), allowed.ravel().tolist(), strict=True)
            want = np.array([float(s) if a else -math.inf for s, a in pairs]).reshape(shape)
            expect(masked, scores, allowed, want=want, mistakes=mistakes)
test_random(masked)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 2
# %% [markdown]
# **Question 5. How many batches?** · 4 minutes · ★☆☆ · chapter section *Whole numbers, floats and "equal"*
#
# A corpus of `n` texts is cut into batches of `size` texts. The last batch may be smaller than the others; no text is left
# out, and no batch is empty.
#
# Write `batches(n, size)`, the number of batches.
#
# - `n`: an int, 0 … 10¹⁸. `size`: an int, 1 … 10⁹.
# - Returns an int, exact for every `n` in that range. (Would a float be exact there?)
#
# The public test has small numbers only. That is what hidden tests are for: they look where the text of the question points.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def batches(n, size):
    """How many batches of at most size texts hold n texts."""
    # BEGIN SOLUTION
    return (n + size - 1) // size
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: small corpora, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(batches):
    from autograder.checks import expect
    from autograder.misconceptions.warmup import batches as mistakes
    for n, size, want in [(8, 3, 3), (7, 3, 3), (6, 3, 2), (0, 3, 0), (1, 8, 1), (5, 1, 5)]:
        expect(batches, n, size, want=want, mistakes=mistakes)
test_by_hand(batches)
# %%
""" # BEGIN TEST CONFIG
name: random corpora, small and huge
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(batches):
    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import batches as mistakes
    random = rng()
    for i in range(5):
        size, full = int(random.integers(3, 50)), int(random.integers(1, 40))
        rest = int(random.integers(1, size)) if i else 1  # less than half a batch
        expect(batches, full * size + rest, size, want=full + 1, mistakes=mistakes)
        expect(batches, full * size, size, want=full, mistakes=mistakes)
    for _ in range(3):
        size, full = int(random.integers(2, 8)), 16 * int(random.integers(5 * 10**15, 5 * 10**16)) + 9  # next to no float
        expect(batches, full * size - 1, size, want=full, mistakes=mistakes)
    expect(batches, 0, int(random.integers(1, 50)), want=0, mistakes=mistakes)
test_random(batches)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 2
# %% [markdown]
# **Question 6. The same chance twice** · 5 minutes · ★☆☆ · chapter section *Chance that can be repeated*
#
# Experiments of this course can be repeated: whoever uses the same seed gets the same random numbers.
#
# Write `heads(seed, n, p)`, `n` throws of a coin that shows heads with probability `p`.
#
# - Every call of `heads` makes one generator, `np.random.default_rng(seed)`, which draws `n` floats in order with its method
#   `random`. (One call of `random` for all of them and `n` calls for one each draw the same numbers.) Throw `i` is heads where
#   float `i` is below `p`.
# - `seed`: an int ≥ 0. `n`: an int ≥ 1. `p`: a float, 0 ≤ p ≤ 1.
# - Returns an array of booleans of shape `(n,)`: True for heads.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def heads(seed, n, p):
    """n throws (n,) of a coin with p(heads) = p, the same for the same seed."""
    # BEGIN SOLUTION
    return np.random.default_rng(seed).random(n) < p
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: coins without chance, the same call twice, two seeds
points: 1
""" # END TEST CONFIG
def test_by_hand(heads):
    import numpy as np

    from autograder.checks import Failed, expect, invoke
    from autograder.misconceptions.warmup import heads as mistakes
    from autograder.misconceptions.warmup import other_throws_each_time, seed_not_used
    known = [m for m in mistakes if m is not other_throws_each_time]  # which gives no value twice to compare with
    expect(heads, 7, 5, 0.0, want=np.zeros(5, dtype=bool), mistakes=known)
    expect(heads, 7, 5, 1.0, want=np.ones(5, dtype=bool), mistakes=known)
    first, again, other = (invoke(heads, (seed, 60, 0.5), {}).value for seed in (7, 7, 11))
    if not np.array_equal(first, again):
        raise Failed("heads(7, 60, 0.5): a second call gave other throws than the first.", other_throws_each_time.__doc__)
    if first is not None and np.array_equal(first, other):
        raise Failed("heads(7, 60, 0.5) and heads(11, 60, 0.5) gave the same throws.", seed_not_used.__doc__)
    for seed, places in ((7, [3, 6]), (11, [0, 3, 4, 6, 7])):
        want = np.zeros(12, dtype=bool)
        want[places] = True
        expect(heads, seed, 12, 0.25, want=want, mistakes=known)
test_by_hand(heads)
# %%
""" # BEGIN TEST CONFIG
name: random seeds
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(heads):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import heads as mistakes
    from autograder.misconceptions.warmup import other_throws_each_time
    random, known = rng(), [m for m in mistakes if m is not other_throws_each_time]
    for n, p in ((60, 0.3), (60, 0.6), (5, 0.4), (1, 0.7), (2000, 0.8)):
        for _ in range(1000):
            seed = int(random.integers(1, 2**31))
            raw = np.random.PCG64(seed).random_raw(n)  # 64 random bits; the upper 53 make the float
            want = np.array([(int(bits) >> 11) / 2**53 < p for bits in raw])
            if n < 60 or 0 < want.sum() < n:
                break
        for _ in range(2):
            expect(heads, seed, n, p, want=want, mistakes=known)
    for seed, n, p in ((0, 60, 0.5), (int(random.integers(1, 2**31)), 7, 1.0), (int(random.integers(1, 2**31)), 7, 0.0)):
        raw = np.random.PCG64(seed).random_raw(n)  # a seed of 0 is one like any other
        expect(heads, seed, n, p, want=np.array([(int(bits) >> 11) / 2**53 < p for bits in raw]), mistakes=known)
    floats = np.array([(int(bits) >> 11) / 2**53 for bits in np.random.PCG64(seed).random_raw(60)])
    limit = float(floats[random.integers(60)])  # a float that is drawn is not below itself
    expect(heads, seed, 60, limit, want=floats < limit, mistakes=known)
test_random(heads)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 2
# %% [markdown]
# **Question 7. Is this a distribution?** · 5 minutes · ★★☆ · chapter section *Whole numbers, floats and "equal"*
#
# A function that gets probabilities does well to ask first whether they are any.
#
# Write `is_distribution(p)`.
#
# - `p`: an array of floats of shape `(V,)`, V at least 1. Every entry is a number between −10 and 10, or `np.nan`.
# - Returns True if no entry is negative and their sum differs from 1, up or down, by at most 10⁻⁹; otherwise False. (Nothing is
#   tested that differs by almost exactly 10⁻⁹.) An entry of 0 is a probability. An array with `np.nan` is no distribution.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def is_distribution(p):
    """Whether the entries (V,) are at least 0 and sum to 1, up to 1e-9."""
    # BEGIN SOLUTION
    return bool((p >= 0).all() and abs(p.sum() - 1) <= 1e-9)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: small arrays, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(is_distribution):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.warmup import is_distribution as mistakes
    for p, want in [([0.7, 0.2, 0.1], True), ([0.5, 0.25], False), ([0.5, 0.75], False), ([1.5, -0.5], False),
                    ([0.5, 0.500001], False), ([0.5, 0.0, 0.5], True), ([np.nan, 1.0], False)]:
        expect(is_distribution, np.array(p), want=want, mistakes=mistakes)
test_by_hand(is_distribution)
# %%
""" # BEGIN TEST CONFIG
name: random arrays, and arrays that are nearly distributions
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(is_distribution):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.warmup import is_distribution as mistakes
    random = rng()
    for size in (4, 9, 1000):
        for _ in range(1000):
            p = random.dirichlet([1.0] * size) + 1e-6
            p /= math.fsum(p)
            if p.sum() != 1:
                break  # 1 but for rounding
        expect(is_distribution, p, want=True, mistakes=mistakes)
        expect(is_distribution, p * random.uniform(0.2, 0.9), want=False, mistakes=mistakes)
        expect(is_distribution, p * random.uniform(1.1, 1.8), want=False, mistakes=mistakes)
        for off in (8e-10, -8e-10, 3e-9, -3e-9, 1e-7, -1e-7):
            expect(is_distribution, p * (1 + off), want=abs(off) < 1e-9, mistakes=mistakes)
        exact = random.multinomial(2**20, p) / 2**20  # sums to 1 without rounding
        expect(is_distribution, random.permutation(np.concatenate([exact, [0.0, 0.0]])), want=True, mistakes=mistakes)
        for negative in (0.25, 1e-10):
            mixed = np.concatenate([p * (1 + negative), [-negative]])
            expect(is_distribution, random.permutation(mixed), want=False, mistakes=mistakes)
        hole = p.copy()
        hole[random.integers(size)] = math.nan
        expect(is_distribution, hole, want=False, mistakes=mistakes)
    expect(is_distribution, np.array([1.0]), want=True, mistakes=mistakes)
test_random(is_distribution)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 2
# manual: true
# %% [markdown]
# **Question 8. In your own words** · 4 minutes · ★☆☆ · chapter sections *Two shapes, one result* and *What hidden tests look
# for*
#
# 1. A classmate wrote `counts / counts.sum(axis=1)` in Question 2. Tables of shape `(3, 3)`, `(2, 3)` and `(1, 3)` come in: one
#    gives an error, one a wrong table, one the right table. Which is which? Give the reason for one of them, with its shapes.
# 2. Name two inputs that no public test of this notebook tries and that you would try on your own functions before handing in.
#
# Two or three short sentences are enough. A person reads your answer.
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** 1. `(2, 3)`: an error; `(3, 3)`: a wrong table; `(1, 3)`: the right one. The sums have shape `(2,)`, `(3,)`
# and `(1,)`: the axis that was summed over is gone. Shapes are lined up from the right. 2 does not fit 3. 3 fits 3, but the
# sums lie along the *columns*, and entry `[i, j]` is divided by the sum of row $j$ instead of row $i$. The 1 is stretched to 3,
# and there is only one row whose sum it could be.
#
# 2. A table with one row or one column, a text with one word, an array of shape `(2, 3, 4)` in Question 4, `n` near 10¹⁸,
# `n = 1` throw, an array of `nan` alone, …
#
# **Rubric (2 points).**
#
# | points | for |
# |---|---|
# | 1 | all three shapes are named rightly; *and* one reason with the shape of the sums, lined up from the right |
# | 1 | two inputs that the questions allow and that are really different from those of the public tests |
#
# Half a point where one of the two parts is missing. No deduction for language.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
