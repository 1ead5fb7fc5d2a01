"""A worker that tries to break out: every attempt is something a hostile submission would try, and says whether it worked.

It runs confined like a real worker, before one, and on the same machine; what it manages decides the tier (``probe``). In
grading it is forked from the very process that the workers are forked from afterwards (``autograder.nurse``).
An attempt returns None where it was contained, else what was possible, in a few words.
"""

import _socket
import contextlib
import ctypes
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from autograder.isolation.confine import NotConfined, confine
from autograder.isolation.plan import Plan

PR_GET_NO_NEW_PRIVS = 39
CLONE_NEWUSER = 0x10000000
IOPRIO = {"x86_64": (252, 251), "aarch64": (31, 30)}  # numbers of ioprio_get and ioprio_set, which the C library lacks


@dataclass(frozen=True)
class Targets:
    """What it must not reach: files and folders to read, a folder to write to, a server, the grader, an open file."""

    secrets: tuple[str, ...]
    results: str | None
    port: int  # of a server on this machine
    pid: int  # of the grader
    file: int  # a descriptor that it got


def reads_secrets(plan: Plan, targets: Targets) -> str | None:
    for path in targets.secrets:
        with contextlib.suppress(OSError):
            if os.path.isdir(path):
                os.listdir(path)
                return f"could list {path}"
            with open(path, "rb") as file:
                file.read(1)
            return f"could read {path}"
    return None


def writes_results(plan: Plan, targets: Targets) -> str | None:
    folder = targets.results
    if not folder:
        return None
    with contextlib.suppress(OSError):
        path = os.path.join(folder, ".canary")
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        os.unlink(path)
        return f"could make a file in {folder}"
    with contextlib.suppress(OSError):
        os.close(os.open(os.path.join(folder, "results.json"), os.O_WRONLY))
        return "could open results.json for writing"
    return None


def writes_elsewhere(plan: Plan, targets: Targets) -> str | None:
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", plan.matplotlib, sys.prefix, os.getcwd()):
        with contextlib.suppress(OSError):
            path = os.path.join(folder, f".canary-{os.getpid()}")
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            os.unlink(path)
            return f"could make a file in {folder}"
    return None


def fills_a_file(plan: Plan, targets: Targets) -> str | None:
    with contextlib.suppress(OSError):
        os.write(targets.file, b"x")
        return "could write into an open file"
    return None


def reaches_the_network(plan: Plan, targets: Targets) -> str | None:
    attempts = ((_socket.AF_INET, _socket.SOCK_STREAM, "TCP"), (_socket.AF_INET, _socket.SOCK_DGRAM, "UDP"),
                (_socket.AF_UNIX, _socket.SOCK_STREAM, "Unix"), (_socket.AF_NETLINK, _socket.SOCK_RAW, "netlink"))
    for family, kind, name in attempts:
        with contextlib.suppress(OSError), contextlib.closing(_socket.socket(family, kind)) as s:
            s.settimeout(0.5)
            if name == "TCP":
                s.connect(("127.0.0.1", targets.port))
                return "could connect to a server on this machine"
            return f"could open a {name} socket"
    return None


def reads_the_grader(plan: Plan, targets: Targets) -> str | None:
    for name in ("environ", "maps", "mem"):
        with contextlib.suppress(OSError), open(f"/proc/{targets.pid}/{name}", "rb") as file:
            file.read(1)
            return f"could read /proc of the grader ({name})"
    with contextlib.suppress(OSError):
        os.listdir(f"/proc/{targets.pid}/fd")
        return "could list the grader's open files"
    return None


def signals_the_grader(plan: Plan, targets: Targets) -> str | None:
    with contextlib.suppress(OSError):
        os.kill(targets.pid, 0)
        return "could send a signal to the grader"
    return None


def changes_the_grader(plan: Plan, targets: Targets) -> str | None:
    """Each attempt sets what is set already, so that a canary which is not contained harms nobody."""
    pid, libc = targets.pid, ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(OSError):
        resource.prlimit(pid, resource.RLIMIT_CORE, resource.prlimit(pid, resource.RLIMIT_CORE))
        return "could set the grader's limits"
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid))
        return "could set the grader's priority"
    with contextlib.suppress(OSError):
        os.sched_setaffinity(pid, os.sched_getaffinity(pid))
        return "could set the grader's cores"
    with contextlib.suppress(OSError):
        os.sched_setscheduler(pid, os.sched_getscheduler(pid), os.sched_getparam(pid))
        return "could set the grader's scheduling"
    get, set_ = IOPRIO.get(platform.machine(), (0, 0))
    if get and libc.syscall(set_, 1, pid, libc.syscall(get, 1, pid)) == 0:
        return "could set the grader's priority at the disk"
    return None


def sees_other_processes(plan: Plan, targets: Targets) -> str | None:
    with contextlib.suppress(OSError):
        os.stat(f"/proc/{targets.pid}")
        return "the grader's process can be seen"
    return None


def is_somebody(plan: Plan, targets: Targets) -> str | None:
    if 0 in os.getresuid():
        return "runs as root"
    with contextlib.suppress(OSError):
        os.setresuid(0, 0, 0)
        return "could become root"
    return None


def gains_privileges(plan: Plan, targets: Targets) -> str | None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        return "programs could gain privileges"
    return None


def makes_namespaces(plan: Plan, targets: Targets) -> str | None:
    pid = os.fork()
    if pid == 0:
        done = ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) == 0
        os._exit(7 if done else 0)
    return "could make a user namespace" if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7 else None


def runs_programs(plan: Plan, targets: Targets) -> str | None:
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.execv("/bin/true", ["true"])
        os._exit(7)
    return "could run a program" if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 else None


def forks_without_end(plan: Plan, targets: Targets) -> str | None:
    children = []
    hold, release = os.pipe()
    try:
        for _ in range(plan.processes + 8):
            pid = os.fork()
            if pid == 0:
                os.close(release)
                os.read(hold, 1)
                os._exit(0)
            children.append(pid)
    except OSError:
        return None
    finally:
        os.close(release)
        os.close(hold)
        for pid in children:
            os.waitpid(pid, 0)
    return f"could start {len(children)} processes"


def takes_all_memory(plan: Plan, targets: Targets) -> str | None:
    with contextlib.suppress(MemoryError, OSError):
        bytearray(plan.memory)  # pages are only promised, not touched
        return f"could claim {plan.memory // 2**20} MB"
    return None


def hides_memory(plan: Plan, targets: Targets) -> str | None:
    """Memory that is charged to no process: a page given to a pipe, the buffers of a pair of sockets."""
    with contextlib.suppress(OSError):
        one, other = _socket.socketpair()
        one.close()
        other.close()
        return "could make a pair of sockets"
    read, write = os.pipe()
    page = ctypes.create_string_buffer(64)
    parts = (ctypes.c_size_t * 2)(ctypes.addressof(page), 64)
    try:
        if ctypes.CDLL(None, use_errno=True).vmsplice(write, parts, ctypes.c_size_t(1), 0) >= 0:
            return "could give its memory to a pipe"
    finally:
        os.close(read)
        os.close(write)
    return None


ATTEMPTS: dict[str, Callable[[Plan, Targets], str | None]] = {
    "secrets": reads_secrets, "results": writes_results, "network": reaches_the_network, "grader": reads_the_grader,
    "signals": signals_the_grader, "user": is_somebody, "privileges": gains_privileges, "files": writes_elsewhere,
    "file size": fills_a_file, "programs": runs_programs, "namespaces": makes_namespaces, "memory": takes_all_memory,
    "processes": forks_without_end, "limits": changes_the_grader, "kernel memory": hides_memory, "sight": sees_other_processes,
}


def leave_a_daemon() -> int:
    """Start a process that wants to outlive its kill: out of the session, orphaned, deaf to polite signals."""
    heard, tell = os.pipe()
    if os.fork() == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        if os.fork() == 0:
            os.write(tell, str(os.getpid()).encode())
            with contextlib.suppress(BaseException):
                time.sleep(30)
        os._exit(0)
    return int(os.read(heard, 20))


def main(report: str, plan_text: str, targets_text: str) -> None:
    """Confine this process, make every attempt, write the verdicts as JSON to the descriptor ``report``."""
    plan = Plan.from_json(plan_text)
    try:
        confine(plan)
    except NotConfined as error:
        os.write(int(report), json.dumps({"confined": str(error)}).encode())
        return
    attempt_all(int(report), plan, targets_text)


def attempt_all(report: int, plan: Plan, targets_text: str) -> None:
    """Make every attempt from this process, which is confined, and write the verdicts as JSON to the descriptor ``report``."""
    targets = Targets(**json.loads(targets_text))
    verdicts: dict[str, str | None] = {}
    for name, attempt in ATTEMPTS.items():
        try:
            verdicts[name] = attempt(plan, targets)
        except Exception as error:  # an attempt that fails in a way nobody thought of did not get through
            verdicts[name] = None
            verdicts.setdefault("odd", f"{name}: {type(error).__name__}: {error}")
    leave_a_daemon()
    os.write(report, json.dumps(verdicts).encode())
