"""What the tests need to know about every unit: its master, its wrong answers, its alternative right ones."""

import importlib
import multiprocessing
import types
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from autograder import testfile
from autograder.assign import assignment_of
from autograder.grade import grade
from autograder.master import Master, read_master
from autograder.results import Report
from autograder.session import Limits

ROOT = Path(__file__).resolve().parent.parent
SUBMISSIONS = ROOT / "tests" / "submissions"
UNITS = sorted(p.stem for p in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


@cache
def master(unit: str) -> Master:
    return read_master(ROOT / "solutions" / f"{unit}.py")


def solution_names(unit: str) -> dict:
    """The names of the solved notebook, fresh."""
    names = types.ModuleType("notebook").__dict__
    for cell in master(unit).cells:
        if cell.kind == "code":
            exec(compile(cell.solution, f"<{unit}>", "exec"), names)
    return names


def graded_functions(unit: str) -> list[str]:
    """Every name that a test of the unit asks for."""
    return list(dict.fromkeys(p for q in master(unit).questions for t in q.tests for p in t.parameters))


def bank(unit: str) -> dict[str, list]:
    """The misconceptions of the unit by function; a unit without a bank has none."""
    module = importlib.import_module(f"autograder.misconceptions.{unit[3:]}")
    return {name: getattr(module, name, []) for name in graded_functions(unit)}


def alternatives(unit: str) -> dict[str, list]:
    module = importlib.import_module(f"alternatives.{unit[3:]}")
    return {name: getattr(module, name, []) for name in graded_functions(unit)}


def run(unit: str, names: dict, function: str) -> list[tuple[testfile.Case, object]]:
    """Every test, public or hidden, that uses a function, with how it went."""
    out = []
    for question in master(unit).questions:
        for test, case in zip(question.tests, testfile.cases(question), strict=True):
            if function in test.parameters:
                out.append((case, case.run(names)))
    return out


def graded_sample(path: Path) -> Report:
    """The report of a sample submission, graded once for all tests, with little patience for endless loops."""
    return _graded_samples(next(u for u in UNITS if path.name.startswith(u)))[path]


@cache
def _graded_samples(unit: str) -> dict[Path, Report]:
    """All samples of a unit, several at a time: most of what they take is waiting for loops that never end."""
    paths = sorted(SUBMISSIONS.glob(f"{unit}_*"))
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        return dict(zip(paths, pool.map(_grade, [unit] * len(paths), paths), strict=True))


def _grade(unit: str, path: Path) -> Report:
    assignment = assignment_of(master(unit))
    assignment.limits = Limits(cell=5.0, call=2.0)
    return grade(assignment, path)
