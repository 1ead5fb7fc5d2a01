"""The figures of the last two chapters on their pages: controls, keyboard, players, and what they show beside the library."""

import re

import pytest

test_book_browser = pytest.importorskip("test_book_browser")
from book_layout import PHONE  # noqa: E402
from test_book_browser import HTML, built, chromium, tab, with_figure  # noqa: E402, F401 - fixtures

from llmcourse import web_text  # noqa: E402
from llmcourse.decoding import costs  # noqa: E402
from llmcourse.training import split  # noqa: E402


def figure(tab, built, name, state=""):  # noqa: F811
    tab.goto("about:blank")
    tab.goto(f"{HTML.as_uri()}/{with_figure(built, name)[0]}{state}")
    return tab.locator(f'[data-figure="{name}"]').first


def numbers(text):
    return [float(one.replace(",", "").replace("−", "-")) for one in re.findall(r"[-−]?[\d,]*\.?\d+", text)]


def test_whose_text_goes_moves(tab, built):  # noqa: F811
    box = figure(tab, built, "whose-text-goes")
    counts, readout, shown = box.locator(".crawl-count"), box.locator(".readout"), box.locator(".crawl-page")
    quality = web_text.QualityFilter.learn(*([page.text for page in web_text.pages() if page.source in sources] for sources in (
        ("newspaper", "encyclopedia"), ("shop", "forum"))))

    def check(**options):
        verdicts = web_text.clean(web_text.crawl(), web_text.Settings(**options))
        assert readout.inner_text().startswith(f"{sum(one.kept for one in verdicts)} of {len(verdicts)} pages are kept.")
        for source, said in zip(box.locator(".crawl-source").all_inner_texts(), counts.all_inner_texts(), strict=True):
            mine = [one.kept for one in verdicts if one.page.source == source]
            assert said == f"{sum(mine)} of {len(mine)} kept"

    assert box.locator(".crawl-cell").count() == len(web_text.crawl())
    check(quality=quality)
    box.get_by_label("Start from an example").select_option("no filter")
    check()
    word = box.get_by_role("button", name="breast")
    word.press("Enter")
    assert word.get_attribute("aria-pressed") == "false"
    check(blocked=web_text.BLOCKED - {"breast"})
    assert box.locator("[data-example]").input_value() == ""
    box.get_by_label("3 Blocked words").select_option("none")
    box.get_by_label("2 Rules").select_option("off")
    box.get_by_label("1 Language").select_option("any")
    box.get_by_label("4 A copy").press("End")
    check(language=None, rules=False, blocked=(), similar=None)
    box.get_by_label("Steps done").press("Home")
    assert readout.inner_text().startswith("After step 0 (none) 81 of 81")

    box.get_by_label("Start from an example").select_option("as in the table above")
    chosen = box.locator('[role="gridcell"][aria-selected="true"]')
    assert chosen.count() == 1 and "breast, naked, nipple" in shown.inner_text()
    chosen.press("ArrowDown")
    assert "student group" in shown.inner_text() and tab.evaluate("document.activeElement.ariaSelected") == "true"
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    assert "student group: kept." in shown.inner_text()                # what is kept stands in front
    kept = box.locator(".crawl-row").nth(0).locator(".crawl-cell").evaluate_all(
        "(all) => all.sort((a, b) => a.style.order - b.style.order).map((one) => !one.classList.contains('gone'))")
    assert kept == sorted(kept, reverse=True) and 0 < sum(kept) < len(kept)

    tab.emulate_media(reduced_motion="reduce")
    box.get_by_role("button", name="Step by step").press("Enter")
    assert readout.inner_text().startswith("24 of 81")
    tab.emulate_media(reduced_motion="no-preference")
    box.get_by_role("button", name="Step by step").press("Enter")
    assert readout.inner_text().startswith("After step 0")
    box.get_by_role("button", name="Stop").press("Enter")


def test_workers_show_the_times_of_the_library(tab, built):  # noqa: F811
    box = figure(tab, built, "workers")
    rows, readout = box.locator("tbody tr"), box.locator(".readout")

    def check(timelines):
        for p, row, slots in zip((1, 2, 4), rows.all(), timelines, strict=True):
            end = max(slot.end for slot in slots)
            cells = row.locator("td").all_inner_texts()
            found = [float(cells[0]), float(cells[1]), float(cells[2].removesuffix(" %"))]
            assert found == pytest.approx([end, 12 / end, 100 * split.idle_share(slots)], abs=0.051)
            if len(cells) > 3:
                assert cells[3].endswith(f"= {cells[2]}")              # by the formula
            drawn = box.locator(".slot:not(.later)").count()
            assert drawn == sum(map(len, timelines)), p

    for m in (4, 1, 12):
        box.get_by_label("Micro-batches m").fill(str(m))
        check([split.pipeline_timeline(p, m, forward=4 / p, backward=8 / p) for p in (1, 2, 4)])
    box.get_by_label("What is shared out").select_option("data")
    assert not box.get_by_label("Micro-batches m").is_visible()
    for sending in (0.25, 6):
        box.get_by_label("Time to send").fill(str(sending))
        check([split.data_parallel_timeline(p, forward=4, backward=8, bytes_of_gradient=sending, bandwidth=1)
               for p in (1, 2, 4)])
    assert "12.00 instead of 12: 1.00 times as fast. They send for 75 %" in readout.inner_text()

    box.get_by_label("Start from an example").select_option("one micro-batch: nobody works at the same time")
    box.get_by_label("Time", exact=True).press("Home")
    assert box.locator(".slot:not(.later)").count() == 0
    box.get_by_role("button", name="Next moment").press("Enter")       # the first of four is ready after 4/4
    assert readout.inner_text().startswith("At time 1.00:") and "of 4: 1 there" in readout.inner_text()
    tab.emulate_media(reduced_motion="reduce")
    box.get_by_role("button", name="Play").press("Enter")
    assert "12.00 instead of 12" in readout.inner_text()
    tab.emulate_media(reduced_motion="no-preference")
    box.get_by_role("button", name="Play").press("Enter")
    assert readout.inner_text().startswith("At time")
    box.get_by_role("button", name="Stop").press("Enter")


def test_the_beam_tree_grows_and_is_pruned(tab, built):  # noqa: F811
    box = figure(tab, built, "beam-tree")
    readout, beam, nodes = box.locator(".readout"), box.locator("tbody tr"), box.locator(".beam-node")
    assert "Found: “she hugs him . ⟨eos⟩” with log p −1.95." in readout.inner_text() and "less probable" in readout.inner_text()
    box.get_by_label("Step", exact=True).press("Home")
    assert nodes.count() == 0 and beam.count() == 0
    following = box.get_by_role("button", name="Next step")
    following.press("Enter")
    assert nodes.count() == 3 and box.locator(".beam-node.pruned").count() == 0 and beam.count() == 0
    following.press("Enter")
    assert beam.count() == 2 and box.locator(".beam-node.pruned").count() == 1 and box.locator(".beam-node.kept").count() == 2
    following.press("Enter")
    assert nodes.count() == 9
    following.press("Enter")                                           # both children of “she” stay, those of “the” all go
    assert [row.split("\t")[1] for row in beam.all_inner_texts()] == ["she hugs", "she hugged"]
    box.get_by_label("Start from an example").select_option("a longer text wins by its mean")
    rows = [row.split("\t") for row in beam.all_inner_texts()]
    assert rows[0][1] == "the cricket hugged him . ⟨eos⟩" and rows[0][2] == "6" and rows[0][5] == "ended"
    assert box.locator(".beam-node.ended.kept").count() == sum(row[5] == "ended" for row in rows) == 3
    for _, log_p, score in ([row[2], *numbers(" ".join(row[3:5]))] for row in rows):
        assert score > log_p
    box.get_by_label("Start from an example").select_option("two find less than one")
    assert "“b u w0 ⟨eos⟩”" in readout.inner_text() and "which is more probable" in readout.inner_text()
    tab.emulate_media(reduced_motion="reduce")
    box.get_by_role("button", name="Step by step").press("Enter")
    assert readout.inner_text().startswith("Found:")
    tab.emulate_media(reduced_motion="no-preference")
    box.get_by_role("button", name="Step by step").press("Enter")
    assert not readout.inner_text().startswith("Found:")
    box.get_by_role("button", name="Stop").press("Enter")


def test_the_cache_counts_as_the_library_does(tab, built):  # noqa: F811
    box = figure(tab, built, "cache-filling")
    rows, panels = box.locator("tbody tr"), box.locator(".cache-panel")
    sizes = {"4": (4, 128), "2": (2, 128), "12": (12, 768)}
    for (key, (layers, width)), T, far in zip(sizes.items(), (6, 1, 12), (256, 16, 1024), strict=True):
        box.get_by_label("Network").select_option(key)
        box.get_by_label("Tokens written").fill(str(T))
        box.get_by_label("And for so many tokens").select_option(str(far))
        found = [[numbers(cell)[0] for cell in row.locator("td").all_inner_texts()] for row in rows.all()]

        def counts(n, i, layers=layers, width=width):
            flops = costs.generation_flops(n, layers, width, 483)
            return [costs.positions_computed(n)[i], costs.score_products(n)[i], flops[i] / 1e6]

        want = [[now - before for now, before in zip(counts(T, i), counts(T - 1, i), strict=True)] for i in (0, 1)]
        want += [counts(n, i) for n in (T, far) for i in (0, 1)]
        for ours, theirs in zip(found, want, strict=True):
            assert ours == pytest.approx(theirs, abs=0.051)
        assert f"{costs.cache_bytes(T, layers, width):,} bytes" in box.inner_text()
        assert f"{costs.cache_bytes(far, layers, width):,}." in box.inner_text()
        for i, panel in enumerate(panels.all()):                       # what is drawn is what is counted: K, V, and products
            new = panel.locator(".cache-cell.new").count()
            assert new == 2 * want[i][0] + want[i][1]
            assert panel.locator(".cache-cell.read").count() == (2 * (T - 1) if i == 0 else 0)
    box.get_by_role("button", name="Next token").press("Enter")
    assert box.get_by_label("Tokens written").input_value() == "1"     # and begins again
    tab.emulate_media(reduced_motion="reduce")
    box.get_by_role("button", name="Write").press("Enter")
    assert box.get_by_label("Tokens written").input_value() == "12"
    tab.emulate_media(reduced_motion="no-preference")


def test_labels_can_be_read_and_controls_be_hit_on_a_phone(tab, built):  # noqa: F811
    tab.set_viewport_size(PHONE)
    for name in ("whose-text-goes", "workers", "beam-tree", "cache-filling"):
        box = figure(tab, built, name)
        small = box.evaluate("""(b) => [...b.querySelectorAll('text, td, th, p, span, label, [role="gridcell"]')]
            .filter((one) => one.textContent && one.getBoundingClientRect().height).map((one) => {
              const svg = one.ownerSVGElement;
              const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
              return [parseFloat(getComputedStyle(one).fontSize) * scale, one.textContent.slice(0, 30)]; })
            .filter(([size]) => size < 9)""")
        assert not small, (name, small[:3])
        low = box.evaluate("""(b) => [...b.querySelectorAll('input, select, button, [role="gridcell"][tabindex]')].map((one) =>
            [one.getBoundingClientRect().height, one.outerHTML.slice(0, 80)]).filter(([height]) => height && height < 24)""")
        assert not low, (name, low[:3])
