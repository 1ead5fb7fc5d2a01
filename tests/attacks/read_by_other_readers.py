"""Read the tests through everything in Python that opens files by itself."""

CELL = '''
import ctypes, fileinput, importlib.machinery, linecache, mmap, os, runpy, shelve, sqlite3, tokenize, zipfile, zipimport
import numpy as np
for name in ("tests", "metadata"):
    path = TARGETS[name]
    attempt("memmap " + name, np.memmap, path, "u1", "r")
    attempt("fromfile " + name, np.fromfile, path, "u1")
    attempt("loadtxt " + name, np.loadtxt, path, dtype=str)
    attempt("linecache " + name, linecache.getlines, path)
    attempt("tokenize " + name, tokenize.open, path)
    attempt("runpy " + name, runpy.run_path, path)
    attempt("sqlite " + name, lambda p: sqlite3.connect("file:" + p + "?mode=ro", uri=True).execute("select 1 from x"), path)
    attempt("loader " + name, importlib.machinery.SourceFileLoader("x", path).get_data, path)
    attempt("fileinput " + name, lambda p: list(fileinput.input(p)), path)
    attempt("dlopen " + name, ctypes.CDLL, path)
    attempt("libc " + name, syscall, 2, path.encode(), 0)
    attempt("openat2 " + name, syscall, 437, -100, path.encode(), (ctypes.c_uint64 * 3)(0, 0, 0), 24)
'''
NO = "PermissionError (1|13)|FileNotFoundError( 2)?|OSError( 13)?|OperationalError|got \\[\\]|ZipImportError"
ATTEMPTS = {f"{how} {name}": NO for name in ("tests", "metadata") for how in (
    "memmap", "fromfile", "loadtxt", "linecache", "tokenize", "runpy", "sqlite", "loader", "fileinput", "dlopen", "libc",
    "openat2")}
