"""A model that is too large for one machine, simulated on this one: matrices in parts, layers in stages, who waits for whom.

* Tensor parallelism: `split_linear` cuts one matrix product. By columns every part makes some of the outputs; by rows every
  part makes a share of all outputs, to be added.
* Pipeline parallelism: `pipeline_timeline`. Each stage has some of the layers; to keep them busy a batch is cut into
  micro-batches. The gradients are added up, so the result is that of the whole batch.
* Data parallelism: `data_parallel_timeline`; for real in `training.workers`.

Sources: deck C ("Parallelizing"), Shoeybi et al. (2019) for columns and rows, Huang et al. (2019) for the pipeline.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llmcourse import arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def split_linear(X: np.ndarray, W: np.ndarray, parts: int, by: str) -> tuple[list[np.ndarray], np.ndarray]:
    """X W computed in so many parts: what each machine has, and the whole. X: (N, d_in); W: (d_in, d_out).

    by: "columns" of W: every part reads all of X and makes some columns of the result, which are put side by side. "rows" of W:
    every part reads its columns of X and makes a summand (N, d_out) of the result. So a product by rows can follow one by
    columns without anything being sent in between, and one sum is enough for both.

    Raises ValueError for another ``by``, for shapes that do not fit, and for more parts than there are columns or rows.

    >>> X, W = np.array([[1, 2]]), np.array([[10, 20], [1, 2]])
    >>> [[part.tolist() for part in split_linear(X, W, 2, by)[0]] for by in ("columns", "rows")]
    [[[[12]], [[24]]], [[[10, 20]], [[2, 4]]]]
    """
    arguments.one_of("way to split", by, ("columns", "rows"))
    if X.ndim != 2 or W.ndim != 2 or X.shape[1] != W.shape[0]:
        raise ValueError(f"expected X (N, d_in) and W (d_in, d_out), got {X.shape} and {W.shape}")
    axis = 1 if by == "columns" else 0
    arguments.integer("the number of parts", parts, least=1, most=W.shape[axis])
    weights = np.array_split(W, parts, axis=axis)
    if by == "columns":
        pieces = [X @ weight for weight in weights]                        # (N, d_out/parts) each
        return pieces, np.concatenate(pieces, axis=1)
    pieces = [x @ weight for x, weight in zip(np.array_split(X, parts, axis=1), weights, strict=True)]   # (N, d_out) each
    return pieces, np.sum(pieces, axis=0)


class Slot(NamedTuple):
    """A stretch of time in which a worker does one thing. kind: "forward", "backward" or "communicate"."""

    worker: int
    kind: str
    micro_batch: int
    start: float
    end: float


def pipeline_timeline(stages: int, micro_batches: int, *, forward: float = 1.0, backward: float = 2.0) -> list[Slot]:
    """Who works when in a step of a pipeline: all micro-batches forward, stage after stage, then all backward.

    forward, backward: how long a whole batch takes in one stage; a micro-batch takes its share. A stage starts on a micro-batch
    when it is free and the stage before (on the way back, the one behind) has handed it on. Nothing is counted for sending.
    Each stage works for forward + backward, and the step takes 1 + (stages − 1)/micro_batches times as long: see `idle_share`.
    """
    arguments.integer("stages", stages, least=1)
    arguments.integer("micro_batches", micro_batches, least=1)
    slots: list[Slot] = []
    free = [0.0] * stages
    for kind, duration in (("forward", forward), ("backward", backward)):
        order = range(stages) if kind == "forward" else range(stages - 1, -1, -1)
        for micro_batch in range(micro_batches):
            ready = 0.0
            for stage in order:
                start = max(ready, free[stage])
                ready = free[stage] = start + duration / micro_batches
                slots.append(Slot(stage, kind, micro_batch, start, ready))
    return slots


def data_parallel_timeline(workers: int, *, forward: float = 1.0, backward: float = 2.0, bytes_of_gradient: float,
                           bandwidth: float) -> list[Slot]:
    """Who works when in a step whose batch is shared out: each computes its share, then all add up their gradients.

    forward, backward: seconds that one worker takes for the whole batch; bandwidth: bytes a second that a worker can send. In a
    ring of W workers each sends 2 (W − 1)/W times the gradient: what is computed shrinks with W, what is sent does not.
    """
    arguments.integer("workers", workers, least=1)
    there = arguments.number("forward", forward, least=0) / workers
    back = there + arguments.number("backward", backward, least=0) / workers
    sent = 2 * (workers - 1) / workers * bytes_of_gradient / arguments.number("bandwidth", bandwidth, above=0)
    slots = [Slot(worker, "forward", worker, 0.0, there) for worker in range(workers)]
    slots += [Slot(worker, "backward", worker, there, back) for worker in range(workers)]
    return slots + [Slot(worker, "communicate", worker, back, back + sent) for worker in range(workers) if workers > 1]


def idle_share(slots: list[Slot]) -> float:
    """The share of all workers' time, from 0 to the end of the last slot, in which they wait or send.

    Raises ValueError where there is no slot.

    >>> round(idle_share(pipeline_timeline(4, 1)), 3), round(idle_share(pipeline_timeline(4, 12)), 3)
    (0.75, 0.2)
    """
    if not slots:
        raise ValueError("a timeline without slots has no idle share")
    workers = len({slot.worker for slot in slots})
    busy = sum(slot.end - slot.start for slot in slots if slot.kind != "communicate")
    return 1 - busy / (workers * max(slot.end for slot in slots))


def plot_timeline(slots: list[Slot], *, title: str | None = None, ax: "Axes | None" = None) -> "Axes":
    """A row for each worker, a bar for each slot: forward plain, backward hatched, communicate pale.

    Where there is room the number of the micro-batch stands in its bar, from 1.
    """
    from matplotlib import pyplot as plt

    from llmcourse import plots

    workers, end = 1 + max(slot.worker for slot in slots), max(slot.end for slot in slots)
    if ax is None:
        with plots.style():
            ax = plt.figure(figsize=(plots.WIDTH, 0.9 + 0.4 * workers), layout="constrained").add_subplot()
    looks = {"forward": (plots.COLOURS[0], None), "backward": (plots.COLOURS[1], "//"), "communicate": ("#cfcfcf", "..")}
    for slot in slots:
        colour, hatch = looks[slot.kind]
        width = slot.end - slot.start
        ax.barh(slot.worker, width, left=slot.start, height=0.8, color=colour, hatch=hatch, edgecolor="white", linewidth=0.8,
                alpha=0.85)
        if width > 0.035 * end and slot.kind in ("forward", "backward"):
            ax.text(slot.start + width / 2, slot.worker, str(slot.micro_batch + 1), ha="center", va="center", color="white")
    names = [f"worker {worker + 1}" for worker in range(workers)]
    ax.set(yticks=range(workers), yticklabels=names, xlabel="time", xlim=(0, end))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    if title:
        ax.set_title(title)
    return ax
