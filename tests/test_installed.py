"""Installed with ``pip install .``, the grader and the solutions lie among the packages that a worker reads."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from units import ROOT, master

from autograder import grade as grading
from autograder.assign import assignment_of, write_zip, zip_files
from autograder.isolation import confine, launch, plan
from autograder.isolation.confine import NotConfined
from autograder.isolation.library import OPEN, closed_files
from autograder.isolation.plan import default
from autograder.session import Session

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Landlock is Linux's")
SAMPLES = ROOT / "tests" / "submissions"
LOOK = """
import json, sys
from autograder.isolation.plan import default
from autograder.session import Session
said = {}
for path, how in json.loads(sys.argv[1]):
    with Session(plan=default().without("namespaces")) as session:
        session.run_cell("import os, sys, numpy, matplotlib, llmcourse.vocabulary\\n"
                         "from importlib.machinery import PathFinder", 1)
        said[how] = session.run_cell(how % path if "%" in how else how, 2)
print(json.dumps(said))
"""


def needed(requirements):
    """The entries of the folder of packages that these packages and those that they need are made of."""
    todo, seen = [Requirement(line) for line in requirements.splitlines()], set()
    while todo:
        wanted = todo.pop()
        if wanted.name not in seen and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            seen.add(wanted.name)
            todo += map(Requirement, distribution(wanted.name).requires or [])
    return {file.parts[0] for name in seen for file in distribution(name).files or [] if file.parts[0] != ".."}


BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def built(how, source, to):
    """What setuptools makes of a source folder, as ``python -m build`` has it do."""
    code = [sys.executable, "-W", "ignore", "-c", BUILD, how, str(to)]
    done = subprocess.run(code, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return to / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the whole course, made of its source archive."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("autograder", "llmcourse"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    with tarfile.open(built("build_sdist", source, folder)) as archive:
        careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}        # from 3.11.4 on
        archive.extractall(folder / "archive", **careful)
    [source] = (folder / "archive").iterdir()
    return built("build_wheel", source, folder)


@pytest.fixture(scope="module")
def installed(wheel):
    """Python in an environment of its own: the wheel unpacked into it as pip would, and hard links to what it needs."""
    folder = Path(tempfile.mkdtemp(prefix="installed-", dir=ROOT / "build"))
    folder.chmod(0o755)
    venv.EnvBuilder(symlinks=True).create(folder)
    packages = next((folder / "lib").glob("python*/site-packages"))
    there = Path(sysconfig.get_path("purelib"))
    for name in needed(zip_files(master("00_warmup"))["requirements.txt"].decode()):
        if (there / name).is_dir():
            shutil.copytree(there / name, packages / name, copy_function=os.link)
        elif (there / name).is_file():
            os.link(there / name, packages / name)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    fonts = Path("share") / "llmcourse" / "matplotlib"  # to list them anew takes long
    default(())  # lists them where nobody has yet
    shutil.copytree(Path(sys.prefix) / fonts, folder / fonts)
    yield folder / "bin" / "python", packages
    shutil.rmtree(folder)


def run(python, *words):
    return subprocess.run([python, "-P", *map(str, words)], capture_output=True, text=True, cwd="/",
                          env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if ".dist-info/" not in name}
        [metadata] = [archive.read(name).decode() for name in archive.namelist() if name.endswith("METADATA")]
    files = [p for name in ("autograder", "llmcourse") for p in (ROOT / name).rglob("*")]
    assert there == {p.relative_to(ROOT).as_posix() for p in files if p.is_file() and "__pycache__" not in p.parts}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"Version: {version}\n" in metadata and wheel.name == f"llmcourse-{version}-py3-none-any.whl"


@pytest.mark.parametrize("words", [["assign"], ["grade", "00_warmup", "x.ipynb"]])
def test_an_installed_grader_says_that_it_needs_the_repository(installed, words):
    done = run(installed[0], "-m", "autograder", *words)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "no masters in /solutions: run this in the course's repository" in done.stderr or "needs the package" in done.stderr


def test_a_submission_gets_its_points_and_is_contained(installed, tmp_path):
    write_zip(zip_files(master("00_warmup")), tmp_path / "00_warmup.zip")
    done = run(installed[0], "-m", "autograder", "grade", tmp_path / "00_warmup.zip", SAMPLES / "00_warmup_full.ipynb",
               "--results", tmp_path / "results.json")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == sum(t["max_score"] for t in results["tests"]) > 0, results["output"]
    assert results["extra_data"]["isolation"]["tier"] in ("T2", "T3")


def test_the_worker_reads_the_packages_but_neither_grader_nor_solutions(installed):
    python, packages = installed
    cells = [(packages / "llmcourse" / "language_models" / "__init__.py", "open(%r)"),
             (packages / "autograder" / "misconceptions" / "ngrams.py", "open(%r, 'rb')"),
             ("", "__import__('llmcourse.ngrams')"),
             ("", "sys.meta_path[:] = [PathFinder]\nsys.modules.pop('llmcourse')\n__import__('llmcourse.language_models')"),
             ("", "sys.modules.pop('autograder')\nsys.meta_path[:] = [PathFinder]\n__import__('autograder.session')"),
             ("", "import pooch, regex, tqdm")]
    done = run(python, "-c", LOOK, json.dumps([(str(path), how) for path, how in cells]))
    assert done.returncode == 0, done.stderr
    *refused, others = json.loads(done.stdout).values()
    assert others is None
    assert [error.split(":")[0] for error in refused] == [
        "PermissionError", "PermissionError", "ImportError", "PermissionError", "PermissionError"], refused


def test_python_in_a_home_that_is_closed_is_a_fault_of_the_set_up(tmp_path, monkeypatch):
    """As root's home is, where uv and pyenv put it: a student's imports would fail, one after the other."""
    monkeypatch.setattr(confine.os, "scandir", lambda folder: (_ for _ in ()).throw(PermissionError(13, "denied", folder)))
    with pytest.raises(NotConfined, match=r"cannot read Python or its packages, .*denied: '/python'"):
        confine._python_is_there(["/python"])
    with monkeypatch.context() as patched, pytest.raises(NotConfined, match="cannot read Python"):
        patched.setattr(confine.os, "__file__", str(tmp_path / "missing"))
        confine._python_is_there([])


# --- the paths --------------------------------------------------------------------------------------------------------

def test_a_folder_above_something_closed_is_taken_apart(tmp_path):
    for path in ("a/b/closed/x", "a/b/open", "a/c", "d"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b" / "closed")
    (tmp_path / "a" / "above").symlink_to(tmp_path / "a" / "b")
    at = lambda *paths: [str(tmp_path / path) for path in paths]
    closed = (tmp_path / "a" / "b" / "closed",)
    assert plan.without(at("a", "d", "a/b/closed", "a/b/closed/x"), closed) == (
        at("a/above/open", "a/b/open", "a/c", "d"), at("a", "a/above", "a/b"))
    assert plan.without(at("a", "missing"), ()) == (at("a", "missing"), [])


def test_a_plan_without_solutions_among_the_packages(monkeypatch, tmp_path):
    """``default`` where the packages lie in a folder that Python's packages lie in, too."""
    packages = tmp_path / "site-packages"
    for name in ("autograder", "numpy", "llmcourse/ngrams", "llmcourse/corpora"):
        (packages / name).mkdir(parents=True)
    monkeypatch.setattr(plan, "PACKAGE", packages / "autograder")
    monkeypatch.setattr(plan, "font_cache", lambda: "/fonts")
    monkeypatch.setattr(plan, "python_paths", lambda: [str(packages)])
    monkeypatch.delenv("AUTOGRADER_LIBRARY", raising=False)
    made = default(())
    ours = [path for path in made.readable if path.startswith(str(packages))]
    assert ours == [str(packages / "numpy"), *(str(packages / "llmcourse" / part) for part in (
        "__init__.py", *(name if name == "corpora" else f"{name}.py" for name in OPEN)))]
    assert made.listable == (str(packages), str(packages / "llmcourse"))


def test_the_closed_part_is_what_the_open_part_is_not():
    found = {str(p.relative_to(ROOT / "llmcourse")) for p in closed_files(ROOT / "llmcourse")}
    assert {"language_models/__init__.py", "ngrams/__init__.py"} <= found and closed_files(ROOT / "nowhere") == []
    assert not [name for name in found if name.split("/")[0].removesuffix(".py") in (*OPEN, "__init__")]


# --- a set-up that fails ----------------------------------------------------------------------------------------------

@pytest.fixture
def broken(monkeypatch):
    """A worker that misses a package, as in an environment that is not whole."""
    for boot in ("BOOT", "IMPORT"):
        monkeypatch.setattr(launch, boot, f"import not_installed\n{getattr(launch, boot)}")


def test_a_worker_that_does_not_start_says_why(broken):
    with pytest.raises(NotConfined, match=r"the worker does not start: ModuleNotFoundError: No module named 'not_installed'"):
        Session(plan=default(()))


def test_a_set_up_that_fails_is_told_once_and_not_test_by_test(broken):
    report = grading.grade(assignment_of(master("00_warmup")), SAMPLES / "00_warmup_full.ipynb", plan=default(()), unsafe=True)
    assert report.score == 0 and {t.message for t in report.tests} == {grading.NOT_GRADED} == {*report.notes}
    assert report.machine == ("the worker does not start: ModuleNotFoundError: No module named 'not_installed', "
                              "so nothing is graded here; `autograder isolation` shows what is missing")


@pytest.mark.parametrize(("boot", "said"), [
    ("raise OSError('first\\n\\n  second  \\n')", "second"), ("", "it ended, and does not say why"),
    ("import time; time.sleep(9)", "TimeoutExpired: ")])
def test_the_last_that_is_said_is_told(monkeypatch, boot, said):
    monkeypatch.setattr(launch, "IMPORT", boot or launch.IMPORT)
    monkeypatch.setattr(launch, "SECONDS", 0.3 if "sleep" in boot else 30.0)
    assert launch.complaint(default(()), "json").startswith(said)
