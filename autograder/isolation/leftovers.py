"""What a grader that was killed itself has left running: found by a note that it made, and ended when grading starts again.

A worker ends with its grader; what its submission forked need not. So each grader notes which worker it has started, in a
file that it keeps locked. The lock goes when the grader does, however it ends, and who finds a note unlocked ends what is left.
The worker's processes are known by their user where they have one of their own, else by their session, which they cannot leave.
"""

import contextlib
import fcntl
import json
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder.isolation import processes
from autograder.isolation.plan import FIRST_UID, UIDS

SECONDS = 5.0  # how long it is tried to end what forks on
USERS = range(FIRST_UID, FIRST_UID + UIDS)  # those that workers are given


def folder() -> Path:
    """Where this user's notes lie, for nobody else to read or write. Raises OSError where somebody else has taken the place."""
    path = Path(tempfile.gettempdir()) / f"llmcourse-graders-{os.geteuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) != 0o700:
        raise PermissionError(f"{path} is not a folder of this user's own")
    return path


class Note:
    """The note of one worker, from its start to its end. Where no note can be made, grading goes on without."""

    def __init__(self, worker: int, uid: int | None):
        self._fd = -1
        with contextlib.suppress(OSError):
            self._fd, path = tempfile.mkstemp(".new", dir=folder())
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            os.write(self._fd, json.dumps({"worker": worker, "started": processes.started(worker), "uid": uid}).encode())
            self._path = Path(path).with_suffix(".json")
            os.rename(path, self._path)  # found only now that it is locked and whole

    def remove(self) -> None:
        """The worker has ended, and everything with it."""
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def sweep() -> list[int]:
    """End the processes that killed graders of this user have left, and remove their notes. Returns what was ended."""
    ended: list[int] = []
    with contextlib.suppress(OSError):
        for path in folder().glob("*.json"):
            with contextlib.suppress(OSError), _unlocked(path) as text:
                ended += _end(text)
                path.unlink()
    return ended


@cache
def sweep_once() -> None:
    """The same, the first time that this process asks for it."""
    sweep()


@contextlib.contextmanager
def _unlocked(path: Path) -> Iterator[str]:
    """The text of a note whose grader is gone, locked meanwhile. Raises BlockingIOError where the grader lives."""
    with path.open(encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file.read()


def _end(text: str) -> list[int]:
    """Kill what belongs to the worker of a note, until a look finds nothing more; returns all that was found."""
    try:
        note = json.loads(text)
        worker, started, uid = int(note["worker"]), int(note["started"]), note["uid"]
    except (ValueError, TypeError, KeyError):  # nobody's note
        return []
    known: set[int] = set()
    limit = time.monotonic() + SECONDS
    while left := _left(worker, started, uid):
        known |= left
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > limit:
            break
        time.sleep(0.01)
    return sorted(known)


def _left(worker: int, started: int, uid: int | None) -> set[int]:
    if uid is not None:
        return processes.of_user(uid) if type(uid) is int and uid in USERS else set()
    if processes.started(worker) not in (0, started):  # the number has gone to a process that is none of ours
        return set()
    return processes.of_session(worker) - {os.getpid()}
