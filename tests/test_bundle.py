"""The course as handed out: one address, one version, a bundle that works alone, sentences where something is missing."""

import base64
import contextlib
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from units import ROOT, UNITS, master

from autograder import cli, desk, project
from autograder.assign import STUDENT, bundle_files, zip_files
from autograder.isolation.library import is_open
from autograder.nbgrader.export import source_notebook
from autograder.notebook import first_cell, student_notebook

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOMEWHERE = "https://github.com/someone/course"
ADDRESSES = re.compile(r"git\+|colab\.research|mybinder|nbgitpuller\.|hub/user-redirect|github\.com/[\w.-]*course")


def bundle():
    return bundle_files([master(unit) for unit in UNITS])


@pytest.fixture(scope="module")
def made():
    return bundle()


@pytest.fixture
def address(monkeypatch):
    """Set the course's address for what is made from now on."""
    return lambda where: monkeypatch.setattr(project, "address", lambda folder=ROOT: where)


def wheel_of(files):
    [(name, data)] = [(name, data) for name, data in files.items() if name.endswith(".whl")]
    return name, zipfile.ZipFile(io.BytesIO(data))


# --- one address ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("urls", "found", "github"), [
    ("", "", ""), ("[project.urls]\nHomepage = 'https://example.org'", "", ""),
    (f"[project.urls]\nRepository = '{SOMEWHERE}'", SOMEWHERE, "someone/course"),
    (f"[project.urls]\nRepository = '{SOMEWHERE}.git/'", SOMEWHERE, "someone/course"),
    ("[project.urls]\nRepository = 'https://git.example.edu:8443/a/b/course'", "https://git.example.edu:8443/a/b/course", "")])
def test_the_address_is_what_pyproject_says(tmp_path, urls, found, github):
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'x'\n{urls}\n")
    assert project.address(tmp_path) == found and project.on_github(found) == github


@pytest.mark.parametrize("wrong", ["someone/course", "http://github.com/someone/course", "https://github.com/course",
                                   "https://github.com/a/b; rm -rf ~", "https://github.com/a/b\" + \"", "git@github.com:a/b"])
def test_what_is_no_address_is_refused(tmp_path, wrong):
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'x'\n[project.urls]\nRepository = {json.dumps(wrong)}\n")
    with pytest.raises(ValueError, match=r"Repository in pyproject\.toml must be like https://github\.com/OWNER/NAME, got"):
        project.address(tmp_path)


def everything():
    """All that is made of the masters, as text by name."""
    files = bundle()
    name, wheel = wheel_of(files)
    texts = {f"bundle/{path}": data.decode() for path, data in files.items() if path != name}
    texts |= {f"wheel/{path}": wheel.read(path).decode() for path in wheel.namelist()}
    for unit in UNITS:
        texts |= {f"{unit}.zip/{path}": data.decode() for path, data in zip_files(master(unit)).items()}
        texts[f"nbgrader/{unit}"] = json.dumps(source_notebook(master(unit)))
    return texts


def test_without_an_address_none_is_printed_anywhere(address):
    address("")
    assert {name: found[0] for name, text in everything().items() if (found := ADDRESSES.search(text))} == {}


def test_an_address_is_printed_where_it_is_of_use(address):
    address(SOMEWHERE)
    naming = {name for name, text in everything().items() if SOMEWHERE in text}
    version = PROJECT["version"]
    assert naming == {"bundle/README.md", "bundle/pyproject.toml", f"wheel/llmcourse_student-{version}.dist-info/METADATA",
                      *(f"bundle/notebooks/{unit}.ipynb" for unit in UNITS)}


def test_the_files_of_the_repository_and_the_built_book_name_the_address_that_is_set_and_no_other():
    found = project.address()
    built = [p for p in (ROOT / "book" / "_build" / "html").rglob("*.html")]
    pages = [*(ROOT / "notebooks").glob("*.ipynb"), *built, ROOT / "README.md", *(ROOT / "book").glob("*.md")]
    wrong = {}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            text = re.sub(r"```\{published\}.*?```", "", text, flags=re.DOTALL)
        if not found and (said := ADDRESSES.search(text)):
            wrong[path.name] = said[0]
    assert len(pages) > 30 and not wrong


# --- one version, one list of packages --------------------------------------------------------------------------------

def test_the_version_stands_in_one_place_and_in_what_is_read_by_others(made):
    version = PROJECT["version"]
    assert str(yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]) == version
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", text, re.MULTILINE)[1] == version
    assert wheel_of(made)[0] == f"llmcourse_student-{version}-py3-none-any.whl"
    sources = [p for folder in ("autograder", "llmcourse", "book/_ext") for p in (ROOT / folder).rglob("*.py")]
    stated = re.compile(rf"version.{{0,20}}[\"']{re.escape(version)}[\"']", re.IGNORECASE)
    assert not [p for p in sources if stated.search(p.read_text(encoding="utf-8"))]


def test_wheel_bundle_and_repository_ask_for_the_same_packages(made):
    _, wheel = wheel_of(made)
    [name] = [n for n in wheel.namelist() if n.endswith("METADATA")]
    metadata = Metadata.from_email(wheel.read(name), validate=True)
    inside = tomllib.loads(made["pyproject.toml"].decode())["project"]
    extras = {group: PROJECT["optional-dependencies"][group] for group in ("notebook", "torch")}
    same = lambda lines: sorted(str(Requirement(line)) for line in lines)
    assert metadata.name == inside["name"] == STUDENT and str(metadata.version) == inside["version"] == PROJECT["version"]
    assert str(metadata.requires_python) == inside["requires-python"] == PROJECT["requires-python"]
    assert metadata.provides_extra == list(extras) == list(inside["optional-dependencies"])
    for group, lines in {None: PROJECT["dependencies"], **extras}.items():
        of = [r for r in metadata.requires_dist if (r.marker is None if group is None else f'"{group}"' in str(r.marker))]
        assert sorted(f"{r.name}{r.specifier}" for r in of) == same(lines)
        assert same(inside["dependencies"] if group is None else inside["optional-dependencies"][group]) == same(lines)
    listed = made["requirements.txt"].decode().splitlines()
    assert listed[0] == f"./{wheel_of(made)[0]}" and same(listed[1:]) == same(PROJECT["dependencies"] + extras["notebook"])


def test_every_way_to_install_is_told_in_the_same_words(made):
    """README, the bundle and three pages of the book."""
    lines = ["python3 -m venv .venv", ".venv/bin/python -m pip install -r requirements.txt", ".venv/bin/jupyter lab notebooks"]
    texts = {"bundle": made["README.md"].decode(), "README": (ROOT / "README.md").read_text(), **{
        page: (ROOT / "book" / f"{page}.md").read_text() for page in ("index", "install", "00_warmup")}}
    assert [(name, line) for name, text in texts.items() for line in lines if line not in text] == []
    for name in ("README", "install", "00_warmup"):
        assert ".venv/bin/python -m pip install '.[notebook]'" in texts[name]


# --- the bundle and its wheel -----------------------------------------------------------------------------------------

def test_the_bundle_holds_what_it_should(made):
    assert {name.split("/")[0] for name in made} == {
        "LICENSE", "README.md", "pyproject.toml", "requirements.txt", ".binder", "autograder", "llmcourse", "notebooks",
        wheel_of(made)[0]}
    assert made.keys() >= {".binder/postBuild", ".binder/requirements.txt", ".binder/runtime.txt"}


def test_binder_installs_pytorch_within_the_range_of_pyproject(made):
    [torch] = [line for line in PROJECT["optional-dependencies"]["torch"] if line.startswith("torch")]
    assert made[".binder/postBuild"].decode().rstrip().endswith(f"--torch-backend cpu '{torch}'")
    assert (ROOT / ".binder" / "postBuild").stat().st_mode & 0o111


def test_the_wheel_is_one_that_installers_accept(made):
    """Its list of files has each file's digest and length, and of the library it holds the open part alone."""
    _, wheel = wheel_of(made)
    assert wheel.testzip() is None
    [record] = [name for name in wheel.namelist() if name.endswith("RECORD")]
    rows = {name: (digest, size) for name, digest, size in csv.reader(wheel.read(record).decode().splitlines())}
    assert set(rows) == set(wheel.namelist()) and rows.pop(record) == ("", "")
    for name, (digest, size) in rows.items():
        data = wheel.read(name)
        wanted = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        assert (digest, size) == (f"sha256={wanted}", str(len(data))), name
    modules = [name.removesuffix(".py").replace("/", ".") for name in wheel.namelist() if name.startswith("llmcourse/")
               and name.endswith(".py") and not name.endswith("__init__.py")]
    assert len(modules) > 10 and all(map(is_open, modules))
    assert not [name for name in wheel.namelist() if re.search("solution|hidden|master|assign|worker|cohort", name)]


def test_pip_installs_the_wheel_without_a_network(made, tmp_path):
    name, _ = wheel_of(made)
    folder = tmp_path / "mit Leerzeichen und ä"
    folder.mkdir()
    (folder / name).write_bytes(made[name])
    run = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", folder / "here",
                          f"./{name}"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert (folder / "here" / "autograder" / "desk.py").read_bytes() == (ROOT / "autograder" / "desk.py").read_bytes()
    assert (folder / "here" / f"llmcourse_student-{PROJECT['version']}.dist-info" / "METADATA").exists()


# --- the first cell ---------------------------------------------------------------------------------------------------

UNIT = "02_ngrams"
MISSING = "The course's packages are not here"
WHAT_TO_DO = ("put the wheel of the student bundle (the file whose name ends in .whl) beside this notebook, and run this cell "
              "again.")


def bare(folder, source, numpy=True):
    """Run cells in a Python that has nothing but NumPy, in a folder; returns the lines that are printed."""
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    site = Path(np.__file__).resolve().parent.parent
    for entry in [p for p in site.iterdir() if p.name in ("numpy", "numpy.libs")] if numpy else []:
        with contextlib.suppress(FileExistsError):
            (packages / entry.name).symlink_to(entry)
    code = f"import sys; sys.path.append({str(packages)!r})\n{source}"
    run = subprocess.run([sys.executable, "-S", "-E", "-c", code], cwd=folder, capture_output=True, text=True, timeout=100)
    assert run.returncode == 0 and not run.stderr, run.stderr
    return run.stdout.splitlines()


def cells(address=""):
    """The code cells of a notebook as a program in which checks are printed."""
    notebook = student_notebook(master(UNIT))
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    code[0] = first_cell(UNIT, address)
    return "\n".join(f"said = {c}\nif said is not None: print(said)" if c.startswith("grader.check") else c for c in code)


def test_a_lone_notebook_says_in_one_sentence_what_to_do(tmp_path):
    assert set(bare(tmp_path, cells())) == {f"{MISSING}: {WHAT_TO_DO}"}


def test_a_lone_notebook_that_cannot_fetch_says_so(tmp_path):
    """At an address where nothing answers; pip's own words are not shown."""
    nowhere = "https://127.0.0.1:9/someone/course"
    assert set(bare(tmp_path, cells(nowhere))) == {
        f"{MISSING}, and could not be fetched from {nowhere}: connect to the network, or {WHAT_TO_DO}"}


@pytest.mark.parametrize("place", [".", ".."])
def test_the_wheel_beside_the_notebook_or_above_it_is_enough(made, tmp_path, place):
    """Nothing is installed, and no other package is needed."""
    name, _ = wheel_of(made)
    folder = tmp_path / "mit Leerzeichen und ä" / "notebooks"
    folder.mkdir(parents=True)
    (folder / place / name).write_bytes(made[name])
    (folder / f"{UNIT}.ipynb").write_bytes(made[f"notebooks/{UNIT}.ipynb"])
    said = bare(folder, cells())
    assert len(said) == sum(not q.manual for q in master(UNIT).questions) and all("not answered yet" in line for line in said)


def test_a_cell_that_is_run_again_finds_the_wheel_that_has_come(made, tmp_path):
    name, _ = wheel_of(made)
    (tmp_path / "elsewhere.whl").write_bytes(made[name])
    (tmp_path / f"{UNIT}.ipynb").write_bytes(made[f"notebooks/{UNIT}.ipynb"])
    first = first_cell(UNIT, "")
    said = bare(tmp_path, f"{first}\nimport os\nos.rename('elsewhere.whl', {name!r})\n{first}\nprint(grader.check('q1'))")
    assert said[0] == f"{MISSING}: {WHAT_TO_DO}" and said[1].startswith("q1: ") and len(said) == 2


def test_the_wheel_without_the_notebook_or_without_numpy_says_so(made, tmp_path):
    name, _ = wheel_of(made)
    (tmp_path / name).write_bytes(made[name])
    said = set(bare(tmp_path, cells()))
    assert len(said) == 1 and said.pop().startswith(f"no notebook of the assignment '{UNIT}' in ")
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / name).write_bytes(made[name])
    said = set(bare(tmp_path / "without", f"{first_cell(UNIT, '')}\ngrader.check('q1')", numpy=False))
    assert len(said) == 1 and re.match(r"NumPy is not installed for this kernel: do %pip install numpy in a cell, ", said.pop())


def test_an_old_python_is_told_in_one_sentence(monkeypatch):
    monkeypatch.setattr(desk, "PYTHON", (99, 1))
    with pytest.raises(ImportError, match=r"^This kernel is Python 3\.\d+\.\d+, but the course needs 99\.1 or newer: [^.]*"):
        desk.Notebook("x.ipynb")


@pytest.mark.parametrize(("cell", "there", "told"), [("import torch", False, True), ("import torch", True, False),
                                                     ("from torch import nn", False, True), ("import numpy", False, False)])
def test_a_unit_that_needs_torch_says_so_where_it_is_missing(tmp_path, monkeypatch, capsys, cell, there, told):
    notebook = student_notebook(master(UNIT))
    notebook.cells[1].update(cell_type="code", source=f"x = 1\n{cell}\n")
    (tmp_path / f"{UNIT}.ipynb").write_text(json.dumps(notebook))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(desk, "find_spec", lambda name: None if name == "torch" and not there else object())
    desk.Notebook(f"{UNIT}.ipynb")
    assert ("This unit needs PyTorch" in capsys.readouterr().out) == told


def test_on_kaggle_the_data_set_has_the_tests(tmp_path, monkeypatch):
    """A notebook is no file there; the bundle that was added as a data set holds it."""
    there = tmp_path / "input" / "bundle" / "notebooks"
    there.mkdir(parents=True)
    (there / f"{UNIT}.ipynb").write_text(json.dumps(student_notebook(master(UNIT))))
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    monkeypatch.setattr(desk, "KAGGLE", tmp_path / "input")
    assert list(desk.Notebook(f"{UNIT}.ipynb").tests) == [q.name for q in master(UNIT).questions if not q.manual]


# --- what needs the repository, and what others run -------------------------------------------------------------------

@pytest.mark.parametrize("words", [["assign"], ["grade", "02_ngrams", "x.ipynb"], ["written", "02_ngrams", "x", "--to", "y"]])
def test_without_the_repository_a_verb_says_what_it_needs(tmp_path, capsys, words):
    assert cli.main([*words, "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"no masters in {tmp_path / 'solutions'}: run this in the course's repository" in said


def test_a_wheel_without_the_packages_of_graders_says_which(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    monkeypatch.delitem(sys.modules, "autograder.assign")
    assert cli.main(["assign", "00_warmup"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "needs the package nbformat: install the course" in said and "grade,cells,sandbox" in said


def test_packages_are_read_in_the_repository_alone(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no pyproject.toml in {tmp_path}: run this in the course's repository"):
        project.project(tmp_path)


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_little_and_runs_what_make_runs(path):
    """Actions at a commit, no rights but those that a job names, a limit of time; what is built is built by `make`."""
    workflow = yaml.safe_load(path.read_text())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) | {"pdf"}
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert set(job["permissions"]) <= {"contents", "pages", "id-token"} and job["timeout-minutes"] <= 120
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step.get("uses", "actions/x@" + 40 * "0")), step
            for words in re.findall(r"^make\b(.*)$", step.get("run", ""), re.MULTILINE):
                assert set(re.sub(r'PYTHON="[^"]*"', "", words).split()) <= targets, words


def test_there_are_workflows_for_tests_book_and_release():
    assert [path.stem for path in WORKFLOWS] == ["book", "release", "tests"]
    python = yaml.safe_load(WORKFLOWS[2].read_text())["jobs"]["linux"]["strategy"]["matrix"]["python"]
    assert python == ["3.11", "3.12", "3.13"] and PROJECT["requires-python"] == ">=3.11"
