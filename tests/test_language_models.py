"""Unit 01: what follows from next-token probabilities alone, against brute force and SciPy."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse.corpus import Corpus
from llmcourse.language_models import (
    BOS,
    EOS,
    ConditionedModel,
    LanguageModel,
    StoppingModel,
    TableModel,
    UniformModel,
    Vocabulary,
    bits_per_token,
    cross_entropy,
    event_tree,
    identify_language,
    inverse_cdf,
    language_posterior,
    log_probabilities,
    log_probability,
    mass_by_length,
    mass_from_stops,
    perplexity,
    sample,
    token_log_probabilities,
)

REVIEWS = TableModel({
    (): {"permit": 0.5, "reject": 0.4, EOS: 0.1},
    ("permit",): {EOS: 1.0},
    ("reject",): {"permit": 0.25, "reject": 0.25, EOS: 0.5},
    ("reject", "permit"): {EOS: 0.75, "reject": 0.25},
    ("reject", "reject"): {EOS: 1.0},
    ("reject", "permit", "reject"): {EOS: 1.0},
}, default={EOS: 1.0})
REJECT_PERMIT = 0.4 * 0.25 * 0.75


@st.composite
def table_models(draw, memory=1):
    """Random models with a memory of one token, zeros among their probabilities."""
    words = list("abc")[: draw(st.integers(1, 3))]
    table = {}
    for history in [(), *((w,) for w in words)]:
        weights = draw(st.lists(st.integers(0, 9), min_size=len(words) + 1, max_size=len(words) + 1).filter(any))
        table[history] = {w: n / sum(weights) for w, n in zip([*words, EOS], weights, strict=True)}
    return TableModel(table, memory=memory), table


def by_hand(table, words):
    """p(words, then EOS), read off the table of a model with a memory of one token."""
    p, history = 1.0, ()
    for w in [*words, EOS]:
        p, history = p * table[history][w], (w,)
    return p


# --- scoring ----------------------------------------------------------------------------------------------------------

def test_probability_of_a_text_is_the_product_of_its_branches():
    assert math.exp(log_probability(REVIEWS, ["reject", "permit"])) == pytest.approx(REJECT_PERMIT)
    assert log_probability(REVIEWS, []) == pytest.approx(math.log(0.1))
    assert log_probability(REVIEWS, ["permit", "permit"]) == -np.inf


def test_ids_without_eos_are_the_start_of_a_text():
    v = REVIEWS.vocabulary
    assert math.exp(log_probability(REVIEWS, v.encode(["reject", "permit"]))) == pytest.approx(0.1)
    assert log_probability(REVIEWS, np.empty(0, np.int64)) == 0
    assert log_probabilities(REVIEWS, []).shape == (0,)


@settings(deadline=None)
@given(table_models(), st.lists(st.lists(st.sampled_from("abc"), max_size=5), min_size=1, max_size=4))
def test_scores_against_a_loop(model_and_table, texts):
    model, table = model_and_table
    texts = [[w for w in text if w in model.vocabulary] for text in texts]
    p = np.array([by_hand(table, text) for text in texts])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(log_probabilities(model, texts), np.log(p), rtol=1e-12, atol=1e-12)
        nats = -np.log(p).sum() / sum(len(t) + 1 for t in texts)
    assert cross_entropy(model, texts) == pytest.approx(nats)
    assert bits_per_token(model, texts) == pytest.approx(nats / math.log(2))
    assert perplexity(model, texts) == pytest.approx(math.exp(nats))


def test_long_texts_do_not_underflow():
    model = UniformModel(Vocabulary(["a", "b", "c"]))
    assert log_probability(model, ["a"] * 100_000) == pytest.approx(-100_001 * math.log(4), rel=1e-9)


def test_perplexity_of_uniform_counts_eos_and_weighs_tokens_not_texts():
    assert perplexity(UniformModel(Vocabulary(["abc"])), [["abc"]]) == pytest.approx(2)
    model = TableModel({(): {"a": 0.5, EOS: 0.5}, ("a",): {"a": 0.75, EOS: 0.25}}, memory=1)
    two = [-math.log(0.5), -math.log(0.5) - math.log(0.75) - math.log(0.25)]
    assert cross_entropy(model, [[], ["a", "a"]]) == pytest.approx(sum(two) / 4)


def test_cross_entropy_of_the_source_is_its_entropy():
    """Averaged over all texts with their probabilities, −log p(text) is the entropy of the text (SciPy's)."""
    nodes = [n for n in event_tree(REVIEWS, 4) if n.complete]
    expected = sum(n.path * -log_probability(REVIEWS, list(n.prefix[:-1])) for n in nodes if n.path)
    assert expected == pytest.approx(scipy.stats.entropy([n.path for n in nodes]))


def test_zero_probability_is_infinite_perplexity():
    assert perplexity(REVIEWS, [["permit", "permit"]]) == np.inf == bits_per_token(REVIEWS, [["permit", "permit"]])


@pytest.mark.parametrize("call, error, message", [
    (lambda: cross_entropy(REVIEWS, []), ValueError, "the corpus is empty"),
    (lambda: cross_entropy(REVIEWS, [[], REVIEWS.vocabulary.encode(["permit"])]), ValueError, "text 1 does not end in EOS"),
    (lambda: cross_entropy(REVIEWS, [np.empty(0, np.int64)]), ValueError, "text 0 does not end in EOS"),
    (lambda: cross_entropy(REVIEWS, "permit"), TypeError, "expected a list of texts"),
    (lambda: cross_entropy(REVIEWS, {"permit": ["permit"]}), TypeError, "expected a list of texts"),
    (lambda: log_probability(REVIEWS, "permit"), TypeError, "got 'permit' as a text"),
    (lambda: log_probability(REVIEWS, {"permit"}), TypeError, "got {'permit'} as a text"),
    (lambda: log_probability(REVIEWS, {"permit": 1}), TypeError, "got {'permit': 1} as a text"),
    (lambda: log_probability(REVIEWS, 3), TypeError, "got 3 as a text"),
    (lambda: log_probability(REVIEWS, np.array([2.0])), TypeError, "token ids must be integers"),
    (lambda: log_probability(REVIEWS, [True]), TypeError, "token ids must be integers"),
    (lambda: log_probability(REVIEWS, [[2]]), TypeError, "token ids must have 1 axis"),
    (lambda: log_probability(REVIEWS, np.array([4])), ValueError, "token id 4 is outside 0 … 3"),
    (lambda: log_probability(REVIEWS, [-1]), ValueError, "token id -1 is outside 0 … 3"),
    (lambda: log_probability(REVIEWS, [0, 1]), ValueError, "holds no BOS, and EOS only at its end"),
    (lambda: log_probability(REVIEWS, [1, 2]), ValueError, "holds no BOS, and EOS only at its end"),
    (lambda: log_probability(REVIEWS, [1, 1]), ValueError, "holds no BOS, and EOS only at its end"),
    (lambda: log_probability(REVIEWS, ["accept"]), ValueError, "unknown token 'accept'"),
    (lambda: log_probability(None, ["permit"]), TypeError, "expected a model with a vocabulary and .*, got None"),
    (lambda: token_log_probabilities("reviews", [[2]]), TypeError, "expected a model with a vocabulary and .*, got 'reviews'"),
    (lambda: token_log_probabilities(REVIEWS, [[4]]), ValueError, "token id 4 is outside 0 … 3"),
    (lambda: token_log_probabilities(REVIEWS, [[2, -1]]), ValueError, "token id -1 is outside 0 … 3"),
    (lambda: token_log_probabilities(REVIEWS, [["a"]]), TypeError, "flat sequence of integer ids"),
    (lambda: token_log_probabilities(UniformModel(Vocabulary(["a"])), [[-1]]), ValueError, "token id -1 is outside 0 … 2"),
    (lambda: UniformModel(Vocabulary(["a"])).token_log_probabilities([[-1]]), ValueError, "token id -1 is outside 0 … 2"),
    (lambda: UniformModel(Vocabulary(["a"])).token_log_probabilities([[3]]), ValueError, "token id 3 is outside 0 … 2"),
    (lambda: ConditionedModel(REVIEWS, []).token_log_probabilities([[2, 4]]), ValueError, "token id 4 is outside 0 … 3"),
])
def test_scoring_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_first_and_the_last_id_of_the_vocabulary():
    model = UniformModel(Vocabulary(["a", "b"]))
    scores = model.token_log_probabilities([[3, 0], [], np.array([1], np.uint8)])
    assert scores.tolist() == [-math.log(3), -np.inf, -math.log(3)]
    assert token_log_probabilities(REVIEWS, [[3, 3]]).tolist() == [math.log(0.4), math.log(0.25)]
    assert log_probabilities(REVIEWS, Corpus.join([[3], [2, 1]])) == pytest.approx([math.log(0.4), math.log(0.5)])


class Network:
    """As a neural network answers: every probability in a small type of float, whose sum is 1 only as far as that goes."""

    def __init__(self, model, dtype):
        self.model, self.vocabulary, self.dtype = model, model.vocabulary, dtype

    def next_log_probabilities(self, context):
        with np.errstate(divide="ignore"):
            return np.log(np.exp(self.model.next_log_probabilities(context)).astype(self.dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_models_of_small_floats_work_everywhere(dtype):
    exact = TableModel({(): {"a": 1 / 3, "b": 1 / 7, "c": 3 / 11, EOS: 1 - 1 / 3 - 1 / 7 - 3 / 11}}, memory=0)
    small = Network(exact, dtype)
    sums = np.exp(small.next_log_probabilities([])).sum(dtype=float)
    assert 1e-9 < abs(sums - 1) < 1e-2
    close = {"rel": 1e-2 if dtype == np.float16 else 1e-5}
    drawn = [sample(small, np.random.default_rng(i), max_length=20).tolist() for i in range(50)]
    assert sum(map(len, drawn)) > 100 and sum(text == sample(exact, np.random.default_rng(i), max_length=20).tolist()
                                              for i, text in enumerate(drawn)) > 45
    nodes, expected = event_tree(small, 3), event_tree(exact, 3)
    assert [n.prefix for n in nodes] == [n.prefix for n in expected]
    assert [n.path for n in nodes] == pytest.approx([n.path for n in expected], **close)
    assert sum(n.branch for n in nodes if len(n.prefix) == 1) == pytest.approx(1, abs=1e-12)
    assert mass_by_length(small, 4) == pytest.approx(mass_by_length(exact, 4), **close)
    text = ["a", "c", "b"]
    for of in (log_probability, lambda m, t: cross_entropy(m, [t]), lambda m, t: perplexity(m, [t]),
               lambda m, t: log_probability(ConditionedModel(m, ["a"]), t)):
        assert of(small, text) == pytest.approx(of(exact, text), **close)
    assert token_log_probabilities(small, [[2, 1]]).dtype == np.float64
    prior = dict(zip(("small", "exact"), dtype([0.3, 0.7]), strict=True))
    posterior = language_posterior({"small": small, "exact": exact}, text, prior)
    assert posterior == pytest.approx({"small": 0.3, "exact": 0.7}, rel=2e-2)
    assert sum(posterior.values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("walk", [lambda m: event_tree(m, 1), lambda m: mass_by_length(m, 1),
                                  lambda m: sample(m, np.random.default_rng(0), max_length=2)])
def test_what_is_no_distribution_is_not_walked(walk):
    class Wrong(UniformModel):
        def next_log_probabilities(self, context):
            return super().next_log_probabilities(context) + 0.01

    with pytest.raises(ValueError, match=r"the model's probabilities must sum to 1, got a sum of 1.01005"):
        walk(Wrong(Vocabulary(["a"])))


class Batched(UniformModel):
    calls = 0

    def token_log_probabilities(self, sequences):
        self.calls += 1
        return super().token_log_probabilities(sequences)

    def next_log_probabilities(self, context):
        raise AssertionError("a fast model must not be asked token by token")


def test_a_fast_model_is_asked_once_for_all_texts():
    model = Batched(Vocabulary(["a", "b"]))
    assert bits_per_token(model, [["a"], ["b", "a"], []]) == pytest.approx(math.log2(3))
    assert model.calls == 1


# --- generating -------------------------------------------------------------------------------------------------------

def test_inverse_cdf_boundaries():
    p = np.array([0, 0.25, 0, 0.5, 0.25, 0])
    below = np.nextafter
    us = (0.0, below(0.25, 0), 0.25, below(0.75, 0), 0.75, below(1, 0))
    assert [inverse_cdf(p, u) for u in us] == [1, 1, 3, 3, 4, 4]
    tenths = np.array([0.1] * 10 + [0])
    assert np.cumsum(tenths)[-1] <= below(1, 0)       # rounding leaves the sum under u
    assert inverse_cdf(tenths, below(1, 0)) == 9


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any), st.floats(0, 1, exclude_max=True))
def test_inverse_cdf_never_draws_the_impossible(weights, u):
    p = np.array(weights) / sum(weights)
    i = inverse_cdf(p, u)
    assert p[i] > 0 and p[:i].sum() <= u + 1e-12 and u < p[: i + 1].sum() + 1e-12


@pytest.mark.parametrize("p, u, message", [
    ([0.5, 0.5], 1.0, r"u must be in \[0, 1\), got 1.0"), ([0.5, 0.5], -0.1, r"u must be in \[0, 1\), got -0.1"),
    ([0.5, 0.4], 0.2, "must sum to 1, got a sum of 0.9"), ([1.5, -0.5], 0.2, "must be a distribution"),
    ([], 0.2, "must be a distribution"), ([[1.0]], 0.2, "must have 1 axis"), ([np.nan], 0.2, "must be a distribution"),
    ([1.0], np.nan, "u must be a finite number"), ([0.5, 0.5 + 2e-6], 0.2, "must sum to 1")])
def test_inverse_cdf_refuses(p, u, message):
    with pytest.raises(ValueError, match=message):
        inverse_cdf(p, u)


def test_inverse_cdf_lets_a_float32_softmax_through():
    p = np.full(3, 1 / 3, np.float32) * np.float32(1.00002)
    assert [inverse_cdf(p, u) for u in (0, 0.3333, 0.3334, 0.6666, 0.6667, np.nextafter(1, 0))] == [0, 0, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="must sum to 1"):
        inverse_cdf(p.astype(float), 0.2)
    with pytest.raises(TypeError, match="u must be a number, got '0'"):
        inverse_cdf(p, "0")


def test_samples_have_the_frequencies_of_the_tree():
    rng = np.random.default_rng(1)
    leaves = {n.prefix: n.path for n in event_tree(REVIEWS, 4) if n.complete and n.path}
    drawn = [tuple(REVIEWS.vocabulary.decode(sample(REVIEWS, rng, max_length=9))) for _ in range(4000)]
    assert set(drawn) <= set(leaves)
    observed = [drawn.count(text) for text in leaves]
    assert scipy.stats.chisquare(observed, [4000 * p for p in leaves.values()]).pvalue > 1e-3


def test_sample_stops_at_max_length_and_continues_a_prefix():
    endless = StoppingModel(["a", "b"], lambda t: 0.0)
    rng = np.random.default_rng(0)
    assert len(sample(endless, rng, max_length=7)) == 7 and sample(endless, rng, max_length=0).dtype == np.int64
    prefix = REVIEWS.vocabulary.encode(["reject", "permit"])
    text = sample(REVIEWS, rng, max_length=9, prefix=prefix)
    assert text[:2].tolist() == prefix.tolist() and text[-1] == 1
    assert sample(REVIEWS, rng, max_length=9, prefix=[1]).tolist() == [1]
    same = [sample(endless, np.random.default_rng(5), max_length=20).tolist() for _ in range(2)]
    assert same[0] == same[1] != sample(endless, np.random.default_rng(6), max_length=20).tolist()


@pytest.mark.parametrize("options, error, message", [
    ({"max_length": -1}, ValueError, "max_length must be at least 0, got -1"),
    ({"max_length": 2.0}, TypeError, "max_length must be an integer, got 2.0"),
    ({"max_length": 3, "prefix": [0]}, ValueError, "holds no BOS"),
    ({"max_length": 3, "prefix": [1, 1]}, ValueError, "EOS only at its end"),
    ({"max_length": 3, "prefix": [4]}, ValueError, "token id 4 is outside 0 … 3"),
    ({"max_length": 3, "prefix": ["permit"]}, TypeError, "token ids must be integers"),
    ({"max_length": 3, "prefix": [2.5]}, TypeError, "token ids must be integers"),
    ({"max_length": 3, "prefix": [[2]]}, TypeError, "token ids must have 1 axis"),
    ({"max_length": 3, "rng": 0}, TypeError, "rng must be a NumPy generator"),
    ({"max_length": 3, "model": {}}, TypeError, "expected a model with a vocabulary"),
])
def test_sample_refuses(options, error, message):
    with pytest.raises(error, match=message):
        sample(**{"model": REVIEWS, "rng": np.random.default_rng(0)} | options)


def test_samples_of_no_token_and_of_one():
    certain = TableModel({(): {"a": 1.0}})
    rng = np.random.default_rng(0)
    assert sample(certain, rng, max_length=0).tolist() == [] and sample(certain, rng, max_length=1).tolist() == [2]
    assert sample(certain, rng, max_length=1, prefix=[2, 2]).tolist() == [2, 2]
    assert sample(TableModel({(): {EOS: 1.0}}), rng, max_length=9).tolist() == [1]


# --- event tree -------------------------------------------------------------------------------------------------------

def test_event_tree_of_the_example():
    nodes = {n.prefix: n for n in event_tree(REVIEWS, 3)}
    assert nodes[()].path == nodes[()].branch == 1
    assert nodes["reject", "permit", EOS].path == pytest.approx(REJECT_PERMIT)
    assert nodes["reject", "permit", EOS].branch == pytest.approx(0.75)
    assert nodes["permit", "permit"].path == 0 and (EOS, "permit") not in nodes
    assert ("permit", "permit", EOS) not in nodes      # an impossible branch is not walked further
    assert len(nodes) == 1 + 3 + 2 * 3 + 2 * 3


@settings(max_examples=40, deadline=None)
@given(table_models(), st.integers(0, 3))
def test_children_sum_to_their_parent(model_and_table, depth):
    model, table = model_and_table
    nodes = event_tree(model, depth)
    assert nodes[0].prefix == () and len({n.prefix for n in nodes}) == len(nodes)
    for n in nodes:
        assert n.complete == (n.prefix[-1:] == (EOS,))
        if n.path and not n.complete and len(n.prefix) < depth:
            children = [m for m in nodes if m.prefix[:-1] == n.prefix and m is not n and m.prefix]
            assert sum(m.branch for m in children) == pytest.approx(1)
            assert sum(m.path for m in children) == pytest.approx(n.path, abs=1e-12)
        if n.complete:
            assert n.path == pytest.approx(by_hand(table, n.prefix[:-1]), abs=1e-12)


def test_event_tree_limits():
    assert len(event_tree(UniformModel(Vocabulary(["abc"])), 0)) == 1
    big = UniformModel(Vocabulary(map(str, range(1000))))
    assert len(event_tree(big, 1)) == 1002
    assert len(event_tree(big, 1, limit=1002)) == 1002
    small = UniformModel(Vocabulary(["a", "b"]))
    assert len(event_tree(small, 3, limit=1 + 3 + 6 + 12)) == 22 == len(event_tree(small, np.int64(3)))
    for call, error, message in (
        (lambda: event_tree(big, 2), ValueError, "the tree of depth 2 over 1002 tokens has more than 100000 nodes"),
        (lambda: event_tree(big, 1, limit=1001), ValueError, "has more than 1001 nodes"),
        (lambda: event_tree(small, 3, limit=21), ValueError, "has more than 21 nodes"),
        (lambda: event_tree(big, -1), ValueError, "depth must be at least 0, got -1"),
        (lambda: event_tree(big, 1.5), TypeError, "depth must be an integer, got 1.5"),
        (lambda: event_tree(big, 1, limit=1e6), TypeError, "limit must be an integer, got 1000000.0"),
        (lambda: event_tree("big", 1), TypeError, "expected a model with a vocabulary"),
    ):
        with pytest.raises(error, match=message):
            call()


@settings(max_examples=40, deadline=None)
@given(table_models(), st.integers(0, 4))
def test_mass_by_length_against_enumeration(model_and_table, n):
    model, table = model_and_table
    words = [w for w in model.vocabulary.tokens if w not in (BOS, EOS)]
    want = [sum(by_hand(table, t) for t in itertools.product(words, repeat=k)) for k in range(n + 1)]
    np.testing.assert_allclose(mass_by_length(model, n), want, atol=1e-12)


def test_a_tight_and_a_leaking_model():
    tight, leaking = lambda t: 0.25, lambda t: 1 / (t + 2) ** 2
    for stop in (tight, leaking):
        walked = mass_by_length(StoppingModel(["permit", "reject"], stop), 8)
        np.testing.assert_allclose(walked, mass_from_stops([stop(t) for t in range(9)]), rtol=1e-12)
    total = {n: mass_from_stops([leaking(t) for t in range(n + 1)]).sum() for n in (0, 1, 1000, 10**6)}
    for n, mass in total.items():
        assert mass == pytest.approx(1 - (n + 3) / (2 * (n + 2)))  # ∏ (1 − 1/k²), k = 2 … n + 2, telescopes
    assert mass_from_stops([0.25] * 200).sum() == pytest.approx(1)
    assert mass_from_stops([]).shape == (0,) and mass_from_stops([1, 0.5]).tolist() == [1, 0]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_what_has_not_stopped_is_still_going(stops):
    assert mass_from_stops(stops).sum() + math.prod(1 - s for s in stops) == pytest.approx(1)


@pytest.mark.parametrize("call, error, message", [
    (lambda: mass_by_length(REVIEWS, -1), ValueError, "max_tokens must be at least 0, got -1"),
    (lambda: mass_by_length(REVIEWS, 2.5), TypeError, "max_tokens must be an integer, got 2.5"),
    (lambda: mass_by_length(REVIEWS, 2, limit=9.5), TypeError, "limit must be an integer, got 9.5"),
    (lambda: mass_by_length(None, 2), TypeError, "expected a model with a vocabulary"),
    (lambda: mass_by_length(UniformModel(Vocabulary(map(str, range(99)))), 4, limit=99), ValueError,
     "more than 99 prefixes of 1 tokens"),
    (lambda: mass_by_length(UniformModel(Vocabulary(["a", "b"])), 3, limit=11), ValueError,
     "more than 11 prefixes of 3 tokens"),
    (lambda: mass_from_stops([0.5, 1.5]), ValueError, r"must lie in \[0, 1\], got \[0.5, 1.5\]"),
    (lambda: mass_from_stops([-0.1]), ValueError, r"must lie in \[0, 1\], got \[-0.1\]"),
    (lambda: mass_from_stops([np.nan]), ValueError, "stop probabilities must be finite, got nan"),
    (lambda: mass_from_stops(0.5), ValueError, "stop probabilities must have 1 axis"),
    (lambda: mass_from_stops(["a"]), TypeError, "stop probabilities must be an array of real numbers"),
])
def test_masses_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_masses_just_inside_the_limit():
    model = UniformModel(Vocabulary(["a", "b"]))  # levels of 2 · 3 = 6 and 4 · 3 = 12 branches
    assert mass_by_length(model, 3, limit=12) == pytest.approx([2**n / 3 ** (n + 1) for n in range(4)])
    assert mass_by_length(model, 0, limit=0) == pytest.approx([1 / 3])
    assert mass_from_stops(np.array([0, 1], np.int8)).tolist() == [0, 1] and mass_from_stops([0.25]).tolist() == [0.25]


# --- small models -----------------------------------------------------------------------------------------------------

def test_every_model_follows_the_protocol_and_never_predicts_bos():
    models = [REVIEWS, UniformModel(Vocabulary(["a"])), StoppingModel(["a"], lambda t: 0.5),
              ConditionedModel(REVIEWS, ["reject"])]
    for model in models:
        row = model.next_log_probabilities([])
        assert isinstance(model, LanguageModel) and row.shape == (len(model.vocabulary),) and row.dtype == np.float64
        assert row[0] == -np.inf and np.exp(row).sum() == pytest.approx(1)
        row[:] = 0                                     # the caller owns the row
        assert np.exp(model.next_log_probabilities([])).sum() == pytest.approx(1)


def test_table_model_with_a_memory():
    model = TableModel({(): {"a": 1}, ("a",): {"a": 0.5, EOS: 0.5}}, memory=1)
    assert math.exp(log_probability(model, ["a"] * 10)) == pytest.approx(0.5**10)
    forgetful = TableModel({(): {"a": 0.5, EOS: 0.5}}, memory=0)
    assert math.exp(log_probability(forgetful, ["a"] * 3)) == pytest.approx(1 / 16)
    with pytest.raises(ValueError, match=r"no row for the history \('a',\)"):
        TableModel({(): {"a": 1}}).next_log_probabilities([2])
    pairs = TableModel({(): {"a": 1}, ("a",): {"b": 1}, ("a", "b"): {"a": 0.5, EOS: 0.5}, ("b", "a"): {"b": 1}}, memory=2)
    assert log_probability(pairs, ["a", "b"] * 3) == pytest.approx(3 * math.log(0.5))


UNIFORM = UniformModel(Vocabulary(["a"]))


@pytest.mark.parametrize("call, error, message", [
    (lambda: TableModel({(): {"a": 0.5}}), ValueError, r"the row after \(\) must sum to 1, got a sum of 0.5"),
    (lambda: TableModel({(): {"a": 1.5, EOS: -0.5}}), ValueError, r"the row after \(\) must be a distribution"),
    (lambda: TableModel({(): {BOS: 1.0}}), ValueError, r"after \(\) expected probabilities without '<bos>'"),
    (lambda: TableModel({("a",): {}}), ValueError, r"the row after \('a',\) must be a distribution"),
    (lambda: TableModel({"a": {EOS: 1.0}}), TypeError, "a history must be a tuple of tokens, got 'a'"),
    (lambda: TableModel({("a",): {EOS: 1.0}}, memory=0), ValueError, r"\('a',\) is longer than the memory of 0 tokens"),
    (lambda: TableModel({("a", "a"): {EOS: 1.0}}, memory=1), ValueError, "is longer than the memory of 1 tokens"),
    (lambda: TableModel({(): {EOS: 1.0}}, memory=-1), ValueError, "memory must be at least 0, got -1"),
    (lambda: TableModel({(): {EOS: 1.0}}, memory=1.5), TypeError, "memory must be an integer, got 1.5"),
    (lambda: TableModel({(EOS,): {EOS: 1.0}}), ValueError, "a text holds neither"),
    (lambda: TableModel({}, default={"a": 0.5}), ValueError, "the row after an unlisted history must sum to 1"),
    (lambda: TableModel({(): {"z": 1.0}}, vocabulary=Vocabulary(["a"])), ValueError, "unknown token 'z'"),
    (lambda: TableModel({(): {"a": 1.0}}, vocabulary=["a"]), TypeError, r"vocabulary must be of type Vocabulary, got \['a'\]"),
    (lambda: UniformModel(["a"]), TypeError, r"the vocabulary must be of type Vocabulary, got \['a'\]"),
    (lambda: StoppingModel([], lambda t: 0.5), ValueError, "expected at least one word beside EOS"),
    (lambda: StoppingModel(["a"], lambda t: t + 0.5).next_log_probabilities([2]), ValueError,
     "the stop probability after 1 tokens must be at least 0 and at most 1, got 1.5"),
    (lambda: UNIFORM.next_log_probabilities([1]), ValueError, r"without BOS and EOS, got \[1\]"),
    (lambda: UNIFORM.next_log_probabilities([2, 0]), ValueError, r"without BOS and EOS, got \[0\]"),
    (lambda: UNIFORM.next_log_probabilities([2, 3]), ValueError, "token id 3 is outside 0 … 2"),
    (lambda: UNIFORM.next_log_probabilities([2.0]), TypeError, "token ids must be integers"),
    (lambda: ConditionedModel(REVIEWS, [EOS]), ValueError, "a text holds neither"),
    (lambda: ConditionedModel(REVIEWS, "permit"), TypeError, "split it first"),
    (lambda: ConditionedModel("reviews", ["permit"]), TypeError, "expected a model with a vocabulary"),
])
def test_small_models_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_rows_of_float32_are_let_through_and_stops_at_both_ends():
    thirds = dict.fromkeys(["a", "b", EOS], np.float32(1 / 3))
    assert np.exp(TableModel({(): thirds}).next_log_probabilities([])).sum() == pytest.approx(1, abs=1e-15)
    assert np.exp(StoppingModel(["a", "b"], lambda t: np.float32(t)).next_log_probabilities([])).tolist() == [0, 0, 0.5, 0.5]
    assert np.exp(StoppingModel(["a", "b"], lambda t: t).next_log_probabilities([2])).tolist() == [0, 1, 0, 0]
    assert TableModel({(): {EOS: 1}}, vocabulary=Vocabulary(["z"])).vocabulary.tokens == (BOS, EOS, "z")
    assert TableModel({("c",): {"b": 1}}, default={"a": 1}).vocabulary.tokens == (BOS, EOS, "c", "b", "a")


@settings(deadline=None)
@given(table_models(), st.lists(st.sampled_from("abc"), max_size=3), st.lists(st.sampled_from("abc"), max_size=3))
def test_conditioning_divides_by_the_probability_of_the_prefix(model_and_table, x, y):
    model, _ = model_and_table
    x, y = ([w for w in words if w in model.vocabulary] for words in (x, y))
    conditioned = ConditionedModel(model, x)
    start = log_probability(model, model.vocabulary.encode(x))
    if start > -np.inf:
        joint = math.exp(log_probability(model, x + y))
        assert math.exp(log_probability(conditioned, y) + start) == pytest.approx(joint)
    ids = model.vocabulary.encode_text(y)
    one_by_one = [conditioned.next_log_probabilities(ids[:t])[i] for t, i in enumerate(ids)]
    np.testing.assert_allclose(token_log_probabilities(conditioned, [ids, ids]), one_by_one * 2)


# --- language identification ------------------------------------------------------------------------------------------

def letters(**p):
    return TableModel({(): {**p, EOS: 1 - sum(p.values())}}, memory=0, vocabulary=Vocabulary(["a", "b", "c"]))


LANGUAGES = {"first": letters(a=0.5, b=0.25), "second": letters(a=0.25, b=0.5), "third": letters(a=0.25, c=0.5)}


def test_posterior_is_bayes_rule():
    prior = {"second": 0.5, "third": 0.25, "first": 0.25}
    got = language_posterior(LANGUAGES, ["a", "b", "b"], prior)
    joint = {"first": 0.25 * 0.5 * 0.25**3, "second": 0.5 * 0.25 * 0.5**2 * 0.25, "third": 0}
    assert list(got) == list(LANGUAGES)
    assert got == pytest.approx({k: v / sum(joint.values()) for k, v in joint.items()})
    assert identify_language(LANGUAGES, ["a", "b", "b"], prior) == "second"


def test_ties_go_to_the_first_model_and_long_texts_do_not_underflow():
    assert identify_language(LANGUAGES, ["a", "b"]) == "first"
    assert identify_language(dict(reversed(LANGUAGES.items())), ["a", "b"]) == "second"
    long = language_posterior(LANGUAGES, ["a"] * 5001 + ["b"] * 5000)
    assert long == pytest.approx({"first": 2 / 3, "second": 1 / 3, "third": 0})


def test_a_language_of_prior_zero_is_never_chosen():
    prior = {"first": 0.0, "second": 1.0, "third": 0.0}
    assert language_posterior(LANGUAGES, ["a"] * 50, prior) == {"first": 0, "second": 1, "third": 0}


@pytest.mark.parametrize("models, text, prior, message", [
    ({}, ["a"], None, "no models to choose from"),
    (LANGUAGES, ["a"], {"first": 1.0}, r"expected a prior over \['first', 'second', 'third'\], got {'first': 1.0}"),
    (LANGUAGES, ["b", "c"], {"first": 1.0, "second": 0, "third": 0}, "every language gives this text probability 0"),
    (LANGUAGES, ["a"], {"first": 1.0, "second": 0.5, "third": -0.5}, "the prior must be a distribution"),
    (LANGUAGES, ["a"], dict.fromkeys(LANGUAGES, 1.0), "the prior must sum to 1, got a sum of 3"),
    (LANGUAGES, ["a"], {"first": 1.0, "second": 0.0, "third": 0.0, "fourth": 0.0}, "expected a prior over"),
    (LANGUAGES, ["z"], None, "unknown token 'z'"),
])
def test_identification_refuses(models, text, prior, message):
    with pytest.raises(ValueError, match=message):
        language_posterior(models, text, prior)
