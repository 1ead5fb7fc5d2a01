"""The command line as an instructor uses it."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pytest
from units import ROOT

from autograder.cli import main, table
from autograder.grade import grade
from autograder.session import Limits

SUBMISSIONS = ROOT / "tests" / "submissions"


def test_grading_one_submission_prints_every_test_and_the_diagnosis(capsys):
    assert main(["grade", "02_ngrams", str(SUBMISSIONS / "02_ngrams_misconceptions.ipynb")]) == 0
    out = capsys.readouterr().out
    assert "of 31 points" in out and "(hidden)" in out and "isolation" in out
    assert "Which position of the n-gram is predicted?" in out


def test_grading_a_folder_writes_results_and_a_csv(tmp_path, capsys):
    cohort = tmp_path / "cohort"
    cohort.mkdir()
    for kind in ("full", "blank", "not_json"):
        shutil.copy(SUBMISSIONS / f"02_ngrams_{kind}.ipynb", cohort / f"{kind}.ipynb")
    assert main(["grade", "02_ngrams", str(cohort), "--results", str(tmp_path / "results"), "--csv", str(tmp_path / "all.csv"),
                 "--quiet", "--jobs", "2", "--seed", "3"]) == 0
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text().splitlines()))
    assert [(r["submission"], float(r["total"])) for r in rows] == [
        ("blank.ipynb", 0), ("full.ipynb", 31), ("not_json.ipynb", 0)]
    assert {r["seed"] for r in rows} == {"3"}
    for row in rows:
        results = json.loads((tmp_path / "results" / f"{row['submission']}.json").read_text())
        assert results["score"] == float(row["total"]) and len(results["tests"]) == 29
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["submission", "score", "seconds", "what", "the", "student", "is", "told"]


def test_patience_multiplies_every_limit(tmp_path, monkeypatch):
    seen = []

    def watched(assignment, *rest, **more):
        seen.append(assignment.limits)
        return grade(assignment, *rest, **more)

    monkeypatch.setattr("autograder.cohort.child.grade", watched)
    main(["grade", "auto", str(SUBMISSIONS / "00_warmup_not_json.ipynb"), "--patience", "0.5"])
    assert seen == [Limits(cell=10.0, call=2.5, total=150.0)]


def test_a_seed_repeats_the_run(tmp_path):
    sample = str(SUBMISSIONS / "02_ngrams_misconceptions.ipynb")
    for name in ("a", "b"):
        main(["grade", "02_ngrams", sample, "--results", str(tmp_path / name), "--seed", "11"])
    a, b = (json.loads((tmp_path / name).read_text())["tests"] for name in ("a", "b"))
    assert a == b


@pytest.mark.parametrize(("arguments", "told"), [
    (["grade", "99_nothing", "x.ipynb"], "unknown unit '99_nothing'"),
    (["grade", "02_ngrams", "x.ipynb", "--due", "tomorrow"], "Invalid isoformat string: 'tomorrow'"),
    (["grade", "no-such.zip", "x.ipynb"], "no-such.zip"),
    (["assign", "99_nothing"], "unknown unit"),
    (["grade", "02_ngrams", "x.ipynb", "--patience", "0"], "patience is a factor above 0, not 0"),
    (["grade", "02_ngrams", "x.ipynb", "--patience", "nan"], "patience is a factor above 0, not nan"),
])
def test_wrong_names_are_named(arguments, told, capsys):
    assert main(arguments) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("name", "told"), [("gone.ipynb", "gone.ipynb is not there"), ("empty", "The folder empty holds no")])
def test_what_is_not_there_is_wrong_usage_and_still_gets_a_result(name, told, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["grade", "02_ngrams", str(tmp_path / name), "--results", str(tmp_path / "r.json")]) == 2
    results = json.loads((tmp_path / "r.json").read_text())
    assert results["score"] == 0 and len(results["tests"]) == 29 and told in results["output"]
    assert told in capsys.readouterr().err


def test_whoever_reads_only_the_first_line_sees_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "autograder", "grade", "02_ngrams", str(SUBMISSIONS / "02_ngrams_not_json.ipynb")]
    run = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert run.returncode == 141 and run.stderr == ""


def test_a_table_has_straight_columns_and_no_control_characters():
    lines = table([["a\x1b[31m", "1/2", "0.1", "x" * 300], ["longer", "10/20", "12.0", "said"]]).splitlines()
    assert lines[0].startswith("submission") and all(len(line) < 180 for line in lines)
    assert "\x1b" not in "".join(lines) and lines[2][: len("submission")].rstrip() == "a"
