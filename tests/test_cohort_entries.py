"""Who handed in what: names of three systems, folders, zips, and what does not belong there."""

import os
import subprocess
import zipfile
from datetime import datetime

import pytest
from cohorts import UNIT, canvas, cohort, gradescope, moodle, people
from hypothesis import given
from hypothesis import strategies as st
from units import SUBMISSIONS

from autograder.cohort.entries import find
from autograder.cohort.leaves import MAX_DEPTH
from autograder.cohort.names import MAX_NAME, Student, cell, file_name, recognise

NOTEBOOK = (SUBMISSIONS / f"{UNIT}_half.ipynb").read_bytes()


def zipped(path, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(("name", "student", "rest", "late"), [
    ("doejane_12345_678901_02_ngrams.ipynb", Student("doejane", "canvas", "12345"), "02_ngrams.ipynb", False),
    ("doejane_LATE_12345_678901_02_ngrams.ipynb", Student("doejane", "canvas", "12345"), "02_ngrams.ipynb", True),
    ("doejane_late_12345_678901_x-2.ipynb", Student("doejane", "canvas", "12345"), "x-2.ipynb", True),
    ("oneill-bjørn_7_8_a_1_2.zip", Student("oneill-bjørn", "canvas", "7"), "a_1_2.zip", False),
    ("anon_a1b2c_678901_02_ngrams.ipynb", Student("anon", "canvas", "a1b2c"), "02_ngrams.ipynb", False),
    ("Jane Doe_4711_assignsubmission_file_", Student("Jane Doe", "moodle", "4711"), "", False),
    ("Jane Doe_4711_assignsubmission_file", Student("Jane Doe", "moodle", "4711"), "", False),
    ("Jane van_Doe_4711_assignsubmission_file_a_b.ipynb", Student("Jane van_Doe", "moodle", "4711"), "a_b.ipynb", False),
    ("Participant_4711_assignsubmission_file_", Student("Participant", "moodle", "4711"), "", False),
    ("submission_300123", Student("submission_300123", "gradescope", "300123"), "", False),
])
def test_names_of_the_three_systems(name, student, rest, late):
    found = recognise(name)
    assert (found.student, found.rest, found.late) == (student, rest, late)


@pytest.mark.parametrize("name", ["jane.ipynb", "02_ngrams.ipynb", "02_ngrams_jane.ipynb", "jane_doe", "lab_01_02_x.ipynb",
                                  "submission", "submission_x", "assignment_55_export", "a_1.ipynb", "_1_2_x"])
def test_names_of_nobody(name):
    assert recognise(name) is None


def test_a_cohort_of_three_exports(tmp_path):
    """Every student of the generator is found once, with number, address, lateness and notebook."""
    found = find(cohort(tmp_path, 30), datetime.fromisoformat("2026-11-20T23:59+01:00"))
    everybody = people(0, 30)
    entries = {e.students[0].id: e for e in found.entries}
    assert len(entries) == len(found.entries) == 31  # one handed in a PDF
    for p in everybody[:10]:
        entry = entries[str(7000 + p.number)]
        assert entry.students[0].system == "canvas" and entry.late is p.late
    for p in everybody[10:20]:
        assert entries[str(4000 + p.number)].students == (Student(p.name, "moodle", str(4000 + p.number)),)
    for p in everybody[20:]:
        entry = entries[str(300000 + p.number)]
        assert entry.students == (Student(p.name, "gradescope", str(300000 + p.number), f"s{p.number}@example.edu",
                                          f"S{p.number:05}"),)
        assert entry.late is p.late and entry.submitted.startswith("2026-11-")
    assert all([leaf.name for leaf in e.leaves] == [f"{UNIT}.ipynb"] for i, e in entries.items() if i != "6999")
    assert "No notebook was handed in, but notes.pdf." in entries["6999"].refused
    assert [why.split()[0] for _, why in found.ignored] == ["left", "no", "left"]
    assert [where.rpartition("/")[2] for where, _ in found.ignored] == ["._x.ipynb", "Reading list.pdf", "Thumbs.db"]


@pytest.mark.parametrize("make", [canvas, gradescope])
def test_an_export_is_found_in_a_folder_and_unpacked(make, tmp_path):
    students = people(0, 4)
    (tmp_path / "packed").mkdir()
    path = make(tmp_path / "packed" / "submissions.zip", students)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    packed, unpacked = find([tmp_path / "packed"]), find([tmp_path / "unpacked"])
    assert [e.students for e in packed.entries] == [e.students for e in unpacked.entries]
    assert len(packed.entries) == 4 + (make is canvas)


def test_a_group_of_two_is_one_submission_of_two_students(tmp_path):
    about = ("submission_9:\n  :submitters:\n  - :name: Ada\n    :email: a@x.edu\n  - :name: Bo\n    :email: b@x.edu\n"
             "  :created_at: 2026-11-19 10:02:03 -0800\n")
    path = zipped(tmp_path / "g.zip", **{"submission_9/x.ipynb": NOTEBOOK, "submission_metadata.yml": about})
    [entry] = find([path], datetime.fromisoformat("2026-11-19T18:00+00:00")).entries
    assert [s.name for s in entry.students] == ["Ada", "Bo"] and entry.who == "Ada, Bo" and entry.late is True


def test_metadata_that_is_no_yaml_costs_the_names_alone(tmp_path):
    path = zipped(tmp_path / "g.zip", **{"submission_9/x.ipynb": NOTEBOOK, "submission_metadata.yml": "a: [1,\n b"})
    found = find([path])
    assert [s.id for s in found.entries[0].students] == ["9"] and "is no YAML" in found.ignored[0][1]


def test_a_folder_or_a_zip_a_student(tmp_path):
    for name in ("ada", "bo"):
        (tmp_path / name / "deeper").mkdir(parents=True)
        (tmp_path / name / "deeper" / "answer.ipynb").write_bytes(NOTEBOOK)
    zipped(tmp_path / "cleo.zip", **{"answer.ipynb": NOTEBOOK, "plot.png": b"x"})
    (tmp_path / "dan.json").write_bytes(NOTEBOOK)  # some browsers save it so
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "essay.pdf").write_bytes(b"%PDF")
    (tmp_path / "fay").mkdir()
    (tmp_path / "notes.txt").write_text("not a notebook")
    found = find([tmp_path])
    assert sorted(e.who for e in found.entries) == ["ada", "bo", "cleo", "dan.json", "eve", "fay"]
    refused = {e.who: e.refused for e in found.entries if e.refused}
    assert "No notebook was handed in, but essay.pdf" in refused["eve"] and "is an empty folder" in refused["fay"]
    assert [where.rpartition("/")[2] for where, _ in found.ignored] == ["notes.txt"]


def test_several_files_of_a_student_are_one_submission(tmp_path):
    path = zipped(tmp_path / "c.zip", **{"doe_12_34_a.ipynb": NOTEBOOK, "doe_12_35_b.png": b"x", "roe_13_36_a.ipynb": NOTEBOOK})
    assert [[leaf.name for leaf in e.leaves] for e in find([path]).entries] == [["a.ipynb"], ["a.ipynb"]]
    loose = [tmp_path / name for name in ("doe_12_34_a.ipynb", "doe_12_35_b.ipynb", "roe_13_36_a.ipynb")]
    for file in loose:
        file.write_bytes(NOTEBOOK)
    assert [[leaf.name for leaf in e.leaves] for e in find(loose).entries] == [["a.ipynb", "b.ipynb"], ["a.ipynb"]]


def test_two_files_of_one_name_get_two_results(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.ipynb").write_bytes(NOTEBOOK)
    files = [e.file for e in find([tmp_path / "a" / "x.ipynb", tmp_path / "b" / "x.ipynb"]).entries]
    again = [e.file for e in find([tmp_path / "b" / "x.ipynb", tmp_path / "a" / "x.ipynb"]).entries]
    assert len(set(files)) == 2 and files == again[::-1]
    (tmp_path / "a" / "X.ipynb").write_bytes(NOTEBOOK)  # some file systems take capitals and small letters for the same
    assert len({e.file.casefold() for e in find([tmp_path / "a"]).entries}) == 2


def test_links_lead_to_nobody_else(tmp_path):
    folder = tmp_path / "cohort"
    (folder / "bob").mkdir(parents=True)
    (folder / "bob" / "x.ipynb").write_bytes(NOTEBOOK)
    (folder / "eve").symlink_to(folder / "bob")
    (folder / "dan.ipynb").symlink_to(folder / "bob" / "x.ipynb")
    (folder / "fay").mkdir()
    (folder / "fay" / "x.ipynb").symlink_to(folder / "bob" / "x.ipynb")
    os.mkfifo(folder / "pipe.ipynb")
    for found in (find([folder]), find(sorted(folder.iterdir()))):  # named as a folder, or by the shell one by one
        entries = {e.who: e for e in found.entries}
        assert set(entries) == {"bob", "dan", "eve", "fay", "pipe"} and entries["bob"].leaves
        assert all("is a link or a special file" in e.refused and not e.leaves for who, e in entries.items() if who != "bob")
    (tmp_path / "linked").symlink_to(folder)
    assert len(find([tmp_path / "linked"]).entries) == 5  # the one path that the instructor names


def test_links_in_a_zip_lead_nowhere(tmp_path):
    info = zipfile.ZipInfo("doe_12_34_a.ipynb")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr(info, "../roe_13_36_a.ipynb")
        archive.writestr("../roe_13_36_a.ipynb", NOTEBOOK)
    eve, roe = find([tmp_path / "c.zip"]).entries
    assert "is a link" in eve.refused and roe.leaves[0].parts == ("a.ipynb",)


def test_a_folder_of_any_depth_and_a_name_of_any_kind(tmp_path):
    folder = tmp_path / "cohort"
    path = folder / "deep"
    path.mkdir(parents=True)
    here = os.open(path, os.O_RDONLY)
    for _ in range(1200):  # deeper than Python recurses; made step by step, since the path is longer than the system takes
        os.mkdir("d", dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)
    (folder / ("n" * 244 + ".ipynb")).write_bytes(NOTEBOOK)
    with open(os.fsencode(folder) + b"/\xff\xfe\n.ipynb", "wb") as file:
        file.write(NOTEBOOK)
    (folder / "good.ipynb").write_bytes(NOTEBOOK)
    entries = {e.who[:4]: e for e in find([folder]).entries}
    assert f"nested deeper than {MAX_DEPTH} folders" in entries["deep"].refused
    assert len(entries) == 4 and entries["good"].leaves and entries["nnnn"].leaves
    assert all(len(f"{e.file}.json".encode()) < 200 and "\n" not in e.file for e in entries.values())
    subprocess.run(["rm", "-rf", str(path)], check=True)  # Python's own way to remove it recurses


def test_what_is_not_there_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    gone, empty = find([tmp_path / "gone.ipynb", tmp_path / "empty"]).entries
    assert gone.wrong_usage and "gone.ipynb is not there" in gone.refused
    assert empty.wrong_usage and "The folder empty holds no submission" in empty.refused
    (tmp_path / "empty" / "Thumbs.db").write_bytes(b"x")
    [empty] = find([tmp_path / "empty"]).entries
    assert empty.wrong_usage and "holds no submission" in empty.refused


@given(st.text(max_size=300), st.text(max_size=300))
def test_file_names_are_short_harmless_and_differ(a, b):
    x, y = file_name(a), file_name(b)
    assert 0 < len(x.encode()) <= MAX_NAME and "/" not in x and "\0" not in x and not x.startswith((".", "-"))
    assert (x == y) == (a == b) or x == y == "_"


def test_a_long_name_keeps_its_ending():
    assert file_name("é" * 200 + ".ipynb").endswith(".ipynb")


@pytest.mark.parametrize(("label", "start"), [("-rf.ipynb", "_rf-"), (".hidden.ipynb", "_hidden-"), ("a/b.ipynb", "a_b-"),
                                              ("", "_-"), ("..", "_.-"), ("  x.ipynb ", "x-"), ("a\x00b", "a_b-")])
def test_no_file_name_is_an_option_a_hidden_file_or_a_folder(label, start):
    made = file_name(label)
    assert made.startswith(start) and len(made) >= len(start) + 8
    assert file_name("plain name (1).ipynb") == "plain name (1).ipynb"


def test_a_student_of_whom_only_the_name_is_known():
    assert Student("Ada") == Student("Ada", system="", id="", email="", sid="") and Student("Ada B").key == "::ada b"


@pytest.mark.parametrize(("value", "wanted"), [
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1", "'+1"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"), ("Jane", "Jane"),
    ("a\nforged,1,2", "a forged,1,2"), ("\x1b[31mred\x1b[0m", "red"), ("\t=1", "'=1"), (3.5, 3.5), (-1, -1), ("", ""),
])
def test_cells_of_a_spreadsheet(value, wanted):
    assert cell(value) == wanted


def test_folders_named_one_by_one(tmp_path):
    """As the shell names them: one student's each, or, where they hold many notebooks, one class's each."""
    for folder, names in {"ada": ["x"], "bo": ["x"], "cy": [], "m1": ["dee", "eli"], "m2": ["flo", "gus"]}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.ipynb").write_bytes(NOTEBOOK)
    assert [e.who for e in find([tmp_path / "ada", tmp_path / "bo", tmp_path / "cy"]).entries] == ["ada", "bo", "cy"]
    assert [e.who for e in find([tmp_path / "m1", tmp_path / "m2"]).entries] == ["dee", "eli", "flo", "gus"]
    moodle(tmp_path / "m", people(0, 2))
    assert [e.students[0].id for e in find(sorted((tmp_path / "m").glob("*_file_"))).entries] == ["4000", "4001"]


def test_moodle_twice_is_two_students(tmp_path):
    """Two students of one name have two numbers."""
    moodle(tmp_path / "m", [people(3, 4)[0]])
    other = tmp_path / "m" / f"{people(3, 4)[0].name}_9_assignsubmission_file_"
    other.mkdir()
    (other / "x.ipynb").write_bytes(NOTEBOOK)
    text = tmp_path / "m" / f"{people(3, 4)[0].name}_9_assignsubmission_onlinetext_"
    text.mkdir()
    (text / "onlinetext.html").write_text("<p>hello</p>")
    found = find([tmp_path / "m"])
    assert sorted(s.id for e in found.entries for s in e.students) == ["4003", "9"]
    assert "a text typed in online, no file" in [why for _, why in found.ignored]


def test_copies_keep_the_time_of_a_file(tmp_path):
    from autograder.cohort.child import staged
    from autograder.cohort.leaves import Leaf

    for name, time in (("old.ipynb", 1_000_000_000), ("new.ipynb", 1_700_000_000)):
        (tmp_path / name).write_text("{}")
        os.utime(tmp_path / name, (time, time))
    leaves = [Leaf((path.name,), str(path), None, 2) for path in sorted(tmp_path.iterdir())]
    with staged([(leaf, None) for leaf in leaves]) as folder:
        assert {path.name: path.stat().st_mtime for path in folder.iterdir()} == {"old.ipynb": 1e9, "new.ipynb": 1.7e9}
    assert not folder.exists()
