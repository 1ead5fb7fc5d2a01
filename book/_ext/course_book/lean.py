"""A page loads what it uses and nothing else, and shows its text before the rest is there.

The theme puts a script of 1.5 MB on every page that draws its icons a second time (its style sheet has them as a font
already), and the index of the search; Sphinx loads MathJax for every page that lists pages with formulas. Their tags are
taken out by the Jinja filter ``lean``, which ``templates/layout.html`` applies to the head of every page. It also puts off
the scripts that can wait, all but those that choose the colours: they are asked for, in their order, when the page has been
parsed. (A script with ``defer`` runs before DOMContentLoaded, so that the reader would wait for it.)
"""

import re
from collections.abc import Callable
from pathlib import Path

from sphinx.application import Sphinx

Needed = Callable[[str], bool]


def never(body: str) -> bool:
    return False


def has_class(pattern: str) -> Needed:
    """Whether a page's body has an element with such a class."""
    search = re.compile(rf'class="(?:[^"]* )?{pattern}').search
    return lambda body: search(body) is not None


# Part of a file's address, or the beginning of a script's text -> whether a page with this body needs it.
RULES: dict[str, Needed] = {
    "scripts/fontawesome.js": never,
    "_static/mathjax/": has_class("math[ \"]"),
    "window.MathJax = ": has_class("math[ \"]"),
    "_static/sphinx-design": has_class("sd-"),
    "_static/design-tabs": has_class("sd-"),
}
WAITING = ("doctools.js", "sphinx_highlight.js", "clipboard.min.js", "copybutton.js", "sphinx-book-theme.js", "togglebutton.js",
           "bootstrap.js", "pydata-sphinx-theme.js", "_static/course/", "mathjax/startup.js")
LOADER = """<script>
  addEventListener("DOMContentLoaded", () => {
    for (const waiting of document.querySelectorAll('script[type="text/waiting"]')) {
      const script = document.createElement("script");
      script.src = waiting.dataset.src;
      script.async = script.src.includes("/mathjax/");  // the others in this order
      document.head.append(script);
    }
  });
</script>
"""
SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")    # for searching without the search page
TAG = re.compile(r"[ \t]*(?:<script\b[^>]*>(?P<text>.*?)</script>|<link\b[^>]*>)\n?", re.DOTALL)
UNWANTED = ("scripts/fontawesome.js*", "**/*.map", "vendor/fontawesome/webfonts/*.ttf")    # below _static/


def lean(head: str, body: str, index: bool = True, wait: bool = False) -> str:
    """``head`` with the scripts and style sheets that ``body`` needs.

    index: whether the index of the search stays. wait: whether scripts that nothing calls at once wait for ``LOADER``.
    """
    def keep(tag: re.Match[str]) -> str:
        address = re.search(r'(?:src|href)="([^"]*)"', tag[0].partition(">")[0])
        what = address[1] if address else (tag["text"] or "").lstrip()
        if any(name in what and not needed(body) for name, needed in RULES.items()):
            return ""
        if not index and any(name in what for name in SEARCH):
            return ""
        if wait and address and tag["text"] is not None and any(name in what for name in WAITING):
            return f'<script type="text/waiting" data-src="{what}"></script>\n'
        return tag[0]

    return TAG.sub(keep, head)


def use_template(app: Sphinx, config: object) -> None:
    app.config.templates_path = [*app.config.templates_path, str(Path(__file__).parent / "templates")]


def add_filter(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.templates.environment.filters["lean"] = lean
        app.builder.templates.environment.globals["loader"] = LOADER


def remove_files(app: Sphinx, exception: Exception | None) -> None:
    """Source maps, and files that no page asks for."""
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        for pattern in UNWANTED:
            for path in static.glob(pattern):
                path.unlink()


def setup(app: Sphinx) -> None:
    app.connect("config-inited", use_template)
    app.connect("builder-inited", add_filter)
    app.connect("build-finished", remove_files, priority=900)
