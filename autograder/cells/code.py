"""Run the code of a cell as Jupyter does: IPython's syntax, statement by statement, with what later cells may refer to.

What is taken over from IPython, each seen in its source (IPython 9: ``interactiveshell.run_ast_nodes``, ``displayhook``,
``history``): every statement is compiled when its turn comes; the value of the last one goes into ``_`` and ``Out``; future
imports hold for all later cells; ``await`` works outside functions, and where asyncio is used a loop is running.
"""

import __future__

import ast
import contextlib
import importlib.util
import inspect
import linecache
import os
import re
import sys
import types
import weakref
from importlib import import_module
from typing import Any

from autograder.cells.shell import Shell
from autograder.cells.standins import Missing, Silenced, reason

FUTURES = 0
for _name in __future__.all_feature_names:
    FUTURES |= getattr(__future__, _name).compiler_flag
PASTED = re.compile(r"\s*In \[\d+\]: ")  # IPython's prompt, copied along with the code: an annotation, as Python reads it
BLANK = re.compile(r"(?:[ \t]*+\n)++")
IMPORT_FAILED = "__import_failed__"  # in the names of a cell while it runs: what an import that does not work gives


class Notebook:
    """The names that cells define, and what IPython remembers between them."""

    def __init__(self, names: dict[str, Any], silenced: Silenced):
        self.names, self.silenced = names, silenced
        self.flags = 0  # future features that cells have turned on
        self.count = 0  # the number in brackets that Jupyter shows beside the cell
        self.inputs, self.outputs = [""], dict[int, object]()
        self.last: list[object] = ["", "", ""]  # _, __ and ___ as they were left here
        self.loop: Any = None
        self.name = "<cell>"
        self.above = 0  # lines of the cell above the code that runs
        names.update(In=self.inputs, _ih=self.inputs, Out=self.outputs, _oh=self.outputs, _dh=["."],
                     _="", __="", ___="", _i="", _ii="", _iii="")
        self.shell = Shell(self)
        names["get_ipython"] = lambda: self.shell

    def run_cell(self, source: str, index: int, count: int | None = None) -> None:
        """Run a cell. Raises what its code raises, and SyntaxError with a line of the cell.

        index: in its file name, ``<cell 3>``. count: what Jupyter would show in brackets; the next one where not given.
        """
        self.count = self.count + 1 if count is None else count
        self.name = f"<cell {index}>"
        try:
            self.remember_input(source)
            self.run(source)
        finally:
            close_figures()

    def run(self, source: str, above: int = 0) -> object:
        """Run code with IPython's syntax; the value of its last statement, if that is an expression.

        above: lines of the cell that stand above it.
        """
        blank = BLANK.match(source)  # IPython drops these lines, and they count
        source, above = source[blank.end() if blank else 0:], above + (blank[0].count("\n") if blank else 0)
        try:
            source, tree = self.parsed(source)
        except SyntaxError as error:
            error.lineno = (error.lineno or 1) + above
            raise
        ast.increment_lineno(tree, above)
        linecache.cache[self.name] = len(source), None, ("\n" * above + source).splitlines(keepends=True), self.name
        outer, self.above = self.above, above
        last: object = None
        try:
            for i, statement in enumerate(Imports().visit(tree).body):
                is_last = isinstance(statement, ast.Expr) and i == len(tree.body) - 1
                last = self.run_statement(statement, is_last)
                if is_last and not source.rstrip().endswith(";"):
                    self.remember(last)
        finally:
            self.above = outer
        return last

    def parsed(self, source: str) -> tuple[str, ast.Module]:
        """Python code and its tree; IPython is asked only where the code is not Python as it stands."""
        if line := self.automagic(source):
            source = line
        try:
            if PASTED.match(source):
                raise SyntaxError("a prompt in front of code")
            return source, self.tree(source)
        except SyntaxError as error:
            changed = source
            with contextlib.suppress(SyntaxError):  # of its own, about lines that nobody has written
                changed = transformer().TransformerManager().transform_cell(source)
            if changed.rstrip() == source.rstrip():
                raise error from None
            return changed, self.tree(changed)

    def tree(self, source: str) -> ast.Module:
        flags = self.flags | ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree: ast.Module = compile(source, self.name, "exec", flags, dont_inherit=True)
        return tree

    def automagic(self, source: str) -> str | None:
        """A line such as ``pip install numpy``, alone in its cell, with the ``%`` that IPython lets one leave out."""
        line = source.strip()
        word, _, rest = line.partition(" ")
        known = word.isidentifier() and self.shell.find_magic(word) is not None
        shadowed = word in self.names or hasattr(self.names["__builtins__"], word)
        return None if not known or shadowed or "\n" in line or rest.lstrip().startswith(("=", ",")) else f"%{line}"

    def run_statement(self, statement: ast.stmt, is_expression: bool) -> object:
        """Compile and run one statement; the value where it is an expression that is wanted."""
        flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree: ast.Expression | ast.Module
        if is_expression and isinstance(statement, ast.Expr):
            tree, mode = ast.Expression(statement.value), "eval"
        else:
            tree, mode = ast.Module([statement], []), "exec"
        code: types.CodeType = compile(tree, self.name, mode, flags, dont_inherit=True)
        self.flags |= code.co_flags & FUTURES
        self.names[IMPORT_FAILED] = self.import_failed
        try:
            if code.co_flags & inspect.CO_COROUTINE or "asyncio" in sys.modules:
                return self.run_in_loop(code)
            return eval(code, self.names)
        finally:
            self.names.pop(IMPORT_FAILED, None)

    def run_in_loop(self, code: types.CodeType) -> object:
        """Run code while a loop is running, as in Jupyter; tasks that it starts go on in later cells of this kind."""
        import asyncio

        async def inside() -> object:
            value = eval(code, self.names)
            return await value if code.co_flags & inspect.CO_COROUTINE else value

        if asyncio._get_running_loop() is not None:  # a magic inside such code
            return eval(code, self.names)
        if self.loop is None:
            self.loop = asyncio.new_event_loop()  # it wakes itself through a pipe: isolation.pairs
            asyncio.set_event_loop(self.loop)
            weakref.finalize(self, self.loop.close)
        return self.loop.run_until_complete(inside())

    def import_failed(self, error: ImportError, statement: str, line: int) -> Missing:
        """Say that an import did not work, and give what its name is from now on."""
        why = reason(error)
        self.silenced(f"line {line}: `{statement}` did not work ({why}); the rest of the cell ran without it.", "told")
        return Missing(f"`{statement}` did not work: {why}")

    # --- history ------------------------------------------------------------------------------------------------------

    def remember_input(self, source: str) -> None:
        self.inputs += [""] * (self.count - len(self.inputs))
        earlier = [*self.inputs[::-1], "", "", ""]
        self.names.update(_i=earlier[0], _ii=earlier[1], _iii=earlier[2])
        self.names[f"_i{self.count}"] = source
        self.inputs.append(source)

    def remember(self, value: object) -> None:
        """Keep a value that Jupyter would show, under all its names; not where the student uses ``_`` for something else."""
        if value is None or value is self.outputs:
            return
        ours = all(self.names.get("_" * (i + 1)) is old for i, old in enumerate(self.last))
        self.last = [value, *self.last[:2]]
        if ours:
            self.names.update(_=value, __=self.last[1], ___=self.last[2])
        self.outputs[self.count] = self.names[f"_{self.count}"] = value


class Imports(ast.NodeTransformer):
    """An import costs itself where it fails, not the rest of its cell: each name of it is imported in a ``try`` of its own.

    Functions and the bodies of a student's own ``try`` and ``with`` are left as they are: they may wait for the exception.
    """

    def visit_FunctionDef(self, node: ast.AST) -> ast.AST:
        return node

    visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = visit_With = visit_FunctionDef

    def visit_Try(self, node: ast.Try) -> ast.Try:
        for part in (*node.handlers, ast.Module(node.finalbody, [])):
            self.generic_visit(part)
        return node

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        return [self.guarded(ast.Import([alias]), alias, node) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        if node.module == "__future__":
            return node
        return [self.guarded(ast.ImportFrom(node.module, [alias], node.level), alias, node) for alias in node.names]

    def guarded(self, statement: ast.stmt, alias: ast.alias, whole: ast.stmt) -> ast.stmt:
        """``try: import x`` and ``except ImportError as __error: x = __import_failed__(__error, "import x", line)``.

        whole: the statement as the student wrote it, perhaps with more names.
        """
        name = alias.asname or alias.name.partition(".")[0]
        failed = f"{IMPORT_FAILED}(__error, {ast.unparse(whole)!r}, {whole.lineno})"
        handler = failed if name == "*" else f"{name} = {failed}"
        guard = ast.parse(f"try:\n    pass\nexcept ImportError as __error:\n    {handler}").body[0]
        assert isinstance(guard, ast.Try)
        guard.body = [statement]
        for node in ast.walk(guard):
            ast.copy_location(node, whole)
        return guard


def transformer() -> Any:
    """IPython's input transformer, without the rest of IPython: two of its modules need 2 ms, the package 40."""
    if "IPython" in sys.modules:
        return import_module("IPython.core.inputtransformer2")
    found = importlib.util.find_spec("IPython")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("IPython, which reads magics, is not installed where this notebook is graded")
    folder, before = found.submodule_search_locations[0], set(sys.modules)
    for name in ("IPython", "IPython.core", "IPython.utils"):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(folder, *name.split(".")[1:])]
        sys.modules.setdefault(name, package)
    try:
        return import_module("IPython.core.inputtransformer2")
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "IPython":
                del sys.modules[name]


def close_figures() -> None:
    """What Jupyter does after a cell: figures are done with."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and hasattr(pyplot, "close"):
        pyplot.close("all")
