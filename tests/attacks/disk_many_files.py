"""Make a million small files and folders, or just one, wherever everybody may."""

CELL = '''
import os, socket

def many(folder):
    for i in range(10**6):
        os.close(os.open(os.path.join(folder, f"small{i}"), os.O_CREAT | os.O_WRONLY))

for folder in ("/tmp", "/dev/shm", TARGETS["drop"], os.environ["MPLCONFIGDIR"]):
    name = "matplotlib" if "matplotlib" in folder else folder if folder[:4] != "/var" else "drop"
    attempt("files in " + name, many, folder)
    attempt("folder in " + name, os.mkdir, os.path.join(folder, "folder"))
    attempt("link in " + name, os.symlink, "x" * 4000, os.path.join(folder, "link"))
'''
NO = "PermissionError (1|13)|FileNotFoundError 2|OSError 30"
ATTEMPTS = {f"{what} in {where}": NO for what in ("files", "folder", "link")
            for where in ("/tmp", "/dev/shm", "drop", "matplotlib")}
