"""Import the reference solutions, in every way that `import` can be spelt."""

CELL = '''
import importlib
attempt("import", importlib.import_module, "llmcourse.ngrams")
attempt("from", lambda: exec("from llmcourse import language_models"))
attempt("dunder", __import__, "llmcourse.language_models")
attempt("relative", importlib.import_module, ".ngrams", "llmcourse")
attempt("misconceptions", importlib.import_module, "autograder.misconceptions.ngrams")
attempt("tests", importlib.import_module, "autograder.testfile")
attempt("corpora stay open", lambda: type(importlib.import_module("llmcourse.corpora")).__name__)
attempt("vocabulary stays open", lambda: type(importlib.import_module("llmcourse.vocabulary")).__name__)
'''
ATTEMPTS = {"import": "ImportError", "from": "ImportError", "dunder": "ImportError", "relative": "ImportError",
            "misconceptions": "ModuleNotFoundError", "tests": "ModuleNotFoundError", "corpora stay open": "got 'module'",
            "vocabulary stays open": "got 'module'"}
