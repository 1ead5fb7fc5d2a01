"""Find the submissions in what an instructor has: folders, bulk zips, exports of Canvas, Moodle and Gradescope.

A folder and a zip are first listed as one flat list of leaves, without following a link and within limits. Then the leaves are
put together by student. Nothing here is fatal for the others: what cannot be read becomes a submission that says so.
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder.cohort import gradescope
from autograder.cohort.leaves import NOTEBOOK, UNREADABLE, ZIP, Leaf, is_candidate, listed, looks_like_notebook, zipped
from autograder.cohort.names import Recognised, Student, file_name, recognise
from autograder.finding import is_left_behind
from autograder.tables import one_line


@dataclass
class Entry:
    """One submission: whose it is and of which files it consists. refused: why there is nothing to grade."""

    label: str
    students: tuple[Student, ...]
    leaves: tuple[Leaf, ...] = ()
    late: bool | None = None
    submitted: str = ""
    refused: str = ""
    wrong_usage: bool = False  # the command line names something that is not there
    file: str = ""  # name of its results, without .json

    @property
    def shown(self) -> str:
        return one_line(self.label, 100)

    @property
    def who(self) -> str:
        return ", ".join(one_line(s.name, 100) for s in self.students)


@dataclass
class Found:
    entries: list[Entry] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)  # (where, why)


def find(paths: list[Path], due: datetime | None = None) -> Found:
    """All submissions at these paths. due: what came later, by the time that an export tells, is late.

    A link is followed only where it is the one path that was given: in a list of paths it may be a student's.
    """
    found, loose = Found(), list[Leaf]()
    folders = {path: list(listed(path)) for path in paths if _is_folder(path, alone=len(paths) == 1)}
    own = len(paths) > 1 and _are_students(list(folders.values()))
    for path in paths:
        if path in folders:
            _folder(path, folders[path], found, own or recognise(path.name) is not None)
        else:
            _file(path, found, loose, alone=len(paths) == 1)
    _group(loose, found)
    for entry in found.entries:
        if due and entry.submitted:
            entry.late = _is_late(entry.submitted, due)
    _name_files(found.entries)
    return found


def _is_folder(path: Path, alone: bool) -> bool:
    try:
        return path.is_dir() and (alone or not path.is_symlink())
    except OSError:
        return False


def _are_students(folders: list[list[Leaf]]) -> bool:
    """Whether folders that were named together (``submissions/*``) are one student's each, and not a class each: most hold
    one notebook."""
    numbers = [sum(is_candidate(leaf.name) and not any(map(is_left_behind, leaf.parts)) for leaf in leaves)
               for leaves in folders]
    return 2 * sum(n <= 1 for n in numbers) > len(numbers)


def _folder(path: Path, leaves: list[Leaf], found: Found, own: bool) -> None:
    """Take in a folder of the command line: one of many students, or one student's ``own``."""
    before = len(found.entries)
    if own and leaves:
        leaves = [replace(leaf, parts=(path.name, *leaf.parts)) for leaf in leaves]
    _group(leaves, found)
    if len(found.entries) == before:
        found.entries.append(_not_there(path, f"The folder {one_line(path.name or str(path))} holds no submission."))


def _file(path: Path, found: Found, loose: list[Leaf], alone: bool) -> None:
    """Take in a file of the command line; what several of them hold is put together by student at the end."""
    try:
        info = path.lstat()
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        found.entries.append(_not_there(path, f"{one_line(path.name)} {why}. Hand in the .ipynb file of this assignment."))
        return
    if stat.S_ISREG(info.st_mode) and _is_bulk(path):
        _group(list(zipped(path)), found)
        return
    problem = "" if stat.S_ISREG(info.st_mode) else "is a link or a special file"
    leaf = Leaf((path.name,), str(path), size=info.st_size, problem=problem)
    if alone and not recognise(path.name):  # the one file that is named is graded, whatever it looks like
        found.entries.append(_single(path.name, (_student(path.name),), [leaf], whatever=True))
    else:
        loose.append(leaf)


def _not_there(path: Path, why: str) -> Entry:
    return Entry(path.name or str(path), (_student(path.name),), refused=why, wrong_usage=True)


def _student(name: str) -> Student:
    """The student whom a plain file or folder is named after."""
    lower = name.lower()
    end = min((i for i in (lower.find(NOTEBOOK), lower.find(ZIP)) if i > 0), default=len(name))
    return Student(name[:end])


# --- grouping ---------------------------------------------------------------------------------------------------------

def _unwrapped(leaves: list[Leaf]) -> list[Leaf]:
    """The same leaves without outer folders that are no student's, such as ``assignment_1_export``."""
    while True:
        tops = {leaf.parts[0] for leaf in leaves}
        wrappers = {top for top in tops if not recognise(top) and _is_wrapper(top, leaves, alone=len(tops) == 1)}
        if not wrappers:
            return leaves
        leaves = [replace(leaf, parts=leaf.parts[1:])
                  if leaf.parts[0] in wrappers and len(leaf.parts) > 1 else leaf for leaf in leaves]


def _is_wrapper(top: str, leaves: list[Leaf], alone: bool) -> bool:
    inside = [leaf for leaf in leaves if leaf.parts[0] == top and len(leaf.parts) > 1]
    if any(leaf.parts[1] == gradescope.METADATA or recognise(leaf.parts[1]) for leaf in inside):
        return True
    folders = {leaf.parts[1] for leaf in inside if len(leaf.parts) > 2 and is_candidate(leaf.name)}
    return alone and len(folders) > 1


def _is_bulk(path: Path) -> bool:
    """Whether a file is a zip of several students' submissions, and not one student's."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        leaves = [leaf for leaf in zipped(path) if not any(map(is_left_behind, leaf.parts[:-1]))]
    except UNREADABLE:
        return False
    wrapped = _unwrapped(leaves)
    if any(leaf.parts[-1] == gradescope.METADATA or recognise(leaf.parts[0]) for leaf in wrapped):
        return True
    tops = {leaf.parts[0] for leaf in wrapped if not is_left_behind(leaf.name) and is_candidate(leaf.name)}
    return len(tops) > 1


def _group(leaves: list[Leaf], found: Found) -> None:
    """Put leaves together by student, and list as ignored what belongs to nobody."""
    leaves = _unwrapped(leaves)
    known: dict[str, gradescope.Listed] = {}
    for leaf in leaves:
        if leaf.name == gradescope.METADATA and not leaf.problem:
            known |= gradescope.submitters(leaf, found.ignored)
    groups: dict[str, tuple[Recognised | None, list[Leaf]]] = {}
    for leaf in leaves:
        who = recognise(leaf.parts[0])
        if leaf.name == gradescope.METADATA:
            continue
        if any(map(is_left_behind, leaf.parts)):
            found.ignored.append((leaf.where, "left behind by a system"))
        elif who and who.part != "file":
            found.ignored.append((leaf.where, "a text typed in online, no file"))
        elif who is None and len(leaf.parts) == 1 and not leaf.problem and not (
                is_candidate(leaf.name) or looks_like_notebook(leaf)):
            found.ignored.append((leaf.where, "no notebook, and of nobody who could be recognised"))
        else:
            alone = leaf.path if len(leaf.parts) == 1 and not leaf.member else ""  # two files of one name are two students'
            groups.setdefault(who.student.key if who else f"{leaf.parts[0]}\0{alone}", (who, []))[1].append(leaf)
    for who, files in groups.values():
        _entry(who, files, known, found)


def _entry(who: Recognised | None, files: list[Leaf], known: dict[str, gradescope.Listed], found: Found) -> None:
    """One student's entry, or the entries of what looked like a student's and is a zip of many."""
    top = files[0].parts[0]
    if who is None and len(files) == 1 and len(files[0].parts) == 1 and not files[0].member and not files[0].problem:
        path = Path(files[0].path)
        if _is_export(path):
            _group(list(zipped(path)), found)
            return
    students: tuple[Student, ...] = (_student(top),)
    late, submitted = None, ""
    if who is not None:
        students, late = (who.student,), who.late if who.student.system == "canvas" else None
        if who.student.system == "gradescope" and (told := known.get(f"submission_{who.student.id}")):
            students, submitted = told.students or students, told.created_at
    inner = [_inside(leaf, recognise(leaf.parts[0])) for leaf in files]
    entry = _single(top, students, inner)
    entry.late, entry.submitted = late, submitted
    found.entries.append(entry)


def _inside(leaf: Leaf, who: Recognised | None) -> Leaf:
    """A leaf with its path inside the submission, as the student knows it."""
    parts = leaf.parts[1:] or ((who.rest or leaf.parts[0],) if who else leaf.parts)
    return replace(leaf, parts=parts)


def _is_export(path: Path) -> bool:
    """Whether a file in a folder is itself a zip that a system exported."""
    if not path.name.lower().endswith(ZIP) or not zipfile.is_zipfile(path):
        return False
    try:
        return any(leaf.parts[-1] == gradescope.METADATA or recognise(leaf.parts[0]) for leaf in _unwrapped(list(zipped(path))))
    except UNREADABLE:
        return False


def _single(label: str, students: tuple[Student, ...], leaves: list[Leaf], whatever: bool = False) -> Entry:
    """The entry of one submission: its notebooks and zips, or a sentence where there is none to grade.

    whatever: take a file of any name, whose reader will say what is wrong with it.
    """
    usable = [leaf for leaf in leaves if not leaf.problem]
    chosen = [leaf for leaf in usable if whatever or is_candidate(leaf.name)]
    chosen = chosen or [leaf for leaf in usable if looks_like_notebook(leaf)]
    if chosen:
        return Entry(label, students, tuple(chosen))
    bad = next((leaf for leaf in leaves if leaf.problem), None)
    if bad is not None and not usable:
        return Entry(label, students, refused=f"{one_line(bad.name, 100)} {bad.problem}. Hand in the .ipynb file itself.")
    present = ", ".join(one_line(leaf.name, 60) for leaf in leaves[:5]) or "nothing"
    return Entry(label, students,
                 refused=f"No notebook was handed in, but {present}. Hand in the .ipynb file of this assignment.")


def _is_late(submitted: str, due: datetime) -> bool | None:
    """Whether a time as an export writes it is after the due time; times without a zone are taken as being in the same."""
    try:
        when = datetime.fromisoformat(submitted)
    except ValueError:
        return None
    if (when.tzinfo is None) != (due.tzinfo is None):
        when, due = (t if t.tzinfo else t.astimezone() for t in (when, due))
    return when > due


def _name_files(entries: Iterable[Entry]) -> None:
    """Give every entry a file name of its own; where two would get the same, all of those tell their paths apart."""
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        entry.file = file_name(entry.label)
        by_name.setdefault(entry.file.casefold(), []).append(entry)
    for same in by_name.values():
        if len(same) > 1:
            for number, entry in enumerate(same):
                source = entry.leaves[0].where if entry.leaves else str(number)
                mark = hashlib.sha256(os.path.abspath(source).encode("utf-8", "surrogatepass")).hexdigest()[:8]
                entry.file = file_name(f"{entry.label[:120]}-{mark}")
