"""Turn a master into all that is handed out: student notebook, Gradescope zip, nbgrader course, student bundle."""

import base64
import hashlib
import io
import json
import re
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat

from autograder import project, testfile
from autograder.assignment import Assignment
from autograder.grade import grade
from autograder.isolation.library import OPEN, open_paths
from autograder.master import LEFTOVER, Master, MasterError, read_master
from autograder.nbgrader.export import write_course
from autograder.notebook import notebook_text, student_notebook, write_notebook
from autograder.session import Limits
from autograder.written import key_page

ROOT = project.PACKAGES
BANK = re.compile(r"\bautograder\.misconceptions\.(\w+)")  # the known mistakes that a test asks for
# What an import statement names of the library, `from llmcourse.x import y` or `from llmcourse import (x, z)`:
FROM_LIBRARY = re.compile(r"^\s*(?:from|import)\s+llmcourse(?:\.(\w+)|\s+import\s+(\([^)]*\)|.*))", re.MULTILINE)
# Not needed where one grades:
BUILD_MODULES = ("assign.py", "master.py", "notebook.py", "project.py", "written.py", "nbgrader", "gradescope", "cohort")
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
    """Pinned packages for grading on Gradescope, one a line."""
    return "\n".join(project.locked(groups)) + "\n"


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def write_zip(files: dict[str, bytes], path: Path) -> None:
    """Write a zip of files, by their paths in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(zipped(files))
    temporary.replace(path)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip whose bytes depend on its files alone: sorted, uncompressed, with a fixed date and fixed permissions."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            executable = name in ("setup.sh", "run_autograder", ".binder/postBuild")
            info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            info.create_system = 3
            archive.writestr(info, data)
    return file.getvalue()


# --- the bundle for students ------------------------------------------------------------------------------------------

STUDENT = "llmcourse-student"  # the distribution of what students install: fewer modules than llmcourse, under the same names
TOOLS = ("notebook", "torch")  # the optional groups that are of use to students


def bundle_files(masters: list[Master]) -> dict[str, bytes]:
    """Notebooks, and the part of the packages that they use at a student's desk: no solution, no hidden test.

    The packages are there twice, as folders, which the notebooks find without installing, and as a wheel. Unpacked, the bundle
    can be a repository as it is: the same address then serves pip, Binder, Colab and nbgitpuller.
    """
    wheel = f"{STUDENT.replace('-', '_')}-{project.project()['version']}-py3-none-any.whl"
    packages = desk_files()
    tools = "\n".join([f"./{wheel}", *project.ranges(["notebook"])]) + "\n"
    return {
        **{f"notebooks/{m.name}.ipynb": notebook_text(student_notebook(m)).encode() for m in masters},
        **packages, wheel: student_wheel(packages),
        "pyproject.toml": _student_project().encode(),
        "requirements.txt": tools.encode(),
        **{f".binder/{p.name}": p.read_bytes() for p in (project.FOLDER / ".binder").iterdir()},
        "LICENSE": (project.FOLDER / "LICENSE").read_bytes(),
        "README.md": _bundle_readme(wheel).encode(),
    }


def desk_files() -> dict[str, bytes]:
    """The modules that a student's desk needs: the open part of the library, and of the grader what checks."""
    paths = (*open_paths(ROOT / "llmcourse"), *(ROOT / "autograder" / module for module in DESK_MODULES))
    found = [p for path in paths for p in (package_files(path) if path.is_dir() else [path])]
    return {p.relative_to(ROOT).as_posix(): p.read_bytes() for p in found}


def student_wheel(packages: dict[str, bytes]) -> bytes:
    """A wheel of these modules: an archive as the Packaging User Guide defines it (Binary distribution format), so that it can
    be made without a network, the same to the byte.
    """
    facts = project.project()
    extras = "".join(f"Provides-Extra: {group}\n" + "".join(
        f'Requires-Dist: {line}; extra == "{group}"\n' for line in facts["optional-dependencies"][group]) for group in TOOLS)
    needed = "".join(f"Requires-Dist: {line}\n" for line in facts["dependencies"])
    home = f"Project-URL: Repository, {project.address()}\n" if project.address() else ""
    folder = f"{STUDENT.replace('-', '_')}-{facts['version']}.dist-info"
    files = packages | {
        f"{folder}/METADATA": (f"Metadata-Version: 2.1\nName: {STUDENT}\nVersion: {facts['version']}\nSummary: {_SUMMARY}\n"
                               f"License: {facts['license']}\n{home}Requires-Python: {facts['requires-python']}\n"
                               f"{needed}{extras}").encode(),
        f"{folder}/WHEEL": b"Wheel-Version: 1.0\nGenerator: autograder assign\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{folder}/LICENSE": (project.FOLDER / "LICENSE").read_bytes(),
    }
    record = [f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
              for name, data in sorted(files.items())]
    return zipped(files | {f"{folder}/RECORD": "".join([*record, f"{folder}/RECORD,,\n"]).encode()})


def _student_project() -> str:
    """The bundle's pyproject.toml: pip installs from the bundle, or from a repository that holds it, what the wheel holds."""
    facts = project.project()
    extras = "".join(f"{group} = {json.dumps(facts['optional-dependencies'][group])}\n" for group in TOOLS)
    home = f'\n[project.urls]\nRepository = "{project.address()}"\n' if project.address() else ""
    return (f'[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n\n'
            f'[project]\nname = "{STUDENT}"\nversion = "{facts["version"]}"\ndescription = "{_SUMMARY}"\n'
            f'license = "{facts["license"]}"\nlicense-files = ["LICENSE"]\nrequires-python = "{facts["requires-python"]}"\n'
            f'dependencies = {json.dumps(facts["dependencies"], indent=4)}\n\n[project.optional-dependencies]\n{extras}{home}\n'
            '[tool.setuptools.packages.find]\ninclude = ["llmcourse*", "autograder*"]\n\n'
            '[tool.setuptools.package-data]\nllmcourse = ["corpora/**/*.txt"]\n')


_SUMMARY = "The exercises of a course on language models: what the notebooks need to check answers"


def _bundle_readme(wheel: str) -> str:
    home = project.address()
    at = f"\nThe course is at {home}.\n" if home else ""
    return _BUNDLE_README.replace("WHEEL", wheel) + at


_BUNDLE_README = """\
# The course's exercises
Everything here works without a network, once Python, NumPy and Jupyter are there. No solutions are in it.

## Your own computer
Python 3.11 or newer is needed (`python3 --version`). In a terminal, in this folder:

```bash
python3 -m venv .venv
.venv/bin/python -m pip install -r requirements.txt
.venv/bin/jupyter lab notebooks
```

On Windows, in PowerShell: `py -m venv .venv`, then `.venv\\Scripts\\python -m pip install -r requirements.txt`, then
`.venv\\Scripts\\jupyter lab notebooks`.

Then, in each notebook:

1. Run the first cell.
2. Fill in the cells with `...`, and run `grader.check("q1")` after each question.
3. Save, and hand in the `.ipynb` file.

From unit 06 on, some questions need PyTorch: `.venv/bin/python -m pip install torch`.

Something does not work? `.venv/bin/python -m autograder doctor` says what to mend; where there is no `.venv` yet,
`python3 -m autograder doctor`.

## Somewhere else
The file `WHEEL` is all that a notebook needs besides NumPy. Put it beside the notebook, and run the first cell: nothing has to
be installed.

- **Google Colab**: *File, Upload notebook*; then the folder on the left, *Upload*, and the wheel. Colab forgets uploaded files
  when its machine goes away; upload the wheel again then.
- **Kaggle**: *File, Import Notebook*; then *Add Input, Upload, New Dataset* with this zip. The first cell finds the wheel and
  the tests there, also where the notebook's internet is switched off.
- **JupyterHub**: upload this zip, and in a terminal there `unzip llmcourse-student.zip -d llmcourse`; open a notebook in
  `llmcourse/notebooks`. Nothing has to be installed where NumPy is.
- **A computer without a network**: on one that has a network, and the same system and Python,
  `python3 -m pip download -r requirements.txt -d packages`; copy this folder with `packages` in it; there
  `python3 -m venv .venv` and `.venv/bin/python -m pip install --no-index --find-links packages -r requirements.txt`.

To import the course's packages in notebooks of your own, install the wheel: `python -m pip install ./WHEEL`.
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
