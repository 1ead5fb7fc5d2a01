"""The data of the chapter on recurrent networks: made by the script that is named in it, and saying what the units need."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from llmcourse.corpora import KINDS, stories, tagged  # noqa: E402
from llmcourse.ngrams.fast import KneserNey  # noqa: E402
from llmcourse.recurrent import RecurrentConfig, RecurrentLM  # noqa: E402

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


# --- agreement --------------------------------------------------------------------------------------------------------

@pytest.fixture
def few(script, monkeypatch):
    """The functions of the script on twenty stories."""
    texts = stories().held_out(20)
    monkeypatch.setattr(script.experiments, "held_out_tests", lambda *_: (texts, stories().agreement(texts)))
    return texts


def test_scores_at_places_are_those_of_the_model_after_what_stands_before(script, few):
    model = RecurrentLM(stories().vocabulary, RecurrentConfig("gru", dimensions=8, hidden=12))
    grams = KneserNey(stories().train(5000).ids, 5, vocabulary=stories().vocabulary)
    at = np.array([0, 3, few.starts[1] - 1, few.starts[1], few.starts[1] + 2, few.starts[7] + 30])
    found = torch.from_numpy(script.network_scores(model, few, at)).double()
    found[:, model.vocabulary.bos] = -torch.inf
    for row, wide, place in zip(found.log_softmax(1).numpy(), script.window_scores(grams, 4, few, at), at, strict=True):
        text = few.text_of[place]
        before = few.ids[few.starts[text]:place]
        np.testing.assert_allclose(row, model.next_log_probabilities(before), atol=1e-5)
        np.testing.assert_allclose(wide, grams.next_log_probabilities(before))


def test_agreement_counts_what_scores_above_all_wrong_forms(script, few):
    tests, size = stories().agreement(few), len(stories().vocabulary)
    sure = script.agreement_of(lambda texts, at: np.eye(size)[texts.ids[at]])
    assert list(sure) == list(KINDS)
    for k, kind in enumerate(KINDS):
        for place, part in (("near", tests.distance <= 8), ("far", tests.distance > 8)):
            assert sure[kind][place] == [int((part & (tests.kind == k)).sum())] * 2
    same = script.agreement_of(lambda texts, at: np.zeros((len(at), size)))      # no better than the wrong forms: not right
    assert all(part[1] == 0 for places in same.values() for part in places.values())
    pronouns = stories().vocabulary.encode(["she", "he", "they"])
    row = np.zeros(size)
    row[pronouns[0]] = 1
    she = script.agreement_of(lambda texts, at: np.tile(row, (len(at), 1)))
    subject = few.ids[tests.position][tests.kind == KINDS.index("gender")] == pronouns[0]
    assert sum(part[1] for part in she["gender"].values()) == subject.sum() > 5


def test_models_that_see_a_window_guess_what_was_decided_before_it():
    found = data("agreement")
    all_tests = stories().agreement(stories().held_out())
    for name, kinds in found["rows"].items():
        assert sum(tests for places in kinds.values() for tests, _ in places.values()) == len(all_tests), name
        share = {kind: {place: right / max(tests, 1) for place, (tests, right) in places.items()}
                 for kind, places in kinds.items()}
        assert share["number"]["near"] > 0.97 and share["name"]["far"] < 0.2 and share["gender"]["far"] < 0.6, name
    near = {name: kinds["gender"]["near"][1] for name, kinds in found["rows"].items()}
    assert near["feed-forward, 8 words"] > near["5-gram KN"]


# --- the sweep --------------------------------------------------------------------------------------------------------

def test_the_sweep_has_a_row_for_each_run_and_measures_the_best(script):
    rows = data("sweep")["rows"]
    wanted = [(model.kind, model.hidden, training.lr, training.batch_size) for _, model, training in script.runs()]
    assert [(row["kind"], row["hidden"], row["lr"], row["batch_size"]) for row in rows] == wanted
    assert {row["tokens"] for row in rows} == {10_000_098} and all(1.1 < row["validation_bits"] < 9 for row in rows)
    for kind in ("rnn", "lstm", "gru"):
        best = min((row for row in rows if row["kind"] == kind), key=lambda row: row["validation_bits"])
        assert best["gap"] > 0 and abs(best["bits_per_token"] - best["validation_bits"]) < 0.05
        assert best["agreement"].keys() == set(KINDS)


def test_the_ladder_has_what_the_sweep_measured():
    rows = data("sweep")["rows"]
    ladder = [row for row in json.loads((BOOK / "_data" / "ladder.json").read_text(encoding="utf-8")) if row["unit"] == 7]
    assert [row["model"].split(",")[0] for row in ladder] == ["RNN", "LSTM", "GRU"]
    for row, kind in zip(ladder, ("rnn", "lstm", "gru"), strict=True):
        best = min((one for one in rows if one["kind"] == kind), key=lambda one: one["validation_bits"])
        assert row["parameters"] == best["parameters"]
        assert row["bits_per_token"] == pytest.approx(best["bits_per_token"], abs=1e-9 if "device" in row else 0.03)


def test_a_sweep_goes_on_where_it_was_and_keeps_what_it_has(script, few, monkeypatch, tmp_path):
    experiments, done = importlib.import_module("experiments"), []
    monkeypatch.setattr(experiments, "FOLDER", tmp_path)
    monkeypatch.setattr(script, "SWEPT", 3000)
    runs = [(question, RecurrentConfig(model.kind, dimensions=4, hidden=4), training)
            for question, model, training in script.runs()]
    learn = experiments.learn

    def stopped_after_two(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(arguments[1].kind)
        return learn(*arguments)

    monkeypatch.setattr(script, "runs", lambda: runs[:4])
    monkeypatch.setattr(experiments, "learn", stopped_after_two)
    with pytest.raises(KeyboardInterrupt):
        script.sweep()
    first = json.loads((tmp_path / "recurrent_sweep.json").read_text(encoding="utf-8"))["rows"]
    assert done == ["rnn", "lstm"] == [row["kind"] for row in first]
    done.append("so that the next two are learned")
    script.sweep()
    rows = json.loads((tmp_path / "recurrent_sweep.json").read_text(encoding="utf-8"))["rows"]
    assert rows[:2] == first and len(rows) == 4 and len(done) == 5
    assert all("CPU" in row["device"] or "NVIDIA" in row["device"] for row in rows)
    better = rows[3]["validation_bits"] < rows[0]["validation_bits"]                  # the second RNN, with another step size
    assert ["agreement" in row for row in rows] == [True, True, True, better]
