"""Masters: what a student gets of a cell, what is refused, and the same reading as stock Otter Assign's."""

import ast
import json
import shutil
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest
import units

from autograder import testfile
from autograder.master import LEFTOVER, Master, MasterError, read_master
from autograder.notebook import student_notebook

HEAD = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""


def raw(*lines: str) -> str:
    return "# %% [raw]\n" + "".join(f"# {line}\n" for line in lines)


def markdown(*lines: str) -> str:
    return "# %% [markdown]\n" + "".join(f"# {line}\n" for line in lines)


def code(source: str) -> str:
    return f"# %%\n{source.strip()}\n"


def marker(words: str, *config: str) -> str:
    return raw(f"# {words}", *config)


def test_cell(config: str = "name: by hand\npoints: 1", source: str = "def test_f(f):\n    assert f(1) == 2\ntest_f(f)") -> str:
    return code(f'""" # BEGIN TEST CONFIG\n{config}\n""" # END TEST CONFIG\n{source}')


test_cell.__test__ = False
CONFIG = marker("ASSIGNMENT CONFIG", "name: 09_mini", "config_file: assign.yml")
TITLE = markdown("# Unit 09: mini")
Q1 = marker("BEGIN QUESTION", "name: q1", "points: 1")
SOLUTION, END_SOLUTION = marker("BEGIN SOLUTION NO PROMPT"), marker("END SOLUTION")
TESTS, END_TESTS, END_Q = marker("BEGIN TESTS"), marker("END TESTS"), marker("END QUESTION")
F = code("def f(x):\n    # BEGIN SOLUTION\n    return x + 1\n    # END SOLUTION")
TEST = test_cell()
GOOD = [CONFIG, TITLE, Q1, markdown("**Question 1**"), SOLUTION, F, END_SOLUTION, TESTS, TEST, END_TESTS, END_Q]


@pytest.fixture
def read(tmp_path):
    def build(*cells: str, name: str = "09_mini") -> Master:
        path = tmp_path / f"{name}.py"
        path.write_text(HEAD + "".join(cells), encoding="utf-8")
        return read_master(path)
    return build


def changed(old: str, *new: str) -> list[str]:
    """The good master with one of its cells replaced."""
    at = GOOD.index(old)
    return [*GOOD[:at], *new, *GOOD[at + 1:]]


# --- what a master holds ----------------------------------------------------------------------------------------------

def test_a_small_master(read):
    master = read(*GOOD)
    assert (master.name, master.title, master.points) == ("09_mini", "Unit 09: mini", 1)
    assert [(c.kind, c.question, c.answer) for c in master.cells] == [
        ("markdown", None, False), ("markdown", "q1", False), ("code", "q1", True)]
    question, = master.questions
    test, = question.tests
    assert (question.name, question.points, question.manual) == ("q1", 1, False)
    assert (test.name, test.points, test.hidden, test.failure_message) == ("by hand", 1, False, None)
    assert (test.function_name, test.parameters) == ("test_f", ["f"])
    assert test.source == "def test_f(f):\n    assert f(1) == 2"


def test_the_options_of_a_test(read):
    cells = changed(TEST, TEST, test_cell("name: '2'\npoints: 0.5\nhidden: true\nfailure_message: 'What: how?'",
                                          "def test_g(f, g):\n    assert g\ntest_g(f, g)"))
    cells[2] = marker("BEGIN QUESTION", "name: q1", "points: 1.5")
    test = read(*cells).questions[0].tests[1]
    assert (test.name, test.points, test.hidden, test.failure_message) == ("2", 0.5, True, "What: how?")
    assert test.parameters == ["f", "g"]


def test_a_question_read_by_a_person(read):
    manual = [marker("BEGIN QUESTION", "name: q2", "points: 3", "manual: true"), markdown("**Question 2**"),
              marker("BEGIN SOLUTION"), markdown("The answer is known."), END_SOLUTION, END_Q]
    master = read(*GOOD, *manual)
    assert master.points == 1 and master.questions[1].manual
    answer = master.cells[-1]
    assert (answer.solution, answer.student, answer.answer) == ("The answer is known.", "_Type your answer here._", True)


# --- solutions are taken out ------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("source", "solved", "student"), [
    ("x = 5  # SOLUTION", "x = 5", "x = ..."),
    ("x = 5 # SOLUTION", "x = 5", "x = ..."),
    ("x = 5  # solution", "x = 5", "x = ..."),
    ("a = b = f(c=1)  # SOLUTION", "a = b = f(c=1)", "a = b = ..."),
    ("a, *b = 1, 2  # SOLUTION", "a, *b = 1, 2", "a, *b = ..."),
    ("x: int = 5  # SOLUTION", "x: int = 5", "x: int = ..."),
    ("é['=='] = '='  # SOLUTION", "é['=='] = '='", "é['=='] = ..."),
    ("self.n[i == 1] = (2)  # SOLUTION", "self.n[i == 1] = (2)", "self.n[i == 1] = ..."),
    ("x == 5  # SOLUTION", "x == 5", "..."),
    ("x += 5  # SOLUTION", "x += 5", "..."),
    ("x: int  # SOLUTION", "x: int", "..."),
    ("f(x=5)  # SOLUTION", "f(x=5)", "..."),
    ("def g(x):\n    return x  # SOLUTION", "def g(x):\n    return x", "def g(x):\n    ..."),
    ("y = 1\nx = 5  # SOLUTION NO PROMPT", "y = 1\nx = 5", "y = 1"),
    ("def g(x):\n    # BEGIN SOLUTION\n    if x:\n        return 1\n\n    return 2\n    # END SOLUTION\nz = 1",
     "def g(x):\n    if x:\n        return 1\n\n    return 2\nz = 1", "def g(x):\n    ...\nz = 1"),
    ("# BEGIN SOLUTION NO PROMPT\nx = 5\n# END SOLUTION\ny = 1", "x = 5\ny = 1", "y = 1"),
    ("@cache\ndef g(x):\n    '''Doc: x = 5.'''\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION",
     "@cache\ndef g(x):\n    '''Doc: x = 5.'''\n    return 1", "@cache\ndef g(x):\n    '''Doc: x = 5.'''\n    ..."),
    ("def g(x):\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n\ndef h(x):\n    # BEGIN SOLUTION\n    return 2\n"
     "    # END SOLUTION", "def g(x):\n    return 1\n\ndef h(x):\n    return 2", "def g(x):\n    ...\n\ndef h(x):\n    ..."),
])
def test_solutions_are_taken_out(read, source, solved, student):
    cell = read(*changed(F, code(source))).cells[-1]
    assert (cell.solution, cell.student) == (solved, student)


def test_a_cell_without_markers_inside_a_solution_is_the_solutions_alone(read):
    master = read(*changed(F, code("helper = 1"), F))
    assert [c.student for c in master.cells[-2:]] == [None, "def f(x):\n    ..."]
    assert "helper" not in "".join(c.source for c in student_notebook(master).cells)


# --- what is refused --------------------------------------------------------------------------------------------------

Q2_WITHOUT_TESTS = [marker("BEGIN QUESTION", "name: q2", "points: 1"), SOLUTION, F, END_SOLUTION, END_Q]
WRONG = {
    "no config": (GOOD[1:], "no ASSIGNMENT CONFIG"),
    "another name": (changed(CONFIG, marker("ASSIGNMENT CONFIG", "name: 08_mini")), "expected the same name"),
    "no question": ([CONFIG, TITLE], "no question"),
    "config that is no YAML": (changed(Q1, marker("BEGIN QUESTION", "name: [q1")), "not YAML"),
    "config behind a second #": (changed(Q1, marker("BEGIN QUESTION", "# name: q1", "# points: 1")), "needs name"),
    "config that is a list": (changed(Q1, marker("BEGIN QUESTION", "- q1")), "key: value"),
    "question without a name": (changed(Q1, marker("BEGIN QUESTION", "points: 1")), "needs name"),
    "question named with a path": (changed(Q1, marker("BEGIN QUESTION", "name: ../q1", "points: 1")), "needs name"),
    "question named with a number": (changed(Q1, marker("BEGIN QUESTION", "name: 1", "points: 1")), "needs name"),
    "question without points": (changed(Q1, marker("BEGIN QUESTION", "name: q1")), "needs name"),
    "question worth less than nothing": (changed(Q1, marker("BEGIN QUESTION", "name: q1", "points: -1")), "needs name"),
    "question worth nan": (changed(Q1, marker("BEGIN QUESTION", "name: q1", "points: .nan")), "needs name"),
    "question worth true": (changed(Q1, marker("BEGIN QUESTION", "name: q1", "points: true")), "needs name"),
    "misspelt option": (changed(Q1, marker("BEGIN QUESTION", "name: q1", "points: 1", "manaul: true")), "needs name"),
    "the same question twice": ([*GOOD, *GOOD[2:]], "'q1' twice"),
    "question without tests": ([*GOOD, *Q2_WITHOUT_TESTS], "q2 has no tests"),
    "question without a public test": (changed(TEST, test_cell("name: a\npoints: 1\nhidden: true")), "no public test"),
    "question without a solution": ([c for c in GOOD if c not in (SOLUTION, F, END_SOLUTION)], "no solution cell"),
    "manual question with tests": (changed(Q1, marker("BEGIN QUESTION", "name: q1", "points: 1", "manual: true")), "by hand"),
    "points that do not add up": (changed(Q1, marker("BEGIN QUESTION", "name: q1", "points: 2")), "worth 1 points together"),
    "two tests of one name": (changed(TEST, test_cell("name: a\npoints: 1"), test_cell("name: a\npoints: 0",
                              "def g(f):\n    f()\ng(f)")), "same name"),
    "two test functions of one name": (changed(TEST, TEST, test_cell("name: a\npoints: 0")), "same name"),
    "test without a config": (changed(TEST, code("def test_f(f):\n    assert f\ntest_f(f)")), "BEGIN TEST CONFIG"),
    "test that is text": (changed(TEST, markdown("text")), "must be code"),
    "test without a name": (changed(TEST, test_cell("points: 1")), "a test needs name"),
    "test without points": (changed(TEST, test_cell("name: a")), "a test needs name"),
    "test with a misspelt option": (changed(TEST, test_cell("name: a\npoints: 1\nhiden: true")), "a test needs name"),
    "test config that is no YAML": (changed(TEST, test_cell("name: 'a\npoints: 1")), "not YAML"),
    "test with two statements": (changed(TEST, test_cell(source="import x\ndef t(f):\n    f()\nt(f)")), "one function and one"),
    "test without its call": (changed(TEST, test_cell(source="def t(f):\n    f()")), "one function and one"),
    "test that calls another": (changed(TEST, test_cell(source="def t(f):\n    f()\nu(f)")), "one function and one"),
    "test in doctest style": (changed(TEST, test_cell(source="f(1) == 2")), "one function and one"),
    "test that does not compile": (changed(TEST, test_cell(source="def t(f:\n    f()\nt(f)")), "does not compile"),
    "solution marker inside a test": (changed(TEST, test_cell(source="def t(f):\n    f()  # SOLUTION\nt(f)")), "inside a test"),
    "BEGIN without END of the question": (GOOD[:-1], "QUESTION was begun and never ended"),
    "BEGIN without END of the solution": ([c for c in GOOD if c != END_SOLUTION], "BEGIN TESTS inside"),
    "BEGIN without END of the tests": ([c for c in GOOD if c != END_TESTS], "END QUESTION without"),
    "END without BEGIN": ([CONFIG, END_Q, *GOOD[1:]], "END QUESTION without BEGIN QUESTION"),
    "END of the solution twice": (changed(END_SOLUTION, END_SOLUTION, END_SOLUTION), "END SOLUTION without"),
    "question inside a question": (changed(F, Q1, F), "BEGIN QUESTION inside"),
    "tests outside a question": ([CONFIG, TESTS, *GOOD[1:]], "BEGIN TESTS inside nothing"),
    "lower-case marker": (changed(SOLUTION, marker("begin solution")), "unknown marker"),
    "misspelt marker": (changed(SOLUTION, marker("BEGIN SOLUTIONS")), "unknown marker"),
    "marker of another tool": (changed(SOLUTION, marker("BEGIN PROMPT")), "unknown marker"),
    "raw cell that is no marker": (changed(TITLE, raw("some text")), "no marker"),
    "marker in a code cell": (changed(SOLUTION, code("# BEGIN SOLUTION NO PROMPT")), "without"),
    "marker in a text cell": (changed(TITLE, markdown("# BEGIN QUESTION", "name: q0")), "inside a markdown cell"),
    "lower-case marker in a text cell": (changed(TITLE, markdown("the end solution")), "inside a markdown cell"),
    "config in a text cell": (changed(TITLE, markdown("# ASSIGNMENT CONFIG")), "inside a markdown cell"),
    "solution outside BEGIN SOLUTION": (changed(TITLE, TITLE, code("x = 5  # SOLUTION")), "outside BEGIN SOLUTION"),
    "solution lines outside BEGIN SOLUTION": (changed(TITLE, TITLE, F), "outside BEGIN SOLUTION"),
    "solution lines without END": (changed(F, code("def f(x):\n    # BEGIN SOLUTION\n    return 1")), "without END SOLUTION"),
    "solution lines without BEGIN": (changed(F, code("def f(x):\n    return 1\n    # END SOLUTION")), "unmatched"),
    "solution lines begun twice": (changed(F, code("# BEGIN SOLUTION\nx = 1\n# BEGIN SOLUTION\n# END SOLUTION")), "unmatched"),
    "lower-case solution lines": (changed(F, code("# begin solution\nx = 1\n# end solution")), "unmatched or unknown"),
    "half lower-case solution lines": (changed(F, code("# BEGIN SOLUTION\nx = 1\n# End Solution")), "unmatched or unknown"),
    "misspelt solution lines": (changed(F, code("# BEGIN SOLUTION NO PRMPT\nx = 1\n# END SOLUTION")), "unmatched or unknown"),
    "solution line of half a statement": (changed(F, code("x = [  # SOLUTION\n    1,\n]")), "not one whole statement"),
    "solution line that opens a block": (changed(F, code("if x:  # SOLUTION\n    y = 1")), "not one whole statement"),
    "marker behind code": (changed(F, code("x = 1  # BEGIN SOLUTION\ny = 2\nz = 3  # END SOLUTION")), "not understood"),
    "words behind the marker": (changed(F, code("x = 5  # SOLUTION: five")), "not understood"),
    "marker inside solution lines": (changed(F, code("# BEGIN SOLUTION\nx = 1  # SOLUTION\n# END SOLUTION")), "inside a"),
    "hidden tests of nbgrader": (changed(F, F, code("### BEGIN HIDDEN TESTS\nf()\n### END HIDDEN TESTS")), "not understood"),
}


def test_the_master_that_the_wrong_ones_are_made_of_is_right(read):
    assert read(*GOOD).points == 1


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_master_is_refused(read, what):
    cells, words = WRONG[what]
    with pytest.raises(MasterError, match=r"^09_mini\.py") as caught:
        read(*cells)
    assert words in str(caught.value)


@pytest.mark.parametrize("indent", ["  ", "\t"])
def test_an_indented_marker_is_read_or_refused_but_never_passed_over(read, indent):
    for line in ("# BEGIN SOLUTION", "# BEGIN QUESTION", "# END TESTS"):
        for position in range(2, len(GOOD)):
            cells = [*GOOD[:position], f"# %% [raw]\n# {indent}{line}\n", *GOOD[position:]]
            with pytest.raises(MasterError, match=r"cell [0-9]+: .*(BEGIN|END|marker|a question needs name)"):
                read(*cells)


def test_without_any_one_of_its_markers_a_master_is_refused_or_holds_no_solution(read):
    for cell in (CONFIG, Q1, SOLUTION, END_SOLUTION, TESTS, END_TESTS, END_Q):
        with pytest.raises(MasterError, match=r"cell [0-9]+: .*(BEGIN|END|ASSIGNMENT CONFIG|ended|SOLUTION|inside|outside)"):
            read(*[c for c in GOOD if c != cell])


# --- the course's own masters -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("unit", units.UNITS)
def test_nothing_of_a_solution_reaches_the_student(unit):
    """Every line that only the solution has stays away, and the student's cells compile."""
    master = units.master(unit)
    for cell in master.cells:
        if cell.kind == "code" and cell.student is not None:
            ast.parse(cell.student)
            assert not LEFTOVER.search(cell.student) and not LEFTOVER.search(cell.solution)
            if cell.answer:
                assert "..." in cell.student and cell.student != cell.solution
                assert {line.strip() for line in cell.student.splitlines()} <= {
                    *(line.strip() for line in cell.solution.splitlines()), "...",
                    *(line.strip() for line in cell.student.splitlines() if line.endswith("= ..."))}


@pytest.mark.parametrize("unit", units.UNITS)
def test_test_files_come_back_as_they_were_written(unit):
    for question in units.master(unit).questions:
        for hidden in (True, False):
            name, cases = testfile.read(testfile.write(question, hidden=hidden))
            assert name == question.name
            wanted = [t for t in question.tests if hidden or not t.hidden]
            assert [(c.name, c.points, c.hidden, c.failure_message, c.function.__name__) for c in cases] == [
                (t.name, t.points, t.hidden, t.failure_message, t.function_name) for t in wanted]


# --- stock Otter Assign reads a master the same way -------------------------------------------------------------------

ORACLE = [
    CONFIG, TITLE, code("import functools\nimport math"),
    marker("BEGIN QUESTION", "name: q1", "points: 3"), markdown("**Question 1**", "", "- one", "- two"), SOLUTION,
    code("""
@functools.cache
def double(x):
    '''Twice x.

    double(2) is 4.
    '''
    # BEGIN SOLUTION
    if x:
        return 2 * x

    return 0
    # END SOLUTION


class Counter:
    '''Counts.'''

    def __init__(self):
        self.n = 0  # SOLUTION
        first, second = 1, 2  # SOLUTION
        self.table['a'] = {'b': 1}  # SOLUTION
        helper = 7  # SOLUTION NO PROMPT
        # BEGIN SOLUTION NO PROMPT
        hidden = 8
        # END SOLUTION

    def add(self):
        self.n += 1  # SOLUTION
        return self.n  # SOLUTION
"""),
    code("answer = math.pi  # SOLUTION\nkept = (answer ==\n        5)"), END_SOLUTION, TESTS,
    test_cell("name: first\npoints: 1", "def test_first(double):\n    assert double(2) == 4, 'no'\ntest_first(double)"),
    test_cell("name: second\npoints: 2\nhidden: true\nfailure_message: 'Twice: how often?'",
              "def test_second(double, answer):\n    import math\n    assert double(answer) == 2 * math.pi\n"
              "test_second(double, answer)"), END_TESTS, END_Q, markdown("In between."),
    marker("BEGIN QUESTION", "name: q2", "points: 0.5"), markdown("**Question 2**"), SOLUTION, F, END_SOLUTION, TESTS,
    test_cell("name: only\npoints: 0.5"), END_TESTS, END_Q,
    marker("BEGIN QUESTION", "name: q3", "points: 2", "manual: true"), markdown("**Question 3**"), marker("BEGIN SOLUTION"),
    markdown("The answer."), END_SOLUTION, END_Q,
]


@pytest.fixture(scope="module")
def otter_assigned(tmp_path_factory) -> Path:
    """A folder in which stock otter has assigned the master above."""
    assign = pytest.importorskip("otter.assign", reason="otter-grader is not installed")
    folder = tmp_path_factory.mktemp("otter")
    shutil.copy(units.ROOT / "solutions" / "assign.yml", folder)
    master = folder / "09_mini.py"
    master.write_text(HEAD + "".join(ORACLE), encoding="utf-8")
    nbformat.write(jupytext.read(master, fmt="py:percent"), folder / "09_mini.ipynb")
    assign.main(str(folder / "09_mini.ipynb"), str(folder / "dist"), no_pdfs=True, no_run_tests=True)
    return folder


def cells_of(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Kind and source of every cell, but for the set-up, the words to type over and the marks of manual questions."""
    out = []
    for cell in notebook.cells[1:]:
        source = cell.source.replace("<!-- BEGIN QUESTION -->", "").replace("<!-- END QUESTION -->", "").strip()
        if source:
            out.append((cell.cell_type, "_Type_" if source.startswith("_Type your answer here") else source))
    return out


def test_otter_gives_the_student_the_same_cells(otter_assigned):
    ours = student_notebook(read_master(otter_assigned / "09_mini.py"))
    theirs = nbformat.read(otter_assigned / "dist" / "student" / "09_mini.ipynb", 4)
    assert cells_of(ours) == cells_of(theirs)
    assert len(cells_of(ours)) == 12
    assert ours.metadata.otter.assignment_name == theirs.metadata.otter.assignment_name
    assert ours.metadata.otter.OK_FORMAT == theirs.metadata.otter.OK_FORMAT
    assert list(ours.metadata.otter.tests) == list(theirs.metadata.otter.tests)


def cases_in(source: str) -> list[tuple]:
    """Points, hidden flag, failure message and code of every test in a test file, in order."""
    out = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            options = {k.arg: ast.literal_eval(k.value) for k in node.decorator_list[0].keywords}
            node.decorator_list = []
            out.append((options["points"], options["hidden"], options.get("failure_message"), ast.dump(node)))
    return out


def test_otter_writes_the_same_tests(otter_assigned):
    master = read_master(otter_assigned / "09_mini.py")
    student = nbformat.read(otter_assigned / "dist" / "student" / "09_mini.ipynb", 4).metadata.otter.tests
    with zipfile.ZipFile(next((otter_assigned / "dist" / "autograder").glob("*.zip"))) as archive:
        names = {Path(n).stem: archive.read(n).decode() for n in archive.namelist() if Path(n).match("tests/*.py")}
    graded = [q for q in master.questions if not q.manual]
    assert [q.name for q in graded] == sorted(names)
    for question in graded:
        assert cases_in(testfile.write(question)) == cases_in(names[question.name])
        assert cases_in(testfile.write(question, hidden=False)) == cases_in(student[question.name])
    assert [len(cases_in(names[q.name])) for q in graded] == [2, 1]


def test_otter_solves_the_notebook_the_same_way(otter_assigned):
    """What otter keeps as the instructor's notebook holds our solution cells, markers apart."""
    master = read_master(otter_assigned / "09_mini.py")
    theirs = json.loads((otter_assigned / "dist" / "autograder" / "09_mini.ipynb").read_text())
    sources = ["".join(c["source"]) for c in theirs["cells"] if c["cell_type"] == "code"]
    for cell in master.cells:
        if cell.kind == "code":
            wanted = cell.solution.splitlines()
            assert any([line.split("  # SOLUTION")[0] for line in source.splitlines() if not line.lstrip().startswith(
                ("# BEGIN SOLUTION", "# END SOLUTION"))] == wanted for source in sources)
