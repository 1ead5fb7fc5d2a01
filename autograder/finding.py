"""Find the notebook in what was handed in: a file, a folder, a zip, a zip in a zip, as browsers, Macs and systems leave it."""

import io
import os
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.reading import CLEAR, MAX_BYTES, Clock, Unreadable

MAX_ENTRIES = 10_000  # of a folder or a zip
MAX_DIRECTORY = 2 * 2**20  # bytes of a zip's table of contents, each entry of which takes ten times as much memory
MAX_DEPTH = 30
MAX_LEVELS = 3  # a zip in a zip in a zip
LEFT_BEHIND = {"__macosx", "__pycache__", "site-packages", "node_modules", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
               "$recycle.bin"}  # in small letters
ONE = "Hand in just the .ipynb file."
DAMAGED = f"The zip is damaged or locked. {ONE}"


@dataclass
class Found:
    """A file that may be the notebook; its bytes are read when they are asked for."""

    name: str
    changed: float  # when, in seconds; 0 where that is not known
    read: Callable[[], bytes]
    start: Callable[[], bytes]  # its first bytes

    def is_zip(self) -> bool:
        return self.name.lower().endswith(".zip") or self.start().startswith(b"PK\x03\x04")

    def may_be_json(self) -> bool:
        return self.start().lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"{")


def tiers(path: Path, clock: Clock) -> Iterator[list[Found]]:
    """What may be the notebook, the likeliest first: files named .ipynb, named nearly so, in zips, and with other names."""
    whole_folder = path.is_dir() and not path.is_symlink()
    yield from _expanded(_files_in(path, clock) if whole_folder else [_file(path)], clock, sure=not whole_folder)


def _expanded(files: list[Found], clock: Clock, level: int = 0, sure: bool = False) -> Iterator[list[Found]]:
    """Files in tiers by their names, with what zips hold in place of the zips. sure: a file is looked at whatever its name."""
    likely: list[list[Found]] = [[], [], [], []]
    for found in files:
        name = found.name.lower()
        kind = 0 if name.endswith(".ipynb") else 1 if ".ipynb" in name else 2 if name.endswith(".zip") else 3
        if kind < 3 or sure or found.may_be_json():
            likely[kind].append(found)
    for tier in likely:
        zips = [found for found in tier if found.is_zip()]
        if plain := [found for found in tier if found not in zips]:
            yield plain
        for found in zips:
            clock.look()
            if level == MAX_LEVELS:
                yield [_refused(found.name, f"{found.name} is a zip in a zip in a zip. {ONE}")]
                continue
            try:
                members = _members(found.read())
            except Unreadable as error:
                yield [_refused(found.name, str(error))]
                continue
            something = False
            for inner in _expanded(members, clock, level + 1):
                something = True
                yield inner
            if not something:
                yield [_refused(found.name, f"The zip holds no notebook, but {listed(m.name for m in members)}. {ONE}")]


def listed(names: Iterable[str]) -> str:
    """The first five names, in order."""
    return ", ".join(sorted(names)[:5]) or "nothing"


def _refused(name: str, why: str) -> Found:
    """What cannot be looked into: reading it says why."""
    def read() -> bytes:
        raise Unreadable(why)
    return Found(name, 0.0, read, lambda: b"")


def is_left_behind(part: str) -> bool:
    """Whether a file or folder is one that systems leave: hidden, a Mac's or Windows' notes, checkpoints, backups, packages."""
    return part.startswith((".", "~$")) or part.endswith("~") or part.casefold() in LEFT_BEHIND


# --- folders ----------------------------------------------------------------------------------------------------------

def _files_in(folder: Path, clock: Clock) -> list[Found]:
    """Every file below a folder that is not ignored; links are not followed."""
    found, waiting, seen = list[Found](), [(str(folder), tuple[str, ...]())], 0
    while waiting:
        place, parts = waiting.pop()
        clock.look()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:  # not ours to read, or a path that is too long
            continue
        for entry in entries:
            seen += 1
            inner = (*parts, entry.name)
            if seen > MAX_ENTRIES:
                raise Unreadable(f"More than {MAX_ENTRIES} files were handed in. {ONE}")
            if is_left_behind(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                if len(inner) < MAX_DEPTH:
                    waiting.append((entry.path, inner))
            else:
                found.append(_file(Path(entry.path)))
    return sorted(found, key=lambda f: f.name)


def _file(path: Path) -> Found:
    try:
        changed = path.lstat().st_mtime
    except OSError:
        changed = 0.0
    return Found(path.name, changed, lambda: _bytes(path), lambda: _first_bytes(path))


def _first_bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return b""
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return b""


def _bytes(path: Path) -> bytes:
    try:
        info = path.lstat()
    except OSError:
        raise Unreadable(f"{path.name} is not there. Hand in the .ipynb file of this assignment.") from None
    if not stat.S_ISREG(info.st_mode):
        raise Unreadable(f"{path.name} is a link or a special file. Hand in the .ipynb file itself.")
    if info.st_size > MAX_BYTES:
        raise Unreadable(f"{path.name} has {info.st_size / 2**20:.0f} MB, at most {MAX_BYTES // 2**20} MB are read. {CLEAR}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read ({error.strerror}). Hand it in again.") from None


# --- zips -------------------------------------------------------------------------------------------------------------

def _members(data: bytes) -> list[Found]:
    """Every file of a zip that is not ignored; nothing is unpacked until it is read. Raises Unreadable."""
    directory_is_small(data)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # struct, zlib and others raise their own on damaged bytes
        raise Unreadable(DAMAGED) from None
    members = archive.infolist()
    if len(members) > MAX_ENTRIES:
        raise Unreadable(f"The zip holds {len(members)} files. {ONE}")
    found = []
    for member in members:
        parts = [part for part in member.filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if parts and not member.is_dir() and not any(map(is_left_behind, parts)):
            found.append(Found(parts[-1], _time(member), partial(_unpacked, archive, member, MAX_BYTES),
                               partial(_unpacked_start, archive, member)))
    return sorted(found, key=lambda f: f.name)


def directory_is_small(data: bytes) -> None:
    """Raise Unreadable where a zip's table of contents is missing or too large to be read with little memory."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 2**16 - 22))
    if end < 0 or end + 22 > len(data):
        raise Unreadable(DAMAGED)
    if data[max(0, end - 20):end].startswith(b"PK\x06\x07") or struct.unpack_from("<I", data, end + 12)[0] > MAX_DIRECTORY:
        raise Unreadable(f"The zip holds too many files or is packed in an unusual way. {ONE}")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of a member, at most ``most``, whatever size it claims to have. Raises Unreadable."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without a limit
        raise Unreadable(f"The zip is packed in an unusual way. {ONE}")
    try:
        with archive.open(member) as file:
            data = file.read(most + 1)
    except Exception:
        raise Unreadable(DAMAGED) from None
    if len(data) > most:
        raise Unreadable(f"{member.filename.rpartition('/')[2]} in the zip is too large. {CLEAR} {ONE}")
    return data


def _unpacked_start(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return b""
    try:
        with archive.open(member) as file:
            return file.read(64)
    except Exception:
        return b""


def _time(member: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*member.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0
