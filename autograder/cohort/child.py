"""A process that grades one submission after another: tasks come as lines of JSON on its input, results leave on its output.

It ends as soon as its input does, whatever it is doing, and takes the worker that it is running with it: nothing is left
behind where the process that started it is killed.
"""

import base64
import contextlib
import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from autograder.assignment import Assignment
from autograder.cohort.leaves import Leaf, read
from autograder.cohort.names import file_name
from autograder.cohort.records import Record, record_of
from autograder.cohort.units import assignment_of
from autograder.grade import grade, nothing_graded
from autograder.isolation.probe import Isolation
from autograder.results import Report
from autograder.submission import MAX_BYTES, read_submission

MAX_ANSWER = 8000  # characters of one answer that are kept for the report
AGAIN = 25  # submissions for which a canary's finding counts


class Ended(BaseException):
    """Nobody waits for this process any more. No Exception, so that nothing that a test does catches it."""


def main() -> None:
    """Grade until the input ends."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints is no result
    signal.signal(signal.SIGTERM, _end)
    tasks: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read_tasks, args=(sys.stdin.buffer, tasks), daemon=True).start()
    known: dict[str, Assignment] = {}
    canary = Canary()
    with contextlib.suppress(Ended):
        while True:
            task = tasks.get()
            known.update({name: assignment_of(unit) for name, unit in task.pop("units", {}).items()})
            record = grade_task(task, known[task["unit"]], canary)
            output.write(json.dumps(record).encode() + b"\n")
            output.flush()
    output.close()


def _end(signum: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Ended


def _read_tasks(lines: BinaryIO, tasks: "queue.Queue[dict[str, Any]]") -> None:
    for line in lines:
        tasks.put(json.loads(line))
    os.kill(os.getpid(), signal.SIGTERM)


class Canary:
    """What canaries found: one is sent before the first submission of every kind, and again after ``AGAIN`` of them.

    What a submission can reach depends on the machine and on the plan, and both stay as they are while a cohort is graded.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[object, ...], tuple[Isolation, int]] = {}  # and for how many more submissions it counts

    def before(self, kind: tuple[object, ...]) -> Isolation | None:
        """What is known still, or None where a canary is due."""
        isolation, left = self.found.get(kind, (None, 0))
        if isolation is None or left <= 0:
            return None
        self.found[kind] = (isolation, left - 1)
        return isolation

    def after(self, kind: tuple[object, ...], report: Report) -> None:
        """Keep what a canary has just found. What is not contained is looked at every time."""
        if report.isolation and report.isolation.contained and self.found.get(kind, (None, 0))[0] is not report.isolation:
            self.found[kind] = (report.isolation, AGAIN - 1)


def grade_task(task: dict[str, Any], assignment: Assignment, canary: Canary | None = None) -> Record:
    """Grade one submission; whatever happens a record comes back, and one that says ``error`` where it was not its fault."""
    canary, kind = canary or Canary(), (assignment.needs, assignment.secrets, task["results"])
    assignment = replace(assignment, limits=assignment.limits.times(task["patience"]))
    try:
        with staged([_leaf(leaf) for leaf in task["leaves"]]) as path:
            results = Path(task["results"]) if task["results"] else None
            report = grade(assignment, path, task["seed"], unsafe=task["unsafe"], results=results,
                           isolation=canary.before(kind))
            canary.after(kind, report)
            return record_of(report, answers=_answers(path, assignment))
    except Exception as error:  # a disk that is full, a name that the system refuses: the others go on
        why = f"This submission could not be graded ({type(error).__name__}). Tell your instructor."
        return record_of(nothing_graded(assignment, why, task["seed"]), error=f"{type(error).__name__}: {error}"[:500])


def _leaf(value: dict[str, Any]) -> tuple[Leaf, bytes | None]:
    data = base64.b64decode(value["data"]) if "data" in value else None
    return Leaf(tuple(value["parts"]), value["path"], value["member"], value["size"]), data


@contextlib.contextmanager
def staged(leaves: list[tuple[Leaf, bytes | None]]) -> Iterator[Path]:
    """A path that ``grade`` reads: the file itself, or a private folder with copies of a submission's files.

    Copies hold no link, and their names are short enough for every file system.
    """
    if len(leaves) == 1 and leaves[0][1] is None and leaves[0][0].member is None:
        yield Path(leaves[0][0].path)
        return
    folder = Path(tempfile.mkdtemp(prefix="cohort-"))
    try:
        for leaf, data in leaves[:200]:
            place = folder.joinpath(*map(file_name, leaf.parts[-4:]))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(read(leaf, MAX_BYTES + 1) if data is None else data)
            if data is None and leaf.member is None:  # of two notebooks that answer as much, the newer one is graded
                shutil.copystat(leaf.path, place)
        yield place if len(leaves) == 1 else folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(path: Path, assignment: Assignment) -> dict[str, str]:
    """What the student wrote, question by question."""
    found: dict[str, str] = {}
    with contextlib.suppress(Exception):  # the report has said already what is wrong with the file
        for cell in read_submission(path).cells:
            if cell.question in assignment.questions and cell.role == "answer":
                found[cell.question] = "\n".join(filter(None, [found.get(cell.question), cell.source]))[:MAX_ANSWER]
    return found


if __name__ == "__main__":
    main()
