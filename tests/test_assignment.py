"""Reading an assignment from what was built: a Gradescope zip, or the folder it was unpacked into."""

import json
import zipfile

import pytest

from autograder.assignment import Assignment, from_folder, from_zip
from autograder.session import Limits

TEST = '''\
OK_FORMAT = False
from otter.test_files import test_case
name = "{name}"
@test_case(name="by hand", points={points}, hidden=False)
def test_one(double):
    assert double(2) == 4
@test_case(name="random", points=0.5, hidden=True, failure_message="Why?")
def test_two(double):
    assert double(3) == 6
'''
CONFIG = {"name": "mini", "title": "Mini", "questions": ["q2", "q1"], "points": 4, "needs": ["torch"],
          "limits": {"cell": 1.0, "call": 2.0, "total": 3.0}}
FILES = {"assignment.json": json.dumps(CONFIG), "tests/q1.py": TEST.format(name="q1", points=1),
         "tests/q2.py": TEST.format(name="q2", points=2)}


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def check(assignment):
    assert assignment.name == "mini" and assignment.needs == ("torch",) and assignment.max_score == 4
    assert assignment.limits == Limits(cell=1.0, call=2.0, total=3.0)
    read = [(q, c.name, c.points, c.hidden, c.failure_message) for q, cases in assignment.questions.items() for c in cases]
    assert read == [("q2", "by hand", 2, False, None), ("q2", "random", 0.5, True, "Why?"),
                    ("q1", "by hand", 1, False, None), ("q1", "random", 0.5, True, "Why?")]
    case = assignment.questions["q1"][0]
    assert case.run({"double": lambda n: 2 * n}) is None and case.run({"double": lambda n: n}) is not None


def test_a_zip_is_its_own_secret(tmp_path, monkeypatch):
    zipped(tmp_path / "mini.zip", FILES)
    monkeypatch.chdir(tmp_path)
    assignment = from_zip((tmp_path / "mini.zip").relative_to(tmp_path))
    check(assignment)
    assert assignment.secrets == (str(tmp_path / "mini.zip"),)


def test_the_tests_of_a_folder_are_secret_as_a_folder_and_one_by_one(tmp_path):
    (tmp_path / "tests").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assignment = from_folder(tmp_path)
    check(assignment)
    tests = tmp_path / "tests"
    assert assignment.secrets == (str(tests), str(tests / "q2.py"), str(tests / "q1.py"))


@pytest.mark.parametrize("missing", FILES)
def test_a_zip_without_one_of_its_files_is_refused(tmp_path, missing):
    path = zipped(tmp_path / "mini.zip", {name: text for name, text in FILES.items() if name != missing})
    with pytest.raises(ValueError, match=r"mini.zip is no zip made by autograder assign \(.*" + missing.rpartition("/")[2]):
        from_zip(path)


def test_what_is_no_zip_is_refused(tmp_path):
    (tmp_path / "mini.zip").write_text("PK")
    with pytest.raises(ValueError, match=r"no zip made by autograder assign \(File is not a zip"):
        from_zip(tmp_path / "mini.zip")


def test_an_assignment_alone_has_the_usual_limits_and_no_secrets():
    assignment = Assignment("mini", {})
    assert (assignment.limits, assignment.secrets, assignment.needs, assignment.max_score) == (Limits(), (), (), 0)
    assert (Limits().cell, Limits().call, Limits().total) == (20.0, 5.0, 300.0)
