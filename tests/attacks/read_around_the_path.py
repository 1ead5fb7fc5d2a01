"""Reach the tests by another way than their path: descriptors of folders, .., /proc/self/root, a changed folder."""

CELL = '''
import os
tests, metadata = TARGETS["tests"], TARGETS["metadata"]

def at(folder, flags):
    fd = os.open(folder, flags)
    return os.read(os.open(metadata.lstrip("/"), os.O_RDONLY, dir_fd=fd), 50)

def changed(folder, path):
    os.chdir(folder)
    try:
        return open(path).read(50)
    finally:
        os.chdir("/")

attempt("from a folder", at, "/", os.O_RDONLY | os.O_DIRECTORY)
attempt("from a path descriptor", at, "/", os.O_PATH)
attempt("dots", lambda: open("/usr/lib/../.." + metadata).read(50))
attempt("more dots", lambda: open("/usr/../usr/../" * 40 + metadata).read(50))
attempt("proc root", lambda: open("/proc/self/root" + metadata).read(50))
attempt("proc working folder", lambda: open("/proc/self/cwd" + metadata).read(50))
attempt("chdir", changed, os.path.dirname(metadata), os.path.basename(metadata))
attempt("chdir to tests", changed, os.path.dirname(tests), os.path.basename(tests))
attempt("chroot", os.chroot, TARGETS["drop"])
attempt("path only", lambda: os.read(os.open(metadata, os.O_PATH), 50))
attempt("handle of a device", lambda: os.listdir("/dev/fd/"))
'''
NO = "PermissionError (1|13)|FileNotFoundError 2|NotADirectoryError 20"
ATTEMPTS = dict.fromkeys(["from a folder", "from a path descriptor", "dots", "more dots", "proc root", "proc working folder",
                          "chdir", "chdir to tests", "chroot", "handle of a device"], NO)
ATTEMPTS["path only"] = "OSError 9|FileNotFoundError 2"
