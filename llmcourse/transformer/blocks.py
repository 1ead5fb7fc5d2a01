"""Unit 09: one block of an encoder and one of a decoder in NumPy, from the parts that the lectures name.

    X ← X + attention of X to X      (N, d)     encoder block: a row for each word of the source
    X ← X + feed_forward(X)
    Z ← Z + attention of Z to Z      (M, d)     decoder block: a row for each word that is written; nobody looks ahead
    Z ← Z + attention of Z to H                 H is what the encoder made of the source, (N, d)
    Z ← Z + feed_forward(Z)

and a norm at each +, behind it as the paper has it (post-norm) or in front of the part (pre-norm). Like unit 08 and the
lectures, and unlike torch, this module writes x W with W (d_in, d_out). Any axes may stand in front.

Source: deck L ("Attention isn't quite all you need", "Trick 1" to "Trick 3", "Positional encodings", "Decoder"); Vaswani et al.
(2017), Ba et al. (2016), Xiong et al. (2020) for pre- against post-norm.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.attention import attention_weights, causal_mask, multi_head

Floats = NDArray[np.floating]


class Heads(NamedTuple):
    """Weights of a multi-head attention, (d, d) each; the columns of W_q, W_k, W_v and the rows of W_o belong to the heads."""

    W_q: Floats
    W_k: Floats
    W_v: Floats
    W_o: Floats
    heads: int


class Network(NamedTuple):
    """Weights of a feed-forward network. W_1: (d, d_ff); b_1: (d_ff,); W_2: (d_ff, d); b_2: (d,)."""

    W_1: Floats
    b_1: Floats
    W_2: Floats
    b_2: Floats


class Norm(NamedTuple):
    """What a norm multiplies by and adds, (d,) each."""

    gain: Floats
    bias: Floats


class EncoderWeights(NamedTuple):
    """Weights of an encoder block, in the order in which they are used."""

    attention: Heads
    norm_1: Norm
    feed_forward: Network
    norm_2: Norm


class DecoderWeights(NamedTuple):
    """Weights of a decoder block, in the order in which they are used."""

    attention: Heads
    norm_1: Norm
    cross: Heads
    norm_2: Norm
    feed_forward: Network
    norm_3: Norm


# --- Positions --------------------------------------------------------------------------------------------------------------


def angles(positions: ArrayLike, d: int, theta: float = 10_000.0) -> Floats:
    """t θ^(−2j/d) for every position t and every pair j = 0 … d/2 − 1, (…) -> (…, d/2). Raises ValueError for an odd d."""
    if arguments.integer("d", d, least=2) % 2:
        raise ValueError(f"positions are written in pairs of a sine and a cosine: d must be even, got {d}")
    t = arguments.reals("positions", positions)
    return np.asarray(t[..., None] * theta ** (-np.arange(0, d, 2) / d))


def sinusoids(positions: ArrayLike, d: int, theta: float = 10_000.0) -> Floats:
    """Positions as waves, (…) -> (…, d): entry 2j is the sine and entry 2j + 1 the cosine of t θ^(−2j/d).

    >>> sinusoids([0, 1], 4).round(3).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.841, 0.54, 0.01, 1.0]]
    """
    turned = angles(positions, d, theta)                                   # (…, d/2)
    return np.stack([np.sin(turned), np.cos(turned)], axis=-1).reshape(*turned.shape[:-1], d)


def shift_matrix(k: float, d: int, theta: float = 10_000.0) -> Floats:
    """M (d, d) with p_{t+k} = p_t M for the sinusoids p of every position t: k steps on are one linear map from anywhere.

    Along the diagonal stand the blocks [[cos kω_j, −sin kω_j], [sin kω_j, cos kω_j]], ω_j = θ^(−2j/d): each pair turns at its
    own speed.
    """
    turned, M = angles(k, d, theta), np.zeros((d, d))
    sines, cosines = np.arange(0, d, 2), np.arange(1, d, 2)
    M[sines, sines] = M[cosines, cosines] = np.cos(turned)
    M[cosines, sines], M[sines, cosines] = np.sin(turned), -np.sin(turned)
    return M


# --- Parts, each position by itself -----------------------------------------------------------------------------------------


def layer_norm(X: ArrayLike, gain: ArrayLike = 1.0, bias: ArrayLike = 0.0, epsilon: float = 1e-5) -> Floats:
    """(x − μ)/√(σ² + ε) ⊙ gain + bias with μ and σ² over the d features of each row, (…, d) -> (…, d).

    >>> layer_norm([1, 2, 3, 4]).round(3).tolist(), layer_norm([0, 0.001]).round(3).tolist()
    ([-1.342, -0.447, 0.447, 1.342], [-0.156, 0.156])
    """
    X = arguments.reals("X", X, finite=False)
    mean, variance = X.mean(axis=-1, keepdims=True), X.var(axis=-1, keepdims=True)       # (…, 1), over d and not d − 1
    return np.asarray((X - mean) / np.sqrt(variance + epsilon) * gain + bias)


def slide_layer_norm(X: ArrayLike, epsilon: float = 1e-5) -> Floats:
    """(x − μ)/(σ + ε), as deck L has it: ε outside the root. The same where σ is large beside √ε, and far off where it is not.

    >>> slide_layer_norm([1, 2, 3, 4]).round(3).tolist(), slide_layer_norm([0, 0.001]).round(3).tolist()
    ([-1.342, -0.447, 0.447, 1.342], [-0.98, 0.98])
    """
    X = arguments.reals("X", X, finite=False)
    return np.asarray((X - X.mean(axis=-1, keepdims=True)) / (X.std(axis=-1, keepdims=True) + epsilon))


def feed_forward(X: ArrayLike, p: Network) -> Floats:
    """ReLU(x W_1 + b_1) W_2 + b_2 for each row by itself, (…, d) -> (…, d).

    Attention whose weights stand fixed is linear in the values: stacked, it would only average averages. This is what is not
    linear.
    """
    hidden = np.maximum(arguments.reals("X", X, finite=False) @ p.W_1 + p.b_1, 0)        # (…, d_ff)
    return np.asarray(hidden @ p.W_2 + p.b_2)                                            # (…, d)


def sub_layer(X: Floats, f: Callable[[Floats], Floats], norm: Norm, pre_norm: bool) -> Floats:
    """x + f(norm(x)) with pre-norm, norm(x + f(x)) without, (…, d) -> (…, d).

    With pre-norm there is a way from the last block to the first on which nothing but sums stand. With f = 0 it returns x
    itself; post-norm returns norm(x).
    """
    if pre_norm:
        return X + f(layer_norm(X, *norm))
    return layer_norm(X + f(X), *norm)


# --- Blocks -----------------------------------------------------------------------------------------------------------------


def encoder_block(X: ArrayLike, p: EncoderWeights, mask: ArrayLike | None = None, pre_norm: bool = False) -> Floats:
    """Every position asks all others, then thinks for itself: (…, N, d) -> (…, N, d).

    mask: broadcasts to (…, h, N, N); it keeps padding out, and with ``causal_mask`` this is a block of a decoder-only model.
    """
    X = arguments.reals("X", X, finite=False)
    X = sub_layer(X, lambda x: multi_head(x, *p.attention, mask=mask).output, p.norm_1, pre_norm)
    return sub_layer(X, lambda x: feed_forward(x, p.feed_forward), p.norm_2, pre_norm)


def decoder_block(Z: ArrayLike, H: ArrayLike, p: DecoderWeights, source_mask: ArrayLike | None = None,
                  pre_norm: bool = False) -> Floats:
    """Every position asks those before it, then the encoder, then thinks for itself: (…, M, d), (…, N, d) -> (…, M, d).

    source_mask: broadcasts to (…, h, M, N), and keeps the padding of the source out. H is not normed here: the encoder has
    done so at its end.
    """
    Z, H = arguments.reals("Z", Z, finite=False), arguments.reals("H", H, finite=False)
    future = causal_mask(Z.shape[-2])                                      # (M, M), True where j ≤ i
    Z = sub_layer(Z, lambda z: multi_head(z, *p.attention, mask=future).output, p.norm_1, pre_norm)
    Z = sub_layer(Z, lambda z: multi_head(z, *p.cross, mask=source_mask, memory=H).output, p.norm_2, pre_norm)
    return sub_layer(Z, lambda z: feed_forward(z, p.feed_forward), p.norm_3, pre_norm)


def next_token_probabilities(Y: ArrayLike, E: ArrayLike) -> Floats:
    """softmax(y Eᵀ): how well each row of E (V, d), a token's vector, fits what a decoder returns, (…, d) -> (…, V).

    "As close as possible to the embedding of the true token" means the largest dot product, which need not be the nearest row:
    a longer one wins.

    >>> next_token_probabilities([1.4, 0.5], [[1, 0], [0, 1], [1, 1], [-1, 0]]).round(3).tolist()
    [0.321, 0.13, 0.529, 0.02]
    """
    return attention_weights(arguments.reals("Y", Y) @ arguments.reals("E", E, ndim=2).T)


# --- Weights to try them with -----------------------------------------------------------------------------------------------


def random_heads(rng: np.random.Generator, d: int, heads: int) -> Heads:
    """Entries N(0, 1/d), so that rows of size 1 come out with size 1."""
    W_q, W_k, W_v, W_o = rng.normal(0, d**-0.5, (4, d, d))
    return Heads(W_q, W_k, W_v, W_o, heads)


def random_network(rng: np.random.Generator, d: int, hidden: int) -> Network:
    """Entries N(0, 1/d) and N(0, 1/d_ff); biases N(0, 0.1²)."""
    return Network(rng.normal(0, d**-0.5, (d, hidden)), rng.normal(0, 0.1, hidden),
                   rng.normal(0, hidden**-0.5, (hidden, d)), rng.normal(0, 0.1, d))


def random_norm(rng: np.random.Generator, d: int) -> Norm:
    """Gains N(1, 0.1²), biases N(0, 0.1²)."""
    return Norm(rng.normal(1, 0.1, d), rng.normal(0, 0.1, d))


def random_encoder(rng: np.random.Generator, d: int, heads: int, hidden: int) -> EncoderWeights:
    """Weights of an encoder block."""
    return EncoderWeights(random_heads(rng, d, heads), random_norm(rng, d), random_network(rng, d, hidden), random_norm(rng, d))


def random_decoder(rng: np.random.Generator, d: int, heads: int, hidden: int) -> DecoderWeights:
    """Weights of a decoder block."""
    return DecoderWeights(random_heads(rng, d, heads), random_norm(rng, d), random_heads(rng, d, heads), random_norm(rng, d),
                          random_network(rng, d, hidden), random_norm(rng, d))
