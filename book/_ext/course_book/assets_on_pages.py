"""Add a script of ``assets/`` to the pages that need it, and to no other; all pages can be printed."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.fileutil import copy_asset

FOLDER = Path(__file__).parent / "assets"


def need(env: BuildEnvironment, name: str) -> None:
    """Remember that the page being read uses the script ``name``."""
    scripts = env.metadata[env.docname].setdefault("course_scripts", [])
    if name not in scripts:
        scripts.append(name)


def add_to_page(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    for name in ["print.js", *app.env.metadata.get(page, {}).get("course_scripts", [])]:
        app.add_js_file(f"course/{name}", loading_method="defer")


def copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        copy_asset(str(FOLDER), str(Path(app.outdir) / "_static" / "course"))


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", copy)
