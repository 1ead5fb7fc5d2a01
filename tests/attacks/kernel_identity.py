"""Become another user, get capabilities back, raise limits, switch the filter off."""

CELL = '''
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)

def prctl(*args):
    if libc.prctl(*map(ctypes.c_ulong, args)) < 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return "done"

attempt("root", os.setuid, 0)
attempt("root again", os.setresuid, 0, 0, 0)
attempt("effective", os.seteuid, 0)
attempt("group", os.setgid, 0)
attempt("groups", os.setgroups, [0])
attempt("file system user", syscall, 122, 0)
header = ctypes.create_string_buffer(b"\\x22\\x05\\x08\\x20", 64)
attempt("capabilities", syscall, 126, header, ctypes.create_string_buffer(b"\\xff" * 24))
attempt("ambient", prctl, 47, 2, 21, 0, 0)
attempt("keep capabilities", lambda: prctl(8, 1, 0, 0, 0) and os.setuid(0))
attempt("new privileges", prctl, 38, 0, 0, 0, 0)
attempt("no filter", prctl, 22, 0, 0, 0, 0)
attempt("other Landlock", syscall, 446, 0, 0)
for name in ("RLIMIT_NPROC", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_MEMLOCK"):
    kind = getattr(resource, name)
    attempt(name, resource.setrlimit, kind, (resource.getrlimit(kind)[0] + 1, resource.getrlimit(kind)[1] + 1))
attempt("all zero", lambda: {os.getuid() == 0, os.geteuid() == 0, os.getgid() == 0, 0 in os.getgroups()})
'''
NO = "PermissionError 1|OSError 22"
ATTEMPTS = dict.fromkeys(["root", "root again", "effective", "group", "groups", "file system user", "capabilities", "ambient",
                          "keep capabilities", "new privileges", "no filter", "other Landlock"], NO)
ATTEMPTS |= dict.fromkeys(["RLIMIT_NPROC", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_MEMLOCK"],
                          "ValueError|PermissionError 1")
ATTEMPTS["all zero"] = r"got \{False\}"
