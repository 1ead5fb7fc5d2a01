"""Put on the layers of a plan, from inside the process that is to be confined, before it runs anything of a student's."""

import contextlib
import ctypes
import os
import resource
import signal
import site
import sys
from collections.abc import Callable

from autograder.isolation import landlock, syscalls
from autograder.isolation.plan import Plan

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


class NotConfined(RuntimeError):
    """A layer that was wanted could not be put on; nothing of the student's has run."""


def confine(plan: Plan) -> None:
    """Put on every layer of the plan, in the order in which each is still possible. Raises NotConfined."""
    # libseccomp is loaded before Landlock closes its file, and refuses the calls of Landlock only afterwards
    steps: dict[str, Callable[[Plan], None]] = {
        "rlimits": _rlimits, "uid": _uid, "no_new_privs": _no_new_privs,
        "landlock": lambda plan: landlock.restrict(plan.readable, plan.writable, plan.listable),
        "seccomp": lambda plan: syscalls.restrict()}
    os.umask(0o077)
    _first_to_go()
    folders = [os.path.dirname(os.__file__), *filter(os.path.isdir, site.getsitepackages())]
    if "seccomp" in plan.layers and not syscalls.available():
        raise NotConfined("seccomp: libseccomp cannot be loaded")
    for layer, put_on in steps.items():
        if layer in plan.layers:
            try:
                put_on(plan)
            except (OSError, ImportError, ValueError, RuntimeError) as error:
                raise NotConfined(f"{layer}: {type(error).__name__}: {error}") from None
    _python_is_there(folders)
    die_with_the_parent()


def die_with_the_parent() -> None:
    """Be killed when the parent process ends, however that ends. A fork does not inherit this."""
    if sys.platform.startswith("linux"):
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _python_is_there(folders: list[str]) -> None:
    """A student's imports must not fail because Python lies where the worker's user may not look, in root's home say."""
    try:
        for folder in folders:
            with os.scandir(folder) as entries:
                next(entries, None)
        os.close(os.open(os.__file__, os.O_RDONLY))
    except OSError as error:
        raise NotConfined("the worker's user cannot read Python or its packages, which have to lie where everybody may read "
                          f"({error})") from None


def _first_to_go() -> None:
    """Where memory runs out, let the kernel end this process and its forks before any other, the grader above all."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def _rlimits(plan: Plan) -> None:
    """Hard limits that the process cannot raise again."""
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_NOFILE: plan.files,
              resource.RLIMIT_CPU: plan.cpu}
    if sys.platform.startswith("linux"):
        limits |= {resource.RLIMIT_AS: plan.memory, resource.RLIMIT_MSGQUEUE: 0, resource.RLIMIT_MEMLOCK: 2**16,
                   resource.RLIMIT_SIGPENDING: 256}
        if "uid" in plan.layers:  # counted per user: without one of its own, a limit would count the instructor's processes
            limits[resource.RLIMIT_NPROC] = plan.processes
        else:
            limits[resource.RLIMIT_NPROC] = _processes_of(os.getuid()) + plan.processes
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _processes_of(uid: int) -> int:
    """Threads and processes of a user, as RLIMIT_NPROC counts them."""
    total = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    total += len(os.listdir(f"/proc/{entry.name}/task"))
            except OSError:
                continue
    return total


def _uid(plan: Plan) -> None:
    """Become a user and group that own nothing, for good."""
    if plan.uid is None:
        raise ValueError("the plan names no user")
    os.setgroups([])
    os.setresgid(plan.uid, plan.uid, plan.uid)
    os.setresuid(plan.uid, plan.uid, plan.uid)
    if os.getresuid() != (plan.uid,) * 3 or os.getresgid() != (plan.uid,) * 3:
        raise OSError("the user was not changed")


def _no_new_privs(plan: Plan) -> None:
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _prctl(PR_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
