"""The known mistakes test the tests: each is rejected and named as itself; every alternative right answer passes."""

import pytest
from units import ROOT, UNITS, alternatives, graded_functions, listed, mistakes, run, solution_names

from autograder import checks

# A mistake may divide by zero. In a notebook that is a warning and a value, and the value is what tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
SEEDS = (1, 2, 3)
FOLDERS = {mistakes: ROOT / "autograder" / "misconceptions", alternatives: ROOT / "tests" / "alternatives"}


def every(kind):
    """(unit, function, name) of everything of a kind, for pytest to list: what a unit lacks fails there, not here."""
    return [(unit, *pair) for unit in UNITS for pair in listed(FOLDERS[kind] / f"{unit[3:]}.py")]


def named(kind, unit, function, name):
    [found] = [answer for answer in kind(unit)[function] if answer.__name__ == name]
    return found


@pytest.fixture(autouse=True)
def fresh_seed_afterwards():
    yield
    checks.seed()


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("kind", "least"), [(mistakes, 3), (alternatives, 2)], ids=["mistakes", "alternatives"])
def test_every_graded_function_has_three_mistakes_and_two_alternatives(unit, kind, least):
    found = kind(unit)
    few = {name: len(found.get(name, [])) for name in graded_functions(unit) if len(found.get(name, [])) < least}
    assert not few, f"{unit} has fewer than {least} {kind.__name__} of {few}"
    assert set(found) == set(graded_functions(unit)), f"{unit} lists {kind.__name__} of functions that no test asks for"
    tried = [(function, name) for u, function, name in every(kind) if u == unit]
    assert tried == [(function, answer.__name__) for function, answers in found.items() for answer in answers], (
        f"{unit}: the {kind.__name__} of a function stand in one list of names, so that each is tried below")


@pytest.mark.parametrize("unit", UNITS)
def test_hints_are_distinct_and_do_not_hold_code(unit):
    for name, wrong in mistakes(unit).items():
        hints = [" ".join(m.__doc__.split()) for m in wrong]
        assert len(set(hints)) == len(hints), f"{unit}: two mistakes in {name} have the same hint"
        assert all(20 <= len(h) <= 300 and "return " not in h for h in hints), hints


@pytest.mark.parametrize(("unit", "name", "mistake"), every(mistakes))
def test_a_mistake_is_rejected_and_diagnosed_as_itself(unit, name, mistake):
    wrong = named(mistakes, unit, name, mistake)
    own = " ".join(wrong.__doc__.split())
    for seed in SEEDS:
        checks.seed(seed)
        failures = [(case.name, f) for case, f in run(unit, solution_names(unit) | {name: wrong}, name) if f is not None]
        assert failures, f"{mistake} passes all tests (seed {seed})"
        hints = [(test, f.hint) for test, f in failures if f.hint]
        assert hints, f"{mistake} is rejected but not recognised (seed {seed}): {failures[0]}"
        assert {hint for _, hint in hints} == {own}, f"{mistake} is taken for another mistake (seed {seed}): {hints}"


@pytest.mark.parametrize(("unit", "name", "right"), every(alternatives))
def test_an_alternative_right_answer_passes(unit, name, right):
    for seed in SEEDS:
        checks.seed(seed)
        names = solution_names(unit) | {name: named(alternatives, unit, name, right)}
        failures = [(case.name, str(f)) for case, f in run(unit, names, name) if f is not None]
        assert not failures, f"{right} fails (seed {seed}): {failures}"


def test_what_a_module_lists_is_read_without_running_it(tmp_path):
    """A missing or broken module lists nothing, and its unit's tests fail; nothing else does."""
    path = tmp_path / "unit.py"
    assert listed(path) == []
    path.write_text("raise SystemExit\nA, B = 1, 2\ncount = [first, second]\nother = [third]\n")
    assert listed(path) == [("count", "first"), ("count", "second"), ("other", "third")]
    path.write_text("count = [first,")
    assert listed(path) == []
