"""Mend what the theme and docutils write so that screen readers can use it.

The arrow that opens a group of pages in the sidebar has no name; the list of references has roles that contradict
each other; a scrolling box cannot be reached with the keyboard.
"""

import re
from html import escape

from sphinx.application import Sphinx

GROUP = re.compile(r'(<a class="reference internal[^>]*>)(.*?)(</a>\s*<details[^>]*>\s*<summary)>', re.DOTALL)
ROLES = (
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
    (' role="doc-biblioentry">', ">"),
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),
)


def name_groups(html: str) -> str:
    """Give every arrow of the sidebar the name of its group."""
    def named(match: re.Match) -> str:
        title = re.sub(r"<[^>]+>|\s+", " ", match[2]).strip()
        return f'{match[1]}{match[2]}{match[3]} aria-label="Pages under {escape(title)}">'

    return GROUP.sub(named, html)


def mend(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    make = context.get("generate_toctree_html")
    if make is not None:
        def accessible(kind: str, *arguments: object, **options: object) -> object:
            made = make(kind, *arguments, **options)
            return name_groups(made) if isinstance(made, str) else made

        context["generate_toctree_html"] = accessible
    for old, new in ROLES:
        if "body" in context:
            context["body"] = context["body"].replace(old, new)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", mend, priority=900)
