"""What the scripts that train for the chapters share: a training, a sweep of them, and the JSON that chapters read."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from llmcourse.corpora import stories
from llmcourse.training import NeuralLanguageModel, Training, TrainingConfig, new_generator, train

FOLDER = Path(__file__).resolve().parent / "_data"
MILLION = 10**6
SETTINGS = ("optimizer", "batch_size", "lr", "epochs", "seed")  # of a training, those that a sweep changes


def learn(kind: Callable[..., NeuralLanguageModel], model: object, training: TrainingConfig, tokens: int) -> tuple[
        Any, Training, float]:
    """A model of a kind trained on so many tokens of stories, how it went, and its CPU seconds."""
    language = stories()
    network = kind(language.vocabulary, model, new_generator(training.seed))
    start = time.process_time()
    result = train(network, language.train(tokens), language.validation(), training, progress=False)
    return network, result, time.process_time() - start


def sweep(name: str, command: str, kind: Callable[..., NeuralLanguageModel],
          runs: Sequence[tuple[str, Any, TrainingConfig]]) -> None:
    """Train each (question, model, training) on a million tokens. What the file has already is not done again."""
    path = FOLDER / name
    done = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows = []
    for question, model, training in runs:
        settings = {"question": question, **asdict(model), **{key: getattr(training, key) for key in SETTINGS}}
        row = next((row for row in done if settings.items() <= row.items()), None)
        if row is None:
            network, result, seconds = learn(kind, model, training, MILLION)
            row = settings | {"parameters": network.parameter_count, "tokens": result.tokens, "steps": result.step,
                              "cpu_seconds": round(seconds, 1),
                              "validation_bits": round(float(result.best_loss / np.log(2)), 4)}
            print(row, flush=True)
        rows.append(row)
        save(name, {"command": command, "rows": rows})


def save(name: str, data: dict[str, object]) -> None:
    """Write a file of ``_data``, a row a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("},{", "},\n{").replace("],[", "],\n[")
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


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
