"""The data of the chapter on the transformer: made by the script that is named in it, and saying what the unit needs."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401

from llmcourse.corpora import KINDS, parallel  # noqa: E402
from llmcourse.transformer import LADDER, LADDER_TRAINING, multiplications, parameter_count  # noqa: E402

BOOK = Path(__file__).resolve().parent.parent / "book"


def data(name):
    found = json.loads((BOOK / "_data" / f"transformer_{name}.json").read_text(encoding="utf-8"))
    assert found["command"] == f"python book/transformer_data.py {name}"
    return found


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("transformer_data")


# --- what is counted and timed ------------------------------------------------------------------------------------------

def test_chains_are_made_again(script):
    found = data("chains")
    assert json.loads(json.dumps(script.chains())) == {name: part for name, part in found.items() if name != "command"}
    ten = found["tokens"].index(10)
    assert found["lstm"]["cells"][ten] == 30 and found["lstm"]["longest_in_cells"][ten] == 12
    assert all(len(set(chain)) == 1 for chain in found["transformer"]["longest_in_functions"].values())
    assert np.all(np.diff(found["lstm"]["longest_in_functions"]) > 0)


def test_gradients_below_deep_blocks_are_made_again(script):
    found = data("depth")
    kept = {name: dict(zip(found["depths"], curve, strict=True)) for name, curve in found["gradient"].items()}
    for name, options in script.KEPT.items():
        for layers in (1, 8):
            assert script.gradient_kept(layers, options) == pytest.approx(kept[name][layers], rel=1e-2)
    assert 1 < kept["residuals and norms"][32] < 20 and kept["neither"][32] < 1e-6 and kept["residuals"][32] > 1e4
    identity = found["identity"]
    assert identity["with residuals"][-1] < 0.1 < identity["without"][-1] and len(identity["steps"]) == len(identity["without"])


def test_time_grows_as_the_table_says():
    found = data("complexity")
    ms = {name: part["by_length"] for name, part in found["milliseconds"].items()}
    n = found["lengths"]
    assert 8 < ms["self-attention"][n.index(2048)] / ms["self-attention"][n.index(512)] < 48     # 16, and memory
    assert 2 < ms["recurrent"][n.index(2048)] / ms["recurrent"][n.index(512)] < 8                # 4
    for name, (kind, maps) in {"self-attention with projections": ("self-attention", True), "recurrent": ("recurrent", False),
                               "restricted": ("restricted", False)}.items():
        assert found["multiplications"][name]["by_length"] == [
            multiplications(kind, length, found["d"], found["k"], found["r"], projections=maps) for length in n]
    assert [row["operations"] for row in found["table"].values()] == [6_400, 40_960, 122_880, 2_560]
    graph = found["graph"]
    assert graph["recurrent"]["edges"] == [2 * t - 1 for t in graph["tokens"]]
    assert graph["transformer"]["edges"] == [t * (t + 1) // 2 for t in graph["tokens"]]
    assert graph["transformer"]["nodes"] == graph["recurrent"]["nodes"] == [2 * t for t in graph["tokens"]]


# --- translation --------------------------------------------------------------------------------------------------------

def test_words_that_need_an_earlier_noun_are_counted(script):
    pairs = parallel().held_out(60)
    right = list(pairs.target)
    needs, far = pairs.needs_earlier, pairs.distance > 8
    assert script.earlier(right, pairs) == {"all": [needs.sum()] * 2, "far": [(needs & far).sum()] * 2} and (needs & ~far).any()
    short = [text[:-1] for text in right]                                  # only the end is missing, which needs nothing
    assert script.earlier(short, pairs) == script.earlier(right, pairs)
    lost = [text[1:] for text in right]                                    # all words one place too far to the left
    assert script.earlier(lost, pairs)["all"][1] < 0.2 * needs.sum()
    wrong = [text.copy() for text in right]
    at = np.flatnonzero(needs)[0]
    wrong[pairs.target.text_of[at]][at - pairs.target.starts[pairs.target.text_of[at]]] = 1
    assert script.earlier(wrong, pairs)["all"] == [needs.sum(), needs.sum() - 1]
    np.testing.assert_array_equal(script.share_in_place(right, pairs.target), np.ones(60))
    assert script.share_in_place(short, pairs.target)[0] == pytest.approx(1 - 1 / len(right[0]))


def test_shares_of_heads_that_look_at_what_a_word_renders(script):
    weights = np.zeros((1, 2, 3, 3))
    weights[0, 0] = np.eye(3)
    weights[0, 1, :, 1] = 1
    assert script.aligned_shares([{"weights": weights.tolist(), "aligned": [0, 1, 2]},
                                  {"weights": weights.tolist(), "aligned": [1, 1, 1]}]) == {
        "aligned_share": {"block 1, head 1": 0.667, "block 1, head 2": 0.667}, "aligned_share_of_mean": {"block 1": 0.667}}
    assert script.aligned_shares([{"weights": weights.tolist(), "aligned": [0, 1, 2]}]) == {
        "aligned_share": {"block 1, head 1": 1.0, "block 1, head 2": 0.333},
        "aligned_share_of_mean": {"block 1": 0.667}}                       # of a draw the first


def test_translations_reach_their_goals_with_every_seed(script):
    found = data("translation")
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2] and found["tested"] == 2000
    for run in found["runs"]:
        held_out = run["results"]["held-out"]
        texts, right = (np.array(held_out["by_length"])[:, column].sum() for column in (2, 3))
        assert texts == 2000 and right == round(held_out["exact"] * 2000)
        assert held_out["exact"] >= 0.99 and run["cpu_seconds"] < 300
        for tests, good in held_out["earlier"].values():
            assert tests > 1000 and good >= 0.95 * tests
    for one in found["maps"]:
        weights = np.array(one["weights"])
        assert weights.shape[2:] == (len(one["target"]), len(one["source"]))
        assert one["source"][-1] == one["target"][-1] == "<eos>"
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=0.02)
        assert len(one["aligned"]) == len(one["antecedent"]) == len(one["target"]) and max(one["antecedent"]) >= 0
    assert max(found["aligned_share"].values()) > 0.3                      # of about twenty words


# --- the course's stories -----------------------------------------------------------------------------------------------

def test_the_ablation_takes_away_one_thing_at_a_time_from_the_same_training(script):
    rows, runs = data("ablation")["rows"], script.ablation_runs()
    asked = {(question, training.seed) for question, _, training in runs}
    assert {(row["question"], row["seed"]) for row in rows} == asked and len(rows) == len(asked) == 3 * len(script.VARIANTS)
    assert len({(row["lr"], row["matrix_lr"], row["batch_size"]) for row in rows}) == 1
    assert len({row["tokens"] for row in rows if "diverged" not in row}) == 1
    gaps = {}
    for row in rows:
        gaps.setdefault(row["question"], []).append(row.get("gap", np.inf))
    for name in ("no residuals", "no norms", "neither", "no positions"):
        assert min(gaps[name]) > max(gaps["all"]), name


def test_the_ladder_has_the_model_with_its_settings_and_three_seeds():
    rows = data("ladder")["rows"]
    assert [row["seed"] for row in rows] == [0, 1, 2]
    for row in rows:
        assert row["parameters"] == parameter_count(483, LADDER)["total"] and row["tokens"] == 10_000_098
        assert [row[name] for name in ("optimizer", "lr", "matrix_lr", "batch_size")] == [
            getattr(LADDER_TRAINING, name) for name in ("optimizer", "lr", "matrix_lr", "batch_size")]
        assert row["agreement"].keys() == set(KINDS) and 0 < row["gap"] < 0.03 * row["floor"]
    ladder = [row for row in json.loads((BOOK / "_data" / "ladder.json").read_text(encoding="utf-8")) if row["unit"] == 9]
    assert ladder[0]["bits_per_token"] == pytest.approx(rows[0]["bits_per_token"])


def test_all_parts_run_from_end_to_end(script, tmp_path, monkeypatch):
    for name, value in vars(script).items():                               # what ``smoke`` changes is put back at the end
        if name.isupper() or name == "held_out_tests":
            monkeypatch.setattr(script, name, value)
    monkeypatch.setattr(script.experiments, "FOLDER", tmp_path)
    monkeypatch.setattr(script.experiments, "held_out_tests", script.experiments.held_out_tests)
    monkeypatch.setattr(script, "VARIANTS", {name: script.VARIANTS[name] for name in ("all", "neither")})
    script.experiments.training_text.cache_clear()
    script.smoke(tmp_path)
    for name, part in script.PARTS.items():
        part()
        made = json.loads((tmp_path / f"transformer_{name}.json").read_text(encoding="utf-8"))
        assert made["command"].endswith(name)
    assert len(json.loads((tmp_path / "transformer_ablation.json").read_text(encoding="utf-8"))["rows"]) == 4
    path = tmp_path / "transformer_translation.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(whole | {"runs": whole["runs"][:1]}), encoding="utf-8")           # stopped after the first seed
    trained, train = [], script.train
    monkeypatch.setattr(script, "train", lambda *a, **options: trained.append(a[3].seed) or train(*a, **options))
    script.translation()
    again = json.loads(path.read_text(encoding="utf-8"))
    assert trained == [1] and again["maps"] == whole["maps"]
    assert again["runs"][0] == whole["runs"][0] and again["runs"][1]["results"] == whole["runs"][1]["results"]
    script.experiments.training_text.cache_clear()


def test_a_training_that_diverges_has_a_row_that_says_so_where_one_is_wanted(script, tmp_path, monkeypatch):
    experiments = script.experiments
    monkeypatch.setattr(experiments, "FOLDER", tmp_path)

    def diverges(*_):
        raise FloatingPointError("step 3: loss nan")

    monkeypatch.setattr(experiments, "learn", diverges)
    for keep, rows in ((False, 0), (True, 1), (True, 1)):
        path = tmp_path / "some.json"
        path.unlink(missing_ok=True)
        experiments.sweep("some.json", "command", None, script.ablation_runs()[:1], keep_diverged=keep)
        found = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
        assert len(found) == rows and all(row["diverged"] == "step 3: loss nan" and row["question"] == "all" for row in found)
