"""What ``autograder grade`` and ``autograder regrade`` do."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from autograder.cohort.by_hand import Points, read_points
from autograder.cohort.child import grade_task, staged
from autograder.cohort.entries import Entry, Found, find
from autograder.cohort.leaves import UNREADABLE, read
from autograder.cohort.names import recognise
from autograder.cohort.records import Record, described, record_of, report_of
from autograder.cohort.run import (
    Run,
    Stopped,
    grade_all,
    journal_of,
    questions_of,
    records,
    say_ignored,
    say_missing_points,
    write_all_gradebooks,
    write_feedback,
)
from autograder.cohort.sheets import ScoreSheet
from autograder.cohort.tasks import Task
from autograder.cohort.units import Unit, assignment_of, read_unit
from autograder.grade import nothing_graded
from autograder.results import write_results
from autograder.session import Limits
from autograder.submission import MAX_BYTES
from autograder.tables import describe, one_line, row, table

DETAILED = 10  # so many submissions are described test by test, more only in a table
Masters = Callable[[Path, list[str]], list[Path]]


def run_grade(options: argparse.Namespace, masters: Masters) -> int:
    """Grade what is named: a single file in this process, everything else as a cohort. Returns the exit status."""
    Limits().times(options.patience)  # says what is wrong with it before anything is graded
    found = find(options.submissions, datetime.fromisoformat(options.due) if options.due else None)
    units = [_unit_of(entry, options, masters) for entry in found.entries]
    for entry in found.entries:
        if entry.wrong_usage:
            print(f"autograder: {one_line(entry.refused)}", file=sys.stderr)
    if _is_single(options, found):
        return _grade_single(options, found.entries[0], units[0])
    return _grade_cohort(options, found, units)


def _is_single(options: argparse.Namespace, found: Found) -> bool:
    """Whether one submission is graded, into one file of results."""
    together = options.report or options.gradebooks or options.feedback or options.scheduler or options.written
    if len(found.entries) != 1 or len(options.submissions) != 1 or together:
        return False
    folder = options.submissions[0].is_dir() and not found.entries[0].wrong_usage
    return not folder and not (options.results and options.results.is_dir())


def _grade_single(options: argparse.Namespace, entry: Entry, unit: Unit | None) -> int:
    if unit is None:
        raise ValueError(f"nobody can tell whose assignment {entry.shown} is; name the unit instead of auto")
    assignment = assignment_of(unit)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    beside = options.results or options.csv
    sheet = ScoreSheet(options.csv, questions_of([unit])) if options.csv else None
    if entry.refused:
        record: Record = record_of(nothing_graded(assignment, entry.refused, seed))
    else:
        task = Task(0, entry, unit, seed, options.unsafe, options.patience, str(beside.resolve().parent) if beside else "")
        record = grade_task(task.message(), assignment)
    record |= described(entry)
    report = report_of(record)
    if options.results:
        write_results(report, options.results)
    if report.machine:
        raise ValueError(report.machine)
    if sheet:
        sheet.add(record)
        sheet.close()
    print(table([row(entry.label, report)]) if options.quiet else describe(entry.label, report))
    return 2 if entry.wrong_usage else 1 if record.get("error") else 0


def _grade_cohort(options: argparse.Namespace, found: Found, units: list[Unit | None]) -> int:
    run = _run(options, found, units)
    with journal_of(run.results, run.csv) as journal:
        try:
            grade_all(run, journal)
        except Stopped as stopped:
            print(f"autograder: {stopped}", file=sys.stderr)
            return 130 if stopped.by_hand else 1
        say_ignored(run)
        say_missing_points(run)
        _print_reports(options, run, [record for _, record in records(run, journal)]
                       if len(run.entries) <= DETAILED and not options.quiet else [])
        print(table([row(entry.label, report_of(record)) for entry, record in records(run, journal)]))
        if options.gradebooks:
            written = write_all_gradebooks(run, journal, options.gradebooks)
            for path in written:
                print(f"gradebook: {path}")
            if not written:
                print("autograder: no gradebook was written: no submission is named as Canvas, Moodle or Gradescope do",
                      file=sys.stderr)
        if options.report:
            from autograder.cohort.report import write_report

            write_report(options.report, run, journal)
            print(f"report: {options.report}")
        if options.feedback:
            print(f"feedback: {write_feedback(run, journal, options.feedback)} files in {options.feedback}")
    for trouble in run.troubles:
        print(f"autograder: {trouble}", file=sys.stderr)
    return 2 if any(entry.wrong_usage for entry in run.entries) else 1 if run.troubles or run.failed else 0


def _print_reports(options: argparse.Namespace, run: Run, chosen: list[Record]) -> None:
    for entry, record in zip(run.entries, chosen, strict=False):
        print(describe(entry.label, report_of(record)))


def _run(options: argparse.Namespace, found: Found, units: list[Unit | None]) -> Run:
    """What the options say, checked before anything is graded. Raises ValueError."""
    for name in ("results", "gradebooks", "feedback"):
        folder = getattr(options, name)
        if folder and folder.exists() and not folder.is_dir():
            raise ValueError(f"--{name} wants a folder for several submissions, and {folder} is a file")
    for folder in filter(None, (options.results, options.gradebooks, options.feedback, options.csv and options.csv.parent,
                                options.report and options.report.parent)):
        folder.mkdir(parents=True, exist_ok=True)
    if options.written and options.assignment == "auto":
        raise ValueError("--written holds the points of one unit; name it instead of auto")
    return Run(units, found, options.results, options.csv, seed=options.seed, unsafe=options.unsafe, patience=options.patience,
               afresh=options.afresh, jobs=options.jobs or os.cpu_count() or 1, scheduler=options.scheduler or "",
               written=read_points(options.written) if options.written else Points())


def run_regrade(options: argparse.Namespace, masters: Masters) -> int:
    """Grade a cohort again after a test has changed, and show whose score moves and why. Returns the exit status."""
    from autograder.cohort.regrade import regrade

    found = find(options.submissions)
    options.gradebooks, options.report, options.feedback = None, None, None
    options.written, options.afresh, options.seed = None, False, None
    run = _run(options, found, [_unit_of(entry, options, masters) for entry in found.entries])
    try:
        print(regrade(run, apply=options.apply))
    except Stopped as stopped:
        print(f"autograder: {stopped}", file=sys.stderr)
        return 130 if stopped.by_hand else 1
    return 0


def handed_in(paths: list[Path]) -> Iterator[tuple[str, str, Path | str]]:
    """Of each submission at these paths, whose it is, its name, and where it lies until the next is asked for, or why it does
    not. Raises ValueError for a path at which nothing lies.
    """
    entries = find(paths).entries
    if wrong := [entry.refused for entry in entries if entry.wrong_usage]:
        raise ValueError(wrong[0])
    for entry in entries:
        if entry.refused:
            yield entry.who, entry.file, entry.refused
            continue
        with staged([(leaf, None) for leaf in entry.leaves]) as path:
            yield entry.who, entry.file, path


# --- whose assignment -------------------------------------------------------------------------------------------------

def _unit_of(entry: Entry, options: argparse.Namespace, masters: Masters) -> Unit | None:
    """The unit of an entry; None where it is asked to be told from the entry and cannot be."""
    if options.assignment != "auto":
        return _read(_path_of(options.assignment, options.root, masters))
    known = {path.stem: path for path in masters(options.root, [])}
    names = [entry.label, *(leaf.name for leaf in entry.leaves), *((r.rest,) if (r := recognise(entry.label)) else ())]
    found = next((unit for name in names for unit in known if name.startswith(unit)), None) or _named_inside(entry, known)
    return _read(known[found]) if found else None


def _named_inside(entry: Entry, known: dict[str, Path]) -> str | None:
    """The unit that a notebook's metadata names."""
    for leaf in entry.leaves:
        try:
            metadata = json.loads(read(leaf, MAX_BYTES))["metadata"]
            name = metadata.get("llmcourse", {}).get("assignment") or metadata["otter"]["assignment_name"]
        except (*UNREADABLE, LookupError, TypeError, AttributeError, RecursionError):
            continue
        if name in known:
            return str(name)
    return None


@cache
def _read(path: Path) -> Unit:
    return read_unit(path)


def _path_of(unit: str, root: Path, masters: Masters) -> Path:
    path = Path(unit)
    return path if path.suffix == ".zip" else masters(root, [unit])[0]
