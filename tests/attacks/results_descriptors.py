"""Write forged results into every descriptor that is open: none is the results file, and the pipes only carry replies."""

CELL = '''
import json, os

def write_everywhere():
    written = []
    for fd in range(1024):
        if fd not in pipes():
            try:
                os.write(fd, json.dumps({"score": 9999}).encode())
                written.append(fd)
            except OSError:
                pass
    return written

def regular():
    import stat
    found = []
    for fd in range(1024):
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode) or stat.S_ISDIR(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found

attempt("write", write_everywhere)
attempt("files and folders", regular)
attempt("the grader's number", os.fstat, TARGETS["fd"])
'''
ATTEMPTS = {"write": r"got \[(0, )?1, 2\]", "files and folders": r"got \[\]", "the grader's number": "OSError 9"}
