"""A graded submission as plain data, which a journal keeps: a report, and what only the instructor sees."""

from dataclasses import asdict
from typing import Any, TypeAlias

from autograder.cohort.entries import Entry
from autograder.cohort.names import Student
from autograder.isolation.probe import Isolation
from autograder.results import Report, TestResult

Record: TypeAlias = dict[str, Any]


def record_of(report: Report, **more: object) -> Record:
    """A report as plain data."""
    return {"report": asdict(report), **more}


def report_of(record: Record) -> Report:
    """The report in a record."""
    data = dict(record["report"])
    isolation = data.pop("isolation")
    tests = [TestResult(**test) for test in data.pop("tests")]
    made = Report(tests=tests, **data)
    if isolation:
        made.isolation = Isolation(**{**isolation, "layers": tuple(isolation["layers"])})
    return made


def described(entry: Entry) -> Record:
    """What a record says about the entry that it belongs to."""
    return {"label": entry.label, "file": entry.file, "students": [asdict(s) for s in entry.students], "late": entry.late,
            "submitted": entry.submitted, "sources": [leaf.where for leaf in entry.leaves]}


def students_of(record: Record) -> list[Student]:
    return [Student(**s) for s in record["students"]]


def points_by_question(report: Report) -> dict[str, float]:
    points: dict[str, float] = {}
    for test in report.tests:
        points[test.question] = points.get(test.question, 0.0) + test.score
    return points


def first_hint(report: Report) -> str:
    """The first known mistake that was recognised, or the first sentence that the student reads."""
    return next((t.hint for t in report.tests if t.hint and not t.passed), report.refused or "")
