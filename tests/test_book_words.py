"""What the book's pages promise in words: notation, sources, questions. Nothing is built."""

import re
from pathlib import Path

from units import ROOT

BOOK = ROOT / "book"
PAGES = sorted(BOOK.glob("[0-9][0-9]*_*.md"))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# --- Questions --------------------------------------------------------------------------------------------------------

def quizzes(page: Path) -> list[list[tuple[bool, str]]]:
    """The choices of every question of a page: (right, text)."""
    found = re.findall(r"^```\{quiz\}\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)
    return [[(mark == "x", " ".join(text.split())) for mark, text in
             re.findall(r"^- \[([ x])\] (.*?)(?=^\s*$)", one, re.MULTILINE | re.DOTALL)] for one in found]


def longest_is_right(choices: list[tuple[bool, str]]) -> bool:
    right = next(text for mark, text in choices if mark)
    return all(len(text) < len(right) for mark, text in choices if not mark)


def test_the_right_choice_is_the_longest_no_more_often_than_by_chance():
    asked = [choices for page in PAGES for choices in quizzes(page)]
    assert len(asked) >= 20 and all(len(choices) >= 3 and sum(mark for mark, _ in choices) == 1 for choices in asked)
    assert sum(map(longest_is_right, asked)) <= sum(1 / len(choices) for choices in asked)


def test_no_choice_counts_on_its_place():
    by_place = (r"\b((above|below)(?! [\d.])|previous|(first|second|third|last) (one|choice|answer)"
                r"|(all|none|both) of (these|them))\b")
    bad = [(page.stem, text) for page in PAGES for choices in quizzes(page) for _, text in choices
           if re.search(by_place, text.lower())]
    assert not bad


# --- Notation ---------------------------------------------------------------------------------------------------------

def formulas(text: str) -> list[str]:
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [" ".join((shown or inline).split()) for shown, inline in re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", text, re.DOTALL)]


def occurs(symbol: str, text: str) -> bool:
    """Whether a symbol stands in a formula of a page, not as a part of a longer name; ⟨bos⟩ and 𝒱 count anywhere."""
    if not symbol.startswith("$"):
        return symbol in text
    name = re.escape(" ".join(symbol.strip("$").split()))
    return any(re.search(rf"(?<![a-z\\]){name}(?![a-z])", formula) for formula in formulas(text))


def symbols() -> list[tuple[str, str]]:
    """(symbol, unit) of every row of the tables of notation.md."""
    found = []
    for first, units in re.findall(r"^\| ([^|]+) \| .+ \| (\d\d[\d, b]*) \|$", read(BOOK / "notation.md"), re.MULTILINE):
        names = re.findall(r"\$[^$]+\$", first) or first.split(", ")
        found += [(name, unit) for name in names for unit in units.split(", ")]
    return found


def test_every_symbol_of_the_notation_occurs_where_it_is_said_to():
    rows = [line for line in read(BOOK / "notation.md").split("\n") if re.match(r"\| (?!symbol|---)", line)]
    named = symbols()
    assert len(rows) > 70 and {unit[:2] for _, unit in named} == {f"{n:02}" for n in range(1, 12)}
    texts = {unit: read(next(BOOK.glob(f"{unit}_*.md"))) for _, unit in named}
    assert not [(name, unit) for name, unit in named if not occurs(name, texts[unit])]


def test_a_symbol_that_does_not_occur_is_noticed():
    text = "$W_{hh}$ and `$q$`, $\\theta - x$"
    assert occurs("$W_{hh}$", text) and occurs("$\\theta$", text) and occurs("$x$", text)
    assert not occurs("$h$", "$\\theta$") and not occurs("$T$", "$t$") and not occurs("$\\eta$", "$\\theta$")


# --- Sources ----------------------------------------------------------------------------------------------------------

def entries() -> dict[str, str]:
    return dict(re.findall(r"^@\w+\{(\w+),(.*?)^\}", read(BOOK / "references.bib"), re.MULTILINE | re.DOTALL))


def test_every_source_has_an_address():
    without = [key for key, body in entries().items()
               if not re.search(r"\bdoi = \{10\.\d{4,}/[^}]+\}|\burl = \{https?://[^}]+\}", body)]
    assert len(entries()) > 80 and not without


def test_every_source_is_cited_and_every_citation_has_its_source():
    pages = [*BOOK.glob("*.md"), *BOOK.glob("api/*.md")]
    cited = {key.strip() for page in pages for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", read(page))
             for key in keys.split(",")}
    assert cited == entries().keys()


def test_markov_spoke_in_1913():
    assert re.search(r"\byear = \{1913\}", entries()["markov1913"])
