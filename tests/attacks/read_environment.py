"""Look for secrets in the environment, the arguments and what else a process is given at birth."""

CELL = '''
import os, sys

def leftover():
    known = {"PATH", "LANG", "HOME", "MPLBACKEND", "MPLCONFIGDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
             "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LC_CTYPE", "PWD", "KMP_DUPLICATE_LIB_OK",
             "KMP_INIT_AT_FORK"}
    return sorted(set(os.environ) - known)

def block():
    import ctypes
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    names, i = [], 0
    while environ[i]:
        names.append(environ[i].split(b"=")[0].decode())
        i += 1
    return [name for name in names if "SECRET" in name or "TOKEN" in name]

attempt("variables", leftover)
attempt("block in memory", block)
attempt("secret", os.environ.__getitem__, "RANGE_SECRET")
attempt("arguments", lambda: [word for word in sys.orig_argv if "range-" in word or "results" in word])
attempt("standard input", lambda: os.read(0, 100))
attempt("own environ", lambda: open("/proc/self/environ", "rb").read())
attempt("user", lambda: os.getuid() > 0 and os.getgroups() == [] and os.getuid() == os.geteuid())
'''
ATTEMPTS = {"variables": r"got \[\]", "block in memory": r"got \[\]", "secret": "KeyError", "arguments": r"got \[\]",
            "standard input": "got b''", "own environ": "PermissionError 13|FileNotFoundError 2", "user": "got True"}
