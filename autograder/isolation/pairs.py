"""What stands for ``socket.socketpair`` in a worker, where no socket can be made: a pipe. An event loop wakes itself with it.

Top-level ``await`` in a cell needs an event loop, and a loop needs nothing of its pair but that one end hears from the other.
The buffers of real pairs are charged to nobody, and a submission could fill the machine's memory with them.
"""

import os
import types
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder


class End:
    """One end of a pipe with the methods of a socket that asyncio calls: the first one reads, the second one writes."""

    def __init__(self, fd: int):
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def setblocking(self, blocking: bool) -> None:
        os.set_blocking(self._fd, blocking)

    def recv(self, size: int) -> bytes:
        return os.read(self._fd, size)

    def send(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def socketpair(*_kind: object) -> tuple[End, End]:
    """Two ends as ``socket.socketpair`` returns them; whatever family and kind are asked for."""
    read, write = os.pipe()
    return End(read), End(write)


class Sockets(MetaPathFinder, Loader):
    """Finds the module ``socket`` where it is, and puts the pair above into it."""

    def find_spec(self, name: str, path: Sequence[str] | None = None,
                  target: types.ModuleType | None = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == "socket" else None
        if found is not None:
            self._loader, found.loader = found.loader, self
        return found

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        assert self._loader is not None  # the standard library has it
        self._loader.exec_module(module)
        vars(module)["socketpair"] = socketpair
