"""Unit 00: short, worth little, and its chapter shows what a student really gets to see."""

import re

import numpy as np
import pytest
import samples
from units import ROOT, SUBMISSIONS, UNITS, graded_functions, master, run, solution_names

from autograder import Notebook, checks
from autograder.tables import describe

UNIT = "00_warmup"
CHAPTER = (ROOT / "book" / f"{UNIT}.md").read_text()


def titles():
    """(minutes, stars, sections of the chapter) of every question."""
    text = " ".join("\n".join(c.student for c in master(UNIT).cells if c.kind == "markdown" and c.student).split())
    title = r"\*\*Question \d+\. .*?\*\* · (\d+) minutes · (★+☆*) · chapter sections? (\*.*?\*(?: and \*.*?\*)*)"
    return re.findall(title, text)


def test_under_45_minutes_for_few_points():
    minutes = [int(m) for m, *_ in titles()]
    assert len(minutes) == len(master(UNIT).questions) == 8 and sum(minutes) < 45
    assert f"About {round(sum(minutes), -1)} minutes" in (ROOT / "solutions" / f"{UNIT}.py").read_text()
    points = [q.points for q in master(UNIT).questions]
    assert set(points) == {2} and all(sum(q.points for q in master(u).questions) > sum(points) for u in UNITS if u != UNIT)
    assert [q.name for q in master(UNIT).questions if q.manual] == ["q8"]
    assert all({t.hidden for t in q.tests} == {True, False} for q in master(UNIT).questions if not q.manual)


def test_every_question_names_a_section_of_the_chapter():
    headings = re.findall(r"^## (.*)$", CHAPTER, re.MULTILINE)
    named = [section for *_, sections in titles() for section in re.findall(r"\*(.*?)\*", sections)]
    assert len(named) > len(titles()) and set(named) <= set(headings)


def test_every_function_has_its_common_mistakes_in_the_chapter():
    assert sorted(re.findall(r"```\{mistakes\} warmup\.(\w+)", CHAPTER)) == sorted(graded_functions(UNIT))


def test_the_feedback_in_the_chapter_is_what_a_student_gets():
    shown = re.search(r"```text\n(.*?)```", CHAPTER, re.DOTALL)[1]
    report = describe("x", samples.report(SUBMISSIONS / f"{UNIT}_misconceptions.ipynb"))
    told = [line.strip() for line in report.splitlines()]
    lines = [line.strip() for line in shown.splitlines()]
    assert len(lines) == 6 and any(lines == told[i:i + 6] for i in range(len(told)))


@pytest.fixture
def grader(monkeypatch):
    monkeypatch.chdir(ROOT / "book")
    return Notebook(f"../notebooks/{UNIT}.ipynb")


def test_the_check_in_the_chapter_names_the_mistake(grader):
    row_distributions = lambda counts: counts / counts.sum(axis=1)
    assert "Which shape do your sums have?" in repr(grader.check("q2")) and row_distributions
    row_distributions = lambda counts: ...
    assert repr(grader.check("q2")) == "q2: not answered yet: <lambda> returns nothing."


def test_a_function_right_for_small_numbers_passes_the_public_test_alone(grader):
    """What Question 5 promises: its public test cannot tell a float from an exact division, a hidden one can."""
    import math

    batches = lambda n, size: math.ceil(n / size)
    assert grader.check("q5").passed
    hidden = next(t for q in master(UNIT).questions if q.name == "q5" for t in q.tests if t.hidden)
    for seed in range(20):
        checks.seed(seed)
        names: dict = {}
        exec(hidden.source, names)
        with pytest.raises(checks.Failed, match="How many digits"):
            names["test_random"](batches)
    checks.seed()


def test_the_floats_of_a_seed_are_the_upper_53_bits_of_its_raw_numbers():
    """Question 6 compares with raw bits; this says that they are what the generator's method gives."""
    for seed in (0, 7, 2**31 - 1):
        raw = np.random.PCG64(seed).random_raw(100)
        assert np.random.default_rng(seed).random(100).tolist() == [(int(bits) >> 11) / 2**53 for bits in raw]


def hints_for(name, function):
    """What a student is told, test by test: the hint of each that failed, or the facts where there is none."""
    outcomes = run(UNIT, solution_names(UNIT) | {name: function}, name)
    return [failure.hint or failure.detail for _, failure in outcomes if failure is not None]


shared = np.random.default_rng(7)
kept: dict = {}


@pytest.mark.parametrize("heads", [
    lambda seed, n, p: np.random.default_rng().random(n) < p,
    lambda seed, n, p: shared.random(n) < p,
    lambda seed, n, p: kept.setdefault(seed, np.random.default_rng(seed)).random(n) < p,
])
def test_throws_that_do_not_repeat_are_told_so_without_random_numbers(heads):
    for _ in range(3):
        public, *_ = hints_for("heads", heads)
        assert public.startswith("The same call gives other throws each time.")


@pytest.mark.parametrize("constant", [0, 1, 7, 42])
def test_a_seed_that_is_always_the_same_is_told_so(constant):
    public, *_ = hints_for("heads", lambda seed, n, p: np.random.default_rng(constant).random(n) < p)
    assert public.startswith("Another seed gives the same throws.")


def forbids_in_place(scores, allowed):
    np.logical_not(allowed, out=allowed)
    return np.where(allowed, -np.inf, scores)


def adds_in_place(text):
    text += ["<eos>"]
    return ["<bos>", *text]


NEAR_MISSES = [  # written otherwise than the listed mistakes: the hints must be true of them as well
    ("with_marks", adds_in_place, "Your result is right, but the list that was passed"),
    ("with_marks", lambda text: ["<bos>", *text, "<eos>"] if text != [] else text, "A text without words"),
    ("row_distributions", lambda counts: np.float32(counts) / counts.sum(1, keepdims=True, dtype=np.float32), "seven digits"),
    ("may_see", lambda queries, keys: queries.reshape(-1, 1) >= keys.reshape(-1, 1), "Your result is one column"),
    ("may_see", lambda queries, keys: np.tri(len(queries), len(keys)) > 0, "Your table is True on and below"),
    ("masked", forbids_in_place, "Your function changes its input."),
    ("masked", lambda scores, allowed: np.where(allowed, scores, np.nan_to_num(-np.inf)), "The most negative float"),
    ("batches", lambda n, size: float(-(-n // size)), "Your number of batches is a float. Which type was asked for?"),
    ("batches", lambda n, size: int(n / size + 0.5), "You round to the nearest"),
    ("batches", lambda n, size: (n - 1) // size + 1 if n else 1, "For a corpus without texts"),
    ("is_distribution", lambda p: bool(min(p) >= 0 and 1 - sum(p) < 1e-9), "A sum far above 1 passes"),
    ("is_distribution", lambda p: bool(min(p) >= 0 and -1e-5 < sum(p) - 1 < 1e-5), "A sum passes that is off by more"),
    ("is_distribution", lambda p: bool(min(p) >= 0 and abs(sum(p) - 1) < 1e-8), "off by a little more than"),
    ("is_distribution", lambda p: bool(min(p) >= 0 and abs(sum(p) - 1) < 1e-10), "You refuse a sum that differs"),
]


@pytest.mark.parametrize(("name", "function", "part"), NEAR_MISSES)
def test_the_hint_fits_what_other_students_write(name, function, part):
    checks.seed(2)  # where a batch is exactly half full, two ways to round to the nearest differ
    said = hints_for(name, function)
    checks.seed()
    assert said and all(part in hint for hint in said), said


@pytest.mark.parametrize(("name", "function"), [
    ("heads", lambda seed, n, p: np.random.default_rng(seed).random(12)[:n] < p),
    ("batches", lambda n, size: int(n // float(size)) + (n % size > 0)),
    ("is_distribution", lambda p: bool((p >= 0).all() and round(p.sum(), 8) == 1)),
])
def test_hidden_tests_refuse_what_the_public_ones_let_through(name, function):
    assert hints_for(name, function)
