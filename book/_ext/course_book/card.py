"""The picture that social networks show beside a link to the book: the ladder, drawn when the book is built."""

from pathlib import Path

from llmcourse import plots

WIDTH, HEIGHT = 1200, 630    # pixels, as Open Graph wants them


def draw(ladder: Path, title: str, target: Path) -> None:
    """Write a PNG with the course's title and the best model of every unit over the floor."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = plots.read_ladder(ladder)
    floor = next(row["bits_per_token"] for row in rows if row["gap"] == 0)
    best: dict[int, float] = {}
    for row in rows:
        if row["gap"]:
            best[row["unit"]] = min(row["bits_per_token"], best.get(row["unit"], float("inf")))
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="#0f1b2a")
    FigureCanvasAgg(figure)
    head, _, tail = title.partition(", ")
    figure.text(0.06, 0.84, head, color="white", fontsize=50, weight="bold")
    figure.text(0.06, 0.74, tail, color="#c9d6e4", fontsize=27)
    ax = figure.add_axes((0.06, 0.13, 0.88, 0.52), facecolor="none")
    ax.bar(range(len(best)), list(best.values()), color="#6db9ee", width=0.68)
    ax.axhline(floor, color="#f0a35c", linewidth=3, linestyle="--")
    for i, bits in enumerate(best.values()):
        ax.text(i, bits + 0.15, f"{bits:.2f}", color="white", ha="center", fontsize=19)
    ax.set(xticks=range(len(best)), ylim=(0, 1.15 * max(best.values())), yticks=[])
    ax.set_xticklabels([f"unit {unit:02d}" for unit in best], color="#c9d6e4", fontsize=19)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    figure.text(0.06, 0.035, "held-out bits per token, unit by unit, and the floor that no model can pass", color="#c9d6e4",
                fontsize=19)
    figure.savefig(target, dpi=100)
