"""The notebook that a student gets, and how any notebook is written: the same to the byte, and only where it has changed."""

import hashlib
import json
import textwrap
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import project, testfile
from autograder.master import Master
from autograder.submission import KEY

# The first cell. It touches none of the packages that the kernel uses: a wheel is read where it lies, and what is fetched goes
# into a folder of its own. Where there are no checks, later cells say so in the same sentence, and not by a NameError each.
SETUP = """\
# Run this cell first: it loads the checks. It finds the course's packages where they are
# installed, in the folder above, or in the student bundle's wheel beside this notebook.
import sys
from glob import glob
sys.path += ["..", *glob("llmcourse*.whl"), *glob("../llmcourse*.whl"),
             *glob("/kaggle/input/**/llmcourse*.whl", recursive=True)]
{fetch}try:
    from autograder import Notebook
    grader = Notebook("{name}.ipynb")
except (ImportError, OSError) as error:
    class NoChecks:
        why = str(error) if not isinstance(error, ModuleNotFoundError) else (
{missing})
        def check(self, question=""):
            print(self.why)
    grader = NoChecks()
    grader.check()"""
FETCH = """\
try:
    import autograder
except ImportError:  # fetch them
    import os, subprocess, tempfile
    sys.path.append(tempfile.mkdtemp())
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target",
                    sys.path[-1], "git+{address}"], capture_output=True,
                   env={{**os.environ, "PIP_USER": "0", "GIT_TERMINAL_PROMPT": "0"}})
"""
WHEEL = "put the wheel of the student bundle (the file whose name ends in .whl) beside this notebook, and run this cell again."
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}


def student_notebook(master: Master, *, solved: bool = False) -> NotebookNode:
    """The notebook a student gets (``solved``: the same with the solutions in it). Its public tests are in its metadata."""
    notebook: NotebookNode = nbformat.v4.new_notebook()
    cells = [_cell("code", first_cell(master.name, project.address()), None, "setup")]
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


def first_cell(name: str, address: str) -> str:
    """The source of a notebook's first cell. It fetches the packages where the course has an address, and shows none else."""
    missing, fetch = f"The course's packages are not here: {WHEEL}", ""
    if address:
        missing = (f"The course's packages are not here, and could not be fetched from {address}: connect to the network, or "
                   f"{WHEEL}")
        fetch = FETCH.format(address=address)
    lines = textwrap.wrap(missing, 76, drop_whitespace=False, break_long_words=False, break_on_hyphens=False)
    return SETUP.format(name=name, fetch=fetch, missing="\n".join(f'            "{line}"' for line in lines))


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
