# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 05_embeddings
# config_file: assign.yml
# %% [markdown]
# # Unit 05: embeddings
#
# You turn words into vectors, twice: by counting their neighbours, and by predicting them. On the way you write what
# makes such vectors useful (cosine, odd one out, analogy) and visible (principal components). Questions 1 to 9 are checked
# by the computer, question 10 is read by a person. About two hours in all; the first five minutes are easy.
#
# In every question
#
# - a **text** is a list of token ids, whole numbers from 0 to V − 1; where words are asked about, they are strings;
# - a **vector** is a NumPy array with one axis, a **table** one with two, and row i belongs to word i;
# - an array of floats has dtype float64, as NumPy makes it; for an array of whole numbers any integer dtype is right; where
#   a float is asked for, a NumPy float or a whole number of the same value is right as well;
# - a list is no tuple, and no array either: return what the question names;
# - logarithms are natural, angles are given by their cosine, and a vector of zeros has cosine 0 with every vector;
# - your function returns a new object and leaves its arguments as they were.
#
# Numbers are compared with a tolerance of one in a billion. You may call your own functions from earlier
# questions, and import NumPy and the standard library.
#
# Some results are fixed up to a sign only: where v is a right answer, −v is one as well. Two questions therefore ask you
# to pass your result through `turned`, which is given here. Everything else is settled by the tables in the tests: the
# singular values that count are different ones, and a column never has two entries of the largest magnitude.
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


def turned(columns):
    """The same columns, each multiplied by 1 or −1 so that its entry of largest magnitude is positive."""
    columns = np.real_if_close(columns)  # some routes to a real answer lead through complex numbers
    largest = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return columns * np.where(largest < 0, -1.0, 1.0)
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. One place for each word** · 5 minutes · ★☆☆ · chapter section *A place for each word*
#
# Write `one_hot(ids, vocabulary_size)`, the one-hot vectors of some tokens, one row for each.
#
# - `ids`: a list of token ids from 0 to `vocabulary_size` − 1, possibly empty, possibly with repetitions.
# - Returns a NumPy array of floats of shape (number of ids, `vocabulary_size`): row n is 0 everywhere except for a 1 in
#   column `ids[n]`. Column 0 belongs to id 0.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def one_hot(ids, vocabulary_size):
    """Rows of zeros with a 1 at each id: a float array of shape (len(ids), vocabulary_size)."""
    # BEGIN SOLUTION
    rows = np.zeros((len(ids), vocabulary_size))
    for n, i in enumerate(ids):
        rows[n, i] = 1
    return rows
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three tokens, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(one_hot):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import one_hot as mistakes
    expect(one_hot, [2, 0, 2], 5, mistakes=mistakes,
           want=np.array([[0.0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0]]))
test_by_hand(one_hot)
# %%
""" # BEGIN TEST CONFIG
name: random ids, a single one, and none
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(one_hot):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import one_hot as mistakes
    random = rng()
    for n, size in [(9, 6), (5, 11), (1, 3), (0, 4)]:
        ids = [size - 1, 0, 0, *random.integers(0, size, n).tolist()][:n]
        want = np.array([[float(i == j) for j in range(size)] for i in ids]).reshape(n, size)
        expect(one_hot, ids, size, want=want, mistakes=mistakes)
test_random(one_hot)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 4
# %% [markdown]
# **Question 2. Who stands beside whom?** · 15 minutes · ★★☆ · chapter section *Count the neighbours*
#
# Write `cooccurrence(texts, vocabulary_size, window)`, the table of co-occurrence counts.
#
# - `texts`: a list of texts (lists of ids), some of them possibly empty. `window`: a whole number W of at least 1.
# - The neighbours of the token at place t are the tokens at places t − W … t − 1 and t + 1 … t + W **of the same text**, as
#   far as there are such places. So a word is its own neighbour only where it occurs a second time nearby.
# - Returns a NumPy array of whole numbers, of shape (`vocabulary_size`, `vocabulary_size`): entry [i, j] is how
#   often word j was a neighbour of word i, over all places where i stands. Each neighbour counts, however often the
#   same word comes again; counts may be far above 255.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cooccurrence(texts, vocabulary_size, window):
    """How often word j stands within `window` places of word i, in either direction: an int array (V, V)."""
    # BEGIN SOLUTION
    table = np.zeros((vocabulary_size, vocabulary_size), dtype=int)
    for text in texts:
        for t, word in enumerate(text):
            for s in range(max(t - window, 0), min(t + window + 1, len(text))):
                if s != t:
                    table[word, text[s]] += 1
    return table
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: one text at a time, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(cooccurrence):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import cooccurrence as mistakes
    # 0 1 2 1 1 with a window of 2
    expect(cooccurrence, [[0, 1, 2, 1, 1]], 4, 2, mistakes=mistakes,
           want=np.array([[0, 1, 1, 0], [1, 4, 3, 0], [1, 3, 0, 0], [0, 0, 0, 0]]))
    # From left to right 01, 10 and 01: three neighbours to the right, and the same three seen from the other side
    expect(cooccurrence, [[0, 1, 0, 1]], 2, 1, want=np.array([[0, 3], [3, 0]]), mistakes=mistakes)
test_by_hand(cooccurrence)
# %%
""" # BEGIN TEST CONFIG
name: two texts, by hand
points: 1
""" # END TEST CONFIG
def test_two_texts(cooccurrence):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import cooccurrence as mistakes
    expect(cooccurrence, [[2, 0, 2, 1], [1, 2]], 3, 2, want=np.array([[0, 1, 2], [1, 0, 2], [2, 2, 2]]), mistakes=mistakes)
    expect(cooccurrence, [[2, 0, 2, 1], [1, 2]], 3, 3, want=np.array([[0, 1, 2], [1, 0, 3], [2, 3, 2]]), mistakes=mistakes)
test_two_texts(cooccurrence)
# %%
""" # BEGIN TEST CONFIG
name: random texts, windows longer than a text, empty texts
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(cooccurrence):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import cooccurrence as mistakes
    random = rng()
    for window in (2, 3, 1, 9):
        texts = [random.integers(0, 4, size).tolist() for size in (12, 1, 0, 5)]
        texts.insert(int(random.integers(0, 4)), [0, 0, 0, 1])
        want = np.zeros((5, 5), int)
        for text in texts:
            for distance in range(1, window + 1):
                for left, right in zip(text, text[distance:], strict=False):
                    want[left, right] += 1
                    want[right, left] += 1
        expect(cooccurrence, texts, 5, window, want=want, mistakes=mistakes)
    expect(cooccurrence, [], 2, 1, want=np.zeros((2, 2), int), mistakes=mistakes)
    n, far = int(random.integers(400, 410)), 50                # counts that 8 or 16 bits cannot hold
    pairs = 2 * sum(n - distance for distance in range(1, far + 1))
    expect(cooccurrence, [[1] * n], 2, far, want=np.array([[0, 0], [0, pairs]]), mistakes=mistakes)
test_random(cooccurrence)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3
# %% [markdown]
# **Question 3. The angle between two words** · 5 minutes · ★☆☆ · chapter section *Rows that point the same way*
#
# Write `cosine(x, y)` = xᵀy / (‖x‖ ‖y‖), where ‖x‖ is the Euclidean length of x.
#
# - `x`, `y`: vectors with equally many entries, floats, or whole numbers of at most six digits. Each length ‖x‖, ‖y‖ is 0
#   or lies between 10⁻¹⁰⁰ and 10¹⁰⁰. Floats reach from 10⁻³⁰⁸ to 10³⁰⁸: the square of such a length is one, the product of
#   two squares may not be.
# - Returns a float: the cosine itself, not the angle. It is from −1 to 1, or past them by a rounding error.
# - Returns `0.0` where x or y (or both) is a vector of zeros. Every other vector has a direction, also one of length 10⁻¹⁰⁰.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cosine(x, y):
    """Cosine of the angle between two vectors, a float; 0.0 for a vector of zeros."""
    # BEGIN SOLUTION
    lengths = np.sqrt(x @ x) * np.sqrt(y @ y)
    return float(x @ y / lengths) if lengths else 0.0
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: by hand, also for very short vectors and for zeros
points: 1
""" # END TEST CONFIG
def test_by_hand(cosine):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import cosine as mistakes
    expect(cosine, np.array([3.0, 4.0]), np.array([8.0, -6.0]), want=0.0, mistakes=mistakes)
    expect(cosine, np.array([3, 4]), np.array([-10, 0]), want=-0.6, mistakes=mistakes)
    expect(cosine, np.array([1.0, 2.0, 2.0]), np.array([4.0, 0.0, 3.0]), want=10 / 15, mistakes=mistakes)
    expect(cosine, np.array([1.0, 2.0, 2.0]), np.array([4e-100, 0.0, 3e-100]), want=10 / 15, mistakes=mistakes)
    expect(cosine, np.array([3e-100, 4e-100]), np.array([8e-100, 0.0]), want=0.6, mistakes=mistakes)
    expect(cosine, np.array([1.0, 2.0]), np.array([0.0, 0.0]), want=0.0, mistakes=mistakes)
    expect(cosine, np.array([0, 0]), np.array([0, 0]), want=0.0, mistakes=mistakes)
test_by_hand(cosine)
# %%
""" # BEGIN TEST CONFIG
name: cheese and bread
points: 1
""" # END TEST CONFIG
def test_cheese(cosine):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import cosine as mistakes
    cheese, bread, sheep = np.array([14, 7, 5, 1]), np.array([7, 12, 0, 0]), np.array([1, 0, 12, 2])
    expect(cosine, cheese, bread, want=0.7958, atol=5e-5, mistakes=mistakes)
    expect(cosine, cheese, sheep, want=0.3782, atol=5e-5, mistakes=mistakes)
test_cheese(cosine)
# %%
""" # BEGIN TEST CONFIG
name: random vectors, long, short and zero
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(cosine):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import cosine as mistakes
    random = rng()
    for scale in (1.0, 50.0, 0.01, 1e-99, 1e99):
        for size in (3, 7):
            x, y = random.normal(0.5, 1, size), random.normal(0.5, 1, size)
            want = float((x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)))
            expect(cosine, x, scale * y, want=want, mistakes=mistakes)
            expect(cosine, -scale * x, scale * y, want=-want, mistakes=mistakes)
    expect(cosine, np.array([0, 1, 0]), random.integers(1, 9, 3) * np.array([1, 0, 1]), want=0.0, mistakes=mistakes)
    expect(cosine, np.array([1.0, 2.0]), np.zeros(2), want=0.0, mistakes=mistakes)
    expect(cosine, np.zeros(3), np.zeros(3), want=0.0, mistakes=mistakes)
test_random(cosine)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 4
# %% [markdown]
# **Question 4. More often than chance** · 15 minutes · ★★☆ · chapter section *More often than chance*
#
# Write `ppmi(counts)`, the positive pointwise mutual information of a table of counts:
#
# ppmi(i, j) = max(0, ln p(i, j) / (p(i) p(j)))
#
# - `counts`: a table of numbers ≥ 0, not all 0, in general neither square nor symmetric: rows are words, columns contexts.
# - p(i, j) is the count divided by the sum of the whole table, p(i) the share of row i in that sum, p(j) the share of
#   column j.
# - Returns an array of floats of the same shape. Where the count is 0 the result is 0, also in rows and columns of zeros.
#   Nothing in it is infinite or NaN.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def ppmi(counts):
    """Positive pointwise mutual information in nats, an array of the shape of counts."""
    # BEGIN SOLUTION
    p = counts / counts.sum()
    chance = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    ratio = np.divide(p, chance, out=np.ones_like(p), where=p > 0)
    return np.log(np.maximum(ratio, 1))
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three tables, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(ppmi):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import ppmi as mistakes
    # 32 in all. Rows 8, 8, 16; columns 4, 12, 16. Expected by chance: 1, 3, 4 in the first two rows, 2, 6, 8 in the last.
    counts = np.array([[2, 1, 5], [0, 3, 5], [2, 8, 6]])
    want = np.array([[np.log(2), 0, np.log(5 / 4)], [0, 0, np.log(5 / 4)], [0, np.log(4 / 3), 0]])
    expect(ppmi, counts, want=want, mistakes=mistakes)
    # A row and a column of zeros. 8 in all, rows 4, 0, 4, columns 6, 0, 2: by chance 3, 0, 1 in the first and last row.
    counts = np.array([[4, 0, 0], [0, 0, 0], [2, 0, 2]])
    want = np.array([[np.log(4 / 3), 0, 0], [0, 0, 0], [0, 0, np.log(2)]])
    expect(ppmi, counts, want=want, mistakes=mistakes)
    # 1,000,000 in all. Expected by chance: 10 · 10 / 1,000,000 in the first cell, which holds 50,000 times as much.
    counts = np.array([[5, 5], [5, 999_985]])
    expect(ppmi, counts, want=np.array([[np.log(50_000), 0], [0, np.log(999_985 / 999_980.0001)]]), mistakes=mistakes)
test_by_hand(ppmi)
# %%
""" # BEGIN TEST CONFIG
name: cheese and bread, goat and sheep
points: 1
""" # END TEST CONFIG
def test_cheese(ppmi):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import ppmi as mistakes
    counts = np.array([[14, 7, 5, 1], [7, 12, 0, 0], [5, 0, 8, 12], [1, 0, 12, 2]])
    want = [[0.5017, 0.1600, 0, 0], [0.1600, 1.0504, 0, 0], [0, 0, 0.0960, 1.0123], [0, 0, 1.0123, 0]]
    expect(ppmi, counts, want=np.array(want), atol=5e-5, mistakes=mistakes)
test_cheese(ppmi)
# %%
""" # BEGIN TEST CONFIG
name: random tables, with rows and columns of zeros
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(ppmi):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import ppmi as mistakes
    random = rng()
    for shape in [(5, 5), (4, 6), (6, 3)]:
        for empty in (False, True):
            counts = random.integers(0, 9, shape)
            counts[0, 0], counts[1, 0], counts[0, 1] = 30, 0, 1
            if empty:
                counts[2], counts[:, 2] = 0, 0
            rows, columns, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
            want = [[max(0.0, math.log(n * total / (rows[i] * columns[j]))) if n else 0.0 for j, n in enumerate(row)]
                    for i, row in enumerate(counts.tolist())]
            expect(ppmi, counts, want=np.array(want), mistakes=mistakes)
            expect(ppmi, counts * 0.5, want=np.array(want), mistakes=mistakes)
    n = int(random.integers(2, 7))                             # a table of a million: what is added to a share shows
    counts = np.array([[n, 0, n], [n, 1, 10], [10, 20, 10**6]])
    rows, columns, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    want = [[max(0.0, math.log(int(k) * int(total) / int(rows[i] * columns[j]))) if k else 0.0 for j, k in enumerate(row)]
            for i, row in enumerate(counts)]
    expect(ppmi, counts, want=np.array(want), mistakes=mistakes)
test_random(ppmi)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. Fewer dimensions** · 10 minutes · ★★☆ · chapter section *Few dimensions for many*
#
# The singular value decomposition writes a table as U diag(s) Vᵀ with s₁ ≥ s₂ ≥ … ≥ 0 and orthonormal columns in U and V.
# Write `svd_vectors(table, k)`, word vectors of k dimensions: the first k columns of U, each multiplied by its singular
# value, the largest first.
#
# - `table`: an array of floats (V, C), rows are words. `k`: a whole number from 1 to the smaller of V and C. The k largest
#   singular values are above 0, and they differ from each other and from the rest.
# - Returns an array (V, k). Pass it through `turned`, which settles the signs.
# - `np.linalg.svd` may be used. Look at what it returns: the third array is Vᵀ.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def svd_vectors(table, k):
    """Word vectors of k dimensions, U·diag(s) of the truncated SVD with its signs turned: (V, k)."""
    # BEGIN SOLUTION
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return turned(u[:, :k] * s[:k])
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: one dimension and two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(svd_vectors):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import svd_vectors as mistakes
    # s = 98, 49 and 0. U has the columns (2, 6, 3) / 7 and (-3, -2, 6) / 7, V has (3, 2, 6) / 7 and (-6, 3, 2) / 7:
    # the first row of the table is 4 (3, 2, 6) - 3 (-6, 3, 2), the second 12 and -2 of them, the third 6 and 6.
    table = np.array([[30.0, -1, 18], [48, 18, 68], [-18, 30, 48]])
    expect(svd_vectors, table, 1, want=np.array([[28.0], [84], [42]]), mistakes=mistakes)
    expect(svd_vectors, table, 2, want=np.array([[28.0, -21], [84, -14], [42, 42]]), mistakes=mistakes)
test_by_hand(svd_vectors)
# %%
""" # BEGIN TEST CONFIG
name: random tables, wide and tall
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(svd_vectors):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import svd_vectors as mistakes
    random = rng()
    for words, contexts, k in [(6, 6, 1), (7, 4, 2), (6, 6, 3), (4, 9, 4)]:
        n = min(words, contexts)
        u = np.linalg.qr(random.normal(size=(words, n)))[0]
        v = np.linalg.qr(random.normal(size=(contexts, n)))[0]
        s = 2.0 ** np.arange(n, 0, -1) + random.uniform(0, 0.5, n)        # well apart
        columns = (u * s)[:, :k]
        sign = np.sign(columns[np.abs(columns).argmax(axis=0), range(k)])
        expect(svd_vectors, u * s @ v.T, k, want=columns * sign, atol=1e-8, mistakes=mistakes)
test_random(svd_vectors)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 4
# %% [markdown]
# **Question 6. A picture** · 10 minutes · ★★☆ · chapter section *A picture*
#
# Principal component analysis looks for the directions in which points vary most. Write `pca(points)`, the coordinates of
# the points along the first two of them.
#
# - `points`: an array of floats (N, D), one point a row, N ≥ 3 and D ≥ 2. The two largest variances are above 0, and they
#   differ from each other and from the rest.
# - Centre the points first: subtract the mean point from each. Then the directions are the right singular vectors (the
#   rows of Vᵀ) of the centred table, or, which is the same, the eigenvectors of its covariance matrix with the largest
#   eigenvalues. The coordinate of a point along a direction is the dot product of the *centred* point with it. Nothing is
#   rescaled.
# - Returns an array (N, 2), the direction of the largest variance first. Pass it through `turned`. (For the eigenvectors of a
#   symmetric matrix there is `np.linalg.eigh`. `np.linalg.eig` may give complex numbers with imaginary parts of 0, and in no
#   order; `turned` makes them real.)
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def pca(points):
    """Coordinates along the two directions of largest variance, with their signs turned: (N, 2)."""
    # BEGIN SOLUTION
    centred = points - points.mean(axis=0)
    _, _, vt = np.linalg.svd(centred, full_matrices=False)
    return turned(centred @ vt[:2].T)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four points, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(pca):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import pca as mistakes
    # The mean is (10, 20, 5). Away from it: 4, 1, -2, -3 along the third axis, and 1, -2, 1, 0 along the first, with the
    # sum of products 4 - 2 - 2 = 0, so these two axes are the directions. In the second column -2 is the largest entry.
    points = np.array([[11.0, 20, 9], [8, 20, 6], [11, 20, 3], [10, 20, 2]])
    expect(pca, points, want=np.array([[4.0, -1], [1, 2], [-2, -1], [-3, 0]]), mistakes=mistakes)
test_by_hand(pca)
# %%
""" # BEGIN TEST CONFIG
name: cheese, bread, goat and sheep
points: 1
""" # END TEST CONFIG
def test_cheese(pca):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import pca as mistakes
    points = np.array([[14.0, 7, 5, 1], [7, 12, 0, 0], [5, 0, 8, 12], [1, 0, 12, 2]])
    want = np.array([[6.2663, -2.2949], [9.3546, 1.6963], [-8.0999, -5.2082], [-7.5210, 5.8069]])    # rounded
    expect(pca, points, want=want, atol=5e-5, mistakes=mistakes)
test_cheese(pca)
# %%
""" # BEGIN TEST CONFIG
name: random points
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(pca):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import pca as mistakes
    random = rng()
    for n, d in [(8, 4), (12, 3), (5, 6), (3, 2)]:
        spread = np.array([9.0, 4, 1, 0.5, 0.3, 0.2])[:d]
        rotation = np.linalg.qr(random.normal(size=(d, d)))[0]
        flat = random.normal(size=(n, min(n - 1, d)))
        flat = np.linalg.qr(flat - flat.mean(axis=0))[0]                         # orthonormal columns with mean 0
        spread = spread[:flat.shape[1]]
        points = flat * spread @ rotation[:, :flat.shape[1]].T + random.normal(0, 5, d)
        columns = (flat * spread)[:, :2]
        sign = np.sign(columns[np.abs(columns).argmax(axis=0), [0, 1]])
        expect(pca, points, want=columns * sign, atol=1e-8, mistakes=mistakes)
test_random(pca)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3
# %% [markdown]
# **Question 7. The odd one out** · 10 minutes · ★★☆ · chapter section *Ask the vectors*
#
# Which of *breakfast, lunch, dinner, surgery* does not belong? Write `odd_one_out(words, vectors)`: the word whose **mean
# cosine with the other words of the list** is the lowest, and that mean.
#
# - `words`: a list of at least three different words. `vectors`: a dictionary from words to vectors (arrays of floats, none
#   of them zero, of very different lengths). It may hold more words than are asked about.
# - Returns a tuple: the word (a string) and its mean cosine with the others (a float). Among n words each has n − 1 others.
# - No two words tie in the tests.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def odd_one_out(words, vectors):
    """The word that is least like the others, and its mean cosine with them: (string, float)."""
    # BEGIN SOLUTION
    def fit(word):
        return float(np.mean([cosine(vectors[word], vectors[other]) for other in words if other != word]))
    odd = min(words, key=fit)
    return odd, fit(odd)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: words in the plane, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(odd_one_out):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import odd_one_out as mistakes
    vectors = {"breakfast": np.array([4.0, 3.0]), "lunch": np.array([0.5, 0.0]), "dinner": np.array([3.0, 4.0]),
               "surgery": np.array([-6.0, 8.0]), "fork": np.array([9.0, 9.0])}
    # Cosines of surgery with breakfast, lunch and dinner: 0, -15/25 and 7/25. Their mean is -8/75.
    expect(odd_one_out, ["breakfast", "lunch", "dinner", "surgery"], vectors, want=("surgery", -8 / 75), mistakes=mistakes)
    # Without surgery, lunch is the odd one: 4/5 with breakfast, 3/5 with dinner.
    expect(odd_one_out, ["dinner", "breakfast", "lunch"], vectors, want=("lunch", 0.7), mistakes=mistakes)
test_by_hand(odd_one_out)
# %%
""" # BEGIN TEST CONFIG
name: random words
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(odd_one_out):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import odd_one_out as mistakes
    random = rng()
    names = ["owl", "hen", "fox", "bat", "eel", "ant", "cod", "yak"]
    for round in range(24):
        words = random.permutation(names)[:3 + round % 4].tolist()
        vectors = {word: random.normal(0.3, 1, 3) * 10 ** random.uniform(-1, 1) for word in random.permutation(names).tolist()}
        if round >= 20:                                        # all look the same way: no mean is below 0
            vectors = {word: np.abs(vector) for word, vector in vectors.items()}
        unit = np.array([vectors[word] / np.linalg.norm(vectors[word]) for word in words])
        means = ((unit @ unit.T).sum(axis=1) - 1) / (len(words) - 1)
        strengths = (np.abs(unit @ unit.T).sum(axis=1) - 1) / (len(words) - 1)
        if np.diff(np.sort(means))[0] > 1e-6 and strengths.argmin() != means.argmax():
            expect(odd_one_out, words, vectors, want=(words[int(means.argmin())], float(means.min())), mistakes=mistakes)
test_random(odd_one_out)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4
# %% [markdown]
# **Question 8. Woman is to man as sister is to …** · 15 minutes · ★★☆ · chapter section *Ask the vectors*
#
# Write `analogy(a, b, c, vectors)`, the answer to "a is to b as c is to …?" by the rule 3CosAdd: of all words w in
# `vectors` **except a, b and c**, the one with the highest score
#
# cos(w, b) − cos(w, a) + cos(w, c)
#
# - `vectors`: a dictionary from words to vectors (arrays of floats, none of them zero, of very different lengths). `a`, `b` and
#   `c` are three of its words; two of them may be the same.
# - Returns a tuple: the word (a string) and its score (a float). No two words tie in the tests.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def analogy(a, b, c, vectors):
    """The word w, other than a, b and c, with the highest cos(w, b) − cos(w, a) + cos(w, c), and this: (string, float)."""
    # BEGIN SOLUTION
    def score(word):
        to_a, to_b, to_c = (cosine(vectors[word], vectors[other]) for other in (a, b, c))
        return to_b - to_a + to_c
    best = max((word for word in vectors if word not in (a, b, c)), key=score)
    return best, float(score(best))
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a small family, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(analogy):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import analogy as mistakes
    # Lengths 5, 10, 15, 1, …: divided by them, all coordinates are 0, ±0.6, ±0.8 or ±1.
    vectors = {"woman": np.array([3.0, 4.0, 0]), "man": np.array([-6.0, 8.0, 0]), "sister": np.array([9.0, 0, 12.0]),
               "brother": np.array([-0.6, 0, 0.8]), "aunt": np.array([0, 6.0, 8.0]), "king": np.array([-8.0, 6.0, 0]),
               "stone": np.array([-3.0, -4.0, 0])}
    # brother − man + sister = (0.6, −0.8, 1.6): 1.64 for sister and 0.92 for brother, but these were asked with.
    expect(analogy, "man", "brother", "sister", vectors, want=("aunt", 0.8), mistakes=mistakes)
    # man − woman + sister = (−0.6, 0.8, 0) − (0.6, 0.8, 0) + (0.6, 0, 0.8) = (−0.6, 0, 0.8), and brother is just that.
    expect(analogy, "woman", "man", "sister", vectors, want=("brother", 1.0), mistakes=mistakes)
    # The best may be bad: warm has −0.8 − 0.8 − 0.6 = −2.2, and mild −0.6 − 0.6 − 0.8 = −2.
    vectors = {"warm": np.array([4.0, 3]), "hot": np.array([5.0, 0]), "mild": np.array([0.3, 0.4]), "cold": np.array([-2.0, 0]),
               "dark": np.array([0, -7.0])}
    expect(analogy, "hot", "cold", "dark", vectors, want=("mild", -2.0), mistakes=mistakes)
test_by_hand(analogy)
# %%
""" # BEGIN TEST CONFIG
name: random words
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(analogy):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import analogy as mistakes
    random = rng()
    names = ["owl", "hen", "fox", "bat", "eel", "ant", "cod", "yak", "elk", "gnu"]
    asked = 0
    while asked < 20:
        vectors = {word: random.normal(0.3, 1, 4) * 10 ** random.uniform(-1, 1) for word in random.permutation(names).tolist()}
        a, b, c = random.permutation(names)[:3].tolist()
        if asked % 5 == 0:
            a, b, c = [(a, a, c), (a, b, b), (a, b, a), (a, a, a)][asked // 5]
        unit = {word: vector / np.linalg.norm(vector) for word, vector in vectors.items()}
        scores = {w: float(unit[w] @ (unit[b] - unit[a] + unit[c])) for w in names}
        ranked = sorted(names, key=scores.get, reverse=True)
        best, second = [w for w in ranked if w not in (a, b, c)][:2]
        wanted_order = ranked[0] == c and (asked != 1 or ranked[1] == b)      # what 3CosAdd meets in real vectors, too
        if (wanted_order or len({a, b, c}) < 3) and scores[best] - scores[second] > 1e-6:
            asked += 1
            expect(analogy, a, b, c, vectors, want=(best, scores[best]), mistakes=mistakes)
    for towards, near, far in [(-1.6, 0.9, 0.6), (1.0, 0.8, 0.2)]:             # the best score is near −2, then near −0.4
        angles = {"far": far, "a": 0.0, "near": near + random.uniform(-0.05, 0.05), "b": np.pi, "c": towards}
        vectors = {w: 10 ** random.uniform(-1, 1) * np.array([np.cos(t), np.sin(t)]) for w, t in angles.items()}
        score = -2 * np.cos(angles["near"]) + np.cos(angles["near"] - towards)
        expect(analogy, "a", "b", "c", vectors, want=("near", float(score)), mistakes=mistakes)
test_random(analogy)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 5
# %% [markdown]
# **Question 9. One step of skip-gram** · 25 minutes · ★★★ · chapter section *Predict the neighbours*
#
# Skip-gram with negative sampling trains a classifier that tells a real neighbour from random words. For a word with
# vector e, a real neighbour with vector c, and k random words with vectors c₁ … c_k, its loss is
#
# ℓ = −ln σ(e·c) − Σ_r ln σ(−e·c_r), with σ(z) = 1 / (1 + e⁻ᶻ).
#
# Write `pair_loss(word, neighbour, negatives)`, which returns four things as a tuple: the loss, and its gradients with
# respect to e, to c, and to every c_r.
#
# - `word` is e (d,), `neighbour` is c (d,), `negatives` has the c_r as rows (k, d) with k ≥ 1.
# - Returns `(loss, to_word, to_neighbour, to_negatives)`: a float and arrays of shapes (d,), (d,) and (k, d). They are
#   gradients: a step of descent would *subtract* them. Losses and gradients are sums, not means.
# - Useful: the derivative of −ln σ(z) is σ(z) − 1, and that of −ln σ(−z) is σ(z).
# - Some tests have dot products near ±1000. The loss stays finite there: −ln σ(−1000) is 1000. The function
#   `np.logaddexp(a, b)` = ln(eᵃ + eᵇ) does not overflow.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def pair_loss(word, neighbour, negatives):
    """Loss of one pair with its negative samples, and the gradients: (loss, to_word, to_neighbour, to_negatives)."""
    # BEGIN SOLUTION
    def sigma(z):
        return np.exp(-np.logaddexp(0, -z))
    positive, negative = word @ neighbour, negatives @ word               # e·c, and every e·c_r
    loss = np.logaddexp(0, -positive) + np.logaddexp(0, negative).sum()
    wrong, wrongs = sigma(positive) - 1, sigma(negative)
    return float(loss), wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two dimensions, by hand, also with a dot product of 1000
points: 1
""" # END TEST CONFIG
def test_by_hand(pair_loss):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.embeddings import pair_loss as mistakes
    # e·c = ln 3, so σ = 3/4; e·c₁ = −ln 4, so σ = 1/5; e·c₂ = ln 1.5, so σ = 3/5. The loss is ln 4/3 + ln 5/4 + ln 5/2.
    word, neighbour = np.array([1.0, 0]), np.array([np.log(3), 5])
    negatives = np.array([[-np.log(4), 2], [np.log(1.5), 1]])
    expect(pair_loss, word, neighbour, negatives, mistakes=mistakes,
           want=(float(np.log(25 / 6)),
                 np.array([-np.log(3) / 4 - np.log(4) / 5 + 3 * np.log(1.5) / 5, -5 / 4 + 2 / 5 + 3 / 5]),
                 np.array([-1 / 4, 0]), np.array([[1 / 5, 0], [3 / 5, 0]])))
    # e·c = −1000 and e·c₁ = 1000: as wrong as can be, σ = 0 and 1
    expect(pair_loss, np.array([1000.0, 0]), np.array([-1.0, 2]), np.array([[1.0, 3]]), mistakes=mistakes,
           want=(2000.0, np.array([2.0, 1]), np.array([-1000.0, 0]), np.array([[1000.0, 0]])))
test_by_hand(pair_loss)
# %%
""" # BEGIN TEST CONFIG
name: random vectors, one to six random words
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(pair_loss):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import pair_loss as mistakes
    from llmcourse.embeddings.skipgram import pair_loss as reference
    random = rng()
    for d, k in [(4, 3), (3, 6), (5, 2), (3, 1)]:
        word, neighbour, negatives = random.normal(size=d), random.normal(size=d), random.normal(size=(k, d))
        expect(pair_loss, word, neighbour, negatives, want=reference(word, neighbour, negatives), mistakes=mistakes)
    word, neighbour = random.uniform(5, 6, 2), np.array([-1.0, -1.0])          # wrong, and rather sure: σ near 10 ** -5
    negatives = np.array([[1.0, 1.0], [0.2, -0.1]])
    expect(pair_loss, word, neighbour, negatives, want=reference(word, neighbour, negatives), mistakes=mistakes)
test_random(pair_loss)
# %%
""" # BEGIN TEST CONFIG
name: very sure and very wrong
points: 2
hidden: true
""" # END TEST CONFIG
def test_extremes(pair_loss):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.embeddings import pair_loss as mistakes
    scale = float(rng().uniform(900, 1000))
    word, neighbour = np.array([scale, 0.0]), np.array([-1.0, 0.5])
    negatives = np.array([[1.0, 2.0], [-1.0, 3.0], [1.0, 7.0]])
    expect(pair_loss, word, neighbour, negatives, mistakes=mistakes,
           want=(3 * scale, np.array([1 + 2, -0.5 + 9]), np.array([-scale, 0]), np.array([[scale, 0], [0, 0], [scale, 0]])))
test_extremes(pair_loss)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 4
# manual: true
# %% [markdown]
# **Question 10. A picture to doubt** · 20 minutes · ★★☆ · chapter sections *Ask the vectors* and *Maps that flatter* · read by
# a person
#
# A classmate trained vectors on the stories of this course and writes: "(1) In my t-SNE map the feelings form a tight island
# far from the adverbs, and the names a wide one. So feelings mean nearly the same, names differ, and feelings have nothing to
# do with adverbs. (2) *merrily* and *grimly* have a cosine of 0.93, so the model takes them for synonyms. (3) Ada : Axel ::
# Ebba : ? gives *Axel* back, one of the words I asked with; once these are forbidden, I get 92 % of all analogies right. So the
# vectors understand analogies."
#
# In at most 250 words: (a) which of the conclusions in (1) may one draw from a t-SNE map, and what would you look at instead?
# (b) Why do words of opposite meaning become neighbours? (c) What does (3) say about the claim, and with which other
# percentage, measured on the same questions, would you compare the 92 %?
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) t-SNE keeps the nearest neighbours together and sacrifices the rest: sizes of islands and distances
# between them depend on its settings (perplexity, seed) and mean nothing. That feelings stay together may be read off, the
# rest not. I would look at cosines in the full space, within and between the groups, and draw the map again with other
# settings. (b) The vectors know contexts only. *Merrily* and *grimly* stand in the same places ("wandered …ly to the
# harbour"), and what tells them apart, the mood of a story, shows in few neighbours. Similar distribution is similar use,
# not same meaning: opposites are about the same thing. (c) b − a + c often is still closest to b or c itself, so the
# offset is small compared with what the words share, and forbidding the words of the question does a good part of the
# work: 92 % is a result of the vectors and of that ban. A fair comparison is a rule that ignores the analogy, such as the
# nearest neighbour of b (or of c) that was not asked with; the chapter finds 36 % and 11 %. The share without the ban, 47 %,
# is another. Guessing counts, too: after Ada : Axel :: Ebba any of nine boys' names is right.
#
# **Rubric (4 points).**
#
# - 1 point, (a): sizes and distances of islands in t-SNE are not to be trusted; ½ for "it depends on the perplexity" alone.
# - ½ point, (a): looks at similarities in the full space, or repeats the map with other settings.
# - 1 point, (b): opposites occur in the same contexts, and contexts are all the vectors know.
# - 1 point, (c): the words of the question would win, so leaving them out is part of the result.
# - ½ point, (c): names a comparison on the same questions (neighbour of b or c, chance among the candidates, no ban).
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
