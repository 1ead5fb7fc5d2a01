"""Turn a master into all that is handed out: student notebook, Gradescope zip, nbgrader course, student bundle."""

import json
import re
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat

from autograder import testfile
from autograder.assignment import Assignment
from autograder.grade import grade
from autograder.isolation.library import OPEN, open_paths
from autograder.master import LEFTOVER, Master, MasterError, read_master
from autograder.nbgrader.export import write_course
from autograder.notebook import notebook_text, student_notebook, write_notebook
from autograder.session import Limits
from autograder.written import key_page

ROOT = Path(__file__).resolve().parent.parent
BANK = re.compile(r"\bautograder\.misconceptions\.(\w+)")  # the known mistakes that a test asks for
# What an import statement names of the library, `from llmcourse.x import y` or `from llmcourse import (x, z)`:
FROM_LIBRARY = re.compile(r"^\s*(?:from|import)\s+llmcourse(?:\.(\w+)|\s+import\s+(\([^)]*\)|.*))", re.MULTILINE)
# Not needed where one grades:
BUILD_MODULES = ("assign.py", "master.py", "notebook.py", "written.py", "nbgrader", "gradescope", "cohort")
DESK_MODULES = ("__init__.py", "__main__.py", "desk.py", "checks.py", "values.py", "testfile.py", "doctor.py",
                "relations", "misconceptions")


def assignment_of(master: Master) -> Assignment:
    """What grading needs, from a master."""
    cases = {q.name: testfile.cases(q) for q in master.questions if not q.manual}
    path = master.path.resolve()
    return Assignment(master.name, cases, secrets=(str(path), str(path.parent)), needs=tuple(needs(master)),
                      written=by_hand(master))


# --- the zip for Gradescope -------------------------------------------------------------------------------------------

def zip_files(master: Master) -> dict[str, bytes]:
    """Every file of the Gradescope zip by its path there."""
    questions = [q for q in master.questions if not q.manual]
    limits = Limits()
    config = {"name": master.name, "title": master.title, "questions": [q.name for q in questions], "points": master.points,
              "limits": {"cell": limits.cell, "call": limits.call, "total": limits.total}, "needs": needs(master),
              "written": by_hand(master)}
    files = {
        "assignment.json": _json(config),
        "otter_config.json": _json({"assignment_name": master.name, "lang": "python", "points_possible": master.points}),
        "requirements.txt": requirements(["cells", "sandbox", *needs(master)]).encode(),
        **{f"tests/{q.name}.py": testfile.write(q).encode() for q in questions},
        **{name: (ROOT / "autograder" / "gradescope" / name).read_bytes() for name in ("setup.sh", "run_autograder")},
    }
    tests = "\n".join(test.source for q in questions for test in q.tests)
    banks = {f"{name}.py" for name in BANK.findall(tests)}
    grader = {path: path.read_bytes() for path in package_files(ROOT / "autograder")
              if (parts := path.relative_to(ROOT / "autograder").parts)[0] not in BUILD_MODULES
              and not (parts[0] == "misconceptions" and parts[1] not in {"__init__.py", *banks})}
    sources = "\n".join([tests, *(source.decode() for path, source in grader.items() if path.suffix == ".py")])
    for path, source in {**grader, **library_files(sources)}.items():
        files[f"packages/{path.relative_to(ROOT).as_posix()}"] = source
    return files


def library_files(sources: str) -> dict[Path, bytes]:
    """The files of those parts of ``llmcourse`` that the sources import, with all that these import, and of its open part."""
    parts: dict[str, dict[Path, bytes]] = {}
    for path in package_files(ROOT / "llmcourse"):
        name = path.relative_to(ROOT / "llmcourse").parts[0].removesuffix(".py")
        parts.setdefault(name, {})[path] = path.read_bytes()
    found, new = dict[Path, bytes](), {"__init__", "py.typed", *OPEN} | imported(sources)
    while new := {name for name in new if name in parts}:
        files = {path: source for name in new for path, source in parts.pop(name).items()}
        found |= files
        new = imported("\n".join(source.decode() for path, source in files.items() if path.suffix == ".py"))
    return dict(sorted(found.items()))


def imported(sources: str) -> set[str]:
    """The parts of ``llmcourse`` that the import statements of sources name."""
    return {name for below, names in FROM_LIBRARY.findall(sources) for name in re.findall(r"\w+", below or names)}


def package_files(folder: Path) -> list[Path]:
    """The source files of a package, and the data it ships, in a fixed order."""
    keep = {".py", ".txt", ".json", ".sh", ""}
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts and p.suffix in keep)


def needs(master: Master) -> list[str]:
    """The optional dependency groups of a unit: torch where its notebook imports it, else none."""
    code = "\n".join(c.solution for c in master.cells if c.kind == "code")
    return ["torch"] if re.search(r"^\s*(import|from)\s+torch\b", code, re.MULTILINE) else []


def by_hand(master: Master) -> dict[str, float]:
    """Points of the questions that are answered in words."""
    return {q.name: q.points for q in master.questions if q.manual}


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
    files = {f"notebooks/{m.name}.ipynb": notebook_text(student_notebook(m)).encode() for m in masters}
    for path in (*open_paths(ROOT / "llmcourse"), *(ROOT / "autograder" / module for module in DESK_MODULES)):
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

def assign(paths: list[Path], notebooks: Path, dist: Path, say: Callable[[str], object] = print,
           everything: list[Path] | None = None) -> None:
    """Check the masters at ``paths`` and write what is made of them; the bundle holds all units of ``everything``.

    Raises MasterError for a master whose solution does not get full marks or whose blank skeleton gets any.
    """
    for path in paths:
        master = read_master(path)
        student, solved = student_notebook(master), student_notebook(master, solved=True)
        refuse_leftovers("\n".join(c.source for c in student.cells), f"{master.name}.ipynb")
        refuse_leftovers("\n".join(c.source for c in solved.cells), f"{master.name} with solutions")
        check_scores(master, student, solved)
        write_notebook(student, notebooks / f"{master.name}.ipynb")
        write_zip(zip_files(master), dist / "gradescope" / f"{master.name}.zip")
        write_course(master, dist / "nbgrader")
        if by_hand(master):
            key = dist / "written" / f"{master.name}.html"
            key.parent.mkdir(parents=True, exist_ok=True)
            key.write_text(key_page(master), encoding="utf-8")
        tests = sum(len(q.tests) for q in master.questions)
        say(f"{master.name}: {len(master.questions)} questions, {tests} tests, {master.points:g} points; "
            "solution full marks, blank 0")
    write_zip(bundle_files([read_master(p) for p in everything or paths]), dist / "student" / "llmcourse-student.zip")


def refuse_leftovers(text: str, where: str) -> None:
    """Raise MasterError where a generated file still holds something that looks like a marker."""
    for line in text.splitlines():
        if LEFTOVER.search(line):
            raise MasterError(f"{where}: a marker was left over in {line.strip()[:100]!r}")


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
