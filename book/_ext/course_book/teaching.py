"""What a teacher needs of the masters, read when the book is built, so that it cannot drift from them.

``{pacing}``: a row a unit, or a row a week where weeks are given, with the time to read, the minutes of the exercise and its
points. ``{expected-mistakes} 02_ngrams``: the known mistakes of a unit, each below the question in which it is made.
"""

import importlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder.master import Master, MasterError, read_master

from .mistakes import hints, sentence

TITLE = re.compile(r"\*\*Question (\d+)\. (.+?)\*\* · (\d+) minutes · (★+)")
WEEK = re.compile(r"([^:]+): *((?:\d\d_\w+ *)+)")
READING = re.compile(r"^\*Reading: about (\d+) minutes\.", re.MULTILINE)
OPEN = 3  # so many mistakes of a question are shown, the others a click away
WORDS = 150  # read in a minute: prose with formulas in it


@dataclass(frozen=True)
class Question:
    """A question of a unit. stars: from 1 to 3. functions: those that its tests ask for."""

    number: int
    title: str
    minutes: int
    stars: int
    points: float
    manual: bool
    functions: tuple[str, ...]


def questions(master: Master) -> list[Question]:
    """The questions of a master, with what their titles say. Raises ValueError for one whose title says no minutes."""
    found = []
    for question in master.questions:
        text = " ".join(" ".join(cell.solution for cell in master.cells
                                 if cell.kind == "markdown" and cell.question == question.name).split())
        title = TITLE.search(text)
        if title is None:
            raise ValueError(f"{master.name}, {question.name}: its title does not say minutes and stars")
        functions = dict.fromkeys(name for test in question.tests for name in test.parameters)
        found.append(Question(int(title[1]), title[2], int(title[3]), len(title[4]), question.points, question.manual,
                              tuple(functions)))
    return found


def reading_minutes(page: str) -> int:
    """How long a page takes to read: what stands under its title, or else by the rule of that line, 150 words a minute, and a
    minute for every cell and every displayed formula, in steps of five.
    """
    if line := READING.search(page):
        return int(line[1])
    prose = re.sub(r"\A---.*?^---$|^```\{code-cell\}.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    minutes = len(prose.split()) / WORDS + page.count("\n```{code-cell}") + prose.count("\n$$") / 2
    return 5 * round(minutes / 5)


@dataclass(frozen=True)
class Effort:
    """Reading and exercise in minutes, of the latter those of questions with three stars; points by tests and by a person."""

    reading: int
    exercise: int
    hard: int
    by_tests: float
    by_hand: float

    @classmethod
    def of(cls, root: Path, unit: str) -> "Effort":
        """Of the unit ``NN_name`` in the tree below root. Raises ValueError where it cannot be said."""
        path = root / "solutions" / f"{unit}.py"
        if not path.exists():
            raise ValueError(f"there is no solutions/{unit}.py")
        asked = questions(read_master(path))
        pages = sorted((root / "book").glob(f"{unit[:2]}*.md"))  # a chapter may have more than one
        return cls(sum(reading_minutes(page.read_text(encoding="utf-8")) for page in pages), sum(q.minutes for q in asked),
                   sum(q.minutes for q in asked if q.stars == 3), sum(q.points for q in asked if not q.manual),
                   sum(q.points for q in asked if q.manual))

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(self.reading + other.reading, self.exercise + other.exercise, self.hard + other.hard,
                      self.by_tests + other.by_tests, self.by_hand + other.by_hand)

    @property
    def cells(self) -> list[str]:
        points = f"{self.by_tests:g} + {self.by_hand:g} = {self.by_tests + self.by_hand:g}"
        return [clock(self.reading), clock(self.exercise), clock(self.exercise - self.hard), points]


HEAD = ["to read", "exercise", "without ★★★", "points: tests + written"]


def clock(minutes: int) -> str:
    """Minutes as 1 h 05, with blanks that do not break."""
    text = f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


class Pacing(SphinxDirective):
    """A table of the effort, of each unit or of the weeks in the content: ``1: 01_language_models 02_ngrams``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir).parent
        units = sorted(path.stem for path in (root / "solutions").glob("[0-9][0-9]_*.py"))
        rows: list[tuple[list[nodes.Node], Effort]] = []
        try:
            if self.content:
                for line in filter(None, map(str.strip, self.content)):
                    week = WEEK.fullmatch(line)
                    if week is None:
                        raise ValueError(f"expected week: unit unit, got {line!r}")
                    named = week[2].split()
                    efforts = [Effort.of(root, unit) for unit in named]
                    rows.append(([nodes.paragraph("", week[1]), self.links(named)], sum(efforts[1:], efforts[0])))
            else:
                rows = [([self.links([unit])], Effort.of(root, unit)) for unit in units]
        except (ValueError, MasterError) as problem:
            raise self.error(f"pacing: {problem}") from problem
        for unit in units:
            self.env.note_dependency(str(root / "solutions" / f"{unit}.py"))
            for page in (root / "book").glob(f"{unit[:2]}*.md"):
                self.env.note_dependency(str(page))
        whole = sum((effort for _, effort in rows[1:]), rows[0][1])
        last: list[nodes.Node] = [nodes.paragraph("", "together"), *([nodes.paragraph()] if self.content else [])]
        head = ["week", "units"] if self.content else ["unit"]
        return [table([*head, *HEAD], [*rows, (last, whole)])]

    def links(self, units: Sequence[str]) -> nodes.paragraph:
        """The names of the chapters, each a link to its own."""
        text = nodes.paragraph()
        for unit in units:
            link = pending_xref("", nodes.inline("", ""), refdomain="std", reftype="doc", reftarget=f"/{unit}",
                                refexplicit=False, refwarn=True, refdoc=self.env.docname)
            text += [*([nodes.Text(", ")] if text.children else []), nodes.Text(f"{unit[:2]} "), link]
        return text


def table(head: Iterable[str], rows: Iterable[tuple[list[nodes.Node], Effort]]) -> nodes.table:
    """A table with these columns; of a row the first cells are nodes, the others those of the effort."""
    def row(cells: Iterable[nodes.Node]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", cell) for cell in cells))

    def text(words: str) -> nodes.paragraph:
        return nodes.paragraph("", words)

    names = list(head)
    body = [row([*first, *map(text, effort.cells)]) for first, effort in rows]
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in names), nodes.thead("", row(map(text, names))),
                         nodes.tbody("", *body), cols=len(names))
    return nodes.table("", group, classes=["pacing"])


class ExpectedMistakes(SphinxDirective):
    """Of every question of a unit the known mistakes: what each does, in the name of its function, and the hint."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        unit = self.arguments[0]
        path = Path(self.env.srcdir).parent / "solutions" / f"{unit}.py"
        try:
            bank = importlib.import_module(f"autograder.misconceptions.{unit[3:]}")
            parts = [part for question in questions(read_master(path)) if not question.manual
                     for part in self.of_question(question, bank)]
        except (OSError, ImportError, ValueError) as problem:
            raise self.error(f"expected-mistakes {unit}: {problem}") from problem
        self.env.note_dependency(str(path))
        self.env.note_dependency(str(bank.__file__))
        return parts

    def of_question(self, question: Question, bank: object) -> list[nodes.Node]:
        known = [(name, hints(bank, name)) for name in question.functions if isinstance(getattr(bank, name, None), list)]
        parts: list[nodes.Node] = [nodes.paragraph(
            "", "", nodes.strong("", f"{question.number}. {question.title}"),
            nodes.Text(f" · {question.minutes} minutes · {'★' * question.stars} · "),
            *(node for i, (name, _) in enumerate(known) for node in (nodes.Text(", " if i else ""), nodes.literal("", name))),
            classes=["mistakes-question"])]
        items = [nodes.list_item("", nodes.paragraph("", "", *sentence(text))) for _, texts in known for text in texts]
        parts.append(nodes.bullet_list("", *items[:OPEN]))
        if items[OPEN:]:
            more = f'<details style="margin-bottom: 1em"><summary>{len(items) - OPEN} more</summary>'
            parts += [nodes.raw("", more, format="html"),
                      nodes.bullet_list("", *items[OPEN:]), nodes.raw("", "</details>", format="html")]
        return parts


def setup(app: Sphinx) -> None:
    app.add_directive("pacing", Pacing)
    app.add_directive("expected-mistakes", ExpectedMistakes)
