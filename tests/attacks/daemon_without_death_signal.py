"""Undo what makes the worker die with the grader, and let daemons out of every process: cells, functions, threads."""

CELL = '''
import ctypes, os, threading, time
libc = ctypes.CDLL(None, use_errno=True)
attempt("no signal at the parent's death", libc.prctl, 1, 0, 0, 0, 0)
attempt("another signal", libc.prctl, 1, 17, 0, 0, 0)
attempt("beyond 32 bits", syscall, 157, 1 + (1 << 32), 0, 0, 0, 0)
attempt("own session", os.setsid)
attempt("own group", os.setpgid, 0, 0)
attempt("own subreaper", libc.prctl, 36, 1, 0, 0, 0)
attempt("another name", libc.prctl, 15, b") Z 1 1", 0, 0, 0)

def leave():
    if os.fork() == 0:
        try:
            libc.prctl(15, b") Z 1 1 (", 0, 0, 0)
            os.setsid()
            os.setpgid(0, 0)
        except OSError:
            pass
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)

leave()
thread = threading.Thread(target=leave)
thread.start()
thread.join()

def double(a):
    leave()
    return a
greet = double
'''
ATTEMPTS = {"no signal at the parent's death": "got -1", "another signal": "got -1", "beyond 32 bits": "PermissionError 1",
            "own session": "PermissionError 1", "own group": "PermissionError 1",
            "own subreaper": "got 0", "another name": "got 0"}
