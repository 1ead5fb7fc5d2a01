"""List /proc and go through process numbers for anything that can be read."""

CELL = '''
import os

def sweep():
    read = []
    for pid in [*range(1, 300), *range(TARGETS['grader'] - 100, TARGETS['grader'] + 200)]:
        for name in ("environ", "cmdline", "status"):
            try:
                with open("/proc/%d/%s" % (pid, name), "rb") as file:
                    read.append((pid, name, file.read(20)))
            except OSError:
                pass
    return read[:3]

attempt("list", os.listdir, "/proc")
attempt("sweep", sweep)
attempt("kernel log", lambda: open("/dev/kmsg", "rb").read(10))
attempt("kernel memory", lambda: open("/proc/kcore", "rb").read(10))
attempt("accounts", lambda: open("/etc/passwd").read(10))
attempt("shadow", lambda: open("/etc/shadow").read(10))
attempt("mounts", lambda: open("/proc/self/mounts").read(10))
'''
NO = "PermissionError (1|13)|FileNotFoundError 2"
ATTEMPTS = dict.fromkeys(["list", "kernel log", "kernel memory", "accounts", "shadow", "mounts"], NO)
ATTEMPTS["sweep"] = r"got \[\]"
