"""The course's own language: reproducible, fast, calibrated, out of reach of n-grams, and clear about bad input."""

import hashlib
import time

import numpy as np
import pytest

from llmcourse.corpora import BitsPerToken, score, score_difference, stories
from llmcourse.corpora.sampling import Roulette, scale
from llmcourse.corpora.story_language import typeset
from llmcourse.corpus import Corpus
from llmcourse.language_models import LanguageModel, token_log_probabilities
from llmcourse.ngrams.fast import KneserNey


@pytest.fixture(scope="module")
def language():
    return stories()


@pytest.fixture(scope="module")
def held_out(language):
    return language.held_out()


def test_the_same_seed_gives_the_same_stories_on_every_machine(language):
    ids = language.train(10**5).ids[:10**5]
    digest = hashlib.sha256(ids.astype("<i4").tobytes()).hexdigest()
    assert digest == "22edd6050272eb71f09f03f07dc24f7b820562a6ab593bb797c3135de4dbe5a4", (
        "the stories have changed: published numbers of the ladder no longer hold")


def test_more_stories_begin_with_the_same_ones(language):
    few, many = language.generate(n_stories=7, seed=3), language.generate(n_stories=5000, seed=3)
    np.testing.assert_array_equal(few.ids, many[:7].ids)
    by_tokens = language.generate(few.starts[6] + 1, seed=3)
    np.testing.assert_array_equal(by_tokens.ids, few.ids)  # the fewest whole stories with that many tokens


def test_training_and_held_out_stories_come_from_different_streams(language, held_out):
    for seed in range(3):
        seen = {story.tobytes() for story in language.train(10**5, seed=seed)}
        assert not any(story.tobytes() in seen for story in held_out)
    assert not np.array_equal(language.validation(5).ids, language.held_out(5).ids)
    assert not np.array_equal(language.train(500, seed=0).ids, language.train(500, seed=1).ids)


def test_it_is_a_language_of_the_agreed_size(language, held_out):
    assert 250 <= len(language.vocabulary) <= 500
    assert language.source.max_length <= 127  # with BOS a story fits into a window of 128
    assert held_out.lengths.max() <= language.source.max_length
    assert set(np.unique(language.train(10**6).ids)) == set(range(1, len(language.vocabulary)))  # all words occur
    assert (np.bincount(held_out.ids, minlength=2)[1], held_out.ids[-1]) == (len(held_out), 1)  # EOS ends each story


def test_it_is_a_model_like_any_other(language, held_out):
    assert isinstance(language, LanguageModel)
    few = list(held_out[:12])

    class OneByOne:
        vocabulary, next_log_probabilities = language.vocabulary, language.next_log_probabilities

    slow = token_log_probabilities(OneByOne(), few)
    np.testing.assert_allclose(language.token_log_probabilities(few), slow, atol=1e-10)
    for t in range(0, len(few[0]), 7):
        p = np.exp(language.next_log_probabilities(few[0][:t]))
        assert p.sum() == pytest.approx(1, abs=1e-12)
        assert p[language.vocabulary.bos] == 0


def test_the_order_in_which_contexts_are_asked_for_does_not_matter(language, held_out):
    a, b = held_out[0], held_out[1]
    first = language.next_log_probabilities(a[:20])
    language.next_log_probabilities(b[:30])
    language.next_log_probabilities(a[:25])
    np.testing.assert_array_equal(language.next_log_probabilities(a[:20]), first)


def test_surprisal_is_on_average_the_entropy_that_the_model_predicts(language):
    # Σ (−log p(x_t) − H_t) is a martingale with known variance: a sampler and a scorer that disagree would show here.
    excess, variance = 0.0, 0.0
    for story in language.generate(n_stories=60, seed=11):
        for t, token in enumerate(story):
            log_p = language.next_log_probabilities(story[:t])
            possible = np.isfinite(log_p)
            p, surprisal = np.exp(log_p[possible]), -log_p[possible]
            entropy = p @ surprisal
            excess += -log_p[token] - entropy
            variance += p @ (surprisal - entropy) ** 2
    assert abs(excess) < 4.5 * variance**0.5


def test_no_ngram_model_comes_near_the_floor(language, held_out):
    floor, error = language.floor(held_out)
    assert 0.8 < floor < 1.5
    assert 0 < error < 0.01
    model = KneserNey(list(language.train(10**6)), 5, vocabulary=language.vocabulary)
    gap, gap_error = score_difference(
        model.token_log_probabilities(list(held_out)), language.token_log_probabilities(held_out), held_out.lengths)
    assert gap - 3 * gap_error > 0.5


def test_a_million_tokens_are_drawn_and_scored_in_seconds(language):
    language.train(1000)  # tables are made at the first call

    def seconds(work):
        start = time.process_time()
        result = work()
        return time.process_time() - start, result

    sampling, text = min((seconds(lambda: language.train(10**6)) for _ in range(2)), key=lambda pair: pair[0])
    assert sampling < 2
    scoring, log_p = seconds(lambda: language.token_log_probabilities(text))
    assert scoring < 5
    assert np.isfinite(log_p).all()


def test_standard_errors_treat_a_story_as_one_observation():
    # Two texts that say the same thing ten times each: the error is that of two observations, not of twenty.
    log_p = -np.log(2) * np.array([1.0] * 10 + [3.0] * 10)
    found = score(log_p, np.array([10, 10]))
    assert found == (pytest.approx(2), pytest.approx(1))  # √(2/1 · (10² + 10²)) / 20
    assert isinstance(found, BitsPerToken) and (found.mean, found.standard_error) == found


def test_the_standard_error_is_that_of_the_bootstrap():
    """Texts of different lengths, some hard and some easy, drawn again and again with replacement."""
    rng = np.random.default_rng(5)
    lengths = rng.integers(0, 40, 300)
    hard = np.repeat(rng.gamma(2, 1, 300), lengths)
    log_p = -hard * rng.random(lengths.sum())
    bits = np.bincount(np.repeat(np.arange(300), lengths), -log_p, 300) / np.log(2)
    again = rng.integers(0, 300, (4000, 300))
    means = bits[again].sum(axis=1) / lengths[again].sum(axis=1)
    found = score(log_p, lengths)
    assert found.mean == pytest.approx(bits.sum() / lengths.sum())
    assert found.standard_error == pytest.approx(means.std(), rel=0.05)


def test_a_difference_is_paired_token_by_token():
    lengths, ln2 = [1, 2], np.log(2)
    first, second = np.array([-5.0, -1, -2]) * ln2, np.array([-4.0, -1, -1]) * ln2
    found = score_difference(first, second, lengths)
    assert found.mean == pytest.approx(2 / 3)  # 1, 0 and 1 bits more
    assert found.standard_error == pytest.approx(np.sqrt(2 * (1 / 9 + 1 / 9)) / 3)  # residuals 1 − 2/3 and 1 − 4/3
    assert score_difference(first, first, lengths) == (0, 0)
    assert score_difference(second, first, lengths).mean == pytest.approx(-2 / 3)


def test_an_impossible_token_makes_the_score_infinite():
    log_p = np.array([-1.0, -np.inf, -1.0])
    mean, error = score(log_p, [1, 2])
    assert mean == np.inf and np.isnan(error)
    assert score_difference(log_p, np.zeros(3), [1, 2]).mean == np.inf
    assert score_difference(np.zeros(3), log_p, [1, 2]).mean == -np.inf
    with pytest.raises(ValueError, match="both models give the token at position 1 probability 0"):
        score_difference(log_p, log_p, [1, 2])


@pytest.mark.parametrize(("log_p", "lengths", "error", "message"), [
    (np.zeros(20), [20], ValueError, "at least 2 texts with 20 tokens together, got 1 with 20"),
    (np.zeros(20), [10, 9], ValueError, "20 tokens together, got 2 with 19"),
    (np.zeros(0), [0, 0], ValueError, "at least 2 texts with 0 tokens"),
    (np.zeros(2), [3, -1], ValueError, "lengths must be a flat sequence of integers of at least 0"),
    (np.zeros(2), [1.0, 1.0], ValueError, "lengths must be a flat sequence of integers"),
    (np.zeros(2), [[1, 1]], ValueError, "lengths must be a flat sequence of integers"),
    (np.array([0, np.nan]), [1, 1], ValueError, "must not be NaN, got one at position 1"),
    (np.zeros((2, 1)), [1, 1], ValueError, "log probabilities must have 1 axis"),
    (["a", "b"], [1, 1], TypeError, "log probabilities must be an array of real numbers"),
])
def test_scores_refuse_what_is_none(log_p, lengths, error, message):
    with pytest.raises(error, match=message):
        score(log_p, lengths)
    with pytest.raises(error, match=message):
        score_difference(log_p, log_p, lengths)


def test_impossible_tokens_and_contexts(language, held_out):
    story = held_out[0].copy()
    story[5] = language.vocabulary.ids["<bos>"]
    log_p = language.token_log_probabilities([story, held_out[1]])
    assert np.isfinite(log_p[:5]).all()
    assert np.isneginf(log_p[5:len(story)]).all()
    np.testing.assert_array_equal(log_p[len(story):], language.token_log_probabilities([held_out[1]]))
    with pytest.raises(ValueError, match=r"no story has '<bos>' at position 5"):
        language.next_log_probabilities(story[:6])
    with pytest.raises(ValueError, match="after the end"):
        language.next_log_probabilities([*held_out[0], 5])
    assert np.isneginf(language.next_log_probabilities(held_out[0])).all()  # nothing follows EOS
    with pytest.raises(ValueError, match="cannot have written '<bos>' at position 5 of text 0"):
        language.tags([story])


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda s: s.next_log_probabilities(["the"]), TypeError, "token ids"),
    (lambda s: s.next_log_probabilities("the"), TypeError, "token ids"),
    (lambda s: s.next_log_probabilities([1.0]), TypeError, "token ids"),
    (lambda s: s.next_log_probabilities(3), TypeError, "token ids"),
    (lambda s: s.next_log_probabilities([-1]), ValueError, "token id -1 is outside"),
    (lambda s: s.token_log_probabilities([[10**6]]), ValueError, "token id 1000000 is outside"),
    (lambda s: s.generate(), ValueError, "either n_tokens or n_stories"),
    (lambda s: s.generate(5, n_stories=5), ValueError, "either n_tokens or n_stories"),
    (lambda s: s.generate(-1), ValueError, "n_tokens must be at least 0, got -1"),
    (lambda s: s.generate(1e6), TypeError, "n_tokens must be an integer"),
    (lambda s: s.generate(10, seed=-1), ValueError, "seed must be at least 0, got -1"),
    (lambda s: s.generate(10, stream="test"), ValueError, "unknown stream 'test'"),
    (lambda s: s.held_out(3)[3], IndexError, "no text 3 among 3"),
    (lambda s: s.held_out(3)[::2], ValueError, "step 1"),
])
def test_bad_input_is_named(language, call, error, message):
    with pytest.raises(error, match=message):
        call(language)


def test_empty_requests_are_empty(language):
    assert len(language.generate(0)) == 0
    assert language.token_log_probabilities([]).shape == (0,)
    assert language.token_log_probabilities([np.array([], np.int64)]).shape == (0,)


def test_stories_are_a_sequence_of_arrays(language):
    some = language.generate(n_stories=4)
    assert isinstance(some[1:3], Corpus)
    assert [story.tolist() for story in some[1:3]] == [some[1].tolist(), some[2].tolist()]
    np.testing.assert_array_equal(some[-1], some[3])
    np.testing.assert_array_equal(np.concatenate(list(some)), some.ids)
    assert np.bincount(some.text_of).tolist() == some.lengths.tolist()
    assert len(some[2:2]) == 0


def test_scaling_is_the_exact_product():
    words = np.array([0, 1, 2**63, 2**64 - 1, 0x123456789ABCDEF0], np.uint64)
    for total in (1, 7, 5040, 2**31 - 1, 2**32 - 1):
        wanted = [int(word) * total >> 64 for word in words]
        assert scale(words, np.full(len(words), total, np.uint64)).tolist() == wanted


def test_a_roulette_gives_each_item_its_share_of_the_words():
    # Weights 1 and 3 in group 0, and 0 and 5 in group 1: the first quarter of all random words belongs to item 0.
    roulette = Roulette(np.array([[0, 1], [0, 1]]), np.array([[1, 0], [3, 5]]), 2)
    words = np.array([0, 2**62 - 1, 2**62, 2**64 - 1], np.uint64)
    assert roulette.draw(np.zeros(4, int), words).tolist() == [0, 0, 1, 1]
    assert roulette.draw(np.ones(4, int), words).tolist() == [1, 1, 1, 1]


def test_a_story_is_set_like_prose(language):
    assert typeset(["“", "oh", "!", "where", "is", "my", "map", "?", "”", "he", "says", ".", "the", "end", "."]) == (
        "“Oh! Where is my map?” he says. The end.")
    text = language.text(language.held_out(1)[0])
    assert text[0].isupper()
    assert text.endswith(".")
    assert " ." not in text
    assert "<eos>" not in text
