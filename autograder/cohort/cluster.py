"""Grade on the workers of Dask, where one machine is not enough, or on its local cluster.

A worker of Dask runs its tasks in threads, and grading wants the main thread of a process of its own (for its alarms, and to
be killed alone). So every thread keeps such a process, the same that grades without Dask. Files travel with the task. The tasks
of a worker that dies are given to another by the scheduler; a result that it had not handed over yet is asked for once more.
Every task has one future at a time, so that none counts twice.
"""

from __future__ import annotations

import threading
import time
from asyncio import CancelledError
from collections import Counter
from collections.abc import Iterable, Iterator
from select import select
from typing import Any

from distributed import Client, Future, LocalCluster, as_completed

from autograder.cohort.pool import Child
from autograder.cohort.records import Record
from autograder.cohort.tasks import TRIES, Task

AHEAD = 2  # tasks sent for each thread: one to grade, one to be there already
WAIT_SECONDS = 60
_here = threading.local()


def grade_there(task: Task, message: dict[str, Any]) -> Record:
    """Grade one submission, called on a worker of Dask. Raises RuntimeError where the process that grades ends."""
    child: Child | None = getattr(_here, "child", None)
    if child is None or child.process.poll() is not None:
        child = _here.child = Child()
    child.send(task, message)
    try:
        while time.monotonic() < child.deadline:
            if select([child.output], [], [], 1.0)[0]:
                record = child.receive()
                if record is not None:
                    return record
    except EOFError:
        pass
    _here.child = None
    child.process.kill()
    child.end()
    raise RuntimeError("the process that graded this submission ended")


class DaskPool:
    """The workers of the scheduler at ``address``; ``local``: a cluster of ``jobs`` processes on this machine alone."""

    def __init__(self, address: str, jobs: int):
        """Connect. Raises OSError where nobody answers, TimeoutError where there are no workers."""
        self.cluster = None
        if address == "local":
            self.cluster = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
        self.client = Client(self.cluster or address, timeout=WAIT_SECONDS)
        self.client.wait_for_workers(1, timeout=WAIT_SECONDS)

    @property
    def size(self) -> int:
        threads: dict[str, int] = self.client.nthreads()
        return max(1, sum(threads.values()))

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Record]]:
        todo, running = iter(tasks), dict[str, Task]()
        tried: Counter[int] = Counter()
        done = as_completed()
        self._fill(todo, running, done)
        for future in done:
            task = running.pop(str(future.key))
            try:
                record: Record = future.result()
            except (Exception, CancelledError) as error:  # of the task, or its result went with the worker that held it
                tried[task.number] += 1
                if tried[task.number] < TRIES:
                    self._send(task, running, done)
                    continue
                record = task.failed(f"It could not be graded on Dask ({type(error).__name__}: {error}).")
            future.release()
            self._fill(todo, running, done)
            yield task, record

    def _fill(self, todo: Iterator[Task], running: dict[str, Task], done: as_completed) -> None:
        """Keep every thread of every worker busy, and no more: what is sent is held in memory."""
        while len(running) < AHEAD * self.size and (task := next(todo, None)) is not None:
            self._send(task, running, done)

    def _send(self, task: Task, running: dict[str, Task], done: as_completed) -> None:
        future: Future[Record] = self.client.submit(grade_there, task.bare(), task.message(with_data=True), pure=False)
        running[str(future.key)] = task
        done.add(future)

    def close(self) -> None:
        self.client.close()
        if self.cluster:
            self.cluster.close()
