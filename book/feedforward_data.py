"""Make the data of the chapter on feed-forward networks: ``python book/feedforward_data.py``, or with the names of parts.

* ``sweep`` writes book/_data/feedforward_sweep.json: trainings with other step sizes, batches, windows and widths, each with
  its settings, CPU seconds and bits per token on the 500 validation stories, which choose the settings of the ladder.
* ``window`` writes book/_data/what_the_window_sees.json: what two trained networks and 4-gram Kneser–Ney expect after every
  choice of the words that they see, for the interactive figure.

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
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM
from llmcourse.language_models import LanguageModel
from llmcourse.ngrams.fast import KneserNey
from llmcourse.training import Training, TrainingConfig, new_generator, train

FOLDER = Path(__file__).resolve().parent / "_data"
MILLION = 10**6


def learn(model: FeedForwardConfig, training: TrainingConfig, tokens: int) -> tuple[FeedForwardLM, Training, float]:
    """A network trained on so many tokens of stories, how it went, and its CPU seconds."""
    language = stories()
    network = FeedForwardLM(language.vocabulary, model, new_generator(training.seed))
    start = time.process_time()
    result = train(network, language.train(tokens), language.validation(), training, progress=False)
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
    found += [("dimensions", FeedForwardConfig(window=8, dimensions=d, hidden=128), TrainingConfig(**best, **once))
              for d in (16, 64)]
    found += [("passes", FeedForwardConfig(window=n, dimensions=32, hidden=h), TrainingConfig(epochs=3, **best, **once))
              for n, h in ((3, 128), (8, 128))]
    found += [("seed", small, TrainingConfig(seed=1, **best, **once))]
    return found


def sweep() -> None:
    """Runs that the file has already are not done again."""
    path = FOLDER / "feedforward_sweep.json"
    done = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows = []
    for question, model, training in runs():
        names = ("optimizer", "batch_size", "lr", "epochs", "seed")
        settings = {"question": question, **asdict(model), **{name: getattr(training, name) for name in names}}
        row = next((row for row in done if settings.items() <= row.items()), None)
        if row is None:
            network, result, seconds = learn(model, training, MILLION)
            row = settings | {"parameters": network.parameter_count, "tokens": result.tokens, "steps": result.step,
                              "cpu_seconds": round(seconds, 1),
                              "validation_bits": round(float(result.best_loss / np.log(2)), 4)}
            print(row, flush=True)
        rows.append(row)
        save("feedforward_sweep.json", {"command": "python book/feedforward_data.py sweep", "rows": rows})


# --- the interactive figure ---------------------------------------------------------------------------------------------------

# For each word of the story what may stand there; the first is what the story begins with
CHOICES = [["once", "nowadays"], [","], ["a", "two", "seven"], ["rusty", "shiny", "golden", "plump"],
           ["fox", "owl", "troll", "foxes"], ["called"], ["Lova", "Signe", "Greta", "Egon", "Hugo", "Ture"],
           ["lived", "lives", "live"], ["at"], ["the"], ["pond", "lighthouse", "bakery", "tower"], [".", "!"],
           ["at", "one", "of"], ["home", "evening", "course"]]
FIGURE_TOKENS = 3 * MILLION
TOP = 5                                                            # words of each distribution that are kept
TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=0.02, evaluate_every=10**6)


def answers(model: LanguageModel, seen: int) -> list[list[int]]:
    """For every choice of the last ``seen`` words, the last one changing fastest: id, p in 1/10000, id, p, …, best first."""
    rows = []
    for context in itertools.product(*CHOICES[-seen:]):
        p = np.exp(model.next_log_probabilities(model.vocabulary.encode(list(context))))
        best = np.argsort(-p, kind="stable")[:TOP]
        rows.append([int(number) for i in best for number in (i, round(p[i] * 10**4))])
    return rows


def window() -> None:
    language = stories()
    kn = KneserNey(language.train(FIGURE_TOKENS).ids, 4, vocabulary=language.vocabulary)
    models = [{"name": "4-gram Kneser–Ney", "sees": 3, "answers": answers(kn, 3)}]
    sizes = {"dimensions": 32, "hidden": 128}
    for n in (3, 8):
        network, result, seconds = learn(FeedForwardConfig(window=n, **sizes), TRAINING, FIGURE_TOKENS)
        models.append({"name": f"network, {n} words", "sees": n, "answers": answers(network, n),
                       "validation_bits": round(float(result.best_loss / np.log(2)), 4)})
        print(models[-1]["name"], models[-1]["validation_bits"], f"{seconds:.0f} s", flush=True)
    used = sorted({i for model in models for row in model["answers"] for i in row[::2]})
    for model in models:
        model["answers"] = [[used.index(x) if k % 2 == 0 else x for k, x in enumerate(row)] for row in model["answers"]]
    save("what_the_window_sees.json", {
        "command": "python book/feedforward_data.py window", "tokens": FIGURE_TOKENS, "passes": TRAINING.epochs,
        "words": [language.vocabulary.tokens[i] for i in used], "choices": CHOICES, "models": models,
        "sizes": {"V": len(language.vocabulary), **sizes}})


def save(name: str, data: dict) -> None:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("},{", "},\n{").replace("],[", "],\n[")
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


PARTS = {"sweep": sweep, "window": window}

if __name__ == "__main__":
    torch.set_num_threads(1)
    unknown = [name for name in sys.argv[1:] if name not in PARTS]
    if unknown:
        sys.exit(f"unknown part {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
