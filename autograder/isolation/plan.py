"""What a worker is confined to: the layers that are wanted, and the numbers and paths they need."""

import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autograder.isolation import landlock, syscalls
from autograder.isolation.library import open_paths

LAYERS = ("namespaces", "uid", "rlimits", "no_new_privs", "seccomp", "landlock")
FIRST_UID, UIDS = 0x20000000, 0x10000000  # random ids far above every account and every container's range
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/full")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts",
          "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node")
PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Plan:
    """The layers to put on, and what they are told. ``memory`` is bytes of address space of one process."""

    layers: tuple[str, ...] = LAYERS
    uid: int | None = None
    memory: int = 2 * 2**30
    total_memory: int = 600 * 2**20  # resident bytes of all processes of the worker together
    processes: int = 32
    files: int = 64
    cpu: int = 900  # seconds of processor time of one process: what escapes every kill ends by itself
    readable: tuple[str, ...] = ()
    listable: tuple[str, ...] = ()  # folders whose names may be listed, as Python's import needs; not what is in them
    writable: tuple[str, ...] = ("/dev/null",)
    library: str = ""  # folder whose llmcourse package graded cells import
    torch: bool = False  # whether graded cells may import it
    matplotlib: str = ""  # matplotlib's folder of settings, with its list of fonts: looks writable, and is not

    def taken_apart(self) -> list[str]:
        """The outermost folders that are named entry by entry, because something that is closed lies in them."""
        folders = [folder for folder in self.listable if folder != str(Path(self.library) / "llmcourse")]
        return [one for one in dict.fromkeys(folders)
                if not any(one != other and Path(one).is_relative_to(other) for other in folders)]

    def without(self, *layers: str) -> "Plan":
        return replace(self, layers=tuple(layer for layer in self.layers if layer not in layers))

    def for_another_user(self) -> "Plan":
        """The same for a new random user, so that nothing one submission leaves counts against the limits of the next."""
        return self if self.uid is None else replace(self, uid=_random_uid())

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        data: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(text).items()}
        return cls(**data)


def available() -> tuple[str, ...]:
    """The layers that this machine and user can put on."""
    if not sys.platform.startswith("linux"):
        return ("rlimits",)
    can = {
        "namespaces": namespaces_work(),
        "uid": os.geteuid() == 0,
        "rlimits": True,
        "no_new_privs": True,
        "seccomp": syscalls.available(),
        "landlock": landlock.version() > 0,
    }
    return tuple(layer for layer in LAYERS if can[layer])


_namespaces: bool | None = None


def namespaces_work() -> bool:
    """Whether bubblewrap is there and can make namespaces; tried once."""
    global _namespaces
    if _namespaces is None:
        program = shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")
        _namespaces = program is not None and subprocess.run(
            [program, *NAMESPACE_OPTIONS, "--ro-bind", "/", "/", "--proc", "/proc", "/bin/true"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    return _namespaces


NAMESPACE_OPTIONS = ("--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
                     "--unshare-cgroup-try")


def default(layers: tuple[str, ...] | None = None, torch: bool = False) -> Plan:
    """The plan of this machine: every layer that is available, or the ones named."""
    layers = available() if layers is None else layers
    uid = _random_uid() if "uid" in layers else None
    library = library_folder()
    system, folders = without((*SYSTEM, *DEVICES, *python_paths()), closed(library))
    readable = (*system, *map(str, open_paths(library / "llmcourse")))
    memory = 12 * 2**30 if torch else 2 * 2**30
    fonts = font_cache()
    return Plan(layers, uid, memory, 600 * 2**20 if torch else 500 * 2**20, readable=(*dict.fromkeys(readable), fonts),
                listable=(*folders, str(library / "llmcourse")), library=str(library), torch=torch, matplotlib=fonts)


def _random_uid() -> int:
    import secrets  # what is confined needs no random user, and starts sooner without

    return FIRST_UID + secrets.randbelow(UIDS)


def font_cache() -> str:
    """A settings folder for matplotlib that holds its list of fonts, made once for each environment.

    matplotlib insists on a folder that it could write to, and takes half a minute of a slow machine to list the fonts anew.
    """
    folder = Path(sys.prefix) / "share" / "llmcourse" / "matplotlib"
    if not list(folder.glob("fontlist-*.json")):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run([sys.executable, "-I", "-c", "import matplotlib.font_manager"], check=False, capture_output=True,
                           env={"MPLCONFIGDIR": str(folder), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
            for path in (folder, *folder.iterdir()):
                path.chmod(0o1777 if path.is_dir() else 0o644)
        except OSError:
            return str(folder)
    return str(folder)


def library_folder() -> Path:
    """Where the worker finds the course's library: beside this package, or where an image holds just its open part."""
    return Path(os.environ.get("AUTOGRADER_LIBRARY", PACKAGE.parent))


def closed(library: Path) -> tuple[Path, ...]:
    """What no worker may read although it may lie among the installed packages: the grader, and the library's solutions."""
    return tuple(dict.fromkeys(path.resolve() for path in (PACKAGE, PACKAGE.parent / "llmcourse", library / "llmcourse")))


def without(paths: Iterable[str], closed: tuple[Path, ...]) -> tuple[list[str], list[str]]:
    """The paths with what is closed left out of them, and the folders that were taken apart for that.

    A path above something closed is replaced by its entries, and these likewise.
    """
    found, folders = list[str](), list[str]()
    for path in paths:
        real = Path(path).resolve()
        if any(real.is_relative_to(other) for other in closed):
            continue
        if not any(other.is_relative_to(real) for other in closed):
            found.append(path)
            continue
        inside = without(sorted(os.path.join(path, name) for name in os.listdir(path)), closed)
        found += inside[0]
        folders += [path, *inside[1]]
    return found, folders


def python_paths() -> list[str]:
    """Everything that running Python and importing installed packages needs to read."""
    paths = [sys.base_prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *site.getsitepackages(),
             os.path.join(sys.prefix, "pyvenv.cfg"), os.path.join(sys.prefix, "bin"), os.path.realpath(sys.executable)]
    folders = {os.path.realpath(p) for p in paths if p}
    return sorted(p for p in folders if p not in ("/", "/usr"))
