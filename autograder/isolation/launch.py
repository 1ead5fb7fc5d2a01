"""Start a Python process under a plan, with nothing of the grader's own: the worker, and the canary that goes before it."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.isolation.plan import NAMESPACE_OPTIONS, PACKAGE, Plan

BOOT = """\
import sys
sys.path.insert(0, sys.argv[1])
from {module} import main
main(*sys.argv[2:])
"""


def launch(plan: Plan, module: str, *arguments: str, pass_fds: Iterable[int]) -> subprocess.Popen[bytes]:
    """Start ``main(*arguments)`` of a module of this package; it puts the other layers of the plan on itself.

    The process leads a group and a session of its own, and gets the descriptors ``pass_fds`` and no others.
    """
    return subprocess.Popen(
        command(plan, module, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", env=environment(plan), pass_fds=tuple(pass_fds), start_new_session=True)


def command(plan: Plan, module: str, *arguments: str) -> list[str]:
    """The command line of that process, inside namespaces of its own where the plan wants them."""
    python = [sys.executable, "-I", "-c", BOOT.format(module=module), str(PACKAGE.parent), *arguments]
    if "namespaces" not in plan.layers:
        return python
    return ["bwrap", *NAMESPACE_OPTIONS, *binds([*plan.readable, str(PACKAGE)], plan.matplotlib),
            "--proc", "/proc", "--dev", "/dev", "--chdir", "/", *python]


def binds(paths: Iterable[str], writable: str) -> list[str]:
    """Bubblewrap's options that show these paths, all but one read-only, in folders that every user can enter."""
    words: list[str] = []
    made: set[str] = {"/"}
    bound: list[str] = []
    for path in sorted(p for p in set(paths) if not p.startswith(("/proc/", "/dev/"))):
        if path != writable and any(Path(path).is_relative_to(other) for other in bound):
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
