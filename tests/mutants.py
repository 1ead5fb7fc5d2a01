"""Do the tests notice? Change one operator, constant or statement at a time, run the tests that cover it, count.

    python tests/mutants.py autograder.values llmcourse.ngrams    # these modules, or all of these packages
    python tests/mutants.py --number 40 --seed 2                  # so many changes in each package, others than with seed 1

Each change is made in a copy of the repository. A change is noticed when a test fails or takes many times as long. Whether a
survivor matters no machine can say (some change nothing that could be seen): each is printed with its line, for judgement.
Covering tests go by name: for ``llmcourse.ngrams.fast`` first ``test_ngrams_fast*.py``, then ``test_ngrams*.py``; where a
module has no test file of its name, ``COVERED_BY`` says which.
"""

import argparse
import ast
import contextlib
import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("autograder", "llmcourse")
COVERED_BY = {
    "autograder.__init__": ["test_project", "test_desk"],
    "autograder.__main__": ["test_cli", "test_doctor"],
    "autograder.finding": ["test_submission"],
    "autograder.reading": ["test_submission"],
    "autograder.isolation.canary": ["test_isolation_plan", "test_isolation"],
    "autograder.isolation.library": ["test_imports"],
    "autograder.isolation.confine": ["test_isolation_plan", "test_isolation"],
    "autograder.isolation.landlock": ["test_isolation_plan", "test_isolation"],
    "autograder.isolation.launch": ["test_isolation_plan", "test_isolation"],
    "autograder.isolation.leftovers": ["test_leftovers"],
    "autograder.isolation.pairs": ["test_pairs"],
    "autograder.isolation.probe": ["test_isolation_plan", "test_isolation"],
    "autograder.isolation.processes": ["test_processes", "test_session"],
    "autograder.isolation.room": ["test_room"],
    "autograder.notebook": ["test_assign"],
    "autograder.testfile": ["test_master", "test_desk", "test_grade"],
    "autograder.worker": ["test_worker", "test_session"],
    "llmcourse.embeddings.cooccurrence": ["test_cooccurrence"],
    "llmcourse.embeddings.questions": ["test_questions"],
    "llmcourse.embeddings.skipgram": ["test_skipgram"],
    "llmcourse.plots": ["test_pictures"],
}
LEFT_OUT = ("autograder.misconceptions",)  # wrong on purpose, and tried one by one in test_misconceptions.py
NOT_COPIED = {".git", ".venv", "build", "dist", "_build", "node_modules", "__pycache__", ".hypothesis"}
PRELOADED = ("numpy", "hypothesis.strategies", "matplotlib.pyplot", "msgpack", "nbformat", "psutil", "scipy.stats", "yaml")
MEMORY = 8 * 2**30  # bytes of address space of the tests: a changed loop may never end
SWAPS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div, ast.Mult), ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,)}


class Change(NamedTuple):
    """One change of a parsed module: where, in words, and how to make it."""

    line: int
    words: str
    make: Callable[[], None]


def changes(tree: ast.AST) -> Iterator[Change]:
    """Every change of a module that is tried, in a fixed order. Annotations, docstrings and messages stay as they are."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "type_params") or isinstance(tree, ast.Raise | ast.JoinedStr | ast.Import
                                                                         | ast.ImportFrom):
            continue
        if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
            continue
        for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not (i == 0 and _is_docstring(tree, field, child)):
                yield from _changes_of(tree, field, i, child)
                yield from changes(child)


def _is_docstring(parent: ast.AST, field: str, node: ast.AST) -> bool:
    return field == "body" and isinstance(parent, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(
        node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes_of(parent: ast.AST, field: str, i: int | None, node: ast.AST) -> Iterator[Change]:
    def put(new: ast.AST) -> Callable[[], None]:
        def make() -> None:
            if i is None:
                setattr(parent, field, new)
            else:
                getattr(parent, field)[i] = new
        return make

    line = getattr(node, "lineno", getattr(parent, "lineno", 0))
    for other in SWAPS.get(type(node), ()):
        yield Change(line, f"{type(node).__name__} -> {other.__name__}", put(other()))
    match node:
        case ast.Constant(value=value) if value is not None and value is not Ellipsis:
            for new in _other_values(value):
                yield Change(line, f"{value!r} -> {new!r}", put(ast.Constant(new)))
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield Change(line, f"{ast.unparse(node)} -> {ast.unparse(operand)}", put(operand))
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.UnaryOp | ast.BoolOp):
            test = ast.UnaryOp(ast.Not(), node.test)
            yield Change(line, f"{ast.unparse(node.test)} -> {ast.unparse(test)}", lambda: setattr(node, "test", test))
        case ast.Raise() | ast.Continue() | ast.Break() | ast.AugAssign() | ast.Expr() | ast.Delete():
            yield Change(line, f"left out: {_short(node)}", put(ast.Pass()))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield Change(line, f"left out: {_short(node)}", put(ast.Pass()))
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield Change(line, f"returns nothing: {_short(node)}", put(ast.Return(ast.Constant(None))))


def _other_values(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 2 if value else 1.0]
    return [value + "x" if value else "x"] if isinstance(value, str) else [value + b"x"] if isinstance(value, bytes) else []


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 80 else text[:79] + "…"


class Mutant(NamedTuple):
    """A change of one module: the number of the change among all of the module."""

    module: str
    path: Path  # in the repository
    number: int
    line: int
    words: str


def modules(names: list[str]) -> dict[str, Path]:
    """The modules of these names, and all modules of packages; a package's own code is ``package.__init__``."""
    found = {}
    for path in sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        wanted = any(name == n or name.startswith(f"{n}.") for n in names)
        if wanted and not name.startswith(LEFT_OUT):
            found[name] = path.relative_to(ROOT)
    return found


def mutants_of(module: str, path: Path) -> list[Mutant]:
    found = changes(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    return [Mutant(module, path, i, change.line, change.words) for i, change in enumerate(found)]


def covering(module: str) -> list[str]:
    """The test files for a module, those that are nearest by name first."""
    parts = [part for part in module.split(".")[1:] if part != "__init__"]
    patterns = [f"{name}.py" for name in COVERED_BY.get(module, [])]
    patterns += ["test_imports.py"] if module.startswith("llmcourse.") and module.endswith(".__init__") else []
    patterns += [f"test_{'_'.join(parts[:n])}{end}.py" for n in range(len(parts), 0, -1) for end in ("", "_*")]
    return list(dict.fromkeys(f"tests/{p.name}" for pattern in patterns for p in sorted((ROOT / "tests").glob(pattern))))


class Copy:
    """A copy of the repository in which modules are changed and tests are run."""

    def __init__(self, folder: Path, selected: str):
        self.folder, self.selected = folder / "repository", selected
        folder.chmod(0o755)  # workers of the grader run as another user, and must read it
        shutil.copytree(ROOT, self.folder, ignore=lambda _, names: NOT_COPIED & set(names), symlinks=True)

    def test(self, files: list[str], seconds: float) -> bool | None:
        """Whether these tests pass; None where they do not end in time."""
        pid = os.fork()  # what is slow to import is there already, and nothing of this repository is
        if pid == 0:
            try:
                os._exit(self.run(["-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider",
                                   "-W", "ignore::pytest.PytestAssertRewriteWarning", *files]))  # of what was preloaded
            finally:
                os._exit(1)
        limit, ended = time.monotonic() + seconds, 0
        try:
            while not ended and time.monotonic() < limit:
                time.sleep(0.02)
                ended, status = os.waitpid(pid, os.WNOHANG)
            return os.waitstatus_to_exitcode(status) == 0 if ended else None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            if not ended:
                os.waitpid(pid, 0)

    def run(self, arguments: list[str]) -> int:
        """Run pytest in this process, as if it had been started in the copy."""
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        os.chdir(self.folder)
        os.environ["PYTHONPATH"] = sys.path[0] = str(self.folder)
        sys.dont_write_bytecode = True
        return int(pytest.main([*arguments, *(["-k", self.selected] if self.selected else [])]))

    def notices(self, mutant: Mutant, files: list[str], seconds: float) -> bool:
        original = (ROOT / mutant.path).read_text(encoding="utf-8")
        tree = ast.parse(original)
        list(changes(tree))[mutant.number].make()
        try:
            (self.folder / mutant.path).write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
            return self.test(files, seconds) is not True
        finally:
            (self.folder / mutant.path).write_text(original, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Change the code at random and count what the tests notice.")
    parser.add_argument("modules", nargs="*", default=list(PACKAGES), help="modules or packages (default: both packages)")
    parser.add_argument("--number", type=int, default=60, help="changes tried in each of them (default: 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", help="test files, in place of those that go by the module's name")
    parser.add_argument("-k", dest="selected", default="", help="only the tests of such names, as in pytest")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the copy, and the tests that run in it, go as well
    for package in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(package)
    noticed, tried = Counter[str](), Counter[str]()
    times: dict[tuple[str, ...], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder), options.selected)
        for name in options.modules:
            found = [m for module, path in modules([name]).items() for m in mutants_of(module, path)]
            if not found:
                parser.error(f"no module or package {name}")
            chosen = random.Random(options.seed).sample(found, min(options.number, len(found)))
            for mutant in sorted(chosen):
                files = options.tests or covering(mutant.module)
                where = f"{mutant.path}:{mutant.line}"
                if not files:
                    print(f"no tests   {where}: {mutant.module} is covered by no test file of its name", flush=True)
                    continue
                if tuple(files) not in times:
                    start = time.monotonic()
                    if not copy.test(files, 1200):
                        parser.error(f"without any change {' '.join(files)} fails")
                    times[tuple(files)] = time.monotonic() - start
                tried[name] += 1
                if copy.notices(mutant, files, 20 + 5 * times[tuple(files)]):
                    noticed[name] += 1
                else:
                    code = (ROOT / mutant.path).read_text(encoding="utf-8").splitlines()[mutant.line - 1].strip()
                    print(f"survived   {where}: {mutant.words}\n               {code}", flush=True)
    for name, total in tried.items():
        print(f"{name}: {noticed[name]} of {total} changes noticed ({noticed[name] / total:.0%})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
