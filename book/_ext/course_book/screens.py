"""``{screen} gradescope-zip``: a drawing of a screen, with the numbers of the steps on it.

Drawn here and not photographed: a drawing shows the structure, takes the colours of the page, light or dark, and can be printed.
Buttons and fields stand as their programs name them; programs rename things, so the text beside a drawing says what each is for.
"""

from collections.abc import Callable
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

    def button(self, x: float, y: float, words: str, step: int = 0, *, main: bool = False) -> float:
        """Returns where it ends on the right."""
        width = 7 * len(words) + 16
        self.box(x, y, width, 22, fill=LEAD if main else RAISED, line=LEAD if main else LINE)
        self.text(x + width / 2, y + 4, words, colour=PAPER if main else "", middle=True)
        if step:
            self.step(x + width + 13, y + 11, step)
        return x + width + 26 * bool(step)

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
            self.step(x + 36 + 6.6 * len(label), y + 7, step)

    def step(self, x: float, y: float, number: int) -> None:
        """The number of a step, in a disc with its middle at x, y."""
        self.shapes.append(f'<circle cx="{x}" cy="{y}" r="9" fill="{INK}"/>')
        self.text(x, y - 6.5, str(number), bold=True, colour=PAPER, middle=True)

    def rule(self, y: float) -> None:
        self.shapes.append(f'<path d="M12 {y} H{WIDTH - 12}" stroke="{LINE}"/>')

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """From above to below or from left to right."""
        head = f"M{x2 - 5} {y2 - 7} L{x2} {y2} L{x2 + 5} {y2 - 7}" if x1 == x2 else f"M{x2 - 7} {y2 - 5} L{x2} {y2} L{x2 - 7} {y2 + 5}"
        self.shapes.append(f'<path d="M{x1} {y1} L{x2} {y2} {head}" fill="none" stroke="{INK}" stroke-width="1.5"/>')

    def row(self, y: float, *cells: tuple[float, str], bold: bool = False, code: bool = False) -> None:
        for x, words in cells:
            self.text(x, y, words, bold=bold, code=code)

    def svg(self, name: str) -> str:
        return (f'<svg class="screen" viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{escape(name)}" '
                f'style="width:100%;max-width:{1.3 * WIDTH:.0f}px" font-size="13" font-family="sans-serif">'
                f"{''.join(self.shapes)}</svg>")


def routes() -> Drawing:
    d = Drawing(330)
    d.box(1, 1, 418, 64)
    d.text(12, 8, "The student's desk", bold=True)
    d.text(12, 27, "notebook, public tests, hints")
    d.text(12, 45, "runs in the student's own Python; nothing is sent", dim=True)
    for x, where, grader, apart in [(1, "Gradescope", "their container", "tests kept apart"),
                                    (145, "your machine", "autograder grade", "tests kept apart"),
                                    (289, "nbgrader", "nbgrader autograde", "one process")]:
        d.arrow(x + 65, 66, x + 65, 104)
        d.box(x, 106, 130, 84)
        d.text(x + 10, 113, where, bold=True)
        d.text(x + 10, 132, grader)
        d.text(x + 10, 150, "public + hidden")
        d.text(x + 10, 168, apart, dim=True)
        d.arrow(x + 65, 191, x + 65, 229)
    d.text(76, 78, "the .ipynb", dim=True)
    for x, line in [(1, "rubric on screen"), (145, "points.csv"), (289, "formgrader")]:
        d.box(x, 231, 130, 40)
        d.text(x + 10, 236, "you: written", bold=True)
        d.text(x + 10, 252, line)
    d.text(210, 284, "All three: the same points, the same hints.", middle=True)
    d.text(210, 302, "Scores that must hold: the left two.", bold=True, middle=True)
    return d


def gradescope_new() -> Drawing:
    d = Drawing(272, "Create Assignment")
    d.box(12, 38, 172, 24, fill=RAISED, line=LEAD)
    d.text(20, 43, "Programming Assignment", bold=True)
    d.step(204, 50, 1)
    d.field(12, 74, 230, "Assignment name", "02 n-grams")
    d.field(12, 120, 90, "Autograder points", "31", 2)
    d.tick(150, 141, "Enable manual grading", 3)
    d.field(12, 166, 170, "Due date", "20 Nov, 23:59")
    d.tick(220, 187, "Allow late submissions", 4)
    d.rule(222)
    d.button(12, 236, "Create Assignment", main=True)
    return d


def gradescope_zip() -> Drawing:
    d = Drawing(284, "02 n-grams")
    for y, line in zip(range(40, 200, 24), ("Edit Outline", "Configure Autograder", "Create Rubric", "Manage Submissions",
                                            "Grade Submissions", "Review Grades"), strict=False):
        if line.startswith("Configure"):
            d.box(8, y - 4, 146, 22, fill=RAISED, line=LEAD)
        d.text(14, y, line, bold=line.startswith("Configure"))
    d.shapes.append(f'<path d="M162 28 V282" stroke="{LINE}"/>')
    d.text(174, 38, "Autograder (.zip)", dim=True)
    d.text(174, 58, "02_ngrams.zip", code=True)
    d.button(292, 54, "Select", 1)
    d.text(174, 88, "Base image: Ubuntu, the default", dim=True)
    d.button(174, 108, "Update Autograder", 2, main=True)
    d.box(174, 142, 234, 66, fill=RAISED)
    d.text(184, 149, "Build output", dim=True)
    d.text(184, 168, "Isolation tier T2", code=True)
    d.text(184, 186, "Docker image status: built")
    d.step(390, 193, 3)
    d.button(174, 224, "Test Autograder", 4)
    d.text(174, 256, "with a sample: 02_ngrams_half.ipynb", dim=True)
    return d


def gradescope_student() -> Drawing:
    d = Drawing(250, "What a student sees")
    d.text(12, 38, "at once", bold=True)
    d.step(80, 45, 1)
    d.row(60, (12, "✓ q1: a text of two tokens, by hand"), (360, "1 / 1"))
    d.row(80, (12, "✗ q2: three texts, by hand"), (360, "0 / 1"))
    d.text(28, 100, "Each text gets its own padding. Where do yours …?", dim=True)
    d.rule(126)
    d.text(12, 136, "after Publish Grades", bold=True)
    d.step(160, 143, 2)
    d.row(158, (12, "✓ q1: the empty text, runs, … (hidden)"), (360, "1 / 1"))
    d.row(178, (12, "✗ q6: random counts (hidden)"), (360, "0 / 2"))
    d.text(28, 198, "the hint, never the inputs", dim=True)
    d.row(222, (12, "q11: in words, with your rubric"), (360, "3 / 4"))
    d.step(250, 229, 3)
    return d


def nbgrader_list() -> Drawing:
    d = Drawing(190, "formgrader: Manage Assignments")
    d.row(40, (12, "Name"), (108, "Generate"), (180, "Collect"), (244, "Submissions"), (336, "Feedback"), bold=True)
    d.rule(60)
    for y, name, count in [(72, "01_language_…", "28"), (98, "02_ngrams", "31")]:
        d.text(12, y, name)
        for x in (128, 198, 356):
            d.box(x, y - 2, 18, 18, fill=RAISED)
            d.text(x + 9, y, "▸", middle=True)
        d.text(272, y, count, colour=LEAD)
    for x, number in [(137, 1), (207, 2), (279, 3), (365, 4)]:
        d.step(x, 138, number)
    d.text(12, 162, "no Collect without an exchange folder: fill submitted/ yourself", dim=True)
    return d


def nbgrader_grade() -> Drawing:
    d = Drawing(210, "formgrader: Manual Grading, 02_ngrams, Submission #7")
    d.text(12, 38, "Question 11. A report to review", bold=True)
    d.box(12, 60, 396, 62)
    d.text(22, 68, "The report measures on its training text, so …")
    d.text(22, 88, "(the student's answer)", dim=True)
    d.text(12, 138, "Score")
    d.box(60, 134, 46, 22)
    d.text(70, 139, "3")
    d.text(112, 139, "/ 4")
    d.step(150, 145, 1)
    d.text(180, 139, "Full credit", colour=LEAD)
    d.text(262, 139, "No credit", colour=LEAD)
    d.field(12, 164, 360, "Comment", "Which text should it have been?", 2)
    return d


def own_machine() -> Drawing:
    d = Drawing(246, "report.html")
    d.text(12, 38, "Scores", bold=True)
    for i, height in enumerate((8, 12, 20, 34, 26)):
        d.box(16 + 22 * i, 96 - height, 16, height, fill=RAISED)
    d.step(142, 88, 1)
    d.text(180, 38, "Questions", bold=True)
    d.row(58, (180, "q6"), (220, "41 % right"), (310, "7 blank"))
    d.row(76, (180, "q10"), (220, "23 % right"), (310, "12 blank"))
    d.step(396, 74, 2)
    d.rule(112)
    d.text(12, 122, "Mistakes, by how often", bold=True)
    d.row(142, (12, "11 ×"), (56, "q6: the discount was taken from …"))
    d.row(160, (12, "4 ×"), (56, "nobody has named this one: gives 0.5, 0.5"))
    d.step(396, 150, 3)
    d.rule(184)
    d.text(12, 194, "Nearly the same", bold=True)
    d.row(214, (12, "student 12 and student 27"), (200, "q3, q6, q10"))
    d.step(396, 219, 4)
    return d


def points_table() -> Drawing:
    d = Drawing(214, "written/points.csv, in a spreadsheet")
    columns = [12, 96, 160, 212, 252, 296]
    d.row(40, *zip(columns, ("student", "question", "points", "of", "words", "comment"), strict=True), bold=True)
    d.rule(60)
    for y, row in [(68, ("Ada L.", "q11", "4", "4", "143", "")), (90, ("Bo K.", "q11", "2,5", "4", "61", "Why held out?")),
                   (112, ("Cleo M.", "q11", "", "4", "0", ""))]:
        d.row(y, *zip(columns, row, strict=True))
    d.box(152, 64, 50, 66, line=LEAD)
    d.step(177, 142, 1)
    d.step(330, 142, 2)
    d.text(12, 164, "Fill in points and, if you like, a comment; save as CSV.", dim=True)
    d.text(12, 184, "An empty cell counts 0 and is named.", dim=True)
    return d


SCREENS: dict[str, tuple[Callable[[], Drawing], str]] = {
    "routes": (routes, "Three ways from the student's desk to a score. At the desk public tests run in the student's own Python. The "
               "notebook goes to Gradescope's container, to autograder grade on your machine, or to nbgrader autograde; on the "
               "first two the tests are kept apart from the submission, in nbgrader they run in one process. Then you read the "
               "written answers: with a rubric on screen, in points.csv, or in formgrader."),
    "gradescope-new": (gradescope_new, "Gradescope's form for a new assignment: 1, the type Programming Assignment; 2, autograder "
                       "points 31; 3, a tick at Enable manual grading; 4, a tick at Allow late submissions."),
    "gradescope-zip": (gradescope_zip, "Gradescope's page Configure Autograder: 1, Select chooses 02_ngrams.zip; 2, Update Autograder; "
                       "3, the build output with the isolation tier and the status built; 4, Test Autograder."),
    "gradescope-student": (gradescope_student, "A student's results: 1, at once the public tests with points and hint; 2, after Publish "
                           "Grades the hidden tests, with the hint and never the inputs; 3, the written question."),
    "nbgrader-list": (nbgrader_list, "nbgrader's table Manage Assignments, a row an assignment, with buttons: 1, Generate; 2, Collect; 3, the "
                      "number of submissions, a link; 4, Generate Feedback."),
    "nbgrader-grade": (nbgrader_grade, "nbgrader's page Manual Grading with a student's written answer: 1, a box for the score; 2, one "
                       "for a comment."),
    "own-machine": (own_machine, "The report's four parts: 1, the distribution of scores; 2, each question with the share right and "
                    "the number left blank; 3, mistakes by how often they were made; 4, submissions that are nearly the same."),
    "points": (points_table, "points.csv as a spreadsheet shows it, a row for each student and question: 1, the column points to fill in; 2, "
               "the column comment."),
}


class Screen(SphinxDirective):
    """The drawing as a figure; the content is its caption."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in SCREENS or not self.content:
            raise self.error(f"screen {name}: needs a caption, and one of the names {', '.join(SCREENS)}")
        draw, says = SCREENS[name]
        figure = nodes.figure(classes=["screen-figure"])
        figure += nodes.raw("", draw().svg(says), format="html")
        figure += static_only.static_only("", nodes.paragraph("", says))
        text, _ = self.state.inline_text(" ".join(self.content), self.lineno)
        figure += nodes.caption("", "", *text)
        return [figure]


def setup(app: Sphinx) -> None:
    app.add_directive("screen", Screen)
