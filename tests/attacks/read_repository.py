"""Read what the repository holds on an instructor's machine: masters, misconceptions, tests, history."""

CELL = '''
import os

def read(*parts):
    return open(os.path.join(TARGETS["repository"], *parts), "rb").read(300)

attempt("master", read, "solutions", "02_ngrams.py")
attempt("list masters", os.listdir, os.path.join(TARGETS["repository"], "solutions"))
attempt("tests", read, "tests", "alternatives", "ngrams.py")
attempt("book", read, "book", "02_ngrams.md")
attempt("git", read, ".git", "HEAD")
attempt("configuration", read, "pyproject.toml")
attempt("list repository", os.listdir, TARGETS["repository"])
attempt("list grader", os.listdir, os.path.join(TARGETS["repository"], "tests"))
'''
NO = "PermissionError 13|FileNotFoundError 2|NotADirectoryError 20"  # in a work tree .git is a file
ATTEMPTS = dict.fromkeys(["master", "list masters", "tests", "book", "git", "configuration", "list grader"], NO)
ATTEMPTS["list repository"] = NO + r"|got \['.venv', '(autograder|llmcourse)', '(autograder|llmcourse)'\]" \
    r"|got \[('\.venv', |'autograder', |'llmcourse', )*('\.venv'|'autograder'|'llmcourse')\]"
