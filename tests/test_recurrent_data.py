"""The data of the chapter on recurrent networks: made by the script that is named in it, and saying what the units need."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from llmcourse.corpora import tagged  # noqa: E402

BOOK = Path(__file__).resolve().parent.parent / "book"


def data(name):
    found = json.loads((BOOK / "_data" / f"recurrent_{name}.json").read_text(encoding="utf-8"))
    assert found["command"] == f"python book/recurrent_data.py {name}"
    return found


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("recurrent_data")


def test_gradients_are_made_again_and_fade_as_the_gates_say(script):
    found = data("gradients")
    again = script.gradients()
    assert again["curves"].keys() == found["curves"].keys()
    for name, curve in again["curves"].items():
        np.testing.assert_allclose(curve, found["curves"][name], rtol=1e-2)
    at_40 = {name: curve[40] for name, curve in found["curves"].items()}
    order = ["RNN", "GRU", "LSTM, forget bias 0", "LSTM, forget bias 1", "LSTM, forget bias 2", "RNN, W_hh × 4"]
    assert sorted(at_40, key=at_40.get) == ["RNN", "LSTM, forget bias 0", "GRU", *order[3:]]
    assert found["curves"]["RNN, W_hh × 4"][-1] > 1e5                         # and this one explodes


def test_a_bit_is_remembered_for_longer_by_what_forgets_less():
    rows = data("memory")["rows"]
    assert {row["K"] for row in rows} == {5, 10, 20, 40, 80} and len(rows) == 25
    known = {(row["cell"], row["K"]) for row in rows if min(row["accuracy"]) > 0.95}      # with both seeds
    lost = {(row["cell"], row["K"]) for row in rows if max(row["accuracy"]) < 0.6}        # with neither
    assert ("RNN", 10) in known and {("RNN", K) for K in (20, 40, 80)} <= lost
    assert ("LSTM, forget bias 0", 20) in lost
    assert {(cell, 20) for cell in ("LSTM, forget bias 1", "LSTM, forget bias 2", "GRU")} <= known


def test_time_grows_with_length_and_steps_by_one():
    found = data("steps")
    grid = np.array(found["earliest"])
    assert grid.shape == (3, 10) and (np.diff(grid, axis=0) == 1).all() and (np.diff(grid, axis=1) == 1).all()
    by_hand = dict(zip(found["lengths"], found["milliseconds"]["LSTM by hand"], strict=True))
    assert 4 < by_hand[512] / by_hand[64] < 16 and by_hand[512] > 3 * found["32 texts of 16"]["LSTM by hand"]


def test_taggers_come_close_to_the_best_that_their_view_allows(script):
    found, language = data("tagging"), tagged()
    held_out = language.held_out()
    for whole, name in [(True, "whole sentence"), (False, "from the left")]:
        share = (language.best_tags(held_out.words, whole=whole) == held_out.tags.ids).mean()
        assert found["best"][name] == pytest.approx(share, abs=5e-5)
    baseline, *rows = found["rows"]
    assert baseline["tagger"] == "most frequent tag" and baseline["accuracy"] < 0.8 and len(rows) == 6
    for row in rows:
        best = found["best"]["whole sentence" if row["both_ends"] else "from the left"]
        assert best - 0.01 < row["accuracy"] < best + 0.005
    assert found["sentences"] == script.TAGGED


def test_translations_get_worse_with_the_length_of_the_source():
    for part in data("translation")["results"].values():
        texts, right = (np.array(part["by_length"])[:, column] for column in (2, 3))
        assert texts.sum() == 500 and right.sum() == round(part["exact"] * 500)
        assert part["words_right"][0] > part["words_right"][-1] > 0.1
