"""Tests may import the modules beside them (``units``, ``alternatives``); what a parallel run needs is here."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import container


@pytest.fixture(scope="session")
def guest(tmp_path_factory):
    """A Python process in a container as Docker makes it; ``guest.ask("attack", name)``."""
    reason = container.possible()
    if reason:
        pytest.skip(reason)
    inside = container.Guest(tmp_path_factory.mktemp("container"))
    yield inside
    inside.close()
