"""The course's pictures: what is drawn, in colours that everybody can tell apart, and clear words for bad input."""

import io
import json
from itertools import pairwise

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from llmcourse import plots
from llmcourse.language_models import TableModel


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts]


def luminance(rgb):
    linear = np.where(np.array(rgb) <= 0.04045, np.array(rgb) / 12.92, ((np.array(rgb) + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def in_dark_mode(rgb):
    """What the book's CSS makes of a colour: invert(1) hue-rotate(180deg), by the matrix of the CSS specification."""
    weights = np.array([[0.213, 0.715, 0.072]] * 3)
    turn = weights - (np.eye(3) - weights)                  # cos 180° = −1, sin 180° = 0
    return np.clip(turn @ (1 - np.array(rgb)), 0, 1)


def test_colours_stand_out_on_white_and_in_dark_mode():
    for colour in [*plots.COLOURS, plots.INK, plots.MUTED, plots.ACCENT, plots.PLAIN]:
        assert contrast(to_rgb(colour), (1, 1, 1)) >= 3, colour
        assert contrast(in_dark_mode(to_rgb(colour)), to_rgb("#121212")) >= 3, colour
    for colour in (plots.INK, plots.MUTED, plots.ACCENT, plots.PLAIN):       # these write text
        assert contrast(to_rgb(colour), (1, 1, 1)) >= 4.5, colour


@pytest.mark.parametrize("matrix", [
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],   # no red cones
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],    # no green cones
])
def test_first_colours_differ_for_colour_blind_readers(matrix):
    """Machado, Oliveira & Fernandes (2009), severity 1: the colours of the first four curves stay apart."""
    seen = [np.clip(np.array(matrix) @ to_rgb(colour), 0, 1) for colour in plots.COLOURS[:4]]
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 0.12


def test_background_is_transparent_and_the_picture_always_the_same():
    def svg():
        out = io.BytesIO()
        ax = plots.bar_distribution(["a", "b"], [0.25, 0.75])
        with plots.style():
            ax.figure.savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()
    assert svg() == svg() and b"fill: #ffffff" not in svg()
    assert plots.bar_distribution(["a"], [1]).figure.get_facecolor()[3] == 0


def test_style_ends_with_the_block():
    before = plt.rcParams["font.size"], plt.rcParams["figure.facecolor"]
    with plots.style():
        assert plt.rcParams["figure.facecolor"] == "none"
    assert (plt.rcParams["font.size"], plt.rcParams["figure.facecolor"]) == before


def test_bars_have_the_length_of_their_probability():
    ax = plots.bar_distribution(["fish", "rest"], [0.7, 0.3], highlight="fish", title="p")
    assert [bar.get_width() for bar in ax.patches] == [0.7, 0.3] and words(ax) == ["0.7", "0.3"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["▸ fish", "rest"]


def test_functions_draw_into_the_axes_they_get():
    _, ax = plt.subplots()
    assert plots.bar_distribution(["a"], [1], ax=ax) is ax
    assert plots.heatmap([[1.0]], ["a"], ["b"], ax=ax) is ax
    assert plots.lines([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y", ax=ax) is ax


CLERK = {(): {"permit": 0.5, "<eos>": 0.5}, ("permit",): {"permit": 0.25, "<eos>": 0.75}}


@pytest.mark.parametrize("model", [
    lambda prefix: CLERK[prefix[:1]],
    TableModel(CLERK, memory=1),
])
def test_event_tree_multiplies_the_branches(model):
    ax = plots.draw_event_tree(model, 2, highlight=("permit", "<eos>"))
    drawn = words(ax)
    assert drawn.count("permit") == 2 and drawn.count("⟨eos⟩") == 2 and drawn.count("start") == 1
    assert "0.375" in drawn                                      # 0.5 · 0.75, beside the text's leaf
    assert sum(line.get_color() == plots.ACCENT for line in ax.lines) == 2


def test_mass_by_length_draws_sums():
    ax = plots.draw_mass_by_length({"tight": [0.5, 0.25, 0.25], "leaky": [0.5, 0.1, 0.0]})
    curves = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 3]
    assert np.allclose(curves, [[0.5, 0.75, 1], [0.5, 0.6, 0.6]]) and {"tight", "leaky"} <= set(words(ax))


def test_curves_skip_infinite_values_and_keep_their_names():
    ax = plots.perplexity_curve([1, 2, 3], {"MLE": [90, np.inf, np.inf], "KN": [90, 30, 20]}, xlabel="order")
    assert [list(line.get_xdata()) for line in ax.lines] == [[1], [1, 2, 3]] and set(words(ax)) == {"MLE", "KN"}
    assert len({line.get_marker() for line in ax.lines}) == len({line.get_linestyle() for line in ax.lines}) == 2


def test_names_at_line_ends_do_not_overlap():
    ax = plots.lines([1, 2], {f"curve {i}": [0, 1 + i / 1000] for i in range(4)}, xlabel="x", ylabel="y")
    ax.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1.5 for low, high in pairwise(boxes))


def test_count_table_shows_every_count():
    ax = plots.count_table([[2, 0], [1, 3]], ["a", "b"], ["c", "d"])
    assert words(ax) == ["2", "0", "1", "3"] and ax.texts[1].get_color() == plots.MUTED


ROW = {"unit": 2, "model": "bigram", "parameters": 9, "training_tokens": 10, "seconds": 0.1, "bits_per_token": 3.25,
       "standard_error": 0.02, "gap": 2.0}
FLOOR = ROW | {"model": "true source (floor)", "bits_per_token": 1.25, "gap": 0}


def test_ladder_draws_models_over_the_floor(tmp_path):
    ax = plots.ladder([ROW, FLOOR])
    assert words(ax) == ["3.25", "floor 1.25"] and [t.get_text() for t in ax.get_yticklabels()] == ["02 bigram"]
    (tmp_path / "ladder.json").write_text(json.dumps([ROW, FLOOR]))
    assert words(plots.ladder(tmp_path / "ladder.json")) == words(ax)
    later = ROW | {"unit": 7, "model": "later", "bits_per_token": 2.5, "gap": 1.25}
    assert words(plots.ladder([ROW, later, FLOOR], through=6)) == words(ax)          # an early chapter keeps its figure
    assert words(plots.ladder([ROW, later, FLOOR], through=7)) == ["3.25", "2.50", "floor 1.25"]
    with pytest.raises(ValueError, match="no models"):
        plots.ladder([ROW, FLOOR], through=1)


@pytest.mark.parametrize("call, message", [
    (lambda: plots.bar_distribution(["a"], [0.5, 0.5]), "1 tokens but 2 probabilities"),
    (lambda: plots.bar_distribution(["a", "b"], [0.5, 0.6]), "sum at most 1"),
    (lambda: plots.bar_distribution([], []), "non-empty"),
    (lambda: plots.bar_distribution(["a"], [float("nan")]), "NaN"),
    (lambda: plots.draw_event_tree(lambda prefix: {"a": 1.0}, 0), "at least 1, got 0"),
    (lambda: plots.draw_event_tree(lambda prefix: {"a": 1.5}, 1), "probabilities"),
    (lambda: plots.draw_event_tree(lambda prefix: {"a": 0.5, "b": 0.5}, 9), "too big to read"),
    (lambda: plots.draw_event_tree(lambda prefix: {"a": 1.0}, 2, highlight=("b",)), "no node ('b',)"),
    (lambda: plots.draw_mass_by_length({}), "no masses"),
    (lambda: plots.draw_mass_by_length({"a": [-0.1]}), "none negative"),
    (lambda: plots.lines([1, 2], {}, xlabel="x", ylabel="y"), "no curves"),
    (lambda: plots.lines([1, 2], {"a": [1]}, xlabel="x", ylabel="y"), "x has 2 values but"),
    (lambda: plots.lines([1], {"a": [np.inf]}, xlabel="x", ylabel="y"), "no finite value"),
    (lambda: plots.lines([1], {"a": [0]}, xlabel="x", ylabel="y", logy=True), "needs positive values"),
    (lambda: plots.perplexity_curve([1], {"a": [0.5]}, xlabel="x"), "at least 1"),
    (lambda: plots.heatmap([[1, 2]], ["a"], ["b"]), "shape (1, 2), names say (1, 1)"),
    (lambda: plots.heatmap([[np.inf]], ["a"], ["b"]), "finite"),
    (lambda: plots.count_table([[0.5]], ["a"], ["b"]), "integers"),
    (lambda: plots.ladder([FLOOR]), "no models"),
    (lambda: plots.ladder([ROW | {"gap": -1.0}, FLOOR]), "under the floor"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        call()


def test_ladder_file_with_a_missing_field(tmp_path):
    (tmp_path / "ladder.json").write_text(json.dumps([{key: ROW[key] for key in ROW if key != "seconds"}]))
    with pytest.raises(ValueError, match="'bigram' lacks seconds"):
        plots.read_ladder(tmp_path / "ladder.json")
