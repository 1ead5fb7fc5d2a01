"""What the scripts that train for the chapters share: a training, a sweep of them, and the JSON that chapters read."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from llmcourse.corpora import KINDS, score, score_difference, stories
from llmcourse.corpora.agreement import Agreement
from llmcourse.corpus import Corpus
from llmcourse.language_models import LanguageModel
from llmcourse.training import (
    NeuralLanguageModel,
    Training,
    TrainingConfig,
    block,
    choose_device,
    device_of,
    evaluating,
    inputs,
    new_generator,
    sorted_batches,
    train,
)

FOLDER = Path(__file__).resolve().parent / "_data"
MILLION = 10**6
SETTINGS = ("optimizer", "batch_size", "lr", "epochs", "seed")  # of a training, those that a sweep changes


@lru_cache(maxsize=1)
def training_text(tokens: int) -> Corpus:
    """So many tokens of stories, drawn once."""
    return stories().train(tokens)


def learn(kind: Callable[..., NeuralLanguageModel], model: object, training: TrainingConfig, tokens: int,
          metrics: Path | None = None) -> tuple[Any, Training, float]:
    """A model of a kind trained on so many tokens of stories, how it went, and its CPU seconds. On a GPU where there is one.

    metrics: a file for the figures of every step.
    """
    language, text = stories(), training_text(tokens)
    network = kind(language.vocabulary, model, new_generator(training.seed)).to(choose_device())
    start = time.process_time()
    result = train(network, text, language.validation(), training, metrics=metrics, progress=False)
    return network, result, time.process_time() - start


def sweep(name: str, command: str, kind: Callable[..., NeuralLanguageModel],
          runs: Sequence[tuple[str, Any, TrainingConfig]], *, tokens: int = MILLION,
          measure: Callable[[Any, list[dict[str, Any]], dict[str, Any]], dict[str, Any]] | None = None,
          settings: Sequence[str] = SETTINGS, keep_diverged: bool = False) -> None:
    """Train each (question, model, training) on so many tokens. What the file has already is not done again.

    The file is written after every run. measure(network, earlier rows, this one) returns what else the row should have.
    settings: which fields of the training a row names. A training whose loss stops being a number gets no row, or, with
    ``keep_diverged``, one that says so and has no figures.
    """
    path = FOLDER / name
    done = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows: list[dict[str, Any]] = []

    def keep(*, whole: bool = False) -> None:
        later = [] if whole else [row for row in done if row not in rows]  # else a sweep that is stopped would lose them
        save(name, {"command": command, "rows": rows + later})

    for question, model, training in runs:
        named = {"question": question, **asdict(model), **{key: getattr(training, key) for key in settings}}
        named = json.loads(json.dumps(named))                              # a tuple becomes a list, as in the file
        row = next((row for row in done if named.items() <= row.items()), None)
        if row is None:
            try:
                network, result, seconds = learn(kind, model, training, tokens)
            except FloatingPointError as problem:
                print(named, problem, flush=True)
                if keep_diverged:
                    rows.append(named | {"diverged": str(problem)})
                    keep()
                continue
            row = named | {"parameters": network.parameter_count, "tokens": result.tokens, "steps": result.step,
                           "cpu_seconds": round(seconds, 1), "seconds": round(result.seconds, 1),
                           "device": device_name(device_of(network)),
                           "validation_bits": round(float(result.best_loss / np.log(2)), 4)}
            if measure is not None:
                row |= measure(network, rows, row)
            print(row, flush=True)
        rows.append(row)
        keep()
    keep(whole=True)


def kept_rows(name: str, **head: object) -> list[dict[str, Any]]:
    """The rows that a file has already, if it says of itself that they were made so, else none.

    head: what the file says beside its rows, such as ``model`` and ``training``. A setting that it does not name, because there
    was no such setting then, is taken for the one of today.
    """
    path = FOLDER / name
    done = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}
    for key, value in json.loads(json.dumps(head)).items():               # a tuple becomes a list, as in the file
        was = done.get(key, value)
        if not (was.items() <= value.items() if isinstance(value, dict) and isinstance(was, dict) else was == value):
            return []
    return list(done["rows"])


FAR = 8  # tokens; what was said longer ago counts as far


@lru_cache(maxsize=1)
def held_out_tests(n_stories: int | None = None) -> tuple[Corpus, Agreement]:
    """The held-out stories, or the first of them, and the words in them whose form was decided earlier."""
    held_out = stories().held_out() if n_stories is None else stories().held_out(n_stories)
    return held_out, stories().agreement(held_out)


def network_scores(model: NeuralLanguageModel, texts: Corpus, positions: np.ndarray) -> np.ndarray:
    """The logits (P, V) with which a network predicts the tokens at these positions of the texts, (P,), which grow."""
    rows = np.empty((len(positions), len(model.vocabulary)), np.float32)
    wanted = np.zeros(len(texts.ids), bool)
    wanted[positions] = True
    with evaluating(model):
        for numbers in sorted_batches(texts.lengths, 64):
            text = block(texts, numbers, device_of(model))
            places = texts.starts[numbers][:, None] + np.arange(text.ids.shape[1])           # (B, T)
            real = text.mask.cpu().numpy()
            chosen = real & wanted[np.where(real, places, 0)]
            logits = model(inputs(text, model.vocabulary.bos))[torch.from_numpy(chosen).to(text.ids.device)]
            rows[np.searchsorted(positions, places[chosen])] = logits.cpu().numpy()
    return rows


def agreement_of(scores: Callable[[Corpus, np.ndarray], np.ndarray],
                 n_stories: int | None = None) -> dict[str, dict[str, list[int]]]:
    """{kind: {"near": [tests, right], "far": [tests, right]}}: a word is right if it scores above each of its wrong forms.

    scores(texts, positions) returns a row (V,) for each of the positions.
    """
    texts, tests = held_out_tests(n_stories)
    positions, row_of = np.unique(tests.position, return_inverse=True)
    rows, right = scores(texts, positions), np.zeros(len(tests), bool)
    targets = texts.ids[tests.position]
    for kind, token in sorted(set(zip(tests.kind.tolist(), targets.tolist(), strict=True))):
        these = np.flatnonzero((tests.kind == kind) & (targets == token))
        z, wrong = rows[row_of[these]], stories().competitors(KINDS[kind], token)
        right[these] = z[:, token] > z[:, wrong].max(axis=1)
    far = tests.distance > FAR
    return {name: {word: [int((these & part).sum()), int((right & these & part).sum())]
                   for word, part in (("near", ~far), ("far", far))}
            for k, name in enumerate(KINDS) for these in [tests.kind == k]}


def window_scores(model: LanguageModel, seen: int | None, texts: Corpus, positions: np.ndarray) -> np.ndarray:
    """The same of a model that sees so many tokens, or all: log-probabilities (P, V). Equal contexts are asked about once."""
    known: dict[tuple[int, ...], np.ndarray] = {}
    rows = []
    for at, first in zip(positions.tolist(), texts.starts[texts.text_of[positions]].tolist(), strict=True):
        context = tuple(texts.ids[first if seen is None else max(first, at - seen):at].tolist())
        if context not in known:
            known[context] = model.next_log_probabilities(context)
        rows.append(known[context])
    return np.array(rows)


def floor_scores() -> np.ndarray:
    """How probable the source finds each token of the held-out stories, in nats."""
    return stories().token_log_probabilities(held_out_tests()[0])


def held_out_figures(scores: np.ndarray) -> dict[str, float]:
    """Bits per token on the held-out stories, and how far above the source, each with its error. scores: of every token."""
    lengths = held_out_tests()[0].lengths
    bits, gap = score(scores, lengths), score_difference(scores, floor_scores(), lengths)
    return {"bits_per_token": bits.mean, "standard_error": bits.standard_error, "gap": gap.mean,
            "gap_standard_error": gap.standard_error}


def network_figures(network: NeuralLanguageModel) -> dict[str, Any]:
    """The same of a network, and its agreement."""
    return {**held_out_figures(network.token_log_probabilities(held_out_tests()[0])),
            "agreement": agreement_of(lambda texts, at: network_scores(network, texts, at))}


def seconds_for(call: Callable[[], object], rounds: int = 7) -> float:
    """Median CPU seconds of a call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return float(np.median(times))


def device_name(device: torch.device) -> str:
    """What a device is called in words."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, threads: {torch.get_num_threads()}"


def save(name: str, data: dict[str, object]) -> None:
    """Write a file of ``_data``, a row a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("},{", "},\n{").replace("],[", "],\n[")
    whole = FOLDER / f".{name}.part"                                       # whoever is stopped here leaves the old file
    whole.write_text(text + "\n", encoding="utf-8")
    os.replace(whole, FOLDER / name)


def run(parts: dict[str, Callable[[], None]]) -> None:
    """Run the parts named on the command line, or all; on one thread, so that the seconds say something."""
    torch.set_num_threads(1)
    unknown = [name for name in sys.argv[1:] if name not in parts]
    if unknown:
        sys.exit(f"unknown part {unknown[0]!r}; there are {', '.join(parts)}")
    for name in sys.argv[1:] or parts:
        start = time.process_time()
        parts[name]()
        print(name, f"{time.process_time() - start:.0f} s of CPU time", flush=True)
