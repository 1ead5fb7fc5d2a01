"""A lock on the whole machine: every test holds a share of it, and one that measures time can have it all."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Machine:
    """Two files that are locked: the second is a door, so that whoever wants to be alone is not overtaken for ever."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._door = (os.open(p, os.O_RDWR | os.O_CREAT) for p in (path, path.with_suffix(".door")))

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        self._enter(fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Give up the share, wait until the others have given up theirs, and come back to a share afterwards."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._enter(fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def _enter(self, how: int) -> None:
        fcntl.flock(self._door, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._file, how)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)
