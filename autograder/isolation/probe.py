"""Find out by trying how well a worker is contained on this machine, and call it a tier.

T3  nothing got through, and the worker has namespaces of its own
T2  nothing got through: a user of its own, limits, seccomp, Landlock
T1  secrets, results, network, the grader and its kill are safe; something lesser got through
T0  not contained: nothing is graded unless the instructor insists, and then the report says UNISOLATED
"""

import contextlib
import json
import os
import select
import socket
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.isolation import processes
from autograder.isolation.canary import Targets
from autograder.isolation.confine import NotConfined
from autograder.isolation.launch import launch
from autograder.isolation.library import closed_files
from autograder.isolation.nursery import Nursery
from autograder.isolation.plan import LAYERS, PACKAGE, Plan

VITAL = ("secrets", "results", "network", "grader", "signals", "limits", "user", "kill")
LESSER = ("privileges", "files", "file size", "programs", "namespaces", "memory", "kernel memory", "processes")
MEANING = {
    "secrets": "reads the tests or the solution", "results": "writes the results", "network": "opens a socket",
    "grader": "reads the grader's process", "signals": "sends the grader a signal",
    "limits": "changes the grader's limits or priority", "user": "is or becomes root", "kill": "outlives its kill",
    "privileges": "runs programs that gain privileges", "files": "makes files",
    "file size": "writes into an open file", "programs": "runs other programs", "namespaces": "makes namespaces",
    "memory": "claims more memory than its share", "kernel memory": "fills memory that no process is charged with",
    "processes": "starts more processes than its share",
    "sight": "sees the grader's process",
}
SECONDS = 30.0  # a canary takes under a second; on a machine that is busy many times over, ten have been seen


@dataclass
class Isolation:
    """What the canary found. ``verdicts``: name -> None where contained, else what was possible."""

    tier: str
    layers: tuple[str, ...]
    verdicts: dict[str, str | None] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def contained(self) -> bool:
        return self.tier != "T0"

    @property
    def holes(self) -> str:
        """What a submission could do here that it must not, in a few words."""
        found = [MEANING[name] for name in VITAL if self.verdicts.get(name, "not tried")]
        return ", ".join(found) if self.verdicts else "could not be tried"

    def as_dict(self) -> dict[str, object]:
        """For JSON: the tier, the layers that are on and off, every verdict."""
        return {"tier": self.tier, "layers": {layer: layer in self.layers for layer in LAYERS},
                "verdicts": {name: found or "contained" for name, found in self.verdicts.items()},
                "seconds": round(self.seconds, 3)} | ({} if self.contained else {"warning": "UNISOLATED"})

    def table(self) -> str:
        width = max(map(len, MEANING.values()))
        if "confined" in self.verdicts:
            return f"Isolation tier {self.tier}: nothing could be tried. {self.verdicts['confined']}"
        lines = [f"Isolation tier {self.tier}   layers: {', '.join(self.layers) or 'none'}   ({self.seconds:.2f} s)"]
        for name, meaning in MEANING.items():
            if name in self.verdicts:
                found = self.verdicts[name]
                lines.append(f"  {'✓' if found is None else '✗'} {meaning:{width}}  {found or 'contained'}")
        return "\n".join(lines)


def probe(plan: Plan, secrets: tuple[str, ...] = (), results: str | None = None, nursery: Nursery | None = None) -> Isolation:
    """Let a canary worker try everything, kill it, look for what is left, and judge.

    secrets: files and folders that it must not read, beside the solutions of the library.
    results: the folder that it must not write to.
    nursery: the process that the canary is forked from, and the workers after it; else it is a process of its own.
    """
    started = time.monotonic()
    verdicts = _attempts(plan, (*secrets, *solutions(plan)), results, nursery)
    return Isolation(tier_of(verdicts), plan.layers, verdicts, time.monotonic() - started)


def solutions(plan: Plan) -> tuple[str, ...]:
    """The files that hold solutions beside the grader and in the plan's library: installed, they lie among the packages."""
    packages = {Path(folder) / "llmcourse" for folder in (PACKAGE.parent, plan.library) if folder}
    return tuple(str(path) for package in sorted(packages) for path in closed_files(package))


def tier_of(verdicts: dict[str, str | None]) -> str:
    """The tier that the verdicts deserve; a verdict that is missing counts as a failure."""
    if any(verdicts.get(name, "not tried") for name in VITAL):
        return "T0"
    if any(verdicts.get(name, "not tried") for name in LESSER):
        return "T1"
    return "T2" if verdicts.get("sight", "not tried") else "T3"


def _attempts(plan: Plan, secrets: tuple[str, ...], results: str | None, nursery: Nursery | None) -> dict[str, str | None]:
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryFile() as file:
        targets = Targets(secrets, results, server.getsockname()[1], os.getpid(), file.fileno())
        try:
            verdicts, left = _sent(plan, targets) if nursery is None else _forked(nursery, targets)
        except NotConfined as error:
            return {"confined": str(error)}
        server.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            server.accept()[0].close()
            verdicts["network"] = verdicts.get("network") or "a connection arrived"
    verdicts["kill"] = f"{len(left)} processes are still there" if left else None
    return verdicts


def _sent(plan: Plan, targets: Targets) -> tuple[dict[str, str | None], list[int]]:
    """The report of a canary in a process of its own, and what it left behind."""
    processes.adopt_orphans()
    before = processes.children()
    report, theirs = os.pipe()
    canary = launch(plan, "autograder.isolation.canary", str(theirs), plan.to_json(), json.dumps(asdict(targets)),
                    pass_fds=(theirs, targets.file))
    os.close(theirs)
    try:
        verdicts = _read(report)
    finally:
        os.close(report)
        contained = plan.uid is not None or "namespaces" in plan.layers
        left = processes.kill_all(canary.pid, plan.uid, before, orphans=not contained)
        canary.wait()
    return verdicts, left


def _forked(nursery: Nursery, targets: Targets) -> tuple[dict[str, str | None], list[int]]:
    """The same of one that is forked from the process that the workers will be forked from. Raises NotConfined."""
    return _read(nursery.canary(json.dumps(asdict(targets)), targets.file)), nursery.clear()


def _read(fd: int) -> dict[str, str | None]:
    """The canary's report; a canary that says nothing in time, or nonsense, has contained nothing."""
    data, limit = b"", time.monotonic() + SECONDS
    while True:
        if not select.select([fd], [], [], max(0.0, limit - time.monotonic()))[0]:
            return {}
        part = os.read(fd, 65536)
        data += part
        with contextlib.suppress(ValueError):
            verdicts: dict[str, str | None] = json.loads(data)
            return verdicts
        if not part:
            return {}
