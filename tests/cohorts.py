"""Made-up cohorts: ``python tests/cohorts.py FOLDER [NUMBER]`` writes what three systems would export of so many students.

Names and numbers are invented; the notebooks are sample submissions, so that few of them differ.
"""

import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from units import SUBMISSIONS

UNIT = "02_ngrams"
KINDS = ("full", "half", "misconceptions", "reused_names", "blank", "not_json")
FIRST = ("Ada", "Bjørn", "Chidi", "Đorđe", "Eşref", "Fátima", "Gwen", "Hana", "Iñaki", "Jürgen", "Łucja", "Μαρία", "小明")
LAST = ("O'Neill", "van der Berg", "Smith-Jones", "García Márquez", "Nowak", "Öz", "李", "Abara", "Jensen", "de la Cruz")


@dataclass(frozen=True)
class Person:
    number: int
    first: str
    last: str
    kind: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def late(self) -> bool:
        return self.number % 7 == 0

    @property
    def notebook(self) -> bytes:
        return (SUBMISSIONS / f"{UNIT}_{self.kind}.ipynb").read_bytes()


def people(start: int, stop: int, kinds: tuple[str, ...] = KINDS) -> list[Person]:
    """Students with these numbers; every kind of notebook in turn."""
    return [Person(n, FIRST[n % len(FIRST)], LAST[n // len(FIRST) % len(LAST)], kinds[n % len(kinds)])
            for n in range(start, stop)]


def canvas(path: Path, students: list[Person]) -> Path:
    """A zip as Canvas makes it: one flat list of files, whose names begin with the student's."""
    with zipfile.ZipFile(path, "w") as archive:
        for p in students:
            name = "".join(c for c in (p.last + p.first).lower() if c.isalnum())
            archive.writestr(f"{name}_{'LATE_' * p.late}{7000 + p.number}_{90000 + p.number}_{UNIT}.ipynb", p.notebook)
        archive.writestr(f"zz_{6999}_{89999}_notes.pdf", b"%PDF-1.7 no notebook")
        archive.writestr("__MACOSX/._x.ipynb", b"\0\5\x16\7")
    return path


def moodle(folder: Path, students: list[Person]) -> Path:
    """An unpacked download from Moodle: a folder for each student."""
    for p in students:
        place = folder / f"{p.name}_{4000 + p.number}_assignsubmission_file_"
        place.mkdir(parents=True)
        (place / f"{UNIT}.ipynb").write_bytes(p.notebook)
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "Reading list.pdf").write_bytes(b"%PDF-1.7")
    return folder


def gradescope(path: Path, students: list[Person]) -> Path:
    """A zip as Gradescope exports it: a folder for each submission, and a file that says whose it is. Some are of two."""
    about = []
    with zipfile.ZipFile(path, "w") as archive:
        for p in students:
            key = f"submission_{300000 + p.number}"
            archive.writestr(f"assignment_55_export/{key}/{UNIT}.ipynb", p.notebook)
            day = 21 if p.late else 19
            about.append(f"{key}:\n  :submitters:\n  - :name: \"{p.name}\"\n    :sid: 'S{p.number:05}'\n"
                         f"    :email: s{p.number}@example.edu\n  :created_at: 2026-11-{day} 10:02:03.123456000 Z\n"
                         "  :score: \n  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess\n    tests: []\n")
        archive.writestr("assignment_55_export/submission_metadata.yml", "---\n" + "".join(about))
    return path


def cohort(folder: Path, number: int = 500, kinds: tuple[str, ...] = KINDS) -> list[Path]:
    """A cohort of ``number`` students in three exports; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    third = number // 3
    return [canvas(folder / "canvas.zip", people(0, third, kinds)),
            moodle(folder / "moodle", people(third, 2 * third, kinds)),
            gradescope(folder / "gradescope.zip", people(2 * third, number, kinds))]


if __name__ == "__main__":
    print(*cohort(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500), sep="\n")
