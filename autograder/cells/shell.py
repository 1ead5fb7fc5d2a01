"""What ``get_ipython()`` returns in a graded cell: magics that work on Python work, all others do nothing and say so."""

import contextlib
import inspect
import io
import os
import re
import sys
import time
import types
from collections.abc import Callable
from typing import Any, Protocol

from autograder.cells.standins import Silenced, Silent

# Magics without any effect on the names of a notebook, whose absence nobody needs to be told.
QUIET = set("""
    alias_magic automagic autosave autoreload aimport code_wrap colors config connect_info doctest_mode gui hist history
    load_ext logoff logon logstart logstate logstop lsmagic magic matplotlib page pdb pdef pdoc pfile pinfo pinfo2 precision
    profile psearch psource quickref reload_ext tb unload_ext who whos xmode
""".split())
# Cell magics whose cell is not Python of this notebook; every other cell magic that is not known runs its cell as Python.
FOREIGN = set("""
    ! SVG bash cmd file html javascript js latex markdown perl pypy python python2 python3 ruby script sh svg sx system
    writefile
""".split())
# Line magics that do nothing here; what is not listed may be a plug-in's and does nothing either.
SILENT = set("""
    alias bookmark cat cd clear conda cp debug dhist dirs ed edit env killbgscripts less load loadpy ls lf lk ll ldir lx macro
    mamba man micromamba mkdir more mv notebook pastebin pip popd pushd pwd qtconsole recall rehashx rep rerun rm rmdir run save
    sc set_env store subshell sx system unalias uv
""".split())
TIMEIT_OPTIONS = re.compile(r"\s*(-[nrpv]\s*\S+|-[tcqo]+)(?=\s|$)")
OTHER_OPTIONS = re.compile(r"\s*(-[DlsT]\s*\S+|-[rqc]+|--no-\w+)(?=\s|$)")


class Lines(list[str]):
    """The lines that ``!command`` gives in IPython, with its ways to get at them; there are none here."""

    n = nlstr = s = spstr = ""

    @property
    def l(self) -> "Lines":  # noqa: E743  # IPython's name
        return self

    def grep(self, *args: object, **kwargs: object) -> "Lines":
        return Lines()

    p = paths = l
    fields = grep


class Captured:
    """What ``%%capture`` keeps: the text that a cell printed."""

    def __init__(self, stdout: str, stderr: str):
        self.stdout, self.stderr, self.outputs = stdout, stderr, list[object]()

    def show(self) -> None:
        print(self.stdout, end="")

    __call__ = show

    def __str__(self) -> str:
        return self.stdout


class Running(Protocol):
    """What a shell needs of the notebook whose cells are run (``code.Notebook``)."""

    names: dict[str, Any]
    silenced: Silenced
    count: int  # the number in brackets that Jupyter shows beside the cell
    name: str  # of the cell, as it stands in tracebacks
    above: int  # lines of the cell above the code that runs

    def run(self, source: str, above: int = 0) -> object: ...


class ZMQInteractiveShell(Silent):
    """The shell, under the name by which code finds out that it runs in Jupyter. What is not here does nothing."""

    def __new__(cls, *args: object, **kwargs: object) -> "ZMQInteractiveShell":
        return object.__new__(cls)

    def __init__(self, notebook: Running):
        self.notebook, self.silenced = notebook, notebook.silenced
        self.user_ns = self.user_global_ns = notebook.names
        self.config: dict[str, object] = {"IPKernelApp": {}}
        self.custom: dict[tuple[str, str], Callable[..., object]] = {}  # magics of the student's own, by kind and name

    execution_count = property(lambda self: self.notebook.count)

    # --- magics -------------------------------------------------------------------------------------------------------

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> object:
        """A line that began with ``%``."""
        if found := self.custom.get(("line", name)):
            return found(line)
        if found := self.own("line", name):
            frame = sys._getframe(_stack_depth)
            return found(line, frame.f_locals if frame.f_code.co_flags & inspect.CO_OPTIMIZED else None)
        if name not in QUIET:
            self.silenced(f"%{name} {line}")
        return None

    def run_cell_magic(self, name: str, line: str, cell: str) -> object:
        """A cell that began with ``%%``."""
        if found := self.own("cell", name):
            return found(line, cell)
        self.silenced(f"%%{name} {line}")
        return None if name in FOREIGN else self.body(cell)

    def body(self, cell: str) -> object:
        """Run what stands under the line of a cell magic; its lines keep their numbers."""
        return self.notebook.run(cell, self.notebook.above + 1)

    def magic(self, line: str) -> object:
        name, _, rest = line.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest, _stack_depth=2)

    def find_magic(self, name: str, magic_kind: str = "line") -> object:
        """Something callable where there is a magic of this name, else None."""
        known = name in (QUIET | SILENT if magic_kind == "line" else FOREIGN)
        return self.own(magic_kind, name) or ((lambda *args: None) if known else None)

    def own(self, kind: str, name: str) -> Callable[..., object] | None:
        """The student's own magic of this name, or the one here that does something."""
        here = f"{kind}_{name}" in vars(type(self))
        return self.custom.get((kind, name)) or (getattr(self, f"{kind}_{name}") if here else None)

    find_line_magic = find_magic

    def register_magic_function(self, function: Callable[..., object], magic_kind: str = "line",
                                magic_name: str | None = None) -> None:
        for kind in ("line", "cell") if magic_kind == "line_cell" else (magic_kind,):
            self.custom[kind, magic_name or function.__name__] = function

    def register_magics(self, *magics: Any) -> None:
        """The magics of classes written with IPython's ``@magics_class``."""
        for given in magics:
            owner = given(shell=None) if isinstance(given, type) else given
            for kind, named in owner.magics.items():
                for name, method in named.items():
                    self.custom[kind, name] = getattr(owner, method) if isinstance(method, str) else method

    # --- magics that run Python ---------------------------------------------------------------------------------------

    def execute(self, code: str, local: dict[str, object] | None = None) -> object:
        """Run a statement of a line magic, inside a function with that function's names; the value of an expression."""
        if local is None:
            return self.notebook.run(code)
        try:
            return eval(code, self.user_ns, local)
        except SyntaxError:
            exec(code, self.user_ns, local)
            return None

    def line_time(self, line: str, local: dict[str, object] | None) -> object:
        return self.execute(re.sub(r"^\s*--no-raise-error\s", "", line), local)

    def cell_time(self, line: str, cell: str) -> object:
        return self.body(cell)

    def line_timeit(self, line: str, local: dict[str, object] | None) -> object:
        """Run the statement once, in names of its own as IPython does; the time where ``-o`` asks for it."""
        code = line
        while found := TIMEIT_OPTIONS.match(code):
            code = code[found.end():]
        started = time.perf_counter()
        exec(compile(code.strip(), self.notebook.name, "exec"), self.user_ns, dict(local or {}))
        seconds = [time.perf_counter() - started]
        options = line[: len(line) - len(code)]
        return types.SimpleNamespace(average=seconds[0], best=seconds[0], worst=seconds[0], stdev=0.0, all_runs=seconds,
                                     timings=seconds, loops=1, repeat=1, compile_time=0.0) if "o" in options else None

    def cell_timeit(self, line: str, cell: str) -> None:
        """Run the cell once. What it defines is gone afterwards in Jupyter; here new names stay, and old ones are as before."""
        before = dict(self.user_ns)
        while found := TIMEIT_OPTIONS.match(line):
            line = line[found.end():]
        try:
            if line.strip():
                self.notebook.run(line.strip())
            self.body(cell)
        finally:
            self.user_ns.update(before)

    def line_prun(self, line: str, local: dict[str, object] | None) -> object:
        while found := OTHER_OPTIONS.match(line):
            line = line[found.end():]
        return self.execute(line.strip(), local)

    def cell_prun(self, line: str, cell: str) -> object:
        return self.body(cell)

    def cell_capture(self, line: str, cell: str) -> None:
        """Run the cell; its text goes into the name on the line, if there is one."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.body(cell)
        if name := OTHER_OPTIONS.sub("", line).strip():
            self.user_ns[name] = Captured(out.getvalue(), err.getvalue())

    def line_debug(self, line: str, local: dict[str, object] | None) -> object:
        self.silenced(f"%debug {line}")
        return self.execute(line, local) if line.strip() and not line.startswith("-") else None

    # --- magics about names -------------------------------------------------------------------------------------------

    def line_who_ls(self, line: str, local: object = None) -> list[str]:
        types_wanted = line.split()
        return sorted(name for name, value in self.user_ns.items() if not name.startswith("_") and name not in HIDDEN
                      and (not types_wanted or type(value).__name__ in types_wanted))

    def line_reset(self, line: str, local: object = None) -> None:
        """Forget all names; without ``-f`` IPython asks first, and nobody answers."""
        if "-f" in line.split():
            self.line_reset_selective("-f .", None)

    def line_reset_selective(self, line: str, local: object = None) -> None:
        pattern = re.sub(r"^\s*-f\s+", "", line)
        if pattern != line:
            for name in [n for n in self.line_who_ls("") if re.search(pattern, n)]:
                del self.user_ns[name]

    def line_xdel(self, line: str, local: object = None) -> None:
        self.user_ns.pop(line.split()[-1] if line.split() else "", None)

    def line_env(self, line: str, local: object = None) -> object:
        """The environment, or a variable of it; sets one where a value follows."""
        name, given, value = line.partition("=") if "=" in line else line.strip().partition(" ")
        if given:
            os.environ[name.strip()] = value.strip()
            return None
        return os.environ.get(name) if name else dict(os.environ)

    line_set_env = line_env

    def line_pwd(self, line: str, local: object = None) -> str:
        return os.getcwd()

    def line_pylab(self, line: str, local: object = None) -> None:
        self.notebook.run("import numpy, matplotlib\nfrom matplotlib import pylab, pyplot\nnp, plt = numpy, pyplot"
                          + ("" if "--no-import-all" in line else "\nfrom matplotlib.pylab import *\nfrom numpy import *"))

    def line_system(self, line: str, local: object = None) -> object:
        return self.getoutput(line)

    line_sx = line_system

    # --- methods of the shell -----------------------------------------------------------------------------------------

    def system(self, command: str) -> None:
        """A line that began with ``!``."""
        self.silenced(f"!{command}")
        self.user_ns["_exit_code"] = 0

    system_raw = system_piped = system

    def getoutput(self, command: str, split: bool = True, depth: int = 0) -> Any:
        """``files = !ls``: no lines."""
        self.silenced(f"!{command}")
        return Lines() if split else ""

    def run_cell(self, raw_cell: str, *args: object, **kwargs: object) -> object:
        """Run code as a cell; what happened, with an exception in it rather than raised."""
        result = types.SimpleNamespace(result=None, error_in_exec=None, error_before_exec=None, success=True)
        try:
            result.result = self.notebook.run(raw_cell)
        except Exception as error:
            result.error_in_exec, result.success = error, False
        return result

    def ex(self, code: str) -> None:
        exec(code, self.user_ns)

    run_code = ex

    def ev(self, expression: str) -> object:
        return eval(expression, self.user_ns)

    def push(self, variables: Any, interactive: bool = True) -> None:
        """Names from a dictionary, or those of the caller's that are named."""
        if not isinstance(variables, dict):
            names = variables.split() if isinstance(variables, str) else variables
            frame = sys._getframe(1)
            variables = {name: frame.f_locals.get(name, frame.f_globals.get(name)) for name in names}
        self.user_ns.update(variables)

    def ask_yes_no(self, prompt: str, default: str | None = None, interrupt: str | None = None) -> bool:
        return default == "y"


Shell = ZMQInteractiveShell
HIDDEN = {"In", "Out", "get_ipython", "exit", "quit", "open"}  # names that IPython itself put there
