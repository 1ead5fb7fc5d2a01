"""How much memory is left before the kernel has to end a process: of the machine, and of each control group around the grader.

A container is a control group. What its processes hold counts there whoever is charged with it, pages that a pipe keeps as
well as the kernel's own tables, which is why this is looked at beside what the worker's processes say of themselves.
Sources: the kernel's documentation, admin-guide/cgroup-v1/memory and admin-guide/cgroup-v2.
"""

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
FILES = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))  # version 2, version 1
UNLIMITED = 2**60  # version 1 writes "no limit" as the largest number of whole pages
CACHE = ("inactive_file", "active_file")  # pages of files, which the kernel gives up first


def left() -> int | None:
    """Bytes that can still be taken; None where the kernel does not say."""
    rooms = [room for room in (_machine(), *map(_group, _groups())) if room is not None]
    return min(rooms, default=None)


def _machine() -> int | None:
    with contextlib.suppress(OSError, ValueError, StopIteration), open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))
    return None


def _group(place: tuple[Path, str, str]) -> int | None:
    """What is left in one group: its limit less what is used, pages of files not counted. None where there is no limit."""
    folder, limit, usage = place
    with contextlib.suppress(OSError, ValueError):
        most, used = int((folder / limit).read_text()), int((folder / usage).read_text())  # "max" is a ValueError
        stat = dict(line.split(None, 1) for line in (folder / "memory.stat").read_text().splitlines())
        return most - used + sum(int(stat.get(f"total_{name}", stat.get(name, 0))) for name in CACHE)
    return None


@cache
def _groups() -> tuple[tuple[Path, str, str], ...]:
    """Folder and names of the files of every group with a limit that this process is in, as far as they can be seen."""
    places = dict.fromkeys((folder, *names) for folder in _folders() for names in FILES)
    return tuple(place for place in places if _limited(place))


def _limited(place: tuple[Path, str, str]) -> bool:
    folder, limit, usage = place
    with contextlib.suppress(OSError, ValueError):
        return int((folder / limit).read_text()) < UNLIMITED and (folder / usage).is_file()
    return False


def _folders() -> Iterator[Path]:
    """The folders of this process's groups for memory, and those above; in a container the outermost is its own."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            for mount in (ROOT / "memory", ROOT / "unified", ROOT):
                for folder in (inner := mount / path.lstrip("/"), *inner.parents):
                    if folder.is_relative_to(mount):
                        yield folder
