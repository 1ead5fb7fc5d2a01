"""The ladder: held-out bits per token of every model of the course, and how far each is from the source itself.

    python benchmarks/ladder.py                        all rungs
    python benchmarks/ladder.py 02_ngrams              only the rows of these units; the others stay as they are
    python benchmarks/ladder.py "LSTM, 10⁷ tokens"     only this row
    python benchmarks/ladder.py --from-sweep           the rows of units 07 and 09 as `book/recurrent_data.py sweep` and
                                                       `book/transformer_data.py ladder` measured them

Writes book/_data/ladder.json, a list of rows in the order of the units and of the registry below:

* parameters: numbers the model stores; training_tokens: tokens it learned from; seconds: CPU time of learning; where a
  ``device`` is named, time by the clock on it
* bits_per_token, standard_error: cross-entropy on the held-out stories and its standard error, clustered by story
* gap, gap_standard_error: the same of the paired difference to the source, token by token on the same stories

A unit adds its rungs with a function that learns from so many tokens and returns (model, parameters), and `rung`.
"""

import json
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import benchmarks.report  # isort: skip  # noqa: F401  (before NumPy: it sets one thread)

import numpy as np

from llmcourse.corpora import score, score_difference, stories
from llmcourse.corpus import Corpus
from llmcourse.gradient_descent import BigramLogits, bigram_counts, learn_logits
from llmcourse.language_models import LanguageModel, UniformModel, token_log_probabilities
from llmcourse.ngrams.fast import InterpolatedModel, KneserNey, ModifiedKneserNey

DATA = Path(__file__).resolve().parents[1] / "book" / "_data" / "ladder.json"
SWEEP = DATA.with_name("recurrent_sweep.json")
TRANSFORMERS = DATA.with_name("transformer_ladder.json")
MILLION = 10**6


@dataclass(frozen=True)
class Rung:
    """A row to be: learn(ids of so many training tokens) returns the model and how many numbers it stores."""

    unit: int
    model: str
    training_tokens: int
    learn: Callable[[np.ndarray], tuple[LanguageModel, int]]


RUNGS: list[Rung] = []


def rung(unit: int, model: str, training_tokens: int, learn: Callable[[np.ndarray], tuple[LanguageModel, int]]) -> None:
    """Add a row. ``training_tokens`` 0 is for models that learn nothing: they get no stories."""
    RUNGS.append(Rung(unit, model, training_tokens, learn))


def kneser_ney(order: int, kind: type[InterpolatedModel] = KneserNey) -> Callable[[np.ndarray], tuple[LanguageModel, int]]:
    def learn(ids: np.ndarray) -> tuple[LanguageModel, int]:
        model = kind(ids, order, vocabulary=stories().vocabulary)
        return model, model.parameters

    return learn


def learnt_bigram(step_size: float, steps: int) -> Callable[[np.ndarray], tuple[LanguageModel, int]]:
    def learn(ids: np.ndarray) -> tuple[LanguageModel, int]:
        vocabulary = stories().vocabulary
        ends = np.flatnonzero(ids == vocabulary.eos) + 1
        counts = bigram_counts(np.split(ids, ends)[:-1], len(vocabulary))
        return BigramLogits(learn_logits(counts, step_size, steps), vocabulary), counts.size

    return learn


def feed_forward(window: int, hidden: int, epochs: int) -> Callable[[np.ndarray], tuple[LanguageModel, int]]:
    """Batch and step size were chosen by the sweep in book/_data/feedforward_sweep.json."""

    def learn(ids: np.ndarray) -> tuple[LanguageModel, int]:
        from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM
        from llmcourse.training import TrainingConfig, choose_device, train

        vocabulary = stories().vocabulary
        config = FeedForwardConfig(window=window, dimensions=32, hidden=hidden)
        model = FeedForwardLM(vocabulary, config).to(choose_device())
        train(model, Corpus.split(ids, vocabulary.eos), stories().validation(),
              TrainingConfig(epochs=epochs, batch_size=16, lr=0.02, evaluate_every=1000))
        return model, model.parameter_count

    return learn


def best_of_sweep(kind: str) -> dict[str, Any]:
    """The row of a kind of cell that needs fewest bits on the validation stories."""
    rows = json.loads(SWEEP.read_text(encoding="utf-8"))["rows"]
    return min((row for row in rows if row["kind"] == kind), key=lambda row: row["validation_bits"])


def first_transformer() -> dict[str, Any]:
    """The row of the transformer that was trained with seed 0."""
    rows = json.loads(TRANSFORMERS.read_text(encoding="utf-8"))["rows"]
    return next(row for row in rows if row["seed"] == 0)


def recurrent(kind: str) -> Callable[[np.ndarray], tuple[LanguageModel, int]]:
    """With the settings of the best run of this kind in book/_data/recurrent_sweep.json."""

    def learn(ids: np.ndarray) -> tuple[LanguageModel, int]:
        from llmcourse.recurrent import RecurrentConfig, RecurrentLM
        from llmcourse.training import TrainingConfig, choose_device, new_generator, train

        vocabulary, best = stories().vocabulary, best_of_sweep(kind)
        config = RecurrentConfig(**{field.name: best[field.name] for field in fields(RecurrentConfig)})
        model = RecurrentLM(vocabulary, config, new_generator(best["seed"])).to(choose_device())
        settings = {name: best[name] for name in ("optimizer", "batch_size", "lr", "epochs", "seed")}
        train(model, Corpus.split(ids, vocabulary.eos), stories().validation(),
              TrainingConfig(evaluate_every=10**6, **settings))
        return model, model.parameter_count

    return learn


def transformer(ids: np.ndarray) -> tuple[LanguageModel, int]:
    """With the settings in llmcourse/transformer/ladder.py."""
    from llmcourse.training import choose_device, new_generator, train
    from llmcourse.transformer import LADDER, LADDER_TRAINING, TransformerLM

    vocabulary = stories().vocabulary
    model = TransformerLM(vocabulary, LADDER, new_generator(LADDER_TRAINING.seed)).to(choose_device())
    train(model, Corpus.split(ids, vocabulary.eos), stories().validation(), LADDER_TRAINING)
    return model, model.parameter_count


rung(1, "source (floor)", 0, lambda ids: (stories(), 0))
rung(1, "uniform", 0, lambda ids: (UniformModel(stories().vocabulary), 0))
rung(2, "unigram KN", MILLION, kneser_ney(1))
rung(2, "bigram KN", MILLION, kneser_ney(2))
rung(2, "trigram KN", MILLION, kneser_ney(3))
rung(2, "4-gram KN", MILLION, kneser_ney(4))
rung(2, "5-gram modified KN", MILLION, kneser_ney(5, ModifiedKneserNey))
rung(2, "5-gram KN", MILLION, kneser_ney(5))
rung(2, "5-gram KN, 10⁷ tokens", 10 * MILLION, kneser_ney(5))
rung(2, "5-gram modified KN, 10⁷", 10 * MILLION, kneser_ney(5, ModifiedKneserNey))
rung(3, "bigram, descent", MILLION, learnt_bigram(step_size=4.0, steps=15_000))
rung(6, "feed-forward, 3 words", MILLION, feed_forward(window=3, hidden=128, epochs=3))
rung(6, "feed-forward, 8 words", MILLION, feed_forward(window=8, hidden=128, epochs=3))
rung(6, "feed-forward, 8 words, 10⁷ tokens", 10 * MILLION, feed_forward(window=8, hidden=128, epochs=1))
rung(7, "RNN, 10⁷ tokens", 10 * MILLION, recurrent("rnn"))
rung(7, "LSTM, 10⁷ tokens", 10 * MILLION, recurrent("lstm"))
rung(7, "GRU, 10⁷ tokens", 10 * MILLION, recurrent("gru"))
rung(9, "transformer, 10⁷ tokens", 10 * MILLION, transformer)


def climb(rungs: Sequence[Rung]) -> list[dict]:
    """Learn and measure these rungs."""
    held_out = stories().held_out()
    texts = list(held_out)
    floor = stories().token_log_probabilities(held_out)
    rows = []
    for r in rungs:
        ids = stories().train(r.training_tokens).ids if r.training_tokens else np.empty(0, np.int64)
        start = time.process_time()
        model, parameters = r.learn(ids)
        seconds = time.process_time() - start
        scores = token_log_probabilities(model, texts)
        bits, gap = score(scores, held_out.lengths), score_difference(scores, floor, held_out.lengths)
        rows.append({
            "unit": r.unit, "model": r.model, "parameters": parameters, "training_tokens": len(ids),
            "seconds": round(seconds, 3), "bits_per_token": bits.mean, "standard_error": bits.standard_error,
            "gap": gap.mean, "gap_standard_error": gap.standard_error,
        })  # fmt: skip
        print("{unit:02d} {model:24} {parameters:>11,} numbers {training_tokens:>11,} tokens {seconds:7.2f} s  "
              "{bits_per_token:.4f} ± {standard_error:.4f} bits  gap {gap:.4f} ± {gap_standard_error:.4f}".format(**rows[-1]))
    return rows


def rows_of_sweep() -> list[dict]:
    """The rows of units 07 and 09 from what was measured when their scripts trained; seconds are those of the clock."""
    rows = []
    for r in RUNGS:
        if r.unit == 7 or (r.unit == 9 and TRANSFORMERS.exists()):
            best = best_of_sweep(r.model.partition(",")[0].lower()) if r.unit == 7 else first_transformer()
            rows.append({"unit": r.unit, "model": r.model, "parameters": best["parameters"], "training_tokens": best["tokens"]}
                        | {key: best[key] for key in ("seconds", "device", "bits_per_token", "standard_error", "gap",
                                                      "gap_standard_error")})
    return rows


def merge(old: list[dict], new: list[dict], units: Collection[int] = ()) -> list[dict]:
    """The new rows in place of all of these units and of those with their names, the rest kept, in the order of the rungs."""
    order = {(r.unit, r.model): place for place, r in enumerate(RUNGS)}
    named = {(row["unit"], row["model"]) for row in new}
    kept = [row for row in old if row["unit"] not in units and (row["unit"], row["model"]) not in named]
    return sorted(kept + new, key=lambda row: (row["unit"], order.get((row["unit"], row["model"]), len(order))))


def main(names: list[str]) -> None:
    measured, names = "--from-sweep" in names, [name for name in names if name != "--from-sweep"]
    known = sorted({r.unit for r in RUNGS})
    number = {name: int(unit) if (unit := name.split("_")[0]).isdigit() else -1 for name in names}
    alone = {r.model for r in RUNGS} & set(names)
    if any(number[name] not in known for name in set(names) - alone):
        sys.exit(f"units with rungs: {', '.join(f'{unit:02d}' for unit in known)}; got {' '.join(names)}")
    units = {number[name] for name in set(names) - alone} if names or measured else set(known)
    old = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else []
    new = climb([r for r in RUNGS if r.unit in units or r.model in alone]) + (rows_of_sweep() if measured else [])
    DATA.parent.mkdir(parents=True, exist_ok=True)
    DATA.write_text(json.dumps(merge(old, new, units), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
