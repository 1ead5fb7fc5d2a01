"""What may import what: no rounds, isolation at the bottom, the library without the grader, open modules without solutions."""

import ast
import importlib
import subprocess
import sys

import pytest
from imports import cycles, graph, modules
from units import ROOT, UNITS

from autograder.isolation.library import OPEN, is_open, open_paths

MODULES = modules(ROOT, "llmcourse", "autograder")
# plots.event_tree asks it about a model of the library, which no graded cell can have
NOT_FOR_GRADED_CELLS = {("llmcourse.plots", "llmcourse.language_models")}


def written(folder, **sources):
    """A package ``p`` with these modules, as a graph."""
    (folder / "p" / "q").mkdir(parents=True)
    for name, source in {"__init__": "", "q/__init__": "", **sources}.items():
        (folder / "p" / f"{name}.py").write_text(source)
    return graph(modules(folder, "p"))


def test_imports_are_found_wherever_and_however_they_are_written(tmp_path):
    found = written(tmp_path, a="import p.b\nfrom p import c, thing\ndef f():\n    from .d import x\n    from .q import e\n",
                    b="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.a\nelse:\n    import p.c", c="",
                    d="from . import b", **{"q/e": "from ..b import x\nfrom . import g\nfrom .. import c\n", "q/g": ""})
    assert found == {"p": set(), "p.q": set(), "p.a": {"p.b", "p.c", "p", "p.d", "p.q.e"}, "p.b": {"p.c"}, "p.c": set(),
                     "p.d": {"p.b"}, "p.q.e": {"p.b", "p.q.g", "p.c"}, "p.q.g": set()}
    assert graph(modules(tmp_path, "p"), types=True)["p.b"] == {"p.a", "p.c"}


def test_a_round_of_imports_is_found(tmp_path):
    found = written(tmp_path, a="import p.b", b="def f():\n    import p.c", c="from p import a", d="import p.a")
    assert cycles(found) == [("p.a", "p.b", "p.c")]
    assert cycles({"a": {"a"}, "b": set()}) == [("a",)]


def test_no_modules_import_each_other():
    assert cycles(graph(MODULES, types=True)) == []


def test_isolation_imports_nothing_above_itself():
    found = graph(MODULES)
    inside = {name for name in found if name.startswith("autograder.isolation")}
    assert len(inside) > 5
    assert {other for name in inside for other in found[name]} <= inside


@pytest.mark.parametrize("package", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_the_face_of_a_package_lists_what_it_has(package):
    """Names that are fetched when they are asked for (PyTorch is slow to import) are there too."""
    face = importlib.import_module(package)
    listed = getattr(face, "__all__", [])
    imported = [alias.asname or alias.name for node in ast.parse(MODULES[package].read_text()).body
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("llmcourse", "autograder"))
                for alias in node.names]
    assert len(set(listed)) == len(listed) and set(listed) >= set(imported)
    assert [name for name in listed if not hasattr(face, name)] == []


def test_the_library_does_not_know_the_grader():
    found = graph(MODULES, types=True)
    assert not [(name, other) for name in MODULES if name.startswith("llmcourse") for other in found[name]
                if other.startswith("autograder")]


def test_open_modules_import_open_modules_only():
    """They go to students, and graded cells import them. Where each of them names open ones alone, no closed one is reached."""
    named = {(name, other) for name, others in graph(MODULES).items() if name.startswith("llmcourse") and is_open(name)
             for other in others}
    assert {name.split(".")[1] for name, _ in named if "." in name} >= {"corpora", "plots"}
    assert {(name, other) for name, other in named if not is_open(other)
            and not any(name == a and (other == b or other.startswith(f"{b}.")) for a, b in NOT_FOR_GRADED_CELLS)} == set()


def test_no_module_of_a_unit_is_open():
    assert not {unit[3:] for unit in UNITS} & set(OPEN)


@pytest.mark.parametrize(("module", "wanted"), [
    ("llmcourse", True), ("llmcourse.corpora", True), ("llmcourse.corpora.prose", True), ("llmcourse.vocabulary", True),
    ("llmcourse.ngrams", False), ("llmcourse.corpora_of_solutions", False), ("llmcourse.ngrams.corpora", False),
    ("llmcourses.plots", False), ("numpy", False)])
def test_what_is_open_goes_by_whole_names(module, wanted):
    assert is_open(module) == wanted


def test_open_paths_are_those_of_modules_and_packages(tmp_path):
    (tmp_path / "corpora").mkdir()
    wanted = [tmp_path / "__init__.py", *(tmp_path / (name if name == "corpora" else f"{name}.py") for name in OPEN)]
    assert open_paths(tmp_path) == wanted
    assert all(path.exists() for path in open_paths(ROOT / "llmcourse"))
    run = subprocess.run([sys.executable, "-m", "autograder.isolation.library", tmp_path], capture_output=True, text=True,
                         check=True)
    assert run.stdout.splitlines() == list(map(str, wanted))


def test_importing_what_is_open_loads_nothing_that_is_closed():
    """The same by running it: each open module in a Python of its own."""
    for name in OPEN:
        code = f"import sys, llmcourse.{name}; print(*(m for m in sys.modules if m.startswith('llmcourse')))"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert f"llmcourse.{name}" in loaded and all(map(is_open, loaded)), loaded
