"""What the tests need to know about every unit: its master, its known mistakes, its alternative right answers."""

import ast
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


def mistakes(unit: str) -> dict[str, list]:
    """The unit's known mistakes by the function in which they are made. Imports the one module that lists them."""
    return _lists(importlib.import_module(f"autograder.misconceptions.{unit[3:]}"))


def alternatives(unit: str) -> dict[str, list]:
    """Right answers by function, each written in another way than the solution."""
    return _lists(importlib.import_module(f"alternatives.{unit[3:]}"))


def _lists(module: types.ModuleType) -> dict[str, list]:
    return {name: value for name, value in vars(module).items() if isinstance(value, list) and not name.startswith("_")}


def listed(path: Path) -> list[tuple[str, str]]:
    """(function, mistake or alternative) for all that such a module lists, read from its source: nothing is imported.

    Empty where the module is missing or does not compile, so that the tests of that one unit fail and no others.
    """
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError):
        return []
    lists = [(target.id, node.value.elts) for node in body if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
             for target in node.targets if isinstance(target, ast.Name)]
    return [(function, item.id) for function, items in lists for item in items if isinstance(item, ast.Name)]


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
