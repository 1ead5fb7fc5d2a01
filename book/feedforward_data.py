"""Make the data of the chapter on feed-forward networks: ``python book/feedforward_data.py``, or with the names of parts.

* ``sweep`` writes book/_data/feedforward_sweep.json: trainings with other step sizes, batches, windows and widths, each with
  its settings, CPU seconds and bits per token on the 500 validation stories, which choose the settings of the ladder.
* ``window`` writes book/_data/what_the_window_sees.json: what two trained networks and 4-gram Kneser–Ney expect after every
  choice of the words that they see, for the interactive figure.

One thread each; a part takes some minutes.
"""

import itertools

import experiments
import numpy as np
from experiments import MILLION, learn, save

from llmcourse.corpora import stories
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM
from llmcourse.language_models import LanguageModel
from llmcourse.ngrams.fast import KneserNey
from llmcourse.training import TrainingConfig

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
    """All of them, into the file; those that it has already are not done again."""
    experiments.sweep("feedforward_sweep.json", "python book/feedforward_data.py sweep", FeedForwardLM, runs())


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
        network, result, seconds = learn(FeedForwardLM, FeedForwardConfig(window=n, **sizes), TRAINING, FIGURE_TOKENS)
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


PARTS = {"sweep": sweep, "window": window}

if __name__ == "__main__":
    experiments.run(PARTS)
