"""One contained process a submission: its canary and its workers are forked from it, and none of them harms the next."""

import os
import time
from dataclasses import replace

import pytest
from units import ROOT, master

from autograder import grade as grading
from autograder.assign import assignment_of
from autograder.isolation import nursery, processes
from autograder.isolation.confine import NotConfined
from autograder.isolation.nursery import Nursery
from autograder.isolation.plan import default
from autograder.isolation.probe import probe
from autograder.session import CPU_BEYOND, Limits, Session, WorkerLost, cpu_seconds
from autograder.submission import CodeCell, Submission

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc here")
LIMITS = Limits(cell=20, call=5, total=600)
OPEN = """
import os, stat
found = []
for fd in range(64):
    try:
        found.append(stat.S_ISFIFO(os.fstat(fd).st_mode))
    except OSError:
        pass
"""
SAMPLES = ROOT / "tests" / "submissions"


@pytest.fixture
def nurse():
    """A nursery without namespaces, so that a worker's process numbers are those that the grader sees."""
    with Nursery(default().without("namespaces").for_another_user()) as made:
        yield made
    assert made.process is None and made.close() == []


def answer(session, expression):
    assert session.run_cell(f"import os, sys\nanswer = {expression}", 1) is None
    return session.get("answer")


def alive(pid):
    return processes.table().get(pid, (0, 0, 0, "Z"))[3] != "Z"


def waited_for(condition, seconds=10.0):
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.02)
    return condition()


def fields(pid, *names):
    with open(f"/proc/{pid}/status", encoding="latin-1") as file:
        found = dict(line.split(":", 1) for line in file)
    return [found[name].strip() for name in names]


# --- its workers ------------------------------------------------------------------------------------------------------

def test_workers_come_one_after_another_from_one_process_and_know_nothing_of_each_other(nurse):
    with Session(LIMITS, nursery=nurse) as first:
        pid = answer(first, "os.getpid()")
        assert first.run_cell("import json\njson.secret = 5", 2) is None and answer(first, "os.getppid()") == nurse.process.pid
    assert not alive(pid) and alive(nurse.process.pid)
    started = nurse.process.pid
    with Session(LIMITS, nursery=nurse) as second:
        assert answer(second, "os.getppid()") == started and answer(second, "os.getpid()") != pid
        assert answer(second, "'secret' in vars(__import__('json'))") is False
    with Session(LIMITS, nursery=nurse) as third:  # there were places for two
        assert answer(third, "os.getppid()") == nurse.process.pid != started and not alive(started)


def test_a_worker_has_every_layer_of_the_process_that_it_came_from(nurse):
    with Session(LIMITS, nursery=nurse) as session:
        worker = answer(session, "os.getpid()")
        layers = ("Uid", "Gid", "NoNewPrivs", "Seccomp", "Seccomp_filters", "CapEff", "CapPrm")
        assert fields(worker, *layers) == fields(nurse.process.pid, *layers)
        if os.geteuid() == 0:
            assert fields(worker, "Uid", "NoNewPrivs") == ["\t".join([str(nurse.plan.uid)] * 4), "1"]
        limits = "__import__('resource').getrlimit(__import__('resource').RLIMIT_"
        assert answer(session, f"{limits}CPU)") == (nurse.plan.cpu,) * 2 and answer(session, f"{limits}FSIZE)") == (0, 0)


def test_a_worker_has_three_pipes_and_nothing_else_of_the_graders(nurse):
    probe(nurse.plan, nursery=nurse)
    for _ in range(2):
        with Session(LIMITS, nursery=nurse) as session:
            assert session.run_cell(OPEN, 1) is None
            assert session.get("found") == [False] * 3 + [True] * 3


def test_nothing_that_can_be_written_is_shared_between_what_it_forks(nurse):
    nurse.modules = ("numpy", "matplotlib.pyplot")
    with Session(LIMITS, nursery=nurse), open(f"/proc/{nurse.process.pid}/maps", encoding="utf-8") as file:
        shared = [line for line in file if line.split()[1][3] == "s"]
    assert [line for line in shared if "w" in line.split()[1]] == []


@pytest.mark.parametrize("deed", ["os.kill(os.getppid(), 9)", "os.kill(os.getppid(), 2)", "os.kill(os.getppid(), 19)",
                                  "os.killpg(0, 9)"])
def test_a_worker_that_ends_or_stops_it_spoils_nothing_for_the_next(nurse, monkeypatch, deed):
    monkeypatch.setattr("autograder.session.AGAIN_SECONDS", 0.5)
    with Session(LIMITS, nursery=nurse) as first:
        started = nurse.process.pid
        try:
            first.run_cell(f"import os\n{deed}", 1)
        except WorkerLost as lost:
            assert "ended" in str(lost) or "gone" in str(lost)
    with Session(LIMITS, nursery=nurse) as second:
        assert answer(second, "os.getppid()") == nurse.process.pid != started
        assert second.run_cell("x = 6 * 7", 2) is None and second.get("x") == 42
    assert not alive(started)


def test_a_worker_dies_with_it(nurse):
    with Session(LIMITS, nursery=nurse) as session:
        pid = answer(session, "os.getpid()")
        nurse.process.kill()
        assert waited_for(lambda: not alive(pid))


def test_what_a_worker_leaves_behind_is_gone_before_the_next_one_comes(nurse):
    with Session(LIMITS, nursery=nurse) as session:
        assert session.run_cell("import os, time\nif os.fork() == 0:\n    if os.fork() == 0:\n        time.sleep(60)\n"
                                "    os._exit(0)\nos.wait()", 1) is None
        own = set(processes.members(nurse.process.pid, nurse.plan.uid))
        assert len(own) == 3
    assert set(processes.members(nurse.process.pid, nurse.plan.uid)) == {nurse.process.pid} == set(nurse.own)


def test_what_the_notebook_imports_is_there_already_and_nothing_else(nurse):
    with Session(LIMITS, nursery=nurse) as plain:
        assert answer(plain, "[m for m in ('numpy', 'matplotlib', 'torch', 'asyncio') if m in sys.modules]") == []
    nurse.close()
    nurse.modules = ("numpy", "there_is_none")
    with Session(LIMITS, nursery=nurse) as session:
        assert answer(session, "'numpy' in sys.modules") is True
        assert session.run_cell("import numpy as np\nx = np.arange(3)", 2) is None and session.silenced == []
        assert session.get("x").tolist() == [0, 1, 2]


def test_which_modules_a_notebook_imports():
    def found(*sources):
        return grading.imported(Submission("x", None, [CodeCell(i, source, None, None) for i, source in enumerate(sources)]))

    assert found("x = 1", "# import numpy", "text = 'from numpy'") == () and found() == ()
    assert found("import math", "import numpy as np") == ("numpy",)
    assert found("if True:\n    from matplotlib import pyplot as plt") == ("matplotlib.pyplot",)
    assert found("from torch.nn import Linear\nimport numpy.linalg") == ("numpy", "torch") and found("import numpydoc") == ()


def test_processor_time_is_that_of_the_submission_and_some():
    assert cpu_seconds(300.2) == 301 + CPU_BEYOND and cpu_seconds(-5) == 1 + CPU_BEYOND


# --- its canary -------------------------------------------------------------------------------------------------------

def test_a_canary_finds_forked_what_it_finds_alone(tmp_path):
    bare = replace(default().without("namespaces", "uid", "rlimits"), uid=None)
    for plan in (default(), default().without("namespaces"), bare):
        with Nursery(plan) as made:
            forked = probe(plan, (str(tmp_path),), str(tmp_path), made)
            assert made.fresh and alive(made.process.pid)
            assert set(processes.members(made.process.pid, plan.uid)) == set(made.own), "it left something behind"
        alone = probe(plan, (str(tmp_path),), str(tmp_path))
        assert (forked.tier, forked.verdicts) == (alone.tier, alone.verdicts)


def test_no_worker_hears_what_the_canary_was_told(nurse, tmp_path):
    probe(nurse.plan, (str(tmp_path / "hidden"),), str(tmp_path / "results"), nurse)
    with Session(LIMITS, nursery=nurse) as session:
        worker = answer(session, "os.getpid()")
        for pid in (worker, nurse.process.pid):
            for name in ("cmdline", "environ"):
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    assert str(tmp_path).encode() not in file.read()
        assert str(tmp_path) not in answer(session, "repr([v for o in __import__('gc').get_objects() if type(o) is dict "
                                                    "for v in list(o.values()) if type(v) is str])")


def test_layers_that_cannot_be_put_on_are_told_by_the_canary_and_stop_the_worker():
    with Nursery(replace(default().without("namespaces", "no_new_privs"))) as made:
        found = probe(made.plan, nursery=made)
        assert found.tier == "T0" and "landlock" in found.verdicts["confined"] and made.process is None
        with pytest.raises(NotConfined, match="landlock"):
            Session(LIMITS, nursery=made)
        assert made.process is None


def test_a_process_that_says_nothing_in_time_is_given_up(monkeypatch):
    monkeypatch.setattr(nursery, "SECONDS", 0.2)
    monkeypatch.setattr("autograder.isolation.launch.BOOT", "import time; time.sleep(60)")
    with Nursery(default(())) as made, pytest.raises(NotConfined, match="it ended, and does not say why"):
        made.start()


# --- in grading -------------------------------------------------------------------------------------------------------

def test_one_process_is_started_for_a_submission(monkeypatch):
    started = []

    def counted(plan, module, *arguments, **how):
        started.append(module)
        return launch(plan, module, *arguments, **how)

    launch = nursery.launch
    for place in ("isolation.nursery", "isolation.probe", "session"):
        monkeypatch.setattr(f"autograder.{place}.launch", counted)
    before, fds = processes.children(), len(os.listdir("/proc/self/fd"))
    report = grading.grade(assignment_of(master("00_warmup")), SAMPLES / "00_warmup_full.ipynb")
    assert report.score == report.max_score and report.isolation.verdicts["kill"] is None
    assert started == ["autograder.nurse"]
    assert processes.children() <= before and len(os.listdir("/proc/self/fd")) == fds
