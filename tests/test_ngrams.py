"""The readable n-gram models: values worked out by hand, conventions, bad input."""

import math
import re
from collections import Counter
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest

from llmcourse import language_models, ngrams
from llmcourse.language_models import BOS, EOS, Vocabulary, perplexity
from llmcourse.ngrams import fast as fast_ngrams
from llmcourse.ngrams.models import discounts_from

BOTH = pytest.mark.parametrize("module", [ngrams, fast_ngrams], ids=["dict", "numpy"])

# Seven words in two texts. Everything below is worked out from these two lines.
#   the cat sees the dog          the cat
# bigrams (9, EOS counts): BOS the 2 · the cat 2 · cat sees 1 · sees the 1 · the dog 1 · dog EOS 1 · cat EOS 1
SEVEN = [["the", "cat", "sees", "the", "dog"], ["the", "cat"]]
# V = 6 (BOS, EOS, cat, dog, sees, the), so 5 outcomes can be predicted.


def p(model, word, *context):
    ids = model.vocabulary.encode(context)
    return math.exp(model.next_log_probabilities(ids)[model.vocabulary.ids[word]])


def test_the_faces_of_the_packages_list_what_they_show():
    for package in (ngrams, language_models):
        shown = {name for name, value in vars(package).items() if name[0] != "_" and not isinstance(value, ModuleType)}
        assert shown == set(package.__all__) and len(shown) == len(package.__all__)
    assert ngrams.KneserNey is not fast_ngrams.KneserNey


# Windows and counts ---------------------------------------------------------------------------------------------------


def test_padding_is_n_minus_1_bos_and_one_eos():
    assert ngrams.extract_ngrams(["a", "b"], 3) == [(BOS, BOS, "a"), (BOS, "a", "b"), ("a", "b", EOS)]
    assert ngrams.extract_ngrams(["a", "b"], 1) == [("a",), ("b",), (EOS,)]


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_every_predicted_token_ends_exactly_one_ngram(n):
    assert [ngram[-1] for ngram in ngrams.extract_ngrams(["a", "b", "a"], n)] == ["a", "b", "a", EOS]


def test_the_empty_text_is_one_ngram():
    assert ngrams.extract_ngrams([], 2) == [(BOS, EOS)]
    assert ngrams.extract_ngrams([], 1) == [(EOS,)]


def test_a_text_that_ends_in_eos_gets_no_second_one():
    assert ngrams.extract_ngrams(["a", EOS], 2) == ngrams.extract_ngrams(["a"], 2)


def test_without_eos_the_text_stops_at_its_last_token():
    assert ngrams.extract_ngrams(["a", "b"], 2, eos=False) == [(BOS, "a"), ("a", "b")]


def test_counts_of_the_seven_words():
    assert ngrams.count_ngrams(SEVEN, 2) == {
        (BOS, "the"): 2, ("the", "cat"): 2, ("cat", "sees"): 1, ("sees", "the"): 1, ("the", "dog"): 1,
        ("dog", EOS): 1, ("cat", EOS): 1,
    }  # fmt: skip


def test_shortened_counts_are_the_counts_of_the_lower_order():
    assert ngrams.shortened(ngrams.count_ngrams(SEVEN, 3)) == ngrams.count_ngrams(SEVEN, 2)


def test_continuation_counts_of_the_seven_words():
    # the follows BOS and sees; cat the; sees cat; dog the; EOS dog and cat
    expected = {("the",): 2, ("cat",): 1, ("sees",): 1, ("dog",): 1, (EOS,): 2}
    assert ngrams.continuation_counts(ngrams.count_ngrams(SEVEN, 2)) == expected


def test_a_word_that_follows_one_word_only_has_continuation_count_1_however_frequent():
    texts = [["San", "Francisco"]] * 9 + [["my", "cup"], ["your", "cup"]]
    continuation = ngrams.continuation_counts(ngrams.count_ngrams(texts, 2))
    assert (continuation["Francisco",], continuation["cup",]) == (1, 2)


def test_discount_from_counts_of_counts():
    assert ngrams.estimate_discount(Counter("abcdeffgg")) == pytest.approx(5 / (5 + 2 * 2))


@pytest.mark.parametrize("word", ["abc", "aabb", "aaabbb"])  # n₂ = 0, n₁ = 0, both
def test_discount_falls_back_to_one_half(word):
    assert ngrams.estimate_discount(Counter(word)) == 0.5


# Hand-worked probabilities --------------------------------------------------------------------------------------------


@BOTH
def test_mle_of_the_seven_words(module):
    model = module.MLE(SEVEN, 2)
    assert p(model, "cat", "the") == pytest.approx(2 / 3)
    assert p(model, "dog", "the") == pytest.approx(1 / 3)
    assert p(model, "sees", "cat") == p(model, EOS, "cat") == pytest.approx(1 / 2)
    assert p(model, "the") == pytest.approx(1)
    assert p(model, "dog", "cat") == 0


@BOTH
def test_mle_unigrams_are_shares_of_all_tokens(module):
    model = module.MLE(SEVEN, 1)
    shares = {"the": 3, "cat": 2, "sees": 1, "dog": 1, EOS: 2, BOS: 0}
    assert {word: round(9 * p(model, word, "cat"), 9) for word in shares} == shares


@BOTH
def test_mle_of_the_lectures_context_seen_eight_times(module):
    followers = ["books", "books", "laptops", "minds", "exams", "doors", "doors", "eyes"]
    model = module.MLE([["students", "opened", "their", word] for word in followers], 4)
    got = [p(model, word, "students", "opened", "their") for word in dict.fromkeys(followers)]
    assert got == pytest.approx([2 / 8, 1 / 8, 1 / 8, 1 / 8, 2 / 8, 1 / 8])


@BOTH
def test_the_two_denominators_agree_when_every_text_ends_in_eos(module):
    followed, occurrences = (module.MLE(SEVEN, 2, denominator=d) for d in ("followed", "occurrences"))
    for context in ([], ["the"], ["cat"], ["sees"], ["dog"]):
        assert [p(followed, w, *context) for w in ("cat", "dog", EOS)] == [
            p(occurrences, w, *context) for w in ("cat", "dog", EOS)
        ]


@BOTH
def test_the_two_denominators_differ_at_the_end_of_a_text_without_eos(module):
    # Without EOS: the occurs 3 times and is always followed; cat occurs twice but is followed once; dog never.
    followed, occurrences = (module.MLE(SEVEN, 2, denominator=d, eos=False) for d in ("followed", "occurrences"))
    assert p(followed, "sees", "cat") == pytest.approx(1)
    assert p(occurrences, "sees", "cat") == pytest.approx(1 / 2)  # the other half of the mass is nowhere
    assert p(followed, "cat", "the") == p(occurrences, "cat", "the") == pytest.approx(2 / 3)
    with pytest.raises(ngrams.UnseenContextError):
        occurrences.next_log_probabilities(occurrences.vocabulary.encode(["dog"]))


@BOTH
def test_additive_smoothing_of_the_seven_words(module):
    model = module.Additive(SEVEN, 2, k=1)
    assert p(model, "cat", "the") == pytest.approx((2 + 1) / (3 + 5))
    assert p(model, "sees", "the") == pytest.approx(1 / 8)
    assert p(module.Additive(SEVEN, 2, k=0.5), "dog", "the") == pytest.approx(1.5 / 5.5)


@BOTH
def test_additive_smoothing_is_uniform_after_an_unseen_context(module):
    assert p(module.Additive(SEVEN, 3, k=0.1), "dog", "dog", "dog") == pytest.approx(1 / 5)


@BOTH
def test_additive_smoothing_with_k_0_is_mle(module):
    additive, mle = module.Additive(SEVEN, 2, k=0), module.MLE(SEVEN, 2)
    for context in ([], ["the"], ["cat"]):
        ids = mle.vocabulary.encode(context)
        np.testing.assert_array_equal(additive.next_log_probabilities(ids), mle.next_log_probabilities(ids))


@BOTH
def test_absolute_discounting_of_the_seven_words(module):
    # Order 2: n₁ = 5, n₂ = 2, D₂ = 5/9. Order 1: counts 3 2 1 1 2, n₁ = n₂ = 2, D₁ = 1/3; as all 5 outcomes occur,
    # p(w) = (#(w) − 1/3)/9 + (1/3 · 5/9)/5 = #(w)/9. "the": 3 tokens after it, of 2 kinds, so γ = 5/9 · 2/3 = 10/27.
    model = module.AbsoluteDiscounting(SEVEN, 2)
    assert model.discounts == {1: pytest.approx(1 / 3), 2: pytest.approx(5 / 9)}
    assert p(model, "cat", "the") == pytest.approx(float((2 - Fraction(5, 9)) / 3 + Fraction(10, 27) * Fraction(2, 9)))
    expected = {"cat": 137, "dog": 46, "the": 30, EOS: 20, "sees": 10}  # of 243
    assert {w: round(243 * p(model, w, "the"), 9) for w in expected} == expected


@BOTH
def test_kneser_ney_bigrams_of_the_seven_words(module):
    # Order 2: D₂ = 5/9 as above. Order 1: continuation counts 2 1 1 1 2, n₁ = 3, n₂ = 2, D₁ = 3/7, and as all 5
    # outcomes occur p(w) = c/7: the and EOS 2/7, cat, sees and dog 1/7.
    # p(cat|the) = (2 − 5/9)/3 + 10/27 · 1/7 = 91/189 + 10/189.
    model = module.KneserNey(SEVEN, 2)
    assert model.discounts == {1: pytest.approx(3 / 7), 2: pytest.approx(5 / 9)}
    expected = {"cat": 101, "dog": 38, "the": 20, EOS: 20, "sees": 10}  # of 189
    assert {w: round(189 * p(model, w, "the"), 9) for w in expected} == expected


@BOTH
def test_kneser_ney_trigrams_of_the_seven_words(module):
    # Order 3: BOS BOS the 2, BOS the cat 2 and five singles: D₃ = 5/9. Order 2: every bigram has one token before it
    # (BOS the, too: the other BOS), n₂ = 0, D₂ = 1/2. Order 1 as before, p(cat) = 1/7.
    # p(cat|the) = (1 − 1/2)/2 + (1/2 · 2)/2 · 1/7 = 9/28;  p(cat|BOS the) = (2 − 5/9)/2 + (5/9)/2 · 9/28 = 409/504
    model = module.KneserNey(SEVEN, 3)
    assert model.discounts[2] == 0.5
    assert p(model, "cat", "the") == pytest.approx(409 / 504)
    assert p(model, "cat", "dog", "the") == pytest.approx(9 / 28)  # dog the was never seen: the bigram decides


@BOTH
def test_kneser_ney_prefers_the_word_that_follows_many_words(module):
    texts = [["San", "Francisco"]] * 9 + [[word, "cup"] for word in ("my", "your", "a", "the")]
    counted, kneser_ney = module.AbsoluteDiscounting(texts, 2), module.KneserNey(texts, 2)
    assert p(counted, "Francisco", "cup") > p(counted, "cup", "cup")
    assert p(kneser_ney, "Francisco", "cup") < p(kneser_ney, "cup", "cup")


# Three discounts an order: modified Kneser–Ney -----------------------------------------------------------------------


def test_three_discounts_from_counts_of_counts():
    # n₁ … n₄ = 10, 4, 2, 1: Y = 10/18; D₁ = 1 − 2 Y 4/10 = 5/9, D₂ = 2 − 3 Y 2/4 = 7/6, D₃₊ = 3 − 4 Y 1/2 = 17/9
    counts = Counter({(str(i),): c for i, c in enumerate([1] * 10 + [2] * 4 + [3] * 2 + [4] + [5, 9])})
    assert ngrams.estimate_discounts(counts) == pytest.approx((5 / 9, 7 / 6, 17 / 9))


@pytest.mark.parametrize("counts", [(0, 4, 2, 1), (10, 0, 2, 1), (10, 4, 0, 1), (10, 4, 2, 0), (10, 4, 9, 1), (10, 4, 2, 5)])
def test_three_discounts_fall_back_where_there_is_too_little_text(counts):
    """Without one of the four numbers, and where D₂ = 2 − 3 · 5/9 · 9/4 or D₃₊ = 3 − 4 · 5/9 · 5/2 would be negative."""
    assert discounts_from(counts) == (0.5, 1, 1.5)


@BOTH
def test_modified_kneser_ney_of_the_seven_words(module):
    # Continuation counts 2 1 1 1 2 of 7: 1 + 1 + 3/2 is free, half of it all, a fifth of that for each of 5 outcomes.
    # p(cat) = 1/2/7 + 1/10 = 6/35.  After "the" cat 2 gives up 1 and dog 1 gives up 1/2, half of 3:
    # p(cat|the) = 1/3 + 1/2 · 6/35 = 44/105, p(dog|the) = 1/2/3 + 1/2 · 6/35 = 53/210.
    model = module.ModifiedKneserNey(SEVEN, 2, discounts=(0.5, 1, 1.5))
    assert p(model, "cat", "the") == pytest.approx(44 / 105)
    assert p(model, "dog", "the") == pytest.approx(53 / 210)
    assert p(model, "sees", "the") == pytest.approx(1 / 2 * 6 / 35)
    assert p(model, "the", EOS) == pytest.approx(1 / 7 + 1 / 10)  # nothing ever followed EOS: the unigrams decide
    assert model.discounts == {1: (0.5, 1, 1.5), 2: (0.5, 1, 1.5)}


@BOTH
@pytest.mark.parametrize("discount", [0, 0.3, 1])
@pytest.mark.parametrize("order", [1, 3, 5])
def test_three_equal_discounts_are_kneser_ney(module, order, discount):
    modified = module.ModifiedKneserNey(SEVEN, order, discounts=[discount] * 3)
    plain = module.KneserNey(SEVEN, order, discount=discount)
    for context in ([], ["the"], ["the", "cat"], ["dog", "sees", "the"]):
        ids = plain.vocabulary.encode(context)
        np.testing.assert_allclose(
            np.exp(modified.next_log_probabilities(ids)), np.exp(plain.next_log_probabilities(ids)), rtol=1e-12, atol=1e-15)


@BOTH
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_modified_kneser_ney_by_brute_force(module, order):
    rng = np.random.default_rng(order)
    texts = [rng.choice(list("aaaabbc"), rng.integers(1, 9)).tolist() for _ in range(60)]
    model = module.ModifiedKneserNey(texts, order)
    windows = [tuple([BOS] * (order - 1) + text + [EOS])[i : i + order] for text in texts for i in range(len(text) + 1)]

    def c(*ngram):  # #(ngram) at the top, below it the number of different tokens in front
        if len(ngram) == order:
            return windows.count(ngram)
        return len({window[:1] + window[1 : -len(ngram)] for window in {w[-len(ngram) - 1 :] for w in windows}
                    if window[1:] == ngram})

    def discounts(m):
        found = {window[-m:] for window in windows}
        n = [sum(c(*ngram) == k for ngram in found) for k in (1, 2, 3, 4)]
        if 0 in n:
            return [0, 0.5, 1, 1.5]
        y = n[0] / (n[0] + 2 * n[1])
        d = [0, 1 - 2 * y * n[1] / n[0], 2 - 3 * y * n[2] / n[1], 3 - 4 * y * n[3] / n[2]]
        return d if min(d) >= 0 else [0, 0.5, 1, 1.5]

    def brute(word, *context):
        lower = brute(word, *context[1:]) if context else 1 / 4
        counts = [c(*context, w) for w in (EOS, "a", "b", "c")]
        if not sum(counts):
            return lower
        d = discounts(len(context) + 1)
        give = lambda count: d[min(count, 3)]
        count = c(*context, word)
        return (count - give(count) + sum(map(give, counts)) * lower) / sum(counts)

    for context in (["a"] * order, ["b", "a", "b", "c"], ["c"] * 5, []):
        window = ([BOS] * order + context)[len(context) + 1 :] if order > 1 else []
        for word in (EOS, "a", "b", "c"):
            assert p(model, word, *context) == pytest.approx(brute(word, *window), rel=1e-9)


# Stupid back-off ------------------------------------------------------------------------------------------------------


def score(model, word, *context):
    if isinstance(model, ngrams.StupidBackoff):
        return model.score(word, context)
    return math.exp(model.next_log_scores(model.vocabulary.encode(context))[model.vocabulary.ids[word]])


@BOTH
def test_stupid_backoff_of_the_seven_words(module):
    model = module.StupidBackoff(SEVEN, 3)
    assert score(model, "sees", "the", "cat") == pytest.approx(1 / 2)  # the cat: sees and EOS
    assert score(model, "sees", "dog", "cat") == pytest.approx(0.4 * 1 / 2)  # dog cat was never seen, cat sees was
    assert score(model, "dog", "the", "cat") == pytest.approx(0.4 * 0.4 * 1 / 9)  # of 9 tokens
    assert score(model, "the") == 1 and score(model, BOS, "the") == 0
    assert score(module.StupidBackoff(SEVEN, 3, 0.1), "dog", "the", "cat") == pytest.approx(0.01 / 9)
    assert score(module.StupidBackoff(SEVEN, 1), "the", "cat") == pytest.approx(1 / 3)


@BOTH
def test_stupid_backoff_is_no_distribution_and_no_language_model(module):
    model = module.StupidBackoff(SEVEN, 2)
    assert sum(score(model, word, "the") for word in model.vocabulary.tokens) == pytest.approx(1 + 0.4 * (3 + 2 + 1) / 9)
    with pytest.raises(TypeError, match=r"a model with a vocabulary and next_log_probabilities, got .*StupidBackoff"):
        perplexity(model, SEVEN)


@BOTH
def test_a_word_that_never_occurred_has_score_0(module):
    model = module.StupidBackoff(SEVEN, 2, vocabulary=Vocabulary(["the", "cat", "sees", "dog", "owl"]))
    assert score(model, "owl", "the") == score(model, "owl") == 0


@BOTH
@pytest.mark.parametrize("factor", [-0.1, 1.1, math.nan])
def test_the_factor_is_a_number_from_0_to_1(module, factor):
    with pytest.raises(ValueError, match="the factor must be"):
        module.StupidBackoff(SEVEN, 2, factor)


# Contexts and vocabulary ----------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("name", ["Additive", "AbsoluteDiscounting", "KneserNey"])
def test_only_the_last_n_minus_1_tokens_of_a_context_count(module, name):
    model = getattr(module, name)(SEVEN, 3)
    long, short = (model.vocabulary.encode(c) for c in (["dog", "sees", "sees", "the", "cat"], ["the", "cat"]))
    np.testing.assert_array_equal(model.next_log_probabilities(long), model.next_log_probabilities(short))


@BOTH
def test_a_short_context_is_the_beginning_of_a_text(module):
    model = module.MLE([["b", "a", "c"], ["a", "b"]], 3)
    assert p(model, "b", "a") == 1  # only the second text starts with a
    assert p(model, "c", "b", "a") == 1


@BOTH
def test_bos_is_never_predicted(module):
    for model in (module.MLE(SEVEN, 2), module.Additive(SEVEN, 2), module.KneserNey(SEVEN, 2)):
        assert model.next_log_probabilities([])[model.vocabulary.bos] == -math.inf


@BOTH
def test_words_of_the_vocabulary_that_never_occur_share_what_the_uniform_distribution_gives(module):
    vocabulary = Vocabulary(["the", "cat", "sees", "dog", "owl", "yak"])
    model = module.KneserNey(SEVEN, 2, vocabulary=vocabulary)
    # γ(empty) = 3/7 · 5/7 over V−1 = 7 outcomes; after "the" times 10/27
    assert p(model, "owl", "the") == p(model, "yak", "the") == pytest.approx(10 / 27 * (3 / 7 * 5 / 7) / 7)


@BOTH
def test_unknown_words_are_read_as_unk_where_the_vocabulary_has_it(module):
    vocabulary = Vocabulary(["the", "cat"], unk=True)
    model = module.MLE(SEVEN, 2, vocabulary=vocabulary)  # the cat UNK the UNK · the cat
    assert p(model, "<unk>", "the") == pytest.approx(1 / 3)
    assert p(model, "the", "owl") == pytest.approx(1 / 2)


@BOTH
def test_an_unseen_context_of_mle_is_an_error_when_asked_and_minus_infinity_in_a_text(module):
    model = module.MLE(SEVEN, 3)
    text = model.vocabulary.encode(["the", "dog", "sees", EOS])
    with pytest.raises(ngrams.UnseenContextError, match="dog"):
        model.next_log_probabilities(text[1:3])
    # BOS BOS the is certain, BOS the dog unseen (its context is not), and both contexts after it are unseen
    np.testing.assert_array_equal(model.token_log_probabilities([text]), [0, -math.inf, -math.inf, -math.inf])


@BOTH
def test_token_log_probabilities_come_flat_and_in_order(module):
    model = module.KneserNey(SEVEN, 3)
    texts = [model.vocabulary.encode([*text, EOS]) for text in (SEVEN[1], [], ["dog", "dog"])]
    expected = [model.next_log_probabilities(text[:t])[x] for text in texts for t, x in enumerate(text)]
    np.testing.assert_allclose(model.token_log_probabilities(texts), expected, rtol=1e-12)
    assert model.token_log_probabilities([]).shape == (0,)


def test_probability_by_words():
    model = ngrams.KneserNey(SEVEN, 2)
    assert model.probability("cat", ["the"]) == pytest.approx(101 / 189)
    assert model.probability(BOS, ["the"]) == 0


def test_a_discount_can_be_given_for_all_orders_or_for_each():
    one, each = ngrams.KneserNey(SEVEN, 2, discount=0.1), ngrams.KneserNey(SEVEN, 2, discount=(0, 0.1))
    assert (one.discounts, each.discounts) == ({1: 0.1, 2: 0.1}, {1: 0, 2: 0.1})


# Bad input ------------------------------------------------------------------------------------------------------------

MODELS = ["MLE", "Additive", "AbsoluteDiscounting", "KneserNey", "ModifiedKneserNey", "StupidBackoff"]


@BOTH
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("texts", "order", "error", "message"),
    [
        ([], 2, ValueError, "corpus is empty"),
        (SEVEN, 0, ValueError, "order n must be at least 1.*got 0"),
        (SEVEN, -1, ValueError, "got -1"),
        (SEVEN, 2.0, TypeError, "integer, got 2.0"),
        (SEVEN, True, TypeError, "integer, got True"),
        ([["the", 7]], 2, TypeError, "string, got 7"),
        ([["the", ["cat"]]], 2, TypeError, r"\['the', \['cat'\]\]"),
        ([7], 2, TypeError, "got 7"),
        ([["the", None]], 2, TypeError, "string, got None"),
        ("the cat", 2, TypeError, "list of texts"),
        (["the cat"], 2, TypeError, "'the cat'"),
        ([["the", ""]], 2, ValueError, "empty string"),
        ([["the", BOS, "cat"]], 2, ValueError, "<bos>"),
    ],
)  # fmt: skip
def test_bad_corpora_and_orders(module, name, texts, order, error, message):
    with pytest.raises(error, match=message):
        getattr(module, name)(texts, order)


@BOTH
def test_kneser_ney_has_orders_1_to_5(module):
    for name in ("KneserNey", "ModifiedKneserNey"):
        assert getattr(module, name)(SEVEN, 5).order == 5
        with pytest.raises(ValueError, match="order n must be at least 1 and at most 5, got 6"):
            getattr(module, name)(SEVEN, 6)
    assert module.AbsoluteDiscounting(SEVEN, 6).order == 6


@BOTH
@pytest.mark.parametrize("k", [-0.1, 2e100, 1e308, math.nan, math.inf])
def test_k_must_be_a_number_from_0(module, k):
    message = r"at least 0 and at most 1e\+100" if math.isfinite(k) else "a finite number"
    with pytest.raises(ValueError, match=f"k must be {message}, got {re.escape(str(k))}"):
        module.Additive(SEVEN, 2, k)


@BOTH
@pytest.mark.parametrize("k", [5e-324, 1e-9, 1e100])
def test_the_smallest_and_the_largest_k_still_give_a_distribution(module, k):
    model = module.Additive(SEVEN, 2, k)
    for context in ([], ["the"], ["dog"], [EOS]):
        assert sum(p(model, word, *context) for word in model.vocabulary.tokens) == pytest.approx(1)


@BOTH
def test_k_must_be_a_number(module):
    with pytest.raises(TypeError, match="'1'"):
        module.Additive(SEVEN, 2, "1")


@BOTH
@pytest.mark.parametrize("discount", [-0.1, 1.5, (0.1,), (0.1, 0.1, 0.1), (0.1, 2)])
def test_discounts_are_from_0_to_1_and_one_an_order(module, discount):
    with pytest.raises(ValueError, match=r"expected one discount, or one for each of the orders|a discount must be at least 0"):
        module.KneserNey(SEVEN, 2, discount=discount)


@BOTH
@pytest.mark.parametrize("discount", ["0.5", {0.5}, [None, None], True])
def test_a_discount_is_a_number(module, discount):
    with pytest.raises(TypeError, match="a discount must be a number, got"):
        module.KneserNey(SEVEN, 2, discount=discount)


@BOTH
@pytest.mark.parametrize(("discounts", "message"), [
    ((0.5, 1), "the three discounts"), (0.5, "the three discounts"), ((1, 1, 1, 1), "the three discounts"),
    ((1.1, 1, 1), "discount of a count of 1 must be at least 0 and at most 1, got 1.1"),
    ((1, 2.1, 1), "discount of a count of 2 must be at least 0 and at most 2, got 2.1"),
    ((1, 2, 3.1), "discount of a count of 3 must be at least 0 and at most 3, got 3.1"),
    ((1, -0.1, 3), "at least 0 and at most 2, got -0.1"), ((1, math.nan, 3), "finite number, got nan"),
])
def test_three_discounts_are_from_0_to_their_counts(module, discounts, message):
    with pytest.raises(ValueError, match=message):
        module.ModifiedKneserNey(SEVEN, 2, discounts=discounts)


@BOTH
def test_the_denominator_has_two_readings(module):
    with pytest.raises(ValueError, match="unknown denominator 'all', expected one of followed, occurrences"):
        module.MLE(SEVEN, 2, denominator="all")


@BOTH
def test_a_word_outside_the_vocabulary_is_named(module):
    with pytest.raises(ValueError, match="unknown token 'dog'"):
        module.KneserNey(SEVEN, 2, vocabulary=Vocabulary(["the", "cat", "sees"]))


@BOTH
@pytest.mark.parametrize("name", MODELS)
def test_a_vocabulary_is_a_vocabulary(module, name):
    for wrong in (["the", "cat"], [], "the"):
        with pytest.raises(TypeError, match=r"the vocabulary must be of type Vocabulary, got"):
            getattr(module, name)(SEVEN, 2, vocabulary=wrong)


@BOTH
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("texts", [{("the", "cat")}, {"the": ["cat"]}, [{"the", "cat"}], [{"the": 1}]])
def test_sets_and_dictionaries_are_no_texts(module, name, texts):
    with pytest.raises(TypeError, match="expected a list of texts, each a list of tokens, got"):
        getattr(module, name)(texts, 2)


@BOTH
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("wrong", [6, -1])
def test_ids_outside_the_vocabulary_are_named(module, wrong, order):
    model = module.KneserNey(SEVEN, order)
    for context in ([wrong], [wrong, 2, 3, 4], [5, 1, wrong]):
        with pytest.raises(ValueError, match=f"token id {wrong} is outside 0 … 5"):
            model.next_log_probabilities(context)
    assert np.isfinite(model.next_log_probabilities([5, 1])[1:]).all()
    with pytest.raises(TypeError, match="token ids must be integers"):
        model.next_log_probabilities([2.0])
    with pytest.raises(ValueError, match=f"token id {wrong} is outside 0 … 5"):
        model.token_log_probabilities([np.array([2, wrong])])


def test_probability_of_an_unknown_word():
    with pytest.raises(ValueError, match="unknown token 'owl'"):
        ngrams.KneserNey(SEVEN, 2).probability("owl", ["the"])
    with pytest.raises(TypeError, match="split it first"):
        ngrams.KneserNey(SEVEN, 2).probability("cat", "the")


def test_windows_of_every_kind_of_sequence_are_tuples():
    expected = [(BOS, "a"), ("a", "b"), ("b", EOS)]
    for tokens in (("a", "b"), ["a", "b"], np.array(["a", "b"]), iter("ab")):
        assert ngrams.extract_ngrams(tokens, 2) == expected
    assert ngrams.extract_ngrams(("a",), np.int64(1), eos=False) == [("a",)] and ngrams.extract_ngrams((), 1, eos=False) == []
    assert ngrams.count_ngrams((("a", "b"), ["a"]), 2)[BOS, "a"] == 2


@pytest.mark.parametrize(("tokens", "n", "error", "message"), [
    ({"a", "b"}, 2, TypeError, "expected a text as a sequence of tokens"),
    (["a"], 0, ValueError, "the order n must be at least 1, got 0"), (["a"], 1.0, TypeError, "the order n must be an integer"),
    (["a", BOS], 2, ValueError, "'<bos>' stands in front of a text and never inside"),
    ([BOS, "a"], 2, ValueError, "never inside"), ([3], 2, TypeError, "a token must be a string, got 3")])
def test_windows_refuse(tokens, n, error, message):
    with pytest.raises(error, match=message):
        ngrams.extract_ngrams(tokens, n)


def test_counting_nothing():
    for call in (lambda: ngrams.count_ngrams([], 2), lambda: ngrams.count_ngrams([[]], 2, eos=False)):
        with pytest.raises(ValueError, match="the corpus is empty: there is no n-gram to count"):
            call()
    with pytest.raises(TypeError, match="expected a list of texts"):
        ngrams.count_ngrams("ab", 2)


def test_extract_ngrams_refuses_a_string():
    with pytest.raises(TypeError, match="split it first"):
        ngrams.extract_ngrams("the cat", 2)
