"""Where the answer to a question is found after a student has copied, moved, split, merged, converted or deleted its cells."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.places import COPY, find_places, read_cell
from autograder.submission import PLACEHOLDER, parse

NAMES = {"q1": ["double"], "q2": ["half", "Halver"], "q3": ["limit"]}
D, H, L = "def double(n):\n    return 2 * n", "def half(n):\n    return n / 2", "limit = 7"
D0, H0, L0 = 'def double(n):\n    """Twice n."""\n    ...', "def half(n):\n    ...", "limit = ..."


def code(source, question=None, role="answer", kind="code"):
    mark = {"llmcourse": {"question": question, "role": role}} if question else {}
    return {"cell_type": kind, "source": source, "metadata": mark, "outputs": [], "execution_count": None}


def check(question):
    return code(f'grader.check("{question}")', question, "check")


def text(source, question=None, kind="markdown"):
    return code(source, question, "answer", kind)


def places(*cells, written=()):
    return find_places(parse("mini.ipynb", json.dumps({"cells": list(cells), "metadata": {}}).encode()), NAMES, written)


A1, A2, A3, C1, C2, C3 = code(D, "q1"), code(H, "q2"), code(L, "q3"), check("q1"), check("q2"), check("q3")
E1, E2 = code(D0, "q1"), code(H0, "q2")


@pytest.mark.parametrize(("cells", "after", "told"), [
    ([A1, C1, A2, C2, A3, C3], [2, 4, 6], []),
    ([A1, A2, A3], [1, 2, 3], []),  # every check deleted: each is graded at the next question, the last at the end
    ([A1, code("def twice(n):\n    return n"), A2, code("x = 1"), A3], [2, 4, 5], []),  # split, and checks deleted
    ([code("def double(n):\n    return two * n", "q1"), code("two = 2"), C1, A2, C2, A3], [3, 5, 6], []),  # split
    ([C1, C2, C3, A3, A2, A1], [6, 5, 4], []),  # moved to the end, upside down
    ([C1, C2, C3, code(D), code(H), code(L)], [6, 6, 6], ["q1 stands below", "q2 stands below", "q3 stands below"]),
    ([E1, C1, code(D), A2, C2, A3], [3, 5, 6], ["The answer to q1 stands below its check; it was graded there"]),
    ([code(D + "\n" + H, "q1"), C1, C2, A3, C3], [2, 3, 5], []),  # merged into the earlier cell
    ([C1, code(D + "\n" + H, "q2"), C2, A3, C3], [2, 3, 5], ["q1 stands below its check"]),  # merged into the later one
    ([code(D), code(H), code(L)], [3, 3, 3], ["The cells of q1 are gone; it was graded after the cell that defines"] * 1
     + ["The cells of q2 are gone", "The cells of q3 are gone"]),
    ([code(D), A2, C2, A3], [1, 3, 4], ["The cells of q1 are gone; it was graded after the cell that defines"]),
    ([A2, C2, A3], [3, 2, 3], ["The cells of q1 are gone; it was graded at the end of the notebook."]),
    ([E1, C1, A2, C2, A3], [2, 4, 5], []),  # not answered at all
    ([code("%%time\n" + D, "q1"), C1, A2, A3], [2, 3, 4], []),
    ([code("double = lambda n: 2 * n"), C1, A2, A3], [2, 3, 4], []),
])
def test_where_each_question_is_graded(cells, after, told):
    found = places(*cells)
    assert list(found.after.values()) == after
    assert len(found.notes) == len(told) and all(words in note for words, note in zip(told, found.notes, strict=True))


def roles(found):
    return [cell.role for cell in found.cells]


def test_a_skeleton_that_was_copied_below_an_answer_is_left_out_and_told():
    found = places(A1, C1, A2, C2, A3, E1, code(H0))
    assert roles(found) == ["answer", "check", "answer", "check", "answer", COPY, COPY]
    assert found.after == {"q1": 2, "q2": 4, "q3": 7}
    assert found.notes == [f"{q} stands in the notebook more than once; a copy without an answer was left out."
                           for q in ("q1", "q2")]


@pytest.mark.parametrize("cells", [[E1, A1, C1], [E1, C1], [E1, E1, C1], [A1, code(D0 + "\n" + H, "q1"), C1],
                                   [A1, code("double = None"), C1]])
def test_no_other_cell_is_left_out(cells):
    """One above the answer does no harm, one alone is all there is, one may hold another answer, a name may be used again."""
    assert COPY not in roles(places(*cells))


def test_a_later_copy_with_another_answer_wins_and_the_student_is_told():
    found = places(A1, C1, A2, C2, A3, code("def double(n):\n    return n + n", "q1"))
    assert found.after["q1"] == 6 and found.notes[0].startswith("q1 is answered in 2 cells; the last of them that stands bef")
    assert places(A1, A1, C1, A2, A3).notes == []  # twice the same


def test_two_functions_of_one_question_in_a_cell_each_are_no_copies():
    """As notebooks hand them out. Only what defines one of them again is one copy more."""
    both, first, second = {"q1": ["split", "merge"]}, "def split(x):\n    return [x]", "def merge(x):\n    return x[0]"
    empty = "def merge(x):\n    ..."

    def notes(*sources):
        cells = [code(source, "q1") for source in sources]
        data = json.dumps({"cells": [*cells, C1], "metadata": {}}).encode()
        found = find_places(parse("mini.ipynb", data), both, ())
        assert found.after == {"q1": len(sources) + 1}
        return [cell.role for cell in found.cells].count(COPY), found.notes

    assert notes(first, second) == (0, []) and notes(first, empty) == (0, [])
    assert notes(first, second, second.replace("0", "-1")) == (0, [
        "q1 is answered in 2 cells; the last of them that stands before the place where it is graded counts."])
    assert notes(first, second, empty) == (1, [
        "q1 stands in the notebook more than once; a copy without an answer was left out."])


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_in_a_cell_that_is_no_code_is_run_and_told(kind):
    for cell in (text(D, "q1", kind), text(D, None, kind)):
        found = places(cell, C1, A2, C2, A3)
        assert found.cells[0].source == D and found.cells[0].question == "q1" and found.after["q1"] == 2
        what = "Markdown" if kind == "markdown" else "raw"
        assert found.notes == [f"The answer cell of q1 is a {what} cell. Its code was run all the same; make it a code cell "
                               "(Cell type: Code)."]


def test_code_between_fences_in_a_markdown_cell_is_code():
    found = places(text(f"```python\n{D}\n```", "q1"), C1, A2, A3)
    assert found.cells[0].source == D and len(found.notes) == 1


@pytest.mark.parametrize("source", ["My answer is 2n.", "def double(n):\n    return (", "import math", ""])
def test_an_answer_cell_that_holds_no_answer_in_code_is_told(source):
    found = places(text(source, "q1"), C1, A2, A3)
    assert [c.number for c in found.cells] == [2, 3, 4]
    assert found.notes == ["The answer cell of q1 is a Markdown cell, so that nothing in it was run. Make it a code cell "
                           "(Cell type: Code)."]


def test_text_about_an_answer_is_text():
    found = places(text("def double(n):\n    return 3 * n"), A1, C1, A2, A3, text("double = 2n", None), text("The word double"))
    assert len(found.cells) == 5 - 1 and found.notes == []


@pytest.mark.parametrize(("cells", "told"), [
    ([text("Because.", "q9")], []), ([text(PLACEHOLDER, "q9")], ["q9, a written question, is not answered yet."]),
    ([text("  \n", "q9")], ["q9, a written question, is not answered yet."]),
    ([text(PLACEHOLDER, "q9"), text("Because.", "q9")], []),
    ([], ["The answer cell of q9, a written question, is gone. Your instructor may not find your answer: put the cell back "
          "from the notebook that was handed out."]),
])
def test_a_written_answer_that_is_gone_or_still_the_placeholder_is_told(cells, told):
    assert places(A1, A2, A3, *cells, written=["q9"]).notes == told


@pytest.mark.parametrize(("source", "empty"), [
    (D0, True), (D, False), ("def double(n):\n    x = ...\n    return x", True), ("def double(n):\n    return ...", True),
    ("%%time\ndef double(n):\n    ...", True), ("%%time\ndef double(n):\n    return 2 * n", False),
    ("class double:\n    def f(self):\n        ...", True), ("class double:\n    ...", True),
    ("class double:\n    x = 1", False),
    ("double = ...", True), ("double: int = ...", True), ("double = 5", False), (D0 + "\n" + D, False),
    ("def double(n):\n    return a[..., n]", False), ("def double(n:\n    return n", True),
    ("files = !ls\n" + D, False),
    (D + "\n%time x = double(3)\ndouble?", False),
    (D0 + "\n    !ls\ndouble?", True), ("async def double(n):\n    ...", True), ("def double(n): pass", False),
])
def test_what_counts_as_a_skeleton(source, empty):
    facts = read_cell(source, {"double"})
    assert facts.names == {"double"} and (facts.empty == {"double"}) == empty


@pytest.mark.parametrize("source", [
    "x" * 10**6, "(" * 10**5, " " * 10**6 + "def double(n): pass", "double" + " " * 10**6, "\\" * 10**5,
    "def double(n):\n" + " ...\n" * 10**5, "lambda:" * 10**4 + "\ndouble = 1"], ids=lambda source: source[:8])
def test_a_cell_of_any_size_and_depth_is_read(source):
    assert read_cell(source, {"double"}).names <= {"double"}


CELLS = st.sampled_from([A1, A2, A3, C1, C2, C3, E1, E2, code(D), code(D0), code("x = 1"), code("%%time\n" + H),
                         code("def double(:"), text(D, "q1"), text("words", "q2"), text("words", "q9"), text(H)])


@settings(max_examples=200, deadline=None)
@given(st.lists(CELLS, max_size=12))
def test_every_question_has_a_place_in_every_notebook(cells):
    found = places(code("import math"), *cells, written=["q9"])
    assert list(found.after) == list(NAMES) == list(found.answers)
    assert all(0 <= place <= len(found.cells) for place in found.after.values())
    assert [cell.number for cell in found.cells] == sorted(cell.number for cell in found.cells)
    for question, [name, *_] in NAMES.items():  # whoever has an answer anywhere has it where the question is graded
        good = [i for i, cell in enumerate(found.cells) if cell.role not in ("check", COPY)
                and f"def {name}(n):\n    return" in cell.source]
        if good:
            assert good[0] < found.after[question]
            before = [cell for cell in found.cells[: found.after[question]] if cell.role != COPY]
            assert "return" in [cell for cell in before if f"def {name}(n)" in cell.source][-1].source
