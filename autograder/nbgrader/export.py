"""The same exercise as an nbgrader course: source notebooks, and settings that keep hidden tests out of the feedback."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.master import Cell, Master, Question, Test
from autograder.notebook import KERNEL, write_notebook

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
CONFIG = '''\
"""Settings of this nbgrader course."""
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    GetGrades,
    OverwriteCells,
    OverwriteKernelspec,
)

from autograder.nbgrader.feedback import HideHiddenTests
from autograder.nbgrader.restore import Restore, choose_notebook

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "llmcourse"
c.ClearSolutions.code_stub = {"python": "..."}
c.Autograde.pre_convert_hook = choose_notebook  # whatever the file is called
c.Autograde.sanitize_preprocessors = [  # nbgrader's own, after a first one for cells without its metadata, deleted or copied
    Restore, ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
c.ExecutePreprocessor.timeout = 30  # seconds a cell
c.ExecutePreprocessor.interrupt_on_timeout = True
c.Execute.timeout = 30
c.Execute.interrupt_on_timeout = True
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.extensions=autograder.nbgrader.kernel"]
c.GenerateFeedback.preprocessors = [GetGrades, HideHiddenTests, CSSHTMLHeaderPreprocessor]
'''


def write_course(master: Master, course: Path) -> Path:
    """Write ``source/NN_name/NN_name.ipynb`` and ``nbgrader_config.py`` into a course folder; returns the notebook's path."""
    path = course / "source" / master.name / f"{master.name}.ipynb"
    write_notebook(source_notebook(master), path)
    config = course / "nbgrader_config.py"
    if not config.exists() or config.read_text(encoding="utf-8") != CONFIG:
        config.write_text(CONFIG, encoding="utf-8")
    return path


def source_notebook(master: Master) -> NotebookNode:
    """The instructor's notebook of nbgrader: solutions between its markers, one locked cell for every test."""
    questions = {q.name: q for q in master.questions}
    last = {cell.question: i for i, cell in enumerate(master.cells) if cell.question}
    cells = []
    for i, cell in enumerate(master.cells):
        cells.append(_content_cell(cell, questions.get(cell.question or ""), i))
        if cell.question and last[cell.question] == i:
            cells += [_test_cell(questions[cell.question], n, t) for n, t in enumerate(questions[cell.question].tests, 1)]
    for number, made in enumerate(cells):
        made["id"] = f"{master.name[:2]}-{number:03d}"
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict({**KERNEL, "llmcourse": {"assignment": master.name}})
    return notebook


def _content_cell(cell: Cell, question: Question | None, i: int) -> NotebookNode:
    if question is None or not cell.answer:
        return _cell(cell.kind, cell.solution, {})
    if question.manual:
        metadata = _grading(f"{question.name}_answer_{i}", solution=True, grade=True, points=question.points)
        return _cell("markdown", f"{BEGIN}\n{cell.solution}\n{END}", metadata)
    return _cell("code", _marked(cell), _grading(f"{question.name}_answer_{i}", solution=True))


def _cell(kind: str, source: str, metadata: dict[str, object]) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    cell.metadata = nbformat.from_dict(metadata)
    return cell


def _marked(cell: Cell) -> str:
    """The solved cell with nbgrader's markers around the lines that the student does not get."""
    solved, kept = cell.solution.splitlines(), (cell.student or "").splitlines()
    out: list[str] = []
    k = s = 0
    while s < len(solved):
        if k < len(kept) and solved[s] == kept[k]:
            out.append(solved[s])
            s, k = s + 1, k + 1
            continue
        indent = kept[k][: len(kept[k]) - len(kept[k].lstrip())] if k < len(kept) else ""
        k += 1  # the line that stands for the solution
        out.append(indent + BEGIN)
        rest = kept[k] if k < len(kept) else None
        while s < len(solved) and (rest is None or solved[s] != rest or not _resumes(solved, s, kept, k)):
            out.append(solved[s])
            s += 1
        out.append(indent + END)
    return "\n".join(out)


def _resumes(solved: list[str], s: int, kept: list[str], k: int) -> bool:
    """Whether the solved lines from ``s`` can still hold all kept lines from ``k`` that are not placeholders."""
    wanted = [line for line in kept[k:] if not line.rstrip().endswith("...")]
    rest = iter(solved[s:])
    return all(line in rest for line in wanted)


def _test_cell(question: Question, number: int, test: Test) -> NotebookNode:
    source = (f"{test.source}\n\nfrom autograder.nbgrader.testcell import run_test as _run_test\n"
              f"_run_test({test.function_name}, globals())")
    source = f"# {test.name}\n" + (f"{HIDDEN[0]}\n{source}\n{HIDDEN[1]}" if test.hidden else source)
    metadata = _grading(f"{question.name}_test_{number}", grade=True, locked=True, points=test.points)
    return _cell("code", source, metadata)


def _grading(grade_id: str, *, grade: bool = False, solution: bool = False, locked: bool = False,
             points: float | None = None) -> dict[str, object]:
    data: dict[str, object] = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution,
                               "locked": locked, "task": False}
    return {"nbgrader": data | ({} if points is None else {"points": points})}
