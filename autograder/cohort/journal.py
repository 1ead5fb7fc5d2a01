"""The journal of a run: one line of JSON for every submission that is done, on the disk before the next thing happens.

Whatever ends the run, the journal holds all that was finished; half a line at its end is dropped.
"""

import contextlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.cohort.records import Record

VERSION = 1
BEGINNING = b'{"cohort": 1'  # of every journal


class Busy(ValueError):
    """Another run is writing to the same journal."""


class Journal:
    """A file of records, each under a key; the last one of a key counts. Only keys and places are held in memory."""

    def __init__(self, path: Path):
        """Open a journal, or begin one. Raises Busy where another run has it open, ValueError for a file that is none."""
        self.path = path
        self.places: dict[str, tuple[int, int]] = {}  # key -> where its line begins, and how long it is
        self.head: dict[str, Any] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # it holds every student's answers
        try:
            self._lock()
            self._read()
        except BaseException:
            os.close(self.fd)
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self.fd)

    def _lock(self) -> None:
        import fcntl

        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another run is writing to {self.path}; wait for it, or take another folder") from None
        except OSError:  # a network disk without locks
            return

    def _read(self) -> None:
        """Find the records that are there, and cut off what is only part of a line."""
        self.end = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                value = _parsed(line)
                if self.end == 0:
                    self._check_head(value)
                elif "key" in value and "report" in value:
                    self.places[str(value["key"])] = (self.end, len(line))
                self.end += len(line)
            file.seek(self.end)
            rest = file.read(len(BEGINNING))
        if self.end == 0 and not BEGINNING.startswith(rest):
            self._check_head({})
        os.ftruncate(self.fd, self.end)

    def _check_head(self, head: dict[str, Any]) -> None:
        if head.get("cohort") != VERSION:
            raise ValueError(f"{self.path} is not the journal of a cohort that this version can read; take another folder")
        self.head = head

    def begin(self, **head: object) -> None:
        """Write the first line of a new journal."""
        if not self.head:
            self.head = {"cohort": VERSION, **head}
            self._append(self.head)

    def add(self, key: str, record: Record) -> None:
        """Append a record; when this returns, it is on the disk. Raises OSError, and then nothing is left of it."""
        self.places[key] = self._append({"key": key, **record})

    def _append(self, value: dict[str, Any]) -> tuple[int, int]:
        line = json.dumps(value).encode() + b"\n"
        place, rest = self.end, line
        try:
            while rest:
                rest = rest[os.pwrite(self.fd, rest, place + len(line) - len(rest)):]
            os.fsync(self.fd)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self.fd, place)
            raise
        self.end += len(line)
        return place, len(line)

    def __contains__(self, key: str) -> bool:
        return key in self.places

    def __getitem__(self, key: str) -> Record:
        place, length = self.places[key]
        record: Record = json.loads(os.pread(self.fd, length, place))
        return record


def _parsed(line: bytes) -> dict[str, Any]:
    """A line as a dictionary; empty for one that was damaged."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
