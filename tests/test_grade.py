"""Grading of whole submissions: every sample, the state per question, and notebooks that were taken apart."""

import copy
import json
import re
from pathlib import Path

import make_submissions
import pytest
import samples
from attacks.harness import remembered_probe
from units import SUBMISSIONS, master, mistakes, unit_of

from autograder import checks
from autograder.assignment import Assignment
from autograder.checks import expect
from autograder.grade import grade
from autograder.session import Limits
from autograder.testfile import read

SAMPLES = sorted(SUBMISSIONS.iterdir())

TESTS = {
    "q1": '''
OK_FORMAT = False
@test_case(name="doubles", points=1, hidden=False)
def test_double(double):
    from autograder.checks import expect
    expect(double, 4, want=8)
@test_case(name="doubles anything", points=2, hidden=True)
def test_random(double):
    from autograder.checks import expect, rng
    n = int(rng().integers(100, 10**6))
    expect(double, n, want=2 * n)
name = "q1"
''',
    "q2": '''
@test_case(name="halves", points=1, hidden=False, failure_message="Half of 8 is 4.")
def test_half(half):
    from autograder.checks import expect
    expect(half, 8, want=4.0)
name = "q2"
''',
}


@pytest.fixture(autouse=True)
def one_canary(monkeypatch):
    """It finds the same every time, and takes as long as grading does."""
    monkeypatch.setattr("autograder.grade.probe", remembered_probe)


@pytest.fixture
def assignment():
    return Assignment("mini", {q: read(source)[1] for q, source in TESTS.items()}, Limits(cell=1.0, call=1.0, total=20.0))


def notebook(*cells, **metadata):
    """A notebook file's content; a cell is its source, or (source, question, role)."""
    made = []
    for cell in cells:
        source, question, role = cell if isinstance(cell, tuple) else (cell, None, None)
        mark = {"llmcourse": {"question": question, "role": role}} if role else {}
        made.append({"cell_type": "code", "source": source, "metadata": mark, "outputs": [], "execution_count": None})
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def graded(assignment, tmp_path, content, seed=1):
    path = tmp_path / "submission.ipynb"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return grade(assignment, path, seed)


def passed(report):
    return [t.passed for t in report.tests]


DOUBLE = ("def double(n):\n    return 2 * n", "q1", "answer")
HALF = ("def half(n):\n    return n / 2", "q2", "answer")
CHECK1, CHECK2 = ("grader.check('q1')", "q1", "check"), ("grader.check('q2')", "q2", "check")


# --- the samples ------------------------------------------------------------------------------------------------------

def test_samples_are_made_from_the_masters(tmp_path):
    for path in make_submissions.make(tmp_path):
        kept = SUBMISSIONS / path.name
        assert kept.exists(), f"{path.name} is missing: run python tests/make_submissions.py"
        assert kept.read_text() == path.read_text(), f"{path.name} is stale: run python tests/make_submissions.py"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_every_sample_gets_valid_results(path):
    unit, results = unit_of(path), samples.results(path)
    kind = path.stem.removeprefix(unit + "_")
    full = sum(t["max_score"] for t in results["tests"])
    assert full == master(unit).points == results["extra_data"]["max_score"]
    assert results["score"] == pytest.approx(sum(t["score"] for t in results["tests"]))
    assert all(t["output"] for t in results["tests"])
    assert {t["visibility"] for t in results["tests"]} == {"visible", "after_published"}
    if kind in ("full", "reused_names", "endless_cell"):
        assert results["score"] == full
    elif kind in ("blank", "not_json"):
        assert results["score"] == 0
    else:
        assert 0 < results["score"] < full
    if kind == "blank":
        assert {t["output"] for t in results["tests"]} == {"Not answered yet."} or all(
            "Not answered yet" in t["output"] for t in results["tests"])
    if kind == "misconceptions":
        hints = {hint for m in mistakes(unit).values() for f in m for hint in [" ".join(f.__doc__.split())]}
        told = {line for t in results["tests"] for line in t["output"].splitlines()}
        assert len(hints & told) >= 3


# --- a function in another process --------------------------------------------------------------------------------

def test_full_marks_and_messages(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook(DOUBLE, CHECK1, ("def half(n):\n    return n // 3", "q2", "answer"), CHECK2))
    assert passed(report) == [True, True, False] and report.score == 3
    assert report.tests[2].message.startswith("Half of 8 is 4.\nhalf(8): expected 4, got 2")


def test_hidden_tests_say_nothing_of_their_inputs(assignment, tmp_path):
    wrong = ("def double(n):\n    return {4: 8}.get(n, f'seen {n}')", "q1", "answer")
    report = graded(assignment, tmp_path, notebook(wrong))
    assert passed(report)[:2] == [True, False]
    assert report.tests[1].message == checks.KINDS["type"]


def test_a_hidden_test_says_its_own_words_and_a_recognised_mistake_says_its_hint(assignment, tmp_path):
    """failure_message is the author's, so it may be shown; where a mistake is recognised, its hint says more."""
    hidden = assignment.questions["q1"][1]
    hidden.failure_message = "What becomes of large numbers?"
    wrong = ("def double(n):\n    return {4: 8}.get(n, f'seen {n}')", "q1", "answer")
    message = graded(assignment, tmp_path, notebook(wrong)).tests[1].message
    assert message.splitlines()[0] == "What becomes of large numbers?" and "seen" not in message
    hidden.function = lambda double: expect(double, 1000, want=2000, mistakes=[squares])
    report = graded(assignment, tmp_path, notebook(("def double(n):\n    return 8 if n == 4 else n * n", "q1", "answer")))
    assert (report.tests[1].message, report.tests[1].hint) == ("You squared.", "You squared.")
    blank = graded(assignment, tmp_path, notebook(("def double(n):\n    ...", "q1", "answer"))).tests[1]
    assert blank.blank and blank.message == "Not answered yet."


def squares(n):
    """You squared."""
    return n * n


def test_a_public_test_says_its_own_words_before_the_facts(assignment, tmp_path):
    public = assignment.questions["q1"][0]
    public.failure_message = "Twice four?"
    public.function = lambda double: expect(double, 4, want=8, mistakes=[squares])
    for answer, told in (("n + 1", ["Twice four?", "double(4): expected 8, got 5."]),
                         ("n * n", ["You squared.", "double(4): expected 8, got 16."])):
        report = graded(assignment, tmp_path, notebook((f"def double(n):\n    return {answer}", "q1", "answer")))
        assert report.tests[0].message.splitlines() == told


def test_an_answer_that_returns_none_is_told_from_a_skeleton(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook(("def double(n):\n    2 * n", "q1", "answer"),
                                                   ("def half(n):\n    ...", "q2", "answer")))
    assert report.tests[0].message.startswith("double(4): returned None. Does every path") and not report.tests[0].blank
    assert report.tests[2].blank and report.tests[2].message.endswith("Not answered yet: half returns nothing.")


def test_the_seed_repeats_a_run_and_fresh_runs_differ(assignment, tmp_path):
    spy = ("def double(n):\n    raise ValueError(n)", "q1", "answer")
    cases = assignment.questions["q1"]
    cases[1].hidden = False
    told = [graded(assignment, tmp_path, notebook(spy), seed).tests[1].message for seed in (7, 7, 8, None, None)]
    assert told[0] == told[1] != told[2] and told[3] != told[4]


# --- state per question -----------------------------------------------------------------------------------------------

def test_a_question_is_graded_right_after_its_own_cells(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook(
        "factor = 2", ("def double(n):\n    return factor * n", "q1", "answer"), CHECK1,
        "factor = 0.5\ndouble = 'used again'", ("def half(n):\n    return factor * n", "q2", "answer"), CHECK2, "half = None"))
    assert passed(report) == [True, True, True]


def test_helper_cells_that_a_student_adds_before_the_check_count(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook(
        ("def double(n):\n    return twice(n)", "q1", "answer"), "def twice(n):\n    return 2 * n", CHECK1, HALF, CHECK2))
    assert passed(report) == [True, True, True]


def test_deleted_cells_fall_back_to_the_end_and_say_so(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook("def double(n):\n    return 2 * n\ndef half(n):\n    return n / 2"))
    assert passed(report) == [True, True, True]
    assert any("cells of q1 are gone" in note for note in report.notes)


def test_an_answer_keeps_its_points_wherever_its_cells_went(assignment, tmp_path):
    skeleton, text = ("def double(n):\n    ...", "q1", "answer"), notebook(DOUBLE)["cells"][0] | {"cell_type": "markdown"}
    assert passed(graded(assignment, tmp_path, notebook(DOUBLE, CHECK1, HALF, CHECK2, skeleton))) == [True, True, True]
    converted = notebook(CHECK1, HALF, CHECK2)
    converted["cells"].insert(0, text)
    report = graded(assignment, tmp_path, converted)
    assert passed(report) == [True, True, True] and "The answer cell of q1 is a Markdown cell" in report.notes[1]
    moved = graded(assignment, tmp_path, notebook(skeleton, CHECK1, HALF, CHECK2, DOUBLE[0]))
    assert passed(moved) == [True, True, True] and "below its check" in moved.notes[1]


def test_a_written_answer_that_is_missing_is_told(assignment, tmp_path):
    assignment.written = ("q3",)
    report = graded(assignment, tmp_path, notebook(DOUBLE, CHECK1, HALF, CHECK2))
    assert report.score == 4 and report.notes[1].startswith("The answer cell of q3, a written question, is gone.")


def test_what_jupyter_shows_beside_a_cell_counts_checks_and_no_empty_cells(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook("factor = 2\nfactor", "  ", CHECK1, "3", (
        "def double(n):\n    return Out[1] * n + _3 - Out[3]", "q1", "answer"), HALF))
    assert passed(report) == [True, True, True]


def test_copied_and_reordered_cells(assignment, tmp_path):
    old = ("def double(n):\n    return n", "q1", "answer")
    assert passed(graded(assignment, tmp_path, notebook(HALF, CHECK2, old, CHECK1, DOUBLE, CHECK1))) == [True, True, True]
    assert passed(graded(assignment, tmp_path, notebook(CHECK1, CHECK2, HALF, DOUBLE))) == [True, True, True]


def test_a_test_cannot_leave_anything_for_the_next(assignment, tmp_path):
    counting = ("calls = []\ndef double(n):\n    calls.append(n)\n    return 2 * n if len(calls) == 1 else 0", "q1", "answer")
    assert passed(graded(assignment, tmp_path, notebook(counting)))[:2] == [True, True]


# --- code that goes wrong ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("bad", [
    "1 / 0", "raise SystemExit", "exit()", "import os\nos._exit(3)", "while True:\n    pass",
    "while True:\n    try:\n        pass\n    except:\n        pass", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "def broken(:\n    pass", "import sys\nsys.exit('bye')", "raise KeyboardInterrupt", "import os\nos.closerange(0, 200)",
    "import ctypes\nctypes.string_at(0)", "sum(range(10**12))", "print('x' * 10**8)",
])
def test_a_bad_cell_costs_only_itself(assignment, tmp_path, bad):
    report = graded(assignment, tmp_path, notebook(bad, DOUBLE, CHECK1, HALF, CHECK2))
    assert passed(report) == [True, True, True], report.notes
    quiet = bad.startswith("print")
    first = bad.splitlines()[0]
    assert any(note.startswith(f"The cell that begins with `{first}` stopped with ") for note in report.notes) != quiet


@pytest.mark.parametrize(("cell", "told"), [
    ("def double(n):\n    return (2 * n", "SyntaxError: '(' was never closed (line 2 of the cell); nothing of it was run."),
    ("def double(n):\n    x = 1\n  return x",
     "IndentationError: unindent does not match any outer indentation level (line 3 of the cell); nothing of it was run."),
    ("factor = undefined\ndef double(n):\n    return 2 * n",
     "NameError: name 'undefined' is not defined (line 1 of the cell); the lines after it were not run."),
])
def test_an_answer_that_is_missing_because_its_cell_stopped_says_so_and_names_the_question(assignment, tmp_path, cell, told):
    """Not "missing or still ...": the student has answered. Jupyter shows no numbers of cells, so none is told."""
    for mark in ((cell, "q1", "answer"), cell):
        report = graded(assignment, tmp_path, notebook(mark, CHECK1, HALF, CHECK2))
        name = "the cell of q1" if mark != cell else f"the cell that begins with `{cell.splitlines()[0]}`"
        assert passed(report) == [False, False, True] and not any(t.blank for t in report.tests)
        assert {t.message for t in report.tests[:2]} == {f"There is no answer to be tested, because {name} stopped with {told}"}
        assert f"T{name[1:]} stopped with {told}" in report.notes


def test_a_librarys_long_error_is_told_in_a_line_without_the_graders_folders(assignment, tmp_path):
    long = ("import numpy, os\nfolder = os.path.dirname(numpy.__file__)\n"
            "text = 'It failed.\\nSee ' + folder + '/core.py.\\n\\n' + 'more\\n' * 20\nraise ImportError(text)")
    report = graded(assignment, tmp_path, notebook(long, DOUBLE, ("def half(n):\n    raise ImportError(text)", "q2", "answer")))
    assert report.notes[1] == ("The cell that begins with `import numpy, os` stopped with ImportError: It failed. See "
                               "…/core.py. (line 4 of the cell); the lines after it were not run.")
    assert "It failed. See …/core.py. (line 2 of the cell)" in report.tests[2].message


def test_what_does_nothing_while_grading_is_told_in_one_note_with_its_cells(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook(
        "!pip install -q nltk\nname = input('Who? ')", DOUBLE, CHECK1,
        (HALF[0] + "\n!ls\nopen('a', 'w').write('x')", "q2", "answer"),
        "%%debug\n!ls\nx = 1\nimport nltk"))
    assert passed(report) == [True, True, True] and len(report.notes) == 3
    assert report.notes[1].startswith("In the cell that begins with `%%debug`, line 4: `import nltk` did not work (where")
    first = "the cell that begins with `!pip install -q nltk`"
    assert report.notes[2] == (
        "While grading there is no shell, no debugger, no disk and no screen, and nobody types. So this did nothing: "
        f"`!pip install -q nltk` in {first}; `input()` in {first}; `!ls` in the cell of q2 and in the cell that begins with "
        "`%%debug`; `open('a', 'w')` in the cell of q2; `%%debug` in the cell that begins with `%%debug`.")


@pytest.mark.parametrize("line", [
    "!pip install -q nltk", "%time 1\nprint('%d of %d'\n      % (1, 2))", "!pip install -q \\\n   nltk \\\n   x", "files = !ls",
    "import asyncio\nawait asyncio.sleep(0)", "input()", "import inspect\ndef f(): pass\ninspect.getsource(f)",
    "from IPython.display import display, Markdown\ndisplay(Markdown('x'))", "from google.colab import files",
    "import nltk, pandas as pd",
    "import ipywidgets as widgets\nwidgets.interact(print, x=3)", "from tqdm.notebook import tqdm\nlist(tqdm([1]))"])
def test_a_line_that_works_in_jupyter_does_not_cost_the_rest_of_its_cell(assignment, tmp_path, line):
    """The line stands first in the cell of all names that the answers need, as imports do."""
    report = graded(assignment, tmp_path, notebook(
        f"{line}\nTWO, WORDS = 2, '<bos> <eos>'  # right marks?",
        ("%%debug\ndef double(n):\n    return TWO * n", "q1", "answer"), CHECK1,
        ("def half(n):\n    return n / TWO", "q2", "answer"), CHECK2))
    assert passed(report) == [True, True, True], report.notes


@pytest.mark.parametrize(("body", "told"), [
    ("while True: pass", "no answer within 1 s"),
    ("while True:\n        try:\n            pass\n        except BaseException:\n            pass", "no answer within 1 s"),
    ("import os; os._exit(0)", "ended the Python process"),
    ("exit()", "SystemExit"),
    ("return double(n)", "RecursionError"),
    ("return (i for i in range(n))", "a generator"),
    ("return object()", "object"),
    ("import ctypes; ctypes.string_at(0)", "crashed"),
    ("return sum(range(10**12))", "no answer within 1 s"),
    ("import os; os.closerange(0, 100); return 8", "ended the Python process"),
])
def test_a_bad_function_costs_only_its_own_question(assignment, tmp_path, body, told):
    report = graded(assignment, tmp_path, notebook((f"def double(n):\n    {body}", "q1", "answer"), CHECK1, HALF, CHECK2))
    assert passed(report) == [False, False, True], report.tests
    assert told in report.tests[0].message


def test_the_total_time_is_bounded(assignment, tmp_path):
    """A cell may take ten minutes here, the whole submission three seconds: what is stopped is stopped by the latter."""
    assignment.limits = Limits(cell=600.0, call=600.0, total=3.0)
    report = graded(assignment, tmp_path, notebook("while True: pass", DOUBLE, HALF))
    stopped = next(note for note in report.notes if note.startswith("The cell that begins with `while True: pass` stopped"))
    assert "the time for the whole submission is over" in stopped or 0 < float(re.search(r"after ([0-9.]+) s", stopped)[1]) <= 3
    assert report.seconds < 300 and report.score <= report.max_score


# --- reading ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("content", "told"), [
    ("", "is empty"), ("hello", "does not hold JSON"), ("[]", "not a notebook"), ('{"cells": []}', "no code cells"),
    ('{"worksheets": []}', "old format"),
])
def test_unreadable_submissions_get_a_sentence(assignment, tmp_path, content, told):
    report = graded(assignment, tmp_path, content)
    assert report.score == 0 and told in report.notes[0] and len(report.tests) == 3


def test_another_assignments_notebook_is_refused(assignment, tmp_path):
    report = graded(assignment, tmp_path, notebook(DOUBLE, HALF, llmcourse={"assignment": "05_embeddings"}))
    assert report.score == 0 and "'05_embeddings'" in report.notes[0]


def test_the_reference_library_is_closed_while_grading(assignment, tmp_path):
    assignment.limits = Limits()  # importing matplotlib takes a while
    cheat = ("from llmcourse.ngrams import ngrams as double", "q1", "answer")
    report = graded(assignment, tmp_path, notebook(cheat, CHECK1, "from llmcourse import corpora, plots", HALF, CHECK2))
    assert passed(report) == [False, False, True]
    assert len(report.notes) == 2 and "`from llmcourse.ngrams import ngrams as double` did not work" in report.notes[1]
    assert "reference solutions" in report.notes[1] and "reference solutions" in report.tests[0].message


def test_a_folder_and_a_zip_are_submissions_too(assignment, tmp_path):
    import zipfile
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes.txt").write_text("hello")
    (folder / "mini.ipynb").write_text(json.dumps(notebook(DOUBLE, HALF)))
    assert grade(assignment, folder).score == 4
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(folder / "mini.ipynb", "deep/mini.ipynb")
    assert grade(assignment, tmp_path / "all.zip").score == 4


def test_grading_leaves_the_submission_alone(assignment, tmp_path):
    content = notebook(DOUBLE, CHECK1, HALF)
    before = copy.deepcopy(content)
    graded(assignment, tmp_path, content)
    assert json.loads((tmp_path / "submission.ipynb").read_text()) == before
    assert sorted(p.name for p in Path(tmp_path).iterdir()) == ["submission.ipynb"]
