"""What a page says about itself to search engines, to people who share it, and in its footer.

Every page has a description of its own. What needs an address is there only where one is set: with ``html_baseurl`` (in
_config.yml, or LLMCOURSE_ADDRESS in the environment, the address at which the book is published) come the canonical address,
the card for social networks and the sitemap; with the repository come the links to a page's source, to edit it and to report a
mistake.
"""

import os
import tomllib
from html import escape
from pathlib import Path
from urllib.parse import urlparse

from docutils import nodes
from sphinx.application import Sphinx

from . import formulas
from .card import draw

LONGEST = 180    # characters of a description
OWN = {
    "search": "Find sections, terms and functions of the course on language models.",
    "404": "There is no page at this address.",
}
NOT_FOUND = """<section id="not-found"><h1>There is no such page</h1>
<p>The address is wrong, or the page has moved. The <a class="reference internal" href="index.html">first page</a> has a map of
the course, and the <a class="reference internal" href="search.html">search</a> finds every section of it.</p></section>"""


def repository(app: Sphinx) -> str:
    """``owner/name`` of the course on GitHub, or nothing where none is set."""
    return app.config.course_repository or ""


def project(app: Sphinx) -> dict:
    """The table ``project`` of pyproject.toml, empty where there is none."""
    path = Path(app.srcdir).parent / "pyproject.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["project"] if path.exists() else {}


def configure(app: Sphinx, config: object) -> None:
    config.version = config.release = project(app).get("version", "")
    address = os.environ.get("LLMCOURSE_ADDRESS", config.html_baseurl)
    config.html_baseurl = f"{address.rstrip('/')}/" if address else ""
    if repository(app) and config.html_theme == "sphinx_book_theme":
        config.html_theme_options = {
            **config.html_theme_options, "repository_url": f"https://github.com/{repository(app)}",
            "repository_branch": config.course_branch, "path_to_docs": "book", "use_repository_button": True,
            "use_source_button": True, "use_edit_page_button": True, "use_issues_button": True,
        }


def description(app: Sphinx, page: str, title: str, doctree: nodes.document | None) -> str:
    """A sentence or two: the page's front matter, or its first paragraph of prose."""
    own = OWN.get(page) or app.env.metadata.get(page, {}).get("description")
    if own:
        return own
    if doctree is None:
        return f"Source code: {title}." if title else ""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section) or "cover-words" in paragraph.parent.get("classes", []):
            return shortened(" ".join(formulas.plain(paragraph).split()))
    return f"{title}: a page of the course on language models."


def shortened(text: str) -> str:
    """At most LONGEST characters, whole sentences where one fits, else whole words."""
    if len(text) <= LONGEST:
        return text
    end = max(text.rfind(mark, 0, LONGEST) for mark in (". ", "? ", ": "))
    return text[:end + 1].rstrip(":") if end > 60 else text[:text.rfind(" ", 0, LONGEST)].rstrip(",;:") + " …"


def describe(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    title = formulas.plain(app.env.titles[page]) if page in app.env.titles else context.get("title", "")
    words, address = description(app, page, title, doctree), app.config.html_baseurl
    tags = [("name", "description", words)] if words else []
    if address:
        tags += [("property", f"og:{key}", value) for key, value in {
            "type": "website" if page == "index" else "article", "site_name": app.config.project, "title": title,
            "description": words, "url": address + app.builder.get_target_uri(page), "image": f"{address}_static/card.png",
            "image:width": "1200", "image:height": "630", "image:alt": "A ladder of language models, down to a floor",
        }.items() if value] + [("name", "twitter:card", "summary_large_image")]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n    <meta {kind}="{key}" content="{escape(value)}" />' for kind, key, value in tags)
    if page == "404" and address:    # a server shows this page at any depth
        context["metatags"] += f'\n    <base href="{escape(urlparse(address).path)}" />'
    context["default_mode"] = "light"                   # without JavaScript; with it, layout.html asks the reader's system
    context["course_repository"] = repository(app)


def not_found(app: Sphinx) -> list[tuple[str, dict, str]]:
    return [("404", {"title": "Not found", "body": NOT_FOUND}, "page.html")]


def finish(app: Sphinx, exception: Exception | None) -> None:
    """The sitemap, and the picture for social networks."""
    if exception is not None or app.builder.format != "html" or not app.config.html_baseurl:
        return
    addresses = [app.config.html_baseurl + app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
    lines = "".join(f"<url><loc>{escape(one)}</loc></url>\n" for one in addresses)
    (Path(app.outdir) / "sitemap.xml").write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
        encoding="utf-8")
    draw(Path(app.srcdir) / "_data" / "ladder.json", app.config.project, Path(app.outdir) / "_static" / "card.png")


def setup(app: Sphinx) -> None:
    app.connect("config-inited", configure, priority=800)
    app.connect("html-page-context", describe, priority=850)
    app.connect("html-collect-pages", not_found)
    app.connect("build-finished", finish)
