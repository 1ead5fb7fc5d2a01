"""The range on which attacks are run: a miniature assignment full of secrets, and the oracle that asks the five questions."""

import contextlib
import fcntl
import importlib.util
import json
import os
import re
import resource
import secrets
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from unittest.mock import patch

import pytest
from machine import Machine

from autograder import cli, session
from autograder import grade as grading
from autograder.checks import CHANGES_INPUT, KINDS
from autograder.isolation import processes
from autograder.isolation.plan import Plan
from autograder.isolation.probe import Isolation, probe

UNCLEAN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|<[a-zA-Z/!]")
ATTACKS = Path(__file__).parent
BAD_INPUTS = ATTACKS.parent / "bad_inputs"
NOT_ATTACKS = ("__init__", "harness")
REPOSITORY = ATTACKS.parent.parent
POINTS = {"double": 1, "double anything": 2, "greet": 1, "greet anybody": 2, "pin": 4}
LIMITS = {"cell": 2.0, "call": 1.0, "total": 20.0}
BUSY = 4.0  # seconds that an honest submission takes nowhere but on a busy machine; about one is usual
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev/mqueue")

TESTS = {
    "q1": '''
OK_FORMAT = False
from otter.test_files import test_case
name = "q1"
points = None

@test_case(name="double", points=1, hidden=False)
def test_double(double):
    import numpy as np
    from autograder.checks import expect
    expect(double, np.array([1.0, 2.0, 4.0]), want=np.array([2.0, 4.0, 8.0]), mistakes=[squares])

@test_case(name="double anything", points=2, hidden=True)
def test_double_anything(double):
    import numpy as np
    from autograder.checks import expect, rng
    a = np.concatenate([[{number}.0], rng().normal(size=5)])
    expect(double, a, want=2 * a, mistakes=[squares])

def squares(a):
    """Did you square instead of doubling?"""
    return a * a
''',
    "q2": '''
OK_FORMAT = False
from otter.test_files import test_case
name = "q2"
points = None

@test_case(name="greet", points=1, hidden=False, failure_message="A greeting starts with Hello.")
def test_greet(greet):
    from autograder.checks import expect
    expect(greet, "Ada", want="Hello, Ada!")

@test_case(name="greet anybody", points=2, hidden=True)
def test_greet_anybody(greet):
    from autograder.checks import expect
    expect(greet, "{word}", want="Hello, {word}!")
    expect(greet, "{word}" * 2, want="Hello, {word}{word}!")
''',
    "q3": '''
OK_FORMAT = False
from otter.test_files import test_case
name = "q3"
points = None

@test_case(name="pin", points=4, hidden=True)
def test_pin(pin):
    from autograder.checks import expect_value
    expect_value(pin, want="{pin}")
''',
}

SETUP = '''
import builtins, io, os, subprocess
TARGETS = %r
log = []

disk = open.__self__  # the stand-in that keeps files in memory; an attack wants the real disk
builtins.open = io.open = disk.real_open
os.stat, os.mkdir, os.remove, os.unlink = disk.real_stat, disk.real_mkdir, disk.real_remove, disk.real_remove
programs = os.system.__self__  # and real programs
os.system, subprocess.Popen = programs.real_system, programs.real_popen

def attempt(name, function, *args, **kwargs):
    try:
        value = function(*args, **kwargs)
    except BaseException as error:
        number = getattr(error, "errno", None)
        log.append(name + ": " + type(error).__name__ + (" " + str(number) if number else ""))
    else:
        log.append((name + ": got " + repr(value))[:150])

def syscall(number, *args):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    done = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done

def pipes():
    """Descriptors the worker reads requests from, writes replies to, and hears its kill on."""
    import fcntl, stat
    ends = [fd for fd in range(3, 64) if is_pipe(fd)]
    reading = [fd for fd in ends if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY]
    writing = [fd for fd in ends if fd not in reading]
    return reading[0], writing[0], reading[1]

def is_pipe(fd):
    import stat
    try:
        return stat.S_ISFIFO(os.fstat(fd).st_mode)
    except OSError:
        return False

def double(a):
    return a

def greet(name):
    return "no greeting"

pin = "0000"
'''
REPORT = 'raise RuntimeError("attempts; " + "; ".join(log))'
RIGHT = "def double(a):\n    return 2 * a\n\ndef greet(name):\n    return f'Hello, {name}!'\n"


@dataclass
class Secrets:
    """What no student may ever see; new for every run."""

    number: str = field(default_factory=lambda: str(10**14 + secrets.randbelow(9 * 10**14)))
    word: str = field(default_factory=lambda: "guest" + secrets.token_hex(8))
    pin: str = field(default_factory=lambda: "pin" + secrets.token_hex(8))
    environment: str = field(default_factory=lambda: "environment" + secrets.token_hex(8))
    file: str = field(default_factory=lambda: "file" + secrets.token_hex(8))

    def all(self) -> list[str]:
        return list(vars(self).values())


@dataclass
class Outcome:
    """What one run left to be judged."""

    results: dict
    text: str  # what the student reads: everything but the instructor's own data
    attempts: dict[str, str]
    problems: list[str]
    seconds: float


def attacks() -> list[str]:
    return sorted(p.stem for p in ATTACKS.glob("*.py") if p.stem not in NOT_ATTACKS)


def load(name: str, folder: Path = ATTACKS) -> ModuleType:
    """The constants of one attack."""
    spec = importlib.util.spec_from_file_location(f"attack_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def notebook(*cells: str | tuple[str, str | None, str | None], **metadata: object) -> dict:
    """A notebook of these code cells: a source, or (source, question, role)."""
    made = []
    for cell in cells:
        source, question, role = cell if isinstance(cell, tuple) else (cell, None, None)
        mark = {"llmcourse": {"question": question, "role": role}} if role else {}
        made.append({"cell_type": "code", "source": source, "metadata": mark, "outputs": [], "execution_count": None})
    metadata = {"llmcourse": {"assignment": "mini"}, **metadata}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


class Verdict(NamedTuple):
    """What came of an attack: what is wrong, what may only be slow, how long it took, what the student reads."""

    wrong: list[str]
    slow: list[str]
    seconds: float
    text: str

    def __str__(self) -> str:
        return "\n".join([*self.wrong, *self.slow, "--- the student reads:", self.text[:3000]])


def try_attack(name: str) -> Verdict:
    """One attack on a range of its own."""
    return run(load(name))


def try_bad_input(name: str) -> Verdict:
    """A bad input, which is handed in with right answers."""
    bad = load(name, BAD_INPUTS)
    bad.ANSWERS = RIGHT + getattr(bad, "ANSWERS", "")
    return run(bad)


def run(attack: ModuleType, plan: Plan | None = None) -> Verdict:
    with Range() as shooting_range:
        shooting_range.hand_in(attack)
        return verdict(attack, shooting_range.run(plan))


def sound(machine: Machine, attempt: Callable[[], Verdict],
          honest: Callable[[], Verdict] = lambda: try_attack("honest")) -> None:
    """Assert that nothing is wrong. What was only slow is tried again while no other test runs, so that it says something.

    Where the machine is busy with other things even then, and an honest submission takes far longer than it should, nothing
    can be said about time: the test is skipped. What is wrong fails at once, however busy the machine is.
    """
    found = attempt()
    if found.slow and not found.wrong:
        with machine.alone():
            found = attempt()
            seconds = honest().seconds if found.slow and not found.wrong else 0.0
        if seconds > BUSY:
            pytest.skip(f"the machine is busy: an honest submission takes {seconds:.1f} s; nothing follows from {found.slow}")
    assert not found.wrong + found.slow, str(found)


CHECKS = tuple((f"grader.check('{q}')", q, "check") for q in TESTS)


class Listeners:
    """Servers on this machine that nobody confined may reach: TCP, UDP, Unix by path and by abstract name."""

    def __init__(self, folder: Path):
        self.path, self.abstract = str(folder / "socket"), f"range-{secrets.token_hex(6)}"
        self.tcp, self.unix, self.hidden = socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for server, address in ((self.tcp, ("127.0.0.1", 0)), (self.unix, self.path), (self.hidden, "\0" + self.abstract)):
            server.bind(address)
            server.listen()
        self.udp.bind(("127.0.0.1", 0))
        os.chmod(self.path, 0o777)
        for server in (self.tcp, self.udp, self.unix, self.hidden):
            server.setblocking(False)

    def heard(self) -> list[str]:
        found = []
        for server, name in ((self.tcp, "TCP"), (self.unix, "Unix"), (self.hidden, "abstract Unix")):
            with contextlib.suppress(BlockingIOError):
                server.accept()[0].close()
                found.append(f"a {name} connection arrived")
        with contextlib.suppress(BlockingIOError):
            found.append(f"a datagram arrived: {self.udp.recv(100)!r}")
        return found

    def close(self) -> None:
        for server in (self.tcp, self.udp, self.unix, self.hidden):
            server.close()


class Range:
    """A folder laid out like Gradescope's, with secrets in every corner. Use as a context manager."""

    def __enter__(self) -> "Range":
        self.secrets = Secrets()
        self.folder = Path(tempfile.mkdtemp(prefix="range-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        for name in ("source", "source/tests", "submission", "results"):
            (self.folder / name).mkdir()
        (self.folder / "drop").mkdir()
        (self.folder / "drop").chmod(0o777)
        config = {"name": "mini", "questions": list(TESTS), "limits": LIMITS, "needs": []}
        (self.folder / "source" / "assignment.json").write_text(json.dumps(config))
        for question, source in TESTS.items():
            for name, secret in vars(self.secrets).items():
                source = source.replace(f"{{{name}}}", secret)
            (self.folder / "source" / "tests" / f"{question}.py").write_text(source)
        (self.folder / "source" / "solutions.txt").write_text(self.secrets.file)
        (self.folder / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": [{"name": self.secrets.file}]}))
        os.environ["RANGE_SECRET"] = self.secrets.environment
        opened = os.open(self.folder / "source" / "solutions.txt", os.O_RDWR)
        self.open_file = fcntl.fcntl(opened, fcntl.F_DUPFD, 100)  # inheritable, under a number that no worker uses itself
        os.close(opened)
        self.listeners = Listeners(self.folder)
        return self

    def __exit__(self, *exc: object) -> None:
        self.listeners.close()
        os.close(self.open_file)
        del os.environ["RANGE_SECRET"]
        shutil.rmtree(self.folder)

    @property
    def results(self) -> Path:
        return self.folder / "results" / "results.json"

    def targets(self) -> dict:
        """What an attacker may know or guess."""
        return {
            "results": str(self.results), "tests": str(self.folder / "source" / "tests" / "q3.py"),
            "source": str(self.folder / "source"), "submission": str(self.folder / "submission"),
            "solutions": str(self.folder / "source" / "solutions.txt"),
            "metadata": str(self.folder / "submission_metadata.json"),
            "drop": str(self.folder / "drop"), "grader": os.getpid(), "fd": self.open_file,
            "repository": str(REPOSITORY), "reference": str(REPOSITORY / "llmcourse" / "language_models" / "__init__.py"),
            "library": str(REPOSITORY / "llmcourse"), "site": str(Path(json.__file__).parent), "port": self.port(),
            "udp": self.listeners.udp.getsockname()[1], "unix": self.listeners.path, "abstract": self.listeners.abstract,
            "master": str(REPOSITORY / "solutions" / "02_ngrams.py"),
            "packages": str(Path(importlib.util.find_spec("numpy").origin).parent.parent),
        }

    def port(self) -> int:
        return self.listeners.tcp.getsockname()[1]

    def hand_in(self, attack: ModuleType) -> None:
        """Write the submission of an attack, and the time limits it is given."""
        path = self.folder / "source" / "assignment.json"
        config = json.loads(path.read_text())
        path.write_text(json.dumps(config | {"limits": LIMITS | getattr(attack, "LIMITS", {})}))
        cells = getattr(attack, "CELL", "")
        cells = cells if isinstance(cells, list) else [cells]
        report = [(REPORT, None, None)] if getattr(attack, "ATTEMPTS", None) else []
        answers = getattr(attack, "ANSWERS", "")
        content = notebook((SETUP % self.targets() + answers, None, "setup"), *cells, *report, *CHECKS)
        submit = getattr(attack, "submit", None)
        if submit:
            submit(self.folder / "submission", content)
        else:
            (self.folder / "submission" / "mini.ipynb").write_text(json.dumps(content))

    def run(self, plan: Plan | None = None) -> Outcome:
        """Grade what was handed in the way Gradescope does, and ask the five questions except for the score.

        plan: another than this machine's best, even where it contains nothing.
        """
        problems: list[str] = []
        used = plan or session.default_plan().for_another_user()
        before = processes.children()
        graded = grading.grade

        def watched(*args, **kwargs):
            there = snapshot(self.results.parent)
            report = graded(*args, **kwargs, plan=used, unsafe=plan is not None)
            if snapshot(self.results.parent) != there:
                problems.append("the results folder was touched while the submission ran")
            problems.extend(f"left running when the results were written: {p}" for p in alive(used.uid, before))
            return report

        with patch.object(grading, "grade", watched), patch.object(grading, "probe", remembered_probe):
            started = time.monotonic()
            status = cli.main(["gradescope", str(self.folder)])
            seconds = time.monotonic() - started
        if status != 0:
            problems.append(f"exit status {status}")
        problems += [f"left running: {p}" for p in alive(used.uid, before)]
        problems += [f"left on disk: {p}" for p in left_on_disk(used.uid, self.folder)]
        return self.outcome(problems, seconds)

    def outcome(self, problems: list[str], seconds: float) -> Outcome:
        """What the results say, with what is wrong about them added to the problems."""
        results = json.loads(self.results.read_text(encoding="utf-8"))
        problems += self.listeners.heard()
        problems += malformed(results, self.results)
        student = {k: v for k, v in results.items() if k != "extra_data"}
        everything = self.results.read_text(encoding="utf-8")
        problems += [f"a secret is in the results: {name}" for name, secret in vars(self.secrets).items()
                     if leaked(secret, everything)]
        text = "\n".join([student["output"], *(t["output"] for t in student["tests"])])
        return Outcome(results, text, reported(student["output"]), problems, seconds)


_probed: dict[Plan, Isolation] = {}


def remembered_probe(plan: Plan, *args: object) -> Isolation:
    """What the canary found the first time: it takes as long as a whole attack, and the machine stays the same."""
    key = replace(plan, uid=plan.uid and 0)
    if key not in _probed:
        _probed[key] = probe(plan, *args)
    return _probed[key]


def snapshot(folder: Path) -> dict:
    """Everything that writing to a folder or a file in it changes."""
    found = {".": (folder.stat().st_ino, folder.stat().st_mtime_ns, stat.S_IMODE(folder.stat().st_mode))}
    for path in folder.iterdir():
        info = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[path.name] = (info.st_ino, info.st_mtime_ns, info.st_ctime_ns, info.st_mode, info.st_uid, info.st_nlink, content)
    return found


def alive(uid: int | None, before: frozenset[int]) -> list[str]:
    """Processes that belong to the worker's user, or that came to this one and stayed."""
    if uid is not None and not alone(uid):
        return [f"a process of user {uid}, by the kernel's own count"]
    table = processes.table()
    found = [pid for pid, (parent, _, _, state) in table.items()
             if state != "Z" and (parent == os.getpid() and pid not in before)]
    found += [pid for pid, (_, _, _, state) in table.items()
              if state != "Z" and uid is not None and processes.uid_of(pid) == uid]
    return [f"process {pid}" for pid in sorted(set(found))]


def alone(uid: int) -> bool:
    """Whether a user has no process at all, not even a dead one: then one that becomes this user may start just one more."""
    pid = os.fork()
    if pid == 0:
        answer = 1
        try:
            resource.setrlimit(resource.RLIMIT_NPROC, (2, 2))
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            if os.fork() == 0:
                os._exit(0)
            os.wait()
            answer = 0
        finally:
            os._exit(answer)
    return os.waitpid(pid, 0)[1] == 0


def left_on_disk(uid: int | None, *more: Path) -> list[str]:
    """Files, queues and shared memory of the worker's user."""
    found: list[str] = []
    todo = [*map(Path, WRITABLE), Path(session.default_plan().matplotlib), REPOSITORY, *more]
    seen = set()
    while todo:
        folder = todo.pop()
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                try:
                    info = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # another test's
                if info.st_uid == uid:
                    found.append(entry.path)
                deeper = stat.S_ISDIR(info.st_mode) and (info.st_mode & stat.S_IWOTH or info.st_uid == uid)
                if deeper and info.st_ino not in seen:
                    seen.add(info.st_ino)
                    todo.append(Path(entry.path))
    for kind in ("shm", "msg", "sem"):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
            place = lines[0].split().index("uid")
            found += [f"System V {kind}" for line in lines[1:] if line.split()[place] == str(uid)]
    return found


def malformed(results: dict, path: Path) -> list[str]:
    """What is wrong with results.json as a file and as Gradescope's format."""
    problems = []
    info = path.lstat()
    if not stat.S_ISREG(info.st_mode) or info.st_uid != os.geteuid() or info.st_nlink != 1:
        problems.append("results.json is not a plain file of the grader's")
    if sorted(p.name for p in path.parent.iterdir()) != [path.name]:
        problems.append("there is more than results.json in the results folder")
    expected = {"score", "output", "output_format", "visibility", "stdout_visibility", "execution_time", "tests", "extra_data"}
    if set(results) != expected:
        problems.append(f"results.json has the keys {sorted(results)}")
        return problems
    if not 0 <= results["score"] <= sum(POINTS.values()) or isinstance(results["score"], bool):
        problems.append(f"score {results['score']!r}")
    if [t["name"].split(": ")[1] for t in results["tests"]] != list(POINTS):
        problems.append("the tests are not those of the assignment")
    if [t["max_score"] for t in results["tests"]] != list(POINTS.values()):
        problems.append("the points are not those of the assignment")
    if results["score"] != sum(t["score"] for t in results["tests"]):
        problems.append("the score is not the sum of the tests")
    if any(t["score"] not in (0, t["max_score"]) or not t["output"] for t in results["tests"]):
        problems.append("a test has part of its points, or nothing to say")
    hidden = [t for t in results["tests"] if t["visibility"] != "visible"]
    if {t["name"].split(": ")[1] for t in hidden} != {"double anything", "greet anybody", "pin"}:
        problems.append("a hidden test is visible")
    own = ("Passed.", *KINDS.values(), CHANGES_INPUT, "Did you square instead of doubling?")
    related = re.compile(r"On an input of this hidden test: [A-ZE][^'\"\d]*(−?[0-9½] ?(minus|times|divided|too)[^'\"\d]*)?")
    because = "There is no answer to be tested, because "  # that a cell stopped is in a note as well, from before hidden tests
    stopped = {t["output"] for t in hidden if t["output"].startswith(because)
               and t["output"].removeprefix(because)[1:] in results["output"]}
    if not results["output"].startswith(("Hand in", "No notebook")) and len({t["output"] for t in results["tests"]}) > 1:
        problems += [f"a hidden test says {t['output'][:200]!r}" for t in hidden
                     if t["output"] not in {*own, *stopped} and not related.fullmatch(t["output"])]
    for text in (results["output"], *(t["output"] for t in results["tests"])):
        if len(text) > 4000 or UNCLEAN.search(text):
            problems.append(f"text is not clean: {text[:80]!r}")
    return problems


def leaked(secret: str, text: str) -> bool:
    """Whether a secret is in a text, plainly or in a disguise that an attack here uses."""
    disguises = {secret, secret[::-1], secret.upper(), secret.encode().hex(), "-".join(secret), " ".join(secret)}
    return any(disguise in text for disguise in disguises)


def reported(output: str) -> dict[str, str]:
    """The attempts of an attack and how they ended, from the note about the cell that raised them."""
    found = re.search(r"RuntimeError: attempts; (.*) \(line \d+ of the cell\)", output, re.DOTALL)
    return dict(part.split(": ", 1) for part in found[1].split("; ") if ": " in part) if found else {}


def verdict(attack: ModuleType, outcome: Outcome) -> Verdict:
    """Everything that is not as it has to be: the five questions, and what the attack's own file expects."""
    problems, late = [*outcome.problems, *wrong(attack, outcome)], slow(attack, outcome)
    if "the grader is not set up as it should be" in outcome.text and outcome.results["score"] == 0:
        problems, late = [], [*problems, *late]  # the canary had no time to show that nothing gets through
    return Verdict(problems, late, outcome.seconds, outcome.text)


def wrong(attack: ModuleType, outcome: Outcome) -> list[str]:
    """What must never happen, however busy the machine is."""
    problems = []
    score = getattr(attack, "SCORE", 0)
    if outcome.results["score"] > score:
        problems.append(f"the score is {outcome.results['score']}, honest would be {score}")
    expected = getattr(attack, "ATTEMPTS", {})
    for name, happened in outcome.attempts.items():
        allowed = expected.get(name, "nothing: not in ATTEMPTS")
        if not re.fullmatch(allowed, happened):
            problems.append(f"attempt {name!r}: {happened!r}, expected {allowed!r}")
    return problems + [f"the student is shown {shown!r}" for shown in getattr(attack, "HIDES", []) if shown in outcome.text]


def slow(attack: ModuleType, outcome: Outcome) -> list[str]:
    """What may also come of a busy machine, on which honest code, too, runs into a time limit."""
    problems = []
    score, seconds = getattr(attack, "SCORE", 0), getattr(attack, "SECONDS", 12)
    if outcome.results["score"] < getattr(attack, "AT_LEAST", score):
        problems.append(f"the score is {outcome.results['score']}, honest would be {score}")
    if outcome.seconds > seconds:
        problems.append(f"took {outcome.seconds:.1f} s, at most {seconds} s")
    missing = getattr(attack, "ATTEMPTS", {}).keys() - outcome.attempts.keys()
    problems += [f"attempt {name!r} never happened" for name in sorted(missing)]
    tells = getattr(attack, "TELLS", [])
    patterns = [tells] if isinstance(tells, str) else tells
    return problems + [f"the student is not told {p!r}" for p in patterns if not re.search(p, outcome.text)]
