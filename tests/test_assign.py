"""What is made of a master: student notebooks, zips that are the same to the byte, a bundle without solutions."""

import ast
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from units import ROOT, UNITS, master

from autograder import testfile
from autograder.assign import (
    assign,
    bundle_files,
    check_scores,
    imported,
    library_files,
    needs,
    requirements,
    write_zip,
    zip_files,
)
from autograder.assignment import from_zip
from autograder.master import LEFTOVER, MasterError, read_master
from autograder.nbgrader.export import source_notebook
from autograder.notebook import student_notebook, write_notebook


def solution_lines(unit):
    """Lines that only the solution has, long enough to be telling."""
    lines = set()
    for cell in master(unit).cells:
        if cell.kind == "code" and cell.answer:
            lines |= {line.strip() for line in set(cell.solution.splitlines()) - set(cell.student.splitlines())}
    return {line for line in lines if len(line) > 25}


def hidden_sources(unit):
    return [t.source for q in master(unit).questions for t in q.tests if t.hidden]


@pytest.mark.parametrize("unit", UNITS)
def test_committed_notebook_is_what_the_master_gives(unit, tmp_path):
    write_notebook(student_notebook(master(unit)), tmp_path / "new.ipynb")
    committed = ROOT / "notebooks" / f"{unit}.ipynb"
    assert committed.read_text() == (tmp_path / "new.ipynb").read_text(), f"stale: run autograder assign {unit}"


def test_generated_files_are_committed_as_they_were_made():
    """`make` has just written them again; where the masters are as committed, so must they be."""
    def changed(*paths):
        run = subprocess.run(["git", "status", "--porcelain", "--", *paths], cwd=ROOT, capture_output=True, text=True)
        if run.returncode:
            pytest.skip("not a git checkout")
        return run.stdout
    if not changed("solutions", "autograder", "tests"):
        assert not changed("notebooks")


@pytest.mark.parametrize("unit", UNITS)
def test_student_notebook_holds_no_solution_and_no_hidden_test(unit):
    notebook = student_notebook(master(unit))
    text = json.dumps(notebook, ensure_ascii=False)
    assert not [line for line in solution_lines(unit) if json.dumps(line, ensure_ascii=False)[1:-1] in text]
    assert not LEFTOVER.search(text)
    for source in hidden_sources(unit):
        name = ast.parse(source).body[0].name
        body = source.split("\n", 4)[-1]
        assert json.dumps(body, ensure_ascii=False)[1:-1] not in text, name
    for question in master(unit).questions:
        if not question.manual:
            kept = testfile.read(notebook.metadata.otter.tests[question.name])[1]
            assert [c.name for c in kept] == [t.name for t in question.tests if not t.hidden]


@pytest.mark.parametrize("unit", UNITS)
def test_skeleton_cells_run_as_they_are(unit):
    names: dict = {}
    for cell in student_notebook(master(unit)).cells[1:]:
        if cell.cell_type == "code" and cell.metadata.get("llmcourse", {}).get("role") != "check":
            exec(cell.source, names)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_as_large_as_the_course_wants(unit):
    questions = master(unit).questions
    graded, written = sum(not q.manual for q in questions), sum(q.manual for q in questions)
    assert graded >= 6 and written == 1, f"{graded} graded questions (6 or more), {written} written (just one)"
    text = "\n".join(c.solution for c in master(unit).cells if c.kind == "markdown")
    for number in range(1, len(questions) + 1):
        title = next(line for line in text.splitlines() if line.startswith(f"**Question {number}."))
        assert " minutes · ★" in title.replace("☆", "★") and "chapter section" in title, title
    assert "ubric" in text


@pytest.mark.parametrize("unit", UNITS)
def test_every_name_a_test_asks_for_is_defined_by_the_skeleton(unit):
    names: dict = {}
    for cell in master(unit).cells:
        if cell.kind == "code" and cell.student is not None:
            exec(cell.student, names)
    asked = {p for q in master(unit).questions for t in q.tests for p in t.parameters}
    assert asked <= set(names)


@pytest.mark.parametrize(("source", "named"), [
    ("from llmcourse.ngrams import KneserNey", {"ngrams"}), ("    import llmcourse.ngrams.fast as n", {"ngrams"}),
    ("from llmcourse import plots, corpora", {"plots", "corpora"}), ("import llmcourse", set()),
    ("from llmcourse import (\n    plots,\n    corpora)", {"plots", "corpora"}),
    ("x = 'llmcourse.ngrams'\nfrom llmcourses.ngrams import x", set())])
def test_what_an_import_statement_names_of_the_library(source, named):
    assert imported(source) == named


def parts(sources):
    return {path.relative_to(ROOT / "llmcourse").parts[0] for path in library_files(sources)}


def test_a_zip_carries_what_its_tests_import_and_what_that_imports():
    found = parts("from llmcourse.recurrent import rnn_step")
    assert {"recurrent", "training", "corpora", "vocabulary.py", "__init__.py"} <= found
    assert not {"ngrams", "tokenization", "feedforward", "transformer"} & found
    assert found > parts("import numpy")


@pytest.mark.parametrize("unit", UNITS)
def test_the_zip_is_the_same_to_the_byte(unit, tmp_path):
    for name in ("a.zip", "b.zip"):
        write_zip(zip_files(read_master(ROOT / "solutions" / f"{unit}.py")), tmp_path / name)
    digests = {hashlib.sha256((tmp_path / n).read_bytes()).hexdigest() for n in ("a.zip", "b.zip")}
    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert names == sorted(names) and "run_autograder" in names and "packages/llmcourse/__init__.py" in names
        assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111
        assert {i.date_time for i in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}
    assert (tmp_path / "a.zip").stat().st_size < 1.25 * 2**20  # not compressed: zlib differs from machine to machine
    assignment = from_zip(tmp_path / "a.zip")
    assert assignment.max_score == master(unit).points and list(assignment.questions) == [
        q.name for q in master(unit).questions if not q.manual]


def test_numpy_units_install_no_torch(tmp_path):
    assert needs(master("02_ngrams")) == [] and "torch" not in requirements([])
    path = tmp_path / "99_tensors.py"
    path.write_text(MINIMAL.replace("99_minimal", "99_tensors").replace("import math", "import torch"))
    assert needs(read_master(path)) == ["torch"] and "torch==" in requirements(["torch"])


def test_the_student_bundle_holds_no_solution(tmp_path):
    files = bundle_files([master(u) for u in UNITS])
    [wheel] = [name for name in files if name.endswith(".whl")]
    with zipfile.ZipFile(io.BytesIO(files.pop(wheel))) as archive:
        inside = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    assert inside == {name: data for name, data in files.items() if name.startswith(("llmcourse/", "autograder/"))}
    text = "\n".join(data.decode() for name, data in files.items() if "misconceptions" not in name)  # these hold mistakes
    for unit in UNITS:
        assert f"notebooks/{unit}.ipynb" in files
        assert f"llmcourse/{unit[3:]}.py" not in files
        assert not [line for line in solution_lines(unit) if line in text or json.dumps(line, ensure_ascii=False)[1:-1] in text]
    assert not any("solutions" in name or "master" in name for name in files)


@pytest.mark.parametrize("unit", UNITS)
def test_the_student_bundle_works_alone(unit, tmp_path):
    """A notebook's cells, and every check, run with nothing but what the bundle holds."""
    write_zip(bundle_files([master(u) for u in UNITS]), tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extractall(tmp_path / "bundle")
    script = tmp_path / "bundle" / "notebooks" / "run.py"
    cells = nbformat.read(script.parent / f"{unit}.ipynb", 4).cells
    code = [c.source for c in cells if c.cell_type == "code"]
    script.write_text("\n".join(c if not c.startswith("grader.check") else f"print({c})" for c in code))
    alone = (f"import sys; sys.path[:] = [p for p in sys.path if {str(ROOT)!r} not in p or 'site-packages' in p]; "
             "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]; exec(open('run.py').read()); "
             f"import autograder; assert autograder.__file__.startswith({str(tmp_path.resolve())!r})")
    run = subprocess.run([sys.executable, "-c", alone], cwd=script.parent, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("not answered yet") == sum(not q.manual for q in master(unit).questions)


@pytest.mark.parametrize("unit", UNITS)
def test_the_nbgrader_notebook_holds_the_whole_solution(unit):
    """Taking nbgrader's markers out of its source notebook gives the solved cells, and clearing them the skeleton."""
    cells = [c for c in source_notebook(master(unit)).cells if c.metadata.get("nbgrader", {}).get("solution")]
    answers = [c for c in master(unit).cells if c.answer]
    assert len(cells) == len(answers)
    for cell, answer in zip(cells, answers, strict=True):
        lines = cell.source.splitlines()
        assert "\n".join(line for line in lines if "### " not in line) == answer.solution
        if answer.kind == "code":
            kept, inside = [], False
            for line in lines:
                if "### BEGIN SOLUTION" in line:
                    inside = True
                    kept.append("...")
                elif "### END SOLUTION" in line:
                    inside = False
                elif not inside:
                    kept.append(line.strip())
            ignore = {"...", ""}
            assert [k for k in kept if k not in ignore] == [
                s.strip() for s in answer.student.splitlines() if s.strip() not in ignore and not s.strip().endswith("= ...")]


MINIMAL = '''\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 99_minimal
# %%
import math
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 1
# %% [markdown]
# Write `area(r)`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def area(r):
    # BEGIN SOLUTION
    return math.pi * r**2
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: radius 1
points: 1
""" # END TEST CONFIG
def test_one(area):
    from autograder.checks import expect
    expect(area, 1, want=3.141592653589793)
test_one(area)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
'''


@pytest.mark.parametrize(("old", "new", "told"), [
    ("math.pi * r**2", "math.pi * r**3 + 1", "the solution gets 0 of 1 points"),
    ("    expect(area, 1, want=3.141592653589793)", "    assert True", "the blank gets 1 of 1 points"),
])
def test_a_wrong_solution_and_a_generous_test_are_refused(tmp_path, old, new, told):
    path = tmp_path / "99_minimal.py"
    path.write_text(MINIMAL.replace(old, new))
    with pytest.raises(MasterError, match=told):
        assign([path], tmp_path / "notebooks", tmp_path / "dist", say=lambda line: None)
    assert not (tmp_path / "dist" / "gradescope" / "99_minimal.zip").exists()


def test_a_good_master_is_assigned_whole(tmp_path):
    path = tmp_path / "99_minimal.py"
    path.write_text(MINIMAL)
    said: list[str] = []
    assign([path], tmp_path / "notebooks", tmp_path / "dist", say=said.append)
    assert said == ["99_minimal: 1 questions, 1 tests, 1 points; solution full marks, blank 0"]
    made = {p.relative_to(tmp_path).as_posix() for p in Path(tmp_path).rglob("*") if p.is_file()}
    assert made == {"99_minimal.py", "notebooks/99_minimal.ipynb", "dist/gradescope/99_minimal.zip",
                    "dist/nbgrader/nbgrader_config.py", "dist/nbgrader/source/99_minimal/99_minimal.ipynb",
                    "dist/student/llmcourse-student.zip"}


@pytest.mark.parametrize("unit", UNITS)
def test_solution_and_blank_skeleton_for_several_seeds(unit):
    for _ in range(3):
        check_scores(master(unit), student_notebook(master(unit)), student_notebook(master(unit), solved=True))
