"""After ``kill -9`` on the grader: what its submission left behind is found by the next one, and nothing else is touched."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest
from units import ROOT

from autograder.isolation import leftovers, processes
from autograder.isolation.plan import FIRST_UID

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc here")
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
GRADER = """
import json, sys, time
from autograder.isolation import processes
from autograder.isolation.plan import default
from autograder.session import Session
cell = '''
import os, time
for _ in range(2):
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        time.sleep(60)
'''
plan = default(default().without("namespaces", *sys.argv[1:]).layers)
session = Session(plan=plan)
session.run_cell(cell, 1)
print(json.dumps([sorted(processes.members(session.process.pid, plan.uid)), plan.uid]), flush=True)
time.sleep(60)
"""


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """A place for notes that no other grader of this machine uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path / f"llmcourse-graders-{os.geteuid()}"


def alive(pids):
    table = processes.table()
    return {pid for pid in pids if table.get(pid, (0, 0, 0, "Z"))[3] != "Z"}


def waited_for(condition, seconds=10.0):
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize("without", [[], ["uid"]], ids=["a user of its own", "the grader's user"])
def test_what_a_killed_grader_leaves_is_ended_by_the_next(notes, without):
    """Children of a worker do not die with it: 60 seconds they would sleep, and they cannot leave its session."""
    if os.geteuid() != 0 and not without:
        pytest.skip("a worker with a user of its own needs root")
    grader = subprocess.Popen([sys.executable, "-c", GRADER, *without], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    bystander = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        workers, uid = json.loads(grader.stdout.readline())
        assert len(workers) == 3 and (uid is None) == bool(without)
        assert leftovers.sweep() == [] and alive(workers) == set(workers), "a grader that lives was disturbed"
        grader.kill()
        grader.wait()
        assert waited_for(lambda: len(alive(workers)) == 2), "the worker itself dies with its grader, its children do not"
        orphans = alive(workers)
        assert set(leftovers.sweep()) == orphans and waited_for(lambda: not alive(workers))
        assert list(notes.iterdir()) == [] and bystander.poll() is None and leftovers.sweep() == []
    finally:
        for process in (grader, bystander):
            process.kill()
            process.wait()
        grader.stdout.close()


def test_a_note_is_there_as_long_as_the_worker(notes):
    note = leftovers.Note(os.getpid(), None)
    assert [json.loads(p.read_text()) for p in notes.iterdir()] == [
        {"worker": os.getpid(), "started": processes.started(os.getpid()), "uid": None}]
    assert leftovers.sweep() == []
    note.remove()
    note.remove()
    assert list(notes.iterdir()) == []


def noted(notes, **note):
    leftovers.folder()
    (notes / "a.json").write_text(json.dumps(note))


def test_a_number_that_belongs_to_somebody_else_by_now_is_left_alone(notes):
    other = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        noted(notes, worker=other.pid, started=processes.started(other.pid) - 1, uid=None)
        assert leftovers.sweep() == [] and other.poll() is None and list(notes.iterdir()) == []
        noted(notes, worker=other.pid, started=processes.started(other.pid), uid=None)
        assert leftovers.sweep() == [other.pid] and other.wait() == -signal.SIGKILL
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"worker": "x"}', '{"worker": 1, "started": 2}', "null"])
def test_a_note_that_says_nothing_is_removed(notes, text):
    leftovers.folder()
    (notes / "a.json").write_text(text)
    assert leftovers.sweep() == [] and list(notes.iterdir()) == []


@pytest.mark.parametrize("uid", [0, 1000, FIRST_UID - 1, 2**31 - 1, "0"])
def test_nobody_is_ended_but_users_that_workers_are_given(notes, uid, monkeypatch):
    monkeypatch.setattr(processes, "of_user", lambda uid: pytest.fail(f"looked for the processes of {uid}"))
    noted(notes, worker=1, started=1, uid=uid)
    assert leftovers.sweep() == [] and list(notes.iterdir()) == []


def test_what_forks_on_is_killed_again_and_given_up_in_the_end(notes, monkeypatch):
    looks = iter([{7, 8}, {9}, set()])
    sent = []
    monkeypatch.setattr(processes, "of_user", lambda uid: next(looks))
    monkeypatch.setattr(leftovers.os, "kill", lambda pid, number: sent.append((pid, number)))
    noted(notes, worker=1, started=1, uid=FIRST_UID)
    assert leftovers.sweep() == [7, 8, 9] and sorted(sent) == [(7, 9), (8, 9), (9, 9)]
    monkeypatch.setattr(processes, "of_user", lambda uid: {7})
    monkeypatch.setattr(leftovers, "SECONDS", 0.0)
    noted(notes, worker=1, started=1, uid=FIRST_UID)
    assert leftovers.sweep() == [7]


@pytest.mark.parametrize("spoil", ["mode", "link", "file"])
def test_where_the_folder_is_not_ones_own_grading_goes_on_without_notes(notes, spoil, tmp_path):
    if spoil == "mode":
        notes.mkdir()
        notes.chmod(0o777)
    elif spoil == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        notes.symlink_to(tmp_path / "elsewhere")
    else:
        notes.touch()
    note = leftovers.Note(os.getpid(), None)
    assert leftovers.sweep() == []
    note.remove()
    assert notes.is_file() or list(notes.iterdir()) == []
    with pytest.raises(OSError, match="llmcourse-graders"):
        leftovers.folder()
