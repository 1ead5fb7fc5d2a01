"""The written questions for the person who reads them: the key of a unit, and a page of each student's answers, as HTML.

A page opens from disk, asks nothing of the network, runs no script, and can be printed or saved as PDF from the browser. What a
student wrote is shown as Markdown; HTML in it is shown as text.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

from autograder.cohort.by_hand import NAME, keep_points
from autograder.master import Master
from autograder.submission import CodeCell, Submission, Unreadable, is_blank, read_submission

MAX_TEXT = 50_000  # characters of one cell that are shown
PICTURE = re.compile(r"image/(png|jpeg|gif|webp)")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*+")
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ max-width: 45em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #111; background: #fff; }}
h2 {{ border-top: 1px solid #999; padding-top: 0.5em; }}
article {{ border-left: 4px solid #36c; padding-left: 1em; overflow-wrap: anywhere; }}
pre, code {{ background: #eee; white-space: pre-wrap; }}
img {{ max-width: 100%; }}
td, th {{ border: 1px solid #999; padding: 0 0.5em; }}
@media print {{ details > summary {{ display: none; }} article {{ break-inside: auto; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
ENTER = """\
**How to enter the points.** {automatic:g} points are given by tests and {by_hand:g} by you: {total:g} in all.

- *Gradescope:* in the assignment's settings set the autograder's points to {automatic:g} and switch manual grading on. In the
  outline add {questions}, and copy the rubric below into it. The submitted notebook is shown beside the rubric. To read pages
  like this one instead, export the submissions and run `autograder written {unit} EXPORT --to FOLDER`.
- *nbgrader:* start `jupyter lab` in the course's folder, menu *Nbgrader*, *Formgrader*, then *Manual Grading*, {unit}: each
  answer has a box for its points.
- *Your own machine:* `autograder written {unit} SUBMISSIONS --to FOLDER` writes a page for each student, and `points.csv`, in
  which you enter the points beside each name. `autograder grade {unit} SUBMISSIONS --written FOLDER/points.csv` adds them to
  scores and gradebooks.
"""


@dataclass(frozen=True)
class Written:
    """A written question: what is asked, and the model answer with its rubric, as Markdown."""

    name: str
    points: float
    text: str
    key: str


def written_questions(master: Master) -> list[Written]:
    """The questions of a unit that a person reads."""
    def joined(name: str, answer: bool) -> str:
        return "\n\n".join(c.solution for c in master.cells if c.question == name and c.answer == answer)
    return [Written(q.name, q.points, joined(q.name, False), joined(q.name, True)) for q in master.questions if q.manual]


# --- pages ------------------------------------------------------------------------------------------------------------

def key_page(master: Master) -> str:
    """The model answers and rubrics of a unit, with the points, their total, and how to enter them. For instructors."""
    questions = written_questions(master)
    by_hand = sum(q.points for q in questions)
    names = " and ".join(f"a question {q.name} worth {q.points:g} points" for q in questions)
    how = ENTER.format(automatic=master.points, by_hand=by_hand, total=master.points + by_hand, unit=master.name,
                       questions=names)
    parts = [shown(how)]
    for q in questions:
        parts += [f"<h2>{q.name}: {q.points:g} points</h2>", shown(q.text), shown(q.key)]
    return PAGE.format(title=html.escape(f"{master.title}: key to the written questions"), body="\n".join(parts))


def student_page(master: Master, student: str, submission: Submission | str) -> str:
    """What a student wrote, beside the question and its rubric. submission: why there is none, where it could not be read."""
    parts = []
    for q in written_questions(master):
        parts += [f"<h2>{q.name}: ____ of {q.points:g} points</h2>",
                  f"<details open><summary>Question</summary>{shown(q.text)}</details>"]
        if isinstance(submission, str):
            parts.append(f"<p><strong>{html.escape(clean(submission))}</strong></p>")
        else:
            parts += _answers(master, q.name, submission)
        parts.append(f"<details><summary>Model answer and rubric</summary>{shown(q.key)}</details>")
    return PAGE.format(title=html.escape(f"{clean(student)}: {master.title}"), body="\n".join(parts))


def _answers(master: Master, question: str, submission: Submission) -> list[str]:
    """A student's answer to one question; where its cell is gone, whatever text is the student's own."""
    cells = answer_cells(question, submission)
    if cells and all(is_blank(cell.source) for cell in cells):
        return ["<p><strong>Not answered.</strong></p>"]
    if cells:
        return [f"<article>{_cell(cell)}</article>" for cell in cells]
    released = {(cell.student or "").strip() for cell in master.cells}
    own = [cell for cell in submission.texts if cell.source.strip() not in released and not is_blank(cell.source)]
    return ["<p><strong>The answer's cell is gone.</strong> Text in the notebook that is the student's own: "
            f"{len(own) or 'none'}.</p>", *(f"<article>{_cell(cell)}</article>" for cell in own)]


def answer_cells(question: str, submission: Submission) -> list[CodeCell]:
    """The cells that hold the answer to a written question, in order; the student may have made code cells of them."""
    cells = [cell for cell in (*submission.cells, *submission.texts) if cell.question == question and cell.role == "answer"]
    return sorted(cells, key=lambda cell: cell.number)


def _cell(cell: CodeCell) -> str:
    if cell.kind == "markdown":
        return shown(cell.source, cell.attachments)
    return f"<pre>{html.escape(clean(cell.source[:MAX_TEXT]))}</pre>"


def shown(text: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """Markdown as HTML that cannot act: no HTML of the author's, no script, no picture from elsewhere."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = clean(text[:MAX_TEXT])
    pictures = {name: data for name, kinds in (attachments or {}).items() if (data := _picture(kinds))}

    def source(match: re.Match[str]) -> str:
        """The address of a picture: one that holds the picture itself, or none."""
        address = html.unescape(match[1])
        if not address.startswith("data:image/"):
            address = pictures.get(unquote(address.removeprefix("attachment:")), "")
        return f'<img src="{html.escape(address)}"'

    return re.sub(r'<img src="([^"]*+)"', source, renderer.render(text))


def _picture(kinds: object) -> str:
    """The data address of a picture that is attached to a cell; empty where it is none."""
    for kind, data in kinds.items() if isinstance(kinds, dict) else ():
        if isinstance(data, str) and PICTURE.fullmatch(str(kind)) and BASE64.fullmatch(data):
            return f"data:{kind};base64,{''.join(data.split())}"
    return ""


def clean(text: str) -> str:
    """Text without control characters and without what turns its direction."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


# --- a folder of them -------------------------------------------------------------------------------------------------

def write_pages(master: Master, submissions: Iterable[tuple[str, str, Path | str]], folder: Path) -> tuple[list[Path], int]:
    """Write a page for each (student, submission's name, submission or why there is none), and a table to enter points in.

    The table, ``points.csv``, has a row for each answer; what was entered in one that lies there is kept. Returns the paths of
    the pages, and how many answers had points already. Raises ValueError where the table that lies there cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[str, Path] = {}
    questions = written_questions(master)
    submission: Submission | str
    rows = []
    for student, known_as, path in submissions:
        try:
            submission = path if isinstance(path, str) else read_submission(path, master.name)
        except Unreadable as error:
            submission = str(error)
        name = _file_name(student, pages)
        pages[name] = folder / f"{name}.html"
        pages[name].write_text(student_page(master, student, submission), encoding="utf-8")
        rows += [[_plain(student), q.name, "", f"{q.points:g}", str(words(q.name, submission)), "", _plain(known_as)]
                 for q in questions]
    return list(pages.values()), keep_points(folder / NAME, rows)


def words(question: str, submission: Submission | str) -> int:
    """How many words an answer has; 0 where there is none."""
    cells = [] if isinstance(submission, str) else answer_cells(question, submission)
    return sum(len(cell.source.split()) for cell in cells if not is_blank(cell.source))


def _file_name(student: str, taken: Iterable[str]) -> str:
    """A file name for a student that no other has, whatever case the disk ignores."""
    name = re.sub(r"[^\w.-]+", "_", clean(student)).strip("._")[:80] or "student"
    used, number = {n.lower() for n in taken}, 1
    while (unique := name if number == 1 else f"{name}_{number}").lower() in used:
        number += 1
    return unique


def _plain(student: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    name = " ".join(clean(student).split())
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
