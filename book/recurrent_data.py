"""Make the data of the chapter on recurrent networks: ``python book/recurrent_data.py``, or with the names of parts.

Each part writes a file of its own, book/_data/recurrent_<part>.json, and takes one thread and, up to the last two, at most two
minutes of CPU time.

* ``gradients``: how much of a gradient is left after k steps, for an RNN, a GRU, and LSTMs with forget biases 0, 1 and 2.
* ``memory``: how often these, trained on it, still know a bit after K steps.
* ``steps``: the first step at which each state of a stack can be computed; the CPU time that a text takes, by its length, and
  that of 32 texts of 16 words side by side, which are as many words as one text of 512.
* ``tagging``: accuracy of taggers beside the most frequent tag and beside the best that there can be.
* ``translation``: an encoder–decoder without attention: exact matches and words in their place, by the length of the source.
* ``agreement``: how often a 5-gram model and a feed-forward network give a word whose form was decided earlier more probability
  than its wrong forms, by kind and by distance; about three minutes.
* ``sweep``: the language models of the ladder, each kind of cell with three step sizes or more, and the same for the best of
  each kind.
  It uses a GPU where there is one; a thread of a CPU needs more than an hour. What is in the file already is not done again.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from typing import Any

import experiments
import numpy as np
import torch
from experiments import FAR, MILLION, agreement_of, learn, network_figures, network_scores, save, seconds_for, window_scores
from torch import Tensor, nn

from llmcourse.corpora import parallel, stories, tagged
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM
from llmcourse.ngrams.fast import KneserNey
from llmcourse.recurrent import (
    MostFrequentTag,
    RecurrentConfig,
    RecurrentLM,
    Tagger,
    TaggerConfig,
    Translator,
    TranslatorConfig,
    accuracy,
    by_length,
    earliest_step,
    exact_matches,
    make_cells,
    share_in_place,
    tagging_loss,
    translation_loss,
)
from llmcourse.training import (
    TrainingConfig,
    new_generator,
    train,
)

CELLS = (("RNN", "rnn", None), ("LSTM, forget bias 0", "lstm", 0.0), ("LSTM, forget bias 1", "lstm", 1.0),
         ("LSTM, forget bias 2", "lstm", 2.0), ("GRU", "gru", None))  # name, kind, forget bias


# --- gradients ----------------------------------------------------------------------------------------------------------------

def gradient_norms(kind: str, forget_bias: float | None, *, scale: float = 1, hidden: int = 64, length: int = 100,
                   texts: int = 64) -> np.ndarray:
    """‖∂(v·h_T)/∂x_t‖ by distance T − t = 0 … T − 1, mean over texts; weights, inputs and the unit vectors v are random.

    scale: W_hh is multiplied by it. In float64, since squares of what is left of some of them are too small for float32.
    """
    generator = new_generator(1)
    cells = make_cells(kind, hidden, hidden, generator=generator, forget_bias=forget_bias).double()
    with torch.no_grad():
        cells.weight_hh_l0 *= scale
    x = torch.randn(texts, length, hidden, generator=generator).double().requires_grad_()
    v = nn.functional.normalize(torch.randn(texts, hidden, generator=generator).double(), dim=1)
    h, _ = cells(x)
    (gradient,) = torch.autograd.grad((h[:, -1] * v).sum(), x)                       # (texts, T, d)
    return gradient.norm(dim=2).mean(dim=0).flip(0).numpy()


def gradients() -> dict[str, object]:
    sizes = {"hidden": 64, "length": 100, "texts": 64}
    curves = {name: gradient_norms(kind, bias, **sizes) for name, kind, bias in CELLS}
    curves["RNN, W_hh × 4"] = gradient_norms("rnn", None, scale=4, **sizes)
    return sizes | {"curves": {name: [float(f"{norm:.4g}") for norm in curve] for name, curve in curves.items()}}


# --- a bit --------------------------------------------------------------------------------------------------------------------

MEMORY = {"hidden": 32, "batch_size": 64, "steps": 300, "lr": 0.01, "symbols": 4, "clip": 1.0, "tested": 1000}


class Remembers(nn.Module):
    """Reads a bit and K other symbols, and says at the end what the bit was."""

    def __init__(self, kind: str, forget_bias: float | None, generator: torch.Generator):
        super().__init__()
        hidden, symbols = int(MEMORY["hidden"]), int(MEMORY["symbols"])
        self.E = nn.Parameter(torch.randn(2 + symbols, hidden, generator=generator))
        self.cells = make_cells(kind, hidden, hidden, generator=generator, forget_bias=forget_bias)
        self.u = nn.Parameter(torch.randn(hidden, generator=generator) * hidden**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """The logit (B,) of bit 1 after the ids (B, K + 1)."""
        return self.cells(self.E[ids])[0][:, -1] @ self.u


def bits(n: int, K: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """n texts (n, K + 1) of a bit, id 0 or 1, and K symbols that say nothing about it; and the bits (n,)."""
    bit = torch.randint(2, (n, 1), generator=generator)
    rest = torch.randint(2, 2 + int(MEMORY["symbols"]), (n, K), generator=generator)
    return torch.cat([bit, rest], dim=1), bit[:, 0].float()


def remembered(kind: str, forget_bias: float | None, K: int, seed: int) -> float:
    """The share of new texts whose bit a trained network still knows."""
    generator = new_generator(seed)
    network = Remembers(kind, forget_bias, generator)
    optimizer = torch.optim.AdamW(network.parameters(), lr=MEMORY["lr"], weight_decay=0)
    for _ in range(int(MEMORY["steps"])):
        ids, bit = bits(int(MEMORY["batch_size"]), K, generator)
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(network(ids), bit).backward()
        nn.utils.clip_grad_norm_(network.parameters(), MEMORY["clip"])
        optimizer.step()
    with torch.no_grad():
        ids, bit = bits(int(MEMORY["tested"]), K, generator)
        return float(((network(ids) > 0) == (bit > 0)).float().mean())


def memory() -> dict[str, object]:
    rows = []
    for K in (5, 10, 20, 40, 80):
        for name, kind, bias in CELLS:
            shares = [remembered(kind, bias, K, seed) for seed in (0, 1)]
            rows.append({"cell": name, "K": K, "accuracy": [round(share, 3) for share in shares]})
            print(rows[-1], flush=True)
    return MEMORY | {"rows": rows}


# --- steps and time -----------------------------------------------------------------------------------------------------------

def milliseconds_for(network: nn.Module, x: Tensor) -> float:
    """Median CPU time of a forward pass."""
    with torch.no_grad():
        return round(1e3 * seconds_for(lambda: network(x), 15), 4)


def steps() -> dict[str, object]:
    grid = earliest_step(np.arange(1, 11), np.arange(1, 4)[:, None])
    hidden, lengths = 128, [16, 32, 64, 128, 256, 512]
    networks = {"LSTM by hand": make_cells("lstm", hidden, hidden, fast=False),
                "torch.nn.LSTM": make_cells("lstm", hidden, hidden), "one linear layer": nn.Linear(hidden, 4 * hidden)}
    milliseconds = {name: [milliseconds_for(network, torch.randn(1, T, hidden, generator=new_generator(0))) for T in lengths]
                    for name, network in networks.items()}
    side_by_side = {name: milliseconds_for(network, torch.randn(32, 16, hidden, generator=new_generator(0)))
                    for name, network in networks.items()}
    return {"earliest": grid.tolist(), "hidden": hidden, "lengths": lengths, "milliseconds": milliseconds,
            "32 texts of 16": side_by_side}


# --- tagging ------------------------------------------------------------------------------------------------------------------

TAGGED = 4000
TAGGING = TrainingConfig(epochs=5, batch_size=32, lr=0.01, evaluate_every=10**6)


def tagging() -> dict[str, object]:
    language = tagged()
    learn, validation, held_out = language.train(TAGGED), language.validation(), language.held_out()
    size, tags = len(language.vocabulary), len(language.tags)

    def share(found: np.ndarray) -> float:
        return round(accuracy(found, held_out.tags.ids), 4)

    rows = [{"tagger": "most frequent tag", "accuracy": share(MostFrequentTag(learn.words, learn.tags, size, tags).tags(
        held_out.words))}]
    for kind in ("rnn", "lstm", "gru"):
        for both_ends in (False, True):
            tagger, start = Tagger(size, tags, TaggerConfig(kind, 32, 32, bidirectional=both_ends)), time.process_time()
            train(tagger, (learn.words, learn.tags), (validation.words, validation.tags), TAGGING, loss=tagging_loss,
                  progress=False)
            rows.append({"tagger": kind, "both_ends": both_ends, "accuracy": share(tagger.tags(held_out.words)),
                         "cpu_seconds": round(time.process_time() - start, 1)})
            print(rows[-1], flush=True)
    best = {"from the left": share(language.best_tags(held_out.words, whole=False)),
            "whole sentence": share(language.best_tags(held_out.words))}
    return {"sentences": TAGGED, "training": asdict(TAGGING), "rows": rows, "best": best}


# --- translation --------------------------------------------------------------------------------------------------------------

PAIRS = 12_000
TRANSLATOR = TranslatorConfig("gru", dimensions=64, hidden=128)
TRANSLATING = TrainingConfig(epochs=6, batch_size=16, lr=0.005, evaluate_every=10**6)
EDGES = [12, 18, 24, 30, 48]


def translation() -> dict[str, object]:
    language = parallel()
    learn, validation, held_out = language.train(PAIRS), language.validation(200), language.held_out(500)
    model, start = Translator(language.vocabulary, language.target_vocabulary, TRANSLATOR), time.process_time()
    result = train(model, (learn.source, learn.target), (validation.source, validation.target), TRANSLATING,
                   loss=translation_loss, progress=False)
    seconds, rows = time.process_time() - start, {}
    for name, pairs in {"seen combinations": language.train(500, seed=1), "held-out": held_out}.items():
        written, lengths = model.translate(pairs.source), pairs.source.lengths
        matches, words = exact_matches(written, pairs.target), share_in_place(written, pairs.target)
        rows[name] = {"exact": round(float(matches.mean()), 4), "by_length": by_length(matches, lengths, EDGES),
                      "words_right": [round(float(words[(lengths >= first) & (lengths < below)].mean()), 4)
                                      for first, below in pairwise(EDGES)]}
        print(name, rows[name], flush=True)
    return {"pairs": PAIRS, "model": asdict(TRANSLATOR), "training": asdict(TRANSLATING), "cpu_seconds": round(seconds, 1),
            "parameters": sum(p.numel() for p in model.parameters()), "tokens": result.tokens,
            "validation_nats": round(result.best_loss, 4), "results": rows}


# --- agreement ----------------------------------------------------------------------------------------------------------------

def agreement() -> dict[str, object]:
    grams = KneserNey(stories().train(10 * MILLION).ids, 5, vocabulary=stories().vocabulary)
    rows = {"5-gram KN": agreement_of(lambda texts, at: window_scores(grams, 4, texts, at))}
    network, _, _ = learn(FeedForwardLM, FeedForwardConfig(window=8, dimensions=32, hidden=128),
                          TrainingConfig(batch_size=16, lr=0.02, evaluate_every=10**6), 10 * MILLION)
    rows["feed-forward, 8 words"] = agreement_of(lambda texts, at: network_scores(network, texts, at))
    return {"tokens": 10 * MILLION, "far": FAR, "rows": rows}


# --- the sweep ----------------------------------------------------------------------------------------------------------------

SWEPT = 10 * MILLION                                               # tokens, each read once


def runs() -> list[tuple[str, RecurrentConfig, TrainingConfig]]:
    """What is tried: (question, model, training), seed 0. The step size that should be good is tried first, for each kind."""
    once = {"batch_size": 32, "evaluate_every": 10**6, "warmup": 0.03, "clip": 1.0}
    tried = [(kind, lr) for lr in (0.01, 0.03, 0.003) for kind in ("rnn", "lstm", "gru")] + [("rnn", 0.001)]
    return [("step size", RecurrentConfig(kind, dimensions=256, hidden=256), TrainingConfig(lr=lr, **once))
            for kind, lr in tried]


def figures_of_the_best(network: RecurrentLM, rows: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    """Bits per token, gap and agreement on the held-out stories of a network that is the best of its kind so far."""
    if any(one["kind"] == row["kind"] and one["validation_bits"] <= row["validation_bits"] for one in rows):
        return {}
    return network_figures(network)


def sweep() -> None:
    """All of them, into the file; those that it has already are not done again."""
    experiments.sweep("recurrent_sweep.json", "python book/recurrent_data.py sweep", RecurrentLM, runs(), tokens=SWEPT,
                      measure=figures_of_the_best)


def written(name: str, part: Callable[[], dict[str, object]]) -> None:
    """Write what a part returns, with the command that made it."""
    save(f"recurrent_{name}.json", {"command": f"python book/recurrent_data.py {name}", **part()})


MADE = (gradients, memory, steps, tagging, translation, agreement)
PARTS = {part.__name__: partial(written, part.__name__, part) for part in MADE} | {"sweep": sweep}

if __name__ == "__main__":
    experiments.run(PARTS)
