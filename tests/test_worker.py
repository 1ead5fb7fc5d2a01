"""The worker, looked at from inside: when the grader is gone it goes too, and what it lets cells import and see."""

import builtins
import os
import signal
import subprocess
import sys
import time
import types
from importlib.machinery import PathFinder
from pathlib import Path

import psutil
import pytest
from units import ROOT

from autograder import worker as module
from autograder.cells.standins import Packages, StandIns
from autograder.isolation.library import OPEN
from autograder.isolation.plan import Plan
from autograder.session import HEADER
from autograder.values import pack, unpack
from autograder.worker import Blocker, Channel, Library, Worker, describe, ending, is_student_class, silent_grader

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


class Grader:
    """The other end of a worker's pipes."""

    def __init__(self):
        self.requests, self.send_fd = os.pipe()
        self.receive_fd, self.replies = os.pipe()
        self.control, self.control_fd = os.pipe()
        self.worker = Worker(Channel(self.requests, self.replies), self.control)

    def send(self, *message):
        data = pack(list(message))
        os.write(self.send_fd, HEADER.pack(len(data)) + data)

    def received(self):
        length = HEADER.unpack(os.read(self.receive_fd, HEADER.size))[0]
        return unpack(os.read(self.receive_fd, length))

    def hang_up(self):
        os.close(self.send_fd)
        self.send_fd = -1

    def close(self):
        for fd in (self.requests, self.send_fd, self.receive_fd, self.replies, self.control, self.control_fd):
            try:
                os.close(fd)
            except OSError:
                continue


@pytest.fixture
def grader():
    made = Grader()
    yield made
    made.close()


# --- a grader that is gone --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("sent", [b"", b"\x00\x00", HEADER.pack(5), HEADER.pack(5) + b"\x93\x01"])
def test_a_worker_ends_when_the_grader_hangs_up_even_midway_through_a_request(grader, sent):
    os.write(grader.send_fd, sent)
    grader.hang_up()
    assert grader.worker.channel.receive() is None and grader.worker.serve() is None
    grader.worker.answer()  # and so does its fork


def test_requests_are_served_in_order_until_the_grader_hangs_up(grader):
    grader.send(7, "cell", {"source": "x = 6 * 7", "index": 1, "seconds": 5.0})
    grader.send(8, "cell", {"source": "1 / 0", "index": 2, "seconds": 5.0})
    grader.send(9, "end", None)
    grader.hang_up()
    grader.worker.serve()
    assert grader.received() == [7, "value", []] and grader.worker.names["x"] == 42
    assert grader.received() == [8, "error", ["ZeroDivisionError", ["ZeroDivisionError", "ArithmeticError", "Exception",
                                                                    "BaseException", "object"],
                                              "division by zero (line 1 of the cell)", []]]
    assert grader.received() == [9, "ended", ""]


def test_a_fork_answers_until_its_end_is_asked_for(grader):
    grader.worker.names.update(x=5, f=lambda a, b=0: a + b)
    grader.send(1, "get", {"name": "x", "seconds": 5.0})
    grader.send(2, "get", {"name": "f", "seconds": 5.0})
    grader.send(3, "call", {"target": 0, "method": None, "args": [2], "kwargs": {"b": 3}, "seconds": 5.0})
    grader.send(4, "call", {"target": 0, "method": None, "args": [], "kwargs": {}, "seconds": 5.0})
    grader.send(5, "end", None)
    grader.send(6, "get", {"name": "x", "seconds": 5.0})
    grader.worker.answer()
    assert grader.received() == [1, "value", ["value", 5]] and grader.received()[2][0] == "callable"
    assert grader.received() == [3, "value", [5, []]] and grader.received()[:2] == [4, "error"]
    assert grader.worker.channel.receive()[0] == 6  # not served any more


@FORKS
@pytest.mark.parametrize("gone", [False, True])
def test_a_fork_that_does_not_end_is_killed_when_the_grader_says_so_or_is_gone(grader, gone, tmp_path):
    """A byte on the control pipe ends the fork alone; the end of that pipe ends the worker as well."""
    def worker():
        os.close(grader.control_fd)  # the grader's end: a worker does not have it
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        (tmp_path / "fork").write_text(str(pid))
        (tmp_path / "status").write_text(str(grader.worker.wait_for(pid)))

    if not gone:
        os.write(grader.control_fd, b"k")
    status = in_a_child(worker, lambda: os.close(grader.control_fd) if gone else None)
    assert status == (0 if gone else RETURNED) and (tmp_path / "status").exists() != gone
    if not gone:
        assert (tmp_path / "status").read_text() == str(int(signal.SIGKILL))
    assert_ends(int((tmp_path / "fork").read_text()))


@FORKS
def test_a_worker_whose_grader_was_killed_ends(tmp_path):
    """Really: the grader is a process of its own, killed while its worker is in the midst of a call that never returns."""
    program = ("import pathlib, sys\nfrom autograder.isolation.plan import default\n"
               "from autograder.session import Limits, Session\n"
               "session = Session(Limits(call=60), plan=default(()))\n"
               "session.run_cell('def f():\\n    while True: pass', 1)\n"
               "pathlib.Path(sys.argv[1]).write_text(str(session.process.pid))\n"
               "session.get('f').outcome((), {})\n")
    grader = subprocess.Popen([sys.executable, "-c", program, tmp_path / "worker"], cwd=ROOT)
    try:
        limit = time.monotonic() + 60
        while not (tmp_path / "worker").exists() or not (tmp_path / "worker").read_text():
            assert time.monotonic() < limit and grader.poll() is None
            time.sleep(0.01)
        worker = psutil.Process(int((tmp_path / "worker").read_text()))
        while not worker.children():
            assert time.monotonic() < limit
            time.sleep(0.01)
        family = [worker, *worker.children(recursive=True)]
    finally:
        grader.kill()
        grader.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []


@FORKS
def test_a_byte_that_was_meant_for_an_earlier_fork_is_passed_over_and_an_end_is_not(grader):
    os.write(grader.control_fd, b"kk")

    def worker():
        os.close(grader.control_fd)
        grader.worker.serve_fork(5)

    assert in_a_child(worker, lambda: os.close(grader.control_fd)) == 0  # by os._exit, before any fork
    assert os.read(grader.control, 1) == b""  # both bytes are taken


@FORKS
def test_a_cell_that_forks_does_not_serve_the_pipe_twice(grader):
    def worker():
        grader.worker.run_cell("import os\npid = os.fork()", 1, 5.0)
        os.write(grader.replies, b"x")

    assert in_a_child(worker) == RETURNED
    time.sleep(0.2)
    assert os.read(grader.receive_fd, 10) == b"x"


@FORKS
def test_a_fork_ends_with_what_its_call_did(grader):
    assert in_a_child(lambda: os._exit(grader.worker.wait_for(child(lambda: os._exit(3))) >> 8)) == 3
    assert in_a_child(lambda: os._exit(grader.worker.wait_for(child(lambda: os.kill(os.getpid(), 9))))) == 9


@FORKS
def test_a_fork_that_somebody_else_waited_for_counts_as_ended(grader):
    def worker():
        gone = child(lambda: None)
        os.waitpid(gone, 0)
        os._exit(40 + grader.worker.wait_for(gone))

    assert in_a_child(worker) == 40


@FORKS
def test_where_there_is_no_pidfd_the_end_is_looked_for_again_and_again(grader, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    assert in_a_child(lambda: os._exit(grader.worker.wait_for(child(lambda: (time.sleep(0.1), os._exit(3)))) >> 8)) == 3


RETURNED, RAISED = 55, 77


def child(function):
    pid = os.fork()
    if pid == 0:
        function()
        os._exit(0)
    return pid


def in_a_child(function, meanwhile=lambda: None):
    """Run a function in a fork. Its exit status; the test fails where it does not end in ten seconds."""
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except BaseException:
            os._exit(RAISED)
        os._exit(RETURNED)
    meanwhile()
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    pytest.fail("the worker goes on without its grader")


def assert_ends(pid):
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    _, alive = psutil.wait_procs([process], timeout=5)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []


# --- what cells may import --------------------------------------------------------------------------------------------

def test_the_blocker_refuses_reference_modules_by_whole_names():
    for name in ("llmcourse.ngrams", "llmcourse.ngrams.fast", "llmcourse.corpora_2", "llmcourse.plotsx"):
        with pytest.raises(ImportError, match=rf"{name} holds reference solutions .* {', '.join(OPEN)} can be imported"):
            Blocker().find_spec(name)
    for name in ("llmcourse", "llmcourse.corpora", "llmcourse.corpora.prose", "numpy", "llmcourses.x"):
        assert Blocker().find_spec(name) is None


def test_the_library_is_found_in_its_folder_and_nothing_else_is():
    found = Library(Path("/somewhere/llmcourse")).find_spec("llmcourse")
    assert found.origin == "/somewhere/llmcourse/__init__.py"
    assert found.submodule_search_locations == ["/somewhere/llmcourse"]
    assert Library(Path("/somewhere/llmcourse")).find_spec("llmcourse.plots") is None


@pytest.mark.parametrize("torch", [False, True])
def test_packages_that_not_every_student_has_are_not_found(torch):
    found = Packages(torch)
    assert found.find_spec("pytest") is None and found.find_spec("nltk.corpus") is None
    assert found.find_spec("numpy").name == "numpy" and found.find_spec("json").name == "json"
    assert (found.find_spec("sympy") is not None) == torch


def test_a_notebooks_grader_is_silent():
    notebook = silent_grader().Notebook("02_ngrams.ipynb", some="thing")
    assert notebook.check("q1") is None and notebook.check_all() is None and notebook.export(1, to=2) is None


@pytest.fixture
def clean_interpreter(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT), "/elsewhere"])
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "argv", ["pytest"])
    monkeypatch.setattr(module.tempfile, "tempdir", None)
    modules = dict(sys.modules)
    yield
    sys.modules.clear()
    sys.modules.update(modules)
    for name in ("display", "get_ipython"):
        vars(builtins).pop(name, None)


def test_the_modules_of_a_cell_are_prepared(clean_interpreter):
    worker = Worker(Channel(-1, -1), -1)
    module.prepare_modules(Plan(library="/library", torch=True), worker.notebook)
    assert str(ROOT) not in sys.path and sys.path[-1] == "/elsewhere" and sys.argv == ["notebook"]
    stand_ins, blocker, library = sys.meta_path[:3]
    assert isinstance(stand_ins, StandIns) and isinstance(blocker, Blocker) and library.folder == Path("/library/llmcourse")
    assert PathFinder not in sys.meta_path and isinstance(sys.meta_path[-1], Packages) and sys.meta_path[-1].torch
    assert {name for name in sys.modules if name.split(".")[0] in ("autograder", "otter")} == {"autograder", "otter"}
    assert sys.modules["autograder"].Notebook("x").check("q1") is None and sys.modules["otter"] is not sys.modules["autograder"]
    assert builtins.display(1, x=2) is None and builtins.get_ipython() is worker.notebook.shell
    assert module.tempfile.gettempdir() == "/tmp"


# --- words and values -------------------------------------------------------------------------------------------------

def test_describing_an_exception_costs_nothing_and_never_fails():
    class Long(Exception):
        def __str__(self):
            return "x" * 5000

    class Silent(Exception):
        def __str__(self):
            raise SystemExit

    deep = type("Deep", (Exception,), {})
    for i in range(30):
        deep = type(f"D{i}" + "e" * 200, (deep,), {})
    wrong = SyntaxError("invalid syntax", ("<cell 4>", 3, 1, "x =", 3, 2))
    assert describe(wrong)[2] == "invalid syntax (line 3 of the cell)"
    assert describe(KeyError("a")) == ["KeyError", ["KeyError", "LookupError", "Exception", "BaseException", "object"], "'a'"]
    assert describe(Long())[2] == "x" * 2000 and describe(Silent())[2] == ""
    name, bases, _ = describe(deep())
    assert len(name) == 100 and len(bases) == 20 and max(map(len, bases)) == 100


def test_how_a_fork_ended():
    assert (ending(0), ending(3 << 8), ending(9), ending(11)) == ("exit 0", "exit 3", "SIGKILL", "SIGSEGV")


def test_a_students_class_is_one_of_the_notebook():
    theirs = type("Model", (), {"__module__": "__main__"})
    assert is_student_class(theirs) and not is_student_class(dict) and not is_student_class(theirs())


def test_objects_are_kept_by_number(grader):
    worker, model = grader.worker, type("Model", (), {"__module__": "__main__", "n": 3})()
    first, second = worker.keep(model), worker.keep(len)
    assert (first.number, first.kind, second.number, second.kind) == (0, "Model", 1, "builtin_function_or_method")
    assert worker.resolve(first) is model and worker.resolve(5) == 5
    assert worker.do_attribute(handle=0, name="n", seconds=5.0) == ["value", 3]
    assert worker.do_get("x", 5.0) == ["missing"]
    kind, reference = worker.shown(lambda x: ...)
    assert kind == "callable" and reference.kind == "skeleton" and worker.shown(lambda x: x + undefined)[1].kind == "function"  # noqa: F821
    assert worker.shown(model)[0] == "value" and worker.value_or_handle(model).kind == "Model"
    with pytest.raises(module.NotPlain, match="an object of type object"):
        worker.value_or_handle(object())


def test_the_arguments_are_told_as_a_call_has_left_them(grader):
    def grow(a, b=()):
        b.append(a)
        return a

    grader.worker.keep(grow)
    assert grader.worker.do_call(0, None, [pack(1)], {"b": pack([0])}, 5.0, [1, 0]) == [1, [pack([0, 1]), pack(1)]]
    assert grader.worker.do_call(0, None, [[2], pack([0])], {}, 5.0, [1]) == [[2], [pack([0, [2]])]]
    counter = types.SimpleNamespace(count=lambda x: 2 * x)
    grader.worker.keep(counter)
    assert grader.worker.do_call(1, "count", [4], {}, 5.0) == [8, []]
    grader.worker.keep(lambda a: a.append(object))
    assert grader.worker.do_call(2, None, [pack([])], {}, 5.0, [0]) == [None, None]  # it can no longer be sent


def test_a_call_that_takes_too_long_is_told_with_its_limit(grader):
    def endless():
        while True:
            pass

    grader.worker.keep(endless)
    grader.send(3, "call", {"target": 0, "method": None, "args": [], "kwargs": {}, "seconds": 0.05})
    grader.hang_up()
    grader.worker.answer()
    assert grader.received() == [3, "error", ["TimeLimit", [], "no answer within 0.05 s"]]
