"""The trusted side of grading: starts the worker process, sends it cells and calls, and believes nothing it says."""

import math
import os
import re
import secrets
import select
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import NoReturn

from autograder.checks import (
    CALL_SECONDS,
    IMPATIENT,
    LINE,
    PATIENCE,
    SKELETON,
    Arguments,
    Keywords,
    Outcome,
    Remote,
    can_change,
    same,
    shorten,
)
from autograder.isolation import leftovers, processes, room
from autograder.isolation.confine import NotConfined
from autograder.isolation.launch import complaint, launch
from autograder.isolation.nursery import Nursery
from autograder.isolation.plan import Plan, default
from autograder.values import MAX_FRAME, BadFrame, NotPlain, Reference, pack, unpack

HEADER = struct.Struct(">I")
MAX_SAID = 20  # things that one cell may have asked for in vain
GRACE = 1.0  # seconds the worker may need beyond its own time limits before it is killed
START_SECONDS = 30.0
AGAIN_SECONDS = 5.0  # to fork a worker where one came from before
CPU_BEYOND = 60  # seconds of processor time that a process gets beyond the time for the whole submission
SEND_SECONDS = 10.0  # a request is small, and a worker that serves reads it at once
WATCH_SECONDS = 0.2  # how often the memory of a busy worker is looked at
LOOK_SECONDS = 0.05  # how often the memory that is left to everybody
RESERVE = 64 * 2**20  # bytes that have to be left; half of what was there at the start where that was little


def cpu_seconds(total: float) -> int:
    """Seconds of processor time that a process of the worker gets, with so many for the whole submission."""
    return max(1, math.ceil(total)) + CPU_BEYOND


class WorkerLost(BaseException):
    """The worker process is gone, silent or speaks nonsense; it has been killed.

    Not an Exception, so that no test takes it for an error of its own.
    """


class ForkEnded(Exception):
    """The fork that answers a test's calls is gone; ``args[0]`` says how."""


@dataclass(frozen=True)
class Limits:
    """Time in seconds: one cell, one call of a function, the whole submission."""

    cell: float = 20.0
    call: float = CALL_SECONDS
    total: float = 300.0

    def times(self, factor: float) -> "Limits":
        """All limits multiplied. Raises ValueError where the factor is no number above 0."""
        if not 0 < factor < math.inf:
            raise ValueError(f"patience is a factor above 0, not {factor:g}")
        return Limits(self.cell * factor, self.call * factor, self.total * factor)


class Session:
    """A worker process and the pipe to it. Use as a context manager; the process is gone when the block ends."""

    def __init__(self, limits: Limits | None = None, *, deadline: float | None = None, plan: Plan | None = None,
                 nursery: Nursery | None = None):
        """nursery: the worker is forked from its process, whose plan counts; else it is started as a process of its own."""
        self.limits = limits or Limits()
        self.deadline = deadline if deadline is not None else time.monotonic() + self.limits.total
        self.plan = nursery.plan if nursery else replace(plan or default(), cpu=cpu_seconds(self.deadline - time.monotonic()))
        self._nursery = nursery
        self.in_fork = False
        self._untidy = False  # whether the present fork may have started processes that go on without it
        self.timeouts = 0  # calls that did not return in time, in this worker
        self.silenced: list[tuple[str, str]] = []  # what the last cell asked for in vain
        self.reserve = min(RESERVE, (room.left() or 0) // 2)
        self.peak = 0  # most resident bytes seen in all its processes together
        if nursery is None:
            self._start()
        else:
            self._be_born(nursery)
        self._own = frozenset(processes.members(self.process.pid, self.plan.uid))  # nothing of the student's runs yet

    def _start(self) -> None:
        """Start a worker. Raises NotConfined."""
        processes.adopt_orphans()
        leftovers.sweep_once()
        self._before = processes.children()
        theirs_read, self.write_fd = os.pipe()
        self.read_fd, theirs_write = os.pipe()
        theirs_control, self.control_fd = os.pipe()
        os.set_blocking(self.write_fd, False)
        fds = (theirs_read, theirs_write, theirs_control)
        try:
            self.process = launch(self.plan, "autograder.worker", *map(str, fds), self.plan.to_json(), pass_fds=fds)
        finally:
            for fd in fds:
                os.close(fd)
        self._note = leftovers.Note(self.process.pid, self.plan.uid)
        try:
            kind, body = self._reply(0, START_SECONDS)
        except (TimeoutError, WorkerLost):  # nothing of the student's has run yet: it is the grader that is at fault
            self.kill()
            raise NotConfined(f"the worker does not start: {complaint(self.plan, 'autograder.worker')}") from None
        if (kind, body) != ("value", "ready"):
            self.kill()
            raise NotConfined(str(body)[:300])

    def _be_born(self, nursery: Nursery) -> None:
        """Have a worker forked. Raises NotConfined.

        A nursery from which a worker came before may have been ended or stopped by that one's code: then a new one is tried.
        """
        while True:
            fresh = nursery.fresh
            self.write_fd, self.read_fd, self.control_fd = nursery.worker()
            os.set_blocking(self.write_fd, False)
            self.process, self._before = nursery.process, nursery.before
            try:
                if self._reply(0, Deadline(START_SECONDS if fresh else AGAIN_SECONDS, self._used)) == ("value", "ready"):
                    return
            except (TimeoutError, WorkerLost):
                pass
            self.kill()
            nursery.close()
            if fresh:
                raise NotConfined("the worker does not start: its process was made, and it does not answer")

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    def kill(self) -> list[int]:
        """End the worker and every process that came from it; safe to call again. Returns what is left, normally nothing."""
        if self.read_fd < 0:
            return []
        if self._nursery is not None:
            left = self._nursery.clear()
        else:
            left = processes.kill_all(self.process.pid, self.plan.uid, self._before, orphans=not self._contained)
            self.process.wait()
            self._note.remove()
        for fd in (self.write_fd, self.read_fd, self.control_fd):
            os.close(fd)
        self.write_fd = self.read_fd = self.control_fd = -1
        return left

    @property
    def _contained(self) -> bool:
        """Whether the worker's processes can be told by their user or die with their namespace."""
        return self.plan.uid is not None or "namespaces" in self.plan.layers

    # --- requests -----------------------------------------------------------------------------------------------------

    def run_cell(self, source: str, index: int, count: int | None = None) -> str | None:
        """Execute a cell; None, or the error in one line. Ends a test that is going on. Raises WorkerLost.

        index: names the cell in its errors. count: what Jupyter would show in brackets beside it. What the cell asked for in
        vain is in ``silenced`` afterwards: pairs of "silent" or "told", and a text of the worker's.
        """
        self.end()
        self.silenced = []
        seconds = self._allowed(self.limits.cell)
        kind, body = self._ask("cell", {"source": source, "index": index, "count": count, "seconds": seconds}, seconds)
        if kind == "value":
            self.silenced = _said(body)
            return None
        if kind != "error":
            self._lose("unexpected reply to a cell")
        match body:
            case [name, bases, message, said]:
                self.silenced, body = _said(said), [name, bases, message]
        outcome = self._error(body)
        return f"{outcome.error}: {outcome.message}" if outcome.message else outcome.error

    def fork(self) -> None:
        """Begin a test: from now on calls are answered by a fork of the worker."""
        if self.in_fork:
            self.end()
        self._fork_number = self._send("fork", {})
        try:
            kind, _ = self._reply(self._fork_number, self._allowed(5.0) + GRACE)
        except TimeoutError:
            self._lose("it did not answer")
        if kind != "value":
            self._lose("it started so many processes that there is no room for another")
        self.in_fork = True

    def end(self) -> None:
        """End a test: the fork goes away, the warm worker is back."""
        if not self.in_fork:
            return
        self.in_fork = False
        try:
            self._send("end", None)
            if self._reply(self._fork_number, Deadline(2.0, self._used))[0] != "ended":
                self._lose("the worker did not take back control")
        except ForkEnded:
            pass
        except TimeoutError:
            self._lose("the worker did not take back control")
        if self._untidy:
            self._clear()

    def _clear(self) -> None:
        """Kill what a fork that went wrong has left behind, so that the next test finds a quiet worker."""
        self._untidy = False
        if self._contained and processes.kill_all(self.process.pid, self.plan.uid, self._before, keep=self._own, seconds=GRACE):
            self._lose("it started more processes than could be stopped")

    def get(self, name: str) -> object:
        """The student's object of that name: a plain value, a Proxy, or None where there is none."""
        return self._shown(self._in_fork("get", {"name": name}), name)

    def attribute(self, reference: Reference, name: str) -> object:
        return self._shown(self._in_fork("attribute", {"handle": reference.number, "name": name}), name)

    def _shown(self, outcome: Outcome, name: str) -> object:
        match outcome.value:
            case ["callable", Reference() as reference]:
                return Proxy(self, reference.number, None, name, skeleton=reference.kind in (SKELETON, "type"))
            case ["value", Reference(kind="ellipsis")]:  # the ... of a skeleton
                return None
            case ["value", Reference() as reference]:
                return Handle(self, reference)
            case ["value", value]:
                return value
        return None

    def call(self, target: int, method: str | None, name: str, args: Arguments, kwargs: Keywords) -> Outcome:
        """Call a student's function by value; never raises for what the student's code does."""
        given = [*args, *kwargs.values()]
        # What could not be changed is not sent back, and objects of the student's own classes cannot be compared.
        places = [place for place, value in enumerate(given) if not isinstance(value, Handle) and can_change(value)]
        sent = [_sendable(value) for value in given]
        for place in places:
            sent[place] = _packed(sent[place])
        outcome = self._in_fork("call", {
            "target": target, "method": method, "args": sent[: len(args)],
            "kwargs": dict(zip(kwargs, sent[len(args):], strict=True)), "places": places})
        if outcome.error is not None:
            return outcome
        value, left = outcome.value if isinstance(outcome.value, list) and len(outcome.value) == 2 else (None, None)
        left = left if isinstance(left, list) and len(left) == len(places) else [None] * len(places)
        names: list[int | str] = [*range(len(args)), *kwargs]
        changed = next((names[place] for place, now in zip(places, left, strict=True) if not _is_still(now, sent[place])), None)
        return Outcome(Handle(self, value) if isinstance(value, Reference) else value, changed=changed)

    def _in_fork(self, operation: str, body: dict[str, object]) -> Outcome:
        """One request to the fork, as an Outcome whatever happens to the fork."""
        if not self.in_fork:
            self.fork()
        seconds = self._allowed(min(self.limits.call, IMPATIENT) if self.timeouts else self.limits.call)
        try:
            kind, reply = self._ask(operation, {**body, "seconds": seconds}, seconds)
        except ForkEnded as ended:
            self.in_fork = False
            self._clear()
            return Outcome(error="Died", message=_how_it_ended(str(ended.args[0])))
        except TimeoutError:
            self.timeouts += 1
            self._stop_fork()
            return Outcome(error="TimeLimit", message=f"no answer within {seconds:g} s")
        if kind == "error":
            outcome = self._error(reply)
            if outcome.error == "TimeLimit":
                self.timeouts, self._untidy = self.timeouts + 1, True
            return outcome
        return Outcome(reply)

    def _stop_fork(self) -> None:
        """A fork that does not answer: ask the worker to kill it; if that does not help, kill the worker."""
        self.in_fork = False
        os.write(self.control_fd, b"k")
        try:
            if self._reply(self._fork_number, GRACE, late=True)[0] == "ended":
                self._clear()
                return
        except TimeoutError:
            pass
        self._lose("a call could not be stopped")

    def _error(self, body: object) -> Outcome:
        match body:
            case [str(name), list(bases), str(message)]:
                return Outcome(error=name[:100], bases=tuple(str(b)[:100] for b in bases[:20]), message=brief(message))
        return Outcome(error="Died", message="the answer could not be read.")

    # --- bytes --------------------------------------------------------------------------------------------------------

    def _allowed(self, seconds: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0.05:
            self._lose("the time for the whole submission is over")
        return min(seconds, left)

    def _lose(self, why: str) -> NoReturn:
        self.kill()
        raise WorkerLost(why)

    def _watch_room(self) -> None:
        left = room.left()
        if left is not None and left < self.reserve:
            self._lose("it used up the memory of the machine")

    def _watch_memory(self) -> None:
        used = processes.memory(self.process.pid, self.plan.uid, self.plan.total_memory)
        self.peak = max(self.peak, used)
        if used > self.plan.total_memory:
            self._lose(f"it used more than {self.plan.total_memory // 2**20} MB of memory")

    def _ask(self, operation: str, body: dict[str, object], seconds: float) -> tuple[str, object]:
        try:
            return self._reply(self._send(operation, body), Deadline(seconds + GRACE, self._used))
        except TimeoutError:
            if not self.in_fork:
                self._lose(f"no answer within {seconds:g} s")
            raise

    def _used(self) -> tuple[float, bool]:
        return processes.used(self.process.pid)

    def _send(self, operation: str, body: object) -> int:
        number = secrets.randbits(62)
        data = _packed([number, operation, body])
        self._last = number
        rest = memoryview(HEADER.pack(len(data)) + data)
        limit = time.monotonic() + SEND_SECONDS
        while rest:
            left = limit - time.monotonic()
            _, ready, _ = select.select([], [self.write_fd], [], max(0.0, left))
            if not ready or left < 0:
                self._lose("the worker does not read")
            try:
                rest = rest[os.write(self.write_fd, rest):]
            except BrokenPipeError:
                self._lose("the worker is gone")
        return number

    def _reply(self, number: int, limit: "float | Deadline", late: bool = False) -> tuple[str, object]:
        """The reply to one request: kind and body. Raises TimeoutError, ForkEnded, WorkerLost.

        limit: seconds, or when they are over; late: pass over one reply to the request that has just timed out.
        """
        limit = limit if isinstance(limit, Deadline) else Deadline(limit)
        length = HEADER.unpack(self._exactly(HEADER.size, limit))[0]
        if length > MAX_FRAME:
            self._lose(f"a reply of {length} bytes")
        try:
            message = unpack(self._exactly(length, limit))
        except BadFrame as error:
            self._lose(str(error))
        match message:
            case [int(answered), "ended", str(how)] if self.in_fork and answered == self._fork_number:
                raise ForkEnded(how)
            case [int(answered), str(kind), body] if answered == number and kind in ("value", "error", "ended"):
                return kind, body
            case [int(answered), *_] if late and answered == self._last:
                return self._reply(number, limit)
        self._lose("a reply to no request")

    def _exactly(self, n: int, limit: "Deadline") -> bytes:
        parts, watched, looked = list[bytes](), time.monotonic(), time.monotonic()
        while n:
            now, left = time.monotonic(), limit.left()
            if parts and left <= 0:
                self._lose("half a message")
            if now - looked >= LOOK_SECONDS:
                self._watch_room()
                looked = now
            if now - watched >= WATCH_SECONDS:
                self._watch_memory()
                watched = now
            ready, _, _ = select.select([self.read_fd], [], [], max(0.0, min(left, LOOK_SECONDS)))
            if not ready:
                if left <= 0:
                    raise TimeoutError
                continue
            part = os.read(self.read_fd, min(n, 1 << 20))
            if not part:
                self._lose("the worker ended")
            parts.append(part)
            n -= len(part)
        return b"".join(parts)


class Deadline:
    """The end of a time of waiting for a worker; later, up to PATIENCE times the time, where the machine keeps it from working.

    used: seconds that its processes have been on a processor, and whether one of them wants to be on one now. It is first
    asked when the worker has taken so long that asking costs nothing beside it.
    """

    def __init__(self, seconds: float, used: Callable[[], tuple[float, bool]] | None = None):
        self.begun, self.seconds, self.used = time.monotonic(), seconds, used
        self.end = self.begun + seconds
        self.before: float | None = None  # what had been used when it was first asked

    def left(self) -> float:
        """Seconds that are left, at most 0 where they are over."""
        now = time.monotonic()
        if self.used and self.before is None and now - self.begun >= WATCH_SECONDS:
            self.before, _ = self.used()
        if self.used and self.before is not None and now >= self.end:
            self.end += self._owed(self.used, self.before)
        return self.end - time.monotonic()

    def _owed(self, used: Callable[[], tuple[float, bool]], before: float) -> float:
        """Seconds by which the end is put off for one that is at work and has had less than its time on a processor."""
        spent, wants = used()
        if not wants:
            time.sleep(WATCH_SECONDS)  # it may have waited for a moment
            spent, wants = used()
        due = self.seconds - WATCH_SECONDS - (spent - before)  # nobody knows what it had before that was looked at
        if not wants or due < 0.1 * self.seconds:
            return 0
        return max(0.0, min(time.monotonic() + due, self.begun + PATIENCE * self.seconds) - self.end)


class Proxy(Remote):
    """A student's function (or class, or method) in the worker; calling it passes plain values there and back."""

    def __init__(self, session: Session, target: int, method: str | None, name: str, skeleton: bool = True):
        self._session, self._target, self._method, self.__name__ = session, target, method, name
        self.skeleton = skeleton  # whether an answer of None means that there is none yet

    def outcome(self, args: Arguments, kwargs: Keywords) -> Outcome:
        return self._session.call(self._target, self._method, self.__name__, args, kwargs)

    def __call__(self, *args: object, **kwargs: object) -> object:
        outcome = self.outcome(args, kwargs)
        if outcome.error is not None:
            raise AssertionError(f"{self.__name__} raised {outcome.error}: {outcome.message}")
        return outcome.value

    def __getattr__(self, name: str) -> object:
        """Of a class or a callable object: its methods and attributes."""
        if name.startswith("_") or self._method is not None:
            raise AttributeError(name)
        return getattr(Handle(self._session, Reference(self._target, self.__name__)), name)


class Handle(Remote):
    """An object of the student's in the worker: methods are called and attributes read by value."""

    def __init__(self, session: Session, reference: Reference):
        self._session, self._reference = session, reference

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._session.attribute(self._reference, name)
        if isinstance(value, Proxy):
            return Proxy(self._session, self._reference.number, name, name)
        return value

    def __call__(self, *args: object, **kwargs: object) -> object:
        return Proxy(self._session, self._reference.number, None, self._reference.kind)(*args, **kwargs)

    def outcome(self, args: Arguments, kwargs: Keywords) -> Outcome:
        return self._session.call(self._reference.number, None, self._reference.kind, args, kwargs)

    def __repr__(self) -> str:
        return f"an object of type {self._reference.kind}"


def _packed(value: object) -> bytes:
    """The bytes of an argument. Raises TypeError where it is not plain."""
    try:
        return pack(value)
    except NotPlain as error:
        raise TypeError(f"a test passed {error}; only plain values can be passed") from None


def _is_still(now: object, sent: object) -> bool:
    """Whether the bytes of an argument after a call are those that were sent, or hold the same in type and value."""
    try:
        return isinstance(now, bytes) and isinstance(sent, bytes) and (now == sent or same(unpack(now), unpack(sent)))
    except BadFrame:
        return False


def _sendable(value: object) -> object:
    return value._reference if isinstance(value, Handle) else value


def _said(body: object) -> list[tuple[str, str]]:
    """What a cell asked for in vain, as the worker tells it: pairs of short strings, and not many."""
    said = list[tuple[str, str]]()
    for entry in body[:MAX_SAID] if isinstance(body, list) else []:
        match entry:
            case ["silent" | "told" as kind, str(text)]:
                said.append((kind, shorten(text, 300)))
    return said


def _how_it_ended(how: str) -> str:
    if how.startswith("exit"):
        return "your code ended the Python process (exit, quit or os._exit); let the function return instead."
    if how == "SIGKILL":
        return "your code used too much memory or was stopped."
    if how == "SIGSEGV":
        return "your code crashed Python (did a recursion never end?)."
    return "your code crashed the Python process."


FOLDERS = re.compile(r"(?<![\w/])(/[\w.+@-]{1,100}){2,30}/(?=[\w.+@-])")
MAX_MESSAGE = 2000


def brief(message: str) -> str:
    """An error's message in one paragraph and without the folders of this machine; the line of the cell stays at its end.

    Some libraries explain a failed import in twenty lines, with the paths of the machine that grades.
    """
    message = message[:MAX_MESSAGE]
    line = LINE.search(message)
    text = message[: line.start()] if line else message
    first, *others = [part.strip() for part in text.strip().split("\n\n")[0].splitlines()[:3] if part.strip()] or [""]
    short = shorten(FOLDERS.sub("…/", " ".join([first, *others])), MAX_MESSAGE)
    return short + (line[0] if line else "")


@cache
def default_plan(torch: bool = False) -> Plan:
    """All the layers of this machine, looked for once."""
    return default(torch=torch)
