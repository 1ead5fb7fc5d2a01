"""Where the answer to each question is, whatever a student did to the cells: copied, moved, split, merged, turned into text.

A notebook is looked at, never run: with regular expressions on lines, and with a parser that reads a cell without running it.
"""

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autograder.submission import PLACEHOLDER, CodeCell, Submission

DEFINED = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w++)[ \t]*=[ \t]*lambda\b", re.MULTILINE)
ASSIGNED = re.compile(r"^(\w++)[ \t]*(?::[^=\n]{1,80})?=(?!=)", re.MULTILINE)
MAGIC = re.compile(r"^[ \t]*+(?:\w++[ \t]*+=[ \t]*+)?[%!?].*+$|^[^#'\"\n]*+(?<=\?)$", re.MULTILINE)
FENCE = re.compile(r"\A\s*(?:```|~~~)[^\n]*\n(.*?)\n?(?:```|~~~)\s*\Z", re.DOTALL)
MAX_CODE = 50_000  # characters of a cell that are parsed
COPY = "copy"  # the role of a copied skeleton, which would undo an answer
KINDS = {"markdown": "a Markdown cell", "raw": "a raw cell"}


@dataclass
class Places:
    """The code cells to run, in order, and after how many of them each question is graded."""

    cells: list[CodeCell]  # those with the role COPY are not run
    after: dict[str, int] = field(default_factory=dict)
    answers: dict[str, list[int]] = field(default_factory=dict)  # the cells that belong to an answer
    notes: list[str] = field(default_factory=list)  # what was odd, in sentences for the student


def find_places(submission: Submission, names: Mapping[str, Sequence[str]], written: Sequence[str] = ()) -> Places:
    """Where to grade the questions.

    names: of each question, those that its answer defines. written: questions answered in words.
    """
    notebook = _Notebook(submission, names)
    notebook.take_code_from_texts()
    for question in names:
        notebook.leave_out_skeletons(question)
        notebook.place(question)
    notebook.look_at_written(written)
    return notebook.found


class _Notebook:
    """One notebook on its way to its places."""

    def __init__(self, submission: Submission, names: Mapping[str, Sequence[str]]):
        self.submission, self.names = replace(submission, cells=list(submission.cells)), names
        self.found = Places(self.submission.cells)
        self.known: dict[str, Facts] = {}

    @property
    def cells(self) -> list[CodeCell]:
        return self.found.cells

    def facts(self, source: str) -> "Facts":
        """What a cell defines; each source is read once."""
        if source not in self.known:
            self.known[source] = read_cell(source, {name for names in self.names.values() for name in names})
        return self.known[source]

    # --- answers that are no code cells -------------------------------------------------------------------------------

    def take_code_from_texts(self) -> None:
        """Code that stands in a Markdown or raw cell, as if that were a code cell; the student is told."""
        for text in self.submission.texts:
            question = self.question_of(text)
            if question is None:
                continue
            what = f"The answer cell of {question} is {KINDS.get(text.kind, 'no code cell')}"
            code = FENCE.sub(r"\1", text.source) if text.kind == "markdown" else text.source
            if self.facts(code).broken or not self.facts(code).defined & set(self.names[question]):
                if not self.definers(question):
                    self.found.notes.append(f"{what}, so that nothing in it was run. Make it a code cell (Cell type: Code).")
                continue
            self.found.notes.append(f"{what}. Its code was run all the same; make it a code cell (Cell type: Code).")
            self.cells.append(replace(text, source=code, question=question, role="answer"))
            self.cells.sort(key=lambda cell: cell.number)

    def question_of(self, text: CodeCell) -> str | None:
        """The question that a text cell answers in code: by its mark, or because it defines what no code cell defines."""
        if text.question in self.names and text.role == "answer":
            return text.question
        defined = self.facts(FENCE.sub(r"\1", text.source)).defined
        return next((q for q, wanted in self.names.items() if defined & set(wanted) and not self.answered(q)), None)

    # --- copies -------------------------------------------------------------------------------------------------------

    def definers(self, question: str) -> list[int]:
        """Cells that define what a question asks for: functions and classes, or other values where no cell has such."""
        wanted = set(self.names[question])
        cells = [(i, self.facts(cell.source)) for i, cell in enumerate(self.cells) if cell.role != "check"]
        return [i for i, facts in cells if facts.defined & wanted] or [i for i, facts in cells if facts.assigned & wanted]

    def answered(self, question: str) -> list[int]:
        """Those of them in which something is answered."""
        return [i for i in self.definers(question) if self.answers(i, question)]

    def answers(self, i: int, question: str) -> set[str]:
        """The names that a question asks for and cell i answers."""
        facts = self.facts(self.cells[i].source)
        return set(self.names[question]) & (facts.names - facts.empty)

    def leave_out_skeletons(self, question: str) -> None:
        """A skeleton below an answer would undo it."""
        answered = self.answered(question)
        others = {name for q, wanted in self.names.items() if q != question for name in wanted}
        for i in self.definers(question):
            facts = self.facts(self.cells[i].source)
            above = {name for j in answered if j < i for name in self.answers(j, question)}
            empty = i not in answered and not (facts.broken or others & facts.names)
            if empty and facts.names & set(self.names[question]) <= above:
                self.cells[i] = replace(self.cells[i], role=COPY)
        if any(self.cells[i].role == COPY for i in self.definers(question)):
            self.found.notes.append(f"{question} stands in the notebook more than once; a copy without an answer was left out.")
        twice = max(([i for i in answered if name in self.answers(i, question)] for name in self.names[question]), key=len)
        if len({self.cells[i].source.strip() for i in twice}) > 1:  # a question may ask for two functions in a cell each
            self.found.notes.append(f"{question} is answered in {len(twice)} cells; the last of them that stands before the "
                                    "place where it is graded counts.")

    # --- places -------------------------------------------------------------------------------------------------------

    def place(self, question: str) -> None:
        """Right after its check or its last answer cell; without a check, or where the answer comes later, before the next
        question.
        """
        own = {i for i, cell in enumerate(self.cells) if cell.question == question and cell.role == "answer"}
        self.found.answers[question] = sorted(own | set(self.definers(question)))
        marked, answered = self.submission.state_after(question), self.answered(question)
        after = marked or 0
        if marked and not any(cell.question == question and cell.role == "check" for cell in self.cells):
            after = self.before_next(question, after)
        if not any(i < after for i in answered):
            after = self.place_elsewhere(question, after, bool(marked), answered)
        self.found.after[question] = after

    def place_elsewhere(self, question: str, after: int, marked: bool, answered: list[int]) -> int:
        """Where no answer stands at its own place: after the cells that hold one, else where it was, else at the end."""
        if answered:
            self.found.notes.append(f"The answer to {question} stands below its check; it was graded there." if marked else
                                    f"The cells of {question} are gone; it was graded after the cell that defines its answer.")
            return self.before_next(question, answered[-1] + 1)
        if not marked:
            self.found.notes.append(f"The cells of {question} are gone; it was graded at the end of the notebook.")
            return len(self.cells)
        return after

    def before_next(self, question: str, start: int) -> int:
        """The number of cells before the next one that belongs to another question; all cells where none comes."""
        for i in range(start, len(self.cells)):
            if self.cells[i].role in ("answer", "check") and self.cells[i].question not in (None, question):
                return i
        return len(self.cells)

    # --- written questions --------------------------------------------------------------------------------------------

    def look_at_written(self, written: Sequence[str]) -> None:
        """Tell a student whose written answer is gone, or still the text that was handed out."""
        for question in written:
            texts = [text.source.strip() for text in self.submission.texts
                     if text.question == question and text.role == "answer"]
            if not texts:
                self.found.notes.append(f"The answer cell of {question}, a written question, is gone. Your instructor may not "
                                        "find your answer: put the cell back from the notebook that was handed out.")
            elif all(text in ("", PLACEHOLDER) for text in texts):
                self.found.notes.append(f"{question}, a written question, is not answered yet.")


@dataclass(frozen=True)
class Facts:
    """What a cell defines at its margin, among the names that matter."""

    defined: frozenset[str]  # functions and classes
    assigned: frozenset[str]  # other values
    empty: frozenset[str]  # those of both whose definition is still a skeleton, or cannot be read
    broken: bool  # whether it is no Python, magics apart

    @property
    def names(self) -> frozenset[str]:
        return self.defined | self.assigned


def read_cell(source: str, wanted: set[str]) -> Facts:
    """The facts of a cell; it is parsed only where it defines a name that is wanted."""
    defined = frozenset(wanted.intersection(next(filter(None, found.groups())) for found in DEFINED.finditer(source)))
    assigned = frozenset(wanted.intersection(found[1] for found in ASSIGNED.finditer(source)) - defined)
    tree = _tree(source) or _tree(MAGIC.sub("pass", source)) if defined or assigned else None
    if tree is None:
        return Facts(defined, assigned, defined | assigned, bool(defined or assigned))
    empty = {name for node in tree.body if _is_skeleton(node) for name in _names_of(node)}
    empty -= {name for node in tree.body if not _is_skeleton(node) for name in _names_of(node)}
    return Facts(defined, assigned, frozenset(empty), False)


def _is_skeleton(node: ast.stmt) -> bool:
    """Whether ``...`` stands somewhere directly in a definition, or is all that is assigned."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return any(isinstance(inner, ast.Expr | ast.Return | ast.Assign) and _is_dots(inner.value) for inner in node.body)
        case ast.ClassDef():
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            return any(map(_is_skeleton, methods)) or (not methods and any(
                isinstance(inner, ast.Expr) and _is_dots(inner.value) for inner in node.body))
        case ast.Assign() | ast.AnnAssign():
            return _is_dots(node.value)
    return False


def _is_dots(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _names_of(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _tree(source: str) -> ast.Module | None:
    """The cell as Python's parser reads it; None where it does not, or where the cell is too long to try."""
    if len(source) > MAX_CODE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
