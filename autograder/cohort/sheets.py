"""Tables for spreadsheets: all scores, and gradebooks as Canvas, Moodle and Gradescope have them."""

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from autograder.cohort.names import Student, cell
from autograder.cohort.records import Record, first_hint, points_by_question, report_of, students_of
from autograder.results import in_one_step
from autograder.tables import tier

Row = Sequence[object]
FIXED = ["student", "id", "sid", "email", "unit", "total", "max"]
LAST = ["late", "tier", "first hint", "told", "seconds", "seed", "submission"]
FEEDBACK = 500  # characters of what a student is told in a gradebook


class ScoreSheet:
    """``scores.csv``: one row a student and unit, written as soon as it is known."""

    def __init__(self, path: Path, questions: Sequence[str]):
        """Begin the table. Raises OSError where the file cannot be written."""
        self.path, self.questions = path, list(questions)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file: TextIO = path.open("w", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file)
        self.writer.writerow([*FIXED, *self.questions, *LAST])
        self._keep()

    def add(self, record: Record) -> None:
        self.writer.writerows(rows(record, self.questions))
        self._keep()

    def _keep(self) -> None:
        self.file.flush()
        if self.file.seekable():
            os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()


def rows(record: Record, questions: Sequence[str]) -> list[list[object]]:
    """A record's rows: one for each student of a group."""
    report = report_of(record)
    mark = Mark.of(record)
    late = {True: "yes", False: "no", None: ""}[record["late"]]
    last = [late, tier(report), first_hint(report), report.summary, round(report.seconds, 2), report.seed, record["label"]]
    return [[cell(value) for value in (
        s.name, s.id, s.sid, s.email, report.assignment, mark.score, mark.max_score,
        *[mark.points.get(q, "") for q in questions], *last)] for s in students_of(record)]


def write_table(path: Path, head: Row, rows: Iterable[Row]) -> None:
    """A CSV file, written in one step."""
    with in_one_step(path) as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([cell(value) for value in row] for row in rows)


# --- gradebooks -------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Mark:
    """Of a record what a gradebook needs. points, most: of each question, what was got and could be got.

    What a person gave to written answers counts where the record holds it; an answer without points has no entry in points.
    """

    score: float
    max_score: float
    told: str
    submitted: str
    points: dict[str, float]
    most: dict[str, float]

    @classmethod
    def of(cls, record: Record) -> "Mark":
        report = report_of(record)
        most: dict[str, float] = {}
        for test in report.tests:
            most[test.question] = most.get(test.question, 0.0) + test.points
        given, by_hand = record.get("written", ({}, {}))
        return cls(report.score + sum(given.values()), report.max_score + sum(by_hand.values()), report.summary[:FEEDBACK],
                   record["submitted"], points_by_question(report) | given, most | by_hand)


Graded = tuple[Student, Mark]


def write_gradebooks(folder: Path, unit: str, graded: Sequence[Graded]) -> list[Path]:
    """A file for every system that students of this unit came from; returns their paths."""
    made = []
    for system, table in GRADEBOOKS.items():
        theirs = best_of_each([(s, mark) for s, mark in graded if s.system == system])
        if theirs:
            path = folder / f"{system}_{unit}.csv"
            write_table(path, *table(unit, theirs))
            made.append(path)
    return made


def best_of_each(graded: Iterable[Graded]) -> list[Graded]:
    """One mark a student: the best, where somebody handed in twice. In Gradescope every submission has a number of its own, so
    students go by their address there."""
    best: dict[str, Graded] = {}
    for student, mark in graded:
        who = student.email.casefold() or student.sid or student.key
        if who not in best or mark.score > best[who][1].score:
            best[who] = (student, mark)
    return sorted(best.values(), key=lambda g: (g[0].name.casefold(), g[0].id))


Table = tuple[Row, Iterable[Row]]  # head and rows


def _canvas(unit: str, graded: list[Graded]) -> Table:
    """Canvas, Gradebook, Import: students go by their ID, and the assignment's name is asked for where it is new."""
    points: Row = ["    Points Possible", "", "", "", "", graded[0][1].max_score]
    return (["Student", "ID", "SIS User ID", "SIS Login ID", "Section", unit],
            [points, *([s.name, s.id, s.sid, s.email, "", mark.score] for s, mark in graded)])


def _moodle(unit: str, graded: list[Graded]) -> Table:
    """Moodle, View all submissions, Upload grading worksheet: students go by the participant's number."""
    return (["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
             "Last modified (grade)", "Feedback comments"],
            [[f"Participant {s.id}", s.name, s.email, "Submitted for grading", mark.score, mark.max_score, "Yes", "-",
              mark.told] for s, mark in graded])


def _gradescope(unit: str, graded: list[Graded]) -> Table:
    """The columns of Gradescope's own *Download Grades*."""
    most = graded[0][1].most
    head = ["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission ID",
            "Submission Time", *(f"{n}: {q} ({points:g} pts)" for n, (q, points) in enumerate(most.items(), 1))]
    lines = []
    for student, mark in graded:
        first, _, last = student.name.rpartition(" ")
        lines.append([first or last, last if first else "", student.sid, student.email, mark.score, mark.max_score, "Graded",
                      student.id, mark.submitted, *(mark.points.get(q, 0.0) for q in most)])
    return head, lines


GRADEBOOKS: dict[str, Callable[[str, list[Graded]], Table]] = {
    "canvas": _canvas, "moodle": _moodle, "gradescope": _gradescope}
