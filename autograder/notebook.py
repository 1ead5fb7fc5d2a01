"""The notebook that a student gets, and how any notebook is written: the same to the byte, and only where it has changed."""

import hashlib
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import testfile
from autograder.master import Master
from autograder.submission import KEY

REPOSITORY = "https://github.com/llmcourse/llmcourse"
SETUP = """\
# Run this cell first. It finds the course's packages: installed, or in the folder above; where they are not (on Colab, say),
# it installs them.
import sys
sys.path.append("..")
try:
    import autograder
except ImportError:
    %pip install -q "llmcourse @ git+{repository}"
    import autograder
grader = autograder.Notebook("{name}.ipynb")"""
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}


def student_notebook(master: Master, *, solved: bool = False) -> NotebookNode:
    """The notebook a student gets (``solved``: the same with the solutions in it). Its public tests are in its metadata."""
    notebook: NotebookNode = nbformat.v4.new_notebook()
    cells = [_cell("code", SETUP.format(repository=REPOSITORY, name=master.name), None, "setup")]
    last = {}
    for i, cell in enumerate(master.cells):
        if cell.question:
            last[cell.question] = i
    questions = {q.name: q for q in master.questions}
    for i, cell in enumerate(master.cells):
        source = cell.solution if solved else cell.student
        if source is not None:
            cells.append(_cell(cell.kind, source, cell.question, "answer" if cell.answer else "text"))
        if cell.question and last[cell.question] == i and not questions[cell.question].manual:
            cells.append(_cell("code", f'grader.check("{cell.question}")', cell.question, "check"))
    for number, made in enumerate(cells):
        made["id"] = hashlib.sha256(f"{master.name} {number}".encode()).hexdigest()[:8]
    notebook.cells = cells
    tests = {q.name: testfile.write(q, hidden=False) for q in master.questions if not q.manual}
    notebook.metadata = nbformat.from_dict({
        **KERNEL,
        KEY: {"assignment": master.name},
        "otter": {"OK_FORMAT": False, "assignment_name": master.name, "tests": tests},
    })
    return notebook


def _cell(kind: str, source: str, question: str | None, role: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    metadata: dict[str, object] = {}
    if role in ("setup", "check") or (question and role == "answer"):
        metadata[KEY] = {"role": role} | ({"question": question} if question else {})
        metadata["deletable"] = False
    if role == "setup":
        metadata["otter"] = {"ignore": True}
    if role == "check":
        metadata |= {"editable": False, "otter": {"tests": [question]}}
    cell.metadata = nbformat.from_dict(metadata)
    return cell


def notebook_text(notebook: NotebookNode) -> str:
    """A notebook as its file holds it: sorted keys, a final newline."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Check a notebook against its format and write it; nothing is touched where it has not changed."""
    nbformat.validate(notebook)
    text = notebook_text(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
