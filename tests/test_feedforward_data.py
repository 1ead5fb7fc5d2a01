"""The data of the chapter on feed-forward networks: the sweep that chose the settings, and the answers in the figure."""

import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from llmcourse.corpora import stories
from llmcourse.ngrams.fast import KneserNey

BOOK = Path(__file__).resolve().parent.parent / "book"
SWEEP = json.loads((BOOK / "_data" / "feedforward_sweep.json").read_text(encoding="utf-8"))
FIGURE = json.loads((BOOK / "_data" / "what_the_window_sees.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("feedforward_data")


def answer(model, words):
    """{word: p} of a model of the figure after these words."""
    row = 0
    for options, word in zip(FIGURE["choices"][-model["sees"]:], words[-model["sees"]:], strict=True):
        row = row * len(options) + options.index(word)
    flat = model["answers"][row]
    return {FIGURE["words"][i]: p / 10**4 for i, p in zip(flat[::2], flat[1::2], strict=True)}


def test_the_sweep_has_a_row_for_each_run(script):
    assert [row["question"] for row in SWEEP["rows"]] == [question for question, _, _ in script.runs()]
    for row, (_, model, training) in zip(SWEEP["rows"], script.runs(), strict=True):
        assert (row["window"], row["hidden"]) == (model.window, model.hidden)
        assert (row["optimizer"], row["lr"], row["epochs"]) == (training.optimizer, training.lr, training.epochs)
        assert 1.5 < row["validation_bits"] < 9 and row["tokens"] == 1_000_060 * training.epochs
    assert "python book/feedforward_data.py sweep" in SWEEP["command"]


def test_the_ladder_uses_what_the_sweep_found():
    tried = [row for row in SWEEP["rows"] if row["question"] == "step size and batch"]
    best = min(row["validation_bits"] for row in tried)
    (used,) = [row["validation_bits"] for row in tried if (row["batch_size"], row["lr"]) == (16, 0.02)]
    assert used < best + 0.02
    ladder = (BOOK.parent / "benchmarks" / "ladder.py").read_text(encoding="utf-8")
    assert "batch_size=16, lr=0.02" in ladder


def test_the_figure_says_what_kneser_ney_says(script):
    vocabulary = stories().vocabulary
    model = KneserNey(stories().train(FIGURE["tokens"]).ids, 4, vocabulary=vocabulary)
    found = script.answers(model, 3)
    (shown,) = [one for one in FIGURE["models"] if "Kneser" in one["name"]]
    for row, want in zip(shown["answers"], found, strict=True):
        assert row[1::2] == want[1::2]
        assert [FIGURE["words"][i] for i in row[::2]] == [vocabulary.tokens[i] for i in want[::2]]


def test_the_answers_are_distributions_best_first():
    for model in FIGURE["models"]:
        assert len(model["answers"]) == math.prod(len(options) for options in FIGURE["choices"][-model["sees"]:])
        p = np.array(model["answers"])[:, 1::2]
        assert (p >= 0).all() and (p[:, 0] > 0).all() and (p.sum(axis=1) <= 10**4 + 5).all() and (np.diff(p) <= 0).all()


def test_the_network_with_eight_words_sees_the_name_and_the_others_do_not():
    beginning = [options[0] for options in FIGURE["choices"]]
    names = FIGURE["choices"][6]
    for model in FIGURE["models"]:
        for name in names:
            words = [*beginning[:6], name, *beginning[7:]]
            expected = answer(model, words)
            if model["sees"] == 8:
                assert max(expected, key=expected.get) == ("she" if name in ("Lova", "Signe", "Greta") else "he")
            else:
                assert expected == answer(model, beginning) and 0.25 < expected["she"] < 0.4
