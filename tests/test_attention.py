"""Attention against numbers by hand, against torch's, and against the properties that the lectures name."""

import doctest
import importlib
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse.attention import (
    additive_attention,
    additive_scores,
    as_additive,
    attention,
    attention_weights,
    average,
    candidate_mask,
    causal_mask,
    combined_mask,
    cross_attention,
    learned_query,
    merge_heads,
    multi_head,
    padding_mask,
    scores,
    self_attention,
    self_attention_at,
    self_attention_by_index,
    self_attention_columns,
    soft_look_up,
    split_heads,
    weighted_average,
)
from llmcourse.attention.fast import causal_attention

RNG = np.random.default_rng


def inputs(N=5, d=6, d_k=4, d_v=3, seed=0):
    """X and square or other weights."""
    rng = RNG(seed)
    return rng.normal(size=(N, d)), rng.normal(size=(d, d_k)), rng.normal(size=(d, d_k)), rng.normal(size=(d, d_v))


@pytest.mark.parametrize("module", ["averages", "masks", "dot_product"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module(f"llmcourse.attention.{module}"))
    assert not failed and tried


# --- averages -------------------------------------------------------------------------------------------------------------

def test_from_the_average_to_a_learned_query_by_hand():
    X = np.array([[1, 0], [0, 1], [1, 1]])
    np.testing.assert_allclose(average(X), [2 / 3, 2 / 3])
    np.testing.assert_allclose(weighted_average(X, [1 / 3] * 3), average(X))
    np.testing.assert_allclose(weighted_average(X, [0.5, 0.5, 0]), [0.5, 0.5])
    output, weights = learned_query(X, [math.log(2), 0])
    np.testing.assert_allclose(weights, [0.4, 0.2, 0.4])
    np.testing.assert_allclose(output, [0.8, 0.6])
    np.testing.assert_allclose(learned_query(X, [0, 0]).output, average(X))
    with pytest.raises(ValueError, match=r"weights must sum to 1, got a sum of 1\.5"):
        weighted_average(X, [0.5, 0.5, 0.5])


@given(st.lists(st.integers(1, 3), max_size=2), st.integers(0, 5))
@settings(deadline=None, max_examples=20)
def test_axes_in_front_are_texts_by_themselves(front, seed):
    X, w = RNG(seed).normal(size=(*front, 4, 3)), RNG(seed + 1).normal(size=3)
    a = attention_weights(RNG(seed).normal(size=(*front, 4)))
    for place in np.ndindex(*front):
        np.testing.assert_allclose(average(X)[place], X[place].mean(axis=0))
        np.testing.assert_allclose(weighted_average(X, a)[place], sum(a[place][j] * X[place][j] for j in range(4)))
        np.testing.assert_allclose(learned_query(X, w).output[place], learned_query(X[place], w).output)


def test_additive_scores_are_a_network_for_each_pair():
    rng = RNG(0)
    Q, K, W_q, W_k, v = (rng.normal(size=shape) for shape in [(2, 3), (4, 5), (3, 6), (5, 6), (6,)])
    S = additive_scores(Q, K, W_q, W_k, v)
    for i in range(2):
        for j in range(4):
            assert S[i, j] == pytest.approx(sum(v[a] * math.tanh(Q[i] @ W_q[:, a] + K[j] @ W_k[:, a]) for a in range(6)))
    V = rng.normal(size=(4, 2))
    output, weights = additive_attention(Q, K, V, W_q, W_k, v, [[True, True, False, False], [False] * 4])
    np.testing.assert_allclose(weights[0, :2], np.exp(S[0, :2]) / np.exp(S[0, :2]).sum())
    np.testing.assert_allclose(output[0], weights[0, 0] * V[0] + weights[0, 1] * V[1])
    assert not output[1].any() and not weights[1].any()


def test_without_the_tanh_the_query_would_drop_out():
    rng = RNG(1)
    Q, K, W_q, W_k, v = (rng.normal(size=shape) for shape in [(2, 3), (4, 5), (3, 6), (5, 6), (6,)])
    linear = (Q @ W_q)[:, None] @ v[:, None]                                 # what a query adds to its row
    rows = attention_weights(linear[..., 0] + (K @ W_k @ v)[None])
    np.testing.assert_allclose(rows[0], rows[1])
    assert not np.allclose(*attention_weights(additive_scores(Q, K, W_q, W_k, v)))


# --- scores and weights ---------------------------------------------------------------------------------------------------

def test_scores_and_weights_by_hand():
    S = scores([[2, 0, 0, 0]], [[1, 5, 5, 5], [3, 0, 0, 0]])
    np.testing.assert_allclose(S, [[1, 3]])                                  # 2/√4 and 6/√4
    np.testing.assert_allclose(attention_weights([[0, math.log(3)]]), [[0.25, 0.75]])
    with pytest.raises(ValueError, match=r"the same d_k, got \(1, 2\) and \(1, 3\)"):
        scores([[1, 2]], [[1, 2, 3]])


@pytest.mark.parametrize("d_k", [4, 64, 512])
def test_divided_by_its_root_the_variance_of_a_score_is_one(d_k):
    rng = RNG(0)
    q, k = rng.normal(size=(4000, 1, d_k)), rng.normal(size=(4000, 1, d_k))
    assert scores(q, k).var() == pytest.approx(1, abs=0.1)
    assert (scores(q, k) * math.sqrt(d_k)).var() == pytest.approx(d_k, rel=0.1)


def test_a_soft_hash_table():
    values = np.array([[10.0], [20], [30]])
    for beta, weights in ((0, [1 / 3] * 3), (1, [0.212, 0.576, 0.212]), (5, [0.007, 0.987, 0.007])):
        output, found = soft_look_up([0, 1, 0], np.eye(3), values, beta)
        np.testing.assert_allclose(found, weights, atol=5e-4)
        np.testing.assert_allclose(output, found @ values)
    np.testing.assert_allclose(soft_look_up([0, 0, 1], np.eye(3), values, 1000).output, [30])    # an exact look-up


@given(st.integers(1, 6), st.integers(1, 6), st.floats(-1e3, 1e3), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_rows_sum_to_one_and_a_shift_changes_nothing(n_q, n_k, shift, seed):
    S = RNG(seed).normal(size=(n_q, n_k)) * 300
    A = attention_weights(S)
    np.testing.assert_allclose(A.sum(axis=1), 1)
    np.testing.assert_allclose(attention_weights(S + shift), A, atol=1e-9)
    e = np.exp((S - S.max()).astype(np.longdouble))
    np.testing.assert_allclose(A, np.asarray(e / e.sum(axis=1, keepdims=True), float), atol=1e-9)


# --- masks ----------------------------------------------------------------------------------------------------------------

def test_masks_by_hand():
    assert causal_mask(2, 5).astype(int).tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert causal_mask(3).astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert combined_mask([3, 1, 0], 3).astype(int)[:, 0].tolist() == [
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]], [[1, 0, 0], [1, 0, 0], [1, 0, 0]], [[0] * 3] * 3]
    assert padding_mask([1, 2], 2).shape == (2, 1, 1, 2)
    with pytest.raises(ValueError, match="integers from 0 to 2, got"):
        padding_mask([3], 2)
    with pytest.raises(ValueError, match="keys must be at least 3, got 2"):
        causal_mask(3, 2)


def test_the_lectures_candidates():
    n = -math.inf
    assert candidate_mask("A", 3).tolist() == [[0, 0, 0], [n, 0, 0], [n, n, 0]]
    assert candidate_mask("B", 3).tolist() == [[0, n, n], [0, 0, n], [0, 0, 0]]
    assert candidate_mask("C", 3).tolist() == [[0, n, n], [n, 0, n], [n, n, 0]]
    assert candidate_mask("shifted", 3).tolist() == [[n, n, n], [0, n, n], [0, 0, n]]
    assert np.array_equal(candidate_mask("B", 4), as_additive(causal_mask(4)))
    zero = np.zeros((4, 4))
    np.testing.assert_allclose(attention_weights(zero, candidate_mask("B", 4)), np.tri(4) / [[1], [2], [3], [4]])
    X, W_q, W_k, W_v = inputs(4)
    np.testing.assert_allclose(self_attention(X, W_q, W_k, W_v, candidate_mask("C", 4)).output, X @ W_v)
    with pytest.raises(ValueError, match="unknown mask 'D', expected one of A, B, C, shifted"):
        candidate_mask("D", 4)


def test_the_shifted_convention_sees_the_same_words():
    """Deck L's row i, asked before token i is read, sees what row i − 1 of B sees; with queries shifted too, they agree."""
    rng = RNG(0)
    Q, K, V = (rng.normal(size=(5, 4)) for _ in range(3))
    B = attention(Q[:-1], K[:-1], V[:-1], candidate_mask("B", 4)).output
    later = np.concatenate([np.zeros((1, 4)), Q[:-1]])                       # row i asks with what was known after i − 1
    shifted = attention(later, K, V, candidate_mask("shifted", 5)).output
    np.testing.assert_allclose(shifted[1:], B)
    assert not shifted[0].any()                                              # [START]'s row sees nothing: 0, not 0/0


@pytest.mark.parametrize("scale", [1, 1e3])
def test_bool_and_additive_masks_agree_and_masked_rows_are_zero(scale):
    rng = RNG(0)
    S, allowed = rng.normal(size=(2, 3, 5, 6)) * scale, rng.random((5, 6)) > 0.4
    allowed[2] = False
    A = attention_weights(S, allowed)
    np.testing.assert_array_equal(A, attention_weights(S, as_additive(allowed)))
    assert not A[..., ~allowed].any() and not A[..., 2, :].any() and np.isfinite(A).all()
    np.testing.assert_allclose(A.sum(axis=-1)[..., [0, 1, 3, 4]], 1)
    other = np.delete(np.arange(5), 2)
    np.testing.assert_array_equal(A[..., other, :], attention_weights(S[..., other, :], allowed[other]))
    for mask in (allowed.astype(int), allowed.astype(object)):
        with pytest.raises(TypeError, match="a mask must be bool"):
            attention_weights(S, mask)
    with pytest.raises(TypeError, match="must be bool, got float64"):
        as_additive(np.zeros(3))


# --- self-attention -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("sizes", [{}, {"d_k": 6, "d_v": 6}, {"N": 1}, {"N": 300, "d": 3}])
def test_four_ways_of_writing_are_one_function(sizes):
    X, *W = inputs(**sizes)
    want, weights = self_attention(X, *W)
    np.testing.assert_allclose(self_attention_by_index(X, *W), want, atol=1e-12)
    np.testing.assert_allclose(self_attention_columns(X.T, *W), want.T, atol=1e-12)
    one = self_attention_at(len(X) - 1, X, *W)
    np.testing.assert_allclose(one.output, want[-1], atol=1e-12)
    np.testing.assert_allclose(one.weights, weights[-1], atol=1e-12)
    assert want.shape == (len(X), W[2].shape[1])                             # N outputs, the same weights for any N


@given(st.permutations(range(5)), st.integers(0, 9))
@settings(deadline=None, max_examples=20)
def test_permuted_tokens_give_permuted_outputs(order, seed):
    X, *W = inputs(seed=seed)
    np.testing.assert_allclose(self_attention(X[order], *W).output, self_attention(X, *W).output[order], atol=1e-12)


@given(st.integers(0, 4), st.integers(0, 9))
@settings(deadline=None, max_examples=20)
def test_the_future_never_changes_the_past(t, seed):
    X, *W = inputs(seed=seed)
    before = self_attention(X, *W, causal_mask(5)).output
    X[t:] += RNG(seed + 1).normal(size=X[t:].shape)
    after = self_attention(X, *W, causal_mask(5)).output
    np.testing.assert_array_equal(after[:t], before[:t])
    assert not np.array_equal(after[t], before[t])


def test_a_causal_mask_is_a_loop_over_prefixes():
    X, *W = inputs()
    want = [self_attention_at(i, X[: i + 1], *W).output for i in range(5)]   # the keys and values that i may see
    np.testing.assert_allclose(self_attention(X, *W, causal_mask(5)).output, want, atol=1e-12)


# --- heads ----------------------------------------------------------------------------------------------------------------

def test_heads_by_hand():
    X = np.arange(8.0).reshape(2, 4)
    assert split_heads(X, 2).tolist() == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    np.testing.assert_array_equal(merge_heads(split_heads(X, 2)), X)
    batch = RNG(0).normal(size=(3, 5, 6))
    assert split_heads(batch, 3).shape == (3, 3, 5, 2)
    np.testing.assert_array_equal(merge_heads(split_heads(batch, 3)), batch)
    with pytest.raises(ValueError, match="4 features cannot be shared evenly by 3 heads"):
        split_heads(X, 3)


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_many_heads_are_single_heads_side_by_side(heads):
    """N = 3, d = 6: each head has its own d/h columns, then all are mixed from the right."""
    rng = RNG(0)
    X, W_q, W_k, W_v, W_o = (rng.normal(size=shape) for shape in [(3, 6)] + [(6, 6)] * 4)
    width = 6 // heads
    parts = [self_attention(X, *(W[:, p * width : (p + 1) * width] for W in (W_q, W_k, W_v))) for p in range(heads)]
    output, weights = multi_head(X, W_q, W_k, W_v, W_o, heads)
    np.testing.assert_allclose(output, np.concatenate([part.output for part in parts], axis=1) @ W_o)
    np.testing.assert_allclose(weights, np.stack([part.weights for part in parts]))
    texts = np.stack([X, X[::-1]])
    np.testing.assert_allclose(multi_head(texts, W_q, W_k, W_v, W_o, heads).output, [output, output[::-1]], atol=1e-12)


def test_cross_attention_has_a_row_for_each_token_that_is_written():
    rng = RNG(0)
    Z, H, *W = (rng.normal(size=shape) for shape in [(2, 6), (5, 6), (6, 4), (6, 4), (6, 3)])
    output, weights = cross_attention(Z, H, *W)
    assert output.shape == (2, 3) and weights.shape == (2, 5)
    for i in range(2):
        s = [(H[j] @ W[1]) @ (Z[i] @ W[0]) / 2 for j in range(5)]
        np.testing.assert_allclose(weights[i], np.exp(s) / np.exp(s).sum())
        np.testing.assert_allclose(output[i], weights[i] @ (H @ W[2]))
    short = cross_attention(Z, H, *W, padding_mask([3], 5)[0, 0])
    np.testing.assert_allclose(short.output, cross_attention(Z, H[:3], *W).output)
    square = [rng.normal(size=(6, 6)) for _ in range(3)]
    one_head = multi_head(Z, *square, np.eye(6), 1, memory=H)
    np.testing.assert_allclose(one_head.output, cross_attention(Z, H, *square).output)


# --- fast -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("n_q", "n_k"), [(1, 1), (1, 700), (5, 5), (128, 128), (129, 600), (300, 1100), (1025, 1025)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_block_by_block_is_the_same(n_q, n_k, kind):
    rng = RNG(n_q)
    Q, K, V = (rng.normal(size=shape).astype(kind) for shape in [(2, n_q, 8), (2, n_k, 8), (2, n_k, 5)])
    found = causal_attention(3 * Q, K, V)
    assert found.dtype == kind
    want = attention(3 * Q, K, V, causal_mask(n_q, n_k)).output
    np.testing.assert_allclose(found, want, atol=1e-12 if kind is np.float64 else 2e-5)


@given(st.integers(1, 7), st.integers(0, 7), st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_any_size_of_block_is_right(n_q, more, queries, keys, seed):
    from unittest import mock

    from llmcourse.attention import fast

    rng = RNG(seed)
    Q, K, V = (rng.normal(size=(n, 3)) * 30 for n in (n_q, n_q + more, n_q + more))      # scores that differ by hundreds
    with mock.patch.multiple(fast, QUERIES=queries, KEYS=keys):
        found = causal_attention(Q, K, V)
    np.testing.assert_allclose(found, attention(Q, K, V, causal_mask(n_q, n_q + more)).output, atol=1e-9)


def test_memory_does_not_grow_with_the_square_of_the_length():
    def peak(T):
        Q, K, V = (RNG(s).normal(size=(1, T, 16)).astype(np.float32) for s in range(3))
        tracemalloc.start()
        causal_attention(Q, K, V)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - T * 16 * 4                                             # beside the output

    assert peak(4096) < 2 * peak(512) < 4 * 2**20                            # all scores of 4,096 would take 64 MiB


def test_shapes_that_do_not_fit():
    a = np.zeros((2, 3, 4))
    for Q, K, V in ((a, a[:, :2], a[:, :2]), (a, a, a[:, :2]), (a, a[..., :2], a), (a, a[:1], a[:1])):
        with pytest.raises(ValueError, match=r"expected Q .* with N_q ≤ N_k and equal axes in front, got"):
            causal_attention(Q, K, V)
