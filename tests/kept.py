"""Results that take long to get, kept on disk: made once for a state of the sources, however many processes ask for them.

A result is kept under a key, a hash of the content of everything that it depends on, so that it can never be stale. Where a
test fails, ``conftest.py`` forgets the results that it used: a bad hour of the machine is not kept for ever.
"""

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "kept"
used: set[Path] = set()  # files of the results that the present test asked for


def key(*paths: Path, packages: Iterable[str] = ()) -> str:
    """SHA-256 of this Python, the versions of packages, and the names and contents of files and folders."""
    total = hashlib.sha256(" ".join([sys.version, *(f"{name} {version(name)}" for name in packages)]).encode())
    for path in paths:
        total.update(_digest(path).encode())
    return total.hexdigest()


@functools.cache
def _digest(path: Path) -> str:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    total = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        total.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def kept(name: str, key: str, make: Callable[[], Any]) -> Any:
    """What ``make()`` returned (it can be written as JSON) when it was asked for under this key; others wait meanwhile."""
    path = FOLDER / f"{name}.json"
    used.add(path)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        found = read(path)
        if found.get("key") != key:
            found = {"key": key, "value": make()}
            keep(name, key, found["value"])
        return found["value"]


def keep(name: str, key: str, value: Any) -> None:
    """Put a result where ``kept`` finds it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    new = FOLDER / f"{name}.json.new"
    new.write_text(json.dumps({"key": key, "value": value}, ensure_ascii=False), encoding="utf-8")
    new.replace(FOLDER / f"{name}.json")


def forget() -> None:
    """Make anew, next time, what the present test used."""
    for path in used:
        path.unlink(missing_ok=True)


def read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
