"""Hover previews: what a link to a term, an equation or a reference leads to, shown beside the link.

For every page that is a target there is a script of its own, ``_static/course/previews/PAGE.js``, that holds those pieces;
``assets/previews.js`` asks for it when somebody first points at such a link. A script, because a page opened from disk may load
scripts and may not fetch pages. Formulas in a preview are MathML, so that it needs nothing else.
"""

import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx


def pieces(body: str) -> dict[str, str]:
    """{place on the page: HTML} of the terms, references and numbered equations in the body of a page."""
    if not re.search(r'class="(?:simple )?glossary|class="citation"|class="math[^"]*" id=', body):
        return {}
    soup = BeautifulSoup(body, "html.parser")
    for formula in soup.select("noscript:has(> math)"):    # the MathML takes the place of the TeX before it
        tex = formula.find_previous_sibling(class_="math")
        formula.name = "span"
        if tex.get("id"):
            formula["id"] = tex["id"]
        tex.decompose()
    out = {}
    for piece in soup.select("dl.glossary > dt[id]"):
        meaning = piece.find_next_sibling("dd")
        if meaning is not None:
            out[piece["id"]] = f"<p><strong>{clean(piece)}</strong></p>{clean(meaning)}"
    for piece in soup.select("div.citation[id]"):
        label = piece.select_one(".label")
        if label is not None:
            label.decompose()
        out[piece["id"]] = clean(piece)
    for piece in soup.select("span[id]:has(> math)"):
        out[piece["id"]] = clean(piece)
    return out


def clean(piece: Tag) -> str:
    """The HTML inside a piece, without links and what is for its own page alone."""
    for one in piece.select(".headerlink, .backrefs"):
        one.decompose()
    for one in piece.select("a"):
        one.unwrap()
    for one in piece.select("[id]"):
        del one["id"]
    return piece.decode_contents().strip()


def write(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    if app.builder.format != "html" or doctree is None:
        return
    target = Path(app.outdir) / "_static" / "course" / "previews" / f"{page}.js"
    found = pieces(context.get("body", ""))
    if found:
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, ensure_ascii=False)
        target.write_text(f"window.coursePreviews[{json.dumps(page)}] = {text};\n", encoding="utf-8")
    else:
        target.unlink(missing_ok=True)
    if re.search(r'class="[^"]*reference[^"]*" href="[^"]*#(?:term-|equation-|id\d|[^"]*\d{4})', context.get("body", "")):
        app.add_js_file("course/previews.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", write)
