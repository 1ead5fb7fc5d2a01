"""``{quiz}``: one question, its choices, and an explanation for each of them.

    ```{quiz}
    The question, any Markdown.

    - [ ] a wrong choice

      Why it is wrong.
    - [x] the right choice

      Why it is right.
    ```

The choices are shuffled while the book is built, by a seed from the question's text: authors tend to put the right one in the
middle. Screen and paper show the same order, and so does the next build.
"""

import random
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .assets_on_pages import need

SALT = "order "    # another one deals the choices of all quizzes anew


class quiz(nodes.General, nodes.Element):
    """Children: quiz_question, then quiz_choices."""


class quiz_question(nodes.General, nodes.Element):
    """Children: the question's blocks."""


class quiz_choice(nodes.General, nodes.Element):
    """Children: quiz_label, then quiz_why. Attributes: ``right``, ``group``, ``number``."""


class quiz_label(nodes.General, nodes.TextElement):
    """Children: the inline content of a choice."""


class quiz_why(nodes.General, nodes.Element):
    """Children: the blocks of an explanation."""


class QuizDirective(SphinxDirective):
    has_content = True
    option_spec: ClassVar = {"name": str}

    def run(self) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        blocks = holder.children
        where = next((i for i, block in enumerate(blocks) if isinstance(block, nodes.bullet_list)), None)
        if where in (None, 0) or where + 1 != len(blocks):
            raise self.error("a quiz is a question followed by one list of choices, and nothing after it")
        number = self.env.metadata[self.env.docname]["course_quizzes"] = (
            self.env.metadata[self.env.docname].get("course_quizzes", 0) + 1
        )
        node = quiz(number=number)
        node += quiz_question("", *blocks[:where], number=number)
        choices = [self.choice(item, number, i + 1) for i, item in enumerate(blocks[where].children)]
        random.Random(SALT + node.astext()).shuffle(choices)    # a string is a seed of its own, without hash()
        node += choices
        if sum(choice["right"] for choice in node.findall(quiz_choice)) != 1:
            raise self.error("exactly one choice of a quiz must be marked [x]")
        self.set_source_info(node)
        if "name" in self.options:
            self.options["name"] = nodes.fully_normalize_name(self.options["name"])
            self.add_name(node)
        need(self.env, "quiz.js")
        return [node]

    def choice(self, item: nodes.list_item, number: int, i: int) -> quiz_choice:
        first, *why = item.children or [None]
        text = first.astext() if isinstance(first, nodes.paragraph) else ""
        if text[:4] not in ("[ ] ", "[x] "):
            raise self.error(f"choice {i} must start with [ ] or [x], got {text[:40]!r}")
        if not why:
            raise self.error(f"choice {i} ({text[4:44]!r}) has no explanation: leave a blank line and indent it")
        lead = next(first.findall(nodes.Text))
        lead.parent.replace(lead, nodes.Text(lead.astext()[4:]))
        choice = quiz_choice(right=text.startswith("[x]"), group=number, number=i)
        choice += quiz_label("", "", *first.children, group=number, number=i)
        choice += quiz_why("", *why, right=choice["right"])
        return choice


def visit_quiz(self, node):
    number = node["number"]
    self.body.append(self.starttag(node, "fieldset", CLASS="quiz", **{"aria-describedby": f"quiz-{number}-question"}))
    self.body.append(f'<legend class="quiz-number" id="quiz-{number}-title">Question {number}</legend>\n')


def depart_quiz(self, node):
    number = node["number"]
    self.body.append(
        f'<button type="button" class="quiz-check" hidden aria-describedby="quiz-{number}-title">Check</button>\n'
        '<p class="quiz-verdict" role="status"></p></fieldset>\n'
    )


def visit_question(self, node):
    self.body.append(f'<div class="quiz-question" id="quiz-{node["number"]}-question">')


def visit_choice(self, node):
    right = "true" if node["right"] else "false"
    self.body.append(f'<div class="quiz-choice" data-right="{right}">')


def visit_label(self, node):
    group, number = node["group"], node["number"]
    self.body.append(
        f'<label><input type="radio" name="quiz-{group}" value="{number}"><span class="quiz-text">'
    )


def depart_label(self, node):
    self.body.append("</span></label>\n")


def visit_why(self, node):
    mark = ("✓", "Right.") if node["right"] else ("✗", "Not this one.")
    self.body.append(
        f'<div class="quiz-why"><p class="quiz-mark"><span aria-hidden="true">{mark[0]}</span> {mark[1]}</p>'
    )


def close_div(self, node):
    self.body.append("</div>\n")


def latex_visit_quiz(self, node):
    self.body.append(f"\n\\paragraph{{Question {node['number']}}}\n")


def latex_visit_choice(self, node):
    self.body.append(r"\par\noindent$" + (r"\boxtimes" if node["right"] else r"\square") + "$ ")


def latex_depart_label(self, node):
    self.body.append(r"\par\emph{Why:} ")


def nothing(self, node):
    pass


def setup(app: Sphinx) -> None:
    plain = (nothing, nothing)
    app.add_node(quiz, html=(visit_quiz, depart_quiz), latex=(latex_visit_quiz, nothing), text=plain)
    app.add_node(quiz_question, html=(visit_question, close_div), latex=plain, text=plain)
    app.add_node(quiz_choice, html=(visit_choice, close_div), latex=(latex_visit_choice, nothing), text=plain)
    app.add_node(quiz_label, html=(visit_label, depart_label), latex=(nothing, latex_depart_label), text=plain)
    app.add_node(quiz_why, html=(visit_why, close_div), latex=plain, text=plain)
    app.add_directive("quiz", QuizDirective)
