"""The project's own files agree with each other."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from layout import NOTES, SAMPLES, missing, missing_notes
from packaging.requirements import Requirement
from units import ROOT, UNITS, master

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_environment_yml_has_the_packages_of_pyproject_as_they_are_locked():
    pip = next(d["pip"] for d in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"] if isinstance(d, dict))
    groups = PROJECT["optional-dependencies"]
    wanted = PROJECT["dependencies"] + [pin for name, pins in groups.items() if name not in ("bench", "release")
                                       for pin in pins]
    locked = {normal(line.partition("==")[0]): line.partition("==")[2] for line in pip}
    assert {normal(Requirement(line).name) for line in wanted} == set(locked)
    assert {name: LOCK[name] for name in locked} == locked


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


LOCK = {normal(line.partition("==")[0]): line.partition("==")[2] for line in (ROOT / "constraints.txt").read_text().split()}
FOR_STUDENTS = ("notebook", "torch")


def test_the_lock_lies_within_what_pyproject_asks_for():
    """What students install is a range, open above only where versions are dates; everything else is pinned."""
    groups = PROJECT["optional-dependencies"]
    students = [*PROJECT["dependencies"], *(line for name in FOR_STUDENTS for line in groups[name])]
    for line in [*PROJECT["dependencies"], *(line for lines in groups.values() for line in lines)]:
        wanted = Requirement(line)
        signs = {specifier.operator for specifier in wanted.specifier}
        assert signs == ({"=="} if line not in students else {">="} if wanted.name == "regex" else {">=", "<"}), line
        if wanted.name != "kenlm":
            assert wanted.specifier.contains(LOCK[normal(wanted.name)]), line


def test_numpy_1_26_and_2_are_allowed():
    [numpy] = [Requirement(line).specifier for line in PROJECT["dependencies"] if line.startswith("numpy")]
    assert [v for v in ("1.25.2", "1.26.0", "1.26.4", "2.0.2", "2.4.6", "3.0.0") if v in numpy] == [
        "1.26.0", "1.26.4", "2.0.2", "2.4.6"]


def test_a_student_needs_neither_torch_nor_a_grader():
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert names == {"numpy", "matplotlib", "pooch", "tqdm", "msgpack", "regex"}


def test_the_trusted_side_and_the_desk_import_no_heavy_package():
    code = ("import sys, autograder.grade, autograder.assignment, autograder.desk, autograder.cli; "
            "print([m for m in ('torch', 'otter', 'jupytext', 'nbformat', 'matplotlib', 'dill') if m in sys.modules])")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_has_its_name_in_every_place(unit):
    lacks = missing(ROOT, unit)
    assert not lacks, f"{unit} lacks\n" + "\n".join(lacks)


def test_the_readme_counts_the_questions_of_every_unit():
    row = r"^\| (\d\d \w+) \|.*\| (\d+) graded questions, (\d+) written \|$"
    table = re.findall(row, (ROOT / "README.md").read_text(), re.MULTILINE)
    counted = [[bool(re.search(rf"^# name: {q}\n# points: .*\n# manual: true$", text, re.MULTILINE))
                for q in re.findall(r"^# # BEGIN QUESTION\n# name: (\w+)$", text, re.MULTILINE)]
               for text in ((ROOT / "solutions" / f"{unit}.py").read_text() for unit in UNITS)]
    assert table == [(unit.replace("_", " ", 1), str(manual.count(False)), str(manual.count(True)))
                     for unit, manual in zip(UNITS, counted, strict=True)]


def test_every_notebook_says_in_the_same_words_how_to_work_and_how_to_hand_in():
    said = {unit: [cell.student for cell in master(unit).cells if "**How to work" in (cell.student or "")] for unit in UNITS}
    assert all(len(cells) == 1 for cells in said.values()), {unit: len(cells) for unit, cells in said.items()}
    differs = [unit for unit, cells in said.items() if cells != said["00_warmup"]]
    assert not differs, f"other words than in 00_warmup: {differs}"
    assert said["00_warmup"][0].startswith("**How to work, how to hand in**")


def test_every_place_that_a_unit_lacks_is_named(tmp_path):
    """A made-up unit is added as CONTRIBUTING says; then each of its files and lines is left out in turn."""
    unit, name = "12_trial", "trial"
    notes = f"book/teaching/{unit}.md"
    files = [notes, f"solutions/{unit}.py", f"notebooks/{unit}.ipynb", f"book/{unit}.md", f"book/api/{name}.md",
             f"autograder/misconceptions/{name}.py", f"tests/test_{name}.py", f"tests/alternatives/{name}.py",
             f"llmcourse/{name}/__init__.py", *(f"tests/submissions/{unit}_{kind}.ipynb" for kind in SAMPLES)]
    lines = [("book/_toc.yml", f"      - file: {unit}"), ("book/_toc.yml", f"          - file: api/{name}"),
             ("book/_toc.yml", f"          - file: teaching/{unit}"),
             ("README.md", "| 12 trial | a trial |"), ("book/index.md", f"| [12 · Trial]({unit}.md) | to try |"),
             ("book/closing.md", f"**Was it worth a trial?** [Yes]({unit}.md#yes)."),
             ("book/lectures.yml", '- {slides: [1, 1], topic: "a trial", book: ["12: Trial"]}'),
             ("book/teaching/index.md", f"| [12](../{unit}.md) | 11 | none | none |"),
             ("book/teaching/index.md", f"13: {unit}"),
             ("book/api/index.md", f"- []({name}.md): trying."), ("CHANGELOG.md", "- Unit 12 trial: a trial."),
             ("benchmarks/ladder.py", 'rung(12, "trial", 0, trial)'), ("book/_data/ladder.json", ' {"unit": 12, "model": "t"}')]
    for path in files:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / notes).write_text(teaching_notes(unit))
    for path, _ in lines:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text() + "".join(f"\n{line}" for p, line in lines if p == path))
    assert missing(tmp_path, unit) == []
    for path in files:
        (tmp_path / path).rename(tmp_path / "elsewhere")
        assert missing(tmp_path, unit) == [path]
        (tmp_path / "elsewhere").rename(tmp_path / path)
    for path, line in lines:
        whole = (tmp_path / path).read_text()
        (tmp_path / path).write_text(whole.replace(line, ""))
        [named] = missing(tmp_path, unit)
        assert path in named and unit in named
        (tmp_path / path).write_text(whole)
    (tmp_path / "llmcourse/trial/__init__.py").rename(tmp_path / "llmcourse/trial.py")  # one module is a package enough
    assert missing(tmp_path, unit) == []


def teaching_notes(unit: str) -> str:
    """Notes with all that they need."""
    parts = ["| minutes | what |\n|---|---|\n| 50 | this |\n| 40 | that |", "```{code-cell} python\n1 + 1\n```",
             "\n\n".join(f"**Why {n}?** Because." for n in "abc"), f"```{{expected-mistakes}} {unit}\n```", "Skip all of it."]
    return "".join(f"\n## {name}\n\n{part}\n" for name, part in zip(NOTES, parts, strict=True))


@pytest.mark.parametrize(("old", "new", "named"), [
    ("| 40 |", "| 45 |", "a plan of 90 minutes (it has 95)"), ("| 40 |", "| forty |", "a plan of 90 minutes (it has 50)"),
    ("**Why b?** Because.", "Why b?", "three questions (it has 2)"), ("```{code-cell} python", "```python", "a cell to run"),
    ("{expected-mistakes} 12_trial", "{expected-mistakes} 02_ngrams", "the unit's mistakes"),
    *((f"## {name}", "## Other", f"a section '{name}'") for name in NOTES)])
def test_what_teaching_notes_lack_is_named(tmp_path, old, new, named):
    path = tmp_path / "12_trial.md"
    path.write_text(teaching_notes("12_trial"))
    assert missing_notes(path) == []
    path.write_text(teaching_notes("12_trial").replace(old, new, 1))
    assert missing_notes(path) == [named]


def test_no_private_interpreter_is_chosen(tmp_path):
    """find_python.sh passes over an interpreter that other users cannot read, and says how to get one where none is left."""
    if os.geteuid() != 0:
        pytest.skip("only root can be refused a private interpreter")
    private = tmp_path / "private"
    subprocess.run(["python3", "-m", "venv", "--without-pip", private], check=True)
    private.chmod(0o700)
    script = (ROOT / "find_python.sh").read_text()
    only = tmp_path / "find.sh"
    only.write_text(re.sub(r"for name in .*; do", f"for name in {private}/bin/python3; do", script))
    run = subprocess.run(["bash", only], capture_output=True, text=True)
    assert run.returncode == 1 and "other users cannot read" in run.stderr and "apt-get install" in run.stderr
    found = subprocess.run(["bash", ROOT / "find_python.sh"], capture_output=True, text=True, check=True).stdout.strip()
    assert subprocess.run([found, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).returncode == 0
