"""PPMI, SVD, PCA, similarity and the questions one can ask of word vectors; oracles: hand, NumPy, scipy, scikit-learn."""

import math

import numpy as np
import pytest

from llmcourse.embeddings import Embeddings, cosine, cosines, normalise, one_hot, pca, ppmi, svd_vectors, truncated_svd, weigh
from llmcourse.vocabulary import Vocabulary

TABLE = np.array([[14, 7, 5, 1], [7, 12, 0, 0], [5, 0, 8, 12], [1, 0, 12, 2]])  # cheese, bread, goat, sheep


def rng(seed=0):
    return np.random.default_rng(seed)


def random_counts(seed, shape=(7, 9)):
    return rng(seed).poisson(2.0, shape)


# --- the table of the lecture


def test_cosines_of_the_table():
    assert cosines(TABLE).round(2).tolist() == [
        [1.00, 0.80, 0.49, 0.38], [0.80, 1.00, 0.17, 0.04], [0.49, 0.17, 1.00, 0.67], [0.38, 0.04, 0.67, 1.00]
    ]  # fmt: skip
    assert [round(cosine(TABLE[i], TABLE[j]), 2) for i, j in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]] == [
        0.80, 0.49, 0.38, 0.17, 0.04, 0.67
    ]  # fmt: skip


def test_pca_of_the_table():
    """The picture: bread and cheese on one side, goat and sheep on the other; most of the variance is in it."""
    coordinates, directions, variances = pca(TABLE)
    np.testing.assert_allclose(coordinates.round(2), [[6.27, 2.29], [9.35, -1.70], [-8.10, 5.21], [-7.52, -5.81]])
    np.testing.assert_allclose(variances.round(2), [82.98, 23.00])
    total = TABLE.var(axis=0, ddof=1).sum()
    assert 0.88 < variances.sum() / total < 0.89
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)


# --- PPMI


def ppmi_by_loop(counts, shift=1.0, a=1.0):
    total = counts.sum()
    smoothed = [sum(column) ** a if sum(column) else 0 for column in counts.T]
    out = np.zeros(counts.shape)
    for i, row in enumerate(counts):
        for j, n in enumerate(row):
            if n:
                p = sum(row) / total * smoothed[j] / sum(smoothed)
                out[i, j] = max(0, math.log(n / total / p) - math.log(shift))
    return out


@pytest.mark.parametrize(("shift", "smoothing"), [(1, 1), (5, 1), (1, 0.75), (2.5, 0.5), (1, 0)])
def test_ppmi_is_the_formula(shift, smoothing):
    for seed in range(5):
        counts = random_counts(seed)
        counts[2] = counts[:, 4] = 0
        found = ppmi(counts, shift=shift, smoothing=smoothing)
        np.testing.assert_allclose(found, ppmi_by_loop(counts, shift, smoothing), atol=1e-12)
        assert (found >= 0).all() and not found[2].any() and not found[:, 4].any()


def test_ppmi_by_hand():
    # p(0,0) = 1/2, p(0) = 3/4, p(·0) = 1/2: ln (1/2) / (3/8) = ln 4/3. Cell (0,1): (1/4) / (3/8) < 1, so 0.
    np.testing.assert_allclose(ppmi([[2, 1], [0, 1]]), [[math.log(4 / 3), 0], [0, math.log(2)]])
    np.testing.assert_allclose(ppmi([[4, 2], [2, 1]]), 0, atol=1e-15)  # independent


def test_ppmi_leaves_its_input_alone():
    counts = random_counts(1).astype(float)
    before = counts.copy()
    ppmi(counts)
    np.testing.assert_array_equal(counts, before)


@pytest.mark.parametrize("bad", [
    lambda: ppmi([[1, -1]]), lambda: ppmi([[0, 0]]), lambda: ppmi([1, 2]), lambda: ppmi([[1.0, np.nan]]),
    lambda: ppmi([[1]], shift=0), lambda: ppmi([[1]], smoothing=1.5), lambda: weigh([[1.0]], [[1, 2]]),
    lambda: weigh([[1.0]], [[-1]]), lambda: truncated_svd(TABLE, 0, rng()), lambda: truncated_svd(TABLE, 5, rng()),
    lambda: pca(TABLE[:1], 1), lambda: pca(TABLE, 5), lambda: pca(TABLE, 0), lambda: cosine([1, 2], [1, 2, 3]),
    lambda: cosine(TABLE, TABLE), lambda: one_hot([3], 3), lambda: one_hot([-1], 3),
])  # fmt: skip
def test_bad_input_is_refused(bad):
    with pytest.raises(ValueError, match=r"got|expected|must|from"):
        bad()


def test_weigh_by_hand():
    counts = np.array([[6, 2], [0, 8]])  # p(row) 1/2 and 1/2, p(column) 3/8 and 5/8
    np.testing.assert_allclose(weigh(np.ones((2, 2)), counts, 0.5), np.sqrt([[3 / 16, 5 / 16]] * 2))
    np.testing.assert_array_equal(weigh(counts, counts, 0), counts)


# --- SVD and PCA


@pytest.mark.parametrize("shape", [(40, 40), (25, 60), (60, 25), (5, 3)])
def test_svd_finds_what_numpy_finds(shape):
    matrix = rng(1).standard_normal(shape) * np.linspace(1, 20, shape[1])
    want = np.linalg.svd(matrix, compute_uv=False)
    k = min(shape) // 2 + 1
    u, s, v = truncated_svd(matrix, k, rng())
    np.testing.assert_allclose(s, want[:k], rtol=1e-6)
    np.testing.assert_allclose(u.T @ u, np.eye(k), atol=1e-9)
    np.testing.assert_allclose(v.T @ v, np.eye(k), atol=1e-9)
    rest = np.sqrt((want[k:] ** 2).sum())
    assert np.linalg.norm(matrix - u * s @ v.T) < rest * (1 + 1e-6) + 1e-9


def test_svd_of_a_matrix_of_low_rank_is_exact():
    matrix = rng(2).standard_normal((30, 4)) @ rng(3).standard_normal((4, 50))
    u, s, v = truncated_svd(matrix, 6, rng())
    np.testing.assert_allclose(u * s @ v.T, matrix, atol=1e-9)
    np.testing.assert_allclose(s[4:], 0, atol=1e-9)


def test_svd_against_scipy_on_the_stories():
    """The worst of 100 singular values of a PPMI table is within 1 %, and the space is the same where the gap allows."""
    linalg = pytest.importorskip("scipy.sparse.linalg", reason="scipy is not installed")
    table = stories_ppmi()
    want = np.sort(linalg.svds(table, 100, rng=rng())[1])[::-1]
    for seed in range(3):
        _, s, _ = truncated_svd(table, 100, rng(seed))
        assert np.abs(s / want - 1).max() < 0.01
        assert (s <= want * (1 + 1e-9)).all()


def test_svd_takes_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    matrix = sparse.random_array((80, 60), density=0.1, rng=rng(4))
    for dense, thin in zip(truncated_svd(matrix.toarray(), 5, rng()), truncated_svd(matrix, 5, rng()), strict=True):
        np.testing.assert_allclose(dense, thin, atol=1e-8)


def test_svd_signs_do_not_depend_on_chance():
    matrix = random_counts(5, (20, 30)) - 2.0
    first, second = truncated_svd(matrix, 3, rng(1)), truncated_svd(matrix, 3, rng(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    v = first[2]
    assert (v[np.abs(v).argmax(axis=0), range(3)] > 0).all()


def test_svd_vectors_scale_by_a_power():
    matrix = random_counts(6, (20, 30)).astype(float)
    u, s, _ = truncated_svd(matrix, 4, rng())
    for power in (0, 0.5, 1):
        np.testing.assert_allclose(svd_vectors(matrix, 4, rng(), power=power), u * s**power)


@pytest.mark.parametrize("shape", [(30, 5), (6, 40), (10, 10)])
def test_pca_against_scikit_learn(shape):
    decomposition = pytest.importorskip("sklearn.decomposition", reason="scikit-learn is not installed")
    points = rng(7).standard_normal(shape) @ np.diag(np.linspace(1, 4, shape[1])) + 3
    oracle = decomposition.PCA(3, svd_solver="full")
    want = oracle.fit_transform(points)
    coordinates, directions, variances = pca(points, 3)
    np.testing.assert_allclose(variances, oracle.explained_variance_)
    signs = np.sign((directions * oracle.components_).sum(axis=1))
    np.testing.assert_allclose(directions, oracle.components_ * signs[:, None], atol=1e-9)
    np.testing.assert_allclose(coordinates, want * signs, atol=1e-9)
    assert (directions[range(3), np.abs(directions).argmax(axis=1)] > 0).all()


def stories_ppmi():
    from llmcourse.corpora import stories
    from llmcourse.embeddings import cooccurrence_counts
    return ppmi(cooccurrence_counts(stories().train(200_000), len(stories().vocabulary), 5))


# --- similarity and questions


def test_one_hot_vectors_look_rows_up():
    e = rng(8).standard_normal((5, 3))
    np.testing.assert_array_equal(one_hot([3, 0, 3], 5), [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 1, 0]])
    np.testing.assert_array_equal(one_hot([3, 0, 3], 5) @ e, e[[3, 0, 3]])


def test_normalise_and_cosine():
    np.testing.assert_allclose(normalise([[3, 4], [0, 0]]), [[0.6, 0.8], [0, 0]])
    assert cosine([1, 0], [0, 2]) == 0 and cosine([0, 0], [1, 1]) == 0
    assert cosine([1, 2], [-2, -4]) == pytest.approx(-1) and cosine([3, 4], [6, 8]) == pytest.approx(1)


@pytest.fixture
def family():
    """Two properties, two axes: gender and age; and a word apart."""
    points = {"woman": (1, 5, 0), "man": (-1, 5, 0), "girl": (1, -5, 0), "boy": (-1, -5, 0), "person": (0, 5, 0.5),
              "stone": (0.2, 0, 9), "never": (0, 0, 0)}  # fmt: skip
    return Embeddings(Vocabulary(points), np.array([(0, 1, 0), (1, 0, 0), *points.values()], float))


def test_nearest_leaves_out_the_word_itself_and_what_is_no_word(family):
    found = family.nearest("woman", 99)
    assert [word for word, _ in found] == ["person", "man", "stone", "girl", "boy"]
    np.testing.assert_allclose(found[1][1], 24 / 26)
    assert family.nearest("woman", 2) == found[:2] and family.similarity("woman", "man") == pytest.approx(24 / 26)
    np.testing.assert_array_equal(family["boy"], [-1, -5, 0])


def test_odd_one_out(family):
    assert family.odd_one_out(["woman", "stone", "man", "person"]) == "stone"
    assert family.odd_one_out(["girl", "woman", "boy"]) == "woman"
    assert family.odd_one_out(["woman", "woman", "woman"]) == "woman"


@pytest.mark.parametrize("method", ["add", "mul"])
def test_analogies(family, method):
    assert family.analogy("woman", "man", "girl", method=method)[0][0] == "boy"
    assert family.analogy("man", "boy", "woman", method=method)[0][0] == "girl"
    words = [word for word, _ in family.analogy("woman", "man", "girl", 99, method=method)]
    assert not {"woman", "man", "girl", "never", "<bos>", "<eos>"} & set(words)


def test_analogy_scores_are_the_formulas(family):
    (_, score), *_ = family.analogy("woman", "man", "girl")
    c = family.similarity
    assert score == pytest.approx(c("boy", "man") - c("boy", "woman") + c("boy", "girl"))
    (_, score), *_ = family.analogy("woman", "man", "girl", method="mul")
    moved = [(1 + c("boy", other)) / 2 for other in ("man", "girl", "woman")]
    assert score == pytest.approx(moved[0] * moved[1] / (moved[2] + 0.001))


def test_questions_refuse_what_they_cannot_answer(family):
    for ask in (lambda: family.nearest("zebra"), lambda: family.odd_one_out(["man", "boy"]), lambda: family.odd_one_out("man"),
                lambda: family.analogy("man", "boy", "woman", method="sub"),
                lambda: Embeddings(family.vocabulary, np.zeros((3, 2))), lambda: Embeddings(family.vocabulary, np.zeros(9))):
        with pytest.raises(ValueError):
            ask()
