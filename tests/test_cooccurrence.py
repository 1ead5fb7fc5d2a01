"""Windowed counts against a loop, scikit-learn and scipy."""

import tracemalloc
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse.corpus import Corpus
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
    for dtype in (np.int64, np.uint8, np.uint16):
        flat = Corpus(np.concatenate(texts).astype(dtype), np.cumsum([0, *map(len, texts)]))
        np.testing.assert_array_equal(cooccurrence_counts(flat, 6, 3), by_hand(texts, 6, 3))
        np.testing.assert_array_equal(cooccurrence_pairs(flat, 6, 3)[2], cooccurrence_pairs(texts, 6, 3)[2])


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_the_keys_of_a_long_text_of_small_integers_do_not_overflow(dtype):
    text = np.arange(250).astype(dtype)
    stream, pairs = next(cooccurrence.portions(Corpus(text, np.array([0, 250])), 2, 250, 100))
    assert cooccurrence.count_right([(stream, pairs)], 250, np.ones(2)).sum() == 200


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=6), st.integers(1, 15), st.integers(1, 30), st.integers(1, 40)
)
def test_the_size_of_a_portion_changes_nothing(texts, window, size, at_once):
    """Every pair once, however the corpus is cut into portions and the distances into groups."""
    corpus = Corpus.join(texts)
    table = np.zeros((5, 5))
    for stream, pairs in cooccurrence.portions(corpus, window, 4, size):
        assert len(stream) <= max(2 * size, size + window) and (np.diff(pairs) <= 0).all()
        seen = []
        for keys, distances in cooccurrence.neighbour_keys(stream, pairs, 5, at_once):
            np.add.at(table.reshape(-1), keys, 1)
            assert distances.stop - distances.start == 1 or len(keys) <= at_once
            seen += range(distances.start, distances.stop)
        assert seen == list(range(len(pairs)))
    np.testing.assert_array_equal(table[:4, :4], by_hand(texts, 4, window, "right"))
    weighted = cooccurrence.count_right(cooccurrence.portions(corpus, window, 4, size), 4, 1 / np.arange(1, window + 1))
    np.testing.assert_allclose(weighted, by_hand(texts, 4, window, "right", "harmonic"), atol=1e-12)


@pytest.mark.parametrize("size", [65_534, 65_535, 65_536, 70_000])
@pytest.mark.parametrize("weighting", cooccurrence.WEIGHTINGS)
def test_pairs_of_the_last_words_of_a_large_vocabulary(size, weighting):
    """65,535 words and the filler make 2³² pairs, the most that have a number of 32 bits."""
    last = size - 1
    rows, columns, counts = cooccurrence_pairs([[last, 0, last], [last - 1, last]], size, 2, weighting=weighting)
    half = {"uniform": 1, "linear": 0.5, "harmonic": 0.5}[weighting]
    want = {(0, last): 2, (last - 1, last): 1, (last, 0): 2, (last, last - 1): 1, (last, last): 2 * half}
    assert dict(zip(zip(rows.tolist(), columns.tolist(), strict=True), counts.tolist(), strict=True)) == want
    assert rows.dtype == columns.dtype == np.int64


def test_equal_weights_are_counted_in_integers():
    portion = [(np.array([0, 1, 2]), np.array([2]))]
    assert cooccurrence.count_right(portion, 2, np.ones(1)).dtype == np.int64
    assert cooccurrence.count_right(portion, 2, np.array([0.5])).dtype == np.float64
    assert cooccurrence.longest_distance(Corpus.join([[1, 2, 3], [1]])) == 2
    assert cooccurrence.longest_distance(Corpus.join([])) == cooccurrence.longest_distance(Corpus.join([[], [5]])) == 1


def peak(function):
    """Bytes that a call has in use at its peak, and what it returns."""
    tracemalloc.start()
    result = function()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most, result


@pytest.mark.parametrize("function", [cooccurrence_counts, cooccurrence_pairs])
@pytest.mark.parametrize("weighting", cooccurrence.WEIGHTINGS)
def test_memory_does_not_grow_with_the_window(function, weighting):
    """Texts of 10 tokens hold no pair that is more than 9 apart, whatever the window."""
    rng = np.random.default_rng(0)
    corpus = Corpus(rng.integers(0, 100, 40_000), np.arange(0, 40_001, 10))
    most, _ = peak(lambda: function(corpus, 100, 9, weighting=weighting))
    for window in (100, 10**6, 10**15):
        more, found = peak(lambda window=window: function(corpus, 100, window, weighting=weighting))
        assert more < 1.2 * most
    if weighting != "linear":  # its weights depend on the window
        np.testing.assert_array_equal(found, function(corpus, 100, 9, weighting=weighting))


def test_memory_does_not_grow_with_the_window_in_a_long_text():
    n = 200_000
    corpus = Corpus(np.append(np.random.default_rng(0).integers(0, 10, n), [1, 2, 3]), np.array([0, n, n + 3]))
    most, _ = peak(lambda: cooccurrence_counts(corpus, 10, 25))
    more, found = peak(lambda: cooccurrence_counts(corpus, 10, 60))
    assert more < 1.2 * most
    assert found.sum() == 2 * (sum(n - d for d in range(1, 61)) + 3)
    most, _ = peak(lambda: cooccurrence_pairs(corpus, 10, 20, weighting="linear"))
    more, _ = peak(lambda: cooccurrence_pairs(corpus, 10, 60, weighting="linear"))
    assert more < 1.2 * most


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
        inside = corpus.text_of[:-d] == corpus.text_of[d:]
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
    for weighting in cooccurrence.WEIGHTINGS:
        np.testing.assert_array_equal(distance_weights(9, weighting, upto=3), distance_weights(9, weighting)[:3])
        np.testing.assert_array_equal(distance_weights(2, weighting, upto=3), distance_weights(2, weighting))
    assert distance_weights(10**15, "linear", upto=2).tolist() == [1, 1 - 1e-15]


def test_the_defaults_are_a_window_of_five_to_both_sides_with_equal_weights():
    text = [list(range(8))]
    want = by_hand(text, 8, 5)
    np.testing.assert_array_equal(cooccurrence_counts(text, 8), want)
    rows, columns, counts = cooccurrence_pairs(text, 8)
    np.testing.assert_array_equal(counts, want[rows, columns])
    assert len(rows) == np.count_nonzero(want)
    np.testing.assert_array_equal(positional_counts([list(range(20))], 20), positional_counts([list(range(20))], 20, (2, 15)))


@pytest.mark.parametrize(("kwargs", "error", "word"), [
    ({"window": 0}, ValueError, "window"), ({"window": 2.0}, TypeError, "window"), ({"side": "up"}, ValueError, "up"),
    ({"weighting": "cubic"}, ValueError, "cubic"), ({"texts": [[0, 9]]}, ValueError, "9"),
    ({"texts": [[-1]]}, ValueError, "-1"), ({"texts": ["ab"]}, TypeError, "ab"), ({"texts": [[0.5, 1.0]]}, TypeError, "0.5"),
    ({"texts": [[[0], [1]]]}, TypeError, "flat"), ({"texts": [0, 1]}, TypeError, "got 0"),
    ({"window": True}, TypeError, "window"),
    ({"texts": [[0, 5]]}, ValueError, "token id 5 is outside 0 … 4"), ({"vocabulary_size": 5.0}, TypeError, "vocabulary size"),
    ({"texts": Corpus(np.array([0.0, 1.5]), np.array([0, 2]))}, TypeError, "token ids must be integers"),
    ({"vocabulary_size": -1, "texts": []}, ValueError, "vocabulary size must be at least 0, got -1"),
    ({"weighting": ["linear"]}, ValueError, "unknown weighting"), ({"window": float("nan")}, TypeError, "window"),
])  # fmt: skip
@pytest.mark.parametrize("function", [cooccurrence_counts, cooccurrence_pairs])
def test_bad_input_is_refused_and_named(function, kwargs, error, word):
    with pytest.raises(error, match=word.replace("(", r"\(")):
        function(**{"texts": [[0, 1]], "vocabulary_size": 5, "window": 2} | kwargs)


@pytest.mark.parametrize("reaches", [(), (5, 5), (5, 2)])
def test_reaches_must_grow(reaches):
    with pytest.raises(ValueError, match="grow"):
        positional_counts([[0, 1]], 2, reaches)


@pytest.mark.parametrize(("reaches", "error"), [((2, 15.0), TypeError), ((0, 2), ValueError), ((float("nan"),), TypeError)])
def test_a_reach_is_a_whole_number(reaches, error):
    with pytest.raises(error, match="a reach must be"):
        positional_counts([[0, 1]], 2, reaches)
