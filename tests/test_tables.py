"""Reports as text for a terminal: what stands in which line, how wide columns are, and that nothing in them acts."""

import pytest

from autograder.isolation.probe import Isolation
from autograder.results import Report, TestResult
from autograder.tables import describe, one_line, row, table, tier

TestResult.__test__ = False
FOUND = Isolation("T2", ("user", "seccomp"), {}, 0.1)


def report(*tests, **more):
    return Report("02_ngrams", 3.0, list(tests), **more)


def test_a_report_as_a_student_reads_it():
    tests = [TestResult("q1", "by hand", 1.0, False, True, "Passed."),
             TestResult("q1", "random texts", 2.0, True, False, "Which end?\nexpected 1, got 2."),
             TestResult("q2", "by hand", 0.5, False, False, "Not answered yet.", blank=True)]  # fmt: skip
    made = report(*tests, notes=["1 of 2 public tests passed.", "Cell 3 stopped."], seconds=1.26, seed=7, isolation=FOUND)
    assert describe("ada\n.ipynb", made) == """\
ada .ipynb: 1 of 3 points, 1.3 s (seed 7, isolation T2)
  1 of 2 public tests passed.
  Cell 3 stopped.
  ✓ q1 by hand: 1/1
  ✗ q1 random texts (hidden): 0/2
      Which end?
      expected 1, got 2.
  ✗ q2 by hand: 0/0.5
      Not answered yet."""


def test_a_submission_that_was_not_graded_is_told_why_once():
    tests = [TestResult("q1", f"test {i}", 1.0, False, False, "Not a notebook.") for i in range(3)]
    made = report(*tests, notes=["Not a notebook."], refused="Not a notebook.")
    assert describe("ada", made) == "ada: 0 of 3 points, 0.0 s (seed 0, isolation not tried)\n  Not a notebook."


def test_nothing_in_a_report_acts_and_it_is_not_endless():
    long = TestResult("q1", "<b>", 1.0, False, False, "\x1b[31mred <script> \u202e")
    assert describe("\x1b[2Jx", report(long)).splitlines()[-2:] == ["  ✗ q1 ‹b>: 0/1", "      red ‹script> "]
    many = describe("x", report(*[TestResult("q1", "x" * 200, 1.0, False, True)] * 1000))
    assert len(many) == 100_000 and many.endswith("…")


@pytest.mark.parametrize(("isolation", "words"), [
    (None, "not tried"), (FOUND, "T2"), (Isolation("T0", ()), "T0 UNISOLATED"),
])
def test_the_tier_warns_where_there_was_none(isolation, words):
    assert tier(report(isolation=isolation)) == words


def test_a_row_names_the_unit_once():
    passed = TestResult("q1", "by hand", 1.5, False, True)
    made = report(passed, seconds=0.96)
    assert row("ada.ipynb", made) == ["02_ngrams ada.ipynb", "1.5/3", "1.0", "all tests passed"]
    assert row("02_ngrams_ada.ipynb", made)[0] == "02_ngrams_ada.ipynb"


@pytest.mark.parametrize(("text", "line"), [
    (" two\n\tlines \r\n ", "two lines"), ("\x1b[31mred\x1b[0m <b>", "red ‹b>"), ("caf\udce9", "caf?"),
    ("x" * 300, "x" * 300), ("x" * 301, "x" * 299 + "…"),
])
def test_one_line(text, line):
    assert one_line(text) == line


def test_columns_are_as_wide_as_their_widest_cell():
    made = table([["ada", "3/3", "0.1", "all tests passed"], ["bartholomew the second", "12/31", "10.0", "What\nnow?"]])
    assert made == """\
submission              score  seconds  what the student is told
----------------------  -----  -------  ------------------------
ada                     3/3    0.1      all tests passed
bartholomew the second  12/31  10.0     What now?"""
    assert table([]).splitlines() == ["submission  score  seconds  what the student is told",
                                      "----------  -----  -------  ------------------------"]  # fmt: skip
    assert table([["1", "2"]], head=("a", "bc")) == "a  bc\n-  --\n1  2"


def test_long_cells_are_cut_and_the_last_one_later():
    wide = table([["x" * 81, "y" * 101]], head=("a", "b")).splitlines()
    assert wide[2] == f"{'x' * 79}…  {'y' * 99}…"
    assert table([["x" * 80, "y" * 100]], head=("a", "b")).splitlines()[2] == f"{'x' * 80}  {'y' * 100}"
