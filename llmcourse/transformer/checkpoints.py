"""Unit 09: weights of GPT-2 and LLaMA under the names of this library: the same network, written down by others.

What differs is names, and three conventions. GPT-2 keeps its linear maps as (d_in, d_out), those to queries, keys and values
as one. LLaMA turns features j and j + d_k/2 of a head as a pair where `rope` turns 2j and 2j + 1, which is the same after
sorting the rows of W_q and W_k: a score is a sum over pairs, and a sum has no order.

Source: Radford et al. (2019), Touvron et al. (2023); the names are those of the `transformers` library.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from llmcourse.transformer.model import TransformerLM

State = Mapping[str, Tensor]


def load_gpt2(model: TransformerLM, state: State) -> None:
    """Give a model the weights of a GPT-2, by its ``state_dict()``.

    The model must be made with bias=True, tied=True, positions="learned", the activation "gelu_tanh" (unless that GPT-2 has
    another) and the same sizes; else torch raises RuntimeError and says what does not fit.
    """
    found = {"E": state["transformer.wte.weight"], "P": state["transformer.wpe.weight"], "U": state["lm_head.weight"],
             **_named(state, "transformer.ln_f", "norm")}
    for i in range(model.config.layers):
        theirs, ours = f"transformer.h.{i}", f"blocks.{i}"
        found |= _named(state, f"{theirs}.ln_1", f"{ours}.norm_1") | _named(state, f"{theirs}.ln_2", f"{ours}.norm_2")
        for kind, end in (("weight", "W"), ("bias", "b")):
            parts = state[f"{theirs}.attn.c_attn.{kind}"].chunk(3, dim=-1)               # (d, d) or (d,) each
            found |= {f"{ours}.attention.{end}_{name}": part.t() for name, part in zip("qkv", parts, strict=True)}
            for name, where in {"attention.{}_o": "attn.c_proj", "feed_forward.{}_1": "mlp.c_fc",
                                "feed_forward.{}_2": "mlp.c_proj"}.items():
                found[f"{ours}.{name.format(end)}"] = state[f"{theirs}.{where}.{kind}"].t()
    model.load_state_dict(found)


def load_llama(model: TransformerLM, state: State) -> None:
    """Give a model the weights of a LLaMA, by its ``state_dict()``.

    The model must be made with positions="rotary", norm="rms", activation="swiglu", as many ``key_value_heads`` and the same
    sizes, ``theta`` and ``epsilon``; else torch raises RuntimeError and says what does not fit.
    """
    found = {"E": state["model.embed_tokens.weight"], "U": state["lm_head.weight"], **_named(state, "model.norm", "norm")}
    for i in range(model.config.layers):
        theirs, ours = f"model.layers.{i}", f"blocks.{i}"
        found |= _named(state, f"{theirs}.input_layernorm", f"{ours}.norm_1")
        found |= _named(state, f"{theirs}.post_attention_layernorm", f"{ours}.norm_2")
        for name in "qkvo":
            weight = state[f"{theirs}.self_attn.{name}_proj.weight"]
            found[f"{ours}.attention.W_{name}"] = neighbours(weight, model.config.head_width) if name in "qk" else weight
        for number, name in {"1": "gate", "2": "down", "3": "up"}.items():
            found[f"{ours}.feed_forward.W_{number}"] = state[f"{theirs}.mlp.{name}_proj.weight"]
    model.load_state_dict(found)


def neighbours(weight: Tensor, head_width: int) -> Tensor:
    """Rows j and j + d_k/2 of every head next to each other: (h·d_k, d) -> (h·d_k, d).

    >>> neighbours(torch.arange(8)[:, None], 4)[:, 0].tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    halves = torch.unflatten(weight, 0, (-1, 2, head_width // 2))          # (h, 2, d_k/2, d)
    return halves.transpose(1, 2).flatten(0, 2)                            # (h, d_k/2, 2, d) -> (h·d_k, d)


def _named(state: State, theirs: str, ours: str) -> dict[str, Tensor]:
    """The weight of a norm, and its bias where it has one."""
    ends = (end for end in ("weight", "bias") if f"{theirs}.{end}" in state)
    return {f"{ours}.{end}": state[f"{theirs}.{end}"] for end in ends}
