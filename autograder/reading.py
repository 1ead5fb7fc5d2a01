"""The bytes of a notebook as JSON, in whatever encoding and state people have them; little memory, little time.

Outputs, which make a notebook large, are cut out of the bytes before these are parsed: a file of 20 MB that is parsed whole can
fill 500 MB. Every pattern here takes time in proportion to its text.
"""

import codecs
import json
import re
import time
from dataclasses import dataclass, field

MAX_BYTES = 20 * 2**20  # a notebook with pictures is a few MB
MAX_KEPT = 10 * 2**20  # what may be left of it without its outputs
SMALL = 2**20  # parsed as it is: in memory it can be 30 times as large
MAX_VALUES = 200_000  # values outside outputs, each of which may cost 230 bytes
MAX_TOKENS = 2_000_000  # strings and brackets, those of outputs too, each of which costs about a microsecond
SECONDS = 20.0  # for all that was handed in
LOOK = 4096  # tokens between two looks at the clock

TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[][{}]', re.DOTALL)  # a string, also one without an end; or a bracket
FEW = 1000  # letters that are no UTF-8 in a text that is, with a fault
EAST_ASIA = ("cp932", "gb18030", "cp950", "cp949")  # Windows' encodings in which the second byte of a letter may be a backslash
CONFLICT = re.compile(rb"^(<{7} |<{7}\r?$)", re.MULTILINE)
OUTPUTS = {(3, b'"outputs"'), (2, b'"widgets"')}  # how deep, and under which key
ATTACHMENTS = {(3, b'"attachments"')}

DOWNLOAD = ("Hand in the .ipynb file itself: in JupyterLab, right-click it in the list of files and choose Download; on Colab, "
            "File, Download, Download .ipynb.")
RESTORE = ("Jupyter cannot open it either. Take an earlier copy (the folder .ipynb_checkpoints beside it holds one), or paste "
           "your answers into a fresh copy of the assignment's notebook and save that; then hand in again.")
CLEAR = "Clear the outputs (Edit, Clear Outputs of All Cells), save and hand in again."
KINDS = [(b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
         (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"), (b"\x1f\x8b", "a gzip archive"),
         (b"\x00\x05\x16\x07", "a Mac's note about a file"), (b"\xd0\xcf\x11\xe0", "an office document"),
         (b"version https://git-lfs", "Git LFS's note about a file")]


class Unreadable(ValueError):
    """A submission that cannot be graded; the message tells the student what to do."""


class Clock:
    """The time for reading what was handed in."""

    def __init__(self, seconds: float = SECONDS):
        self.end = time.monotonic() + seconds

    def look(self) -> None:
        if time.monotonic() > self.end:
            raise Unreadable(f"What was handed in takes too long to read. Hand in just the .ipynb file. {CLEAR}")


@dataclass
class Content:
    """The notebooks that a file may stand for, one unless a merge left it with two, and what was odd about it."""

    notebooks: list[object]
    notes: list[str] = field(default_factory=list)


def load(name: str, data: bytes, clock: Clock | None = None) -> Content:
    """Parse the bytes of a notebook. Raises Unreadable with a sentence for the student."""
    clock = clock or Clock()
    if not data.strip(b" \t\r\n\x00"):
        raise Unreadable(f"{name} is empty. Save it in Jupyter (File, Save Notebook) and hand in again; if it is empty there "
                         "too, the folder .ipynb_checkpoints beside it holds an earlier copy.")
    notes: list[str] = []
    raw = data
    data, encoding = _as_utf8(name, data, clock)
    if encoding:
        notes.append(f"The file is not UTF-8 text; it was read as {encoding}. Hand in the file that Jupyter saves, or "
                     "save it in your editor with the encoding UTF-8.")
    notebook = _parsed(name, data, clock)
    if notebook is None and CONFLICT.search(data):
        return _merged(name, data, notes, clock)
    if notebook is None and encoding == "Windows-1252":
        notebook = next((n for codec in EAST_ASIA if (n := _parsed(name, _from(codec, raw), clock)) is not None), None)
    if notebook is None:
        whole, count = _whole_cells(data, clock)
        notebook = _parsed(name, whole, clock) if count else None
        if notebook is None:
            raise Unreadable(_why_not_json(name, data, cut=count is not None))
        notes.append(f"{name} ends in the middle; its first {count} cells are whole, and only these were graded. Save it again "
                     "(on a disk that is not full), see that Jupyter opens it to its end, and hand in again.")
    return Content([notebook], notes)


def _merged(name: str, data: bytes, notes: list[str], clock: Clock) -> Content:
    """Both versions of a notebook in which a merge was not finished. Raises Unreadable where neither is JSON."""
    notebooks = [n for side in _sides(data) if (n := _parsed(name, side, clock)) is not None]
    advice = ("in a text editor, keep one of the two parts between each <<<<<<< and >>>>>>>, delete the lines with the marks, "
              "see that Jupyter opens the file, and hand in again.")
    if not notebooks:
        raise Unreadable(f"{name} holds the marks of an unfinished merge (<<<<<<<), so that it is not JSON any more: {advice}")
    note = (f"{name} holds the marks of an unfinished merge (<<<<<<<); the version that answers more was graded. To choose "
            f"yourself: {advice}")
    return Content(notebooks, [*notes, note])


# --- encodings --------------------------------------------------------------------------------------------------------

def _as_utf8(name: str, data: bytes, clock: Clock) -> tuple[bytes, str]:
    """The text as UTF-8, and what it was, where that was something else. Raises Unreadable for a binary file."""
    kind = next((kind for start, kind in KINDS if data.startswith(start)), None)
    if kind:
        raise Unreadable(f"{name} is {kind}, not a notebook. {DOWNLOAD}")
    encoding = json.detect_encoding(data)
    try:
        if encoding.startswith("utf-8"):
            data.decode()
            return data.removeprefix(codecs.BOM_UTF8), ""
        return data.decode(encoding).encode("utf-8", "surrogatepass"), encoding[:6].upper()
    except UnicodeDecodeError:
        if b"\x00" in data:
            raise Unreadable(f"{name} is a binary file, not a notebook. {DOWNLOAD}") from None
        data = _smaller(name, data.removeprefix(codecs.BOM_UTF8), clock)  # as UTF-8 it may have three times as many bytes
        few = data.decode("utf-8", "replace").count("\ufffd") <= FEW
        text = data.decode("utf-8", "autograder.windows") if few else data.decode("cp1252", "replace")
        return text.encode(), "Windows-1252"


def _windows(error: UnicodeError) -> tuple[str, int]:
    """What Windows-1252 makes of the bytes that are no UTF-8; the rest of the text keeps its letters."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start:error.end].decode("cp1252", "replace"), error.end


codecs.register_error("autograder.windows", _windows)


def _from(codec: str, data: bytes) -> bytes:
    """Text of Windows in East Asia as UTF-8; no bytes where it is something else."""
    try:
        return data.decode(codec).encode()
    except UnicodeDecodeError:
        return b""


# --- JSON -------------------------------------------------------------------------------------------------------------

def _parsed(name: str, data: bytes, clock: Clock) -> object | None:
    """The value of a JSON text without its outputs; None where it is no JSON. Raises Unreadable where it would be too large."""
    data = _smaller(name, data, clock)
    try:
        value: object = json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if value is not None else []


def _smaller(name: str, data: bytes, clock: Clock) -> bytes:
    """A large JSON text without its outputs. Raises Unreadable where it is too large without them, too."""
    if len(data) > SMALL:
        data = without(data, OUTPUTS, name, clock)
    if len(data) > MAX_KEPT:
        data = without(data, ATTACHMENTS, name, clock)
    if len(data) > MAX_KEPT:
        raise Unreadable(f"{name} has {len(data) / 2**20:.0f} MB without its outputs, at most {MAX_KEPT // 2**20} MB are read. "
                         "Take large pictures and pasted data out of its cells, save and hand in again.")
    return data


def without(data: bytes, keys: set[tuple[int, bytes]], name: str, clock: Clock) -> bytes:
    """A JSON text whose lists and dictionaries under these keys are empty. Raises Unreadable where too much is left of it."""
    kept: list[bytes] = []
    start = depth = end = values = 0
    skipped: int | None = None  # how deep that began which is being passed over
    key: bytes | None = None
    for number, token in enumerate(TOKEN.finditer(data)):
        if number % LOOK == 0:
            clock.look()
        at, first = token.start(), data[token.start()]
        if skipped is None:
            values += 1 + (data.count(b",", end, at) if at - end > 1 else 0)
        if number > MAX_TOKENS or values > MAX_VALUES:
            raise Unreadable(f"{name} holds too many lists and values to be read. {CLEAR}")
        if first == ord('"'):
            key = token[0] if at + 40 > token.end() else None
        elif first in b"[{":
            if skipped is None and (depth, key) in keys and data[end:at].strip() == b":":
                kept.append(data[start:at + 1])
                skipped = depth
            depth, key = depth + 1, None
        else:
            depth, key = depth - 1, None
            if depth == skipped:
                start, skipped = at, None
        end = token.end()
    return b"".join([*kept, data[start:] if skipped is None else b""])


def _whole_cells(data: bytes, clock: Clock) -> tuple[bytes, int | None]:
    """Of a notebook that is cut short, the part that holds whole cells, and how many; None where it is not cut short."""
    depth = end = count = 0
    cells, key = False, b""
    for number, token in enumerate(TOKEN.finditer(data)):
        if number % LOOK == 0:
            clock.look()
        first = data[token.start()]
        if first == ord('"'):
            key = token[0][:20]
            continue
        depth += 1 if first in b"[{" else -1
        if first == ord("[") and depth == 2:
            cells = key == b'"cells"'
        elif first == ord("}") and depth == 2 and cells:
            end, count = token.end(), count + 1
        elif first == ord("]") and depth == 1:
            cells = False
        if depth < 1:
            return b"", None
    return data[:end] + b"]}", count


def _sides(data: bytes) -> list[bytes]:
    """The two versions of a file between the marks of a merge that was not finished."""
    sides: list[list[bytes]] = [[], []]
    wanted: tuple[int, ...] = (0, 1)
    for line in data.splitlines(keepends=True):
        mark = line.rstrip(b"\r\n")[:8].rstrip()
        if mark == b"<<<<<<<":
            wanted = (0,)
        elif mark == b"|||||||":
            wanted = ()
        elif mark == b"=======" and wanted != (0, 1):
            wanted = (1,)
        elif mark == b">>>>>>>":
            wanted = (0, 1)
        else:
            for side in wanted:
                sides[side].append(line)
    return [b"".join(side) for side in sides]


def _why_not_json(name: str, data: bytes, cut: bool) -> str:
    start = data[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return (f"{name} is a web page, not a notebook: it does not hold JSON. {DOWNLOAD} On GitHub, use the button "
                "\"Download raw file\".")
    if start.startswith((b"{", b"[")) and cut:
        return f"{name} is cut short: it does not hold JSON up to its end. {RESTORE}"
    if start.startswith(b"{"):
        return f"{name} does not hold JSON without a fault. {RESTORE}"
    return f"{name} is not a notebook: it does not hold JSON. {DOWNLOAD}"
