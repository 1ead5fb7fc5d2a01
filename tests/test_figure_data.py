"""The figures of whose text goes, of several workers, of a beam and of the cache: their data made again, and what their scripts
compute in a browser beside what the library does.
"""

import functools
import importlib
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from llmcourse import web_text
from llmcourse.decoding import beam_search, costs
from llmcourse.training import split

BOOK = Path(__file__).resolve().parent.parent / "book"
ASSETS = BOOK / "_ext" / "course_book" / "assets"


def data(name):
    return json.loads((BOOK / "_data" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("figure_data")


@pytest.fixture
def made(script, tmp_path, monkeypatch):
    """made(part, name) runs a part again and returns what it has written."""
    import experiments
    monkeypatch.setattr(experiments, "FOLDER", tmp_path)

    def run(part, name):
        script.PARTS[part]()
        return json.loads((tmp_path / name).read_text(encoding="utf-8"))
    return run


@pytest.fixture(autouse=True, scope="module")
def languages_once():
    """The language of a page is asked for again and again."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("llmcourse.web_text.pipeline.p_language", functools.cache(web_text.p_language))
        yield


@pytest.fixture(scope="module")
def scripts():
    """What the scripts compute, without a page: scripts.evaluate(…) in a browser that has loaded them."""
    sync_api = pytest.importorskip("playwright.sync_api")
    browser = pytest.importorskip("test_book_browser")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=browser.ARGUMENTS)
        tab = chromium.new_page()
        for name in ("web-text.js", "timelines.js", "beams.js"):
            tab.add_script_tag(path=ASSETS / name)
        yield tab
        chromium.close()


# --- whose text goes ----------------------------------------------------------------------------------------------------------

def test_the_pages_are_those_of_the_library(made):
    assert made("whose_text", "whose_text_goes.json") == data("whose_text_goes.json")


def test_no_page_stands_on_the_edge():
    """Six digits are enough: no score and no similarity below 1 is nearer to a step of its slider than they can tell."""
    for page, key in itertools.product(data("whose_text_goes.json")["pages"], ("rules", "plain")):
        likeness = [value for _, value, *_ in page[key]["alike"] if value < 1]
        for values, step in ((page[key]["scores"], 0.01), (likeness, 0.05)):
            away = np.abs(np.array(values) / step - np.round(np.array(values) / step)) * step
            assert (away > 5.1e-7).all() or not len(away), page["title"]


SLIDER = [round(0.3 + 0.05 * i, 2) for i in range(16)]                     # similarities; the last is above 1 and keeps all


def some_settings():
    """Each control through its values with the others as they are, and eighty draws of all at once."""
    words = tuple(sorted(web_text.BLOCKED))
    usual = {"english": True, "rules": True, "blocked": words, "similar": 0.5, "reference": 0, "least": 0.75}
    values = {"english": (True, False), "rules": (True, False), "blocked": ((), *((word,) for word in words), words[:3]),
              "similar": SLIDER, "reference": (-1, 0, 1, 2, 3), "least": [round(0.3 + 0.03 * i, 2) for i in range(22)]}
    for key, options in values.items():
        yield from ({**usual, key: option} for option in options)
    rng = np.random.default_rng(0)
    for _ in range(80):
        yield {key: options[rng.integers(len(options))] for key, options in values.items()}


def test_pages_go_as_the_library_removes_them(script, scripts):
    """Verdict for verdict, with many settings."""
    found, crawl = data("whose_text_goes.json"), web_text.crawl()
    filters = [script.quality_filter(reference) for reference in script.REFERENCES]
    kept = set()
    for setting in some_settings():
        verdicts = web_text.clean(crawl, web_text.Settings(
            language="english" if setting["english"] else None, rules=setting["rules"], blocked=setting["blocked"],
            similar=setting["similar"] if setting["similar"] <= 1 else None,
            quality=None if setting["reference"] < 0 else filters[setting["reference"]], least_quality=setting["least"]))
        ours = scripts.evaluate("([pages, setting]) => courseWebText.verdicts(pages, setting)",
                                [found["pages"], {**setting, "blocked": list(setting["blocked"]), "steps": 5}])
        assert [step for step, _ in ours] == [verdict.step for verdict in verdicts], setting
        for (step, reason), verdict in zip(ours, verdicts, strict=True):
            if step in ("lines and pages", "blocked words"):
                assert reason == verdict.reason
        kept.add(sum(verdict.kept for verdict in verdicts))
    assert len(kept) > 20                                                  # the settings do make a difference


def test_steps_of_the_way_are_the_first_ones_of_the_library(scripts):
    """After step n stands what the library removes if the later steps are switched off."""
    pages, crawl = data("whose_text_goes.json")["pages"], web_text.crawl()
    off = [{"rules": False, "blocked": (), "similar": None}, {"blocked": (), "similar": None}, {"similar": None}, {}]
    usual = {"english": True, "rules": True, "blocked": sorted(web_text.BLOCKED), "similar": 0.5, "reference": 0, "least": 0.75}
    for steps, options in enumerate(off, start=1):
        ours = scripts.evaluate("([pages, setting]) => courseWebText.verdicts(pages, setting)",
                                [pages, {**usual, "steps": steps}])
        assert [step for step, _ in ours] == [one.step for one in web_text.clean(crawl, web_text.Settings(**options))]


def words_of(figure):
    pytest.importorskip("sphinx")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK / "_ext")
        return importlib.import_module("course_book.interactive").FIGURES[figure][1]


def test_whose_text_goes_in_words(script):
    words, crawl = words_of("whose-text-goes"), web_text.crawl()
    quality = script.quality_filter(script.REFERENCES[0])
    verdicts = web_text.clean(crawl, web_text.Settings(quality=quality))
    table = web_text.whose_text_goes(verdicts)
    assert f"Of {len(crawl)} crawled pages" in words and f"{sum(v.kept for v in verdicts)} are kept. All 6" in words
    assert "eleven kinds" in words and len(table) == 11
    assert table["health advice"]["blocked words"] == 1 == table["valley school"]["quality"] == table["city school"]["kept"]
    assert table["student group"]["blocked words"] == pytest.approx(4 / 6)
    mild = web_text.clean(crawl, web_text.Settings(quality=quality, blocked=(), least_quality=0.5))
    assert f"least quality {sum(v.kept for v in mild)} are kept" in words
    gone = {source for source, row in web_text.whose_text_goes(mild).items() if not row["kept"]}
    assert gone == {"shop", "forum", "swedish", "french"}


def test_whose_text_goes_in_the_caption(script):
    """Which pages come back with a word, and what another reference does."""
    crawl = web_text.crawl()

    def left(**options):
        verdicts = web_text.clean(crawl, web_text.Settings(**options))
        return {source: sum(v.kept for v in verdicts if v.page.source == source) for source in script.ENGLISH_SOURCES}

    none = left()
    assert left(blocked=web_text.BLOCKED - {"breast"})["health advice"] == none["health advice"] + 2 == 2
    assert left(blocked=web_text.BLOCKED - {"lesbian"})["student group"] == none["student group"] + 2
    usual, other = (left(quality=script.quality_filter(script.REFERENCES[i])) for i in (0, 2))
    assert script.REFERENCES[2] == ("valley school", "dialect") and other["dialect"] == none["dialect"] == 6
    assert usual["newspaper"] + usual["encyclopedia"] == 16 == other["newspaper"] + other["encyclopedia"] + 9


# --- workers ------------------------------------------------------------------------------------------------------------------

def same_slots(ours, slots):
    assert [tuple(slot[:3]) for slot in ours] == [slot[:3] for slot in slots]
    np.testing.assert_allclose([slot[3:] for slot in ours], [slot[3:] for slot in slots], atol=1e-12)


def test_timelines_are_those_of_the_library(scripts):
    for p in (1, 2, 4):
        for m in range(1, 13):
            slots = split.pipeline_timeline(p, m, forward=4 / p, backward=8 / p)
            ours, idle = scripts.evaluate("""([p, m]) => {
                const slots = courseTimelines.pipeline(p, m, 4 / p, 8 / p);
                return [slots, courseTimelines.idleShare(slots)]; }""", [p, m])
            same_slots(ours, slots)
            assert idle == pytest.approx(split.idle_share(slots), abs=1e-12) == pytest.approx((p - 1) / (m + p - 1), abs=1e-12)
        for sending in np.arange(0, 6.25, 0.25).tolist():
            slots = split.data_parallel_timeline(p, forward=4, backward=8, bytes_of_gradient=sending, bandwidth=1)
            ours, idle, end = scripts.evaluate("""([p, sending]) => {
                const slots = courseTimelines.dataParallel(p, 4, 8, sending);
                return [slots, courseTimelines.idleShare(slots), courseTimelines.end(slots)]; }""", [p, sending])
            same_slots(ours, slots)
            assert idle == pytest.approx(split.idle_share(slots), abs=1e-12) and end == pytest.approx(max(s.end for s in slots))


def test_workers_in_words():
    words = words_of("workers")

    def end(slots):
        return f"{max(slot.end for slot in slots):g}"

    for m, said in ((1, "one micro-batch takes {} units"), (4, "it takes {} and waits for 3/7"),
                    (12, "it takes {} and waits for 3/15")):
        slots = split.pipeline_timeline(4, m)
        assert said.format(end(slots)) in words.replace("\n", " ")
        assert split.idle_share(slots) == pytest.approx(3 / (m + 3))
    for sending, said in ((1, "a step takes {} units; with six"), (6, "with six units it takes {}, and")):
        shared = split.data_parallel_timeline(4, forward=4, backward=8, bytes_of_gradient=sending, bandwidth=1)
        assert said.format(end(shared)) in words


# --- the beam -----------------------------------------------------------------------------------------------------------------

def test_next_tokens_are_those_of_the_models(made):
    again, found = made("beam", "beam_tree.json"), data("beam_tree.json")
    assert [row["name"] for row in again["models"]] == [row["name"] for row in found["models"]]
    for ours, theirs in zip(again["models"], found["models"], strict=True):
        assert {text: [word for word, _ in row] for text, row in ours["nodes"].items()} == {
            text: [word for word, _ in row] for text, row in theirs["nodes"].items()}
        for text, row in ours["nodes"].items():
            np.testing.assert_allclose([p for _, p in row], [p for _, p in theirs["nodes"][text]], rtol=1e-9)


def test_a_beam_is_that_of_the_library(script, scripts):
    """Every model, width and score of the figure: the same texts in the same order with the same scores, after each step."""
    found, endings = data("beam_tree.json"), set()
    for (name, model, prefix), row in zip(script.models(), found["models"], strict=True):
        assert name == row["name"]
        for width, alpha in itertools.product(script.WIDTHS, script.ALPHAS):
            steps = scripts.evaluate("""([nodes, width, longest, alpha]) => courseBeams.search(nodes, width, longest, alpha)
                .map(({ kept }) => kept.map(({ text, logP, score }) => [text, logP, score]))""",
                                     [row["nodes"], width, script.LONGEST, alpha])
            for added, ours in enumerate(steps, start=1):
                theirs = beam_search(model, width, max_length=len(prefix) + added, prefix=prefix, alpha=alpha)
                assert [text for text, *_ in ours] == [
                    " ".join(model.vocabulary.decode(one.ids[len(prefix):])) for one in theirs], (name, width, alpha, added)
                np.testing.assert_allclose([pair for _, *pair in ours], [one[1:] for one in theirs], rtol=1e-9)
            whole = beam_search(model, width, max_length=len(prefix) + script.LONGEST, prefix=prefix, alpha=alpha)
            assert [text for text, *_ in steps[-1]] == [
                " ".join(model.vocabulary.decode(one.ids[len(prefix):])) for one in whole]
            endings |= {one.ids[-1] == model.vocabulary.eos for one in whole}
    assert endings == {True, False}                                        # some texts end and some are cut off


def test_the_beam_in_words(script):
    words = " ".join(words_of("beam-tree").split()).replace("⟨eos⟩", "<eos>").replace("−", "-")

    def found(place, width, alpha=0.0):
        _, model, prefix = list(script.models())[place]
        return [(f"“{' '.join(model.vocabulary.decode(one.ids[len(prefix):]))}”", one.log_p, one.score) for one in beam_search(
            model, width, max_length=len(prefix) + script.LONGEST, prefix=prefix, alpha=alpha)]

    (greedy, low, _), (two, high, _) = found(0, 1)[0], found(0, 2)[0]
    assert f"ends with {greedy}, log p {low:.2f}." in words and f"finds {two}, {high:.2f}." in words
    (first, p, _), (second, q, _) = found(1, 2)
    assert f"finds {first} with {p:.2f} before {second} with {q:.2f};" in words
    (mean, _, a), (other, _, b) = found(1, 2, 1.0)
    assert (mean, other) == (second, first) and f"these are {b:.2f} and {a:.2f}, and change places" in words


# --- the cache ----------------------------------------------------------------------------------------------------------------

def test_the_cache_in_words():
    words = words_of("cache-filling")
    rows, pairs = costs.positions_computed(6), costs.score_products(6)
    before = costs.positions_computed(5), costs.score_products(5)
    assert f"computes {rows.cached} rows of keys and values and {pairs.cached} products" in words
    assert f"and {rows.again} rows and {pairs.again} products if it does not" in words
    assert f"one row and {pairs.cached - before[1].cached} products" in words
    assert f"all {rows.again - before[0].again} rows and {pairs.again - before[1].again} products again" in words
    assert re.search(r"reads five rows", words)
