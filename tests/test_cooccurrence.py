"""Windowed counts against a loop, scikit-learn and scipy."""

from collections import Counter
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from llmcourse.embeddings import cooccurrence, cooccurrence_counts, cooccurrence_pairs, distance_weights, positional_counts

WEIGHTS = {"uniform": lambda d, w: 1, "linear": lambda d, w: (w + 1 - d) / w, "harmonic": lambda d, w: 1 / d}


def by_hand(texts, size, window, side="both", weighting="uniform"):
    """The definition as a loop over all pairs of positions."""
    table = np.zeros((size, size))
    for text in texts:
        for (s, word), (t, other) in product(enumerate(text), repeat=2):
            if s != t and abs(s - t) <= window and (side == "both" or (t > s) == (side == "right")):
                table[word, other] += WEIGHTS[weighting](abs(s - t), window)
    return table


@pytest.fixture
def texts():
    rng = np.random.default_rng(3)
    return [rng.integers(0, 6, size).tolist() for size in (9, 1, 0, 2, 30, 4)]


@pytest.mark.parametrize("side", cooccurrence.SIDES)
@pytest.mark.parametrize("weighting", cooccurrence.WEIGHTINGS)
@pytest.mark.parametrize("window", [1, 2, 5, 40])
def test_counts_are_those_of_the_loop(texts, side, weighting, window):
    want = by_hand(texts, 7, window, side, weighting)
    found = cooccurrence_counts(texts, 7, window, side=side, weighting=weighting)
    assert found.dtype == (np.int64 if weighting == "uniform" else np.float64)
    np.testing.assert_allclose(found, want, atol=1e-12)
    rows, columns, counts = cooccurrence_pairs(texts, 7, window, side=side, weighting=weighting)
    dense = np.zeros((7, 7))
    dense[rows, columns] = counts
    np.testing.assert_allclose(dense, want, atol=1e-12)
    assert (np.diff(rows * 7 + columns) > 0).all() and (counts > 0).all()


def test_a_sentence_by_hand():
    # goat milk cheese can be: cheese has two neighbours on either side within 2
    table = cooccurrence_counts([[0, 1, 2, 3, 4]], 5, 2)
    assert table.tolist() == [[0, 1, 1, 0, 0], [1, 0, 1, 1, 0], [1, 1, 0, 1, 1], [0, 1, 1, 0, 1], [0, 0, 1, 1, 0]]


def test_a_word_may_stand_beside_itself():
    assert cooccurrence_counts([[0, 0, 0]], 1, 1).tolist() == [[4]]
    assert cooccurrence_counts([[0, 0, 0]], 1, 1, side="right").tolist() == [[2]]


def test_windows_do_not_reach_into_the_next_text():
    assert cooccurrence_counts([[0, 1], [2]], 3, 5).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert not cooccurrence_counts([[0], [1], [2]], 3, 5).any()
    assert not cooccurrence_counts([], 3, 5).any() and cooccurrence_pairs([], 3)[2].size == 0


def test_flat_corpora_count_as_lists_do(texts):
    flat = SimpleNamespace(ids=np.concatenate(texts).astype(np.int64), starts=np.cumsum([0, *map(len, texts)]))
    np.testing.assert_array_equal(cooccurrence_counts(flat, 6, 3), cooccurrence_counts(texts, 6, 3))


@pytest.mark.parametrize("size", [1, 7, 50])
def test_the_size_of_a_portion_changes_nothing(texts, size):
    ids, starts = cooccurrence.flatten(texts, 6)
    total = sum(cooccurrence.count_right(s, 6, np.ones(3)) for s in cooccurrence.streams(ids, starts, 3, 6, size))
    np.testing.assert_array_equal(total, by_hand(texts, 6, 3, "right"))


def test_large_vocabularies_take_the_other_way(texts, monkeypatch):
    monkeypatch.setattr(cooccurrence, "DENSE_VOCABULARY", 3)
    for side, weighting in product(cooccurrence.SIDES, cooccurrence.WEIGHTINGS):
        found = cooccurrence_counts(texts, 6, 4, side=side, weighting=weighting)
        np.testing.assert_allclose(found, by_hand(texts, 6, 4, side, weighting), atol=1e-12)


def test_against_scikit_learn():
    """A window as long as the text: XᵀX of scikit-learn's word counts, with pairs of one place with itself taken off."""
    text = pytest.importorskip("sklearn.feature_extraction.text", reason="scikit-learn is not installed")
    lines = ["the goat and the sheep", "cheese of the goat", "bread and cheese and bread"]
    vectorizer = text.CountVectorizer()
    x = vectorizer.fit_transform(lines).toarray()
    texts = [[vectorizer.vocabulary_[word] for word in line.split()] for line in lines]
    np.testing.assert_array_equal(cooccurrence_counts(texts, x.shape[1], 99), x.T @ x - np.diag(x.sum(axis=0)))


def test_against_scipy_and_a_counter_on_the_stories():
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    from llmcourse.corpora import stories
    language = stories()
    corpus, size = language.train(20_000), len(language.vocabulary)
    rows, columns = [], []
    for d in range(1, 6):
        inside = corpus.story_of[:-d] == corpus.story_of[d:]
        rows += [corpus.ids[:-d][inside], corpus.ids[d:][inside]]
        columns += [corpus.ids[d:][inside], corpus.ids[:-d][inside]]
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    want = sparse.coo_array((np.ones(len(rows), np.int64), (rows, columns)), shape=(size, size)).toarray()
    found = cooccurrence_counts(corpus, size, 5)
    np.testing.assert_array_equal(found, want)
    pairs = Counter(zip(rows.tolist(), columns.tolist(), strict=True))
    r, c, n = cooccurrence_pairs(corpus, size, 5)
    assert pairs == dict(zip(zip(r.tolist(), c.tolist(), strict=True), n.tolist(), strict=True))


def test_positional_counts_lie_side_by_side(texts):
    left, right, far_left, far_right = np.hsplit(positional_counts(texts, 6, (2, 5)), 4)
    np.testing.assert_array_equal(left, by_hand(texts, 6, 2, "left"))
    np.testing.assert_array_equal(right, by_hand(texts, 6, 2, "right"))
    np.testing.assert_array_equal(left + far_left, by_hand(texts, 6, 5, "left"))
    np.testing.assert_array_equal(right + far_right, by_hand(texts, 6, 5, "right"))


def test_weights_by_distance():
    assert distance_weights(4, "uniform").tolist() == [1, 1, 1, 1]
    assert distance_weights(4, "linear").tolist() == [1, 0.75, 0.5, 0.25]
    np.testing.assert_allclose(distance_weights(4, "harmonic"), [1, 1 / 2, 1 / 3, 1 / 4])


@pytest.mark.parametrize(("kwargs", "error", "word"), [
    ({"window": 0}, ValueError, "window"), ({"window": 2.0}, TypeError, "window"), ({"side": "up"}, ValueError, "up"),
    ({"weighting": "cubic"}, ValueError, "cubic"), ({"texts": [[0, 9]]}, ValueError, "9"),
    ({"texts": [[-1]]}, ValueError, "-1"), ({"texts": ["ab"]}, TypeError, "ab"), ({"texts": [[0.5, 1.0]]}, TypeError, "0.5"),
    ({"texts": [[[0], [1]]]}, TypeError, "flat"),
])  # fmt: skip
@pytest.mark.parametrize("function", [cooccurrence_counts, cooccurrence_pairs])
def test_bad_input_is_refused_and_named(function, kwargs, error, word):
    with pytest.raises(error, match=word):
        function(**{"texts": [[0, 1]], "vocabulary_size": 5, "window": 2} | kwargs)


@pytest.mark.parametrize("reaches", [(), (5, 5), (5, 2)])
def test_reaches_must_grow(reaches):
    with pytest.raises(ValueError, match="grow"):
        positional_counts([[0, 1]], 2, reaches)
