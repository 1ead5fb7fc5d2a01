# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 06_feedforward
# config_file: assign.yml
# %% [markdown]
# # Unit 06: a feed-forward language model
#
# You write a neural language model from nothing but NumPy: cut a text into windows, look words up, go forward to
# probabilities and back to gradients, and step downhill. At the end torch has to find the same gradients. Questions 1 to 10
# are checked by the computer, question 11 is read by a person. About two and a half hours in all; the first five minutes are
# easy.
#
# In every question
#
# - a **token** is an id, a whole number from 0 to V − 1. Id 0 is an id like any other, unless a question says otherwise;
# - the network has three matrices, NumPy arrays of floats: `E` of shape (V, d) with a row for every token, `W` of shape
#   (d_h, n·d), and `U` of shape (V, d_h) with a row for every token. V, d, d_h and n are different numbers in general, and you
#   read them off the shapes. There are no biases;
# - `contexts` is an array of whole numbers of shape (B, n): B windows of n tokens, the oldest token first. A token may stand
#   in a window several times, and in several windows. `targets` has shape (B,): the token after each window. B is at least 1;
# - going forward, a window becomes e, its n vectors end to end; then h = tanh(W e), z = U h, and p = softmax(z) over the V
#   tokens. In arrays, with one row for each window: h = tanh(e Wᵀ), z = h Uᵀ;
# - the loss of a batch is the **mean** over its B windows of −ln p(target), and a gradient is always the gradient of this;
# - logarithms are natural, an array of floats has dtype float64, and where a float is asked for, a NumPy float is one as well;
# - your function returns new objects and leaves its arguments as they were.
#
# Numbers are compared with a tolerance of one in a billion (question 10: one in a million). You may call your own functions
# from earlier questions, and import NumPy and the standard library; torch only in question 10. A mistake in question 2, 3,
# 5 or 6 is inherited by all that calls them, so mend the earlier question first.
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

np.set_printoptions(precision=4, suppress=True)      # short numbers where you print an array
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. What stands before each word** · 5 minutes · ★☆☆ · chapter section *Windows*
#
# Write `windows(ids, n, bos)`, which cuts one text into windows and targets.
#
# - `ids`: the tokens of the text, a list of whole numbers, possibly empty. `n`: a whole number, at least 1; it may be larger
#   than the text is long. `bos`: the id that stands before the start of the text (not always 0).
# - Each of the T tokens of the text is a target once. Its window holds the n tokens before it, the oldest first; where the text
#   has no such tokens, `bos` stands in their place.
# - Returns a tuple `(contexts, targets)` of two NumPy arrays of whole numbers, of shapes (T, n) and (T,). For an empty text
#   they have shapes (0, n) and (0,), and are still arrays of whole numbers.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def windows(ids, n, bos):
    """The n tokens before each token, oldest first, and the tokens: int arrays (T, n) and (T,)."""
    # BEGIN SOLUTION
    padded = [bos] * n + list(ids)
    contexts = [padded[t:t + n] for t in range(len(ids))]
    return np.array(contexts, dtype=int).reshape(len(ids), n), np.array(ids, dtype=int)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: texts of four tokens, two and one, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(windows):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import windows as mistakes
    expect(windows, [5, 6, 2, 1], 3, 0, mistakes=mistakes,
           want=(np.array([[0, 0, 0], [0, 0, 5], [0, 5, 6], [5, 6, 2]]), np.array([5, 6, 2, 1])))
    expect(windows, [4, 0], 1, 7, want=(np.array([[7], [4]]), np.array([4, 0])), mistakes=mistakes)
    expect(windows, [3], 2, 9, want=(np.array([[9, 9]]), np.array([3])), mistakes=mistakes)
test_by_hand(windows)
# %%
""" # BEGIN TEST CONFIG
name: random texts, also short ones and none
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(windows):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import windows as mistakes
    random = rng()
    for size, n, bos in [(9, 3, 8), (7, 2, 0), (5, 1, 9), (2, 4, 9), (1, 2, 0), (0, 3, 0)]:
        ids = random.permutation(8)[:size].tolist() if size < 9 else [0, *random.permutation(8).tolist()]
        contexts = [[ids[s] if s >= 0 else bos for s in range(t - n, t)] for t in range(size)]
        want = np.array(contexts, int).reshape(size, n), np.array(ids, int)
        expect(windows, ids, n, bos, want=want, mistakes=mistakes)
test_random(windows)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2
# %% [markdown]
# **Question 2. Look up and lay end to end** · 10 minutes · ★☆☆ · chapter section *Five steps forward*
#
# Write `embed_windows(E, contexts)`: the network's input e for every window. Row b holds the vectors of the tokens of window b
# **end to end**: first all d numbers of its oldest token, then those of the next one, and so on.
#
# - `E`: (V, d), `contexts`: (B, n). Returns a float array of shape (B, n·d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def embed_windows(E, contexts):
    """The vectors of each window end to end, oldest token first: a float array (B, n·d)."""
    # BEGIN SOLUTION
    vectors = E[contexts]                                   # (B, n, d): a row of E for every token
    return vectors.reshape(len(contexts), -1)               # (B, n·d)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three and four words, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(embed_windows):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import embed_windows as mistakes
    E = np.array([[0.5, 1, 2], [10, 11, 12], [20, 21, 22]])
    expect(embed_windows, E, np.array([[2, 0], [1, 1]]), mistakes=mistakes,
           want=np.array([[20, 21, 22, 0.5, 1, 2], [10, 11, 12, 10, 11, 12]]))
    E = np.array([[0.5, 1], [10, 11], [20, 21], [30, 31]])
    expect(embed_windows, E, np.array([[3, 0, 1], [2, 2, 0]]), mistakes=mistakes,
           want=np.array([[30, 31, 0.5, 1, 10, 11], [20, 21, 20, 21, 0.5, 1]]))
test_by_hand(embed_windows)
# %%
""" # BEGIN TEST CONFIG
name: random tables and windows, also a single one
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(embed_windows):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import embed_windows as mistakes
    random = rng()
    for size, d, n, batch in [(7, 4, 3, 5), (5, 3, 4, 2), (6, 2, 3, 1), (4, 1, 3, 2), (9, 5, 1, 3)]:
        E, contexts = random.normal(size=(size, d)), random.integers(0, size, (batch, n))
        contexts[0, 0], contexts[-1, -1] = 0, size - 1
        want = np.array([[E[token, k] for token in window for k in range(d)] for window in contexts.tolist()])
        expect(embed_windows, E, contexts, want=want, mistakes=mistakes)
test_random(embed_windows)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 4
# %% [markdown]
# **Question 3. Five steps forward** · 15 minutes · ★★☆ · chapter section *Five steps forward*
#
# Write `forward(E, W, U, contexts)`: the **log-probability** ln p(w) of every token w after every window.
#
# - Returns a float array of shape (B, V). Row b belongs to window b; the probabilities in it sum to 1.
# - There is no activation other than the tanh, and none after U.
# - Some tests have scores z in the hundreds and thousands, on both sides of 0. The answer stays finite there: no step may
#   overflow, and no probability may be rounded to 0 before its logarithm is taken. It helps to subtract the largest score of a
#   row from the whole row first, which changes no probability.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def forward(E, W, U, contexts):
    """ln p(w) of every token after each window: a float array (B, V)."""
    # BEGIN SOLUTION
    e = embed_windows(E, contexts)                          # (B, n·d)
    h = np.tanh(e @ W.T)                                    # (B, d_h)
    z = h @ U.T                                             # (B, V)
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: one number in every place, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(forward):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import forward as mistakes
    # tanh(ln 2) = 3/5 and tanh(-ln 3) = -4/5. The first window has e = (2 ln 2, ln 2), so W e = ln 2 and h = 3/5; the
    # second has e = (ln 2, ln 2 + ln 3), so W e = -ln 3 and h = -4/5.
    E = np.array([[2 * np.log(2)], [np.log(2)], [np.log(6)]])
    W, U = np.array([[1.0, -1.0]]), np.array([[0.0], [5.0], [-5.0]])
    # z = (0, 3, -3) and (0, -4, 4)
    first, second = np.log(1 + np.exp(3) + np.exp(-3)), np.log(1 + np.exp(4) + np.exp(-4))
    expect(forward, E, W, U, np.array([[0, 1], [1, 2]]), mistakes=mistakes,
           want=np.array([[-first, 3 - first, -3 - first], [-second, -4 - second, 4 - second]]))
test_by_hand(forward)
# %%
""" # BEGIN TEST CONFIG
name: scores of a thousand
points: 1
""" # END TEST CONFIG
def test_large_scores(forward):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import forward as mistakes
    # e = (-ln 2), h = -3/5, z = (600, 1200, -1200, 1200); and a window whose scores are all 0
    E, W = np.array([[0.0], [-np.log(2)]]), np.array([[1.0]])
    U = np.array([[-1000.0], [-2000.0], [2000.0], [-2000.0]])
    expect(forward, E, W, U, np.array([[1], [0]]), mistakes=mistakes,
           want=np.array([[-600, 0, -2400, 0], [0, 0, 0, 0]]) - np.log([[2], [4]]))
test_large_scores(forward)
# %%
""" # BEGIN TEST CONFIG
name: random networks, small and large scores
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(forward):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import forward as mistakes
    from llmcourse.feedforward.network import Network
    from llmcourse.feedforward.network import forward as reference
    random = rng()
    cases = [(7, 2, 3, 5, 4, 1.0), (5, 4, 2, 3, 6, 1.0), (6, 3, 4, 2, 1, 1.0), (4, 2, 1, 6, 3, 900.0)]
    for size, d, n, d_h, batch, scale in cases:
        E, W = random.normal(size=(size, d)), random.normal(size=(d_h, n * d))
        U, contexts = scale * random.normal(size=(size, d_h)), random.integers(0, size, (batch, n))
        contexts[0, 0], contexts[-1, -1] = 0, size - 1
        if scale > 1:                                                   # 3000 and -3000 among the scores, whatever is drawn
            h = np.tanh(W @ E[contexts[0]].ravel())
            U[0], U[1] = 3000 * h / (h @ h), -3000 * h / (h @ h)
            E[1], contexts[1] = 0, 1                                    # and a window all of whose scores are 0
        expect(forward, E, W, U, contexts, want=reference(Network(E, W, U), contexts), mistakes=mistakes)
test_random(forward)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 2
# %% [markdown]
# **Question 4. The price of the right words** · 5 minutes · ★☆☆ · chapter section *The price of a word*
#
# Write `nll(log_p, targets)`: the mean of −ln p(target) over the windows of a batch.
#
# - `log_p`: log-probabilities, (B, V), as question 3 returns them. Some of them may be −∞, but never that of a target.
#   `targets`: (B,).
# - Returns a float, at least 0.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def nll(log_p, targets):
    """Mean over the batch of -ln p(target): a float."""
    # BEGIN SOLUTION
    return -float(log_p[np.arange(len(targets)), targets].mean())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two windows, three words, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(nll):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import nll as mistakes
    log_p = np.log(np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]))
    expect(nll, log_p, np.array([2, 0]), want=float(-np.log(0.2 * 0.1) / 2), mistakes=mistakes)
    with np.errstate(divide="ignore"):
        impossible = np.log(np.array([[0.25, 0.75, 0.0]]))
    expect(nll, impossible, np.array([0]), want=float(np.log(4)), mistakes=mistakes)
test_by_hand(nll)
# %%
""" # BEGIN TEST CONFIG
name: random distributions
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(nll):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import nll as mistakes
    random = rng()
    for size, batch in [(6, 4), (3, 7), (5, 1)]:
        p = random.dirichlet(np.ones(size), batch)
        targets = random.integers(0, size, batch)
        targets[0] = 0
        want = -sum(math.log(row[target]) for row, target in zip(p.tolist(), targets.tolist(), strict=True)) / batch
        expect(nll, np.log(p), targets, want=want, mistakes=mistakes)
test_random(nll)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 4
# %% [markdown]
# **Question 5. The way back, upper half** · 25 minutes · ★★★ · chapter section *Five steps back*
#
# Write `upper_gradients(E, W, U, contexts, targets)`: the gradients of the loss with respect to W and to U.
#
# - Returns a tuple `(dW, dU)` of float arrays with the shapes of `W` and `U`. They point uphill: a step of descent would
#   *subtract* them.
# - The loss is the mean over the batch, and so is its gradient.
# - Useful: the derivative of −ln p(target) with respect to z is p − y, where y is one-hot; that of tanh(a) is 1 − tanh(a)².
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def upper_gradients(E, W, U, contexts, targets):
    """Gradients of the mean loss with respect to W and U: float arrays of their shapes."""
    # BEGIN SOLUTION
    e = embed_windows(E, contexts)                          # (B, n·d)
    h = np.tanh(e @ W.T)                                    # (B, d_h)
    dz = np.exp(forward(E, W, U, contexts))                 # (B, V): p …
    dz[np.arange(len(targets)), targets] -= 1               # … minus one-hot
    dz /= len(targets)                                      # the mean over the batch
    da = dz @ U * (1 - h**2)                                # (B, d_h), before the tanh
    return da.T @ e, dz.T @ h
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a window and its batch, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(upper_gradients):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import upper_gradients as mistakes
    log2 = np.log(2)
    # e = (2 ln 2, ln 2), W e = ln 2, h = 3/5; z = (0, ln 2, ln 5), so p = (1, 2, 5)/8, and p - y = (1, 2, -3)/8 for target 2.
    # Before the tanh: (2 ln 2 - 3 ln 5)/8 · 5/3 · (1 - 9/25)
    E, W, U = np.array([[2 * log2], [log2], [0]]), np.array([[1.0, -1.0]]), np.array([[0], [log2], [np.log(5)]]) * 5 / 3
    da = (2 * log2 - 3 * np.log(5)) / 8 * 5 / 3 * 16 / 25
    expect(upper_gradients, E, W, U, np.array([[0, 1]]), np.array([2]), mistakes=mistakes,
           want=(np.array([[2 * log2 * da, log2 * da]]), np.array([[1], [2], [-3]]) / 8 * 3 / 5))
    # The same window twice, once with target 2 and once with target 0: p - y is (1, 2, -3)/8 and (-7, 2, 5)/8, on average
    # (-3, 2, 1)/8
    da = (2 * log2 + np.log(5)) / 8 * 5 / 3 * 16 / 25
    expect(upper_gradients, E, W, U, np.array([[0, 1], [0, 1]]), np.array([2, 0]), mistakes=mistakes,
           want=(np.array([[2 * log2 * da, log2 * da]]), np.array([[-3], [2], [1]]) / 8 * 3 / 5))
test_by_hand(upper_gradients)
# %%
""" # BEGIN TEST CONFIG
name: random networks and batches
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(upper_gradients):
    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import upper_gradients as mistakes
    from llmcourse.feedforward.network import Network, gradients
    random = rng()
    for size, d, n, d_h, batch in [(7, 2, 3, 5, 4), (5, 3, 2, 4, 6), (6, 1, 4, 3, 1), (4, 2, 1, 6, 3)]:
        E, W, U = random.normal(size=(size, d)), random.normal(size=(d_h, n * d)), random.normal(size=(size, d_h))
        contexts, targets = random.integers(0, size, (batch, n)), random.integers(0, size, batch)
        contexts[0, 0], contexts[-1, -1], targets[0] = 0, size - 1, 0
        _, gradient = gradients(Network(E, W, U), contexts, targets)
        expect(upper_gradients, E, W, U, contexts, targets, want=(gradient.W, gradient.U), mistakes=mistakes)
test_random(upper_gradients)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 4
# %% [markdown]
# **Question 6. The way back to the words** · 25 minutes · ★★★ · chapter section *Five steps back*
#
# Write `embedding_gradient(E, W, U, contexts, targets)`: the gradient of the loss with respect to E.
#
# - Returns a float array with the shape of `E`. Rows of tokens that stand in no window are 0.
# - A token that stands in several places, in one window or in several, gets the **sum** of what comes back to these places.
# - Useful: `np.add.at(table, indices, values)` adds once for every index, also where an index comes again.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def embedding_gradient(E, W, U, contexts, targets):
    """Gradient of the mean loss with respect to E: a float array (V, d)."""
    # BEGIN SOLUTION
    h = np.tanh(embed_windows(E, contexts) @ W.T)           # (B, d_h)
    dz = np.exp(forward(E, W, U, contexts))
    dz[np.arange(len(targets)), targets] -= 1
    da = dz / len(targets) @ U * (1 - h**2)                 # (B, d_h)
    de = (da @ W).reshape(*contexts.shape, -1)              # (B, n, d): a vector for every place
    dE = np.zeros(E.shape)
    np.add.at(dE, contexts, de)
    return dE
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: words in several places, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(embedding_gradient):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import embedding_gradient as mistakes
    log2 = np.log(2)
    # e = (ln 2, 2 ln 2), W e = 5 ln 2 - 4 ln 2 = ln 2, h = 3/5, p = (1, 2, 5)/8, p - y = (1, 2, -3)/8; see question 5
    E, W, U = np.array([[2 * log2], [log2], [3.0]]), np.array([[5.0, -2.0]]), np.array([[0], [log2], [np.log(5)]]) * 5 / 3
    slope = 5 / 3 * 16 / 25
    da = (2 * log2 - 3 * np.log(5)) / 8 * slope
    expect(embedding_gradient, E, W, U, np.array([[1, 0]]), np.array([2]), mistakes=mistakes,
           want=np.array([[-2 * da], [5 * da], [0]]))
    # The same with vectors of two numbers, e = (ln 2, ln 2, 2 ln 2, 0), W e = ln 2 + 2 ln 2 - 2 ln 2: each place has a part
    vectors = np.array([[2 * log2, 0], [log2, log2], [3, 3]])
    expect(embedding_gradient, vectors, np.array([[1.0, 2, -1, 5]]), U, np.array([[1, 0]]), np.array([2]), mistakes=mistakes,
           want=np.array([[-da, 5 * da], [da, 2 * da], [0, 0]]))
    # The same words in two windows, W e = ln 2 and -ln 2, h = 3/5 and -3/5. In the second p = (10, 5, 2)/17 and the target is 0
    other = (5 * log2 + 2 * np.log(5)) / 17 * slope
    expect(embedding_gradient, E, np.array([[-1.0, 1.0]]), U, np.array([[1, 0], [0, 1]]), np.array([2, 0]), mistakes=mistakes,
           want=np.array([[da - other], [other - da], [0]]) / 2)
    # One word twice in a window, W e = 4 ln 2 - 3 ln 2
    expect(embedding_gradient, E, np.array([[4.0, -3.0]]), U, np.array([[1, 1]]), np.array([2]), mistakes=mistakes,
           want=np.array([[0], [(4 - 3) * da], [0]]))
    # The first window twice, with targets 2 and 0: on average p - y = (-3, 2, 1)/8
    da = (2 * log2 + np.log(5)) / 8 * slope
    expect(embedding_gradient, E, W, U, np.array([[1, 0], [1, 0]]), np.array([2, 0]), mistakes=mistakes,
           want=np.array([[-2 * da], [5 * da], [0]]))
test_by_hand(embedding_gradient)
# %%
""" # BEGIN TEST CONFIG
name: random networks, words that come again
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(embedding_gradient):
    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import embedding_gradient as mistakes
    from llmcourse.feedforward.network import Network, gradients
    random = rng()
    for size, d, n, d_h, batch in [(7, 2, 3, 5, 4), (6, 3, 2, 4, 6), (5, 2, 4, 3, 1), (6, 4, 1, 3, 5)]:
        E, W, U = random.normal(size=(size, d)), random.normal(size=(d_h, n * d)), random.normal(size=(size, d_h))
        contexts, targets = random.integers(0, size - 1, (batch, n)), random.integers(0, size, batch)
        contexts[0, 0], contexts[-1, -1], targets[0] = 0, 0, 0          # a token that comes again, and one in no window
        want = gradients(Network(E, W, U), contexts, targets)[1].E
        expect(embedding_gradient, E, W, U, contexts, targets, want=want, mistakes=mistakes)
test_random(embedding_gradient)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3
# %% [markdown]
# **Question 7. Downhill** · 15 minutes · ★★☆ · chapter section *Downhill*
#
# Write `sgd(E, W, U, batches, step_size)`: one step of descent for each batch, θ ← θ − η ∂L/∂θ, where θ is E, W and U.
#
# - `batches`: a list of pairs `(contexts, targets)`, possibly empty. `step_size`: η, a float greater than 0.
# - In every step all three gradients are taken at the same θ, the one before the step; only then all three matrices move.
# - Returns a tuple `(losses, (E, W, U))`: the list of the losses (floats), that of each batch **before** its step, and the
#   matrices after the last step. The matrices that came in stay as they were.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def sgd(E, W, U, batches, step_size):
    """One step for each batch: (list of losses before each step, (E, W, U) at the end)."""
    # BEGIN SOLUTION
    losses = []
    for contexts, targets in batches:
        losses.append(nll(forward(E, W, U, contexts), targets))
        dE = embedding_gradient(E, W, U, contexts, targets)
        dW, dU = upper_gradients(E, W, U, contexts, targets)
        E, W, U = E - step_size * dE, W - step_size * dW, U - step_size * dU
    return losses, (E, W, U)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two steps, and no step at all
points: 1
""" # END TEST CONFIG
def test_by_hand(sgd):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import sgd as mistakes
    log2 = np.log(2)
    E, W, U = np.array([[2 * log2], [log2], [0]]), np.array([[1.0, -1.0]]), np.array([[0], [log2], [np.log(5)]]) * 5 / 3
    # The step of question 5, by a half. For E: (da, -da, 0)
    da = (2 * log2 - 3 * np.log(5)) / 8 * 5 / 3 * 16 / 25
    E1, W1 = E - np.array([[da], [-da], [0]]) / 2, W - np.array([[2 * log2 * da, log2 * da]]) / 2
    U1 = U - np.array([[1], [2], [-3]]) / 8 * 3 / 5 / 2
    window, target = np.array([[0, 1]]), np.array([2])
    expect(sgd, E, W, U, [(window, target)], 0.5, want=([float(np.log(8 / 5))], (E1, W1, U1)), mistakes=mistakes)
    # A second batch is seen with the matrices after the first
    z = U1[:, 0] * np.tanh(W1[0, 0] * E1[0, 0] + W1[0, 1] * E1[1, 0])
    p = np.exp(z) / np.exp(z).sum()
    h = np.tanh(W1[0, 0] * E1[0, 0] + W1[0, 1] * E1[1, 0])
    wrong = p - [0, 0, 1]
    da = wrong @ U1[:, 0] * (1 - h**2)
    E2 = E1 - 0.5 * da * np.array([[W1[0, 0]], [W1[0, 1]], [0]])
    W2, U2 = W1 - 0.5 * da * np.array([[E1[0, 0], E1[1, 0]]]), U1 - 0.5 * wrong[:, None] * h
    expect(sgd, E, W, U, [(window, target)] * 2, 0.5, mistakes=mistakes,
           want=([float(np.log(8 / 5)), float(-np.log(p[2]))], (E2, W2, U2)))
    expect(sgd, E, W, U, [], 0.5, want=([], (E, W, U)), mistakes=mistakes)
test_by_hand(sgd)
# %%
""" # BEGIN TEST CONFIG
name: random networks, batches of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(sgd):
    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import sgd as mistakes
    from llmcourse.feedforward.network import Network
    from llmcourse.feedforward.network import sgd as reference
    random = rng()
    for size, d, n, d_h, steps, step_size in [(7, 2, 3, 5, 3, 0.3), (5, 3, 2, 4, 4, 0.05), (6, 2, 4, 3, 1, 1.5)]:
        E, W, U = random.normal(size=(size, d)), random.normal(size=(d_h, n * d)), random.normal(size=(size, d_h))
        batches = []
        for batch in random.permutation([1, 2, 4, 6])[:steps].tolist():
            contexts, targets = random.integers(0, size, (batch, n)), random.integers(0, size, batch)
            contexts[0, 0] = 0
            batches.append((contexts, targets))
        network, losses = reference(Network(E, W, U), batches, step_size)
        expect(sgd, E, W, U, batches, step_size, want=(losses, tuple(network)), mistakes=mistakes)
test_random(sgd)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 2
# %% [markdown]
# **Question 8. What does a longer window cost?** · 5 minutes · ★☆☆ · chapter section *What is stored*
#
# Write `parameter_count(V, d, n, d_h, biases)`: how many numbers the network learns.
#
# - V, d, n, d_h: whole numbers of at least 1, with the meaning that they have in this notebook. `biases`: `True` or `False`.
# - Without biases the network has E, W and U. With `biases=True` it has two vectors more: h = tanh(W e + b) and z = U h + c.
#   Count b under `"W"` and c under `"U"`.
# - Returns a dictionary `{"E": …, "W": …, "U": …, "total": …}` of whole numbers.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def parameter_count(V, d, n, d_h, biases):
    """How many numbers E, W, U (with their biases) hold, and all together: a dictionary of whole numbers."""
    # BEGIN SOLUTION
    counts = {"E": V * d, "W": d_h * n * d, "U": V * d_h}
    if biases:
        counts["W"] += d_h
        counts["U"] += V
    return counts | {"total": sum(counts.values())}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: 335 words, windows of 3 and 10
points: 1
""" # END TEST CONFIG
def test_by_hand(parameter_count):
    from autograder.checks import expect
    from autograder.misconceptions.feedforward import parameter_count as mistakes
    expect(parameter_count, 335, 32, 3, 64, False, mistakes=mistakes,
           want={"E": 10720, "W": 6144, "U": 21440, "total": 38304})
    expect(parameter_count, 335, 32, 10, 64, False, mistakes=mistakes,
           want={"E": 10720, "W": 20480, "U": 21440, "total": 52640})
    expect(parameter_count, 4, 2, 3, 5, True, mistakes=mistakes, want={"E": 8, "W": 35, "U": 24, "total": 67})
test_by_hand(parameter_count)
# %%
""" # BEGIN TEST CONFIG
name: random sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(parameter_count):
    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import parameter_count as mistakes
    random = rng()
    for biases in (False, True):
        for n in (3, 7, 1):
            V, d, d_h = int(random.integers(500, 900)), int(random.integers(20, 60)), int(random.integers(70, 200))
            W, U = d_h * n * d + biases * d_h, V * d_h + biases * V
            expect(parameter_count, V, d, n, d_h, biases, mistakes=mistakes,
                   want={"E": V * d, "W": W, "U": U, "total": V * d + W + U})
test_random(parameter_count)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 3
# %% [markdown]
# **Question 9. After any beginning** · 10 minutes · ★★☆ · chapter section *What the window sees*
#
# A language model must answer after every beginning of a text. Write `next_probabilities(E, W, U, prefix, bos)`: p(w | prefix)
# of every token w.
#
# - `prefix`: a list of token ids, the beginning of a text, without `bos`. It may be empty, shorter than the window, or
#   longer.
# - The network sees the last n tokens of `bos bos … bos` followed by the prefix. You find n from the shapes of E and W.
# - Returns a float array of shape (V,): probabilities, not logarithms. They sum to 1.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def next_probabilities(E, W, U, prefix, bos):
    """p(w | prefix) of every token, from the last n tokens of the prefix: a float array (V,)."""
    # BEGIN SOLUTION
    n = W.shape[1] // E.shape[1]
    window = ([bos] * n + list(prefix))[-n:]
    return np.exp(forward(E, W, U, np.array([window])))[0]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a window of two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(next_probabilities):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.feedforward import next_probabilities as mistakes
    # Of a window (i, j) W e is E[i] - E[j] in units of ln 2, and z = (0, h, 2h, 3h) · 5/3 · ln 2. For the difference ln 2 h is
    # 3/5 and p = (1, 2, 4, 8)/15, for 0 all are alike.
    E = np.array([[3.0], [1], [2], [4]]) * np.log(2)
    W, U = np.array([[1.0, -1.0]]), np.array([[0.0], [1], [2], [3]]) * 5 / 3 * np.log(2)
    up, flat = np.array([1, 2, 4, 8]) / 15, np.ones(4) / 4
    expect(next_probabilities, E, W, U, [1, 0, 3, 2, 1], 0, want=up, mistakes=mistakes)
    expect(next_probabilities, E, W, U, [2, 3, 3], 0, want=flat, mistakes=mistakes)
    expect(next_probabilities, E, W, U, [1], 2, want=up, mistakes=mistakes)
    expect(next_probabilities, E, W, U, [], 2, want=flat, mistakes=mistakes)
    # Vectors of two numbers, of which W weighs the second by 0: n is still 2
    E, W = np.stack([E[:, 0], np.arange(4)], axis=1), np.array([[1.0, 0, -1, 0]])
    expect(next_probabilities, E, W, U, [1, 2, 0], 3, want=np.array([8, 4, 2, 1]) / 15, mistakes=mistakes)
    expect(next_probabilities, E, W, U, [1], 2, want=up, mistakes=mistakes)
test_by_hand(next_probabilities)
# %%
""" # BEGIN TEST CONFIG
name: random networks, prefixes of every length
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(next_probabilities):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.feedforward import next_probabilities as mistakes
    from llmcourse.feedforward.network import Network
    from llmcourse.feedforward.network import forward as reference
    random = rng()
    for size, d, n, d_h, bos in [(7, 2, 3, 5, 0), (6, 3, 2, 4, 5), (5, 4, 1, 3, 4)]:
        E, W, U = random.normal(size=(size, d)), random.normal(size=(d_h, n * d)), random.normal(size=(size, d_h))
        for length in (9, n + 1, n, n - 1, 0):
            prefix = random.integers(0, size, length).tolist()
            window = [prefix[s] if s >= 0 else bos for s in range(length - n, length)]
            want = np.exp(reference(Network(E, W, U), np.array([window])))[0]
            expect(next_probabilities, E, W, U, prefix, bos, want=want, mistakes=mistakes)
test_random(next_probabilities)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [markdown]
# The last function is the only one that uses torch. If this cell fails, torch is missing in the Python that runs this notebook:
# `python -m pip install torch` there, and restart the kernel. Nothing above needs it.
# %%
import torch

torch.set_num_threads(1)                             # such small matrices need no more
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 4
# %% [markdown]
# **Question 10. The same with a framework** · 15 minutes · ★★☆ · chapter section *Any framework*
#
# Write `torch_gradients(E, W, U, contexts, targets)`: the gradients of the loss with respect to E, W and U, found by
# `backward()`.
#
# - The arguments are torch tensors: E, W and U of dtype float64, `contexts` and `targets` of dtype int64, with shapes and
#   meaning as before. They do not require gradients when they come in; `E.clone().requires_grad_()` is a copy that does.
# - `torch.nn.functional.cross_entropy(z, targets)` takes **scores**, (B, V), and returns the mean of −ln p(target): the softmax
#   is inside it.
# - Returns a tuple `(dE, dW, dU)` of three tensors of dtype float64. No row of dE is special, that of id 0 neither.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def torch_gradients(E, W, U, contexts, targets):
    """Gradients of the mean loss with respect to E, W and U by autograd: three float64 tensors."""
    # BEGIN SOLUTION
    E, W, U = (theta.clone().requires_grad_() for theta in (E, W, U))
    e = E[contexts].flatten(1)                              # (B, n·d)
    z = torch.tanh(e @ W.T) @ U.T                           # (B, V)
    torch.nn.functional.cross_entropy(z, targets).backward()
    return E.grad, W.grad, U.grad
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the window of question 5, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(torch_gradients):
    import numpy as np

    from autograder.checks import expect, tensor
    from autograder.misconceptions.feedforward import torch_gradients as mistakes
    log2 = np.log(2)
    # e = (ln 2, 2 ln 2), W e = ln 2, h = 3/5, p = (1, 2, 5)/8; targets 2, 0 and 0: on average p - y = (-13, 6, 7)/24
    E, W = np.array([[2 * log2], [log2], [3.0]]), np.array([[5.0, -2.0]])
    U = np.array([[0], [log2], [np.log(5)]]) * 5 / 3
    da = (6 * log2 + 7 * np.log(5)) / 24 * 5 / 3 * 16 / 25
    expect(torch_gradients, *(tensor(theta, "float64") for theta in (E, W, U)), tensor([[1, 0], [1, 0], [1, 0]], "int64"),
           tensor([2, 0, 0], "int64"), mistakes=mistakes, atol=1e-6, rtol=1e-6,
           want=(tensor([[-2 * da], [5 * da], [0]], "float64"), tensor([[log2 * da, 2 * log2 * da]], "float64"),
                 tensor(np.array([[-13], [6], [7]]) / 24 * 3 / 5, "float64")))
test_by_hand(torch_gradients)
# %%
""" # BEGIN TEST CONFIG
name: random networks and batches
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(torch_gradients):
    from autograder.checks import expect, rng, tensor
    from autograder.misconceptions.feedforward import torch_gradients as mistakes
    from llmcourse.feedforward.network import Network, gradients
    random = rng()
    for size, d, n, d_h, batch in [(7, 2, 3, 5, 4), (6, 3, 2, 4, 6), (5, 2, 4, 3, 1)]:
        E, W, U = random.normal(size=(size, d)), random.normal(size=(d_h, n * d)), random.normal(size=(size, d_h))
        contexts, targets = random.integers(0, size, (batch, n)), random.integers(0, size, batch)
        contexts[0, 0], contexts[-1, -1], targets[0] = 0, 0, 0
        want = tuple(tensor(part, "float64") for part in gradients(Network(E, W, U), contexts, targets)[1])
        given = [tensor(theta, "float64") for theta in (E, W, U)] + [tensor(ids, "int64") for ids in (contexts, targets)]
        expect(torch_gradients, *given, want=want, mistakes=mistakes, atol=1e-6, rtol=1e-6)
test_random(torch_gradients)
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
# **Question 11. A window of a thousand words** · 20 minutes · ★★☆ · chapter sections *What is stored*, *What the window sees*
# and *A weight for every slot* · read by a person
#
# A classmate writes: "The network with a window of three words forgets who the story is about. So let us make the window 1,000
# words. A count table for that would be impossible, but our network handles it, and then it sees everything."
#
# The vocabulary has V = 483 words, d = 32 and d_h = 128. In at most 200 words: (a) Give two numbers: how many numbers W then
# has, and how many cells a full table of contexts of *three* words and their next words has. (b) What is right in what your
# classmate says about counts? (c) Each of the 1,000 slots has its own block of weights. Why does that hurt, above all for rare
# words? (d) What does a window of any fixed length still not see?
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) W has d_h · n · d = 128 · 1,000 · 32 ≈ 4.1 million numbers; all the rest of the network stays as it is.
# A full table for three words and the next one has 483⁴ ≈ 5.4·10¹⁰ cells. (b) A count of zero is no trouble to the network: it
# stores no n-grams, computes a probability from vectors for every window, seen or not, and none is 0. A window of 1,000 words
# never comes again, so counting could say nothing about it. (c) What W learned about a word in one slot it does not know in
# another: the same name 500 words ago or 501 words ago meets other weights, and has to be seen in each slot (only its row of
# E is shared). A rare word never stands in most of the slots, so there its weights are noise; and 4.1 million weights want
# more text. (d) Whatever lies before the window: change it, and not one bit of the prediction changes. Texts can be longer
# than any window.
#
# **Rubric (4 points).**
#
# - 1 point, (a): both numbers, ½ each (4.1·10⁶ or 4,096,000; 5.4·10¹⁰).
# - 1 point, (b): no zeros because nothing is looked up by count; ½ for "long contexts do not repeat" alone.
# - 1 point, (c): no sharing between slots, so everything must be learned in every slot; ½ if rare words are not mentioned.
# - 1 point, (d): what is before the window has no influence at all; ½ for "long dependencies are hard".
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
