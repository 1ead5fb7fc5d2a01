"""Unit 00: short, worth little, and its chapter shows what a student really gets to see."""

import re

import numpy as np
import pytest
from units import ROOT, UNITS, graded_sample, master

from autograder import Notebook, checks
from autograder.cli import describe

UNIT = "00_warmup"
CHAPTER = (ROOT / "book" / f"{UNIT}.md").read_text()


def titles():
    """(minutes, stars, first section) of every question."""
    text = " ".join("\n".join(c.student for c in master(UNIT).cells if c.kind == "markdown" and c.student).split())
    return re.findall(r"\*\*Question \d+\. .*?\*\* · (\d+) minutes · (★+☆*) · chapter sections? \*(.*?)\*", text)


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
    assert all(section in headings for *_, section in titles())


def test_the_feedback_in_the_chapter_is_what_a_student_gets():
    shown = re.search(r"```text\n(.*?)```", CHAPTER, re.DOTALL)[1]
    report = describe("x", graded_sample(ROOT / "tests" / "submissions" / f"{UNIT}_misconceptions.ipynb"))
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
