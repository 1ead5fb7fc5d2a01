"""Transformers on a GPU: how near the floor they come, how fast they train, and whether a killed training goes on exactly.

    python benchmarks/gpu.py OUT.json                     all parts, at most six minutes
    python benchmarks/gpu.py OUT.json ladder resume       only these parts
    python benchmarks/gpu.py OUT.json --nanogpt FOLDER    with the comparison; the folder holds nanoGPT's model.py
    python benchmarks/gpu.py OUT.json --tiny --device cpu the same with toy sizes: does it run from end to end?

OUT.json is written after every figure, so nothing is lost when a part fails or time runs out. A part that fails, or needs more
than its share of time, is noted and the next one begins; --seconds is for all of them together.

* ladder: 2 layers × 128 on 10⁷ tokens, three seeds: distance to the floor, agreement over more than 8 tokens, seconds
* large: 4 layers × 256, 6·10⁷ tokens, each read once (fewer where two minutes are not enough for them), 128 stories a step,
  in bfloat16; steps asked for piece by piece and as recorded graphs, and then with what was faster
* resume: a training that is killed and goes on, against one that was not; and how far two equal trainings differ by themselves
* precision: the same model in float32 and bfloat16, the same batches: loss curves, and held-out bits
* nanogpt: tokens a second beside nanoGPT's model in a loop like the one of its train.py, each compiled and not
* large_float32: as large, with float32 weights and products in TF32
"""

import argparse
import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book"))
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or cuBLAS would not be deterministic; to be set before it starts

import experiments
import numpy as np
import torch

from llmcourse.corpora import score, score_difference, stories
from llmcourse.corpus import Corpus
from llmcourse.training import (
    NeuralLanguageModel,
    TrainingConfig,
    choose_device,
    load,
    new_generator,
    read_metrics,
    train,
)
from llmcourse.transformer import LADDER, LADDER_TRAINING, TransformerConfig, TransformerLM

MUON = replace(LADDER_TRAINING, checkpoint_every=10**6)
SMALL, LARGE = LADDER, TransformerConfig(layers=4, width=256, heads=8)
MILLION = 10**6
Note = Callable[..., None]

# --- What is measured ---------------------------------------------------------------------------------------------------------


@cache
def corpus(tokens: int, most: int = 20 * MILLION) -> Corpus:
    """Stories to learn from. The first of many are those that one gets who asks for few, so they are made once."""
    if tokens < MILLION or tokens >= most:
        return stories().train(tokens)
    everything = corpus(most)
    return everything[: int(np.searchsorted(everything.starts, tokens))]


def measure(model: NeuralLanguageModel, n_stories: int) -> dict[str, Any]:
    """Bits a token, the gap above the floor with its paired error, and right and all words of agreement by kind, far away."""
    texts, _ = experiments.held_out_tests(n_stories)
    scores, floor = model.token_log_probabilities(texts), stories().token_log_probabilities(texts)
    bits, gap = score(scores, texts.lengths), score_difference(scores, floor, texts.lengths)
    found = experiments.agreement_of(lambda texts, at: experiments.network_scores(model, texts, at), n_stories)
    return {
        "bits": bits.mean, "floor": score(floor, texts.lengths).mean, "gap": gap.mean, "gap_error": gap.standard_error,
        "gap_percent": 100 * gap.mean / score(floor, texts.lengths).mean,
        f"agreement_over_{experiments.FAR}": {kind: part["far"][::-1] for kind, part in found.items()},
    }  # fmt: skip


def learn(config: TransformerConfig, training: TrainingConfig, tokens: int, options: argparse.Namespace, *,
          most_seconds: int | None = None,
          **files: Any) -> tuple[TransformerLM, dict[str, Any], list[float]]:
    """A model trained on so many different tokens, figures of the training, and its losses.

    most_seconds: a training that needs more is stopped, and has no losses.
    """
    language = stories()
    model = TransformerLM(language.vocabulary, config, new_generator(training.seed)).to(options.device)
    figures: dict[str, Any] = {"parameters": model.parameter_count}
    try:
        with at_most(most_seconds):
            result = train(model, corpus(tokens), language.validation(options.validation), training, progress=False, **files)
    except Late as problem:
        if most_seconds is None:
            raise
        return model, figures | {"stopped": str(problem), "seconds": most_seconds}, []
    figures |= {"steps": result.step, "tokens": result.tokens, "seconds": round(result.seconds, 2),
                "tokens_per_second": round(result.tokens / result.seconds)}
    return model, figures, result.losses


def speed(config: TransformerConfig, training: TrainingConfig,
          options: argparse.Namespace) -> tuple[dict[str, Any], list[float]]:
    """Tokens a second through ``train`` as anybody would use it, after a warm-up; and the losses. Padding does not count."""
    warm, steps, _, length = sizes(options)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        start = time.perf_counter()
        enough = (warm + steps + 2) * training.batch_size * (length + 8)
        _, figures, losses = learn(config, training, enough, options, metrics=path)
        whole = time.perf_counter() - start
        lines = [line for line in read_metrics(path) if "loss" in line]
    first, last = lines[warm - 1], lines[warm + steps - 1]
    tokens, seconds = last["tokens"] - first["tokens"], last["seconds"] - first["seconds"]
    return {"tokens_per_second": round(tokens / seconds), "tokens": tokens, "seconds": round(seconds, 3),
            "milliseconds_per_step": round(1000 * seconds / steps, 2), "with_preparations": round(whole, 1),
            "parameters": figures["parameters"], "last_loss": losses[-1]}, losses


# --- Parts --------------------------------------------------------------------------------------------------------------------


def ladder(note: Note, options: argparse.Namespace) -> None:
    tokens = 20_000 if options.tiny else 10 * MILLION
    for seed in range(3):
        model, figures, _ = learn(small(options), replace(MUON, seed=seed, graphs=options.graphs), tokens, options)
        note(**{f"seed_{seed}": figures | measure(model, options.stories)})


def large(note: Note, options: argparse.Namespace, precision: str = "bfloat16") -> None:
    tokens, size = (20_000, 32) if options.tiny else (60 * MILLION, 128)
    training = replace(MUON, lr=3e-3, batch_size=size, precision=precision)
    speeds, curves = {}, {}
    for graphs in (False, True) if options.graphs else (False,):
        name = "graphs" if graphs else "pieces"
        speeds[graphs], curves[graphs] = speed(big(options), replace(training, epochs=1, graphs=graphs), options)
        note(**{name: speeds[graphs]})
    if options.graphs:
        apart = np.abs(np.subtract(curves[True], curves[False]))
        note(graphs_against_pieces={"first_20_losses_apart": float(apart[:20].max()), "last_50": float(apart[-50:].mean())})
        rates = [speeds[graphs]["tokens_per_second"] for graphs in (False, True)]
        options.graphs = bool(apart[-50:].mean() < 0.03 and rates[0] < rates[1])
    enough = int(speeds[options.graphs]["tokens_per_second"] * 100 / training.epochs)
    training = replace(training, graphs=options.graphs)
    tokens = min(tokens, enough)
    note(config=asdict(big(options)), training=asdict(training), different_tokens=tokens)
    model, figures, _ = learn(big(options), training, tokens, options, most_seconds=120)
    note(**figures)
    note(**measure(model, options.stories))


def large_float32(note: Note, options: argparse.Namespace) -> None:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        large(note, options, "float32")
    finally:
        torch.set_float32_matmul_precision(before)


def precision(note: Note, options: argparse.Namespace) -> None:
    tokens, size = (10_000, 32) if options.tiny else (5 * MILLION, 128)
    curves = {}
    for name in ("float32", "bfloat16"):
        training = replace(MUON, batch_size=size, precision=name)
        model, figures, losses = learn(big(options), training, tokens, options)
        curves[name] = losses
        note(**{name: figures | measure(model, options.stories) | {"losses": [round(loss, 5) for loss in losses[::10]]}})
    apart = np.abs(np.subtract(*curves.values()))
    last = apart[-max(1, len(apart) // 10):]
    note(loss_apart={"mean": float(apart.mean()), "largest": float(apart.max()), "last_tenth": float(last.mean())})


def resume(note: Note, options: argparse.Namespace) -> None:
    def straight() -> list[float]:
        return learn(RESUMED(options), resumed(options), resumed_tokens(options), options)[2]

    note(**{"two equal trainings, largest difference of a loss": differ(straight(), straight())})
    torch.use_deterministic_algorithms(True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            killed_after = kill(Path(folder), options)
            steps = load(Path(folder) / "run.pt")["result"]["step"]
            files = {"checkpoint": Path(folder) / "run.pt", "metrics": Path(folder) / "run.jsonl"}
            _, figures, losses = learn(RESUMED(options), resumed(options), resumed_tokens(options), options, **files)
        note(steps=figures["steps"], killed_after_step=killed_after, went_on_from_step=steps)
        note(**{"killed and resumed against not, deterministic kernels": differ(losses, straight())})
    finally:
        torch.use_deterministic_algorithms(False)


def differ(one: list[float], other: list[float]) -> float:
    """The largest difference between the losses of two trainings; 0 says they are equal to the last bit."""
    assert len(one) == len(other)
    return float(np.abs(np.subtract(one, other)).max())


def RESUMED(options: argparse.Namespace) -> TransformerConfig:
    return replace(small(options), dropout=0.1)  # so that a GPU's random numbers matter too


def resumed(options: argparse.Namespace) -> TrainingConfig:
    return replace(MUON, checkpoint_every=5 if options.tiny else 25)


def resumed_tokens(options: argparse.Namespace) -> int:
    return 60_000 if options.tiny else MILLION


def child(folder: Path, options: argparse.Namespace) -> None:
    """The training that is to be killed."""
    torch.use_deterministic_algorithms(True)
    files = {"checkpoint": folder / "run.pt", "metrics": folder / "run.jsonl"}
    learn(RESUMED(options), resumed(options), resumed_tokens(options), options, **files)


def kill(folder: Path, options: argparse.Namespace) -> int:
    """Train in a process of its own and kill it on the way. Returns the last step it wrote down."""
    least = 7 if options.tiny else 110
    command = [sys.executable, __file__, str(folder), "--child", "--device", str(options.device), *["--tiny"] * options.tiny]
    process = subprocess.Popen(command)
    lines = folder / "run.jsonl"
    try:
        while process.poll() is None and not (lines.exists() and lines.read_text().count("\n") >= least):
            time.sleep(0.002)
        if process.poll() is not None:
            raise RuntimeError(f"the training ended before it could be killed, with status {process.returncode}")
    finally:
        process.kill()
        process.wait()
    return max(line["step"] for line in read_metrics(lines))


def nanogpt(note: Note, options: argparse.Namespace) -> None:
    """Ours with AdamW, learned positions and tied tables, as nanoGPT has it."""
    if options.nanogpt is None:
        note(skipped="no --nanogpt FOLDER")
        return
    theirs = load_module(options.nanogpt)
    config = replace(big(options), positions="learned", tied=True)
    training = replace(MUON, optimizer="adamw", lr=1e-3, batch_size=sizes(options)[2], precision="bfloat16",
                       graphs=options.graphs)
    for compiled in ((False,) if options.no_compile else (False, True)):
        name = "compiled" if compiled else "eager"
        other = their_speed(theirs, compiled, options)
        note(**{f"{name}_nanogpt": other})
        ours, _ = speed(config, replace(training, compile=compiled), options)
        note(**{f"{name}_ours": ours, f"{name}_ratio": round(ours["tokens_per_second"] / other["tokens_per_second"], 3)})


def load_module(folder: Path) -> Any:
    """nanoGPT's model.py, wherever it lies."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", folder / "model.py" if folder.is_dir() else folder)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["nanogpt_model"] = module  # where its dataclass looks for its types
    spec.loader.exec_module(module)
    return module


def sizes(options: argparse.Namespace) -> tuple[int, int, int, int]:
    """Warm-up steps, measured steps, stories a step, tokens a story (about the mean of the stories)."""
    return (3, 6, 16, 92) if options.tiny else (101, 150, 128, 92)


def their_speed(theirs: Any, compiled: bool, options: argparse.Namespace) -> dict[str, Any]:
    """nanoGPT's model, in a loop that does what its train.py does: random windows of one long text, pinned and fetched while
    the GPU works, bfloat16, cosine steps, gradients clipped at 1, AdamW, a look at the loss every tenth step.
    """
    warm, steps, size, length = sizes(options)
    config = big(options)
    model = theirs.GPT(theirs.GPTConfig(block_size=length, vocab_size=len(stories().vocabulary), n_layer=config.layers,
                                        n_head=config.heads, n_embd=config.width, dropout=0.0, bias=False)).to(options.device)
    optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), options.device.type)
    network = torch.compile(model) if compiled else model
    data = corpus(100_000 if options.tiny else MILLION).ids.astype(np.uint16)

    def get_batch() -> list[torch.Tensor]:
        starts = torch.randint(len(data) - length, (size,))
        pair = [torch.stack([torch.from_numpy(data[i + shift : i + shift + length].astype(np.int64)) for i in starts])
                for shift in (0, 1)]
        if options.device.type != "cuda":
            return pair
        return [part.pin_memory().to(options.device, non_blocking=True) for part in pair]

    x, y = get_batch()
    loss = torch.zeros(())
    for step in range(warm + steps):
        if step == warm:
            synchronize(options)
            start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = 1e-4 + 0.5 * (1e-3 - 1e-4) * (1 + np.cos(np.pi * step / (warm + steps)))
        with torch.autocast(options.device.type, torch.bfloat16):
            _, loss = network(x, y)
        x, y = get_batch()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 10 == 0:
            loss.item()
    synchronize(options)
    seconds = time.perf_counter() - start
    return {"tokens_per_second": round(steps * size * length / seconds), "tokens": steps * size * length,
            "seconds": round(seconds, 3), "parameters": sum(p.numel() for p in model.parameters()), "last_loss": loss.item()}


def synchronize(options: argparse.Namespace) -> None:
    if options.device.type == "cuda":
        torch.cuda.synchronize()


# --- The whole ----------------------------------------------------------------------------------------------------------------


def small(options: argparse.Namespace) -> TransformerConfig:
    return TransformerConfig(layers=1, width=32, heads=2) if options.tiny else SMALL


def big(options: argparse.Namespace) -> TransformerConfig:
    return TransformerConfig(layers=2, width=32, heads=2) if options.tiny else LARGE


PARTS: dict[str, tuple[Callable[[Note, argparse.Namespace], None], int]] = {  # and its most seconds
    "large": (large, 160), "nanogpt": (nanogpt, 90), "ladder": (ladder, 130), "resume": (resume, 50),
    "precision": (precision, 40), "large_float32": (large_float32, 150),
}  # fmt: skip


TO_MEASURE = 10  # seconds


class Late(Exception):
    """A part has used up its time."""


@contextmanager
def at_most(seconds: int | None) -> Iterator[None]:
    """Raises Late where the block takes longer, or would leave its part no time to measure. The part's alarm goes on then."""
    if seconds is None:
        yield
        return
    before, start = signal.alarm(0), time.perf_counter()
    signal.alarm(max(1, min(seconds, before - TO_MEASURE) if before else seconds))
    try:
        yield
    finally:
        signal.alarm(max(1, round(before - time.perf_counter() + start)) if before else 0)


def run_part(name: str, results: dict[str, Any], options: argparse.Namespace) -> None:
    """One part within its time. What it finds out is printed and saved at once; what goes wrong is noted."""
    function, limit = PARTS[name]
    found: dict[str, Any] = results.setdefault(name, {})
    start = time.perf_counter()

    def note(**figures: Any) -> None:
        found.update(figures)
        found["part_seconds"] = round(time.perf_counter() - start, 1)
        save(results, options.out)
        short = {key: value for key, value in figures.items() if key not in ("config", "training")}
        print(f"[{time.perf_counter() - BEGIN:5.0f} s] {name}: {shorten(short)}", flush=True)

    def late(*_: object) -> None:
        raise Late(f"not done after {time.perf_counter() - start:.0f} s")

    left = int(options.seconds - (start - BEGIN))
    if left < 5:
        note(skipped="no time is left")
        return
    signal.signal(signal.SIGALRM, late)
    limit = min(limit, left)
    signal.alarm(limit)
    try:
        function(note, options)
        signal.alarm(0)
        note()
    except Exception as problem:
        signal.alarm(0)
        traceback.print_exc()
        note(failed=f"{type(problem).__name__}: {problem}")
    finally:
        signal.alarm(0)
        if options.device.type == "cuda":
            torch.cuda.empty_cache()


def shorten(value: Any) -> str:
    """Figures for a line of the screen: rounded, and without long lists."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shorten(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list) and len(value) > 4:
        return f"[{shorten(value[0])} … {shorten(value[-1])}]"
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def save(results: dict[str, Any], path: Path) -> None:
    """In one step, so that a file is there whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def summary(results: dict[str, Any]) -> list[str]:
    """The goals, in words."""
    lines = []
    gaps = [part["gap_percent"] for key, part in results.get("ladder", {}).items() if key.startswith("seed_")]
    if gaps:
        lines.append(f"2 × 128 on 10⁷ tokens: {statistics.mean(gaps):.3f} % above the floor, seeds {min(gaps):.3f} … "
                     f"{max(gaps):.3f} (goal at most 1.0)")
    for name in ("large", "large_float32"):
        if "gap_percent" in results.get(name, {}):
            part = results[name]
            lines.append(f"4 × 256, 6·10⁷ tokens, {name}: {part['gap_percent']:.3f} % above the floor in "
                         f"{part['seconds']:.0f} s (goal at most 0.25 in under 120)")
    for name in ("eager", "compiled"):
        if f"{name}_ratio" in results.get("nanogpt", {}):
            lines.append(f"{name}: {results['nanogpt'][f'{name}_ratio']} × nanoGPT's tokens/s")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="JSON file for the figures")
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--nanogpt", type=Path, help="folder with nanoGPT's model.py")
    parser.add_argument("--device", default="auto", help="auto, cuda or cpu")
    parser.add_argument("--tiny", action="store_true", help="toy sizes")
    parser.add_argument("--no-compile", action="store_true", help="leave out what needs a compiler")
    parser.add_argument("--no-graphs", dest="graphs", action="store_false", help="ask a GPU for every piece of a step")
    parser.add_argument("--seconds", type=float, default=360, help="for all parts together (%(default)s)")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
    options.device = choose_device(options.device)
    options.stories, options.validation = (50, 20) if options.tiny else (2000, 500)
    if options.child:
        child(options.out, options)
        return
    torch.backends.cuda.enable_cudnn_sdp(False)  # it makes a plan for every new length of text
    gpu = torch.cuda.get_device_name() if options.device.type == "cuda" else "none"
    results: dict[str, Any] = {"torch": torch.__version__, "gpu": gpu, "tiny": options.tiny, "python": sys.version.split()[0]}
    print(results, flush=True)
    for name in options.parts:
        run_part(name, results, options)
    print("\n".join(summary(results)))


BEGIN = time.perf_counter()

if __name__ == "__main__":
    main()
