"""The one training loop of all neural units: batches, loss, gradient, clipping, a step; measured, stopped, saved and resumed.

The loss of a batch is a mean over its tokens, whether they are computed at once, in parts one after the other, or by several
workers: sums are added up, and divided by the number of all tokens.

Whatever decides the next step is part of the checkpoint: weights, the optimiser's moments, the random numbers of the order
and of dropout, the place in the order. A training that was killed and goes on gives the same weights, bit for bit, as one
that was not, on one machine with the same number of threads.

A GPU works through what it was asked for while Python asks for more, until Python wants to see a number and has to wait. So the
figures of a step are fetched from a GPU ``FETCH_EVERY`` steps at a time.
"""

import shutil
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from llmcourse.corpus import Corpus
from llmcourse.training import files
from llmcourse.training.batches import Block, block, joint_lengths, parallel, shuffled_batches
from llmcourse.training.config import TrainingConfig, lr_at
from llmcourse.training.graphs import Records
from llmcourse.training.losses import Count, Loss, device_of, language_model_loss, mean_loss
from llmcourse.training.optimizers import clip_gradients, gradient_norm, make_optimizers
from llmcourse.training.patience import Patience
from llmcourse.training.randomness import global_state, new_generator, seeded, set_global_state
from llmcourse.training.workers import gradients, workers

FETCH_EVERY = 50  # steps whose figures wait on a GPU
WIDTHS = 8  # blocks that are recorded are a multiple of it wide: the fewer shapes, the fewer records


@dataclass
class Training:
    """How a training went. step: steps done; tokens: predicted in them; seconds: of wall time.

    losses: of every step, in nats per token. evaluations: (steps done, validation loss in nats per token).
    best_loss: the lowest of these; the model has the weights of that moment.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    best_loss: float = float("inf")
    stopped_early: bool = False


class Figures(NamedTuple):
    """What is written down about a step. loss, norm of the gradient and tokens may still be on a GPU."""

    step: int
    seconds: float
    lr: float
    loss: Tensor
    norm: Tensor
    tokens: Count


def fetched_late(device: torch.device) -> bool:
    """Whether the figures of steps wait for ``FETCH_EVERY`` of them: where to see one number is to wait for all before it."""
    return device.type == "cuda"


def compiled(model: nn.Module) -> Any:
    """The model as ``torch.compile`` makes it, for batches of any size. Raises ValueError where there is no C++ compiler."""
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl")):
        raise ValueError("compile needs a C++ compiler, and there is none here (c++, g++, clang++ or cl)")
    return torch.compile(model, dynamic=True)


def train(model: nn.Module, data: Corpus | Sequence[Corpus], validation: Corpus | Sequence[Corpus],
          config: TrainingConfig | None = None, *, loss: Loss = language_model_loss, metrics: str | Path | None = None,
          checkpoint: str | Path | None = None, progress: bool = True) -> Training:
    """Train a model where it is (CPU or GPU) and leave it with its best weights, in evaluation mode.

    data, validation: a corpus, or several that belong together text by text, of which ``loss`` gets a block each.
    metrics: a JSON-lines file for the figures of every step and evaluation.
    checkpoint: a file to save the state in, and to go on from where it is there already.
    progress: a bar with the loss and tokens per second.

    In a process that is one of several `workers`, all of which must make the same call, they train together: each computes a
    share of every batch; the first shows, measures and writes.

    Raises ValueError for a checkpoint of other settings, another model, another corpus or another number of workers, and
    FloatingPointError where the loss or the gradient stops being a finite number.
    """
    run = _Run(model, parallel(data), parallel(validation), config or TrainingConfig(), loss)
    return run.run(metrics, checkpoint, progress)


class _Run:
    """A training under way: everything that a checkpoint has to hold, and the steps."""

    def __init__(self, model: nn.Module, data: tuple[Corpus, ...], validation: tuple[Corpus, ...],
                 config: TrainingConfig, loss: Loss):
        self.model, self.data, self.validation, self.config, self.loss = model, data, validation, config, loss
        self.device = device_of(model)
        self.late = fetched_late(self.device)
        self.parameters = list(model.parameters())
        self.optimizers = make_optimizers(model, config)
        self.network = compiled(model) if config.compile else model    # computes what the model does, with its weights
        self.workers = workers()
        self.whole = config.micro_batches == 1 and self.workers.size == 1
        if config.graphs and not self.whole:
            raise ValueError("graphs record whole batches on one GPU: neither micro-batches nor several workers")
        self.records = Records(self.parameters) if config.graphs and self.late else None
        self.waiting: list[Figures] = []
        self.patience = Patience(config.patience)
        self.generator = new_generator(config.seed)
        self.result = Training()
        self.lengths = joint_lengths(data)
        self.steps_per_epoch = -(-len(self.lengths) // config.batch_size)
        self.total = self.steps_per_epoch * config.epochs
        self.order_state = self.generator.get_state()    # of the generator, before it drew the order of this epoch

    def run(self, metrics: str | Path | None, checkpoint: str | Path | None, progress: bool) -> Training:
        first = self.workers.first
        with seeded(self.generator):
            if not first:
                torch.manual_seed(torch.initial_seed() + self.workers.rank)                # each drops out something else
            self.workers.take_over(tensor.data for tensor in self.model.state_dict().values())
            self.order_state = self.generator.get_state()
            if checkpoint is not None and Path(checkpoint).exists():
                self.load(checkpoint)
            lines, result = files.Metrics(metrics if first else None, self.result.step), self.result
            with tqdm(total=self.total, initial=result.step, unit="step", disable=not (progress and first)) as bar:
                while result.step < self.total and not result.stopped_early:
                    for texts in self.rest_of_epoch():
                        self.step(texts, lines)
                        self.measure(lines, checkpoint)
                        self.show(bar)
                        if result.stopped_early:
                            break
        self.patience.restore(self.model)
        self.model.eval()
        return result

    def rest_of_epoch(self) -> list[Any]:
        """The batches of this epoch that have not been seen yet. A resumed run draws the same order again."""
        done = self.result.step % self.steps_per_epoch
        if done == 0:
            self.order_state = self.generator.get_state()
        self.generator.set_state(self.order_state)
        return shuffled_batches(self.lengths, self.config.batch_size, self.generator)[done:]

    def step(self, texts: Any, lines: files.Metrics) -> None:
        """One mini-batch: loss, gradient, clipping, θ ← θ − η · (what the optimiser makes of the gradient)."""
        start, result, config = time.perf_counter(), self.result, self.config
        lr = lr_at(result.step, maximum=config.lr, minimum=config.minimum_lr, warmup=round(config.warmup * self.total),
                   total=self.total, shape=config.schedule)
        for optimizer, maximum in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = lr * (maximum / config.lr)
        self.model.train()
        if self.whole:
            blocks = self.blocks(texts)
            mean, norm, count = self.records.do(self.work, *blocks) if self.records else self.work(*blocks)
        else:
            mean, norm, count = self.work_in_parts(texts)
        if not self.late:
            self.check(result.step, float(mean), float(norm), int(count))
        if config.clip is not None and (self.late or norm > config.clip):  # mostly it is not, and there is nothing to multiply
            clip_gradients(self.parameters, config.clip, norm)
        for optimizer, _ in self.optimizers:
            optimizer.step()
        result.step += 1
        seconds = result.seconds + time.perf_counter() - start
        self.waiting.append(Figures(result.step, seconds, lr, mean, norm, count))
        if not self.late or len(self.waiting) == FETCH_EVERY:
            self.fetch(lines)
        result.seconds += time.perf_counter() - start

    def blocks(self, texts: Any) -> list[Block]:
        """These texts of every corpus."""
        return [block(corpus, texts, self.device, WIDTHS if self.records else 1) for corpus in self.data]

    def forward(self, *blocks: Block) -> tuple[Tensor, Count]:
        """Sum of the losses in nats, and the tokens."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            return self.loss(self.network, *blocks)

    def work(self, *blocks: Block) -> tuple[Tensor, Tensor, Count]:
        """The loss per token, the norm of its gradient, and the tokens. The gradient stands in the parameters."""
        self.model.zero_grad()
        nats, count = self.forward(*blocks)
        mean = nats / count                                                # over the tokens of the batch, PAD left out
        mean.backward()  # type: ignore[no-untyped-call]
        return mean.detach(), gradient_norm(self.parameters), count

    def work_in_parts(self, texts: Any) -> tuple[Tensor, Tensor, Count]:
        """The same from parts of this worker's share and from all workers: gradients of sums add up, and are then divided."""
        self.model.zero_grad()
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)     # nats, tokens
        for part in np.array_split(self.workers.share(texts), self.config.micro_batches):
            if len(part):
                nats, count = self.forward(*self.blocks(part))
                nats.backward()  # type: ignore[no-untyped-call]
                sums += torch.stack([nats.detach().double(), torch.as_tensor(count, device=self.device).double()])
        found = gradients(self.parameters, self.workers)
        self.workers.add_up(found)
        self.workers.add_up([sums])
        torch._foreach_div_(found, sums[1].to(found[0].dtype))
        return sums[0] / sums[1], gradient_norm(self.parameters), sums[1]

    def fetch(self, lines: files.Metrics) -> None:
        """Write down the figures of the steps since the last time, after waiting for them."""
        result = self.result
        for step, seconds, lr, mean, norm, count in self.waiting:
            value, length = float(mean), float(norm)
            self.check(step - 1, value, length, int(count))
            result.tokens += int(count)
            result.losses.append(value)
            lines.write(step=step, tokens=result.tokens, seconds=round(seconds, 3), loss=value, lr=lr, gradient_norm=length)
        self.waiting.clear()

    def check(self, step: int, loss: float, norm: float, tokens: int) -> None:
        """Raises ValueError for a batch in which no token is predicted, FloatingPointError unless both numbers are finite."""
        if not tokens:
            raise ValueError(f"step {step}: no token of this batch is predicted, so it has no mean loss; use longer texts or a "
                             f"batch_size above {self.config.batch_size}")
        if not (loss < float("inf") and norm < float("inf")):              # NaN fails both
            raise FloatingPointError(f"step {step}: loss {loss}, norm of the gradient {norm}; try a smaller lr "
                                     f"than {self.config.lr}")

    def measure(self, lines: files.Metrics, checkpoint: str | Path | None) -> None:
        """Evaluate and save when it is time to."""
        start, result, config = time.perf_counter(), self.result, self.config
        finished = result.step == self.total
        if finished or result.step % config.evaluate_every == 0:
            self.fetch(lines)
            value = self.agreed(mean_loss(self.model, self.validation, loss=self.loss))
            best = self.patience.update(value, self.model)
            result.evaluations.append((result.step, value))
            result.best_loss, result.stopped_early = self.patience.best_loss, self.patience.exhausted and not finished
            lines.write(step=result.step, validation_loss=value, best=best)
            result.seconds, start = result.seconds + time.perf_counter() - start, time.perf_counter()
        if checkpoint is not None and (finished or result.stopped_early or result.step % config.checkpoint_every == 0):
            self.fetch(lines)
            self.save(checkpoint)
        result.seconds += time.perf_counter() - start

    def agreed(self, value: float) -> float:
        """What the first worker has measured. All measure everything, and stop or go on together."""
        number = torch.tensor(value, dtype=torch.float64, device=self.device)
        self.workers.take_over([number])
        return float(number)

    def show(self, bar: "tqdm[Any]") -> None:
        result = self.result
        bar.update()
        figures = {"tokens/s": f"{result.tokens / result.seconds:,.0f}"}
        if result.losses:
            figures = {"loss": f"{result.losses[-1]:.3f}"} | figures
        if result.evaluations:
            figures["validation"] = f"{result.evaluations[-1][1]:.3f}"
        bar.set_postfix(figures, refresh=False)

    # --- checkpoints ----------------------------------------------------------------------------------------------------

    def identity(self) -> dict[str, Any]:
        """What must be the same for a training to go on: settings, and fingerprints of the texts and of the model's shape."""
        shape = {name: list(tensor.shape) for name, tensor in self.model.state_dict().items()}
        return {"config": asdict(self.config), "data": [fingerprint(corpus) for corpus in self.data],
                "validation": [fingerprint(corpus) for corpus in self.validation], "model": shape,
                "workers": self.workers.size}

    def save(self, path: str | Path) -> None:
        waiting, random = self.patience, self.workers.gather(global_state(), self.device)
        if not self.workers.first:
            return
        files.save_atomically({
            **self.identity(), "result": asdict(self.result),
            "weights": self.model.state_dict(), "random": random,
            "optimizers": [optimizer.state_dict() for optimizer, _ in self.optimizers],
            "order": self.order_state, "generator": self.generator.get_state(),
            "patience": {"best_loss": waiting.best_loss, "waited": waiting.waited, "weights": waiting.weights},
        }, path)

    def load(self, path: str | Path) -> None:
        state = files.load(path)
        for name, here in self.identity().items():
            if state.get(name) != here:
                raise ValueError(f"{path} is of another training, {describe_difference(name, state.get(name), here)}; "
                                 "remove it to begin again")
        self.model.load_state_dict(state["weights"])
        for (optimizer, _), saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        set_global_state(state["random"][self.workers.rank])
        self.order_state = state["order"]
        self.generator.set_state(state["generator"])
        self.result = Training(**state["result"])
        self.patience = Patience(self.config.patience, **state["patience"])


def fingerprint(corpus: Corpus) -> dict[str, int]:
    """Numbers that two different corpora hardly ever share."""
    return {"texts": len(corpus), "tokens": len(corpus.ids),
            "crc": zlib.crc32(corpus.starts.astype("<i8").tobytes(), zlib.crc32(corpus.ids.astype("<i8").tobytes()))}


def describe_difference(name: str, there: object, here: object) -> str:
    """Which of the settings differ, in a few words."""
    if isinstance(there, dict) and isinstance(here, dict):
        fields = [key for key in here if there.get(key) != here[key]] or [key for key in there if key not in here]
        if fields:
            return f"{name}.{fields[0]} was {there.get(fields[0])!r} and is {here.get(fields[0])!r}"
    return f"{name} was {there!r} and is {here!r}"
