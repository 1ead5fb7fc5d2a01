"""List every file of a folder or zip as one flat list, without following a link and within limits."""

import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.submission import MAX_BYTES
from autograder.tables import one_line

MAX_DEPTH = 30
MAX_LEAVES = 500_000
NOTEBOOK, ZIP = ".ipynb", ".zip"
UNREADABLE = (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)


@dataclass(frozen=True)
class Leaf:
    """A file, or something else that ends a path. member: its name in the zip at ``path``. problem: why it cannot be read."""

    parts: tuple[str, ...]
    path: str
    member: str | None = None
    size: int = 0
    problem: str = ""
    stamp: str = ""  # changes with what is in a member of a zip

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def where(self) -> str:
        return one_line(f"{self.path}: {self.member}" if self.member else self.path)


def listed(folder: Path) -> Iterator[Leaf]:
    """All files below a folder, by name. Links are not followed, nor folders nested too deep; both are said."""
    todo: list[tuple[str, tuple[str, ...]]] = [(str(folder), ())]
    count = 0
    while todo and count < MAX_LEAVES:
        path, parts = todo.pop()
        try:
            entries = sorted(os.scandir(path), key=lambda e: e.name, reverse=True)
        except OSError as error:
            yield Leaf(parts or (folder.name,), path, problem=f"cannot be read ({error.strerror})")
            continue
        if not entries and parts:
            yield Leaf(parts, path, problem="is an empty folder")
        folders = []
        for entry in reversed(entries):
            count += 1
            here = (*parts, entry.name)
            leaf = _on_disk(entry, here)
            if leaf is not None:
                yield leaf
            elif len(here) > MAX_DEPTH:
                yield Leaf(here, entry.path, problem=f"is nested deeper than {MAX_DEPTH} folders")
            else:
                folders.append((entry.path, here))
        todo += reversed(folders)


def _on_disk(entry: os.DirEntry[str], parts: tuple[str, ...]) -> Leaf | None:
    """A leaf, or None for a folder to look into."""
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Leaf(parts, entry.path, problem=f"cannot be read ({error.strerror})")
    if stat.S_ISDIR(info.st_mode):
        return None
    problem = "" if stat.S_ISREG(info.st_mode) else "is a link or a special file"
    return Leaf(parts, entry.path, size=info.st_size, problem=problem)


def zipped(path: Path) -> Iterator[Leaf]:
    """All files in a zip, by their names there; ``..`` and leading slashes mean nothing."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist()[:MAX_LEAVES]:
            parts = tuple(p for p in PurePosixPath(info.filename.replace("\\", "/")).parts if p not in ("/", ".", ".."))
            if not parts or info.is_dir():
                continue
            link = stat.S_ISLNK(info.external_attr >> 16)
            problem = "is a link" if link else "is packed in an unusual way" if info.compress_type not in (
                zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) else f"is nested deeper than {MAX_DEPTH} folders" if len(
                parts) > MAX_DEPTH else ""
            yield Leaf(parts, str(path), info.filename, info.file_size, problem, f"{info.CRC:x}")


def is_candidate(name: str) -> bool:
    """Whether a name is that of a notebook or zip; browsers and mail programs hang further extensions on."""
    lower = name.lower()
    return NOTEBOOK in lower or lower.endswith(ZIP) or f"{ZIP}." in lower


def looks_like_notebook(leaf: Leaf) -> bool:
    """Whether a file of another name holds a notebook."""
    if leaf.problem or not 2 < leaf.size <= MAX_BYTES:
        return False
    try:
        data = read(leaf, MAX_BYTES)
    except UNREADABLE:
        return False
    return data.lstrip()[:1] == b"{" and b'"cells"' in data and b'"nbformat"' in data


def read(leaf: Leaf, limit: int) -> bytes:
    """The first ``limit`` bytes of a leaf. Raises OSError, or what zipfile raises for a damaged zip."""
    if leaf.member is not None:
        with zipfile.ZipFile(leaf.path) as archive, archive.open(leaf.member) as file:
            return file.read(limit)
    handle = os.open(leaf.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        return file.read(limit)
