"""Change mode, owner, size, times and attributes of results.json, so that the grader cannot write it or the worker can."""

CELL = '''
import os
for name in ("results", "metadata", "drop"):
    path = TARGETS[name]
    attempt("chmod " + name, os.chmod, path, 0o777)
    attempt("chown " + name, os.chown, path, os.getuid(), os.getgid())
    attempt("utime " + name, os.utime, path, (0, 0))
    attempt("attribute " + name, os.setxattr, path, "user.score", b"9999")
    attempt("truncate " + name, os.truncate, path, 0)
'''
NO = "PermissionError (1|13)|FileNotFoundError 2|OSError (30|95)|IsADirectoryError 21"
ATTEMPTS = {f"{what} {name}": NO for what in ("chmod", "chown", "utime", "attribute", "truncate")
            for name in ("results", "metadata", "drop")}
