"""Read the grader's process through /proc: its environment, memory, descriptors, command line, working folder, root."""

CELL = '''
import os

def read(path):
    with open(path, "rb") as file:
        return file.read(200)

for who, pid in (("grader", TARGETS["grader"]), ("parent", os.getppid()), ("first", 1)):
    folder = "/proc/%d/" % pid
    for name in ("environ", "mem", "maps", "cmdline", "stack", "auxv", "task/%d/environ" % pid):
        attempt(who + " " + name.replace(str(pid), "N"), read, folder + name)
    attempt(who + " fd", os.listdir, folder + "fd")
    attempt(who + " open file", read, folder + "fd/%d" % TARGETS["fd"])
    attempt(who + " working folder", os.listdir, folder + "cwd")
    attempt(who + " through root", read, folder + "root" + TARGETS["tests"])
    attempt(who + " program", os.readlink, folder + "exe")
'''
NO = "PermissionError (1|13)|FileNotFoundError 2"
NAMES = ("environ", "mem", "maps", "cmdline", "stack", "auxv", "task/N/environ", "fd", "open file", "working folder",
         "through root", "program")
ATTEMPTS = {f"{who} {name}": NO for who in ("grader", "parent", "first") for name in NAMES}
