"""How fast and how lean is causal attention? `python benchmarks/attention.py` compares NumPy, block by block, with torch's
`scaled_dot_product_attention` on one thread: batch 8, 8 heads, T = 512, d = 64, float32.

Extra memory is what a call takes at its peak beside its inputs and its output, as tracemalloc counts NumPy's arrays. It takes
about half a minute of CPU time.
"""

import sys
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Row, side_by_side, write_report  # isort: skip  (before NumPy: it sets one thread)

import numpy as np
import torch
from torch.nn import functional as F

from llmcourse.attention import attention, causal_mask
from llmcourse.attention.fast import causal_attention

BATCH, HEADS, T, LONG, WIDTH, ROUNDS = 8, 8, 512, 4096, 64, 9
MIB = 2**20


def inputs(length: int, batch: int = BATCH) -> list[np.ndarray]:
    return [np.random.default_rng(seed).normal(size=(batch, HEADS, length, WIDTH)).astype(np.float32) for seed in range(3)]


def extra_memory(length: int, batch: int) -> float:
    """MiB at the peak of a call beside inputs and output."""
    arrays = inputs(length, batch)
    tracemalloc.start()
    output = causal_attention(*arrays)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - output.nbytes) / MIB


def main() -> bool:
    torch.set_num_threads(1)
    q, k, v = inputs(T)
    tensors = [torch.from_numpy(array) for array in (q, k, v)]
    found = causal_attention(q, k, v)
    theirs = F.scaled_dot_product_attention(*tensors, is_causal=True).numpy()
    np.testing.assert_allclose(found, theirs, atol=1e-5)
    np.testing.assert_allclose(found, attention(q, k, v, causal_mask(T)).output, atol=1e-5)
    seconds = side_by_side(
        {
            "block by block": lambda: causal_attention(q, k, v),
            "torch": lambda: F.scaled_dot_product_attention(*tensors, is_causal=True),
            "all scores": lambda: attention(q, k, v, causal_mask(T)),
        },
        ROUNDS,
    )
    short, long = extra_memory(T, BATCH), extra_memory(LONG, 1)
    what = f"causal attention, {BATCH} × {HEADS} heads, T = {T}, d = {WIDTH}"
    milliseconds = {name: round(1000 * time, 1) for name, time in seconds.items()}
    rows = [
        Row(f"{what}: time of NumPy / of torch's SDPA", seconds["block by block"] / seconds["torch"], "×", "at most", 1.3,
            note=f"{milliseconds['block by block']} and {milliseconds['torch']} ms"),
        Row(f"{what}: time with all scores at once / block by block", seconds["all scores"] / seconds["block by block"], "×"),
        Row(f"{what}: extra memory", short, "MiB", "at most", 16),
        Row(f"extra memory at T = {LONG:,} / at T = {T}", long / short, "×", "at most", 2, note=f"{long:.2f} MiB"),
    ]
    return write_report("attention", rows, {"milliseconds": milliseconds})


if __name__ == "__main__":
    sys.exit(not main())
