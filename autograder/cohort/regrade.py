"""Grade a cohort again after a test has changed: whose score moves, and why."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from autograder.cohort.journal import Journal
from autograder.cohort.records import Record, report_of
from autograder.cohort.run import JOURNAL, Run, grade_all, journal_of, records
from autograder.results import Report, TestResult
from autograder.tables import one_line


def regrade(run: Run, apply: bool = False) -> str:
    """Grade all entries with the tests as they are now, on the inputs of the earlier run, and say what is different.

    ``apply``: keep the new results in place of the old ones; else nothing is written. Raises ValueError where there was no
    earlier run, Stopped.
    """
    with journal_of(run.results, run.csv) as journal:
        if not journal.places:
            raise ValueError(f"{journal.path.parent} holds no results of an earlier run; name its --results or --csv")
        before = {_who(record): key for key in list(journal.places) for record in (journal[key],)}
        run.seed = journal.head["seed"]
        if apply:
            grade_all(run, journal)
            return "\n".join(_told(run, journal, journal, before))
        with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / JOURNAL) as trial:
            shadow = replace(run, results=None, csv=None)
            grade_all(shadow, trial)
            return "\n".join([*_told(shadow, journal, trial, before), "Nothing was written; --apply keeps the new results."])


def _who(record: Record) -> str:
    """Whose submission a record is, whatever was in it."""
    return f"{record['label']}\0{record['students']}"


def _told(run: Run, old: Journal, new: Journal, before: dict[str, str]) -> Iterator[str]:
    moved: list[float] = []
    changes: Counter[str] = Counter()
    for entry, record in records(run, new):
        if _who(record) not in before:
            yield f"{entry.shown}: not graded before"
            continue
        was, now = report_of(old[before[_who(record)]]), report_of(record)
        why = list(differences(was, now))
        changes.update(test for test, _ in why)
        if was.score != now.score:
            moved.append(now.score - was.score)
            yield f"{entry.shown} ({entry.who}): {was.score:g} → {now.score:g} of {now.max_score:g}"
            yield from (f"    {test}: {what}" for test, what in why)
    up = sum(by > 0 for by in moved)
    yield f"{len(moved)} of {len(run.entries)} scores move: {up} up, {len(moved) - up} down."
    yield from (f"  {test}: another verdict for {number}" for test, number in changes.most_common())


def differences(was: Report, now: Report) -> Iterator[tuple[str, str]]:
    """Every test whose verdict or points are not the same, with why: (test, what happened)."""
    old = {(t.question, t.name): t for t in was.tests}
    new = {(t.question, t.name): t for t in now.tests}
    for key in dict.fromkeys([*old, *new]):
        a, b = old.get(key), new.get(key)
        name = one_line(": ".join(key), 120)
        if a is None and b is not None:
            yield name, f"a new test, {_verdict(b)}"
        elif b is None and a is not None:
            yield name, f"the test is gone, it was {_verdict(a)}"
        elif a and b and (a.passed != b.passed or (a.score != b.score)):
            yield name, f"{_verdict(a)} → {_verdict(b)}{_reason(b)}"


def _verdict(test: TestResult) -> str:
    return f"{'passed' if test.passed else 'failed'} ({test.score:g}/{test.points:g})"


def _reason(test: TestResult) -> str:
    return "" if test.passed else f": {one_line(test.hint or test.message, 200)}"
