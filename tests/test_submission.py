"""Reading what was handed in: whatever it is, cells come out or a sentence that says what to do."""

import bz2
import io
import json
import os
import re
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile

import json_bombs
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from units import ROOT

from autograder import finding, reading, submission
from autograder.reading import MAX_BYTES, MAX_KEPT, Clock
from autograder.submission import Submission, Unreadable, is_blank, parse, read_submission

WHAT_TO_DO = ("hand in", "choose the python 3 kernel")


def code(source: object, question: str | None = None, role: str | None = None, **extra: object) -> dict:
    metadata = {} if role is None else {"llmcourse": {"role": role} | ({"question": question} if question else {})}
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None, **extra}


def text(source: str) -> dict:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def notebook(*cells: dict, **metadata: object) -> dict:
    metadata = {"llmcourse": {"assignment": "mini"}, **metadata}
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


SETUP = code("import autograder\ngrader = autograder.Notebook('mini.ipynb')", role="setup")
A1, C1 = code("def f(x):\n    return x", "q1", "answer"), code('grader.check("q1")', "q1", "check")
A2, C2 = code("def g(x):\n    return x", "q2", "answer"), code('grader.check("q2")', "q2", "check")
ORDINARY = notebook(SETUP, text("# Mini"), A1, C1, text("Question 2"), A2, C2)


def read(content: dict | bytes) -> Submission:
    return parse("mini.ipynb", content if isinstance(content, bytes) else json.dumps(content).encode())


def refusal(content: object) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content)
    message = str(caught.value)
    assert any(words in message.lower() for words in WHAT_TO_DO), message
    return message


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


GOOD = json.dumps(ORDINARY).encode()


def handed_in(tmp_path, name: str, data: bytes) -> Submission:
    path = tmp_path / name
    path.write_bytes(data)
    return read_submission(path)


def refused(tmp_path, name: str, data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        handed_in(tmp_path, name, data)
    assert any(words in str(caught.value).lower() for words in WHAT_TO_DO)
    return str(caught.value)


# --- an ordinary notebook ---------------------------------------------------------------------------------------------

def test_an_ordinary_notebook():
    got = read(ORDINARY)
    assert (got.name, got.assignment, got.notes) == ("mini.ipynb", "mini", [])
    assert [(c.number, c.question, c.role) for c in got.cells] == [
        (1, None, "setup"), (3, "q1", "answer"), (4, "q1", "check"), (6, "q2", "answer"), (7, "q2", "check")]
    assert got.cells[1].source == "def f(x):\n    return x"
    assert (got.state_after("q1"), got.state_after("q2"), got.state_after("q9")) == (3, 5, None)


def test_sources_as_lists_of_lines_and_what_jupyter_writes():
    lines = notebook(code(["x = 1\n", "y = 2"]))
    assert read(lines).cells[0].source == "x = 1\ny = 2"
    written = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1\ny = 2")]))
    assert read(written.encode()).cells[0].source == "x = 1\ny = 2"


def test_stock_otters_metadata_names_the_assignment():
    assert read({"cells": [A1], "metadata": {"otter": {"assignment_name": "other"}}}).assignment == "other"
    assert read({"cells": [A1]}).assignment is None


# --- cells moved, copied, deleted, merged -----------------------------------------------------------------------------

@pytest.mark.parametrize(("cells", "q1", "q2"), [
    ([SETUP, A1, A2, C2], 2, 4),  # a check deleted
    ([SETUP, C1, C2], 2, 3),  # answers deleted
    ([SETUP, A2, C2], None, 3),
    ([SETUP], None, None),
    ([A2, C2, SETUP, A1, C1], 5, 2),  # questions the other way round
    ([C1, A1, C2, A2], 2, 4),  # checks before their answers
    ([SETUP, A1, C1, A2, C2, A1], 6, 5),  # an answer pasted at the end
    ([SETUP, A1, C1, A2, C2, C1], 6, 5),  # a check pasted at the end
    ([code("f = 1"), code('grader.check("q1")'), code("g = 1"), code("grader . check( 'q2' ) ; # again")], 2, 4),  # no metadata
    ([code('# first\n\ngrader.check("q1")\n')], 1, None),
])
def test_where_the_state_of_a_question_is(cells, q1, q2):
    got = read(notebook(*cells))
    assert (got.state_after("q1"), got.state_after("q2")) == (q1, q2)


def test_a_check_that_occurs_twice_is_told():
    assert "q1 is checked 2 times" in read(notebook(A1, C1, A2, C2, C1)).notes[0]


@pytest.mark.parametrize("source", [
    'def f(x):\n    return x\n\ngrader.check("q1")',
    'grader.check("q1")\nf = 1',
    'result = grader.check("q1")',
    'if True:\n    grader.check("q1")',
])
def test_a_check_merged_into_an_answer_does_not_keep_it_from_being_run(source):
    for cell in (code(source), code(source, "q1", "answer"), code(source, "q1", "check")):
        assert read(notebook(cell)).cells[0].role != "check"
    assert read(notebook(code(source, "q1", "answer"))).state_after("q1") == 1


def test_a_check_among_other_code_makes_it_the_answer_of_that_question_where_no_role_is_told():
    merged = 'def f(x):\n    return x\n\ngrader.check("q1")'
    cell = read(notebook(code(merged))).cells[0]
    assert (cell.question, cell.role) == ("q1", "answer")
    cell = read(notebook(code(merged, "q2", "setup"))).cells[0]
    assert (cell.question, cell.role) == ("q2", "setup")
    cell = read(notebook(code(merged, role="setup"))).cells[0]
    assert (cell.question, cell.role) == ("q1", "setup")


def test_a_comment_about_another_check_changes_nothing():
    cell = read(notebook(code('# now run grader.check("q1")\ng = 1', "q2", "answer"))).cells[0]
    assert (cell.question, cell.role) == ("q2", "answer")
    both = read(notebook(code('grader.check("q1")\ng = 1', "q2", "answer"))).cells[0]
    assert (both.question, both.role) == ("q2", "answer")


@pytest.mark.parametrize("source", [
    " " * 10**6, "\n" * 10**6, "grader" + " " * 10**6, "grader.check(" * 10**5, '"' * 10**6,
    'grader.check("q1")' + " " * 10**6 + "x", 'grader.check("q1") ;' + " \t" * 10**5 + ";",
    "grader" + " " * 10**5 + "." + " " * 10**5, 'grader.check("' + "q" * 10**6, "Notebook(" * 10**5,
    "Notebook(" + " " * 10**6, "Notebook('" + "x" * 10**6, "= ..." + " " * 10**6 + "x",
])
def test_no_source_takes_long_to_read(source):
    assert read(notebook(code(source))).cells[0].role is None


def test_what_is_known_of_a_cell():
    picture = {"x.png": {"image/png": "AAAA"}}
    marked = {**text("because"), "attachments": picture, "metadata": {"llmcourse": {"question": "q9", "role": "answer"}}}
    got = read(notebook({"cell_type": "raw", "source": "raw"}, A1, marked, {**text("x"), "attachments": "x"}, C1))
    assert [(c.number, c.kind, c.source, c.question, c.role, c.attachments) for c in got.texts] == [
        (1, "raw", "raw", None, None, {}), (3, "markdown", "because", "q9", "answer", picture),
        (4, "markdown", "x", None, None, {})]
    assert [(c.number, c.kind, c.attachments) for c in got.cells] == [(2, "code", {}), (5, "code", {})]
    odd = read(notebook({"cell_type": "code"}, code(["x = 1\n", 3, None, "y = 2"]),
                        {**code("z = 3"), "metadata": {"llmcourse": {"question": 3, "role": ["answer"]}}}))  # fmt: skip
    assert [(c.source, c.question, c.role) for c in odd.cells] == [("", None, None), ("x = 1\ny = 2", None, None),
                                                                  ("z = 3", None, None)]  # fmt: skip


def test_of_two_checks_in_one_cell_the_last_counts():
    cell = read(notebook(code('grader.check("q1")\ngrader.check("q2")'))).cells[0]
    assert (cell.question, cell.role) == ("q2", "check")
    cell = read(notebook(code('f = 1\ngrader.check("q1")\ngrader.check("q3")\ngrader.check("q2")'))).cells[0]
    assert (cell.question, cell.role) == ("q2", "answer")


@pytest.mark.parametrize(("source", "blank"), [
    ("", True), (" \n\t\n", True), ("_Type your answer here._", True), ("\n _Type your answer here._ ", False),
    ("...", True),
    ("def f(x):\n    ...", True), ("x = ...", True), ("x = 1\ny = ...  ", True), ("Because ...", False),
    ("x = 1  # ...", False),
    ("_Type your answer here._\nBecause.", False), ("...x", False), ("x[...]", False), ("=...", False),
])
def test_what_is_no_answer(source, blank):
    assert is_blank(source) is blank


@pytest.mark.parametrize(("cells", "number"), [
    ([A1, C1, A2, C2], 2), ([A1, C1, code("...", "q2", "answer"), C2], 1), ([A1, code("x = ...", "q1", "answer"), A2], 1),
    ([A1, code("x = 1", "q1", "answer")], 1), ([code("x = 1"), A1, C1], 1), ([code("x = 1"), code("y = ..."), code("")], 1),
    ([code("x = 1"), code("y = 2")], 2), ([SETUP, code("", "q1", "answer")], 0), ([C1, C2], 2),
])
def test_how_many_questions_are_answered(cells, number):
    """Where no answer cell is marked every cell counts, checks too: more was run in the notebook that has more of them."""
    assert read(notebook(*cells)).answered == number


def test_only_the_first_twenty_cells_name_the_file():
    others, name = [code("x = 1")] * 20, code('grader = autograder.Notebook("03_gradient_descent.ipynb")')
    assert read({"cells": [*others[1:], name]}).named == "03_gradient_descent"
    assert read({"cells": [*others, name]}).named is None


def test_a_face_that_lists_what_is_there():
    assert all(hasattr(submission, name) for name in submission.__all__)


# --- odd notebooks ----------------------------------------------------------------------------------------------------

def test_what_is_not_a_notebook():
    for empty in (b"", b" \n\t", bytes(4000)):
        assert "is empty. Save it in Jupyter" in refusal(empty)
    for start, what in ((b"%PDF-1.7", "a PDF"), (b"\x89PNG\r\n\x1a\n\x00", "a picture"), (b"Rar!\x1a", "a RAR archive"),
                        (b"\x00\x05\x16\x07\x00\x02", "a Mac's note about a file")):
        assert f"is {what}, not a notebook. Hand in the .ipynb file itself" in refusal(start + bytes(100))
    assert "is a web page" in refusal(b"\n<!DOCTYPE html><html></html>")
    for data in (b"x = 1\n", b"9" * 10_000, b"\xef\xbb\xbf", b"]"):
        assert "does not hold JSON" in refusal(data)
    for value in (None, 1, "x", [], {}, {"cells": {}}, {"cells": "x"}, {"cells": None}, [ORDINARY]):
        assert "not a notebook" in refusal(value)
    assert "not a notebook" in refusal("{}".encode("utf-16"))
    assert "old format. Open it in Jupyter, save it" in refusal(
        {"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}], "nbformat": 3})


@pytest.mark.parametrize(("start", "what"), [
    (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"), (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x05\x16\x07", "a Mac's note about a file"), (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"version https://git-lfs", "Git LFS's note about a file"),
])
def test_what_a_file_is_by_its_first_bytes(start, what):
    assert refusal(start).startswith(f"mini.ipynb is {what}, not a notebook. Hand in the .ipynb file itself: in JupyterLab, ")
    assert f"is {what}," not in refusal(b"x" + start)


@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "<html>", "<?xml version='1.0'?>", "\n <HEAD>"])
def test_a_web_page_is_told_by_its_start(start):
    assert "is a web page" in refusal(start.encode() + b"x" * 300) and "is a web page" not in refusal(b"x" + start.encode())


def test_advice_is_made_of_whole_sentences():
    for words in (reading.DOWNLOAD, reading.RESTORE, reading.CLEAR, finding.ONE, finding.DAMAGED):
        assert words.endswith((" again.", " .ipynb.", " file.")), words


def test_what_has_no_code():
    for cells in ([], [text("x")], [None, 1, "code", [], {}], [{"cell_type": "raw", "source": "x"}], [code(7)],
                  [code({"a": 1})]):
        assert "no code cells" in refusal(notebook(*cells))


@pytest.mark.parametrize("metadata", [
    {"kernelspec": {"language": "R", "name": "ir"}}, {"language_info": {"name": "julia"}}, {"kernelspec": {"name": "ir"}},
    {"kernelspec": {"language": "Scala"}, "language_info": {"name": "python"}}, {"language_info": {"name": " R "}},
    {"kernelspec": {"language": "Wolfram"}}, {"kernelspec": {"language": ".net-csharp"}},
])
def test_other_languages(metadata):
    message = refusal(notebook(code("x <- c(1, 2)"), **metadata))
    assert "not for Python. Choose the Python 3 kernel" in message
    got = read(notebook(A1, C1, **metadata))  # ours, with the wrong kernel chosen
    assert len(got.cells) == 2 and "its cells were run as Python" in got.notes[0]


@pytest.mark.parametrize("metadata", [
    {"kernelspec": {"language": "python"}}, {"kernelspec": {"language": "Python"}}, {"language_info": {"name": "ipython"}},
    {"kernelspec": None}, {"kernelspec": []}, {"kernelspec": {"language": 3}}, {"llmcourse": None}, {"llmcourse": "x"},
    {"llmcourse": {"assignment": ["x"]}}, {"otter": 3}, {"language_info": {"name": "plaintext"}},
    {"kernelspec": {"display_name": "venv", "language": "python", "name": "python3"}, "language_info": {"name": "plaintext"}},
    {"kernelspec": {"name": "my-env"}, "language_info": {"name": ""}}, {"language_info": {"name": "raw"}},
    {"kernelspec": {"language": "\x1b[31m" + "x" * 5000}},
])
def test_metadata_that_does_no_harm(metadata):
    for cells in ((A1,), (code("x = 1"),)):
        got = read(notebook(*cells, **metadata))
        assert (len(got.cells), got.notes, got.assignment) == (1, [], None if metadata.keys() & {"llmcourse"} else "mini")


def test_metadata_that_is_no_dictionary():
    for metadata in (None, [], "x", 3):
        assert read({"cells": [A1, {**A2, "metadata": metadata}], "metadata": metadata}).cells[1].role is None


def test_encodings():
    french = notebook(code("mot = 'été'"))
    plain = json.dumps(french, ensure_ascii=False)
    assert read(plain.encode("utf-8-sig")).cells[0].source == "mot = 'été'"
    windows = read(plain.encode("cp1252"))
    assert windows.cells[0].source == "mot = 'été'" and "read as Windows-1252" in windows.notes[0]
    assert read(plain.replace("é", "\u0081").encode("latin-1")).cells  # a byte that Windows-1252 does not have
    assert read(json.dumps(notebook(code("x = '\ud800'"))).encode()).cells[0].source == "x = '\ud800'"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_what_windows_calls_unicode(encoding):
    text = json.dumps(notebook(code("mot = 'été 😀'")), ensure_ascii=False, indent=1).replace("\n", "\r\n")
    got = read(text.encode(encoding))
    assert got.cells[0].source == "mot = 'été 😀'"
    assert f"read as {encoding[:6].upper()}. Hand in the file that Jupyter saves" in got.notes[0]


def test_a_file_with_one_broken_letter_keeps_the_others():
    data = json.dumps(notebook(code("mot = 'été'  # caf?")), ensure_ascii=False).encode().replace(b"caf?", b"caf\xe9")
    assert read(data).cells[0].source == "mot = 'été'  # café"


@pytest.mark.parametrize(("encoding", "word"), [("cp932", "表示"), ("cp950", "功能"), ("gb18030", "漒"), ("cp1251", "слово")])
def test_other_encodings_of_windows_keep_the_code(encoding, word):
    """In the first three a letter holds the byte of a backslash, so that the file is no JSON as Windows-1252."""
    got = read(json.dumps(notebook(code(f"word = 1  # {word}!\nx = 2")), ensure_ascii=False).encode(encoding))
    assert re.fullmatch(r"word = 1  # .*\nx = 2", got.cells[0].source) and "not UTF-8" in got.notes[0]


def test_a_thousand_broken_letters_are_faults_and_more_are_another_encoding():
    for number, word in ((1000, "été"), (1001, "Ã©tÃ©")):
        data = json.dumps(notebook(code(f"x = 'été'  # {'?' * number}")), ensure_ascii=False).encode().replace(b"?", b"\xe9")
        assert read(data).cells[0].source == f"x = '{word}'  # {'é' * number}"


def test_too_many_cells():
    most = [code(f"x = {i}") for i in range(2000)]
    assert len(read(notebook(*most)).cells) == 2000 and read(notebook(*most)).notes == []
    got = read(notebook(*most, code("x = -1")))
    assert len(got.cells) == 2000 and got.notes == ["The notebook has 2001 cells; only the first 2000 were run."]
    assert got.cells[-1].number == 2000


# --- files that Jupyter cannot open -----------------------------------------------------------------------------------

WRITTEN = json.dumps(ORDINARY, indent=1)


def merge(ours: str, theirs: str, before: str, after: str, base: str | None = None, end: str = "\n") -> bytes:
    parts = [before, "<<<<<<< HEAD", ours, *(["||||||| 1a2b3c", base] if base is not None else []), "=======", theirs,
             ">>>>>>> origin/main", after]
    return "\n".join(parts).replace("\n", end).encode()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("base", [None, '    "old"'])
def test_an_unfinished_merge_is_graded_by_the_side_that_answers_more(base, end):
    lines = WRITTEN.split("\n")
    [at] = [i for i, line in enumerate(lines) if json.dumps("def f(x):\n    return x") in line]
    before, after = "\n".join(lines[:at]), "\n".join(lines[at + 1:])
    blank, answered = (lines[at].replace("return x", new) for new in ("...", "return 7"))
    for sides in ((blank, answered), (answered, blank)):
        got = read(merge(*sides, before, after, base, end))
        assert got.cells[1].source == "def f(x):\n    return 7" and len(got.cells) == 5
        assert "marks of an unfinished merge" in got.notes[0] and "delete the lines with the marks" in got.notes[0]


def test_of_a_merge_the_side_that_is_a_notebook_is_graded():
    """Though nothing is answered in it."""
    blank = json.dumps(notebook(code("...", "q1", "answer"), C1))
    for sides in ((blank, '{"x": 1}'), ('{"x": 1}', blank)):
        got = read(merge(*sides, "", ""))
        assert got.answered == 0 and got.cells[0].source == "..."


def test_what_is_odd_about_a_file_is_told_before_what_is_odd_in_it():
    notes = read(json.dumps(notebook(code("mot = 'été'"), C1, C1), ensure_ascii=False).encode("cp1252")).notes
    assert len(notes) == 2 and "read as Windows-1252" in notes[0] and notes[1].startswith("q1 is checked 2 times")


def test_a_merge_that_leaves_no_json_on_either_side():
    assert "keep one of the two parts" in refusal(b"<<<<<<< HEAD\n{\n=======\n[\n>>>>>>> x\n")
    assert read(notebook(code("'''\n<<<<<<< HEAD\n'''"))).notes == []  # only written about


def test_a_file_that_is_cut_short_keeps_its_whole_cells():
    first = WRITTEN.index(json.dumps(SETUP["source"]))
    for whole in (ORDINARY, {"nbformat": 4, "metadata": {}, **ORDINARY}):  # in the order of Jupyter and of Colab
        written = json.dumps(whole, indent=1)
        got = read(written[: written.index("Question 2") + 5].encode())
        assert [c.source for c in got.cells] == [SETUP["source"], A1["source"], C1["source"]]
        assert "ends in the middle; its first 4 cells are whole" in got.notes[0]
    assert read(WRITTEN[:-3].encode()).state_after("q2") == 5  # only the metadata is gone
    for at in (1, 12, first, first + 3):
        message = refusal(WRITTEN[:at].encode())
        assert "is cut short: it does not hold JSON up to its end. Jupyter cannot open it either" in message


def test_json_with_a_fault_in_the_middle():
    message = refusal(WRITTEN.replace("},", "}", 3).encode())
    assert "does not hold JSON without a fault. Jupyter cannot open it either" in message
    assert read(WRITTEN.replace("return x", "return\tx").encode()).cells[1].source.endswith("return\tx")  # a real tab


# --- little memory, little time ---------------------------------------------------------------------------------------

@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak of a process is read from /proc")
def test_no_json_fills_the_memory():
    """All of them in one fresh process, which says the highest number of MB that it had so far; the grader has 25 more."""
    run = subprocess.run([sys.executable, json_bombs.__file__, str(ROOT)], capture_output=True, text=True, timeout=120,
                         check=True)
    peaks = re.findall(r"^([\w ,-]+): (\d+) MB: (.*)$", run.stdout, re.MULTILINE)
    assert [name for name, _, _ in peaks] == list(json_bombs.BOMBS)
    assert all(int(peak) < 175 for _, peak, _ in peaks), run.stdout
    assert all(any(words in message.lower() for words in WHAT_TO_DO) for _, _, message in peaks)


def test_outputs_are_not_parsed_however_large_they_are():
    picture = {"output_type": "display_data", "data": {"image/png": "x" * 4 * 2**20}, "metadata": {"outputs": []}}
    numbers = {"output_type": "display_data", "data": {"application/vnd.plotly.v1+json": {"y": list(range(300_000))}}}
    lines = {"output_type": "stream", "name": "stdout", "text": ["[{\"]}\\\n"] * 200_000}
    large = notebook(SETUP, {**A1, "outputs": [picture, numbers, lines]}, C1, code('x = {"outputs": [1]}', outputs=[lines]),
                     widgets={"state": {"a": ["b"] * 300_000}})
    data = json.dumps(large).encode()
    assert MAX_KEPT < len(data) < MAX_BYTES
    got = read(data)
    assert [c.source for c in got.cells] == [SETUP["source"], A1["source"], C1["source"], 'x = {"outputs": [1]}']
    assert got.assignment == "mini" and got.state_after("q1") == 3


def test_pictures_in_written_answers_are_left_out_where_they_are_too_large():
    answer = {**text("see ![x](attachment:x.png)"), "attachments": {"x.png": {"image/png": "x" * MAX_KEPT}}}
    assert read(notebook(A1, answer)).assignment == "mini"
    assert "without its outputs" in refusal(notebook(A1, text("x" * (MAX_KEPT + 1))))


def test_two_hundred_thousand_values_are_read_and_no_more():
    most = b"[" + b"," * 199_998 + b"]"  # and a bracket at either end
    assert reading.without(most, set(), "x", Clock()) == most
    with pytest.raises(Unreadable, match="x holds too many lists and values to be read"):
        reading.without(most[:-1] + b",]", set(), "x", Clock())


def test_two_million_tokens_are_passed_over_and_no_more():
    outputs = b'{"a":[{"outputs":[' + b"[]" * 999_995  # 1,999,998 tokens with the names and their brackets: one too few
    start = outputs.count(b"[") + outputs.count(b"]") + outputs.count(b"{") + 2
    outputs += b'""' * (2_000_001 - 3 - start)
    assert reading.without(outputs + b"]}]", reading.OUTPUTS, "x", Clock()) == b'{"a":[{"outputs":[]}]'
    with pytest.raises(Unreadable, match="too many lists and values"):
        reading.without(outputs + b'""]}]', reading.OUTPUTS, "x", Clock())


def test_ten_mb_without_outputs_are_read_and_no_more():
    """The limit is for what is left, whatever was cut out."""
    size = MAX_KEPT - len(json.dumps(notebook(code("x = ''"))).encode())
    assert MAX_KEPT == 10 * 2**20 and read(notebook(code(f"x = '{'y' * size}'"))).cells
    assert "at most 10 MB are read" in refusal(notebook(code(f"x = '{'y' * (size + 1)}'")))


def test_the_time_is_looked_at_before_a_zip_is_opened_and_a_folder_read(tmp_path):
    placed(tmp_path, **{"a.zip": zipped(("mini.ipynb", GOOD))})
    for path in (tmp_path / "a.zip", tmp_path):
        with pytest.raises(Unreadable, match="takes too long to read"):
            list(finding.tiers(path, Clock(-1)))


def test_there_are_twenty_seconds():
    assert Clock().end - time.monotonic() == pytest.approx(20, abs=0.5)


def test_reading_ends_when_its_time_is_over():
    with pytest.raises(Unreadable, match="takes too long to read"):
        parse("mini.ipynb", json_bombs.BOMBS["lists"](), Clock(-1))


# --- files and folders ------------------------------------------------------------------------------------------------

def placed(folder, **files: bytes) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_finding_the_notebook(tmp_path):
    assert "nothing" in _unreadable(read_submission, tmp_path)
    placed(tmp_path, **{"notes.txt": b"x", "report.pdf": b"%PDF", "folder.ipynb/x.csv": b"1"})
    assert "No notebook was handed in, but folder.ipynb, notes.txt, report.pdf" in _unreadable(read_submission, tmp_path)
    placed(tmp_path, **{"a.zip": zipped(("in a zip.ipynb", GOOD))})
    assert read_submission(tmp_path).name == "in a zip.ipynb"
    placed(tmp_path, **{"deep/mini.IPYNB": GOOD})
    got = read_submission(tmp_path)
    assert (got.name, got.assignment, got.notes) == ("mini.IPYNB", "mini", [])


LEFT_BEHIND = ("__MACOSX/sub/._x.ipynb", "__MACOSX/._mini.ipynb", "__MACOSX/x.ipynb", "._mini.ipynb", "sub/._mini.ipynb",
               ".ipynb_checkpoints/mini-checkpoint.ipynb", "sub/.ipynb_checkpoints/mini-checkpoint.ipynb", ".~mini.ipynb",
               ".git/x.ipynb", ".venv/lib/x.ipynb", "venv/lib/python3.11/site-packages/p/test.ipynb", "mini.ipynb~",
               "node_modules/a/b.ipynb", "__pycache__/x.ipynb", "~$mini.ipynb", ".DS_Store")


@pytest.mark.parametrize("packed", [False, True])
def test_what_systems_leave_behind_is_no_notebook(tmp_path, packed):
    other = json.dumps(notebook(SETUP, A1)).encode()
    files = {name: b"\x00\x05\x16\x07\x00\x02" if "._" in name else other for name in LEFT_BEHIND}
    files["sub/mini.ipynb"] = GOOD
    placed(tmp_path, **({"a.zip": zipped(*files.items())} if packed else files))
    got = read_submission(tmp_path)
    assert (len(got.cells), got.notes) == (5, [])


@pytest.mark.parametrize("name", [
    "Thumbs.db", "ehthumbs.db", "desktop.ini", "Icon\r", "$RECYCLE.BIN", "__pycache__", "__MACOSX", "site-packages",
    "node_modules", ".anything", "~$any", "any~",
])
def test_what_is_left_behind(name):
    assert finding.is_left_behind(name) and not finding.is_left_behind(f"my{name}s")


def test_five_names_are_listed():
    assert finding.listed("gfedcba") == "a, b, c, d, e" and finding.listed([]) == "nothing"


def test_twenty_nine_folders_deep_and_no_deeper(tmp_path):
    here = tmp_path.joinpath(*["a"] * 29)
    (here / "b").mkdir(parents=True)
    placed(here / "b", **{"deep.ipynb": GOOD})
    assert "No notebook" in _unreadable(read_submission, tmp_path)
    placed(here, **{"mini.ipynb": GOOD})
    assert read_submission(tmp_path).name == "mini.ipynb" and read_submission(tmp_path).notes == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_notebook_of_another_name_is_found_in_every_encoding(tmp_path, encoding):
    placed(tmp_path, **{"homework": ("\r\n\t " + GOOD.decode()).encode(encoding), "notes.txt": b"hello"})
    assert read_submission(tmp_path).assignment == "mini"


@pytest.mark.parametrize("name", [
    "02_ngrams.ipynb.json", "02_ngrams.ipynb.txt", "02_ngrams.ipynb.ipynb", "02_ngrams (1).ipynb", "02_ngrams.ipynb (1)",
    "02_ngrams.ipynb.html", "02_ngrams.ipynb.download", "02_ngrams.json", "02_ngrams.txt", "02_ngrams", "homework 2.IPYNB.TXT",
    "02_ngrams.ipynb_", "02_ngrams.zip", "02_ngrams.ipynb.zip", "Ünï — 作业.ipynb", "no.dot.at all",
])
def test_the_name_of_the_file_does_not_matter(tmp_path, name):
    data = zipped(("mini.ipynb", GOOD)) if name.endswith(".zip") else GOOD
    placed(tmp_path, **{f"in/{name}": data})
    for path in (tmp_path / "in" / name, tmp_path / "in"):
        got = read_submission(path)
        assert (got.assignment, len(got.cells), got.notes) == ("mini", 5, [])
    if not name.endswith(".zip"):
        placed(tmp_path, **{"packed/a.zip": zipped((name, data))})
        assert read_submission(tmp_path / "packed").assignment == "mini"


def test_a_name_that_is_no_utf_8(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.ipynb")).write_bytes(GOOD)
    assert read_submission(tmp_path).assignment == "mini"


def test_folders_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.finding.MAX_ENTRIES", 100)
    here = tmp_path
    for _ in range(40):
        here = here / "a"
        here.mkdir()
    placed(here, **{"mini.ipynb": GOOD})
    assert "No notebook was handed in, but a." in _unreadable(read_submission, tmp_path)
    for i in range(100):
        (tmp_path / "a" / f"{i}").touch()
    assert "More than 100 files were handed in" in _unreadable(read_submission, tmp_path)


# --- several notebooks ------------------------------------------------------------------------------------------------

def answered(one: str, two: str, **metadata: object) -> bytes:
    return json.dumps(notebook(SETUP, code(one, "q1", "answer"), C1, code(two, "q2", "answer"), C2, **metadata)).encode()


BLANK, HALF, WHOLE = answered("f = ...", "..."), answered("f = 1", "def g(x):\n    ..."), answered("f = 1", "g = 2")


def test_of_several_notebooks_the_one_that_answers_more_is_taken(tmp_path):
    for best, others in (("mini-Copy1.ipynb", {"mini.ipynb": HALF}), ("mini.ipynb", {"mini-Copy1.ipynb": BLANK}),
                         ("final.ipynb", {"mini.ipynb": BLANK, "mini (1).ipynb": HALF, "b.ipynb": b"{"})):
        folder = tmp_path / best
        placed(folder, **others, **{best: WHOLE})
        for path in (folder, tmp_path / "a.zip"):
            placed(tmp_path, **{"a.zip": zipped(*others.items(), (best, WHOLE))})
            got = read_submission(path, "mini")
            assert (got.name, got.answered) == (best, 2)
            assert f"{best} was graded, which answers more questions. To be " in got.notes[0] and "just one" in got.notes[0]
            assert ("b.ipynb could not be read" in got.notes[-1]) == ("b.ipynb" in others)


def test_of_equal_notebooks_the_newest_is_taken_and_else_the_one_of_the_shortest_name(tmp_path):
    placed(tmp_path, **{"mini.ipynb": WHOLE, "mini-Copy1.ipynb": answered("f = 3", "g = 3")})
    now = time.time()
    for copied, original, best, why in ((0, -3600, "mini-Copy1.ipynb", "which is newer"),
                                        (-86_400, 0, "mini.ipynb", "which is newer"),
                                        (0, 0, "mini.ipynb", "whose name is shorter")):
        os.utime(tmp_path / "mini-Copy1.ipynb", (now, now // 60 * 60 + copied))
        os.utime(tmp_path / "mini.ipynb", (now, now // 60 * 60 + 5 + original))
        got = read_submission(tmp_path, "mini")
        assert got.name == best and f"{best} was graded, {why}. To be sure, " in got.notes[0], got.notes


@pytest.mark.parametrize(("older", "newer", "why"), [(600, 659, "whose name is shorter"), (659, 660, "which is newer")])
def test_files_of_one_minute_are_as_new_as_each_other(tmp_path, older, newer, why):
    """What is unpacked together gets times that are seconds apart."""
    placed(tmp_path, **{"mini.ipynb": WHOLE, "mini-Copy1.ipynb": answered("f = 3", "g = 3")})
    os.utime(tmp_path / "mini.ipynb", (older, older))
    os.utime(tmp_path / "mini-Copy1.ipynb", (newer, newer))
    got = read_submission(tmp_path, "mini")
    assert got.name == ("mini.ipynb" if "name" in why else "mini-Copy1.ipynb") and why in got.notes[0]


def test_what_decides_is_told_of_the_best_two(tmp_path):
    placed(tmp_path, **{"a.ipynb": WHOLE, "b.ipynb": answered("f = 3", "g = 3"), "c.ipynb": HALF})
    for name in "abc":
        os.utime(tmp_path / f"{name}.ipynb", (600, 600))
    got = read_submission(tmp_path, "mini")
    assert got.name == "b.ipynb" and got.notes == [
        "3 notebooks were handed in (a.ipynb, b.ipynb, c.ipynb); b.ipynb was graded, the last by name. To be sure, hand in "
        "just one .ipynb file."]


def test_of_many_notebooks_the_first_twenty_are_looked_at(tmp_path):
    placed(tmp_path, **{f"{i:02}.ipynb": BLANK for i in range(19)}, **{"19.ipynb": HALF, "20.ipynb": WHOLE})
    got = read_submission(tmp_path, "mini")
    assert got.name == "19.ipynb" and got.notes[0].startswith("20 notebooks were handed in")


def test_where_no_notebook_can_be_read_the_first_says_why(tmp_path):
    placed(tmp_path, **{"a.ipynb": b"%PDF", "b.ipynb": b"", "c.ipynb": b"{"})
    assert _unreadable(read_submission, tmp_path).startswith("a.ipynb is a PDF")


def test_the_notebook_of_the_assignment_is_taken(tmp_path):
    other = answered("f = 1", "g = 2", llmcourse={"assignment": "other"})
    placed(tmp_path, **{"a.ipynb": other, "b.ipynb": BLANK})
    got = read_submission(tmp_path, "mini")
    assert got.name == "b.ipynb" and "b.ipynb was graded, which is of this assignment. To be " in got.notes[0]
    assert read_submission(tmp_path, "other").name == "a.ipynb"
    placed(tmp_path, **{"c.ipynb.txt": WHOLE})
    (tmp_path / "b.ipynb").unlink()
    assert read_submission(tmp_path, "mini").name == "c.ipynb.txt"  # less likely by its name, but of this assignment
    (tmp_path / "c.ipynb.txt").unlink()
    assert not read_submission(tmp_path, "mini").belongs_to("mini")


@pytest.mark.parametrize(("source", "assignment", "belongs"), [
    ('grader = autograder.Notebook("03_gradient_descent.ipynb")', "02_ngrams", False),
    ("grader = otter.Notebook('03_gradient_descent.ipynb')", "02_ngrams", False),
    ('grader = autograder.Notebook( filename = "01_language_models")', "02_ngrams", False),
    ('grader = autograder.Notebook("02_ngrams.ipynb")', "02_ngrams", True),
    ('grader = autograder.Notebook("02_ngrams (1).ipynb")', "02_ngrams", True),
    ('grader = autograder.Notebook("02_ngrams_ada.ipynb")', "02_ngrams", True),
    ('grader = autograder.Notebook("homework.ipynb")', "02_ngrams", True),
    ("x = 1", "02_ngrams", True),
])
def test_a_notebook_without_metadata_belongs_to_the_unit_that_its_first_cell_names(source, assignment, belongs):
    got = read({"cells": [code(f"import autograder\n{source}"), A1], "metadata": {}})
    assert got.belongs_to(assignment) is belongs
    named = read({"cells": [code(source), A1], "metadata": {"llmcourse": {"assignment": assignment}}})
    assert named.belongs_to(assignment)  # the metadata is more certain


# --- files that cannot be read ----------------------------------------------------------------------------------------


def _unreadable(function, *args) -> str:
    with pytest.raises(Unreadable) as caught:
        function(*args)
    return str(caught.value)


def test_files_that_are_not_there_or_no_files(tmp_path):
    assert "not there" in _unreadable(read_submission, tmp_path / "none.ipynb")
    (tmp_path / "real.ipynb").write_bytes(GOOD)
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "real.ipynb")
    assert "is a link" in _unreadable(read_submission, tmp_path / "link.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    assert "special file" in _unreadable(read_submission, tmp_path / "pipe.ipynb")
    assert "special file" in _unreadable(read_submission, type(tmp_path)("/dev/zero"))


def test_a_file_that_the_disk_does_not_give(tmp_path, monkeypatch):
    def fail(path):
        raise OSError(5, "Input/output error")
    placed(tmp_path, **{"mini.ipynb": GOOD})
    monkeypatch.setattr(type(tmp_path), "read_bytes", fail)
    assert "mini.ipynb cannot be read (Input/output error). Hand it in again" in _unreadable(read_submission, tmp_path)


def test_links_and_folders_inside_a_submission(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.ipynb").write_bytes(GOOD)
    (inside / "folder").symlink_to(outside)
    assert "No notebook" in _unreadable(read_submission, inside)
    (inside / "mini.ipynb").symlink_to(outside / "secret.ipynb")
    assert "is a link" in _unreadable(read_submission, inside)
    (inside / "mini.ipynb").unlink()
    (inside / "mini.ipynb").mkdir()
    assert "No notebook was handed in, but folder, mini.ipynb. Hand in" in _unreadable(read_submission, inside)


def padded(size: int) -> bytes:
    """An ordinary notebook of exactly so many bytes, most of them in an output."""
    start, end = GOOD.split(b'"outputs": []', 1)
    return start + b'"outputs": ["' + b"x" * (size - len(GOOD) - 2) + b'"]' + end


def test_a_file_of_20_mb_is_read_and_one_byte_more_is_not(tmp_path):
    assert handed_in(tmp_path, "mini.ipynb", padded(MAX_BYTES)).assignment == "mini"
    assert "has 20 MB, at most 20 MB are read" in refused(tmp_path, "mini.ipynb", padded(MAX_BYTES + 1))
    with (tmp_path / "mini.ipynb").open("wb") as file:
        file.truncate(200 * 2**20)
    assert "200 MB" in _unreadable(read_submission, tmp_path / "mini.ipynb")


def test_a_notebook_of_20_mb_in_a_zip_is_read_and_one_byte_more_is_not(tmp_path):
    assert handed_in(tmp_path, "a.zip", zipped(("mini.ipynb", padded(MAX_BYTES)))).assignment == "mini"
    assert "too large" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", padded(MAX_BYTES + 1))))


def test_a_zip_of_a_whole_project_is_read_and_one_of_too_many_files_is_not(tmp_path, monkeypatch):
    others = [(f"venv/lib/python3.11/site-packages/p{i}/tests/test.ipynb", b"") for i in range(5000)]
    assert handed_in(tmp_path, "a.zip", zipped(("mini.ipynb", GOOD), *others)).assignment == "mini"
    monkeypatch.setattr("autograder.finding.MAX_ENTRIES", 5000)
    assert "The zip holds 5001 files" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", GOOD), *others))


def test_ten_thousand_files_in_a_zip_and_no_more(tmp_path):
    others = [(f"{i}", b"") for i in range(9_999)]
    assert handed_in(tmp_path, "a.zip", zipped(("mini.ipynb", GOOD), *others)).assignment == "mini"
    assert "The zip holds 10001 files" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", GOOD), *others, ("x", b"")))


def test_a_table_of_contents_of_two_mb_and_no_more():
    def end(size):
        return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, size, 0, 0)
    assert finding.directory_is_small(end(2 * 2**20)) is None
    with pytest.raises(Unreadable, match="too many files"):
        finding.directory_is_small(end(2 * 2**20 + 1))
    with pytest.raises(Unreadable, match="damaged"):
        finding.directory_is_small(end(5)[:-1])


def test_the_longest_comment_that_a_zip_can_have(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mini.ipynb", GOOD)
        archive.comment = b"x" * 65_535
    assert handed_in(tmp_path, "a.zip", buffer.getvalue()).assignment == "mini"


def test_the_newest_of_a_zip_is_taken(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, hour in (("mini.ipynb", 11), ("mini-Copy1.ipynb", 12)):
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 26, hour, 0, 0)), WHOLE)
    got = handed_in(tmp_path, "a.zip", buffer.getvalue())
    assert got.name == "mini-Copy1.ipynb" and "which is newer" in got.notes[0]


def test_a_zip_with_a_huge_table_of_contents_is_not_opened(tmp_path):
    """Each of its 46 bytes an entry would become an object of 500."""
    whole = zipped(("mini.ipynb", GOOD))
    directory = whole.index(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    entries = whole[directory:end] * 40_000
    tail = bytearray(whole[end:])
    struct.pack_into("<HHI", tail, 8, 1, 1, len(entries))
    tracemalloc.start()
    try:
        assert "too many files" in refused(tmp_path, "a.zip", whole[:directory] + entries + bytes(tail))
        assert tracemalloc.get_traced_memory()[1] < 5 * len(entries)
    finally:
        tracemalloc.stop()
    locator = b"PK\x06\x07" + bytes(16)  # of a zip whose table may be larger than its end says
    assert "unusual way" in refused(tmp_path, "a.zip", whole[:end] + locator + whole[end:])


def test_a_zero_byte_tells_a_binary_file_wherever_it_stands():
    for data in (b"\x00\xff\xfe", b"\xff\xfe\x00", b"{\xff\x00}"):
        assert "is a binary file" in refusal(data)
    assert "does not hold JSON" in refusal(b"\xff\xfe\x01")  # Windows-1252 has letters for these
    assert "does not hold JSON" in refusal(b"\x00x\x00")  # UTF-8 has a character for a zero byte


# --- zips -------------------------------------------------------------------------------------------------------------

def test_a_zip_with_one_notebook(tmp_path):
    for name in ("mini.ipynb", "../../mini.ipynb", "/etc/mini.ipynb", "..\\mini.ipynb", "a/b/mini.ipynb"):
        got = handed_in(tmp_path, "a.zip", zipped((name, GOOD), ("data.csv", b"1"), ("__MACOSX/._mini.ipynb", b"x"),
                                                  (".ipynb_checkpoints/mini.ipynb", GOOD)))
        assert got.assignment == "mini" and got.name == "mini.ipynb"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]  # nothing was unpacked
    assert not (tmp_path.parent / "mini.ipynb").exists()


def test_a_zip_that_is_called_a_notebook(tmp_path):
    assert handed_in(tmp_path, "mini.ipynb", zipped(("mini.ipynb", GOOD))).assignment == "mini"


def test_zips_without_a_notebook(tmp_path):
    assert "The zip holds no notebook, but nothing" in refused(tmp_path, "a.zip", zipped())
    others = zipped(("a.py", b"x = 1"), ("b.pdf", b"%PDF"))
    assert "The zip holds no notebook, but a.py, b.pdf" in refused(tmp_path, "a.zip", others)
    assert "is empty" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", b"")))
    office = zipped(("word/document.xml", b"<x/>"))
    assert "no notebook, but essay.docx" in refused(tmp_path, "a.zip", zipped(("essay.docx", office)))


def test_a_zip_in_a_zip(tmp_path):
    inner = zipped(("Homework 2/mini.ipynb", GOOD))
    for _ in range(3):
        assert handed_in(tmp_path, "a.zip", inner).assignment == "mini"
        inner = zipped(("homework.zip", inner), ("__MACOSX/._homework.zip", b"\0\5\x16\7"))
    assert "a zip in a zip in a zip" in refused(tmp_path, "a.zip", inner)
    placed(tmp_path, **{"submission/02.ipynb.zip": zipped(("a.zip", zipped(("mini.ipynb", GOOD))))})
    assert read_submission(tmp_path / "submission").assignment == "mini"


def test_zip_bombs(tmp_path):
    zeros = bytes(30 * 2**20)
    assert "too large" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", zeros)))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # whose decompressor knows no limit
        assert "unusual" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", zeros), method=method))
    assert len(bz2.compress(zeros)) < 100


def test_a_zip_bomb_that_lies_about_its_size(tmp_path):
    honest = zipped(("mini.ipynb", bytes(100 * 2**20)))
    size = struct.pack("<I", 100 * 2**20)
    lying = honest.replace(size, struct.pack("<I", 1000))
    assert lying != honest
    tracemalloc.start()
    try:
        refused(tmp_path, "a.zip", lying)
        assert tracemalloc.get_traced_memory()[1] < 3.5 * MAX_BYTES
    finally:
        tracemalloc.stop()


def test_damaged_zips(tmp_path):
    whole = bytearray(zipped(("mini.ipynb", GOOD * 3)))
    middle = bytes(whole[:60]) + bytes(40) + bytes(whole[100:])
    for data in (b"PK\x03\x04", b"not a zip", bytes(whole[:-30]), middle):
        assert "damaged" in refused(tmp_path, "a.zip", data)
    locked = bytes(whole).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    assert locked != bytes(whole) and "damaged or locked" in refused(tmp_path, "a.zip", locked)


# --- fuzzing ----------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=8), v, max_size=3), max_leaves=8)


def paths(value: object, so_far: tuple = ()) -> list[tuple]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [so_far, *(p for key, inner in items for p in paths(inner, (*so_far, key)))]


PATHS = [p for p in paths(ORDINARY) if p]


def cells_or_a_sentence(data: bytes) -> None:
    try:
        got = parse("mini.ipynb", data)
    except Unreadable as error:
        assert any(words in str(error).lower() for words in WHAT_TO_DO)
        return
    assert got.cells and all(type(c.source) is str and isinstance(c.question, str | None) for c in got.cells)
    assert all(got.state_after(q) in (None, *range(1, len(got.cells) + 1)) for q in ("q1", "q2"))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PATHS), json_values | st.just("delete")), min_size=1, max_size=4))
def test_mutated_notebooks(changes):
    changed = json.loads(GOOD)
    for path, new in changes:
        parent = changed
        try:
            for key in path[:-1]:
                parent = parent[key]
            if new == "delete":
                del parent[path[-1]]
            else:
                parent[path[-1]] = new
        except (KeyError, IndexError, TypeError):
            continue
    cells_or_a_sentence(json.dumps(changed).encode())


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=10))
def test_mutated_bytes(at, length, new):
    cells_or_a_sentence(GOOD[:at] + new + GOOD[at + length:])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=100))
def test_arbitrary_bytes(data):
    cells_or_a_sentence(data)


ZIP = zipped(("mini.ipynb", GOOD))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, len(ZIP)), st.integers(0, 4), st.binary(max_size=4))
def test_mutated_zips(tmp_path_factory, at, length, new):
    path = tmp_path_factory.getbasetemp() / "mutated.zip"
    path.write_bytes(ZIP[:at] + new + ZIP[at + length:])
    try:
        assert read_submission(path).cells
    except Unreadable as error:
        assert any(words in str(error).lower() for words in WHAT_TO_DO)
