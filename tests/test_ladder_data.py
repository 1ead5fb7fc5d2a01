"""The finished ladder: what its file holds, whether its errors are right, how a run that was stopped goes on; the last page."""

import importlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from llmcourse.corpora import KINDS, stories  # noqa: E402
from llmcourse.feedforward import FeedForwardConfig  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
FIELDS = {"unit", "model", "seed", "step_size", "parameters", "training_tokens", "seconds", "device", "validation_bits",
          "bits_per_token", "standard_error", "gap", "gap_standard_error", "agreement", "cpu_seconds"}


def read(name):
    return json.loads((BOOK / "_data" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("ladder_data")


def jackknife(bits, lengths):
    """The standard error of bits over tokens from what the ratio is without each text in turn."""
    without = (bits.sum() - bits) / (lengths.sum() - lengths)
    n = len(bits)
    return np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())


# --- the file ---------------------------------------------------------------------------------------------------------------

def test_every_row_has_every_field_and_every_model_its_rows(script):
    made = read("finished_ladder")
    assert made["command"] == "make ladder" and made["tokens"] == script.TOKENS and made["seeds"] == list(script.SEEDS)
    assert all(set(row) == FIELDS for row in made["rows"])
    assert [(row["model"], row["seed"]) for row in made["rows"]] == [
        *((model, None) for model in script.COUNTED), *((model, seed) for model in script.FAMILIES for seed in script.SEEDS)]
    held_out = stories().held_out()
    assert made["held_out"] == {"stories": len(held_out), "tokens": len(held_out.ids)}
    learned = [row for row in made["rows"] if row["unit"] > 1]
    assert {row["training_tokens"] for row in learned} == {len(stories().train(script.TOKENS).ids)}
    assert all(row["seconds"] > 0 and row["parameters"] > 0 for row in learned)


def test_the_distance_is_that_to_the_source_and_has_the_error_of_a_jackknife():
    rows, told = read("finished_ladder")["rows"], read("finished_ladder_stories")
    floor, lengths = rows[0]["bits_per_token"], np.array(told["lengths"])
    assert rows[0]["model"] == "source (floor)" and rows[0]["gap"] == 0
    assert [(row["model"], row["seed"]) for row in rows] == [(one["model"], one["seed"]) for one in told["rows"]]
    for row, one in zip(rows, told["rows"], strict=True):
        bits = np.array(one["above"]) / 100
        assert row["gap"] == pytest.approx(row["bits_per_token"] - floor, abs=1e-9)
        assert row["gap"] == pytest.approx(bits.sum() / lengths.sum(), abs=1e-4)
        assert row["gap_standard_error"] == pytest.approx(jackknife(bits, lengths), rel=0.02, abs=1e-6)


def test_agreement_is_counted_for_every_kind_near_and_far():
    rows = read("finished_ladder")["rows"]
    tests = {kind: [part[place][0] for place in ("near", "far")] for kind, part in rows[0]["agreement"].items()}
    assert list(tests) == list(KINDS)
    for row in rows:
        for kind, part in row["agreement"].items():
            assert [part[place][0] for place in ("near", "far")] == tests[kind]
            assert all(0 <= right <= number for number, right in part.values())
    source = rows[0]["agreement"]                                          # which is never wrong
    assert all(number == right for part in source.values() for number, right in part.values())


def test_the_validation_stories_chose_the_step_sizes_and_no_best_one_lies_at_an_edge(script):
    made = read("finished_ladder")
    for model, family in script.FAMILIES.items():
        tried = [row for row in made["swept"] if row["model"] == model]
        assert [row["step_size"] for row in tried] == list(family.step_sizes) == sorted(family.step_sizes)
        assert len(tried) >= 3 and all(row["field"] == family.swept for row in tried)
        (chosen,) = (row for row in tried if row["chosen"])
        assert chosen["validation_bits"] == min(row["validation_bits"] for row in tried if row["validation_bits"] is not None)
        assert chosen not in (tried[0], tried[-1]), f"{model}: try more step sizes beyond {chosen['step_size']}"
        assert {row["step_size"] for row in made["rows"] if row["model"] == model} == {chosen["step_size"]}


def test_what_is_counted_has_the_rungs_of_the_chapters(script):
    rungs = {row["model"]: row for row in read("ladder")}
    for row in read("finished_ladder")["rows"]:
        if row["model"] in script.COUNTED and rungs[row["model"]]["training_tokens"] == row["training_tokens"]:
            assert row["bits_per_token"] == pytest.approx(rungs[row["model"]]["bits_per_token"], abs=1e-6)


# --- how it is made -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def small(script, monkeypatch, tmp_path):
    """Little to do, in a folder of its own, in this process."""
    texts = stories().held_out(30)
    for module in (script, script.experiments):
        monkeypatch.setattr(module, "held_out_tests", lambda *_: (texts, stories().agreement(texts)))
    one = script.FAMILIES["feed-forward, 3 words"]
    one = replace(one, config=FeedForwardConfig(window=2, dimensions=4, hidden=4), step_sizes=(0.01, 0.02))
    for name, value in {"TOKENS": 3000, "SEEDS": (0, 1), "FAMILIES": {one.model: one}, "WORK": tmp_path / "work",
                        "COUNTED": {name: script.COUNTED[name] for name in ("source (floor)", "bigram KN")},
                        "ProcessPoolExecutor": lambda workers, **_: ThreadPoolExecutor(workers)}.items():
        monkeypatch.setattr(script, name, value)
    monkeypatch.setattr(script.experiments, "FOLDER", tmp_path)
    script.experiments.training_text.cache_clear()
    yield script
    script.experiments.training_text.cache_clear()


def test_a_small_ladder_is_climbed_and_written(small, tmp_path, capsys):
    threads = torch.get_num_threads()
    done = small.climb_all(1)
    torch.set_num_threads(threads)
    small.write(done)
    made = json.loads((tmp_path / "finished_ladder.json").read_text())
    assert [(row["model"], row["seed"]) for row in made["rows"]] == [
        ("source (floor)", None), ("bigram KN", None), ("feed-forward, 3 words", 0), ("feed-forward, 3 words", 1)]
    assert all(set(row) == FIELDS for row in made["rows"]) and made["trainings"] == 3 and len(made["swept"]) == 2
    told = json.loads((tmp_path / "finished_ladder_stories.json").read_text())
    assert all(len(one["above"]) == 30 for one in told["rows"]) and not any(told["rows"][0]["above"])
    assert "feed-forward, 3 words step_size 0.01 seed 0" in capsys.readouterr().out


def test_a_paired_error_is_that_of_a_jackknife(small, monkeypatch):
    lengths = np.full(6, 4)                                                # of one length, so that both agree exactly
    monkeypatch.setattr(small.experiments, "held_out_tests", lambda *_: (type("Texts", (), {"lengths": lengths}), None))
    floor, scores = -np.random.default_rng(0).exponential(size=(2, 24))
    monkeypatch.setattr(small.experiments, "floor_scores", lambda: floor)
    found = small.experiments.held_out_figures(scores)
    bits = (floor - scores).reshape(6, 4).sum(axis=1) / np.log(2)
    assert found["gap"] == pytest.approx(bits.sum() / 24)
    assert found["gap_standard_error"] == pytest.approx(jackknife(bits, lengths))
    bits = -scores.reshape(6, 4).sum(axis=1) / np.log(2)
    assert found["bits_per_token"] == pytest.approx(bits.sum() / 24)
    assert found["standard_error"] == pytest.approx(jackknife(bits, lengths))


def test_a_run_that_is_stopped_keeps_its_rows_and_the_next_makes_the_others(small, monkeypatch, capsys):
    asked = []

    def climb(job, metrics):
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(job)
        return {"job": job, "row": {"validation_bits": job["step_size"] or 1.0, "step_size": job["step_size"], "parameters": 1,
                                    "bits_per_token": 1.0, "gap": 0.5, "gap_standard_error": 0.1, "seconds": 1.0},
                "stories": [1]}

    monkeypatch.setattr(small, "climb", climb)
    with pytest.raises(SystemExit, match="2 finished rows are kept"):
        small.climb_all(1)
    first = list(asked)
    asked[:0] = [None, None, None]                                         # no longer two
    done = small.climb_all(1)
    assert [one["job"] for one in done][:2] == first and capsys.readouterr().out.count("kept") == 2
    again = asked[5:]
    assert len(done) == 5 and len(again) == 3 and not any(job in first for job in again)
    assert [job["seed"] for job in again if job["model"] == "feed-forward, 3 words"] == [1]
    assert all(job["step_size"] == 0.01 for job in again if job["seed"] == 1)                # which needs fewest bits here

    asked[:] = [None, None, None]
    monkeypatch.setattr(small, "TOKENS", 4000)                             # rows of other settings are none
    small.climb_all(1)
    assert [job["model"] for job in asked[3:]].count("feed-forward, 3 words") == 3


def test_a_training_that_diverges_is_told_and_not_chosen(small, monkeypatch, tmp_path):
    def diverges(*_):
        raise FloatingPointError("step 3: loss nan")

    monkeypatch.setattr(small, "learn", diverges)
    job = small.FAMILIES["feed-forward, 3 words"].job(0.02, 0)
    made = small.climb(job, tmp_path / "metrics")
    assert made["row"]["validation_bits"] is None and "loss nan" in small.in_words(made)
    good = {"row": {"validation_bits": 2.0, "step_size": 0.01}}
    assert small.best_step_size([made, good]) == 0.01
    with pytest.raises(ValueError, match="no step size led to finite numbers"):
        small.best_step_size([made])


def test_progress_reads_the_last_whole_line(script, tmp_path):
    path = tmp_path / "metrics"
    assert script.tokens_read(path) == 0
    lines = [json.dumps({"step": i, "tokens": 10 * i, "loss": 1.0}) + "\n" for i in range(1, 90)]
    path.write_text("".join(lines) + '{"step": 90, "tok')
    assert script.tokens_read(path) == 890


# --- the last page ------------------------------------------------------------------------------------------------------------

def slugs(page):
    """What the headings of a page are called in links."""
    text = re.sub(r"^```.*?^```", "", (BOOK / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    headings += re.findall(r"^### (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_closing_chapter_links_a_place_in_every_unit():
    text = (BOOK / "closing.md").read_text(encoding="utf-8")
    assert "myst_heading_anchors: 3" in (BOOK / "_config.yml").read_text(encoding="utf-8")   # sections of sections, too
    links = re.findall(r"\]\(([\w]+\.md)(?:#([\w-]+))?\)", text)
    units = sorted(path.name for path in BOOK.glob("[0-9][0-9]_*.md"))
    assert len(units) == 12 and {page for page, place in links if place} >= set(units)
    assert ("ladder.md", "") in links
    for page, place in links:
        assert not place or place in slugs(page), f"{page} has no heading #{place}"


def test_the_ladder_and_the_closing_chapter_are_in_the_book():
    toc = (BOOK / "_toc.yml").read_text(encoding="utf-8")
    order = [toc.index(f"file: {name}\n") for name in ("11_decoding", "ladder", "closing", "notation")]
    assert order == sorted(order)
