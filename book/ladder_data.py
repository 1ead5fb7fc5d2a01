"""Climb the whole ladder: ``make ladder``, or ``python book/ladder_data.py [--jobs N]``.

Every model of the course learns from the same million tokens of stories, each read once, and is measured on the same
held-out stories. A kind of network is tried with three step sizes or more and seed 0; the validation stories choose, and the
best gets two more seeds. Trainings run side by side, one thread each, as many as there are cores (``--jobs``).

Writes book/_data/finished_ladder.json: a row for each model and seed, and all that was tried; and
finished_ladder_stories.json: for each row the bits above the source of each held-out story, from which the difference of any
two models follows with its error.

What is finished lies in build/ladder, a file a training, until everything is: a run that was stopped goes on where it was. A
file that was made with other settings is not used.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import experiments
import numpy as np
import torch
from experiments import (
    MILLION,
    agreement_of,
    device_name,
    held_out_figures,
    held_out_tests,
    learn,
    network_scores,
    save,
    window_scores,
)
from tqdm import tqdm

from autograder.isolation.confine import die_with_the_parent
from benchmarks.ladder import RUNGS
from llmcourse.attention.language_model import AttentionConfig, AttentionLM
from llmcourse.corpora import score, stories
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM
from llmcourse.language_models import token_log_probabilities
from llmcourse.recurrent import RecurrentConfig, RecurrentLM
from llmcourse.training import NeuralLanguageModel, TrainingConfig, device_of
from llmcourse.transformer import LADDER, LADDER_TRAINING, TransformerLM

TOKENS = MILLION
SEEDS = (0, 1, 2)
WORK = Path(__file__).resolve().parents[1] / "build" / "ladder"


@dataclass(frozen=True)
class Family:
    """A kind of network: what it is, how it is trained but for step size and seed, and the step sizes that are tried."""

    unit: int
    model: str
    kind: Callable[..., NeuralLanguageModel]
    config: Any
    training: TrainingConfig
    step_sizes: tuple[float, ...]
    swept: str = "lr"                                                      # the field that is the step size

    def job(self, step_size: float, seed: int) -> dict[str, Any]:
        """All that says what will be trained, in JSON's values."""
        training = replace(self.training, **{self.swept: step_size, "seed": seed})
        return json.loads(json.dumps({"unit": self.unit, "model": self.model, "step_size": step_size, "seed": seed,
                                      "tokens": TOKENS, "config": asdict(self.config), "training": asdict(training)}))


ONCE = TrainingConfig(evaluate_every=10**6)
WINDOWED = replace(ONCE, batch_size=16)


def family_list() -> list[Family]:
    """The networks in the order of the units."""
    def feed_forward(window: int) -> Family:
        return Family(6, f"feed-forward, {window} words", FeedForwardLM,
                      FeedForwardConfig(window=window, dimensions=32, hidden=128), WINDOWED, (0.01, 0.02, 0.04))

    def recurrent(kind: str, step_sizes: tuple[float, ...]) -> Family:
        return Family(7, kind.upper(), RecurrentLM, RecurrentConfig(kind, dimensions=256, hidden=256), ONCE, step_sizes)

    return [feed_forward(3), feed_forward(8), recurrent("rnn", (0.0025, 0.005, 0.01, 0.02)),
            recurrent("lstm", (0.01, 0.02, 0.04)), recurrent("gru", (0.005, 0.01, 0.02, 0.04)),
            Family(8, "attention alone", AttentionLM, AttentionConfig(heads=4), ONCE, (0.005, 0.01, 0.02)),
            Family(9, "transformer", TransformerLM, LADDER, LADDER_TRAINING, (0.01, 0.02, 0.04, 0.08), "matrix_lr")]


FAMILIES = {family.model: family for family in family_list()}
# What is counted, is fitted to counts, or learns nothing: the rungs of the first units, at this number of tokens.
COUNTED = {r.model: r for r in RUNGS if r.unit <= 3 and r.training_tokens <= MILLION}


def counted_job(model: str) -> dict[str, Any]:
    r = COUNTED[model]
    return {"unit": r.unit, "model": model, "step_size": None, "seed": None, "tokens": TOKENS if r.training_tokens else 0,
            "config": None, "training": None}


# --- one row ----------------------------------------------------------------------------------------------------------------

def above_the_source(scores: np.ndarray) -> list[int]:
    """Hundredths of bits that each held-out story needs more than the source needs for it."""
    lengths = held_out_tests()[0].lengths
    bits = np.bincount(np.repeat(np.arange(len(lengths)), lengths), experiments.floor_scores() - scores) / np.log(2)
    return [round(100 * one) for one in bits.tolist()]


def climb(job: dict[str, Any], metrics: Path) -> dict[str, Any]:
    """Learn and measure what a job says: {"job": …, "row": …, "stories": …}."""
    torch.set_num_threads(1)
    start, (texts, _) = time.process_time(), held_out_tests()
    if job["model"] in FAMILIES:
        family = FAMILIES[job["model"]]
        training = replace(family.training, **{family.swept: job["step_size"], "seed": job["seed"]})
        try:
            model, result, seconds = learn(family.kind, family.config, training, job["tokens"], metrics)
        except FloatingPointError as problem:
            return {"job": job, "row": {"validation_bits": None, "problem": str(problem)}, "stories": None}
        found = {"parameters": model.parameter_count, "training_tokens": result.tokens, "seconds": round(seconds, 1),
                 "device": device_name(device_of(model)), "validation_bits": round(result.best_loss / float(np.log(2)), 4)}
        scores = model.token_log_probabilities(texts)
        agreement = agreement_of(lambda texts, at: network_scores(model, texts, at))
    else:
        ids = experiments.training_text(job["tokens"]).ids if job["tokens"] else np.empty(0, np.int64)
        begin = time.process_time()
        model, parameters = COUNTED[job["model"]].learn(ids)
        seconds, validation = time.process_time() - begin, stories().validation()
        found = {"parameters": parameters, "training_tokens": len(ids), "seconds": round(seconds, 3),
                 "device": device_name(torch.device("cpu")),
                 "validation_bits": round(score(token_log_probabilities(model, list(validation)), validation.lengths).mean, 4)}
        scores = token_log_probabilities(model, list(texts))
        seen = None if job["unit"] == 1 else getattr(model, "order", 2) - 1
        agreement = agreement_of(lambda texts, at: window_scores(model, seen, texts, at))
    row = {key: job[key] for key in ("unit", "model", "seed", "step_size")} | found | held_out_figures(scores) | {
        "agreement": agreement, "cpu_seconds": round(time.process_time() - start, 1)}
    return {"job": job, "row": row, "stories": above_the_source(scores)}


# --- all of them ------------------------------------------------------------------------------------------------------------

def place(job: dict[str, Any]) -> Path:
    """Where a finished row lies until all are."""
    words = [str(job[key]) for key in ("model", "step_size", "seed") if job[key] is not None]
    return WORK / (re.sub(r"[^a-z0-9.]+", "-", " ".join(words).lower()) + ".json")


def finished(job: dict[str, Any]) -> dict[str, Any] | None:
    """What an earlier run has measured for just this job, None where there is nothing."""
    path = place(job)
    made = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return made if made and made["job"] == job else None


def keep(made: dict[str, Any]) -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    path = place(made["job"])
    part = path.with_suffix(".part")
    part.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    os.replace(part, path)


def best_step_size(tried: Iterable[dict[str, Any]]) -> float:
    """The step size that needs fewest bits on the validation stories. Raises ValueError where no training came to an end."""
    whole = [one["row"] for one in tried if one["row"]["validation_bits"] is not None]
    if not whole:
        raise ValueError("no step size led to finite numbers")
    return min(whole, key=lambda row: row["validation_bits"])["step_size"]


def wanted(done: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The jobs of which it is known that they have to be done, the slowest kinds first.

    A kind whose step sizes have all been tried gets its other seeds.
    """
    jobs = []
    for family in reversed(FAMILIES.values()):
        sweep = [family.job(step_size, SEEDS[0]) for step_size in family.step_sizes]
        tried = [one for one in done if one["job"] in sweep]
        jobs += sweep
        if len(tried) == len(sweep):
            jobs += [family.job(best_step_size(tried), seed) for seed in SEEDS[1:]]
    return jobs + [counted_job(model) for model in COUNTED]


def tokens_read(metrics: Path) -> int:
    """How far a training is that writes its figures there."""
    if not metrics.exists():
        return 0
    with open(metrics, "rb") as file:
        file.seek(max(0, metrics.stat().st_size - 1000))                   # the last lines; the first of them may be cut off
        whole = [line for line in file.read().split(b"\n")[:-1] if line.startswith(b"{")]
    return max((json.loads(line).get("tokens", 0) for line in whole), default=0)


def kept() -> list[dict[str, Any]]:
    """What a run that was stopped has left."""
    done: list[dict[str, Any]] = []
    while more := [made for job in missing(done) if (made := finished(job))]:
        done += more
    return done


def missing(done: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is wanted and not done."""
    there = [one["job"] for one in done]
    return [job for job in wanted(done) if job not in there]


def climb_all(at_once: int) -> list[dict[str, Any]]:
    """Everything that is wanted, so many side by side; what is finished already is taken as it is."""
    done = kept()
    for made in done:
        print("kept ", in_words(made))
    if not missing(done):
        return done
    trainings = sum(len(family.step_sizes) + len(SEEDS) - 1 for family in FAMILIES.values())
    before = networks = sum(one["job"]["training"] is not None for one in done)
    running: dict[Future[dict[str, Any]], tuple[dict[str, Any], Path]] = {}
    with (tempfile.TemporaryDirectory() as folder,
          ProcessPoolExecutor(at_once, mp_context=get_context("spawn"), initializer=die_with_the_parent) as pool,
          tqdm(total=(trainings - before) * TOKENS, unit=" tokens", unit_scale=True, smoothing=0.05) as bar):
        try:
            while todo := missing(done):
                free = [job for job in todo if all(job != other for other, _ in running.values())]
                for job in free[:at_once - len(running)]:
                    metrics = Path(folder) / place(job).name
                    running[pool.submit(climb, job, metrics)] = job, metrics
                ended, _ = wait(running, timeout=2, return_when=FIRST_COMPLETED)
                for future in ended:
                    del running[future]
                    done.append(future.result())
                    keep(done[-1])
                    networks += done[-1]["job"]["training"] is not None
                    bar.write(in_words(done[-1]), file=sys.stdout)
                now = (networks - before) * TOKENS + sum(tokens_read(path) for _, path in running.values())
                bar.set_postfix_str(f"{len(done)} rows", refresh=False)
                bar.update(max(0, now - bar.n))
        except KeyboardInterrupt:                                          # the others are told by the terminal, too
            pool.shutdown(wait=False, cancel_futures=True)
            sys.exit(f"stopped; {len(done)} finished rows are kept, and the next run goes on from there")
    return done


def in_words(made: dict[str, Any]) -> str:
    """A finished row in a line."""
    job, row = made["job"], made["row"]
    name = " ".join([job["model"], *(f"{key} {job[key]}" for key in ("step_size", "seed") if job[key] is not None)])
    if row["validation_bits"] is None:
        return f"{name:44} {row['problem']}"
    return (f"{name:44} {row['parameters']:>9,} numbers {row['bits_per_token']:.4f} bits  "
            f"gap {row['gap']:.4f} ± {row['gap_standard_error']:.4f}  {row['seconds']:6.1f} s")


def write(done: Sequence[dict[str, Any]]) -> None:
    """Both files: the rows in the order of the units, networks with the step size that was chosen."""
    lengths = held_out_tests()[0].lengths
    made = {name: next(one for one in done if one["job"] == counted_job(name)) for name in COUNTED}
    rows, swept = [one for one in made.values()], []
    for family in FAMILIES.values():
        tried = [one for size in family.step_sizes for one in done if one["job"] == family.job(size, SEEDS[0])]
        chosen = best_step_size(tried)
        swept += [{"model": family.model, "field": family.swept, "step_size": one["job"]["step_size"],
                   "validation_bits": one["row"]["validation_bits"], "chosen": one["job"]["step_size"] == chosen}
                  for one in tried]
        rows += [one for seed in SEEDS for one in done if one["job"] == family.job(chosen, seed)]
    save("finished_ladder.json", {
        "command": "make ladder", "tokens": TOKENS, "seeds": list(SEEDS), "far": experiments.FAR,
        "held_out": {"stories": len(lengths), "tokens": int(lengths.sum())},
        "cpu_seconds": round(sum(one["row"].get("cpu_seconds", 0) for one in done), 1), "trainings": len(swept) + len(
            FAMILIES) * (len(SEEDS) - 1),
        "settings": {family.model: {"config": asdict(family.config), "training": asdict(family.training)}
                     for family in FAMILIES.values()},
        "swept": swept, "rows": [one["row"] for one in rows]})
    save("finished_ladder_stories.json", {
        "command": "make ladder", "unit": "hundredths of bits above the source, a number a story", "lengths": lengths.tolist(),
        "rows": [{"model": one["job"]["model"], "seed": one["job"]["seed"], "above": one["stories"]} for one in rows]})


def main() -> None:
    parser = argparse.ArgumentParser(description="Train and measure every model of the course at equal tokens.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="trainings side by side (default: one a core)")
    start, done = time.perf_counter(), climb_all(parser.parse_args().jobs)
    write(done)
    shutil.rmtree(WORK)                                                    # the next run starts from nothing
    print(f"{len(done)} rows, {sum(one['row'].get('cpu_seconds', 0) for one in done) / 60:.1f} minutes of CPU time in all; "
          f"this run took {(time.perf_counter() - start) / 60:.1f} minutes by the clock")


if __name__ == "__main__":
    main()
