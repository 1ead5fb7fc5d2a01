"""Open results.json, and files beside it, for writing and write full marks into them."""

CELL = '''
import json, os
forged = json.dumps({"score": 9999, "tests": [], "output": "well done"})

def write(path, mode):
    with open(path, mode) as file:
        file.write(forged)

for mode in ("w", "a", "r+", "x"):
    attempt("open " + mode, write, TARGETS["results"], mode)
attempt("sibling", write, os.path.join(os.path.dirname(TARGETS["results"]), "results.json.new"), "w")
attempt("metadata", write, TARGETS["metadata"], "w")
attempt("submission", write, os.path.join(TARGETS["submission"], "mini.ipynb"), "w")
attempt("tests", write, TARGETS["tests"], "w")
attempt("gradescope's own", write, "/autograder/results/results.json", "w")
'''
NO = "PermissionError 13|FileNotFoundError 2"
ATTEMPTS = dict.fromkeys(["open w", "open a", "open r+", "open x", "sibling", "metadata", "submission", "tests",
                          "gradescope's own"], NO)
ATTEMPTS["open x"] += "|FileExistsError 17"
