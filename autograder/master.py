"""Read a master: one unit's exercise with solutions and tests, in py:percent with Otter Assign's markers.

The grammar is a strict subset of Otter Assign's: whatever looks like a marker and is not understood is an error, because a
marker that is silently passed over is a solution in a student's notebook.
"""

import ast
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import jupytext
import yaml
from nbformat import NotebookNode

from autograder.submission import PLACEHOLDER

MARKER = re.compile(r"^\s*#?\s*#\s*(BEGIN|END)\s+(\S.*?)\s*$", re.IGNORECASE)
LEFTOVER = re.compile(r"\b(BEGIN|END)\s+(SOLUTION|TESTS?|QUESTION|PROMPT|HIDDEN\s+TESTS|TEST\s+CONFIG)\b|#\s*SOLUTION\b|"
                      r"ASSIGNMENT\s+CONFIG", re.IGNORECASE)
END_OF_LINE = re.compile(r"^(?P<indent>\s*)(?P<code>.*?)\s*#\s*SOLUTION(?P<no_prompt>\s+NO PROMPT)?\s*$", re.IGNORECASE)
TEST_CONFIG = re.compile(r'''\A"""\s*#\s*BEGIN TEST CONFIG\s*\n(?P<yaml>.*?)\n?"""\s*#\s*END TEST CONFIG\s*\n''', re.DOTALL)


class MasterError(ValueError):
    """A master that cannot be turned into an assignment; the message names the file, the cell and what to mend."""


@dataclass
class Test:
    """One test case: a function whose parameters are names from the student's notebook, and its points."""

    name: str
    points: float
    hidden: bool
    failure_message: str | None
    source: str  # the function, without its call

    @property
    def function_name(self) -> str:
        return _test_function(self.source).name

    @property
    def parameters(self) -> list[str]:
        return [a.arg for a in _test_function(self.source).args.args]


@dataclass
class Question:
    name: str
    points: float
    manual: bool = False
    tests: list[Test] = field(default_factory=list)


@dataclass
class Cell:
    """One cell of the master that reaches a student: as they get it, and as it is solved."""

    kind: str  # code or markdown
    solution: str
    student: str | None  # None: a cell that only the solution has
    question: str | None = None
    answer: bool = False  # a cell in which the student is to write


@dataclass
class Master:
    name: str
    path: Path
    cells: list[Cell]
    questions: list[Question]

    @property
    def points(self) -> float:
        """What the autograded questions are worth together."""
        return sum(q.points for q in self.questions if not q.manual)

    @property
    def title(self) -> str:
        for cell in self.cells:
            if cell.kind == "markdown" and cell.solution.startswith("# "):
                return cell.solution.splitlines()[0][2:].strip()
        return self.name


def read_master(path: Path) -> Master:
    """Read and check a master. Raises MasterError."""
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    return _Reader(path).read(notebook.cells)


class _Reader:
    """Walks the cells once; ``stack`` holds the blocks that are open."""

    def __init__(self, path: Path):
        self.path, self.stack = path, list[str]()
        self.name: str | None = None
        self.cells: list[Cell] = []
        self.questions: list[Question] = []
        self.question: Question | None = None

    def fail(self, message: str) -> NoReturn:
        raise MasterError(f"{self.path.name}, cell {self.index}: {message}")

    def read(self, cells: list[NotebookNode]) -> Master:
        for self.index, cell in enumerate(cells, 1):
            if cell.cell_type == "raw":
                self.marker(cell.source)
            elif self.open("TESTS"):
                self.test(cell)
            else:
                self.content(cell)
        if self.stack:
            self.fail(f"{self.stack[-1]} was begun and never ended")
        if not self.name:
            self.fail("no ASSIGNMENT CONFIG with a name")
        if self.name != self.path.stem:
            self.fail(f"the assignment is called {self.name!r}, its file {self.path.name!r}: expected the same name")
        if not self.questions:
            self.fail("no question")
        return Master(self.name, self.path, self.cells, self.questions)

    def open(self, block: str) -> bool:
        return bool(self.stack) and self.stack[-1] == block

    def marker(self, source: str) -> None:
        first, _, rest = source.partition("\n")
        config = self.yaml(rest)
        if re.match(r"^#\s*ASSIGNMENT CONFIG\s*$", first):
            self.name = config.get("name")
            return
        match = MARKER.match(first)
        if not match:
            self.fail(f"a raw cell that is no marker: {first!r}")
        verb, block = match[1], match[2]
        known = {"QUESTION", "SOLUTION", "SOLUTION NO PROMPT", "TESTS"}
        if block not in known or verb not in ("BEGIN", "END"):
            self.fail(f"unknown marker {first.strip()!r}; expected BEGIN or END of {', '.join(sorted(known))}")
        block = block.removesuffix(" NO PROMPT")
        if verb == "BEGIN":
            self.begin(block, config)
        else:
            if not self.open(block):
                self.fail(f"END {block} without BEGIN {block}" + (f" (open: {self.stack[-1]})" if self.stack else ""))
            self.stack.pop()
            if block == "QUESTION" and self.question:
                self.end_question(self.question)

    def yaml(self, text: str) -> dict[str, Any]:
        try:
            config = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            self.fail(f"not YAML ({' '.join(str(error).split())})")
        if not isinstance(config, dict):
            self.fail(f"expected key: value lines, got {config!r}")
        return config

    def begin(self, block: str, config: dict[str, Any]) -> None:
        inside = {"QUESTION": [], "SOLUTION": ["QUESTION"], "TESTS": ["QUESTION"]}[block]
        if self.stack != inside:
            self.fail(f"BEGIN {block} inside {self.stack or 'nothing'}, expected inside {inside or 'nothing'}")
        if block == "QUESTION":
            unknown = set(config) - {"name", "points", "manual"}
            name = config.get("name")
            if unknown or not isinstance(name, str) or not re.fullmatch(r"\w+", name) or not _are_points(config.get("points")):
                self.fail(f"a question needs name (one word) and points (and may say manual: true), got {config}")
            if name in [q.name for q in self.questions]:
                self.fail(f"question {name!r} twice")
            self.question = Question(name, config["points"], bool(config.get("manual", False)))
            self.questions.append(self.question)
        self.stack.append(block)

    def end_question(self, q: Question) -> None:
        self.question = None
        if q.manual:
            if q.tests:
                self.fail(f"question {q.name} is graded by hand, but has tests")
            return
        if not q.tests:
            self.fail(f"question {q.name} has no tests")
        if not any(not t.hidden for t in q.tests):
            self.fail(f"question {q.name} has no public test: a student could check nothing")
        total = sum(t.points for t in q.tests)
        if abs(total - q.points) > 1e-9:
            self.fail(f"the tests of {q.name} are worth {total:g} points together, the question {q.points:g}")
        for names in ([t.name for t in q.tests], [t.function_name for t in q.tests]):  # stock otter keeps one of the latter
            if len(set(names)) < len(names):
                self.fail(f"two tests of {q.name} have the same name: {names}")
        if not any(c.question == q.name and c.answer for c in self.cells):
            self.fail(f"question {q.name} has no solution cell")

    def test(self, cell: NotebookNode) -> None:
        match = TEST_CONFIG.match(cell.source)
        if cell.cell_type != "code" or not match:
            self.fail('a test cell must be code that starts with """ # BEGIN TEST CONFIG … """ # END TEST CONFIG')
        config = self.yaml(match["yaml"])
        unknown = set(config) - {"name", "points", "hidden", "failure_message"}
        if unknown or not isinstance(config.get("name"), str) or not _are_points(config.get("points")):
            self.fail(f"a test needs name and points (and may have hidden, failure_message), got {config}")
        body = cell.source[match.end():]
        try:
            tree = ast.parse(body)
        except SyntaxError as error:
            self.fail(f"the test does not compile: {error}")
        if len(tree.body) != 2 or not _is_function_and_call(*tree.body):
            self.fail("a test cell holds one function and one call of it, nothing else")
        source = "\n".join(body.splitlines()[: tree.body[0].end_lineno]).strip()
        if "# SOLUTION" in source:
            self.fail("a SOLUTION marker inside a test")
        assert self.question is not None  # a TESTS block stands inside a question: ``begin`` sees to that
        self.question.tests.append(Test(config["name"], config["points"], bool(config.get("hidden", False)),
                                        config.get("failure_message"), source))

    def content(self, cell: NotebookNode) -> None:
        source, in_solution = cell.source, self.open("SOLUTION")
        question = self.question.name if self.question else None
        if cell.cell_type == "markdown":
            if LEFTOVER.search(source):
                self.fail("a marker inside a markdown cell")
            manual = in_solution and self.question is not None and self.question.manual
            student = source if not in_solution else PLACEHOLDER if manual else None
            self.cells.append(Cell("markdown", source, student, question, answer=manual))
            return
        solution, student, touched = self.strip(source)
        if touched and not in_solution:
            self.fail("solution markers in a code cell outside BEGIN SOLUTION … END SOLUTION")
        if in_solution and not touched:
            student = None
        self.cells.append(Cell("code", solution, student, question, answer=in_solution and touched))

    def strip(self, source: str) -> tuple[str, str, bool]:
        """The cell with its solution, the cell as the student gets it, and whether the two differ."""
        solved, kept, inside, touched = [], [], None, False
        for line in source.splitlines():
            match = MARKER.match(line)
            if match and match[2].upper().startswith("SOLUTION"):
                if match[1] == "BEGIN" and inside is None and match[2] in ("SOLUTION", "SOLUTION NO PROMPT"):
                    inside, touched = len(line) - len(line.lstrip()), True
                    if match[2] == "SOLUTION":
                        kept.append(" " * inside + "...")
                elif match[1] == "END" and inside is not None and match[2] == "SOLUTION":
                    inside = None
                else:
                    self.fail(f"unmatched or unknown marker {line.strip()!r}")
                continue
            if inside is not None:
                if LEFTOVER.search(line):
                    self.fail(f"a marker inside a solution: {line.strip()!r}")
                solved.append(line)
                continue
            end = END_OF_LINE.match(line)
            if end:
                touched = True
                solved.append(f"{end['indent']}{end['code']}")
                try:
                    prompt = _prompt(end["indent"], end["code"])
                except SyntaxError:
                    self.fail(f"not one whole statement: {line.strip()!r}; put BEGIN SOLUTION and END SOLUTION around it")
                if not end["no_prompt"]:
                    kept.append(prompt)
                continue
            if LEFTOVER.search(line):
                self.fail(f"a marker that is not understood: {line.strip()!r}")
            solved.append(line)
            kept.append(line)
        if inside is not None:
            self.fail("BEGIN SOLUTION without END SOLUTION")
        return "\n".join(solved).strip("\n"), "\n".join(kept).strip("\n"), touched


def _are_points(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _prompt(indent: str, code: str) -> str:
    """A line ``x = 5`` becomes ``x = ...``, any other line ``...``. Raises SyntaxError where it is no whole statement."""
    statements = ast.parse(code).body
    if len(statements) != 1:
        raise SyntaxError
    match statements[0]:
        case ast.Assign(targets=[*_, last]) | ast.AnnAssign(annotation=last, value=ast.expr()):
            start = len(code.encode()[: last.end_col_offset].decode())
            return f"{indent}{code[: code.index('=', start) + 1]} ..."
    return f"{indent}..."


def _test_function(source: str) -> ast.FunctionDef:
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)  # the reader has let nothing else through
    return function


def _is_function_and_call(function: ast.stmt, call: ast.stmt) -> bool:
    return (isinstance(function, ast.FunctionDef) and isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
            and isinstance(call.value.func, ast.Name) and call.value.func.id == function.name)
