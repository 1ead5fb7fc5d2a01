"""Harmless stand-ins for what there is not while grading: widgets, Colab, a keyboard, a disk, a package that nobody has."""

import builtins
import io
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import IO, Any, NoReturn

from autograder.isolation.library import NAMED, PACKAGES, is_there

WIDGETS = ("ipywidgets", "ipympl", "anywidget", "ipycanvas", "bqplot", "jupyter_bokeh", "nest_asyncio")
COLAB = "google.colab"
DISPLAY = ("display", "clear_output", "publish_display_data", "update_display")
MAX_SAID = 20  # things that one cell may say
LINES_TYPED = 20  # lines of nothing that a cell may read from its keyboard; then the keyboard ends, and a loop with it

Said = list[str]  # [kind, text]: "silent" and what did nothing, or "told" and a sentence


class Silenced:
    """What the present cell asked for in vain, in the order in which it did, each thing once."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def __call__(self, text: str, kind: str = "silent") -> None:
        entry = [kind, " ".join(text.split())[:300]]
        if entry not in self.said and len(self.said) < MAX_SAID:
            self.said.append(entry)

    def take(self) -> list[Said]:
        """What was said since the last time."""
        said, self.said = self.said, []
        return said


def from_a_cell() -> bool:
    """Whether the function that asks was called by a cell, and not by a library that a cell uses."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "__main__"


# --- objects that do nothing ------------------------------------------------------------------------------------------

class Silent:
    """Does nothing, whatever is asked of it; keeps what it is given by name, as a widget does.

    As a decorator it leaves a function as it is.
    """

    def __new__(cls, *args: object, **kwargs: object) -> Any:
        return args[0] if args and isinstance(args[0], types.FunctionType) else super().__new__(cls)

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.__dict__.update(kwargs)

    def __getattr__(self, name: str) -> "Silent":
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent()

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return Silent(*args, **kwargs)

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def __iter__(self) -> Iterator[object]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: object) -> "Silent":
        return Silent()

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __repr__(self) -> str:
        return ""


class SilentModule(types.ModuleType):
    """A module in which every name does nothing; those with a capital letter are classes."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        value: object = Silent()
        if name[0].isupper():
            value = type(name, (Silent,), {"__module__": self.__name__})
        setattr(self, name, "9.0.0" if name == "__version__" else value)
        return vars(self)[name]


class StandIns(MetaPathFinder, Loader):
    """Finds Colab's modules and those of widgets, which do nothing here."""

    def __init__(self, silenced: Silenced):
        self.silenced = silenced

    def find_spec(self, name: str, path: Sequence[str] | None = None,
                  target: types.ModuleType | None = None) -> ModuleSpec | None:
        stands_in = name == "google" or f"{name}.".startswith(f"{COLAB}.") or name.partition(".")[0] in WIDGETS
        return ModuleSpec(name, self, is_package=True) if stands_in else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        name = spec.name
        if (name in WIDGETS or name == COLAB) and from_a_cell():
            self.silenced(name)
        module = types.ModuleType(name) if name == "google" else SilentModule(name)
        if name == COLAB:
            vars(module).update(files=_COLAB_FILES, userdata=types.SimpleNamespace(get=lambda key: ""))
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__name__ == f"{COLAB}.files":
            vars(module).update(vars(_COLAB_FILES))
        elif module.__name__ == f"{COLAB}.userdata":
            vars(module)["get"] = lambda key: ""


_COLAB_FILES = types.SimpleNamespace(upload=lambda *args, **kwargs: {}, download=lambda *args, **kwargs: None)


def modules_of_ipython(get_ipython: Callable[[], object], silenced: Silenced) -> dict[str, types.ModuleType]:
    """The two modules of IPython that would look for a running shell, by name; all others are IPython's own.

    Objects are shown to nobody: their ``repr`` is not even computed.
    """
    def show(*objects: object, **kwargs: object) -> None:
        if from_a_cell():  # a progress bar may do as it likes
            silenced("display()")

    def quiet(*args: object, **kwargs: object) -> None:
        pass

    getipython, functions = types.ModuleType("IPython.core.getipython"), types.ModuleType("IPython.core.display_functions")
    vars(getipython)["get_ipython"] = get_ipython
    vars(functions).update(dict.fromkeys(DISPLAY, quiet), display=show, DisplayHandle=Silent)
    vars(functions)["__all__"] = (*DISPLAY, "DisplayHandle")
    return {module.__name__: module for module in (getipython, functions)}


# --- packages that nobody has -----------------------------------------------------------------------------------------

class Packages(MetaPathFinder):
    """Finds what Python finds on its path, except for packages that not every student has."""

    def __init__(self, torch: bool, everywhere: bool = True):
        self.torch = torch
        self.everywhere = everywhere  # or only what cells themselves import

    def find_spec(self, name: str, path: Sequence[str] | None = None,
                  target: types.ModuleType | None = None) -> ModuleSpec | None:
        there = is_there(name, self.torch) or not (self.everywhere or from_a_cell())
        return PathFinder.find_spec(name, path, target) if there else None

    def install(self) -> None:
        """Take the place of Python's own finder."""
        sys.meta_path[:] = [*(finder for finder in sys.meta_path if finder is not PathFinder), self]


class Missing:
    """What a name is whose import did not work: using it says so."""

    why: str

    def __init__(self, why: str):
        self.__dict__["why"] = why

    def _fail(self, *args: object, **kwargs: object) -> NoReturn:
        raise ModuleNotFoundError(self.why)

    __call__ = __iter__ = __len__ = __getitem__ = __setitem__ = _fail
    __enter__ = __exit__ = __mro_entries__ = __add__ = __radd__ = _fail

    def __getattr__(self, name: str) -> "Missing":
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self.why)


def reason(error: ImportError) -> str:
    """Why an import did not work, in a line."""
    package = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and package not in PACKAGES | sys.stdlib_module_names:
        return f"where notebooks are graded there is no {package}; there are {', '.join(NAMED)} and Python's own modules"
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "it is not there")[:200]


# --- keyboard and disk ------------------------------------------------------------------------------------------------

class Nobody(io.StringIO):
    """A keyboard at which nobody types: empty lines, then its end."""

    def __init__(self, silenced: Silenced):
        super().__init__()
        self.silenced, self.left = silenced, LINES_TYPED

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # typeshed: StringIO inherits from bytes' base
        self.silenced("input()")
        self.left -= 1
        return "\n" if self.left >= 0 else ""

    def read(self, size: int | None = -1, /) -> str:
        self.silenced("input()")
        return ""


class Kept(io.BytesIO):
    """A file in memory; what was written is kept under its path when it is closed."""

    def __init__(self, files: dict[str, bytes], path: str, at_start: bytes = b""):
        super().__init__(at_start)
        self.files, self.path = files, path
        files[path] = at_start

    def flush(self) -> None:
        if not self.closed:
            self.files[self.path] = self.getvalue()

    def close(self) -> None:
        self.flush()
        super().close()


class Disk:
    """``open`` and what goes with it: files that a cell writes stay in memory, where it can read them again."""

    def __init__(self, silenced: Silenced):
        self.silenced = silenced
        self.files: dict[str, bytes] = {}
        self.folders: set[str] = set()
        self.real_open, self.real_stat, self.real_mkdir, self.real_remove = open, os.stat, os.mkdir, os.remove

    def install(self) -> None:
        """Stand in for the functions of the modules that libraries use, too."""
        vars(builtins)["open"] = vars(io)["open"] = self.open
        vars(os).update(stat=self.stat, mkdir=self.mkdir, remove=self.remove, unlink=self.remove)

    def open(self, file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None, errors: str | None = None,
             newline: str | None = None, closefd: bool = True, opener: Any = None) -> IO[Any]:
        """As the real one, except that nothing is written to any disk."""
        path = _path(file)
        writes = set(mode) & set("wax+")
        if len(set(mode) & set("rwax")) != 1:
            return self.real_open(os.devnull, mode)  # which says what is wrong with it
        if path is None or opener is not None or path.startswith("/dev/") or not (writes or path in self.files):
            return self.real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if "x" in mode and path in self.files:
            raise FileExistsError(17, "File exists", str(file))
        if writes and not path.startswith(sys.prefix):  # a library's own folders concern no student
            self.silenced(f"open({os.fspath(file)!r}, {mode!r})")
        raw = Kept(self.files, path, b"" if set(mode) & set("wx") else self._content(path, mode))
        if "a" in mode:
            raw.seek(0, io.SEEK_END)
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding or "utf-8", errors, newline)

    def _content(self, path: str, mode: str) -> bytes:
        """What a file holds that is read, or written to at its end."""
        if path in self.files:
            return self.files[path]
        try:
            with self.real_open(path, "rb") as file:
                return file.read()
        except OSError:
            if "a" in mode:
                return b""
            raise

    def stat(self, path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        name = _path(path)
        if name is None or (name not in self.files and name not in self.folders):
            return self.real_stat(path, *args, **kwargs)
        kind = 0o100644 if name in self.files else 0o040755
        return os.stat_result((kind, 0, 0, 1, 0, 0, len(self.files.get(name, b"")), 0, 0, 0))

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        name = _path(path)
        if name is None or name in self.folders or os.path.isdir(name):
            raise FileExistsError(17, "File exists", str(path))
        self.silenced(f"mkdir({os.fspath(path)!r})")
        self.folders.add(name)

    def remove(self, path: Any, *args: Any, **kwargs: Any) -> None:
        if (name := _path(path)) in self.files:
            del self.files[name]
        else:
            self.real_remove(path, *args, **kwargs)


class Programs:
    """What stands for other programs: ``os.system`` and ``subprocess`` start nothing, and all went well."""

    def __init__(self, silenced: Silenced):
        self.silenced = silenced
        self.real_system, self.real_popen = os.system, subprocess.Popen

    def install(self) -> None:
        vars(os)["system"] = self.system
        vars(subprocess)["Popen"] = type("Popen", (NoProcess,), {"silenced": self.silenced})

    def system(self, command: Any) -> int:
        self.silenced(f"os.system({command!r})")
        return 0


class NoProcess(subprocess.Popen[Any]):
    """A program that has ended at once, without a word."""

    silenced: Silenced

    def __init__(self, args: Any, *others: Any, **kwargs: Any):
        self.silenced(f"subprocess: {args if isinstance(args, str) else ' '.join(map(str, args))}")
        self.args, self.returncode, self.pid, self.stdin = args, 0, 0, None
        text = any(kwargs.get(key) for key in ("text", "universal_newlines", "encoding", "errors"))
        self.empty: Any = "" if text else b""
        self.stdout, self.stderr = (
            (io.StringIO() if text else io.BytesIO()) if kwargs.get(name) == subprocess.PIPE else None
            for name in ("stdout", "stderr"))

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        return (None if self.stdout is None else self.empty), (None if self.stderr is None else self.empty)

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def poll(self) -> int:
        return 0

    def send_signal(self, sig: int) -> None:
        """Nobody is there to get it."""

    def __exit__(self, *exc: object) -> None:
        """Nothing is left of it."""

    def __del__(self, *args: object) -> None:
        """Nothing is left of it."""


def _path(file: object) -> str | None:
    """An absolute path; None for a descriptor and for what is no path."""
    try:
        name = os.fspath(file)  # type: ignore[call-overload]  # whatever a cell passes
    except TypeError:
        return None
    return os.path.abspath(os.fsdecode(name))


def sit_down(silenced: Silenced) -> None:
    """Give the standard input of a cell a keyboard at which nobody sits."""
    sys.stdin = Nobody(silenced)
