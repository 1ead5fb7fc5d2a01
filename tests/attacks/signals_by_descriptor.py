"""Make the kernel signal the grader for us: owner of a pipe's events, a timer's target, a parent's death, a queue's notice."""

CELL = '''
import ctypes, fcntl, os, signal, struct, time
read_fd, write_fd, _ = pipes()
r, w = os.pipe()

def own(fd):
    fcntl.fcntl(fd, 10, signal.SIGTERM)
    fcntl.fcntl(fd, fcntl.F_SETOWN, TARGETS["grader"])
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    os.write(w, b"x")
    time.sleep(0.05)
    return "armed"

def timer():
    event = ctypes.create_string_buffer(struct.pack("QiiiI", 0, int(signal.SIGTERM), 4, TARGETS["grader"], 0).ljust(64, b"\\0"))
    return syscall(222, 0, event, ctypes.byref(ctypes.c_int()))

attempt("pipe", own, r)
attempt("reply pipe", own, write_fd)
attempt("timer", timer)
'''
ATTEMPTS = {"pipe": "got 'armed'|.*Error.*", "reply pipe": "got 'armed'|.*Error.*", "timer": "OSError 22|ProcessLookupError 3"}
