"""How a network is trained: the numbers that decide it, and the step size at every step.

Sources: deck C (mini-batch SGD, step size), Loshchilov & Hutter (2017) for the cosine, (2019) for AdamW, Jordan et al. (2024)
for Muon, Pascanu et al. (2013) for clipping by the norm, Prechelt (1998) for stopping early.
"""

import math
from dataclasses import dataclass

from llmcourse import arguments

OPTIMIZERS = ("adamw", "sgd", "muon")
PRECISIONS = ("float32", "bfloat16")
SCHEDULES = ("linear", "cosine")


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training. Raises TypeError or ValueError, naming the field, for one that makes no sense.

    epochs: passes over the corpus. batch_size: texts in a mini-batch.
    optimizer: "adamw", "sgd", or "muon", which is Muon for the ``matrices()`` of the model and AdamW for all else.
    lr: the largest step size η; minimum_lr: what it has come down to at the last step. matrix_lr: the largest of Muon, whose
    step sizes go up and down with the others.
    betas: how much of the means of gradients and of their squares AdamW keeps from step to step. (0.9, 0.95), as GPT-3 had
    them, forget sooner, which a training of few steps gains from.
    warmup: the share of all steps in which η climbs to ``lr``. schedule: how it comes down, "linear" or "cosine".
    clip: the largest norm that the gradient of all parameters together may have, None for any.
    weight_decay: of matrices; decoupled for AdamW (θ shrinks by η·weight_decay), L2 for SGD.
    micro_batches: parts in which each batch is computed, one after the other. The step is the same and needs less memory.
    evaluate_every, checkpoint_every: in steps; the last step is always evaluated.
    patience: stop when so many evaluations in a row brought nothing better; None trains to the end.
    seed: of the order of the texts, and of the random numbers that the model draws in training (dropout).
    precision: "bfloat16" lets the products of a training step be computed in it (autocast), which is what GPUs are quick at;
    weights and sums stay float32. compile: run the model through ``torch.compile``, which needs a C++ compiler.
    graphs: record the steps of a GPU for each shape of batch and ask for them as a whole, where Python is too slow for it. The
    loss must not look at numbers then, as that of a language model does not. No effect on a CPU.
    """

    epochs: int = 1
    batch_size: int = 32
    micro_batches: int = 1
    optimizer: str = "adamw"
    lr: float = 2e-3
    matrix_lr: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    minimum_lr: float = 0.0
    warmup: float = 0.03
    schedule: str = "linear"
    clip: float | None = 1.0
    weight_decay: float = 0.0
    evaluate_every: int = 200
    checkpoint_every: int = 200
    patience: int | None = None
    seed: int = 0
    precision: str = "float32"
    compile: bool = False
    graphs: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "micro_batches", "evaluate_every", "checkpoint_every"):
            arguments.integer(name, getattr(self, name), least=1)
        arguments.integer("seed", self.seed, least=0)
        arguments.one_of("optimizer", self.optimizer, OPTIMIZERS)
        arguments.one_of("precision", self.precision, PRECISIONS)
        arguments.one_of("schedule", self.schedule, SCHEDULES)
        arguments.number("lr", self.lr, above=0)
        arguments.number("matrix_lr", self.matrix_lr, above=0)
        if len(self.betas) != 2:
            raise ValueError(f"betas must be two numbers, got {self.betas}")
        for beta in self.betas:
            arguments.number("a number of betas", beta, least=0, most=0.999999)
        arguments.number("minimum_lr", self.minimum_lr, least=0, most=self.lr)
        arguments.number("warmup", self.warmup, least=0, most=1)
        arguments.number("weight_decay", self.weight_decay, least=0)
        if self.clip is not None:
            arguments.number("clip", self.clip, above=0)
        if self.patience is not None:
            arguments.integer("patience", self.patience, least=1)


def lr_at(step: int, *, maximum: float, minimum: float, warmup: int, total: int, shape: str = "linear") -> float:
    """The step size of step 0, 1, … total − 1: a climb over ``warmup`` steps, then down to ``minimum``.

    shape: "linear", a straight line, or "cosine", which stays near both ends for longer and crosses the line half-way down.

    Step 0 already moves, by maximum/(warmup + 1); step ``warmup`` has the maximum. The minimum is reached at step ``total``,
    one after the last, and stays.

    >>> [lr_at(step, maximum=1.0, minimum=0.0, warmup=1, total=5) for step in range(6)]
    [0.5, 1.0, 0.75, 0.5, 0.25, 0.0]
    >>> [round(lr_at(step, maximum=1.0, minimum=0.0, warmup=0, total=4, shape="cosine"), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    arguments.one_of("shape of a schedule", shape, SCHEDULES)
    if step < warmup:
        return maximum * (step + 1) / (warmup + 1)
    if step >= total:
        return minimum
    done = (step - warmup) / (total - warmup)                              # share of the way down
    if shape == "cosine":
        done = (1 - math.cos(math.pi * done)) / 2
    return maximum - (maximum - minimum) * done
