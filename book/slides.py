"""Make a deck of slides for every unit: ``python book/slides.py``, after ``python book/build.py``.

A deck is cut out of the built chapter, so that the two cannot say different things. Every section has its slides. On them stand
the first sentence of the section, sentences with something in bold or with a term that is new, those that lead to a formula, a
figure or a cell, and the first one after an output; every formula, table, list, cell and figure; and each of *Your turn*, the
common mistakes and the quiz (question, then answer) on slides of its own. The paragraphs, whole, are the speaker's notes.
Hidden code, and boxes that open at a click, are in the notes too. A cell with the tag ``skip-slide`` is left out.

The decks need no network: reveal.js comes from the package sphinx-revealjs, MathJax from the book.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.util import find_spec
from itertools import groupby, pairwise
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, NavigableString, Tag

BOOK = Path(__file__).resolve().parent
COURSE = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))["title"]
ROOM = 560                 # pixels below the heading of a slide of 1280 × 720; what is judged wrongly here, slides.js makes fit
NO_FIGURES = ("print.js", "quiz.js", "reach.js", "previews.js")            # scripts of a page that a slide has no use for
MORE = 80                  # so much more rather than an orphan on the next slide
LINES = 20                 # of a box of code; a longer one goes on on the next slide
GOALS = "<strong>After this chapter you can</strong>"
ABBREVIATIONS = r"(?<!e\.g\.)(?<!i\.e\.)(?<! al\.)(?<!Fig\.)(?<!cf\.)"
ENDS = r"(?:(?<=[.?!\uf8ff])|(?<=[.?!][”’)]))"
SENTENCE = re.compile(ABBREVIATIONS + ENDS + r"\s+(?=[A-Z0-9“‘(⟨\ue000-\uf8fe\U0001d400-\U0001d7ff])")
LOOKS_BACK = re.compile(r"(It|Its|This|That|These|Those|They|Their|Then|So|Here is that|Both|But|And|He|She)\b")
DECK = """<!doctype html>
<html lang="en" data-theme="light"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{styles}
<div class="reveal"><div class="slides">
{slides}
</div></div>
{scripts}
</html>
"""


@dataclass
class Piece:
    """What stands together on a slide. height: pixels, as far as one can tell; alone: shares its slide with nothing."""

    html: str
    height: float = 0
    alone: bool = False
    leads: bool = False    # belongs to what follows
    notes: list[str] = field(default_factory=list)


def lines(text: str, wide: int = 88) -> int:
    """How many lines a text takes, at so many characters a line."""
    return max(1, -(-len(" ".join(text.split())) // wide))


def inner(tag: Tag) -> str:
    return tag.decode_contents().strip()


def sentences(paragraph: Tag) -> list[str]:
    """The sentences of a paragraph as HTML. A tag is never cut in two."""
    parts = list(paragraph.children)
    masked = "".join(
        str(part) if isinstance(part, NavigableString)
        else chr(0xE000 + i) + ("\uf8ff" if part.get_text().rstrip().endswith((".", "?", "!")) else "")
        for i, part in enumerate(parts))
    whole = re.compile(r"[\ue000-\uf8fe]")
    return [whole.sub(lambda mark: str(parts[ord(mark[0]) - 0xE000]),
                      escape(one, quote=False).replace("\uf8ff", "")).strip() for one in SENTENCE.split(masked) if one.strip()]


class Cutter:
    """Cuts the sections of one page into pieces. seen: the terms that had their sentence."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def prose(self, paragraph: Tag, first: bool, after: Tag | None, before: Tag | None) -> Piece:
        """A paragraph: all of it in the notes, its key sentences on the slide."""
        found, shown = sentences(paragraph), set()
        formula = before is not None and "math" in before.get("class", [])
        leads = paragraph.get_text().rstrip().endswith(":") or formula
        output = after is not None and "cell" in after.get("class", []) and after.select_one(".cell_output pre") is not None
        for i, one in enumerate(found):
            terms = set(re.findall(r'data-term="([^"]+)"', one))
            if (i == 0 and (first or output)) or "<strong>" in one or terms - self.seen or (leads and i == len(found) - 1):
                shown.add(i)
                if i and LOOKS_BACK.match(one):
                    shown.add(i - 1)                                       # not without what it speaks of
                if one.endswith("</strong>") and i + 1 < len(found):
                    shown.add(i + 1)                                       # a title within the text, and what it is about
            self.seen |= terms
        text = " ".join(found[i] for i in sorted(shown))
        words = BeautifulSoup(text, "html.parser").get_text()
        html = f'<p{" class=takeaway" if output and not first else ""}>{text}</p>' if shown else ""
        return Piece(html, 36 * lines(words) + 14 if shown else 0, leads=leads, notes=[str(paragraph)])

    def code(self, box: Tag, kind: str) -> Iterator[Piece]:
        """A box of code or output, cut at an empty line where it is long. No tag of the highlighter goes past a line's end."""
        rest = inner(box.find("pre")).removeprefix("<span></span>").strip("\n").split("\n")
        while rest:
            cut = len(rest)
            if cut > LINES + 4:
                cut = max((i for i in range(LINES // 2, LINES + 1) if not rest[i].strip()), default=LINES)
            text, rest = "\n".join(rest[:cut]), rest[cut:]
            while rest and not rest[0].strip():
                rest.pop(0)
            yield Piece(f'<div class="highlight {kind}"><pre>{text}</pre></div>', 25 * (text.count("\n") + 1) + 30)

    def cell(self, cell: Tag) -> Iterator[Piece]:
        """The code unless it is hidden, then what came out of it."""
        kinds = cell.get("class", [])
        if "tag_skip-slide" in kinds:
            return
        source, pieces = cell.select_one(".cell_input"), []
        if source is not None and any(one.startswith("tag_hide-") for one in kinds):
            yield Piece("", leads=True, notes=[str(source)])
        elif source is not None:
            pieces += self.code(source, "source")
        for output in cell.select(".cell_output > *"):
            if output.name == "figure":
                pieces += self.figure(output)
            else:
                pieces += self.code(output, "output") if output.find("pre") else [Piece(str(output), 300)]
        height = 50.0                                                      # for a sentence that leads here
        for one, after in pairwise(pieces):
            height += one.height
            one.leads = height + after.height <= ROOM + MORE * ("<img" not in after.html)
            height *= one.leads
        yield from pieces

    def figure(self, figure: Tag) -> list[Piece]:
        live = figure.select_one(".interactive") is not None
        caption = figure.find("figcaption")
        return [Piece(str(figure), 330 + 28 * (lines(caption.get_text(), 95) if caption else 0), alone=live)]

    def table(self, table: Tag) -> Piece:
        rows = [[one.get_text() for one in row.find_all(["td", "th"])] for row in table.find_all("tr")]
        wide = max(8, 100 // max(map(len, rows)))
        return Piece(str(table), sum(12 + 32 * max(lines(text, wide) for text in row) for row in rows))

    def listed(self, items: Tag) -> Iterator[Piece]:
        """The entries of a list, one by one, so that a long list can go on on the next slide."""
        start = int(items.get("start", 1))
        for i, item in enumerate(items.find_all("li", recursive=False)):
            opening = f'<ol start="{start + i}">' if items.name == "ol" else "<ul>"
            yield Piece(f"{opening}{item}</{items.name}>", 36 * lines(item.get_text(), 84) + 10)

    def box(self, box: Tag) -> Iterator[Piece]:
        """Your turn, common mistakes, the exercise, or another box."""
        kinds = box.get("class", [])
        title = box.select_one(".admonition-title")
        if "dropdown" in kinds:
            yield Piece("", notes=[str(box)])
            return
        folded = [str(part.extract()) for part in box.find_all("details", recursive=False)]
        kind = next((one for one in ("mistakes", "exercise-box", "tip") if one in kinds), "note")
        heading = f"<h3>{inner(title)}</h3>"
        parts, height, open_ = [], 60.0, False
        for part in box.find_all(recursive=False):
            if part is title or (kind == "exercise-box" and part.name == "ul"):
                continue                                                   # ways to open the notebook are of no use on a slide
            listed = part.name in ("ul", "ol")
            for piece in self.listed(part) if listed else [Piece(str(part), 36 * lines(part.get_text()) + 10)]:
                if parts and height + piece.height > ROOM + MORE:
                    yield Piece(f'<div class="box {kind}">{heading}{"".join(parts)}</div>', height, alone=True)
                    parts, height, open_ = [], 60.0, True
                parts.append(piece.html)
                height += piece.height
        yield Piece(f'<div class="box {kind}">{heading}{"".join(parts)}</div>', height, alone=kind != "note" or open_,
                    notes=folded)

    def quiz(self, quiz: Tag) -> Iterator[Piece]:
        """The question with its choices, then the same with the reasons."""
        number, question = quiz.select_one(".quiz-number").get_text(), inner(quiz.select_one(".quiz-question"))
        reasons = [one.select(".quiz-why > :not(.quiz-mark)") for one in quiz.select(".quiz-choice")]
        choices = [(one["data-right"] == "true", inner(one.select_one(".quiz-text")), "".join(map(str, why)))
                   for one, why in zip(quiz.select(".quiz-choice"), reasons, strict=True)]
        ask = "".join(f"<li>{text}</li>" for _, text, _ in choices)
        tell = "".join(f'<li class="{"right" if right else "wrong"}">{text}{why}</li>' for right, text, why in choices)
        right = "".join(f"<p>{'ABCDEFGH'[i]}. {why}" for i, (true, _, why) in enumerate(choices) if true)
        for title, items, notes in ((number, ask, [right]), (f"{number}: the answer", tell, [])):
            yield Piece(f'<div class="box ask"><h3>{title}</h3>{question}<ol type="A">{items}</ol></div>', ROOM, alone=True,
                        notes=notes)

    def pieces(self, section: Tag) -> Iterator[Piece]:
        """What a section has to show, without its subsections. Blocks in the order of the chapter."""
        blocks = section.find_all(lambda one: one.name not in ("h1", "h2", "h3", "h4", "section", "span"), recursive=False)
        first = True
        for i, block in enumerate(blocks):
            kinds = block.get("class", [])
            if block.name == "p":
                yield self.prose(block, first, blocks[i - 1] if i else None, blocks[i + 1] if i + 1 < len(blocks) else None)
                first = False
            elif "cell" in kinds:
                yield from self.cell(block)
            elif "quiz" in kinds:
                yield from self.quiz(block)
            elif "admonition" in kinds:
                yield from self.box(block)
            elif block.name == "figure":
                yield from self.figure(block)
            elif block.name in ("ul", "ol"):
                yield from self.listed(block)
            elif "math" in kinds:
                yield Piece(str(block), 85 + 40 * block.get_text().count(r"\\"))
            elif block.name == "table" or block.find("table"):
                yield self.table(block)
            elif any(one.startswith("highlight") for one in kinds):
                yield from self.code(block, "source")
            else:
                yield Piece(str(block), 36 * lines(block.get_text()) + 14)


def packed(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """The pieces on slides, as many on each as there is room for; a sentence that leads to something stays with it."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and groups[-1][-1].leads and not piece.alone:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    slides: list[list[Piece]] = []
    room, closed = 0.0, True
    for group in groups:
        height, alone = sum(piece.height for piece in group), any(piece.alone for piece in group)
        if slides and height == 0:
            slides[-1] += group                                            # notes only
        elif closed or alone or height > room + MORE * all(piece.html.startswith("<p") for piece in group if piece.html):
            if slides and all(piece.height == 0 for piece in slides[-1]):
                slides[-1] += group                                        # so far there were only notes
            else:
                slides.append(group)
            room, closed = ROOM - height, alone
        else:
            slides[-1] += group
            room -= height
    return slides


def slide(heading: str, pieces: list[Piece], place: str = "", kind: str = "") -> str:
    html = "".join(piece.html for piece in pieces)
    html = re.sub(r"</ul>\s*<ul>|</ol>\s*<ol start=\"\d+\">", "", html)    # entries of one list
    notes = "".join(note for piece in pieces for note in piece.notes)
    notes = f'<aside class="notes">{notes}</aside>' if notes else ""
    marks = (f' id="{place}"' if place else "") + (f' class="{kind}"' if kind else "")
    return f'<section{marks}>{heading}<div class="content">{html}</div>{notes}</section>\n'


def cleaned(page: Path) -> Tag:
    """The article of a page without what leads to other pages. Raises FileNotFoundError."""
    if not page.is_file():
        raise FileNotFoundError(f"{page} is not there: run `python book/build.py` first")
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find("article")
    for link in article.select(".headerlink, noscript, .viewcode-link"):
        link.decompose()
    for link in article.find_all("a"):
        address = link.get("href", "")
        if "glossary.html#term-" in address:
            link.name, link.attrs = "span", {"data-term": address.rpartition("#term-")[2]}
        else:
            link.unwrap()
    for image in article.find_all("img"):
        image["src"] = "figures/" + Path(image["src"]).name
        image.attrs.pop("loading", None)
    for tag in article.find_all(lambda one: one.name != "section" and one.has_attr("id")):
        del tag["id"]                                                      # two pages in one deck may have the same
    return article


def chapter(page: Path, unit: str, places: set[str], part: bool) -> Iterator[str]:
    """The slides of a page, those of a section in one column. part: it is not the first page of its unit.

    Raises ValueError where the chapter doesn't say what one can after it.
    """
    body, cutter = cleaned(page).find("section"), Cutter()
    title = inner(body.find("h1"))
    opening = list(cutter.pieces(body))
    goals = next((i for i, piece in enumerate(opening) if GOALS in piece.html), None)
    if goals is None:
        raise ValueError(f"{page}: expected a paragraph {GOALS} before the first section")
    front = [Piece(f'<p class="course">{"" if part else f"Unit {unit} · "}{escape(COURSE)}</p>',
                   notes=[note for piece in opening[:goals] for note in piece.notes])]
    first = [slide(f"<h1>{title}</h1>", front, kind="title")]
    first += [slide(f"<h2>{BeautifulSoup(GOALS, 'html.parser').get_text()}</h2>", group)
              for group in packed([Piece("", notes=opening[goals].notes), *opening[goals + 1:]])]
    yield f"<section>{''.join(first)}</section>"
    for section in body.find_all("section"):
        heading = section.find(["h2", "h3", "h4"])
        place = section["id"] if section["id"] not in places else f"{page.stem}-{section['id']}"
        places.add(place)
        groups = packed(cutter.pieces(section)) or [[]]
        column = [slide(f"<h2>{inner(heading)}</h2>", group, "" if i else place) for i, group in enumerate(groups)]
        yield f"<section>{''.join(column)}</section>"


def deck(html: Path, pages: list[str], out: Path) -> Path:
    """Write the deck of a unit, which is named like the first of its pages, and its figures. Raises FileNotFoundError."""
    unit = pages[0]
    places: set[str] = set()
    slides = [one for i, page in enumerate(pages) for one in chapter(html / f"{page}.html", unit[:2], places, i > 0)]
    texts = [(html / f"{page}.html").read_text(encoding="utf-8") for page in pages]
    figures = dict.fromkeys(one for text in texts for one in re.findall(r'data-src="_static/course/([\w-]+\.js)', text)
                            if one not in NO_FIGURES)
    settings = [found[0] for text in texts if (found := re.search(r"<script>window\.MathJax = .*?</script>", text))]
    math = [settings[0], "<script>MathJax.startup = { typeset: false }</script>"] if settings else []
    names = [*["mathjax/startup.js"][:len(math)], "reveal/reveal.js", "reveal/notes.js",
             *(f"course/{one}" for one in figures), "slides.js"]
    scripts = [*math, *(f'<script src="assets/{name}"></script>' for name in names)]
    styles = (f'<link rel="stylesheet" href="assets/{one}">' for one in
              ("reveal/reset.css", "reveal/reveal.css", "pygments.css", "course.css", "slides.css"))
    body = "\n".join(slides)
    for name in set(re.findall(r'src="figures/([^"]+)"', body)):
        shutil.copyfile(html / "_images" / name, out / "figures" / name)
    title = BeautifulSoup(slides[0], "html.parser").h1.get_text()
    target = out / f"{unit}.html"
    target.write_text(DECK.format(title=escape(f"{unit[:2]} · {title}"), styles="\n".join(styles), slides=body,
                                  scripts="\n".join(scripts)), encoding="utf-8")
    return target


def assets(html: Path, out: Path) -> None:
    """What all decks share. Raises ModuleNotFoundError without sphinx-revealjs."""
    found = find_spec("sphinx_revealjs")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("slides need the package sphinx-revealjs: pip install '.[slides]'")
    reveal = Path(found.origin).parent / "_static" / "revealjs"
    for name in ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE"):
        (out / "assets" / "reveal").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(reveal / name, out / "assets" / "reveal" / Path(name).name)
    for name in ("mathjax", "course"):
        shutil.copytree(html / "_static" / name, out / "assets" / name, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("previews*"))
    for path in (html / "_static" / "pygments.css", html / "_static" / "course.css", *(BOOK / "_slides").iterdir()):
        shutil.copyfile(path, out / "assets" / path.name)
    (out / "figures").mkdir(exist_ok=True)


def units(toc: Path) -> list[list[str]]:
    """The pages of every unit in the order of the table of contents: ``03_x`` and ``03b_y`` are one unit."""
    names = re.findall(r"file: (\d\d\w*)\s*$", toc.read_text(encoding="utf-8"), re.MULTILINE)
    return [list(group) for _, group in groupby(names, lambda name: name[:2])]


def main() -> int:
    parser = argparse.ArgumentParser(description="Make a deck of slides for every unit from the built book.")
    parser.add_argument("--html", type=Path, default=BOOK / "_build" / "html", help="the pages (default: book/_build/html)")
    parser.add_argument("--to", type=Path, default=BOOK.parent / "dist" / "slides", help="default: dist/slides")
    parser.add_argument("--only", nargs="+", default=[], metavar="UNIT", help="these units alone, as 03_gradient_descent")
    arguments = parser.parse_args()
    html, out = arguments.html.resolve(), arguments.to.resolve()
    wanted = [names for names in units(BOOK / "_toc.yml") if not arguments.only or names[0] in arguments.only]
    try:
        if len(wanted) < len(arguments.only):
            raise FileNotFoundError(f"expected units of _toc.yml, got {arguments.only}")
        for name in (name for names in wanted for name in names):
            cleaned(html / f"{name}.html")
        if not arguments.only:
            shutil.rmtree(out / "figures", ignore_errors=True)             # those of yesterday must not stay behind
        assets(html, out)
        for names in wanted:
            print(deck(html, names, out))
    except (FileNotFoundError, ModuleNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
