"""Formulas where MathJax does not run: as MathML without JavaScript, and as plain characters in search results.

MathJax draws the TeX of a page; the same formula stands beside it as MathML in ``<noscript>``, which a browser reads only where
scripts are off. Then a style in the head of the page (``templates/layout.html``) hides the TeX.
"""

import re
from functools import cache
from html import escape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ENVIRONMENTS = re.compile(r"\\(begin|end)\{(?:aligned|split|gathered)\}")    # the converter knows them as align* alone
SCRIPTS = {"msub": "_", "msup": "^", "munder": "_", "mover": "^", "msubsup": "_^", "munderover": "_^"}


@cache
def mathml(tex: str, display: str = "inline") -> str:
    """TeX as a ``<math>`` element. Raises ValueError for what the converter leaves as it was."""
    tex = ENVIRONMENTS.sub(r"\\\1{align*}", tex.strip())
    if display == "block" and r"\\" in tex and not tex.startswith(r"\begin{align"):    # Sphinx puts split around such lines
        tex = rf"\begin{{align*}}{tex}\end{{align*}}"
    made = convert(tex, display=display).replace(f' xmlns="{NAMESPACE}"', "").replace(' display="inline"', "")
    if left := re.search(r"\\[a-zA-Z]+|<m\w+>&<", made):
        raise ValueError(f"no MathML for {left[0]!r} in the formula {tex!r}")
    return made


@cache
def words(tex: str, display: str = "inline") -> str:
    r"""A formula as a line of characters: ``\frac{\#(uw)}{V}`` becomes ``#(uw)/V``."""
    return " ".join(_line(ElementTree.fromstring(mathml(tex, display))).split())


def _line(element: ElementTree.Element) -> str:
    parts, tag = [_line(child) for child in element], element.tag
    if tag == "mspace":
        return " "
    if tag == "msqrt":
        return f"√({''.join(parts)})"
    if tag == "mfrac":
        return "/".join(f"({part})" if re.search(r"\w\W+\w", part) else part for part in parts)
    if tag in SCRIPTS:
        scripts = [part.replace(" ", "") for part in parts[1:]]
        scripts = [part if len(part) < 3 or part.isalnum() else f"({part})" for part in scripts]
        return parts[0].strip() + "".join(mark + part for mark, part in zip(SCRIPTS[tag], scripts, strict=True))
    if tag == "mo" and (element.text or "") in "=<>∣≤≥≈+−⋅∈":
        return f" {element.text or ''} "
    return (element.text or "") + (" " if tag in ("mtable", "mtr", "mtd") else "").join(parts)


def plain(node: nodes.Node) -> str:
    """The text of a node, with its formulas as plain characters."""
    if isinstance(node, nodes.math | nodes.math_block):
        return words(node.astext(), "block" if isinstance(node, nodes.math_block) else "inline")
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.raw | nodes.comment):
        return ""
    return getattr(node, "child_text_separator", "").join(plain(child) for child in node.children)


def beside(visit: object, display: str) -> object:
    """A visitor that writes what ``visit`` does, and the MathML after it."""
    def visit_with_mathml(self, node: nodes.Element) -> None:
        try:
            visit(self, node)
        except nodes.SkipNode:
            made = mathml(node.astext(), display)
            if node.get("number"):
                made = f'<span class="eqno">({escape(str(get_node_equation_number(self, node)))})</span>{made}'
            self.body.append(f"<noscript>{made}</noscript>")
            raise
    return visit_with_mathml


def add_mathml(app: Sphinx) -> None:
    for renderers, display in ((app.registry.html_inline_math_renderers, "inline"),
                               (app.registry.html_block_math_renderers, "block")):
        visit, depart = renderers["mathjax"]
        if visit.__name__ != "visit_with_mathml":
            renderers["mathjax"] = (beside(visit, display), depart)


def setup(app: Sphinx) -> None:
    app.connect("config-inited", lambda app, config: add_mathml(app))
