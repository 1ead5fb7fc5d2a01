"""Nothing in the book comes from another host: MathJax from its PyPI package, and no Thebe.

Sphinx asks a CDN for MathJax and sphinx_thebe asks unpkg for Thebe (and, switched off, still declares a constant
twice, a SyntaxError on every page). Here MathJax is copied beside the pages and what sphinx_thebe hooked in is undone.
"""

from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile, copytree

from sphinx.application import Sphinx

from . import assets_on_pages

# MathJax in parts: TeX in, HTML out, and MathML beside it for screen readers. The combined file also holds a menu, MathML
# input and a speech engine, and is half as large again. Commands outside ``base`` and ``ams`` are loaded where one is used.
PARTS = ("input/tex-base", "[tex]/ams", "[tex]/newcommand", "[tex]/noundefined", "[tex]/autoload", "[tex]/require",
         "output/chtml", "a11y/assistive-mml")
FILES = ("startup.js", "core.js", "input/tex-base.js", "input/tex/extensions", "output/chtml.js", "output/chtml/fonts",
         "a11y/assistive-mml.js")
UNWANTED = ("sphinx_thebe", "sphinx_comments")


def mathjax_folder() -> Path:
    """Where the package sphinx-mathjax-offline keeps MathJax 3. Raises ModuleNotFoundError without it."""
    spec = find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the book needs the package sphinx-mathjax-offline for its formulas")
    return Path(spec.origin).parent / "static" / "mathjax"


def remove_unwanted(app: Sphinx) -> None:
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if not (one.handler.__module__ or "").startswith(UNWANTED)]
    files = app.registry.css_files
    files[:] = [item for item in files if "thebe" not in str(item[0])]


def use_local_mathjax(app: Sphinx, config: object) -> None:
    config.mathjax_path = "mathjax/startup.js"
    mathjax = dict(config.mathjax3_config or {})
    mathjax["loader"] = {"load": list(PARTS)}
    mathjax["tex"] = {**mathjax.get("tex", {}), "packages": ["base", *(p[6:] for p in PARTS if p.startswith("[tex]/"))]}
    config.mathjax3_config = mathjax


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    for name in FILES:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".js"):
            copyfile(source / name, target / name)
        else:
            copytree(source / name, target / name, dirs_exist_ok=True)


def setup(app: Sphinx) -> None:
    mathjax_folder()
    app.connect("config-inited", lambda app, config: remove_unwanted(app), priority=1)
    app.connect("config-inited", use_local_mathjax, priority=900)
    app.connect("build-finished", copy_mathjax)
    assets_on_pages.setup(app)
