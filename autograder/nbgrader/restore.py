"""What students hand in under nbgrader, as the released notebook: with its names, its metadata, and each test cell once.

nbgrader knows a cell by its metadata and a notebook by its file's name, and gives no point for what it does not find: not for
the ordinary student notebook, for a file that a browser renamed, for a test cell that was deleted. A copied one ends its run.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.reading import Unreadable, load
from autograder.submission import CHECK, KEY, answered, choose, is_blank

Resources: TypeAlias = dict[str, Any]
GRADE_ID = re.compile(r"(?P<question>\w+?)_(?P<kind>answer|test)_(?P<number>\d+)")
# Other than what was released, so that nbgrader asks for a person's eyes.
NOT_FOUND = "The cell of this written answer was not found. What was written may stand in another text cell of this notebook."
TOLD = "This notebook was graded in the form in which it was released: "


@dataclass(frozen=True)
class Known:
    """A cell of the released notebook, as nbgrader's gradebook holds it; ``points`` is None where it is not graded."""

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    solution: bool
    points: float | None

    @property
    def question(self) -> str:
        match = GRADE_ID.fullmatch(self.name)
        return match["question"] if match else self.name

    def metadata(self) -> dict[str, object]:
        points = {} if self.points is None else {"points": self.points}
        return {"schema_version": 3, "grade_id": self.name, "grade": self.points is not None, "solution": self.solution,
                "locked": self.locked, "task": False, "checksum": self.checksum, "cell_type": self.cell_type, **points}

    def cell(self, text: str | None = None) -> NotebookNode:
        """The cell as it was released, hidden tests in it, or with another text."""
        source = self.source if text is None else text
        cell: NotebookNode = (nbformat.v4.new_code_cell(source) if self.cell_type == "code"
                              else nbformat.v4.new_markdown_cell(source))
        cell.metadata = nbformat.from_dict({"nbgrader": self.metadata()})
        return cell


# --- cells ------------------------------------------------------------------------------------------------------------

def restored(cells: list[NotebookNode], released: Mapping[str, Known]) -> tuple[list[NotebookNode], list[str]]:
    """A student's cells with the metadata and the tests of the released notebook, and what was mended, for the student.

    The tests of a question stand where the first test or check after its last answer stood, else right after that answer. Of a
    copied answer the last copy in which something is answered counts.
    """
    names = _named(cells, released)
    places: dict[str, int] = {}  # of each question, where its tests go
    tested = set[str]()  # questions of which a test or a check stands after the last answer so far
    kept: list[NotebookNode] = []
    notes: list[str] = []
    tests: dict[str, dict[str, NotebookNode]] = {}
    for cell, name in zip(cells, names, strict=True):
        checked = _checked(cell)
        if name is None:
            copied = _released(cell, released)
            if cell.metadata.pop("nbgrader", None) is not None:
                notes.append("a copied cell, or one of another notebook, was not graded")
            if copied and (copied.locked or is_blank(cell.source)):
                continue  # a test runs once, and a copy of the skeleton would undo an answer
            if checked is None or checked not in {known.question for known in released.values()}:
                kept.append(cell)
            elif checked not in tested:
                places[checked] = len(kept)
                tested.add(checked)
            continue
        known = released[name]
        cell.metadata["nbgrader"] = nbformat.from_dict(known.metadata())
        if not known.locked:
            kept.append(cell)
            places[known.question] = len(kept)
            tested.discard(known.question)
            continue
        tests.setdefault(known.question, {})[name] = cell
        if known.question not in tested:
            places[known.question] = len(kept)
            tested.add(known.question)
    missing = [known for name, known in released.items() if name not in names and known.points is not None]
    for known in missing:
        if known.locked:
            tests.setdefault(known.question, {})[known.name] = known.cell()
        else:
            kept.append(known.cell(NOT_FOUND))
    if missing:
        notes.append("what was missing (test cells, or the cell of a written answer) was added")
    for question in sorted(tests, key=lambda q: places.get(q, len(kept)), reverse=True):
        place = places.get(question, len(kept))
        kept[place:place] = [cell for _, cell in sorted(tests[question].items(), key=lambda item: _number(item[0]))]
    return kept, list(dict.fromkeys(notes))


def _named(cells: list[NotebookNode], released: Mapping[str, Known]) -> list[str | None]:
    """Of each cell, which cell of the released notebook it is: no two are the same."""
    names: list[str | None] = []
    for cell in cells:
        known = _released(cell, released)
        names.append(known.name if known else None)
    for name in released:
        copies = [i for i, n in enumerate(names) if n == name]
        order = -1 if released[name].locked else 1  # of tests the first
        best = max(copies, key=lambda i: (not is_blank(cells[i].source), i * order), default=None)
        for i in copies:
            names[i] = name if i == best else None
    for question in dict.fromkeys(known.question for known in released.values()):  # an ordinary notebook has our marks alone
        free = sorted((name for name, known in released.items()
                       if known.question == question and known.solution and name not in names), key=_number)
        marked = [i for i, cell in enumerate(cells) if names[i] is None and _mark(cell) == question]
        if len(marked) > len(free):
            marked = [i for i in marked if not is_blank(cells[i].source)] or marked
        for i, name in zip(marked[-len(free):] if free else [], free, strict=False):
            names[i] = name
    return names


def _released(cell: NotebookNode, released: Mapping[str, Known]) -> Known | None:
    """The cell of the released notebook that a cell says it is."""
    mark = cell.metadata.get("nbgrader")
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return released.get(name) if isinstance(name, str) else None


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


def _mark(cell: NotebookNode) -> str | None:
    """The question that a cell of an ordinary student notebook answers."""
    mark = cell.metadata.get(KEY)
    return mark.get("question") if isinstance(mark, dict) and mark.get("role") == "answer" else None


def _checked(cell: NotebookNode) -> str | None:
    """The question of a cell that does nothing but check it."""
    lines = [line.strip() for line in cell.source.splitlines()] if cell.cell_type == "code" else []
    checks = [match["question"] for line in lines if (match := CHECK.fullmatch(line))]
    return checks[-1] if checks and all(not line or line.startswith("#") or CHECK.fullmatch(line) for line in lines) else None


# --- what nbgrader calls ----------------------------------------------------------------------------------------------

class Restore(NbGraderPreprocessor):  # type: ignore[misc]
    """The first step of ``nbgrader autograde``: makes a submitted notebook one that the other steps can handle."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
            points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            released = {cell.name: Known(cell.name, cell.cell_type, cell.source, cell.checksum, cell.locked,
                                         cell.name in solutions, points.get(cell.name)) for cell in notebook.source_cells}
        nb.cells, notes = restored(nb.cells, released)
        if notes:
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(f"{TOLD}{'; '.join(notes)}."))
        return nb, resources


def choose_notebook(assignment: str, student: str, notebooks: list[str]) -> None:
    """Before nbgrader reads a student's folder: the notebook that the other routes would grade, under the name it expects.

    What stood there under that name is kept beside it. notebooks: their paths in the folder; changed in place.
    """
    folder = Path(notebooks[0]).parent
    wanted = folder / f"{assignment}.ipynb"
    try:
        submission, found = choose(folder, assignment)
        data = found.read()
        if found.name != wanted.name or not _is_plain(data):
            best = max(load(found.name, data).notebooks, key=answered)
            if wanted.exists():
                wanted.rename(folder / f"{assignment} as handed in.ipynb.txt")
            wanted.write_text(json.dumps(best), encoding="utf-8")
            print(f"{folder}: {found.name} is graded as {wanted.name}", file=sys.stderr)
        for note in submission.notes:
            print(f"{folder}: {note}", file=sys.stderr)
    except Unreadable as error:
        print(f"{folder}: {error}", file=sys.stderr)
        return
    notebooks[:] = [str(wanted)]


def _is_plain(data: bytes) -> bool:
    """Whether nbgrader can read a notebook as it is."""
    try:
        json.loads(data.decode())
    except (ValueError, RecursionError):
        return False
    return True
