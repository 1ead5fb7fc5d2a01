"""The teacher's pages: times and points are those of the masters, and every known mistake stands below its question."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from units import ROOT, UNITS, graded_functions, mistakes

pytest.importorskip("jupyter_book", reason="jupyter-book is not installed: the book is not built")
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from course_book.screens import SCREENS, WIDTH
from course_book.teaching import Effort, clock, reading_minutes

TEACHING = ROOT / "book" / "teaching"


@pytest.fixture
def build(tmp_path):
    """Builds a page in a tree with these masters and chapters; returns the page and the warnings."""
    def make(text, units=("02_ngrams",)):
        for folder in ("book", "solutions"):
            (tmp_path / folder).mkdir()
        for unit in units:
            (tmp_path / "solutions" / f"{unit}.py").symlink_to(ROOT / "solutions" / f"{unit}.py")
            (tmp_path / "book" / f"{unit}.md").write_text(f"# The chapter {unit}\n" + 600 * "word ")
        (tmp_path / "book" / "index.md").write_text(f"# Page\n\n{text}\n")
        with docutils_namespace(), patch_docutils(), (tmp_path / "warnings").open("w") as stream:
            Sphinx(tmp_path / "book", None, tmp_path / "out", tmp_path / "trees", "html",
                   {"extensions": ["myst_parser", "course_book"]}, status=None, warning=stream).build(force_all=True)
        page = BeautifulSoup((tmp_path / "out" / "index.html").read_text(), "html.parser")
        return page, re.sub(r"\x1b\[[\d;]*m", "", (tmp_path / "warnings").read_text())
    return make


def in_the_master(unit):
    """Minutes, minutes with three stars, points by tests and by hand, read from the file without its reader."""
    text = (ROOT / "solutions" / f"{unit}.py").read_text(encoding="utf-8")
    titles = re.findall(r"^# \*\*Question \d+\..*· (\d+) minutes · ([★☆]{3})", text, re.MULTILINE)
    heads = re.findall(r"^# # BEGIN QUESTION\n# name: \w+\n# points: ([\d.]+)\n(# manual: true)?", text, re.MULTILINE)
    return (sum(int(m) for m, _ in titles), sum(int(m) for m, stars in titles if stars == "★★★"),
            sum(float(p) for p, by_hand in heads if not by_hand), sum(float(p) for p, by_hand in heads if by_hand))


@pytest.mark.parametrize("unit", UNITS)
def test_minutes_and_points_are_those_of_the_master(unit):
    found = Effort.of(ROOT, unit)
    assert (found.exercise, found.hard, found.by_tests, found.by_hand) == in_the_master(unit)
    assert 30 <= found.reading <= 150, f"{unit} takes {found.reading} minutes to read"


def test_reading_time_by_hand():
    """1,200 words, one cell and one formula: 8 + 1 + 1 minutes; what a page says of itself goes first."""
    cell = "```{code-cell} python\nprint('not a word of this is prose')\n```\n"
    page = "---\nkernelspec: a\n---\n# A\n" + 1200 * "word " + "\n" + cell + "$$\nx\n$$\n"
    assert reading_minutes(page) == 10 and reading_minutes("word " * 2250) == 15
    assert reading_minutes(page.replace("# A\n", "# A\n\n*Reading: about 42 minutes. Exercise: about 7 minutes.*\n")) == 42
    assert [clock(m) for m in (55, 60, 125)] == ["55\xa0min", "1\xa0h\xa000", "2\xa0h\xa005"]


def test_a_table_of_units_and_one_of_weeks(build):
    text = "```{pacing}\n```\n\n```{pacing}\n1: 00_warmup 02_ngrams\n2 and 3: 02_ngrams\n```"
    page, warnings = build(text, ("00_warmup", "02_ngrams"))
    (units, weeks) = ([[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table.select("tr")]
                      for table in page.select("table"))
    warm, grams = in_the_master("00_warmup"), in_the_master("02_ngrams")
    assert "unknown document" not in warnings
    assert units[0] == ["unit", "to read", "exercise", "without ★★★", "points: tests + written"]
    assert units[2] == ["02 The chapter 02_ngrams", clock(5), clock(grams[0]), clock(grams[0] - grams[1]), "31 + 4 = 35"]
    assert units[3] == ["together", clock(10), clock(warm[0] + grams[0]), clock(warm[0] + grams[0] - grams[1]), "45 + 6 = 51"]
    assert weeks[1] == ["1", "00 The chapter 00_warmup , 02 The chapter 02_ngrams", *units[3][1:]]
    assert weeks[2] == ["2 and 3", "02 The chapter 02_ngrams", *units[2][1:]]
    assert {a["href"] for a in page.select("table a")} == {"00_warmup.html", "02_ngrams.html"}


@pytest.mark.parametrize(("text", "told"), [
    ("```{pacing}\n1: 77_none\n```", "there is no solutions/77_none.py"),
    ("```{pacing}\n1 02_ngrams\n```", "expected week: unit unit"),
    ("```{expected-mistakes} 77_none\n```", "expected-mistakes 77_none"),
    ("```{screen} none\nx\n```", "screen none: needs a caption"),
    ("```{screen} points\n```", "screen points: needs a caption")])
def test_what_is_not_there_is_an_error(build, text, told):
    assert told in build(text)[1]


def test_every_known_mistake_stands_below_its_question(build):
    page, _ = build("```{expected-mistakes} 02_ngrams\n```")
    bank, heads = mistakes("02_ngrams"), page.select("p.mistakes-question")
    assert len(heads) == 10 and heads[2].get_text() == "3. Count and divide · 10 minutes · ★ · mle"
    for head in heads:  # what stands between a question and the next one
        name = head.select_one("code").text
        items = [li.get_text().strip().replace("’", "'") for li in page.select(".body li")
                 if li.find_previous(class_="mistakes-question") is head]
        assert items == list(dict.fromkeys(" ".join(one.__doc__.split()).replace("`", "") for one in bank[name])), name


@pytest.mark.parametrize("name", SCREENS)
def test_a_drawing_is_well_formed_and_stays_in_its_frame(name):
    """Its words are in the page for those who do not see it, and no shape is cut off."""
    drawing = SCREENS[name]()
    picture = ElementTree.fromstring(drawing.svg("<a & b>"))
    assert picture.get("aria-label") == "<a & b>" and len(drawing.svg("")) < 20_000
    assert len(" ".join((SCREENS[name].__doc__ or "").split())) > 60
    for shape in picture:
        x, y = (float(shape.get(key) or shape.get(f"c{key}") or 0) for key in "xy")
        right, low = x + float(shape.get("width") or 0), y + float(shape.get("height") or 0)
        words = shape.text or ""
        if words and shape.get("text-anchor") != "middle":
            right += (7.2 if shape.get("font-family") or shape.get("font-weight") else 6.2) * len(words)
        assert x >= 0 and right <= WIDTH + 1 and low <= drawing.height, (name, words or shape.tag)
    steps = {shape.text for shape in picture if shape.get("text-anchor") and (shape.text or "").isdigit()}
    assert steps == set(re.findall(r"(?<!\w)(\d), ", SCREENS[name].__doc__ or ""))


def test_the_weeks_name_known_units_and_every_drawing_is_used():
    page = (TEACHING / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\{screen\} ([\w-]+)", page)) == set(SCREENS)
    weeks = re.findall(r"^```\{pacing\}\n(.*?)```", page, re.MULTILINE | re.DOTALL)
    plans = [re.findall(r"\d\d_\w+", plan) for plan in weeks]
    assert sorted(plans[1]) == UNITS, "the plan of all weeks names every unit once"
    assert [len(plan) for plan in plans] == [0, len(UNITS), 7, 6]
    assert all(set(plan) <= set(UNITS) and plan == sorted(plan) for plan in plans)
    needs = dict(re.findall(r"^\| \[(\d\d)\]\(\.\./\d\d_\w+\.md\) \| (.*?) \|", page, re.MULTILINE))
    assert sorted(needs) == [unit[:2] for unit in UNITS]


def test_numbers_that_the_page_quotes():
    """Points, samples and the master's lines that the page's examples speak of."""
    page = (TEACHING / "index.md").read_text(encoding="utf-8")
    by_tests = Effort.of(ROOT, "02_ngrams").by_tests
    assert f"tests give, {by_tests:g} for 02 n-grams" in page
    master = (ROOT / "solutions" / "02_ngrams.py").read_text(encoding="utf-8")
    assert "def test_by_hand(ngrams)" in master and '["good", "night"]' in master
    for sample in re.findall(r"02_ngrams_(\w+)\.ipynb", page):
        assert (ROOT / "tests" / "submissions" / f"02_ngrams_{sample}.ipynb").exists()


def test_no_notes_hold_a_solution():
    """No graded function is defined in the notes."""
    for unit in UNITS:
        page = (TEACHING / f"{unit}.md").read_text(encoding="utf-8")
        assert not [name for name in graded_functions(unit) if re.search(rf"^def {name}\(", page, re.MULTILINE)], unit


def test_the_table_of_contents_has_the_notes_in_order():
    parts = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())["parts"]
    [start] = [c for part in parts for c in part["chapters"] if c["file"] == "teaching/index"]
    assert [Path(section["file"]).name for section in start["sections"]] == UNITS
