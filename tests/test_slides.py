"""A unit's slides hold what its chapter holds, follow it when it changes, fit the screen and need no network."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest
import yaml
from bs4 import BeautifulSoup
from test_book import BOOK, built  # noqa: F401 - a fixture
from units import UNITS

if find_spec("sphinx_revealjs") is None:
    pytest.skip("sphinx-revealjs is not installed: no slides are made", allow_module_level=True)
HTML = BOOK / "_build" / "html"
PARTS = {part["caption"]: part["chapters"] for part in yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"]}
PAGES = {unit: [one["file"] for one in PARTS["Units"] if re.match(rf"{unit[:2]}b?_", one["file"])] for unit in UNITS}
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
SMALLEST = 0.6                                                             # of the size of letters: 16 pixels of 720
# Shows every slide. Returns what is outside of it, how small its letters became, and formulas that are still TeX.
LOOK = """async () => {
  const faults = [], slides = [...document.querySelectorAll('.slides section > section')];
  for (const [i, slide] of slides.entries()) {
    const { h, v } = Reveal.getIndices(slide), say = (text) => faults.push(`slide ${i + 1}: ${text}`);
    Reveal.slide(h, v);
    await new Promise(requestAnimationFrame);
    const scale = Reveal.getScale(), left = (innerWidth - 1280 * scale) / 2, top = (innerHeight - 720 * scale) / 2;
    for (const one of slide.querySelectorAll('*')) {
      if (one.closest('aside, mjx-assistive-mml, option, svg *, :is(.tree-scroll, .map-scroll) *')) continue;
      const box = one.getBoundingClientRect();
      if (box.width && box.height && (box.left < left - 1 || box.top < top - 1 || box.right > left + 1280 * scale + 1
        || box.bottom > top + 720 * scale + 1)) say(`${one.tagName}.${one.className} is outside`);
    }
    if (!slide.querySelector('h1, h2').offsetHeight) say('not shown');
    const zoom = Number(slide.querySelector('.content').style.getPropertyValue('--zoom'));
    if (!(zoom >= SMALLEST)) say(`letters at ${zoom}`);
    const drawn = (math) => math.querySelector('mjx-container, math') && !math.querySelector('mjx-merror, merror');
    for (const math of slide.querySelectorAll('.math')) if (!drawn(math)) say(`not drawn: ${math.textContent}`);
    for (const image of slide.querySelectorAll('img')) if (!image.naturalWidth) say(`no picture ${image.src}`);
    for (const live of slide.querySelectorAll('.interactive')) if (!('ready' in live.dataset)) say('a figure does not move');
  }
  return [slides.length, faults];
}""".replace("SMALLEST", str(SMALLEST))

pytestmark = pytest.mark.xdist_group("slides")


def make(*arguments):
    return subprocess.run([sys.executable, str(BOOK / "slides.py"), *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False)


@pytest.fixture(scope="module")
def decks(built, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("slides")
    made = make("--html", HTML, "--to", out)
    assert made.returncode == 0, made.stderr
    assert sorted(path.stem for path in out.glob("*.html")) == UNITS
    return out


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no slide is looked at")
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed: no slide is looked at")
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"), executable_path=executable, args=ARGUMENTS,
            viewport={"width": 1280, "height": 720})
        yield context
        context.close()


def words(text):
    return re.sub(r"[\s#]+", "", text)


def soup(path):
    """A page as one sees it where scripts run."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for part in page.select("noscript"):
        part.decompose()
    return page


@pytest.mark.parametrize("unit", UNITS)
def test_a_deck_has_what_the_chapter_has(decks, unit):
    deck = soup(decks / f"{unit}.html")
    slides = deck.select(".slides > section > section")
    notes = words("".join(one.extract().get_text() for one in deck.select("aside.notes")))
    shown = words("".join(one.get_text() for one in slides))
    codes = [words(one.get_text()) for one in deck.select(".highlight pre")]
    places = {one["id"] for one in slides if one.get("id")}
    for page in PAGES[unit]:
        article = soup(HTML / f"{page}.html").find("article")
        for section in article.select("section section"):
            title = words(section.find(["h2", "h3", "h4"]).get_text())
            assert any(words(one.h2.get_text()) == title for one in slides if one.h2), title
            assert {section["id"], f"{page}-{section['id']}"} & places, title
        for paragraph in article.select("section > p"):
            assert words(paragraph.get_text()) in notes, paragraph.get_text()
        for picture in article.select("figure img"):
            [same] = deck.select(f'img[src="figures/{picture["src"].removeprefix("_images/")}"]')
            assert (decks / same["src"]).read_bytes() == (HTML / picture["src"]).read_bytes()
            assert words(picture.find_parent("figure").figcaption.get_text()) in shown
        for live in article.select("[data-figure]"):
            assert deck.select(f'[data-figure="{live["data-figure"]}"]')
        for formula in article.select("section > div.math"):
            assert words(formula.get_text()) in shown
        for box in article.select("section > .admonition:not(.dropdown)"):
            for part in box.select(".admonition-title, :scope > p, .mistakes li"):
                assert words(part.get_text()) in shown + notes, part.get_text()
        for cell in article.select("div.cell"):
            for part in cell.select(".cell_input pre, .cell_output pre"):
                hidden = part.find_parent(class_="cell_input") and "tag_hide-input" in cell["class"]
                text = words(part.get_text())
                assert text in notes if hidden else text in "".join(codes), part.get_text()
        for quiz in article.select(".quiz"):
            number, question = quiz.select_one(".quiz-number").get_text(), words(quiz.select_one(".quiz-question").get_text())
            ask, tell = [one for one in slides if one.h3 and question in words(one.get_text())
                         and one.h3.get_text() in (number, f"{number}: the answer")]
            right = quiz.select_one('[data-right="true"]')
            assert not ask.select(".right, .wrong") and len(ask.select("li")) == len(quiz.select(".quiz-choice"))
            assert words(right.select_one(".quiz-text").get_text()) in words(tell.select_one(".right").get_text())
            for reason in quiz.select(".quiz-why > p:not(.quiz-mark)"):
                assert words(reason.get_text()) in words(tell.get_text())
                assert words(reason.get_text()) not in words(ask.get_text())


@pytest.mark.parametrize("unit", UNITS)
def test_a_deck_needs_only_what_lies_beside_it(decks, unit):
    deck = soup(decks / f"{unit}.html")
    addresses = [one[name] for name in ("src", "href") for one in deck.find_all(attrs={name: True})]
    assert addresses and all((decks / one).is_file() for one in addresses), addresses
    assert not deck.select("a")
    for path in decks.glob("assets/*.css"):
        assert not re.search(r"url\(|@import", path.read_text()), path


def test_a_changed_chapter_changes_its_slides(built, tmp_path):  # noqa: F811
    """What an author may change: a sentence, a figure, a heading; and what the tag skip-slide leaves out."""
    unit, html = "01_language_models", tmp_path / "html"
    shutil.copytree(HTML, html, ignore=shutil.ignore_patterns("api", "_modules", "_sources", "_downloads"))
    page = html / f"{unit}.html"
    text = page.read_text(encoding="utf-8")
    for old, new in (("A clerk stamps a stack of applications.", "A clerk waters <em>seven</em> plants."),
                     ("<h2>The chain rule<", "<h2>The rule of chains<"),
                     ("The column on the right is always 1.", "Look right. It is 1."),
                     ('class="cell docutils container"', 'class="cell tag_skip-slide docutils container"')):
        assert old in text
        text = text.replace(old, new, 1)
    picture = re.search(r'src="(_images/[^"]+)"', text)[1]
    (html / picture).write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>')
    page.write_text(text, encoding="utf-8")
    out = tmp_path / "slides"
    made = make("--html", html, "--to", out, "--only", unit)
    assert made.returncode == 0, made.stderr
    deck = soup(out / f"{unit}.html")
    first = next(one for one in deck.select("section > section") if one.h2 and one.h2.get_text() == "A picture first")
    assert first.select_one(".content > p").get_text().startswith("A clerk waters seven plants.")
    assert "A clerk waters seven plants." in first.select_one("aside.notes").get_text()
    assert "The rule of chains" in [one.get_text() for one in deck.select("h2")]
    assert "The chain rule" not in [one.get_text() for one in deck.select("h2")]
    assert any(one.get_text().startswith("Look right.") for one in deck.select(".takeaway"))
    assert "clerk = TableModel(" not in deck.get_text(), "the cell with the tag is left out"
    assert '<rect width="9"' in (out / "figures" / picture.removeprefix("_images/")).read_text()


@pytest.mark.parametrize("unit", UNITS)
def test_every_slide_fits_and_nothing_is_asked_for_elsewhere(decks, chromium, unit):
    tab, faults = chromium.new_page(), []
    tab.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or faults.append(request.url))
    tab.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda message: message.type in ("error", "warning") and faults.append(message.text))
    tab.goto((decks / f"{unit}.html").as_uri())
    tab.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
    number, seen = tab.evaluate(LOOK)
    tab.close()
    assert number == len(soup(decks / f"{unit}.html").select(".slides > section > section"))
    assert not faults + seen


def test_the_speaker_reads_the_notes_in_a_window_of_their_own(decks, chromium):
    tab = chromium.new_page()
    tab.goto((decks / "01_language_models.html").as_uri() + "#/the-chain-rule")
    tab.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
    assert tab.evaluate("Reveal.getCurrentSlide().querySelector('h2').textContent") == "The chain rule"
    with chromium.expect_page() as opened:
        tab.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("This is not an approximation").wait_for(timeout=60_000)
    assert notes.locator("math").count() > 0, "formulas are drawn there, too"
    tab.keyboard.press("ArrowRight")
    notes.get_by_text("In code, the formula is a loop").wait_for(timeout=60_000)
    opened.value.close()
    tab.close()


@pytest.mark.parametrize("arguments, said", [
    (["--html", "nowhere"], r"00_warmup.html is not there: run `python book/build.py` first"),
    (["--only", "12_nothing"], r"expected units of _toc.yml, got \['12_nothing'\]"),
])
def test_what_is_missing_is_said_in_a_sentence(tmp_path, arguments, said):
    made = make("--to", tmp_path / "slides", *arguments)
    assert made.returncode == 1 and re.fullmatch(f".*{said}\n", made.stderr), made.stderr
    assert not list(tmp_path.iterdir())
