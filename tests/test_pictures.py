"""What is drawn, artist by artist: where marks and lines stand, what is written beside them, and where the axes end."""

import json
import math

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex, to_rgba
from matplotlib.container import ErrorbarContainer
from matplotlib.layout_engine import ConstrainedLayoutEngine

from llmcourse import plots
from llmcourse.language_models import TableModel, event_tree


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(ax):
    """{text: (x, y)} of what is written into the axes."""
    return {text.get_text(): text.get_position() for text in ax.texts}


def curve(line):
    return list(zip(line.get_xdata(), line.get_ydata(), strict=True))


def title(ax):
    return ax.get_title(loc="left") + ax.get_title()  # left where the course's style is on


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


# --- bars


def test_a_bar_a_token_from_top_to_bottom():
    ax = plots.bar_distribution(["ice", "fog", "sun"], [0.5, 0.25, 0.0], highlight=["fog", "sun"], title="Weather")
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 0.5), (0, 0.25), (0, 0)]
    assert [bar.get_y() + bar.get_height() / 2 for bar in ax.patches] == pytest.approx([0, 1, 2])
    assert all(0.5 < bar.get_height() < 1 for bar in ax.patches)  # bars have a gap between them
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [plots.PLAIN, plots.ACCENT, plots.ACCENT]
    assert [(t.get_text(), *t.get_position()) for t in ax.texts] == [
        ("0.5", pytest.approx(0.505), 0), ("0.25", pytest.approx(0.255), 1), ("0", pytest.approx(0.005), 2)]
    assert labels(ax.yaxis) == ["ice", "▸ fog", "▸ sun"] and list(ax.get_yticks()) == [0, 1, 2]
    assert ax.get_xlim() == (0, pytest.approx(0.575)) and ax.yaxis_inverted()
    assert ax.get_xlabel() == "probability" and title(ax) == "Weather"


def test_bars_without_options():
    ax = plots.bar_distribution(["a", "b"], [0.0, 0.0], xlabel="share")
    assert ax.get_xlabel() == "share" and title(ax) == "" and ax.get_xlim() == (0, 1.15)
    assert labels(ax.yaxis) == ["a", "b"]
    more = plots.bar_distribution(list("abcdef"), [0.1] * 6)
    assert more.figure.get_figheight() > ax.figure.get_figheight() > 0.8
    assert plots.bar_distribution(["a", "ab"], [0.5, 0.5], highlight="ab").get_yticklabels()[0].get_text() == "a"


@pytest.mark.parametrize("p", [[1.0], [0.5, 0.5 + 9e-7], [0, 0]])
def test_probabilities_at_the_limit_are_drawn(p):
    assert len(plots.bar_distribution(["x"] * len(p), p).patches) == len(p)


@pytest.mark.parametrize("p", [[0.5, 0.5 + 2e-6], [-1e-9, 0.5], [[0.5, 0.5]]])
def test_what_lies_beyond_the_limit_is_not(p):
    with pytest.raises(ValueError, match="probabilities must be"):
        plots.bar_distribution(["x"] * len(p), p)


# --- the event tree


def coin(prefix):
    return {"<eos>": 1.0} if prefix else {"up": 0.25, "down": 0.5, "<eos>": 0.25}


def test_a_tree_has_a_line_a_branch_and_a_product_a_leaf():
    ax = plots.draw_event_tree(coin, 2, highlight=("down", "<eos>"), title="Coin")
    nodes = {text.get_position(): text.get_text() for text in ax.texts if text.get_bbox_patch() is not None}
    columns = {name: sorted(x for (x, _), text in nodes.items() if text == name) for name in set(nodes.values())}
    assert columns["start"] == [0] and columns["up"] == [1] and columns["down"] == [1] and columns["⟨eos⟩"] == [1, 2, 2]
    rows = sorted(y for (x, y), _ in nodes.items() if x == 2 or (x, nodes[x, y]) == (1, "⟨eos⟩"))
    assert rows == list(range(len(rows)))  # leaves stand one under another
    for line in ax.lines:  # from a node, level from the bend on, to the next node
        (x0, y0), (bend, y1), (x1, y2) = curve(line)
        assert (x0, y0) in nodes and (x1, y2) in nodes and y1 == y2 and x1 == x0 + 1 and x0 < bend < x1
    assert len(ax.lines) == len(nodes) - 1
    heavy = [line for line in ax.lines if line.get_color() == plots.ACCENT]
    assert len(heavy) == 2 and {line.get_linestyle() for line in heavy} == {"-"}
    assert min(line.get_linewidth() for line in heavy) > max(line.get_linewidth() for line in ax.lines if line not in heavy)
    others = [line for line in ax.lines if line not in heavy]
    for line in others:
        assert line.get_linestyle() == ("--" if nodes[curve(line)[-1]] == "⟨eos⟩" else "-")
    bold = [text.get_text() for text in ax.texts if text.get_weight() == "bold"]
    assert sorted(bold) == ["0.5", "down", "start", "⟨eos⟩"]
    assert title(ax) == "Coin" and not ax.axison
    assert ax.get_xlim()[0] < 0 and ax.get_xlim()[1] > 2 and ax.get_ylim()[0] > rows[-1] and ax.get_ylim()[1] < 0
    beside = [text for text in ax.texts if text.get_bbox_patch() is None]
    branches = [text.get_text() for text in beside if text.get_va() == "bottom"]
    assert len(branches) == len(nodes) - 1 and branches.count("1") == 2 and set(branches) == {"1", "0.25", "0.5"}
    products = {(x - x % 1, y): text.get_text() for text in beside for x, y in [text.get_position()] if 0.2 < x % 1 < 0.3}
    assert products == {(2, 0): "0.25", (2, 1): "0.5", (1, 2): "0.25"}


def test_branches_are_written_just_above_their_line_and_chosen_nodes_have_a_coloured_edge():
    ax = plots.draw_event_tree(coin, 2, highlight=("up",))
    for text in ax.texts:
        x, y = text.get_position()
        box = text.get_bbox_patch()
        if box is not None:
            chosen = text.get_text() in ("start", "up")
            assert to_hex(box.get_edgecolor()) == (plots.ACCENT if chosen else plots.MUTED)
            assert to_hex(box.get_facecolor()) == ("#ffffff" if text.get_text() == "⟨eos⟩" else "#e3eef6")
            assert text.get_zorder() > max(line.get_zorder() for line in ax.lines)
            assert text.get_ha() == text.get_va() == "center"
        elif text.get_va() == "bottom":
            assert 0 < round(y) - y < 0.08 and text.get_color() == (plots.ACCENT if (math.ceil(x), round(y)) == (1, 0)
                                                                     else plots.INK)  # fmt: skip
    wide, high = ax.figure.get_size_inches()
    deeper = plots.draw_event_tree(lambda prefix: {"a": 0.5, "<eos>": 0.5}, 4).figure.get_size_inches()
    assert deeper[0] >= wide > 0 and deeper[1] > high > 0.7
    five = plots.draw_event_tree(lambda prefix: {f"w{i}": 0.2 for i in range(5)}, 1).figure.get_size_inches()
    assert five[1] > plots.draw_event_tree(coin, 1).figure.get_size_inches()[1]


def test_a_parent_stands_in_the_middle_of_its_children():
    ax = plots.draw_event_tree(lambda prefix: {"a": 0.5, "b": 0.25, "<eos>": 0.25} if not prefix else {"<eos>": 1.0}, 2)
    where = {text.get_text(): text.get_position() for text in ax.texts if text.get_bbox_patch() is not None}
    assert where["a"] == (1, 0) and where["b"] == (1, 1) and where["start"] == (0, 1)
    assert not any(text.get_weight() == "bold" for text in ax.texts)
    assert title(ax) == ""


def test_the_depth_of_a_tree_is_three_unless_said():
    def words(prefix):
        return {"a": 1.0}

    assert max(text.get_position()[0] for text in plots.draw_event_tree(words).texts) == 3
    assert max(text.get_position()[0] for text in plots.draw_event_tree(words, 1).texts) == 1


def test_a_tree_of_eighty_leaves_is_drawn_and_one_more_is_not():
    def fan(n):
        return lambda prefix: {f"w{i}": 1 / n for i in range(n)}

    assert len(plots.draw_event_tree(fan(80), 1).lines) == 80
    with pytest.raises(ValueError, match="81 leaves is too big"):
        plots.draw_event_tree(fan(81), 1)


# --- mass by length


def test_masses_side_by_side_and_their_sums():
    ax = plots.draw_mass_by_length({"tight": [0.5, 0.5], "leaky": [0.25, 0.25, 0.25]}, title="Mass")
    bars = [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in ax.patches]
    assert [height for _, height in bars] == [0.5, 0.5, 0.25, 0.25, 0.25]
    assert [x for x, _ in bars] == pytest.approx([-0.2, 0.8, 0.2, 1.2, 2.2])
    assert all(0.3 < bar.get_width() < 0.4 for bar in ax.patches)
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [plots.COLOURS[0]] * 2 + [plots.COLOURS[1]] * 3
    assert [curve(line) for line in ax.lines[:2]] == [[(0, 0.5), (1, 1)], [(0, 0.25), (1, 0.5), (2, 0.75)]]
    one = ax.lines[2]
    assert list(one.get_ydata()) == [1, 1] and one.get_linestyle() == ":"
    assert ax.get_ylim() == (0, 1.08) and title(ax) == "Mass"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tokens before ⟨eos⟩", "bars: mass · lines: sum so far")
    assert one.get_color() == plots.INK and all(tick == int(tick) for tick in ax.get_xticks())
    assert {bar.get_alpha() for bar in ax.patches} == {0.75} and ax.lines[0].get_markersize() == 4
    eight = plots.draw_mass_by_length({str(i): [1.0] for i in range(8)})
    assert [line.get_color() for line in eight.lines[:8]] == plots.COLOURS + plots.COLOURS[:2]
    assert [line.get_marker() for line in eight.lines[:8]] == plots.MARKERS + plots.MARKERS[:2]
    styles = [line._unscaled_dash_pattern for line in eight.lines[:8]]
    assert styles[6:] == styles[:2] and len(set(map(str, styles))) == 6
    assert [line.get_linestyle() for line in ax.lines[:2]] == ["-", "--"]
    assert [line.get_marker() for line in ax.lines[:2]] == plots.MARKERS[:2]
    assert texts(ax)["leaky"][0] == pytest.approx(1.015) and set(texts(ax)) == {"tight", "leaky"}


# --- curves


def test_lines_have_their_points_bands_and_names():
    ax = plots.lines([1, 2, 4], {"one": [1, 2, 3], "two": [3, 1, np.inf]}, xlabel="n", ylabel="cost", title="Costs",
                     errors={"one": [0.5, 0.5, 0.25]})  # fmt: skip
    assert [curve(line) for line in ax.lines] == [[(1, 1), (2, 2), (4, 3)], [(1, 3), (2, 1)]]
    (band,) = ax.collections
    edge = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}
    assert {(1, 0.5), (1, 1.5), (2, 1.5), (2, 2.5), (4, 2.75), (4, 3.25)} == edge
    assert (ax.get_xlabel(), ax.get_ylabel(), title(ax)) == ("n", "cost", "Costs")
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")
    assert [line.get_color() for line in ax.lines] == plots.COLOURS[:2]
    note = next(text for text in ax.texts if hasattr(text, "xy"))
    assert (note.get_text(), note.xy) == ("two", (2, 1))  # it ends before the others: its name stands there
    assert note.xyann == (7, 5) and note.anncoords == "offset points" and note.get_color() == plots.COLOURS[1]
    assert ax.yaxis.get_gridlines()[0].get_visible() and not ax.xaxis.get_gridlines()[0].get_visible()
    assert ax.lines[0].get_markersize() == 5 and band.get_alpha() == 0.2 and band.get_linewidth() == 0
    assert texts(ax)["one"][0] == pytest.approx(1.015)
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_log_axes_and_more_curves_than_colours():
    ax = plots.lines([0.5, 10], {str(i): [1, 10**i] for i in range(8)}, xlabel="x", ylabel="y", logx=True, logy=True)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [line.get_color() for line in ax.lines] == plots.COLOURS + plots.COLOURS[:2]
    assert [line.get_marker() for line in ax.lines] == plots.MARKERS + plots.MARKERS[:2]
    assert not ax.collections and title(ax) == ""
    fractions = plots.lines([0.5, 1.5], {"a": [0, 1]}, xlabel="x", ylabel="y")
    assert any(tick != int(tick) for tick in fractions.get_xticks())


def test_names_stay_at_the_height_of_their_line_where_there_is_room():
    ax = plots.lines([0, 1], {"low": [0, 0], "high": [0, 1]}, xlabel="x", ylabel="y")
    inside = ax.transAxes.inverted()
    for name, y in (("low", 0), ("high", 1)):
        assert texts(ax)[name][1] == pytest.approx(inside.transform(ax.transData.transform((1, y)))[1])
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert colours == {"low": plots.COLOURS[0], "high": plots.COLOURS[1]}


@pytest.mark.parametrize(("call", "message"), [
    (lambda: plots.lines([1, 2], {"a": [0, 1]}, xlabel="x", ylabel="y", logy=True), "needs positive values"),
    (lambda: plots.lines([0, 1], {"a": [1, 1]}, xlabel="x", ylabel="y", logx=True), "needs positive values"),
    (lambda: plots.lines([1, 2], {"a": [1, np.nan]}, xlabel="x", ylabel="y"), r"curves\['a'\] must not contain NaN"),
    (lambda: plots.lines([1, np.nan], {"a": [1, 2]}, xlabel="x", ylabel="y"), "x must not contain NaN"),
    (lambda: plots.lines([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y", errors={"a": [np.nan, 1]}), r"errors\['a'\]"),
    (lambda: plots.lines([[1, 2]], {"a": [1]}, xlabel="x", ylabel="y"), "x must be a non-empty list of numbers"),
    (lambda: plots.perplexity_curve([1, 2], {"a": [1, 0.999]}, xlabel="n"), "a perplexity is at least 1, got 0.999"),
])
def test_curves_that_cannot_be_drawn(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_perplexity_of_one_is_drawn_on_a_log_axis():
    ax = plots.perplexity_curve([1, 2], {"a": [1, 2]}, xlabel="order", title="P")
    assert curve(ax.lines[0]) == [(1, 1), (2, 2)] and ax.get_yscale() == "log" and ax.get_xscale() == "linear"
    assert (ax.get_xlabel(), ax.get_ylabel(), title(ax)) == ("order", "perplexity", "P")
    other = plots.perplexity_curve([1, 2], {"a": [1, 2]}, xlabel="n", ylabel="PPL", logx=True, logy=False)
    assert (other.get_xscale(), other.get_yscale(), other.get_ylabel()) == ("log", "linear", "PPL")
    _, given = plt.subplots()
    assert plots.perplexity_curve([1, 2], {"a": [1, 2]}, xlabel="n", ax=given) is given


# --- tables


def test_a_heatmap_writes_its_numbers_and_shades_from_zero_up():
    ax = plots.heatmap([[0, 1.0], [2, 4]], ["r", "s"], ["c", "d"], xlabel="across", ylabel="down", title="Table")
    (image,) = ax.images
    assert image.get_array().tolist() == [[0, 1], [2, 4]] and image.get_clim() == (0, 4)
    assert texts(ax) == {"0.00": (0, 0), "1.00": (1, 0), "2.00": (0, 1), "4.00": (1, 1)}
    assert [text.get_color() for text in ax.texts] == [plots.MUTED, plots.INK, plots.INK, plots.INK]
    assert labels(ax.yaxis) == ["r", "s"] and labels(ax.xaxis) == ["c", "d"]
    assert (list(ax.get_xticks()), list(ax.get_yticks())) == ([0, 1], [0, 1])
    assert (ax.get_xlabel(), ax.get_ylabel(), title(ax)) == ("across", "down", "Table")
    assert ax.xaxis.get_label_position() == "top" and {label.get_rotation() for label in ax.get_xticklabels()} == {0}
    assert ax.get_xticks(minor=True).tolist() == ax.get_yticks(minor=True).tolist() == [-0.5, 0.5, 1.5]
    assert not any(spine.get_visible() for spine in ax.spines.values())
    ticks = ax.xaxis.get_tick_params()
    assert ticks["length"] == 0 and ticks["labeltop"] and not (ticks["labelbottom"] or ticks["top"] or ticks["bottom"])
    lines = ax.xaxis.get_minor_ticks()[0].gridline
    assert lines.get_visible() and lines.get_linewidth() == 0.8 and not ax.xaxis.get_major_ticks()[0].gridline.get_visible()
    assert {text.get_ha() for text in ax.texts} == {text.get_va() for text in ax.texts} == {"center"}
    tall, wide = plots.heatmap([[1.0]] * 4, list("abcd"), ["c"]), plots.heatmap([[1.0] * 4], ["r"], list("abcd"))
    assert tall.figure.get_figheight() > ax.figure.get_figheight() > wide.figure.get_figheight() > 1
    assert wide.figure.get_figwidth() > ax.figure.get_figwidth() > tall.figure.get_figwidth() > 1.4
    assert image.cmap.name == "course" and image.cmap(0.0)[3] == 0 and image.cmap(1.0)[3] == pytest.approx(0.6, abs=0.01)


def test_a_heatmap_of_one_value_of_negative_ones_and_of_long_names():
    assert plots.heatmap([[0.0]], ["a"], ["b"]).images[0].get_clim() == (0, 1)
    assert plots.heatmap([[-2.0, 3]], ["a"], ["b", "c"]).images[0].get_clim() == (-2, 3)
    assert plots.heatmap([[-2.0, -2]], ["a"], ["b", "c"]).images[0].get_clim() == (-2, -1)
    seven = plots.heatmap([[1.0]], ["a"], ["1234567"])
    eight = plots.heatmap([[1.0]], ["a"], ["12345678"], fmt=lambda value: f"<{value}>")
    assert seven.get_xticklabels()[0].get_rotation() == 0 and eight.get_xticklabels()[0].get_rotation() == 40
    assert texts(eight) == {"<1.0>": (0, 0)}
    assert eight.get_xlabel() == eight.get_ylabel() == title(eight) == ""
    with pytest.raises(ValueError, match=r"shape \(0,\), names say \(0, 0\)"):
        plots.heatmap([], [], [])


def test_a_table_of_counts_names_its_sides():
    ax = plots.count_table([[0, 12]], ["u"], ["a", "b"], title="C")
    assert texts(ax) == {"0": (0, 0), "12": (1, 0)}
    assert (ax.get_xlabel(), ax.get_ylabel(), title(ax)) == ("next word", "context", "C")
    assert plots.count_table(np.array([[1]], np.uint8), ["u"], ["a"], xlabel=None, ylabel="word").get_ylabel() == "word"
    _, given = plt.subplots()
    assert plots.count_table([[1]], ["u"], ["a"], ax=given) is given
    with pytest.raises(ValueError, match=r"counts must be integers from 0 up, got \[\[-1\]\]"):
        plots.count_table([[-1]], ["u"], ["a"])


# --- the ladder


ROWS = [
    {"unit": 1, "model": "uniform", "bits_per_token": 8.0, "gap": 6.75, "standard_error": 0.25},
    {"unit": 1, "model": "source", "bits_per_token": 1.25, "gap": 0},
    {"model": "mine", "bits_per_token": 2.5, "gap": 1.25},
]


def test_the_ladder_has_a_dot_a_model_and_a_line_for_the_floor():
    ax = plots.ladder(ROWS, title="Ladder")
    level = [curve(line) for line in ax.lines if len(line.get_xdata()) == 2 and line.get_color() == plots.MUTED]
    assert level == [[(1.25, 0), (8, 0)], [(1.25, 1), (2.5, 1)]]
    bars = [c for c in ax.containers if isinstance(c, ErrorbarContainer)]
    assert [curve(bar.lines[0]) for bar in bars] == [[(8, 0)], [(2.5, 1)]]
    spread = [bar.lines[2][0].get_segments()[0].tolist() for bar in bars]
    assert spread == [[[7.75, 0], [8.25, 0]], [[2.5, 1], [2.5, 1]]]
    floor = next(line for line in ax.lines if line.get_linestyle() == "--")
    assert list(floor.get_xdata()) == [1.25, 1.25] and floor.get_color() == plots.ACCENT and floor.get_linewidth() == 2
    assert all(line.get_zorder() == 1 for line in ax.lines if line.get_color() == plots.MUTED)
    assert {bar.lines[0].get_marker() for bar in bars} == {"o"} and {bar.lines[0].get_markersize() for bar in bars} == {7}
    assert {text.get_text(): text.xy for text in ax.texts} == {"8.00": (8, 0), "2.50": (2.5, 1), "floor 1.25": (1.25, 0)}
    assert labels(ax.yaxis) == ["01 uniform", "mine"] and list(ax.get_yticks()) == [0, 1]
    assert ax.get_xlim() == (0, pytest.approx(8.96)) and ax.get_ylim() == (pytest.approx(1.8), pytest.approx(-0.6))
    assert ax.get_xlabel() == "held-out bits per token (lower is better)" and title(ax) == "Ladder"


def test_a_ladder_without_a_floor_starts_at_zero():
    ax = plots.ladder([ROWS[2]])
    assert [curve(line) for line in ax.lines if line.get_color() == plots.MUTED] == [[(0, 0), (2.5, 0)]]
    assert set(texts(ax)) == {"2.50"} and title(ax) == ""


def test_a_model_may_lie_three_standard_errors_under_the_floor():
    under = ROWS[2] | {"standard_error": 0.5}
    assert len(plots.ladder([ROWS[1], under | {"gap": -1.5}]).texts) == 2
    for gap, error in ((-1.6, 0.5), (-0.001, 0), (-0.001, None)):
        with pytest.raises(ValueError, match=r"'mine' lies .* bits under the floor"):
            plots.ladder([ROWS[1], under | {"gap": gap, "standard_error": error}])


@pytest.mark.parametrize("content", [[], {}, {"rows": 1}])
def test_a_ladder_file_without_rows_is_refused(tmp_path, content):
    (tmp_path / "ladder.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="must hold a non-empty list of rows"):
        plots.read_ladder(tmp_path / "ladder.json")
    with pytest.raises(ValueError, match="must hold a non-empty list of rows"):
        plots.ladder(str(tmp_path / "ladder.json"))


def test_the_ladder_of_the_book_is_the_default(tmp_path, monkeypatch):
    (tmp_path / "_data").mkdir()
    fields = {"unit": 2, "parameters": 1, "training_tokens": 2, "seconds": 3, "standard_error": 0}
    row = fields | {"model": "m", "bits_per_token": 4.5, "gap": 1}
    (tmp_path / "_data" / "ladder.json").write_text(json.dumps([row]), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    assert plots.read_ladder("_data/ladder.json") == [row]
    assert labels(plots.ladder().yaxis) == ["02 m"]


# --- sizes and weights: what keeps labels apart, and readable on a phone


def inches(ax):
    return tuple(ax.figure.get_size_inches())


@pytest.mark.parametrize("n", [1, 4])
def test_pictures_grow_with_what_they_show(n):
    """0.3 inches or more for each row of 11-point text, which takes 0.15, and none wider than a page."""
    names, share = [f"w{i}" for i in range(n)], [1 / n] * n
    tree = plots.draw_event_tree(lambda prefix: dict(zip(names, share, strict=True)), 1)
    for ax, size in ((plots.bar_distribution(names, share), (5.6, 0.8 + 0.3 * n)), (tree, (1.3 + 1.45, 0.7 + 0.36 * n)),
                     (plots.heatmap(np.ones((n, n)), names, names), (1.4 + 0.72 * n, 1.0 + 0.42 * n)),
                     (plots.ladder([ROWS[2] | {"model": name} for name in names]), (5.6, 1.1 + 0.36 * n)),
                     (plots.lines([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y"), (5.6, 3.4)),
                     (plots.draw_mass_by_length({"a": [1]}), (5.6, 3.4))):  # fmt: skip
        assert inches(ax) == pytest.approx(size)


def test_no_picture_is_too_wide_for_a_phone():
    """Of the widest picture 343 pixels are shown on a phone: its labels of 11 points have 9 there."""
    assert plots.WIDTH == 5.6 and 11 / (72 * plots.WIDTH) * 343 > 9
    many = [f"w{i}" for i in range(9)]
    assert plots.heatmap(np.ones((1, 9)), ["r"], many).figure.get_figwidth() == 5.6
    assert plots.draw_event_tree(lambda prefix: {"a": 1.0}, 9).figure.get_figwidth() == 5.6
    with plots.style():
        rc = plt.rcParams
        assert (rc["font.size"], rc["axes.titlesize"], rc["lines.linewidth"], rc["grid.alpha"]) == (11, 12, 2, 0.3)
        assert (rc["figure.dpi"], rc["savefig.dpi"], rc["savefig.bbox"], rc["svg.fonttype"]) == (100, 160, "tight", "path")
        assert not (rc["axes.spines.top"] or rc["axes.spines.right"] or rc["legend.frameon"]) and rc["savefig.transparent"]
        assert rc["figure.facecolor"] == rc["axes.facecolor"] == rc["savefig.facecolor"] == "none"
        assert rc["font.family"] == ["DejaVu Sans"] and rc["svg.hashsalt"] == "llmcourse"


def test_shades_go_from_nothing_to_a_light_blue_on_which_ink_can_be_read():
    assert [to_hex(plots.SHADES(x), keep_alpha=True) for x in (0.0, 1.0)] == ["#0072b200", "#0072b299"]


def test_the_limits_and_weights_of_a_tree():
    ax = plots.draw_event_tree(coin, 2, highlight=("down",))
    assert ax.get_xlim() == pytest.approx((-0.4, 2.75)) and ax.get_ylim() == pytest.approx((2.6, -0.8))
    for line in ax.lines:
        (start, _), (bend, _), (end, _) = curve(line)
        assert (bend - start, end - start) == pytest.approx((0.48, 1))
        assert line.get_linewidth() == (2.6 if line.get_color() == plots.ACCENT else 1.1)
    for text in ax.texts:
        x, y = text.get_position()
        if text.get_bbox_patch() is not None:
            assert text.get_bbox_patch().get_boxstyle().pad == 0.25
        elif text.get_va() == "bottom":  # a branch's probability, before its node and just above the line
            assert (x % 1, math.ceil(y) - y) == pytest.approx((0.5, 0.05))
        else:  # a text's probability, behind its end
            assert (x % 1, y % 1) == pytest.approx((0.28, 0))


def test_a_branch_that_cannot_be_taken_is_drawn_and_not_walked():
    asked = []

    def sure(prefix):
        asked.append(prefix)
        return {"a": 1.0, "b": 0.0} if not prefix else {"<eos>": 1.0}

    ax = plots.draw_event_tree(sure, 3)
    assert asked == [(), ("a",)] and [t.get_text() for t in ax.texts].count("b") == 1


def test_a_tree_can_be_drawn_from_its_nodes():
    model = TableModel({(): {"a": 0.25, "<eos>": 0.75}}, default={"<eos>": 1.0})
    one, other = (plots.draw_event_tree(tree, 2).texts for tree in (model, event_tree(model, 2)))
    assert [(t.get_text(), t.get_position()) for t in one] == [(t.get_text(), t.get_position()) for t in other]
    assert {"a", "0.25", "0.75", "0"} <= {t.get_text() for t in other}  # "a" again is a branch of probability 0


def test_names_that_meet_stand_a_line_of_text_apart():
    """0.22 inches, whatever the figure's height: the lowest stays where its line ends."""
    ax = plots.lines([0, 1], {name: [0, 1] for name in "abc"} | {"zero": [0, 0]}, xlabel="x", ylabel="y")
    heights = [texts(ax)[name][1] for name in "abc"]
    assert np.diff(heights) == pytest.approx(0.22 / 3.4)
    end = ax.transAxes.inverted().transform(ax.transData.transform((1, 1)))[1]
    assert heights[0] == pytest.approx(end) and {text.get_va() for text in ax.texts} == {"center"}


def test_ticks_that_name_rows_have_no_length():
    for ax in (plots.bar_distribution(["a"], [1]), plots.ladder([ROWS[2]])):
        assert ax.yaxis.get_tick_params()["length"] == 0
    ax = plots.heatmap([[1.0]], ["a"], ["b"])
    for axis in (ax.xaxis, ax.yaxis):
        assert axis.get_tick_params(which="major")["length"] == axis.get_tick_params(which="minor")["length"] == 0
    assert {label.get_ha() for label in ax.get_xticklabels()} == {"center"}
    assert {label.get_ha() for label in plots.heatmap([[1.0]], ["a"], ["long name"]).get_xticklabels()} == {"left"}


def test_weights_and_places_in_the_ladder_and_under_sums():
    ax = plots.ladder(ROWS)
    notes = {text.get_text(): (text.xyann, text.anncoords, text.get_va()) for text in ax.texts}
    assert notes == {"8.00": ((9, 0), "offset points", "center"), "2.50": ((9, 0), "offset points", "center"),
                     "floor 1.25": ((5, 0), "offset points", "bottom")}  # fmt: skip
    assert next(text for text in ax.texts if text.get_text() == "floor 1.25").xycoords == ("data", "axes fraction")
    assert {line.get_linewidth() for line in ax.lines if line.get_color() == plots.MUTED} == {1.2}
    bar = next(c for c in ax.containers if isinstance(c, ErrorbarContainer))
    assert {cap.get_markersize() for cap in bar.lines[1]} == {6} and to_hex(bar.lines[0].get_color()) == plots.PLAIN
    assert plots.draw_mass_by_length({"a": [1]}).lines[-1].get_linewidth() == 1


# --- style


def test_every_dash_is_seen():
    patterns = [dash[1] for dash in plots.DASHES if isinstance(dash, tuple)]
    assert [dash for dash in plots.DASHES if isinstance(dash, str)] == ["-", "--", "-.", ":"]
    assert patterns == [(5, 1, 1, 1, 1, 1), (1, 1)] and {dash[0] for dash in plots.DASHES if isinstance(dash, tuple)} == {0}


def test_the_style_is_on_in_notebooks_and_pictures_are_svg(monkeypatch):
    formats = []
    backend = pytest.importorskip("matplotlib_inline.backend_inline", reason="matplotlib-inline is not installed")
    monkeypatch.setattr(backend, "set_matplotlib_formats", formats.append)
    with plt.rc_context():
        plots.use()
        assert formats == ["svg"] and plt.rcParams["axes.titlelocation"] == "left" and plt.rcParams["font.size"] == 11
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == plots.COLOURS
        monkeypatch.setattr(backend, "set_matplotlib_formats", None, raising=False)
        monkeypatch.delattr(backend, "set_matplotlib_formats")
        plots.use()  # outside a notebook: nothing to set, and no error


def test_new_figures_are_transparent_and_given_axes_are_kept():
    ax = plots.heatmap([[1.0]], ["a"], ["b"])
    assert to_rgba(ax.get_facecolor())[3] == 0 and isinstance(ax.figure.get_layout_engine(), ConstrainedLayoutEngine)
    assert plots.ladder([ROWS[2]], ax=ax) is ax and plots.draw_mass_by_length({"a": [1]}, ax=ax) is ax
    assert plots.draw_event_tree(coin, 1, ax=ax) is ax
