"""Unit 09: the transformer. ``blocks`` is NumPy; the rest is torch: its parts as functions of their weights, a decoder-only
language model, an encoder–decoder; ``complexity`` counts and measures.
"""

from llmcourse.transformer.cache import Cache
from llmcourse.transformer.checkpoints import load_gpt2, load_llama
from llmcourse.transformer.complexity import (
    layer_cost,
    longest_chain,
    longest_gradient_chain,
    multiplications,
    recurrent_edges,
    shortest_path,
    transformer_edges,
)
from llmcourse.transformer.config import TransformerConfig, parameter_count
from llmcourse.transformer.functional import (
    attention,
    causal_mask,
    embedding,
    frequencies,
    layer_norm,
    linear,
    masked_softmax,
    merge_heads,
    multi_head_attention,
    rms_norm,
    rope,
    sinusoids,
    split_heads,
    swiglu,
)
from llmcourse.transformer.ladder import LADDER, LADDER_TOKENS, LADDER_TRAINING
from llmcourse.transformer.model import Attention, Block, FeedForward, TransformerLM
from llmcourse.transformer.seq2seq import (
    PAPER,
    DecoderBlock,
    EncoderBlock,
    MemoryAttention,
    TransformerTranslator,
    translator_count,
)

__all__ = [
    "LADDER",
    "LADDER_TOKENS",
    "LADDER_TRAINING",
    "PAPER",
    "Attention",
    "Block",
    "Cache",
    "DecoderBlock",
    "EncoderBlock",
    "FeedForward",
    "MemoryAttention",
    "TransformerConfig",
    "TransformerLM",
    "TransformerTranslator",
    "attention",
    "causal_mask",
    "embedding",
    "frequencies",
    "layer_cost",
    "layer_norm",
    "linear",
    "load_gpt2",
    "load_llama",
    "longest_chain",
    "longest_gradient_chain",
    "masked_softmax",
    "merge_heads",
    "multi_head_attention",
    "multiplications",
    "parameter_count",
    "recurrent_edges",
    "rms_norm",
    "rope",
    "shortest_path",
    "sinusoids",
    "split_heads",
    "swiglu",
    "transformer_edges",
    "translator_count",
]
