"""Tests may import the modules beside them (``units``, ``alternatives``). Below: what many processes at a time need."""

import contextlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import container
import kept
from machine import Machine

settings.register_profile("course", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("course")
MACHINE = Machine(kept.ROOT / "build" / "machine.lock")
# These modules hold the longest tests; begun last, they would keep one process busy while the others have nothing left to do.
FIRST = ("nbgrader", "otter", "book_browser", "gradescope", "attacks", "bad_inputs", "embedding_map", "torch_grading", "assign")


def pytest_xdist_auto_num_workers(config):
    """Three a core for ``-n auto``: grading, nbgrader, Otter and the browser mostly wait for processes of their own."""
    return 3 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(config, items):
    places = {f"test_{name}": place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(FIRST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """A test and its fixtures hold a share of the machine; one that is marked ``alone`` has it all."""
    kept.used.clear()
    with MACHINE.shared(), MACHINE.alone() if item.get_closest_marker("alone") else contextlib.nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        kept.forget()
    return report


@pytest.fixture(scope="session")
def machine():
    """``with machine.alone():`` nothing else is tested meanwhile."""
    return MACHINE


def _guest(folder, *how):
    reason = container.possible()
    if reason:
        pytest.skip(reason)
    inside = container.Guest(folder, *how)
    yield inside
    inside.close()


@pytest.fixture(scope="session")
def ordinary(tmp_path_factory):
    """A Python process of a user who is not root, without bubblewrap: its workers are of the grader's own user."""
    yield from _guest(tmp_path_factory.mktemp("ordinary"), container.as_ordinary_user, "bare")


@pytest.fixture(scope="session")
def small_machine():
    """A control group of 768 MB, the memory that Gradescope gives by default."""
    with contextlib.ExitStack() as stack:
        try:
            machine = stack.enter_context(container.SmallMachine(768 * 2**20))
        except OSError as error:
            pytest.skip(f"no control group can be made: {error}")
        yield machine


@pytest.fixture(scope="session")
def small(tmp_path_factory, small_machine):
    """The container again, in that group."""
    yield from _guest(tmp_path_factory.mktemp("small"), small_machine.command)


@pytest.fixture(scope="session")
def guest(tmp_path_factory):
    """A Python process in a container as Docker makes it; ``guest.ask("attack", name)``."""
    yield from _guest(tmp_path_factory.mktemp("container"))
