"""Write into the environment that the next submission and the grader import from: .pth, sitecustomize, bytecode."""

CELL = '''
import os, py_compile, sys, zipfile
import numpy
site = os.path.dirname(os.path.dirname(numpy.__file__))

def write(*parts):
    with open(os.path.join(*parts), "w") as file:
        file.write("import os")

attempt("pth", write, site, "zz.pth")
attempt("sitecustomize", write, site, "sitecustomize.py")
attempt("usercustomize", write, os.path.expanduser("~"), "usercustomize.py")
attempt("numpy itself", write, numpy.__file__)
attempt("standard library", write, os.path.dirname(os.__file__), "os.py")
attempt("bytecode", write, os.path.dirname(os.__file__), "__pycache__", "os.cpython-311.pyc")
attempt("compile", py_compile.compile, os.__file__, "/tmp/os.pyc", doraise=True)
attempt("library", write, TARGETS["library"], "corpora", "x.py")
attempt("grader", write, TARGETS["repository"], "autograder", "grade.py")
attempt("venv", write, sys.prefix, "pyvenv.cfg")
attempt("program", write, sys.executable)
attempt("pip", lambda: __import__("pip").main(["install", "--target", "/tmp/x", "x"]))
attempt("matplotlib settings", write, os.environ["MPLCONFIGDIR"], "matplotlibrc")
folder = os.environ["MPLCONFIGDIR"]
attempt("remove fonts", lambda: [os.unlink(os.path.join(folder, name)) for name in os.listdir(folder)])
'''
NO = "(PermissionError|OSError|FileNotFoundError|ModuleNotFoundError)( [0-9]+)?"
ATTEMPTS = dict.fromkeys(["pth", "sitecustomize", "usercustomize", "numpy itself", "standard library", "bytecode", "compile",
                          "library", "grader", "venv", "program", "matplotlib settings", "remove fonts"], NO)
ATTEMPTS["pip"] = NO + "|got [12]|.*Error"
