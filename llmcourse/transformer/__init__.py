"""Unit 09: the transformer in torch: its parts as functions of their weights, and a decoder-only language model."""

from llmcourse.transformer.cache import Cache
from llmcourse.transformer.checkpoints import load_gpt2, load_llama
from llmcourse.transformer.config import TransformerConfig, parameter_count
from llmcourse.transformer.functional import (
    attention,
    causal_mask,
    embedding,
    frequencies,
    layer_norm,
    linear,
    merge_heads,
    multi_head_attention,
    rms_norm,
    rope,
    sinusoids,
    split_heads,
    swiglu,
)
from llmcourse.transformer.model import Attention, Block, FeedForward, TransformerLM

__all__ = [
    "Attention",
    "Block",
    "Cache",
    "FeedForward",
    "TransformerConfig",
    "TransformerLM",
    "attention",
    "causal_mask",
    "embedding",
    "frequencies",
    "layer_norm",
    "linear",
    "load_gpt2",
    "load_llama",
    "merge_heads",
    "multi_head_attention",
    "parameter_count",
    "rms_norm",
    "rope",
    "sinusoids",
    "split_heads",
    "swiglu",
]
