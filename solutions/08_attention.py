# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 08_attention
# config_file: assign.yml
# %% [markdown]
# # Unit 08: attention
#
# You write attention from the average of a few vectors to several heads: who asks, who answers, and who may look at whom. Then
# one text asks another, as a translator does, the keys come block by block, and a framework finds the gradients. Questions 1 to
# 12 are checked by the computer, question 13 is read by a person. A little over three hours in all; the first five minutes are
# easy.
#
# In every question
#
# - a text is a matrix with **one row for each token**: `X` of shape (N, d) has N tokens of d numbers each. Where B texts are
#   worked on at once, they are on the first axis, (B, N, d). Sizes are different numbers in general, all at least 1, and you
#   read them off the shapes;
# - queries, keys and values are rows, too: Q = X W_q, K = X W_k, V = X W_v, with the matrix on the right. In a table of scores
#   S or of weights A **rows are queries and columns are keys**: `S[i, j]` says how well key j fits query i;
# - softmax(z)_j = e^{z_j} / Σ_k e^{z_k}. Scores may be around a thousand, above 0 or below it. The answer stays finite there:
#   softmax stays the same if one number, such as the greatest score, is subtracted from all scores first. Nothing small is
#   added "for safety" where the text does not say so;
# - a mask says which key each query may look at. In its **additive** form it has 0 where it may and −∞ (`-np.inf`) where it
#   may not, and is added to the scores; in its **Boolean** form it has `True` where it may. Each question says which form it
#   has;
# - a query that may look nowhere has the weight 0 for every key, and its output is 0;
# - an array of floats has dtype float64, and where nothing else is said arguments are NumPy arrays. Your function returns new
#   objects and leaves its arguments as they were.
#
# Numbers are compared with a tolerance of one in a billion (the first test of question 7 looks closer, question 12 at one in a
# million). You may call your own functions from earlier questions, and import NumPy and the standard library; torch only in
# question 12. A mistake in an earlier question is inherited by what calls it, so mend that one first.
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
# **Question 1. An average that learns** · 5 minutes · ★☆☆ · chapter section *An average that learns*
#
# Write `learned_attention(X, w)`: a weighted average of N inputs, in which a learned vector w decides how much each input
# counts.
#
# - `X`: the inputs, (N, d). `w`: (d,). The score of input j is the dot product w·x_j; nothing is divided by anything.
# - The weights are the softmax of the N scores, and the output is Σ_j weight_j · x_j.
# - Returns a tuple `(weights, output)` of two float arrays of shapes (N,) and (d,).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def learned_attention(X, w):
    """The weights of the inputs, (N,), and their average with these weights, (d,)."""
    # BEGIN SOLUTION
    s = X @ w                                               # (N,)
    e = np.exp(s - s.max())
    weights = e / e.sum()
    return weights, weights @ X
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three inputs, four and two, by hand, and scores of a thousand
points: 1
""" # END TEST CONFIG
def test_by_hand(learned_attention):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import learned_attention as mistakes
    log2, log3 = np.log([2, 3])
    # The scores are ln 2, 0, ln 2, so the weights are in the ratio 2 : 1 : 2
    expect(learned_attention, np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([log2, 0]), mistakes=mistakes,
           want=(np.array([.4, .2, .4]), np.array([.8, .6])))
    # ln 1/2, ln 3, ln 4 + ln 3 - ln 2 = ln 6, ln 1/2: the ratio 1/2 : 3 : 6 : 1/2
    expect(learned_attention, np.array([[1.0, 0, 2], [0, 1, 0], [2, 1, 1], [0, 0, 1]]), np.array([log2, log3, -log2]),
           mistakes=mistakes, want=(np.array([.05, .3, .6, .05]), np.array([1.25, .9, .75])))
    # 2 ln 3 and ln 2 + ln 3: the ratio 9 : 6
    expect(learned_attention, np.array([[0.0, 2], [1, 1]]), np.array([log2, log3]), mistakes=mistakes,
           want=(np.array([.6, .4]), np.array([.4, 1.6])))
    # 2000, -1000 and 1000
    expect(learned_attention, np.array([[2.0, 0], [0, -1], [-3, 4]]), np.array([1000.0, 1000]), mistakes=mistakes,
           want=(np.array([1.0, 0, 0]), np.array([2.0, 0])))
    # -1000, -1000 + ln 2 and -1000 + ln 4
    expect(learned_attention, np.array([[-1.0, 0], [-1, 1], [-1, 2]]), np.array([1000, log2]), mistakes=mistakes,
           want=(np.array([1.0, 2, 4]) / 7, np.array([-1, 10 / 7])))
test_by_hand(learned_attention)
# %%
""" # BEGIN TEST CONFIG
name: random inputs of several sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(learned_attention):

    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import learned_attention as mistakes
    from llmcourse.attention import learned_query
    random = rng()
    for N, d, size in [(5, 3, 1), (3, 3, 1), (1, 2, 1), (4, 6, 1), (6, 2, 2000), (3, 2, -2000)]:
        X, w = random.normal(size=(N, d)), random.normal(size=d)
        if size != 1:                                       # scores near 2000 or -2000, all with one sign
            X[:, 0], w[0] = 1 + random.permutation(N) / 2000, size
        output, weights = learned_query(X, w)
        expect(learned_attention, X, w, want=(weights, output), mistakes=mistakes)
test_random(learned_attention)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 3
# %% [markdown]
# **Question 2. A small network compares** · 10 minutes · ★★☆ · chapter section *Additive attention*
#
# The translator of unit 07 gets attention as Bahdanau and others proposed it: the decoder's state is a query q, the encoder's
# states are the keys k_j, and a small network says how well they fit. Write `additive_scores(Q, K, W_q, W_k, v)`:
#
# s_ij = v · tanh(q_i W_q + k_j W_k)
#
# for each query and each key.
#
# - `Q`: (N_q, d_q). `K`: (N_k, d_k). `W_q`: (d_q, d_a). `W_k`: (d_k, d_a). `v`: (d_a,). The tanh is taken entry by entry.
# - Returns a float array of scores, (N_q, N_k): no scale, no softmax.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def additive_scores(Q, K, W_q, W_k, v):
    """v · tanh(q W_q + k W_k) for every query and every key: a float array (N_q, N_k)."""
    # BEGIN SOLUTION
    both = (Q @ W_q)[:, None, :] + (K @ W_k)[None, :, :]    # (N_q, N_k, d_a)
    return np.tanh(both) @ v
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two queries and three keys, two and two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(additive_scores):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import additive_scores as mistakes
    # tanh(k ln 2) = (4^k - 1)/(4^k + 1), which is 0, 3/5, 15/17, 63/65 for k = 0, 1, 2, 3.
    log2 = np.log(2)
    Q, W_q = np.array([[1.0, 0, 1], [0, 1, 0]]), np.array([[1.0, 0], [0, 2], [0, -1]]) * log2
    K, W_k = np.array([[1.0, 1], [-1, 0], [2, -1]]), np.array([[1.0, 0], [-1, 1]]) * log2
    # In units of ln 2 the queries' parts are (1, -1) and (0, 2), the keys' parts (0, 1), (-1, 0) and (3, -1), so the sums are
    # (1, 0), (0, -1), (4, -2) and (0, 3), (-1, 2), (3, 1)
    expect(additive_scores, Q, K, W_q, W_k, np.array([5.0, 10]), mistakes=mistakes,
           want=np.array([[3, -6, 5 * 255 / 257 - 150 / 17], [630 / 65, -3 + 150 / 17, 315 / 65 + 6]]))
    # Queries' parts: (1, 2), (3, 1); keys' parts: (-1, -1), (0, 1); sums (0, 1), (1, 3) and (2, 0), (3, 2)
    Q, W_q = np.array([[1.0, 0], [1, 1]]), np.array([[1.0, 2], [2, -1]]) * log2
    K, W_k = np.array([[0.0, 1], [1, 1]]), np.array([[1.0, 2], [-1, -1]]) * log2
    expect(additive_scores, Q, K, W_q, W_k, np.array([1.0, -5]), mistakes=mistakes,
           want=np.array([[-3, 3 / 5 - 315 / 65], [15 / 17, 63 / 65 - 75 / 17]]))
test_by_hand(additive_scores)
# %%
""" # BEGIN TEST CONFIG
name: random queries and keys of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(additive_scores):
    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import additive_scores as mistakes
    from llmcourse.attention import additive_scores as reference
    random = rng()
    for n_q, n_k, d_q, d_k, d_a in [(2, 4, 3, 5, 2), (3, 3, 2, 2, 2), (4, 1, 2, 3, 4), (1, 3, 4, 1, 3), (2, 2, 3, 3, 5)]:
        Q, K = random.normal(size=(n_q, d_q)), random.normal(size=(n_k, d_k))
        W_q, W_k, v = random.normal(size=(d_q, d_a)), random.normal(size=(d_k, d_a)), random.normal(size=d_a)
        expect(additive_scores, Q, K, W_q, W_k, v, want=reference(Q, K, W_q, W_k, v), mistakes=mistakes)
test_random(additive_scores)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 2
# %% [markdown]
# **Question 3. How well does a key fit a query?** · 10 minutes · ★☆☆ · chapter section *Queries, keys and values*
#
# Write `scores(Q, K)`: the scaled dot products q_i · k_j / √d_k of B texts.
#
# - `Q`: (B, N_q, d_k). `K`: (B, N_k, d_k). Each text's queries are compared with its own keys.
# - Returns a float array of shape (B, N_q, N_k).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def scores(Q, K):
    """q · k/√d_k for all queries and keys of each text: a float array (B, N_q, N_k)."""
    # BEGIN SOLUTION
    return Q @ K.swapaxes(1, 2) / np.sqrt(Q.shape[2])       # (B, N_q, d_k) (B, d_k, N_k)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two queries and three keys, one text and three, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(scores):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import scores as mistakes
    # d_k = 4, so the dot products are halved
    Q = np.array([[[1.0, 0, 2, 0], [0, 1, 1, 1]]])
    K = np.array([[[2.0, 0, 1, 3], [0, 2, 0, 1], [-2, 1, -1, 0]]])
    expect(scores, Q, K, want=np.array([[[2.0, 0, -2], [2, 1.5, 0]]]), mistakes=mistakes)
    # d_k = 4 again; three texts with two queries and two keys each
    Q = np.array([[[2.0, 0, 0, 0], [0, 2, 0, 0]], [[0.0, 0, 2, 0], [0, 2, 0, 4]], [[2.0, 2, 0, 0], [0, 0, 0, 2]]])
    K = np.array([[[1.0, 2, 3, 4], [5, 0, 7, 8]], [[0.0, 1, -1, 2], [3, 0, 1, 1]], [[1.0, 1, 2, 0], [0, 4, 0, -3]]])
    expect(scores, Q, K, mistakes=mistakes,
           want=np.array([[[1.0, 5], [2, 0]], [[-1.0, 1], [5, 2]], [[2.0, 4], [0, -3]]]))
    # One text, one query and four keys
    K = np.array([[[2.0, 0, 0, 1], [4, 0, 3, 0], [0, 6, 0, 0], [0, 0, 5, 8]]])
    expect(scores, np.array([[[1.0, 2, 0, 0]]]), K, want=np.array([[[1.0, 2, 6, 0]]]), mistakes=mistakes)
test_by_hand(scores)
# %%
""" # BEGIN TEST CONFIG
name: random queries and keys of several sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(scores):
    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import scores as mistakes
    from llmcourse.attention import scores as reference
    random = rng()
    for batch, n_q, n_k, d_k in [(3, 2, 5, 7), (2, 2, 2, 2), (1, 4, 3, 3), (5, 3, 3, 2), (2, 1, 6, 1)]:
        Q, K = random.normal(size=(batch, n_q, d_k)), random.normal(size=(batch, n_k, d_k))
        expect(scores, Q, K, want=reference(Q, K), mistakes=mistakes)
test_random(scores)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. Everybody asks everybody** · 15 minutes · ★★☆ · chapter section *Queries, keys and values*
#
# Write `self_attention(X, W_q, W_k, W_v)` for one text: every token asks, all tokens answer, and nothing is hidden.
#
# - `X`: (N, d). `W_q` and `W_k`: (d, d_k). `W_v`: (d, d_v). Queries, keys and values are X W_q, X W_k and X W_v.
# - The scores are those of question 3 (its `scores` wants three axes: `Q[None]` has them); the weights of a query are the
#   softmax of its row of scores; its output is the average of the **values** with these weights.
# - Returns a float array of shape (N, d_v).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def self_attention(X, W_q, W_k, W_v):
    """For each token the average of all values with its weights: a float array (N, d_v)."""
    # BEGIN SOLUTION
    Q, K, V = X @ W_q, X @ W_k, X @ W_v                     # (N, d_k), (N, d_k), (N, d_v)
    S = Q @ K.T / np.sqrt(Q.shape[1])                       # (N, N): a row for each query
    e = np.exp(S - S.max(axis=1, keepdims=True))
    A = e / e.sum(axis=1, keepdims=True)
    return A @ V
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two tokens and three, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(self_attention):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import self_attention as mistakes
    # d_k = 4. The queries are 2 ln 2 · (1, 0, 0, 0) and 2 ln 2 · (0, 1, 0, 0), the keys (1, 2, 0, 0) and (3, 1, 1, 0): scores
    # ln 2 and 3 ln 2 of the first query, 2 ln 2 and ln 2 of the second. The values are (5, 10) and (-5, 0)
    log2 = np.log(2)
    X = np.array([[1.0, 0, 0], [0, 1, 0]])
    W_q = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [3, 1, 2, 5]]) * 2 * log2
    W_k = np.array([[1.0, 2, 0, 0], [3, 1, 1, 0], [1, 4, 1, 2]])
    expect(self_attention, X, W_q, W_k, np.array([[5.0, 10], [-5, 0], [7, 8]]), mistakes=mistakes,
           want=np.array([[-3, 2], [5 / 3, 20 / 3]]))
    # d_k = 2. The queries are √2 ln 2 times (1, 2), (0, 1), (1, 3), the keys (1, 0), (1, 1), (2, 1), the values (0, 1), (2, 1)
    # and (2, 2)
    X = np.array([[1.0, 0], [0, 1], [1, 1]])
    W_q = np.array([[1.0, 2], [0, 1]]) * np.sqrt(2) * log2
    want = np.array([[2 * 8 + 2 * 16, 2 + 8 + 2 * 16], [2 * 2 + 2 * 2, 1 + 2 + 2 * 2], [2 * 16 + 2 * 32, 2 + 16 + 2 * 32]])
    expect(self_attention, X, W_q, np.array([[1.0, 0], [1, 1]]), np.array([[0.0, 1], [2, 1]]), mistakes=mistakes,
           want=want / np.array([[26], [5], [50]]))
test_by_hand(self_attention)
# %%
""" # BEGIN TEST CONFIG
name: small scores and scores of a thousand, by hand
points: 1
""" # END TEST CONFIG
def test_extremes(self_attention):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import self_attention as mistakes
    # d_k = 4. Of queries and keys two entries are not 0: the queries are 2 ln 2 times (0, 1), (1, 0), (1, 1), the keys (1, 2),
    # (0, 2), (1, 4), so the scores are ln 2 times (2, 2, 4), (1, 0, 1), (3, 2, 5)
    X, two_zeros = np.array([[1.0, 0], [0, 1], [1, 1]]), np.zeros((2, 2))
    W_q = np.hstack([[[0.0, 1], [1, 0]], two_zeros]) * 2 * np.log(2)
    W_k, W_v = np.hstack([[[1.0, 2], [0, 2]], two_zeros]), np.array([[66.0, 0, 1, 0], [0, 132, 0, 1]])
    want = np.array([[55, 110, 5 / 6, 5 / 6], [52.8, 79.2, .8, .6], [60, 108, 10 / 11, 9 / 11]])
    expect(self_attention, X, W_q, W_k, W_v, want=want, mistakes=mistakes)
    # Scores of 900, 600, -1200; 600, 400, -800; -1200, -800, 1600
    expect(self_attention, np.array([[30.0], [20], [-40]]), np.array([[1.0]]), np.array([[1.0]]), np.array([[0.1]]),
           mistakes=mistakes, want=np.array([[3.0], [3], [-4]]))
    # Scores of -1000, -1000 + ln 2; -2000, -2000 + 2 ln 2, and the values 3 and 9
    expect(self_attention, np.array([[1.0, 0], [1, 1]]), np.array([[-1000.0], [-1000]]), np.array([[1], [-np.log(2) / 1000]]),
           np.array([[3.0], [6]]), mistakes=mistakes, want=np.array([[7.0], [7.8]]))
test_extremes(self_attention)
# %%
""" # BEGIN TEST CONFIG
name: random texts and weights of several sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(self_attention):
    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import self_attention as mistakes
    from llmcourse.attention import self_attention as reference
    random = rng()
    for N, d, d_k, d_v, size in [(4, 3, 2, 5, 1), (2, 3, 3, 3, 1), (3, 2, 5, 2, 1), (1, 2, 2, 3, 1), (5, 4, 3, 3, 1),
                                 (3, 2, 2, 2, 30)]:
        X = random.normal(size=(N, d))
        W_q, W_k, W_v = (random.normal(size=(d, width)) for width in (d_k, d_k, d_v))
        if size > 1:                                        # scores of 1274 and more on the diagonal, whatever is drawn
            X[:, 0], W_q[0], W_k[0] = [1, -1, 2], size, 2 * size
        expect(self_attention, X, W_q, W_k, W_v, want=reference(X, W_q, W_k, W_v).output, mistakes=mistakes)
test_random(self_attention)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 2
# %% [markdown]
# **Question 5. Not into the future** · 10 minutes · ★☆☆ · chapter section *Who may look at whom*
#
# Write `causal_mask(n_q, n_k)`: the **additive** mask with which a query sees its own key and all keys before it.
#
# - `n_q`, `n_k`: whole numbers, 1 ≤ n_q ≤ n_k. There may be fewer queries than keys: the keys of a beginning are known
#   already, and only the last tokens ask. **The last query stands at the last key**, the query before it at the key before
#   that, and so on.
# - Returns a float array of shape (n_q, n_k) with 0 where a query may look and −∞ where it may not. (The library's function of
#   the same name, which the chapter prints, returns the Boolean form.)
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def causal_mask(n_q, n_k):
    """0 up to the query's own key and −∞ behind it: a float array (n_q, n_k)."""
    # BEGIN SOLUTION
    visible = np.tri(n_q, n_k, n_k - n_q, dtype=bool)       # (n_q, n_k)
    return np.where(visible, 0.0, -np.inf)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three queries and keys, two queries and four keys, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(causal_mask):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import causal_mask as mistakes
    no = -np.inf
    expect(causal_mask, 3, 3, want=np.array([[0, no, no], [0, 0, no], [0, 0, 0]]), mistakes=mistakes)
    expect(causal_mask, 2, 4, want=np.array([[0, 0, 0, no], [0, 0, 0, 0]]), mistakes=mistakes)
    expect(causal_mask, 3, 5, want=np.array([[0, 0, 0, no, no], [0, 0, 0, 0, no], [0, 0, 0, 0, 0]]), mistakes=mistakes)
test_by_hand(causal_mask)
# %%
""" # BEGIN TEST CONFIG
name: all small sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_sizes(causal_mask):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import causal_mask as mistakes
    for n_k in range(1, 7):
        for n_q in range(1, n_k + 1):
            want = np.array([[0.0 if j <= i + n_k - n_q else -np.inf for j in range(n_k)] for i in range(n_q)])
            expect(causal_mask, n_q, n_k, want=want, mistakes=mistakes)
test_sizes(causal_mask)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 3
# %% [markdown]
# **Question 6. Neither into the future nor into the padding** · 15 minutes · ★★☆ · chapter section *Who may look at whom*
#
# Texts of several lengths are filled up to T places. Write `combined_mask(lengths, T)`: a **Boolean** mask that is `True` where
# a query may look at a key.
#
# - `lengths`: a list of B whole numbers, the number of words of each text, from 0 to T.
# - A query may look at a key that is a word **and** is not in the query's future; its own place is not in its future. One
#   reason to be hidden is enough.
# - The places that were filled up are hidden as **keys**. As queries they are like any others: what they find is thrown away
#   later.
# - Returns a Boolean array of shape (B, 1, T, T); the axis of length 1 stands for the heads, which all have the same mask.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def combined_mask(lengths, T):
    """True where a key is a word and not in the query's future: a Boolean array (B, 1, T, T)."""
    # BEGIN SOLUTION
    words = np.arange(T) < np.array(lengths)[:, None, None, None]                  # (B, 1, 1, T)
    return words & np.tri(T, dtype=bool)                                           # (T, T)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: texts of two words, three and none, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(combined_mask):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import combined_mask as mistakes
    two = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]
    three = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    expect(combined_mask, [2, 3, 0], 4, want=np.array([[two], [three], [np.zeros((4, 4))]]) == 1, mistakes=mistakes)
    expect(combined_mask, [2], 2, want=np.array([[[[True, False], [True, True]]]]), mistakes=mistakes)
test_by_hand(combined_mask)
# %%
""" # BEGIN TEST CONFIG
name: random lengths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(combined_mask):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import combined_mask as mistakes
    random = rng()
    for T, first in [(5, [2, 4, 0, 1]), (3, [1, 2]), (6, [3, 5, 6, 0]), (4, [4]), (1, [1, 0])]:
        lengths = first + random.integers(0, T + 1, 2).tolist()
        want = np.array([[[[j < n and j <= i for j in range(T)] for i in range(T)]] for n in lengths])
        expect(combined_mask, lengths, T, want=want, mistakes=mistakes)
test_random(combined_mask)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3
# %% [markdown]
# **Question 7. What is left is shared out** · 15 minutes · ★★☆ · chapter section *Who may look at whom*
#
# Write `attention_weights(S, M)`: softmax(S + M) over each row.
#
# - `S`: scores, (…, N_q, N_k). There may be no axis in front, one, or several: texts, heads. All scores are finite, also the
#   hidden ones, which may be far greater than the visible ones.
# - `M`: an **additive** mask of 0 and −∞, (N_q, N_k), the same for all texts and heads. (In question 10 every text has a mask
#   of its own. If yours is added by broadcasting, and its rows are looked at along the last axis, (B, 1, N_k) works as well.)
# - Each row sums to 1, and a hidden key has the weight 0. A row in which all keys are hidden has 0 everywhere: not NaN, and
#   not equal shares.
# - Returns a float array with the shape of `S`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def attention_weights(S, M):
    """Each query's weights, 0 for hidden keys: a float array with the shape of S."""
    # BEGIN SOLUTION
    masked = S + M
    greatest = masked.max(axis=-1, keepdims=True)                                  # (…, N_q, 1)
    e = np.exp(masked - np.where(np.isneginf(greatest), 0, greatest))
    total = e.sum(axis=-1, keepdims=True)                                          # 0 where all keys are hidden
    return e / np.where(total == 0, 1, total)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two texts, one text, two heads, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(attention_weights):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import attention_weights as mistakes
    no, near = -np.inf, {"mistakes": mistakes, "atol": 1e-13, "rtol": 1e-13}
    S = np.log([[[1.0, 5, 3], [2, 3, 7]], [[4.0, 9, 1], [1, 4, 2]]])
    expect(attention_weights, S, np.array([[0, no, 0], [0, 0, no]]), **near,
           want=np.array([[[.25, 0, .75], [.4, .6, 0]], [[.8, 0, .2], [.2, .8, 0]]]))
    expect(attention_weights, np.log([[2.0, 3, 4], [1, 3, 5], [1, 2, 5]]), np.array([[0, no, no], [0, 0, no], [0, 0, 0]]),
           **near, want=np.array([[1, 0, 0], [.25, .75, 0], [.125, .25, .625]]))
    S = np.log([[[[1.0, 4, 3], [2, 3, 1]], [[3.0, 1, 2], [4, 1, 5]]]])
    expect(attention_weights, S, np.array([[0, 0, no], [0, no, 0]]), **near,
           want=np.array([[[[.2, .8, 0], [2 / 3, 0, 1 / 3]], [[.75, .25, 0], [4 / 9, 0, 5 / 9]]]]))
test_by_hand(attention_weights)
# %%
""" # BEGIN TEST CONFIG
name: scores of a thousand and a query that may look nowhere, by hand
points: 1
""" # END TEST CONFIG
def test_extremes(attention_weights):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import attention_weights as mistakes
    log2, log3, log4 = np.log([2, 3, 4])
    M = np.array([[0, 0, 0], [0, 0, -np.inf], [-np.inf] * 3, [0, 0, 0]])
    first = [[1000, 1000 + log3, -1000], [-1000, -1000 + log4, 2000], [.3, .1, .2], [1000, 1000 + log2, 1000]]
    second = [[1000 + log2, 1000, 1000], [0, log3, log4], [.7, -.1, .6], [-1500, -1500, -1500 + log2]]
    expect(attention_weights, np.array([[first], [second]]), M, mistakes=mistakes,
           want=np.array([[[[.25, .75, 0], [.2, .8, 0], [0, 0, 0], [.25, .5, .25]]],
                          [[[.5, .25, .25], [.25, .75, 0], [0, 0, 0], [.25, .25, .5]]]]))
test_extremes(attention_weights)
# %%
""" # BEGIN TEST CONFIG
name: random scores and masks of several shapes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(attention_weights):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import attention_weights as mistakes
    from llmcourse.attention import attention_weights as reference
    random = rng()
    for shape, extreme in [((4, 4), False), ((3, 2, 5), False), ((2, 3, 3, 4), False), ((1, 1), False), ((2, 3, 4, 4), True),
                           ((2, 2, 3), False)]:
        S, visible = random.normal(size=shape), random.random(shape[-2:]) < 0.6
        n_q = shape[-2]
        visible[0], visible[:, -1] = True, True             # a row that sees all, and no row that sees nothing, but for
        if n_q > 1:
            visible[1, 0] = False
        if n_q > 2:
            visible[2] = False                              # this one
        if extreme:
            S[0, 0, 0] += 1000                              # this row overflows, and lies far above the others
            S[1, 0, 1, 0] = 3000                            # a hidden score
            S[1, 1, 3] -= 2000
        M = np.where(visible, 0.0, -np.inf)
        expect(attention_weights, S, M, want=reference(S, M), mistakes=mistakes)
test_random(attention_weights)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4
# %% [markdown]
# **Question 8. Split into heads, and back** · 15 minutes · ★★☆ · chapter section *Several heads*
#
# A head works with its share of the features. Write `split_heads(X, h)`, which gives each of h heads its own, and
# `merge_heads(Z)`, which puts the heads' features side by side again.
#
# - `X`: (B, T, d), and h divides d. Head 1 gets the **first** d/h features of every token, head 2 the next d/h, and so on.
#   `split_heads` returns a float array of shape (B, h, T, d/h).
# - `Z`: (B, h, T, d_h). `merge_heads` returns a float array of shape (B, T, h·d_h): in each row the features of head 1, then
#   those of head 2, and so on.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def split_heads(X, h):
    """The h shares of the features, each with all tokens: a float array (B, h, T, d/h)."""
    # BEGIN SOLUTION
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(0, 2, 1, 3)
    # END SOLUTION
# %%
def merge_heads(Z):
    """The features of all heads side by side: a float array (B, T, h·d_h)."""
    # BEGIN SOLUTION
    B, h, T, d_h = Z.shape
    return Z.transpose(0, 2, 1, 3).reshape(B, T, h * d_h)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: splitting one text and three, by hand
points: 1
""" # END TEST CONFIG
def test_split_by_hand(split_heads):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import split_heads as mistakes
    expect(split_heads, np.arange(24.0).reshape(1, 3, 8), 2, mistakes=mistakes,
           want=np.array([[[[0.0, 1, 2, 3], [8, 9, 10, 11], [16, 17, 18, 19]],
                           [[4, 5, 6, 7], [12, 13, 14, 15], [20, 21, 22, 23]]]]))
    expect(split_heads, np.arange(24.0).reshape(3, 2, 4), 2, mistakes=mistakes,
           want=np.array([[[[0.0, 1], [4, 5]], [[2, 3], [6, 7]]], [[[8, 9], [12, 13]], [[10, 11], [14, 15]]],
                          [[[16, 17], [20, 21]], [[18, 19], [22, 23]]]]))
test_split_by_hand(split_heads)
# %%
""" # BEGIN TEST CONFIG
name: putting together one text and two, by hand
points: 1
""" # END TEST CONFIG
def test_merge_by_hand(merge_heads):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import merge_heads as mistakes
    expect(merge_heads, np.arange(24.0).reshape(1, 2, 3, 4), mistakes=mistakes,
           want=np.array([[[0.0, 1, 2, 3, 12, 13, 14, 15], [4, 5, 6, 7, 16, 17, 18, 19], [8, 9, 10, 11, 20, 21, 22, 23]]]))
    expect(merge_heads, np.arange(24.0).reshape(2, 3, 2, 2), mistakes=mistakes,
           want=np.array([[[0.0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]],
                          [[12, 13, 16, 17, 20, 21], [14, 15, 18, 19, 22, 23]]]))
test_merge_by_hand(merge_heads)
# %%
""" # BEGIN TEST CONFIG
name: splitting random texts
points: 1
hidden: true
""" # END TEST CONFIG
def test_split_random(split_heads):
    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import split_heads as mistakes
    from llmcourse.attention import split_heads as reference
    random = rng()
    for batch, T, width, h in [(2, 5, 2, 3), (3, 3, 4, 2), (1, 2, 3, 1), (2, 4, 1, 4), (4, 2, 3, 3)]:
        X = random.normal(size=(batch, T, h * width))
        expect(split_heads, X, h, want=reference(X, h), mistakes=mistakes)
test_split_random(split_heads)
# %%
""" # BEGIN TEST CONFIG
name: putting random heads together
points: 1
hidden: true
""" # END TEST CONFIG
def test_merge_random(merge_heads):
    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import merge_heads as mistakes
    from llmcourse.attention import merge_heads as reference
    random = rng()
    for shape in [(2, 3, 5, 2), (3, 2, 3, 4), (1, 1, 2, 3), (2, 4, 3, 1), (3, 3, 2, 3)]:
        Z = random.normal(size=shape)
        expect(merge_heads, Z, want=reference(Z), mistakes=mistakes)
test_merge_random(merge_heads)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 4
# %% [markdown]
# **Question 9. Several heads** · 20 minutes · ★★★ · chapter section *Several heads*
#
# Write `multi_head(X, W_q, W_k, W_v, W_o, h, M)`: self-attention with h heads for B texts.
#
# - `X`: (B, T, d). The four matrices: (d, d). `h` divides d. `M`: an **additive** mask, (T, T), for all texts and heads;
#   every query may look somewhere.
# - Queries, keys and values X W_q, X W_k and X W_v are split into heads as in question 8. Each head attends by itself, and
#   its scores are divided by the root of the width of **its** queries, d/h. The outputs of the heads are put side by side and
#   multiplied by `W_o`, which stands on the right. (Question 3's `scores` wants three axes, and heads make four.)
# - Returns a float array of shape (B, T, d).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def multi_head(X, W_q, W_k, W_v, W_o, h, M):
    """Self-attention with h heads: a float array (B, T, d)."""
    # BEGIN SOLUTION
    Q, K, V = (split_heads(X @ W, h) for W in (W_q, W_k, W_v))                     # (B, h, T, d/h)
    S = Q @ K.swapaxes(2, 3) / np.sqrt(Q.shape[3])                                 # (B, h, T, T)
    return merge_heads(attention_weights(S, M) @ V) @ W_o
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two heads of width two and two of width four, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(multi_head):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import multi_head as mistakes
    log2 = np.log(2)
    # Two columns a head. The second token has scores 3 ln 2 and ln 2 in the one head, 2 ln 2 and 4 ln 2 in the other
    X, W_q = np.eye(4)[[[0, 1]]], np.array([[1.0, 0, 0, 1], [2, 1, 1, 1], [0, 1, 1, 2], [1, 0, 2, 1]]) * np.sqrt(2) * log2
    W_k = np.array([[1.0, 1, 0, 2], [0, 1, 1, 3], [1, 2, 1, 1], [0, 0, 1, 1]])
    W_v, W_o = np.array([[1.0, 0, 2, 0], [0, 5, 0, 1], [1, 1, 0, 2], [3, 0, 1, 1]]), np.arange(16.0).reshape(4, 4) % 7
    expect(multi_head, X, W_q, W_k, W_v, W_o, 2, np.array([[0, -np.inf], [0, 0]]), mistakes=mistakes,
           want=np.array([[[1, 0, 2, 0], [.8, 1, .4, .8]]]) @ W_o)
    # Each token is a 1 in one place, so its query, key and value are a row of W_q, W_k and W_v. A head has four columns of each
    X = np.eye(8)[[[0, 1, 2], [1, 2, 0]]]
    W_q, W_k, W_v = np.ones((8, 8)), np.ones((8, 8)), np.ones((8, 8))
    W_q[:3] = 2 * log2 * np.array([[1, 0, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0, 1, 0]])
    W_k[:3] = [[1, 2, 0, 0, 3, 0, 1, 0], [0, 1, 0, 0, 1, 2, 0, 0], [2, 0, 0, 0, 0, 3, 2, 0]]
    W_v[:3] = [[1, 0, 0, 0, 0, 0, 2, 0], [0, 3, 0, 0, 1, 0, 0, 0], [0, 0, 0, 6, 0, 5, 0, -5]]
    W_o = np.arange(64.0).reshape(8, 8) % 7 - 2
    # Scores in units of ln 2. First text: (2, 1) and (3, 1, 2) for tokens 2 and 3 in the one head, (3, 1) and (1, 0, 2) in the
    # other. Second text: (1, 2) and (0, 2, 1), (0, 2) and (2, 3, 0). The first token of a text sees itself
    side_by_side = [[W_v[0], [2 / 3, 1, 0, 0, .2, 0, 1.6, 0], np.array([4, 3, 0, 12, 1, 20, 4, -20]) / 7],
                    [W_v[1], [0, 1, 0, 4, .2, 4, 0, -4], [2 / 7, 3 / 7, 0, 24 / 7, 4 / 13, 40 / 13, 2 / 13, -40 / 13]]]
    expect(multi_head, X, W_q, W_k, W_v, W_o, 2, np.where(np.tri(3), 0, -np.inf), want=np.array(side_by_side) @ W_o,
           mistakes=mistakes)
    # The queries are 0, so each token takes the mean of the values that it sees
    X = np.array([[[1.0, 0, 2, 0], [0, 1, 0, 3], [2, 0, 1, 0], [0, 3, 0, 1]]])
    W_v, W_o = np.array([[1.0, 0, 0, 2], [0, 1, 3, 0], [0, 2, 1, 0], [1, 0, 0, 1]]), np.arange(16.0).reshape(4, 4) % 5
    means = np.array([[[1, 4, 2, 2], [2, 2.5, 2.5, 2.5], [2, 7 / 3, 2, 3], [1.75, 2.5, 3.75, 2.5]]])
    expect(multi_head, X, np.zeros((4, 4)), np.eye(4), W_v, W_o, 2, np.where(np.tri(4), 0, -np.inf), want=means @ W_o,
           mistakes=mistakes)
test_by_hand(multi_head)
# %%
""" # BEGIN TEST CONFIG
name: random texts, weights and masks of several sizes
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(multi_head):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import multi_head as mistakes
    from llmcourse.attention import multi_head as reference
    random = rng()
    for batch, T, h, width, causal, far in [(2, 5, 3, 2, True, 1), (3, 4, 2, 4, False, 1), (1, 4, 2, 2, True, 1),
                                            (2, 3, 1, 3, True, 1), (3, 6, 3, 2, True, 1), (2, 3, 2, 3, True, 40)]:
        d = h * width
        X, (W_q, W_k, W_v, W_o) = random.normal(size=(batch, T, d)), random.normal(size=(4, d, d))
        if far > 1:                                         # scores beyond 900 on the diagonal, whatever is drawn
            X[:, :, 0], W_q[0], W_k[0] = 1, far, far
        M = np.where(np.tri(T), 0.0, -np.inf) if causal else np.zeros((T, T))
        expect(multi_head, X, W_q, W_k, W_v, W_o, h, M, mistakes=mistakes,
               want=reference(X, W_q, W_k, W_v, W_o, h, M).output)
test_random(multi_head)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 4
# %% [markdown]
# **Question 10. A decoder asks an encoder** · 20 minutes · ★★★ · chapter section *One text asks another*
#
# Write `cross_attention(Z, H, W_q, W_k, W_v, lengths)`: the tokens of a translation, Z, look at those of its source, H.
#
# - `Z`: (B, M, d), `H`: (B, N, d); row b of both belongs to one pair of texts. Queries are Z W_q, keys H W_k and values H
#   W_v.
# - `W_q` and `W_k`: (d, d_k). `W_v`: (d, d_v). Scores are divided by √d_k.
# - `lengths`: a list of B whole numbers from 0 to N, how many words each **source** has; the rows of H behind them were
#   filled up, and nobody may look there. Where a source has no word, all weights and outputs are 0. Nothing else is hidden: a
#   source is known before the first token of its translation.
# - Returns a tuple `(outputs, weights)` of two float arrays of shapes (B, M, d_v) and (B, M, N).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cross_attention(Z, H, W_q, W_k, W_v, lengths):
    """What each token of Z gets from H, (B, M, d_v), and its weights, (B, M, N)."""
    # BEGIN SOLUTION
    Q, K, V = Z @ W_q, H @ W_k, H @ W_v                                            # (B, M, d_k), (B, N, d_k), (B, N, d_v)
    S = Q @ K.swapaxes(1, 2) / np.sqrt(Q.shape[2])                                 # (B, M, N)
    words = np.arange(H.shape[1]) < np.array(lengths)[:, None, None]               # (B, 1, N)
    S = np.where(words, S, -np.inf)
    greatest = S.max(axis=2, keepdims=True)
    e = np.exp(S - np.where(np.isneginf(greatest), 0, greatest))
    total = e.sum(axis=2, keepdims=True)
    A = e / np.where(total == 0, 1, total)
    return A @ V, A
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three pairs of texts and one pair, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(cross_attention):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import cross_attention as mistakes
    # d_k = 4, and with z, h the rows of Z and H the scores are ln 2 times z_1 h_1 + z_2 (h_1 + h_2): 1, 0, 1 and 1, 1, 2 in the
    # first pair, 1, 4 and 0, 4 in the second; in the third only one key is visible
    log2 = np.log(2)
    Z = np.array([[[1.0, 0], [0, 1]], [[1, 1], [2, 0]], [[1, 0], [0, 1]]])
    H = np.array([[[1.0, 0], [0, 1], [1, 1]], [[0, 1], [2, 0], [5, 5]], [[1, 1], [3, 0], [0, 2]]])
    W_q = np.array([[2.0, 0, 0, 0], [0, 2, 0, 0]]) * log2
    W_k, W_v = np.array([[1.0, 1, 0, 0], [0, 1, 0, 0]]), np.array([[1.0, 0, 2], [0, 1, -1]])
    A = np.array([[[.4, .2, .4], [.25, .25, .5]], [[1 / 9, 8 / 9, 0], [1 / 17, 16 / 17, 0]], [[1, 0, 0], [1, 0, 0]]])
    outputs = np.array([[[.8, .6, 1], [.75, .75, .75]], [[16 / 9, 1 / 9, 31 / 9], [32 / 17, 1 / 17, 63 / 17]], [[1] * 3] * 2])
    expect(cross_attention, Z, H, W_q, W_k, W_v, [3, 2, 1], want=(outputs, A), mistakes=mistakes)
    # Scores 1 · 1, 1 · 3 and 2 · 1, 2 · 3 times ln 2
    expect(cross_attention, np.array([[[1.0], [2]]]), np.array([[[1.0], [3]]]), np.array([[log2]]), np.array([[1.0]]),
           np.array([[3.0]]), [2], mistakes=mistakes,
           want=(np.array([[[7.8], [3 / 17 + 144 / 17]]]), np.array([[[.2, .8], [1 / 17, 16 / 17]]])))
test_by_hand(cross_attention)
# %%
""" # BEGIN TEST CONFIG
name: a source that has no word, and scores of a thousand, by hand
points: 1
""" # END TEST CONFIG
def test_no_word(cross_attention):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import cross_attention as mistakes
    # d_k = 1. The scores are ln 2 times 1, 2, 0 for the first token of a translation, 2, 4, 0 for the second, -1, -2, 0 for the
    # third; the values are 21, 42 and 0. In the last pair the scores are a thousand times as large
    Z, H = np.array([[[1.0], [2], [-1]]] * 4 + [[[1000], [2000], [-2000]]]), np.array([[[1.0], [2], [0]]] * 5)
    A = np.array([[[1 / 3, 2 / 3, 0], [.2, .8, 0], [2 / 3, 1 / 3, 0]], [[0, 0, 0]] * 3, [[1, 0, 0]] * 3,
                  [[2 / 7, 4 / 7, 1 / 7], [4 / 21, 16 / 21, 1 / 21], [2 / 7, 1 / 7, 4 / 7]],
                  [[0, 1, 0], [0, 1, 0], [1, 0, 0]]])
    outputs = np.array([[[35.0], [37.8], [28]], [[0], [0], [0]], [[21], [21], [21]], [[30], [36], [12]], [[42], [42], [21]]])
    expect(cross_attention, Z, H, np.array([[np.log(2)]]), np.array([[1.0]]), np.array([[21.0]]), [2, 0, 1, 3, 2],
           want=(outputs, A), mistakes=mistakes)
test_no_word(cross_attention)
# %%
""" # BEGIN TEST CONFIG
name: random pairs of texts of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(cross_attention):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import cross_attention as mistakes
    from llmcourse.attention import cross_attention as reference
    random = rng()
    for lengths, M, N, d, d_k, d_v in [([3, 5, 2], 4, 5, 3, 2, 4), ([2, 0, 4, 1], 3, 4, 2, 3, 3), ([3, 2], 4, 4, 3, 3, 3),
                                       ([1], 2, 1, 2, 2, 1), ([2, 1], 5, 3, 4, 2, 2), ([3, 2], 2, 3, 2, 4, 3)]:
        Z, H = random.normal(size=(len(lengths), M, d)), random.normal(size=(len(lengths), N, d))
        W_q, W_k, W_v = (random.normal(size=(d, width)) for width in (d_k, d_k, d_v))
        if d_k == 4:                                        # scores near 2000 and -2000
            Z[:, :, 0], H[:, :, 0], W_q[0], W_k[0] = [30, -30], 1 + random.normal(size=(2, 3)) / 100, 6, 6
            H[1, 2, 0] = 2                                  # a hidden score, a thousand above or below the others
        words = np.arange(N) < np.array(lengths)[:, None, None]
        want = tuple(reference(Z, H, W_q, W_k, W_v, words))
        expect(cross_attention, Z, H, W_q, W_k, W_v, lengths, want=want, mistakes=mistakes)
test_random(cross_attention)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 4
# %% [markdown]
# **Question 11. Block by block** · 20 minutes · ★★★ · chapter section *Block by block*
#
# A query has so many keys that their scores don't fit into memory at once. They come in blocks, and of each block only three
# things are kept: with s_j the scores of its visible keys and v_j their values,
#
# m = max_j s_j,  l = Σ_j e^{s_j − m},  o = Σ_j e^{s_j − m} v_j
#
# Write `combine(parts)`: the query's output Σ_j a_j v_j, where a is the softmax of **all** visible scores, of all blocks
# together.
#
# - `parts`: a list of at least one tuple `(m, l, o)` of two floats and an array of shape (d_v,). Every block was measured
#   from its own m; think of what e^{s − m} has to be multiplied by to become e^{s − m′}, where m′ is the greatest m of all
#   blocks.
# - A block in which all keys are hidden is `(-np.inf, 0.0, zeros)`; it may come first. If all blocks are like this, the
#   output is 0.
# - Some m are around a thousand, above 0 or below it.
# - Returns a float array of shape (d_v,).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def combine(parts):
    """The average of the values of all blocks with the softmax of all their scores: a float array (d_v,)."""
    # BEGIN SOLUTION
    greatest = max(m for m, _, _ in parts)
    if greatest == -np.inf:
        return np.zeros(parts[0][2].shape)
    factors = [np.exp(m - greatest) for m, _, _ in parts]                          # 0 of a block that is hidden
    total = sum(factor * mass for factor, (_, mass, _) in zip(factors, parts, strict=True))
    return sum(factor * o for factor, (_, _, o) in zip(factors, parts, strict=True)) / total
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: blocks of one key and of two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(combine):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import combine as mistakes
    log2 = float(np.log(2))
    # Scores ln 2 and 0 with the values (3, 0) and (1, 2), then ln 8 with (5, -1): weights 2/11, 1/11 and 8/11
    small, large = (log2, 1.5, np.array([3.5, 1])), (3 * log2, 1.0, np.array([5.0, -1]))
    want = np.array([47 / 11, -6 / 11])
    expect(combine, [small, large], want=want, mistakes=mistakes)
    expect(combine, [large, small], want=want, mistakes=mistakes)
    # And twice a score of ln 4 with the values (4, 0) and (0, 6): weights in the ratio 8 : 4 : 4 : 2 : 1
    expect(combine, [large, (2 * log2, 2.0, np.array([4.0, 6])), small], mistakes=mistakes,
           want=np.array([(40 + 16 + 7) / 19, (-8 + 24 + 2) / 19]))
    # From block to block a greater m: a score of 0 with the value (6, 0), and the two of above: 1 : 2 : 1 : 8
    expect(combine, [(0.0, 1.0, np.array([6.0, 0])), small, large], mistakes=mistakes,
           want=np.array([(6 + 7 + 40) / 12, (2 - 8) / 12]))
test_by_hand(combine)
# %%
""" # BEGIN TEST CONFIG
name: hidden blocks and scores of a thousand, by hand
points: 1
""" # END TEST CONFIG
def test_extremes(combine):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.attention import combine as mistakes
    log2, log3 = float(np.log(2)), float(np.log(3))
    # Blocks as in the first test, among others in which nothing is visible
    small, large, hidden = (log2, 1.5, np.array([3.5, 1])), (3 * log2, 1.0, np.array([5.0, -1])), (-np.inf, 0.0, np.zeros(2))
    expect(combine, [hidden, large, hidden, small], want=np.array([47 / 11, -6 / 11]), mistakes=mistakes)
    # Weights in the ratio 2 · 1 : 3, and next to nothing for the last block
    expect(combine, [(1000.0, 2.0, np.array([2.0, 4])), (1000 + log3, 1.0, np.array([7.0, 1])), (-1000.0, 1.0, np.ones(2))],
           want=np.array([4.6, 1.4]), mistakes=mistakes)
    expect(combine, [(-1000.0, 1.0, np.array([3.0])), (-1000 + log2, 1.5, np.array([6.0]))], want=np.array([3.75]),
           mistakes=mistakes)
    # 1 : 2 : 1 : 4
    expect(combine, [(-1000.0, 1.0, np.array([3.0])), (-1000 + log2, 1.5, np.array([6.0])),
                     (-1000 + 2 * log2, 1.0, np.array([2.0]))], want=np.array([2.875]), mistakes=mistakes)
    expect(combine, [(-1000.0, 1.0, np.array([3.0])), (1000.0, 1.5, np.array([6.0]))], want=np.array([4.0]), mistakes=mistakes)
    expect(combine, [hidden, hidden], want=np.zeros(2), mistakes=mistakes)
test_extremes(combine)
# %%
""" # BEGIN TEST CONFIG
name: random scores in blocks of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(combine):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.attention import combine as mistakes
    random = rng()
    for sizes, d_v, far in [([3, 2, 4], 3, []), ([1, 4], 2, []), ([5], 2, []), ([2, 0, 3, 1], 1, []), ([0, 3, 2], 4, []),
                            ([0, 0], 3, []), ([2, 3, 2], 2, [1500, -1500, 1500]), ([3, 2], 2, [-1200, -1200]),
                            ([2, 3], 3, [-1300, 1300]), ([4, 1, 2, 3], 2, []), ([2, 3, 2], 2, [0, 20, 21])]:
        parts, s, V = [], [], []
        for size, shift in zip(sizes, far or [0] * len(sizes), strict=True):
            scores, values = shift + 2 * random.normal(size=size), random.normal(size=(size, d_v))
            m = float(max(scores, default=-np.inf))
            e = np.exp(scores - m)
            parts.append((m, float(e.sum()), e @ values))
            s, V = [*s, *scores], [*V, *values]
        e = np.exp(np.array(s) - max(s, default=0))
        want = e @ np.array(V) / e.sum() if s else np.zeros(d_v)
        expect(combine, parts, want=want, mistakes=mistakes)
test_random(combine)
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
# **Question 12. What the weights were worth** · 25 minutes · ★★★ · chapter section *The same in torch*
#
# Write `attention_gradients(Q, K, V, mask, G)`: the outputs softmax(Q Kᵀ/√d_k) V under a mask, and the gradients of
#
# L = Σ G ⊙ outputs
#
# with respect to Q, K and V, found by `backward()`. ⊙ multiplies entry by entry.
#
# - The arguments are torch tensors of dtype float64: Q (B, N_q, d_k), K (B, N_k, d_k), V (B, N_k, d_v) and G (B, N_q, d_v);
#   and `mask` (B, N_q, N_k), of dtype bool, **`True` where a query may look**. (Some of torch's functions mean the opposite
#   by `True`.)
# - A query that may look nowhere has weights and outputs of 0, and **nothing in the gradients is NaN**: the gradient of its q
#   is 0, and it adds nothing to those of the keys and values. To replace NaN by 0 after the softmax mends the outputs, but on
#   the way back NaN may come again (it does where −∞ was *added* to the scores), because 0 · NaN is NaN. It helps to see to
#   it that no NaN ever arises: `S.masked_fill(nowhere, 0)` puts a number where the Boolean tensor `nowhere` is `True`.
# - Scores may be around a thousand here, too.
# - The tensors do not require gradients when they come in; `Q.clone().requires_grad_()` is a copy that does. Whether your
#   function asks for gradients of the arguments themselves is not looked at; only their numbers have to stay as they were.
# - Returns a tuple `(outputs, dQ, dK, dV)` of four tensors of dtype float64.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def attention_gradients(Q, K, V, mask, G):
    """The outputs, and the gradients of Σ G ⊙ outputs with respect to Q, K and V: four float64 tensors."""
    # BEGIN SOLUTION
    Q, K, V = (part.clone().requires_grad_() for part in (Q, K, V))
    S = Q @ K.transpose(1, 2) / Q.shape[2] ** 0.5                                  # (B, N_q, N_k)
    nowhere = ~mask.any(dim=2, keepdim=True)                                       # (B, N_q, 1)
    S = S.masked_fill(~mask, -torch.inf).masked_fill(nowhere, 0)                   # no row is −∞ throughout
    A = S.softmax(dim=2).masked_fill(nowhere, 0)
    outputs = A @ V
    (G * outputs).sum().backward()
    return outputs.detach(), Q.grad, K.grad, V.grad
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two texts of two queries and three keys, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(attention_gradients):
    import numpy as np

    from autograder.checks import expect, tensor
    from autograder.misconceptions.attention import attention_gradients as mistakes
    # d_k = 4. The scores are ln 2 times (1, 3, 0), (2, 1, 0) in the first text and (0, 2, 1), (1, 0, 1) in the second
    Q = np.array([[[1.0, 0, 0, 0], [0, 1, 0, 0]]] * 2) * 2 * np.log(2)
    K = np.array([[[1.0, 2, 0, 0], [3, 1, 0, 0], [0, 0, 1, 0]], [[0, 1, 0, 0], [2, 0, 0, 1], [1, 1, 0, 0]]])
    V = np.array([[[1.0, 0], [0, 5], [3, 3]], [[10, 0], [0, 10], [5, -5]]])
    G = np.array([[[1.0, 2], [-1, 3]], [[4, 4], [2, -1]]])
    mask = np.array([[[True, True, False], [False, True, True]], [[False, True, True], [True, True, False]]])
    A = np.array([[[.2, .8, 0], [0, 2 / 3, 1 / 3]], [[0, 2 / 3, 1 / 3], [2 / 3, 1 / 3, 0]]])
    # What L gains if a weight grows: G · v. In the first row of the first text 1, 10 and 9, in the second 0, 15 and 6
    worth = np.array([[[1, 10, 9], [0, 15, 6]], [[40, 40, 0], [20, -10, 15]]])
    mean = np.array([[[8.2], [12]], [[80 / 3], [10]]])                  # of these numbers, with the weights
    slope = A * (worth - mean) / 2                                      # of L by the dot products; 2 is the scale
    want = ([[[.2, 4], [1, 13 / 3]], [[5 / 3, 5], [20 / 3, 10 / 3]]], slope @ K, [slope[0].T @ Q[0], slope[1].T @ Q[1]],
            [A[0].T @ G[0], A[1].T @ G[1]])
    given = [tensor(part, "float64") for part in (Q, K, V)]
    expect(attention_gradients, *given, tensor(mask, "bool"), tensor(G, "float64"), mistakes=mistakes, atol=1e-6, rtol=1e-6,
           want=tuple(tensor(part, "float64") for part in want))
test_by_hand(attention_gradients)
# %%
""" # BEGIN TEST CONFIG
name: a query that may look nowhere, and scores of a thousand, by hand
points: 1
""" # END TEST CONFIG
def test_nowhere(attention_gradients):
    import numpy as np

    from autograder.checks import expect, tensor
    from autograder.misconceptions.attention import attention_gradients as mistakes
    # The scores are those of the first test, ln 2 times (1, 3, 0), (2, 1, 0) in the first text and (0, 2, 1), (1, 0, 1) in the
    # second
    Q = np.array([[[1.0, 0, 0, 0], [0, 1, 0, 0]]] * 2) * 2 * np.log(2)
    K = np.array([[[1.0, 2, 0, 0], [3, 1, 0, 0], [0, 0, 1, 0]], [[0, 1, 0, 0], [2, 0, 0, 1], [1, 1, 0, 0]]])
    V = np.array([[[1.0, 0], [0, 5], [3, 3]], [[10, 0], [0, 10], [5, -5]]])
    G = np.array([[[1.0, 2], [-1, 3]], [[4, 4], [2, -1]]])
    mask = np.array([[[True, True, False], [False, True, True]], [[False] * 3, [True] * 3]])
    A = np.array([[[.2, .8, 0], [0, 2 / 3, 1 / 3]], [[0, 0, 0], [.4, .2, .4]]])
    # What L gains if a weight grows: G · v. In the first row of the first text 1, 10 and 9, in the second 0, 15 and 6
    worth = np.array([[[1, 10, 9], [0, 15, 6]], [[40, 40, 0], [20, -10, 15]]])
    mean = np.array([[[8.2], [12]], [[0], [12]]])                       # of these numbers, with the weights
    slope = A * (worth - mean) / 2                                      # of L by the dot products; 2 is the scale
    want = ([[[.2, 4], [1, 13 / 3]], [[0, 0], [6, 0]]], slope @ K, [slope[0].T @ Q[0], slope[1].T @ Q[1]],
            [A[0].T @ G[0], A[1].T @ G[1]])
    given = [tensor(part, "float64") for part in (Q, K, V)]
    expect(attention_gradients, *given, tensor(mask, "bool"), tensor(G, "float64"), mistakes=mistakes, atol=1e-6, rtol=1e-6,
           want=tuple(tensor(part, "float64") for part in want))
    # d_k = 1. Scores of 1000, 1000 + ln 2 and 2000, 2000 + 2 ln 2
    Q, K = np.array([[[1000.0], [2000]]]), np.array([[[1], [1 + np.log(2) / 1000]]])
    V, G, A = np.array([[[3.0], [9]]]), np.array([[[1.0], [5]]]), np.array([[[1 / 3, 2 / 3], [.2, .8]]])
    slope = A * (np.array([[[3, 9], [15, 45]]]) - np.array([[[7], [39]]]))
    want = ([[[7], [7.8]]], slope @ K, [slope[0].T @ Q[0]], [A[0].T @ G[0]])
    given = [tensor(part, "float64") for part in (Q, K, V)]
    expect(attention_gradients, *given, tensor([[[True] * 2] * 2], "bool"), tensor(G, "float64"), mistakes=mistakes, atol=1e-6,
           rtol=1e-6, want=tuple(tensor(part, "float64") for part in want))
test_nowhere(attention_gradients)
# %%
""" # BEGIN TEST CONFIG
name: random texts and masks of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(attention_gradients):
    import numpy as np

    from autograder.checks import expect, rng, tensor
    from autograder.misconceptions.attention import attention_gradients as mistakes
    from llmcourse.attention import attention
    random = rng()
    for batch, n_q, n_k, d_k, d_v, nowhere, far in [
            (2, 3, 4, 2, 5, False, 0), (3, 4, 3, 3, 2, True, 0), (1, 3, 3, 2, 2, False, 0), (2, 2, 5, 3, 3, True, 0),
            (2, 3, 4, 2, 2, False, 50)]:
        Q, K = random.normal(size=(batch, n_q, d_k)), random.normal(size=(batch, n_k, d_k))
        V, G = random.normal(size=(batch, n_k, d_v)), random.normal(size=(batch, n_q, d_v))
        mask = random.random((batch, n_q, n_k)) < 0.6
        mask[:, :, -1], mask[:, 0, 0], mask[:, -1, 1] = True, False, True
        mask[0, 1, 0], mask[1:, 1, 0] = True, False
        if nowhere:
            mask[-1, 0] = False
        if far:                                             # all scores are beyond 1000, whatever is drawn
            Q[:, :, 0], K[:, :, 0] = far, far
        output, A = attention(Q, K, V, mask)
        dA = G @ V.swapaxes(1, 2)
        dS = A * (dA - (A * dA).sum(axis=2, keepdims=True)) / np.sqrt(d_k)
        want = (output, dS @ K, dS.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ G)
        given = [tensor(part, "float64") for part in (Q, K, V)]
        expect(attention_gradients, *given, tensor(mask, "bool"), tensor(G, "float64"), mistakes=mistakes,
               want=tuple(tensor(part, "float64") for part in want), atol=1e-6, rtol=1e-6)
test_random(attention_gradients)
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
# **Question 13. Two rules for one thing** · 20 minutes · ★★☆ · chapter section *Who may look at whom* · read by a person
#
# A language model reads [START], *The*, *chef*, *who* and predicts a token after each of them. Two lectures give two rules:
#
# - *rule 1*: query i may look at key j if j ≤ i;
# - *rule 2*: query i may look at key j if j < i, with a table whose rows and columns are [START], *The*, *chef*, *who*.
#
# (a) Write both masks as 4 × 4 tables, with 0 and −∞. (b) What does the formula of softmax give in the row [START] under rule
# 2, and why? (c) In rule 1, row i makes the prediction of token i + 1 after token i has been read. Read rule 2 so that row i
# makes the prediction of token i itself. Which words does each rule then show for the prediction of *The*, *chef* and *who*? Do
# the rules agree, and what would rule 2 hide if row i predicted token i + 1? (d) *Mask A* has −∞ **below** the diagonal, so
# that query i looks at keys j ≥ i. A model that is told the places of its tokens is trained with it to predict token i + 1 in
# row i. What loss would you expect in training, and why? What happens when the model has to write, and what would the loss of a
# held-out text, computed in the same way as in training, tell you about that?
#
# In at most 200 words, tables not counted.
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a)
#
# | rule 1 | [START] | The | chef | who |  | rule 2 | [START] | The | chef | who |
# |---|---|---|---|---|---|---|---|---|---|---|
# | [START] | 0 | −∞ | −∞ | −∞ |  | [START] | −∞ | −∞ | −∞ | −∞ |
# | The | 0 | 0 | −∞ | −∞ |  | The | 0 | −∞ | −∞ | −∞ |
# | chef | 0 | 0 | 0 | −∞ |  | chef | 0 | 0 | −∞ | −∞ |
# | who | 0 | 0 | 0 | 0 |  | who | 0 | 0 | 0 | −∞ |
#
# (b) All four exponentials are e^(−∞) = 0, so each weight is 0/0, NaN, and spreads to all that uses the row. The row has to
# be defined, as zeros, say. (c) For *The* both show [START]; for *chef* [START], The; for *who* [START], The, chef. They
# agree: row i of rule 2 is row i − 1 of rule 1. If row i predicted token i + 1, rule 2 would hide token i, the last one read
# and often the most useful one. (d) Row i sees token i + 1, which it has to predict, so it learns to copy it: the loss falls
# to nearly 0 (only the last row, which sees itself alone, does not profit). In writing there is no later token to copy. The
# last row sees nothing but itself, a situation for which it was hardly trained, and the text is poor. The held-out loss is as
# small as that of training, as it shows the answers too: it tells nothing about writing.
#
# **Rubric (4 points).**
#
# - 1 point, (a): both tables right; ½ if one is right, or if rows and columns are exchanged in both.
# - 1 point, (b): 0/0 from four exponentials of 0, and that the row needs a definition; ½ for "NaN" without a reason.
# - 1 point, (c): the visible words of three predictions, the shift by one row, and that token i would be hidden; ½ if one of
#   the three is missing.
# - 1 point, (d): copies its label, loss near 0; nothing to copy in writing; held-out loss says nothing; ½ for two of the three.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
