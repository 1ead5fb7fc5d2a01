"""Grade a submission: run its cells in the worker, its tests here, and turn what happened into a report."""

import contextlib
import inspect
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from autograder import celltalk, checks, testfile
from autograder.assignment import Assignment
from autograder.checks import Failed
from autograder.isolation.confine import NotConfined
from autograder.isolation.nursery import Nursery
from autograder.isolation.plan import Plan
from autograder.isolation.probe import Isolation, probe
from autograder.places import COPY, find_places
from autograder.results import Report, TestResult
from autograder.session import Session, WorkerLost, cpu_seconds, default_plan
from autograder.submission import Submission, Unreadable, read_submission

NOT_GRADED = "Your submission was not graded: the grader is not set up as it should be. Tell your instructor."
TRIES = 3  # how often a lost worker is started again
LARGE = ("numpy", "matplotlib.pyplot", "torch")  # modules that take long to import


def grade(assignment: Assignment, path: Path, seed: int | None = None, *, unsafe: bool = False, plan: Plan | None = None,
          results: Path | None = None, isolation: Isolation | None = None) -> Report:
    """Grade the submission at ``path``. Whatever it is, a report comes back.

    A canary tries first what the submission might (``autograder.isolation.probe``). Where it is not contained, nothing is
    graded, unless ``unsafe``; the report's ``machine`` says why. results: the folder where the results will be written, which
    the canary must not reach. isolation: what a canary has found here shortly before, so that none is sent now.
    """
    started = time.monotonic()
    plan = plan or default_plan(torch="torch" in assignment.needs).for_another_user()
    plan = replace(plan, cpu=cpu_seconds(assignment.limits.total))
    with Nursery(plan) as nursery:
        isolation = isolation or probe(plan, assignment.secrets, str(results) if results else None, nursery)
        report = _graded(assignment, path, secrets.randbits(32) if seed is None else seed, unsafe, isolation, nursery)
    report.instructor |= {"written": assignment.written, "total": assignment.total}
    report.isolation = isolation
    report.seconds = time.monotonic() - started
    return report


def _graded(assignment: Assignment, path: Path, seed: int, unsafe: bool, isolation: Isolation, nursery: Nursery) -> Report:
    """The report of one submission, whatever it is."""
    try:
        if not (isolation.contained or unsafe):
            raise NotConfined(f"submissions are not contained on this machine (a submission {isolation.holes})")
        submission = read_submission(path, assignment.name)
        if not submission.belongs_to(assignment.name):
            theirs = submission.assignment or submission.named
            raise Unreadable(f"This is the notebook of {theirs!r}, but {assignment.name!r} is graded here. "
                             "Hand in the notebook of this assignment.")
        nursery.modules = imported(submission)
        report = _Grading(assignment, submission, seed, nursery).run()
        report.notes += filter(None, [assignment.about_written])
    except Unreadable as error:
        report = nothing_graded(assignment, str(error), seed)
    except NotConfined as error:
        report = nothing_graded(assignment, NOT_GRADED, seed)
        report.machine = f"{error}, so nothing is graded here; `autograder isolation` shows what is missing"
        if not (isolation.contained or unsafe):
            report.machine += ", and --unsafe grades all the same"
    return report


def imported(submission: Submission) -> tuple[str, ...]:
    """Which of the large modules its cells seem to import: imported once, before they run, they serve all its workers."""
    return tuple(name for name in LARGE for package in [name.partition(".")[0]]
                 if any(re.search(rf"^\s*+(?:from|import)\s++{package}\b", cell.source, re.M) for cell in submission.cells))


def nothing_graded(assignment: Assignment, why: str, seed: int = 0) -> Report:
    """A valid report with every test failed for one reason."""
    tests = [TestResult(q, c.name, c.points, c.hidden, False, why) for q, cases in assignment.questions.items() for c in cases]
    return Report(assignment.name, assignment.max_score, tests, [why], why, seed=seed)


def names_of(assignment: Assignment) -> dict[str, list[str]]:
    """The names that each question's answer defines: those that its tests ask for, and that no earlier question's do."""
    names: dict[str, list[str]] = {}
    for question, cases in assignment.questions.items():
        wanted = dict.fromkeys(name for case in cases for name in inspect.signature(case.function).parameters)
        names[question] = [name for name in wanted if not any(name in earlier for earlier in names.values())]
    return names


class _Grading:
    """One submission on its way: the cells run so far, the worker, the cells that must not be run again."""

    def __init__(self, assignment: Assignment, submission: Submission, seed: int, nursery: Nursery):
        self.assignment, self.submission, self.seed = assignment, submission, seed
        self.nursery = nursery
        self.deadline = time.monotonic() + assignment.limits.total
        self.session: Session | None = None
        self.done = 0  # code cells run in the present worker
        self.starts = 0
        self.left_out: dict[int, str] = {}  # cells that ended a worker: index -> why
        self.errors: dict[int, str] = {}  # cells that raised: index -> error
        self.told: dict[int, str] | None = None  # the same as the student is told: before any hidden test has run
        self.silenced: dict[int, list[tuple[str, str]]] = {}  # what cells asked for in vain: index -> what
        self.places = find_places(submission, names_of(assignment), tuple(assignment.written))
        self.cells, self.place = self.places.cells, self.places.after
        self.counts = list(accumulate(bool(cell.source.strip()) for cell in self.cells))  # what Jupyter shows in brackets
        self.notes = [*submission.notes, *self.places.notes]

    def run(self) -> Report:
        results: dict[tuple[str, int], TestResult] = {}
        try:
            order = sorted(self.assignment.questions, key=lambda q: self.place[q])
            self.run_tests(order, False, results)
            self.notes += self.about_cells()
            self.drop()  # a worker that has seen hidden inputs says nothing more that is shown
            self.starts = 0
            self.told = dict(self.errors)
            self.run_tests(order, True, results)
        finally:
            self.nursery.close()  # and with it the present worker
            self.drop()
            checks.seed()
        tests = [results[q, i] for q, cases in self.assignment.questions.items() for i in range(len(cases))]
        public = [t for t in tests if not t.hidden]  # the others are told when the scores are published, not before
        self.notes.insert(0, f"{sum(t.passed for t in public)} of {len(public)} public tests passed.")
        return Report(self.assignment.name, self.assignment.max_score, tests, self.notes, seed=self.seed)

    def about_cells(self) -> list[str]:
        """What the student is told of the cells so far: those that stopped, and what did nothing."""
        stopped = [celltalk.stopped(self.cells[i], error) for i, error in list(self.errors.items())[: celltalk.MAX_STOPPED]]
        silenced = celltalk.silenced((self.cells[i], said) for i, said in sorted(self.silenced.items()))
        return [*map(celltalk.sentence, stopped), *silenced]

    def run_tests(self, order: list[str], hidden: bool, results: dict[tuple[str, int], TestResult]) -> None:
        """Run the hidden tests of all questions, or the others: those while every cell that a question needs is run."""
        for question in order:
            cases = self.assignment.questions[question]
            chosen = [i for i, case in enumerate(cases) if case.hidden == hidden]
            if not hidden and not chosen:
                with contextlib.suppress(WorkerLost):
                    self.advance(self.place[question])
            for i in chosen:
                started = time.monotonic()
                results[question, i] = self.test(question, i, cases[i])
                results[question, i].seconds = time.monotonic() - started

    def test(self, question: str, i: int, case: testfile.Case) -> TestResult:
        """Run one test in a fresh fork; when the worker is lost, start it again for the next test."""
        result = TestResult(question, case.name, case.points, case.hidden, False)
        checks.seed(self.seed, list(self.assignment.questions).index(question), i)
        try:
            session = self.advance(self.place[question])
            session.fork()
            failure = case.run(_Names(session))
            session.end()
        except WorkerLost as lost:
            failure = Failed(f"Your code could not be tested: {lost}.")
            self.drop()
        except NotConfined:  # the grader is at fault, and no test can say anything
            raise
        except (Exception, RecursionError) as error:
            failure = Failed(f"Your code could not be tested ({type(error).__name__}).")
            self.drop()
        if failure is None:
            result.passed, result.message = True, "Passed."
            return result
        if failure.blank and (stopped := self.stopped(question)):
            result.message = stopped
            return result
        result.hint, result.blank, result.kind, result.outputs = failure.hint, failure.blank, failure.kind, failure.outputs
        result.message = self.message(case, failure)
        return result

    def stopped(self, question: str) -> str | None:
        """Why there is no answer, where it is because a cell of the question stopped."""
        errors = self.errors if self.told is None else self.told
        found = next((i for i in self.places.answers[question] if i in errors), None)
        if found is None:
            return None
        return f"There is no answer to be tested, because {celltalk.stopped(self.cells[found], errors[found])}"

    def message(self, case: testfile.Case, failure: Failed) -> str:
        """What the student reads: for a hidden test only the grader's own words."""
        if not case.hidden:
            return "\n".join(dict.fromkeys(filter(None, [failure.hint or case.failure_message, failure.detail])))
        if failure.hint or failure.blank or not case.failure_message:
            return failure.hidden
        return f"{case.failure_message}\n{failure.hidden}"

    def advance(self, place: int) -> Session:
        """The worker in its state after ``place`` code cells."""
        while True:
            try:
                session = self.session or self.start()
                while self.done < place:
                    self.cell(session, self.done)
                    self.done += 1
                return session
            except WorkerLost as lost:
                index = self.done
                self.drop()
                if time.monotonic() > self.deadline - 1 or self.starts >= TRIES + len(self.left_out) or index in self.left_out:
                    raise
                if index < len(self.cells):
                    self.left_out[index] = str(lost)
                    self.errors[index] = f"{lost}; it was left out"

    def cell(self, session: Session, index: int) -> None:
        """Run a cell; checks, which do nothing here, count only in the number that Jupyter shows beside a cell."""
        cell = self.cells[index]
        if index in self.left_out or cell.role in ("check", COPY):
            return
        error = session.run_cell(cell.source, cell.number, self.counts[index])
        if error:
            self.errors[index] = error
        if session.silenced:
            self.silenced[index] = session.silenced

    def start(self) -> Session:
        self.starts += 1
        self.done = 0
        self.session = Session(self.assignment.limits, deadline=self.deadline, plan=self.nursery.plan, nursery=self.nursery)
        return self.session

    def drop(self) -> None:
        if self.session:
            with contextlib.suppress(Exception):
                self.session.kill()
        self.session, self.done = None, 0


class _Names(Mapping[str, object]):
    """The student's names as a test sees them: looked up in the worker when asked for, None where it has none."""

    def __init__(self, session: Session):
        self.session = session

    def __getitem__(self, name: str) -> object:
        return self.session.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
