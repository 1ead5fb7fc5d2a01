"""Change limits, priorities and scheduling of the grader: it is of the worker's own user where it is not root."""

CELL = '''
import ctypes, fcntl, os, resource, signal, struct
grader = TARGETS["grader"]
parent = os.getppid()
for name, pid in (("grader", grader), ("parent", parent)):
    attempt(name + " limits", resource.prlimit, pid, resource.RLIMIT_CPU, (1, 1))
    attempt(name + " memory", resource.prlimit, pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
    attempt(name + " files", syscall, 302, pid + (1 << 32), 7, ctypes.create_string_buffer(16), 0)
    attempt(name + " priority", os.setpriority, os.PRIO_PROCESS, pid, 19)
    attempt(name + " cores", os.sched_setaffinity, pid, {0})
    attempt(name + " idle", os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
    attempt(name + " parameters", os.sched_setparam, pid, os.sched_param(0))
    idle = ctypes.create_string_buffer(struct.pack("IIQiIQQQ", 48, 5, 0, 19, 0, 0, 0, 0))
    attempt(name + " attributes", syscall, 314, pid, idle, 0)
    attempt(name + " disk", syscall, 251, 1, pid, 3 << 13)
    attempt(name + " robust list", syscall, 274, pid, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8))
attempt("group priority", os.setpriority, os.PRIO_PGRP, os.getpgrp(), 19)
attempt("user priority", os.setpriority, os.PRIO_USER, 0, 19)
attempt("user disk", syscall, 251, 3, 0, 3 << 13)
attempt("kill everybody", os.kill, grader, signal.SIGKILL)
r, w = os.pipe()
attempt("owner", fcntl.fcntl, r, fcntl.F_SETOWN, grader)
attempt("owner of another kind", fcntl.fcntl, r, 15, struct.pack("ii", 1, grader))
attempt("signal", fcntl.fcntl, r, 10, int(signal.SIGKILL))
attempt("owner by ioctl", fcntl.ioctl, r, 0x8901, struct.pack("i", grader))
attempt("lock", fcntl.lockf, open("/dev/null", "r+"), fcntl.LOCK_SH)
attempt("whole lock", fcntl.flock, open("/dev/null"), fcntl.LOCK_SH)
attempt("scheduling together", syscall, 157, 62, 2, grader, 0, 0)
attempt("own limits", resource.prlimit, 0, resource.RLIMIT_CORE)
attempt("own priority", os.nice, 1)
attempt("own cores", lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
'''
NO = "PermissionError 1|ProcessLookupError 3"
NAMES = ("limits", "memory", "files", "priority", "cores", "idle", "parameters", "attributes", "disk", "robust list")
ATTEMPTS = {f"{whom} {what}": NO for whom in ("grader", "parent") for what in NAMES}
ATTEMPTS |= dict.fromkeys(["group priority", "user priority", "user disk", "kill everybody", "owner", "owner of another kind",
                           "signal", "owner by ioctl", "lock", "whole lock", "scheduling together"], NO)
ATTEMPTS |= {"own limits": r"got \(0, 0\)", "own priority": r"got \d+", "own cores": "got None"}
