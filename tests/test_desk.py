"""The student's desk: ``grader.check`` finds the tests of the notebook and says how they went."""

import html
import json
import sys
import types

import pytest

from autograder.desk import CheckResult, Notebook
from autograder.master import Question, Test
from autograder.testfile import Case, read, write

Test.__test__ = False
DOUBLE = '''def test_double(double):
    from autograder.checks import expect
    def squares(x):
        """You squared <x>. What does double mean?"""
        return x * x
    expect(double, 3, want=6, mistakes=[squares])'''
ZERO = '''def test_zero(double):
    from autograder.checks import expect
    expect(double, 0, want=0)'''
ANSWER = '''def test_answer(answer):
    from autograder.checks import expect_value
    expect_value(answer, want=0.25)'''


def questions() -> list[Question]:
    return [Question("q1", 3, tests=[Test("three & <more>", 1, False, None, DOUBLE), Test("zero", 1, False, "Try 0.", ZERO),
                                     Test("secret", 1, True, None, "def test_secret(double):\n    raise SystemError")]),
            Question("q2", 1, tests=[Test("a number", 1, False, None, ANSWER)])]


def notebook(assignment: str = "mini", tests: dict | None = None) -> str:
    tests = {q.name: write(q, hidden=False) for q in questions()} if tests is None else tests
    return json.dumps({"cells": [], "metadata": {"otter": {"OK_FORMAT": False, "assignment_name": assignment, "tests": tests}},
                       "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mini.ipynb").write_text(notebook(), encoding="utf-8")
    return tmp_path


def check(question: str, **names: object) -> CheckResult:
    """What ``grader.check`` gives in a notebook that holds these names."""
    here = types.ModuleType("__main__").__dict__
    here.update(names, Notebook=Notebook)
    exec(f"result = Notebook('mini.ipynb').check({question!r})", here)
    return here["result"]


def squares(x):
    return x * x


# --- finding the tests ------------------------------------------------------------------------------------------------

def test_the_tests_come_from_the_notebooks_metadata(folder):
    grader = Notebook("mini.ipynb")
    assert list(grader.tests) == ["q1", "q2"] and grader.assignment == "mini"
    assert "secret" not in grader.tests["q1"]


def test_a_renamed_notebook_is_found_by_its_assignment(folder):
    (folder / "mini.ipynb").rename(folder / "mini (1) Ada.ipynb")
    (folder / "aaa.ipynb").write_text(notebook("other", {"q9": "x"}), encoding="utf-8")
    (folder / "broken.ipynb").write_bytes(b"\xff\xfe{")
    (folder / "list.ipynb").write_text("[]", encoding="utf-8")
    (folder / "odd.ipynb").write_text('{"metadata": {"otter": null}}', encoding="utf-8")
    assert list(Notebook("mini.ipynb").tests) == ["q1", "q2"]


def test_a_notebook_in_another_folder(folder):
    (folder / "sub").mkdir()
    (folder / "mini.ipynb").rename(folder / "sub" / "mini.ipynb")
    assert list(Notebook("sub/mini.ipynb").tests) == ["q1", "q2"]
    with pytest.raises(FileNotFoundError, match="no notebook of the assignment 'mini'"):
        Notebook("mini.ipynb")


def test_a_notebook_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'mini'.*save it once"):
        Notebook("mini.ipynb")
    (tmp_path / "mini.ipynb").write_text(notebook("other"), encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="no notebook of the assignment 'mini'"):
        Notebook("mini.ipynb")


def test_on_colab_the_open_notebook_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    colab = types.ModuleType("google.colab")
    colab._message = types.SimpleNamespace(blocking_request=lambda name, timeout_sec: {"ipynb": json.loads(notebook())})
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    assert list(Notebook("mini.ipynb").tests) == ["q1", "q2"]


def test_an_unknown_question(folder):
    with pytest.raises(ValueError, match="'q7' in mini; there are q1, q2"):
        Notebook("mini.ipynb").check("q7")


# --- what a student reads ---------------------------------------------------------------------------------------------

def test_all_passed(folder):
    result = check("q1", double=lambda x: 2 * x)
    assert result.passed and not result.blank
    assert repr(result).splitlines() == ["q1: 2 of 2 public tests passed. Hidden tests run after you hand in.",
                                         "  ✓ three & <more>", "  ✓ zero"]


def test_a_known_mistake_is_named(folder):
    result = check("q1", double=squares)
    assert not result.passed and not result.blank
    assert repr(result).splitlines() == [
        "q1: 1 of 2 public tests passed:", "  ✗ three & <more>", "      You squared <x>. What does double mean?",
        "      squares(3): expected 6, got 9.", "  ✓ zero"]


def test_the_message_of_the_test_where_no_mistake_is_known(folder):
    lines = repr(check("q1", double=lambda x: 6)).splitlines()
    assert lines[-2:] == ["      Try 0.", "      <lambda>(0): expected 0, got 6."]


def test_html_is_escaped(folder):
    page = check("q1", double=squares)._repr_html_()
    assert "You squared &lt;x&gt;." in page and "three &amp; &lt;more&gt;" in page
    assert "<x>" not in page and "<more>" not in page
    assert "font-weight:bold\">You squared" in page and "font-weight:normal\">squares(3)" in page

    def evil(x):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in check("q1", double=evil)._repr_html_()
    assert "Hidden tests run after" in check("q1", double=lambda x: 2 * x)._repr_html_()


@pytest.mark.parametrize("double", [None, ..., lambda x: None, lambda x: ...])
def test_not_answered_yet(folder, double):
    assert check("q1").blank
    result = check("q1", double=double)
    assert result.blank and not result.passed
    why = "double is missing or still `...`. Run its cell, and keep its name."
    why = why if double in (None, ...) else "<lambda> returns nothing."
    assert repr(result) == f"q1: not answered yet: {why}"
    assert result._repr_html_() == f"<p><strong>q1</strong>: not answered yet: {html.escape(why)}</p>"


def test_plain_variables(folder):
    assert check("q2", answer=0.25).passed
    assert check("q2", answer=...).blank and check("q2").blank
    assert "expected 0.25, got 0.5" in repr(check("q2", answer=0.5))


def test_check_all_and_the_names_of_a_function(folder):
    double = lambda x: 2 * x
    answer = 0.5
    results = Notebook("mini.ipynb").check_all()
    assert [r.passed for r in results] == [True, False]
    assert double(2) == 4 and answer == 0.5


# --- one test at a time -----------------------------------------------------------------------------------------------

def case(body: str, *parameters: str) -> Case:
    source = f"name = 'q'\n@test_case(name='t', points=1)\ndef t({', '.join(parameters)}):\n    {body}\n"
    return read(source)[1][0]


def test_what_a_plain_assert_says():
    assert case("assert 1 + 1 == 2").run({}) is None
    assert str(case("assert 1 == 2, 'one is not two'").run({})) == "one is not two"
    assert "'t' does not hold" in str(case("assert 1 == 2").run({}))


def test_a_test_that_stumbles_over_an_answer_has_failed():
    failed = case("assert f(1)[0] == 2", "f").run({"f": lambda x: 3})
    assert "could not use what your code returned (TypeError" in str(failed) and not failed.blank
    assert "SystemExit" in str(case("f()", "f").run({"f": sys.exit}))


@pytest.mark.parametrize("value", [None, ...])
def test_a_test_that_stumbles_over_a_missing_answer_says_so(value):
    for names in ({"f": value}, {}):
        failed = case("assert f(1) == 2", "f").run(names)
        assert failed.blank and str(failed).startswith("Not answered yet: f is missing or still `...`.")


def test_a_test_file_is_read_without_otter():
    name, cases = read(write(questions()[0]))
    assert name == "q1" and [(c.name, c.points, c.hidden, c.failure_message) for c in cases] == [
        ("three & <more>", 1, False, None), ("zero", 1, False, "Try 0."), ("secret", 1, True, None)]
    assert "otter" not in cases[0].function.__globals__ and "secret" not in write(questions()[0], hidden=False)
