"""PPMI, SVD, PCA, similarity and the questions one can ask of word vectors; oracles: hand, NumPy, scipy, scikit-learn."""

import math

import numpy as np
import pytest

from llmcourse.embeddings import (
    Embeddings,
    cosine,
    cosines,
    load_word2vec,
    normalise,
    one_hot,
    pca,
    ppmi,
    save_word2vec,
    svd_vectors,
    truncated_svd,
    weigh,
)
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


@pytest.mark.parametrize(("bad", "message"), [
    (lambda: ppmi([[1, -1]]), "counts must not be negative"), (lambda: ppmi([[0, 0]]), "at least one must be positive"),
    (lambda: ppmi([1, 2]), "counts must have 2 axes"), (lambda: ppmi([[1.0, np.nan]]), "counts must be finite, got nan"),
    (lambda: ppmi([[]]), "at least one must be positive"),
    (lambda: ppmi([[1]], shift=0), "shift must be greater than 0"),
    (lambda: ppmi([[1]], shift=np.nan), "shift must be a finite"),
    (lambda: ppmi([[1]], smoothing=1.5), "smoothing must be at least 0 and at most 1, got 1.5"),
    (lambda: ppmi([[1]], smoothing=-0.1), "smoothing must be"), (lambda: ppmi([[1]], smoothing=np.nan), "smoothing must be"),
    (lambda: weigh([[1.0]], [[1, 2]]), r"shape of the association, \(1, 1\), got \(1, 2\)"),
    (lambda: weigh([[1.0]], [[-1]]), "counts must not be negative"),
    (lambda: weigh([[np.inf]], [[1]]), "association must be finite"),
    (lambda: weigh([[1.0]], [[1]], np.nan), "power must be"), (lambda: weigh([[1.0]], [[1]], -1), "power must be at least 0"),
    (lambda: truncated_svd(TABLE, 0, rng()), "k must be at least 1 and at most 4, got 0"),
    (lambda: truncated_svd(TABLE, 5, rng()), "k must be at least 1 and at most 4, got 5"),
    (lambda: truncated_svd([1, 2], 1, rng()), "matrix must have 2 axes"),
    (lambda: truncated_svd([[1, np.nan]], 1, rng()), "matrix must be finite, got nan"),
    (lambda: truncated_svd(TABLE, 2, rng(), iterations=-1), "iterations must be at least 0, got -1"),
    (lambda: truncated_svd(TABLE, 2, rng(), oversampling=-1), "oversampling must be at least 0, got -1"),
    (lambda: svd_vectors(TABLE, 2, rng(), power=-0.5), "power must be at least 0"),
    (lambda: svd_vectors(TABLE, 2, rng(), power=np.inf), "power must be a finite number"),
    (lambda: pca(TABLE[:1], 1), "points must be at least 2"), (lambda: pca(TABLE, 5), "k must be at least 1 and at most 4"),
    (lambda: pca(TABLE, 0), "k must be at least 1"), (lambda: pca([[1, np.nan], [1, 2]]), "points must be finite"),
    (lambda: cosine([1, 2], [1, 2, 3]), r"same length, got shapes \(2,\) and \(3,\)"),
    (lambda: cosine(TABLE, TABLE), "^x must have 1 axis"), (lambda: cosine([np.nan, 1], [1, 1]), "^x must be finite, got nan"),
    (lambda: cosine([1, 1], [1, -np.inf]), "^y must be finite, got -inf"),
    (lambda: cosines([1, 2]), "vectors must have 2 axes"),
    (lambda: cosines([[1, np.nan]]), "vectors must be finite"), (lambda: normalise([np.inf, 1]), "vectors must be finite"),
    (lambda: normalise(3.0), "vectors must have at least 1 axis"),
    (lambda: one_hot([3], 3), "token id 3 is outside 0 … 2"), (lambda: one_hot([-1], 3), "token id -1 is outside 0 … 2"),
    (lambda: one_hot([0], -1), "vocabulary size must be at least 0"),
])  # fmt: skip
def test_bad_values_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()


@pytest.mark.parametrize(("bad", "message"), [
    (lambda: one_hot([1.7], 3), r"token ids must be integers, got \[1.7\]"),
    (lambda: one_hot(["2"], 3), "token ids must be integers"),
    (lambda: one_hot([True], 3), "token ids must be integers"), (lambda: one_hot([[0], [0, 1]], 3), "regular array"),
    (lambda: one_hot([1], 3.0), "vocabulary size must be an integer"),
    (lambda: ppmi("ab"), "counts must be an array of real numbers"), (lambda: ppmi([[1], [1, 2]]), "counts must be an array"),
    (lambda: ppmi([[1]], shift="1"), "shift must be a number"), (lambda: weigh([["a"]], [[1]]), "association must be"),
    (lambda: truncated_svd(TABLE, 2.0, rng()), "k must be an integer, got 2.0"),
    (lambda: truncated_svd(TABLE, 2, 0), "rng must be"),
    (lambda: truncated_svd(TABLE, 2, rng(), iterations=1.5), "iterations must be an integer"),
    (lambda: truncated_svd(TABLE, 2, rng(), oversampling=None), "oversampling must be an integer"),
    (lambda: truncated_svd([["a"]], 1, rng()), "matrix must be an array of real numbers"),
    (lambda: truncated_svd(TABLE * 1j, 1, rng()), "matrix must be an array of real numbers, got complex128"),
    (lambda: pca(TABLE, 2.5), "k must be an integer"), (lambda: cosine("ab", "ab"), "x must be an array of real numbers"),
])  # fmt: skip
def test_the_wrong_kind_of_input_is_named(bad, message):
    with pytest.raises(TypeError, match=message):
        bad()


def test_weigh_by_hand():
    counts = np.array([[6, 2], [0, 8]])  # p(row) 1/2 and 1/2, p(column) 3/8 and 5/8
    np.testing.assert_allclose(weigh(np.ones((2, 2)), counts, 0.5), np.sqrt([[3 / 16, 5 / 16]] * 2))
    np.testing.assert_array_equal(weigh(counts, counts, 0), counts)
    np.testing.assert_array_equal(weigh(counts, counts), weigh(counts, counts, 0.25))
    np.testing.assert_allclose(weigh([[1, 0], [0, 0]], [[6, 2], [0, 8]]), [[(3 / 16) ** 0.25, 0], [0, 0]])


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


@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_singular_values_come_out_too_small_if_anything(iterations):
    """Without a passage through the matrix, too: the directions are orthonormal then."""
    for seed in range(5):
        matrix = rng(seed).standard_normal((90, 70))
        exact = np.linalg.svd(matrix, compute_uv=False)
        u, s, v = truncated_svd(matrix, 5, rng(seed), oversampling=10, iterations=iterations)
        assert (s <= exact[:5] * (1 + 1e-12)).all() and s[0] > 0.4 * exact[0]
        np.testing.assert_allclose(u.T @ u, np.eye(5), atol=1e-12)
        np.testing.assert_allclose(v.T @ v, np.eye(5), atol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(matrix @ v, axis=0), s)


def test_each_passage_and_each_extra_direction_brings_the_values_closer():
    matrix = rng(3).standard_normal((90, 70))
    sums = [truncated_svd(matrix, 5, rng(0), oversampling=10, iterations=i)[1].sum() for i in range(5)]
    assert (np.diff(sums) > 0).all()
    sums = [truncated_svd(matrix, 5, rng(0), oversampling=o, iterations=0)[1].sum() for o in (0, 20, 40, 65)]
    assert (np.diff(sums) > 0).all() and sums[-1] == pytest.approx(np.linalg.svd(matrix, compute_uv=False)[:5].sum())


def test_the_defaults_of_the_svd_are_sixty_directions_more_and_three_passages():
    matrix = rng(3).standard_normal((90, 80))
    for a, b in zip(truncated_svd(matrix, 3, rng(1)), truncated_svd(matrix, 3, rng(1), oversampling=60, iterations=3),
                    strict=True):  # fmt: skip
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(svd_vectors(matrix, 3, rng(1)), svd_vectors(matrix, 3, rng(1), power=0.5))


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_the_svd_of_very_large_and_small_numbers(scale):
    matrix = rng(4).standard_normal((20, 30))
    _, s, v = truncated_svd(matrix * scale, 4, rng())
    _, want, directions = truncated_svd(matrix, 4, rng())
    np.testing.assert_allclose(s / scale, want, rtol=1e-12)
    np.testing.assert_allclose(v, directions, atol=1e-9)
    assert not truncated_svd(np.zeros((3, 4)), 2, rng())[1].any()
    with pytest.raises(ValueError, match="matrix must be finite, and small enough"):
        truncated_svd(np.full((3, 4), 1e308), 2, rng())


def test_float32_stays_float32():
    matrix = rng(4).standard_normal((20, 30))
    for dtype, want in ((np.float32, np.float32), (np.float16, np.float32), (np.float64, np.float64), (int, np.float64)):
        some = (10 * matrix).astype(dtype)
        results = [*truncated_svd(some, 4, rng()), svd_vectors(some, 4, rng()), *pca(some), normalise(some), cosines(some)]
        assert {result.dtype for result in results} == {np.dtype(want)}, dtype
        tolerance = 2e-3 if dtype == np.float16 else 1e-5
        np.testing.assert_allclose(cosines(some), cosines(some.astype(float)), atol=tolerance)
        np.testing.assert_allclose(truncated_svd(some, 4, rng())[1], truncated_svd(some.astype(float), 4, rng())[1], rtol=1e-3)
        assert ppmi(np.abs(some)).dtype == np.float64


def test_lists_are_tables_too():
    rows = TABLE.tolist()
    np.testing.assert_array_equal(truncated_svd(rows, 2, rng())[1], truncated_svd(TABLE, 2, rng())[1])
    np.testing.assert_array_equal(pca(rows)[0], pca(TABLE)[0])
    np.testing.assert_array_equal(weigh(rows, rows), weigh(TABLE, TABLE))


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
    assert truncated_svd(matrix.astype(np.float32), 5, rng())[1].dtype == np.float32
    matrix.data[3] = np.nan
    with pytest.raises(ValueError, match="matrix must be finite"):
        truncated_svd(matrix, 5, rng())


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


def test_one_hot_keeps_the_shape_of_the_ids():
    assert one_hot([[0, 1], [1, 1]], 2).tolist() == [[[1, 0], [0, 1]], [[0, 1], [0, 1]]]
    assert one_hot([], 2).shape == (0, 2) and one_hot([0], 1).dtype == np.float64
    assert one_hot(np.array([2], np.uint8), 3).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1e-155, 1.0, 1e155, 1e300])
def test_directions_are_right_at_every_scale(scale):
    """The squares of these numbers vanish or overflow, except in the middle."""
    assert cosine([scale, scale], [1, 1]) == pytest.approx(1, abs=1e-15)
    assert cosine([scale, 0], [1, 0]) == 1 and cosine([scale, 0], [0, scale]) == 0
    assert cosine([scale, scale], [3, -1]) == pytest.approx(1 / np.sqrt(5), abs=1e-15)
    np.testing.assert_allclose(cosines([[scale, scale], [1, 0], [0, 0]]), [[1, 0.5**0.5, 0], [0.5**0.5, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(normalise([[scale, -scale]]), [[0.5**0.5, -(0.5**0.5)]])
    words = Embeddings(Vocabulary(["a", "b"]), np.array([[0, 0], [0, 0], [scale, scale], [1, 1]]))
    assert words.similarity("a", "b") == pytest.approx(1) and words.nearest("a")[0][1] == pytest.approx(1)


def test_a_cosine_never_exceeds_one():
    vectors = rng(3).standard_normal((200, 7))
    assert np.abs(cosines(np.vstack([vectors, 3 * vectors, -vectors]))).max() == 1
    assert max(cosine(v, 3 * v) for v in vectors) == 1 and min(cosine(v, -v) for v in vectors) == -1


def test_normalise_and_cosine():
    np.testing.assert_allclose(normalise([[3, 4], [0, 0]]), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalise([3, 4]), [0.6, 0.8])
    np.testing.assert_allclose(normalise([[[0, -2]]]), [[[0, -1]]])
    assert normalise(np.zeros((2, 0))).shape == (2, 0)
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


def test_nearest_to_a_vector(family):
    """Gender is the first axis, so the vector of nothing but gender is nearest to the two female words."""
    assert family.nearest([7.0, 35, 0], 1)[0] == ("woman", pytest.approx(1))
    assert [word for word, _ in family.nearest(np.array([1, 0, 0]), 2)] == ["girl", "woman"] or (
        [word for word, _ in family.nearest(np.array([1, 0, 0]), 2)] == ["woman", "girl"])
    assert family.nearest(family["boy"], 1)[0] == ("boy", pytest.approx(1))  # the word itself may be the answer
    assert len(family.nearest([0, 0, 1])) == 5 and len(family.nearest([0, 0, 1], 99)) == 6
    assert {score for _, score in family.nearest([0, 0, 0], 9)} == {0.0}


def test_embeddings_do_not_change(family):
    with pytest.raises(AttributeError, match="cannot assign to field"):
        family.vectors = np.zeros((9, 3))


def test_ties_go_to_the_lower_id():
    words = Embeddings(Vocabulary(["a", "b", "c", "d"]), np.array([[0, 0], [0, 0], [0, 1], [1, 1], [1, 1], [1, 1]]))
    assert [word for word, _ in words.nearest("a")] == ["b", "c", "d"]
    assert [word for word, _ in words.nearest([1, 1], 2)] == ["b", "c"]
    assert [word for word, _ in words.analogy("a", "b", "c")] == ["d"]


@pytest.mark.parametrize(("ask", "error", "message"), [
    (lambda f: f.nearest("zebra"), ValueError, "unknown token 'zebra'"),
    (lambda f: f.nearest("man", -1), ValueError, "n must be at least 1, got -1"),
    (lambda f: f.nearest("man", 0), ValueError, "n must be at least 1, got 0"),
    (lambda f: f.nearest("man", 2.5), TypeError, "n must be an integer"),
    (lambda f: f.nearest([1, 2]), ValueError, "expected a vector of 3 dimensions, got 2"),
    (lambda f: f.nearest([[1, 2, 3]]), ValueError, "target must have 1 axis"),
    (lambda f: f.nearest([1, 2, np.nan]), ValueError, "target must be finite"),
    (lambda f: f.nearest(["man"]), TypeError, "target must be an array of real numbers"),
    (lambda f: f.odd_one_out(["man", "boy"]), ValueError, "at least 3 words"),
    (lambda f: f.odd_one_out("man"), TypeError, "the words as a sequence of tokens"),
    (lambda f: f.odd_one_out({"man", "boy", "girl"}), TypeError, "the words as a sequence of tokens"),
    (lambda f: f.odd_one_out(["man", "boy", "zebra"]), ValueError, "'zebra'"),
    (lambda f: f.analogy("man", "boy", "woman", method="sub"), ValueError, "unknown method 'sub', expected one of add, mul"),
    (lambda f: f.analogy("man", "boy", "woman", -1), ValueError, "n must be at least 1"),
    (lambda f: f.similarity("man", 3), TypeError, "a token must be a string, got 3"),
    (lambda f: Embeddings(f.vocabulary, np.zeros((3, 2))), ValueError, "9 words need as many vectors, got 3"),
    (lambda f: Embeddings(f.vocabulary, np.zeros(9)), ValueError, "vectors must have 2 axes"),
    (lambda f: Embeddings(f.vocabulary, np.full((9, 2), np.nan)), ValueError, "vectors must be finite"),
    (lambda f: Embeddings(f.vocabulary, [["a"]] * 9), TypeError, "vectors must be an array of real numbers"),
])  # fmt: skip
def test_questions_refuse_what_they_cannot_answer(family, ask, error, message):
    with pytest.raises(error, match=message):
        ask(family)


# --- files of the word2vec format


def equal(one, other):
    assert one.vocabulary == other.vocabulary
    np.testing.assert_array_equal(one.vectors, other.vectors)


@pytest.fixture
def some():
    tokens = ["kit\u00e9", "\u68ee", "a\u00a0b", "a\tb", "0.5", "</s>"]
    return Embeddings(Vocabulary(tokens, unk=True), rng(3).standard_normal((9, 4)).astype(np.float32) * 1e-3)


@pytest.mark.parametrize("binary", [False, True])
def test_files_keep_words_and_vectors(some, tmp_path, binary):
    save_word2vec(some, tmp_path / "vectors", binary=binary)
    found = load_word2vec(str(tmp_path / "vectors"), binary=binary)
    equal(found, some)
    assert found.vectors.dtype == np.float32 and found.vocabulary.unk == 2
    doubled = Embeddings(some.vocabulary, some.vectors.astype(float) / 3)
    save_word2vec(doubled, tmp_path / "vectors", binary=binary)
    equal(load_word2vec(tmp_path / "vectors", binary=binary), Embeddings(some.vocabulary, (doubled.vectors).astype(np.float32)))


def test_the_text_form_by_hand(tmp_path):
    path = tmp_path / "vectors.txt"
    save_word2vec(Embeddings(Vocabulary(["owl"]), [[0, 0], [1, -2], [0.1, 1e-8]]), path)
    assert path.read_bytes() == b"3 2\n<bos> 0.0 0.0\n<eos> 1.0 -2.0\nowl 0.1 1e-08\n"
    path.write_bytes(b"2 2\r\nowl 0.5 2\r\nfox -1 1e-3 \n")  # as other programs write it, and without BOS and EOS
    found = load_word2vec(path)
    assert found.vocabulary.tokens == ("<bos>", "<eos>", "owl", "fox") and found.vocabulary.unk is None
    np.testing.assert_array_equal(found.vectors, np.array([[0, 0], [0, 0], [0.5, 2], [-1, 1e-3]], np.float32))


def test_the_binary_form_by_hand(tmp_path):
    path = tmp_path / "vectors.bin"
    save_word2vec(Embeddings(Vocabulary([]), [[0], [1]]), path, binary=True)
    assert path.read_bytes() == b"2 1\n<bos> \0\0\0\0\n<eos> \0\0\x80\x3f\n"
    path.write_bytes(b"2 1\nowl \0\0\x80\x3ffox \0\0\0\x40")  # without line breaks
    found = load_word2vec(path, binary=True)
    assert found["owl"].tolist() == [1] and found["fox"].tolist() == [2]


@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_what_we_write_and_the_other_way_round(some, tmp_path, binary):
    keyedvectors = pytest.importorskip("gensim.models.keyedvectors", reason="gensim is not installed: its oracle is skipped")
    save_word2vec(some, tmp_path / "ours", binary=binary)
    theirs = keyedvectors.KeyedVectors.load_word2vec_format(str(tmp_path / "ours"), binary=binary)
    assert tuple(theirs.index_to_key) == some.vocabulary.tokens
    np.testing.assert_array_equal(theirs.vectors, some.vectors)
    theirs.save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    equal(load_word2vec(tmp_path / "theirs", binary=binary), some)
    near = some.nearest(some["0.5"], 3)
    want = [pair for pair in theirs.similar_by_vector(some["0.5"], 99) if pair[0] not in ("<bos>", "<eos>")][:3]
    assert [word for word, _ in near] == [word for word, _ in want]
    np.testing.assert_allclose([c for _, c in near], [c for _, c in want], atol=1e-6)


@pytest.mark.parametrize(("data", "binary", "message"), [
    (b"", False, "the first line must be the number of words and of dimensions"), (b"3\n", False, "the first line"),
    (b"2 -1\n", False, "the first line"), (b"owl 0.5\n", False, "the first line"), (b"1 2 3\n", True, "the first line"),
    (b"2 1\nowl 1\n", False, "word 2 of 2 must have 1 numbers, got 0"),
    (b"1 2\nowl 1\n", False, "word 1 of 1 must have 2 numbers, got 1"),
    (b"1 1\nowl 1 2\n", False, "word 1 of 1 must have 1 numbers, got 2"),
    (b"1 1\nowl x\n", False, "word 1 of 1 cannot be read"),
    (b"1 1\n\xff 1\n", False, "word 1 of 1 cannot be read"), (b"1 1\nowl nan\n", False, "vectors must be finite"),
    (b"2 1\nowl 1\nowl 1\n", False, "2 words, but only 1 different ones"), (b"1 1\nowl \0\0", True, "must have 4 bytes, got 2"),
    (b"2 1\nowl \0\0\0\0", True, "word 2 of 2 is missing: the file breaks off"), (b"1 1\nowl", True, "word 1 of 1 is missing"),
    (b"1 1\n\xff \0\0\0\0", True, "word 1 of 1 cannot be read"),
    (b"99999999999999 300\nowl 1\n", False, "word 1 of 99999999999999 must have 300 numbers, got 1"),
])  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path, data, binary, message):
    (tmp_path / "vectors").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        load_word2vec(tmp_path / "vectors", binary=binary)


@pytest.mark.parametrize("word", ["two words", "line\nbreak"])
def test_a_word_that_the_format_cannot_hold_is_refused_and_nothing_is_written(tmp_path, word):
    with pytest.raises(ValueError, match="neither a space nor a line break"):
        save_word2vec(Embeddings(Vocabulary(["owl", word]), np.zeros((4, 1))), tmp_path / "vectors")
    assert not (tmp_path / "vectors").exists()
