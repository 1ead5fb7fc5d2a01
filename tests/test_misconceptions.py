"""The known mistakes test the tests: each is rejected and named as itself; every alternative right answer passes.

Neighbours are wrong answers beside the known mistakes: they are rejected as well, and no hint is given to them, as it would
be untrue.
"""

import inspect
import itertools
from dataclasses import dataclass, replace

import pytest
from units import ROOT, UNITS, alternatives, graded_functions, listed, master, mistakes, neighbours, run, solution_names

from autograder import checks, testfile
from autograder.values import arrays

# A mistake may divide by zero. In a notebook that is a warning and a value, and the value is what tests are about.
# Its time may end while the garbage collector calls back: there the end is only written down, and comes again a little later.
pytestmark = [pytest.mark.filterwarnings("ignore::RuntimeWarning"),
              pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
SEEDS = (1, 2, 3)  # for hints
MANY_SEEDS = range(10)  # for verdicts
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
def fresh_seeds_afterwards():
    yield
    checks.seed()


def be_quick(monkeypatch, kind):
    """Mistakes that never end are many, and five seconds of each in every seed would take most of the time of these tests."""
    monkeypatch.setattr(checks, "CALL_SECONDS", 5.0 if kind is alternatives else 1.0)


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
        unfit = [h for h in hints if not 20 <= len(h) <= 300 or "return " in h]
        assert not unfit, f"{unit}: a hint has 20 to 300 characters and not the word 'return', as code has: {unfit}"


@pytest.mark.parametrize(("unit", "name", "mistake"), every(mistakes))
def test_a_mistake_is_rejected_and_diagnosed_as_itself(unit, name, mistake, monkeypatch):
    be_quick(monkeypatch, mistakes)
    wrong = named(mistakes, unit, name, mistake)
    checks.seed(1)  # more of them below
    failures = [(case.name, f) for case, f in run(unit, solution_names(unit) | {name: wrong}, name) if f is not None]
    assert failures, f"{mistake} passes all tests"
    hints = [(test, f.hint) for test, f in failures if f.hint]
    assert hints, f"{mistake} is rejected but not recognised: {failures[0]}"
    assert {hint for _, hint in hints} == {hint_of(wrong)}, f"{mistake} is taken for another mistake: {hints}"


@pytest.mark.parametrize(("unit", "name", "right"), every(alternatives))
def test_an_alternative_right_answer_passes(unit, name, right):
    checks.seed(1)  # more of them below
    names = solution_names(unit) | {name: named(alternatives, unit, name, right)}
    failures = [(case.name, str(f)) for case, f in run(unit, names, name) if f is not None]
    assert not failures, f"{right} fails: {failures}"


@pytest.mark.parametrize(("unit", "name", "wrong"), every(neighbours))
def test_a_neighbour_is_rejected_and_gets_no_hint(unit, name, wrong, monkeypatch):
    be_quick(monkeypatch, neighbours)
    checks.seed(1)  # more of them below
    names = solution_names(unit) | {name: named(neighbours, unit, name, wrong)}
    failures = [(case.name, f) for case, f in run(unit, names, name) if f is not None]
    assert failures, f"{wrong} passes all tests"
    hints = [(test, f.hint) for test, f in failures if f.hint]
    assert not hints, f"{wrong} is taken for a known mistake: {hints}"


def hint_of(mistake):
    return " ".join(mistake.__doc__.split())


# --- every seed -------------------------------------------------------------------------------------------------------
# A test draws its inputs, works out what is right and calls the student's function; after a wrong answer it goes on as after a
# right one. So its calls are taken down once a seed and then made of every answer; what a known mistake does in one of them
# is found out once, however many other mistakes are compared with it.

@dataclass
class Asked:
    """A call of ``checks.expect`` or ``checks.expect_error`` in a test."""

    check: object
    args: tuple
    kwargs: dict
    options: dict  # of the check: what is wanted, and how near

    def of(self, answer, monkeypatch):
        """How it goes for an answer; None where that is blank, or no function."""
        calls = []
        with monkeypatch.context() as patched:
            patched.setattr(checks, "_judged", calls.append)
            try:
                self.check(answer, *self.args, **self.options, **self.kwargs)
            except checks.Failed:
                return None
        return replace(calls[0], args=self.args, kwargs=self.kwargs)


def cases_of(unit, name):
    """(test in the master, what runs it) for every test of a function."""
    return [pair for question in master(unit).questions for pair in zip(question.tests, testfile.cases(question), strict=True)
            if name in pair[0].parameters]


def asked_by(unit, name, case, monkeypatch):
    """The calls that a test makes of a function; None where it does more with the function than to make such calls."""
    asked, used = [], []
    solved = solution_names(unit)

    def solution(*args, **kwargs):
        used.append(args)
        return solved[name](*args, **kwargs)

    def instead_of(check):
        def take_down(function, *args, want=None, **kwargs):
            if function is not solution:
                return check(function, *args, **({"want": want} if check is EXPECT else {}), **kwargs)
            options = {key: kwargs.pop(key) for key in inspect.signature(check).parameters if key in kwargs}
            if check is EXPECT:
                [options["want"]], _ = checks.received((want,), {})
            asked.append(Asked(check, *checks.received(args, kwargs), options))
            return want
        return take_down

    with monkeypatch.context() as patched:
        patched.setattr(checks, "expect", instead_of(EXPECT))
        patched.setattr(checks, "expect_error", instead_of(EXPECT_ERROR))
        assert case.run(solved | {name: solution}) is None
    return None if used else asked


EXPECT, EXPECT_ERROR = checks.expect, checks.expect_error


def is_right(call):
    return call is not None and call.problem is None


@pytest.mark.parametrize(("unit", "name"), functions())
def test_every_seed_gives_an_answer_the_same_verdict_and_hint(unit, name, monkeypatch):
    """Whether an answer keeps its points, and what is said of it, may not be a matter of luck."""
    known, hints = {}, {}

    def tried(mistake, args, kwargs, really=checks._try):  # the arguments are those of an `Asked`
        if (key := (mistake, id(args), id(kwargs))) not in known:
            checks.be_patient()
            known[key] = really(mistake, args, kwargs)
        return known[key]

    monkeypatch.setattr(checks, "_try", tried)
    monkeypatch.setattr(checks, "_related", lambda wrong: (wrong[0], None))  # what is said where there is no hint
    for test, case in cases_of(unit, name):
        seeds, drawn = MANY_SEEDS if "rng(" in test.source else SEEDS[:1], {}
        known.clear()
        for seed in seeds:
            checks.seed(seed)
            drawn[seed] = asked_by(unit, name, case, monkeypatch)
        for kind in FOLDERS:
            be_quick(monkeypatch, kind)
            for answer in kind(unit).get(name, []):
                verdicts = {}
                for seed, asked in drawn.items():
                    checks.be_patient()
                    if asked is None:
                        checks.seed(seed)
                        failed = case.run(solution_names(unit) | {name: answer})
                    else:
                        failed = how_it_goes(answer, asked, seed in SEEDS, monkeypatch)
                    verdicts[failed is None] = seed
                    if failed and (seed in SEEDS or asked is None):
                        hints.setdefault((kind, answer), {}).setdefault(seed, set()).add(failed.hint)
                assert len(verdicts) == 1, f"{answer.__name__} passes {case.name!r} by luck: {verdicts}"
                assert kind is not alternatives or True in verdicts, f"{answer.__name__} fails {case.name!r}"
    for (kind, answer), by_seed in hints.items():
        once = by_seed.get(SEEDS[0], set())  # of the tests that draw nothing too
        for seed, found in by_seed.items():
            said = (found | once) - {None, ""}
            wanted = {hint_of(answer)} if kind is mistakes else set()
            assert said == wanted, f"{answer.__name__} is not taken for what it is (seed {seed}): {said}"


def how_it_goes(answer, asked, with_hint, monkeypatch):
    """What a test says of an answer, from the calls that it makes; None where it passes."""
    exam = checks.Examination()
    for one in asked:
        call = one.of(answer, monkeypatch)
        if call is None or (not with_hint and call.problem is not None):
            return exam.failure() if exam.failed and with_hint else checks.Failed("")
        try:
            exam.add(call)
        except checks.Failed as failed:
            return failed
    return exam.failure() if exam.failed else None


def alike(one, other):
    """Whether two outcomes of a call cannot be told apart: one value, or one class of exception, and the same arguments."""
    if (one.error, one.changed) != (other.error, other.changed):
        return False
    return one.error is not None or checks.difference(arrays(one.value), arrays(other.value)) is None


@pytest.mark.parametrize(("unit", "name"), functions())
def test_public_examples_tell_wrong_answers_apart(unit, name, monkeypatch):
    """What a student reads of a public test is true only where no two of the answers that it rejects look alike in it."""
    be_quick(monkeypatch, mistakes)
    for test, case in cases_of(unit, name):
        asked = None if test.hidden else asked_by(unit, name, case, monkeypatch)
        if asked is None:
            continue
        found = {}
        for answer in (answer for kind in (mistakes, neighbours) for answer in kind(unit).get(name, [])):
            checks.be_patient()
            calls = [one.of(answer, monkeypatch) for one in asked if one.check is EXPECT]
            if None not in calls and not all(map(is_right, calls)):
                found[answer.__name__] = [call.outcome for call in calls]
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
