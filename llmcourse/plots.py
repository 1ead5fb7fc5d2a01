"""The course's pictures: dark ink on nothing, colours that colour-blind readers can tell apart, words beside them.

Figures have a transparent background. The book inverts their lightness (and keeps the hue) in dark mode, and
JupyterLab puts a light background under them there, so one picture serves light and dark. Colour never carries
meaning alone: series are also labelled, dashed or marked. Every function draws into ``ax`` or a new figure and
returns the Axes. Colours: Okabe & Ito, "Color Universal Design" (2008), darkened to a contrast of 3 on white.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from llmcourse.vocabulary import EOS

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

COLOURS = ["#0072b2", "#c44f00", "#007a59", "#a3487c", "#7d5b00", "#1f1f1f"]
INK, MUTED, ACCENT, PLAIN = "#1a1a1a", "#6b6b6b", "#c44f00", "#0072b2"
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1))]
MARKERS = ["o", "s", "^", "D", "v", "P"]
WIDTH = 5.6                 # inches: a figure of this width shows 11-point labels on a phone with 9 pixels; none is wider
SHADES = LinearSegmentedColormap.from_list("course", ["#0072b200", "#0072b299"])

_STYLE: "dict[RcKeyType, Any]" = {
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "savefig.transparent": True,
    "figure.figsize": (WIDTH, 3.4), "figure.dpi": 100, "savefig.dpi": 160, "savefig.bbox": "tight",
    "font.family": "DejaVu Sans", "font.size": 11, "axes.titlesize": 12, "axes.titlelocation": "left",
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": MUTED, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.prop_cycle": cycler(color=COLOURS),
    "grid.color": MUTED, "grid.alpha": 0.3, "lines.linewidth": 2, "legend.frameon": False,
    "svg.fonttype": "path", "svg.hashsalt": "llmcourse",
}


@contextmanager
def style() -> Iterator[None]:
    """The course's style for what is drawn inside the ``with`` block."""
    with plt.rc_context(_STYLE):
        yield


def use() -> None:
    """The course's style for the rest of a notebook, and figures in it as SVG, sharp at every size."""
    plt.rcParams.update(_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
        set_matplotlib_formats("svg")  # type: ignore[no-untyped-call]
    except (ImportError, AttributeError):    # no notebook around: figures go where matplotlib sends them
        pass


def _axes(ax: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    if ax is None:
        with style():
            return plt.figure(figsize=size, layout="constrained").add_subplot()
    return ax


def _finite(name: str, values: Iterable[float]) -> np.ndarray:
    array = np.asarray(list(values), float)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} must be a non-empty list of numbers, got shape {array.shape}")
    if np.isnan(array).any():
        raise ValueError(f"{name} must not contain NaN, got {array.tolist()}")
    return array


def _probabilities(name: str, values: Iterable[float]) -> np.ndarray:
    array = _finite(name, values)
    if (array < 0).any() or array.sum() > 1 + 1e-6:
        raise ValueError(f"{name} must be probabilities (none negative, sum at most 1), got {array.tolist()}")
    return array


def bar_distribution(
    tokens: Sequence[str], probabilities: Sequence[float], *, highlight: str | Sequence[str] = (),
    title: str | None = None, xlabel: str = "probability", ax: Axes | None = None,
) -> Axes:
    """One horizontal bar for each token, in the order given, with its probability beside it.

    highlight: tokens drawn in the accent colour, with an arrow head before their name. Raises ValueError where the
    two lists differ in length or the numbers are no probabilities.
    """
    p = _probabilities("probabilities", probabilities)
    if len(tokens) != len(p):
        raise ValueError(f"{len(tokens)} tokens but {len(p)} probabilities")
    chosen = {highlight} if isinstance(highlight, str) else set(highlight)
    ax = _axes(ax, (WIDTH, 0.8 + 0.3 * len(p)))
    colours = [ACCENT if token in chosen else PLAIN for token in tokens]
    ax.barh(range(len(p)), p, color=colours, height=0.7)
    for i, value in enumerate(p):
        ax.text(value + 0.01 * p.max(), i, f"{value:.3g}", va="center", color=INK)
    ax.set(yticks=range(len(p)), yticklabels=[f"▸ {t}" if t in chosen else t for t in tokens], xlabel=xlabel)
    ax.invert_yaxis()
    ax.set_xlim(0, (p.max() or 1) * 1.15)
    ax.tick_params(axis="y", length=0)
    if title:
        ax.set_title(title)
    return ax


def _tree_nodes(model: Any, depth: int) -> list[tuple[tuple[str, ...], float, float]]:
    """(prefix, branch, path) of every node, each before its children, from a model, a function or a list of nodes."""
    if hasattr(model, "next_log_probabilities"):
        from llmcourse.language_models.models import event_tree as walk
        model = walk(model, depth)
    if not callable(model):
        return [(tuple(node.prefix), float(node.branch), float(node.path)) for node in model]
    nodes: list[tuple[tuple[str, ...], float, float]] = [((), 1.0, 1.0)]
    for prefix, _, path in nodes:            # the list grows while it is read: breadth first
        if len(prefix) < depth and path > 0 and prefix[-1:] != (EOS,):
            row = dict(model(prefix))
            _probabilities(f"the branches after {prefix!r}", row.values())
            nodes += [((*prefix, token), p, path * p) for token, p in row.items()]
    return nodes


def draw_event_tree(
    model: object, depth: int = 3, *, highlight: Sequence[str] = (), title: str | None = None, ax: Axes | None = None,
) -> Axes:
    """The event tree of deck S, from left to right: branches carry their probability, complete texts their product.

    model: a LanguageModel, a list of ``language_models.TreeNode``, or a function from a prefix (tuple of tokens) to
    {token: probability}. depth: tokens from the root, EOS counted. highlight: one prefix, drawn in the accent colour
    with all its branches. Raises ValueError for a depth under 1, for branches that are no probabilities, for a tree
    of more than 80 leaves, and for a highlighted prefix that is not in the tree.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, got {depth!r}")
    nodes = _tree_nodes(model, depth)
    children: dict[tuple[str, ...], list[tuple[tuple[str, ...], float, float]]] = {prefix: [] for prefix, _, _ in nodes}
    for node in nodes[1:]:
        children[node[0][:-1]].append(node)
    leaves = sum(not below for below in children.values())
    if leaves > 80:
        raise ValueError(f"a tree with {leaves} leaves is too big to read; lower the depth")
    chosen = {tuple(highlight[:i]) for i in range(len(highlight) + 1)}
    if tuple(highlight) not in children:
        raise ValueError(f"there is no node {tuple(highlight)!r} in the tree of depth {depth}")
    rows: dict[tuple[str, ...], float] = {}

    def place(prefix: tuple[str, ...]) -> float:
        below = [place(node[0]) for node in children[prefix]]
        rows[prefix] = sum(below) / len(below) if below else float(sum(not children[p] for p in rows))
        return rows[prefix]

    place(())
    width = max(map(len, children))
    ax = _axes(ax, (min(1.3 + 1.45 * width, WIDTH), 0.7 + 0.36 * leaves))
    for prefix, branch, path in nodes:
        on = bool(highlight) and prefix in chosen
        x, y = len(prefix), rows[prefix]
        if prefix:
            ax.plot([x - 1, x - 0.52, x], [rows[prefix[:-1]], y, y], color=ACCENT if on else MUTED,
                    linewidth=2.6 if on else 1.1, linestyle="--" if prefix[-1] == EOS and not on else "-", zorder=1)
            ax.text(x - 0.5, y - 0.05, f"{branch:.3g}", va="bottom", color=ACCENT if on else INK)
        label = prefix[-1].replace(EOS, "⟨eos⟩") if prefix else "start"
        ax.text(x, y, label, ha="center", va="center", zorder=3, weight="bold" if on else "normal", bbox={
            "boxstyle": "round,pad=0.25", "facecolor": "#e3eef6" if prefix[-1:] != (EOS,) else "#ffffff",
            "edgecolor": ACCENT if on else MUTED})
        if prefix[-1:] == (EOS,):
            ax.text(x + 0.28, y, f"{path:.3g}", va="center", weight="bold" if on else "normal")
    ax.set(xlim=(-0.4, width + 0.75), ylim=(leaves - 0.4, -0.8))
    ax.axis("off")
    if title:
        ax.set_title(title)
    return ax


def draw_mass_by_length(
    masses: Mapping[str, Sequence[float]], *, title: str | None = None, ax: Axes | None = None,
) -> Axes:
    """How much probability the texts of each length have, and the running sum against the line at 1.

    masses: {name of a model: [p(length 0), p(length 1), …]}. A tight model's sum comes to 1; what is missing from it
    belongs to longer texts or to none. Raises ValueError for no models or numbers that are no probabilities.
    """
    if not masses:
        raise ValueError("no masses to draw: expected {name: [p(length 0), p(length 1), …]}")
    arrays = {name: _probabilities(f"masses[{name!r}]", values) for name, values in masses.items()}
    ax = _axes(ax)
    width = 0.8 / len(arrays)
    for i, p in enumerate(arrays.values()):
        x, colour = np.arange(len(p)), COLOURS[i % len(COLOURS)]
        ax.bar(x + (i - (len(arrays) - 1) / 2) * width, p, width * 0.9, color=colour, alpha=0.75)
        ax.plot(x, np.cumsum(p), color=colour, linestyle=DASHES[i % 6], marker=MARKERS[i % 6], markersize=4)
    ax.axhline(1, color=INK, linewidth=1, linestyle=":")
    ax.set(xlabel="tokens before ⟨eos⟩", ylabel="bars: mass · lines: sum so far", ylim=(0, 1.08))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    end_labels(ax, {name: (len(p) - 1, np.cumsum(p)[-1]) for name, p in arrays.items()})
    if title:
        ax.set_title(title)
    return ax


def end_labels(ax: Axes, ends: Mapping[str, tuple[float, float]]) -> None:
    """Names of the series where their lines end: right of the axes, pushed apart where they meet, or inside.

    ends: {name: (x, y)}, in the order of the colours.
    """
    ax.get_xlim(), ax.get_ylim()                         # settles the limits that the transforms below depend on
    inside = ax.transAxes.inverted()
    last, below = max(x for x, _ in ends.values()), -1.0
    placed = sorted((float(inside.transform(ax.transData.transform(end))[1]), i, end, name)
                    for i, (name, end) in enumerate(ends.items()))
    gap = 0.22 / ax.figure.get_figure(root=True).get_size_inches()[1]  # a line of text, as a share of the figure's height
    for y, i, end, name in placed:
        colour = COLOURS[i % len(COLOURS)]
        if end[0] < last:
            ax.annotate(name, end, (7, 5), textcoords="offset points", color=colour)
        else:
            below = max(y, below + gap)
            ax.text(1.015, below, name, transform=ax.transAxes, va="center", color=colour)


def lines(
    x: Sequence[float], curves: Mapping[str, Sequence[float]], *, xlabel: str, ylabel: str, logx: bool = False,
    logy: bool = False, title: str | None = None, errors: Mapping[str, Sequence[float]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Curves over a shared x, each with its own dash, marker and name at its end. Infinite values are left out.

    errors: standard errors of some curves, drawn as a band of ±1. Raises ValueError where lengths differ, for NaN,
    for a curve without a finite value, and for values that are not positive on a log axis.
    """
    at = _finite("x", x)
    if not curves:
        raise ValueError("no curves to draw: expected {name: values}")
    ax = _axes(ax)
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if logx else "linear", yscale="log" if logy else "linear")
    ends = {}
    for i, (name, values) in enumerate(curves.items()):
        y = _finite(f"curves[{name!r}]", values)
        seen = np.isfinite(y)
        if len(y) != len(at):
            raise ValueError(f"x has {len(at)} values but curves[{name!r}] has {len(y)}")
        if not seen.any():
            raise ValueError(f"curves[{name!r}] has no finite value")
        if (logy and (y <= 0).any()) or (logx and (at <= 0).any()):
            raise ValueError(f"a logarithmic axis needs positive values; curves[{name!r}] or x has others")
        colour = COLOURS[i % len(COLOURS)]
        ax.plot(at[seen], y[seen], color=colour, linestyle=DASHES[i % 6], marker=MARKERS[i % 6], markersize=5)
        if errors and name in errors:
            e = _finite(f"errors[{name!r}]", errors[name])
            ax.fill_between(at[seen], (y - e)[seen], (y + e)[seen], color=colour, alpha=0.2, linewidth=0)
        ends[name] = (at[seen][-1], y[seen][-1])
    ax.grid(axis="y")
    if not logx and (at == at.astype(int)).all():
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    end_labels(ax, ends)
    if title:
        ax.set_title(title)
    return ax


def perplexity_curve(
    x: Sequence[float], curves: Mapping[str, Sequence[float]], *, xlabel: str, ylabel: str = "perplexity",
    logx: bool = False, logy: bool = True, title: str | None = None, ax: Axes | None = None,
) -> Axes:
    """``lines`` for perplexities: a log axis, and no curve may fall under 1. Raises ValueError like ``lines``."""
    for name, values in curves.items():
        if (np.asarray(values, float) < 1).any():
            raise ValueError(f"a perplexity is at least 1, got {min(values)} in curves[{name!r}]")
    return lines(x, curves, xlabel=xlabel, ylabel=ylabel, logx=logx, logy=logy, title=title, ax=ax)


def heatmap(
    values: Sequence[Sequence[float]] | np.ndarray, rows: Sequence[str], columns: Sequence[str], *,
    fmt: str | Callable[[float], str] = ".2f", xlabel: str | None = None, ylabel: str | None = None,
    title: str | None = None, ax: Axes | None = None,
) -> Axes:
    """A matrix (rows, columns) with its numbers written in: the darker a cell, the larger its value.

    fmt: a format for the numbers, or a function from a number to a string. Raises ValueError where the shape does
    not fit the names, or for values that are not finite.
    """
    matrix = np.asarray(values, float)
    if matrix.shape != (len(rows), len(columns)) or not matrix.size:
        raise ValueError(f"values have shape {matrix.shape}, names say ({len(rows)}, {len(columns)})")
    if not np.isfinite(matrix).all():
        raise ValueError("a heatmap needs finite values")
    write = fmt if callable(fmt) else lambda value: format(value, fmt)
    ax = _axes(ax, (min(1.4 + 0.72 * len(columns), WIDTH), 1.0 + 0.42 * len(rows)))
    low, high = min(matrix.min(), 0), matrix.max()
    ax.imshow(matrix, cmap=SHADES, vmin=low, vmax=high if high > low else low + 1, aspect="auto")
    for (i, j), value in np.ndenumerate(matrix):
        ax.text(j, i, write(value), ha="center", va="center", color=MUTED if value == 0 else INK)
    ax.set(xticks=range(len(columns)), yticks=range(len(rows)), yticklabels=rows, ylabel=ylabel)
    long = max(map(len, columns)) > 7
    ax.set_xticks(range(len(columns)), columns, rotation=40 if long else 0, ha="left" if long else "center")
    ax.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    ax.grid(which="minor", linewidth=0.8)
    ax.tick_params(which="minor", length=0)
    if xlabel:
        ax.set_xlabel(xlabel)
        ax.xaxis.set_label_position("top")
    if title:
        ax.set_title(title)
    return ax


def count_table(
    counts: Sequence[Sequence[int]] | np.ndarray, rows: Sequence[str], columns: Sequence[str], *,
    xlabel: str | None = "next word", ylabel: str | None = "context", title: str | None = None, ax: Axes | None = None,
) -> Axes:
    """``heatmap`` for counts: integers, zeros in grey. Raises ValueError for one that is negative or no integer."""
    matrix = np.asarray(counts)
    if matrix.dtype.kind not in "iu" or (matrix < 0).any():
        raise ValueError(f"counts must be integers from 0 up, got {matrix.tolist()}")
    return heatmap(matrix, rows, columns, fmt=".0f", xlabel=xlabel, ylabel=ylabel, title=title, ax=ax)


LADDER_FIELDS = (
    "unit", "model", "parameters", "training_tokens", "seconds", "bits_per_token", "standard_error", "gap",
)


def read_ladder(path: str | Path) -> list[dict[str, Any]]:
    """The rows of the ladder from a JSON file. Raises ValueError for one without rows or with a field missing."""
    rows = json.loads(Path(path).read_text(encoding="utf8"))
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path} must hold a non-empty list of rows")
    for row in rows:
        missing = [field for field in LADDER_FIELDS if field not in row]
        if missing:
            raise ValueError(f"{path}: the row {row.get('model', row)!r} lacks {', '.join(missing)}")
    return rows


def ladder(
    rows: Sequence[Mapping[str, Any]] | str | Path = "_data/ladder.json", *, through: int | None = None,
    title: str | None = None, ax: Axes | None = None,
) -> Axes:
    """Held-out bits per token of every model of the course, and the floor that none can go below.

    through: the last unit whose models are shown, so that a chapter keeps its figure when later units add theirs.

    rows: dictionaries with at least ``model``, ``bits_per_token`` and ``gap`` (bits above the floor), and maybe
    ``unit`` and ``standard_error``; or the JSON file that has them. The row with gap 0 is the source itself: the
    line. Raises ValueError for no rows, or for models that lie under the floor by more than three standard errors.
    """
    rows = read_ladder(rows) if isinstance(rows, str | Path) else list(rows)
    floor = next((row["bits_per_token"] for row in rows if row["gap"] == 0), None)
    models = [row for row in rows if row["gap"] != 0 and (through is None or row.get("unit", 0) <= through)]
    if not models:
        raise ValueError("the ladder has no models")
    for row in models:
        if row["gap"] < -3 * (row.get("standard_error") or 0):
            raise ValueError(f"{row['model']!r} lies {-row['gap']:.3f} bits under the floor: no model can")
    ax = _axes(ax, (WIDTH, 1.1 + 0.36 * len(models)))
    for i, row in enumerate(models):
        bits = row["bits_per_token"]
        ax.plot([floor or 0, bits], [i, i], color=MUTED, linewidth=1.2, zorder=1)
        ax.errorbar(bits, i, xerr=row.get("standard_error") or 0, fmt="o", color=PLAIN, markersize=7, capsize=3)
        ax.annotate(f"{bits:.2f}", (bits, i), (9, 0), textcoords="offset points", va="center")
    if floor is not None:
        ax.axvline(floor, color=ACCENT, linewidth=2, linestyle="--")
        ax.annotate(f"floor {floor:.2f}", (floor, 0), (5, 0), xycoords=("data", "axes fraction"),
                    textcoords="offset points", va="bottom", color=ACCENT)
    names = [f"{row['unit']:02d} {row['model']}" if isinstance(row.get("unit"), int) else row["model"] for row in models]
    ax.set(yticks=range(len(models)), yticklabels=names, ylim=(len(models) - 0.2, -0.6),
           xlabel="held-out bits per token (lower is better)")
    ax.set_xlim(0, 1.12 * max(row["bits_per_token"] for row in models))
    ax.tick_params(axis="y", length=0)
    if title:
        ax.set_title(title)
    return ax
