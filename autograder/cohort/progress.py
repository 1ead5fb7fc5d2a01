"""One line on the terminal: how many are done, how fast, and for how much longer."""

import sys
import time
from typing import TextIO

from autograder.tables import one_line

EVERY = 10.0  # seconds between lines where the output is no terminal


class Progress:
    """Told of every submission that is done. ``before``: how many were done already when this run began."""

    def __init__(self, total: int, before: int = 0, out: TextIO | None = None):
        self.total, self.done, self.before = total, before, before
        self.out = out or sys.stderr
        self.started = self.said = time.monotonic()

    def step(self, name: str) -> None:
        self.done += 1
        now = time.monotonic()
        if self.out.isatty():
            print(f"\r{self.line(now - self.started)}  {one_line(name, 40):40}", end="", file=self.out, flush=True)
        elif now - self.said >= EVERY or self.done == self.total:
            self.said = now
            print(self.line(now - self.started), file=self.out, flush=True)

    def line(self, seconds: float) -> str:
        """``123/500  112 a minute  3:22 left``: the rate is this run's own."""
        new = self.done - self.before
        rate = new / max(seconds, 1e-9)
        left = (self.total - self.done) / rate if new else 0.0
        return f"{self.done}/{self.total}  {60 * rate:.0f} a minute  {clock(left)} left"

    def end(self) -> None:
        if self.out.isatty():
            print(file=self.out)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds, or hours, minutes and seconds: ``3:22``, ``1:02:03``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
