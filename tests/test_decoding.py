"""Decoding against brute force, numbers by hand, exact distributions and chi-square."""

import doctest
import importlib
import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llmcourse import decoding
from llmcourse.decoding import (
    LECTURE,
    Hypothesis,
    ProcessedModel,
    Settings,
    allowed,
    as_graph,
    beam_search,
    best_path,
    best_text,
    chi_square,
    draw,
    edge_probabilities,
    generate,
    greedy,
    greedy_path,
    local_probability,
    min_p,
    normalised,
    outcome,
    path_probability,
    path_weight,
    process,
    repetition_penalty,
    residual,
    sample_path,
    speculative_sample,
    temperature,
    text_probabilities,
    top_k,
    top_p,
    typical,
)
from llmcourse.language_models import EOS, StoppingModel, TableModel, UniformModel, Vocabulary, log_probability, sample
from llmcourse.ngrams import Additive

RNG = np.random.default_rng
LEVEL = 0.001  # of every chi-square test; the seeds are fixed, so each verdict is the same every time
LETTERS = Vocabulary(["a", "b", "c"])
FISH = [0.70, 0.10, 0.05, 0.05, 0.04, 0.02, 0.02, 0.01, 0.01]  # fish, memories, support, help, …; the last is all the rest


def some_model(seed=0, memory=1, vocabulary=LETTERS, sharpness=1.0):
    """A table of random rows for every history of up to ``memory`` tokens."""
    random, words = RNG(seed), vocabulary.tokens[2:]
    histories = [h for n in range(memory + 1) for h in itertools.product(words, repeat=n)]
    rows = random.dirichlet(np.full(len(words) + 1, sharpness), len(histories))
    return TableModel({h: dict(zip((*words, EOS), row, strict=True)) for h, row in zip(histories, rows, strict=True)},
                      memory=memory, vocabulary=vocabulary)


def all_texts(model, max_length):
    """Every text with its log-probability by the chain rule, from the list of all strings of tokens."""
    eos, found = model.vocabulary.eos, {}
    for n in range(max_length + 1):
        for ids in itertools.product(range(1, len(model.vocabulary)), repeat=n):
            if eos not in ids[:-1] and (n == max_length or ids[-1:] == (eos,)):
                found[ids] = log_probability(model, np.array(ids, int))
    return found


def p_of(logits):
    e = np.exp(np.asarray(logits) - np.max(logits))
    return e / e.sum()


def assert_fits(draws, probabilities):
    statistic, degrees = chi_square(Counter(draws), probabilities)
    assert degrees > 2 and stats.chi2.sf(statistic, degrees) > LEVEL, (statistic, degrees)


@pytest.mark.parametrize("module", ["graphs", "processors", "sampling", "costs"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module(f"llmcourse.decoding.{module}"))
    assert not failed and tried


# --- graphs -----------------------------------------------------------------------------------------------------------------

def all_paths(edges, node):
    if not edges.get(node):
        return [(node,)]
    return [(node, *rest) for after in edges[node] for rest in all_paths(edges, after)]


@st.composite
def graphs(draw_):
    """Nodes 0 … n − 1 with edges to higher ones only."""
    n = draw_(st.integers(2, 7))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    chosen = draw_(st.lists(st.sampled_from(pairs), unique=True, max_size=15))
    edges = {}
    for i, j in chosen:
        edges.setdefault(i, {})[j] = draw_(st.integers(-3, 9))
    return edges


def test_the_lectures_graph():
    assert greedy_path(LECTURE, "S") == (("S", "A", "A2", "E"), 14)
    assert best_path(LECTURE, "S") == (("S", "B", "B1", "F"), 6)
    weights = {path: path_weight(LECTURE, path) for path in all_paths(LECTURE, "S")}
    assert sorted(weights.values())[0] == 6 and len(weights) == 7
    shares = {path: path_probability(LECTURE, path) for path in weights}
    assert sum(shares.values()) == pytest.approx(1)
    assert sum(local_probability(LECTURE, path) for path in weights) == pytest.approx(1)
    path = ("S", "A", "A2", "E")                                             # what sampling edge by edge takes most often
    assert local_probability(LECTURE, path) == pytest.approx(0.621, abs=5e-4) == max(
        pytest.approx(local_probability(LECTURE, p), abs=5e-4).expected for p in weights)
    assert shares[path] == pytest.approx(0.0003, abs=5e-5)
    assert sorted(weights.values(), reverse=True)[1] == weights[path]        # though only one path is heavier
    assert shares["S", "B", "B1", "F"] == pytest.approx(0.889, abs=5e-4)


@given(graphs())
@settings(deadline=None)
def test_paths_against_all_paths(edges):
    weights = {path: path_weight(edges, path) for path in all_paths(edges, 0)}
    best = best_path(edges, 0)
    assert best.weight == min(weights.values()) == weights[best.nodes]
    assert weights[greedy_path(edges, 0).nodes] == greedy_path(edges, 0).weight
    sizes = np.exp([-w for w in weights.values()])
    for path, share in zip(weights, sizes / sizes.sum(), strict=True):
        assert path_probability(edges, path) == pytest.approx(share)
        assert local_probability(normalised(edges, 0), path) == pytest.approx(share)             # exact once normalised
    for node, after in normalised(edges, 0).items():
        assert sum(math.exp(-w) for w in after.values()) == pytest.approx(1), node


def test_thirty_layers_are_solved_node_by_node():
    edges = {(t, s): {(t + 1, r): (3 * s + 5 * r + t) % 7 for r in range(2)} for t in range(30) for s in range(2)}
    found = best_path(edges, (0, 0))                                         # among 2³⁰ paths
    best = {0: 0, 1: math.inf}
    for t in range(30):
        best = {r: min(best[s] + edges[t, s][t + 1, r] for s in range(2)) for r in range(2)}
    assert found.weight == min(best.values()) == path_weight(edges, found.nodes)


def test_sampled_paths_have_the_local_distribution():
    random = RNG(1)
    draws = [sample_path(LECTURE, "S", random).nodes for _ in range(4000)]
    assert_fits(draws, {path: local_probability(LECTURE, path) for path in all_paths(LECTURE, "S")})
    exact = normalised(LECTURE, "S")
    wanted = {path: path_probability(LECTURE, path) for path in all_paths(LECTURE, "S")}
    assert_fits([sample_path(exact, "S", random).nodes for _ in range(4000)], wanted)
    assert edge_probabilities({"S": {"a": 800, "b": 800}}, "S") == {"a": 0.5, "b": 0.5}          # e^-800 is 0


def test_ties_and_graphs_that_are_none():
    tie = {"S": {"a": 1, "b": 1}, "a": {"x": 2}, "b": {"y": 2}}
    assert greedy_path(tie, "S").nodes == best_path(tie, "S").nodes == ("S", "a", "x")
    assert greedy_path({}, "S") == best_path({}, "S") == (("S",), 0)
    for search in (greedy_path, best_path):
        with pytest.raises(ValueError, match=r"round.*'S'"):
            search({"S": {"a": 1}, "a": {"S": 1}}, "S")
    with pytest.raises(ValueError, match="no edge from 'S' to 'E'"):
        path_weight(LECTURE, ["S", "E"])


@pytest.mark.parametrize("seed", range(5))
def test_a_model_is_a_graph(seed):
    model = some_model(seed, memory=2)
    edges = as_graph(model, 4)
    best, first = best_path(edges, ()), greedy_path(edges, ())
    assert best.nodes[-1] == best_text(model, max_length=4).ids
    assert first.nodes[-1] == tuple(greedy(model, max_length=4))
    assert -first.weight == pytest.approx(log_probability(model, list(first.nodes[-1])))
    for ids, p in text_probabilities(model, 3).items():                      # its weights are such that sampling is exact
        graph = as_graph(model, 3)
        path = [ids[:t] for t in range(len(ids) + 1)]
        assert local_probability(graph, path) == pytest.approx(path_probability(graph, path)) == pytest.approx(p)
    with pytest.raises(ValueError, match="more than 10 prefixes"):
        as_graph(model, 4, limit=10)


# --- processors -------------------------------------------------------------------------------------------------------------

def test_the_fish_table():
    """Deck L's nine entries; top-p 0.75, and temperatures of a half and of two over all nine."""
    logits = np.log([FISH])
    assert p_of(top_p([()], logits, 0.75)[0]).round(3).tolist() == [0.875, 0.125, *[0] * 7]
    cold, warm = (p_of(temperature([()], logits, tau)[0]) for tau in (0.5, 2))
    assert cold[:2].round(3).tolist() == [0.965, 0.020] and warm[:2].round(3).tolist() == [0.366, 0.139]


@pytest.mark.parametrize(("p", "value", "kept"), [
    ([0.4, 0.3, 0.2, 0.1], 0.8, 3), ([0.5, 0.3, 0.1, 0.1], 0.8, 2), ([0.4, 0.3, 0.2, 0.1], 0.1, 1),
    ([0.4, 0.3, 0.2, 0.1], 0, 1), ([0.4, 0.3, 0.2, 0.1], 1, 4),
    ([0.25] * 4, 0.5, 2), ([0.25] * 4, 0.51, 3), ([0.9, 0.1 - 1e-9, 1e-9, 0], 1, 3)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_top_p_keeps_the_crossing_token(p, value, kept, kind):
    with np.errstate(divide="ignore"):
        found = top_p([()], np.log([p]).astype(kind), value)
    assert np.isfinite(found[0]).tolist() == [i < kept for i in range(4)]    # of equal ones the lower ids
    shuffled = top_p([()], np.log([[0.1, 0.3, 0.4, 0.2]]), 0.65)
    assert np.isfinite(shuffled[0]).tolist() == [False, True, True, False]


def test_top_k_keeps_no_more_than_k():
    z = np.array([[1.0, 3, 3, 3, 0], [5, 4, 3, 2, 1]])
    assert np.isfinite(top_k([(), ()], z, 2)).tolist() == [[False, True, True, False, False], [True, True, False, False, False]]
    assert np.array_equal(top_k([(), ()], z, 5), z) and np.array_equal(top_k([(), ()], z, 99), z)
    removed = top_k([()], [[1, -np.inf, 0]], 3)
    assert removed.tolist() == [[1, -np.inf, 0]]                             # what is gone stays gone


def test_temperature_at_its_ends():
    z = np.array([[0.0, 2, 2, -np.inf]])
    assert temperature([()], z, 0).tolist() == [[-np.inf, 2, -np.inf, -np.inf]]
    for tau in (1e-6, 1e-300, 5e-324):
        assert p_of(temperature([()], z, tau)[0]).tolist() == [0, 0.5, 0.5, 0]
    assert p_of(temperature([()], z, 1e9)[0]) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    with pytest.raises(ValueError, match="temperature must be at least 0, got -1"):
        temperature([()], z, -1)


def test_min_p_and_typical_by_hand():
    p = np.array([[0.5, 0.26, 0.24, 0.0]])
    with np.errstate(divide="ignore"):
        z = np.log(p)
    assert np.isfinite(min_p([()], z, 0.5))[0].tolist() == [True, True, False, False]
    assert np.isfinite(min_p([()], z, 1))[0].tolist() == [True, False, False, False]
    assert np.isfinite(min_p([()], z, 0))[0].tolist() == [True, True, True, False]
    # entropy 1.039 nats; surprises 0.693, 1.347, 1.427: nearest are 0.308 (id 1), 0.346 (id 0), 0.388 (id 2)
    for share, kept in ((0.2, [1]), (0.26, [1]), (0.27, [0, 1]), (0.76, [0, 1]), (0.77, [0, 1, 2]), (1, [0, 1, 2])):
        assert np.flatnonzero(np.isfinite(typical([()], z, share)[0])).tolist() == kept
    assert np.flatnonzero(np.isfinite(typical([()], np.zeros((1, 4)), 0.5)[0])).tolist() == [0, 1]    # a tie


def test_penalty_and_constraint_by_hand():
    z = np.array([[2.0, -2, 1, 0], [2, -2, 1, 0]])
    found = repetition_penalty([[0, 1, 0, 0], []], z, 2)
    assert found.tolist() == [[1, -4, 1, 0], [2, -2, 1, 0]]                  # once, however often; the second has read nothing
    p = p_of(process([[0]], np.log([[0.5, 0.5]]), Settings(repetition_penalty=2))[0])
    assert p == pytest.approx([1 / 3, 2 / 3])                                # p² against p
    assert allowed([()], [[3.0, 2, 1]], [2, 1]).tolist() == [[-np.inf, 2, 1]]


ALL = {"repetition_penalty": 1.3, "allowed": (0, 1, 2, 4), "temperature": 0.7, "top_k": 3, "top_p": 0.8, "min_p": 0.2,
       "typical": 0.9}
FUNCTIONS = {name: getattr(decoding, name) for name in ALL}
NO_OPS = {"repetition_penalty": 1, "allowed": range(6), "temperature": 1, "top_k": 6, "top_p": 1, "min_p": 0, "typical": 1}
logits_of_six = st.lists(st.lists(st.floats(-50, 50), min_size=6, max_size=6), min_size=1, max_size=4)


@given(logits_of_six, st.sampled_from(sorted(ALL)))
@settings(deadline=None)
def test_what_every_processor_keeps_to(rows, name):
    """Never in place; each row by itself; a no-op is none; at least one token stays, and what stays keeps its order."""
    z, f = np.array(rows), FUNCTIONS[name]
    before, ids = z.copy(), [[b % 6] for b in range(len(rows))]
    found = f(ids, z, ALL[name])
    assert found is not z and np.array_equal(z, before) and found.dtype == np.float64 and found.shape == z.shape
    for b in range(len(rows)):
        np.testing.assert_array_equal(f(ids[b : b + 1], z[b : b + 1], ALL[name])[0], found[b])
    assert np.isfinite(found).any(axis=1).all() and not np.isnan(found).any()
    no_op = Settings(**{name: NO_OPS[name]})
    np.testing.assert_allclose(process(ids, z, no_op), process(ids, z, Settings()), atol=1e-12)
    if name != "repetition_penalty":
        for row, new in zip(z, found, strict=True):
            kept = np.flatnonzero(np.isfinite(new))
            assert (np.diff(new[kept][np.argsort(row[kept], kind="stable")]) >= 0).all()


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=8), st.floats(0.01, 0.999))
@settings(deadline=None)
def test_nucleus_and_typical_set_are_the_smallest_that_reach_the_mass(weights, share):
    p = np.array(weights) / sum(weights)
    for function, order in ((top_p, -p), (typical, abs(-np.log(p) + (p * np.log(p)).sum()).round(9))):
        kept = np.isfinite(function([()], np.log([p]), share)[0])
        ranked = p[np.argsort(order, kind="stable")]
        n = int(kept.sum())
        assert kept[np.argsort(order, kind="stable")][:n].all()              # the first n, and no others
        assert ranked[:n].sum() >= share - 2e-6 and (n == 1 or ranked[: n - 1].sum() < share)


def test_the_order_is_as_stated():
    z = np.array([[3.0, 2, 1]])
    assert np.isfinite(process([()], z, Settings(temperature=0.5, top_p=0.8)))[0].tolist() == [True, False, False]
    last = temperature([()], top_p([()], z, 0.8), 0.5)                       # the other order
    assert np.isfinite(last)[0].tolist() == [True, True, False]
    np.testing.assert_array_equal(*(np.isfinite(a) for a in (top_k([()], temperature([()], z, 0.5), 2), top_k([()], z, 2))))
    logits = want = np.array([[2.0, 1.9, 0.3, -1, 5, 0.2]])
    for name in ("repetition_penalty", "allowed", "temperature", "top_k", "top_p", "min_p", "typical"):
        with np.errstate(divide="ignore"):
            want = FUNCTIONS[name]([[4, 0]], np.log(p_of(want)), ALL[name])
    found = process([[4, 0]], logits, Settings(**ALL))
    np.testing.assert_allclose(np.exp(found[0]), p_of(want[0]), atol=1e-12)


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"temperature": -0.1}, ValueError, "temperature must be at least 0"),
    ({"top_k": 0}, ValueError, "top_k must be at least 1"), ({"top_k": 2.0}, TypeError, "top_k must be an integer"),
    ({"top_p": 1.1}, ValueError, "top_p must be at least 0 and at most 1"),
    ({"min_p": -1}, ValueError, "min_p must be"), ({"typical": 2}, ValueError, "typical must be"),
    ({"repetition_penalty": 0}, ValueError, "repetition_penalty must be greater than 0"),
    ({"allowed": ()}, ValueError, "nothing is left"), ({"allowed": (-1,)}, ValueError, "token id -1 is outside"),
    ({"top_q": 1}, TypeError, "top_q")])
def test_settings_that_make_no_sense(options, error, message):
    with pytest.raises(error, match=message):
        generate(UniformModel(LETTERS), [[]], 1, **options)


def test_logits_that_leave_nothing():
    with pytest.raises(ValueError, match="nothing is left to draw from"):
        process([()], [[-np.inf, -np.inf]], Settings())
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"without NaN and \+inf"):
            process([()], [[0, value]], Settings())


# --- search -----------------------------------------------------------------------------------------------------------------

A_FISH = TableModel({(): {"the": 0.6, "a": 0.4}, ("the",): {"fish": 0.4, "love": 0.3, "help": 0.3}, ("a",): {"fish": 1},
                     **{(word,): {EOS: 1} for word in ("fish", "love", "help")}}, memory=1)


def words(model, ids):
    return " ".join(model.vocabulary.decode(ids))


def test_a_fish():
    """The lecture's greedy search misses the most probable text, and two beams find it."""
    the = greedy(A_FISH, max_length=5)
    assert words(A_FISH, the) == "the fish <eos>" and math.exp(log_probability(A_FISH, list(the))) == pytest.approx(0.24)
    best = beam_search(A_FISH, 2, max_length=5)
    assert [words(A_FISH, text.ids) for text in best] == ["a fish <eos>", "the fish <eos>"]
    assert math.exp(best[0].log_p) == pytest.approx(0.4) == math.exp(best_text(A_FISH, max_length=5).log_p)


def test_a_wider_beam_may_find_less():
    """a looks better than b at first and is flat afterwards; a beam of two loses what the greedy one found."""
    rows = {(): {"a": 0.35, "b": 0.33, "c": 0.32}, ("a",): {"x": 0.4, "y": 0.3, "z": 0.3}, ("b",): {"u": 0.5, "v": 0.5},
            ("c",): {"x": 1}, ("x",): {EOS: 0.97, "a": 0.03}, ("y",): {EOS: 1}, ("z",): {EOS: 1}, ("v",): {EOS: 1},
            ("u",): {f"w{i}": 0.1 for i in range(10)}, **{(f"w{i}",): {EOS: 1} for i in range(10)}}
    rows["v",] = {f"w{i}": 0.1 for i in range(10)}
    model = TableModel(rows, memory=1)
    one, two = (beam_search(model, width, max_length=6)[0] for width in (1, 2))
    assert one.log_p > two.log_p + 1
    assert math.exp(one.log_p) == pytest.approx(0.35 * 0.4 * 0.97) and math.exp(two.log_p) == pytest.approx(0.33 * 0.5 * 0.1)


@given(st.integers(0, 200), st.integers(0, 2), st.integers(0, 4))
@settings(deadline=None, max_examples=60)
def test_search_against_all_texts(seed, memory, max_length):
    model = some_model(seed, memory)
    texts = all_texts(model, max_length)
    best = max(texts.values())
    exact = best_text(model, max_length=max_length)
    assert exact.log_p == pytest.approx(best) == pytest.approx(texts[exact.ids])
    wide = beam_search(model, max(1, 4 ** (max_length - 1)) if max_length else 1, max_length=max_length)
    assert wide[0].ids == exact.ids and wide[0].log_p == pytest.approx(best)
    for width in (1, 2, 3):
        found = beam_search(model, width, max_length=max_length)
        assert len(found) <= width and len({text.ids for text in found}) == len(found)
        assert [text.log_p for text in found] == sorted((text.log_p for text in found), reverse=True)
        for text in found:
            assert text.log_p == text.score == pytest.approx(texts[text.ids])


def beams_by_hand(model, width, max_length, alpha):
    """The same from its description, with sorted lists of whole texts."""
    beam = [((), 0.0)]
    while any(len(ids) < max_length and ids[-1:] != (1,) for ids, _ in beam):
        options = []
        for place, (ids, log_p) in enumerate(beam):
            if len(ids) == max_length or ids[-1:] == (1,):
                options.append((-log_p / max(len(ids), 1) ** alpha, place, -1, ids, log_p))
                continue
            for i, more in enumerate(model.next_log_probabilities(ids)):
                if more > -np.inf:
                    total = log_p + more
                    options.append((-total / (len(ids) + 1) ** alpha, place, i, (*ids, i), total))
        beam = [(ids, log_p) for *_, ids, log_p in sorted(options)[:width]]
    return beam


@given(st.integers(0, 300), st.integers(1, 5), st.sampled_from([0, 0.6, 1, 2]))
@settings(deadline=None, max_examples=60)
def test_beams_against_their_description(seed, width, alpha):
    model = some_model(seed, 2)
    found = beam_search(model, width, max_length=5, alpha=alpha)
    want = beams_by_hand(model, width, 5, alpha)
    assert [text.ids for text in found] == [ids for ids, _ in want]
    for text, (ids, log_p) in zip(found, want, strict=True):
        assert text.log_p == pytest.approx(log_p) and text.score == pytest.approx(log_p / len(ids) ** alpha)


def test_ties_go_to_the_lower_ids():
    model = UniformModel(LETTERS)
    assert [text.ids for text in beam_search(model, 3, max_length=2)] == [(1,), (2, 1), (2, 2)]
    assert greedy(model, max_length=3).tolist() == [1] and best_text(model, max_length=2).ids == (1,)
    two = TableModel({(): {"a": 0.5, "b": 0.5}, ("a",): {EOS: 1}, ("b",): {EOS: 1}}, memory=1)
    assert [text.ids for text in beam_search(two, 2, max_length=3)] == [(2, 1), (3, 1)]


def test_length_is_that_of_what_was_added():
    """After a prompt of five tokens: one token of −2.0 loses to two of −3.9 together, −1.95 each."""
    start = tuple("abcab")
    e = math.exp
    rows = {(*start,): {EOS: e(-2.0), "a": e(-1.9), "b": 1 - e(-2.0) - e(-1.9)},
            (*start, "a"): {EOS: e(-2.0), "a": (1 - e(-2.0)) / 2, "b": (1 - e(-2.0)) / 2}}
    model = TableModel(rows, default={"c": 0.5, "b": 0.5 - e(-9), EOS: e(-9)}, vocabulary=LETTERS)
    prefix = LETTERS.encode(start).tolist()
    found = {text.ids[5:]: text for text in beam_search(model, 30, max_length=7, prefix=prefix, alpha=1)}
    assert found[1,].score == pytest.approx(-2.0) and found[2, 1].score == pytest.approx(-1.95)
    assert found[2, 1].log_p == pytest.approx(-3.9) and found[1,].log_p == pytest.approx(-2.0)
    plain = [text.ids[5:] for text in beam_search(model, 30, max_length=7, prefix=prefix)]
    assert plain.index((1,)) < plain.index((2, 1))
    ranked = list(found)
    assert ranked.index((2, 1)) < ranked.index((1,))


def test_prefixes_and_lengths():
    model, prefix = some_model(3), [2, 3]
    assert greedy(model, max_length=2, prefix=prefix).tolist() == prefix == greedy(model, max_length=0, prefix=prefix).tolist()
    for text in (*beam_search(model, 3, max_length=5, prefix=prefix), best_text(model, max_length=5, prefix=prefix)):
        assert text.ids[:2] == (2, 3) and len(text.ids) <= 5
        assert text.log_p == pytest.approx(log_probability(model, list(text.ids)) - log_probability(model, prefix))
    whole = LETTERS.encode_text(["a"]).tolist()
    assert beam_search(model, 2, max_length=9, prefix=whole) == [Hypothesis(tuple(whole), 0, 0)]
    assert beam_search(StoppingModel(["a"], lambda t: 0.0), 2, max_length=2) == [Hypothesis((2, 2), 0, 0)]       # cut
    for call, error, message in (
            (lambda: beam_search(model, 0, max_length=1), ValueError, "width must be at least 1, got 0"),
            (lambda: greedy(model, max_length=-1), ValueError, "max_length must be at least 0"),
            (lambda: beam_search(model, 1, max_length=1, alpha=-1), ValueError, "alpha must be at least 0"),
            (lambda: greedy(None, max_length=1), TypeError, "expected a model"),
            (lambda: greedy(model, max_length=3, prefix=[0]), ValueError, "holds no BOS"),
            (lambda: best_text(UniformModel(LETTERS), max_length=9, prefix=[], limit=1), ValueError, "more than 1 starts")):
        with pytest.raises(error, match=message):
            call()


# --- sampling ---------------------------------------------------------------------------------------------------------------

def texts_of(generated):
    return [tuple(text.tolist()) for text in generated.texts]


@pytest.mark.parametrize("options", [
    {}, {"temperature": 0.5}, {"temperature": 2.0}, {"top_k": 2}, {"top_p": 0.7}, {"min_p": 0.5}, {"typical": 0.6},
    {"repetition_penalty": 1.5}, {"allowed": (1, 2, 4)}, {"temperature": 1.5, "top_k": 3, "top_p": 0.9}],
    ids=lambda options: "-".join(options) or "ancestral")  # fmt: skip
def test_samples_have_the_exact_distribution(options):
    """3,000 texts against the list of all, whose probabilities come from the chain rule over processed rows; level 0.001."""
    model = some_model(7, memory=2)
    probabilities = text_probabilities(ProcessedModel(model, **options), 3)
    assert sum(probabilities.values()) == pytest.approx(1)
    found = generate(model, [[]] * 3000, 3, seed=11, **options)
    assert_fits(texts_of(found), probabilities)
    wrong = text_probabilities(ProcessedModel(model, temperature=0.3 if options.get("temperature", 1) != 0.5 else 3), 3)
    statistic, degrees = chi_square(Counter(texts_of(found)), wrong)         # the test can fail
    assert stats.chi2.sf(statistic, degrees) < 1e-9


def test_text_probabilities_are_the_chain_rule():
    model = some_model(2, memory=2)
    want = all_texts(model, 4)
    found = text_probabilities(model, 4)
    assert found == pytest.approx({ids: math.exp(log_p) for ids, log_p in want.items()})
    after = text_probabilities(model, 2, prefix=[2])
    a = log_probability(model, [2])
    assert after == pytest.approx({ids: math.exp(log_probability(model, [2, *ids]) - a) for ids in after})
    with pytest.raises(ValueError, match="more than 10 texts"):
        text_probabilities(model, 4, limit=10)


def test_ancestral_sampling_is_unit_01s():
    """The same random numbers give the same text."""
    model = some_model(5, memory=2)
    for seed in range(20):
        [text] = generate(model, [[2]], 9, seed=seed).texts
        want = sample(model, np.random.default_rng([seed, 0]), max_length=10, prefix=[2])
        assert text.tolist() == want[1:].tolist()


def test_temperature_zero_is_greedy_for_every_seed_and_model():
    for model in (some_model(1, 2), Additive([["a", "b"], ["b", "c", "a"]], 2, 0.5)):
        want = greedy(model, max_length=8).tolist()
        for seed in range(5):
            assert generate(model, [[]], 8, temperature=0, seed=seed).texts[0].tolist() == want
    model = some_model(1, 2)                                                 # without ties
    assert texts_of(generate(model, [[]], 8, temperature=1e-6)) == [tuple(greedy(model, max_length=8))]


def test_a_rectangle_with_what_stands_after_the_end():
    """Rows end at different times; EOS stays, PAD follows, log p stops, and the loop ends with the last row."""
    model = TableModel({("a",): {EOS: 1}, ("b",): {"c": 1}, ("c",): {"a": 0.5, "c": 0.5}}, memory=1, default={"a": 1},
                       vocabulary=LETTERS)
    calls = []
    ask = model.next_log_probabilities
    model.next_log_probabilities = lambda context: calls.append(len(context)) or ask(context)
    found = generate(model, [[3], [2], [3, 4, 4]], 50, seed=4)
    assert found.lengths[1] == 1 and found.ids.shape == (3, found.lengths.max()) and found.lengths.max() < 50
    assert len(calls) == found.lengths.sum()                                 # nobody is asked after the end
    for row, n, log_p in zip(found.ids, found.lengths, found.log_p, strict=True):
        assert row[n - 1] == 1 and not row[n:].any() and not log_p[n:].any()
    assert found.log_p[0].sum() == pytest.approx(math.log(0.5) * (found.lengths[0] - 2))
    assert generate(model, [[3], [2]], 0).ids.shape == (2, 0) and generate(model, [], 5).texts == []
    cut = generate(model, [[3]], 2, eos=4)
    assert cut.ids.tolist() == [[4]]                                         # another id may end a text


@pytest.mark.parametrize("options", [{}, {"temperature": 0.7, "top_p": 0.9}, {"repetition_penalty": 1.2}])
def test_a_row_depends_on_no_other(options):
    model, prompts = some_model(9, 2), [[], [2], [3, 3, 4, 2], [2]]
    found = texts_of(generate(model, prompts, 12, seed=3, **options))
    assert found == texts_of(generate(model, prompts, 12, seed=3, **options))
    assert found != texts_of(generate(model, prompts, 12, **options))
    for more in ([], [[4] * 6], [[2]] * 3):
        assert texts_of(generate(model, prompts + more, 12, seed=3, **options))[: len(prompts)] == found


def test_log_p_is_the_models_own():
    model = some_model(4, 1)
    found = generate(model, [[2], []], 6, temperature=0.5, top_k=2)
    for prompt, text, log_p in zip([[2], []], found.texts, found.log_p, strict=True):
        before = log_probability(model, np.array(prompt, int))
        assert log_p.sum() == pytest.approx(log_probability(model, [*prompt, *text]) - before)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(lambda p: sum(p) > 0.01), st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_draws_are_unit_01s(weights, u):
    from llmcourse.language_models import inverse_cdf

    p = np.array(weights) / sum(weights)
    with np.errstate(divide="ignore"):
        found = int(draw(np.log([p]), np.array([u]))[0])
    assert p[found] > 0
    if abs(np.cumsum(p) - u).min() > 1e-12:                                  # beside an edge rounding may decide
        assert found == inverse_cdf(p, u)


def test_chi_square_by_hand():
    assert chi_square({"a": 60, "b": 40}, {"a": 0.5, "b": 0.5}) == pytest.approx((4.0, 1))
    with_rare = chi_square({"a": 50, "b": 46, "c": 3, "d": 1}, {"a": 0.5, "b": 0.46, "c": 0.02, "d": 0.02})
    assert with_rare == pytest.approx((0, 2))                                # c and d together: 4, as expected
    assert chi_square({"x": 1}, {"a": 1.0}) == (math.inf, 0)
    with pytest.raises(ValueError, match="no draws"):
        chi_square({}, {"a": 1})


def test_a_processed_model_is_a_model():
    model = ProcessedModel(some_model(1), top_k=2)
    assert isinstance(model, decoding.processors.LanguageModel)
    p = np.exp(model.next_log_probabilities([2]))
    assert p.sum() == pytest.approx(1) and (p > 0).sum() == 2 and p[0] == 0
    assert Settings(temperature=0) == Settings(temperature=0.0) != Settings(temperature=0, allowed=np.arange(2))
    with pytest.raises(TypeError, match="expected a model"):
        ProcessedModel(lambda context: 0)
    with pytest.raises(TypeError, match="expected a model with next_log_probabilities"):
        generate("model", [[2]], 3)


# --- speculative decoding ---------------------------------------------------------------------------------------------------

def rows(n):
    return st.lists(st.integers(0, 9), min_size=n, max_size=n).filter(any).map(lambda w: np.array(w) / sum(w))


@given(rows(4), rows(4))
@settings(deadline=None)
def test_one_speculated_token_has_the_models_distribution(p, q):
    np.testing.assert_allclose(outcome(p, q), p, atol=1e-12)
    assert residual(p, q).sum() == pytest.approx(1) and (residual(p, q) >= 0).all()


def exactly(model, draft, max_length, ahead):
    """Every way that speculation can go, with its probability: {text: p}. Written from the description, not from the code."""
    eos, found = model.vocabulary.eos, Counter()

    def p_after(m, ids):
        return np.exp(m.next_log_probabilities(ids))

    def end(ids):
        return len(ids) >= max_length or ids[-1:] == (eos,)

    def round_(ids, chance):
        if chance == 0:
            return
        if end(ids):
            found[ids] += chance
            return
        drafts = [((), 1.0)]
        for _ in range(min(ahead, max_length - len(ids))):
            ended = [(d, c) for d, c in drafts if d[-1:] == (eos,)]
            drafts = ended + [((*d, i), c * q) for d, c in drafts if d[-1:] != (eos,)
                              for i, q in enumerate(p_after(draft, ids + d)) if q > 0]
        for d, c in drafts:
            kept = chance * c
            for n, i in enumerate(d):
                p, q = p_after(model, ids + d[:n]), p_after(draft, ids + d[:n])
                keep = min(1, p[i] / q[i])
                more = np.maximum(p - q, 0)
                if keep < 1:
                    for j in np.flatnonzero(more):
                        round_((*ids, *d[:n], int(j)), kept * (1 - keep) * more[j] / more.sum())
                kept *= keep
            if end(ids + d):
                found[ids + d] += kept
            else:
                for j, p in enumerate(p_after(model, ids + d)):
                    round_((*ids, *d, j), kept * p)

    round_((), 1.0)
    return found


TWO = Vocabulary(["a", "b"])


@pytest.mark.parametrize("ahead", [1, 2, 3])
@pytest.mark.parametrize("sharpness", [1.0, 0.2])
def test_speculation_leaves_the_distribution_exactly_unchanged(ahead, sharpness):
    """By enumeration of drafts, acceptances and second draws; the draft is a bigram model, the other remembers two tokens."""
    for seed in range(3):
        model, draft = some_model(seed, 2, TWO), some_model(seed + 50, 1, TWO, sharpness)
        found, want = exactly(model, draft, 3, ahead), text_probabilities(model, 3)
        assert {ids: p for ids, p in found.items() if p > 0} == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_speculated_texts_have_the_models_distribution(ahead):
    """2,000 texts, level 0.001; and what the draft alone would give is rejected."""
    model, draft, random = some_model(1, 2), some_model(2, 1), RNG(5)
    draws = [tuple(speculative_sample(model, draft, random, max_length=3, ahead=ahead).ids.tolist()) for _ in range(2000)]
    assert_fits(draws, text_probabilities(model, 3))
    statistic, degrees = chi_square(Counter(draws), text_probabilities(draft, 3))
    assert stats.chi2.sf(statistic, degrees) < 1e-9


def test_a_perfect_draft_saves_calls():
    model, random = StoppingModel(["a", "b", "c"], lambda t: 0.0), RNG(0)
    found = speculative_sample(model, model, random, max_length=30, ahead=4)
    assert (len(found.ids), found.calls, found.drafted, found.kept) == (30, 6, 24, 24)           # 4 drafted, 1 for nothing
    never = TableModel({}, default={"a": 1}, vocabulary=LETTERS)
    other = TableModel({}, default={"b": 1}, vocabulary=LETTERS)
    found = speculative_sample(never, other, random, max_length=6, ahead=3, prefix=[4])
    assert found.ids.tolist() == [4, 2, 2, 2, 2, 2] and found.kept == 0 and found.calls == 5
    assert speculative_sample(model, model, random, max_length=1, prefix=[2, 3]).ids.tolist() == [2, 3]
    ending = TableModel({}, default={EOS: 1}, vocabulary=LETTERS)
    assert speculative_sample(ending, ending, random, max_length=9).ids.tolist() == [1]
    with pytest.raises(ValueError, match="the same vocabulary"):
        speculative_sample(model, UniformModel(TWO), random, max_length=3)
    with pytest.raises(ValueError, match="ahead must be at least 1"):
        speculative_sample(model, model, random, max_length=3, ahead=0)
    with pytest.raises(TypeError, match="rng must be"):
        speculative_sample(model, model, 0, max_length=3)


# --- costs ------------------------------------------------------------------------------------------------------------------

@given(st.integers(0, 40))
@settings(deadline=None, max_examples=20)
def test_pairs_and_positions_are_what_a_loop_counts(T):
    pairs = [sum(range(1, t + 1)) for t in range(1, T + 1)]                  # of t positions, each with those up to its own
    assert decoding.score_products(T) == (sum(range(1, T + 1)), sum(pairs))
    assert decoding.positions_computed(T) == (T, sum(range(1, T + 1)))


def test_prompts_that_are_whole_texts_or_none():
    model = TableModel({(): {"a": 0.75, "<eos>": 0.25}, ("a",): {"a": 0.5, "<eos>": 0.5}}, memory=1)
    a, eos, bos = model.vocabulary.ids["a"], model.vocabulary.eos, model.vocabulary.bos
    found = decoding.generate(model, [[a, eos], [a]], 4, temperature=0)
    assert found.lengths.tolist() == [0, 1] and found.ids.tolist() == [[decoding.sampling.PAD], [eos]]
    for prompt in ([bos, a], [a, eos, a]):
        with pytest.raises(ValueError, match="a text holds no BOS, and EOS only at its end"):
            decoding.generate(model, [prompt], 1)


def test_a_small_share_counts_too():
    kept = decoding.min_p([()], np.log([[1 - 3e-6, 2.9e-6, 1e-7]]), 1e-6)
    assert np.isneginf(kept).tolist() == [[False, False, True]]


def test_the_lectures_numbers():
    assert decoding.cache_bytes(256, 4, 128) == 1_048_576 and decoding.cache_bytes(256, 4, 128, number=2, batch=8) == 4 * 2**20
    assert decoding.score_products(256) == (32_896, 2_829_056)
    one, again = decoding.generation_flops(1, 4, 128, 483)
    position, pair = 2 * (4 * 12 * 128**2 + 128 * 483), 4 * 4 * 128
    assert one == again == position + pair
    assert decoding.generation_flops(3, 4, 128, 483) == (3 * position + 6 * pair, 6 * position + 10 * pair)
    with pytest.raises(ValueError, match="T must be at least 0, got -1"):
        decoding.score_products(-1)
    with pytest.raises(ValueError, match="layers must be at least 1, got 0"):
        decoding.generation_flops(3, 0, 128, 483)
