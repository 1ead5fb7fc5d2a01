"""The same command on Dask's workers: two processes on loopback, one of which is killed."""

import csv
import json
import os
import signal
import time

import pytest

from autograder import cli
from autograder.cohort import run

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning",  # what a killed worker leaves open
                                        "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, as a scheduler on another machine would have them."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
                                  silence_logs=50) as made, distributed.Client(made) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


def test_a_killed_worker_loses_no_result_and_none_counts_twice(cluster, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    names = [f"s{i:02}" for i in range(12)]
    for name in names:
        (folder / f"{name}.ipynb").write_text(f"no JSON, from {name}")
    killed = []
    keep = run._keep

    def kill_one(*told, **more):
        keep(*told, **more)
        if not killed:  # a worker that has a result which nobody has fetched yet, and a task that it is busy with
            pids, limit = cluster.run(os.getpid), time.monotonic() + 30
            while not (holding := [w for w, keys in cluster.has_what().items() if keys]) and time.monotonic() < limit:
                time.sleep(0.02)
            killed.extend(holding[:1])
            os.kill(pids[holding[0]], signal.SIGKILL)

    monkeypatch.setattr(run, "_keep", kill_one)
    assert cli.main(["grade", "00_warmup", str(folder), "--scheduler", cluster.scheduler.address, "--results",
                     str(tmp_path / "out"), "--csv", str(tmp_path / "scores.csv"), "--quiet"]) == 0
    records = [json.loads(line) for line in (tmp_path / "out" / run.JOURNAL).read_text().splitlines()[1:]]
    assert killed and sorted(record["label"] for record in records) == [f"{name}.ipynb" for name in names]
    assert not any(record.get("error") for record in records)
    assert all("does not hold JSON" in record["report"]["refused"] for record in records)
    rows = list(csv.DictReader((tmp_path / "scores.csv").read_text().splitlines()))
    assert [row["student"] for row in rows] == names


def test_nobody_at_the_address(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("autograder.cohort.cluster.WAIT_SECONDS", 0.3)
    (tmp_path / "ada.ipynb").write_text("x")
    assert cli.main(["grade", "00_warmup", str(tmp_path), "--scheduler", "tcp://127.0.0.1:9", "--csv",
                     str(tmp_path / "s.csv")]) == 1
    assert "127.0.0.1:9" in capsys.readouterr().err
