"""Unit 09: the whole architecture of "Attention is all you need": an encoder reads a text, a decoder writes its translation.

    X = E[x_1 … x_N] (+ positions)            (B, N, d)     the encoder's own table
    X = X + attention of X to X                             L blocks of these two; what they make of the source is H
    X = X + feed_forward(X)
    Z = E[BOS, y_1 … y_{M−1}] (+ positions)   (B, M, d)     the decoder's: the target "shifted right"
    Z = Z + attention of Z to Z                             L blocks of these three; here nobody looks ahead
    Z = Z + attention of Z to H
    Z = Z + feed_forward(Z)
    logits of y_1 … y_M = Z Uᵀ                (B, M, V)

What passes between the two is no longer one vector as in unit 07 but a row for each word of the source, and every word that is
written can ask all of them. Training, losses and the measure of exact matches are those of unit 07: the network has the same
``forward(source, target)``.

Source: deck L ("Encoder–decoder attention", "Encoder inputs", "Decoder", "Outputs (shifted right)"); Vaswani et al. (2017).
"""

import math
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.recurrent.translation import Translating
from llmcourse.training import Block as Texts
from llmcourse.training import evaluating, inputs, new_generator
from llmcourse.transformer.config import TransformerConfig, block_counts
from llmcourse.transformer.functional import masked_softmax
from llmcourse.transformer.model import (
    Attention,
    FeedForward,
    Projections,
    SubLayers,
    draw_weights,
    embed,
    final_norm,
    learned_positions,
    make_norm,
    turn,
)
from llmcourse.vocabulary import Vocabulary

PAPER = TransformerConfig(layers=6, width=512, heads=8, hidden=2048, positions="sinusoidal", pre_norm=False, activation="relu",
                          bias=True, tied=True, dropout=0.1)


class MemoryAttention(Projections):
    """Multi-head attention to all of a text that a mask lets through: to another text's, or to x's own."""

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None, rotation: Tensor | None = None,
                maps: list[Tensor] | None = None) -> Tensor:
        """x (B, M, d) asks, memory (B, N, d) answers; returns (B, M, d).

        mask: broadcasts to (B, h, M, N), True where a query may look. rotation: (N, d_k/2, 2), where memory is x itself; two
        texts have no distance. maps: a list to which the weights (B, h, M, N) are appended; they are computed for it alone.
        """
        h, groups, d_k = self.config.heads, self.config.groups, self.config.head_width
        q = torch.unflatten(F.linear(x, self.W_q, self.b_q), -1, (-1, d_k))              # (B, M, h, d_k)
        k = torch.unflatten(F.linear(memory, self.W_k, self.b_k), -1, (-1, d_k))         # (B, N, groups, d_k)
        v = torch.unflatten(F.linear(memory, self.W_v, self.b_v), -1, (-1, d_k))         # (B, N, groups, d_k)
        if rotation is not None:
            q, k = turn(q, rotation), turn(k, rotation)
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))                           # (B, h or groups, M or N, d_k)
        if groups < h:
            k, v = (part.repeat_interleave(h // groups, dim=1) for part in (k, v))       # (B, h, N, d_k)
        if maps is not None:
            maps.append(masked_softmax(q @ k.mT / math.sqrt(d_k), mask))                 # (B, h, M, N)
        dropout = self.config.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)          # (B, h, M, d_k)
        return F.linear(mixed.transpose(1, 2).flatten(2), self.W_o, self.b_o)                       # (B, M, d)


class EncoderBlock(SubLayers):
    """Attention to all positions of the text, then the feed-forward network."""

    def __init__(self, config: TransformerConfig):
        super().__init__(config)
        self.norm_1, self.attention = make_norm(config), MemoryAttention(config)
        self.norm_2, self.feed_forward = make_norm(config), FeedForward(config)

    def forward(self, x: Tensor, mask: Tensor | None = None, rotation: Tensor | None = None) -> Tensor:
        """(B, N, d) -> (B, N, d). mask: broadcasts to (B, h, N, N), True where a query may look."""
        x = self.add(x, lambda x: self.attention(x, x, mask, rotation), self.norm_1)
        return self.add(x, self.feed_forward, self.norm_2)


class DecoderBlock(SubLayers):
    """Attention to what is written already, then to the source, then the feed-forward network."""

    def __init__(self, config: TransformerConfig):
        super().__init__(config)
        self.norm_1, self.attention = make_norm(config), Attention(config)
        self.norm_2, self.cross = make_norm(config), MemoryAttention(config)
        self.norm_3, self.feed_forward = make_norm(config), FeedForward(config)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None, rotation: Tensor | None = None,
                maps: list[Tensor] | None = None) -> Tensor:
        """(B, M, d) and the encoder's (B, N, d) -> (B, M, d). mask: of the source, broadcasts to (B, h, M, N)."""
        x = self.add(x, partial(self.attention, rotation=rotation), self.norm_1)
        x = self.add(x, partial(self.cross, memory=memory, mask=mask, maps=maps), self.norm_2)
        return self.add(x, self.feed_forward, self.norm_3)


class Encoder(nn.Module):
    """One hidden state for each word of a text."""

    def __init__(self, size: int, config: TransformerConfig, generator: torch.Generator):
        super().__init__()
        self.config, self.E, self.P = config, nn.Parameter(torch.empty(size, config.width)), learned_positions(config)
        self.blocks = nn.ModuleList([EncoderBlock(config) for _ in range(config.layers)])
        self.norm = final_norm(config)
        draw_weights(self, config, 2 * config.layers, generator)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, N) -> (B, N, d). mask: (B, 1, 1, N), True where a word is."""
        x, rotation = embed(ids, self.E, self.P, self.config)              # (B, N, d)
        x = F.dropout(x, self.config.dropout, self.training)
        for block in self.blocks:
            x = block(x, mask, rotation)                                   # (B, N, d)
        return self.norm(x)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """A language model of the target language that can ask the encoder at every step."""

    def __init__(self, size: int, config: TransformerConfig, generator: torch.Generator):
        super().__init__()
        self.config, self.E, self.P = config, nn.Parameter(torch.empty(size, config.width)), learned_positions(config)
        self.blocks = nn.ModuleList([DecoderBlock(config) for _ in range(config.layers)])
        self.norm = final_norm(config)
        self.U = self.E if config.tied else nn.Parameter(torch.empty(size, config.width))
        draw_weights(self, config, 3 * config.layers, generator)

    def forward(self, ids: Tensor, memory: Tensor, mask: Tensor | None = None, maps: list[Tensor] | None = None) -> Tensor:
        """Logits (B, M, V) of what follows after each of the ids (B, M), BOS in front. memory: (B, N, d)."""
        x, rotation = embed(ids, self.E, self.P, self.config)              # (B, M, d)
        x = F.dropout(x, self.config.dropout, self.training)
        for block in self.blocks:
            x = block(x, memory, mask, rotation, maps)                     # (B, M, d)
        return F.linear(self.norm(x), self.U)                              # (B, M, V)


class TransformerTranslator(Translating):
    """p(y | x) = Π_t p(y_t | y_{<t}, x). source, target: the vocabularies; config: L blocks on each side.

    generator: draws the first weights; without one they are those of seed 0.
    """

    def __init__(self, source: Vocabulary, target: Vocabulary, config: TransformerConfig | None = None,
                 generator: torch.Generator | None = None):
        super().__init__()
        generator = new_generator(0) if generator is None else generator
        self.source, self.target, self.config = source, target, config or TransformerConfig()
        self.encoder = Encoder(len(source), self.config, generator)
        self.decoder = Decoder(len(target), self.config, generator)

    def forward(self, source: Texts, target: Texts, maps: list[Tensor] | None = None) -> Tensor:
        """Logits (B, M, V) of the target's ids by teacher forcing: all M at once, where an RNN takes M steps.

        maps: a list to which every block of the decoder appends its weights of the source, (B, h, M, N).
        """
        mask = word_mask(source)                                           # (B, 1, 1, N)
        memory = self.encoder(source.ids, mask)                            # (B, N, d)
        logits: Tensor = self.decoder(inputs(target, self.target.bos), memory, mask, maps)
        return logits

    def cross_attention(self, source: Texts, target: Texts) -> Tensor:
        """Which words of the source each word of the target looked at when it was to be predicted, (L, B, h, M, N)."""
        maps: list[Tensor] = []
        with evaluating(self):
            self(source, target, maps)
        return torch.stack(maps)

    def _greedy(self, source: Texts, max_length: int) -> np.ndarray:
        """The decoder reads all that is written at every step. (Unit 11 keeps the keys and values instead.)"""
        mask = word_mask(source)
        memory, done = self.encoder(source.ids, mask), torch.zeros_like(source.lengths, dtype=torch.bool)
        ids = torch.full_like(source.ids[:, :1], self.target.bos)          # (B, 1)
        while ids.shape[1] <= max_length and not bool(done.all()):
            logits = self.decoder(ids, memory, mask)[:, -1]                # (B, V)
            logits[:, self.target.bos] = -torch.inf
            last = logits.argmax(dim=-1)                                   # (B,)
            ids, done = torch.cat([ids, last[:, None]], dim=1), done | (last == self.target.eos)
        return np.asarray(ids[:, 1:].cpu().numpy())

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.numel() for parameter in self.parameters())

    def matrices(self) -> list[nn.Parameter]:
        """The matrices of the blocks, for Muon."""
        return [weight for side in (self.encoder, self.decoder) for weight in side.blocks.parameters() if weight.ndim == 2]


def word_mask(text: Texts) -> Tensor:
    """True where a word is and no padding, for scores (B, h, M, N): (B, 1, 1, N)."""
    return text.mask[:, None, None]


def translator_count(source: int, target: int, config: TransformerConfig) -> dict[str, int]:
    """How many numbers a translator between vocabularies of these sizes has, in each part and in total.

    A block of the decoder is one of the encoder with a second attention and a third norm.

    >>> counts = translator_count(1, 1, PAPER)
    >>> counts["encoder"] // 6, counts["decoder"] // 6, counts["encoder"] + counts["decoder"]
    (3152384, 4204032, 44138496)
    """
    L, d, block = config.layers, config.width, block_counts(config)
    last = config.pre_norm * block["norm"]                                 # behind each side's last block
    counts = {
        "encoder": L * (block["attention"] + block["feed_forward"] + 2 * block["norm"]) + last,
        "decoder": L * (2 * block["attention"] + block["feed_forward"] + 3 * block["norm"]) + last,
        "embeddings": (arguments.integer("the source's size", source, least=1)
                       + arguments.integer("the target's size", target, least=1)) * d,
        "positions": 2 * config.longest * d if config.positions == "learned" else 0,
        "output": 0 if config.tied else target * d,
    }
    return counts | {"total": sum(counts.values())}
