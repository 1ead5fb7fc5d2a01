"""Start as many processes as one can: there is a limit, and it is the worker's own."""

CELL = '''
import os, signal

def started():
    children = []
    try:
        for _ in range(500):
            pid = os.fork()
            if pid == 0:
                signal.pause()
            children.append(pid)
    except OSError as error:
        return len(children) < 100, error.errno
    finally:
        for pid in children:
            os.kill(pid, 9)
            os.waitpid(pid, 0)

attempt("processes", started)
'''
ATTEMPTS = {"processes": r"got \(True, 11\)"}
