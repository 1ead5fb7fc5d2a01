"""The student bundle holds no solution: the steps that known mistakes share are no right answers by themselves."""

import importlib
import inspect

import pytest
from units import UNITS, graded_functions, master, mistakes, solution_names

from autograder import checks, testfile
from autograder.assign import bundle_files
from autograder.isolation.library import is_open

UNIT = "03_gradient_descent"
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def helpers(unit):
    """The functions of a bank that are no known mistakes themselves."""
    module = importlib.import_module(f"autograder.misconceptions.{unit[3:]}")
    known = {mistake for listed in mistakes(unit).values() for mistake in listed}
    return {name: value for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and value not in known}


def takes_as_much(helper, right):
    """Whether a helper can be called with the arguments that the graded function has to get."""
    wanted = [p for p in inspect.signature(right).parameters.values() if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    try:
        inspect.signature(helper).bind(*wanted)
    except TypeError:
        return False
    return True


def is_right(unit, function, answer, names):
    """Whether an answer passes every test of a function; the first that it fails is enough to know."""
    for question in master(unit).questions:
        for test, case in zip(question.tests, testfile.cases(question), strict=True):
            if function in test.parameters and case.run(names | {function: answer}) is not None:
                return False
    return True


@pytest.mark.parametrize("unit", UNITS)
def test_no_helper_of_a_bank_is_a_right_answer(unit):
    names = solution_names(unit)
    functions = [name for name in graded_functions(unit) if callable(names[name])]
    checks.seed(1)
    try:
        right = [f"{name} answers {function}" for name, helper in helpers(unit).items() for function in functions
                 if takes_as_much(helper, names[function]) and is_right(unit, function, helper, names)]
    finally:
        checks.seed()
    assert not right, f"{unit}: the bank travels with the students' install"


def test_a_helper_that_were_one_would_be_found():
    """The solution itself in the place of a helper."""
    names = solution_names(UNIT)
    assert takes_as_much(names["softmax"], names["softmax"]) and is_right(UNIT, "softmax", names["softmax"], names)
    assert not takes_as_much(lambda z: z, lambda z, axis: z) and takes_as_much(lambda z, axis=0: z, lambda z: z)
    assert {"soft", "slopes", "descent"} <= set(helpers(UNIT))


def test_of_the_library_the_bundle_holds_the_open_part():
    files = bundle_files([master(unit) for unit in UNITS])
    modules = [name.removesuffix(".py").replace("/", ".") for name in files if name.startswith("llmcourse/") and
               name.endswith(".py") and not name.endswith("/__init__.py")]
    assert modules and all(map(is_open, modules)) and not [name for name in files if name.startswith(("solutions", "tests"))]
