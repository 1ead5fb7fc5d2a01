"""The worker's processes as the grader sees them: a table that is never whole for long, and a kill that leaves nobody."""

import io
import itertools
import os
import signal
import subprocess
import sys
import time
import types

import psutil
import pytest

from autograder.isolation import processes

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc here")
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper():
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def with_os(monkeypatch, **instead):
    """Some functions of ``os`` replaced, for the module that is tested alone."""
    monkeypatch.setattr(processes, "os", types.SimpleNamespace(**{**vars(os), **instead}))


def table(**rows):
    """A table of processes: ``p5=(1, 0, 100, "S")`` is process 5, whose parent is 1, begun at 0, with 100 bytes, asleep."""
    return {int(name[1:]): row for name, row in rows.items()}


# --- the table --------------------------------------------------------------------------------------------------------

def test_the_table_says_what_psutil_says(sleeper):
    limit = time.monotonic() + 10
    while psutil.Process(sleeper.pid).status() != psutil.STATUS_SLEEPING and time.monotonic() < limit:
        time.sleep(0.01)
    found, wanted = processes.table()[sleeper.pid], psutil.Process(sleeper.pid)
    parent, start, resident, state = found
    assert (parent, state) == (os.getpid(), "S")
    ticks = os.sysconf("SC_CLK_TCK")
    assert start / ticks == pytest.approx(wanted.create_time() - psutil.boot_time(), abs=1.1) and start == processes.started(
        sleeper.pid)
    assert abs(resident - wanted.memory_info().rss) < 2 * 2**20  # the kernel counts pages in batches
    assert processes.uid_of(sleeper.pid) == wanted.uids().effective and processes.table()[os.getpid()][0] == os.getppid()
    assert sleeper.pid in processes.children() and os.getpid() not in processes.children()


def test_a_process_that_vanishes_while_the_table_is_read_is_left_out(monkeypatch):
    """It is in the list of names, and its file is gone, or cannot be read to its end, or a line is cut short."""
    names = os.listdir("/proc")
    gone, half, cut = "4194301", "4194302", "4194303"

    def opened(path, **how):
        if path == f"/proc/{half}/stat":
            raise ProcessLookupError(path)
        return io.StringIO(f"{cut} (cut") if path == f"/proc/{cut}/stat" else open(path, **how)

    monkeypatch.setattr(processes, "open", opened, raising=False)
    with_os(monkeypatch, listdir=lambda folder: [gone, half, cut, "self", "cpuinfo", *names])
    found = processes.table()
    assert os.getpid() in found and os.getppid() in found and not {int(gone), int(half), int(cut)} & set(found)


def test_a_process_may_call_itself_whatever_it_likes(monkeypatch):
    line = "7 (a) R 99 (b) S 12 " + "0 " * 17 + "1234 0 3 0 0"
    monkeypatch.setattr(processes, "open", lambda path, **how: io.StringIO(line), raising=False)
    with_os(monkeypatch, listdir=lambda folder: ["7"])
    assert processes.table() == {7: (12, 1234, 3 * os.sysconf("SC_PAGE_SIZE"), "S")}


def test_threads_of_the_kernel_are_no_processes(monkeypatch):
    def opened(path, **how):
        flags = 0x200000 if "/7/" in path else 0x400000
        return io.StringIO(f"7 (kworker) S 2 0 0 0 0 {flags} " + "0 " * 40)

    monkeypatch.setattr(processes, "open", opened, raising=False)
    with_os(monkeypatch, listdir=lambda folder: ["7", "8"])
    assert list(processes.table()) == [8]


def test_without_proc_nothing_is_known(monkeypatch):
    def no_folder(path):
        raise FileNotFoundError(path)

    with_os(monkeypatch, listdir=no_folder)
    assert processes.table() == {} and processes.children() == frozenset()
    assert processes.members(os.getpid(), None) == {} and processes.memory(os.getpid(), 0) == 0


def test_a_process_that_is_gone_has_no_user_and_no_memory(sleeper):
    sleeper.kill()
    sleeper.wait()
    assert processes.uid_of(sleeper.pid) is None and processes._shared_fairly(sleeper.pid) is None


# --- the worker's own -------------------------------------------------------------------------------------------------

def test_a_family_is_all_descendants_and_all_of_a_user(monkeypatch):
    """One of the user that began before the worker did is none of its."""
    rows = table(p1=(0, 3, 10, "S"), p5=(1, 100, 20, "S"), p6=(5, 101, 30, "R"), p7=(6, 102, 40, "Z"), p8=(1, 100, 50, "S"),
                 p9=(8, 102, 60, "S"), p10=(1, 99, 70, "S"))
    monkeypatch.setattr(processes, "table", lambda: rows)
    monkeypatch.setattr(processes, "uid_of", lambda pid: 77 if pid in (8, 10) else 0)
    assert processes.family(5, None) == {5: (20, "S"), 6: (30, "R"), 7: (40, "Z")}
    assert processes.family(5, 77) == {5: (20, "S"), 6: (30, "R"), 7: (40, "Z"), 8: (50, "S")}
    assert processes.family(2, None) == {} and processes.members(5, 77) == {5: 20, 6: 30, 8: 50}
    assert processes.members(2, 77) == {8: 50, 10: 70}  # where the worker is gone, nobody knows since when


def test_memory_is_what_the_kernel_shares_out_fairly_or_else_what_is_resident(monkeypatch):
    monkeypatch.setattr(processes, "members", lambda root, uid: {5: 100, 6: 1000})
    monkeypatch.setattr(processes, "_shared_fairly", {5: 7, 6: None}.get)
    monkeypatch.setattr(processes, "_page_tables", lambda pid: 0)
    monkeypatch.setattr(processes, "_mappings", lambda pid: 0)
    assert processes.memory(5, None) == 1007


def test_pss_is_read_in_bytes():
    with open(f"/proc/{os.getpid()}/smaps_rollup") as file:
        if not file.read(1):
            pytest.skip("the kernel does not say")
    assert abs(processes._shared_fairly(os.getpid()) - psutil.Process().memory_full_info().pss) < 8 * 2**20


# --- the end ----------------------------------------------------------------------------------------------------------

def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_what_is_kept_lives_and_the_rest_does_not():
    kept, killed = subprocess.Popen(SLEEP), subprocess.Popen([*SLEEP[:-1], (
        "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "print(flush=True)\ntime.sleep(60)")], stdout=subprocess.PIPE, start_new_session=True)
    try:
        killed.stdout.read(1)
        below = [p.pid for p in psutil.Process(killed.pid).children()]
        assert len(below) == 1
        assert processes.kill_all(killed.pid, None, frozenset({kept.pid}), keep=frozenset(below)) == []
        assert alive(kept.pid) and alive(below[0]) and not alive(killed.pid)
        assert processes.kill_all(below[0], None, frozenset({kept.pid})) == [] and not alive(below[0])
        assert alive(kept.pid)
    finally:
        for process in (kept, killed):
            process.kill()
            process.wait()
        killed.stdout.close()


def test_orphans_that_came_since_then_are_killed_where_they_are_asked_for(sleeper):
    """Where a worker has no user of its own, what it left behind is known by having come to the grader since."""
    old = processes.children()
    orphan = subprocess.Popen(SLEEP)  # as if it had come from the worker
    try:
        assert processes.kill_all(2**22 + 1, None, old) == [] and alive(orphan.pid)
        assert processes.kill_all(2**22 + 1, None, old, orphans=True) == [] and not alive(orphan.pid)
        assert alive(sleeper.pid)
    finally:
        orphan.kill()
        orphan.wait()


def test_what_cannot_be_killed_is_named_when_the_time_is_over(monkeypatch, sleeper):
    sent = []
    with_os(monkeypatch, kill=lambda pid, number: sent.append((pid, number)),
            killpg=lambda pid, number: sent.append(("group", pid, number)))
    started = time.monotonic()
    assert processes.kill_all(sleeper.pid, None, seconds=0.1) == [sleeper.pid]
    assert 0.1 <= time.monotonic() - started < 5 and sent[0] == (sleeper.pid, signal.SIGKILL)
    assert sent[-1] == ("group", sleeper.pid, signal.SIGKILL)
    sent.clear()
    assert processes.kill_all(sleeper.pid, None, seconds=0.01, keep=frozenset({1})) == [sleeper.pid]
    assert "group" not in {first for first, *_ in sent}  # what is kept may be in the group


def test_five_seconds_are_enough(monkeypatch, sleeper):
    """By a clock that goes on by a second at every look."""
    seconds, sleeps = itertools.count(), []
    monkeypatch.setattr(processes, "time", types.SimpleNamespace(monotonic=lambda: next(seconds), sleep=sleeps.append))
    with_os(monkeypatch, kill=lambda pid, number: None, killpg=lambda pid, number: None)
    assert processes.kill_all(sleeper.pid, None) == [sleeper.pid] and sleeps == [0.002] * 25


def test_a_process_of_somebody_else_does_not_stop_the_rest(monkeypatch, sleeper):
    def refused(pid, number):
        raise PermissionError

    with_os(monkeypatch, kill=refused, killpg=refused)
    assert processes.kill_all(sleeper.pid, None, seconds=0.05) == [sleeper.pid]


def test_the_grader_never_kills_itself(monkeypatch):
    sent = []
    with_os(monkeypatch, kill=lambda pid, number: sent.append(pid))
    monkeypatch.setattr(processes, "table", lambda: table(p7=(1, 0, 0, "S")) | {os.getpid(): (7, 0, 0, "R")})
    assert processes.kill_all(7, None, seconds=0.02, keep=frozenset({0})) == [7]
    assert set(sent) == {7}


def test_a_chain_of_forks_is_over_only_when_no_more_are_dead_than_before(monkeypatch):
    """Nothing lives at the first look, yet a second one is taken: a link of the chain may have been on no list."""
    looks = [{7: (0, "Z")}, {7: (0, "Z"), 8: (0, "Z")}, {7: (0, "Z"), 8: (0, "Z")}]
    seen = []

    def family(root, uid, all_):
        seen.append(looks[len(seen)])
        return seen[-1]

    monkeypatch.setattr(processes, "family", family)
    monkeypatch.setattr(processes, "_orphans", lambda known, all_: set())
    with_os(monkeypatch, killpg=lambda pid, number: None)
    assert processes.kill_all(7, None) == [] and len(seen) == 3


def test_the_dead_that_nobody_waits_for_are_waited_for_and_the_graders_own_are_not():
    orphan, own = (subprocess.Popen([sys.executable, "-S", "-c", ""]) for _ in range(2))
    limit = time.monotonic() + 10
    while time.monotonic() < limit and {psutil.Process(p.pid).status() for p in (orphan, own)} != {psutil.STATUS_ZOMBIE}:
        time.sleep(0.01)
    others = processes.children() - {orphan.pid}
    processes._reap(others, processes.table())
    assert not psutil.pid_exists(orphan.pid) and psutil.pid_exists(own.pid)
    assert own.wait() == 0
    orphan.wait()  # somebody else has: Popen takes that for 0
