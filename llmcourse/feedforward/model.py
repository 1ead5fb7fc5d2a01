"""Unit 06: the same network in torch, a `LanguageModel` that the shared training loop can train.

Source: deck L ("in any framework, which backpropagates through E, W, U"), Bengio et al. (2003) for the biases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.feedforward.network import Network
from llmcourse.training import NeuralLanguageModel, new_generator
from llmcourse.vocabulary import Vocabulary


@dataclass(frozen=True)
class FeedForwardConfig:
    """window: n words; dimensions: d of a word's vector; hidden: d_h; biases: of the hidden and the output layer.

    Deck L has no biases, Bengio et al. (2003) have them.
    """

    window: int = 3
    dimensions: int = 32
    hidden: int = 64
    biases: bool = True

    def __post_init__(self) -> None:
        for name in ("window", "dimensions", "hidden"):
            arguments.integer(name, getattr(self, name), least=1)


class FeedForwardLM(NeuralLanguageModel):
    """p(x_t | the n tokens before) = softmax(U tanh(W e + b) + c), with E, W, U as in `network`.

    A window that reaches over the start of a text is filled with BOS. With biases the row of E for BOS is 0 and stays 0: what
    is not there adds nothing to W e, and nothing is lost, since b can hold all that such a row could say. Without biases
    that row is learned like any other; else every window of BOS alone would give the uniform distribution.

    generator: draws the first weights; without one they are those of seed 0.
    """

    def __init__(self, vocabulary: Vocabulary, config: FeedForwardConfig | None = None,
                 generator: torch.Generator | None = None):
        super().__init__(vocabulary)
        self.config = config or FeedForwardConfig()
        size, n, d, d_h = len(vocabulary), self.config.window, self.config.dimensions, self.config.hidden
        self.E = nn.Parameter(torch.empty(size, d))
        self.W = nn.Parameter(torch.empty(d_h, n * d))
        self.U = nn.Parameter(torch.empty(size, d_h))
        self.b = nn.Parameter(torch.zeros(d_h)) if self.config.biases else None
        self.c = nn.Parameter(torch.zeros(size)) if self.config.biases else None
        self.reset(new_generator(0) if generator is None else generator)

    @property
    def padding(self) -> int | None:
        """The id whose row of E is held at 0, None where there is none."""
        return self.vocabulary.bos if self.config.biases else None

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Random weights: E ~ N(0, 1), but 0 in the row of the padding; W and U even in ±1/√(number of inputs); biases 0."""
        self.E.normal_(generator=generator)
        for matrix in (self.W, self.U):
            bound = matrix.shape[1] ** -0.5
            matrix.uniform_(-bound, bound, generator=generator)
        for bias in (self.b, self.c):
            if bias is not None:
                bias.zero_()
        if self.padding is not None:
            self.E[self.padding] = 0

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (B, T, V) of what follows after each of the ids (B, T), BOS in front."""
        n, d = self.config.window, self.config.dimensions
        ids = F.pad(ids, (n - 1, 0), value=self.vocabulary.bos)                      # (B, T+n−1)
        vectors = F.embedding(ids, self.E, padding_idx=self.padding)                 # (B, T+n−1, d): each looked up once
        e = vectors.flatten(1).unfold(1, n * d, d)                                   # (B, T, n·d): n vectors, oldest first
        h = torch.tanh(F.linear(e, self.W, self.b))                                  # (B, T, d_h)
        return F.linear(h, self.U, self.c)                                           # (B, T, V)

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats, from the last n ids of the context and no others."""
        return super().next_log_probabilities(context[-self.config.window :])

    def network(self) -> Network:
        """E, W and U as NumPy arrays in float64, for `network.forward`. Raises ValueError for a model with biases."""
        if self.config.biases:
            raise ValueError("the NumPy network has no biases, this model has")
        return Network(*(matrix.detach().cpu().double().numpy() for matrix in (self.E, self.W, self.U)))
