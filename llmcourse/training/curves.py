"""The picture of a training: its loss step by step, and how it does on texts that it does not learn from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcourse.training.files import read_metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def smoothed(values: Sequence[float], share: float = 0.95) -> np.ndarray:
    """A running mean of a noisy curve, (n,): each value has 1 − ``share`` of the weight, all earlier ones together the rest.

    The first means are of few values, and so they are divided by the weight that these have, as in Adam.

    >>> smoothed([2.0, 2.0, 2.0]).round(12).tolist(), smoothed([1.0, 2.0], share=0.5).round(12).tolist()
    ([2.0, 2.0, 2.0], [1.0, 1.666666666667])
    """
    mean, means = 0.0, []
    for t, value in enumerate(values, 1):
        mean = share * mean + (1 - share) * value
        means.append(mean / (1 - share**t))
    return np.array(means)


def plot_losses(runs: Mapping[str, str | Path | Sequence[Mapping[str, Any]]], *, over: str = "step", floor: float | None = None,
                title: str | None = None, ax: "Axes | None" = None) -> "Axes":
    """The loss curves of trainings in nats per token: every step pale, its running mean, and dots for the validation loss.

    runs: {name: a metrics file, or its lines}. over: "step" or "tokens", what the curves are drawn over; evaluations stand
    where the step before them stood. floor: a loss that no model can go below. Raises ValueError for no runs, and for a run in
    which no step was written down.
    """
    from matplotlib import pyplot as plt

    from llmcourse import plots

    if over not in ("step", "tokens"):
        raise ValueError(f"curves can be drawn over 'step' or 'tokens', got {over!r}")
    if not runs:
        raise ValueError("no runs to draw: expected {name: metrics file}")
    if ax is None:
        with plots.style():
            ax = plt.figure(layout="constrained").add_subplot()
    ends = {}
    for i, (name, lines) in enumerate(runs.items()):
        lines = read_metrics(lines) if isinstance(lines, str | Path) else lines
        steps = [line for line in lines if "loss" in line]
        if not steps:
            raise ValueError(f"no step was written down in the run {name!r}")
        place = {line["step"]: line[over] for line in steps}
        colour, dashes = plots.COLOURS[i % len(plots.COLOURS)], plots.DASHES[i % len(plots.DASHES)]
        x, losses = list(place.values()), [line["loss"] for line in steps]
        ax.plot(x, losses, color=colour, alpha=0.2, linewidth=0.8)
        mean = smoothed(losses)
        ax.plot(x, mean, color=colour, linestyle=dashes, linewidth=1.8)
        measured = [(place[line["step"]], line["validation_loss"]) for line in lines if line.get("validation_loss") is not None]
        if measured:
            ax.plot(*zip(*measured, strict=True), color=colour, linestyle="none", marker=plots.MARKERS[i % len(plots.MARKERS)])
        ends[name] = (x[-1], float(mean[-1]))
    if floor is not None:
        ax.axhline(floor, color=plots.INK, linewidth=1, linestyle=":")
        ax.annotate("floor", (0, floor), (3, 3), xycoords=("axes fraction", "data"), textcoords="offset points")
    ax.set(xlabel={"step": "steps", "tokens": "tokens"}[over], ylabel="loss in nats per token")
    ax.grid(axis="y")
    plots.end_labels(ax, ends)
    if title:
        ax.set_title(title)
    return ax
