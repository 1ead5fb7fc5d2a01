"""The Gradescope zip also grades under stock otter-grader, with the same score."""

import json
import subprocess
import sys

import pytest
import samples
from units import SUBMISSIONS, UNITS, master

from autograder.assign import write_zip, zip_files

pytest.importorskip("otter", reason="otter-grader is not installed")

KINDS = ["misconceptions", "reused_names"]


def otter_run(unit, kind, folder):
    """The results of ``otter run`` with the unit's zip on a sample."""
    write_zip(zip_files(master(unit)), folder / f"{unit}.zip")
    subprocess.run([sys.executable, "-m", "otter", "run", "-a", folder / f"{unit}.zip", "-o", folder, "--no-logo",
                    SUBMISSIONS / f"{unit}_{kind}.ipynb"], check=True, capture_output=True, timeout=300, cwd=folder)
    return json.loads((folder / "results.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", UNITS)
def test_stock_otter_gives_the_same_score(unit, kind, tmp_path):
    theirs, ours = otter_run(unit, kind, tmp_path), samples.report(SUBMISSIONS / f"{unit}_{kind}.ipynb")
    scores = {t["name"]: t["score"] for t in theirs["tests"] if "score" in t}
    assert scores == pytest.approx(samples.by_question(ours))
    assert sum(scores.values()) == pytest.approx(ours.score)
