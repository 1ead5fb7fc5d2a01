"""The known mistakes test the tests: each is rejected and named as itself; every alternative right answer passes.

Neighbours are wrong answers beside the known mistakes: they are rejected as well, and no hint is given to them, as it would
be untrue.
"""

import itertools

import pytest
from units import ROOT, UNITS, alternatives, graded_functions, listed, master, mistakes, neighbours, run, solution_names

from autograder import checks, testfile
from autograder.values import arrays

# A mistake may divide by zero. In a notebook that is a warning and a value, and the value is what tests are about.
# Its time may end while the garbage collector calls back: there the end is only written down, and comes again a little later.
pytestmark = [pytest.mark.filterwarnings("ignore::RuntimeWarning"),
              pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
SEEDS = (1, 2, 3)
MANY_SEEDS = range(10)
FOLDERS = {mistakes: ROOT / "autograder" / "misconceptions", alternatives: ROOT / "tests" / "alternatives",
           neighbours: ROOT / "tests" / "neighbours"}


def every(kind):
    """(unit, function, name) of everything of a kind, for pytest to list: what a unit lacks fails there, not here."""
    return [(unit, *pair) for unit in UNITS for pair in listed(FOLDERS[kind] / f"{unit[3:]}.py")]


def functions():
    """(unit, function) for all that is graded."""
    return list(dict.fromkeys((unit, function) for unit, function, _ in every(alternatives)))


def named(kind, unit, function, name):
    [found] = [answer for answer in kind(unit)[function] if answer.__name__ == name]
    return found


@pytest.fixture(autouse=True)
def a_second_a_call_and_fresh_seeds_afterwards(monkeypatch):
    """Mistakes that never end are many, and five seconds of each in every seed would take most of the time of these tests."""
    monkeypatch.setattr(checks, "CALL_SECONDS", 1.0)
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
    checks.seed(1)  # more of them below
    names = solution_names(unit) | {name: named(alternatives, unit, name, right)}
    failures = [(case.name, str(f)) for case, f in run(unit, names, name) if f is not None]
    assert not failures, f"{right} fails: {failures}"


@pytest.mark.parametrize(("unit", "name", "wrong"), every(neighbours))
def test_a_neighbour_is_rejected_and_gets_no_hint(unit, name, wrong):
    names = solution_names(unit) | {name: named(neighbours, unit, name, wrong)}
    for seed in SEEDS:
        checks.seed(seed)
        failures = [(case.name, f) for case, f in run(unit, names, name) if f is not None]
        assert failures, f"{wrong} passes all tests (seed {seed})"
        hints = [(test, f.hint) for test, f in failures if f.hint]
        assert not hints, f"{wrong} is taken for a known mistake (seed {seed}): {hints}"


def cases_of(unit, name):
    """(test in the master, what runs it) for every test of a function."""
    return [pair for question in master(unit).questions for pair in zip(question.tests, testfile.cases(question), strict=True)
            if name in pair[0].parameters]


def calls_of(unit, name, case, monkeypatch):
    """The calls that a test makes of a function: (arguments, keywords, expected value, tolerances)."""
    calls = []

    def expect(function, *args, want, mistakes=(), atol=1e-9, rtol=1e-9, **kwargs):
        [copy], _ = checks.received((want,), {})
        calls.append((*checks.received(args, kwargs), copy, atol, rtol))
        return want

    with monkeypatch.context() as patched:
        patched.setattr(checks, "expect", expect)
        assert case.run(solution_names(unit)) is None
    return calls


def right(answer, args, kwargs, want, atol, rtol):
    outcome = checks.invoke(answer, args, kwargs)
    return outcome.error is None and outcome.changed is None and checks.difference(outcome.value, want, atol, rtol) is None


@pytest.mark.parametrize(("unit", "name"), functions())
def test_every_seed_gives_an_answer_the_same_verdict(unit, name, monkeypatch):
    """Whether an answer keeps its points may not be a matter of luck: each test goes one way, whatever numbers it draws.

    The inputs are drawn once a seed, for all answers, and a test ends with the first wrong value.
    """
    for test, case in cases_of(unit, name):
        if "rng(" not in test.source:
            continue
        drawn = []
        for seed in MANY_SEEDS:
            checks.seed(seed)
            drawn.append(calls_of(unit, name, case, monkeypatch))
        for kind in FOLDERS:
            for answer in kind(unit).get(name, []):
                verdicts = {all(right(answer, *call) for call in calls): seed for seed, calls in enumerate(drawn)}
                assert len(verdicts) == 1, f"{answer.__name__} passes {case.name!r} by luck: {verdicts}"
                assert kind is not alternatives or True in verdicts, f"{answer.__name__} fails {case.name!r}"


def alike(one, other):
    """Whether two outcomes of a call cannot be told apart: one value, or one class of exception, and the same arguments."""
    if (one.error, one.changed) != (other.error, other.changed):
        return False
    return one.error is not None or checks.difference(arrays(one.value), arrays(other.value)) is None


@pytest.mark.parametrize(("unit", "name"), functions())
def test_public_examples_tell_wrong_answers_apart(unit, name, monkeypatch):
    """What a student reads of a public test is true only where no two of the answers that it rejects look alike in it."""
    for test, case in cases_of(unit, name):
        if test.hidden:
            continue
        calls = calls_of(unit, name, case, monkeypatch)
        found = {answer.__name__: [checks.invoke(answer, args, kwargs) for args, kwargs, *_ in calls]
                 for kind in (mistakes, neighbours) for answer in kind(unit).get(name, [])
                 if not all(right(answer, *call) for call in calls)}
        same = [(a, b) for a, b in itertools.combinations(found, 2) if all(map(alike, found[a], found[b]))]
        assert not same, f"{case.name!r} cannot tell these apart: {same}"


def test_what_a_module_lists_is_read_without_running_it(tmp_path):
    """A missing or broken module lists nothing, and its unit's tests fail; nothing else does."""
    path = tmp_path / "unit.py"
    assert listed(path) == []
    path.write_text("raise SystemExit\nA, B = 1, 2\ncount = [first, second]\nother = [third]\n")
    assert listed(path) == [("count", "first"), ("count", "second"), ("other", "third")]
    path.write_text("count = [first,")
    assert listed(path) == []
