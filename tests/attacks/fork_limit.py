"""Start as many processes as one can: there is a limit to their number, and one to their memory; both are the worker's."""

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

try:
    attempt("processes", started)
finally:
    raise RuntimeError("; ".join(log))
'''
TELLS = r"processes: got \(True, 11\)|more than 500 MB of memory"
