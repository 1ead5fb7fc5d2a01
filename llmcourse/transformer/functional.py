"""Unit 09: the parts of a transformer as functions of their weights, each as its formula is written.

The course writes rows, and torch stores a weight with a row for each output, so a linear map is x Wᵀ. Any number of axes may
stand in front. The heads of an attention lie below each other in its weights: rows 0 … d_k − 1 belong to the first.

A mask says True where a query may look at a key, as torch's ``scaled_dot_product_attention`` has it;
``torch.nn.MultiheadAttention`` means the opposite.

Source: deck L ("Trick 1" to "Trick 3", position-wise feed-forward networks, positional encodings), deck C (masked multi-head
attention), deck S; Vaswani et al. (2017), Ba et al. (2016) for LayerNorm, Zhang & Sennrich (2019) for RMSNorm, Shazeer (2020)
for SwiGLU, Su et al. (2021) for rotary positions.
"""

import math

import torch
from torch import Tensor

from llmcourse import arguments

# --- Maps, each position by itself ------------------------------------------------------------------------------------------


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b: (…, d_in) -> (…, d_out). weight: (d_out, d_in); bias: (d_out,)."""
    product = x @ weight.T                                                 # (…, d_out)
    return product if bias is None else product + bias


def embedding(weight: Tensor, ids: Tensor) -> Tensor:
    """A row of the table for each id: (…) -> (…, d). weight: (V, d)."""
    return weight[ids]                                                     # (…, d)


def layer_norm(x: Tensor, gain: Tensor | None = None, bias: Tensor | None = None, epsilon: float = 1e-5) -> Tensor:
    """(x − μ)/√(σ² + ε) ⊙ gain + bias with μ and σ² over the last axis, (…, d) -> (…, d). gain, bias: (d,).

    σ² is the mean of the squared deviations, over d and not over d − 1. ε stands inside the root, as in torch; deck L divides
    by σ + ε. Where σ is large beside √ε the two agree; the row (0, 0.001) with ε = 1e-5 becomes ∓0.156 here and ∓0.980 there.
    """
    mean = x.mean(dim=-1, keepdim=True)                                    # (…, 1)
    variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)                # (…, 1)
    normed = (x - mean) / torch.sqrt(variance + epsilon)                   # (…, d)
    normed = normed if gain is None else normed * gain
    return normed if bias is None else normed + bias


def rms_norm(x: Tensor, weight: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """x/√(mean of x² + ε) ⊙ weight, (…, d) -> (…, d): LayerNorm without taking the mean away. weight: (d,)."""
    normed = x / torch.sqrt((x**2).mean(dim=-1, keepdim=True) + eps)       # (…, d)
    return normed if weight is None else normed * weight


def swiglu(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
    """W₂ (silu(W₁ x) ⊙ W₃ x), (…, d) -> (…, d): one half of the hidden units says how much of the other is let through.

    w1, w3: (d_ff, d); w2: (d, d_ff). silu(a) = a σ(a).
    """
    gate = linear(x, w1)                                                   # (…, d_ff)
    return linear(gate * torch.sigmoid(gate) * linear(x, w3), w2)          # (…, d)


# --- Positions --------------------------------------------------------------------------------------------------------------


def frequencies(d: int, theta: float = 10_000.0, device: torch.device | None = None) -> Tensor:
    """How far each of d/2 pairs turns from one position to the next, (d/2,) in radians: θ^(−2j/d) for j = 0 … d/2 − 1.

    The first turns by 1, the last by hardly more than 1/θ. Raises ValueError for an odd d.
    """
    if arguments.integer("d", d, least=2) % 2:
        raise ValueError(f"positions are written in pairs of a sine and a cosine: d must be even, got {d}")
    return theta ** (-torch.arange(0, d, 2, device=device) / d)


def sinusoids(positions: Tensor, d: int, theta: float = 10_000.0) -> Tensor:
    """Positions as waves, (…) -> (…, d): entry 2j is sin(t θ^(−2j/d)), entry 2j + 1 is the cosine of the same angle.

    Both of a pair have one frequency, and j counts from 0; deck L's index from 1 would skip the fastest pair.

    >>> sinusoids(torch.tensor([0, 1]), 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    angles = positions[..., None] * frequencies(d, theta, positions.device)              # (…, d/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)                 # (…, d): sine, cosine, sine, …


def rope(x: Tensor, positions: Tensor, theta: float = 10_000.0) -> Tensor:
    """Rotary positions: every pair of neighbours (x_2j, x_2j+1) turned by t θ^(−2j/d), (…, T, d) -> (…, T, d).

    positions: (…, T), counted from 0, where nothing turns. The dot product of a query turned by i and a key turned by j
    depends on i − j alone, which is why this is done to queries and keys and not to values. The pairs are (0, 1), (2, 3), …
    as in the paper; LLaMA's checkpoints pair 0 with d/2, which is another order of the same rows.
    """
    angles = positions[..., None] * frequencies(x.shape[-1], theta, x.device)            # (…, T, d/2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]                                               # (…, T, d/2) each
    turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1)       # (…, T, d/2, 2)
    return turned.flatten(-2)                                                            # (…, T, d)


# --- Attention --------------------------------------------------------------------------------------------------------------


def causal_mask(queries: int, keys: int, device: torch.device | None = None) -> Tensor:
    """Who may look at whom when nobody sees the future, (queries, keys) bool. The last query stands where the last key is.

    >>> causal_mask(2, 4).int().tolist()
    [[1, 1, 1, 0], [1, 1, 1, 1]]
    """
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ/√d_k + mask) v: for every query a mean of the values, weighted by how well its key fits.

    q: (…, N, d_k); k: (…, M, d_k); v: (…, M, d_v); returns (…, N, d_v). mask: broadcasts to (…, N, M); True where a query may
    look, or floats that are added to the scores. A query that may look nowhere gets zeros, and so does its gradient.

    Raises TypeError for a mask of whole numbers: 0 and 1 added to scores would hide nothing.
    """
    return attention_weights(q, k, mask) @ v                               # (…, N, d_v)


def attention_weights(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ/√d_k + mask), which query looks at which key: (…, N, d_k) and (…, M, d_k) -> (…, N, M)."""
    return masked_softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), mask)


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """The weights of an attention, (…, N, M) -> (…, N, M): rows sum to 1, but to 0 where a query may look nowhere.

    mask, TypeError: as ``attention`` has them.
    """
    if mask is not None and not (mask.dtype == torch.bool or mask.is_floating_point()):
        raise TypeError(f"a mask must be bool (True: may look) or float (added to the scores), got {mask.dtype}")
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    nowhere = torch.isneginf(scores).all(dim=-1, keepdim=True)             # (…, N, 1): softmax would be 0/0
    return scores.masked_fill(nowhere, 0).softmax(dim=-1).masked_fill(nowhere, 0)


def multi_head_attention(x: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, heads: int,
                         mask: Tensor | None = None) -> Tensor:
    """Several attentions side by side on parts of the features, then one map over all: (…, T, d) -> (…, T, d).

    wq, wk: (heads·d_k, d); wv: (heads·d_v, d); wo: (d, heads·d_v). mask: (…, T, T), the same for every head.
    Raises ValueError where the rows cannot be shared out evenly.
    """
    for name, weight in {"wq": wq, "wk": wk, "wv": wv}.items():
        if len(weight) % arguments.integer("heads", heads, least=1):
            raise ValueError(f"{name} has {len(weight)} rows, which {heads} heads cannot share evenly")
    q, k, v = (split_heads(linear(x, weight), heads) for weight in (wq, wk, wv))         # (…, h, T, d_k), v: (…, h, T, d_v)
    every = mask if mask is None or mask.ndim < 3 else mask.unsqueeze(-3)                # (…, 1, T, T)
    return linear(merge_heads(attention(q, k, v, every)), wo)                            # (…, T, d)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(…, T, h·d_k) -> (…, h, T, d_k): the first d_k features of every position go to the first head."""
    apart: Tensor = torch.unflatten(x, -1, (heads, -1))                    # (…, T, h, d_k)
    return apart.transpose(-3, -2)


def merge_heads(x: Tensor) -> Tensor:
    """(…, h, T, d_v) -> (…, T, h·d_v): what ``split_heads`` did, undone."""
    return x.transpose(-3, -2).flatten(-2)
