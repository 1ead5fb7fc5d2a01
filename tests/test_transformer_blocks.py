"""One encoder and one decoder block in NumPy: against torch's layers, against this library's modules, and by hand."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse.attention import causal_mask, padding_mask  # noqa: E402
from llmcourse.transformer import DecoderBlock, EncoderBlock, TransformerConfig, blocks, functional, layer_norm  # noqa: E402

D, HEADS, HIDDEN = 16, 4, 24
RIGHT = [[True, True, True, False, False], [True] * 5]                     # which words of two sources are real


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def encoder():
    return blocks.random_encoder(np.random.default_rng(1), D, HEADS, HIDDEN)


def decoder():
    return blocks.random_decoder(np.random.default_rng(2), D, HEADS, HIDDEN)


def test_examples_in_docstrings():
    failed, tried = doctest.testmod(blocks)
    assert not failed and tried


# --- against torch ------------------------------------------------------------------------------------------------------

def torchs_attention(name, p):
    """An attention's weights as torch names them: x W here is x (Wᵀ)ᵀ there; our NumPy has no biases."""
    return {f"{name}.in_proj_weight": tensor(np.concatenate([p.W_q.T, p.W_k.T, p.W_v.T])),
            f"{name}.in_proj_bias": torch.zeros(3 * D, dtype=torch.float64),
            f"{name}.out_proj.weight": tensor(p.W_o.T), f"{name}.out_proj.bias": torch.zeros(D, dtype=torch.float64)}


def torchs_rest(p, norms):
    state = {"linear1.weight": p.feed_forward.W_1.T, "linear1.bias": p.feed_forward.b_1,
             "linear2.weight": p.feed_forward.W_2.T, "linear2.bias": p.feed_forward.b_2}
    for i in range(1, norms + 1):
        gain, bias = getattr(p, f"norm_{i}")
        state |= {f"norm{i}.weight": gain, f"norm{i}.bias": bias}
    return {name: tensor(array) for name, array in state.items()}


@pytest.mark.parametrize("pre_norm", [True, False])
@pytest.mark.parametrize("masked", ["not", "causal", "padding"])
def test_an_encoder_block_is_torchs_layer(pre_norm, masked):
    p, X = encoder(), numbers(2, 5, D)
    layer = nn.TransformerEncoderLayer(D, HEADS, HIDDEN, 0.0, batch_first=True, norm_first=pre_norm).double()
    layer.load_state_dict(torchs_attention("self_attn", p.attention) | torchs_rest(p, 2))
    ours = {"not": None, "causal": causal_mask(5), "padding": padding_mask([3, 5], 5)}[masked]
    theirs = {"not": {}, "causal": {"src_mask": ~tensor(causal_mask(5))}, "padding":
              {"src_key_padding_mask": ~torch.tensor(RIGHT)}}[masked]                            # theirs: True blocks
    layer.train()                                                          # its other way of computing is no reference
    np.testing.assert_allclose(blocks.encoder_block(X, p, ours, pre_norm), layer(tensor(X), **theirs).detach(), atol=1e-12)


@pytest.mark.parametrize("pre_norm", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_a_decoder_block_is_torchs_layer(pre_norm, padded):
    p, Z, H = decoder(), numbers(2, 4, D), numbers(2, 5, D, seed=1)
    layer = nn.TransformerDecoderLayer(D, HEADS, HIDDEN, 0.0, batch_first=True, norm_first=pre_norm).double()
    layer.load_state_dict(torchs_attention("self_attn", p.attention) | torchs_attention("multihead_attn", p.cross)
                          | torchs_rest(p, 3))
    found = blocks.decoder_block(Z, H, p, padding_mask([3, 5], 5) if padded else None, pre_norm)
    want = layer(tensor(Z), tensor(H), tgt_mask=~tensor(causal_mask(4)),
                 memory_key_padding_mask=~torch.tensor(RIGHT) if padded else None)
    np.testing.assert_allclose(found, want.detach(), atol=1e-12)


def give(module, p):
    """The weights of a block in NumPy to the module of this library that has biases; those of attentions are 0."""
    with torch.no_grad():
        for name, part in p._asdict().items():
            ours = getattr(module, name)
            if isinstance(part, blocks.Norm):
                ours.weight.copy_(tensor(part.gain))
                ours.bias.copy_(tensor(part.bias))
            else:
                for field, array in part._asdict().items():
                    if field != "heads":
                        getattr(ours, field).copy_(tensor(array.T))
    return module


@pytest.mark.parametrize("pre_norm", [True, False])
def test_the_blocks_are_those_of_the_modules(pre_norm):
    config = TransformerConfig(layers=1, width=D, heads=HEADS, hidden=HIDDEN, positions="none", activation="relu", bias=True,
                               pre_norm=pre_norm)
    X, Z, mask = numbers(2, 5, D), numbers(2, 4, D, seed=1), padding_mask([3, 5], 5)
    one = give(EncoderBlock(config).double(), encoder())
    H = blocks.encoder_block(X, encoder(), mask, pre_norm)
    np.testing.assert_allclose(one(tensor(X), tensor(mask)).detach(), H, atol=1e-12)
    other = give(DecoderBlock(config).double(), decoder())
    np.testing.assert_allclose(other(tensor(Z), tensor(H), tensor(mask)).detach(),
                               blocks.decoder_block(Z, H, decoder(), mask, pre_norm), atol=1e-12)


# --- by hand ------------------------------------------------------------------------------------------------------------

def test_with_parts_that_return_nothing_pre_norm_returns_x_and_post_norm_its_norm():
    X = numbers(3, D)
    zero = blocks.Heads(*np.zeros((4, D, D)), HEADS)
    plain = blocks.Norm(np.ones(D), np.zeros(D))
    nothing = blocks.Network(np.zeros((D, HIDDEN)), np.zeros(HIDDEN), np.zeros((HIDDEN, D)), np.zeros(D))
    once = (X - X.mean(axis=1, keepdims=True)) / np.sqrt(X.var(axis=1, keepdims=True) + 1e-5)
    twice = once / np.sqrt(once.var(axis=1, keepdims=True) + 1e-5)
    three_times = twice / np.sqrt(twice.var(axis=1, keepdims=True) + 1e-5)
    p, q = blocks.EncoderWeights(zero, plain, nothing, plain), blocks.DecoderWeights(zero, plain, zero, plain, nothing, plain)
    np.testing.assert_array_equal(blocks.encoder_block(X, p, pre_norm=True), X)
    np.testing.assert_array_equal(blocks.decoder_block(X, X, q, pre_norm=True), X)
    np.testing.assert_allclose(blocks.encoder_block(X, p), twice)
    np.testing.assert_allclose(blocks.decoder_block(X, X, q), three_times)


def test_norms_by_hand():
    np.testing.assert_allclose(blocks.layer_norm([1, 2, 3, 4], epsilon=0), np.array([-3, -1, 1, 3]) / 5**0.5)  # not 1/(d − 1)
    np.testing.assert_allclose(blocks.layer_norm([0, 0.001]), [-0.156, 0.156], atol=5e-4)        # ε inside the root
    np.testing.assert_allclose(blocks.slide_layer_norm([0, 0.001]), [-0.980, 0.980], atol=5e-4)  # and outside
    X, gain, bias = numbers(2, 3, D), numbers(D, seed=1), numbers(D, seed=2)
    np.testing.assert_allclose(blocks.layer_norm(X, gain, bias, 0.1), layer_norm(*map(tensor, (X, gain, bias)), 0.1))


def test_a_network_treats_every_position_by_itself():
    p = blocks.Network(np.array([[1.0, -1.0]]), np.array([0.0, 1.0]), np.array([[2.0], [10.0]]), np.array([0.5]))
    # x = 3: ReLU(3, −2) = (3, 0), 6.5. x = −2: ReLU(−2, 3) = (0, 3), 30.5. x = 0: (0, 1), 10.5
    np.testing.assert_array_equal(blocks.feed_forward([[3], [-2], [0]], p), [[6.5], [30.5], [10.5]])


def test_the_token_with_the_largest_dot_product_wins_and_not_the_nearest():
    np.testing.assert_allclose(blocks.next_token_probabilities([1.4, 0.5], [[1, 0], [0, 1], [1, 1], [-1, 0]]),
                               [0.321, 0.130, 0.529, 0.020], atol=5e-4)
    E, y = np.array([[1.0, 0], [3, 0]]), np.array([0.9, 0.1])
    assert np.linalg.norm(E - y, axis=1).argmin() == 0 and blocks.next_token_probabilities(y, E).argmax() == 1
    assert blocks.next_token_probabilities(np.zeros((2, 3, 2)), E).tolist() == [[[0.5, 0.5]] * 3] * 2


# --- positions ----------------------------------------------------------------------------------------------------------

def test_sinusoids_are_those_of_torch():
    positions = np.arange(-3, 20).reshape(1, -1)
    np.testing.assert_allclose(blocks.sinusoids(positions, 10), functional.sinusoids(tensor(positions), 10), atol=2e-6)
    np.testing.assert_allclose(blocks.sinusoids(1, 4), [0.841471, 0.540302, 0.0099998, 0.99995], atol=1e-6)
    with pytest.raises(ValueError, match="d must be even, got 5"):
        blocks.sinusoids([0], 5)


@given(st.integers(-200, 200), st.integers(-200, 200), st.sampled_from([2, 6, 16]))
@settings(deadline=None)
def test_a_shift_is_one_matrix_for_all_positions(k, t, d):
    M = blocks.shift_matrix(k, d)
    np.testing.assert_allclose(blocks.sinusoids(t, d) @ M, blocks.sinusoids(t + k, d), atol=1e-9)
    np.testing.assert_allclose(M @ M.T, np.eye(d), atol=1e-12)             # a rotation: back is its transpose
    np.testing.assert_allclose(M @ blocks.shift_matrix(t, d), blocks.shift_matrix(k + t, d), atol=1e-9)


def test_without_positions_outputs_move_with_their_inputs_and_with_them_they_do_not():
    X, order, p = numbers(6, D), [3, 0, 5, 1, 4, 2], encoder()
    np.testing.assert_allclose(blocks.encoder_block(X[order], p), blocks.encoder_block(X, p)[order])
    waves = blocks.sinusoids(np.arange(6), D)
    assert np.abs(blocks.encoder_block(X[order] + waves, p) - blocks.encoder_block(X + waves, p)[order]).max() > 0.1
    W = numbers(D, D, seed=3)                                              # added before the projection is not added after it
    np.testing.assert_allclose((X + waves) @ W, X @ W + waves @ W)
    assert np.abs((X + waves) @ W - (X @ W + waves)).max() > 0.1


@pytest.mark.parametrize("pre_norm", [True, False])
def test_a_decoder_sees_all_of_the_source_and_nothing_of_its_own_future(pre_norm):
    Z, H, p = numbers(5, D), numbers(4, D, seed=1), decoder()
    before = blocks.decoder_block(Z, H, p, pre_norm=pre_norm)
    for t in range(5):
        other = Z.copy()
        other[t:] += 1 + numbers(5 - t, D, seed=5)
        after = blocks.decoder_block(other, H, p, pre_norm=pre_norm)
        np.testing.assert_array_equal(after[:t], before[:t])
        assert np.abs(after[t:] - before[t:]).max(axis=1).min() > 1e-3
    for n in range(4):                                                     # every output asks every word of the source
        other = H.copy()
        other[n] += numbers(D, seed=6)
        assert (np.abs(blocks.decoder_block(Z, other, p, pre_norm=pre_norm) - before).max(axis=1) > 1e-6).all()
