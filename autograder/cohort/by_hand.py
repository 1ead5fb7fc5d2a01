"""Points that a person gave to written answers: read from the table that ``autograder written`` makes, and added to scores."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from autograder.cohort.names import FORMULA
from autograder.results import in_one_step
from autograder.tables import one_line

NAME = "points.csv"
HEAD = ["student", "question", "points", "out of", "words", "comment", "submission"]
MAX_CHARACTERS = 10_000_000


@dataclass
class Points:
    """Of each question the most that can be got, and of each submission what was given; an answer without points is missing.

    Submissions go by the name that the grader gives their files (`Entry.file`), which no two share.
    """

    most: dict[str, float] = field(default_factory=dict)
    given: dict[str, dict[str, float]] = field(default_factory=dict)  # of each submission, by question
    missing: list[str] = field(default_factory=list)  # whose answers have no points yet
    comments: dict[tuple[str, str], str] = field(default_factory=dict)  # of (submission, question)
    rows: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # as they stand in the table, in the order of HEAD


def read_points(path: Path) -> Points:
    """The table as people save it: with commas or semicolons, 3.5 or 3,5, with or without a byte order mark.

    Raises ValueError naming the row whose points are no number, below 0 or above what the question is worth, OSError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252", errors="replace")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{path} has more than {MAX_CHARACTERS} characters, too many for a table of points")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)  # other marks than \n may stand in a comment
    absent = [name for name in ("question", "points", "out of", "submission") if name not in (table.fieldnames or ())]
    if absent:
        raise ValueError(f"{path} has no column {absent[0]!r}; it should be the {NAME} that `autograder written` makes")
    points = Points()
    for number, row in enumerate(table, 2):
        label, question = _plain(row["submission"]), (row["question"] or "").strip()
        if not label and not question:
            continue  # an empty line
        where = f"{path}, row {number} ({one_line(row.get('student') or label, 100)}, {question})"
        most = _number(row["out of"], where, "out of")
        if most is None or points.most.setdefault(question, most) != most:
            raise ValueError(f"{where}: out of is {row['out of']!r}, where one number for the question is wanted")
        value = _number(row["points"], where, "points")
        if question in points.given.get(label, {}):
            raise ValueError(f"{where}: this answer has a row above already")
        points.rows[label, question] = [row.get(name) or "" for name in HEAD]
        if row.get("comment"):
            points.comments[label, question] = row["comment"]
        if value is None:
            points.missing.append(f"{one_line(row.get('student') or label, 100)} ({question})")
        elif not 0 <= value <= most:
            raise ValueError(f"{where}: {value:g} points, where 0 to {most:g} can be given")
        else:
            points.given.setdefault(label, {})[question] = value
    return points


def _plain(text: str | None) -> str:
    """A name as it was before `cell` kept it from being a formula."""
    text = text or ""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _number(text: str | None, where: str, name: str) -> float | None:
    """None for an empty cell."""
    text = (text or "").strip()
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{where}: {name} is {text!r}, which is no number")
    return value


def keep_points(path: Path, rows: list[list[str]]) -> int:
    """Write the table, with the points and comments that the one that lies there has already. Returns how many were kept.

    Rows of submissions that are not among these, such as those of an earlier call, stay as they are. A table that cannot be
    read is not touched: raises ValueError.
    """
    old = read_points(path) if path.exists() else Points()
    kept, answers = 0, {(_plain(row[-1]), row[1]) for row in rows}
    for row in rows:
        label, question = _plain(row[-1]), row[1]
        if (value := old.given.get(label, {}).get(question)) is not None:
            row[2], kept = f"{value:g}", kept + 1
        row[5] = old.comments.get((label, question), row[5])
    with in_one_step(path) as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows([*rows, *(row for answer, row in old.rows.items() if answer not in answers)])
    return kept
