"""A miniature torch assignment: tensors by value, a module through handles, a gradient; the grader itself imports no torch."""

import importlib.util
import subprocess
import sys

import pytest
from units import ROOT

from autograder.assign import assignment_of, needs
from autograder.grade import grade
from autograder.master import read_master
from autograder.notebook import student_notebook, write_notebook

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
MASTER = read_master(ROOT / "tests" / "fixtures" / "98_torch_mini.py")


def graded(tmp_path, *changes, solved=True):
    notebook = student_notebook(MASTER, solved=solved)
    for old, new in changes:
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    write_notebook(notebook, tmp_path / "torch.ipynb")
    return grade(assignment_of(MASTER), tmp_path / "torch.ipynb", unsafe=True)


def test_the_skeleton_gets_nothing(tmp_path):
    assert needs(MASTER) == ["torch"]
    blank = graded(tmp_path, solved=False)
    assert blank.score == 0 and all(t.blank for t in blank.tests)


def test_mistakes_with_tensors_modules_and_gradients(tmp_path):
    report = graded(tmp_path, ("dim=1", "dim=0"), ("nn.Parameter(torch.ones(d))", "torch.ones(d)"),
                    ("return w.grad", "return w.grad.sum()"))
    assert report.tests[0].hint == "Each row has its own mean. Which dimension did you average over?"
    assert [t.passed for t in report.tests] == [False, False, True, False, False, False]
    assert "expected shape (2,)" in report.tests[4].message


def test_what_else_is_wrong_with_a_tensor_is_said(tmp_path):
    report = graded(tmp_path, ("x - x.mean(dim=1, keepdim=True)", "x.sub_(x.mean(dim=1, keepdim=True))"),
                    ("x * self.weight", "x + self.missing"), ("return w.grad", "return w.grad.numpy()"))
    assert "not what it was before the call" in report.tests[0].message
    assert "AttributeError" in report.tests[2].message
    assert "expected a torch tensor" in report.tests[4].message


@pytest.mark.parametrize("dim", [1, 0])
def test_grading_imports_no_torch_whether_an_answer_is_right_or_a_known_mistake(dim, tmp_path):
    notebook = student_notebook(MASTER, solved=True)
    for cell in notebook.cells:
        cell.source = cell.source.replace("dim=1", f"dim={dim}")
    write_notebook(notebook, tmp_path / "torch.ipynb")
    code = (f"import sys; from pathlib import Path; from autograder.master import read_master; "
            f"from autograder.assign import assignment_of; from autograder.grade import grade; "
            f"r = grade(assignment_of(read_master(Path({str(MASTER.path)!r}))), Path({str(tmp_path / 'torch.ipynb')!r}), "
            f"unsafe=True); print(format(r.score, 'g'), bool(r.tests[0].hint), 'torch' in sys.modules)")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == (["8", "False", "False"] if dim else ["5", "True", "False"])
