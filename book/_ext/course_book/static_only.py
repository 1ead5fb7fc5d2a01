"""A node for what only LaTeX and plain text show: the still version of something that moves in HTML."""

from docutils import nodes
from sphinx.application import Sphinx


class static_only(nodes.General, nodes.Element):
    """Children are left out of HTML pages."""


def skip(self, node: nodes.Element) -> None:
    raise nodes.SkipNode


def enter(self, node: nodes.Element) -> None:
    pass


def setup(app: Sphinx) -> None:
    app.add_node(static_only, html=(skip, None), latex=(enter, enter), text=(enter, enter))
