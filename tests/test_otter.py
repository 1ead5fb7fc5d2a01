"""The Gradescope zip also grades under stock otter-grader, with the same score."""

import json
import subprocess
import sys

import pytest
from units import ROOT, UNITS, graded_sample, master

from autograder.assign import write_zip, zip_files

pytest.importorskip("otter", reason="otter-grader is not installed")


@pytest.mark.parametrize("kind", ["misconceptions", "reused_names"])
@pytest.mark.parametrize("unit", UNITS)
def test_stock_otter_gives_the_same_score(unit, kind, tmp_path):
    sample = ROOT / "tests" / "submissions" / f"{unit}_{kind}.ipynb"
    write_zip(zip_files(master(unit)), tmp_path / f"{unit}.zip")
    subprocess.run([sys.executable, "-m", "otter", "run", "-a", tmp_path / f"{unit}.zip", "-o", tmp_path, "--no-logo", sample],
                   check=True, capture_output=True, timeout=300, cwd=tmp_path)
    theirs = json.loads((tmp_path / "results.json").read_text())
    ours = graded_sample(sample)
    scores = {t["name"]: t["score"] for t in theirs["tests"] if "score" in t}
    expected: dict[str, float] = {}
    for test in ours.tests:
        expected[test.question] = expected.get(test.question, 0) + test.score
    assert scores == pytest.approx(expected)
    assert sum(scores.values()) == pytest.approx(ours.score)
