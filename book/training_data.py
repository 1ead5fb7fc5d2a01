"""Make the data of the chapter on training: ``python book/training_data.py``, or with the names of parts.

Each part writes a file of its own, book/_data/training_<part>.json. What is in a file already is not done again. A GPU is used
where there is one; the times are of one thread of a CPU.

* ``optimizers``: SGD, AdamW and Muon at equal tokens, each with several step sizes, and their validation curves; 25 minutes.
* ``scaling``: bits above the floor against parameters and tokens; 20 minutes.
* ``costs``: how many operations a second trainings get out of this machine, and how long larger models would take; a minute.
* ``memory``: what a step keeps for the way back, against the batch, the length and the number of micro-batches; a minute.
* ``nudges``: a model of letters in three languages, what the gradients of each do to the loss of the others, and what is
  lost where a language is left out; 5 minutes.
* ``shakespeare``: the letters of Tiny Shakespeare (downloaded), 2,000 steps of 12 windows of 64; 4 minutes.

``--smoke`` in front does all of it small and writes into a temporary folder: half a minute a part.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import experiments
import numpy as np
import torch
from experiments import MILLION, device_name, kept_rows, learn, save
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from llmcourse.corpora import LANGUAGES, paragraphs, score, score_difference, stories, tiny_shakespeare
from llmcourse.corpora.downloads import DownloadError
from llmcourse.corpus import Corpus
from llmcourse.training import (
    Block,
    TrainingConfig,
    choose_device,
    device_of,
    language_model_loss,
    mean_loss,
    new_generator,
    train,
)
from llmcourse.training.characters import characters
from llmcourse.training.costs import hours, saved_bytes, training_flops
from llmcourse.training.windows import pack, window_loss, windows
from llmcourse.transformer import TransformerConfig, TransformerLM, parameter_count
from llmcourse.vocabulary import Vocabulary

SMOKE = "--smoke" in sys.argv
SMALL = TransformerConfig()                                        # 2 layers × 128, 4 heads
LN_2 = float(np.log(2))


def written(part: str, **content: object) -> None:
    save(f"training_{part}.json", {"command": f"python book/training_data.py {part}", **content})


def short(row: dict[str, Any]) -> dict[str, Any]:
    """A row to be printed."""
    return {name: value for name, value in row.items() if name not in ("curve", "training")}


def on_validation() -> tuple[Corpus, np.ndarray]:
    """The validation stories, and how probable the source finds each of their tokens."""
    texts = stories().validation()
    return texts, stories().token_log_probabilities(texts)


def non_embedding(config: TransformerConfig, size: int) -> int:
    """N of 6·N·D: weights that a token is multiplied with. Looking up a row of E multiplies nothing."""
    counts = parameter_count(size, config)
    return counts["total"] - counts["positions"] - (0 if config.tied else counts["embedding"])


# --- optimisers at equal tokens ---------------------------------------------------------------------------------------------

EQUAL_TOKENS = 60_000 if SMOKE else 2 * MILLION
STEP_SIZES = {"sgd": (0.3, 1.0, 3.0, 10.0), "adamw": (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016),
              "muon": (0.005, 0.01, 0.02, 0.04)}


def trainings() -> Iterable[tuple[str, float, TrainingConfig]]:
    """What is tried: (optimiser, step size, training). Muon's is that of the matrices; all else has AdamW's 3e-3 there."""
    for optimizer, sizes in STEP_SIZES.items():
        for size in sizes[:1] if SMOKE else sizes:
            rates = {"matrix_lr": size, "lr": 3e-3} if optimizer == "muon" else {"lr": size}
            yield optimizer, size, TrainingConfig(optimizer=optimizer, evaluate_every=10 if SMOKE else 70, **rates)


def optimizers() -> None:
    """One pass over the same stories in the same order. A training whose loss stops being a number has no bits."""
    kept, rows = kept_rows("training_optimizers.json", model=asdict(SMALL)), []
    done = {(row["optimizer"], row["step_size"]): row for row in kept}
    floor = stories().floor(stories().validation()).mean
    for optimizer, size, training in trainings():
        row = done.get((optimizer, size))
        if row is None:
            row = {"optimizer": optimizer, "step_size": size, "training": asdict(training), "validation_bits": None}
            try:
                network, result, _ = learn(TransformerLM, SMALL, training, EQUAL_TOKENS)
                per_step = result.tokens / result.step
                row |= {"validation_bits": round(result.best_loss / LN_2, 4), "tokens": result.tokens, "steps": result.step,
                        "seconds": round(result.seconds, 1), "device": device_name(device_of(network)),
                        "curve": [[round(step * per_step), round(loss / LN_2, 4)] for step, loss in result.evaluations]}
            except FloatingPointError as problem:
                print(problem, flush=True)
            print(short(row), flush=True)
        rows.append(row)
        written("optimizers", model=asdict(SMALL), floor=round(floor, 4), rows=rows)


# --- scaling ----------------------------------------------------------------------------------------------------------------

WIDTHS = (16, 32) if SMOKE else (16, 32, 64, 128)
TOKENS = (20_000, 40_000) if SMOKE else (MILLION // 4, MILLION // 2, MILLION, 2 * MILLION, 4 * MILLION)


def scaling() -> None:
    """Every width with every number of tokens, each story read once, Muon with lr 3e-3 and matrix_lr 0.01."""
    kept, rows = kept_rows("training_scaling.json", layers=SMALL.layers), []
    done = {(row["width"], row["wanted_tokens"]): row for row in kept}
    texts, floor = on_validation()
    for width in WIDTHS:
        for tokens in TOKENS:
            row = done.get((width, tokens))
            if row is None:
                config = replace(SMALL, width=width)
                training = TrainingConfig(optimizer="muon", lr=3e-3, matrix_lr=0.01, evaluate_every=10**6)
                network, result, _ = learn(TransformerLM, config, training, tokens)
                scores = network.token_log_probabilities(texts)
                gap = score_difference(scores, floor, texts.lengths)
                N = non_embedding(config, len(stories().vocabulary))
                row = {"width": width, "wanted_tokens": tokens, "parameters": network.parameter_count, "N": N,
                       "tokens": result.tokens, "flops": training_flops(N, result.tokens),
                       "bits": round(score(scores, texts.lengths).mean, 4), "gap": round(gap.mean, 4),
                       "gap_standard_error": round(gap.standard_error, 4), "seconds": round(result.seconds, 1),
                       "device": device_name(device_of(network))}
                print(row, flush=True)
            rows.append(row)
            written("scaling", layers=SMALL.layers, floor=round(score(floor, texts.lengths).mean, 4), rows=rows)


# --- costs ------------------------------------------------------------------------------------------------------------------

GPT = TransformerConfig(layers=4, positions="sinusoidal", tied=True, bias=True)      # the one that the lecture counts, our V
LARGE = {"course, 10⁷ tokens": (None, 1e7), "44 M, 10⁹ tokens": (44_138_496, 1e9), "7 B, 10¹² tokens": (7e9, 1e12)}
TIMED_STEPS = 3 if SMOKE else 20


def costs() -> None:
    size, rows = len(stories().vocabulary), []
    for name, config in {"2 × 128": SMALL, "4 × 128": GPT, "4 × 512": replace(GPT, width=512, heads=8)}.items():
        text = stories().train(TIMED_STEPS * 32 * 100)[: TIMED_STEPS * 32]
        network = TransformerLM(stories().vocabulary, config).to(choose_device())
        settings = TrainingConfig(lr=1e-4, evaluate_every=10**6)
        for part in (text[:64], text):                                     # the first to warm up
            result = train(network, part, text[:1], settings, progress=False)
        N = non_embedding(config, size)
        rows.append({"model": name, "parameters": network.parameter_count, "N": N,
                     "tokens_per_second": round(result.tokens / result.seconds),
                     "flops_per_second": training_flops(N, result.tokens) / result.seconds})
        print(rows[-1], flush=True)
    speed = max(row["flops_per_second"] for row in rows)
    wanted = [{"model": name, "N": N or non_embedding(GPT, size), "tokens": tokens} for name, (N, tokens) in LARGE.items()]
    written("costs", device=device_name(device_of(network)), rows=rows, models=[
        row | {"flops": training_flops(row["N"], row["tokens"]),
               "hours": hours(training_flops(row["N"], row["tokens"]), speed)} for row in wanted])


# --- memory -----------------------------------------------------------------------------------------------------------------

def kept_by(model: TransformerLM, texts: int, length: int) -> int:
    """Bytes that a step keeps for the way back, for so many texts of one length."""
    ids = torch.full((texts, length), 5)
    return saved_bytes(model, lambda: language_model_loss(model, Block(ids, torch.full((texts,), length)))[0])


def memory() -> None:
    """On a CPU, whatever there is: counted, not measured, so the same everywhere."""
    model = TransformerLM(stories().vocabulary, SMALL)
    sizes, lengths = ((2, 4), (16, 32)) if SMOKE else ((1, 2, 4, 8, 16, 32), (32, 64, 128, 256, 512))
    batch = sizes[-1]

    def written_out(texts: int, length: int) -> int:
        with sdpa_kernel(SDPBackend.MATH):                                 # keeps all T² weights
            return kept_by(model, texts, length)

    written("memory", model=asdict(SMALL), weights=4 * model.parameter_count,
            rows=[{"texts": B, "length": T, "bytes": kept_by(model, B, T)} for B in sizes for T in lengths],
            written_out=[{"texts": 4, "length": T, "fused": kept_by(model, 4, T), "bytes": written_out(4, T)} for T in lengths],
            accumulated=[{"texts": batch, "length": lengths[-1], "micro_batches": n,
                          "bytes": kept_by(model, batch // n, lengths[-1])} for n in (1, 2, 4, 8, 16, 32) if n <= batch])


# --- nudges -----------------------------------------------------------------------------------------------------------------

LETTERS = TransformerConfig(layers=2, width=64)
WINDOW, WINDOWS, SEEDS = 64, *((40, (0,)) if SMOKE else (2_000, (0, 1, 2)))          # windows of each language
NUDGED = TrainingConfig(batch_size=24, lr=3e-3, evaluate_every=10**6)


def languages() -> tuple[Vocabulary, dict[str, np.ndarray], dict[str, Corpus]]:
    """The course's prose in three languages, letter by letter: every sixth paragraph is for validation."""
    texts = {name: paragraphs(name) for name in LANGUAGES}
    vocabulary = Vocabulary(sorted({letter for text in texts.values() for letter in "\n".join(text)}))

    def ids(parts: list[str]) -> np.ndarray:
        return vocabulary.encode(list("\n".join(parts)))

    learned = {name: ids([part for i, part in enumerate(text) if i % 6]) for name, text in texts.items()}
    return vocabulary, learned, {name: pack(Corpus.join([ids(text[::6])]), WINDOW) for name, text in texts.items()}


def drawn(text: np.ndarray, language: str, seed: int) -> Corpus:
    return windows(text, WINDOWS, WINDOW, new_generator(100 * seed + LANGUAGES.index(language)))


def together(parts: Iterable[Corpus]) -> Corpus:
    """Several corpora as one, in the order in which they are given; ``train`` shuffles."""
    return Corpus.join([row for part in parts for row in part])


def gradient(model: TransformerLM, rows: Corpus) -> Tensor:
    """Of the mean loss over rows, as one vector."""
    ids = torch.from_numpy(rows.ids.reshape(len(rows), -1).astype(np.int64)).to(device_of(model))
    model.zero_grad()
    nats, count = window_loss(model, Block(ids, torch.full((len(rows),), ids.shape[1], device=ids.device)))
    (nats / count).backward()
    return torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])


def nudges() -> None:
    vocabulary, learned, validation = languages()
    device, left_out, start = choose_device(), [], time.perf_counter()
    for seed in SEEDS:
        rows = {name: drawn(text, name, seed) for name, text in learned.items()}
        for missing in (None, *LANGUAGES):
            model = TransformerLM(vocabulary, LETTERS, new_generator(seed)).to(device)
            train(model, together(part for name, part in rows.items() if name != missing), together(validation.values()),
                  replace(NUDGED, seed=seed), loss=window_loss, progress=False)
            bits = {name: round(mean_loss(model, part, loss=window_loss) / LN_2, 4) for name, part in validation.items()}
            left_out.append({"seed": seed, "left_out": missing, "bits_per_character": bits})
            print(left_out[-1], f"{time.perf_counter() - start:.0f} s", flush=True)
    written("nudges", languages=LANGUAGES, characters={name: len(text) for name, text in learned.items()},
            model=asdict(LETTERS), windows=WINDOWS, window=WINDOW, device=device_name(device), left_out=left_out,
            nudged=nudged(vocabulary, learned, validation, device))


ETA, SGD_STEPS, LOOK_EVERY, PER_LANGUAGE = 0.1, *((6, 3, 4) if SMOKE else (600, 50, 8))


def nudged(vocabulary: Vocabulary, learned: dict[str, np.ndarray], validation: dict[str, Corpus],
           device: torch.device) -> list[dict[str, Any]]:
    """Plain SGD, θ ← θ − η (g_1 + g_2 + g_3)/3 with a gradient for each language, and now and then what each nudge does alone.

    change[i][j]: −η g_i·∇J_j/3, by how much the nudge of language i alone changes the loss J_j on validation texts of language
    j, to first order. cosine[i][j]: of the angle between the gradients of i and j on texts to learn from.
    """
    model = TransformerLM(vocabulary, LETTERS, new_generator(0)).to(device)
    generator, looks = new_generator(0), []
    for step in range(SGD_STEPS + 1):
        parts = [gradient(model, windows(text, PER_LANGUAGE, WINDOW, generator)) for text in learned.values()]
        if step % LOOK_EVERY == 0:
            targets = [gradient(model, part) for part in validation.values()]
            looks.append({
                "step": step,
                "bits_per_character": [round(mean_loss(model, part, loss=window_loss) / LN_2, 4)
                                       for part in validation.values()],
                "change": [[-ETA / 3 * float(g @ target) for target in targets] for g in parts],
                "cosine": [[round(float(g @ h / g.norm() / h.norm()), 4) for h in parts] for g in parts]})
        nudge = torch.stack(parts).mean(0)
        with torch.no_grad():
            for weight, change in zip(model.parameters(), nudge.split([w.numel() for w in model.parameters()]), strict=True):
                weight -= ETA * change.view_as(weight)
    return looks


# --- Tiny Shakespeare -------------------------------------------------------------------------------------------------------

SHAKESPEARE = TransformerConfig(layers=4, heads=4, width=128)
STEPS, TEXTS, LENGTH = (4 if SMOKE else 2_000), 12, 64


def shakespeare() -> None:
    """Two trainings: all by AdamW, and the matrices by Muon; where the text cannot be had, none."""
    try:
        vocabulary, text, rest = characters(tiny_shakespeare(progress=False))
    except DownloadError as problem:
        print(problem)
        return
    validation, rows = pack(Corpus.join([rest[:2000] if SMOKE else rest]), LENGTH), []
    for optimizer in ("adamw", "muon"):
        training = TrainingConfig(batch_size=TEXTS, optimizer=optimizer, evaluate_every=max(1, STEPS // 8))
        model = TransformerLM(vocabulary, SHAKESPEARE, new_generator(0)).to(choose_device())
        result = train(model, windows(text, STEPS * TEXTS, LENGTH, new_generator(0)), validation, training, loss=window_loss,
                       progress=False)
        rows.append({"optimizer": optimizer, "parameters": model.parameter_count, "tokens": result.tokens,
                     "validation_nats": round(result.best_loss, 4), "seconds": round(result.seconds, 1),
                     "device": device_name(device_of(model)), "training": asdict(training),
                     "curve": [[step, round(loss, 4)] for step, loss in result.evaluations]})
        print(short(rows[-1]), flush=True)
        written("shakespeare", model=asdict(SHAKESPEARE), steps=STEPS, window=LENGTH, texts=TEXTS, rows=rows)


PARTS: dict[str, Callable[[], None]] = {part.__name__: part for part in (
    optimizers, scaling, costs, memory, nudges, shakespeare)}

if __name__ == "__main__":
    if SMOKE:
        sys.argv.remove("--smoke")
        experiments.FOLDER = Path(tempfile.mkdtemp())
        print(f"small, into {experiments.FOLDER}")
    experiments.run(PARTS)
