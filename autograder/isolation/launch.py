"""Start a Python process under a plan, with nothing of the grader's own: the worker, and the canary that goes before it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from autograder.isolation.plan import NAMESPACE_OPTIONS, PACKAGE, Plan

BOOT = """\
import sys
sys.path.insert(0, sys.argv[1])
from {module} import main
main(*sys.argv[2:])
"""
IMPORT = """\
import sys
sys.path.insert(0, sys.argv[1])
import {module}
"""
SECONDS = 30.0  # for that import


def launch(plan: Plan, module: str, *arguments: str, pass_fds: Iterable[int]) -> subprocess.Popen[bytes]:
    """Start ``main(*arguments)`` of a module of this package; it puts the other layers of the plan on itself.

    The process leads a group and a session of its own, and gets the descriptors ``pass_fds`` and no others.
    """
    return subprocess.Popen(
        command(plan, module, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", env=environment(plan), pass_fds=tuple(pass_fds), start_new_session=True)


def complaint(plan: Plan, module: str) -> str:
    """Why a process that ``launch`` started did not begin: the last that Python says where the module is only imported."""
    with tempfile.TemporaryFile() as file:
        try:
            subprocess.run(command(plan, module, boot=IMPORT), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file,
                           cwd="/", env=environment(plan), timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{type(error).__name__}: {error}"[:300]
        file.seek(0)
        lines = file.read(1 << 20).decode(errors="replace").split("\n")
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it ended, and does not say why")


def command(plan: Plan, module: str, *arguments: str, boot: str = "") -> list[str]:
    """The command line of that process, inside namespaces of its own where the plan wants them."""
    python = [sys.executable, "-I", "-c", (boot or BOOT).format(module=module), str(PACKAGE.parent), *arguments]
    if "namespaces" not in plan.layers:
        return python
    whole = plan.taken_apart()
    shown = [path for path in plan.readable if not _within(path, whole)]
    return ["bwrap", *NAMESPACE_OPTIONS, *binds([*shown, *whole, str(PACKAGE)], plan.matplotlib), *covers(plan, whole),
            "--proc", "/proc", "--dev", "/dev", "--chdir", "/", *python]


def _within(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def covers(plan: Plan, folders: Iterable[str]) -> list[str]:
    """Bubblewrap's options that put the open part of the library in place of the whole one, where that lies in these folders.

    A folder that is taken apart for Landlock is bound whole here: a bind for each package takes bubblewrap seconds.
    """
    package = str(Path(plan.library) / "llmcourse")
    if not _within(package, folders):
        return []
    opened = [path for path in plan.readable if _within(path, [package])]
    return ["--tmpfs", package, *(word for path in opened for word in ("--ro-bind-try", path, path)), "--remount-ro", package]


def binds(paths: Iterable[str], writable: str) -> list[str]:
    """Bubblewrap's options that show these paths, all but one read-only, in folders that every user can enter."""
    words: list[str] = []
    made: set[str] = {"/"}
    bound: list[str] = []
    for path in sorted(p for p in set(paths) if not p.startswith(("/proc/", "/dev/"))):
        if path != writable and _within(path, bound):
            continue
        bound.append(path)
        for folder in map(str, reversed(Path(path).parents)):
            if folder not in made:
                made.add(folder)
                words += ["--perms", "0755", "--dir", folder]
        words += ["--bind-try" if path == writable else "--ro-bind-try", path, path]
    return words


def environment(plan: Plan) -> dict[str, str]:
    """A clean environment: nothing of the grader's own reaches the process."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": plan.matplotlib, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
