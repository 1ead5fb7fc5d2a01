"""The untrusted side of grading: runs a student's cells and answers calls by value over a pipe.

Started by ``autograder.session`` as a separate process. One warm process runs the cells in order; for every test it forks,
and the fork, which holds the state right after the question's own cells, answers that test's calls and goes away.

Messages are length-prefixed msgpack. Requests: [id, operation, body]; replies: [id, kind, body] with kind "value",
"error" or "ended" (a fork that is gone). Nothing here is trusted by the other side.
"""

import builtins
import itertools
import os
import select
import signal
import site
import struct
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any, cast

from autograder.cells.code import Notebook
from autograder.cells.standins import Disk, Packages, Programs, Silenced, StandIns, modules_of_ipython, sit_down
from autograder.checks import SKELETON, TimeLimit, is_skeleton, line_of, received, time_limit
from autograder.isolation.confine import NotConfined, confine, die_with_the_parent
from autograder.isolation.library import OPEN, is_open
from autograder.isolation.pairs import Sockets
from autograder.isolation.plan import Plan
from autograder.values import NotPlain, Reference, pack, plain, unpack

HEADER = struct.Struct(">I")
BLOCKED = ("autograder", "otter")  # a notebook may import them, and gets something harmless


class Channel:
    """Length-prefixed messages over two file descriptors."""

    def __init__(self, read_fd: int, write_fd: int):
        self.read_fd, self.write_fd = read_fd, write_fd

    def receive(self) -> list[Any] | None:
        """The grader's next request, [id, operation, body]; None where the grader is gone, even midway."""
        header = self._exactly(HEADER.size)
        body = None if header is None else self._exactly(HEADER.unpack(header)[0])
        return None if body is None else cast("list[Any]", unpack(body))

    def _exactly(self, n: int) -> bytes | None:
        parts = []
        while n:
            part = os.read(self.read_fd, min(n, 1 << 20))
            if not part:
                return None
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def send(self, *message: object) -> None:
        data = pack(list(message))
        left = memoryview(HEADER.pack(len(data)) + data)
        while left:
            left = left[os.write(self.write_fd, left):]


class Worker:
    """State of the submission: the names its cells have defined, and the objects that tests hold handles to."""

    def __init__(self, channel: Channel, control_fd: int):
        self.channel, self.control_fd = channel, control_fd
        self.main = types.ModuleType("__main__")
        self.main.__dict__["__builtins__"] = builtins
        self.names = self.main.__dict__
        self.silenced = Silenced()
        self.notebook = Notebook(self.names, self.silenced)
        self.objects: dict[int, object] = {}

    # --- the warm process ---------------------------------------------------------------------------------------------

    def serve(self) -> None:
        while (message := self.channel.receive()) is not None:
            number, operation, body = message
            if operation == "cell":
                self.channel.send(number, *self.run_cell(**body))
            elif operation == "fork":
                self.serve_fork(number)
            elif operation == "end":
                self.channel.send(number, "ended", "")

    def run_cell(self, source: str, index: int, seconds: float, count: int | None = None) -> tuple[str, object]:
        """Execute one cell in the notebook's names.

        ("value", what it asked for in vain) or ("error", [type, bases, message, what it asked for in vain]).
        """
        here = os.getpid()
        try:
            with time_limit(seconds):
                self.notebook.run_cell(source, index, count)
        except TimeLimit:
            return "error", ["TimeLimit", [], f"still running after {seconds:g} s", self.silenced.take()]
        except BaseException as error:
            return "error", [*describe(error), self.silenced.take()]
        finally:
            if os.getpid() != here:  # a child that the cell forked and that has run out of it: two cannot serve one pipe
                os._exit(0)
        return "value", self.silenced.take()

    def serve_fork(self, number: int) -> None:
        """Fork, let the fork answer calls until it ends, then say that it ended."""
        while select.select([self.control_fd], [], [], 0)[0]:  # meant for an earlier fork, which ended by itself
            if not os.read(self.control_fd, 1):
                os._exit(0)
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self.channel.send(number, "error", describe(error))
            return
        if pid == 0:
            try:
                die_with_the_parent()
                if os.getppid() != parent:  # it ended before that took effect
                    os._exit(0)
                self.channel.send(number, "value", None)
                self.answer()
            finally:
                os._exit(0)
        self.channel.send(number, "ended", ending(self.wait_for(pid)))

    def wait_for(self, pid: int) -> int:
        """Status of the fork when it has ended; a byte from the grader's control pipe, or its end, kills the fork."""
        try:
            ended = os.pidfd_open(pid)
        except (AttributeError, OSError):  # not Linux: look again and again
            ended = None
        try:
            watched = [self.control_fd] if ended is None else [self.control_fd, ended]
            while True:
                ready = select.select(watched, [], [], 0.005 if ended is None else None)[0]
                if self.control_fd in ready:
                    os.kill(pid, signal.SIGKILL)
                    if not os.read(self.control_fd, 1):
                        os._exit(0)
                    return os.waitpid(pid, 0)[1]
                if ended in ready or ended is None:
                    found, status = os.waitpid(pid, os.WNOHANG)
                    if found:
                        return status
        except ChildProcessError:  # somebody else waited for it
            return 0
        finally:
            if ended is not None:
                os.close(ended)

    # --- the fork -----------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        while (message := self.channel.receive()) is not None:
            number, operation, body = message
            if operation == "end":
                return
            try:
                reply = getattr(self, f"do_{operation}")(**body)
                self.channel.send(number, "value", reply)
            except NotPlain as error:
                self.channel.send(number, "error", ["NotPlain", [], str(error)])
            except TimeLimit:
                self.channel.send(number, "error", ["TimeLimit", [], f"no answer within {body['seconds']:g} s"])
            except BaseException as error:
                self.channel.send(number, "error", describe(error))

    def do_get(self, name: str, seconds: float) -> list[object]:
        """What a name is: ["missing"], ["callable", name], or ["value", plain value]."""
        if name not in self.names:
            return ["missing"]
        return self.shown(self.names[name])

    def do_attribute(self, handle: int, name: str, seconds: float) -> list[object]:
        with time_limit(seconds):
            return self.shown(getattr(self.objects[handle], name))

    def shown(self, value: object) -> list[object]:
        try:
            return ["value", plain(value)]
        except NotPlain:
            kept = self.keep(value)
            if isinstance(value, types.FunctionType) and is_skeleton(value):
                kept = Reference(kept.number, SKELETON)
            return ["callable" if callable(value) else "value", kept]

    def do_call(self, target: int, method: str | None, args: list[object], kwargs: dict[str, object],
                seconds: float, places: Sequence[int] = ()) -> list[object]:
        """[what the call returns, what it has left of the arguments at ``places``]; the grader knows what they were.

        Those arguments come packed, and are sent back packed: so they are compared at a glance.
        """
        function: Any = self.objects[target]
        if method is not None:
            function = getattr(function, method)
        for place in places:
            where: Any = args if place < len(args) else kwargs
            key = place if place < len(args) else list(kwargs)[place - len(args)]
            where[key] = unpack(where[key])
        given = received(tuple(self.resolve(a) for a in args), {k: self.resolve(v) for k, v in kwargs.items()})
        with time_limit(seconds):
            result = function(*given[0], **given[1])
            value = self.keep(result) if is_student_class(function) else self.value_or_handle(result)
            return [value, left([*given[0], *given[1].values()], places)]

    def value_or_handle(self, result: object) -> object:
        """A plain value; a handle for an object of a student's class that is none (a namedtuple, say, is one)."""
        try:
            return plain(result)
        except NotPlain:
            if not is_student_class(type(result)):
                raise
            return self.keep(result)

    def keep(self, value: object) -> Reference:
        number = len(self.objects)
        self.objects[number] = value
        return Reference(number, type(value).__name__)

    def resolve(self, value: object) -> object:
        return self.objects[value.number] if isinstance(value, Reference) else value


def is_student_class(value: object) -> bool:
    return isinstance(value, type) and value.__module__ == "__main__"


def left(given: Sequence[object], places: Sequence[int]) -> list[bytes] | None:
    """Some arguments of a call as it left them, packed; None where one can no longer be sent, and so is not what it was."""
    try:
        return [pack(given[place]) for place in places]
    except NotPlain:
        return None


def describe(error: BaseException) -> list[object]:
    """[class, all its classes, message] of an exception, in plain strings."""
    try:
        message = str(error)[:2000]
        if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell"):
            message = f"{error.msg} (line {error.lineno} of the cell)"
    except BaseException:
        message = ""
    return [type(error).__name__[:100], [t.__name__[:100] for t in type(error).__mro__][:20], message + line_of(error)]


def ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.WEXITSTATUS(status)}"


class Blocker(MetaPathFinder):
    """Keeps the modules that hold reference solutions out of graded cells."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None) -> None:
        if name.startswith("llmcourse.") and not is_open(name):
            raise ImportError(f"{name} holds reference solutions and cannot be imported while grading: write the function in "
                              f"your notebook. Of llmcourse, {', '.join(OPEN)} can be imported.")


class Library(MetaPathFinder):
    """Finds the course's library in its one folder, without a search through the folders around it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def find_spec(self, name: str, path: Sequence[str] | None = None,
                  target: types.ModuleType | None = None) -> ModuleSpec | None:
        if name != "llmcourse":
            return None
        return spec_from_file_location(name, self.folder / "__init__.py", submodule_search_locations=[str(self.folder)])


def silent_grader() -> types.ModuleType:
    """A stand-in for the ``autograder`` and ``otter`` modules of a notebook: every check does nothing."""
    class Notebook:
        def __init__(self, *args: object, **kwargs: object) -> None:
            pass

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *args, **kwargs: None

    module = types.ModuleType("autograder")
    vars(module)["Notebook"] = Notebook
    return module


def main(read: str, write: str, control: str, plan_text: str) -> None:
    """Confine this process, then serve. Says "ready", or why it could not be confined, before anything else.

    read, write, control: numbers of the descriptors.
    """
    read_fd, write_fd, control_fd = int(read), int(write), int(control)
    channel = Channel(read_fd, write_fd)
    worker = Worker(channel, control_fd)
    close_all_but(read_fd, write_fd, control_fd)
    plan = Plan.from_json(plan_text)
    prepare_modules(plan, worker.notebook)
    try:
        confine(plan)
    except NotConfined as error:
        channel.send(0, "error", str(error))
        return
    furnish(worker)
    channel.send(0, "value", "ready")
    worker.serve()


def close_all_but(*fds: int) -> None:
    """Close every descriptor but these and the standard ones."""
    for low, high in itertools.pairwise([*sorted({0, 1, 2, *fds}), 2**16]):
        os.closerange(low + 1, high)


def furnish(worker: Worker) -> None:
    """Put the stand-ins in place that a confined process of a student's finds."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sit_down(worker.silenced)
    Disk(worker.silenced).install()
    Programs(worker.silenced).install()
    sys.modules["__main__"] = worker.main


def prepare_modules(plan: Plan, notebook: Notebook) -> None:
    """What a graded cell may import: Python's modules, the packages of a student, the open part of the course's library."""
    here = str(Path(__file__).resolve().parent.parent)
    sys.path.remove(here)  # put there to find the grader
    if here not in map(os.path.realpath, site.getsitepackages()):  # else the grader is installed among the other packages
        sys.path[:] = [p for p in sys.path if p != here]
    Packages(plan.torch).install()
    sys.meta_path[:0] = [StandIns(notebook.silenced), Blocker(), Library(Path(plan.library) / "llmcourse"), Sockets()]
    for name in [n for n in sys.modules if n.split(".")[0] in BLOCKED]:
        del sys.modules[name]
    for name in BLOCKED:
        sys.modules[name] = silent_grader()
    get_ipython = notebook.names["get_ipython"]
    ours = modules_of_ipython(get_ipython, notebook.silenced)
    sys.modules.update(ours)
    vars(builtins).update(display=vars(ours["IPython.core.display_functions"])["display"], get_ipython=get_ipython)
    sys.argv = ["notebook"]
    tempfile.tempdir = "/tmp"  # its name: nothing can be written there, but some libraries ask where it is when imported
