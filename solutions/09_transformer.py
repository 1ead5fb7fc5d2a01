# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 09_transformer
# config_file: assign.yml
# %% [markdown]
# # Unit 09: the transformer
#
# You write the parts of a transformer one after the other, put them together into blocks of an encoder and a decoder and into a
# language model, and count what all of it costs beside a recurrent network. Questions 1 to 12 are checked by the computer,
# question 13 is read by a person. About three and a half hours in all; the first five minutes are easy.
#
# In every question
#
# - B texts are worked on at once, and each has N words (or T, or M in the target language). Arrays have the **texts on their
#   first axis, the words on their second**, and the d features of a word on the last: `X` of shape (B, N, d). All sizes are
#   different numbers in general, all at least 1, and you read them off the shapes;
# - a **matrix of weights has a row for each output**, as torch keeps it: `W` of shape (d_out, d_in). For one word, whose x is a
#   column, that is W x. In arrays, with one row for each word, it is x Wᵀ;
# - **positions** and features are counted from 0;
# - a **mask** is a Boolean array, `True` where something may be looked at. A mask of shape (B, N) says where a text has a word
#   and where it was only filled up; every text has at least one word, and what stands at places that were filled up has no
#   influence on what the words get;
# - logarithms are natural, an array of floats has dtype float64, and where a float or an int is asked for, a NumPy one counts
#   as well. Nothing small is added "for safety" where the text does not say so;
# - arguments are NumPy arrays where nothing else is said. Your function returns new objects and leaves its arguments as they
#   were (of tensors, the numbers).
#
# Numbers are compared with a tolerance of one in a billion (question 12: one in a million). You may call your own functions
# from earlier questions, and import NumPy and the standard library; torch only in question 12. Questions 6, 7 and 12 may use
# what you wrote in questions 1, 2 and 5 and inherit its mistakes, so mend those first.
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
# **Question 1. Each position by itself** · 5 minutes · ★☆☆ · chapter section *Something to think with*
#
# Write `feed_forward(X, W_1, b_1, W_2, b_2)`, the network that follows the attention in every block. It works on each word by
# itself, and on all words with the same weights:
#
# m = W_2 ReLU(W_1 x + b_1) + b_2,  where ReLU(a) = max(a, 0), entry by entry.
#
# - `X`: (B, N, d). `W_1`: (d_ff, d), `b_1`: (d_ff,), `W_2`: (d, d_ff), `b_2`: (d,).
# - Returns a float array of shape (B, N, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def feed_forward(X, W_1, b_1, W_2, b_2):
    """W_2 ReLU(W_1 x + b_1) + b_2 for every word: a float array (B, N, d)."""
    # BEGIN SOLUTION
    hidden = np.maximum(X @ W_1.T + b_1, 0)                 # (B, N, d_ff)
    return hidden @ W_2.T + b_2                             # (B, N, d)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: one text of two words, and two texts, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(feed_forward):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import feed_forward as mistakes
    # Before the ReLU: (2, -1, 2) + (-1, -1, 3) = (1, -2, 5) for the first word, (-3, 3, 0) + (-1, -1, 3) = (-4, 2, 3) for the
    # second. After it: (1, 0, 5) and (0, 2, 3)
    X, W_1, W_2 = np.array([[[2.0, -1], [-3, 3]]]), np.array([[1.0, 0], [0, 1], [2, 2]]), np.array([[1.0, -2, 1], [2, 1, -1]])
    expect(feed_forward, X, W_1, np.array([-1.0, -1, 3]), W_2, np.array([1.0, -1]), mistakes=mistakes,
           want=np.array([[[7.0, -4], [0, -2]]]))
    # As many words as features, and as many hidden numbers. Before the ReLU: (5, 2) + (-9/2, -3) = (1/2, -1) and
    # (-2, -1) + (-9/2, -3) = (-13/2, -4), then (10, 4) + (-9/2, -3) = (11/2, 1) and (-1, 0) + (-9/2, -3) = (-11/2, -3)
    X = np.array([[[1.0, 2], [0, -1]], [[2, 4], [-1, 0]]])
    W_1, W_2 = np.array([[1.0, 2], [0, 1]]), np.array([[1.0, 0], [3, -1]])
    expect(feed_forward, X, W_1, np.array([-4.5, -3]), W_2, np.array([-2.0, 5]), mistakes=mistakes,
           want=np.array([[[-1.5, 6.5], [-2, 5]], [[3.5, 20.5], [-2, 5]]]))
test_by_hand(feed_forward)
# %%
""" # BEGIN TEST CONFIG
name: random texts and weights of several sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(feed_forward):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import feed_forward as mistakes
    random = rng()
    for batch, N, d, d_ff in [(2, 4, 3, 3), (3, 2, 4, 7), (2, 3, 3, 3), (1, 5, 2, 8), (4, 1, 3, 2), (2, 3, 5, 5), (1, 1, 2, 1)]:
        X, b_1, b_2 = random.normal(size=(batch, N, d)), random.normal(size=d_ff), random.normal(size=d)
        W_1, W_2 = random.normal(size=(d_ff, d)), random.normal(size=(d, d_ff))
        before = np.einsum("btd,fd->btf", X, W_1) + b_1
        want = np.einsum("btf,df->btd", before * (before > 0), W_2) + b_2
        expect(feed_forward, X, W_1, b_1, W_2, b_2, want=want, mistakes=mistakes)
test_random(feed_forward)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 3
# %% [markdown]
# **Question 2. Where a word stands** · 15 minutes · ★★☆ · chapter section *Positions*
#
# Write `sinusoids(positions, d)`: the vectors p_i that say where a word stands. They are made of d/2 waves, j = 0, 1, … d/2 −
# 1. At position i
#
# entry 2j is sin(i/10000^(2j/d)),  entry 2j + 1 is cos(i/10000^(2j/d)).
#
# Sine and cosine of one wave stand next to each other and have the **same** exponent. j counts waves, not entries, and from
# 0 (on a slide from 1, which leaves the fastest wave out).
#
# - `positions`: whole numbers, at least 0, (n,), in any order, not always 0, 1, 2, …. `d`: an even whole number, at least 2.
# - Returns a float array of shape (n, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def sinusoids(positions, d):
    """A row of sines and cosines for each position: a float array (n, d)."""
    # BEGIN SOLUTION
    angles = positions[:, None] / 10000.0 ** (np.arange(0, d, 2) / d)             # (n, d/2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(positions), d)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two waves and four, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(sinusoids):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import sinusoids as mistakes
    # 10000^(2j/4) is 1 and 100
    sin, cos = np.sin, np.cos
    expect(sinusoids, np.array([1, 0, 5]), 4, mistakes=mistakes,
           want=np.array([[sin(1), cos(1), sin(.01), cos(.01)], [0, 1, 0, 1], [sin(5), cos(5), sin(.05), cos(.05)]]))
    # 10000^(2j/8) is 1, 10, 100 and 1000
    expect(sinusoids, np.array([30]), 8, mistakes=mistakes,
           want=np.array([[sin(30), cos(30), sin(3), cos(3), sin(.3), cos(.3), sin(.03), cos(.03)]]))
test_by_hand(sinusoids)
# %%
""" # BEGIN TEST CONFIG
name: random positions, several widths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(sinusoids):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import sinusoids as mistakes
    random = rng()
    for n, d in [(4, 6), (1, 8), (6, 4), (3, 2), (5, 12), (6, 6)]:
        positions = random.permutation(np.arange(2, 200))[:n]
        if n > 2:
            positions[1] = 0
        want = np.zeros((n, d))
        for row, i in zip(want, positions.tolist(), strict=True):
            for j in range(d // 2):
                angle = i * math.exp(-math.log(10000) * 2 * j / d)
                row[2 * j], row[2 * j + 1] = math.sin(angle), math.cos(angle)
        expect(sinusoids, positions, d, want=want, mistakes=mistakes)
test_random(sinusoids)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3
# %% [markdown]
# **Question 3. k words further** · 15 minutes · ★★☆ · chapter section *Positions*
#
# Why sines *and* cosines? Because one step further is then the same map everywhere: there is a matrix M that depends on k
# alone, with
#
# p_{i+k} = p_i M  for every position i,
#
# where the p_i are the **rows** of question 2. Write `shift_matrix(k, d)`, which returns this M.
#
# - With ω_j = 1/10000^(2j/d), wave j goes from the pair (sin iω_j, cos iω_j) to (sin (i + k)ω_j, cos (i + k)ω_j), and
#   sin(a + b) = sin a cos b + cos a sin b, cos(a + b) = cos a cos b − sin a sin b. No wave takes part in another one.
# - `k`: a whole number, which may be 0 or negative. `d`: an even whole number, at least 2.
# - Returns a float array of shape (d, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def shift_matrix(k, d):
    """M with p_{i+k} = p_i M for every i: a float array (d, d)."""
    # BEGIN SOLUTION
    M = np.zeros((d, d))
    for j in range(d // 2):
        angle = k / 10000.0 ** (2 * j / d)
        sin, cos = np.sin(angle), np.cos(angle)
        M[2 * j:2 * j + 2, 2 * j:2 * j + 2] = [[cos, -sin], [sin, cos]]
    return M
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two waves, three words on and two words back, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(shift_matrix):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import shift_matrix as mistakes
    sin, cos = np.sin, np.cos
    expect(shift_matrix, 3, 4, mistakes=mistakes,
           want=np.array([[cos(3), -sin(3), 0, 0], [sin(3), cos(3), 0, 0],
                          [0, 0, cos(.03), -sin(.03)], [0, 0, sin(.03), cos(.03)]]))
    expect(shift_matrix, -2, 4, mistakes=mistakes,
           want=np.array([[cos(2), sin(2), 0, 0], [-sin(2), cos(2), 0, 0],
                          [0, 0, cos(.02), sin(.02)], [0, 0, -sin(.02), cos(.02)]]))
    expect(shift_matrix, 0, 4, want=np.eye(4), mistakes=mistakes)
test_by_hand(shift_matrix)
# %%
""" # BEGIN TEST CONFIG
name: random steps forward and back, several widths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(shift_matrix):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import shift_matrix as mistakes
    random = rng()
    for d, sign in [(6, 1), (4, -1), (2, 1), (8, 1), (10, -1), (6, 0)]:
        k = int(sign * random.integers(2, 40))
        turns = np.exp(1j * k * 10000.0 ** (-2 * np.arange(d // 2) / d))           # (d/2,)
        want = np.kron(np.diag(turns.real), np.eye(2)) + np.kron(np.diag(turns.imag), [[0, -1], [1, 0]])
        expect(shift_matrix, k, d, want=want, mistakes=mistakes)
test_random(shift_matrix)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. Queries that turn** · 15 minutes · ★★☆ · chapter section *Positions*
#
# Rotary positions add nothing to a word. They **turn** queries and keys by angles that grow with their position, so that a dot
# product of a query at i and a key at j depends on i − j alone. Write `rotate(X, positions)`, which does that to one text.
#
# - `X`: the queries (or keys) of one text, (N, d) with an even d. `positions`: whole numbers, at least 0, (N,), in any order:
#   row t of X stands at `positions[t]`.
# - Features 2j and 2j + 1, **neighbours**, are the two coordinates of a point in a plane. At position i it is turned by the
#   angle a = i/10000^(2j/d), counterclockwise: (u, v) becomes (u cos a − v sin a, u sin a + v cos a), in the same two places.
# - Returns a float array of shape (N, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def rotate(X, positions):
    """Every pair of neighbours turned by the angle of its position: a float array (N, d)."""
    # BEGIN SOLUTION
    waves = sinusoids(positions, X.shape[1])                # (N, d): sine, cosine, sine, …
    sin, cos = waves[:, 0::2], waves[:, 1::2]               # (N, d/2)
    u, v = X[:, 0::2], X[:, 1::2]                           # (N, d/2)
    turned = np.empty(X.shape)
    turned[:, 0::2], turned[:, 1::2] = u * cos - v * sin, u * sin + v * cos
    return turned
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three words of four features, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(rotate):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import rotate as mistakes
    sin, cos = np.sin, np.cos
    # Angles 1 and 0.01, then 0 and 0, then 7 and 0.07
    expect(rotate, np.array([[1.0, 0, 1, 0], [1, 2, 3, 4], [0, 1, 2, -1]]), np.array([1, 0, 7]), mistakes=mistakes,
           want=np.array([[cos(1), sin(1), cos(.01), sin(.01)], [1, 2, 3, 4],
                          [-sin(7), cos(7), 2 * cos(.07) + sin(.07), 2 * sin(.07) - cos(.07)]]))
test_by_hand(rotate)
# %%
""" # BEGIN TEST CONFIG
name: random words and positions, several widths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(rotate):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import rotate as mistakes
    random = rng()
    for N, d in [(4, 6), (1, 8), (6, 4), (3, 2), (4, 4), (6, 6)]:
        X, positions = random.normal(size=(N, d)), random.permutation(np.arange(2, 100))[:N]
        if N > 2:
            positions[1] = 0
        points = (X[:, 0::2] + 1j * X[:, 1::2]) * np.exp(1j * np.outer(positions, 10000.0 ** (-2 * np.arange(d // 2) / d)))
        want = np.stack([points.real, points.imag], axis=2).reshape(N, d)
        expect(rotate, X, positions, want=want, mistakes=mistakes)
test_random(rotate)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. Centred and scaled** · 10 minutes · ★☆☆ · chapter section *Back to size*
#
# Write `layer_norm(X, gain, bias, epsilon)`. From the d features x_1 … x_d of **one word** come
#
# μ = 1/d Σ_i x_i,  σ² = 1/d Σ_i (x_i − μ)²,  and as the new x_i  (x_i − μ)/√(σ² + ε) · gain_i + bias_i
#
# so σ² is divided by d and not by d − 1, and ε stands *inside* the root, as in torch (a slide has (x − μ)/(σ + ε)).
#
# - `X`: (B, N, d). `gain` and `bias`: (d,). `epsilon`: the ε, a float greater than 0, not always a small one.
# - All features of a word may be equal, and they may be tiny.
# - Returns a float array of shape (B, N, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def layer_norm(X, gain, bias, epsilon):
    """Every word centred and scaled, then stretched and moved: a float array (B, N, d)."""
    # BEGIN SOLUTION
    deviations = X - X.mean(axis=-1, keepdims=True)                                # (B, N, d)
    variance = (deviations**2).mean(axis=-1, keepdims=True)                        # (B, N, 1)
    return deviations / np.sqrt(variance + epsilon) * gain + bias
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: words of four features and of two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(layer_norm):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import layer_norm as mistakes
    # Variances 20, 4 and 0 in the first text, 4, 20 and 4 in the second; with ε = 5 the roots are 5, 3 and √5
    X = np.array([[[4.0, 8, 12, 16], [3, 7, 3, 7], [6, 6, 6, 6]], [[-1, 3, 3, -1], [16, 4, 12, 8], [0, 0, 4, 4]]])
    normed = np.array([[[-6 / 5, -2 / 5, 2 / 5, 6 / 5], [-2 / 3, 2 / 3, -2 / 3, 2 / 3], [0, 0, 0, 0]],
                       [[-2 / 3, 2 / 3, 2 / 3, -2 / 3], [6 / 5, -6 / 5, 2 / 5, -2 / 5], [-2 / 3, -2 / 3, 2 / 3, 2 / 3]]])
    gain, bias = np.array([1.0, 2, -1, 3]), np.array([0.0, 1, 2, -1])
    expect(layer_norm, X, gain, bias, 5.0, want=normed * [1, 2, -1, 3] + [0, 1, 2, -1], mistakes=mistakes)
    # σ = 0.0005 is small beside √ε
    out = 0.0005 / np.sqrt(0.0005**2 + 1e-5)
    expect(layer_norm, np.array([[[0, 0.001]]]), np.ones(2), np.zeros(2), 1e-5, mistakes=mistakes,
           want=np.array([[[-out, out]]]))
test_by_hand(layer_norm)
# %%
""" # BEGIN TEST CONFIG
name: random texts of several sizes, tiny features and equal ones
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(layer_norm):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import layer_norm as mistakes
    random = rng()
    for batch, N, d, epsilon in [(2, 3, 4, 1e-5), (3, 3, 3, 0.3), (1, 4, 6, 2.0), (4, 1, 2, 1e-3), (2, 2, 5, 0.7),
                                 (1, 1, 3, 0.1)]:
        X = random.normal(size=(batch, N, d)) * random.uniform(0.5, 3, (batch, N, 1)) + random.uniform(1, 4, (batch, N, 1))
        if batch * N > 2:
            X[0, 0] = X[0, 0, 0]                                        # nothing deviates
            X[-1, -1] = X[-1, -1] / 1000                                # σ is about as small as √ε, or smaller
        gain, bias = random.uniform(0.5, 2, d) * random.permutation([1, -1] * d)[:d], random.uniform(0.5, 2, d)
        want = np.zeros(X.shape)
        for b in range(batch):
            for t in range(N):
                mean = sum(X[b, t].tolist()) / d
                variance = sum((x - mean) ** 2 for x in X[b, t].tolist()) / d
                want[b, t] = [(x - mean) / (variance + epsilon) ** 0.5 for x in X[b, t].tolist()]
        expect(layer_norm, X, gain, bias, epsilon, want=want * gain + bias, mistakes=mistakes)
test_random(layer_norm)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [markdown]
# Unit 08's attention is given here, with all its heads, for the two questions that follow. Run the cell and leave it as it is.
# %%
def attend(asking, asked, weights, heads, mask):
    """Multi-head attention: queries from ``asking`` (B, N, d), keys and values from ``asked`` (B, M, d); returns (B, N, d).

    weights: a tuple (W_q, W_k, W_v, W_o) of four arrays (d, d). mask: Boolean, True where a query may look at a key; its shape
    is (B, N, M), or has a 1 for B or for N, or has two axes only, (N, M), for all texts alike.
    """
    W_q, W_k, W_v, W_o = weights

    def split(X):
        return X.reshape(*X.shape[:2], heads, -1).transpose(0, 2, 1, 3)            # (B, heads, …, d/heads)

    Q, K, V = split(asking @ W_q.T), split(asked @ W_k.T), split(asked @ W_v.T)
    S = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])                              # (B, heads, N, M)
    S = np.where(mask[..., None, :, :], S, -np.inf)
    A = np.exp(S - S.max(axis=-1, keepdims=True))
    A = A / A.sum(axis=-1, keepdims=True)
    return (A @ V).transpose(0, 2, 1, 3).reshape(asking.shape) @ W_o.T             # (B, N, d)
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 4
# %% [markdown]
# **Question 6. A block** · 20 minutes · ★★☆ · chapter section *The encoder block*
#
# Write `encoder_block(X, p, heads, mask, norm, epsilon)`: attention, then the feed-forward network, each with a **residual**
# and a layer normalisation LN. There are two ways to arrange them:
#
# - `norm` is `"pre"`: x ← x + f(LN(x)), as models of today have it. What is added to is x itself, not LN(x);
# - `norm` is `"post"`: x ← LN(x + f(x)), as in the first transformer and on the slides.
#
# This is done with f = attention and LN = LN_1, and then, to what that gave, with f = feed-forward network and LN = LN_2.
# Nothing follows.
#
# - `X`: (B, N, d). `heads`: a whole number. `epsilon`: of both LN.
# - `p`: a dictionary of tuples of arrays: `p["attention"]` is (W_q, W_k, W_v, W_o), `p["feed_forward"]` is (W_1, b_1, W_2,
#   b_2), `p["norm_1"]` and `p["norm_2"]` are (gain, bias). So `feed_forward(X, *p["feed_forward"])` is a call of question 1.
# - `mask`: (B, N), where a text has a word. No word looks at a place that was filled up. What stands at filled-up places goes
#   through the block like any word and may look at all words of its text; its rows are checked, too. `attend` wants a mask with
#   three axes here.
# - Returns a float array of shape (B, N, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def encoder_block(X, p, heads, mask, norm, epsilon):
    """Self-attention and feed-forward network, with residuals and norms: a float array (B, N, d)."""
    # BEGIN SOLUTION
    def attention(x):
        return attend(x, x, p["attention"], heads, mask[:, None, :])               # (B, 1, N): a mask of keys

    def position_wise(x):
        return feed_forward(x, *p["feed_forward"])

    def normed(x, name):
        return layer_norm(x, *p[name], epsilon)

    if norm == "pre":
        X = X + attention(normed(X, "norm_1"))
        return X + position_wise(normed(X, "norm_2"))
    X = normed(X + attention(X), "norm_1")
    return normed(X + position_wise(X), "norm_2")
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: texts of two words and of one, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(encoder_block):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import encoder_block as mistakes
    # All scores are 0: everybody gets the mean of both words. With ε = 16 (1, 7) is normed to (-3/5, 3/5), and (4, 4) to (0, 0)
    X, mask, zero = np.array([[[1.0, 7], [4, 4], [50, 56]]]), np.array([[True, True, False]]), np.zeros((2, 2))
    network = (np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([0.0, 2, -1]), np.array([[1.0, -1, 3], [2, 2, 1]]),
               np.array([5.0, 5]))
    p = {"attention": (zero, zero, np.array([[2.0, 1], [0, 1]]), np.array([[1.0, 2], [1, 0]])), "feed_forward": network,
         "norm_1": (np.array([5.0, 10]), np.array([1.0, 0])), "norm_2": (np.array([10.0, 5]), np.array([0.0, 1]))}
    # LN_1 gives (-2, 6) and (1, 0), in the mean (-1/2, 3); W_v makes (2, 3) of it, W_o (8, 2): the sums are (9, 9), (12, 6),
    # (58, 58). LN_2 gives (0, 1), (6, -2), (0, 1); the network (2, 11), (20, 20), (2, 11)
    expect(encoder_block, X, p, 1, mask, "pre", 16.0, want=np.array([[[11.0, 20], [32, 26], [60, 69]]]), mistakes=mistakes)
    # The mean (5/2, 11/2) becomes (5, 11), then (16, 10): the sums are (17, 17), (20, 14), (66, 66), normed (1, 0), (4, -6),
    # (1, 0). The network adds (4, 11), (9, 13), (4, 11): (5, 11), (13, 7), (5, 11)
    p["attention"] = (zero, zero, 2 * np.eye(2), np.array([[1.0, 1], [2, 0]]))
    # In a second text of one word, that word becomes (2, 14), then (16, 4): the sums are (17, 11), (18, 18), (46, 40)
    X, mask = np.concatenate([X, [[[1.0, 7], [2, 14], [30, 36]]]]), np.array([[True, True, False], [True, False, False]])
    expect(encoder_block, X, p, 1, mask, "post", 16.0, mistakes=mistakes,
           want=np.array([[[-6.0, 4], [6, -2], [-6, 4]], [[6, -2], [-6, 4], [6, -2]]]))
test_by_hand(encoder_block)
# %%
""" # BEGIN TEST CONFIG
name: random blocks of several sizes, both norms
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(encoder_block):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import encoder_block as mistakes
    from llmcourse.attention import multi_head
    random = rng()

    def normed(X, gain, bias, epsilon):
        rows = X.reshape(-1, X.shape[-1]).T
        return ((rows - rows.mean(axis=0)) / (rows.var(axis=0) + epsilon) ** 0.5).T.reshape(X.shape) * gain + bias

    for norm, lengths, d, heads, d_ff in [("pre", [3, 4], 4, 2, 5), ("post", [4, 2, 3], 6, 3, 6), ("post", [3], 3, 1, 7),
                                          ("pre", [2, 5, 1], 6, 2, 3), ("pre", [4, 4, 3, 2], 4, 4, 4),
                                          ("post", [2, 3], 4, 2, 8)]:
        N, epsilon = max(lengths), float(random.choice([0.1, 0.3]))
        X, mask = 2 * random.normal(size=(len(lengths), N, d)), np.arange(N) < np.array(lengths)[:, None]
        p = {"attention": tuple(random.normal(size=(d, d)) for _ in range(4)),
             "feed_forward": (random.normal(size=(d_ff, d)), random.normal(size=d_ff), random.normal(size=(d, d_ff)),
                              random.normal(size=d))}
        for name in ("norm_1", "norm_2"):
            p[name] = random.uniform(0.5, 1.5, d), random.normal(size=d)
        matrices, (W_1, b_1, W_2, b_2) = [W.T for W in p["attention"]], p["feed_forward"]

        def attention(Y, matrices=matrices, heads=heads, mask=mask):
            return multi_head(Y, *matrices, heads, mask[:, None, None, :]).output

        def network(Y, W_1=W_1, b_1=b_1, W_2=W_2, b_2=b_2):
            return np.clip(Y @ W_1.T + b_1, 0, None) @ W_2.T + b_2

        if norm == "pre":
            middle = X + attention(normed(X, *p["norm_1"], epsilon))
            want = middle + network(normed(middle, *p["norm_2"], epsilon))
        else:
            middle = normed(X + attention(X), *p["norm_1"], epsilon)
            want = normed(middle + network(middle), *p["norm_2"], epsilon)
        expect(encoder_block, X, p, heads, mask, norm, epsilon, want=want, mistakes=mistakes)
test_random(encoder_block)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 4
# %% [markdown]
# **Question 7. A block that also reads the source** · 20 minutes · ★★★ · chapter section *The decoder block*
#
# Write `decoder_block(Z, H, p, heads, source_mask, epsilon)`, one block of a decoder that writes a translation. All its
# normalisations stand behind the residual (`"post"` of question 6). In this order:
#
# 1. masked self-attention: each word of the translation looks at itself and at the words **before** it (a mask (M, M) will do
#    for all texts);
# 2. cross-attention: the words of the translation ask, the encoder's states give keys **and** values. Every word may look at
#    every word of its source;
# 3. the feed-forward network.
#
# - `Z`: the translations so far, (B, M, d), all of the same length. `H`: what the encoder made of the sources, (B, N, d), used
#   as it is. `source_mask`: (B, N), where a source has a word.
# - `p`: as in question 6, with `p["self"]` and `p["cross"]` for the two attentions, (W_q, W_k, W_v, W_o) each,
#   `p["feed_forward"]`, and `p["norm_1"]`, `p["norm_2"]`, `p["norm_3"]`, one for each step. `epsilon`: of all three.
# - Returns a float array of shape (B, M, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def decoder_block(Z, H, p, heads, source_mask, epsilon):
    """Masked self-attention, cross-attention, feed-forward network, each with residual and norm: a float array (B, M, d)."""
    # BEGIN SOLUTION
    causal = np.tri(Z.shape[1], dtype=bool)                                        # (M, M): j ≤ i
    Z = layer_norm(Z + attend(Z, Z, p["self"], heads, causal), *p["norm_1"], epsilon)
    Z = layer_norm(Z + attend(Z, H, p["cross"], heads, source_mask[:, None, :]), *p["norm_2"], epsilon)
    return layer_norm(Z + feed_forward(Z, *p["feed_forward"]), *p["norm_3"], epsilon)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a translation of two words by hand, two of three words in numbers
points: 1
""" # END TEST CONFIG
def test_by_hand(decoder_block):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import decoder_block as mistakes
    # All scores are 0: everybody gets the mean of what may be looked at. ε = 16, as in question 6
    Z, H, zero = np.array([[[1.0, 7], [4, 4]]]), np.array([[[2.0, 4], [4, 0], [9, 10]]]), np.zeros((2, 2))
    network = (np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([0.0, 2, -1]), np.array([[1.0, -1, 3], [2, 2, 1]]),
               np.array([5.0, 5]))
    p = {"self": (zero, zero, 2 * np.eye(2), np.array([[1.0, 2], [1, 2]])),
         "cross": (zero, zero, np.array([[1.0, 1], [1, -1]]), np.array([[2.0, 1], [1, 0]])), "feed_forward": network,
         "norm_1": (np.array([15.0, -5]), np.array([1.0, 1])), "norm_2": (np.array([5.0, 10]), np.array([1.0, 0])),
         "norm_3": (np.array([10.0, 5]), np.array([0.0, 1]))}
    # 1. The means (1, 7) and (5/2, 11/2) become (2, 14) and (5, 11), then (30, 30) and (27, 27); the sums (31, 37) and (31, 31)
    #    are normed to (-8, -2) and (1, 1)
    # 2. The mean (3, 2) of the source becomes (5, 1), then (11, 5); the sums (3, 3) and (12, 6) are normed to (1, 0), (4, -6)
    # 3. The network adds (4, 11) and (9, 13); the sums (5, 11) and (13, 7) are normed
    mask = np.array([[True, True, False]])
    expect(decoder_block, Z, H, p, 1, mask, 16.0, want=np.array([[[-6.0, 4], [6, -2]]]), mistakes=mistakes)
    # Two heads whose scores differ: three words of four features, in numbers that nobody works out by hand
    Z = np.array([[[2.0, 0, 1, -1], [0, 1, -2, 1], [-1, -1, 0, 2]], [[0, 1, -2, 1], [1, 1, 0, 3], [2, 0, 1, -1]]])
    H = np.array([[[0.0, 2, 1, 0], [1, -1, 0, 2], [3, 0, -2, 1]], [[3, 0, -2, 1], [0, 1, 1, 0], [2, -1, 1, 1]]])
    mask = np.array([[True, True, False], [True, True, True]])
    own = np.array([[[1.0, 0, 1, 0], [0, 1, 0, -1], [1, 1, 0, 0], [0, 0, 2, 1]],
                    [[0, 1, 0, 1], [2, 0, 1, 0], [0, -1, 1, 0], [1, 0, 0, 1]],
                    [[1, 2, 0, 0], [0, 1, 0, 1], [-1, 0, 1, 0], [0, 0, 1, 2]],
                    [[1, 0, 0, 1], [0, 0, 2, 0], [1, 1, 0, 0], [0, 1, -1, 0]]])
    p = {"self": tuple(own), "cross": tuple(own[::-1, ::-1]),
         "feed_forward": (np.array([[1.0, 0, -1, 0], [0, 1, 0, 2], [-2, 1, 0, 0]]), np.array([1.0, 0, -1]),
                          np.array([[1.0, 0, 0], [0, 1, 1], [-1, 0, 2], [0, 2, 0]]), np.array([0.0, 1, 0, 2])),
         "norm_1": (np.array([1.0, 2, 1, 3]), np.array([0.0, 1, -1, 0])),
         "norm_2": (np.array([2.0, 1, -1, 1]), np.array([1.0, 0, 0, 2])),
         "norm_3": (np.array([1.0, -2, 2, 1]), np.array([0.0, 3, 0, -1]))}
    want = np.array([[[0.695959786, 3.431934540, -3.016704573, 0.028359770],
                      [-0.495194636, 2.962413556, -2.184493833, 0.568648330],
                      [-0.655399016, 2.950678327, -1.934646573, 0.598061466]],
                     [[-0.285739905, 3.170765424, -2.365267015, 0.553756124],
                      [-0.094740101, 3.234120645, -2.561063845, 0.492332346],
                      [-0.065062632, 3.252458808, -2.583816480, 0.483200276]]])
    expect(decoder_block, Z, H, p, 2, mask, 1.0, want=want, mistakes=mistakes, atol=1e-6, rtol=1e-6)
test_by_hand(decoder_block)
# %%
""" # BEGIN TEST CONFIG
name: random blocks of several sizes
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(decoder_block):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import decoder_block as mistakes
    from llmcourse.attention import causal_mask, multi_head
    random = rng()

    def normed(X, gain, bias, epsilon):
        rows = X.reshape(-1, X.shape[-1]).T
        return ((rows - rows.mean(axis=0)) / (rows.var(axis=0) + epsilon) ** 0.5).T.reshape(X.shape) * gain + bias

    for M, lengths, d, heads, d_ff in [(3, [2, 4], 4, 2, 5), (4, [4, 2, 3], 6, 3, 6), (2, [3], 3, 1, 7),
                                       (5, [2, 5, 1], 6, 2, 3), (4, [4, 4, 3, 2], 4, 4, 4), (1, [2, 3], 4, 2, 8)]:
        N, epsilon = max(lengths), float(random.choice([0.1, 0.3]))
        Z, H = 2 * random.normal(size=(len(lengths), M, d)), 2 * random.normal(size=(len(lengths), N, d))
        mask = np.arange(N) < np.array(lengths)[:, None]
        p = {name: tuple(random.normal(size=(d, d)) for _ in range(4)) for name in ("self", "cross")}
        p["feed_forward"] = (random.normal(size=(d_ff, d)), random.normal(size=d_ff), random.normal(size=(d, d_ff)),
                             random.normal(size=d))
        for name in ("norm_1", "norm_2", "norm_3"):
            p[name] = random.uniform(0.5, 1.5, d), random.normal(size=d)
        W_1, b_1, W_2, b_2 = p["feed_forward"]
        own, cross = ([W.T for W in p[name]] for name in ("self", "cross"))
        first = normed(Z + multi_head(Z, *own, heads, causal_mask(M)).output, *p["norm_1"], epsilon)
        read = multi_head(first, *cross, heads, mask[:, None, None, :], memory=H).output
        second = normed(first + read, *p["norm_2"], epsilon)
        want = normed(second + np.clip(second @ W_1.T + b_1, 0, None) @ W_2.T + b_2, *p["norm_3"], epsilon)
        expect(decoder_block, Z, H, p, heads, mask, epsilon, want=want, mistakes=mistakes)
test_random(decoder_block)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 3
# %% [markdown]
# **Question 8. From vectors to words** · 10 minutes · ★★☆ · chapter section *From a vector to a word*
#
# At each place the decoder ends with a vector ŷ, and the table E of embeddings, a row for each word, turns it into a
# distribution: word w has the score z_w = (row w of E) · ŷ, a **dot product**, and p = softmax(z). "ŷ is to be close to the
# embedding of the next word" means close in that sense; the nearest row may be another one. Write
# `next_token_log_probabilities(Y, E)`.
#
# - `Y`: the vectors ŷ of one text, (T, d). `E`: (V, d). Scores may be around a thousand, on both sides of 0; the answer stays
#   finite there.
# - Returns a float array of shape (T, V): ln p of every word at every place.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def next_token_log_probabilities(Y, E):
    """ln softmax(E ŷ) at every place: a float array (T, V)."""
    # BEGIN SOLUTION
    Z = Y @ E.T                                                                    # (T, V)
    Z = Z - Z.max(axis=1, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four words, two words, and scores of a thousand, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(next_token_log_probabilities):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.transformer import next_token_log_probabilities as mistakes
    log2, log3 = np.log([2, 3])
    # e^z is 2, 3, 6, 1/2 at the first place, 1/2, 3, 3/2, 2 at the second
    E = np.array([[1.0, 0], [0, 1], [1, 1], [-1, 0]])
    expect(next_token_log_probabilities, np.array([[log2, log3], [-log2, log3]]), E, mistakes=mistakes,
           want=np.log([[4 / 23, 6 / 23, 12 / 23, 1 / 23], [1 / 14, 6 / 14, 3 / 14, 4 / 14]]))
    # As many words as features: e^z is 18 and 3
    expect(next_token_log_probabilities, np.array([[log2, log3]]), np.array([[1.0, 2], [0, 1]]), mistakes=mistakes,
           want=np.log([[18 / 21, 3 / 21]]))
    expect(next_token_log_probabilities, np.array([[1000.0, 0]]), E, mistakes=mistakes,
           want=np.array([[0, -1000, 0, -2000]]) - log2)
    expect(next_token_log_probabilities, np.array([[1000.0, 0], [-1000, 0]]), np.array([[1.0, 5], [2, 7]]), mistakes=mistakes,
           want=np.array([[-1000.0, 0], [0, -1000]]))
test_by_hand(next_token_log_probabilities)
# %%
""" # BEGIN TEST CONFIG
name: random vectors and tables of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(next_token_log_probabilities):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import next_token_log_probabilities as mistakes
    from llmcourse.gradient_descent import log_softmax
    random = rng()
    for T, d, size, scale in [(3, 4, 6, 1), (5, 3, 3, 1), (1, 2, 5, 1), (4, 4, 4, 1), (6, 1, 6, 1), (2, 3, 7, 1000),
                              (3, 2, 4, -1000)]:
        Y, E = random.normal(size=(T, d)), random.normal(size=(size, d)) * random.uniform(0.3, 2, (size, 1))
        if scale > 1:                                                   # a thousand on both sides, whatever is drawn
            Y[:, 0], E[:2, 0], E[:2, 1:] = scale, [1, -1], 0
        if scale < 0:                                                   # all scores of a place far below those of another
            Y[:, 0], E[:, 0] = [-scale, scale, 0], random.permutation(4) + 1
        want = np.array([log_softmax(np.array([float(row @ y) for row in E])) for y in Y])
        expect(next_token_log_probabilities, Y, E, want=want, mistakes=mistakes)
test_random(next_token_log_probabilities)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 3
# %% [markdown]
# **Question 9. How many numbers?** · 15 minutes · ★★☆ · chapter section *A language model*
#
# Write `parameter_count(V, d, layers, heads, d_ff, tied)`: how many numbers a decoder-only language model learns. It has
#
# - an embedding, (V, d), and sinusoids for the positions, which are not learned;
# - `layers` blocks. Each has W_q, W_k, W_v and W_o, all (d, d), with a bias of d numbers each; the `heads` share the features
#   of these matrices among them. Then the feed-forward network of question 1 with its biases, and two LayerNorms with gain and
#   bias. There is no cross-attention;
# - one more LayerNorm behind the last block, and the output: a matrix (V, d) of its own without a bias, or, if `tied` is
#   `True`, the embedding once more, which is then *one* matrix with two uses.
#
# All arguments but `tied` are whole numbers, at least 1, and d is a multiple of `heads`. Returns an int.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def parameter_count(V, d, layers, heads, d_ff, tied):
    """How many numbers a decoder-only model learns: an int."""
    # BEGIN SOLUTION
    attention = 4 * (d * d + d)
    network = d_ff * d + d_ff + d * d_ff + d
    block = attention + network + 2 * (2 * d)
    return V * d + layers * block + 2 * d + (0 if tied else V * d)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a model of four blocks, a small one by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(parameter_count):
    from autograder.checks import expect
    from autograder.misconceptions.transformer import parameter_count as mistakes
    # With d_ff = 4d that is L (12 d² + 13 d) + 2 d + V d
    expect(parameter_count, 335, 128, 4, 4, 512, True, want=836_224, mistakes=mistakes)
    # Embedding and output 20 each; in 3 blocks 80 for the attention, 24 + 6 + 24 + 4 for the network, 16 for the norms; then 8
    expect(parameter_count, 5, 4, 3, 2, 6, False, want=20 + 3 * (80 + 58 + 16) + 8 + 20, mistakes=mistakes)
test_by_hand(parameter_count)
# %%
""" # BEGIN TEST CONFIG
name: random sizes, tied and not
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(parameter_count):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import parameter_count as mistakes
    random = rng()
    for heads, layers, tied in [(2, 3, True), (4, 2, False), (1, 6, True), (3, 1, False), (8, 12, True), (2, 4, False)]:
        d, V = heads * int(random.integers(2, 30)), int(random.integers(50, 1000))
        d_ff = int(d * random.integers(1, 4) + random.integers(1, d))
        shapes = [(V, d), (d,), (d,)] + ([] if tied else [(V, d)])
        for _ in range(layers):
            shapes += [(d, d)] * 4 + [(d,)] * 4 + [(d_ff, d), (d_ff,), (d, d_ff), (d,)] + [(d,)] * 4
        expect(parameter_count, V, d, layers, heads, d_ff, tied, want=sum(map(math.prod, shapes)), mistakes=mistakes)
test_random(parameter_count)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 3
# %% [markdown]
# **Question 10. Table 1** · 15 minutes · ★★☆ · chapter section *Work, waiting and distance*
#
# The paper's Table 1 compares four kinds of layers in three ways, up to a constant. Write `layer_cost(kind, n, d, k, r)`, which
# gives one row of it in numbers, for n words of d features each.
#
# | `kind` | operations | sequential operations | path |
# |---|---|---|---|
# | `"self-attention"` | n²·d | 1 | 1 |
# | `"recurrent"` | n·d² | n | n |
# | `"convolutional"` | k·n·d² | 1 | the least number L of layers with kᴸ ≥ n |
# | `"restricted"` | r·n·d | 1 | the least number L of layers with L·r ≥ n |
#
# *Operations* are what one layer multiplies, *sequential operations* those that have to wait for one another, *path* is how far
# it is from the first word to the last. A convolution reads k words at once, restricted self-attention only the r words around
# a place; with each further layer they see k times as many, or r more.
#
# - All numbers are whole; k and n are at least 2, d and r at least 1. The path is at least 1.
# - Returns a tuple of three ints, exact ones: a logarithm in floats may be a trifle too large.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def layer_cost(kind, n, d, k, r):
    """Operations, sequential operations and path of a kind of layers: a tuple of three ints."""
    # BEGIN SOLUTION
    if kind == "self-attention":
        return n * n * d, 1, 1
    if kind == "recurrent":
        return n * d * d, n, n
    if kind == "convolutional":
        layers = 1
        while k**layers < n:
            layers += 1
        return k * n * d * d, 1, layers
    return r * n * d, 1, -(-n // r)                         # rounded up
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: ten words of 64 features, and other sizes, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(layer_cost):
    from autograder.checks import expect
    from autograder.misconceptions.transformer import layer_cost as mistakes
    expect(layer_cost, "self-attention", 10, 64, 3, 4, want=(6_400, 1, 1), mistakes=mistakes)
    expect(layer_cost, "recurrent", 10, 64, 3, 4, want=(40_960, 10, 10), mistakes=mistakes)
    expect(layer_cost, "convolutional", 10, 64, 3, 4, want=(122_880, 1, 3), mistakes=mistakes)          # 9 < 10 ≤ 27
    expect(layer_cost, "restricted", 10, 64, 3, 4, want=(2_560, 1, 3), mistakes=mistakes)               # 8 < 10 ≤ 12
    expect(layer_cost, "convolutional", 125, 2, 5, 25, want=(2_500, 1, 3), mistakes=mistakes)           # 5³ = 125
    expect(layer_cost, "restricted", 125, 2, 5, 25, want=(6_250, 1, 5), mistakes=mistakes)              # 5 · 25 = 125
    expect(layer_cost, "restricted", 11, 2, 3, 4, want=(88, 1, 3), mistakes=mistakes)                   # 8 < 11 ≤ 12
    expect(layer_cost, "convolutional", 16, 3, 4, 5, want=(576, 1, 2), mistakes=mistakes)               # 4² = 16
    expect(layer_cost, "convolutional", 2, 3, 7, 5, want=(126, 1, 1), mistakes=mistakes)
    expect(layer_cost, "restricted", 2, 3, 7, 5, want=(30, 1, 1), mistakes=mistakes)
test_by_hand(layer_cost)
# %%
""" # BEGIN TEST CONFIG
name: random sizes, powers and multiples among them
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(layer_cost):
    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import layer_cost as mistakes
    random = rng()
    for n, k, r in [(125, 5, 25), (126, 5, 25), (243, 3, 100), (17, 4, 5), (3, 6, 8), (64, 2, 7), (1000, 10, 7), (15, 4, 4)]:
        d = int(random.choice([7, 11, 13, 17, 19, 23]))
        layers = next(layers for layers in range(1, n + 1) if k**layers >= n)
        blocks = len(range(0, n, r))
        for kind, want in {"self-attention": (n**2 * d, 1, 1), "recurrent": (n * d**2, n, n),
                           "convolutional": (k * n * d**2, 1, layers), "restricted": (r * n * d, 1, blocks)}.items():
            expect(layer_cost, kind, n, d, k, r, want=want, mistakes=mistakes)
test_random(layer_cost)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 4
# %% [markdown]
# **Question 11. The longest chain** · 25 minutes · ★★★ · chapter section *The longest chain*
#
# A network is a graph: its nodes are functions, and an edge (u, v) says that what u computes goes into v. The gradient comes
# back along the same edges. How many functions stand on the **longest** way from one node to another? Write
# `longest_chain(edges, start, end)`.
#
# - `edges`: a list of pairs of names, (from, to), in any order; a pair may occur twice. There are no cycles.
# - What is counted is **nodes**, `start` and `end` among them: for one edge from a to b it is 2, and from a node to itself 1.
#   Where no way leads from `start` to `end` along the arrows, it is 0. `start` and `end` may be missing in `edges`.
# - The longest way has up to 200 nodes, and there may be more ways than anybody can walk: in a grid of 30 × 30 nodes, each
#   with an edge to the right and one upwards, there are 3·10¹⁶. Find out about each node once, dead ends included.
# - Returns an int.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def longest_chain(edges, start, end):
    """How many nodes stand on the longest way from start to end, 0 where there is none: an int."""
    # BEGIN SOLUTION
    next_nodes = {}
    for u, v in edges:
        next_nodes.setdefault(u, []).append(v)
    found = {end: 1}                                        # node: nodes on its longest way to the end

    def chain(node):
        if node not in found:
            longest = max((chain(after) for after in next_nodes.get(node, [])), default=0)
            found[node] = longest + 1 if longest else 0
        return found[node]

    return chain(start)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a small graph, and an LSTM of three layers over ten words
points: 1
""" # END TEST CONFIG
def test_by_hand(longest_chain):
    from autograder.checks import expect
    from autograder.misconceptions.transformer import longest_chain as mistakes
    # From a to e: a-b-e, a-b-c-d-e, a-e, a-g-h-e; s-a before, e-f behind. From a to t: a-p-t, a-q-r-t. From c a dead end
    # c-i-j-k, into e another edge x-e
    edges = [("c", "i"), ("a", "b"), ("j", "k"), ("d", "e"), ("a", "e"), ("b", "e"), ("i", "j"), ("b", "c"), ("s", "a"),
             ("c", "d"), ("a", "b"), ("x", "e"), ("a", "g"), ("h", "e"), ("e", "f"), ("g", "h"), ("a", "p"),
             ("p", "t"), ("a", "q"), ("q", "r"), ("r", "t")]
    expect(longest_chain, edges, "a", "e", want=5, mistakes=mistakes)
    expect(longest_chain, edges, "s", "f", want=7, mistakes=mistakes)
    expect(longest_chain, edges, "a", "t", want=4, mistakes=mistakes)
    expect(longest_chain, edges, "e", "a", want=0, mistakes=mistakes)
    expect(longest_chain, edges, "a", "x", want=0, mistakes=mistakes)
    expect(longest_chain, edges, "b", "b", want=1, mistakes=mistakes)
    expect(longest_chain, edges, "d", "z", want=0, mistakes=mistakes)
    # Cell "2.7" is layer 2 at word 7. Its state goes to word 8 and up to layer 3
    cells = [(f"{layer}.{t}", f"{layer}.{t + 1}") for layer in (1, 2, 3) for t in range(1, 10)]
    cells += [(f"{layer}.{t}", f"{layer + 1}.{t}") for layer in (1, 2) for t in range(1, 11)]
    expect(longest_chain, cells, "1.1", "3.10", want=12, mistakes=mistakes)
    # One layer of self-attention: every word goes into every output
    expect(longest_chain, [(f"x{i}", f"y{j}") for i in range(10) for j in range(10)], "x0", "y9", want=2, mistakes=mistakes)
test_by_hand(longest_chain)
# %%
""" # BEGIN TEST CONFIG
name: random graphs, and a grid of 30 × 30 nodes
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(longest_chain):
    from itertools import pairwise

    from autograder.checks import expect, rng
    from autograder.misconceptions.transformer import longest_chain as mistakes
    random = rng()

    def want_of(edges, order, start, end):
        # The nodes come in an order in which all edges point forwards
        nodes = {start: 1}
        for node in order:
            before = [nodes[u] for u, v in edges if v == node and u in nodes]
            if before and node != start:
                nodes[node] = max(before) + 1
        return nodes.get(end, 0)

    for size, chain in [(12, 5), (9, 4), (15, 7)]:
        order = [f"n{i}" for i in random.permutation(100)[:size]]
        way = sorted(random.permutation(range(1, size - 2))[:chain].tolist())       # a long way, a way of two edges, an edge
        start, end = order[0], order[size - 2]
        edges = [*pairwise([start, *(order[i] for i in way), end]), (start, end), (start, order[way[1]])]
        edges += [(order[i], order[j]) for i, j in (sorted(random.permutation(size)[:2].tolist()) for _ in range(size))]
        edges += [(end, order[-1]), *edges[:2]]
        edges = [edges[i] for i in random.permutation(len(edges))]
        for a, b in [(start, end), (start, order[-1]), (end, start), (order[way[1]], end), (order[2], order[2]), ("no", end)]:
            expect(longest_chain, edges, a, b, want=want_of(edges, order, a, b) if a != "no" else 0, mistakes=mistakes)
    a, p, q, r, t = (f"m{i}" for i in random.permutation(100)[:5])                  # the shorter way is listed first
    expect(longest_chain, [(a, p), (p, t), (a, q), (q, r), (r, t)], a, t, want=4, mistakes=mistakes)
    layers, T = int(random.integers(2, 6)), int(random.integers(7, 12))
    for width, height in [(T, layers), (30, 30), (200, 1)]:
        grid = [(f"{x},{y}", f"{x + 1},{y}") for x in range(width - 1) for y in range(height)]
        grid += [(f"{x},{y}", f"{x},{y + 1}") for x in range(width) for y in range(height - 1)]
        grid = [grid[i] for i in random.permutation(len(grid))]
        expect(longest_chain, grid, "0,0", f"{width - 1},{height - 1}", want=width + height - 1, mistakes=mistakes)
        if width == height:                         # with these ends most nodes are dead ends, or all
            x, y = random.integers(10, 20, 2).tolist()
            expect(longest_chain, grid, "0,0", f"{x},{y}", want=x + y + 1, mistakes=mistakes)
            expect(longest_chain, grid, "0,0", "nowhere", want=0, mistakes=mistakes)
test_random(longest_chain)
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
# name: q12
# points: 4
# %% [markdown]
# **Question 12. All of it, with a framework** · 30 minutes · ★★★ · chapter section *A language model*
#
# A decoder-only language model reads ids and predicts at each place the id that follows. Write
# `language_model_gradient(ids, E, layers, heads)`: its loss, and the gradient with respect to its embedding, which is also its
# output.
#
# - **Shifted:** ids 0 … T − 2 of a text go in, ids 1 … T − 1 are what it is to predict.
# - **In:** x = row `ids[b, t]` of E, plus the sinusoids of position t (question 2; `torch.from_numpy` makes a tensor of an
#   array).
# - **Blocks**, `"pre"` as in question 6, with a causal mask and without biases and gains: x ← x + attention(LN(x)), then
#   x ← x + W_2 ReLU(W_1 LN(x)).
# - **Out:** the scores of the V words are E · LN(x), with E once more.
# - **Loss:** the mean over all places of all texts of −ln p(next id).
#
# The arguments: `ids` is an int64 tensor (B, T), T at least 2. `E` is (V, d), d even. `layers` is a list of tuples (W_q, W_k,
# W_v, W_o, W_1, W_2), which may be empty. All weights are float64 tensors with a row for each output, and do not require
# gradients when they come in; `E.clone().requires_grad_()` is a copy that does.
#
# `torch.nn.functional`, mostly imported as F, has `layer_norm(x, (d,))`, whose ε of 10⁻⁵ is wanted,
# `scaled_dot_product_attention(q, k, v, is_causal=True)` for q, k and v of shape (B, heads, N, d/heads), `relu`, and
# `cross_entropy(z, y)`, which takes **scores**, (n, V), and ids, (n,).
#
# Returns a tuple `(loss, dE)`: a float (`.item()` makes one of a tensor) and a float64 tensor of shape (V, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def language_model_gradient(ids, E, layers, heads):
    """Mean loss of predicting the next id, a float, and its gradient with respect to E, a float64 tensor (V, d)."""
    # BEGIN SOLUTION
    from torch.nn import functional as F

    E = E.clone().requires_grad_()
    inputs, targets = ids[:, :-1], ids[:, 1:]
    (B, N), d = inputs.shape, E.shape[1]
    x = E[inputs] + torch.from_numpy(sinusoids(np.arange(N), d))                   # (B, N, d)
    for *to_qkv, W_o, W_1, W_2 in layers:
        normed = F.layer_norm(x, (d,))
        q, k, v = ((normed @ W.T).reshape(B, N, heads, -1).transpose(1, 2) for W in to_qkv)        # (B, heads, N, d/heads)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + mixed.transpose(1, 2).reshape(B, N, d) @ W_o.T
        x = x + F.relu(F.layer_norm(x, (d,)) @ W_1.T) @ W_2.T
    scores = F.layer_norm(x, (d,)) @ E.T                                           # (B, N, V)
    loss = F.cross_entropy(scores.flatten(0, 1), targets.flatten())
    loss.backward()
    return loss.item(), E.grad
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a model without blocks, and one with a block
points: 1
""" # END TEST CONFIG
def test_by_hand(language_model_gradient):
    import numpy as np

    from autograder.checks import expect, tensor
    from autograder.misconceptions.transformer import language_model_gradient as mistakes
    E = tensor([[2, 0, 1, -1], [0, 1, -2, 1], [-1, -1, 0, 2]], "float64")
    # Without blocks the scores are E LN(row of E + sinusoids). The numbers come from NumPy; the gradient from tiny steps in E
    ids, want = tensor([[1, 0, 2], [2, 1, 1]], "int64"), np.array([[0.363071694, -0.013121211, 0.506092370, -0.856042852],
                                                                   [0.016248191, 0.243376953, -0.207285020, -0.052340124],
                                                                   [-0.694575019, -0.215331052, 0.270062369, 0.639843702]])
    expect(language_model_gradient, ids, E, [], 2, want=(4.500795256, tensor(want, "float64")), mistakes=mistakes, atol=1e-6,
           rtol=1e-6)
    block = ([[1, 0, 1, 0], [0, 1, 0, -1], [1, 1, 0, 0], [0, 0, 2, 1]],
             [[0, 1, 0, 1], [2, 0, 1, 0], [0, -1, 1, 0], [1, 0, 0, 1]],
             [[1, 2, 0, 0], [0, 1, 0, 1], [-1, 0, 1, 0], [0, 0, 1, 2]],
             [[1, 0, 0, 1], [0, 0, 2, 0], [1, 1, 0, 0], [0, 1, -1, 0]],
             [[1, 0, -1, 0], [0, 1, 0, 2], [-2, 1, 0, 0]], [[1, 0, 0], [0, 1, 1], [-1, 0, 2], [0, 2, 0]])
    ids, want = tensor([[0, 2, 1, 1, 0]], "int64"), np.array([[-0.188130768, 0.511493880, 1.542873515, -1.866236627],
                                                              [0.202492934, -0.049656218, 0.429862175, -0.582698891],
                                                              [-0.588365831, 0.243742505, -0.691301483, 1.035924809]])
    expect(language_model_gradient, ids, E, [tuple(tensor(W, "float64") for W in block)], 2, mistakes=mistakes, atol=1e-6,
           rtol=1e-6, want=(3.238395726, tensor(want, "float64")))
test_by_hand(language_model_gradient)
# %%
""" # BEGIN TEST CONFIG
name: random models and texts, one block and several
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(language_model_gradient):
    import numpy as np

    from autograder.checks import expect, rng, tensor
    from autograder.misconceptions.transformer import language_model_gradient as mistakes
    random = rng()

    def normed(x):
        x = x - x.mean(axis=-1, keepdims=True)
        return x / ((x**2).mean(axis=-1, keepdims=True) + 1e-5) ** 0.5

    def shares(S):
        e = np.exp(S - S.real.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def price(ids, E, layers, heads):
        # The mean loss; E may be complex, and any axes may stand in front of it
        N, d = ids.shape[1] - 1, E.shape[-1]
        angles = np.outer(np.arange(N), 10000.0 ** (-2 * np.arange(d // 2) / d))
        x = E[..., ids[:, :-1], :] + np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(N, d)
        for W_q, W_k, W_v, W_o, W_1, W_2 in layers:
            y = normed(x)
            for rows in np.split(np.arange(d), heads):                             # W_o takes the heads by its columns
                S = np.einsum("...id,...jd->...ij", y @ W_q[rows].T, y @ W_k[rows].T) / len(rows) ** 0.5
                S = np.where(np.arange(N)[:, None] >= np.arange(N), S, -np.inf)
                x = x + shares(S) @ y @ W_v[rows].T @ W_o[:, rows].T
            a = normed(x) @ W_1.T
            x = x + a * (a.real > 0) @ W_2.T
        p = shares(np.einsum("...btd,...vd->...btv", normed(x), E))
        return -np.log((p * np.eye(E.shape[-2])[ids[:, 1:]]).sum(axis=-1)).mean(axis=(-1, -2))

    for size, d, heads, d_ff, n_layers, shape in [(6, 4, 2, 5, 1, (3, 5)), (5, 6, 3, 6, 2, (2, 4)), (7, 4, 1, 4, 1, (1, 6)),
                                                  (4, 2, 1, 3, 3, (4, 3)), (6, 4, 2, 7, 0, (2, 5))]:
        E, ids = random.normal(size=(size, d)), random.integers(0, size, shape)
        ids[0, :2], ids[-1, -1] = [1, 0], 0
        layers = [tuple(random.normal(size=part) / d**0.5 for part in [(d, d)] * 4 + [(d_ff, d), (d, d_ff)])
                  for _ in range(n_layers)]
        steps = 1e-30j * np.eye(size * d).reshape(size, d, size, d)     # a derivative is the imaginary part of such a step
        want = (float(price(ids, E, layers, heads)), tensor(price(ids, E + steps, layers, heads).imag / 1e-30, "float64"))
        given = [tuple(tensor(W, "float64") for W in layer) for layer in layers]
        expect(language_model_gradient, tensor(ids, "int64"), tensor(E, "float64"), given, heads, want=want, mistakes=mistakes,
               atol=1e-6, rtol=1e-6)
test_random(language_model_gradient)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q13
# points: 4
# manual: true
# %% [markdown]
# **Question 13. Who bit whom?** · 20 minutes · ★★☆ · chapter sections *Order is lost* and *Positions* · read
# by a person
#
# An encoder without positions reads *the cat saw a mouse* and then *a mouse saw the cat*.
#
# In at most 250 words: (a) Let P be the matrix that exchanges the rows of X, so that the second text is PX. Show that
# self-attention gives P times what it gave for X, from Q, K and V on (softmax works on each row by itself). (b) Why does the
# same hold for a whole encoder of any number of blocks, and what does it mean for the vector of *mouse*, and for the mean of
# all vectors? (c) The paper adds p_i to x_i once, below the first block. A slide adds p_i to each query, key and value *after*
# the projections. Compare W(x + p) with Wx + p: why is that another model, and how wide does its p have to be in one head? (d)
# In a decoder the causal mask stays. In which step of (a) does P no longer pass through, and what can the last word of a text
# learn about the order of the others in the first block? And in the second block?
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) Q, K and V are made row by row, so for PX they are PQ, PK and PV. The scores are PQ(PK)ᵀ = P S Pᵀ: rows
# and columns are exchanged alike. Softmax treats each row by itself and does not mind the order of its entries, so A becomes P
# A Pᵀ, and the output P A Pᵀ P V = P A V, as PᵀP is the identity. (b) The other parts of a block, residual, norm and
# feed-forward network, work on each row by itself, so each gives P times what it gave; block after block, that stays so.
# *mouse* gets the same vector in both texts, and the mean of all vectors is the same: no output can tell who saw whom. (c) W(x
# + p) = Wx + Wp: what arrives behind the projection is Wp, another vector for queries, for keys and for values, which W has
# learned to make of one p. On the slide the same p arrives at all three, and no weight changes it. It has to have d_k numbers
# and not d, and is to be added in every head of every block. (d) The mask M does not turn into P M Pᵀ: A of PX is not P A Pᵀ.
# In the first block the last word sees all words as a set and learns nothing of their order: its output depends on which words
# there are. But the words before it have seen sets of other sizes, *cat* two words in one text and five in the other, so in the
# second block their vectors tell how they stood: some order leaks without any positions.
#
# **Rubric (4 points).**
#
# - 1 point, (a): PQ, PK, PV, then P S Pᵀ and PᵀP = 1; ½ if a step is only asserted.
# - 1 point, (b): all other parts work row by row, and the same vector for *mouse* (or the same mean); ½ for one of the two.
# - 1 point, (c): W(x + p) = Wx + Wp, which learns three uses of one p, and d_k numbers for the slide's; ½ for one of the two.
# - 1 point, (d): the mask is not exchanged with the words; nothing for the last word in the first block, something in the
#   second because earlier words saw different sets; ½ if one of the blocks is missing.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
