"""What is sent to a process that grades, and what every way of running many of them has in common."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from autograder.cohort.entries import Entry
from autograder.cohort.leaves import UNREADABLE, Leaf, read
from autograder.cohort.records import Record, record_of
from autograder.cohort.units import Unit, assignment_of
from autograder.grade import nothing_graded
from autograder.session import Limits
from autograder.submission import MAX_BYTES

TRIES = 2  # how often a submission is graded whose process was ended
SPARE_SECONDS = 120.0  # for the canary, starting, and cleaning up, beyond the time limit of the submission


@dataclass(frozen=True)
class Task:
    """One submission to be graded. number: its place among the entries."""

    number: int
    entry: Entry
    unit: Unit
    seed: int
    unsafe: bool = False
    patience: float = 1.0
    results: str = ""

    @property
    def seconds(self) -> float:
        """After which the process that grades it is not waited for any more."""
        limits = Limits(**self.unit["config"]["limits"])
        return limits.times(self.patience).total + SPARE_SECONDS * max(1.0, self.patience)

    def message(self, with_data: bool = False) -> dict[str, Any]:
        """The task as plain data; ``with_data``: its files travel along, for a machine that does not have them."""
        leaves = [{"parts": leaf.parts, "path": leaf.path, "member": leaf.member, "size": leaf.size,
                   **(_data(leaf) if with_data else {})} for leaf in self.entry.leaves]
        return {"unit": self.unit["digest"], "leaves": leaves, "seed": self.seed, "unsafe": self.unsafe,
                "patience": self.patience, "results": "" if with_data else self.results}

    def bare(self) -> "Task":
        """The task without the list of its files, to be sent to a machine that does not have them."""
        return replace(self, entry=Entry(self.entry.label, ()))

    def failed(self, why: str) -> Record:
        """The record of a submission that could not be graded through no fault of its own."""
        return record_of(nothing_graded(assignment_of(self.unit), f"{why} Tell your instructor.", self.seed), error=why)


def _data(leaf: Leaf) -> dict[str, str]:
    """A file's bytes as text; nothing where it cannot be read, so that who grades it says so."""
    try:
        return {"data": base64.b64encode(read(leaf, MAX_BYTES + 1)).decode()}
    except UNREADABLE:
        return {}


class Pool(Protocol):
    """A number of processes that grade."""

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Record]]:
        """The records in the order in which they are ready. Tasks are taken one by one, as processes become free."""

    def close(self) -> None:
        """End every process."""
