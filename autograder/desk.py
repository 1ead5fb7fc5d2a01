"""``grader.check`` at a student's desk: the public tests of a notebook, run on the functions in that notebook."""

from __future__ import annotations  # a Python that is too old must get as far as doctor, which says so

import html
import inspect
import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.doctor import PYTHON, shell

if TYPE_CHECKING:
    from autograder.checks import Failed
    from autograder.testfile import Case

KAGGLE = Path("/kaggle/input")  # there a notebook is no file, but the student bundle can be added as a data set


class Notebook:
    """The grader of one student notebook: ``grader = Notebook("02_ngrams.ipynb")``, then ``grader.check("q1")``.

    path: the notebook file, which carries its public tests. If it was renamed, the one notebook of the same assignment in
    the folder is used. Where the unit needs PyTorch and it is missing, a sentence is printed. Raises FileNotFoundError where
    there is no such notebook, ImportError where Python is too old or NumPy is missing, each in one sentence.
    """

    def __init__(self, path: str):
        _check_python()
        self.assignment = Path(path).stem
        notebook = _find(path)
        self.tests = _tests_of(notebook, self.assignment)
        if _imports_torch(notebook) and find_spec("torch") is None:
            print("This unit needs PyTorch, which is not installed for this kernel: do %pip install torch in a cell, or in a "
                  f"terminal {shell(sys.executable)} -m pip install torch, and restart the kernel.")

    def check(self, question: str) -> CheckResult:
        """Run the public tests of a question and say how each went. Raises ValueError for an unknown question."""
        from autograder.checks import be_patient
        from autograder.testfile import read

        if question not in self.tests:
            raise ValueError(f"no question {question!r} in {self.assignment}; there are {', '.join(self.tests)}")
        names = _caller_names()
        be_patient()
        _, cases = read(self.tests[question])
        return CheckResult(question, [(case, case.run(names)) for case in cases])

    def check_all(self) -> list[CheckResult]:
        """Run the public tests of every question."""
        return [self.check(question) for question in self.tests]


class CheckResult:
    """How the public tests of one question went; shows itself as text or, in a notebook, in colour."""

    def __init__(self, question: str, outcomes: list[tuple[Case, Failed | None]]):
        self.question, self.outcomes = question, outcomes

    @property
    def passed(self) -> bool:
        return all(failure is None for _, failure in self.outcomes)

    @property
    def blank(self) -> bool:
        return bool(self.outcomes) and all(failure is not None and failure.blank for _, failure in self.outcomes)

    def _why_blank(self) -> str:
        detail = next(failure.detail for _, failure in self.outcomes if failure is not None)
        return detail[0].lower() + detail[1:]

    def _lines(self) -> list[tuple[str, str, list[str]]]:
        lines = []
        for case, failure in self.outcomes:
            said = [] if failure is None else [s for s in (failure.hint or case.failure_message, failure.detail) if s]
            lines.append(("✓" if failure is None else "✗", case.name, said))
        return lines

    def __repr__(self) -> str:
        if self.blank:
            return f"{self.question}: {self._why_blank()}"
        good = sum(failure is None for _, failure in self.outcomes)
        head = f"{self.question}: {good} of {len(self.outcomes)} public tests passed"
        head += ". Hidden tests run after you hand in." if self.passed else ":"
        for mark, name, said in self._lines():
            head += f"\n  {mark} {name}" + "".join(f"\n      {sentence}" for sentence in said)
        return head

    def _repr_html_(self) -> str:
        """The same, with the recognised mistake in bold. Colours keep a contrast of 4.5 on white and on black."""
        if self.blank:
            return f"<p><strong>{html.escape(self.question)}</strong>: {html.escape(self._why_blank())}</p>"
        rows = []
        for mark, name, said in self._lines():
            colour = "#1a7f5a" if mark == "✓" else "#c4532d"
            weight = ["bold" if len(said) > 1 else "normal", "normal"]
            text = "".join(f'<div style="margin-left:1.6em;font-weight:{w}">{html.escape(s)}</div>'
                           for s, w in zip(said, weight, strict=False))
            rows.append(f'<div><span style="color:{colour};font-weight:bold">{mark}</span> {html.escape(name)}{text}</div>')
        good = sum(failure is None for _, failure in self.outcomes)
        tail = " Hidden tests run after you hand in." if self.passed else ""
        return (f"<div><strong>{html.escape(self.question)}</strong>: {good} of {len(self.outcomes)} public tests passed.{tail}"
                f'{"".join(rows)}</div>')


def _caller_names() -> dict[str, object]:
    """The names of the notebook: those of the first caller outside this module."""
    frame = inspect.currentframe()
    while frame and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return {} if frame is None else {**frame.f_globals, **frame.f_locals}


def _check_python() -> None:
    """Refuse a Python on which the tests could not be run, in one sentence."""
    found, wanted = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, PYTHON))
    if sys.version_info < PYTHON:
        raise ImportError(f"This kernel is Python {found}, but the course needs {wanted} or newer: get one from python.org, "
                          "make an environment with it, and choose that as the kernel.")
    if find_spec("numpy") is None:
        raise ImportError("NumPy is not installed for this kernel: do %pip install numpy in a cell, or in a terminal "
                          f"{shell(sys.executable)} -m pip install numpy, restart the kernel, and run this cell again.")


def _find(path: str) -> dict[str, Any]:
    """The notebook that carries the tests: the file, a renamed copy beside it, the open one on Colab, or Kaggle's input."""
    given, stem = Path(path), Path(path).stem
    candidates = [given] if given.is_file() else []
    candidates += [p for p in sorted(Path().glob("*.ipynb")) if p != given]
    candidates += sorted(KAGGLE.rglob(f"{stem}.ipynb"))
    for candidate in candidates:
        try:
            notebook: dict[str, Any] = json.loads(candidate.read_text(encoding="utf-8"))
            if _tests_of(notebook, stem):
                return notebook
        except (OSError, ValueError, AttributeError):
            continue
    notebook = _colab_notebook()
    if _tests_of(notebook, stem):
        return notebook
    raise FileNotFoundError(f"no notebook of the assignment {stem!r} in {Path().resolve()}: open the notebook in its own "
                            "folder (and save it once)")


def _imports_torch(notebook: dict[str, Any]) -> bool:
    """Whether a code cell of the notebook imports PyTorch."""
    sources = ["".join(cell.get("source", "")) for cell in notebook.get("cells", []) if cell.get("cell_type") == "code"]
    return any(re.search(r"^\s*(import|from)\s+torch\b", source, re.MULTILINE) for source in sources)


def _tests_of(notebook: dict[str, Any], assignment: str) -> dict[str, str]:
    otter: dict[str, Any] = notebook.get("metadata", {}).get("otter", {})
    return otter.get("tests", {}) if otter.get("assignment_name") == assignment else {}


def _colab_notebook() -> dict[str, Any]:
    """The notebook that is open in Google Colab, where it is no file; empty elsewhere."""
    try:
        from google.colab import _message
    except ImportError:
        return {}
    notebook: dict[str, Any] = _message.blocking_request("get_ipynb", timeout_sec=10).get("ipynb", {})
    return notebook
