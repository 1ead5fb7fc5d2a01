"""Read the hidden tests, the solutions beside them and the folders they lie in."""

CELL = '''
import glob, os, pathlib

def read(path):
    return open(path, "rb").read(300)

attempt("tests", read, TARGETS["tests"])
attempt("solutions", read, TARGETS["solutions"])
attempt("metadata", read, TARGETS["metadata"])
attempt("submission", read, os.path.join(TARGETS["submission"], "mini.ipynb"))
attempt("list source", os.listdir, TARGETS["source"])
attempt("list the folder above", os.listdir, os.path.dirname(TARGETS["source"]))
attempt("list root", os.listdir, "/root")
attempt("scandir", lambda: [e.name for e in os.scandir(os.path.dirname(TARGETS["tests"]))])
attempt("glob", glob.glob, TARGETS["source"] + "/**/*", recursive=True)
attempt("walk", lambda: [names for _, _, names in os.walk(TARGETS["source"])])
attempt("rglob", lambda: list(pathlib.Path(TARGETS["source"]).rglob("*")))
attempt("gradescope", os.listdir, "/autograder")
'''
NO = "PermissionError 13|FileNotFoundError 2"
NOTHING = NO + r"|got \[\]"
ATTEMPTS = {"tests": NO, "solutions": NO, "metadata": NO, "submission": NO, "list source": NO, "list the folder above": NO,
            "list root": NO, "scandir": NO, "glob": NOTHING, "walk": NOTHING, "rglob": NOTHING, "gradescope": NO}
