"""The Gradescope zip also grades under stock otter-grader, with the same score."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from units import SUBMISSIONS, UNITS, graded_sample, master

from autograder.assign import write_zip, zip_files

pytest.importorskip("otter", reason="otter-grader is not installed")


KINDS = ["misconceptions", "reused_names"]


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """The samples that are tested here, graded by stock otter-grader, two at a time."""
    wanted = [tuple(map(i.callspec.params.get, ("unit", "kind"))) for i in request.session.items if i.module is request.module]
    with ThreadPoolExecutor(2) as pool:
        yield {(unit, kind): pool.submit(otter_run, unit, kind, tmp_path_factory.mktemp(unit)) for unit, kind in wanted}


def otter_run(unit, kind, folder):
    """The results of ``otter run`` with the unit's zip on a sample."""
    write_zip(zip_files(master(unit)), folder / f"{unit}.zip")
    subprocess.run([sys.executable, "-m", "otter", "run", "-a", folder / f"{unit}.zip", "-o", folder, "--no-logo",
                    SUBMISSIONS / f"{unit}_{kind}.ipynb"], check=True, capture_output=True, timeout=300, cwd=folder)
    return json.loads((folder / "results.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", UNITS)
def test_stock_otter_gives_the_same_score(unit, kind, runs):
    theirs, ours = runs[unit, kind].result(), graded_sample(SUBMISSIONS / f"{unit}_{kind}.ipynb")
    scores = {t["name"]: t["score"] for t in theirs["tests"] if "score" in t}
    expected: dict[str, float] = {}
    for test in ours.tests:
        expected[test.question] = expected.get(test.question, 0) + test.score
    assert scores == pytest.approx(expected)
    assert sum(scores.values()) == pytest.approx(ours.score)
