"""Look into the process that the worker of the hidden tests will be forked from, change it, and stop it."""

CELL = '''
import ctypes, os, resource, signal
nurse = os.getppid()
attempt("its memory", open, f"/proc/{nurse}/mem", "rb+", 0)
attempt("its descriptors", os.listdir, f"/proc/{nurse}/fd")
attempt("read it", syscall, 310, nurse, 0, 0, 0, 0, 0)
attempt("write to it", syscall, 311, nurse, 0, 0, 0, 0, 0)
attempt("trace it", syscall, 101, 16, nurse, 0, 0)
attempt("its pipes", lambda: syscall(438, os.pidfd_open(nurse), 3, 0))
attempt("its limits", resource.prlimit, nurse, resource.RLIMIT_CPU, (1, 1))
attempt("its priority", os.setpriority, os.PRIO_PROCESS, nurse, 19)
attempt("its group", os.setpriority, os.PRIO_PGRP, os.getpgrp(), 19)
attempt("its cores", os.sched_setaffinity, nurse, {0})
attempt("its scheduling", os.sched_setscheduler, nurse, os.SCHED_IDLE, os.sched_param(0))
attempt("stop it", os.kill, nurse, signal.SIGSTOP)

def double(a):
    os.kill(os.getppid(), signal.SIGCONT)
    return a

def greet(name):
    return "x"
'''
NO = "PermissionError 1"
ATTEMPTS = {"its memory": "PermissionError 13", "its descriptors": "PermissionError 13", "read it": NO, "write to it": NO,
            "trace it": NO, "its pipes": NO, "its limits": NO, "its priority": NO, "its group": NO, "its cores": NO,
            "its scheduling": NO, "stop it": "got None"}
SECONDS = 25
