"""Who handed in a file: names as Canvas, Moodle and Gradescope write them into the files and folders that they export."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from autograder.tables import one_line

ANY = re.IGNORECASE | re.DOTALL
CANVAS = re.compile(r"(?P<name>[^_/]{1,200})_(?:(?P<late>late)_)?(?P<id>[1-9]\d{0,18})_[1-9]\d{0,18}_(?P<rest>.+)", ANY)
ANONYMOUS = re.compile(r"(?P<name>anon\w{0,6})_(?:(?P<late>late)_)?(?P<id>[a-z0-9]{1,20})_[1-9]\d{0,18}_(?P<rest>.+)", ANY)
MOODLE = re.compile(r"(?P<name>.{1,250}?)_(?P<id>\d{1,19})_assignsubmission_(?P<part>[a-z]{1,30})(?:_(?P<rest>.*))?", re.DOTALL)
GRADESCOPE = re.compile(r"submission_(?P<id>\d{1,19})(?P<rest>\.\w{1,10})?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MAX_NAME = 180  # bytes of a file name; file systems allow 255


@dataclass(frozen=True)
class Student:
    """Whom a submission belongs to. id: the system's own number; sid: the university's, where the export tells it."""

    name: str
    system: str = ""  # canvas, moodle, gradescope, or "" where only a name is known
    id: str = ""
    email: str = ""
    sid: str = ""

    @property
    def key(self) -> str:
        """Tells two students apart. Numbers alone might not: a name such as ``jane_2026_11_ex.ipynb`` looks like Canvas's."""
        return f"{self.system}:{self.id}:{self.name.casefold()}"


@dataclass(frozen=True)
class Recognised:
    """What a name in an export says. rest: the name of the file that the student uploaded, where it is part of it."""

    student: Student
    rest: str = ""
    late: bool = False
    part: str = "file"  # of Moodle's: "file" or "onlinetext"


def recognise(name: str) -> Recognised | None:
    """Read the name of a file or folder as one of the three systems writes it; None where it is none of theirs."""
    if match := MOODLE.fullmatch(name):
        return Recognised(Student(match["name"], "moodle", match["id"]), match["rest"] or "", part=match["part"])
    if match := GRADESCOPE.fullmatch(name):
        return Recognised(Student(name.partition(".")[0], "gradescope", match["id"]), name if match["rest"] else "")
    if match := CANVAS.fullmatch(name) or ANONYMOUS.fullmatch(name):
        return Recognised(Student(match["name"], "canvas", match["id"]), match["rest"], bool(match["late"]))
    return None


# --- names that can do no harm ----------------------------------------------------------------------------------------

def cell(value: object) -> object:
    """A value for a spreadsheet: text on one line that is never taken for a formula; numbers as they are."""
    if not isinstance(value, str):
        return value
    text = one_line(value, 1000)
    return "'" + text if text.startswith(FORMULA) else text


def file_name(label: str) -> str:
    """A name for a file made from any label: short, without separators, its ending kept, different for labels that differ."""
    text = unicodedata.normalize("NFC", label.encode("utf-8", "replace").decode())
    kept = "".join(c if c.isalnum() or c in " ._-+@,()'" else "_" for c in text).strip(" ")
    kept = "_" + kept[1:] if kept.startswith((".", "-")) else kept or "_"
    if kept == label and len(kept.encode()) <= MAX_NAME:
        return kept
    mark = hashlib.sha256(label.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    stem, dot, end = kept.rpartition(".")
    stem, end = (stem, dot + end) if stem and end.isalnum() and len(end.encode()) <= 10 else (kept, "")
    return f"{stem.encode()[: MAX_NAME - 20].decode('utf-8', 'ignore')}-{mark}{end}"
