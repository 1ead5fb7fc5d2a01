"""Tests as files in Otter's exception format: written for stock otter-grader, read here without it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.checks import Failed, Function, TimeLimit, examination

if TYPE_CHECKING:
    from autograder.master import Question

IMPORT = "from otter.test_files import test_case\n"


def write(question: Question, *, hidden: bool = True) -> str:
    """The test file of a question; without its hidden tests where ``hidden`` is false."""
    parts = ["OK_FORMAT = False\n", IMPORT, f"name = {question.name!r}\npoints = None\n"]
    for test in question.tests:
        if test.hidden and not hidden:
            continue
        message = "" if test.failure_message is None else f", failure_message={test.failure_message!r}"
        decorator = f"@test_case(name={test.name!r}, points={test.points!r}, hidden={test.hidden!r}{message})"
        parts.append(f"{decorator}\n{test.source}\n")
    return "\n".join(parts)


@dataclass
class Case:
    """A test that can be run: call it with the names it asks for."""

    name: str
    points: float
    hidden: bool
    failure_message: str | None
    function: Function

    def run(self, names: Mapping[str, object]) -> Failed | None:
        """None when passed, else what to say. Names that the student does not have come in as None."""
        arguments = {p: names.get(p) for p in inspect.signature(self.function).parameters}
        missing = [p for p, value in arguments.items() if value is None or value is Ellipsis]
        unanswered = missing and Failed(f"Not answered yet: {missing[0]} is missing or still `...`. Run its cell, and keep its "
                                        "name.", blank=True)
        try:
            with examination():
                self.function(**arguments)
        except Failed as failed:
            return unanswered or failed if failed.blank else failed
        except AssertionError as error:
            failure = Failed(str(error) or f"the check {self.name!r} does not hold.")
        except (Exception, SystemExit, GeneratorExit, TimeLimit) as error:  # whatever a test does is no end of the grader
            failure = Failed(f"the test could not use what your code returned ({type(error).__name__}: {error}).")
        else:
            return None
        return unanswered or failure


def read(source: str, path: str = "<test>") -> tuple[str, list[Case]]:
    """Name and test cases of a test file."""
    cases: list[Case] = []

    def test_case(name: str, points: float, hidden: bool = False,
                  failure_message: str | None = None) -> Callable[[Function], Function]:
        def keep(function: Function) -> Function:
            cases.append(Case(name, points, hidden, failure_message, function))
            return function
        return keep

    tree = ast.parse(source, path)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.ImportFrom) and node.module == "otter.test_files")]
    namespace: dict[str, Any] = {"test_case": test_case, "__name__": "tests"}
    exec(compile(tree, path, "exec"), namespace)
    return namespace["name"], cases


def cases(question: Question) -> list[Case]:
    """The runnable tests of a question."""
    return read(write(question), f"<tests of {question.name}>")[1]

