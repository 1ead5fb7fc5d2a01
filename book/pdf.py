"""Make one PDF of the book: ``python book/pdf.py``, after ``python book/build.py``.

Chromium prints every page as its own print style has it: answers shown, folded parts open, a figure's sentence in place of its
controls. pypdf puts the pages together: a title page, contents with page numbers, a running head, bookmarks for every heading,
and links that lead from chapter to chapter inside the file. Needs Chromium (``CHROMIUM`` may name it).
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import BrowserContext, sync_playwright
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, Destination, DictionaryObject, Fit, IndirectObject, NameObject, TextStringObject
from tqdm import tqdm

BOOK = Path(__file__).resolve().parent
CONFIG = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"]
READY = """async () => {
  await document.fonts.ready;
  if (window.MathJax && window.MathJax.startup) await window.MathJax.startup.promise;
  document.querySelectorAll('#print-main-content, .headerlink, a:has(.viewcode-link)').forEach((part) => part.remove());
  document.querySelectorAll('img[loading]').forEach((image) => { image.loading = 'eager'; });
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await new Promise((done) => setTimeout(done, 100));
}"""
HEADINGS = """() => [...document.querySelectorAll('article section > :is(h1, h2, h3, h4)')].map(
  (one) => [Number(one.tagName[1]), one.textContent.trim().replace(/\\s+/g, ' '), one.parentElement.id])"""
# Chromium writes down the place of an element only where a link on the same page leads to it: so each gets one, unseen. A
# section may begin on the sheet before its heading: the heading is what counts.
MARK_PLACES = """(names) => {
  for (const name of names) {
    const place = document.getElementById(name);
    if (!place) continue;
    const heading = place.querySelector(':scope > :is(h1, h2, h3, h4)');
    if (heading) heading.id = 'heading:' + name;
    const link = document.createElement('a');
    link.href = '#' + encodeURIComponent(heading ? heading.id : name);
    link.textContent = '.';
    link.style.cssText = 'position: absolute; font-size: 1px; color: transparent;';
    document.querySelector('article').append(link);
  }
}"""
FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sheets</title><style>
@page {{ size: A4; margin: 0; }}
body {{ margin: 0; font: 10pt/1.35 "Liberation Sans", "DejaVu Sans", Arial, sans-serif; color: #1a1a1a; }}
.sheet {{ position: relative; width: 210mm; height: 296.5mm; break-after: page; overflow: hidden; }}
.sheet:last-child {{ break-after: auto; }}
.head {{ position: absolute; top: 6mm; right: 15mm; font-size: 8pt; color: #555; }}
.foot {{ position: absolute; bottom: 6mm; left: 0; right: 0; text-align: center; font-size: 9pt; color: #333; }}
.title {{ position: absolute; top: 70mm; left: 25mm; right: 25mm; }}
.title h1 {{ font-size: 34pt; line-height: 1.15; margin: 0 0 8mm; }}
.title p {{ font-size: 13pt; color: #333; margin: 0 0 4mm; }}
.title svg {{ display: block; width: 160mm; margin-bottom: 14mm; }}
.list {{ position: absolute; top: 18mm; left: 22mm; right: 22mm; }}
.list h1 {{ font-size: 18pt; margin: 0 0 5mm; }}
.line {{ display: flex; gap: 2mm; line-height: {line}mm; height: {line}mm; }}
.line i {{ flex: 1; border-bottom: 1px dotted #999; margin-bottom: 1.7mm; }}
.line a {{ color: inherit; text-decoration: none; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
.line.part {{ font-weight: 700; }} .line.part i {{ border: 0; }}
.line.page {{ padding-left: 4mm; font-weight: 600; }} .line.section {{ padding-left: 11mm; }}
</style>{body}</html>"""
LINE, LINES = 5.4, 46                                                      # mm of a line of the contents; lines a sheet
SHEET = "https://sheet.invalid/"                                           # leads to a sheet of the file, until it does


class Place(NamedTuple):
    """A point of a printed page: the sheet of that page, from 0, and the height on it in points, None for its top."""

    sheet: int
    top: float | None

    @property
    def fit(self) -> Fit:
        return Fit.xyz(top=self.top)


class Heading(NamedTuple):
    """level: from 2; 1 is the title of a page."""

    level: int
    title: str
    place: Place


@dataclass
class Page:
    """A page of the book. part: the caption that it stands under; wanted: the places that other pages lead to."""

    name: str
    part: str
    path: Path
    wanted: set[str] = field(default_factory=set)
    first: int = 0                                                         # index of its first sheet in the whole file
    sheets: int = 0
    title: str = ""
    headings: list[Heading] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)


def pages_of(html: Path, toc: Path, only: Iterable[str] = ()) -> list[Page]:
    """The pages in the order of the table of contents, those that are ``only`` wanted. Raises FileNotFoundError."""
    contents, chosen = yaml.safe_load(toc.read_text(encoding="utf-8")), set(only)

    def walk(entries: list[dict[str, Any]], part: str) -> Iterator[tuple[str, str]]:
        for entry in entries:
            if "file" in entry:
                yield entry["file"], part
            yield from walk(entry.get("sections", []), part)

    names = [(contents["root"], "")]
    for part in contents.get("parts", [{"caption": "", "chapters": contents.get("chapters", [])}]):
        names += walk(part["chapters"], part["caption"])
    unknown = chosen - {name for name, _ in names}
    if unknown:
        raise FileNotFoundError(f"expected pages of {toc.name}, got {sorted(unknown)}")
    pages = [Page(name, part, html / f"{name}.html") for name, part in names if not chosen or name in chosen]
    for page in pages:
        if not page.path.is_file():
            raise FileNotFoundError(f"{page.path} is not there: run `python book/build.py` first")
    return pages


def target(uri: str, pages: dict[str, Page]) -> tuple[Page, str] | None:
    """The page of the book that an address leads to, and the place on it; None for all other addresses."""
    address, place = urldefrag(uri)
    parts = urlparse(address)
    page = pages.get(unquote(parts.path)) if parts.scheme == "file" else None
    return None if page is None else (page, unquote(place))


def mark_wanted(pages: list[Page]) -> None:
    """Write into each page which of its places the pages lead to."""
    by_path = {str(page.path): page for page in pages}
    for page in pages:
        article = BeautifulSoup(page.path.read_text(encoding="utf-8"), "html.parser").find("article")
        for link in article.find_all("a", href=True) if article else ():
            found = target(urljoin(page.path.as_uri(), str(link["href"])), by_path)
            if found and found[1]:
                found[0].wanted.add(found[1])


def printed(context: BrowserContext, page: Page) -> PdfReader:
    """The page on paper. Writes its title, headings and places into ``page``."""
    tab = context.new_page()
    try:
        tab.goto(page.path.as_uri(), wait_until="load", timeout=120_000)
        tab.add_style_tag(content="#jb-print-docs-body h1 { font-size: 2.2rem !important; margin-bottom: 1.2rem !important; }")
        tab.evaluate(READY)
        headings = tab.evaluate(HEADINGS)
        tab.evaluate(MARK_PLACES, sorted(page.wanted | {name for _, _, name in headings}))
        paper = tab.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    finally:
        tab.close()
    reader = PdfReader(io.BytesIO(paper))
    page.sheets = len(reader.pages)
    page.places = {plain(name): place_of(reader, goal) for name, goal in reader.named_destinations.items()}
    page.places |= {name.removeprefix("heading:"): place for name, place in page.places.items() if name.startswith("heading:")}
    page.title = next((title for level, title, _ in headings if level == 1), page.name)
    page.headings = [Heading(level, title, page.places[name]) for level, title, name in headings if level > 1]
    return reader


def sheets(context: BrowserContext, bodies: list[str]) -> list[PageObject]:
    """Sheets that are made here: the title, the contents, heads and feet."""
    tab = context.new_page()
    try:
        tab.set_content(FRAME.format(line=LINE, body="".join(f'<div class="sheet">{b}</div>' for b in bodies)))
        made = PdfReader(io.BytesIO(tab.pdf(prefer_css_page_size=True))).pages
    finally:
        tab.close()
    if len(made) != len(bodies):
        raise RuntimeError(f"expected {len(bodies)} sheets from Chromium, got {len(made)}")
    return list(made)


def place_of(reader: PdfReader, goal: Destination) -> Place:
    """Where a destination of a printed page is."""
    top = goal.top
    return Place(max(0, reader.get_destination_page_number(goal) or 0), None if top is None else float(top))


def contents(pages: list[Page]) -> list[str]:
    """The lines of the contents, as HTML: parts, pages, and the sections of chapters."""
    lines, part = [], ""

    def line(kind: str, title: str, sheet: int | None = None) -> None:
        number = "" if sheet is None else sheet + 1
        link = "" if sheet is None else f' href="{SHEET}{sheet}"'
        lines.append(f'<div class="line {kind}"><a{link}>{escape(title)}</a><i></i>{number}</div>')

    for page in pages:
        if page.part != part:
            part = page.part
            line("part", part)
        line("page", page.title, page.first)
        for heading in page.headings if not page.name.startswith("api/") else ():
            if heading.level == 2:
                line("section", heading.title, page.first + heading.place.sheet)
    return lines


def cover() -> str:
    """The title page: a staircase of models, each nearer to the floor."""
    steps = "".join(
        f'<rect x="{20 + 60 * i}" y="{20 + round(150 * (1 - 0.72**i))}" width="52" height="{round(178 * 0.72**i)}" '
        f'fill="#2a6f97" fill-opacity="{0.25 + 0.075 * i:.3f}"/>' for i in range(10))
    floor = '<path d="M10 201H630" stroke="#b5541c" stroke-width="3"/>'
    picture = f'<svg viewBox="0 0 640 220" aria-hidden="true">{steps}{floor}</svg>'
    return (f'<div class="title">{picture}<h1>{escape(CONFIG["title"])}</h1>'
            "<p>A university course: chapters to read, exercises to write, models to measure against a floor that is known.</p>"
            f'<p>Edition {escape(version("llmcourse"))}</p></div>')


def bookmarks(writer: PdfWriter, pages: list[Page]) -> None:
    """Part → page → heading."""
    parts: dict[str, IndirectObject] = {}
    for page in pages:
        if page.part and page.part not in parts:
            parts[page.part] = writer.add_outline_item(title=page.part, page_number=page.first)
        item = writer.add_outline_item(title=page.title, page_number=page.first, parent=parts.get(page.part), is_open=False)
        above = [(1, item)]
        for heading in page.headings:
            above = [one for one in above if one[0] < heading.level]
            item = writer.add_outline_item(title=heading.title, page_number=page.first + heading.place.sheet,
                                           parent=above[-1][1], fit=heading.place.fit, is_open=False)
            above.append((heading.level, item))


def lead_inside(writer: PdfWriter, pages: list[Page]) -> list[str]:
    """Make every link to a page of the book one inside the file; returns the addresses of places that are not there."""
    by_path, lost = {str(page.path): page for page in pages}, []

    def point(annotation: DictionaryObject, sheet: int, fit: Fit) -> None:
        annotation.pop("/A", None)
        goal = writer.pages[sheet].indirect_reference
        annotation[NameObject("/Dest")] = ArrayObject([goal, fit.fit_type, *fit.fit_args])

    def point_to(annotation: DictionaryObject, page: Page, name: str) -> None:
        if name and name not in page.places:
            lost.append(f"{page.name}#{name}")
        place = page.places.get(name, Place(0, None))
        point(annotation, page.first + place.sheet, place.fit)

    for i, sheet in enumerate(writer.pages):
        home = next((page for page in pages if page.first <= i < page.first + page.sheets), None)
        kept = ArrayObject()
        for reference in sheet.get("/Annots") or ():
            annotation = reference.get_object()
            action = annotation.get("/A", {})
            name, uri = annotation.get("/Dest", action.get("/D")), str(action.get("/URI", ""))
            if uri.startswith(SHEET):
                point(annotation, int(uri.removeprefix(SHEET)), Fit.xyz())
            elif found := target(uri, by_path):
                point_to(annotation, *found)
            elif home and name is not None and not isinstance(name, ArrayObject):
                point_to(annotation, home, plain(name))
            if not str(annotation.get("/A", {}).get("/URI", "")).startswith("file:"):              # to what is not in the print
                kept.append(reference)
        if kept:
            sheet[NameObject("/Annots")] = kept
        else:
            sheet.pop("/Annots", None)
    return sorted(set(lost))


def plain(name: object) -> str:
    """The name of a place as it stands in the page."""
    return unquote(str(name).removeprefix("/"))


def make(html: Path, toc: Path, out: Path, only: Iterable[str] = ()) -> list[str]:
    """Write the PDF; returns the places that links ask for and that are not there.

    Raises FileNotFoundError for a page that was not built, and without Chromium.
    """
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        raise FileNotFoundError("Chromium is not installed (apt-get install chromium); CHROMIUM=path may name one")
    pages = pages_of(html, toc, only)
    mark_wanted(pages)
    writer = PdfWriter()
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=executable, args=arguments)
        readers = []
        for page in tqdm(pages, desc="printing", unit="page", disable=not sys.stderr.isatty()):
            readers.append(printed(context, page))
        front = 1 + -(-len(contents(pages)) // LINES)                      # the title, then the contents
        for page, first in zip(pages, accumulate((page.sheets for page in pages), initial=front), strict=False):
            page.first = first
        lines = contents(pages)
        lists = ["".join(lines[i : i + LINES]) for i in range(0, len(lines), LINES)]
        for sheet in sheets(context, [cover(), *(f'<div class="list">{"" if i else "<h1>Contents</h1>"}{text}</div>'
                                                 for i, text in enumerate(lists))]):
            writer.add_page(sheet)
        for reader in readers:
            writer.append(reader, import_outline=False)
        marks = sheets(context, [f'<div class="head">{escape(page.title)}</div><div class="foot">{page.first + i + 1}</div>'
                                 for page in pages for i in range(page.sheets)])
        for i, mark in enumerate(marks, start=front):
            writer.pages[i].merge_page(mark)
            writer.pages[i].compress_content_streams()
        context.close()
    lost = lead_inside(writer, pages)
    bookmarks(writer, pages)
    names = writer.root_object.get("/Names", DictionaryObject()).get_object()
    names.pop("/Dests", None)                                              # of single pages: their names are not unique
    writer.root_object[NameObject("/Lang")] = TextStringObject(CONFIG["sphinx"]["config"]["language"])
    writer.add_metadata({"/Title": CONFIG["title"], "/Author": CONFIG["author"]})
    writer.page_mode = "/UseOutlines"
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_suffix(".part")
    writer.write(half)
    half.replace(out)
    return lost


def main() -> int:
    parser = argparse.ArgumentParser(description="Make one PDF of the book that `python book/build.py` has built.")
    parser.add_argument("--html", type=Path, default=BOOK / "_build" / "html", help="the pages (default: book/_build/html)")
    parser.add_argument("--to", type=Path, default=BOOK.parent / "dist" / "llmcourse.pdf", help="default: dist/llmcourse.pdf")
    parser.add_argument("--only", nargs="+", default=[], metavar="PAGE", help="these pages alone")
    arguments = parser.parse_args()
    try:
        lost = make(arguments.html.resolve(), BOOK / "_toc.yml", arguments.to.resolve(), arguments.only)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    for place in lost:
        print(f"a link leads to {place}, which is not in the print", file=sys.stderr)
    print(arguments.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
