"""Worker and session: whatever a cell or a function does, an outcome comes back in time and nothing is left running."""

import os
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from autograder import session as module
from autograder.checks import Outcome
from autograder.isolation import plan
from autograder.session import Limits, Session, WorkerLost
from autograder.values import Tensor

SHORT = Limits(cell=0.4, call=0.3, total=30)
PATIENT = Limits(cell=30, call=30, total=600)


@pytest.fixture(autouse=True)
def little_grace(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.4)
    monkeypatch.setattr(module, "IMPATIENT", 0.3)


@pytest.fixture(scope="module")
def lasting():
    """One worker for all tests that it outlives, under a user of its own: the end of another worker is not its end."""
    with Session(Limits(cell=0.4, call=0.3, total=600), plan=plan.default()) as session:
        yield session
        family = its_processes(session)
        assert family
    assert_gone(family)


@pytest.fixture
def session(lasting):
    lasting.end()
    lasting.timeouts = 0
    return lasting


def its_processes(session: Session) -> list[psutil.Process]:
    """Everything below the worker, and everything of its user: seen with psutil, not with the grader's own eyes."""
    try:
        worker = psutil.Process(session.process.pid)
        family = [worker, *worker.children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    uid = session.plan.uid
    return family + ([p for p in psutil.process_iter(["uids"]) if p.info["uids"] and uid in p.info["uids"]] if uid else [])


def assert_gone(family: list[psutil.Process]) -> None:
    def alive() -> list[psutil.Process]:
        return [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    limit = time.monotonic() + 2
    while alive() and time.monotonic() < limit:
        time.sleep(0.01)
    assert alive() == []


def call(session: Session, source: str, *args: object, name: str = "f") -> Outcome:
    """Define a function in a cell and call it in a fork."""
    assert session.run_cell(source, 1) is None
    session.fork()
    return session.get(name).outcome(args, {})


# --- cells ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("source", "error"), [
    ("x = 1", None),
    ("", None),
    ("# nothing", None),
    ("print('x' * 10**8)", None),
    ("import sys\nsys.stdout.write('y' * 10**7)\nsys.stderr.write('z' * 10**7)", None),
    ("%matplotlib inline\n!ls\nx = 1\nx?", None),
    ("%%time\nx = 1", None),
    ("%%bash\nrm -rf everything", None),
    ("grader = __import__('autograder').Notebook('x'); grader.check('q1')", None),
    ("display(1); get_ipython()", None),
    ("while True: pass", "TimeLimit: still running after 0.4 s"),
    ("while True:\n    try:\n        sum(range(100))\n    except:\n        pass", "TimeLimit: still running"),
    ("import time\ntime.sleep(100)", "TimeLimit: still running"),
    ("input()", None),
    ("exit()", "SystemExit"),
    ("quit()", "SystemExit"),
    ("import sys\nsys.exit(3)", "SystemExit: 3"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("raise GeneratorExit('x')", "GeneratorExit: x"),
    ("x =", "SyntaxError: "),
    ("\x00", "ValueError: source code"),
    ("1 / 0", "ZeroDivisionError: division by zero (line 1 of the cell)"),
    ("x = 1\n\ny = undefined", "NameError: name 'undefined' is not defined (line 3 of the cell)"),
    ("def f(): return f()\nf()", "RecursionError"),
    ("x = bytearray(10**12)", "MemoryError"),
    ("class E(Exception):\n    def __str__(self): raise self\nraise E", "E"),
    ("class E(Exception):\n    def __str__(self): return 5\nraise E", "E"),
    ("raise ValueError('\\ud800')", "ValueError: \ud800"),
    ("raise ValueError('x' * 10**7)", "ValueError: xxx"),
    ("raise BaseExceptionGroup('g', [KeyboardInterrupt()])", "BaseExceptionGroup"),
])
def test_a_cell_that_the_worker_outlives(session, monkeypatch, source, error):
    if not (error or "").startswith("TimeLimit"):  # a machine that is busy shall not stop what ends by itself
        monkeypatch.setattr(session, "limits", PATIENT)
    got = session.run_cell(source, 4)
    assert got is None if error is None else got.startswith(error) and len(got) < 2500
    assert session.run_cell("y = 7", 5) is None and session.get("y") == 7


WRITE_EVERYWHERE = """
import os
for fd in range(3, 50):
    try:
        os.write(fd, {!r})
    except OSError:
        pass
"""


@pytest.mark.parametrize("source", [
    "import os\nos._exit(0)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "import ctypes\nctypes.string_at(0)",
    "import os\nos.closerange(0, 1000)",
    WRITE_EVERYWHERE.format(b"\x00\x00\x00\x02\x90\xc0"),
    WRITE_EVERYWHERE.format(b"\xff" * 4),
    "sum(range(10**12))",
    "sorted(range(10**9), key=int)",
    "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
    "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
], ids=lambda source: source.replace("\n", ";")[:50])
def test_a_cell_that_costs_the_worker(source):
    session = Session(SHORT)
    family = its_processes(session)
    started = time.monotonic()
    try:
        if error := session.run_cell(source, 1):  # some run out of memory before they run out of time
            assert error.startswith("MemoryError")
            session.kill()
            raise WorkerLost
        session.run_cell("x = 1", 2)
        pytest.fail("the worker is still there")
    except WorkerLost:
        assert time.monotonic() - started < 5
    assert_gone(family)
    assert session.kill() == []  # safe to say again


@pytest.mark.parametrize("hog", [
    "x = []\nwhile True: x.append(bytearray(10**7))",
    "x = 'x'\nwhile True: x += x",
    "import numpy as np\nx = [np.ones(10**6) for _ in range(10**5)]",
    "x = []\nwhile True: x.append([])",
])
def test_memory_is_bounded(hog):
    with Session(Limits(cell=3, call=1, total=20)) as session:
        try:
            error = session.run_cell(hog, 1)
            assert error.startswith(("MemoryError", "TimeLimit"))
        except WorkerLost:
            pass
        assert session.peak < 1.5 * session.plan.memory


SLEEP = "    while True: time.sleep(1)"
LEFT_BEHIND = {
    "a child": f"if os.fork() == 0:\n{SLEEP}",
    "a child of its own group": f"if os.fork() == 0:\n    with suppress(OSError): os.setpgid(0, 0)\n{SLEEP}",
    "a daemon": f"if os.fork() == 0:\n    with suppress(OSError): os.setsid()\n    if os.fork(): os._exit(0)\n{SLEEP}",
    "many children": f"for _ in range(10):\n  if os.fork() == 0:\n{SLEEP}",
    "a child deaf to signals": f"if os.fork() == 0:\n    for s in (1, 2, 3, 15): signal.signal(s, signal.SIG_IGN)\n{SLEEP}",
    "threads": "for _ in range(5): threading.Thread(target=time.sleep, args=(1000,)).start()",
}


@pytest.mark.parametrize("what", LEFT_BEHIND)
@pytest.mark.parametrize("where", ["cell", "function"])
def test_nothing_outlives_the_session(what, where):
    with Session(SHORT) as session:
        try:
            if where == "cell":
                session.run_cell(f"import os, signal, threading, time\nfrom contextlib import suppress\n{LEFT_BEHIND[what]}", 1)
            else:
                body = LEFT_BEHIND[what].replace("\n", "\n    ")
                call(session, f"import os, signal, threading, time\nfrom contextlib import suppress\ndef f():\n    {body}")
                session.end()
        except WorkerLost:
            pass
        time.sleep(0.1)
        family = its_processes(session)
        assert family
    assert_gone(family)


def test_the_worker_inherits_nothing_of_the_graders(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "very secret")
    with (tmp_path / "secret.txt").open("w") as secret, Session(SHORT) as session:
        os.set_inheritable(secret.fileno(), True)
        assert session.run_cell("import os, sys\nenvironment = dict(os.environ)\nargv = sys.argv", 1) is None
        assert "very secret" not in repr(session.get("environment")) and session.get("argv") == ["notebook"]


# --- functions --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("body", "error", "words"), [
    ("while True: pass", "TimeLimit", "no answer within 0.3 s"),
    ("while True:\n        try: abs(1)\n        except: pass", "TimeLimit", "no answer"),
    ("return sum(range(10**12))", "TimeLimit", "no answer"),
    ("import signal; signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: pass", "TimeLimit", "no answer"),
    ("import os; os._exit(0)", "Died", "ended the Python process"),
    ("import os; os.abort()", "Died", "crashed the Python process"),
    ("import ctypes; ctypes.string_at(0)", "Died", "crashed Python"),
    ("import os; os.kill(os.getpid(), 9)", "Died", "too much memory or was stopped"),
    ("import os; os.closerange(0, 1000)", "Died", "ended the Python process"),
    ("exit()", "SystemExit", ""),
    ("import sys; sys.exit('bye')", "SystemExit", "bye"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
    ("return f()", "RecursionError", "maximum recursion depth"),
    ("return bytearray(10**12)", "MemoryError", ""),
    ("return b'x' * (65 * 2**20)", "NotPlain", "MB"),
    ("return object()", "NotPlain", "an object of type object"),
    ("yield 1", "NotPlain", "generator"),
    ("raise ValueError('\\ud800' + 'x' * 10**6)", "ValueError", "x"),
], ids=lambda text: text.replace("\n", ";")[:45])
def test_a_function_that_misbehaves_costs_only_its_own_fork(session, monkeypatch, body, error, words):
    if error != "TimeLimit":
        monkeypatch.setattr(session, "limits", PATIENT)
    outcome = call(session, f"state = 5\ndef f():\n    {body}")
    assert outcome.error == error and words in outcome.message and len(outcome.message) <= 2000
    session.fork()
    assert session.get("state") == 5  # the warm worker is as it was
    session.end()
    assert session.run_cell("x = 1", 2) is None


def test_what_a_fork_changes_is_gone_in_the_next(session):
    assert session.run_cell("n = 0\ndef count():\n    global n\n    n += 1\n    return n", 1) is None
    for _ in range(3):
        session.fork()
        count = session.get("count")
        assert [count(), count()] == [1, 2]
        session.end()
    assert session.run_cell("assert n == 0", 2) is None


def test_values_go_there_and_back(session):
    assert session.run_cell("def same(*args, **kwargs): return [list(args), kwargs]", 1) is None
    given = [1, True, None, "é\ud800", b"\x00", 2**70, 1.5, 1j, (1, (2,)), {"a": {1}}, [[]]]
    assert session.get("same")(*given, key=given) == [given, {"key": given}]
    array = np.arange(6, dtype=">f4").reshape(2, 3).T
    back = session.get("same")(array)[0][0]
    assert back.dtype == np.float32 and np.array_equal(back, array)


def test_torch_tensors_arrive_as_tensors():
    pytest.importorskip("torch", reason="torch is not installed")
    with Session(Limits(cell=60, call=30), plan=plan.default(torch=True)) as session:
        source = "import torch\ndef grad(x):\n    (x ** 2).sum().backward()\n    return x.grad"
        error = session.run_cell(source, 1)
        assert error is None, error
        got = session.get("grad").outcome((Tensor(np.array([1.0, 2.0]), "float32", True),), {})
        assert isinstance(got.value, Tensor) and got.value.data.tolist() == [2, 4] and got.value.dtype == "float32"
        assert got.changed is None


def test_changed_arguments(session):
    source = "def f(x, *, y=None):\n    (x if y is None else y).append(1)\n    return 0"
    assert call(session, source, [1]) == Outcome(0, changed=0)
    assert session.get("f").outcome(([],), {"y": []}) == Outcome(0, changed="y")
    assert call(session, "def f(d): return d['a']", {"a": 1}) == Outcome(1, changed=None)


CHANGES = {
    "an item of a list": ("x[0] = 2.0", [2, 1], True),  # 2.0 == 2, and yet it is no longer the same
    "a list within a tuple": ("x[0].append(1)", ([], 3), True),
    "a set": ("x.discard('b')", {"a", "b"}, True),
    "the order of a dictionary": ("x['a'] = x.pop('a')", {"a": 1, "b": 2}, True),
    "an array": ("x[1:] = 0", np.array([1.0, 2.0]), True),
    "the sign of a zero": ("x *= 1", np.array([0.0, np.nan, -np.inf]), False),
    "a list put back": ("x.sort(); x.reverse()", [2, 1], False),
    "something that cannot be sent": ("x.append(x)", [1], True),
    "an array made by the call": ("x = x + 1", np.array([1]), False),
    "a string": ("x += 'b'", "a", False),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_counts_as_a_change_is_decided_by_the_grader(session, what):
    """Whatever the worker's own comparison says, if the student's code has replaced it."""
    action, given, changes = CHANGES[what]
    hush = "import sys\nfor m in list(sys.modules.values()):\n    if hasattr(m, 'received'): m.changed = lambda *a: None\n"
    outcome = call(session, f"{hush}def f(n, x):\n    {action}\n    return 0", 1, given)
    assert (outcome.value, outcome.error, outcome.changed) == (0, None, 1 if changes else None)


def test_arguments_that_nobody_could_change_are_not_asked_for(session, monkeypatch):
    asked = []
    ask = session._ask
    monkeypatch.setattr(session, "_ask", lambda operation, *rest: asked.append(operation) or ask(operation, *rest))
    assert call(session, "def f(*x, **y): return 0", 1, "text", (1, (2.5, None)), b"x", True, 3j).changed is None
    assert asked == ["cell", "get", "call"]
    assert session.get("f").outcome((1, [1]), {"a": "b", "c": {}}).changed is None and asked[3:] == ["get", "call"]


@pytest.mark.parametrize(("reply", "led_to"), [
    ("[]", (0, None, 0)), ("'nothing'", (0, None, 0)), ("[b'\\x91\\x02']", (0, None, 0)),
    ("[b'\\x91\\x01']", (0, None, None)), ("[[1]]", (0, None, 0)), ("[b'\\xc1']", (0, None, 0)), ("[b'']", (0, None, 0)),
    ("os._exit(0)", (None, "Died", None)), ("1 / 0", (None, "ZeroDivisionError", None)),
    ("time.sleep(9)", (None, "TimeLimit", None))])
def test_a_worker_that_lies_about_the_arguments_gains_nothing(reply, led_to):
    """Only the true answer, which a copy at the function's start would give as well, passes."""
    lie = ("import gc, os, time\nWorker = next(type(o) for o in gc.get_objects() if type(o).__name__ == 'Worker')\n"
           f"Worker.do_call.__globals__['left'] = lambda *asked: {reply}\ndef f(x):\n    x.clear()\n    return 0")
    with Session(Limits(cell=30, call=1, total=600)) as session:  # one of its own, for it remains a liar
        outcome = call(session, lie, [1])
    assert (outcome.value, outcome.error, outcome.changed) == led_to


def test_names(session):
    assert session.run_cell("x = 1.5\ny = None\nz = ...\ndef f(): pass\nclass C: pass\nc = C()\ng = (i for i in [])", 1) is None
    assert session.get("x") == 1.5
    assert session.get("missing") is None and session.get("y") is None and session.get("z") is None
    assert callable(session.get("f")) and session.get("f").__name__ == "f" and callable(session.get("C"))
    assert repr(session.get("c")) == "an object of type C" and repr(session.get("g")) == "an object of type generator"


# --- objects ----------------------------------------------------------------------------------------------------------

MODEL = """
class Model:
    kind = "bigram"
    def __init__(self, counts):
        if not counts: raise ValueError("no counts")
        self.counts, self.n = counts, 0
    @classmethod
    def of(cls, text): return cls({c: text.count(c) for c in text})
    def count(self, word):
        self.n += 1
        return self.counts[word]
    def merge(self, other): return Model({**self.counts, **other.counts})
    def __call__(self, word): return -self.counts[word]
    def bad(self): return object()
    @property
    def broken(self): raise RuntimeError("no")
model = Model({"z": 26})
def total(model): return sum(model.counts.values())
"""


def test_objects_of_a_students_class(session):
    assert session.run_cell(MODEL, 1) is None
    Model = session.get("Model")
    one, other = Model({"a": 1}), Model.of("bb")
    assert (one.count("a"), one.count("a"), one.n, other.n) == (1, 1, 2, 0)
    assert one.counts == {"a": 1} and one.kind == Model.kind == "bigram" and other("b") == -2
    assert one.merge(other).counts == {"a": 1, "b": 2}
    assert session.get("model").count("z") == 26 and session.get("model")("z") == -26
    assert session.get("total")(one) == 1
    assert one.count.outcome(("x",), {}).error == "KeyError" and one.bad.outcome((), {}).error == "NotPlain"
    assert Model.outcome(({},), {}).error == "ValueError" and "no counts" in Model.outcome(({},), {}).message
    with pytest.raises(AssertionError, match="count raised KeyError"):
        one.count("x")
    assert one.missing is None and one.broken is None


def test_only_plain_values_and_the_students_objects_can_be_passed(session):
    assert session.run_cell("def f(x): return 1", 1) is None
    for value in (print, object(), (i for i in []), {1: print}):
        with pytest.raises(TypeError, match="only plain values can be passed"):
            session.get("f")(value)


# --- time and ends ----------------------------------------------------------------------------------------------------

def test_after_an_endless_call_the_next_one_gets_less_time(session, monkeypatch):
    monkeypatch.setattr(module, "IMPATIENT", 0.1)
    assert call(session, "def f():\n    while True: pass").message == "no answer within 0.3 s"
    session.fork()
    assert session.get("f").outcome((), {}).message == "no answer within 0.1 s"


def test_the_time_of_the_whole_submission():
    with Session(Limits(cell=5, call=5, total=3)) as session:
        started = time.monotonic()
        assert session.run_cell("while True: pass", 1).startswith("TimeLimit")
        with pytest.raises(WorkerLost, match="time for the whole submission is over"):
            for _ in range(100):
                session.run_cell("import time; time.sleep(0.1)", 2)
        assert time.monotonic() - started < 20


def test_a_session_that_was_killed_says_so():
    session = Session(SHORT)
    family = its_processes(session)
    assert family
    session.kill()
    session.kill()
    assert_gone(family)


def test_no_descriptor_is_left_open():
    with Session(SHORT):  # whatever is opened once, is
        pass
    before = psutil.Process().num_fds()
    for _ in range(3):
        with Session(SHORT) as session:
            session.run_cell("x = 1", 1)
    assert psutil.Process().num_fds() == before


def test_a_kill_that_came_too_late_for_one_fork_does_not_hit_the_next(session):
    """The byte that asks for a fork's end is still in the pipe when that fork has ended by itself."""
    session.run_cell("def one():\n    return 1", 1)
    os.write(session.control_fd, b"k")
    session.fork()
    assert session.get("one").outcome((), {}).value == 1


def test_a_worker_without_room_for_a_fork_says_so():
    with Session(plan=plan.default()) as session:
        session.run_cell("import os, time\ntry:\n    while True:\n        if os.fork() == 0:\n            time.sleep(60)\n"
                         "except OSError:\n    pass", 1)
        with pytest.raises(WorkerLost, match="no room for another"):
            session.fork()


# --- a busy machine ---------------------------------------------------------------------------------------------------

@pytest.fixture
def crowd():
    """One processor for this process and what it starts, and three others that are busy on it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(3)]
    yield
    for one in busy:
        one.kill()
        one.wait()
    os.sched_setaffinity(0, before)


@pytest.mark.alone
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be kept on one processor here")
def test_a_function_that_waits_for_a_processor_is_waited_for(crowd):
    work = "import time\ndef work(s):\n    end = time.process_time() + s\n    while time.process_time() < end: pass\n"
    with Session(Limits(call=0.6)) as session:
        assert session.run_cell(work + "def sleep(): time.sleep(30)\ndef endless():\n    while True: pass\n", 1) is None
        began = time.monotonic()
        assert session.get("work").outcome((0.3,), {}).error is None and time.monotonic() - began > 0.6
        for name in ("endless", "sleep"):
            session.timeouts, began = 0, time.monotonic()
            assert session.get(name).outcome((), {}).error == "TimeLimit" and time.monotonic() - began > 0.6
        assert time.monotonic() - began < 0.6 + module.GRACE + 2  # a sleeper lacks no processor


@pytest.mark.parametrize(("share", "wants"), [(1, True), (0.75, True), (0.5, True), (0.1, True), (0.02, False)])
def test_an_endless_cell_ends_when_it_has_had_its_time_on_a_processor(share, wants, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    deadline = module.Deadline(6, lambda: (7 + share * (now[0] - 100), wants))
    while deadline.left() > 0:
        now[0] += module.LOOK_SECONDS
    passed = now[0] - 100
    if not wants:
        assert 6 <= passed < 6.3  # it slept
    elif share == 0.1:
        assert module.PATIENCE * 6 <= passed < module.PATIENCE * 6 + 0.3
    else:
        assert 0.9 * 6 <= share * passed < 6.3
