"""The nbgrader course: its three commands accept it, its scores are ours, its feedback hides what is hidden."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import samples
from units import ROOT, SUBMISSIONS, UNITS, master

from autograder.checks import expect
from autograder.nbgrader.export import HIDDEN, write_course
from autograder.nbgrader.testcell import run_test

pytest.importorskip("nbgrader", reason="nbgrader is not installed")


# --- one cell at a time -----------------------------------------------------------------------------------------------

def squares(n):
    """You squared."""
    return n * n


def test_double(double):
    expect(double, 3, want=6, mistakes=[squares])


test_double.__test__ = False


@pytest.mark.parametrize(("answer", "told"), [
    (lambda n: 2 * n, None),
    (lambda n: n * n, "Hint: You squared.\n<lambda>(3): expected 6, got 9."),
    (lambda n: n + 1, "<lambda>(3): expected 6, got 4."),
    (None, "Not answered yet: double is missing or still `...`. Run its cell, and keep its name."),
])
def test_a_test_cell_fails_with_one_sentence_and_the_hint(answer, told):
    if told is None:
        assert run_test(test_double, {"double": answer}) is None
        return
    with pytest.raises(AssertionError, match=f"^{re.escape(told)}$") as caught:
        run_test(test_double, {"double": answer})
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_feedback_keeps_of_a_hidden_test_its_name_and_its_hint():
    from autograder.nbgrader.feedback import HideHiddenTests

    def cell(source, *errors):
        outputs = [nbformat.v4.new_output("error", ename="AssertionError", evalue=e, traceback=["secret"]) for e in errors]
        return nbformat.v4.new_code_cell(source, outputs=[nbformat.v4.new_output("stream", text="secret 42"), *outputs])

    hidden = f"# random\n{HIDDEN[0]}\nwant = 42\n{HIDDEN[1]}"
    for errors, said in ((["Hint: You squared.\nsecret(42)"], ["You squared.\n"]),
                         (["secret 42"], ["This hidden test failed.\n"]), ([], [])):
        made, resources = HideHiddenTests().preprocess_cell(cell(hidden, *errors), {"a": 1}, 0)
        assert made.source == "# Hidden test: random" and [o.text for o in made.outputs] == said and resources == {"a": 1}
    public = cell("# by hand\nwant = 42", "Hint: x")
    assert HideHiddenTests().preprocess_cell(public, {}, 0)[0] is public and len(public.outputs) == 2


KERNEL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.history_manager.enabled = False
shell.kernel = type("Kernel", (), {})()
shell.run_line_magic("load_ext", "autograder.nbgrader.kernel")
shell.run_cell("from google.colab import files\\nimport nltk, pandas as pd\\nfrom ipywidgets import interact\\n"
               "import numpy as np\\nx = 3")
shell.run_cell("nltk.word_tokenize(x)")
shell.run_cell("try:\\n    import pytest\\nexcept ImportError:\\n    y = 4\\nfrom autograder.nbgrader.testcell import run_test")
print([shell.user_ns[name] for name in "xy"], shell.kernel.raw_input("who?") == "", shell.user_ns["np"].__name__)
"""


def test_a_kernel_has_the_packages_and_stand_ins_of_the_graders_worker(tmp_path):
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", KERNEL], capture_output=True, text=True, check=True, cwd=ROOT,
                         env={"IPYTHONDIR": str(tmp_path), "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
    assert run.stdout.splitlines()[-1] == "[3, 4] True numpy"
    said = [line for line in run.stderr.splitlines() if line.startswith("line 2: `import nltk, pandas as pd` did not work")]
    assert len(said) == 2 and "there is no nltk; there are numpy" in said[0] and "there is no pandas" in said[1]
    assert "ModuleNotFoundError" in run.stdout and "`import nltk, pandas as pd` did not work" in run.stdout


# --- whole courses ----------------------------------------------------------------------------------------------------

def nbgrader(course, *arguments, check=True):
    """Run one of nbgrader's commands in a course folder."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=course, env=environment, capture_output=True,
                         text=True, timeout=900)
    assert not check or run.returncode == 0, run.stdout + run.stderr
    return run


def as_submitted(unit, sample, released):
    """What a student who writes a sample's answers hands in under nbgrader: the released notebook with these answers."""
    try:
        ours = nbformat.read(sample, 4)
    except Exception:
        return sample.read_text()
    notebook = nbformat.reads(released.read_text(), 4)
    answers, extra, question = {}, {}, None
    for cell in ours.cells:
        mark = cell.metadata.get("llmcourse", {})
        question = mark.get("question", question)
        if mark.get("role") == "answer":
            answers.setdefault(mark["question"], []).append(cell.source)
        elif cell.id == "scratch":
            extra.setdefault(question, []).append(cell.source)
    out = []
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        name, _, rest = grade_id.partition("_")
        if rest.startswith("answer") and answers.get(name):
            cell.source = answers[name].pop(0)
        last = out[-1].metadata.get("nbgrader", {}).get("grade_id", "") if out else ""
        if "_test_" in last and "_test_" not in grade_id:
            out += [nbformat.v4.new_code_cell(s) for s in extra.pop(last.split("_")[0], [])]
        out.append(cell)
    for sources in extra.values():
        out += [nbformat.v4.new_code_cell(s) for s in sources]
    notebook.cells = out
    return nbformat.writes(notebook)


def grade_course(unit, course):
    """A course with one student for every sample, through nbgrader's three commands; returns the samples by student."""
    write_course(master(unit), course)
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text().replace("timeout = 30", "timeout = 6"))  # an endless cell costs its whole limit
    nbgrader(course, "generate_assignment", unit)
    released = course / "release" / unit / f"{unit}.ipynb"
    students = {}
    for sample in sorted(SUBMISSIONS.glob(f"{unit}_*")):
        student = sample.stem.removeprefix(f"{unit}_").replace("_", "-")
        folder = course / "submitted" / student / unit
        folder.mkdir(parents=True)
        (folder / f"{unit}.ipynb").write_text(as_submitted(unit, sample, released))
        students[student] = sample
    nbgrader(course, "autograde", unit, check=False)  # exits with 1: one submission is not JSON
    nbgrader(course, "generate_feedback", unit)
    return students


@pytest.fixture(scope="module", params=[pytest.param(u, marks=pytest.mark.xdist_group(f"nbgrader {u}")) for u in UNITS])
def graded_course(request, tmp_path_factory):
    course = tmp_path_factory.mktemp(request.param)
    return request.param, course, grade_course(request.param, course)


def test_scores_are_ours_on_all_samples(graded_course):
    from nbgrader.api import Gradebook, MissingEntry

    unit, course, students = graded_course
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for student, sample in students.items():
            ours = samples.report(sample)
            expected = samples.by_question(ours)
            try:
                notebook = gradebook.find_submission_notebook(unit, unit, student)
            except MissingEntry:
                assert student == "not-json", student
                assert ours.score == 0
                continue
            theirs = dict.fromkeys(expected, 0.0)
            for g in notebook.grades:
                if "_test_" in g.name:
                    theirs[g.name.split("_")[0]] += g.auto_score or 0
            assert theirs == pytest.approx(expected), student


def test_release_holds_no_solution_and_no_hidden_test(graded_course):
    unit, course, _ = graded_course
    text = (course / "release" / unit / f"{unit}.ipynb").read_text()
    assert "BEGIN" not in text and "HIDDEN" not in text
    for body in hidden_bodies(unit):
        assert json.dumps(body, ensure_ascii=False)[1:-1] not in text


def test_feedback_shows_hints_and_nothing_hidden(graded_course):
    unit, course, students = graded_course
    pages = {student: (course / "feedback" / student / unit / f"{unit}.html") for student in students}
    assert all(page.exists() for student, page in pages.items() if student != "not-json")
    from html import unescape
    for student, page in pages.items():
        if student == "not-json":
            continue
        text = unescape(re.sub(r"<[^>]+>", "", page.read_text()))
        squeezed = "".join(text.split())
        for body in hidden_bodies(unit):
            assert "".join(body.split()) not in squeezed, student
        for question in master(unit).questions:
            for test in question.tests:
                if test.hidden:
                    assert f"Hidden test: {test.name}" in " ".join(text.split())
    assert "Hint: " in unescape(pages["misconceptions"].read_text())


def hidden_bodies(unit):
    """Bodies of the hidden tests, without the imports that public tests share with them."""
    bodies = []
    for question in master(unit).questions:
        for test in question.tests:
            if test.hidden:
                function = ast.parse(test.source).body[0]
                first = next(n for n in function.body if not isinstance(n, ast.Import | ast.ImportFrom))
                bodies.append("\n".join(test.source.splitlines()[first.lineno - 1:]))
    return bodies
