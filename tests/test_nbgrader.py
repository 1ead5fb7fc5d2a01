"""The nbgrader course: its three commands accept it, its scores are ours, its feedback hides what is hidden."""

import ast
import copy
import json
import os
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import samples
from units import ROOT, SUBMISSIONS, UNITS, master

from autograder.checks import expect
from autograder.nbgrader.export import HIDDEN, write_course
from autograder.nbgrader.testcell import run_test

pytest.importorskip("nbgrader", reason="nbgrader is not installed")

from autograder.nbgrader.restore import NOT_FOUND, Known, choose_notebook, restored

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


# --- a student's cells as the released notebook's ---------------------------------------------------------------------

RELEASED = {known.name: known for known in [
    Known("q1_answer_1", "code", "def f():\n    ...", "a", False, True, None),
    Known("q1_test_1", "code", "# public\nassert f()", "b", True, False, 1.0),
    Known("q1_test_2", "code", "# hidden\nassert f() == 2", "c", True, False, 2.0),
    Known("q2_answer_5", "code", "g = ...", "d", False, True, None),
    Known("q2_test_1", "code", "# public\nassert g", "e", True, False, 1.0),
    Known("q3_answer_9", "markdown", "_Type your answer here._", "f", False, True, 4.0)]}
WHOLE = ["import math", "q1_answer_1", "q1_test_1", "q1_test_2", "text", "q2_answer_5", "q2_test_1", "q3_answer_9"]


def student_cells(*names, **sources):
    """Cells of the released notebook with their metadata, code for other names; ``name=source`` for what was written."""
    cells = []
    for name in names:
        known = RELEASED.get(name)
        cell = known.cell(sources.get(name, known.source)) if known else nbformat.v4.new_code_cell(name)
        cells.append(cell)
    return cells


def order(cells):
    return [cell.metadata.get("nbgrader", {}).get("grade_id", cell.source) for cell in cells]


def test_a_released_notebook_stays_as_it_is():
    cells, notes = restored(student_cells(*WHOLE), RELEASED)
    assert (order(cells), notes) == (WHOLE, [])


@pytest.mark.parametrize(("handed_in", "graded"), [
    (["q1_answer_1", "q2_answer_5", "q3_answer_9"], [*WHOLE[1:4], *WHOLE[5:]]),
    (["q1_answer_1", "q1_test_2", *WHOLE[4:]], WHOLE[1:]),  # a public test deleted
    ([*WHOLE, "q1_test_1"], WHOLE),  # and copied
    ([*WHOLE, "q1_test_1", "q1_test_2"], WHOLE),
    (["q1_test_2", "q1_test_1", *WHOLE], WHOLE),
    (["q1_test_1", "q1_answer_1", "x = 1", "q1_test_2", *WHOLE[4:]], ["q1_answer_1", "x = 1", *WHOLE[2:]]),
    (["q1_answer_1", "q1_test_1", "x = 1", "q1_test_2", *WHOLE[4:]], [*WHOLE[1:4], "x = 1", *WHOLE[4:]]),  # the first's place
    (["q1_test_1", "q1_test_2", "q1_answer_1", *WHOLE[4:]], WHOLE[1:]),  # an answer moved below its tests
    ([*WHOLE[:1], *WHOLE[2:], "q1_answer_1"], ["import math", "text", *WHOLE[5:], "q1_answer_1", "q1_test_1", "q1_test_2"]),
    (["import math", "x = 1"], ["import math", "x = 1", "q3_answer_9", "q1_test_1", "q1_test_2", "q2_test_1"]),
])
def test_tests_that_were_deleted_copied_or_overtaken(handed_in, graded):
    cells, _ = restored(student_cells(*handed_in, q1_answer_1="def f():\n    return 2"), RELEASED)
    tests = [name for name in order(cells) if "_test_" in name]
    assert sorted(tests) == ["q1_test_1", "q1_test_2", "q2_test_1"]
    assert order(cells) == graded
    for cell in cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        assert "_test_" not in name or cell.source == RELEASED[name].source


def test_of_a_copied_answer_the_last_in_which_something_is_answered_counts():
    first, blank = (RELEASED["q1_answer_1"].cell(source) for source in ("def f():\n    return 1", None))
    for copies, best in (([first, blank], first), ([blank, first], first), ([first, first], first)):
        copies = [nbformat.from_dict(dict(cell)) for cell in copies]
        cells, notes = restored([*copies, *student_cells("q1_test_1", "q1_test_2")], RELEASED)
        [kept] = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "q1_answer_1"]
        assert kept.source == best.source and "a copied cell, or one of another notebook, was not graded" in notes
        assert cells[cells.index(kept) + 1].metadata.nbgrader.grade_id == "q1_test_1"


def test_metadata_as_nbgrader_writes_it():
    assert RELEASED["q1_test_2"].metadata() == {
        "schema_version": 3, "grade_id": "q1_test_2", "grade": True, "solution": False, "locked": True, "task": False,
        "checksum": "c", "cell_type": "code", "points": 2.0}  # fmt: skip
    assert RELEASED["q1_answer_1"].metadata() == {
        "schema_version": 3, "grade_id": "q1_answer_1", "grade": False, "solution": True, "locked": False, "task": False,
        "checksum": "a", "cell_type": "code"}  # fmt: skip


@pytest.mark.parametrize("mark", [None, {}, {"grade_id": 3}, {"grade_id": "q9_test_1"}, {"grade": True, "points": 9}, "x"])
def test_damaged_metadata_is_written_anew(mark):
    cells = student_cells(*WHOLE)
    cells[4].metadata["nbgrader"] = mark
    cells[5].metadata.nbgrader.update(points=100, locked=True, schema_version=1)
    made, _ = restored(cells, RELEASED)
    assert order(made) == WHOLE and "nbgrader" not in made[4].metadata
    assert made[5].metadata.nbgrader == RELEASED["q2_answer_5"].metadata()


def test_an_ordinary_student_notebook_gets_the_tests_at_its_checks():
    ours = [("def f():\n    return 2", "q1", "answer"), ('grader.check("q1")', "q1", "check"), ("x = 1", None, None),
            ("g = 1", "q2", "answer"), ('grader.check("q2")  # again', "q2", "check")]
    cells = [nbformat.v4.new_code_cell(source, metadata={"llmcourse": {"question": q, "role": role}} if q else {})
             for source, q, role in ours]
    cells.append(nbformat.v4.new_markdown_cell("because", metadata={"llmcourse": {"question": "q3", "role": "answer"}}))
    made, notes = restored(cells, RELEASED)
    assert order(made) == ["q1_answer_1", "q1_test_1", "q1_test_2", "x = 1", "q2_answer_5", "q2_test_1", "q3_answer_9"]
    assert made[-1].source == "because" and made[-1].metadata.nbgrader.points == 4
    assert notes == ["what was missing (test cells, or the cell of a written answer) was added"]
    unmarked = [nbformat.v4.new_code_cell(source) for source, _, _ in ours]
    made, _ = restored(unmarked, RELEASED)
    assert order(made)[:-1] == [ours[0][0], "q1_test_1", "q1_test_2", "x = 1", "g = 1", "q2_test_1"]
    assert made[-1].source == NOT_FOUND  # a person is asked to look for it


SPLIT = {known.name: known for known in [
    Known("q1_answer_1", "code", "def f():\n    ...", "a", False, True, None),
    Known("q1_answer_2", "code", "def g():\n    ...", "b", False, True, None),
    Known("q1_test_2", "code", "assert f()", "c", True, False, 1.0),
    Known("q1_test_10", "code", "assert g()", "d", True, False, 1.0)]}


def ordinary(*answers, mark=("q1", "answer")):
    """Cells of an ordinary student notebook."""
    return [nbformat.v4.new_code_cell(source, metadata={"llmcourse": dict(zip(("question", "role"), mark, strict=True))})
            for source in answers]


@pytest.mark.parametrize(("answers", "named"), [
    (["def f(): return 1", "def g(): return 2"], ["q1_answer_1", "q1_answer_2"]),
    (["def f(): return 1", "def g():\n    ..."], ["q1_answer_1", "q1_answer_2"]),  # as many as there are: the blank one too
    (["def f():\n    ...", "def g(): return 2"], ["q1_answer_1", "q1_answer_2"]),
    (["def f(): return 1"], ["q1_answer_1"]),
    (["def f(): return 1", "def g():\n    ...", "def g(): return 2"], ["q1_answer_1", None, "q1_answer_2"]),
    (["x = 0", "def f(): return 1", "def g(): return 2"], [None, "q1_answer_1", "q1_answer_2"]),  # the last ones
    (["def f():\n    ...", "def g():\n    ...", "def f():\n    ..."], [None, "q1_answer_1", "q1_answer_2"]),
])
def test_the_answers_of_an_ordinary_notebook_take_the_places_that_are_free(answers, named):
    made, _ = restored(ordinary(*answers), SPLIT)
    got = {cell.source: cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made}
    assert [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made if cell.source in answers] == named, got
    assert [cell.source for cell in made if cell.metadata.get("nbgrader", {}).get("locked")] == ["assert f()", "assert g()"]
    assert order(made)[-2:] == ["q1_test_2", "q1_test_10"]  # 10 after 2: by number


def test_an_answer_that_nbgrader_knows_leaves_its_place_to_nobody():
    released = SPLIT["q1_answer_1"].cell("def f(): return 7")
    made, _ = restored([*ordinary("def f(): return 1"), released, *ordinary("x = 1", mark=("q2", "answer")),
                        *ordinary("z = 1", mark=("q1", "scratch"))], SPLIT)
    assert [(cell.source, cell.metadata.get("nbgrader", {}).get("grade_id")) for cell in made[:4]] == [
        ("def f(): return 1", "q1_answer_2"), ("def f(): return 7", "q1_answer_1"), ("assert f()", "q1_test_2"),
        ("assert g()", "q1_test_10")]


def test_of_two_copies_in_which_something_is_answered_the_last_one_counts():
    copies = [RELEASED["q1_answer_1"].cell(f"def f():\n    return {n}") for n in (1, 2)]
    cells, notes = restored([copies[0], *student_cells("q1_test_1"), copies[1], *student_cells("q1_test_2")], RELEASED)
    assert [c.source for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == "q1_answer_1"] == [
        "def f():\n    return 2"]
    assert order(cells)[:4] == ["def f():\n    return 1", "q1_answer_1", "q1_test_1", "q1_test_2"]
    assert notes == ["a copied cell, or one of another notebook, was not graded",
                     "what was missing (test cells, or the cell of a written answer) was added"]


@pytest.mark.parametrize(("source", "is_check"), [
    ('grader.check("q1")', True), ('# look\n\n  grader.check("q1")  ', True), ('grader.check("q2")\ngrader.check("q1")', True),
    ('grader.check("q1")\ngrader.check("q2")', False), ('grader.check("q1")\nx = 1', False), ("# a remark", False),
    ('x = 1\ngrader.check("q1")', False), ('grader.check("q9")', False)])
def test_what_is_a_check_and_where_the_tests_go_for_it(source, is_check):
    """A check stands where its tests will, and is gone; of several the last one counts. Anything else stays, code and all."""
    cells = [*student_cells("q1_answer_1"), nbformat.v4.new_code_cell("y = 1"), nbformat.v4.new_code_cell(source)]
    made, _ = restored(cells, {name: RELEASED[name] for name in ("q1_answer_1", "q1_test_1", "q2_answer_5")})
    if is_check:
        assert order(made) == ["q1_answer_1", "y = 1", "q1_test_1"]
    elif source.endswith('("q2")'):
        assert order(made) == ["q1_answer_1", "q1_test_1", "y = 1"]
    else:
        assert order(made) == ["q1_answer_1", "q1_test_1", "y = 1", source]
    text = nbformat.v4.new_markdown_cell('grader.check("q1")')
    made, _ = restored([*student_cells("q1_answer_1"), text], {"q1_answer_1": RELEASED["q1_answer_1"]})
    assert made[-1] is text  # no code, no check


def test_only_the_first_check_after_an_answer_is_the_place_of_its_tests():
    check = 'grader.check("q1")'
    cells = [*student_cells("q1_answer_1"), *map(nbformat.v4.new_code_cell, ("a = 1", check, "b = 1", check))]
    assert order(restored(cells, RELEASED)[0])[:5] == ["q1_answer_1", "a = 1", "q1_test_1", "q1_test_2", "b = 1"]


def test_a_copied_skeleton_or_test_is_left_out_and_a_copied_answer_stays():
    copied = RELEASED["q1_answer_1"].cell("def f():\n    return 1")
    cells, notes = restored([copied, *student_cells("q1_test_1", "q1_test_2", "q1_answer_1", "q1_test_1")], RELEASED)
    assert order(cells)[:3] == ["q1_answer_1", "q1_test_1", "q1_test_2"] and cells[0].source == copied.source
    assert [cell.source for cell in cells].count("def f():\n    ...") == 0 and len(notes) == 2
    whole, notes = restored(student_cells(*WHOLE, "q2_answer_5"), RELEASED)
    assert order(whole) == [*WHOLE[:5], "q3_answer_9", "q2_answer_5", "q2_test_1"]
    assert notes == ["a copied cell, or one of another notebook, was not graded"]


def test_words_for_students_and_names_of_other_cells():
    assert NOT_FOUND.startswith("The cell of this written answer was not found. ")
    assert NOT_FOUND.endswith(" may stand in another text cell of this notebook.")
    assert [RELEASED[name].question for name in WHOLE if name in RELEASED] == ["q1", "q1", "q1", "q2", "q2", "q3"]
    odd = Known("q1_answers_1", "code", "", "a", False, True, None)
    assert odd.question == "q1_answers_1" and Known("q1_test_1x", "code", "", "a", True, False, 1.0).question == "q1_test_1x"
    assert RELEASED["q3_answer_9"].cell().cell_type == "markdown" and RELEASED["q1_test_1"].cell().cell_type == "code"
    assert RELEASED["q1_test_1"].cell("").source == "" and RELEASED["q1_test_1"].cell().source == "# public\nassert f()"
    with pytest.raises(FrozenInstanceError):
        odd.name = "q1_answer_1"


def test_the_first_step_of_autograde_reads_the_gradebook(monkeypatch):
    """nbgrader's gradebook, as its own step ``OverwriteCells`` reads it: points of what is graded, and what is a solution."""
    from autograder.nbgrader import restore

    asked = []

    class Book:
        def __init__(self, url):
            asked.append(url)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            asked.append("closed")

        def find_notebook(self, name, assignment):
            asked.append((name, assignment))
            source = [SimpleNamespace(name=k.name, cell_type=k.cell_type, source=k.source, checksum=k.checksum, locked=k.locked)
                      for k in RELEASED.values()]
            return SimpleNamespace(
                grade_cells=[SimpleNamespace(name=k.name, max_score=k.points) for k in RELEASED.values() if k.points],
                solution_cells=[SimpleNamespace(name=k.name) for k in RELEASED.values() if k.solution], source_cells=source)

    monkeypatch.setattr(restore, "Gradebook", Book)
    about = {"nbgrader": {"db_url": "sqlite://", "notebook": "n", "assignment": "a"}}
    whole = nbformat.v4.new_notebook(cells=student_cells(*WHOLE))
    made, resources = restore.Restore().preprocess(whole, about)
    assert order(made.cells) == WHOLE and resources is about and asked == ["sqlite://", ("n", "a"), "closed"]
    assert [c.metadata.nbgrader for c in made.cells if "nbgrader" in c.metadata] == [k.metadata() for k in RELEASED.values()]
    short, _ = restore.Restore().preprocess(nbformat.v4.new_notebook(cells=student_cells(*WHOLE[:-1])), about)
    assert short.cells[0].cell_type == "markdown" and order(short.cells)[1:] == WHOLE
    assert short.cells[0].source == ("This notebook was graded in the form in which it was released: what was missing (test "
                                     "cells, or the cell of a written answer) was added.")


def test_an_instructor_reads_which_file_was_chosen_and_what_was_odd(tmp_path, capsys):
    for name, source in {"mini.ipynb": "def f():\n    ...", "mini-Copy1.ipynb": "def f(): return 2"}.items():
        (tmp_path / name).write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])))
    found = sorted(map(str, tmp_path.glob("*.ipynb")))
    choose_notebook("mini", "*", found)
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"{tmp_path}: mini-Copy1.ipynb is graded as mini.ipynb"
    assert told[1].startswith(f"{tmp_path}: 2 notebooks were handed in") and len(told) == 2
    assert found == [str(tmp_path / "mini.ipynb")]


@pytest.mark.parametrize("files", [
    {"mini (1).ipynb": "def f(): return 2"}, {"mini.ipynb": "def f():\n    ...", "mini-Copy1.ipynb": "def f(): return 2"},
    {"mini.ipynb": "def f(): return 2", "mini-Copy1.ipynb": "def f():\n    ..."},
])
def test_the_notebook_under_another_name_is_chosen(files, tmp_path, capsys):
    for name, source in files.items():
        (tmp_path / name).write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])))
    for _ in range(2):  # the second time, nothing is left to do
        found = sorted(str(path) for path in tmp_path.glob("*.ipynb"))
        choose_notebook("mini", "*", found)
        assert found == [str(tmp_path / "mini.ipynb")]
        assert nbformat.read(found[0], 4).cells[0].source == "def f(): return 2"
    assert "def f():\n    ..." in "".join(files.values()) or "is graded as mini.ipynb" in capsys.readouterr().err
    assert ("mini as handed in.ipynb.txt" in os.listdir(tmp_path)) == ("..." in files.get("mini.ipynb", ""))


def test_a_notebook_that_nbgrader_cannot_read_is_written_anew_and_one_that_nobody_can_is_left(tmp_path, capsys):
    path = tmp_path / "mini.ipynb"
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("mot = 'été'")]))
    path.write_bytes(text.encode("utf-16"))
    choose_notebook("mini", "*", [str(path)])
    assert nbformat.read(path, 4).cells[0].source == "mot = 'été'"
    assert (tmp_path / "mini as handed in.ipynb.txt").read_text("utf-16") == text
    path.write_text("my homework")
    (tmp_path / "mini as handed in.ipynb.txt").unlink()
    capsys.readouterr()
    choose_notebook("mini", "*", [str(path)])
    assert path.read_text() == "my homework" and "does not hold JSON" in capsys.readouterr().err


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


def changed_by_students(unit, released):
    """A solved notebook in forms that nbgrader by itself gives no point for: student and file name -> text."""
    full = SUBMISSIONS / f"{unit}_full.ipynb"
    notebook = nbformat.reads(as_submitted(unit, full, released), 4)
    tests = [i for i, cell in enumerate(notebook.cells) if "_test_" in cell.metadata.get("nbgrader", {}).get("grade_id", "")]
    notebook.cells += copy.deepcopy([notebook.cells[i] for i in tests[2:4]])
    notebook.cells.insert(1, copy.deepcopy(notebook.cells[tests[1]]))
    del notebook.cells[tests[0] + 1]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return {("an-ordinary-notebook", f"{unit} (1).ipynb"): full.read_text(),
            ("changed-cells", f"{unit}.ipynb"): nbformat.writes(notebook)}


def grade_course(unit, course):
    """A course with one student for every sample, through nbgrader's three commands; returns the samples by student.

    The course of the first unit has two more students, whose notebooks are the solved one in other forms.
    """
    write_course(master(unit), course)
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text().replace("timeout = 30", "timeout = 10"))  # an endless cell costs its whole limit
    nbgrader(course, "generate_assignment", unit)
    released = course / "release" / unit / f"{unit}.ipynb"
    students = {}
    for sample in sorted(SUBMISSIONS.glob(f"{unit}_*")):
        student = sample.stem.removeprefix(f"{unit}_").replace("_", "-")
        folder = course / "submitted" / student / unit
        folder.mkdir(parents=True)
        (folder / f"{unit}.ipynb").write_text(as_submitted(unit, sample, released))
        students[student] = sample
    if unit == UNITS[0]:
        for (student, name), text in changed_by_students(unit, released).items():
            folder = course / "submitted" / student / unit
            folder.mkdir(parents=True)
            (folder / name).write_text(text)
            students[student] = SUBMISSIONS / f"{unit}_full.ipynb"
    nbgrader(course, "autograde", unit, check=False)  # exits with 1: one submission is not JSON
    nbgrader(course, "generate_feedback", unit)
    return students


@pytest.fixture(scope="module", params=[pytest.param(u, marks=pytest.mark.xdist_group(f"nbgrader {u}")) for u in UNITS])
def graded_course(request, tmp_path_factory):
    course = tmp_path_factory.mktemp(request.param)
    return request.param, course, grade_course(request.param, course)


def test_one_process_has_all_tests_of_a_course(graded_course, request):
    """pytest-xdist marks a group in the test's id; where it cannot (with pytest 9.2), each test grades the course anew."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("these tests run in one process")
    assert request.node.nodeid.endswith(f"@nbgrader {graded_course[0]}")


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
