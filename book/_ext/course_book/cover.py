"""``{cover}``: the top of the first page, its words beside a picture.

The picture is what a language model does: a sentence of the course's own language that stops, and the probability of each word
that can come next. The numbers are those of the language's source, computed while the book is built.
"""

from html import escape

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from llmcourse.corpora import stories

SENTENCE = "Once, a splendid penguin called Olle lived at the"
SHOWN = 6    # words


def next_words() -> tuple[list[tuple[str, float]], float]:
    """The most probable next words with their probabilities, and the probability of all others."""
    context = SENTENCE.replace(",", " ,").replace("Once", "once").split()
    p = np.exp(stories().next_log_probabilities(stories().vocabulary.encode(context)))
    best = np.argsort(-p, kind="stable")[:SHOWN]
    return [(stories().vocabulary.tokens[i], float(p[i])) for i in best], float(1 - p[best].sum())


def picture() -> str:
    """The picture as SVG, in the page's own colours."""
    words, rest = next_words()
    rows = [*words, ("any other word", rest)]
    said = ", ".join(f"{word} {p:.2f}" for word, p in rows)
    high, top = 30, 76
    parts = [f'<text x="0" y="22" class="cover-sentence">{escape(SENTENCE[:SENTENCE.index("called")])}</text>',
             f'<text x="0" y="48" class="cover-sentence">{escape(SENTENCE[SENTENCE.index("called"):])} '
             '<tspan class="cover-gap">____</tspan></text>']
    scale = 190 / max(p for _, p in rows)
    for i, (word, p) in enumerate(rows):
        y = top + i * high
        css = "cover-rest" if i == len(words) else "cover-bar"
        parts.append(f'<text x="126" y="{y + 16}" text-anchor="end">{escape(word)}</text>'
                     f'<rect x="136" y="{y}" width="{p * scale:.1f}" height="22" rx="4" class="{css}"/>'
                     f'<text x="{144 + p * scale:.1f}" y="{y + 16}">{p:.2f}</text>')
    label = f"“{SENTENCE} …”: the words that can come next in the language of this course, with their probabilities: {said}."
    return (f'<svg class="cover-picture" viewBox="0 0 384 {top + len(rows) * high}" role="img" aria-label="{escape(label)}">'
            f'{"".join(parts)}</svg>')


class CoverDirective(SphinxDirective):
    has_content = True

    def run(self) -> list[nodes.Node]:
        box, words = nodes.container(classes=["cover"]), nodes.container(classes=["cover-words"])
        self.state.nested_parse(self.content, self.content_offset, words)
        box += [words, nodes.raw("", picture(), format="html")]
        return [box]


def setup(app: Sphinx) -> None:
    app.add_directive("cover", CoverDirective)
