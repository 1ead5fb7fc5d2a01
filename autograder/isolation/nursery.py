"""One contained process for each submission, from which its canary and its workers are forked: Python is started once.

The process (``autograder.nurse``) runs nothing of a student's. A worker that is of the same user can end or stop it, which
helps nobody: then another one is started. It cannot look into it, write into it or hear its pipes.
"""

import json
import os
import select
import time
from types import TracebackType
from typing import Any, Self

from autograder.isolation import leftovers, processes
from autograder.isolation.confine import NotConfined
from autograder.isolation.launch import complaint, launch
from autograder.isolation.plan import Plan

WORKERS = 2  # one for the public tests, one for the hidden: where one is lost, another process is started
SECONDS = 30.0  # to start and to put on the layers


class Nursery:
    """The grader's end. Use as a context manager; nothing is started before it is needed, nothing is left when it ends."""

    def __init__(self, plan: Plan, modules: tuple[str, ...] = ()):
        self.plan = plan
        self.modules = modules  # which all its workers find imported already
        self.process: Any = None
        self.own: frozenset[int] = frozenset()  # its processes before anything was forked from it
        self.places: list[tuple[int, int, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self, file: int | None = None) -> None:
        """Start the process, if none is there. Raises NotConfined.

        file: a descriptor that the canary gets and no worker does.
        """
        if self.process is not None:
            return
        processes.adopt_orphans()
        leftovers.sweep_once()
        self.before = processes.children()
        theirs: list[int] = []

        def hears() -> int:
            read, write = os.pipe()
            theirs.append(read)
            return write

        def speaks() -> int:
            read, write = os.pipe()
            theirs.append(write)
            return read

        self.orders, self.answers, self.targets, self.report = hears(), speaks(), hears(), speaks()
        self.places = [(hears(), speaks(), hears()) for _ in range(WORKERS)]
        canary = [*theirs[2:4], *([] if file is None else [file])]
        numbers = {"orders": theirs[0], "answers": theirs[1], "canary": canary,
                   "places": [theirs[i:i + 3] for i in range(4, len(theirs), 3)]}
        try:
            self.process = launch(self.plan, "autograder.nurse", json.dumps(numbers), self.plan.to_json(),
                                  pass_fds={*theirs, *canary})
        finally:
            for fd in theirs:
                os.close(fd)
        self.note = leftovers.Note(self.process.pid, self.plan.uid)
        said = self._answer()
        if said != "ready":
            self.close()
            raise NotConfined(said or f"the worker does not start: {complaint(self.plan, 'autograder.nurse')}")
        self.own = frozenset(processes.members(self.process.pid, self.plan.uid))

    def _answer(self) -> str:
        """The line that the process says when it has put on its layers; empty where it says none in time."""
        said, limit = b"", time.monotonic() + SECONDS
        while not said.endswith(b"\n"):
            if not select.select([self.answers], [], [], max(0.0, limit - time.monotonic()))[0]:
                return ""
            part = os.read(self.answers, 1000)
            if not part:
                return ""
            said += part
        return said.decode(errors="replace").strip()[:300]

    def canary(self, targets: str, file: int) -> int:
        """Send a canary, before any worker; the descriptor on which it reports. Raises NotConfined."""
        self.start(file)
        os.write(self.targets, targets.encode())
        os.close(self.targets)
        self.targets = -1
        self._order("canary")
        return self.report

    def worker(self) -> tuple[int, int, int]:
        """Order a worker: descriptors to send it requests, to read its replies, to have its fork killed. Raises NotConfined."""
        if self.process is not None and not self.places:
            self.close()
        self.start()
        self._order(" ".join(["worker", *self.modules]))
        return self.places.pop(0)

    def _order(self, words: str) -> None:
        try:
            os.write(self.orders, words.encode())
        except BrokenPipeError:  # it is gone; whoever waits for what was ordered will notice
            return

    @property
    def fresh(self) -> bool:
        """Whether no worker has been ordered from this process yet."""
        return self.process is None or len(self.places) == WORKERS

    def clear(self) -> list[int]:
        """End all that was forked from the process, and keep the process; returns what is left, normally nothing."""
        if self.process is None:
            return []
        if not self.own:  # there is no list of processes: this way all of them end
            return self.close()
        left = processes.kill_all(self.process.pid, self.plan.uid, self.before, keep=self.own, orphans=not self.contained)
        if left:
            self.close()
        return left

    @property
    def contained(self) -> bool:
        """Whether what it forks can be told by its user or dies with its namespace."""
        return self.plan.uid is not None or "namespaces" in self.plan.layers

    def close(self) -> list[int]:
        """End the process and all that came from it; safe to call again. Returns what is left, normally nothing."""
        if self.process is None:
            return []
        left = processes.kill_all(self.process.pid, self.plan.uid, self.before, orphans=not self.contained)
        self.process.wait()
        self.note.remove()
        for fd in (self.orders, self.answers, self.targets, self.report, *(fd for place in self.places for fd in place)):
            if fd >= 0:
                os.close(fd)
        self.process, self.own, self.places = None, frozenset(), []
        return left
