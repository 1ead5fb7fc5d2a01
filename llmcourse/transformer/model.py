"""Unit 09: a decoder-only transformer, p(x_t | x_{<t}) = softmax(U y_t), where y_t has looked at BOS x_1 … x_{t−1}.

    X = E[BOS, x_1, …] (+ positions)         (B, T, d)
    X = X + attention(norm(X))               who has something for me?         L blocks of these two,
    X = X + feed_forward(norm(X))            what do I make of it?             here with pre-norm
    logits = norm(X) Uᵀ                      (B, T, V)

Everything but the attention treats each position by itself, and the attention sees nothing of the future. So all T predictions
of a text are made at once, where a recurrent network needs T steps.

Source: deck C ("Transformer language models"), deck L (the whole architecture, residuals, LayerNorm); Vaswani et al. (2017),
Radford et al. (2019) for pre-norm and the initialisation, Xiong et al. (2020) for pre- against post-norm, Touvron et al. (2023)
for RMSNorm, SwiGLU and rotary positions together, Ainslie et al. (2023) for shared keys and values.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse.training import NeuralLanguageModel, new_generator
from llmcourse.transformer.cache import Cache
from llmcourse.transformer.config import TransformerConfig
from llmcourse.transformer.functional import frequencies, sinusoids
from llmcourse.vocabulary import Vocabulary

FIRST_LOGITS = 0.2  # their standard deviation in a new model
FIRST_SCALE = 0.25  # standard deviation of what matrices make of normed vectors in a new model
FIRST_CHANGE = 0.1  # of x by all blocks of a new model together
Remember = Callable[[Tensor], tuple[Tensor, Tensor | None]]  # see `Cache.remember`
ACTIVATE: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "gelu_tanh": partial(F.gelu, approximate="tanh"),
                                                   "relu": F.relu, "swiglu": F.silu}


def rotations(positions: Tensor, d: int, theta: float = 10_000.0) -> Tensor:
    """Cosine and sine of the angles of ``rope``, (…, T, d/2, 2): the real and the imaginary part of e^{iφ}."""
    angles = positions[..., None] * frequencies(d, theta, positions.device)              # (…, T, d/2)
    return torch.stack([angles.cos(), angles.sin()], dim=-1)


def turn(x: Tensor, rotation: Tensor) -> Tensor:
    """``rope`` as one multiplication: a pair is a complex number, and e^{iφ} times it is it turned by φ.

    x: (B, T, h, d_k); rotation: (T, d_k/2, 2), or (B, T, d_k/2, 2) where positions differ. Computed in float32 at least.
    """
    precise = x.to(torch.promote_types(x.dtype, torch.float32))
    pairs = torch.unflatten(precise, -1, (-1, 2))                                        # (B, T, h, d_k/2, 2)
    if torch.compiler.is_compiling():  # it knows no complex numbers, and fuses these products by itself
        even, odd, cos, sin = *pairs.unbind(-1), *rotation.unsqueeze(-3).unbind(-1)      # (B, T, h, d_k/2), (T, 1, d_k/2)
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2).type_as(x)
    factor = torch.view_as_complex(rotation.to(pairs.dtype)).unsqueeze(-2)               # (…, T, 1, d_k/2)
    return torch.view_as_real(torch.view_as_complex(pairs) * factor).flatten(-2).type_as(x)


class Projections(nn.Module):
    """The weights of a multi-head attention: what makes queries, keys and values of x, and what mixes the heads at the end."""

    W_q: Tensor
    W_k: Tensor
    W_v: Tensor
    W_o: Tensor
    b_q: Tensor | None
    b_k: Tensor | None
    b_v: Tensor | None
    b_o: Tensor | None

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config, d, keys = config, config.width, config.groups * config.head_width
        for name, rows in {"q": d, "k": keys, "v": keys, "o": d}.items():
            self.register_parameter(f"W_{name}", nn.Parameter(torch.empty(rows, d)))
            self.register_parameter(f"b_{name}", nn.Parameter(torch.zeros(rows)) if config.bias else None)


class Attention(Projections):
    """Masked multi-head self-attention: ``multi_head_attention`` with a causal mask, computed by torch's fused kernel."""

    def forward(self, x: Tensor, rotation: Tensor | None = None, remember: Remember | None = None) -> Tensor:
        """(B, T, d) -> (B, T, d). rotation: of rotary positions, (T, d_k/2, 2). remember: the past's keys and values, too."""
        h, groups, d_k = self.config.heads, self.config.groups, self.config.head_width
        W = torch.cat([self.W_q, self.W_k, self.W_v])                      # one product is faster than three
        biases = [b for b in (self.b_q, self.b_k, self.b_v) if b is not None]
        b = torch.cat(biases) if biases else None
        heads = torch.unflatten(F.linear(x, W, b), -1, (-1, d_k))          # (B, T, h + 2·groups, d_k)
        looking, v = torch.split(heads, [h + groups, groups], dim=2)       # queries and keys; values
        if rotation is not None:
            looking = turn(looking, rotation)
        q, k = torch.split(looking, [h, groups], dim=2)                    # not slices, whose way back fills in zeros
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))             # (B, h or groups, T, d_k)
        mask = None
        if remember is not None:
            known, mask = remember(torch.stack([k, v]))                    # (2, B, groups, T, d_k); those of all positions
            k, v = known.unbind()
        if groups < h:
            k, v = (part.repeat_interleave(h // groups, dim=1) for part in (k, v))                # (B, h, T, d_k)
        dropout = self.config.dropout if self.training else 0.0            # the kernel itself does not ask who is training
        causal = mask is None and q.shape[2] == k.shape[2]                 # else a single query, which may see all
        mixed = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=causal)          # (B, h, T, d_k)
        return F.linear(mixed.transpose(1, 2).flatten(2), self.W_o, self.b_o)                     # (B, T, d)


class FeedForward(nn.Module):
    """Two layers for each position by itself: without them, stacked attentions would only average values again."""

    W_1: Tensor
    W_2: Tensor
    W_3: Tensor
    b_1: Tensor | None
    b_2: Tensor | None
    b_3: Tensor | None

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config, d, f = config, config.width, config.hidden_width
        shapes = {"1": (f, d), "2": (d, f)} | ({"3": (f, d)} if config.activation == "swiglu" else {})
        for name, shape in shapes.items():
            self.register_parameter(f"W_{name}", nn.Parameter(torch.empty(shape)))
            self.register_parameter(f"b_{name}", nn.Parameter(torch.zeros(shape[0])) if config.bias else None)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) -> (B, T, d)."""
        hidden = ACTIVATE[self.config.activation](F.linear(x, self.W_1, self.b_1))       # (B, T, d_ff)
        if self.config.activation == "swiglu":
            hidden = hidden * F.linear(x, self.W_3, self.b_3)
        return F.linear(hidden, self.W_2, self.b_2)                                      # (B, T, d)


class SubLayers(nn.Module):
    """What blocks of all kinds do with their parts: each has a norm and a residual, x + f(norm(x)) or norm(x + f(x))."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config = config

    def add(self, x: Tensor, f: Callable[[Tensor], Tensor], norm: Callable[[Tensor], Tensor]) -> Tensor:
        """One part f: (B, T, d) -> (B, T, d). Without the residual what f returns takes the place of x."""
        config = self.config
        change = F.dropout(f(norm(x) if config.pre_norm else x), config.dropout, self.training)
        x = x + change if config.residual else change
        return x if config.pre_norm else norm(x)


class Block(SubLayers):
    """Attention, then the feed-forward network."""

    def __init__(self, config: TransformerConfig):
        super().__init__(config)
        self.norm_1, self.attention = make_norm(config), Attention(config)
        self.norm_2, self.feed_forward = make_norm(config), FeedForward(config)

    def forward(self, x: Tensor, rotation: Tensor | None = None, remember: Remember | None = None) -> Tensor:
        """(B, T, d) -> (B, T, d)."""
        x = self.add(x, partial(self.attention, rotation=rotation, remember=remember), self.norm_1)
        return self.add(x, self.feed_forward, self.norm_2)


def make_norm(config: TransformerConfig) -> nn.Module:
    """The norm that a config names, over d features."""
    if config.norm == "none":
        return nn.Identity()
    kind: type[nn.LayerNorm] | type[nn.RMSNorm] = nn.LayerNorm if config.norm == "layer" else nn.RMSNorm
    return kind(config.width, eps=config.epsilon)


def final_norm(config: TransformerConfig) -> nn.Module:
    """The norm behind the last block. Only pre-norm needs one: post-norm has just had it."""
    return make_norm(config) if config.pre_norm else nn.Identity()


def learned_positions(config: TransformerConfig) -> nn.Parameter | None:
    """A table (``longest``, d) to be filled, where positions are learned."""
    return nn.Parameter(torch.empty(config.longest, config.width)) if config.positions == "learned" else None


def embed(ids: Tensor, E: Tensor, P: Tensor | None, config: TransformerConfig,
          positions: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Rows of E with their positions, (B, T) -> (B, T, d), and the rotation of rotary positions (T, d_k/2, 2).

    positions: (T,) or (B, T), 0 … T − 1 unless given, as a cache does.
    Raises ValueError for more ids than there are learned positions.
    """
    T, rotation = ids.shape[1], None
    x = F.embedding(ids, E)                                                # (B, T, d)
    if positions is None:
        if P is not None and len(P) < T:
            raise ValueError(f"this model has learned {len(P)} positions, got {T} ids")
        positions = torch.arange(T, device=ids.device)
    if P is not None:
        x = x + F.embedding(positions, P)
    elif config.positions == "sinusoidal":
        waves = sinusoids(positions, config.width, config.theta)           # (T, d)
        x = x * config.width**0.5 + waves.to(x.dtype)                      # else the waves, of size 1, would drown the words
    elif config.positions == "rotary":
        rotation = rotations(positions, config.head_width, config.theta)   # (T, d_k/2, 2)
    return x, rotation


@torch.no_grad()
def draw_weights(model: nn.Module, config: TransformerConfig, changes: int, generator: torch.Generator) -> None:
    """Random weights, such that nothing grows on its way through the blocks and the first guess is nearly uniform.

    changes: how many parts add to x one after the other, 2L in a decoder-only model of L blocks.

    A matrix of n inputs is N(0, (1/4)²/n): normed inputs come out with a standard deviation of a quarter, so scores are small
    and a new attention is nearly a plain average. The matrices that add to x are divided by the root of ``changes``, since so
    many add up (GPT-2), and by 10: a new block is nearly the identity, and what it adds is what it has learned. (In a trial,
    with one seed, a model of 2 × 128 ended 1.02 % above the floor with the 10 and 1.09 % without.) Without residuals x goes
    through all matrices, and they are N(0, 1/n), which keeps its size. The output U is N(0, 0.2²/d): logits of a normed vector
    have a standard deviation of 0.2 whatever d is, and the first loss is about ln V + 0.2²/2; with N(0, 1) it would be 28
    nats above (d = 128, V = 483). E and learned positions are drawn like U, so that E can be U.
    Biases 0, gains 1.
    """
    for name, weight in model.named_parameters():
        if name in ("E", "U", "P"):
            weight.normal_(0, FIRST_LOGITS * config.width**-0.5, generator=generator)
        elif weight.ndim == 2:
            scale = FIRST_SCALE if config.residual else 1.0
            if config.residual and name.endswith(("W_o", "W_2")):
                scale *= FIRST_CHANGE * changes**-0.5
            weight.normal_(0, scale * weight.shape[1] ** -0.5, generator=generator)


class TransformerLM(NeuralLanguageModel):
    """A language model that looks back at all it has read, at once.

    What stands after the end of a text (PAD) comes later than all that is predicted, so the causal mask already keeps it out,
    and its own predictions have no part in the loss.

    generator: draws the first weights; without one they are those of seed 0.
    """

    def __init__(self, vocabulary: Vocabulary, config: TransformerConfig | None = None,
                 generator: torch.Generator | None = None):
        super().__init__(vocabulary)
        self.config = config or TransformerConfig()
        size, d = len(vocabulary), self.config.width
        self.E = nn.Parameter(torch.empty(size, d))
        self.P = learned_positions(self.config)
        self.blocks = nn.ModuleList([Block(self.config) for _ in range(self.config.layers)])
        self.norm = final_norm(self.config)
        self.U = self.E if self.config.tied else nn.Parameter(torch.empty(size, d))
        self.reset(new_generator(0) if generator is None else generator)

    def reset(self, generator: torch.Generator) -> None:
        """Random weights, as ``draw_weights`` explains them."""
        draw_weights(self, self.config, 2 * self.config.layers, generator)

    def matrices(self) -> list[nn.Parameter]:
        """The matrices of the blocks, which Muon is for: they map features to features. Embeddings and output are tables."""
        return [weight for weight in self.blocks.parameters() if weight.ndim == 2]

    def new_cache(self, batch: int, slots: int = 64) -> Cache:
        """An empty cache for so many texts, where the weights are. slots: positions that it has room for at first."""
        return Cache(self.config, batch, slots, like=self.E)

    def forward(self, ids: Tensor, *, lengths: Sequence[int] | Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Logits (B, T, V) of what follows after each of the ids (B, T), BOS in front.

        cache: holds what was read before, whose continuation the ids are, and takes them in. lengths: how many ids of each row
        are real, (B,); what stands after them comes too late to be looked at, so only the cache has to know.

        Raises ValueError for more ids than there are learned positions.
        """
        positions = None if cache is None else cache.advance(ids.shape[1], lengths)      # (T,) or (B, T)
        x, rotation = embed(ids, self.E, self.P, self.config, positions)   # (B, T, d)
        x = F.dropout(x, self.config.dropout, self.training)
        for i, block in enumerate(self.blocks):
            x = block(x, rotation, None if cache is None else partial(cache.remember, i))         # (B, T, d)
        return F.linear(self.norm(x), self.U)                              # (B, T, V)
