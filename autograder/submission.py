"""Read what a student handed in: find the notebook, check it, and know which cell belongs to which question."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from autograder.finding import Found, listed, tiers
from autograder.reading import DOWNLOAD, MAX_BYTES, Clock, Unreadable, load

__all__ = ["CHECK", "KEY", "MAX_BYTES", "PLACEHOLDER", "CodeCell", "Submission", "Unreadable",
           "answered", "choose", "is_blank", "parse", "read_submission"]

MAX_CELLS = 2000
MAX_NOTEBOOKS = 20  # of several that were handed in, so many are looked at
PLACEHOLDER = "_Type your answer here._"  # what stands where a written answer is asked for
KEY = "llmcourse"  # this project's key in the metadata of notebooks and cells
# Possessive, so that every one of these takes time in proportion to its line.
CHECK = re.compile(r"grader\s*+\.\s*+check\s*+\(\s*+[\"'](?P<question>\w++)[\"']\s*+\)\s*+;?\s*+(#.*+)?")
NAMED = re.compile(r"\bNotebook\(\s*+(?:filename\s*+=\s*+)?[\"'](?P<name>[^\"'\n]{1,100}+)[\"']")
UNIT = re.compile(r"\d\d_[a-z]\w*")
OTHER_LANGUAGES = frozenset("r ir julia scala javascript typescript deno c c++ c# f# .net-csharp .net-fsharp java kotlin go "
                            "rust ruby perl php lua haskell ocaml clojure elixir matlab octave sas stata sql bash powershell "
                            "wolfram".split())


@dataclass
class CodeCell:
    number: int  # counted from 1 over all cells, as a reader of the notebook counts
    source: str
    question: str | None = None
    role: str | None = None  # setup, answer, check, or None for a cell the student added
    kind: str = "code"  # or markdown, raw
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)  # pictures in it: name -> kind -> data

@dataclass
class Submission:
    name: str
    assignment: str | None
    cells: list[CodeCell]
    notes: list[str] = field(default_factory=list)  # what was odd, in sentences for the student
    texts: list[CodeCell] = field(default_factory=list)  # the cells that are no code: Markdown and raw ones
    named: str | None = None  # the file that its first cell names, where the metadata names no assignment

    def belongs_to(self, assignment: str) -> bool:
        """Whether this may be a notebook of the assignment: nothing in it says otherwise."""
        if self.assignment is not None:
            return self.assignment == assignment
        unit = UNIT.match(self.named or "")
        return unit is None or unit[0].startswith(assignment)

    @property
    def answered(self) -> int:
        """How many questions have answer cells without a placeholder left; where no cell is marked, how many such cells."""
        marked = [c for c in self.cells if c.question and c.role == "answer"]
        blank = {c.question for c in marked if is_blank(c.source)}
        return len({c.question for c in marked} - blank) if marked else sum(not is_blank(c.source) for c in self.cells)

    def state_after(self, question: str) -> int | None:
        """Number of code cells to run before the question is graded: up to its check, or its last answer cell if later.

        None where neither is left: then the whole notebook is run.
        """
        places = [i for i, c in enumerate(self.cells) if c.question == question and c.role in ("answer", "check")]
        return max(places) + 1 if places else None


def is_blank(source: str) -> bool:
    """Whether nothing is written in a cell, or what stands for an answer: a sentence, or ``...`` alone or as a value."""
    lines = [line.strip() for line in source.splitlines()]
    return not any(lines) or lines == [PLACEHOLDER] or any(line == "..." or line.endswith("= ...") for line in lines)


@dataclass(frozen=True, order=True)
class _Rank:
    """What decides between several notebooks, the most important first."""

    ours: bool
    answered: int
    minute: float  # when it was changed; files that were unpacked together differ by seconds, which means nothing
    shortness: int
    name: str

    def reason(self, other: "_Rank") -> str:
        """Why this one was preferred to the other."""
        if self.ours > other.ours:
            return "which is of this assignment"
        if self.answered > other.answered:
            return "which answers more questions"
        return "which is newer" if self.minute > other.minute else "whose name is shorter" if (
            self.shortness > other.shortness) else "the last by name"


def read_submission(path: Path, assignment: str | None = None) -> Submission:
    """Read what a student handed in: a notebook, or a folder or zip that holds one. Raises Unreadable with a sentence for them.

    assignment: its notebook is preferred where there are several. Of several, the one that answers most questions is taken, or
    the newest of those that answer as many, and a note says so.
    """
    return choose(path, assignment)[0]


def choose(path: Path, assignment: str | None = None) -> tuple[Submission, Found]:
    """The same, and the file that it was read from."""
    clock = Clock()
    best: tuple[Submission, Found] | None = None
    ranks, refused = list[_Rank](), list[tuple[str, Unreadable]]()
    for tier in tiers(path, clock):
        for found in tier[:MAX_NOTEBOOKS]:
            clock.look()
            try:
                read = parse(found.name, found.read(), clock)
            except Unreadable as error:
                refused.append((found.name, error))
                continue
            ours = assignment is None or read.belongs_to(assignment)
            ranks.append(_Rank(ours, read.answered, found.changed // 60, -len(found.name), found.name))
            if max(ranks) is ranks[-1]:
                best = read, found
        if best and max(ranks).ours:
            break
    if best is None and refused:
        raise refused[0][1]
    if best is None:
        present = listed(p.name for p in path.iterdir())
        raise Unreadable(f"No notebook was handed in, but {present}. Hand in the .ipynb file of this assignment.")
    best[0].notes.extend(_about_others(ranks, [name for name, _ in refused]))
    return best


def _about_others(ranks: list[_Rank], refused: list[str]) -> list[str]:
    """What the student is told where the notebook that was graded is not the only one."""
    best, *others = sorted(ranks, reverse=True)
    notes = []
    if others:
        notes.append(f"{len(ranks)} notebooks were handed in ({listed(rank.name for rank in ranks)}); {best.name} was graded, "
                     f"{best.reason(others[0])}. To be sure, hand in just one .ipynb file.")
    if refused:
        notes.append(f"{listed(refused)} could not be read; {best.name} was graded.")
    return notes


def parse(name: str, data: bytes, clock: Clock | None = None) -> Submission:
    """A submission from the bytes of a notebook. Raises Unreadable."""
    content = load(name, data, clock)
    best = _submission(name, max(content.notebooks, key=answered))
    best.notes[:0] = content.notes
    return best


def answered(notebook: object) -> int:
    """How many questions are answered in parsed JSON; −1 where it is no notebook."""
    try:
        return _submission("", notebook).answered
    except Unreadable:
        return -1


def _submission(name: str, notebook: object) -> Submission:
    notes = []
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        if isinstance(notebook, dict) and "worksheets" in notebook:
            raise Unreadable(f"{name} is a notebook of an old format. Open it in Jupyter, save it (File, Save Notebook), and "
                             "hand in the .ipynb file.")
        raise Unreadable(f"{name} is JSON, but not a notebook. {DOWNLOAD}")
    metadata = notebook.get("metadata")
    cells = [_cell(number, cell) for number, cell in enumerate(notebook["cells"][:MAX_CELLS], 1)]
    if len(notebook["cells"]) > MAX_CELLS:
        notes.append(f"The notebook has {len(notebook['cells'])} cells; only the first {MAX_CELLS} were run.")
    code = [cell for cell in cells if cell is not None and cell.kind == "code"]
    texts = [cell for cell in cells if cell is not None and cell.kind != "code"]
    if not code:
        raise Unreadable(f"{name} has no code cells. Hand in the notebook of this assignment with your answers in it.")
    if language := _other_language(metadata):
        if not any(cell.question for cell in code):
            raise Unreadable(f"{name} is a notebook for {language!r}, not for Python. Choose the Python 3 kernel and save it "
                             "again.")
        notes.append(f"The notebook says that its language is {language!r}; its cells were run as Python. Choose the Python 3 "
                     "kernel (Kernel, Change Kernel) and save it.")
    checks = Counter(cell.question for cell in code if cell.role == "check")
    notes += [f"{question} is checked {times} times; it was graded after the last one." for question, times in checks.items()
              if times > 1]
    assignment = _get(metadata, KEY, "assignment") or _get(metadata, "otter", "assignment_name")
    named = next((match["name"].removesuffix(".ipynb") for cell in code[:20] if (match := NAMED.search(cell.source))), None)
    return Submission(name, assignment if isinstance(assignment, str) else None, code, notes, texts, named)


def _other_language(metadata: object) -> str | None:
    """The programming language that the metadata names, where it is another; "plaintext", as VS Code may write, is none."""
    for keys in (("kernelspec", "language"), ("language_info", "name"), ("kernelspec", "name")):
        language = _get(metadata, *keys)
        if isinstance(language, str) and language.strip().lower() in OTHER_LANGUAGES:
            return language.strip()
    return None


def _cell(number: int, cell: object) -> CodeCell | None:
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if not isinstance(cell, dict) or kind not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    question, role = _get(cell, "metadata", KEY, "question"), _get(cell, "metadata", KEY, "role")
    question, role = (value if isinstance(value, str) else None for value in (question, role))
    if kind != "code":
        attachments = cell.get("attachments")
        return CodeCell(number, source, question, role, kind, attachments if isinstance(attachments, dict) else {})
    lines = [line.strip() for line in source.splitlines()]
    checks = [match for line in lines if (match := CHECK.fullmatch(line))]
    alone = all(not line or line.startswith("#") or CHECK.fullmatch(line) for line in lines)
    if checks and (alone or question is None):
        question = checks[-1]["question"]
    if checks and alone:
        role = "check"  # and nothing else: it need not be run
    elif role == "check" or (checks and role is None):
        role = "answer"
    return CodeCell(number, source, question, role)


def _get(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
