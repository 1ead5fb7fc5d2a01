"""Turn a master into all that is handed out: student notebook, Gradescope zip, nbgrader course, student bundle."""

import hashlib
import json
import re
import stat
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import nbformat

from autograder import testfile
from autograder.grade import Assignment, grade
from autograder.isolation.plan import OPEN
from autograder.master import LEFTOVER, Master, MasterError, read_master
from autograder.session import Limits
from autograder.submission import KEY

ROOT = Path(__file__).resolve().parent.parent
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
BUILD_MODULES = ("assign.py", "master.py", "nbgrader_export.py", "nbgrader_feedback.py")  # not needed where one grades
DESK_MODULES = ("__init__.py", "__main__.py", "desk.py", "checks.py", "values.py", "testfile.py", "doctor.py",
                "misconceptions")
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}


def assignment_of(master: Master) -> Assignment:
    """What grading needs, from a master."""
    cases = {q.name: testfile.cases(q) for q in master.questions if not q.manual}
    path = master.path.resolve()
    return Assignment(master.name, cases, secrets=(str(path), str(path.parent)), needs=tuple(needs(master)))


# --- the student's notebook -------------------------------------------------------------------------------------------

def student_notebook(master: Master, *, solved: bool = False) -> nbformat.NotebookNode:
    """The notebook a student gets (``solved``: the same with the solutions in it). Its public tests are in its metadata."""
    notebook = nbformat.v4.new_notebook()
    cells = [_cell("code", SETUP.format(repository=REPOSITORY, name=master.name), master, None, "setup")]
    last = {}
    for i, cell in enumerate(master.cells):
        if cell.question:
            last[cell.question] = i
    questions = {q.name: q for q in master.questions}
    for i, cell in enumerate(master.cells):
        source = cell.solution if solved else cell.student
        if source is not None:
            cells.append(_cell(cell.kind, source, master, cell.question, "answer" if cell.answer else "text"))
        if cell.question and last[cell.question] == i and not questions[cell.question].manual:
            cells.append(_cell("code", f'grader.check("{cell.question}")', master, cell.question, "check"))
    for number, cell in enumerate(cells):
        cell["id"] = hashlib.sha256(f"{master.name} {number}".encode()).hexdigest()[:8]
    notebook.cells = cells
    tests = {q.name: testfile.write(q, hidden=False) for q in master.questions if not q.manual}
    notebook.metadata = nbformat.from_dict({
        **KERNEL,
        KEY: {"assignment": master.name},
        "otter": {"OK_FORMAT": False, "assignment_name": master.name, "tests": tests},
    })
    return notebook


def _cell(kind: str, source: str, master: Master, question: str | None, role: str) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    metadata: dict = {}
    if role in ("setup", "check") or (question and role == "answer"):
        metadata[KEY] = {"role": role} | ({"question": question} if question else {})
        metadata["deletable"] = False
    if role == "setup":
        metadata["otter"] = {"ignore": True}
    if role == "check":
        metadata |= {"editable": False, "otter": {"tests": [question]}}
    cell.metadata = nbformat.from_dict(metadata)
    return cell


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook with sorted keys and a final newline; nothing is touched where it has not changed."""
    nbformat.validate(notebook)
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def refuse_leftovers(text: str, where: str) -> None:
    """Raise MasterError where a generated file still holds something that looks like a marker."""
    for line in text.splitlines():
        if LEFTOVER.search(line):
            raise MasterError(f"{where}: a marker was left over in {line.strip()[:100]!r}")


# --- the zip for Gradescope -------------------------------------------------------------------------------------------

def zip_files(master: Master) -> dict[str, bytes]:
    """Every file of the Gradescope zip by its path there."""
    questions = [q for q in master.questions if not q.manual]
    limits = Limits()
    config = {"name": master.name, "title": master.title, "questions": [q.name for q in questions], "points": master.points,
              "limits": {"cell": limits.cell, "call": limits.call, "total": limits.total}, "needs": needs(master)}
    files = {
        "assignment.json": _json(config),
        "otter_config.json": _json({"assignment_name": master.name, "lang": "python", "points_possible": master.points}),
        "requirements.txt": requirements(["sandbox", *config["needs"]]).encode(),
        **{f"tests/{q.name}.py": testfile.write(q).encode() for q in questions},
        **{name: (ROOT / "autograder" / "gradescope" / name).read_bytes() for name in ("setup.sh", "run_autograder")},
    }
    for package in ("autograder", "llmcourse"):
        files |= {f"packages/{p.relative_to(ROOT).as_posix()}": p.read_bytes() for p in package_files(ROOT / package)
                  if p.name not in BUILD_MODULES and p.parent.name != "gradescope"}
    return files


def package_files(folder: Path) -> list[Path]:
    """The source files of a package, and the data it ships, in a fixed order."""
    keep = {".py", ".txt", ".json", ".sh", ""}
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts and p.suffix in keep)


def needs(master: Master) -> list[str]:
    """The optional dependency groups of a unit: torch where its notebook imports it, else none."""
    code = "\n".join(c.solution for c in master.cells if c.kind == "code")
    return ["torch"] if re.search(r"^\s*(import|from)\s+torch\b", code, re.MULTILINE) else []


def requirements(groups: Iterable[str]) -> str:
    """Pinned packages for grading on Gradescope, one a line, from pyproject.toml."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for group in groups:
        lines += project["optional-dependencies"][group]
    return "\n".join(sorted(lines)) + "\n"


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def write_zip(files: dict[str, bytes], path: Path) -> None:
    """A zip whose bytes depend on its files alone: sorted, uncompressed, with a fixed date and fixed permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            executable = name in ("setup.sh", "run_autograder")
            info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            info.create_system = 3
            archive.writestr(info, data)
    temporary.replace(path)


# --- the bundle for students ------------------------------------------------------------------------------------------

def bundle_files(masters: list[Master]) -> dict[str, bytes]:
    """Notebooks, and the part of the packages that they use at a student's desk: no solution, no hidden test."""
    files = {f"notebooks/{m.name}.ipynb": (json.dumps(student_notebook(m), indent=1, sort_keys=True, ensure_ascii=False)
                                           + "\n").encode() for m in masters}
    for package, modules in (("llmcourse", OPEN), ("autograder", DESK_MODULES)):
        for module in modules:
            path = ROOT / package / module
            found = package_files(path) if path.is_dir() else [path]
            files |= {p.relative_to(ROOT).as_posix(): p.read_bytes() for p in found}
    files["requirements.txt"] = requirements(["notebook"]).encode()
    files["README.md"] = _BUNDLE_README.encode()
    return files


_BUNDLE_README = """\
# The course's exercises
1. Install: `python -m venv .venv && .venv/bin/pip install -r requirements.txt` (Python 3.11 or newer).
2. Open: `.venv/bin/jupyter lab`, and there the folder `notebooks/`.
3. In each notebook run the first cell, fill in the cells with `...`, and run `grader.check("q1")` after each question.
4. Save, and hand in the `.ipynb` file.

Something does not work? `.venv/bin/python -m autograder doctor` says what to mend.
"""


# --- the whole of it --------------------------------------------------------------------------------------------------

def assign(paths: list[Path], notebooks: Path, dist: Path, say=print, everything: list[Path] | None = None) -> None:
    """Check the masters at ``paths`` and write what is made of them; the bundle holds all units of ``everything``.

    Raises MasterError for a master whose solution does not get full marks or whose blank skeleton gets any.
    """
    from autograder.nbgrader_export import write_course

    for path in paths:
        master = read_master(path)
        student, solved = student_notebook(master), student_notebook(master, solved=True)
        refuse_leftovers("\n".join(c.source for c in student.cells), f"{master.name}.ipynb")
        refuse_leftovers("\n".join(c.source for c in solved.cells), f"{master.name} with solutions")
        check_scores(master, student, solved)
        write_notebook(student, notebooks / f"{master.name}.ipynb")
        write_zip(zip_files(master), dist / "gradescope" / f"{master.name}.zip")
        write_course(master, dist / "nbgrader")
        tests = sum(len(q.tests) for q in master.questions)
        say(f"{master.name}: {len(master.questions)} questions, {tests} tests, {master.points:g} points; "
            "solution full marks, blank 0")
    write_zip(bundle_files([read_master(p) for p in everything or paths]), dist / "student" / "llmcourse-student.zip")


def check_scores(master: Master, student: nbformat.NotebookNode, solved: nbformat.NotebookNode) -> None:
    """Grade solution and blank skeleton the way a submission is graded."""
    assignment = assignment_of(master)
    for notebook, what, wanted in ((solved, "solution", assignment.max_score), (student, "blank", 0.0)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{master.name}.ipynb"
            write_notebook(notebook, path)
            report = grade(assignment, path, unsafe=True)  # both are our own
        if abs(report.score - wanted) > 1e-9:
            wrong = [f"{t.question}: {t.name}: {t.message}" for t in report.tests if t.passed != (what == "solution")]
            raise MasterError(f"{master.name}: the {what} gets {report.score:g} of {assignment.max_score:g} points, expected "
                              f"{wanted:g} (seed {report.seed}):\n  " + "\n  ".join(wrong + report.notes[1:]))
