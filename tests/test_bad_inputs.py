"""Whatever is handed in, a valid results.json comes out in time, with a sentence that tells the student what to do.

``bad_inputs/README.md`` says how a bad input is written. What only concerns reading a file is in test_submission.py; here
everything goes through the command that Gradescope runs. Fuzzers mutate notebooks and the bytes that a worker sends.
"""

import copy
import json
import os
import struct
import time

import msgpack
import pytest
from attacks.harness import BAD_INPUTS, CHECKS, RIGHT, TESTS, Verdict, malformed, notebook, sound, try_bad_input
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder import session
from autograder.assignment import Assignment
from autograder.grade import grade
from autograder.results import write_results
from autograder.session import HEADER, Limits, Session, WorkerLost
from autograder.testfile import read

INPUTS = sorted(p.stem for p in BAD_INPUTS.glob("*.py"))

needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0,
                                reason="the worker gets a user of its own only where the grader is root")


@needs_root
@pytest.mark.parametrize("name", INPUTS)
def test_bad_input(name, machine):
    sound(machine, lambda: try_bad_input(name))


@pytest.mark.parametrize("name", INPUTS)
def test_bad_input_in_a_container(name, guest, machine):
    sound(machine, lambda: Verdict(*guest.ask("bad input", name)), lambda: Verdict(*guest.ask("attack", "honest")))


# --- mutated notebooks ------------------------------------------------------------------------------------------------

ORDINARY = notebook(("import math", None, "setup"), (RIGHT, "q1", "answer"), CHECKS[0], ("x = 1", "q2", "answer"), *CHECKS[1:])
JUNK = st.recursive(st.none() | st.booleans() | st.integers(-3, 10**6) | st.text(max_size=6),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
                    max_leaves=5)
SOURCES = st.sampled_from([RIGHT, "double = greet = None", "1 / 0", "def double(a): return a", "grader.check('q1')", "exit()",
                           "%%bash\nls", "def greet(", "del double", "import os; os._exit(0)", "pin = 'pin'", ""])


@st.composite
def mutated(draw):
    """The bytes of an ordinary notebook after a few changes of its cells, values or bytes."""
    content = copy.deepcopy(ORDINARY)
    for _ in range(draw(st.integers(1, 4))):
        cells = content.get("cells")
        kind = draw(st.sampled_from(["drop", "copy", "swap", "source", "role", "question", "junk", "top"]))
        if kind == "top" or not cells or not isinstance(cells, list):
            content[draw(st.sampled_from(["cells", "metadata", "nbformat", "new"]))] = draw(JUNK)
            continue
        i, j = (draw(st.integers(0, len(cells) - 1)) for _ in range(2))
        metadata = cells[i].get("metadata") if isinstance(cells[i], dict) else None
        mark = metadata.get("llmcourse") if isinstance(metadata, dict) else None
        if kind == "drop":
            del cells[i]
        elif kind == "copy":
            cells.insert(j, copy.deepcopy(cells[i]))
        elif kind == "swap":
            cells[i], cells[j] = cells[j], cells[i]
        elif kind == "source" and isinstance(cells[i], dict):
            cells[i]["source"] = draw(SOURCES | JUNK)
        elif kind in ("role", "question") and isinstance(mark, dict):
            mark[kind] = draw(st.sampled_from(["q1", "q2", "q3", "answer", "check", "setup", "__init__"]) | JUNK)
        elif isinstance(cells[i], dict):
            cells[i][draw(st.sampled_from(["metadata", "cell_type", "source"]))] = draw(JUNK)
    data = bytearray(json.dumps(content).encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@needs_root
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=mutated())
def test_mutated_notebooks_get_valid_results(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutated")
    (folder / "in").mkdir()
    (folder / "in" / "mini.ipynb").write_bytes(data)
    assignment = Assignment("mini", {q: read(source.replace("{number}", "123"))[1] for q, source in TESTS.items()},
                            Limits(cell=2.0, call=2.0, total=20.0))
    started = time.monotonic()
    report = grade(assignment, folder / "in")
    write_results(report, folder / "out" / "results.json")
    assert time.monotonic() - started < 30
    results = json.loads((folder / "out" / "results.json").read_text())
    assert malformed(results, folder / "out" / "results.json") == []
    assert results["score"] <= 6 and results["output"]


# --- mutated bytes ----------------------------------------------------------------------------------------------------

class Mouth(Session):
    """A session whose worker is this test: it says what it is told to say."""

    def __init__(self, said: bytes, closes: bool):
        self.limits, self.plan = Limits(cell=0.2, call=0.2, total=5.0), session.default_plan()
        self.deadline, self.timeouts, self.peak = time.monotonic() + 5, 0, 0
        self.in_fork, self._fork_number, self._last = True, 7, 5
        self.read_fd, write_fd = os.pipe()
        self.heard_fd, self.write_fd = os.pipe()
        self.control_heard, self.control_fd = os.pipe()
        self.killed = self._untidy = False
        os.write(write_fd, said[:60_000])
        self.mouth = None if closes else write_fd
        if closes:
            os.close(write_fd)

    def _send(self, operation: str, body: object) -> int:
        super()._send(operation, body)
        self._last = 5
        return 5

    def _watch_memory(self) -> None:
        """There is no process to watch."""

    _watch_room = _watch_memory

    def _used(self) -> tuple[float, bool]:
        return time.monotonic(), True

    def _clear(self) -> None:
        """There are no processes to kill."""

    def kill(self) -> list[int]:
        if not self.killed:
            self.killed = True
            mine = (self.read_fd, self.write_fd, self.heard_fd, self.control_fd, self.control_heard, self.mouth)
            for fd in filter(None, mine):
                os.close(fd)
        return []


def frame(value: object) -> bytes:
    body = msgpack.packb(value, strict_types=False)
    return HEADER.pack(len(body)) + body


HANDLES = st.integers(-5, 10).map(lambda n: msgpack.ExtType(6, msgpack.packb([n, "str"])))
ARRAYS = st.tuples(st.sampled_from(["<f8", "|O", "|b1", "<i4", "|V8", "<c16", "x"]), st.lists(st.integers(-2, 5), max_size=3),
                   st.binary(max_size=48)).map(lambda a: msgpack.ExtType(3, msgpack.packb(list(a))))
ODD = st.tuples(st.integers(0, 127), st.binary(max_size=12)).map(lambda a: msgpack.ExtType(*a))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2**63, 2**64 - 1), st.floats(), st.text(max_size=8),
                   st.binary(max_size=8), HANDLES, ARRAYS, ODD)
KEYS = st.text(max_size=4) | st.integers(-9, 9)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
                      max_leaves=8)
SHOWN = st.tuples(st.sampled_from(["callable", "value", "missing"]), VALUES).map(list)
RAISED = st.tuples(st.text(max_size=5), st.lists(VALUES, max_size=3), st.text(max_size=20)).map(list)
MESSAGES = st.one_of(
    st.tuples(st.sampled_from([5, 7, 0]), st.sampled_from(["value", "error", "ended", "x"]), VALUES).map(list),
    st.tuples(st.just(5), st.just("value"), SHOWN).map(list),
    st.tuples(st.just(5), st.just("error"), RAISED).map(list),
    st.tuples(st.just(7), st.just("ended"), st.sampled_from(["SIGKILL", "SIGSEGV", "exit 0", ""])).map(list),
    VALUES)


@st.composite
def streams(draw):
    """What a worker might say: frames, cut, changed or none at all."""
    said = bytearray(b"".join(map(frame, draw(st.lists(MESSAGES, min_size=1, max_size=3)))))
    for _ in range(draw(st.sampled_from([0, 0, 1, 4]))):
        said[draw(st.integers(0, len(said) - 1))] = draw(st.integers(0, 255))
    return bytes(said[: draw(st.sampled_from([len(said), len(said), len(said) - 1, 3]))])


REQUESTS = (lambda s: s.get("f"), lambda s: s.call(1, None, "f", (1,), {}), lambda s: s.run_cell("1", 1), lambda s: s.fork())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=streams() | st.binary(max_size=40), closes=st.sampled_from([True] * 19 + [False]))
def test_whatever_a_worker_says_a_session_goes_on_or_is_lost(said, closes):
    started = time.monotonic()
    for ask in REQUESTS:
        mouth = Mouth(said, closes)
        try:
            ask(mouth)
        except (WorkerLost, TimeoutError):
            pass
        finally:
            mouth.kill()
    assert time.monotonic() - started < 4 * (0.2 + session.GRACE + 2.0) + 8


def test_a_reply_is_read_for_what_it_is():
    """The fuzzers' stand-in for a worker does reach the code that reads replies."""
    mouth = Mouth(frame([5, "value", ["value", [1, "two"]]]), True)
    assert mouth.get("f") == [1, "two"]
    mouth.kill()
    mouth = Mouth(frame([7, "ended", "SIGSEGV"]), True)
    assert "crashed" in mouth.call(1, None, "f", (), {}).message
    mouth.kill()
    with pytest.raises(WorkerLost, match="a reply of"):
        Mouth(struct.pack(">I", 2**31), True).get("f")
