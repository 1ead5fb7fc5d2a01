"""The chapter on training: what its prose reads out of the data is there, and its sections stand where exercises look."""

import difflib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from llmcourse import web_text

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = (ROOT / "book/10_training.md").read_text(encoding="utf-8")
PROSE = " ".join(re.sub(r"```.*?\n```", "", CHAPTER, flags=re.DOTALL).split())


def data(part):
    return json.loads((ROOT / f"book/_data/training_{part}.json").read_text(encoding="utf-8"))


def says(text):
    assert text in PROSE, f"the chapter does not say {text!r}"


def test_exercises_name_sections_in_the_order_of_the_chapter():
    headings = re.findall(r"^## (.+)$", CHAPTER, re.MULTILINE)
    cited = re.findall(r"chapter section \*(.+?)\*", (ROOT / "solutions/10_training.py").read_text(encoding="utf-8"))
    assert len(cited) == 12 and set(cited) <= set(headings)
    places = [headings.index(name) for name in cited[:-1]]                 # the written question goes back to an earlier one
    assert places == sorted(places)


def test_one_line_differs_between_two_models():
    program = re.search(r'program = """\\\n(.*?)"""', CHAPTER, re.DOTALL).group(1)
    line = re.search(r'replace\(first, """\\\n(.*?)"""', CHAPTER, re.DOTALL).group(1)
    other = program.replace(program.splitlines()[0], line)
    changes = [change for change in difflib.ndiff(program.splitlines(), other.splitlines()) if change[0] in "+-"]
    assert [change[0] for change in changes] == ["-", "+"]
    assert "RecurrentLM(" in changes[0] and "TransformerLM(" in changes[1]


def test_what_is_said_of_the_optimisers():
    found = data("optimizers")
    above = {}
    for row in found["rows"]:
        above.setdefault(row["optimizer"], []).append(row["validation_bits"] - found["floor"])
    says(f"AdamW ends {min(above['adamw']):.3f} bits above the floor, Muon {min(above['muon']):.3f}, and SGD")
    says(f"for weights of all kinds, {min(above['sgd']):.3f}.")
    says(f"it loses at most {max(above['muon']) - min(above['muon']):.3f} bits")
    assert 0 < min(above["sgd"]) - above["adamw"][0] < 0.1                 # "hardly better than the best SGD"
    on_cpu = [(row["optimizer"], row["step_size"]) for row in found["rows"] if "CPU" in row["device"]]
    assert on_cpu == [("adamw", max(row["step_size"] for row in found["rows"] if row["optimizer"] == "adamw"))]


def test_what_is_said_of_memory():
    found = data("memory")
    accumulated = [row["bytes"] / 2**20 for row in found["accumulated"]]
    says(f"take {accumulated[0]:.0f} MiB")
    says(f"the same batch takes {accumulated[-1]:.0f} MiB")
    longest = found["written_out"][-1]
    assert (longest["texts"], longest["length"]) == (4, 512)
    says(f"{longest['bytes'] / 2**20:.0f} MiB instead of {longest['fused'] / 2**20:.0f}")


def test_what_is_said_of_costs():
    found = data("costs")
    course, middle, large = found["models"]
    own = next(row for row in found["rows"] if row["model"] == "4 × 128")
    minutes = course["tokens"] / own["tokens_per_second"] / 60
    says(f"{course['hours'] * 60:.0f} at the speed of the widest model, {minutes:.0f} at its own")
    assert 50 < middle["hours"] / 24 < 75                                   # "two months"
    assert round(large["hours"] / 8766, -3) == 28_000
    says("28,000 years")


def test_what_is_said_of_scaling():
    rows = {(row["width"], row["wanted_tokens"]): row for row in data("scaling")["rows"]}
    gap = {key: f"{row['gap']:.3f}" for key, row in rows.items()}
    flops = {key: row["flops"] / 1e12 for key, row in rows.items()}
    says(f"With {flops[128, 500_000]:.1f} to {flops[64, 2_000_000]:.1f}·10¹² operations")
    says(f"{gap[128, 500_000]} bits above the floor against {gap[64, 2_000_000]}. With twice the budget the picture is the "
         f"same: {gap[128, 1_000_000]} against {gap[64, 4_000_000]}.")
    for wide, narrow in (((128, 500_000), (64, 2_000_000)), ((128, 1_000_000), (64, 4_000_000))):
        says(f"though it had only {100 * (flops[narrow] / flops[wide] - 1):.0f} % more operations")
        assert all(1.3 < flops[one] < 3.2 for one in (wide, narrow))
    assert sum(1.3e12 < row["flops"] < 3.2e12 for row in rows.values()) == 4


def test_what_is_said_of_nudges():
    found = data("nudges")
    changes = np.array([look["change"] for look in found["nudged"]])
    says(f"Of {changes.size} effects that were looked at, {(changes > 0).sum()} were harmful")
    mean = changes[1:].mean(0)
    assert (mean[0, 1:] / mean[0, 0] > 0.5).all()                           # what an English nudge does for the others
    bits = {(row["seed"], row["left_out"]): row["bits_per_character"] for row in found["left_out"]}
    own = [np.mean([bits[seed, gone][gone] - bits[seed, None][gone] for seed in (0, 1, 2)]) for gone in found["languages"]]
    says(f"*its* texts cost {min(own):.1f} to {max(own):.1f}")
    for gone in found["languages"]:
        for name in found["languages"]:
            lost = np.mean([bits[seed, gone][name] - bits[seed, None][name] for seed in (0, 1, 2)])
            assert name == gone or abs(lost) < 0.05


def test_what_is_said_of_whose_text_goes():
    def texts(*sources):
        return [page.text for page in web_text.pages() if page.source in sources]

    quality = web_text.QualityFilter.learn(texts("newspaper", "encyclopedia"), texts("shop", "forum"))
    verdicts = web_text.clean(web_text.crawl(), web_text.Settings(quality=quality))
    kept = [verdict.page.source for verdict in verdicts if verdict.kept]
    chosen = sum(source in ("city school", "newspaper", "encyclopedia") for source in kept)
    says(f"{chosen} of the {len(kept)} kept pages are theirs")
    table = web_text.whose_text_goes(verdicts)
    assert table["health advice"]["blocked words"] == table["valley school"]["quality"] == table["city school"]["kept"] == 1
    assert table["student group"]["blocked words"] == pytest.approx(2 / 3) and table["shop"]["kept"] == 0
    loose = web_text.clean(web_text.crawl(), web_text.Settings(blocked=()))
    at = {(source, least): [quality.score(v.text) >= least for v in loose if v.kept and v.page.source == source]
          for source in {v.page.source for v in loose} for least in (0.5, 0.75, 0.8)}
    for source in ("newspaper", "city school"):
        assert all(at[source, 0.8])
    for source in ("valley school", "dialect", "health advice", "student group"):
        assert all(at[source, 0.5]) and not any(at[source, 0.8]) and sum(at[source, 0.75]) < len(at[source, 0.75]) / 2
    assert not any(at["shop", 0.5]) and not any(at["forum", 0.5])
