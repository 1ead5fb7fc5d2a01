"""The wrong answers test the tests: each is rejected and named as itself; every alternative right answer passes."""

import pytest
from units import UNITS, alternatives, bank, graded_functions, run, solution_names

from autograder import checks

SEEDS = (1, 2, 3)
MISTAKES = [(unit, name, mistake) for unit in UNITS for name, wrong in bank(unit).items() for mistake in wrong]
RIGHT = [(unit, name, right) for unit in UNITS for name, good in alternatives(unit).items() for right in good]


def label(value):
    return value if isinstance(value, str) else getattr(value, "__name__", "?")


@pytest.fixture(autouse=True)
def fresh_seed_afterwards():
    yield
    checks.seed()


@pytest.mark.parametrize("unit", UNITS)
def test_every_graded_function_has_three_mistakes_and_two_alternatives(unit):
    for name in graded_functions(unit):
        assert len(bank(unit)[name]) >= 3, f"{unit}: {name} has {len(bank(unit)[name])} misconceptions"
        assert len(alternatives(unit)[name]) >= 2, f"{unit}: {name} has {len(alternatives(unit)[name])} alternatives"


@pytest.mark.parametrize("unit", UNITS)
def test_hints_are_distinct_and_do_not_hold_code(unit):
    for name, wrong in bank(unit).items():
        hints = [" ".join(m.__doc__.split()) for m in wrong]
        assert len(set(hints)) == len(hints), f"{unit}: two misconceptions of {name} have the same hint"
        assert all(20 <= len(h) <= 300 and "return " not in h for h in hints), hints


@pytest.mark.parametrize(("unit", "name", "mistake"), MISTAKES, ids=label)
def test_a_misconception_is_rejected_and_diagnosed_as_itself(unit, name, mistake):
    own = " ".join(mistake.__doc__.split())
    for seed in SEEDS:
        checks.seed(seed)
        failures = [(case.name, f) for case, f in run(unit, solution_names(unit) | {name: mistake}, name) if f is not None]
        assert failures, f"{mistake.__name__} passes all tests (seed {seed})"
        hints = [(test, f.hint) for test, f in failures if f.hint]
        assert hints, f"{mistake.__name__} is rejected but not recognised (seed {seed}): {failures[0]}"
        assert {hint for _, hint in hints} == {own}, f"{mistake.__name__} is taken for another mistake (seed {seed}): {hints}"


@pytest.mark.parametrize(("unit", "name", "right"), RIGHT, ids=label)
def test_an_alternative_right_answer_passes(unit, name, right):
    for seed in SEEDS:
        checks.seed(seed)
        failures = [(case.name, str(f)) for case, f in run(unit, solution_names(unit) | {name: right}, name) if f is not None]
        assert not failures, f"{right.__name__} fails (seed {seed}): {failures}"
