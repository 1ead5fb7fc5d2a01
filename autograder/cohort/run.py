"""Grade a cohort: only what is missing or changed, with every result on the disk as soon as it is there."""

import contextlib
import hashlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.cohort.by_hand import Points
from autograder.cohort.entries import Entry, Found
from autograder.cohort.journal import Journal
from autograder.cohort.leaves import Leaf
from autograder.cohort.pool import LocalPool
from autograder.cohort.progress import Progress
from autograder.cohort.records import Record, described, record_of, report_of, students_of
from autograder.cohort.sheets import FIXED, LAST, Graded, Mark, ScoreSheet, rows, write_gradebooks, write_table
from autograder.cohort.tasks import Pool, Task
from autograder.cohort.units import Unit, assignment_of
from autograder.grade import nothing_graded
from autograder.results import Report, in_one_step, sanitise, write_results
from autograder.tables import one_line, told

JOURNAL = "journal.jsonl"


@dataclass
class Run:
    """What the command line asked for. results: a folder, csv: a file; None where neither is wanted."""

    units: list[Unit | None]  # of each entry; None where it could not be told
    found: Found
    results: Path | None = None
    csv: Path | None = None
    seed: int | None = None
    unsafe: bool = False
    patience: float = 1.0
    afresh: bool = False
    jobs: int = 1
    scheduler: str = ""
    written: Points = field(default_factory=Points)  # what a person gave to written answers; results of tests don't hold it
    keys: list[str] = field(default_factory=list)  # of each entry, in the journal
    troubles: list[str] = field(default_factory=list)  # what could not be written
    failed: int = 0  # submissions whose grading failed through no fault of their own

    @property
    def entries(self) -> list[Entry]:
        return self.found.entries

    @property
    def questions(self) -> list[str]:
        """The questions of all units, those of one number together, and those that a person gave points to."""
        names = dict.fromkeys([*questions_of(self.units), *self.written.most])
        return sorted(names, key=lambda q: (len(q), q))

    def row_of(self, record: Record) -> Record:
        """A record with the points that a person gave, for tables."""
        given = self.written.given.get(record["file"], {})
        return record | {"written": [given, self.written.most]} if self.written.most else record


class Stopped(Exception):
    """The run ended early; the message says what is safe and how to go on. by_hand: somebody pressed Ctrl-C."""

    def __init__(self, message: str, by_hand: bool = False):
        super().__init__(message)
        self.by_hand = by_hand


@contextlib.contextmanager
def journal_of(results: Path | None, csv: Path | None) -> Iterator[Journal]:
    """The journal: in the folder of results, beside the table of scores, or where neither is wanted for this run alone."""
    with contextlib.ExitStack() as stack:
        if results:
            path = results / JOURNAL
        elif csv:
            path = csv.with_name(f"{csv.name}.journal")
        else:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / JOURNAL
        yield stack.enter_context(Journal(path))


def grade_all(run: Run, journal: Journal) -> None:
    """Grade every entry that the journal does not hold yet, and keep its results. Raises Stopped."""
    run.seed = run.seed if run.seed is not None else journal.head.get("seed", secrets.randbits(32))
    journal.begin(seed=run.seed)
    run.keys = [_key(run, entry, unit) for entry, unit in zip(run.entries, run.units, strict=True)]
    done = [key in journal and not run.afresh and not journal[key].get("error") for key in run.keys]
    sheet = ScoreSheet(run.csv, run.questions) if run.csv else None
    pool: Pool | None = None
    progress = Progress(len(run.entries), sum(done))
    try:
        for number, (key, entry) in enumerate(zip(run.keys, run.entries, strict=True)):
            if done[number]:
                _keep(run, entry, _again(journal, key, entry), sheet, old=True)
        if not all(done):
            pool = start_pool(run, len(done) - sum(done))
            for number, record in _records(run, done, pool):
                if machine := record["report"]["machine"]:
                    raise Stopped(machine)  # it would be the same with all the others, and is no result of theirs
                entry = run.entries[number]
                record |= described(entry)
                journal.add(run.keys[number], record)
                _keep(run, entry, record, sheet)
                progress.step(entry.label)
    except KeyboardInterrupt:
        raise Stopped(f"stopped. {_safe(run, journal, progress)}", by_hand=True) from None
    except OSError as error:
        raise Stopped(f"{error.strerror or error}: {error.filename or journal.path}. {_safe(run, journal, progress)}") from None
    finally:
        progress.end()
        if pool:
            pool.close()
        if sheet:
            with contextlib.suppress(OSError):
                sheet.close()
    if run.csv:
        write_in_order(run, journal)


def start_pool(run: Run, number: int) -> Pool:
    """Processes that grade: on this machine, or on Dask's workers."""
    if run.scheduler:
        from autograder.cohort.cluster import DaskPool

        return DaskPool(run.scheduler, run.jobs)
    return LocalPool(min(run.jobs, number))


def _records(run: Run, done: list[bool], pool: Pool) -> Iterator[tuple[int, Record]]:
    """The records of all that is not done: first what there is nothing to grade of, then the others as they are ready."""
    rest, folder = [], run.results or (run.csv.parent if run.csv else None)
    guarded = str(folder.resolve()) if folder else ""  # the canary has another working folder
    for number, entry in enumerate(run.entries):
        if done[number]:
            continue
        unit = run.units[number]
        if entry.refused or unit is None:
            yield number, _nothing(entry, unit, run.seed or 0)
        else:
            rest.append(Task(number, entry, unit, run.seed or 0, run.unsafe, run.patience, guarded))
    for task, record in pool.run(rest):
        yield task.number, record


def _nothing(entry: Entry, unit: Unit | None, seed: int) -> Record:
    why = entry.refused or ("Nobody could tell whose assignment this is: neither its name nor its notebook names a unit. "
                            "Hand in the notebook of this assignment.")
    return record_of(nothing_graded(assignment_of(unit), why, seed) if unit else Report("", 0.0, [], [why], why, seed=seed))


def _keep(run: Run, entry: Entry, record: Record, sheet: ScoreSheet | None, old: bool = False) -> None:
    """Write what a record leads to. A single file that cannot be written is said at the end; the journal has it all."""
    if record.get("error"):
        run.failed += 1
        run.troubles.append(f"{entry.shown} could not be graded: {one_line(record['error'])}")
    if run.results:
        path = run.results / f"{entry.file}.json"
        if not (old and path.exists()):
            try:
                write_results(report_of(record), path)
            except (IsADirectoryError, NotADirectoryError, PermissionError) as error:
                run.troubles.append(f"{one_line(str(path))} could not be written ({error.strerror})")
    if sheet:
        sheet.add(run.row_of(record))


def _again(journal: Journal, key: str, entry: Entry) -> Record:
    """A record of an earlier run, for the entry as it is now."""
    return journal[key] | described(entry)


def _safe(run: Run, journal: Journal, progress: Progress) -> str:
    kept = f"{progress.done} of {progress.total} submissions are graded"
    if run.results or run.csv:
        return f"{kept} and kept in {journal.path}; the same command goes on from there."
    return f"{kept}. With --results FOLDER they are kept, and the same command goes on."


# --- what has changed -------------------------------------------------------------------------------------------------

def _key(run: Run, entry: Entry, unit: Unit | None) -> str:
    """Changes with everything that a result depends on: who, which bytes, the tests, the options."""
    told = [entry.label, [s.key for s in entry.students], entry.refused, [_digest(leaf) for leaf in entry.leaves],
            unit and [unit["config"]["name"], unit["digest"]], run.unsafe, run.patience, run.seed]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _digest(leaf: Leaf) -> list[object]:
    total = hashlib.sha256()
    try:
        if leaf.member is None:
            handle = os.open(leaf.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                while part := file.read(1 << 20):
                    total.update(part)
        else:
            total.update(f"{leaf.stamp} {leaf.size}".encode())
    except OSError as error:
        return [list(leaf.parts), type(error).__name__]
    return [list(leaf.parts), total.hexdigest()]


def questions_of(units: Sequence[Unit | None]) -> list[str]:
    """The questions of all units, those of one number together."""
    names = dict.fromkeys(q for unit in units if unit for q in unit["config"]["questions"])
    return sorted(names, key=lambda q: (len(q), q))


# --- afterwards -------------------------------------------------------------------------------------------------------

def records(run: Run, journal: Journal) -> Iterator[tuple[Entry, Record]]:
    """Every entry with its record, one at a time."""
    for entry, key in zip(run.entries, run.keys, strict=True):
        yield entry, _again(journal, key, entry)


def write_in_order(run: Run, journal: Journal) -> None:
    """Write the table of scores once more, in the order of the entries: rows came as they were ready."""
    assert run.csv is not None
    asked = run.questions
    write_table(run.csv, [*FIXED, *asked, *LAST],
                (row for _, record in records(run, journal) for row in rows(run.row_of(record), asked)))


def write_all_gradebooks(run: Run, journal: Journal, folder: Path) -> list[Path]:
    """The gradebooks of every unit."""
    by_unit: dict[str, list[Graded]] = {}
    for _, record in records(run, journal):
        unit, mark = record["report"]["assignment"], Mark.of(run.row_of(record))
        if unit:
            by_unit.setdefault(unit, []).extend((student, mark) for student in students_of(record))
    return [path for unit, graded in by_unit.items() for path in write_gradebooks(folder, unit, graded)]


def write_feedback(run: Run, journal: Journal, folder: Path) -> int:
    """For each submission a text file for its student: score, tests with their hints, and what a person gave and wrote.

    As in all that students see, a hidden test has its name and its hint there and no inputs. Returns how many were written.
    """
    count = 0
    for entry, record in records(run, journal):
        report, mark = report_of(record), Mark.of(run.row_of(record))
        lines = [f"{report.assignment}: {mark.score:g} of {mark.max_score:g} points", "", *told(report)]
        for question, most in run.written.most.items():
            given = run.written.given.get(entry.file, {}).get(question)
            lines.append(f"{question}, read by a person: {'no points yet' if given is None else f'{given:g}'}/{most:g}")
            lines += [f"    {line}" for line in run.written.comments.get((entry.file, question), "").splitlines()]
        with in_one_step(folder / f"{entry.file}.txt") as file:
            file.write(sanitise("\n".join(lines), limit=100_000) + "\n")
        count += 1
    return count


def say_missing_points(run: Run, limit: int = 20) -> None:
    """List on the error output which written answers have no points, and points of nobody who is graded here."""
    if missing := run.written.missing:
        names = ", ".join(missing[:limit]) + (f" and {len(missing) - limit} more" if len(missing) > limit else "")
        print(f"autograder: no points yet for {len(missing)} written answers, which count 0: {names}", file=sys.stderr)
    known = {entry.file for entry in run.entries}
    for name in [name for name in run.written.given if name not in known][:limit]:
        print(f"autograder: points for {one_line(name, 100)}, who is not among the submissions", file=sys.stderr)


def say_ignored(run: Run, limit: int = 20) -> None:
    """List on the error output what belongs to nobody."""
    for where, why in run.found.ignored[:limit]:
        print(f"ignored: {where} ({why})", file=sys.stderr)
    if len(run.found.ignored) > limit:
        print(f"ignored: {len(run.found.ignored) - limit} more", file=sys.stderr)
