"""Unit 08: the same in torch, as modules whose weights are learned.

The softmax is the transformer's function, whose gradients are right for rows that may look nowhere too. Weights are stored as
torch stores them, a row for each output: W_q here is the transpose of W_q in ``dot_product``.

Source: Bahdanau et al. (2015), Vaswani et al. (2017).
"""

import torch
from torch import Tensor, nn

from llmcourse import arguments
from llmcourse.training import new_generator
from llmcourse.transformer.functional import attention_weights, linear, masked_softmax, merge_heads, split_heads


class AdditiveAttention(nn.Module):
    """v·tanh(W_q q + W_k k) as scores, as in unit 07's translator: the query is the decoder's state.

    queries, keys: their widths d_q and d_k; hidden: d_a. generator: draws the weights, those of seed 0 without one.
    """

    W_q: Tensor
    W_k: Tensor
    v: Tensor

    def __init__(self, queries: int, keys: int, hidden: int, generator: torch.Generator | None = None):
        super().__init__()
        for name, value in {"queries": queries, "keys": keys, "hidden": hidden}.items():
            arguments.integer(name, value, least=1)
        generator = new_generator(0) if generator is None else generator
        for name, shape in {"W_q": (hidden, queries), "W_k": (hidden, keys), "v": (hidden,)}.items():
            bound = shape[-1] ** -0.5
            setattr(self, name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound, generator=generator)))

    def prepare(self, k: Tensor) -> Tensor:
        """W_k k, (…, N_k, d_a): the keys' half of the network. A decoder asks the same keys at every step: once is enough."""
        return linear(k, self.W_k)

    def look(self, q: Tensor, prepared: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What ``forward`` returns, from keys that are prepared already."""
        both = linear(q, self.W_q)[..., :, None, :] + prepared[..., None, :, :]                    # (…, N_q, N_k, d_a)
        weights = masked_softmax(torch.tanh(both) @ self.v, mask)          # (…, N_q, N_k)
        return weights @ v, weights

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Averages of the values (…, N_q, d_v) and their weights (…, N_q, N_k). mask: (…, N_q, N_k) bool, True may look."""
        return self.look(q, self.prepare(k), v, mask)


class MultiHeadAttention(nn.Module):
    """Self- or cross-attention with several heads and without biases, (B, T, d) -> (B, T, d)."""

    W_q: Tensor
    W_k: Tensor
    W_v: Tensor
    W_o: Tensor

    def __init__(self, width: int, heads: int, generator: torch.Generator | None = None):
        super().__init__()
        if arguments.integer("width", width, least=1) % arguments.integer("heads", heads, least=1):
            raise ValueError(f"a width of {width} cannot be shared evenly by {heads} heads")
        self.heads, generator = heads, new_generator(0) if generator is None else generator
        for name in ("W_q", "W_k", "W_v", "W_o"):
            bound = width**-0.5
            setattr(self, name, nn.Parameter(torch.empty(width, width).uniform_(-bound, bound, generator=generator)))

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """memory: (B, N, d), which has the keys and values; else x has. mask: broadcasts to (B, h, T, N), True may look."""
        return self.look(x, memory, mask)[0]

    def look(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What ``forward`` returns, and who looked at whom, (B, h, T, N)."""
        asked = x if memory is None else memory
        q = split_heads(linear(x, self.W_q), self.heads)                   # (B, h, T, d/h)
        k = split_heads(linear(asked, self.W_k), self.heads)               # (B, h, N, d/h)
        v = split_heads(linear(asked, self.W_v), self.heads)               # (B, h, N, d/h)
        weights = attention_weights(q, k, mask)                            # (B, h, T, N)
        return linear(merge_heads(weights @ v), self.W_o), weights         # (B, T, d)
