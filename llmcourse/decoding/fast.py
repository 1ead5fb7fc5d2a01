"""A trained transformer laid out for reading a few tokens at a time: the same network, in a fraction of the time a token.

Where one token is read after the other, the products are small, and most of the time goes into asking for them. So the three
maps to queries, keys and values lie side by side in one matrix, every matrix as x multiplies it, texts and positions in one
axis, and nothing is asked twice. `NumPyDecoder` needs nothing but NumPy to compute; `TorchDecoder` is the same in torch.

Source: deck C ("Key-value caching"); Abramowitz & Stegun (1964), 7.1.26, for the error function, which NumPy does not have.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.decoding.readers import reader
from llmcourse.training import NeuralLanguageModel
from llmcourse.transformer import Cache, TransformerLM
from llmcourse.transformer.functional import frequencies, sinusoids
from llmcourse.transformer.model import ACTIVATE, Block

Array = Any  # an array of NumPy in `NumPyDecoder`, a tensor in `TorchDecoder`


class Layer(NamedTuple):
    """The weights of a block, each (d_in, d_out). W_in: to queries, keys and values; W_3: None without SwiGLU."""

    norms: tuple[Any, Any]
    W_in: Array
    b_in: Array
    W_o: Array
    b_o: Array
    W_1: Array
    b_1: Array
    W_2: Array
    b_2: Array
    W_3: Array | None
    b_3: Array | None


class NumPyDecoder:
    """A `TransformerLM` that reads with a cache and does not learn: ``decoder(ids, cache=cache)`` are the model's logits.

    The weights are copied; what the model learns afterwards does not reach them.
    """

    def __init__(self, model: TransformerLM):
        self.config, self.vocabulary = model.config, model.vocabulary
        self.E, self.U = self.take(model.E), self.take(model.U.T)          # (V, d), (d, V)
        self.P = None if model.P is None else self.take(model.P)
        self.norm = self.take_norm(model.norm)
        self.layers = [self.take_layer(cast(Block, block)) for block in model.blocks]
        self.shape = self.config.heads, self.config.groups, (d_k := self.config.head_width)
        rotary = self.config.positions == "rotary"
        self.frequencies = np.repeat(frequencies(d_k, self.config.theta).numpy(), 2) if rotary else None         # (d_k,)
        self.partner = self.constant(np.arange(d_k) ^ 1)                   # of each feature in its pair: 1, 0, 3, 2, …
        self.signs = np.where(np.arange(d_k) % 2, 1, -1)

    def new_cache(self, batch: int, slots: int = 64) -> Cache:
        """An empty cache for so many texts."""
        return Cache(self.config, batch, slots)

    def __call__(self, ids: Array, *, lengths: Sequence[int] | None = None, cache: Cache) -> Array:
        """Logits (B, T, V) of what follows after each of the ids (B, T); see ``TransformerLM.forward``."""
        config, (B, T) = self.config, ids.shape
        positions, rotation = cache.advance(T, lengths), None
        x = self.rows(self.E, ids)                                         # (B, T, d)
        if self.P is not None:
            x = x + self.rows(self.P, positions)
        elif config.positions == "sinusoidal":
            waves = sinusoids(torch.as_tensor(positions).cpu(), config.width, config.theta).numpy()
            x = x * config.width**0.5 + self.constant(waves)
        elif self.frequencies is not None:
            angles = torch.as_tensor(positions).cpu().numpy()[..., None] * self.frequencies     # (…, T, d_k)
            rotation = self.for_heads(np.cos(angles), 1), self.for_heads(np.sin(angles) * self.signs, 0)
        x = x.reshape(B * T, config.width)                                 # every map treats a position by itself
        causal = self.constant(np.tri(T, dtype=bool)) if T > 1 else None   # for a prompt, where the cache has no mask
        for i, layer in enumerate(self.layers):
            x = self.add(x, partial(self.attend, i=i, B=B, rotation=rotation, cache=cache, causal=causal), layer.norms[0])
            x = self.add(x, partial(self.feed_forward, layer=layer), layer.norms[1])
        return (self.norm(x) @ self.U).reshape(B, T, -1)

    def add(self, x: Array, f: Callable[[Array], Array], norm: Callable[[Array], Array]) -> Array:
        """One sub-layer, (B·T, d) -> (B·T, d)."""
        change = f(norm(x) if self.config.pre_norm else x)
        x = x + change if self.config.residual else change
        return x if self.config.pre_norm else norm(x)

    def attend(self, x: Array, i: int, B: int, rotation: Any, cache: Cache, causal: Array | None) -> Array:
        """Attention of the new positions to all so far in layer i, (B·T, d) -> (B·T, d). causal: (T, T), None for one."""
        layer, T = self.layers[i], x.shape[0] // B
        h, groups, d_k = self.shape
        heads = self.affine(x, layer.W_in, layer.b_in).reshape(B, T, h + 2 * groups, d_k)
        if rotation is not None:
            heads = heads * rotation[0] + heads[..., self.partner] * rotation[1]
        new = self.permuted(heads[:, :, h:].reshape(B, T, 2, groups, d_k), 2, 0, 3, 1, 4)         # (2, B, groups, T, d_k)
        known, mask = cache.remember(i, new)                               # (2, B, groups, M, d_k)
        k, v = known[0], known[1]
        mixed = self.mixed(heads[:, :, :h].swapaxes(1, 2), k, v, causal if mask is None else mask)       # (B, h, T, d_k)
        mixed = mixed.swapaxes(1, 2).reshape(B * T, h * d_k)
        return self.affine(mixed, layer.W_o, layer.b_o)

    def feed_forward(self, x: Array, layer: Layer) -> Array:
        """(B·T, d) -> (B·T, d)."""
        hidden = self.activate(self.affine(x, layer.W_1, layer.b_1))       # (B·T, d_ff)
        if layer.W_3 is not None:
            hidden = hidden * self.affine(x, layer.W_3, layer.b_3)
        return self.affine(hidden, layer.W_2, layer.b_2)

    def for_heads(self, wave: np.ndarray, rest: float) -> Array:
        """A wave (…, T, d_k) for each head of the queries and keys, and ``rest`` for the values: (…, T, h + 2·groups, d_k)."""
        h, groups, _ = self.shape
        whole = np.full((*wave.shape[:-1], h + 2 * groups, wave.shape[-1]), rest, np.float32)
        whole[..., : h + groups, :] = wave[..., None, :]
        return self.constant(whole)

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        row: np.ndarray = reader(self, 1).read([arguments.ids(np.asarray(context), len(self.vocabulary)).tolist()])[0]
        return row

    # --- taking the weights -----------------------------------------------------------------------------------------------

    def take(self, weight: Tensor) -> Array:
        """A weight as an array of its own."""
        return np.array(weight.detach().cpu().numpy(), np.float32, order="C")

    def constant(self, values: np.ndarray) -> Array:
        """Numbers that NumPy has computed."""
        return values

    def take_norm(self, norm: nn.Module) -> Callable[[Array], Array]:
        """The norm as a function."""
        if isinstance(norm, nn.Identity):
            return lambda x: x
        if isinstance(norm, nn.LayerNorm):
            gain, bias = self.take(norm.weight), self.take(norm.bias)
            return lambda x: self.layer_norm(x, gain, bias)
        weight = self.take(cast(nn.RMSNorm, norm).weight)
        return lambda x: self.rms_norm(x, weight)

    def take_layer(self, block: Block) -> Layer:
        looking, thinking = block.attention, block.feed_forward

        def bias(module: nn.Module, *names: str) -> Array:
            parts = [getattr(module, f"b_{name}") for name in names]
            return None if parts[0] is None else self.take(torch.cat(parts))

        third = getattr(thinking, "W_3", None)
        W_in, b_in = self.take(torch.cat([looking.W_q, looking.W_k, looking.W_v]).T), bias(looking, "q", "k", "v")
        for queries in (W_in[:, : self.config.width], *([] if b_in is None else [b_in[: self.config.width]])):
            queries *= self.config.head_width**-0.5                        # so that no score has to be divided by √d_k
        return Layer(
            (self.take_norm(block.norm_1), self.take_norm(block.norm_2)), W_in, b_in,
            self.take(looking.W_o.T), bias(looking, "o"),
            self.take(thinking.W_1.T), bias(thinking, "1"), self.take(thinking.W_2.T), bias(thinking, "2"),
            None if third is None else self.take(third.T), None if third is None else bias(thinking, "3"))

    # --- what is computed otherwise in torch ------------------------------------------------------------------------------

    def rows(self, table: Array, ids: Array) -> Array:
        """Rows of a table."""
        return table[ids]

    def permuted(self, x: Array, *axes: int) -> Array:
        """The axes in another order."""
        return x.transpose(axes)

    def mixed(self, q: Array, k: Array, v: Array, mask: Array | None) -> Array:
        """softmax(q kᵀ) v, without √d_k, which is in W_in: q (B, h, T, d_k), k and v (B, groups, M, d_k) -> (B, h, T, d_k)."""
        (B, h, T, d_k), groups = q.shape, k.shape[1]
        below = q.reshape(B, groups, h // groups * T, d_k)                 # the heads of a group below each other
        scores = (below @ k.swapaxes(-1, -2)).reshape(B, h, T, -1)         # (B, h, T, M)
        if mask is not None:
            scores = np.where(mask, scores, -np.inf)
        weights = np.exp(scores - np.maximum.reduce(scores, axis=-1, keepdims=True))
        weights /= np.add.reduce(weights, axis=-1, keepdims=True)
        return (weights.reshape(B, groups, h // groups * T, -1) @ v).reshape(q.shape)

    def affine(self, x: Array, W: Array, b: Array | None) -> Array:
        """x W + b."""
        return x @ W if b is None else x @ W + b

    def layer_norm(self, x: Array, gain: Array, bias: Array) -> Array:
        d = x.shape[-1]
        centred = x - np.add.reduce(x, axis=-1, keepdims=True) / d
        variance = np.vecdot(centred, centred)[..., None] / d
        return centred / np.sqrt(variance + self.config.epsilon) * gain + bias

    def rms_norm(self, x: Array, weight: Array) -> Array:
        return x / np.sqrt(np.vecdot(x, x)[..., None] / x.shape[-1] + self.config.epsilon) * weight

    def activate(self, x: Array) -> Array:
        return ACTIVATIONS[self.config.activation](x)


class TorchDecoder(NumPyDecoder):
    """The same in torch, on the model's device."""

    def __init__(self, model: TransformerLM):
        self.like = model.E.detach()
        super().__init__(model)

    def new_cache(self, batch: int, slots: int = 64) -> Cache:
        return Cache(self.config, batch, slots, like=self.like)

    @torch.inference_mode()
    def __call__(self, ids: Tensor, *, lengths: Sequence[int] | None = None, cache: Cache) -> Tensor:
        logits: Tensor = super().__call__(ids, lengths=lengths, cache=cache)
        return logits

    def take(self, weight: Tensor) -> Tensor:
        return weight.detach().clone(memory_format=torch.contiguous_format)

    def constant(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.like.device)

    def rows(self, table: Tensor, ids: Tensor) -> Tensor:
        return F.embedding(ids, table)

    def permuted(self, x: Tensor, *axes: int) -> Tensor:
        return x.permute(axes)

    def mixed(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, mask, scale=1.0, enable_gqa=k.shape[1] < q.shape[1])

    def affine(self, x: Tensor, W: Tensor, b: Tensor | None) -> Tensor:
        return x @ W if b is None else torch.addmm(b, x, W)

    def layer_norm(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        return torch.layer_norm(x, gain.shape, gain, bias, self.config.epsilon)

    def rms_norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, weight.shape, weight, self.config.epsilon)

    def activate(self, x: Tensor) -> Tensor:
        return ACTIVATE[self.config.activation](x)


# --- Activations in NumPy -------------------------------------------------------------------------------------------------

Floats = NDArray[np.float32]
ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)  # Abramowitz & Stegun 7.1.26


def erf(x: Floats) -> Floats:
    """The error function, 1 − (a₁t + … + a₅t⁵) e^{−x²} with t = 1/(1 + 0.3275911 x), odd in x.

    The formula is off by at most 1.5e-7, what float32 makes of it by at most 5e-7.
    """
    size: Floats = np.abs(x)
    t = 1 / (1 + 0.3275911 * size)
    total = np.zeros_like(t)
    for a in reversed(ERF):
        total = (total + a) * t                                            # Horner: from the last coefficient inwards
    signed: Floats = np.copysign(1 - total * np.exp(-size * size), x)
    return signed


def gelu(x: Floats) -> Floats:
    """x Φ(x), with Φ(x) = ½ (1 + erf(x/√2))."""
    half: Floats = 0.5 * x
    return half * (1 + erf(x * 0.5**0.5))


def gelu_tanh(x: Floats) -> Floats:
    """GPT-2's approximation: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    half, root = 0.5 * x, (2 / math.pi) ** 0.5
    activated: Floats = half * (1 + np.tanh(x * (root + root * 0.044715 * x * x)))
    return activated


def silu(x: Floats) -> Floats:
    """x σ(x), with σ(x) = ½ (1 + tanh(x/2)), which never overflows."""
    half = 0.5 * x
    activated: Floats = half * (1 + np.tanh(half))
    return activated


ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "gelu": gelu, "gelu_tanh": gelu_tanh, "relu": lambda x: np.maximum(x, 0), "swiglu": silu}


class WithoutCache:
    """A network as an object that is called with ids (B, T) for logits (B, T, V): `generate` gives it everything each time."""

    def __init__(self, model: NeuralLanguageModel):
        self.vocabulary, self.model = model.vocabulary, model

    @torch.no_grad()
    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = self.model(torch.from_numpy(ids)).numpy()
        return logits
