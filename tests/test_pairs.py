"""What stands for a pair of sockets in a worker: asyncio wakes itself with it, and nothing else of a socket is there."""

import asyncio
import importlib
import os
import sys

import pytest

from autograder.isolation import pairs


@pytest.fixture
def stand_in(monkeypatch):
    """The module ``socket`` as a worker imports it, beside the real one."""
    monkeypatch.setattr(sys, "meta_path", [pairs.Sockets(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, "socket")
    return importlib.import_module("socket")


def test_only_the_pair_is_another(stand_in):
    assert stand_in.socketpair is pairs.socketpair and stand_in.AF_INET and stand_in.socket.__module__ == "socket"
    assert pairs.Sockets().find_spec("json") is None and pairs.Sockets().find_spec("socket.x", []) is None


def test_what_one_end_sends_the_other_hears():
    read, write = pairs.socketpair("family", "kind")
    read.setblocking(False)
    with pytest.raises(BlockingIOError, match="unavailable"):
        read.recv(1)
    assert write.send(b"hello") == 5 and read.recv(3) == b"hel" and read.recv(100) == b"lo"
    fd = read.fileno()
    for end in (read, write, read):
        end.close()
    assert read.fileno() == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_an_end_that_has_the_lowest_number_is_closed_once(monkeypatch):
    """A worker whose standard input was closed gets 0 for its next file."""
    closed = []
    monkeypatch.setattr(os, "close", closed.append)
    end = pairs.End(0)
    end.close()
    end.close()
    assert closed == [0] and end.fileno() == -1


def test_a_loop_runs_wakes_from_a_thread_and_closes(monkeypatch):
    monkeypatch.setattr("socket.socketpair", pairs.socketpair)

    async def main():
        loop = asyncio.get_running_loop()
        heard = loop.create_future()
        await asyncio.to_thread(loop.call_soon_threadsafe, heard.set_result, 7)
        return await heard, await asyncio.gather(*(asyncio.sleep(0.001, i) for i in range(3)))

    before = len(os.listdir("/proc/self/fd"))
    assert asyncio.run(main()) == (7, [0, 1, 2])
    assert len(os.listdir("/proc/self/fd")) == before
