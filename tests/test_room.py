"""How much memory is left, from files as the kernel writes them: control groups of both versions, and the machine."""

import io
import os
from pathlib import Path

import psutil
import pytest

from autograder import session as sessions
from autograder.isolation import processes, room
from autograder.isolation.plan import default
from autograder.session import Session, WorkerLost

MB = 2**20


@pytest.fixture
def groups(monkeypatch, tmp_path):
    """A folder that stands for /sys/fs/cgroup, and a function that writes one group's files into it."""
    monkeypatch.setattr(room, "ROOT", tmp_path)
    room._groups.cache_clear()

    def write(folder, **files):
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / f"memory.{name}").write_text(f"{text}\n" if text != "" else "")

    yield write
    room._groups.cache_clear()


def within(monkeypatch, text):
    """Whether room reads this as /proc/self/cgroup."""
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, **how: (
        text.encode().decode(how["encoding"]) if str(path) == "/proc/self/cgroup" else read(path, **how)))


def test_version_2_a_container_sees_its_own_group_as_the_root(groups, monkeypatch):
    within(monkeypatch, "0::/\n")
    groups(".", max=768 * MB, current=700 * MB, stat=f"anon 5\ninactive_file {100 * MB}\nactive_file {8 * MB}\nfile 3")
    assert [room._group(place) for place in room._groups()] == [176 * MB]
    monkeypatch.setattr(room, "_machine", lambda: 900 * MB)
    assert room.left() == 176 * MB
    monkeypatch.setattr(room, "_machine", lambda: 100 * MB)
    assert room.left() == 100 * MB


def test_version_1_the_groups_above_count_and_those_below_are_counted_in(groups, monkeypatch):
    """total_… holds what the groups below have as well, as usage does."""
    within(monkeypatch, "3:cpu,cpuacct:/a/b\n7:memory:/docker/x\n0::/elsewhere\n")
    stat = f"inactive_file 1\nactive_file 1\ntotal_inactive_file {2 * MB}\ntotal_active_file {3 * MB}"
    groups("memory/docker/x", limit_in_bytes=512 * MB, usage_in_bytes=100 * MB, stat=stat)
    groups("memory/docker", limit_in_bytes=9223372036854771712, usage_in_bytes=5, stat=stat)
    groups("memory", limit_in_bytes=300 * MB, usage_in_bytes=200 * MB, stat="inactive_file 7\nactive_file 0")
    groups("memory/a/b", limit_in_bytes=MB, usage_in_bytes=0, stat=stat)  # of another controller
    assert sorted(room._group(place) for place in room._groups()) == [100 * MB + 7, 417 * MB]


def test_in_a_container_the_path_that_the_kernel_names_may_not_be_there(groups, monkeypatch):
    within(monkeypatch, "7:memory:/docker/0123\n")
    groups("memory", limit_in_bytes=768 * MB, usage_in_bytes=68 * MB, stat="")
    assert [room._group(place) for place in room._groups()] == [700 * MB]


@pytest.mark.parametrize("files", [{"max": "max", "current": 5, "stat": ""}, {"max": 5, "stat": ""}, {"current": 5},
                                   {"max": "nonsense", "current": 5, "stat": ""}])
def test_a_group_without_a_limit_says_nothing(groups, monkeypatch, files):
    within(monkeypatch, "0::/\n")
    groups(".", **files)
    assert room._groups() == ()


def test_a_group_that_vanishes_says_nothing(tmp_path):
    assert room._group((tmp_path, "memory.max", "memory.current")) is None


def test_a_group_of_any_name_and_the_largest_limit_that_is_one(groups, monkeypatch):
    within(monkeypatch, "0::/x/é\n")
    groups("x", max=2**60 - 1, current=2**60 - 8, stat="")
    groups("x/é", max=2**60, current=0, stat="")
    assert [room._group(place) for place in room._groups()] == [7]


def test_where_groups_of_both_versions_are_mounted(groups, monkeypatch):
    within(monkeypatch, "5:pids:/a\n0::/a\n")
    groups("unified/a", max=9, current=2, stat="")
    groups("a", max=9, current=5, stat="")
    assert [room._group(place) for place in room._groups()] == [7, 4]


def test_the_folder_of_the_kernel():
    """As its documentation and every distribution have it."""
    assert Path("/sys/fs/cgroup") == room.ROOT


def test_the_machine_counts_in_units_of_1024_bytes(monkeypatch):
    lines = "MemTotal:  9000 kB\nMemFree:  1 kB\nMemAvailable:    1000 kB\nSwapFree: 5 kB\n"
    monkeypatch.setattr(room, "open", lambda path, **how: io.StringIO(lines), raising=False)
    assert room._machine() == 1_024_000


def test_the_machine_says_what_psutil_says():
    assert abs(room._machine() - psutil.virtual_memory().available) < 512 * MB  # others take and give meanwhile


def test_where_the_kernel_says_nothing_nothing_is_known(groups, monkeypatch):
    within(monkeypatch, "")

    def no_file(path, **how):
        raise FileNotFoundError(path)

    monkeypatch.setattr(room, "open", no_file, raising=False)
    assert room.left() is None


# --- the worker is watched --------------------------------------------------------------------------------------------

def test_a_worker_is_given_up_when_little_is_left_to_everybody(monkeypatch):
    looks = iter([sessions.RESERVE, sessions.RESERVE])
    monkeypatch.setattr(sessions.room, "left", lambda: 10**9)
    with Session(plan=default(())) as session, pytest.raises(WorkerLost, match="used up the memory of the machine"):
        monkeypatch.setattr(sessions.room, "left", lambda: next(looks, sessions.RESERVE - 1))
        session.run_cell("import time\ntime.sleep(5)", 1)
    assert next(looks, None) is None


def test_where_little_was_left_before_half_of_it_will_do(monkeypatch):
    left = [100 * MB]
    monkeypatch.setattr(sessions.room, "left", lambda: left[0])
    with Session(plan=default(())) as session:
        left[0] = 51 * MB
        assert session.reserve == 50 * MB and session.run_cell("import time\ntime.sleep(0.2)", 1) is None
    monkeypatch.setattr(sessions.room, "left", lambda: None)
    with Session(plan=default(())) as session:
        assert session.reserve == 0 and session.run_cell("import time\ntime.sleep(0.2)", 1) is None


# --- what the kernel keeps for a process ------------------------------------------------------------------------------

def test_page_tables_and_mappings_are_counted(monkeypatch):
    own = processes._mappings(os.getpid())
    with open("/proc/self/maps") as file:
        assert abs(own - len(file.readlines())) <= 5
    assert 0 < processes._page_tables(os.getpid()) < 64 * MB
    gone = 2**22 + 1
    assert processes._mappings(gone) == processes._page_tables(gone) == 0
    monkeypatch.setattr(processes, "open", lambda path, *how, **more: io.StringIO("VmPTE:\t  12 kB\n"), raising=False)
    assert processes._page_tables(1) == 12 * 1024


def test_counting_stops_where_it_is_enough(monkeypatch):
    looked = []
    monkeypatch.setattr(processes, "members", lambda root, uid: dict.fromkeys(range(5, 9), 100))
    monkeypatch.setattr(processes, "_shared_fairly", lambda pid: looked.append(pid))
    monkeypatch.setattr(processes, "_page_tables", {5: 7, 6: 0, 7: 0, 8: 0}.get)
    monkeypatch.setattr(processes, "_mappings", lambda pid: 2)
    assert processes.memory(5, None) == 4 * (100 + 2 * processes.MAPPING) + 7 and looked == [5, 6, 7, 8]
    looked.clear()
    assert processes.memory(5, None, enough=1000) > 1000 and looked == [5, 6]


def test_who_is_started_when_and_in_which_session():
    me = psutil.Process()
    ticks = os.sysconf("SC_CLK_TCK")
    assert abs(processes.started(me.pid) / ticks - (me.create_time() - psutil.boot_time())) < 1.5
    assert processes.started(2**22 + 1) == 0
    assert me.pid in processes.of_session(os.getsid(0)) and processes.of_session(2**22 + 1) == set()
    assert me.pid in processes.of_user(os.geteuid()) and processes.of_user(2**31 - 7) == set()
