"""The NumPy n-gram models: equal to the dictionary versions, distributions that sum to 1, counting, forms of input."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse import language_models, ngrams
from llmcourse.corpus import encode_texts
from llmcourse.language_models import EOS, LanguageModel, Vocabulary
from llmcourse.ngrams import counts as counting
from llmcourse.ngrams import fast as fast_ngrams
from llmcourse.ngrams.counts import Keys, count_ngrams, group, radix_sort, rank

WORDS = "abcd"
texts_of_words = st.lists(st.lists(st.sampled_from(WORDS), max_size=8), min_size=1, max_size=6)
orders = st.integers(1, 5)
VOCABULARY = Vocabulary([*WORDS, "e"])  # e is never seen
contexts = st.lists(st.integers(1, len(VOCABULARY) - 1), max_size=6)
PROPER = [
    ("Additive", {"k": 0.3}),
    ("Additive", {"k": 1}),
    ("AbsoluteDiscounting", {}),
    ("AbsoluteDiscounting", {"discount": 0.9}),
    ("KneserNey", {}),
    ("KneserNey", {"discount": 0.1}),
    ("KneserNey", {"discount": 1}),
    ("ModifiedKneserNey", {}),
    ("ModifiedKneserNey", {"discounts": (0.2, 1.1, 2.5)}),
]
ALL = [
    *PROPER,
    ("MLE", {}),
    ("MLE", {"eos": False}),
    ("MLE", {"eos": False, "denominator": "occurrences"}),
    ("Additive", {"k": 0}),
    ("KneserNey", {"discount": 0}),
]


def build(module, name, options, texts, order):
    return getattr(module, name)(texts, order, vocabulary=VOCABULARY, **options)


def distribution(model, context):
    """p (V,), or None where the model says that p(w|u) is 0/0."""
    try:
        return np.exp(model.next_log_probabilities(context))
    except ngrams.UnseenContextError:
        return None


@pytest.mark.parametrize(("name", "options"), PROPER)
@given(texts=texts_of_words, order=orders, context=contexts)
@settings(max_examples=20, deadline=None)
def test_every_conditional_distribution_sums_to_1(name, options, texts, order, context):
    for module in (ngrams, fast_ngrams):
        p = distribution(build(module, name, options, texts, order), context)
        assert abs(p.sum() - 1) < 1e-9
        assert (p >= 0).all()
        assert p[VOCABULARY.bos] == 0


@pytest.mark.parametrize("denominator", ["followed", "occurrences"])
@given(texts=texts_of_words, order=orders, context=contexts)
@settings(max_examples=20, deadline=None)
def test_mle_sums_to_1_wherever_it_is_defined(denominator, texts, order, context):
    for module in (ngrams, fast_ngrams):
        p = distribution(build(module, "MLE", {"denominator": denominator}, texts, order), context)
        assert p is None or abs(p.sum() - 1) < 1e-9


@pytest.mark.parametrize(("name", "options"), ALL)
@given(texts=texts_of_words.filter(any), order=orders, context=contexts, scored=st.lists(contexts, max_size=4))
@settings(max_examples=20, deadline=None)
def test_both_versions_are_the_same_model(name, options, texts, order, context, scored):
    slow, fast = (build(module, name, options, texts, order) for module in (ngrams, fast_ngrams))
    expected, got = distribution(slow, context), distribution(fast, context)
    assert (expected is None) == (got is None)
    if expected is not None:
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        fast.token_log_probabilities(scored), slow.token_log_probabilities(scored), rtol=1e-12, atol=1e-12
    )
    assert getattr(fast, "discounts", None) == getattr(slow, "discounts", None)


@pytest.mark.parametrize("factor", [0, 0.4, 1])
@given(texts=texts_of_words.filter(any), order=orders, scored=st.lists(contexts, max_size=4))
@settings(max_examples=20, deadline=None)
def test_both_versions_of_stupid_backoff_give_the_same_scores(factor, texts, order, scored):
    slow, fast = (module.StupidBackoff(texts, order, factor, vocabulary=VOCABULARY) for module in (ngrams, fast_ngrams))
    words = [VOCABULARY.decode(text) for text in scored]
    expected = [slow.score(word, text[:t]) for text in words for t, word in enumerate(text)]
    np.testing.assert_allclose(np.exp(fast.token_log_scores(scored)), expected, rtol=1e-12)
    for text, ids in zip(words, scored, strict=True):
        row = [slow.score(word, text) for word in VOCABULARY.tokens]
        np.testing.assert_allclose(np.exp(fast.next_log_scores(ids)), row, rtol=1e-12)


@given(texts=texts_of_words, order=orders)
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_a_counter(texts, order):
    found, counts = count_ngrams(texts, order, VOCABULARY)
    as_words = [tuple(VOCABULARY.decode(ngram)) for ngram in found]
    assert dict(zip(as_words, counts.tolist(), strict=True)) == ngrams.count_ngrams(texts, order)
    assert found.tolist() == sorted(found.tolist())


@given(texts=texts_of_words, order=st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_continuation_counts_by_brute_force(texts, order):
    counts = ngrams.count_ngrams(texts, order)
    tokens_before = {}
    for first, *rest in counts:
        tokens_before.setdefault(tuple(rest), set()).add(first)
    assert ngrams.continuation_counts(counts) == {ngram: len(before) for ngram, before in tokens_before.items()}


@pytest.fixture(params=[True, False], ids=["sorting", "hashing"])
def either_way(request, monkeypatch):
    """Every processor groups in one of two ways: both are tried here, whichever it is."""
    monkeypatch.setattr(counting, "sorting_is_quick", lambda: request.param)


@given(keys=st.lists(st.integers(0, 50), min_size=1, max_size=300), factor=st.sampled_from([1, 3**20, 2**57]))
@settings(max_examples=60, deadline=None)
def test_group_rank_and_sort_are_numpys_unique(keys, factor):
    keys = np.array(keys) * factor
    before = keys.copy()
    for got, expected in zip(group(keys), np.unique(keys, return_counts=True), strict=True):
        np.testing.assert_array_equal(got, expected)
    for got, expected in zip(rank(keys), np.unique(keys, return_inverse=True), strict=True):
        np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(radix_sort(keys), np.sort(keys))
    np.testing.assert_array_equal(keys, before)


@pytest.mark.parametrize("distinct", [1, 1000, 100_000, 10**9])
def test_group_with_few_and_many_repeats(distinct, either_way):
    keys = np.random.default_rng(0).integers(0, distinct, 300_000)  # hashing settles the first two, sorting the others
    before = keys.copy()
    for got, expected in zip(group(keys), np.unique(keys, return_counts=True), strict=True):
        np.testing.assert_array_equal(got, expected)
        assert got.dtype == np.int64
    np.testing.assert_array_equal(keys, before)


def test_how_to_sort_is_measured_once():
    counting.sorting_is_quick.cache_clear()
    assert counting.sorting_is_quick() in (True, False)
    assert counting.sorting_is_quick.cache_info().misses == 1 and counting.sorting_is_quick() is counting.sorting_is_quick()
    assert counting.sorting_is_quick.cache_info().misses == 1


# Large vocabularies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "size"), [(3, 2**21), (4, 2**17), (5, 2**13), (5, 2**20), (5, 7)])
def test_keys_take_ngrams_apart_again(order, size):
    rng = np.random.default_rng(1)
    pool = rng.integers(0, size, 40)
    columns = [rng.choice(pool, 500) for _ in range(order)]
    keys = Keys(order, size)
    keys.learn_heads(columns)
    assert keys.needs_heads == (order * (size - 1).bit_length() > 63)
    packed = keys.pack(columns)
    np.testing.assert_array_equal(keys.unpack(packed), columns)
    assert len(set(packed.tolist())) == len(set(zip(*(column.tolist() for column in columns), strict=True)))


def test_a_vocabulary_too_large_to_number_is_refused():
    with pytest.raises(ValueError, match="5-grams over 4194305 tokens"):
        Keys(5, 2**22 + 1)


@pytest.mark.parametrize("order", [4, 5])
def test_orders_whose_keys_need_heads_give_the_same_model(order):
    vocabulary = Vocabulary([f"w{i}" for i in range(2**17)])
    rng = np.random.default_rng(2)
    pool = rng.integers(2, 2**17, 6)
    texts = [[vocabulary.tokens[i] for i in rng.choice(pool, 12)] for _ in range(30)]
    scored = [np.append(rng.choice(pool, 9), 2 + t) for t in range(8)]
    slow = ngrams.KneserNey(texts, order, vocabulary=vocabulary)
    fast = fast_ngrams.KneserNey(texts, order, vocabulary=vocabulary)
    assert fast.levels[-1].keys.needs_heads
    np.testing.assert_allclose(
        fast.token_log_probabilities(scored), slow.token_log_probabilities(scored), rtol=1e-12, atol=1e-12
    )
    one_by_one = [fast.next_log_probabilities(text[:t])[x] for text in scored for t, x in enumerate(text)]
    np.testing.assert_allclose(one_by_one, slow.token_log_probabilities(scored), rtol=1e-12, atol=1e-12)


# Forms of input and the protocol --------------------------------------------------------------------------------------

TEXTS = [["a", "b", "a"], [], ["c"], ["a", "b", "c", "d"]]


def test_strings_lists_of_ids_and_one_flat_array_are_the_same_corpus():
    ids = [VOCABULARY.encode([*text, EOS]) for text in TEXTS]
    expected = encode_texts(TEXTS, VOCABULARY)
    for texts in (ids, [array.tolist() for array in ids], np.concatenate(ids), [[*text, EOS] for text in TEXTS]):
        got = encode_texts(texts, VOCABULARY)
        np.testing.assert_array_equal(got.ids, expected.ids)
        np.testing.assert_array_equal(got.starts, expected.starts)


def test_texts_may_come_from_a_generator():
    model = fast_ngrams.KneserNey((text for text in TEXTS), 2)
    assert model.vocabulary == ngrams.KneserNey((text for text in TEXTS), 2).vocabulary


def test_windows_stop_at_the_start_of_a_text():
    corpus = encode_texts(TEXTS, VOCABULARY)
    assert VOCABULARY.decode(corpus.ids) == ["a", "b", "a", EOS, EOS, "c", EOS, "a", "b", "c", "d", EOS]
    assert "".join(t[0] for t in VOCABULARY.decode(corpus.previous(1))) == "<aba<<c<abcd"
    assert "".join(t[0] for t in VOCABULARY.decode(corpus.previous(2))) == "<<ab<<<<<abc"
    assert VOCABULARY.decode(corpus.last(1)) == ["a", "<bos>", "c", "d"]


def test_a_corpus_takes_little_memory():
    assert encode_texts(TEXTS, VOCABULARY).ids.dtype == np.uint8


def test_ids_without_their_vocabulary_are_refused():
    for texts in (np.array([2, 3, 1]), [np.array([2, 3, 1])], [[], [2, 3, 1]]):
        with pytest.raises(ValueError, match="need the vocabulary"):
            fast_ngrams.KneserNey(texts, 2)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (np.array([], int), ValueError, "corpus is empty"),
        ([np.array([], int)], ValueError, "corpus is empty"),
        (np.array([2, 7, 1]), ValueError, "token id 7 is outside 0 … 6"),
        ([np.array([2, -1])], ValueError, "token id -1 is outside 0 … 6"),
        ([np.array([2, 0, 3])], ValueError, "<bos>"),
        ([[2, 3.5]], TypeError, r"integer ids, got \[2, 3.5\]"),
        ([[2, 3], [[2, 3]]], TypeError, r"flat sequence of integer ids, got \[\[2, 3\]\]"),
    ],
)
def test_bad_ids(texts, error, message):
    with pytest.raises(error, match=message):
        fast_ngrams.KneserNey(texts, 2, vocabulary=VOCABULARY)


def test_both_versions_are_language_models():
    for module in (ngrams, fast_ngrams):
        model = module.KneserNey(TEXTS, 3)
        assert isinstance(model, LanguageModel)
        texts = [model.vocabulary.encode(["a", "b", EOS])]
        np.testing.assert_array_equal(
            language_models.token_log_probabilities(model, texts), model.token_log_probabilities(texts)
        )


def test_parameters_are_unigrams_ngrams_and_contexts():
    model = fast_ngrams.KneserNey([["a", "b"], ["a"]], 2)
    # 3 outcomes (a, b, EOS); bigrams BOS a, a b, b EOS, a EOS; contexts BOS, a, b
    assert model.parameters == 3 + 4 + 3


def test_a_long_text_equals_many_windows():
    rng = np.random.default_rng(3)
    ids = rng.integers(2, 7, 2000)
    model = fast_ngrams.KneserNey([ids], 3, vocabulary=VOCABULARY)
    counted = Counter(zip(ids[:-2].tolist(), ids[1:-1].tolist(), ids[2:].tolist(), strict=True))
    found, counts = count_ngrams([ids], 3, VOCABULARY)
    inside = found[:, 0] > 0
    assert dict(zip(map(tuple, found[inside].tolist()), counts[inside].tolist(), strict=True)) == counted
    assert len(model.token_log_probabilities([ids])) == 2000


@pytest.mark.parametrize("size", [2**16, 2**16 + 1, 2**8, 2**8 + 1])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_counting_on_both_sides_of_32_bits(size, order, either_way):
    """Two tokens of 16 bits, or four of 8, just fill the small keys; one token more and they do not fit."""
    vocabulary = Vocabulary([f"w{i}" for i in range(size - len(Vocabulary([])))])
    assert len(vocabulary) == size
    ids = np.random.default_rng(5).choice([size - 1, size - 2, size // 2, 3], 9000)
    found, counts = count_ngrams([ids], order, vocabulary)
    padded = [0] * (order - 1) + ids.tolist()
    counted = Counter(zip(*(padded[i:len(padded) - order + 1 + i] for i in range(order)), strict=True))
    assert dict(zip(map(tuple, found.tolist()), counts.tolist(), strict=True)) == counted
    assert found.tolist() == [list(ngram) for ngram in sorted(counted)]
