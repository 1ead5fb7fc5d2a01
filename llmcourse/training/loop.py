"""The one training loop of all neural units: batches, loss, gradient, clipping, a step; measured, stopped, saved and resumed.

Whatever decides the next step is part of the checkpoint: weights, the optimiser's moments, the random numbers of the order
and of dropout, the place in the order. A training that was killed and goes on gives the same weights, bit for bit, as one
that was not, on one machine with the same number of threads.
"""

import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from llmcourse.corpus import Corpus
from llmcourse.training import files
from llmcourse.training.batches import block, joint_lengths, parallel, shuffled_batches
from llmcourse.training.config import TrainingConfig, lr_at
from llmcourse.training.losses import Loss, device_of, language_model_loss, mean_loss
from llmcourse.training.patience import Patience
from llmcourse.training.randomness import global_state, new_generator, seeded, set_global_state


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


def make_optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """The optimiser that a config names, over all parameters of the model."""
    kind: type[torch.optim.Optimizer] = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[config.optimizer]
    # fused: one pass over all numbers in place of a dozen; equal up to rounding
    return kind(model.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=True)  # type: ignore[call-arg]


def train(model: nn.Module, data: Corpus | Sequence[Corpus], validation: Corpus | Sequence[Corpus],
          config: TrainingConfig | None = None, *, loss: Loss = language_model_loss, metrics: str | Path | None = None,
          checkpoint: str | Path | None = None, progress: bool = True) -> Training:
    """Train a model where it is (CPU or GPU) and leave it with its best weights, in evaluation mode.

    data, validation: a corpus, or several that belong together text by text, of which ``loss`` gets a block each.
    metrics: a JSON-lines file for the figures of every step and evaluation.
    checkpoint: a file to save the state in, and to go on from where it is there already.
    progress: a bar with the loss and tokens per second.

    Raises ValueError for a checkpoint of other settings, another model or another corpus, and FloatingPointError where the
    loss or the gradient stops being a finite number.
    """
    run = _Run(model, parallel(data), parallel(validation), config or TrainingConfig(), loss)
    return run.run(metrics, checkpoint, progress)


class _Run:
    """A training under way: everything that a checkpoint has to hold, and the steps."""

    def __init__(self, model: nn.Module, data: tuple[Corpus, ...], validation: tuple[Corpus, ...],
                 config: TrainingConfig, loss: Loss):
        self.model, self.data, self.validation, self.config, self.loss = model, data, validation, config, loss
        self.device = device_of(model)
        self.optimizer = make_optimizer(model, config)
        self.patience = Patience(config.patience)
        self.generator = new_generator(config.seed)
        self.result = Training()
        self.lengths = joint_lengths(data)
        self.steps_per_epoch = -(-len(self.lengths) // config.batch_size)
        self.total = self.steps_per_epoch * config.epochs
        self.order_state = self.generator.get_state()    # of the generator, before it drew the order of this epoch

    def run(self, metrics: str | Path | None, checkpoint: str | Path | None, progress: bool) -> Training:
        with seeded(self.generator):
            self.order_state = self.generator.get_state()
            if checkpoint is not None and Path(checkpoint).exists():
                self.load(checkpoint)
            lines, result = files.Metrics(metrics, self.result.step), self.result
            with tqdm(total=self.total, initial=result.step, unit="step", disable=not progress) as bar:
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
                   total=self.total)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.model.train()
        self.optimizer.zero_grad()
        nats, count = self.loss(self.model, *(block(corpus, texts, self.device) for corpus in self.data))
        mean = nats / count                                                # over the tokens of the batch, PAD left out
        mean.backward()  # type: ignore[no-untyped-call]
        parameters = list(self.model.parameters())
        total = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        norm = float(total)
        if config.clip is not None and norm > config.clip:                 # mostly it is not, and there is nothing to multiply
            nn.utils.clip_grads_with_norm_(parameters, config.clip, total)
        value = float(mean.detach())
        if not (value < float("inf") and norm < float("inf")):             # NaN fails both
            raise FloatingPointError(f"step {result.step}: loss {value}, norm of the gradient {norm}; try a smaller lr "
                                     f"than {config.lr}")
        self.optimizer.step()
        result.step, result.tokens = result.step + 1, result.tokens + count
        result.losses.append(value)
        result.seconds += time.perf_counter() - start
        lines.write(step=result.step, tokens=result.tokens, seconds=round(result.seconds, 3), loss=value, lr=lr,
                    gradient_norm=norm)

    def measure(self, lines: files.Metrics, checkpoint: str | Path | None) -> None:
        """Evaluate and save when it is time to."""
        start, result, config = time.perf_counter(), self.result, self.config
        finished = result.step == self.total
        if finished or result.step % config.evaluate_every == 0:
            value = mean_loss(self.model, self.validation, loss=self.loss)
            best = self.patience.update(value, self.model)
            result.evaluations.append((result.step, value))
            result.best_loss, result.stopped_early = self.patience.best_loss, self.patience.exhausted and not finished
            lines.write(step=result.step, validation_loss=value, best=best)
        if checkpoint is not None and (finished or result.stopped_early or result.step % config.checkpoint_every == 0):
            self.save(checkpoint)
        result.seconds += time.perf_counter() - start

    def show(self, bar: "tqdm[Any]") -> None:
        result = self.result
        bar.update()
        figures = {"loss": f"{result.losses[-1]:.3f}", "tokens/s": f"{result.tokens / result.seconds:,.0f}"}
        if result.evaluations:
            figures["validation"] = f"{result.evaluations[-1][1]:.3f}"
        bar.set_postfix(figures, refresh=False)

    # --- checkpoints ----------------------------------------------------------------------------------------------------

    def identity(self) -> dict[str, Any]:
        """What must be the same for a training to go on: settings, and fingerprints of the texts and of the model's shape."""
        shape = {name: list(tensor.shape) for name, tensor in self.model.state_dict().items()}
        return {"config": asdict(self.config), "data": [fingerprint(corpus) for corpus in self.data],
                "validation": [fingerprint(corpus) for corpus in self.validation], "model": shape}

    def save(self, path: str | Path) -> None:
        waiting = self.patience
        files.save_atomically({
            **self.identity(), "result": asdict(self.result),
            "weights": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "random": global_state(),
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
        self.optimizer.load_state_dict(state["optimizer"])
        set_global_state(state["random"])
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
