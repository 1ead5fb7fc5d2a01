"""The untrusted side of ``isolation.nursery``: one confined process that forks the canary and the workers of a submission.

It starts Python and its packages once, confines itself, and then does nothing but fork when the grader says so; nothing of a
student's ever runs in it. What it forks keeps every layer, for layers cannot be taken off, and no descriptor but its own.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module

from autograder.isolation.canary import attempt_all
from autograder.isolation.confine import NotConfined, confine, die_with_the_parent
from autograder.isolation.plan import Plan
from autograder.worker import Channel, Worker, close_all_but, furnish, prepare_modules


class Nurse:
    """The process, before it forks anything; ``places`` are the pipes of the workers to come: [requests, replies, control]."""

    def __init__(self, plan: Plan, orders: int, answers: int, canary: list[int], places: list[list[int]]):
        self.plan, self.orders, self.answers, self.canary, self.places = plan, orders, answers, canary, places
        self.worker = Worker(Channel(-1, -1), -1)
        self.furnished = False

    def serve(self) -> None:
        """Fork what is ordered, until the grader is gone: b"canary", or b"worker" with names of modules to import before."""
        while order := os.read(self.orders, 1000).decode().split():
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if order[0] == "canary":
                self.fork(self.be_a_canary, self.canary)
            else:
                self.furnish(order[1:])
                self.fork(self.be_a_worker, self.places.pop(0))

    def furnish(self, modules: list[str]) -> None:
        """What every worker needs, once: the stand-ins, and modules that the notebook imports."""
        if self.furnished:
            return
        self.furnished = True
        furnish(self.worker)
        for name in modules:
            with contextlib.suppress(BaseException):  # the cell that imports it will be told why it cannot be had
                import_module(name)
        self.worker.silenced.take()

    def fork(self, what: Callable[[list[int]], None], fds: list[int]) -> None:
        parent = os.getpid()
        if os.fork() == 0:
            try:
                die_with_the_parent()
                if os.getppid() != parent:  # it ended before that took effect
                    os._exit(0)
                close_all_but(*fds)
                what(fds)
            finally:
                os._exit(0)
        for fd in fds:
            os.close(fd)

    def be_a_canary(self, fds: list[int]) -> None:
        targets, report, *_ = fds
        with os.fdopen(targets) as file:
            attempt_all(report, self.plan, file.read())

    def be_a_worker(self, fds: list[int]) -> None:
        read_fd, write_fd, self.worker.control_fd = fds
        self.worker.channel = Channel(read_fd, write_fd)
        self.worker.channel.send(0, "value", "ready")
        self.worker.serve()


def main(fds_text: str, plan_text: str) -> None:
    """Confine this process, say "ready" or why it could not be confined, then fork on order.

    fds_text: JSON with the numbers of the descriptors, by the names of ``Nurse``'s arguments.
    """
    fds, plan = json.loads(fds_text), Plan.from_json(plan_text)
    close_all_but(fds["orders"], fds["answers"], *fds["canary"], *(fd for place in fds["places"] for fd in place))
    nurse = Nurse(plan, **fds)
    prepare_modules(plan, nurse.worker.notebook)
    try:
        confine(plan)
    except NotConfined as error:
        os.write(nurse.answers, f"{error}\n".encode())
        return
    os.write(nurse.answers, b"ready\n")
    try:
        nurse.serve()
    except BaseException:  # a signal from one of its forks, say: the grader starts another
        sys.exit(1)
