"""The book in a real browser: every page, from disk and from a web server, light and dark, wide, as wide as a phone, on paper.

A page must ask no other host for anything, log no error, render its formulas, fit the screen, load no more than it may, and
have nothing that axe-core finds, of whatever impact; figures must move and quizzes must answer. Needs Debian's chromium.
"""

import functools
import json
import math
import re
import shutil
import threading
from collections import defaultdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from book_layout import PHONE, WIDE, layout, loaded_bytes, most_bytes, paper, smallest_label
from bs4 import BeautifulSoup
from test_book import BOOK, built, canyon_descent  # noqa: F401 - a fixture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no page is opened in a browser")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: no page is opened")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("chromium is not installed: the book's pages are not opened in a browser", allow_module_level=True)

HTML = BOOK / "_build" / "html"
ASSETS = BOOK / "_ext" / "course_book" / "assets"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
READY = """async () => {
  await document.fonts.ready;
  if (window.MathJax && window.MathJax.startup) await window.MathJax.startup.promise;
  await new Promise((done) => setTimeout(done, 50));
}"""

# Of the words of code boxes that look alike only the first keeps its colour: axe takes 2 ms for each to say the same.
SAME = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll('pre span')) {
    const look = [...Array(4)].reduce(([one, names]) => [one.parentElement, `${names}/${one.className}`], [word, ''])[1];
    if (seen.has(look) && !word.children.length) word.replaceWith(word.textContent);
    seen.add(look);
  }
}"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"), executable_path=CHROMIUM, args=ARGUMENTS, viewport=WIDE,
        )
        yield context
        context.close()


@pytest.fixture(scope="module")
def server(built):  # noqa: F811
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=HTML)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def watch(tab, origin, faults):
    """Write what a tab must not do into ``faults``: ask another host, fail to load something, log an error."""
    def requested(request):
        if not request.url.startswith((origin, "data:", "blob:")):
            faults["asks another place"].append(request.url)

    tab.on("request", requested)
    # What a page asked for and left behind when the next one was opened (the icon, mostly) did not fail.
    tab.on("requestfailed", lambda request:
           request.failure != "net::ERR_ABORTED" and faults["could not load"].append(request.url))
    tab.on("response", lambda answer: answer.status >= 400 and faults["could not load"].append(answer.url))
    tab.on("console", lambda said: said.type in ("error", "warning") and faults["logs"].append(said.text))
    tab.on("pageerror", lambda error: faults["raises"].append(str(error)))


def look(tab, where, faults):
    """What can be measured on an open page: formulas, width, and that it is in the colours asked for."""
    tab.evaluate(READY)
    raw = tab.evaluate("document.querySelectorAll('.math').length")
    drawn = tab.evaluate("[...document.querySelectorAll('.math')].filter((one) => one.querySelector('mjx-container')).length")
    if raw != drawn:
        faults["formulas"].append(f"{where}: {raw - drawn} of {raw} are not rendered")
    if tab.evaluate("document.querySelectorAll('mjx-merror').length"):
        faults["formulas"].append(f"{where}: a formula has an error")
    width, view = tab.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width > view:
        faults["width"].append(f"{where}: {width} px on a screen of {view} px")
    broken = tab.evaluate("[...document.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src)")
    if broken:
        faults["pictures"] += broken


def accessibility(tab, where, faults, colours):
    """Findings of axe-core, of any impact.

    Pages of source code all look alike and are slow to check: they take turns in light and dark, and only the first
    two have their contrast measured (``colours``).
    """
    rules = {} if colours else {"rules": {"color-contrast": {"enabled": False}}}
    options = {"preload": False, "resultTypes": ["violations"], **rules}    # preload would ask for style sheets over HTTP
    tab.evaluate(SAME)
    for finding in axe.Axe().run(tab, options=options).response["violations"]:
        example = finding["nodes"][0]
        said = f"{finding['id']} ({finding['impact']}): {example['html'][:200]} {example['failureSummary'][:200]}"
        faults["axe"].append(f"{where}: {said}")


def report(found):
    return "\n".join(f"{page}: {kind}: {text}" for page, faults in found.items() for kind, texts in faults.items()
                     for text in sorted(set(texts)))


def is_source(name):
    return name.startswith("_modules/")


def test_every_page_from_disk_light_and_dark(chromium, built):  # noqa: F811
    found, sources, addresses = {}, 0, []
    tab = chromium.new_page()
    faults = defaultdict(list)
    watch(tab, HTML.as_uri(), faults)
    tab.on("request", lambda request: addresses.append(request.url))
    for name in built:
        sources += is_source(name)
        for scheme, size in (("light", WIDE), ("dark", PHONE)):
            tab.emulate_media(color_scheme=scheme)
            tab.set_viewport_size(size)
            if scheme == "light":
                addresses.clear()
                tab.goto(f"{HTML.as_uri()}/{name}")
                tab.evaluate(READY)
                total, most = loaded_bytes(addresses), most_bytes(built[name])
                if total > most:
                    faults["bytes"].append(f"{total:,} bytes are loaded, and {most:,} allowed")
            else:
                tab.wait_for_timeout(400)    # the theme decides a moment after a resize what can be scrolled with the keyboard
            look(tab, f"{scheme} {size['width']}", faults)
            layout(tab, f"{scheme} {size['width']}", faults, size)
            if tab.evaluate("document.documentElement.dataset.theme") != scheme:
                faults["colours"].append(f"the page is not {scheme}")
            if not is_source(name) or sources % 2 == (scheme == "dark"):
                accessibility(tab, f"{scheme} {size['width']}", faults, colours=not is_source(name) or sources <= 2)
        if not is_source(name):
            paper(tab, faults)
        if any(faults.values()):
            found[name] = dict(faults)
            faults.clear()
    tab.close()
    assert not found, report(found)


def test_every_page_from_a_server_at_phone_width(chromium, server, built):  # noqa: F811
    found = {}
    tab = chromium.new_page()
    tab.set_viewport_size(PHONE)
    faults = defaultdict(list)
    watch(tab, server, faults)
    for name in built:
        tab.goto(f"{server}/{name}")
        look(tab, "phone", faults)
        if faults:
            found[name] = dict(faults)
            faults.clear()
    tab.close()
    assert not found, report(found)


def test_the_smallest_label_is_found(tmp_path):
    import matplotlib
    matplotlib.use("Agg")
    from llmcourse import plots
    with plots.style(), matplotlib.rc_context({"savefig.bbox": "standard"}):
        ax = plots.bar_distribution(["a", "b"], [0.25, 0.75], title="title")
        ax.text(0.1, 0.5, "small", fontsize=7)
        ax.figure.savefig(tmp_path / "one.svg")
    assert math.isclose(smallest_label(tmp_path / "one.svg"), 7 / (plots.WIDTH * 72), rel_tol=1e-4)


def with_class(built, name):  # noqa: F811
    return _with(built, f'class="(?:[^"]* )?{name}[ "]')


def with_figure(built, name):  # noqa: F811
    return _with(built, f'data-figure="{name}"')


def _with(built, pattern):  # noqa: F811
    """The pages whose source has it: quicker than to parse them all."""
    names = [name for name, text in built.items() if re.search(pattern, text)]
    assert names, f"no page has {pattern}"
    return names


@pytest.fixture
def tab(chromium):
    page = chromium.new_page()
    page.faults = defaultdict(list)
    watch(page, "file://", page.faults)
    yield page
    page.close()
    assert not page.faults, dict(page.faults)


def test_quizzes_answer_with_the_keyboard_alone(tab, built):  # noqa: F811
    for name in with_class(built, "quiz"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        for number in range(tab.locator(".quiz").count()):
            quiz = tab.locator(".quiz").nth(number)
            choices, verdict = quiz.locator(".quiz-choice"), quiz.locator(".quiz-verdict")
            rights = [choices.nth(i).get_attribute("data-right") for i in range(choices.count())]
            assert rights.count("true") == 1 and len(rights) >= 2
            shown = lambda choices=choices: [choices.nth(i).locator(".quiz-why").is_visible() for i in range(choices.count())]
            assert not any(shown())
            button = quiz.get_by_role("button", name="Check")
            button.press("Enter")
            assert "Choose" in verdict.inner_text()
            wrong, right = rights.index("false"), rights.index("true")
            choices.nth(wrong).locator("input").press("Space")
            button.press("Enter")
            assert shown() == [i == wrong for i in range(len(rights))] and "Not this one" in verdict.inner_text()
            assert len(choices.nth(wrong).locator(".quiz-why").inner_text()) > 20
            choices.nth(right).locator("input").press("Space")
            assert not any(shown()) and verdict.inner_text() == ""
            button.press("Enter")
            assert all(shown()) and verdict.inner_text().startswith("Right.")


def test_event_tree_moves(tab, built):  # noqa: F811
    for name in with_figure(built, "event-tree"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="event-tree"]').first
        tree, readouts = box.get_by_role("tree"), box.locator(".readout")
        before = readouts.nth(1).inner_text()
        box.get_by_label("p(stop)", exact=True).press("ArrowRight")
        after = readouts.nth(1).inner_text()
        assert before != after and "1 over all finite texts" in after and "leaks" not in after

        box.get_by_label("Model").select_option("leaky")
        s, alive = 0.45, 1.0
        for t in range(60):
            alive *= 1 - s / 2 ** t
        assert f"{1 - alive:.4f}".rstrip("0") in readouts.nth(1).inner_text() and "leaks" in readouts.nth(1).inner_text()

        items = tree.get_by_role("treeitem").count()
        box.get_by_label("Words at most").select_option("3")
        assert tree.get_by_role("treeitem").count() > items
        box.get_by_label("Model").select_option("tight")
        tree.locator('[tabindex="0"]').focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
            tab.keyboard.press(key)
        text = readouts.nth(0).inner_text()
        factors = [float(x) for x in text.split(": ")[1].split(" = ")[0].split(" × ")]
        assert math.isclose(math.prod(factors), float(text.split(" = ")[1]), abs_tol=6e-5), text
        assert tree.locator('[aria-selected="true"]').count() == 1


def test_ngram_explorer_moves(tab, built):  # noqa: F811
    for name in with_figure(built, "ngram-explorer"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="ngram-explorer"]').first
        summary, perplexity = box.locator(".readout").first, box.locator(".perplexity")
        order, smoothing = box.get_by_label("Order n"), box.get_by_label("Smoothing")
        k = box.get_by_label("k, added to every count")
        assert not k.is_visible()
        smoothing.select_option("additive")
        first = perplexity.inner_text()
        k.press("ArrowRight")
        assert perplexity.inner_text() != first and "∞" not in first
        smoothing.select_option("kneser-ney")
        texts = set()
        for n in "12345":
            order.select_option(n)
            texts.add(perplexity.inner_text())
        assert len(texts) == 5 and "Discount" in summary.inner_text()
        smoothing.select_option("mle")
        assert "∞" in perplexity.inner_text() and box.locator(".surprise .zero").count()
        box.get_by_label("Context: the words so far").fill("xyzzy")
        assert "“xyzzy” is not among" in summary.inner_text()
        smoothing.select_option("absolute")
        box.get_by_label("or pick a context").select_option("(start of the text)")
        assert box.locator("tbody tr").count() == 10
        box.get_by_role("button", name="Generate").press("Enter")
        assert len(box.locator(".generated").inner_text().split()) >= 1


def test_canyon_moves(tab, built):  # noqa: F811
    for name in with_figure(built, "canyon"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="canyon"]').first
        readout, path = box.locator(".readout"), box.locator(".walked")
        (w, b), loss = canyon_descent((-1, -1), 0.1, 25)
        assert f"w = {w:.3f}, b = {b:.3f}, loss {loss:.3f}" in readout.inner_text()
        assert len(path.get_attribute("points").split()) == 26
        assert box.get_by_role("button", name="Draw other batches").is_disabled()

        size = box.get_by_label("Batch size B")
        size.press("Home")
        single = path.get_attribute("points")
        assert "25 steps looked at 25 points" in readout.inner_text()
        box.get_by_role("button", name="Draw other batches").press("Enter")
        assert path.get_attribute("points") != single
        size.press("End")
        box.get_by_label("Start", exact=True).select_option("far")
        (w, b), loss = canyon_descent((-1, 3), 0.1, 25)
        assert f"w = {w:.3f}, b = {b:.3f}, loss {loss:.3f}" in readout.inner_text()

        eta, steps = box.get_by_label("Step size η"), box.get_by_label("Steps made")
        eta.press("End")
        assert "higher than the start" in readout.inner_text() or "too large" in readout.inner_text()
        steps.press("End")
        assert "the steps are too large" in readout.inner_text()
        eta.press("Home")
        steps.press("Home")
        assert readout.inner_text().startswith("0 steps")
        box.get_by_role("button", name="Walk").press("Enter")
        box.get_by_role("button", name="Stop").wait_for()
        tab.wait_for_timeout(500)
        box.get_by_role("button", name="Stop").press("Enter")
        assert 1 <= int(readout.inner_text().split()[0]) < 60


def test_the_explorer_computes_what_the_library_does(tab):
    from llmcourse import ngrams
    from llmcourse.language_models import perplexity
    texts = ["the cat sat on the mat", "the dog sat", "a cat ran to the dog and the cat", "the cat sat on the dog",
             "a dog sat on a cat", "the mat", "the mat ran"]
    held = ["the dog ran to the mat", "a cat sat", "dog dog"]
    contexts = [[], ["the"], ["a"], ["sat", "on"], ["cat", "sat", "on", "the"], ["mat", "mat"], ["dog", "ran", "to", "a"]]
    tab.goto("about:blank")
    tab.add_script_tag(path=ASSETS / "ngram-models.js")
    makers = {"mle": ngrams.MLE, "additive": lambda t, n: ngrams.Additive(t, n, 0.3),
              "absolute": ngrams.AbsoluteDiscounting, "kneser-ney": ngrams.KneserNey}
    split = [text.split() for text in texts]
    for smoothing, make in makers.items():
        for n in range(1, 6):
            got = tab.evaluate("""([texts, held, contexts, n, smoothing]) => {
              const model = window.courseNgrams.train(texts, n, smoothing, 0.3);
              return {
                p: contexts.map((c) => Object.fromEntries(model.symbols.map((w) => [w, model.probability(w, c)]))),
                perplexity: String(model.perplexity(held)),
              };
            }""", [texts, held, contexts, n, smoothing])
            model = make(split, n)
            for context, row in zip(contexts, got["p"], strict=True):
                assert set(row) == set(model.vocabulary.tokens) - {"<bos>"}
                for word, p in row.items():
                    try:
                        want = model.probability(word, context)
                    except ngrams.UnseenContextError:
                        want = None
                    assert p is want is None or math.isclose(p, want, rel_tol=1e-12, abs_tol=1e-15), \
                        (smoothing, n, context, word, p, want)
            want = perplexity(model, [text.split() for text in held])
            assert math.isclose(float(got["perplexity"].replace("Infinity", "inf")), want, rel_tol=1e-9), (smoothing, n)


def test_broadcasting_explorer_moves(tab, built):  # noqa: F811
    for name in with_figure(built, "broadcasting"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="broadcasting"]').first
        readout, shape_a, shape_b = box.locator(".readout"), box.get_by_label("Shape of a"), box.get_by_label("Shape of b")
        next_axis, all_axes = box.get_by_role("button", name="Next axis"), box.get_by_role("button", name="All axes")
        assert not box.get_by_role("button", name="Back").is_enabled() and box.locator(".array").count() == 0
        for _ in range(2):
            next_axis.press("Enter")
        assert "(2, 3)" in readout.inner_text() and box.locator(".array").count() == 3 and not next_axis.is_enabled()
        box.get_by_role("button", name="Back").press("Enter")
        assert box.locator(".array").count() == 0 and box.locator("td.now").count() == 3

        shape_a.fill("(2, 3)")
        shape_b.fill("2,")
        next_axis.press("Enter")
        assert "ValueError" in readout.inner_text() and box.locator("td.wrong").count() == 3
        shape_b.fill("2, x")
        assert "“x” is no size" in readout.inner_text() and not all_axes.is_enabled() and box.locator("table").count() == 0
        shape_b.fill("")
        all_axes.press("Enter")
        assert box.locator(".array").count() == 3

        for example, said in ((5, "No error, and yet wrong"), (6, "Right: the sums"), (7, "Right: the sums")):
            box.get_by_label("Start from an example").select_option(str(example))
            assert not shape_b.is_visible()
            all_axes.press("Enter")
            assert said in readout.inner_text(), example
        a, _, quotient = ([[float(x) for x in row.locator("td").all_inner_texts()] for row in one.locator("tr").all()]
                          for one in box.locator(".array").all())
        for i in range(3):
            for j in range(3):
                assert abs(quotient[i][j] - a[i][j] / sum(row[j] for row in a)) < 0.006
        box.get_by_label("b is").select_option("1")
        shape_a.fill("4")
        assert "there is no axis 1" in readout.inner_text()


def test_the_broadcasting_explorer_computes_what_numpy_does(tab):
    import itertools

    import numpy as np
    tab.goto("about:blank")
    tab.add_script_tag(path=ASSETS / "shapes.js")
    shapes = [s for n in range(4) for s in itertools.product((1, 2, 3), repeat=n)]
    got = tab.evaluate("""(shapes) => {
      const s = window.courseShapes, upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);
      return {
        pairs: shapes.map((a) => shapes.map((b) => {
          const shape = s.together(a, b);
          return [shape, shape && s.stretch(upTo(s.count(a)), a, shape).map((one) => one.value),
            shape && s.stretch(upTo(s.count(a)), a, shape).filter((one) => !one.copy).length];
        })),
        sums: shapes.map((a) => [0, 1, 2].map((axis) => [s.reduced(a, axis, false), s.reduced(a, axis, true),
          axis < a.length ? s.sum(upTo(s.count(a)), a, axis) : null])),
        written: shapes.map(s.format), read: shapes.map((a) => s.parse(s.format(a))),
      };
    }""", shapes)
    assert got["written"] == [str(s) for s in shapes] and got["read"] == [list(s) for s in shapes]
    for a, row, sums in zip(shapes, got["pairs"], got["sums"], strict=True):
        array = np.arange(math.prod(a)).reshape(a) + 1
        for b, (shape, values, originals) in zip(shapes, row, strict=True):
            try:
                want = np.broadcast_shapes(a, b)
            except ValueError:
                assert shape is None, (a, b)
                continue
            assert tuple(shape) == want and values == np.broadcast_to(array, want).ravel().tolist(), (a, b)
            assert originals == array.size
        for axis, (gone, kept, values) in enumerate(sums):
            if axis >= len(a):
                assert gone is kept is values is None
            else:
                assert tuple(gone) == array.sum(axis=axis).shape and tuple(kept) == array.sum(axis=axis, keepdims=True).shape
                assert values == array.sum(axis=axis).ravel().tolist()
    for text in ("2, 0", "a", "2,,3", "1,1,1,1,1", "-1", "100", "2.5"):
        assert tab.evaluate("(t) => { try { window.courseShapes.parse(t); return false; } catch { return true; } }", text), text


TEX = re.compile(r"\\\(|\\(?:frac|mid|text|sum|top|ln|exp|mathcal|operatorname|cdot|le|ge)\b|\$")


def test_search_finds_sections_and_the_same_without_a_server(tab, server):
    for query, wanted, first in [
        ("perplexity", "glossary.html#term-perplexity", "perplexity"), ("smoothing", "02_ngrams.html", ""),
        ("language models", "01_language_models.html", "Language models"), ("perplexities of a model", "#term-perplexity", ""),
        ("sinusoids", "api/transformer.html#llmcourse.transformer.blocks.sinusoids", "")]:
        answers = []
        for origin in (server, HTML.as_uri()):
            tab.goto(f"{origin}/search.html?q={query.replace(' ', '+')}")
            sync_api.expect(tab.locator("#search-results")).to_contain_text("matching the search query")
            links = tab.locator("#search-results li a")
            addresses = [link.get_attribute("href") for link in links.all()]
            answers.append((addresses, links.all_inner_texts(), tab.locator(".search-quote").all_inner_texts()))
        assert answers[0] == answers[1]
        addresses, titles, quotes = answers[0]
        if first:
            assert first in titles[0], (query, titles[:3])
        found = [re.sub(r"\?[^#]*", "", address) for address in addresses]
        assert any(wanted in address for address in found), (query, found)
        assert len(set(titles)) > 0.9 * len(titles) and not [text for text in [*titles, *quotes] if TEX.search(text)]
        if " " not in query:
            assert all(query[:6] in (title + quote).lower() for title, quote in zip(titles, quotes, strict=True))
    tab.goto(f"{HTML.as_uri()}/search.html?q=xyzzy")
    sync_api.expect(tab.locator("#search-results")).to_contain_text("Nothing matching the search query “xyzzy”")
    tab.faults.pop("asks another place")    # the server, here


def test_a_link_to_a_term_shows_it_under_mouse_and_keyboard(tab, built):  # noqa: F811
    preview = tab.locator(".course-preview")
    for css, words in [('[href*="#term-perplexity"]', "perplexity"), ('[href="#equation-eq-mle"]', "="),
                       ('[href*="references.html#id"]', "(")]:
        tab.goto(f"{HTML.as_uri()}/02_ngrams.html")
        tab.evaluate(READY)
        link = tab.locator(f".bd-article a.reference{css}").first
        link.scroll_into_view_if_needed()
        link.hover()
        preview.wait_for()
        assert words in preview.inner_text() and link.get_attribute("aria-describedby") == "course-preview"
        edge = preview.bounding_box()
        assert edge["x"] >= 0 and edge["x"] + edge["width"] <= WIDE["width"]
        preview.hover()                                  # it stays while the pointer is on it
        tab.wait_for_timeout(400)
        assert preview.count() == 1
        tab.keyboard.press("Escape")
        assert preview.count() == 0 and link.get_attribute("aria-describedby") is None
        tab.mouse.move(0, 0)
        link.evaluate("(one) => one.focus({ focusVisible: true })")
        preview.wait_for()
        assert not axe_findings(tab)
        tab.evaluate("document.activeElement.blur()")
        preview.wait_for(state="detached")


def axe_findings(tab):
    return axe.Axe().run(tab, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]


def test_what_can_be_pressed_is_large_enough_for_fingers(tab, built):  # noqa: F811
    small = """() => [...document.querySelectorAll('.interactive :is(button, select, input), .quiz :is(label, button)')]
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([one, { width, height }]) => width && (width < 24 || height < 24))
      .map(([one, { width, height }]) => `${one.outerHTML.slice(0, 90)}: ${width.toFixed(0)} x ${height.toFixed(0)}`)"""
    bad = []
    for name in sorted({*with_class(built, "interactive"), *with_class(built, "quiz")}):
        for size in (WIDE, PHONE):
            tab.set_viewport_size(size)
            tab.goto(f"{HTML.as_uri()}/{name}")
            bad += [f"{name} at {size['width']}: {one}" for one in tab.evaluate(small)]
    assert not bad, "\n".join(bad)


def test_the_tokenizers_stay_on_one_screen(tab, built):  # noqa: F811
    for name in with_figure(built, "tokenizer-explorer"):
        for size in (WIDE, PHONE):
            tab.set_viewport_size(size)
            tab.goto(f"{HTML.as_uri()}/{name}")
            box = tab.locator('[data-figure="tokenizer-explorer"]').first
            box.get_by_label("Text", exact=True).fill(("Henry is givin' a lectrue on transformers " * 10)[:400])
            assert box.get_by_role("list", name="Characters").locator("li").count() == 400
            assert box.bounding_box()["height"] <= size["height"]
            for tokens in box.locator(".tokens").all():
                scrolls = tokens.evaluate("(one) => one.scrollHeight > one.clientHeight")
                assert scrolls == (tokens.get_attribute("tabindex") == "0")
            assert box.locator('.tokens[tabindex="0"]').count() >= 3


def test_the_event_tree_fits_its_box_at_every_depth(tab, built):  # noqa: F811
    for name in with_figure(built, "event-tree"):
        for size in (WIDE, {"width": 768, "height": 1024}, PHONE):
            tab.set_viewport_size(size)
            tab.goto(f"{HTML.as_uri()}/{name}")
            box = tab.locator('[data-figure="event-tree"]').first
            for depth in "1234":
                box.get_by_label("Words at most").select_option(depth)
                room, tree = box.locator(".tree-scroll").bounding_box(), box.get_by_role("tree").bounding_box()
                assert room["x"] <= tree["x"] and tree["x"] + tree["width"] <= room["x"] + room["width"] + 0.5, (size, depth)
                assert not box.evaluate(OVERLAPPING), (size, depth)
            box.locator('[role="treeitem"][data-path="permit reject stop"]').click()
            assert box.locator(".readout").first.inner_text().startswith("Text permit reject ⟨eos⟩: 0.36 × 0.3 × 0.4 =")


# Labels of the tree that lie on each other, or are too small to read.
OVERLAPPING = """(box) => {
  const texts = [...box.querySelectorAll('.tree-scroll text')].map((one) => [one.textContent, one.getBoundingClientRect()]);
  const clash = ([, a], [, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  return texts.flatMap((a, i) => texts.slice(i + 1).filter((b) => clash(a, b)).map((b) => `${a[0]} and ${b[0]}`))
    .concat(texts.filter(([, { height }]) => height < 9).map(([text]) => `${text} is too small`));
}"""


def test_every_dot_of_the_embedding_map_can_be_chosen(tab, built):  # noqa: F811
    """With the pointer alone: a press on the whole map, or, where dots lie too close, zoom in and press again."""
    words = json.loads((BOOK / "_data" / "embedding_map.json").read_text(encoding="utf-8"))["words"]
    for size in (WIDE, PHONE):
        tab.set_viewport_size(size)
        tab.goto(f"{HTML.as_uri()}/{with_figure(built, 'embedding-map')[0]}")
        tab.evaluate(READY)
        box = tab.locator('[data-figure="embedding-map"]').first
        box.locator(".word-map").evaluate("(svg) => window.scrollTo(0, svg.getBoundingClientRect().top + scrollY - 120)")
        zoom = box.get_by_role("button", name="Zoom in")
        press = """([i, far]) => {
          const box = document.querySelector('[data-figure="embedding-map"]');
          const chosen = () => Number(box.querySelector('circle.chosen').dataset.word);
          const [nearer, , whole] = box.querySelectorAll('.actions button');
          const where = () => {
            const dot = box.querySelector(`circle[data-word="${i}"]`);
            const edge = dot?.getBoundingClientRect();
            return dot && [Math.round(edge.left + edge.width / 2), Math.round(edge.top + edge.height / 2)];
          };
          if (far === 'whole') whole.click();
          if (far === 'nearer') nearer.click();
          return [chosen(), where()];
        }"""
        for i in range(len(words)):
            _, place = tab.evaluate(press, [i, "whole"])
            for _ in range(7):
                tab.mouse.click(*place)
                chosen, _ = tab.evaluate(press, [i, ""])
                if chosen == i:
                    break
                _, place = tab.evaluate(press, [i, "nearer"])
                assert place, f"{words[i]} left the map when it was zoomed around {words[chosen]}"
            assert chosen == i, f"{words[i]} cannot be chosen: {words[chosen]} is"
        assert zoom.is_visible()


def test_labels_of_the_map_stand_at_their_dots_or_have_a_line(tab, built):  # noqa: F811
    """At most 20 pixels from the dot to the label's edge, or a line between them."""
    floating = """(box) => {
      const numbers = (css, names) => [...box.querySelectorAll(css)]
        .map((one) => names.map((key) => Number(one.getAttribute(key))));
      const dots = numbers('circle.word', ['cx', 'cy']), ends = numbers('.leader', ['x2', 'y2']);
      return [...box.querySelectorAll('.word-map text.name')].map((label) => {
        const { x, y, width, height } = label.getBBox();
        const off = (px, py) => Math.hypot(Math.max(x - px, 0, px - x - width), Math.max(y - py, 0, py - y - height));
        const near = Math.min(...dots.map(([dx, dy]) => off(dx, dy)));
        return [label.textContent, near, Math.min(999, ...ends.map(([ex, ey]) => off(ex, ey)))];
      }).filter(([, near, line]) => near > 20 && line > 6);
    }"""
    tab.goto(f"{HTML.as_uri()}/{with_figure(built, 'embedding-map')[0]}")
    box = tab.locator('[data-figure="embedding-map"]').first
    for kind in ("scenery", "name", "activity"):
        box.get_by_label("Words on the map").select_option(kind)
        assert box.locator(".word-map text.name").count() > 5
        for _ in range(3):
            assert not box.evaluate(floating), kind
            box.get_by_role("button", name="Zoom in").press("Enter")


def test_the_map_is_pushed_zoomed_and_walked_with_arrows(tab, built):  # noqa: F811
    tab.goto(f"{HTML.as_uri()}/{with_figure(built, 'embedding-map')[0]}")
    box = tab.locator('[data-figure="embedding-map"]').first
    map_, readout = box.locator(".map-box"), box.locator(".readout").nth(1)
    map_.scroll_into_view_if_needed()
    chosen = lambda: box.locator("circle.chosen").get_attribute("data-word")
    first = chosen()
    map_.press("ArrowUp")
    assert chosen() != first and readout.inner_text()
    for _ in range(3):
        map_.press("+")
    before, dots = chosen(), box.locator("circle.word")
    shown = dots.count()
    assert 0 < shown < 318
    place, x = map_.bounding_box(), float(box.locator("circle.chosen").get_attribute("cx"))
    tab.mouse.move(place["x"] + 200, place["y"] + 150)
    tab.mouse.down()
    tab.mouse.move(place["x"] + 240, place["y"] + 150, steps=4)
    tab.mouse.up()
    assert chosen() == before and float(box.locator("circle.chosen").get_attribute("cx")) == pytest.approx(x + 40, abs=2)
    map_.press("0")
    assert dots.count() == 318


def test_without_javascript_everything_is_still_said(tab, built):  # noqa: F811
    name = with_class(built, "quiz")[0]
    session = tab.context.new_cdp_session(tab)
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    tab.goto(f"{HTML.as_uri()}/{name}")
    assert all(one.is_visible() for one in tab.locator(".quiz-why").all())
    assert not any(one.is_visible() for one in tab.locator(".quiz-check").all())
    assert tab.locator(".quiz").first.evaluate("(one) => getComputedStyle(one).borderTopColor") == "rgb(138, 148, 160)"
    colours = tab.locator(".highlight pre span").evaluate_all("(all) => all.map((one) => getComputedStyle(one).color)")
    assert len(set(colours)) > 3
    formulas = tab.locator(".bd-article math")
    assert formulas.count() == tab.locator(".bd-article .math").count() and formulas.first.is_visible()
    assert formulas.first.evaluate("(one) => one.namespaceURI").endswith("MathML")
    assert not any(one.is_visible() for one in tab.locator("span.math").all()[:20])
    session.send("Emulation.setScriptExecutionDisabled", {"value": False})
    boxes = BeautifulSoup(built[name], "html.parser").select(".interactive")
    assert all(box.select_one("noscript").text.strip() for box in boxes)
    tab.faults.clear()    # scripts that may not run count as not loaded


def test_embedding_map_moves(tab, built):  # noqa: F811
    for name in with_figure(built, "embedding-map"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="embedding-map"]').first
        words = box.locator("circle.word").count()
        readout, missing = box.locator(".readout").nth(1), box.locator(".readout").nth(0)
        neighbours = box.locator(".neighbours button")
        assert words > 300 and neighbours.count() == 8 and box.locator("circle.chosen").count() == 1
        box.get_by_label("Search a word").fill("merrily")
        assert readout.inner_text().startswith("merrily (adverb: merry)") and "gladly" in neighbours.first.inner_text()
        counted = neighbours.all_inner_texts(), readout.inner_text(), box.locator("circle.chosen").get_attribute("cx")
        box.get_by_label("Vectors").select_option("predicted")
        assert (neighbours.all_inner_texts(), readout.inner_text(), box.locator("circle.chosen").get_attribute("cx")) != counted
        next_word = neighbours.first.inner_text()
        neighbours.first.press("Enter")
        assert readout.inner_text().startswith(next_word)
        box.get_by_label("Words on the map").select_option("name")
        assert box.locator("circle.word").count() == 20 and "name" in readout.inner_text()
        box.locator('circle.word:not(.chosen)').last.click(force=True)
        assert "name" in readout.inner_text()
        box.get_by_label("Search a word").fill("waves")
        assert box.locator("circle.word").count() == words and readout.inner_text().startswith("waves")
        box.get_by_label("Search a word").fill("xyzzy")
        assert "“xyzzy” is not among" in missing.inner_text()
        box.get_by_label("Search a word").fill("wav")
        assert "waves" in missing.inner_text()


def test_what_the_window_sees_moves_only_where_it_sees(tab, built):  # noqa: F811
    for name in with_figure(built, "what-the-window-sees"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="what-the-window-sees"]').first
        readout, panels = box.locator(".readout"), box.locator(".panels table")
        shown = panels.all_inner_texts()
        assert len(shown) == 3 and "she" in shown[2] and box.locator("select.seen-by-none").count() > 2
        box.locator("select.seen-by-none").first.select_option(index=1)              # outside all windows
        assert panels.all_inner_texts() == shown and readout.inner_text().count("nothing moves") == 3
        box.get_by_label(", 8 before the blank").select_option(label="Egon")             # the name, which eight words reach
        after = panels.all_inner_texts()
        assert after[:2] == shown[:2] and after[2] != shown[2] and after[2].index("he") < after[2].index("she")
        assert readout.inner_text().count("nothing moves") == 2 and "moves by up to 0." in readout.inner_text()
        box.get_by_label(", 1 before the blank").select_option(label="course")
        assert all(now != before for now, before in zip(panels.all_inner_texts(), after, strict=True))
        costs = box.locator("table.costs")
        assert "12,288" in costs.inner_text()                                         # W for three words: 128 · 3 · 32
        box.get_by_label("A window of n words").fill("100")
        assert "409,600" in costs.inner_text() and "10^271" in costs.inner_text()


def test_erasing_lights_the_shortest_chain_and_shrinks_along_it(tab, built):  # noqa: F811
    for name in with_figure(built, "erasing"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="erasing"]').first
        readout = box.locator(".readout").first

        def cell(t, layer, box=box):
            return box.locator(f'[data-cell="{t}.{layer}"]')

        rows, lit = box.locator("table.erased tr"), box.locator(".node.on")

        def left(rows=rows):
            return [float(one) for one in rows.locator("td").all_inner_texts() if one]

        assert lit.count() == 11 and "t + ℓ − 1 = 10 + 2 − 1" in readout.inner_text() and "9 times" in readout.inner_text()
        assert left()[:2] == [1, 0.45] and left()[9] == pytest.approx(0.45**9, rel=0.01) and rows.count() == 10
        box.get_by_label("Layers").select_option("3")
        assert cell(10, 3).text_content() == "12" and cell(1, 1).text_content() == "1"
        cell(10, 3).press("Enter")
        assert lit.count() == 12 and "12 cells" in readout.inner_text()
        cell(7, 0).dispatch_event("click")                                          # the word “one”
        assert lit.count() == 6 and rows.count() == 4 and "3 times" in readout.inner_text()
        cell(5, 2).press("Enter")
        assert lit.count() == 0 and "knows nothing of it" in readout.inner_text() and rows.count() == 0
        cell(5, 2).press("ArrowDown")
        assert box.locator('[role="gridcell"]:focus').get_attribute("data-cell") == "5.1"
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("ArrowLeft")
        tab.keyboard.press("Enter")
        assert lit.count() == 3 and box.locator('[role="gridcell"][tabindex="0"]').get_attribute("data-cell") == "4.0"
        cell(1, 0).press("Enter")
        cell(10, 1).press("Enter")
        for kind, label, value, share in [("rnn", "Recurrent weight w", "2", 1.0), ("lstm", "Forget gate f", "0.5", 0.5**9),
                                          ("attention", "Weight that", "0.25", 0.25)]:
            box.get_by_label("Network").select_option(kind)
            box.get_by_label(label).fill(value)
            assert left()[9] == pytest.approx(share, rel=0.05), kind
            assert box.get_by_label("Forget gate f").is_visible() == (kind == "lstm")
        assert lit.count() == 1 and cell(10, 3).text_content() == "3"                   # attention waits for layers alone
        tab.emulate_media(reduced_motion="reduce")
        box.get_by_role("button", name="Send the gradient back").press("Enter")
        assert rows.count() == 10 and box.locator("tr.waiting").count() == 0
        tab.emulate_media(reduced_motion="no-preference")
        box.get_by_role("button", name="Send the gradient back").press("Enter")
        assert box.locator("tr.waiting").count() >= 8
        box.get_by_role("button", name="Stop").press("Enter")
        assert box.locator("tr.waiting").count() == 0


def test_who_looks_at_whom_computes_what_the_library_does(tab, built):  # noqa: F811
    from llmcourse.attention import attention, candidate_mask, scores
    found = json.loads((BOOK / "_data" / "who_looks_at_whom.json").read_text(encoding="utf-8"))

    def numbers(text):
        return [float(one.replace("−", "-")) for one in re.findall(r"[-−]?\d+\.\d+", text)]

    for name in with_figure(built, "who-looks-at-whom"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="who-looks-at-whom"]').first
        rows, readout, steps = box.locator("tr[data-row]"), box.locator(".readout"), box.locator(".looks-one tbody tr")

        def check(text, mask, factor, box=box, rows=rows, steps=steps):
            Q, K, V = (np.array([found["vectors"][word][part] for word in text], float) for part in "qkv")
            output, weights = attention(factor * Q, K, V, mask)
            for i, row in enumerate(rows.all()):
                want = [weights[i, j] for j in range(len(text)) if mask is None or mask[i, j] == 0]
                assert numbers(row.inner_text()) == pytest.approx([*want, *output[i]], abs=0.0051), (text, i)
            asks = int(box.locator('[aria-pressed="true"]').get_attribute("data-asks")) - 1
            for j, row in enumerate(steps.all()):
                cells = row.locator("td").all_inner_texts()
                assert numbers(cells[1]) == [pytest.approx(Q[asks] @ K[j], abs=0.0051)]
                assert numbers(cells[2]) == [pytest.approx(scores(factor * Q, K)[asks, j], abs=0.0051)]
                assert numbers(cells[7]) == pytest.approx(list(weights[asks, j] * V[j]), abs=0.0051)
            last = box.locator(".looks-one tfoot td").last
            assert numbers(last.inner_text()) == pytest.approx(list(output[asks]), abs=0.0051)

        text = found["text"]
        for mask in ("none", "A", "B", "C", "shifted"):
            box.get_by_label("Mask").select_option(mask)
            for scale, factor in (("root", 1), ("none", 2), ("width", 0.5)):
                box.get_by_label("Divide the scores by").select_option(scale)
                check(text, None if mask == "none" else candidate_mask(mask, 4), factor)
        box.locator('[data-asks="1"]').press("Enter")
        assert "may look nowhere" in readout.inner_text()                           # j < i leaves the first row nothing
        box.get_by_label("Divide the scores by").select_option("root")
        box.get_by_label("Mask").select_option("none")
        box.get_by_role("button", name="Swap with the word after").press("Enter")
        check([text[1], text[0], *text[2:]], None, 1)
        assert rows.get_by_text("same", exact=True).count() == 4                    # outputs have moved with their words
        box.get_by_label("Mask").select_option("B")
        assert rows.get_by_text("same", exact=True).count() == 2
        box.get_by_label("Append a word").select_option("she")
        check([text[1], text[0], *text[2:], "she"], candidate_mask("B", 5), 1)
        assert rows.get_by_text("same", exact=True).count() == 2 and rows.get_by_text("new", exact=True).count() == 1
        box.get_by_label("Mask").select_option("none")
        assert rows.get_by_text("same", exact=True).count() == 0
        box.locator('[data-asks="2"]').press("ArrowDown")
        assert box.locator("button:focus").get_attribute("data-asks") == "3"
        rows.nth(4).hover()
        assert readout.inner_text().startswith("“she” sees 5 of 5")
        tab.mouse.move(0, 0)
        assert readout.inner_text().startswith("“the” sees 5 of 5")
        tab.emulate_media(reduced_motion="reduce")
        box.get_by_role("button", name="Step by step").press("Enter")
        assert box.locator(".waiting").count() == 0
        tab.emulate_media(reduced_motion="no-preference")
        box.get_by_role("button", name="Step by step").press("Enter")
        assert box.locator(".waiting").count() > 20
        box.get_by_role("button", name="Stop").press("Enter")
        assert box.locator(".waiting").count() == 0


def test_the_critical_path_is_lit_tick_by_tick(tab, built):  # noqa: F811
    for name in with_figure(built, "critical-path"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="critical-path"]').first
        readout, counters = box.locator(".readout"), box.locator("table.counters tbody tr")
        lstm, other = box.locator("svg.lstm .node.on"), box.locator("svg.transformer .node.on")

        def done(box=box):
            return [box.locator(f"svg.{kind} .node.done:not(.word)").count() for kind in ("lstm", "transformer")]

        assert [row.split() for row in counters.all_inner_texts()] == [["LSTM", "30", "57", "12", "12"],
                                                                       ["Transformer", "30", "165", "3", "3"]]
        assert done() == [0, 0]
        for states in ([1, 10], [3, 20], [6, 30], [9, 30]):                         # t + layer − 1 = tick: a diagonal of cells
            box.get_by_role("button", name="One tick").press("Enter")
            assert done() == states
        assert lstm.count() == 3 and other.count() == 0 and "9 of 30 states" in readout.inner_text()
        tab.emulate_media(reduced_motion="reduce")
        box.get_by_role("button", name="Backward").press("Enter")
        assert lstm.count() == 12 and other.count() == 3 and "LSTM: 12 functions" in readout.inner_text()
        assert box.locator("svg.lstm .edge.on").count() == 12 and box.locator("svg.transformer .edge.on").count() == 3
        box.get_by_label("Words n").press("End")
        assert lstm.count() == 0 and [row.split()[-2:] for row in counters.all_inner_texts()] == [["22", "22"], ["3", "3"]]
        box.get_by_label("Layers", exact=True).select_option("1")
        box.get_by_role("button", name="Forward").press("Enter")
        assert done() == [20, 20] and "tick 20" in readout.inner_text()
        tab.emulate_media(reduced_motion="no-preference")
        box.get_by_role("button", name="Forward").press("Enter")
        assert done()[0] < 20
        box.get_by_role("button", name="Stop").press("Enter")


def block_weights():
    """The embeddings and matrices of the block figure, as its script has them."""
    script = (ASSETS / "block.js").read_text()
    matrices = {name: np.array(json.loads(text)) for name, text in re.findall(r"const (W_\w) = (\[\[.*\]\]);", script)}
    vectors = re.findall(r"(\w+): (\[[^\]]*\])", re.search(r"const E = \{(.*)\};", script)[1])
    return {word: np.array(json.loads(text)) for word, text in vectors}, matrices


def test_the_block_computes_what_the_library_does(tab, built):  # noqa: F811
    from llmcourse.transformer import blocks
    E, W = block_weights()
    nothing = blocks.Norm(np.ones(4), np.zeros(4))
    p = blocks.EncoderWeights(blocks.Heads(W["W_q"], W["W_k"], W["W_v"], W["W_o"], 1), nothing,
                              blocks.Network(W["W_1"], np.zeros(6), W["W_2"], np.zeros(4)), nothing)
    for name in with_figure(built, "block"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="block"]').first
        following = box.get_by_role("button", name="Next step")

        def last(box=box):
            rows = box.locator("table.array").last.locator("tr")
            return np.array([[float(one.replace("−", "-")) for one in rows.nth(i).locator("td").all_inner_texts()]
                             for i in range(rows.count())])

        for step in range(13):
            assert f"Step {step + 1} of 14." in box.locator(".readout").inner_text()
            following.press("Enter")
        assert following.is_disabled()
        found = {}
        for words in ("fox sees owl", "owl sees fox"):
            for positions in ("yes", "no"):
                X = np.stack([E[word] for word in words.split()])
                X = X + blocks.sinusoids(np.arange(3), 4) if positions == "yes" else X
                for norm in ("post", "pre"):
                    box.get_by_label("Words").select_option(words)
                    box.get_by_label("Positions").select_option(positions)
                    box.get_by_label("Norm").select_option(norm)
                    found[words, positions, norm] = last()
                    np.testing.assert_allclose(last(), blocks.encoder_block(X, p, pre_norm=norm == "pre"), atol=0.0051)
        for norm in ("post", "pre"):
            for positions, same in (("no", True), ("yes", False)):
                one, other = (found[words, positions, norm] for words in ("fox sees owl", "owl sees fox"))
                assert np.array_equal(one, other[::-1]) == same
        box.get_by_label("Residual").select_option("no")
        assert not np.allclose(last(), found["owl sees fox", "no", "pre"], atol=0.1)


def test_the_desk_cuts_and_draws_as_the_library_does(tab, built):  # noqa: F811
    from llmcourse.decoding import Settings, process
    flat = [0.14, 0.13, 0.12, 0.11, 0.10, 0.10, 0.09, 0.08, 0.13]
    fish = [0.70, 0.10, 0.05, 0.05, 0.04, 0.02, 0.02, 0.01, 0.01]
    for name in with_figure(built, "decoders-desk"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="decoders-desk"]').first

        def column(number, box=box):
            cells = box.locator(f"tbody tr > :nth-child({number})").all_inner_texts()
            return np.array([0 if cell == "cut" else float(cell) for cell in cells])

        for place, table in enumerate((fish, flat)):
            box.get_by_label("Text").select_option(str(place))
            for tau, k, p in ((1, 9, 1), (0, 9, 1), (0.5, 9, 1), (2, 9, 0.75), (1, 9, 0.75), (1, 2, 1), (2, 4, 0.6), (3, 5, 0),
                              (1, 9, 0.8), (1, 9, 0.85)):
                for label, value in (("Temperature", tau), ("Top-k", k), ("Top-p", p), ("Draws", 200)):
                    box.get_by_label(label).fill(str(value))
                want = np.exp(process([[]], np.log([table]), Settings(temperature=tau, top_k=k, top_p=p))[0])
                np.testing.assert_allclose(column(3), want, atol=6e-4)
                drawn = column(5)
                assert drawn.sum() == 200 and (drawn[want == 0] == 0).all()
                assert (abs(drawn - 200 * want) < 4.5 * np.sqrt(200 * want * (1 - want)) + 1e-9).all()
                after = np.exp(process([[]], np.log([table]), Settings(temperature=tau))[0])
                np.testing.assert_allclose(column(2), after, atol=6e-4)
                lost = re.search(r"had ([\d.]+) of the probability", " ".join(box.locator(".readout").inner_text().split()))[1]
                assert float(lost) == pytest.approx(after[want == 0].sum(), abs=6e-4)


def test_positions_turn_as_the_library_says(tab, built):  # noqa: F811
    from llmcourse.transformer.blocks import sinusoids
    for name in with_figure(built, "positions"):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator('[data-figure="positions"]').first
        readout = box.locator(".readout")

        def product(readout=readout):
            return float(re.search(r"dot product is (−?[\d.]+),", readout.inner_text())[1].replace("−", "-"))

        for d, shown in ((4, 2), (16, 8), (32, 8)):
            box.get_by_label("Features d").select_option(str(d))
            assert box.locator(".clock").count() == shown
            for t, k in ((0, 3), (40, 3), (7, 0), (9, 20)):
                box.get_by_label("Position t", exact=True).fill(str(t))
                box.get_by_label("Go on by").fill(str(k))
                here, there = sinusoids(np.array([t, t + k]), d)
                assert product() == pytest.approx(here @ there, abs=0.0006)
        box.get_by_label("Features d").select_option("4")
        box.get_by_label("Position t", exact=True).fill("1")
        box.get_by_label("Pairs counted").select_option("1")
        assert "t = 1 is (0.010, 1.000, 0.000, 1.000)" in readout.inner_text()      # deck L's, without the fastest pair


def test_the_ladder_is_as_long_as_its_numbers(tab, built):  # noqa: F811
    rows = json.loads((BOOK / "_data" / "ladder.json").read_text(encoding="utf-8"))
    models = [row for row in rows if row["gap"]]
    for size in (WIDE, PHONE):
        tab.set_viewport_size(size)
        tab.goto(f"{HTML.as_uri()}/{with_figure(built, 'ladder')[0]}")
        box = tab.locator('[data-figure="ladder"]').first
        best = {unit: min(row["bits_per_token"] for row in models if row["unit"] == unit)
                for unit in {row["unit"] for row in models}}
        assert [float(text) for text in box.locator("tbody td:nth-child(3)").all_inner_texts()] == [
            pytest.approx(bits, abs=0.0051) for _, bits in sorted(best.items())]
        box.get_by_label("Models").select_option("all")
        widths = box.locator("tbody .bar").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().width)")
        bits = np.array([row["bits_per_token"] for row in models])
        np.testing.assert_allclose(np.array(widths) / max(widths), bits / bits.max(), atol=0.02)
        box.get_by_label("Bars show").select_option("gap")
        widths = box.locator("tbody .bar").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().width)")
        assert np.argsort(widths).tolist() == np.argsort([row["gap"] for row in models]).tolist()
        box.get_by_label("Units climbed").press("Home")
        assert box.locator("tbody tr").count() == sum(row["unit"] == min(best) for row in models)
