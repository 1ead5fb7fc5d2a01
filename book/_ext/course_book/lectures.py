"""``{lectures} S``: where the course teaches what deck S says, a row for each step of the deck, from ``lectures.yml``.

The table is written as Markdown and read like the rest of the page, so a section, function or page that does not exist is a
warning, and warnings are errors.
"""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DATA = "lectures.yml"
NO_BREAK = "\N{NO-BREAK SPACE}"    # no line ends between a unit's number and what follows


def rows_of(deck: str, source: Path) -> list[dict[str, Any]]:
    """The rows of a deck. Raises ValueError for a deck that the file does not have."""
    decks = yaml.safe_load((source / DATA).read_text(encoding="utf-8"))
    if deck not in decks:
        raise ValueError(f"{DATA} has the decks {', '.join(decks)}, not {deck}")
    return list(decks[deck])


def pages_of(unit: str, source: Path) -> list[Path]:
    """The pages of unit ``NN``, usually one."""
    return sorted(source.glob(f"{unit}*_*.md"))


def titles(page: Path) -> list[str]:
    """The headings of a chapter below its title, as they are written."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^##+ (.+)$", text, re.MULTILINE)


def section(place: str, source: Path) -> str:
    """The link to a section, "02: Count and divide". Raises ValueError where no page of the unit has it."""
    unit, title = place.split(": ", 1)
    for page in pages_of(unit, source):
        if title in titles(page):
            return f"[{unit}{NO_BREAK}{title}]({page.name}#{default_slugify(title)})"
    raise ValueError(f"unit {unit} has no section {title!r}")


def function(name: str) -> str:
    """The link to a name below llmcourse, or one of the autograder, in the reference. Raises ValueError where there is none."""
    module, _, last = (name if name.startswith("autograder.") else f"llmcourse.{name}").rpartition(".")
    try:
        found = getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError) as problem:
        raise ValueError(f"there is no {name}") from problem
    return f"{{py:obj}}`{last} <{found.__module__}.{found.__qualname__}>`"


def question(name: str, source: Path) -> str:
    """The link to the exercise of a question, "02 q3". Raises ValueError where the unit has no such question."""
    unit, number = name.split(" q")
    master = next((source.parent / "solutions").glob(f"{unit}_*.py"))
    if not re.search(rf"^# \*\*Question {number}\. ", master.read_text(encoding="utf-8"), re.MULTILINE):
        raise ValueError(f"unit {unit} has no question {number}")
    page = pages_of(unit, source)[-1]
    return f"[{unit}{NO_BREAK}q{number}]({page.name}#exercise)"


def table(rows: Iterable[dict[str, Any]], numbered: bool, source: Path) -> list[str]:
    """The rows as a Markdown table, line by line."""
    head = ["slides"] * numbered + ["what the lecture says", "chapter section", "library", "question"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        first, last = row["slides"]
        span = [str(first) if first == last else f"{first}–{last}"] * numbered
        lines.append([*span, row["topic"], "; ".join(section(one, source) for one in row["book"]),
                      ", ".join(map(function, row["library"])), ", ".join(question(one, source) for one in row["questions"])])
    return [f"| {' | '.join(line)} |" for line in lines]


class LecturesDirective(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        source = Path(self.env.srcdir)
        self.env.note_dependency(str(source / DATA))
        deck = self.arguments[0]
        try:
            lines = table(rows_of(deck, source), deck == "C", source)
        except ValueError as problem:
            raise self.error(f"lectures {deck}: {problem}") from problem
        box = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.env.docname), self.content_offset, box)
        return list(box.children)


def setup(app: Sphinx) -> None:
    app.add_directive("lectures", LecturesDirective)
