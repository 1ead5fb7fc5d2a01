"""Take the blocker out of sys.meta_path, and the stand-ins out of sys.modules, and import the reference then."""

CELL = '''
import importlib, sys
for finder in list(sys.meta_path):
    if getattr(finder, "__module__", "").startswith("autograder") or "Blocker" in type(finder).__name__:
        sys.meta_path.remove(finder)
sys.path.insert(0, TARGETS["repository"])
sys.path_importer_cache.clear()
importlib.invalidate_caches()
attempt("reference", importlib.import_module, "llmcourse.ngrams")
for name in [n for n in sys.modules if n.split(".")[0] in ("autograder", "llmcourse", "otter")]:
    del sys.modules[name]
attempt("reference again", importlib.import_module, "llmcourse.language_models")
attempt("misconceptions", importlib.import_module, "autograder.misconceptions.ngrams")
attempt("grader", importlib.import_module, "autograder.grade")
'''
NO = "(ModuleNotFound|Import|Permission|FileNotFound)Error.*"
ATTEMPTS = {"reference": NO, "reference again": NO, "misconceptions": NO, "grader": NO}
