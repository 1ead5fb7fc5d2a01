"""Reading what was handed in: whatever it is, cells come out or a sentence that says what to do."""

import bz2
import io
import json
import os
import struct
import tracemalloc
import zipfile

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import submission
from autograder.submission import Submission, Unreadable, find_notebook, parse, read_submission

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


@pytest.mark.parametrize("source", [" " * 10**6, "\n" * 10**6, "grader" + " " * 10**6, "grader.check(" * 10**5, '"' * 10**6])
def test_looking_for_checks_takes_no_time(source):
    assert read(notebook(code(source))).cells[0].role is None


# --- odd notebooks ----------------------------------------------------------------------------------------------------

def test_what_is_not_a_notebook():
    for empty in (b"", b" \n\t"):
        assert "is empty" in refusal(empty)
    assert "binary" in refusal(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")
    assert "binary" in refusal("{}".encode("utf-16"))
    for data in (b"x = 1\n", b"{", b'{"cells": [', b"<html></html>", b"[" * 100_000, b'{"a": ' * 100_000, b"9" * 10_000,
                 b"\xef\xbb\xbf"):
        assert "does not hold JSON" in refusal(data)
    for value in (None, 1, "x", [], {}, {"cells": {}}, {"cells": "x"}, {"cells": None}, [ORDINARY]):
        assert "not a notebook" in refusal(value)
    assert "old format" in refusal({"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}], "nbformat": 3})


def test_what_has_no_code():
    for cells in ([], [text("x")], [None, 1, "code", [], {}], [{"cell_type": "raw", "source": "x"}], [code(7)],
                  [code({"a": 1})]):
        assert "no code cells" in refusal(notebook(*cells))


@pytest.mark.parametrize("metadata", [
    {"kernelspec": {"language": "R", "name": "ir"}}, {"language_info": {"name": "julia"}},
    {"kernelspec": {"language": "\x1b[31m" + "x" * 5000}},
])
def test_other_languages(metadata):
    message = refusal(notebook(A1, **metadata))
    assert "not for Python" in message and len(message) < 300 and "\x1b" not in message


@pytest.mark.parametrize("metadata", [
    {"kernelspec": {"language": "python"}}, {"kernelspec": {"language": "Python"}}, {"language_info": {"name": "ipython"}},
    {"kernelspec": None}, {"kernelspec": []}, {"kernelspec": {"language": 3}}, {"llmcourse": None}, {"llmcourse": "x"},
    {"llmcourse": {"assignment": ["x"]}}, {"otter": 3},
])
def test_metadata_that_does_no_harm(metadata):
    assert len(read(notebook(A1, **metadata)).cells) == 1


def test_metadata_that_is_no_dictionary():
    for metadata in (None, [], "x", 3):
        assert read({"cells": [A1, {**A2, "metadata": metadata}], "metadata": metadata}).cells[1].role is None


def test_encodings():
    french = notebook(code("mot = 'été'"))
    plain = json.dumps(french, ensure_ascii=False)
    assert read(plain.encode("utf-8-sig")).cells[0].source == "mot = 'été'"
    windows = read(plain.encode("cp1252"))
    assert windows.cells[0].source == "mot = 'été'" and "Windows-1252" in windows.notes[0]
    assert read(plain.replace("é", "\u0081").encode("latin-1")).cells  # a byte that Windows-1252 does not have
    assert read(json.dumps(notebook(code("x = '\ud800'"))).encode()).cells[0].source == "x = '\ud800'"


def test_too_many_cells():
    most = [code(f"x = {i}") for i in range(2000)]
    assert len(read(notebook(*most)).cells) == 2000 and read(notebook(*most)).notes == []
    got = read(notebook(*most, code("x = -1")))
    assert len(got.cells) == 2000 and got.notes == ["The notebook has 2001 cells; only the first 2000 were run."]
    assert got.cells[-1].number == 2000


def test_json_that_would_fill_the_memory():
    data = b'{"cells": [' + b"[]," * 5_000_000 + b"[]]}"
    tracemalloc.start()
    try:
        assert "too many lists" in refusal(data)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    finally:
        tracemalloc.stop()


# --- files and folders ------------------------------------------------------------------------------------------------

def test_finding_the_notebook(tmp_path):
    assert "nothing" in _unreadable(find_notebook, tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    assert "notes.txt" in _unreadable(find_notebook, tmp_path)
    (tmp_path / "a.zip").write_bytes(zipped(("mini.ipynb", GOOD)))
    assert find_notebook(tmp_path).name == "a.zip" and read_submission(tmp_path).assignment == "mini"
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "x-checkpoint.ipynb").write_bytes(GOOD)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "mini.IPYNB").write_bytes(GOOD)
    assert find_notebook(tmp_path).name == "mini.IPYNB" and read_submission(tmp_path).name == "mini.IPYNB"
    (tmp_path / "b.ipynb").write_bytes(GOOD)
    message = _unreadable(find_notebook, tmp_path)
    assert "2 notebooks" in message and "b.ipynb" in message


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
    assert "special file" in _unreadable(read_submission, inside)


MOST = 20 * 2**20  # bytes


def padded(size: int) -> bytes:
    """An ordinary notebook of exactly so many bytes."""
    return GOOD[:-1] + b" " * (size - len(GOOD)) + b"}"


def test_a_file_of_20_mb_is_read_and_one_byte_more_is_not(tmp_path):
    assert handed_in(tmp_path, "mini.ipynb", padded(MOST)).assignment == "mini"
    assert "has 20 MB, at most 20 MB are read" in refused(tmp_path, "mini.ipynb", padded(MOST + 1))
    with (tmp_path / "mini.ipynb").open("wb") as file:
        file.truncate(200 * 2**20)
    assert "200 MB" in _unreadable(read_submission, tmp_path / "mini.ipynb")


def test_a_notebook_of_20_mb_in_a_zip_is_read_and_one_byte_more_is_not(tmp_path):
    assert handed_in(tmp_path, "a.zip", zipped(("mini.ipynb", padded(MOST)))).assignment == "mini"
    assert "too large" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", padded(MOST + 1))))


def test_a_zip_of_200_files_is_read_and_one_more_is_not(tmp_path):
    others = [(f"{i}.txt", b"") for i in range(200)]
    assert handed_in(tmp_path, "a.zip", zipped(("mini.ipynb", GOOD), *others[:199])).assignment == "mini"
    assert "The zip holds 201 files" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", GOOD), *others))


def test_a_million_lists_are_read_and_one_more_is_not():
    few = GOOD.count(b"[") + GOOD.count(b"{")
    for opened in (b"[", b"{"):
        most = GOOD[:-1] + b', "note": "' + opened * (10**6 - few) + b'"}'
        assert read(most).assignment == "mini"
        assert "too many lists" in refusal(most.replace(b'"note": "', b'"note": "' + opened))


def test_a_zero_byte_tells_a_binary_file_wherever_it_stands():
    for data in (b"\x00\xff\xfe", b"\xff\xfe\x00", b"{\xff\x00}"):
        assert "is a binary file" in refusal(data)
    assert "does not hold JSON" in refusal(b"\xff\xfe\x01")  # Windows-1252 has letters for these
    assert "does not hold JSON" in refusal(b"\x00")  # UTF-8 has a character for a zero byte


# --- zips -------------------------------------------------------------------------------------------------------------

def test_a_zip_with_one_notebook(tmp_path):
    for name in ("mini.ipynb", "../../mini.ipynb", "/etc/mini.ipynb", "..\\mini.ipynb", "a/b/mini.ipynb"):
        got = handed_in(tmp_path, "a.zip", zipped((name, GOOD), ("data.csv", b"1"), ("__MACOSX/._mini.ipynb", b"x"),
                                                  (".ipynb_checkpoints/mini.ipynb", GOOD)))
        assert got.assignment == "mini" and "/" not in got.name
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]  # nothing was unpacked
    assert not (tmp_path.parent / "mini.ipynb").exists()


def test_a_zip_that_is_called_a_notebook(tmp_path):
    assert handed_in(tmp_path, "mini.ipynb", zipped(("mini.ipynb", GOOD))).assignment == "mini"


def test_zips_without_one_notebook(tmp_path):
    assert "0 notebooks" in refused(tmp_path, "a.zip", zipped())
    assert "0 notebooks" in refused(tmp_path, "a.zip", zipped(("a.py", b"")))
    assert "0 notebooks" in refused(tmp_path, "a.zip", zipped(("inner.zip", zipped(("mini.ipynb", GOOD)))))
    assert "2 notebooks" in refused(tmp_path, "a.zip", zipped(("a.ipynb", GOOD), ("b.ipynb", GOOD)))
    assert "300 files" in refused(tmp_path, "a.zip", zipped(*[(f"{i}.txt", b"") for i in range(300)]))
    assert "is empty" in refused(tmp_path, "a.zip", zipped(("mini.ipynb", b"")))


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
        assert tracemalloc.get_traced_memory()[1] < 2.5 * submission.MAX_BYTES
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
