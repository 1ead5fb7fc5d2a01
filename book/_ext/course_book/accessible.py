"""Mend what the theme and docutils write so that screen readers can use it.

The arrow that opens a group of pages in the sidebar has no name, the list of references has roles that contradict
each other, the corner of a table is a header without words, and the keyboard does not reach what scrolls.
"""

import re

from sphinx.application import Sphinx

ROLES = (
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
    (' role="doc-biblioentry">', ">"),
)
EMPTY_HEADER = re.compile(r'<th class="head[^"]*"><p></p></th>')    # the corner of a table


def name_groups(navigation: object) -> object:
    """Give every arrow of the sidebar (a BeautifulSoup object) the name of its group."""
    for summary in navigation.select("li > details > summary"):
        summary["aria-label"] = f"Pages under {summary.find_previous('a').get_text(strip=True)}"
    return navigation


def mend(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    make = context.get("generate_toctree_html")
    if make is not None:
        context["generate_toctree_html"] = lambda kind, **options: name_groups(make(kind, **options))
    for old, new in ROLES:
        if "body" in context:
            context["body"] = context["body"].replace(old, new)
    if "body" in context:
        context["body"] = EMPTY_HEADER.sub("<td></td>", context["body"])
    if '<div class="math' in context.get("body", ""):
        app.add_js_file("course/reach.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", mend, priority=900)
