"""Make the data of the chapter on feed-forward networks: ``python book/feedforward_data.py``, or with the names of parts.

* ``sweep`` writes book/_data/feedforward_sweep.json: trainings with other step sizes, batches, windows and widths, each with
  its settings, CPU seconds and bits per token on the 500 validation stories, which choose the settings of the ladder.
* ``window`` writes book/_data/what_the_window_sees.json: two small trained networks with rounded weights, and what 4-gram
  Kneser–Ney says after every choice of the last three words, for the interactive figure.

One thread each; a part takes some minutes.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import itertools

import numpy as np
import torch

from llmcourse.corpora import stories
from llmcourse.corpus import Corpus
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM
from llmcourse.ngrams.fast import KneserNey
from llmcourse.training import Training, TrainingConfig, new_generator, train

FOLDER = Path(__file__).resolve().parent / "_data"
MILLION = 10**6


def texts(found) -> Corpus:
    return Corpus(found.ids, found.starts)


def learn(model: FeedForwardConfig, training: TrainingConfig, tokens: int) -> tuple[FeedForwardLM, Training, float]:
    """A network trained on so many tokens of stories, how it went, and its CPU seconds."""
    language = stories()
    network = FeedForwardLM(language.vocabulary, model, new_generator(training.seed))
    start = time.process_time()
    result = train(network, texts(language.train(tokens)), texts(language.validation()), training, progress=False)
    return network, result, time.process_time() - start


# --- the sweep --------------------------------------------------------------------------------------------------------------

def runs() -> list[tuple[str, FeedForwardConfig, TrainingConfig]]:
    """What is tried: (question, model, training). One pass over a million tokens, seed 0, unless the question is another."""
    once = {"evaluate_every": 10**6, "warmup": 0.03, "clip": 1.0}
    small, best = FeedForwardConfig(window=3, dimensions=32, hidden=128), {"batch_size": 16, "lr": 0.02}
    found = [("step size and batch", small, TrainingConfig(batch_size=size, lr=lr, **once))
             for size in (8, 16, 32) for lr in (0.005, 0.01, 0.02, 0.04)]
    found += [("plain SGD", small, TrainingConfig(optimizer="sgd", batch_size=8, lr=lr, **once)) for lr in (0.3, 1.0, 3.0)]
    found += [("window and width", FeedForwardConfig(window=n, dimensions=32, hidden=h), TrainingConfig(**best, **once))
              for n in (3, 5, 8) for h in (64, 128, 256)]
    found += [("dimensions", FeedForwardConfig(window=8, dimensions=d, hidden=256), TrainingConfig(**best, **once))
              for d in (16, 64)]
    found += [("seed", small, TrainingConfig(seed=seed, **best, **once)) for seed in (1, 2)]
    return found


def sweep() -> None:
    rows = []
    for question, model, training in runs():
        network, result, seconds = learn(model, training, MILLION)
        rows.append({"question": question, **asdict(model), "parameters": network.parameter_count,
                     **{key: getattr(training, key) for key in ("optimizer", "batch_size", "lr", "epochs", "seed")},
                     "tokens": result.tokens, "steps": result.step, "cpu_seconds": round(seconds, 1),
                     "validation_bits": round(result.best_loss / np.log(2), 4)})
        print(rows[-1], flush=True)
        save("feedforward_sweep.json", {"command": "python book/feedforward_data.py sweep", "rows": rows})


# --- the interactive figure ---------------------------------------------------------------------------------------------------

STORY = "once , a rusty fox called Lova lived at the pond . at home".split()
NAMES, PLACES = ["Lova", "Signe", "Greta", "Egon", "Hugo", "Ture"], ["pond", "lighthouse", "bakery", "tower"]
CHOICES = [["once", "nowadays"], [","], ["a", "two", "seven"], ["rusty", "shiny", "golden", "plump"],
           ["fox", "owl", "troll", "foxes", "owls"], ["called"], NAMES, ["lived", "lives", "live"], ["at"], ["the"], PLACES,
           [".", "!", ","], ["at", "one", "of"], ["home", "evening", "course"]]
NETWORKS = {3: FeedForwardConfig(window=3, dimensions=16, hidden=32), 8: FeedForwardConfig(window=8, dimensions=16, hidden=32)}
DIGITS = 2                                                       # of the weights in the figure
TOP = 6                                                          # words of Kneser–Ney that are kept


def rounded(network: FeedForwardLM) -> dict[str, list]:
    """The parameters in hundredths: the network of the figure is the rounded one."""
    return {name: (parameter.detach().double() * 10**DIGITS).round().int().tolist()
            for name, parameter in network.named_parameters()}


def window() -> None:
    language = stories()
    V = language.vocabulary
    networks = {}
    for n, config in NETWORKS.items():
        training = TrainingConfig(epochs=3, batch_size=16, lr=0.02, evaluate_every=10**6)
        network, result, seconds = learn(config, training, MILLION)
        networks[str(n)] = {**asdict(config), "bits": round(result.best_loss / np.log(2), 3), **rounded(network)}
        print(n, networks[str(n)]["bits"], f"{seconds:.0f} s", flush=True)
    kn = KneserNey(language.train(MILLION).ids, 4, vocabulary=V)
    table = {}
    for context in itertools.product(*CHOICES[-3:]):
        p = np.exp(kn.next_log_probabilities(V.encode(list(context))))
        best = np.argsort(-p, kind="stable")[:TOP]
        table[" ".join(context)] = [[int(i), round(float(p[i]), 4)] for i in best]
    save("what_the_window_sees.json", {
        "command": "python book/feedforward_data.py window", "tokens": MILLION, "scale": 10**DIGITS,
        "vocabulary": list(V.tokens), "story": STORY, "choices": CHOICES, "networks": networks,
        "ngram": {"order": 4, "stored": kn.parameters, "table": table}})


def save(name: str, data: dict) -> None:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("},{", "},\n{").replace("]],", "]],\n")
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(text):,} characters", flush=True)


PARTS = {"sweep": sweep, "window": window}

if __name__ == "__main__":
    torch.set_num_threads(1)
    unknown = [name for name in sys.argv[1:] if name not in PARTS]
    if unknown:
        sys.exit(f"unknown part {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
