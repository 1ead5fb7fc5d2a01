"""Read what a student handed in: find the notebook, check it, and know which cell belongs to which question."""

import json
import re
import stat
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

MAX_BYTES = 20 * 2**20  # a notebook with pictures is a few MB
MAX_CELLS = 2000
MAX_MEMBERS = 200
MAX_CONTAINERS = 10**6  # lists and dictionaries in the JSON: 20 MB of empty ones would fill 500 MB of memory
PLACEHOLDER = "_Type your answer here._"  # what stands where a written answer is asked for
KEY = "llmcourse"  # this project's key in the metadata of notebooks and cells
CHECK = re.compile(r"grader\s*\.\s*check\s*\(\s*[\"'](?P<question>\w+)[\"']\s*\)\s*;?\s*(#.*)?")


class Unreadable(ValueError):
    """A submission that cannot be graded; the message tells the student what to do."""


@dataclass
class CodeCell:
    number: int  # counted from 1 over all cells, as a reader of the notebook counts
    source: str
    question: str | None = None
    role: str | None = None  # setup, answer, check, or None for a cell the student added
    kind: str = "code"  # or markdown, raw


@dataclass
class Submission:
    name: str
    assignment: str | None
    cells: list[CodeCell]
    notes: list[str] = field(default_factory=list)  # what was odd, in sentences for the student
    texts: list[CodeCell] = field(default_factory=list)  # the cells that are no code: Markdown and raw ones

    def state_after(self, question: str) -> int | None:
        """Number of code cells to run before the question is graded: up to its check, or its last answer cell if later.

        None where neither is left: then the whole notebook is run.
        """
        places = [i for i, c in enumerate(self.cells) if c.question == question and c.role in ("answer", "check")]
        return max(places) + 1 if places else None


def find_notebook(folder: Path) -> Path:
    """The one notebook in a submission folder. Raises Unreadable."""
    found = sorted(p for p in folder.rglob("*")
                   if p.suffix.lower() in (".ipynb", ".zip") and ".ipynb_checkpoints" not in p.parts)
    notebooks = [p for p in found if p.suffix.lower() == ".ipynb"]
    if len(notebooks) == 1:
        return notebooks[0]
    if not notebooks and len(found) == 1:
        return found[0]
    if len(notebooks) > 1:
        names = ", ".join(p.name for p in notebooks[:5])
        raise Unreadable(f"{len(notebooks)} notebooks were handed in ({names}). Hand in just one .ipynb file.")
    present = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
    raise Unreadable(f"No notebook was handed in, but {present}. Hand in the .ipynb file of this assignment.")


def read_submission(path: Path) -> Submission:
    """Read a notebook, or a zip that holds one. Raises Unreadable with a sentence for the student."""
    if path.is_dir():
        path = find_notebook(path)
    data = _bytes(path)
    name = path.name
    if path.suffix.lower() == ".zip" or data[:4] == b"PK\x03\x04":
        name, data = _from_zip(path)
    return parse(name, data)


def _bytes(path: Path) -> bytes:
    try:
        info = path.lstat()
    except OSError:
        raise Unreadable(f"{path.name} is not there. Hand in the .ipynb file of this assignment.") from None
    if not stat.S_ISREG(info.st_mode):
        raise Unreadable(f"{path.name} is a link or a special file. Hand in the .ipynb file itself.")
    if info.st_size > MAX_BYTES:
        raise Unreadable(f"{path.name} has {info.st_size / 2**20:.0f} MB, at most {MAX_BYTES // 2**20} MB are read. "
                         "Clear the outputs (Edit, Clear Outputs of All Cells), save and hand in again.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read ({error.strerror}). Hand it in again.") from None


def _from_zip(path: Path) -> tuple[str, bytes]:
    """The one notebook inside a zip, without unpacking anything else."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise Unreadable(f"The zip holds {len(members)} files. Hand in just the .ipynb file.")
            found = [m for m in members if m.filename.lower().endswith(".ipynb") and not m.is_dir()
                     and not {"__MACOSX", ".ipynb_checkpoints"} & set(PurePosixPath(m.filename).parts)]
            if len(found) != 1:
                raise Unreadable(f"The zip holds {len(found)} notebooks, expected one. Hand in just the .ipynb file.")
            if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a limit
                raise Unreadable("The zip is packed in an unusual way. Hand in just the .ipynb file.")
            if found[0].file_size > MAX_BYTES:
                raise Unreadable("The notebook in the zip is too large. Clear its outputs and hand in just the .ipynb file.")
            with archive.open(found[0]) as member:
                data = member.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise Unreadable("The notebook in the zip is too large. Clear its outputs and hand in just the .ipynb file.")
            return PurePosixPath(found[0].filename).name, data
    except Unreadable:
        raise
    except Exception:  # zlib, struct and others raise their own on damaged bytes
        raise Unreadable("The zip is damaged or locked. Hand in just the .ipynb file.") from None


def parse(name: str, data: bytes) -> Submission:
    """A submission from the bytes of a notebook. Raises Unreadable."""
    again = "Open it in Jupyter, save it (File, Save), and hand in the .ipynb file."
    if not data.strip():
        raise Unreadable(f"{name} is empty. {again}")
    notes = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in data:
            raise Unreadable(f"{name} is a binary file, not a notebook. {again}") from None
        text = data.decode("cp1252", errors="replace")
        notes.append("The file is not UTF-8 text; it was read as Windows-1252. Save it from Jupyter to be sure.")
    if text.count("[") + text.count("{") > MAX_CONTAINERS:
        raise Unreadable(f"{name} holds too many lists to be read. "
                         "Clear the outputs (Edit, Clear Outputs of All Cells), save and hand in again.")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(f"{name} is not a notebook: it does not hold JSON. {again}") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        old = isinstance(notebook, dict) and "worksheets" in notebook
        what = "is a notebook of an old format" if old else "is JSON, but not a notebook"
        raise Unreadable(f"{name} {what}. {again}")
    metadata = notebook.get("metadata") if isinstance(notebook.get("metadata"), dict) else {}
    language = _get(metadata, "kernelspec", "language") or _get(metadata, "language_info", "name") or "python"
    if isinstance(language, str) and language.lower() not in ("python", "python3", "ipython"):
        raise Unreadable(f"{name} is a notebook for {language[:40]!r}, not for Python. "
                         "Choose the Python 3 kernel and save it again.")
    cells = [_cell(number, cell) for number, cell in enumerate(notebook["cells"][:MAX_CELLS], 1)]
    if len(notebook["cells"]) > MAX_CELLS:
        notes.append(f"The notebook has {len(notebook['cells'])} cells; only the first {MAX_CELLS} were run.")
    code = [cell for cell in cells if cell is not None and cell.kind == "code"]
    texts = [cell for cell in cells if cell is not None and cell.kind != "code"]
    if not code:
        raise Unreadable(f"{name} has no code cells. Hand in the notebook of this assignment with your answers in it.")
    checks = Counter(cell.question for cell in code if cell.role == "check")
    notes += [f"{question} is checked {times} times; it was graded after the last one." for question, times in checks.items()
              if times > 1]
    assignment = _get(metadata, KEY, "assignment") or _get(metadata, "otter", "assignment_name")
    return Submission(name, assignment if isinstance(assignment, str) else None, code, notes, texts)


def _cell(number: int, cell: object) -> CodeCell | None:
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if not isinstance(cell, dict) or kind not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    question, role = _get(cell, "metadata", KEY, "question"), _get(cell, "metadata", KEY, "role")
    question, role = (value if isinstance(value, str) else None for value in (question, role))
    if kind != "code":
        return CodeCell(number, source, question, role, kind)
    lines = [line.strip() for line in source.splitlines()]
    checks = [match for line in lines if (match := CHECK.fullmatch(line))]
    alone = all(not line or line.startswith("#") or CHECK.fullmatch(line) for line in lines)
    if checks and (alone or question is None):
        question = checks[-1]["question"]
    if checks and alone:
        role = "check"  # and nothing else: it need not be run
    elif role == "check" or (checks and role is None):
        role = "answer"
    return CodeCell(number, source, question, role)


def _get(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
