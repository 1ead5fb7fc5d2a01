"""The data of the chapter on attention: made by the script that is named in it, and saying what the units need."""

import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from llmcourse.attention import attention, causal_mask  # noqa: E402
from llmcourse.attention.language_model import AttentionConfig  # noqa: E402
from llmcourse.corpora import KINDS, parallel, stories  # noqa: E402

BOOK = Path(__file__).resolve().parent.parent / "book"


def data(name):
    found = json.loads((BOOK / "_data" / f"attention_{name}.json").read_text(encoding="utf-8"))
    assert found["command"] == f"python book/attention_data.py {name}"
    return found


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("attention_data")


@pytest.fixture
def small(script, monkeypatch, tmp_path):
    """The script with little to do, and a folder of its own."""
    texts = stories().held_out(60)
    for name, value in {"PAIRS": 60, "TESTED": 12, "TRANSLATING": replace(script.TRANSLATING, epochs=1), "READ": 3000,
                        "TRANSLATOR": replace(script.TRANSLATOR, dimensions=4, hidden=4), "SEEDS": (0, 1)}.items():
        monkeypatch.setattr(script, name, value)
    script.test_pairs.cache_clear()
    monkeypatch.setattr(script, "AttentionConfig", lambda heads: AttentionConfig(8, heads))
    for module in (script, script.experiments):
        monkeypatch.setattr(module, "held_out_tests", lambda *_: (texts, stories().agreement(texts)))
    monkeypatch.setattr(script.experiments, "FOLDER", tmp_path)
    yield tmp_path
    script.test_pairs.cache_clear()


# --- time and memory ----------------------------------------------------------------------------------------------------

def test_a_loop_over_prefixes_is_a_mask(script):
    q, k, v = script.arrays(40)
    assert q.shape == (40, script.WIDTH)
    np.testing.assert_allclose(script.loop_over_prefixes(q, k, v), attention(q, k, v, causal_mask(40)).output, atol=1e-5)


def test_extra_memory_is_what_a_call_takes_beside_its_output(script):
    def call():
        scratch = np.ones(2**20)                                           # 8 MiB
        return scratch[: 2**17] * 2                                        # 1 MiB
    assert script.extra_memory(call) == pytest.approx(8, abs=0.1)


def test_time_and_memory_grow_with_the_square_of_the_length():
    found = data("time")
    lengths, loop = np.array(found["lengths"]), found["loop"]
    assert (lengths[1:] == 2 * lengths[:-1]).all()
    memory = np.array(found["mib"]["all scores"])
    assert ((memory[1:] / memory[:-1] > 3.5) & (memory[1:] / memory[:-1] < 4.5)).all()
    whole, blocks = (np.array(found["milliseconds"][way]) for way in ("all scores", "block by block"))
    assert 2.5 < whole[-1] / whole[-2] < 6 and (blocks[-3:] < whole[-3:] / 1.5).all()
    assert max(found["mib"]["block by block"]) < 1
    assert all(one > 2 * mask for one, mask in zip(loop["loop"], loop["mask"], strict=True))


# --- translation ----------------------------------------------------------------------------------------------------------

def test_translations_are_scored_word_by_word(script):
    pairs = parallel().held_out(6)
    right = [np.array(text) for text in pairs.target]
    found = script.translation_scores(right, pairs, [0, 100])
    words, needs = len(pairs.target.ids), int(pairs.needs_earlier.sum())
    assert found == {"exact": 1.0, "by_length": [(0, 100, 6, 6)], "words": [words, words], "earlier": [needs, needs]} and needs
    written = [right[0][:-1], *right[1:]]                                  # the first has no end
    found = script.translation_scores(written, pairs, [0, 100])
    assert found["exact"] == round(5 / 6, 4) and found["words"] == [words, words - 1] and found["earlier"] == [needs, needs]
    at = np.flatnonzero(pairs.needs_earlier)[0]
    text = int(pairs.target.text_of[at])
    right[text][at - pairs.target.starts[text]] = 0
    assert script.translation_scores(right, pairs, [0, 100])["earlier"] == [needs, needs - 1]


def test_a_decoder_looks_right_where_its_largest_weight_is_on_the_word_it_renders(script):
    pairs = parallel().held_out(3)
    maps = []
    for number in range(3):
        here = slice(pairs.target.starts[number], pairs.target.starts[number + 1])
        maps.append(np.eye(len(pairs.source[number]))[pairs.aligned[here] - pairs.source.starts[number]])
    words = len(pairs.target.ids)
    assert script.looked_right(maps, pairs) == [words, words]
    maps[1] = np.roll(maps[1], 1, axis=1)
    assert script.looked_right(maps, pairs) == [words, words - len(pairs.target[1])]


def test_translators_are_trained_once_and_have_rows_with_a_map(script, small, monkeypatch):
    script.translation()
    found = json.loads((small / "attention_translation.json").read_text(encoding="utf-8"))
    assert [(row["decoder"], row["seed"]) for row in found["rows"]] == [
        (decoder, seed) for seed in (0, 1) for decoder in ("without attention", "with attention")]
    assert ["map" in row for row in found["rows"]] == [False, True, False, False]
    assert ["looked_right" in row for row in found["rows"]] == [False, True] * 2
    shown = found["rows"][1]["map"]
    weights = np.array(shown["weights"])
    assert weights.shape == (len(shown["target"]), len(shown["source"])) and max(shown["antecedent"]) >= 0
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=0.01)
    monkeypatch.setattr(script, "trained_translator", None)                # would be asked for a training that is done
    script.translation()
    assert json.loads((small / "attention_translation.json").read_text(encoding="utf-8")) == found


def test_attention_makes_long_texts_as_easy_as_short_ones(script):
    found = data("translation")
    assert found["pairs"] == 12_000 and len(found["rows"]) == 6 and {row["seed"] for row in found["rows"]} == {0, 1, 2}
    for row in found["rows"]:
        for scores in row["results"].values():
            texts, right = (np.array(scores["by_length"])[:, column] for column in (2, 3))
            assert texts.sum() == 1000 and right.sum() == round(1000 * scores["exact"])
            if row["decoder"] == "with attention":
                assert scores["exact"] > 0.95 and right[-1] / texts[-1] > 0.9
            else:
                assert scores["exact"] < 0.7 and right[-1] / texts[-1] < 0.3
    (shown,) = [row["map"] for row in found["rows"] if "map" in row]
    assert shown["right"] and shown["target"][-1] == "<eos>"


# --- heads ----------------------------------------------------------------------------------------------------------------

def test_heads_are_trained_once_and_looked_at(script, small, monkeypatch):
    script.heads()
    found = json.loads((small / "attention_heads.json").read_text(encoding="utf-8"))
    assert [(row["heads"], row["seed"]) for row in found["rows"]] == [(1, 0), (4, 0), (1, 1), (4, 1)]
    assert ["looks" in row for row in found["rows"]] == [False, True, False, False]
    looks = found["rows"][1]["looks"]
    assert looks["tests"] > 50 and np.shape(looks["mean"]["first"]) == (2, 4)
    story = looks["story"]
    assert story["next"] == "her" and story["words"][0] == "<bos>" and np.shape(story["weights"]) == (2, 4, len(story["words"]))
    np.testing.assert_allclose(np.sum(story["weights"], axis=2), 1, atol=0.03)
    assert story["words"][story["first"]].istitle() and story["first"] <= story["latest"] < len(story["words"])
    monkeypatch.setattr(script, "learn", None)
    script.heads()
    assert json.loads((small / "attention_heads.json").read_text(encoding="utf-8")) == found


def test_heads_find_what_was_decided_far_back():
    found = data("heads")["rows"]
    assert [(row["heads"], row["seed"]) for row in found] == [(h, seed) for seed in (0, 1, 2) for h in (1, 4)]
    assert len({row["parameters"] for row in found}) == 1                  # heads cost nothing
    for row in found:
        assert 1.05 < row["bits_per_token"] < 1.6 and row["gap"] > 0 and row["agreement"].keys() == set(KINDS)
        assert {kind: row["agreement"][kind]["far"][0] for kind in KINDS} == {
            kind: found[0]["agreement"][kind]["far"][0] for kind in KINDS}
    (looks,) = [row["looks"] for row in found if "looks" in row]
    first = np.array(looks["mean"]["first"])
    assert first.max() > 3 * np.median(first)                              # some head looks for it, not all of them
