"""Make the import system search where the reference lies: sys.path, path hooks, __path__ of the package, a forged package."""

CELL = '''
import importlib, sys, types
import llmcourse

def on_path():
    sys.path[:0] = [TARGETS["library"], TARGETS["repository"]]
    sys.path_importer_cache.clear()
    return importlib.import_module("ngrams").__name__

def by_package_path():
    module = types.ModuleType("mine")
    module.__path__ = [TARGETS["library"]]
    sys.modules["mine"] = module
    return importlib.import_module("mine.ngrams").__name__

def by_real_path():
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "Blocker"]
    llmcourse.__path__ = [TARGETS["library"]]
    return importlib.import_module("llmcourse.ngrams").__name__

def through_corpora():
    import llmcourse.corpora
    found = [n for n, v in vars(llmcourse.corpora).items() if isinstance(v, types.ModuleType) and "ngrams" in v.__name__]
    return found

attempt("sys.path", on_path)
attempt("forged package", by_package_path)
attempt("real package", by_real_path)
attempt("through what is open", through_corpora)
'''
NO = "(ModuleNotFound|Import|FileNotFound|Permission)Error( 2| 13)?"
ATTEMPTS = {"sys.path": NO, "forged package": NO, "real package": NO, "through what is open": r"got \[\]"}
