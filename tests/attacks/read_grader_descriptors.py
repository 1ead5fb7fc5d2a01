"""Take over descriptors of the grader: by process descriptor, by /proc, by handle."""

CELL = '''
import ctypes, os

def get(fd):
    pidfd = os.pidfd_open(TARGETS["grader"])
    return os.read(syscall(438, pidfd, fd, 0), 50)

def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False

attempt("inherited others", lambda: [fd for fd in range(3, 4096) if is_open(fd) and not is_pipe(fd)])
attempt("pidfd_getfd", get, TARGETS["fd"])
attempt("pidfd_getfd results", get, 3)
attempt("proc", lambda: open("/proc/%d/fd/%d" % (TARGETS["grader"], TARGETS["fd"])).read())
attempt("inherited", lambda: os.pread(TARGETS["fd"], 50, 0))
attempt("by handle", syscall, 304, -100, ctypes.create_string_buffer(128), 0)
attempt("name to handle", syscall, 303, -100, TARGETS["metadata"].encode(), ctypes.create_string_buffer(128),
        ctypes.create_string_buffer(8), 0)
'''
NO = "PermissionError 1|ProcessLookupError 3"
ATTEMPTS = {"pidfd_getfd": NO, "pidfd_getfd results": NO, "proc": "PermissionError 13|FileNotFoundError 2",
            "inherited": "OSError 9",
            "by handle": "PermissionError 1", "name to handle": "PermissionError 1", "inherited others": r"got \[\]"}
