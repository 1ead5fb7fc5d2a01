"""Many processes on this machine that grade, one submission at a time each. One that is killed costs nothing but its time."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from autograder.cohort.records import Record
from autograder.cohort.tasks import TRIES, Task

END_SECONDS = 15.0


class Child:
    """A process that grades (``autograder.cohort.child``), and the task that it is busy with."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C at the terminal reaches the process that waits for it, which ends it in good order.
        # -P: the present folder may be one of submissions, and a student's json.py is not imported here.
        self.process = subprocess.Popen([sys.executable, "-P", "-m", "autograder.cohort.child"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        assert self.process.stdin and self.process.stdout
        self.input, self.output = self.process.stdin, self.process.stdout
        self.task: Task | None = None
        self.known: set[str] = set()
        self.received = bytearray()
        self.deadline = 0.0

    def send(self, task: Task, message: dict[str, Any]) -> None:
        """Let it grade. A process that is gone is noticed when its output ends."""
        self.task, self.deadline = task, time.monotonic() + task.seconds
        if task.unit["digest"] not in self.known:
            message = {**message, "units": {task.unit["digest"]: task.unit}}
            self.known.add(task.unit["digest"])
        try:
            self.input.write(json.dumps(message).encode() + b"\n")
            self.input.flush()
        except BrokenPipeError:
            return

    def receive(self) -> Record | None:
        """What has arrived, or None where it is not whole yet. Raises EOFError where the process is gone."""
        part = os.read(self.output.fileno(), 1 << 20)
        if not part:
            raise EOFError
        self.received += part
        if not part.endswith(b"\n"):
            return None
        record: Record = json.loads(self.received)
        self.received.clear()
        return record

    def end(self) -> int:
        """Ask it to end, then make it; returns its exit status, negative for a signal."""
        with contextlib.suppress(BrokenPipeError):
            self.input.close()
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.output.close()


class LocalPool:
    """``size`` processes on this machine."""

    def __init__(self, size: int):
        self.size = size
        self.children: list[Child] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Record]]:
        todo = iter(tasks)
        again: list[Task] = []  # tasks whose process was ended
        tried: dict[int, int] = {}
        with selectors.DefaultSelector() as selector:
            while True:
                self._employ(todo, again, selector)
                busy = [child for child in self.children if child.task]
                if not busy:
                    return
                first = min(child.deadline for child in busy)
                ready = {key.data for key, _ in selector.select(max(0.0, first - time.monotonic()))}
                for child in busy:
                    task = child.task
                    assert task is not None
                    try:
                        record = child.receive() if child in ready else None
                        if record is None and time.monotonic() < child.deadline:
                            continue
                        if record is None:
                            child.process.kill()
                            raise EOFError
                    except EOFError:
                        record = self._gone(child, task, tried, selector)
                        if record is None:
                            again.append(task)
                            continue
                    child.task = None
                    yield task, record

    def _employ(self, todo: Iterator[Task], again: list[Task], selector: selectors.BaseSelector) -> None:
        """Give every free process a task, and start processes while there are tasks for them."""
        while (free := next((child for child in self.children if not child.task), None)) or len(self.children) < self.size:
            task = again.pop() if again else next(todo, None)
            if task is None:
                return
            if free is None:
                free = Child()
                self.children.append(free)
                selector.register(free.output, selectors.EVENT_READ, free)
            free.send(task, task.message())

    def _gone(self, child: Child, task: Task, tried: dict[int, int], selector: selectors.BaseSelector) -> Record | None:
        """A process has ended while it graded: None where the task is to be tried again, else its record."""
        selector.unregister(child.output)
        self.children.remove(child)
        how = ended(child.end())
        tried[task.number] = tried.get(task.number, 0) + 1
        if tried[task.number] < TRIES:
            return None
        return task.failed(f"The process that graded this submission ended {TRIES} times ({how}).")

    def close(self) -> None:
        for child in self.children:  # all at once, then one after the other
            with contextlib.suppress(BrokenPipeError):
                child.input.close()
        for child in self.children:
            child.end()
        self.children.clear()


def ended(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
