"""How fast does the library write? `python benchmarks/decoding.py` compares `generate` with that of the `transformers` library:
256 greedy tokens, with a cache, on one thread, from the same weights, side by side; and counts what a cache saves.

The network is a GPT-2 of the course's size: 4 layers of 128, 4 heads, 483 tokens, with the weights that `transformers` gives a
new one. All ways must write the same tokens. It takes about a minute of CPU time.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Row, side_by_side, write_report  # isort: skip  (before NumPy: it sets one thread)

import numpy as np
import torch
import transformers

from llmcourse.decoding import NumPyDecoder, TorchDecoder, cache_bytes, generate, generation_flops
from llmcourse.decoding.fast import WithoutCache
from llmcourse.language_models import Vocabulary
from llmcourse.transformer import TransformerConfig, TransformerLM, load_gpt2

TOKENS, PROMPT, ROUNDS = 256, 8, 5
LAYERS, WIDTH, SIZE = 4, 128, 483
NEVER = -1  # the id that ends a text: none does


def models() -> tuple[TransformerLM, "transformers.GPT2LMHeadModel"]:
    """The same network twice."""
    torch.manual_seed(0)
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=SIZE, n_positions=320, n_embd=WIDTH, n_layer=LAYERS, n_head=4, bos_token_id=0, eos_token_id=None)).eval()
    config = TransformerConfig(layers=LAYERS, width=WIDTH, heads=4, positions="learned", longest=320, bias=True, tied=True,
                               activation="gelu_tanh")
    ours = TransformerLM(Vocabulary([f"w{i}" for i in range(SIZE - 2)]), config).eval()
    load_gpt2(ours, theirs.state_dict())
    return ours, theirs


def speed(batch: int, ours: TransformerLM, theirs: "transformers.GPT2LMHeadModel") -> dict[str, float]:
    """Tokens a second of every way, after a check that all write the same."""
    prompts = np.random.default_rng(0).integers(2, SIZE, (batch, PROMPT))
    ids = torch.from_numpy(np.insert(prompts, 0, 0, axis=1))               # BOS in front, as ours does
    ways = {"torch": TorchDecoder(ours), "NumPy": NumPyDecoder(ours), "module": ours}

    def write(model: object) -> np.ndarray:
        return generate(model, prompts.tolist(), TOKENS, temperature=0, eos=NEVER).ids

    def write_theirs() -> np.ndarray:
        return theirs.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False,
                               use_cache=True, pad_token_id=0)[:, PROMPT + 1 :].numpy()

    want = write_theirs()
    assert want.shape == (batch, TOKENS) and 0 not in want
    for name, model in ways.items():
        np.testing.assert_array_equal(write(model), want, err_msg=name)
    seconds = side_by_side({"transformers": write_theirs} | {
        name: lambda model=model: write(model) for name, model in ways.items()}, ROUNDS)
    if batch == 1:
        seconds |= side_by_side({"without": lambda: write(WithoutCache(ours))}, 1)
    return {name: batch * TOKENS / time for name, time in seconds.items()}


def main() -> bool:
    torch.set_num_threads(1)
    ours, theirs = models()
    rows, details = [], {}
    for batch in (1, 8):
        found = details[f"tokens/s, batch {batch}"] = speed(batch, ours, theirs)
        what = f"{TOKENS} greedy tokens, batch {batch}: tokens/s of %s / of transformers' generate"
        for name, least in (("torch", 3.0), ("NumPy", 1.8)):
            rows.append(Row(what % name, found[name] / found["transformers"], "×", "at least", least,
                            note=f"{found[name]:,.0f} and {found['transformers']:,.0f} tokens/s"))
        rows.append(Row(what % "the module", found["module"] / found["transformers"], "×"))
    one = details["tokens/s, batch 1"]
    rows.append(Row("batch 1: tokens/s of the module with a cache / without", one["module"] / one["without"], "×"))
    flops = generation_flops(TOKENS, LAYERS, WIDTH, SIZE)
    rows.append(Row(f"FLOPs for {TOKENS} tokens without a cache / with, counted", flops.again / flops.cached, "×",
                    note=f"{flops.again:.3g} and {flops.cached:.3g}"))
    rows.append(Row(f"cache of {TOKENS} positions, counted", cache_bytes(TOKENS, LAYERS, WIDTH) / 2**20, "MiB"))
    rounded = {name: {way: round(speed) for way, speed in found.items()} for name, found in details.items()}
    return write_report("decoding", rows, rounded)


if __name__ == "__main__":
    sys.exit(not main())
