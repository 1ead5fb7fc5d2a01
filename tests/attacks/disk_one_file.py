"""Write one file until the disk is full, wherever a file might be made or a file already there can be written."""

CELL = '''
import os, tempfile, zipfile

def fill(path):
    with open(path, "wb") as file:
        for _ in range(1000):
            file.write(bytes(10**7))

for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev/mqueue", "/var/log", "/", os.getcwd(),
               os.path.expanduser("~"),               TARGETS["drop"], TARGETS["submission"],
               os.environ["MPLCONFIGDIR"], TARGETS["packages"]):
    attempt("in " + folder.replace(TARGETS["drop"], "drop").replace(TARGETS["submission"], "submission")
            .replace(TARGETS["packages"], "packages").replace(os.environ["MPLCONFIGDIR"], "matplotlib"),
            fill, os.path.join(folder, "fill"))
attempt("temporary", tempfile.TemporaryFile)
attempt("unnamed", os.open, "/tmp", 0o20200000 | os.O_RDWR)
attempt("null", fill, "/dev/null")
'''
NO = "PermissionError (1|13)|FileNotFoundError 2|OSError 30"
ATTEMPTS = {f"in {folder}": NO for folder in (
    "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev/mqueue", "/var/log", "/", "/nonexistent", "drop", "submission",
    "matplotlib", "packages")}
ATTEMPTS |= {"temporary": NO, "unnamed": NO, "null": "got None"}
