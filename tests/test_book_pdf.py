"""The book as one PDF: what a reader of paper needs is there, and links lead inside the file."""

import re
import subprocess
import sys
import unicodedata
from urllib.parse import urldefrag

import pytest
from bs4 import BeautifulSoup
from test_book import BOOK, built  # noqa: F401 - a fixture
from test_book_browser import CHROMIUM, HTML

pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: no PDF is made")
PAGES = ("00_warmup", "01_language_models", "notation")
COMMAND = [sys.executable, str(BOOK / "pdf.py"), "--html", str(HTML)]


@pytest.fixture(scope="module")
def paper(built, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("pdf") / "book.pdf"
    done = subprocess.run([*COMMAND, "--to", str(out), "--only", *PAGES], check=False, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in out.parent.iterdir()] == ["book.pdf"]
    return pypdf.PdfReader(out)


@pytest.fixture(scope="module")
def articles():
    return {name: BeautifulSoup((HTML / f"{name}.html").read_text(encoding="utf-8"), "html.parser").find("article")
            for name in PAGES}


def words(text):
    """The text without ligatures, the marks of a link to a heading, and spaces, which PDF readers guess."""
    return re.sub(r"[\s#]+", "", unicodedata.normalize("NFKC", text))


def titles(paper, entries=None, level=0):
    """(level, title, sheet) of every bookmark."""
    for entry in paper.outline if entries is None else entries:
        if isinstance(entry, list):
            yield from titles(paper, entry, level + 1)
        else:
            yield level, entry.title, paper.get_destination_page_number(entry)


def test_every_heading_has_a_bookmark_on_the_sheet_where_it_stands(paper, articles):
    parts = {"00_warmup": "Units", "notation": "Look it up"}
    want = []
    for name, article in articles.items():
        want += [(0, parts[name])] if name in parts else []
        for heading in article.select("section > :is(h1, h2, h3, h4)"):
            want.append((int(heading.name[1]), words(heading.get_text())))
    found = list(titles(paper))
    assert [(level, words(title)) for level, title, _ in found] == [(level, words(title)) for level, title in want]
    for level, title, sheet in found:
        if level:
            assert words(title) in words(paper.pages[sheet].extract_text()), (title, sheet)


def test_sheets_are_numbered_and_the_contents_say_the_same(paper):
    for number, sheet in enumerate(paper.pages, start=1):
        if number > 2:                                                     # after the title and the contents
            assert re.search(rf"(?<!\d){number}\s*$", sheet.extract_text()), number
            assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) in ((595, 842), (596, 843)), number
    contents = words(paper.pages[1].extract_text())
    for level, title, sheet in titles(paper):
        if level in (1, 2):
            assert f"{words(title)}{sheet + 1}" in contents, title


def test_links_between_pages_lead_to_sheets_of_the_file(paper, articles):
    starts = {title: sheet for level, title, sheet in titles(paper) if level == 1}
    notation = starts["Notation"]
    assert any(urldefrag(link["href"])[0] == "notation.html" for link in articles["00_warmup"].find_all("a", href=True)) or any(
        urldefrag(link["href"])[0] == "01_language_models.html" for link in articles["00_warmup"].find_all("a", href=True))
    goals, addresses = set(), []
    for number, sheet in enumerate(paper.pages):
        for reference in sheet.get("/Annots") or ():
            note = reference.get_object()
            if "/Dest" in note:
                goal = paper.get_page_number(note["/Dest"][0].get_object())
                goals.add((number, goal))
            else:
                addresses.append(note["/A"]["/URI"])
    assert all(address.startswith(("http://", "https://")) for address in addresses), addresses
    units = [starts[title] for title in starts if title != "Notation"]
    assert {goal for number, goal in goals if number == 1} >= set(starts.values()), "the contents lead to the pages"
    assert any(units[0] <= number < units[1] <= goal < notation for number, goal in goals), "from unit 00 to unit 01"


def test_answers_are_printed_and_fonts_are_in_the_file(paper, articles):
    text = words("".join(sheet.extract_text() for sheet in paper.pages))
    for reason in articles["01_language_models"].select(".quiz-why"):
        if not reason.select(".math"):
            assert words(reason.get_text()) in text
    for sheet in paper.pages:
        for font in (sheet["/Resources"].get("/Font") or {}).values():
            font = font.get_object()
            for part in [font, *(one.get_object() for one in font.get("/DescendantFonts") or ())]:
                description = part.get("/FontDescriptor")
                assert description is None or any(key.startswith("/FontFile") for key in description.get_object()) \
                    or part["/Subtype"] == "/Type3", part.get("/BaseFont")


@pytest.mark.parametrize("arguments, environment, said", [
    (["--only", "12_nothing"], {}, r"expected pages of _toc.yml, got \['12_nothing'\]"),
    (["--html", "nowhere"], {}, r"index.html is not there: run `python book/build.py` first"),
    ([], {"PATH": ""}, r"Chromium is not installed"),
])
def test_what_is_missing_is_said_in_a_sentence(built, tmp_path, arguments, environment, said):  # noqa: F811
    done = subprocess.run([*COMMAND, "--to", str(tmp_path / "book.pdf"), *arguments], env=environment or None,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert re.fullmatch(f".*{said}.*\n", done.stderr), done.stderr
    assert not list(tmp_path.iterdir())


assert CHROMIUM                                                            # its absence skips this module with the browser's
