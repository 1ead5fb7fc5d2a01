"""``{screen} gradescope-zip``: a drawing of a screen, with the numbers of the steps on it.

Drawn here and not photographed: a drawing shows the structure, takes the colours of the page, light or dark, and prints well.
Buttons and fields are called as in their programs, which rename things; the text beside a drawing says what each is for.
"""

import inspect
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import static_only

WIDTH = 420  # units of the drawing; a phone shows about 340 pixels of it
INK, DIM, LINE = "var(--pst-color-text-base, #111)", "var(--pst-color-text-muted, #555)", "var(--pst-color-border, #999)"
PAPER, RAISED = "var(--pst-color-background, #fff)", "var(--pst-color-surface, #f3f3f3)"
LEAD = "var(--pst-color-primary, #0a5)"


class Drawing:
    """Shapes from top to bottom; x and y are those of a shape's left upper corner."""

    def __init__(self, height: int, title: str = ""):
        self.height, self.shapes = height, list[str]()
        if title:
            self.box(1, 1, WIDTH - 2, height - 2)
            self.box(1, 1, WIDTH - 2, 26, fill=RAISED)
            self.text(12, 7, title, bold=True)

    def box(self, x: float, y: float, width: float, height: float, *, fill: str = "none", line: str = LINE) -> None:
        self.shapes.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}" stroke="{line}"/>')

    def text(self, x: float, y: float, words: str, *, bold: bool = False, dim: bool = False, code: bool = False,
             colour: str = "", middle: bool = False) -> None:
        style = "".join([' font-weight="600"' * bold, ' font-family="monospace"' * code, ' text-anchor="middle"' * middle])
        self.shapes.append(f'<text x="{x}" y="{y + 11}" fill="{colour or (DIM if dim else INK)}"{style}>{escape(words)}</text>')

    def button(self, x: float, y: float, words: str, step: int = 0, *, main: bool = False) -> None:
        width = 7 * len(words) + 16
        self.box(x, y, width, 22, fill=LEAD if main else RAISED, line=LEAD if main else LINE)
        self.text(x + width / 2, y + 4, words, colour=PAPER if main else "", middle=True)
        if step:
            self.step(x + width + 13, y + 11, step)

    def field(self, x: float, y: float, width: float, label: str, value: str, step: int = 0) -> None:
        self.text(x, y, label, dim=True)
        self.box(x, y + 15, width, 22)
        self.text(x + 8, y + 20, value)
        if step:
            self.step(x + width + 14, y + 26, step)

    def tick(self, x: float, y: float, label: str, step: int = 0) -> None:
        """A box with a tick in it."""
        self.box(x, y, 13, 13)
        self.shapes.append(f'<path d="M{x + 3} {y + 7} l3 3 5 -7" fill="none" stroke="{INK}" stroke-width="2"/>')
        self.text(x + 20, y, label)
        if step:
            self.step(x + 38 + 6.9 * len(label), y + 7, step)

    def step(self, x: float, y: float, number: int) -> None:
        """The number of a step, in a disc with its middle at x, y."""
        self.shapes.append(f'<circle cx="{x}" cy="{y}" r="9" fill="{INK}"/>')
        self.text(x, y - 7, str(number), bold=True, colour=PAPER, middle=True)

    def rule(self, y: float) -> None:
        self.shapes.append(f'<path d="M12 {y} H{WIDTH - 12}" stroke="{LINE}"/>')

    def arrow(self, x: float, top: float, end: float) -> None:
        """Straight down."""
        self.shapes.append(f'<path d="M{x} {top} V{end} m-5 -7 l5 7 5 -7" fill="none" stroke="{INK}" stroke-width="1.5"/>')

    def row(self, y: float, *cells: tuple[float, str], bold: bool = False, code: bool = False) -> None:
        for x, words in cells:
            self.text(x, y, words, bold=bold, code=code)

    def svg(self, name: str) -> str:
        return (f'<svg class="screen" viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{escape(name)}" '
                f'style="width:100%;max-width:{1.3 * WIDTH:.0f}px" font-size="12" font-family="sans-serif">'
                f"{''.join(self.shapes)}</svg>")


def routes() -> Drawing:
    """Three ways from the student's desk to a score. At the desk public tests run in the student's own Python. The
    notebook goes to Gradescope's container, to autograder grade on your machine, or to nbgrader autograde. On the first
    two the tests are kept apart from the submission, in nbgrader all runs in one process. Then you read the written
    answers: beside a rubric on screen, with points.csv, or in the formgrader.
    """
    d = Drawing(322)
    d.box(1, 1, 418, 64)
    d.text(12, 8, "The student's desk", bold=True)
    d.text(12, 27, "the notebook, public tests, hints")
    d.text(12, 45, "runs in the student's own Python; nothing is sent", dim=True)
    for x, where, grader, apart in [(1, "Gradescope", "their container", "tests kept apart"),
                                    (145, "your machine", "autograder grade", "tests kept apart"),
                                    (289, "nbgrader", "its autograde", "all in one process")]:
        d.arrow(x + 65, 66, 103)
        d.box(x, 105, 130, 82)
        d.text(x + 10, 112, where, bold=True)
        d.text(x + 10, 130, grader)
        d.text(x + 10, 148, "public and hidden")
        d.text(x + 10, 166, apart, dim=True)
        d.arrow(x + 65, 188, 225)
    d.text(76, 77, "the .ipynb", dim=True)
    d.text(76, 199, "a written answer", dim=True)
    for x, line in [(1, "rubric on screen"), (145, "points.csv"), (289, "Formgrader")]:
        d.box(x, 227, 130, 42)
        d.text(x + 10, 232, "you read it", bold=True)
        d.text(x + 10, 249, line)
    d.text(210, 280, "All three: the same points and the same hints.", middle=True)
    d.text(210, 299, "Where a score must hold: one of the left two.", bold=True, middle=True)
    return d


def gradescope_new() -> Drawing:
    """Gradescope's form for a new assignment: 1, the type Programming Assignment; 2, autograder points 31; 3, a tick at
    Enable manual grading; 4, a tick at Allow late submissions.
    """
    d = Drawing(272, "Create Assignment")
    d.box(12, 38, 184, 24, fill=RAISED, line=LEAD)
    d.text(20, 43, "Programming Assignment", bold=True)
    d.step(212, 50, 1)
    d.field(12, 74, 230, "Assignment name", "02 n-grams")
    d.field(12, 120, 90, "Autograder points", "31", 2)
    d.tick(150, 141, "Enable manual grading", 3)
    d.field(12, 166, 150, "Due date", "20 Nov, 23:59")
    d.tick(182, 187, "Allow late submissions", 4)
    d.rule(222)
    d.button(12, 236, "Create Assignment", main=True)
    return d


def gradescope_zip() -> Drawing:
    """Gradescope's page Configure Autograder: 1, Select chooses 02_ngrams.zip; 2, Update Autograder; 3, the build output
    with the isolation tier, and the status built; 4, Test Autograder.
    """
    d = Drawing(288, "02 n-grams")
    for y, line in zip(range(42, 186, 24), ("Edit Outline", "Configure Autograder", "Create Rubric", "Manage Submissions",
                                            "Grade Submissions", "Review Grades"), strict=True):
        if line == "Configure Autograder":
            d.box(6, y - 5, 154, 23, fill=RAISED, line=LEAD)
        d.text(12, y, line, bold=line == "Configure Autograder")
    d.shapes.append(f'<path d="M164 28 V286" stroke="{LINE}"/>')
    d.text(176, 38, "Autograder (.zip)", dim=True)
    d.text(176, 59, "02_ngrams.zip", code=True)
    d.button(292, 55, "Select", 1)
    d.text(176, 88, "Base image: the default", dim=True)
    d.button(176, 110, "Update Autograder", 2, main=True)
    d.box(176, 146, 232, 66, fill=RAISED)
    d.text(186, 153, "Build output", dim=True)
    d.text(186, 171, "Isolation tier T2 …", code=True)
    d.text(186, 190, "Docker image status: built")
    d.step(390, 196, 3)
    d.button(176, 226, "Test Autograder", 4)
    d.text(176, 260, "give it 02_ngrams_half.ipynb", dim=True)
    return d


def gradescope_student() -> Drawing:
    """A student's results: 1, at once the public tests with points and hint; 2, after the grades are published the hidden
    tests, with the hint and never the inputs; 3, the written question.
    """
    d = Drawing(250, "02 n-grams: what a student sees")
    d.text(12, 38, "At once", bold=True)
    d.step(80, 45, 1)
    d.row(60, (12, "✓ q1: a text of two tokens, by hand"), (370, "1 / 1"))
    d.row(80, (12, "✗ q2: two short texts, by hand, for n = 2, 3 and 1"), (370, "0 / 1"))
    d.text(28, 100, "Each text gets its own padding. Where do yours …?", dim=True)
    d.rule(126)
    d.text(12, 136, "After Publish Grades", bold=True)
    d.step(172, 143, 2)
    d.row(158, (12, "✓ q1: the empty text, runs, texts shorter than n"), (370, "1 / 1"))
    d.row(178, (12, "✗ q2: random corpora, with empty texts …"), (370, "0 / 1"))
    d.text(28, 198, "the hint where there is one, never the inputs", dim=True)
    d.row(222, (12, "q11: in words, with your rubric"), (370, "3 / 4"))
    d.step(216, 229, 3)
    return d


def nbgrader_list() -> Drawing:
    """The formgrader's table Manage Assignments, a row for each assignment: 1, Generate; 2, the number of submissions, a
    link; 3, Generate Feedback. On the left Manage Assignments, Manual Grading and Manage Students.
    """
    d = Drawing(176, "nbgrader: Manage Assignments")
    d.box(6, 40, 118, 23, fill=LEAD, line=LEAD)
    d.text(12, 45, "Manage Assignm.", colour=PAPER)
    d.text(12, 72, "Manual Grading", colour=LEAD)
    d.text(12, 96, "Manage Students", colour=LEAD)
    d.shapes.append(f'<path d="M132 28 V174" stroke="{LINE}"/>')
    d.row(40, (142, "Name"), (228, "Generate"), (296, "#"), (330, "Feedback"), bold=True)
    for y, name, count in [(70, "01_language…", "28"), (98, "02_ngrams", "31")]:
        d.text(142, y, name)
        d.text(256, y, "⚙", middle=True)
        d.text(294, y, count, colour=LEAD)
        d.text(360, y, "✉", middle=True)
    for x, number in [(256, 1), (302, 2), (360, 3)]:
        d.step(x, 134, number)
    d.text(142, 152, "also: due date, status, release, collect", dim=True)
    return d


def nbgrader_grade() -> Drawing:
    """The formgrader's page of one submission, at a written answer: 1, buttons for full credit and no credit and a box
    for the points; 2, a box for a comment.
    """
    d = Drawing(204, "nbgrader: Manual Grading, 02_ngrams, Submission #7")
    d.text(12, 36, "Question 11. A report to review", bold=True)
    d.box(12, 58, 396, 34, fill=RAISED)
    d.text(20, 68, "q11_answer", code=True)
    d.button(150, 64, "Full credit")
    d.button(246, 64, "No credit")
    d.box(328, 64, 36, 22)
    d.text(338, 69, "3")
    d.text(370, 69, "/ 4.0")
    d.step(136, 75, 1)
    d.box(12, 92, 396, 54)
    d.text(20, 100, "The report measures on its training text, so …")
    d.text(20, 122, "(the student's answer)", dim=True)
    d.box(12, 146, 396, 44)
    d.text(20, 156, "Which text should it have been?")
    d.step(390, 168, 2)
    return d


def own_machine() -> Drawing:
    """The report's four parts: 1, the distribution of scores; 2, each question with the share that got it right and the
    number who left it blank; 3, mistakes by how often they were made; 4, submissions that are nearly the same.
    """
    d = Drawing(246, "report.html")
    d.text(12, 38, "Scores", bold=True)
    for i, height in enumerate((8, 12, 20, 34, 26)):
        d.box(16 + 22 * i, 98 - height, 16, height, fill=RAISED)
    d.step(144, 90, 1)
    d.text(184, 38, "Questions", bold=True)
    d.row(60, (184, "q6"), (220, "41 % right"), (306, "7 blank"))
    d.row(80, (184, "q10"), (220, "23 % right"), (306, "12 blank"))
    d.step(396, 76, 2)
    d.rule(112)
    d.text(12, 122, "Mistakes, by how often", bold=True)
    d.row(142, (12, "11 ×"), (56, "q6: a mistake that has a name, its hint, an example"))
    d.row(162, (12, "4 ×"), (56, "q10: wrong in the same way, and without a name"))
    d.step(396, 152, 3)
    d.rule(188)
    d.text(12, 198, "Nearly the same", bold=True)
    d.text(12, 218, "two names, and the questions that they share")
    d.step(396, 222, 4)
    return d


def points_table() -> Drawing:
    """points.csv as a spreadsheet shows it, a row for each student and question: 1, the column points, to fill in; 2, the
    column comment.
    """
    d = Drawing(208, "written/points.csv, in a spreadsheet")
    columns = [12, 78, 146, 200, 256, 306]
    d.row(40, *zip(columns, ("student", "question", "points", "out of", "words", "comment"), strict=True), bold=True)
    d.rule(60)
    for y, row in [(68, ("Ada", "q11", "4", "4", "143", "")), (90, ("Bo", "q11", "2,5", "4", "61", "Why held out?")),
                   (112, ("Cleo", "q11", "", "4", "0", ""))]:
        d.row(y, *zip(columns, row, strict=True))
    d.box(140, 64, 50, 66, line=LEAD)
    d.step(165, 146, 1)
    d.step(332, 146, 2)
    d.text(12, 162, "Fill in the points, and a comment if you like; save as CSV.", dim=True)
    d.text(12, 182, "An empty cell counts 0, and its student is named.", dim=True)
    return d


SCREENS = {"routes": routes, "gradescope-new": gradescope_new, "gradescope-zip": gradescope_zip,
           "gradescope-student": gradescope_student, "nbgrader-list": nbgrader_list, "nbgrader-grade": nbgrader_grade,
           "own-machine": own_machine, "points": points_table}


class Screen(SphinxDirective):
    """The drawing as a figure; the content is its caption, the docstring of the function that draws it says it in words."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in SCREENS or not self.content:
            raise self.error(f"screen {name}: needs a caption, and one of the names {', '.join(SCREENS)}")
        draw = SCREENS[name]
        says = " ".join((inspect.getdoc(draw) or "").split())
        figure = nodes.figure(classes=["screen-figure"])
        figure += nodes.raw("", draw().svg(says), format="html")
        figure += static_only.static_only("", nodes.paragraph("", says))
        text, _ = self.state.inline_text(" ".join(self.content), self.lineno)
        figure += nodes.caption("", "", *text)
        return [figure]


def setup(app: Sphinx) -> None:
    app.add_directive("screen", Screen)
