"""Load the reference from its file: with a spec, a loader, runpy, open and compile, zipimport, pkgutil, inspect."""

CELL = '''
import importlib.util, importlib.machinery, inspect, linecache, os, pkgutil, runpy, zipimport
path = TARGETS["reference"]

def by_spec(path):
    spec = importlib.util.spec_from_file_location("stolen", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dir(module)

def cached(path):
    return open(importlib.util.cache_from_source(path), "rb").read(100)

attempt("spec", by_spec, path)
attempt("loader", lambda: importlib.machinery.SourceFileLoader("stolen", path).load_module())
attempt("run", runpy.run_path, path)
attempt("open", lambda: compile(open(path).read(), "x", "exec"))
attempt("bytecode", cached, path)
compiled = importlib.util.cache_from_source(path)
attempt("bytecode loader", lambda: importlib.machinery.SourcelessFileLoader("s", compiled).load_module())
attempt("zipimport", zipimport.zipimporter, os.path.join(TARGETS["repository"], "dist"))
attempt("pkgutil", pkgutil.get_data, "llmcourse", "ngrams.py")
attempt("linecache", linecache.getlines, path)
attempt("find", importlib.util.find_spec, "llmcourse.ngrams")
attempt("master", by_spec, TARGETS["master"])
attempt("misconceptions", by_spec, os.path.join(TARGETS["repository"], "autograder", "misconceptions", "ngrams.py"))
'''
NO = "(ModuleNotFound|Import|FileNotFound|Permission|ZipImport)Error( 2| 13)?"
ATTEMPTS = dict.fromkeys(["spec", "loader", "run", "open", "bytecode", "bytecode loader", "zipimport", "pkgutil", "find",
                          "master", "misconceptions"], NO)
ATTEMPTS["linecache"] = r"got \[\]"
