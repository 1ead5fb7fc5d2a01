"""A cohort's run: nothing is lost and nothing is done twice, whatever ends it; what comes out of it."""

import contextlib
import csv
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import psutil
import pytest
from cohorts import UNIT
from units import ROOT, SUBMISSIONS

from autograder import cli
from autograder.cohort import command, journal, run, units
from autograder.cohort.child import AGAIN, Canary, grade_task
from autograder.cohort.entries import find
from autograder.cohort.journal import Journal
from autograder.cohort.pool import LocalPool, ended
from autograder.cohort.progress import Progress, clock
from autograder.cohort.records import record_of, report_of
from autograder.cohort.tasks import Task
from autograder.grade import nothing_graded
from autograder.isolation.probe import Isolation

QUIZ = "00_warmup"


@pytest.fixture(scope="module")
def warmup():
    return units.read_unit(ROOT / "solutions" / f"{QUIZ}.py")


class FakePool:
    """Grades nothing: half the tests pass, by what the file holds. ``stop`` ends the run before that many are done."""

    def __init__(self):
        self.graded, self.stop = [], {}

    def run(self, tasks):
        for done, task in enumerate(tasks):
            if done in self.stop:
                raise self.stop[done]
            report = nothing_graded(units.assignment_of(task.unit), "no", task.seed)
            report.refused, report.notes = None, []
            content = Path(task.entry.leaves[0].path).read_text()
            for test in report.tests[: len(content)]:
                test.passed = True
            self.graded.append(task.entry.label)
            yield task, record_of(report, answers={"q1": content})

    def close(self):
        pass


@pytest.fixture
def pool(monkeypatch):
    made = FakePool()
    monkeypatch.setattr(run, "start_pool", lambda *_: made)
    return made


@pytest.fixture
def grade(tmp_path):
    """Runs the command on ``tmp_path/in``; returns its exit status."""
    (tmp_path / "in").mkdir()

    def grade(*more, paths=(), verb="grade"):
        return cli.main([verb, QUIZ, *map(str, paths or [tmp_path / "in"]), "--results", str(tmp_path / "out"),
                         "--csv", str(tmp_path / "new" / "scores.csv"), *more])
    return grade


def hand_in(folder, **files):
    for name, content in files.items():
        (folder / "in" / f"{name}.ipynb").write_text(content)


def table(folder):
    return list(csv.DictReader((folder / "new" / "scores.csv").read_text(encoding="utf-8").splitlines()))


def test_where_no_gradebook_can_be_written_that_is_said(tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1", bo="22")
    assert grade("--quiet", "--gradebooks", str(tmp_path / "books")) == 0
    assert "no gradebook was written: no submission is named as Canvas" in capsys.readouterr().err
    assert list((tmp_path / "books").iterdir()) == []


def test_only_what_is_missing_or_changed_is_graded(tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1", bo="22", cy="333")
    assert grade("--quiet") == 0 and pool.graded == ["ada.ipynb", "bo.ipynb", "cy.ipynb"]
    first = table(tmp_path)
    assert [(r["student"], r["unit"], r["submission"]) for r in first] == [(n, QUIZ, f"{n}.ipynb") for n in ("ada", "bo", "cy")]
    assert 0 < float(first[0]["total"]) < float(first[1]["total"]) < float(first[2]["total"])
    assert all(sum(float(r[f"q{i}"]) for i in range(1, 8)) == float(r["total"]) for r in first)
    pool.graded.clear()
    assert grade("--quiet", "--resume") == 0 and pool.graded == [] and table(tmp_path) == first
    hand_in(tmp_path, bo="4444", dee="55555")
    (tmp_path / "out" / "ada.ipynb.json").unlink()
    assert grade("--quiet") == 0 and pool.graded == ["bo.ipynb", "dee.ipynb"]
    assert len(table(tmp_path)) == 4 and table(tmp_path)[1]["total"] > first[1]["total"]
    scores = {p.name: json.loads(p.read_text())["score"] for p in (tmp_path / "out").glob("*.ipynb.json")}
    assert scores == {r["submission"] + ".json": float(r["total"]) for r in table(tmp_path)}
    pool.graded.clear()
    assert grade("--quiet", "--afresh") == 0 and len(pool.graded) == 4
    assert len({r["seed"] for r in table(tmp_path)}) == 1  # everybody faces the same inputs
    assert grade("--quiet", "--seed", "5") == 0 and {r["seed"] for r in table(tmp_path)} == {"5"}


def test_other_tests_or_options_are_a_change(tmp_path, pool, grade, monkeypatch):
    hand_in(tmp_path, ada="1")
    grade("--quiet")
    assert grade("--quiet", "--patience", "2") == 0 and len(pool.graded) == 2
    command._read.cache_clear()
    made = units.read_unit(ROOT / "solutions" / f"{QUIZ}.py")
    monkeypatch.setattr(command, "_read", lambda path: {**made, "digest": "other"})
    assert grade("--quiet") == 0 and len(pool.graded) == 3


def test_rows_and_results_are_there_as_they_come(tmp_path, pool, grade):
    """When the third is begun, two are on the disk, in the journal, the table and their files."""
    hand_in(tmp_path, ada="1", bo="22", cy="333")
    seen = []

    class Watching(FakePool):
        def run(self, tasks):
            for done in super().run(tasks):
                rows = (tmp_path / "new" / "scores.csv").read_text().count("\n") - 1
                seen.append((rows, len(list((tmp_path / "out").glob("*.ipynb.json"))),
                             (tmp_path / "out" / run.JOURNAL).read_text().count("\n") - 1))
                yield done

    run.start_pool = lambda *_: Watching()  # the fixture puts the old one back
    assert grade("--quiet") == 0 and seen == [(0, 0, 0), (1, 1, 1), (2, 2, 2)]


@pytest.mark.parametrize(("error", "status", "told"), [
    (KeyboardInterrupt(), 130, "stopped. 2 of 4 submissions are graded and kept in"),
    (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
])
def test_a_run_that_ends_early_goes_on(error, status, told, tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1", bo="22", cy="333", dee="4444")
    pool.stop = {2: error}
    assert grade("--quiet") == status and told in capsys.readouterr().err and len(table(tmp_path)) == 2
    pool.stop = {}
    assert grade("--quiet") == 0 and pool.graded == ["ada.ipynb", "bo.ipynb", "cy.ipynb", "dee.ipynb"]
    assert len(table(tmp_path)) == 4


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    with Journal(tmp_path / "j") as book:
        book.begin(seed=1)
        book.add("a", {"report": 1})
        whole = (tmp_path / "j").read_bytes()

        def full(fd, data, place):
            if len(data) > 10:
                return real(fd, data[:10], place)
            raise OSError(errno.ENOSPC, "No space left on device")

        real = os.pwrite
        monkeypatch.setattr(journal.os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            book.add("b", {"report": "2" * 100})
        monkeypatch.undo()
        assert (tmp_path / "j").read_bytes() == whole and "b" not in book
        book.add("b", {"report": 3})
        assert book["a"]["report"] == 1 and book["b"]["report"] == 3


def test_nothing_of_half_a_line_stays_behind_a_shorter_one(tmp_path):
    path = tmp_path / "j"
    with Journal(path) as book:
        book.begin(seed=7)
        book.add("a", {"report": "long" * 100})
    path.write_bytes(path.read_bytes()[:-5])
    with Journal(path) as book:
        book.add("b", {"report": 1})
    assert [json.loads(line).get("key") for line in path.read_bytes().splitlines()] == [None, "b"]


def test_what_failed_through_no_fault_of_its_own_is_tried_again(tmp_path, pool, grade, monkeypatch, capsys):
    hand_in(tmp_path, ada="1", bo="22")

    class Failing(FakePool):
        def run(self, tasks):
            for task in tasks:
                yield task, task.failed("The process ended.")

    with monkeypatch.context() as patched:
        patched.setattr(run, "start_pool", lambda *_: Failing())
        assert grade("--quiet") == 1 and "ada.ipynb could not be graded: The process ended." in capsys.readouterr().err
    assert grade("--quiet") == 0 and pool.graded == ["ada.ipynb", "bo.ipynb"]


@pytest.mark.parametrize("cut", [1, 5, 20, 33])
def test_half_a_line_is_dropped(cut, tmp_path):
    """As after a power cut: what is not whole was not done; what comes after it is read again."""
    path = tmp_path / "j"
    with Journal(path) as book:
        book.begin(seed=7)
        book.add("a", {"report": {"x": 1}})
        book.add("b", {"report": {"x": 2}})
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as book:
        assert book.head["seed"] == 7 and "a" in book and "b" not in book
        book.add("c", {"report": {"x": 3}})
    with Journal(path) as book:
        assert [book[key]["report"]["x"] for key in book.places] == [1, 3]


def test_damaged_lines_cost_only_themselves(tmp_path):
    path = tmp_path / "j"
    with Journal(path) as book:
        book.begin(seed=7)
        for key in "abc":
            book.add(key, {"report": key})
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + b"\0" * 10 + b"\n" + b'["a list"]\n' + lines[3])
    with Journal(path) as book:
        assert {key: book[key]["report"] for key in book.places} == {"a": "a", "c": "c"}


@pytest.mark.parametrize("content", [b"hello\n", b"{}\n", b'{"cohort": 99}\n', b"no line"])
def test_another_file_is_not_overwritten(content, tmp_path):
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(ValueError, match="is not the journal of a cohort"):
        Journal(tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == content


@pytest.mark.parametrize("content", [b"", b'{"coh', b'{"cohort": 1, "se'])
def test_a_journal_that_was_cut_off_as_it_began_begins_anew(content, tmp_path):
    (tmp_path / "j").write_bytes(content)
    with Journal(tmp_path / "j") as book:
        book.begin(seed=3)
    assert json.loads((tmp_path / "j").read_text()) == {"cohort": 1, "seed": 3}


def test_two_runs_at_a_time_do_not_mix(tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1")
    with Journal(tmp_path / "out" / run.JOURNAL):
        assert grade("--quiet") == 1 and "another run is writing to" in capsys.readouterr().err
    assert grade("--quiet") == 0


def test_what_is_in_the_way_of_one_result_costs_no_other(tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1", bo="22")
    (tmp_path / "out" / "ada.ipynb.json").mkdir(parents=True)
    assert grade("--quiet") == 1 and len(table(tmp_path)) == 2
    assert "ada.ipynb.json could not be written" in capsys.readouterr().err


def test_bad_entries_beside_good_ones(tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1", cy="333")
    (tmp_path / "in" / "bo.ipynb").symlink_to("ada.ipynb")
    (tmp_path / "in" / "=cmd|x\nforged,99.ipynb").write_text("22")
    (tmp_path / "in" / "\x1b[2Jdee.ipynb").write_text("22")
    assert grade("--quiet", paths=[tmp_path / "in", tmp_path / "gone.ipynb"]) == 2
    rows = {r["student"]: r for r in table(tmp_path)}
    assert set(rows) == {"ada", "cy", "bo", "'=cmd|x forged,99", "dee", "gone"} and rows["bo"]["total"] == "0.0"
    assert "is a link or a special file" in rows["bo"]["told"]
    said = capsys.readouterr()
    assert "gone.ipynb is not there" in said.err and "\x1b" not in said.out + said.err
    assert len([line for line in said.out.splitlines() if "forged" in line]) == 1
    assert len(list((tmp_path / "out").glob("*.json"))) == 6


def test_a_machine_that_cannot_contain_gives_no_result(tmp_path, pool, grade, monkeypatch, capsys):
    hand_in(tmp_path, ada="1", bo="22")
    class Uncontained(FakePool):
        def run(self, tasks):
            for task, record in super().run(tasks):
                record["report"]["machine"] = "submissions are not contained on this machine"
                yield task, record

    monkeypatch.setattr(run, "start_pool", lambda *_: Uncontained())
    assert grade("--quiet") == 1 and "are not contained on this machine" in capsys.readouterr().err
    assert table(tmp_path) == [] and not list((tmp_path / "out").glob("*.ipynb.json"))


def test_ctrl_c_outside_of_grading_is_one_line(monkeypatch, capsys):
    def stopped(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run_regrade", stopped)
    assert cli.main(["regrade", QUIZ, "x"]) == 130 and capsys.readouterr().err == "autograder: stopped\n"


def test_a_file_where_a_folder_is_wanted(tmp_path, pool, grade, capsys):
    hand_in(tmp_path, ada="1")
    (tmp_path / "out").write_text("")
    assert grade() == 1 and "wants a folder" in capsys.readouterr().err and pool.graded == []


def test_the_unit_is_told_from_name_or_notebook(tmp_path, pool, capsys):
    (tmp_path / "in").mkdir()
    notebook = json.dumps({"cells": [], "nbformat": 4, "metadata": {"llmcourse": {"assignment": UNIT}}})
    for name, text in {f"doe_12_34_{QUIZ}.ipynb": "x", "roe_13_35_mine.ipynb": notebook, "poe_14_36_x.ipynb": "{}"}.items():
        (tmp_path / "in" / name).write_text(text)
    assert cli.main(["grade", "auto", str(tmp_path / "in"), "--csv", str(tmp_path / "new" / "scores.csv"), "--quiet"]) == 0
    rows = {r["student"]: r for r in table(tmp_path)}
    assert (rows["doe"]["unit"], rows["roe"]["unit"], rows["poe"]["unit"]) == (QUIZ, UNIT, "")
    assert "names a unit" in rows["poe"]["told"] and rows["roe"]["q10"] and not rows["doe"]["q10"]


# --- processes --------------------------------------------------------------------------------------------------------

def tasks_of(warmup, folder, files):
    hand_in(folder, **files)
    return [Task(number, entry, warmup, 1) for number, entry in enumerate(find([folder / "in"]).entries)]


def test_a_killed_process_costs_one_more_try(tmp_path, warmup):
    """One child is killed while it grades; every submission has one result. Whatever kills its process twice is said."""
    (tmp_path / "in").mkdir()
    tasks = tasks_of(warmup, tmp_path, {name: "not JSON" for name in ("ada", "bo", "cy", "dee")})
    pool = LocalPool(2)
    got = []
    with contextlib.closing(pool):
        for task, record in pool.run(tasks):
            got.append(task.number)
            assert "does not hold JSON" in report_of(record).refused
            if len(got) == 1:
                next(child for child in pool.children if child.task).process.kill()
    assert sorted(got) == [0, 1, 2, 3]
    assert all(child.process.poll() is not None for child in pool.children)


def test_a_canary_goes_first_and_again_after_a_number_of_submissions(tmp_path, warmup, monkeypatch):
    (tmp_path / "in").mkdir()
    [task] = tasks_of(warmup, tmp_path, {"ada": "not JSON"})
    sent = []
    monkeypatch.setattr("autograder.grade.probe", lambda *_: sent.append(tier) or Isolation(tier, ()))
    assignment, canary = units.assignment_of(warmup), Canary()
    for tier, number, wanted in (("T0", 3, 3), ("T2", AGAIN, 4), ("T2", 1, 5)):  # what is not contained is tried every time
        for _ in range(number):
            record = grade_task(task.message(), assignment, canary)
            assert record["report"]["isolation"]["tier"] == tier
        assert len(sent) == wanted
    grade_task({**task.message(), "results": "/elsewhere"}, assignment, canary)
    assert len(sent) == 6  # another folder that must not be reached


def test_the_present_folder_is_not_imported_from(tmp_path, warmup, monkeypatch):
    """It may be the folder of submissions, with a student's modules in it."""
    (tmp_path / "in").mkdir()
    [task] = tasks_of(warmup, tmp_path, {"ada": "not JSON"})
    for name in ("queue", "json", "autograder"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(LocalPool(1)) as pool:
        [(_, record)] = pool.run([task])
    assert "error" not in record


def test_a_submission_that_ends_its_process_twice_is_said(tmp_path, warmup, monkeypatch):
    (tmp_path / "in").mkdir()
    [task] = tasks_of(warmup, tmp_path, {"ada": "x"})
    monkeypatch.setattr("autograder.cohort.pool.sys", types.SimpleNamespace(executable="/bin/false"))
    pool = LocalPool(2)
    [(same, record)] = pool.run([task])
    assert same is task and "ended 2 times (exit status 1)" in record["error"]
    assert report_of(record).score == 0 and "Tell your instructor" in report_of(record).refused


def test_files_travel_with_a_task_and_one_that_is_gone_costs_no_other(tmp_path, warmup, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "in").mkdir()
    ada, bo = tasks_of(warmup, tmp_path, {"ada": "not JSON", "bo": "x"})
    (tmp_path / "in" / "bo.ipynb").unlink()
    messages = [json.loads(json.dumps(task.message(with_data=True))) for task in (ada, bo)]
    (tmp_path / "in" / "ada.ipynb").unlink()  # the other machine has none of them
    there, gone = (grade_task(message, units.assignment_of(warmup)) for message in messages)
    assert "does not hold JSON" in report_of(there).refused and "error" not in there
    assert "is not there" in report_of(gone).refused and not list((tmp_path / "tmp").glob("cohort-*"))


@pytest.mark.parametrize(("status", "told"), [(-9, "killed by SIGKILL"), (3, "exit status 3"), (-99, "killed by signal 99")])
def test_how_a_process_ended(status, told):
    assert ended(status) == told


def test_kill_and_ctrl_c_leave_no_process_and_lose_nothing(tmp_path):
    """The whole command is killed, then stopped with Ctrl-C, then left alone."""
    (tmp_path / "in").mkdir()
    mark = {"llmcourse": {"assignment": QUIZ}}
    for i in range(14):  # each takes its time, so that none but those that are asked for is done when the signal comes
        cell = {"cell_type": "code", "source": f"import time; time.sleep(0.4)  # {i}", "metadata": {}, "outputs": []}
        hand_in(tmp_path, **{f"s{i}": json.dumps({"cells": [cell], "metadata": mark, "nbformat": 4, "nbformat_minor": 5})})
    command = [sys.executable, "-m", "autograder", "grade", QUIZ, str(tmp_path / "in"), "--results", str(tmp_path / "out"),
               "--csv", str(tmp_path / "new" / "scores.csv"), "--quiet", "--jobs", "2"]
    book, done = tmp_path / "out" / run.JOURNAL, [[]]
    for stop in (signal.SIGKILL, signal.SIGINT, None):
        process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        family = []
        while stop and process.poll() is None and not (book.exists() and book.read_bytes().count(b"\n") > len(done[-1]) + 1):
            family = process.children(recursive=True)
            time.sleep(0.002)
        if stop:
            process.send_signal(stop)
        _, said = process.communicate()
        assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, None: 0}[stop], said
        assert psutil.wait_procs(family, timeout=20)[1] == []
        done.append([json.loads(line)["key"] for line in book.read_bytes().splitlines()[1:]])
    _, first, second, third = done
    assert 0 < len(first) < len(second) < len(third) == 14 and len(set(third)) == 14
    assert third[: len(second)] == second and second[: len(first)] == first
    assert [r["student"] for r in table(tmp_path)] == sorted(f"s{i}" for i in range(14))


# --- progress ---------------------------------------------------------------------------------------------------------

def test_progress_counts_this_runs_own_rate():
    progress = Progress(total=500, before=100)
    progress.done = 150
    assert progress.line(30.0) == "150/500  100 a minute  3:30 left"
    assert Progress(10).line(1.0) == "0/10  0 a minute  0:00 left"


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (59.6, "1:00"), (200, "3:20"), (3723, "1:02:03")])
def test_a_clock(seconds, told):
    assert clock(seconds) == told


def test_samples_are_recognised_too():
    """What the tests use is what a student has."""
    assert json.loads((SUBMISSIONS / f"{UNIT}_full.ipynb").read_text())["metadata"]["llmcourse"]["assignment"] == UNIT
