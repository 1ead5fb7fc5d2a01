"""What the tests need to know about every unit: its master, its known mistakes, its alternative right answers."""

import ast
import importlib
import types
from functools import cache
from pathlib import Path

from autograder import testfile
from autograder.master import Master, read_master

ROOT = Path(__file__).resolve().parent.parent
SUBMISSIONS = ROOT / "tests" / "submissions"
UNITS = sorted(p.stem for p in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def unit_of(path: Path) -> str:
    """The unit of a sample submission."""
    return next(unit for unit in UNITS if path.name.startswith(unit))


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


def neighbours(unit: str) -> dict[str, list]:
    """Wrong answers by function that no known mistake's hint fits, as far as somebody has written some down."""
    written = ROOT / "tests" / "neighbours" / f"{unit[3:]}.py"
    return _lists(importlib.import_module(f"neighbours.{unit[3:]}")) if written.exists() else {}


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
