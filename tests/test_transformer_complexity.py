"""What layers cost, against torch's own counter; graphs by hand and by brute force; the graph that autograd keeps."""

import doctest
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from llmcourse.recurrent.networks import STEPS  # noqa: E402
from llmcourse.transformer import (  # noqa: E402
    TransformerConfig,
    TransformerLM,
    complexity,
    layer_cost,
    longest_chain,
    longest_gradient_chain,
    multiplications,
    recurrent_edges,
    shortest_path,
    transformer_edges,
)
from llmcourse.transformer.complexity import KINDS, make_layer  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402


def test_examples_in_docstrings():
    failed, tried = doctest.testmod(complexity)
    assert not failed and tried


# --- the table ----------------------------------------------------------------------------------------------------------

def test_the_table_for_ten_words():
    costs = {kind: layer_cost(kind, 10, 64, k=3, r=4) for kind in KINDS}
    assert costs == {"self-attention": (6_400, 1, 1), "recurrent": (40_960, 10, 10), "convolutional": (122_880, 1, 3),
                     "restricted": (2_560, 1, 3)}


@given(st.sampled_from(KINDS), st.integers(1, 12), st.sampled_from([4, 8]), st.integers(2, 4), st.integers(1, 5), st.booleans())
@settings(deadline=None, max_examples=30)
def test_what_layers_multiply_is_what_torch_counts(kind, n, d, k, r, projections):
    layer = make_layer(kind, d, k, r, projections=projections)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.randn(n, d))
    assert counter.get_total_flops() == 2 * multiplications(kind, n, d, k, r, projections=projections)     # a product, a sum


def test_where_they_break_even_and_what_the_table_leaves_out():
    for d in (8, 64):
        for n in (d - 1, d, d + 1):
            pair = [layer_cost(kind, n, d).operations for kind in ("self-attention", "recurrent")]
            counted = [multiplications(kind, n, d, projections=False) for kind in ("self-attention", "recurrent")]
            assert (pair[0] > pair[1]) == (counted[0] > counted[1]) == (n > d) and (pair[0] == pair[1]) == (n == d)
            assert multiplications("self-attention", n, d) - counted[0] == 4 * n * d * d


@pytest.mark.parametrize(("kind", "reach"), [("self-attention", 100), ("recurrent", 100), ("convolutional", 3),
                                             ("restricted", 4)])
def test_which_words_an_output_depends_on(kind, reach):
    """The last output of one layer, by its gradient: on all words, or on the k or r last ones."""
    x = torch.randn(9, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(make_layer(kind, 4)(x)[-1].sum(), x)
    assert gradient.abs().sum(dim=1).gt(0).tolist() == [9 - t <= reach for t in range(9)]


@given(st.integers(1, 400), st.integers(2, 7))
@settings(deadline=None)
def test_kernels_k_times_as_far_apart_reach_everything_after_log_k_layers(n, k):
    reached, layers = {0}, 0                                               # distances of words that an output sees
    while len(reached) < n:
        reached, layers = {far + i * k**layers for far in reached for i in range(k)}, layers + 1
    assert layer_cost("convolutional", n, 8, k=k).path == max(layers, 1)


def test_restricted_attention_is_attention_with_a_mask():
    x, layer = torch.randn(7, 8), make_layer("restricted", 8, r=3, projections=False)
    scores = x @ x.T / 8**0.5
    i, j = torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij")
    scores = scores.masked_fill((j > i) | (j <= i - 3), -torch.inf)[2:]    # rows that have three words
    torch.testing.assert_close(layer(x)[2:], scores.softmax(-1) @ x)


def test_a_seed_decides_the_weights_and_leaves_torchs_own_alone():
    state = torch.get_rng_state()
    one, same, other = (make_layer("recurrent", 4, seed=seed) for seed in (0, 0, 1))
    x = torch.ones(2, 4)
    assert torch.equal(one(x), same(x)) and not torch.equal(one(x), other(x)) and torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("arguments", "match"), [
    (("pooling", 3, 4), "unknown kind of layer 'pooling'"), (("recurrent", 0, 4), "n must be at least 1"),
    (("restricted", 3, 4, 3, 0), "r must be at least 1"), (("convolutional", 3, 4, 1), "k must be at least 2"),
])  # fmt: skip
def test_layers_that_make_no_sense(arguments, match):
    with pytest.raises(ValueError, match=match):
        layer_cost(*arguments)


# --- graphs -------------------------------------------------------------------------------------------------------------

def test_sizes_of_graphs():
    """A recurrent network's grows with the words, a transformer's with their square; masks leave out nearly half."""
    assert [len(recurrent_edges(1, n)) for n in (5, 10, 20)] == [4, 9, 19]
    assert [len(transformer_edges(1, n)) for n in (4, 10)] == [10, 55]
    assert [len(transformer_edges(1, n, causal=False)) for n in (4, 10)] == [16, 100]
    edges = recurrent_edges(3, 10)
    assert len(edges) == 2 * 10 + 3 * 9 and len({cell for edge in edges for cell in edge}) == 30


@pytest.mark.parametrize(("layers", "tokens"), [(1, 1), (3, 10), (2, 7), (5, 2)])
def test_chains_of_recurrent_networks_grow_with_words_and_those_of_transformers_do_not(layers, tokens):
    if layers * tokens > 1:
        assert longest_chain(recurrent_edges(layers, tokens), (1, 1), (layers, tokens)) == layers + tokens - 1
    assert longest_chain(transformer_edges(layers, tokens), (0, 1), (layers, tokens)) == layers + 1
    assert shortest_path(transformer_edges(layers, tokens), (0, 1), (layers, tokens)) == layers


def all_ways(edges, start, end):
    if start == end:
        yield [end]
    for one, other in edges:
        if one == start:
            for rest in all_ways(edges, other, end):
                yield [start, *rest]


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda edge: edge[0] < edge[1]), max_size=14), st.data())
@settings(deadline=None)
def test_longest_and_shortest_are_those_of_all_ways(edges, data):
    counted = data.draw(st.sets(st.integers(0, 6)))
    ways = list(all_ways(edges, 0, 6))
    if not ways:
        for function in (longest_chain, shortest_path):
            with pytest.raises(ValueError, match="there is no way from 0 to 6"):
                function(edges, 0, 6)
        return
    assert longest_chain(edges, 0, 6) == max(map(len, ways))
    assert longest_chain(edges, 0, 6, counted) == max(len(counted.intersection(way)) for way in ways)
    assert shortest_path(edges, 0, 6) == min(map(len, ways)) - 1


def test_a_circle_has_no_longest_way_and_thousands_of_nodes_are_no_problem():
    with pytest.raises(ValueError, match="round in a circle"):
        longest_chain([(0, 1), (1, 2), (2, 1)], 0, 2)
    assert longest_chain([(i, j) for i, j in product(range(3000), range(3000)) if j in (i + 1, i + 2)][:6000], 0, 2999) == 3000


# --- the graph of autograd ----------------------------------------------------------------------------------------------

def test_a_gradient_passes_functions_that_can_be_counted_by_hand():
    x = torch.ones(2, requires_grad=True)
    assert longest_gradient_chain(x * 2, x) == 1
    y = x.exp()                                                            # exp, then twice times y, then a sum
    assert longest_gradient_chain((y * y * x).sum(), x) == 4
    assert longest_gradient_chain((y * y * x).sum(), x, [y]) == 1 and longest_gradient_chain((y * x).sum(), x, []) == 0
    with pytest.raises(ValueError, match="no gradient of this output gets to the source"):
        longest_gradient_chain(x.exp(), torch.ones(2, requires_grad=True))


@pytest.mark.parametrize(("layers", "tokens"), [(3, 10), (1, 4), (2, 2)])
def test_a_gradient_passes_as_many_cells_of_an_lstm_as_the_grid_says(layers, tokens):
    x, W, b = torch.randn(1, 4, requires_grad=True), torch.randn(4, 16), torch.zeros(16)
    inputs, contexts = [x, *torch.randn(tokens - 1, 1, 4)], []
    for _ in range(layers):
        h = c = torch.zeros(1, 4)
        for t, one in enumerate(inputs):
            h, c = STEPS["lstm"](one @ W, (h, c), W, b)
            inputs[t] = h
            contexts.append(c)
    assert len(contexts) == layers * tokens and longest_gradient_chain(inputs[-1].sum(), x, contexts) == layers + tokens - 1


@pytest.mark.parametrize("layers", [1, 3])
def test_a_gradient_passes_as_many_functions_of_a_transformer_whatever_the_length(layers):
    model = TransformerLM(Vocabulary(["a"]), TransformerConfig(layers=layers, width=8, heads=2))
    chains = {longest_gradient_chain(model(torch.zeros(1, n, dtype=torch.int64))[0, -1].sum(), model.E) for n in (5, 10, 40)}
    assert chains == {29 * layers + 8}                                      # a block, and what is before and behind them all
