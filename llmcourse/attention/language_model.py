"""Unit 08: a language model of embeddings, positions and nothing else but self-attention, to see what heads look at.

    X = E[BOS, x_1, …] + P[0, 1, …]          (B, T, d)        what the words are, and where they stand
    X = X + heads(X), causal                 (B, T, d)        L times
    logits = X Uᵀ                            (B, T, V)

P is learned, a row for each place: without it the words before the last would be a bag (self-attention does not see order).
What a transformer adds, feed-forward networks and norms, is unit 09's.

Source: deck L ("k heads are better than 1"); Vaswani et al. (2017), whose Figure 5 looks at heads like this.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.attention.networks import MultiHeadAttention
from llmcourse.training import NeuralLanguageModel, new_generator
from llmcourse.transformer.functional import causal_mask
from llmcourse.vocabulary import Vocabulary


@dataclass(frozen=True)
class AttentionConfig:
    """width: d; heads: h, which share d evenly; layers: L; longest: how many positions P has."""

    width: int = 128
    heads: int = 4
    layers: int = 2
    longest: int = 256

    def __post_init__(self) -> None:
        for name in ("width", "heads", "layers", "longest"):
            arguments.integer(name, getattr(self, name), least=1)
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be shared evenly by {self.heads} heads")


class AttentionLM(NeuralLanguageModel):
    """See the top of this module. generator: draws the first weights; without one they are those of seed 0."""

    def __init__(self, vocabulary: Vocabulary, config: AttentionConfig | None = None,
                 generator: torch.Generator | None = None):
        super().__init__(vocabulary)
        self.config = config or AttentionConfig()
        size, d, generator = len(vocabulary), self.config.width, new_generator(0) if generator is None else generator
        self.E = nn.Parameter(torch.empty(size, d).normal_(0, 0.5**0.5, generator=generator))
        self.P = nn.Parameter(torch.empty(self.config.longest, d).normal_(0, 0.5**0.5, generator=generator))
        self.layers = nn.ModuleList([MultiHeadAttention(d, self.config.heads, generator) for _ in range(self.config.layers)])
        self.U = nn.Parameter(torch.empty(size, d).normal_(0, 0.2 * d**-0.5, generator=generator))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (B, T, V) of what follows after each of the ids (B, T), BOS in front."""
        x, mask = self.start(ids), causal_mask(ids.shape[1], ids.shape[1], ids.device)
        for layer in self.layers:
            x = x + layer(x, mask=mask)                                    # (B, T, d)
        return F.linear(x, self.U)                                         # (B, T, V)

    def start(self, ids: Tensor) -> Tensor:
        """E + P, (B, T) -> (B, T, d). Raises ValueError for more ids than there are positions."""
        T = ids.shape[1]
        if len(self.P) < T:
            raise ValueError(f"this model has learned {len(self.P)} positions, got {T} ids")
        return F.embedding(ids, self.E) + self.P[:T]

    def weights(self, ids: Tensor) -> Tensor:
        """Who looks at whom, (B, L, h, T, T) for ids (B, T), BOS in front: every row sums to 1, nothing looks ahead."""
        x, mask, found = self.start(ids), causal_mask(ids.shape[1], ids.shape[1], ids.device), list[Tensor]()
        for layer in cast(Iterable[MultiHeadAttention], self.layers):
            heads, weights = layer.look(x, mask=mask)                      # (B, T, d), (B, h, T, T)
            found.append(weights)
            x = x + heads
        return torch.stack(found, dim=1)
