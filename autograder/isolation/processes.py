"""The worker's processes as the grader sees them: who they are, what they use, and how to be rid of every one."""

import contextlib
import ctypes
import math
import os
import signal
import time
from pathlib import Path
from typing import TypeAlias

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Make this process the parent of whatever its descendants leave behind (Linux; elsewhere nothing happens).

    What nobody waits for stays as a zombie and counts against the worker's limit of processes; the first process of a
    container often waits for nobody.
    """
    try:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    except (OSError, AttributeError):
        return


Table: TypeAlias = dict[int, tuple[int, int, int, str]]
KERNEL_THREAD = 0x00200000  # PF_KTHREAD among a process's flags, which no program can set


def table() -> Table:
    """Every process but the kernel's own: pid -> (parent, start in ticks, resident bytes, state). Empty without /proc."""
    found = {}
    page = os.sysconf("SC_PAGE_SIZE")
    try:
        entries = [e for e in os.listdir("/proc") if e.isdigit()]
    except OSError:
        return {}
    for entry in entries:
        try:
            fields = _stat(entry)
            if int(fields[6]) & KERNEL_THREAD:
                continue
            found[int(entry)] = (int(fields[1]), int(fields[19]), int(fields[21]) * page, fields[0])
        except (OSError, IndexError, ValueError):
            continue
    return found


def uid_of(pid: int) -> int | None:
    """The effective user of a process (its /proc folder belongs to root where the process is not dumpable)."""
    try:
        with open(f"/proc/{pid}/status", encoding="latin-1") as file:
            for line in file:
                if line.startswith("Uid:"):
                    return int(line.split()[2])
    except (OSError, ValueError):
        return None
    return None


def _stat(pid: int | str) -> list[str]:
    """What /proc says of a process after its name, its state first. Raises OSError where it is gone."""
    with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
        return file.read().rpartition(")")[2].split()


def started(pid: int) -> int:
    """When a process started, in ticks since the machine did; 0 where there is none."""
    try:
        return int(_stat(pid)[19])
    except (OSError, IndexError, ValueError):
        return 0


def of_user(uid: int) -> set[int]:
    """The living processes of a user."""
    return {pid for pid, (*_, state) in table().items() if state != "Z" and uid_of(pid) == uid}


def of_session(leader: int) -> set[int]:
    """The living processes of a session, by the process that began it, whether that one lives or not."""
    found = set()
    for pid in table():
        with contextlib.suppress(OSError, IndexError, ValueError):
            state, _, _, session, *_ = _stat(pid)
            if int(session) == leader and state != "Z":
                found.add(pid)
    return found


def family(root: int, uid: int | None, all_: Table | None = None) -> dict[int, tuple[int, str]]:
    """All processes of a worker, descendants of ``root`` and processes of ``uid``: pid -> (resident bytes, state).

    root: a child of this process that nobody has waited for. The user is new with it, so nothing older can be of that user.
    all_: the table of all processes, where it has just been made.
    """
    all_ = table() if all_ is None else all_
    children: dict[int, list[int]] = {}
    for pid, (parent, *_rest) in all_.items():
        children.setdefault(parent, []).append(pid)
    found, todo = set(), [root]
    while todo:
        pid = todo.pop()
        if pid in all_ and pid not in found:
            found.add(pid)
            todo += children.get(pid, [])
    if uid is not None:
        since = all_[root][1] if root in all_ else 0
        found |= {pid for pid, (_, start, *_rest) in all_.items() if start >= since and pid not in found and uid_of(pid) == uid}
    return {pid: all_[pid][2:] for pid in found}


def used(root: int, most: int = 10) -> tuple[float, bool]:
    """Seconds that a process and its first descendants have been on a processor, and whether one of them wants to be on one.

    Quick: it looks at no other processes, and at ``most`` of these.
    """
    ticks, wants, todo, seen = 0, False, [root], 0
    while todo and seen < most:
        pid, seen = todo.pop(0), seen + 1
        with contextlib.suppress(OSError, IndexError, ValueError):
            state, *numbers = _stat(pid)
            ticks += sum(map(int, numbers[10:14]))  # in user and kernel mode, of itself and of children it has waited for
            wants |= state in "RD"
            todo += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())
    return ticks / os.sysconf("SC_CLK_TCK"), wants


def members(root: int, uid: int | None) -> dict[int, int]:
    """Living processes of a worker: pid -> resident bytes."""
    return {pid: resident for pid, (resident, state) in family(root, uid).items() if state != "Z"}


def memory(root: int, uid: int | None, enough: float = math.inf) -> int:
    """Bytes that a worker's processes use together, with what the kernel keeps to map them; counting stops above ``enough``.

    Pages that forks share count once where the kernel tells (PSS). It tells of page tables to everybody, of the number of
    mappings only to root.
    """
    total = 0
    for pid, resident in members(root, uid).items():
        total += (_shared_fairly(pid) or resident) + _page_tables(pid) + MAPPING * _mappings(pid)
        if total > enough:
            break
    return total


MAPPING = 256  # bytes that the kernel keeps for one mapping; 13 MB were measured for 65,530, the most that a process can have


def _page_tables(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", encoding="latin-1") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmPTE:"))
    except (OSError, StopIteration, ValueError):
        return 0


def _mappings(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 16), b""))
    except OSError:
        return 0


def _shared_fairly(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="latin-1") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration, ValueError):
        return None


def kill_all(root: int, uid: int | None, before: frozenset[int] = frozenset(), *, orphans: bool = False,
             keep: frozenset[int] = frozenset(), seconds: float = 5.0) -> list[int]:
    """Kill the worker and everything that came from it, until nothing is left; returns what could not be killed.

    keep: processes that are left alone.
    orphans: also kill the children that this process got since ``before`` (its children when the worker started): where the
    worker has no user and no namespace of its own, that is how what it left behind is known.

    A process that forks and ends is gone from the list before it is read, and its child is not on it yet. But nobody waits for
    the dead here until the end (``adopt_orphans``), and they count against the worker's limit of processes. So such a chain
    gets stuck, and what is over is known by this: nothing lives, and no more are dead than the last time.
    """
    limit = time.monotonic() + seconds
    known: set[int] = set()
    dead_before = None
    while True:
        all_ = table()
        found = family(root, uid, all_)
        known |= set(found)
        dead = {pid for pid, (_, state) in found.items() if state == "Z"}
        came = _orphans(before | {root}, all_)  # a namespace's first process outlives its parent for a moment
        left = (set(found) - dead | (came if orphans else came & known)) - keep - {os.getpid()}
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if (not left and dead == dead_before) or time.monotonic() > limit:
            if not keep:  # the worker leads a group of its own, which is all that is known of it where there is no /proc
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(root, signal.SIGKILL)
            _reap(before | {root}, all_)
            return sorted(left)
        dead_before = dead
        for _ in range(5 if left else 0):
            time.sleep(0.002)
            if not any(map(_lives, left)):
                break


def _lives(pid: int) -> bool:
    try:
        return _stat(pid)[0] not in "ZX"
    except (OSError, IndexError):
        return False


def _orphans(known: frozenset[int] | set[int], all_: Table) -> set[int]:
    """Living children of this process that it did not start itself."""
    me = os.getpid()
    return {pid for pid, (parent, _, _, state) in all_.items() if parent == me and state != "Z" and pid not in known}


def children() -> frozenset[int]:
    """The processes whose parent is this one, those that it adopted too."""
    me = os.getpid()
    return frozenset(pid for pid, (parent, *_rest) in table().items() if parent == me)


def _reap(known: frozenset[int], all_: Table) -> None:
    """Wait for the orphans that have ended, so that no zombies stay; whoever started those in ``known`` waits for them."""
    for pid, (parent, _, _, state) in all_.items():
        if parent == os.getpid() and state == "Z" and pid not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
