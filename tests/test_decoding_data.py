"""The data of the chapter on decoding: made by the script that is named in it, and saying what the chapter says."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from llmcourse.corpora import stories  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402

BOOK = Path(__file__).resolve().parent.parent / "book"


def data(name):
    found = json.loads((BOOK / "_data" / f"decoding_{name}.json").read_text(encoding="utf-8"))
    assert found["command"] == f"python book/decoding_data.py {name}"
    return found


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("decoding_data")


def test_four_words_that_come_again_are_counted(script):
    assert script.repeated("a b c d a b c d".split()) == pytest.approx(1 / 5)           # abcd twice among five
    assert script.repeated("a a a a a a".split()) == pytest.approx(2 / 3) and script.repeated("a b".split()) == 0
    assert script.repeated("a b c d e f g".split()) == 0


def test_what_the_source_says_of_stories(script):
    """Drawn stories are possible and cost what the source says; one with a word that cannot stand there is not."""
    language = stories()
    drawn = language.held_out(20)
    found = script.measured(drawn, np.ones(len(drawn.ids)))
    assert found["possible"] == found["distinct"] == 1 and found["own_bits"] == 1
    assert found["source_bits"] == pytest.approx(language.floor(drawn).mean, abs=1e-4)
    spoiled = [drawn[0], drawn[0], np.append(drawn[0][::-1][1:], language.vocabulary.eos)]
    found = script.measured(Corpus.join(spoiled), np.zeros(sum(map(len, spoiled))))
    assert found["possible"] == pytest.approx(2 / 3, abs=1e-4) and found["distinct"] == pytest.approx(2 / 3)
    alone = -language.token_log_probabilities([drawn[0]]).sum() / np.log(2) / len(drawn[0])
    assert found["source_bits"] == pytest.approx(alone, abs=1e-4)


def test_logits_are_those_that_predict_each_token(script):
    from llmcourse.transformer import TransformerConfig, TransformerLM

    texts = stories().held_out(3)
    model = TransformerLM(stories().vocabulary, TransformerConfig(layers=1, width=8, heads=2))
    logits = torch.from_numpy(script.logits_of(model, texts))
    assert (logits[:, stories().vocabulary.bos] == -torch.inf).all()
    own = torch.log_softmax(logits, dim=1).numpy()[np.arange(len(texts.ids)), texts.ids]
    np.testing.assert_allclose(own, model.token_log_probabilities(texts), atol=1e-4)


def test_samplers_put_in_more_chance_the_less_they_cut(script):
    found = data("samplers")
    rows = {row["setting"]: row for row in found["rows"]}
    assert list(rows) == ["the source itself", *script.SETTINGS]
    language = stories()
    held_out = language.held_out(found["stories"])
    bits = -language.token_log_probabilities(held_out).mean() / np.log(2)
    assert rows["the source itself"]["source_bits"] == pytest.approx(bits, abs=1e-4) == pytest.approx(found["floor"], abs=1e-4)
    assert rows["the source itself"]["possible"] == 1 and found["held_out_bits"] > found["floor"]
    for family, strength in [("τ = ", "temperature"), ("top-k ", "top_k"), ("top-p ", "top_p"), ("typical ", "typical")]:
        own = [rows[name]["own_bits"] for name in sorted(script.SETTINGS, key=lambda n: script.SETTINGS[n].get(strength, 0))
               if name.startswith(family)]
        assert len(own) >= 4 and sorted(own) == own
    assert rows["greedy"]["own_bits"] == 0 == rows["greedy"]["possible"]
    assert max(rows, key=lambda name: rows[name]["possible"] * (name != "the source itself")) == "min-p 0.1"


def test_search_repeats_itself_and_draws_do_not():
    found = data("repetition")
    rows = {(row["model"], row["way"]): row for row in found["rows"]}
    for model in ("bigram", "5-gram", "transformer"):
        assert rows[model, "greedy"]["repeated"] > rows[model, "sampled"]["repeated"]
        assert rows[model, "sampled"]["repeated"] <= rows["the source itself", ""]["repeated"]
    for model in ("bigram", "5-gram"):
        assert rows[model, "greedy"]["repeated"] > 0.5
        assert rows[model, "greedy, penalty 1.3"]["repeated"] < 0.01
    assert rows["transformer", "beam of 4"]["repeated"] > rows["transformer", "greedy"]["repeated"]
    assert rows["transformer", "greedy, penalty 1.3"]["repeated"] > rows["transformer", "greedy"]["repeated"]


def test_drafts_save_calls_and_a_better_draft_saves_more():
    rows = {(row["draft"], row["ahead"]): row for row in data("speculative")["rows"]}
    for row in rows.values():
        assert row["kept"] <= row["drafted"] <= row["ahead"] * row["calls"]
        assert row["tokens"] <= row["kept"] + row["calls"]                               # each call adds at most one more
    for ahead in (1, 2, 4, 8):
        bigram, grams = (rows[draft, ahead] for draft in ("bigram", "5-gram"))
        assert grams["calls"] / grams["tokens"] < bigram["calls"] / bigram["tokens"] < 1


def test_a_cache_makes_the_time_of_a_token_independent_of_the_length():
    found = data("speed")
    again, cache = (np.array(found["milliseconds"][name]) for name in ("again", "cache"))
    assert again[-1] > 2 * again[0] and cache[-1] < 1.5 * cache[0] and again[-1] > 2 * cache[-1]
