"""The scripts that make the data of the chapter on training, run small, and what their numbers mean."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401

from llmcourse.corpora import stories  # noqa: E402
from llmcourse.training import Block, mean_loss, new_generator, window_loss  # noqa: E402
from llmcourse.transformer import TransformerConfig, TransformerLM, parameter_count  # noqa: E402

BOOK = Path(__file__).resolve().parent.parent / "book"


@pytest.fixture(scope="module")
def script():
    """The script as ``--smoke`` makes it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        patched.setattr(sys, "argv", ["training_data.py", "--smoke"])
        module = importlib.import_module("training_data")
    assert module.SMOKE
    yield module
    sys.modules.pop("training_data")


@pytest.fixture
def made(script, tmp_path, monkeypatch):
    """made(part) runs it and returns what it has written."""
    monkeypatch.setattr(script.experiments, "FOLDER", tmp_path)

    def run(part):
        script.PARTS[part]()
        content = json.loads((tmp_path / f"training_{part}.json").read_text(encoding="utf-8"))
        assert content["command"] == f"python book/training_data.py {part}"
        return content

    return run


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("positions", ["rotary", "learned"])
def test_the_weights_that_are_multiplied(script, tied, positions):
    """All parameters but those that are looked up; a tied matrix is looked up and multiplied."""
    config = TransformerConfig(layers=1, width=16, heads=2, tied=tied, positions=positions)
    model = TransformerLM(stories().vocabulary, config)
    looked_up = (0 if tied else model.E.numel()) + (model.P.numel() if model.P is not None else 0)
    assert script.non_embedding(config, len(stories().vocabulary)) == model.parameter_count - looked_up


def test_optimisers_are_tried_once(script, made, monkeypatch, capsys):
    """What the file has is not trained again; a training that fails has no bits."""
    monkeypatch.setattr(script, "EQUAL_TOKENS", 6_000)
    monkeypatch.setattr(script, "SMALL", TransformerConfig(layers=1, width=16, heads=2))
    monkeypatch.setattr(script, "STEP_SIZES", {"adamw": (0.01,), "muon": (0.02,)})
    first = made("optimizers")
    assert [(row["optimizer"], row["training"]["matrix_lr"], row["training"]["lr"]) for row in first["rows"]] == [
        ("adamw", 0.01, 0.01), ("muon", 0.02, 0.003)]
    assert first["floor"] == pytest.approx(stories().floor(stories().validation()).mean, abs=1e-4)
    for row in first["rows"]:
        assert row["curve"][-1] == [row["tokens"], row["validation_bits"]] and row["validation_bits"] > first["floor"]

    def fails(*arguments):
        raise FloatingPointError("too far")

    monkeypatch.setattr(script, "learn", fails)
    monkeypatch.setattr(script, "STEP_SIZES", {"sgd": (99.0,), "adamw": (0.01,), "muon": (0.02,)})
    again = made("optimizers")
    assert again["rows"][1:] == first["rows"] and again["rows"][0]["validation_bits"] is None
    assert "too far" in capsys.readouterr().out


def test_memory_grows_with_texts_and_length_and_not_with_the_batch_in_parts(made):
    """Beside what is kept for each token there are only the joined matrices of queries, keys and values, however many those."""
    content = made("memory")
    kept = {(row["texts"], row["length"]): row["bytes"] for row in content["rows"]}
    assert kept[4, 16] == pytest.approx(kept[2, 32], rel=0.01)
    assert (kept[4, 32] - kept[2, 32]) / (kept[2, 32] - kept[2, 16]) == pytest.approx(2, rel=0.02)
    joined = 2 * 3 * 128 * 128 * 4
    assert 2 * kept[2, 32] - kept[4, 32] == pytest.approx(joined, rel=0.05)
    half, whole = content["written_out"]                                    # of 4 texts: T² weights in 2 layers × 4 heads
    curved = {name: whole[name] - 2 * half[name] + joined for name in ("fused", "bytes")}
    assert curved["bytes"] > 0.99 * 2 * (4 * 2 * 4 * half["length"] ** 2 * 4) and abs(curved["fused"]) < 0.05 * joined
    whole, half, quarter = (row["bytes"] for row in content["accumulated"])
    assert (whole - half) / (half - quarter) == pytest.approx(2, rel=0.02) and whole > half > quarter


def test_costs_are_six_operations_a_weight_and_token(made):
    content = made("costs")
    for row in content["rows"]:
        assert row["flops_per_second"] == pytest.approx(6 * row["N"] * row["tokens_per_second"], rel=0.01)
    course, middle, large = content["models"]
    assert (course["N"], middle["flops"], large["flops"]) == (
        855_168, pytest.approx(2.65e17, rel=0.01), pytest.approx(4.2e22))
    speed = max(row["flops_per_second"] for row in content["rows"])
    for row in content["models"]:
        assert row["hours"] * 3600 * speed == pytest.approx(row["flops"])


def test_texts_for_learning_and_for_measuring_are_apart(script):
    vocabulary, learned, validation = script.languages()
    assert set(learned) == set(validation) == {"english", "swedish", "french"}
    for name, rows in validation.items():
        text = "".join(vocabulary.decode(learned[name]))
        measured = ["".join(vocabulary.decode(row)) for row in rows]
        assert len(text) > 4 * len(rows) * script.WINDOW and not any(row in text for row in measured)


def test_a_nudge_does_what_is_predicted(script, made, monkeypatch):
    """−η g_i·∇J_j/3 against the loss before and after a nudge that is small enough to be nearly straight."""
    content = made("nudges")
    assert [row["left_out"] for row in content["left_out"]] == [None, "english", "swedish", "french"]
    looks = content["nudged"]
    assert [look["step"] for look in looks] == [0, 3, 6]
    assert looks[0]["bits_per_character"][0] > looks[-1]["bits_per_character"][0]
    for look in looks:
        cosine = np.array(look["cosine"])
        np.testing.assert_allclose(cosine, cosine.T, atol=1e-4)
        np.testing.assert_allclose(np.diag(cosine), 1, atol=1e-3)

    vocabulary, learned, validation = script.languages()
    monkeypatch.setattr(script, "SGD_STEPS", 0)
    monkeypatch.setattr(script, "ETA", 1e-4)
    (look,) = script.nudged(vocabulary, learned, validation, torch.device("cpu"))
    generator = new_generator(0)
    for i, text in enumerate(learned.values()):
        model = TransformerLM(vocabulary, script.LETTERS, new_generator(0))
        before = [mean_loss(model, part, loss=window_loss) for part in validation.values()]
        rows = script.windows(text, script.PER_LANGUAGE, script.WINDOW, generator)
        ids = torch.from_numpy(rows.ids.reshape(len(rows), -1))
        nats, count = window_loss(model, Block(ids, torch.full((len(rows),), ids.shape[1])))
        (nats / count).backward()
        with torch.no_grad():
            for weight in model.parameters():
                weight -= 1e-4 / 3 * weight.grad
        after = [mean_loss(model, part, loss=window_loss) for part in validation.values()]
        np.testing.assert_allclose(np.subtract(after, before), look["change"][i], rtol=0.1)


def test_shakespeare_is_left_out_offline(script, tmp_path, monkeypatch, capsys):
    def offline(**options):
        raise script.DownloadError("are you offline?")

    monkeypatch.setattr(script, "tiny_shakespeare", offline)
    monkeypatch.setattr(script.experiments, "FOLDER", tmp_path)
    script.PARTS["shakespeare"]()
    assert "are you offline?" in capsys.readouterr().out and not list(tmp_path.iterdir())


# --- what the chapter reads -------------------------------------------------------------------------------------------------

def data(part):
    return json.loads((BOOK / "_data" / f"training_{part}.json").read_text(encoding="utf-8"))


def test_the_best_step_size_of_each_optimiser_is_inside_its_sweep(script):
    content = data("optimizers")
    found = {(row["optimizer"], row["step_size"]): row for row in content["rows"]}
    assert set(found) == {(optimizer, size) for optimizer, sizes in script.STEP_SIZES.items() for size in sizes}
    assert len({row["tokens"] for row in found.values()}) == 1             # equal tokens
    for optimizer, sizes in script.STEP_SIZES.items():
        bits = [found[optimizer, size]["validation_bits"] for size in sizes]
        assert bits[0] > min(bits) < bits[-1] and min(bits) > content["floor"]


def test_more_tokens_and_more_parameters_bring_a_model_nearer_to_the_floor():
    content = data("scaling")
    gaps = {(row["width"], row["wanted_tokens"]): row["gap"] for row in content["rows"]}
    widths, tokens = (sorted(set(values)) for values in zip(*gaps, strict=True))
    assert len(gaps) == len(widths) * len(tokens) == 20
    grid = np.array([[gaps[width, n] for n in tokens] for width in widths])
    assert (np.diff(grid, axis=0) < 0).all() and (np.diff(grid, axis=1) < 0).all() and grid.min() > 0
    for row in content["rows"]:
        counts = parameter_count(483, TransformerConfig(width=row["width"]))
        assert row["N"] == counts["total"] - counts["embedding"] and row["flops"] == 6 * row["N"] * row["tokens"]
        assert row["bits"] - content["floor"] == pytest.approx(row["gap"], abs=2e-4)


def test_a_language_that_is_left_out_is_the_one_that_suffers():
    content = data("nudges")
    bits = {(row["seed"], row["left_out"]): row["bits_per_character"] for row in content["left_out"]}
    for (seed, missing), found in bits.items():
        for language in content["languages"]:
            lost = found[language] - bits[seed, None][language]
            assert lost > 1 if language == missing else abs(lost) < 0.1          # with every seed


def test_what_a_step_keeps_has_a_row_for_each_size():
    content = data("memory")
    kept = {(row["texts"], row["length"]): row["bytes"] for row in content["rows"]}
    assert len(kept) == 30 and kept[32, 512] > 15 * kept[2, 512] and kept[32, 512] > 15 * kept[32, 32]
    assert content["accumulated"][-1]["bytes"] == kept[1, 512] and content["accumulated"][0]["bytes"] == kept[32, 512]


def test_shakespeare_in_two_thousand_steps():
    """The goal for a training of nanoGPT's size on a CPU: 1.86 nats a character, with either optimiser."""
    content = data("shakespeare")
    assert (content["steps"], content["texts"], content["window"]) == (2000, 12, 64)
    assert [row["optimizer"] for row in content["rows"]] == ["adamw", "muon"]
    for row in content["rows"]:
        assert row["tokens"] == 2000 * 12 * 64 and 1 < row["validation_nats"] <= 1.86
        assert row["curve"][-1] == [2000, row["validation_nats"]]
