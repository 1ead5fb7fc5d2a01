"""Make the data of the chapter on the transformer: ``python book/transformer_data.py``, or with the names of parts.

Each part writes a file of its own, book/_data/transformer_<part>.json. Times are of one thread of a CPU.

* ``complexity``: time and multiplications of four kinds of layer by length and by width, Table 1, and where two of them break
  even; nodes and edges of their graphs. About two minutes.
* ``chains``: how many cells and functions a gradient passes on its longest way through an LSTM and through a transformer.
* ``depth``: how much of a gradient reaches the first of many blocks, with and without residuals and norms; and how quickly
  networks with and without residuals learn to return what they get.
* ``translation``: the encoder–decoder on the parallel corpus, three seeds: exact matches by length, words whose form needs a
  noun of an earlier sentence, and whom the cross-attention looks at. On a CPU, which is what it is meant for, and about two
  minutes a seed.
* ``ablation``: a decoder-only model with and without residuals, norms and positions, three seeds each.
* ``ladder``: the model of the ladder, three seeds: bits, the gap above the floor, agreement by kind and distance.

The last two use a GPU where there is one; a thread of a CPU needs about an hour each. What is in the files of the last three
already is not done again.

``--smoke`` makes everything with toy sizes and writes to another folder: does it run from end to end?
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import experiments
import numpy as np
import torch
from experiments import FAR, floor_scores, held_out_tests, network_figures, save
from torch import Tensor, nn

from llmcourse.corpora import Pairs, parallel, score, stories
from llmcourse.recurrent import by_length, exact_matches, share_in_place, translation_loss, words_in_place
from llmcourse.recurrent.networks import STEPS
from llmcourse.training import TrainingConfig, block, device_of, new_generator, train
from llmcourse.transformer import (
    LADDER,
    LADDER_TOKENS,
    LADDER_TRAINING,
    TransformerConfig,
    TransformerLM,
    TransformerTranslator,
    layer_cost,
    longest_gradient_chain,
    multiplications,
    recurrent_edges,
    transformer_edges,
)
from llmcourse.transformer.complexity import KINDS, make_layer
from llmcourse.transformer.model import Block, FeedForward
from llmcourse.vocabulary import Vocabulary

SEEDS = (0, 1, 2)
SETTINGS = (*experiments.SETTINGS, "matrix_lr", "minimum_lr", "warmup", "betas")  # a row of other settings is another row

# --- complexity ---------------------------------------------------------------------------------------------------------------

LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048]
WIDTHS = [16, 32, 64, 128, 256, 512, 1024]
FIXED = {"n": 128, "d": 128, "k": 3, "r": 16}
LAYERS = {kind: (kind, False) for kind in KINDS} | {"self-attention with projections": ("self-attention", True)}
EVEN_WIDTHS = [32, 64, 128, 256]


def milliseconds(kind: str, projections: bool, n: int, d: int, rounds: int = 9) -> float:
    """The median CPU time of a forward pass. Quick layers are done many times a round, since a clock has ticks."""
    layer = make_layer(kind, d, FIXED["k"], FIXED["r"], projections=projections)
    x, times = torch.randn(n, d, generator=new_generator(0)), []
    with torch.no_grad():
        start = time.process_time()
        layer(x)
        often = int(min(100, max(1, 0.02 / max(time.process_time() - start, 1e-9))))
        for _ in range(rounds):
            start = time.process_time()
            for _ in range(often):
                layer(x)
            times.append((time.process_time() - start) / often)
    return round(1e3 * float(np.median(times)), 4)


def break_even(d: int) -> int | None:
    """The first of the lengths from which on self-attention takes longer than the recurrent layer, None where none does."""
    longer = [milliseconds("self-attention", False, n, d) > milliseconds("recurrent", False, n, d) for n in LENGTHS]
    shorter = [i for i, more in enumerate(longer) if not more]
    first = shorter[-1] + 1 if shorter else 0
    return LENGTHS[first] if first < len(LENGTHS) else None


def complexity() -> dict[str, object]:
    n, d, k, r = FIXED.values()
    tokens = [5, 10, 20, 40]
    return FIXED | {
        "lengths": LENGTHS, "widths": WIDTHS,
        "milliseconds": {name: {"by_length": [milliseconds(kind, maps, length, d) for length in LENGTHS],
                                "by_width": [milliseconds(kind, maps, n, width) for width in WIDTHS]}
                         for name, (kind, maps) in LAYERS.items()},
        "multiplications": {name: {"by_length": [multiplications(kind, m, d, k, r, projections=maps) for m in LENGTHS],
                                   "by_width": [multiplications(kind, n, width, k, r, projections=maps) for width in WIDTHS]}
                            for name, (kind, maps) in LAYERS.items()},
        "table": {kind: layer_cost(kind, 10, 64)._asdict() for kind in KINDS},
        "break_even": {"d": EVEN_WIDTHS, "n": [break_even(width) for width in EVEN_WIDTHS]},
        "graph": {"tokens": tokens} | {name: {"nodes": [len({node for edge in made(1, t) for node in edge}) for t in tokens],
                                              "edges": [len(made(1, t)) for t in tokens]}
                                       for name, made in {"recurrent": read_edges, "transformer": transformer_edges}.items()},
    }  # fmt: skip


def read_edges(layers: int, tokens: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The edges of a recurrent network with its words, which are layer 0, as ``transformer_edges`` has them."""
    return recurrent_edges(layers, tokens) + [((0, t), (1, t)) for t in range(1, tokens + 1)]


# --- chains -------------------------------------------------------------------------------------------------------------------

TOKENS = [5, 10, 20, 40]


def lstm_chains(layers: int, tokens: int) -> tuple[int, int]:
    """Cells and functions on the longest way of a gradient from the last output of an LSTM to its first input."""
    hidden, generator = 8, new_generator(0)
    W, b = torch.randn(hidden, 4 * hidden, generator=generator), torch.zeros(4 * hidden)
    x = torch.randn(tokens, 1, hidden, generator=generator).requires_grad_()
    inputs = [x[0], *x.detach()[1:]]                                       # x_1 alone asks for a gradient
    contexts: list[Tensor] = []                                            # every cell makes one c
    for _ in range(layers):
        h = c = torch.zeros(1, hidden)
        outputs = []
        for one in inputs:
            h, c = STEPS["lstm"](one @ W, (h, c), W, b)
            outputs.append(h)
            contexts.append(c)
        inputs = outputs
    last = inputs[-1].sum()
    return longest_gradient_chain(last, x, contexts), longest_gradient_chain(last, x)


def transformer_chain(layers: int, tokens: int) -> int:
    """The same of a decoder-only transformer, from its last logits to its embeddings."""
    model = TransformerLM(Vocabulary(["a", "b"]), replace(LADDER, layers=layers, width=16, heads=4))
    return longest_gradient_chain(model(torch.zeros(1, tokens, dtype=torch.int64))[0, -1].sum(), model.E)


def chains() -> dict[str, object]:
    cells, functions = zip(*[lstm_chains(3, t) for t in TOKENS], strict=True)
    return {"tokens": TOKENS,
            "lstm": {"layers": 3, "cells": [3 * t for t in TOKENS], "longest_in_cells": cells,
                     "longest_in_functions": functions},
            "transformer": {"layers": [1, 3, 6], "longest_in_functions": {
                layers: [transformer_chain(layers, t) for t in TOKENS] for layers in (1, 3, 6)}}}


# --- depth --------------------------------------------------------------------------------------------------------------------

DEPTHS = [1, 2, 4, 8, 16, 32]
KEPT = {"residuals and norms": {}, "residuals": {"norm": "none"}, "norms": {"residual": False},
        "neither": {"residual": False, "norm": "none"}}
IDENTITY = {"networks": 6, "steps": 1000, "lr": 1e-3, "every": 100}


def plain_weights(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """All matrices N(0, 1/inputs), with residuals and without: nothing is done to help either."""
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim == 2:
                weight.normal_(0, weight.shape[1] ** -0.5, generator=generator)
    return network


def blocks_of(layers: int, options: dict[str, Any]) -> nn.Module:
    """New blocks of a small model, one after the other, (B, T, d) -> (B, T, d)."""
    config = TransformerConfig(layers=layers, width=64, heads=4, positions="none", **options)
    return plain_weights(nn.Sequential(*(Block(config) for _ in range(layers))), new_generator(0))


def gradient_kept(layers: int, options: dict[str, Any]) -> float:
    """‖∂(v·out)/∂x‖ / ‖v‖ of new blocks with random inputs and v: what is left of a gradient below them."""
    generator = new_generator(1)
    x, v = (torch.randn(8, 16, 64, generator=generator, dtype=torch.float64) for _ in range(2))
    x.requires_grad_()
    (gradient,) = torch.autograd.grad((blocks_of(layers, options).double()(x) * v).sum(), x)
    return float(f"{float(gradient.norm() / v.norm()):.4g}")


def learn_identity(residual: bool) -> list[float]:
    """Errors on the way of feed-forward networks, one after the other, that are to return what they get.

    Mean squared errors relative to those of returning zeros.
    """
    generator, losses = new_generator(2), []
    networks = nn.ModuleList([FeedForward(TransformerConfig(width=64, bias=True)) for _ in range(int(IDENTITY["networks"]))])
    plain_weights(networks, generator)
    optimizer = torch.optim.AdamW(networks.parameters(), lr=IDENTITY["lr"], weight_decay=0)
    for step in range(int(IDENTITY["steps"]) + 1):
        x = out = torch.randn(128, 64, generator=generator)
        for network in networks:
            out = out + network(out) if residual else network(out)
        loss = ((out - x) ** 2).mean() / (x**2).mean()
        if step % IDENTITY["every"] == 0:
            losses.append(float(f"{loss.item():.4g}"))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def depth() -> dict[str, object]:
    steps = list(range(0, int(IDENTITY["steps"]) + 1, int(IDENTITY["every"])))
    return {"depths": DEPTHS,
            "gradient": {name: [gradient_kept(layers, options) for layers in DEPTHS] for name, options in KEPT.items()},
            "identity": {"networks": IDENTITY["networks"], "steps": steps, "with residuals": learn_identity(True),
                         "without": learn_identity(False)}}


# --- translation --------------------------------------------------------------------------------------------------------------

PAIRS, TESTED = 12_000, 2000
TRANSLATOR = TransformerConfig(layers=2, width=64, heads=4)
TRANSLATING = TrainingConfig(epochs=6, batch_size=16, optimizer="muon", lr=3e-3, matrix_lr=0.01, evaluate_every=10**6)
EDGES = [12, 18, 24, 30, 48]
MAPS = 3  # held-out pairs of which the cross-attention is kept


def earlier(written: Sequence[np.ndarray], pairs: Pairs) -> dict[str, list[int]]:
    """Words whose form needs a noun of an earlier sentence: [how many, how many of them stand where they should].

    far: of them those whose noun stands more than ``FAR`` source tokens before what they render.
    """
    right = words_in_place(written, pairs.target)
    far = pairs.distance > FAR
    return {name: [int(these.sum()), int((these & right).sum())]
            for name, these in (("all", pairs.needs_earlier), ("far", pairs.needs_earlier & far))}


def translated(model: TransformerTranslator, pairs: Pairs) -> dict[str, Any]:
    """What greedy decoding gets right."""
    written, lengths = model.translate(pairs.source), pairs.source.lengths
    matches, words = exact_matches(written, pairs.target), share_in_place(written, pairs.target)
    inside = [(lengths >= first) & (lengths < below) for first, below in pairwise(EDGES)]
    return {"exact": round(float(matches.mean()), 4), "by_length": by_length(matches, lengths, EDGES),
            "words_right": [round(float(words[these].mean()), 4) if these.any() else None for these in inside],
            "earlier": earlier(written, pairs)}


def maps_of(model: TransformerTranslator, pairs: Pairs, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Some pairs in words, the source word that each target word renders, and the weights (L, h, M, N) of each."""
    found = []
    for s in numbers:
        source, target = (block(corpus, np.array([s]), device_of(model)) for corpus in (pairs.source, pairs.target))
        weights = model.cross_attention(source, target)[:, 0].cpu().numpy()              # (L, h, M, N)
        here, first = slice(pairs.target.starts[s], pairs.target.starts[s + 1]), pairs.source.starts[s]
        nouns = pairs.antecedent[here]
        found.append({"source": model.source.decode(pairs.source[s]), "target": model.target.decode(pairs.target[s]),
                      "aligned": (pairs.aligned[here] - first).tolist(),
                      "antecedent": np.where(nouns < 0, -1, nouns - first).tolist(),
                      "weights": np.round(weights.astype(float), 3).tolist()})
    return found


def aligned_shares(maps: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The share of the target's words whose largest weight is on the word that they render, of each head and of their mean."""
    hits, of_means = [], []
    for one in maps:
        weights = np.array(one["weights"])                                 # (L, h, M, N)
        hits.append(weights.argmax(axis=-1) == np.array(one["aligned"]))   # (L, h, M)
        of_means.append(weights.mean(axis=1).argmax(axis=-1) == np.array(one["aligned"]))          # (L, M)
    share, of_mean = np.concatenate(hits, axis=-1).mean(axis=-1), np.concatenate(of_means, axis=-1).mean(axis=-1)
    return {"aligned_share": {f"block {i + 1}, head {j + 1}": round(float(share[i, j]), 3) for i, j in np.ndindex(share.shape)},
            "aligned_share_of_mean": {f"block {i + 1}": round(float(part), 3) for i, part in enumerate(of_mean)}}


def translation() -> None:
    """Seed after seed, into the file after each; those that it has already with these settings are not done again."""
    language, path = parallel(), experiments.FOLDER / "transformer_translation.json"
    learn, validation, held_out = language.train(PAIRS), language.validation(200), language.held_out(TESTED)
    seen = language.train(min(500, PAIRS), seed=1)
    head: dict[str, Any] = {"command": "python book/transformer_data.py translation", "pairs": PAIRS, "tested": TESTED,
                            "model": asdict(TRANSLATOR), "training": asdict(TRANSLATING)}
    head = json.loads(json.dumps(head))                                    # a tuple becomes a list, as in the file
    done = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = done if head.items() <= done.items() else head | {"runs": []}
    for seed in SEEDS:
        if any(run["seed"] == seed for run in made["runs"]):
            continue
        model = TransformerTranslator(language.vocabulary, language.target_vocabulary, TRANSLATOR, new_generator(seed))
        start = time.process_time()
        result = train(model, (learn.source, learn.target), (validation.source, validation.target),
                       replace(TRANSLATING, seed=seed), loss=translation_loss, progress=False)
        seconds = time.process_time() - start
        results = {name: translated(model, pairs) for name, pairs in (("seen combinations", seen), ("held-out", held_out))}
        made["runs"].append({"seed": seed, "cpu_seconds": round(seconds, 1), "seconds": round(result.seconds, 1),
                             "device": experiments.device_name(device_of(model)), "parameters": model.parameter_count,
                             "tokens": result.tokens, "steps": result.step, "validation_nats": round(result.best_loss, 5),
                             "results": results})
        print(made["runs"][-1], flush=True)
        if seed == SEEDS[0]:
            wanted = np.unique(held_out.target.text_of[held_out.needs_earlier])[:MAPS]   # with a pronoun to draw
            made |= {"maps": maps_of(model, held_out, wanted.tolist()),
                     **aligned_shares(maps_of(model, held_out, range(min(100, TESTED))))}
        save("transformer_translation.json", made)


# --- the course's stories -----------------------------------------------------------------------------------------------------

ABLATED = 2_000_000  # tokens
VARIANTS: dict[str, dict[str, Any]] = {
    "all": {}, "no residuals": {"residual": False}, "no norms": {"norm": "none"},
    "neither": {"residual": False, "norm": "none"}, "post-norm": {"pre_norm": False}, "no positions": {"positions": "none"},
    "learned positions": {"positions": "learned"}, "sinusoidal positions": {"positions": "sinusoidal"},
}  # fmt: skip
BASE = TransformerConfig(layers=4)  # 4 heads; deep enough for residuals and norms to have something to do


def measured(network: TransformerLM, *_: object) -> dict[str, Any]:
    """Bits per token, gap and agreement on the held-out stories, and the floor there."""
    return network_figures(network) | {"floor": score(floor_scores(), held_out_tests()[0].lengths).mean}


def ablation_runs() -> list[tuple[str, TransformerConfig, TrainingConfig]]:
    """(variant, model, training): the settings of the ladder for all of them, fixed before anything was tried."""
    return [(name, replace(BASE, **options), replace(LADDER_TRAINING, seed=seed))
            for seed in SEEDS for name, options in VARIANTS.items()]


def ablation() -> None:
    experiments.sweep("transformer_ablation.json", "python book/transformer_data.py ablation", TransformerLM, ablation_runs(),
                      tokens=ABLATED, measure=measured, settings=SETTINGS, keep_diverged=True)


def ladder_runs() -> list[tuple[str, TransformerConfig, TrainingConfig]]:
    return [("ladder", LADDER, replace(LADDER_TRAINING, seed=seed)) for seed in SEEDS]


def ladder() -> None:
    experiments.sweep("transformer_ladder.json", "python book/transformer_data.py ladder", TransformerLM, ladder_runs(),
                      tokens=LADDER_TOKENS, measure=measured, settings=SETTINGS)


def written(name: str, part: Callable[[], dict[str, object]]) -> None:
    """Write what a part returns, with the command that made it."""
    save(f"transformer_{name}.json", {"command": f"python book/transformer_data.py {name}", **part()})


MADE, GROWING = (complexity, chains, depth), (translation, ablation, ladder)
PARTS: dict[str, Callable[[], None]] = {part.__name__: partial(written, part.__name__, part) for part in MADE}
PARTS |= {part.__name__: part for part in GROWING}


def smoke(folder: Path) -> None:
    """Toy sizes, into another folder."""
    experiments.FOLDER = folder
    experiments.held_out_tests = held_few                                  # looked up there by ``agreement_of``
    small = {"LENGTHS": [4, 8], "WIDTHS": [4, 8], "EVEN_WIDTHS": [8], "DEPTHS": [1, 2], "PAIRS": 300, "TESTED": 40,
             "SEEDS": (0, 1), "ABLATED": 5000, "LADDER_TOKENS": 5000, "held_out_tests": held_few,
             "IDENTITY": IDENTITY | {"steps": 100}, "TRANSLATOR": replace(TRANSLATOR, width=16),
             "TRANSLATING": replace(TRANSLATING, epochs=1), "BASE": replace(BASE, width=16),
             "LADDER": replace(LADDER, width=16)}
    globals().update(small)


def held_few(*_: object) -> Any:
    texts = stories().held_out(20)
    return texts, stories().agreement(texts)


if __name__ == "__main__":
    if "--smoke" in sys.argv:
        sys.argv.remove("--smoke")
        smoke(Path(tempfile.mkdtemp()))
        print("into", experiments.FOLDER)
    experiments.run(PARTS)
