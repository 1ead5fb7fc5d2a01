"""Search: every section of the book as one entry, with its words, in a script that the search page loads.

Sphinx's own search finds pages by full text, quotes them by asking the server for them (so that a book opened from disk has no
quotes) and quotes formulas as TeX. Here an entry is a section, a term of the glossary or a function, and ``assets/search.js``
finds and quotes entries wherever the page comes from. Code cells are left out, whose functions have entries of their own, and
what a quiz explains: a quote would give the answer away.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from . import formulas
from .quiz import quiz_choice
from .static_only import static_only

SKIPPED = (nodes.comment, nodes.raw, nodes.system_message, nodes.citation, addnodes.index, addnodes.toctree, quiz_choice,
           static_only)
BLOCKS = (nodes.Structural, nodes.Body, nodes.Part, addnodes.desc)


class Entries:
    """The entries of a page: [place on the page, title, text], in order; the first is the page's beginning."""

    def __init__(self, page: nodes.document):
        self.found: list[list] = []
        self.start("", "")
        self.read(page)

    def start(self, place: str, title: str) -> None:
        self.found.append([place, title, []])

    def read(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Text | nodes.math | nodes.math_block | nodes.inline | nodes.literal):
            self.found[-1][2].append(formulas.plain(node))
        elif isinstance(node, SKIPPED) or {"cell_input", "cell_output"} & {*node.get("classes", [])}:
            pass
        elif isinstance(node, nodes.section) and not isinstance(node.parent, nodes.document):
            self.inner(node, node["ids"][0], formulas.plain(node[0]), node[1:])
        elif isinstance(node, addnodes.desc) and node[0].get("ids"):
            module = (node[0].get("module") or "").rpartition(".")[2]
            self.inner(node, node[0]["ids"][0], f"{module}.{node[0]['fullname']}", node[1:])    # without the signature
        elif isinstance(node, nodes.definition_list_item) and node[0].get("ids"):
            self.inner(node, node[0]["ids"][0], formulas.plain(node[0]), node[1:])
        else:
            for child in node.children:
                if not (isinstance(child, nodes.title) and isinstance(node, nodes.section)):
                    self.read(child)
            if isinstance(node, BLOCKS):
                self.found[-1][2].append(" ")

    def inner(self, node: nodes.Element, place: str, title: str, children: list[nodes.Node]) -> None:
        """An entry of its own; what follows it belongs to the entry around it again."""
        around = self.found[-1]
        self.start(place, title)
        for child in children:
            self.read(child)
        self.found.append([around[0], None, []])    # None: goes on with the entry of that place

    def joined(self) -> list[list[str]]:
        """One entry a place, its text in one line."""
        texts: dict[str, list] = {}
        for place, title, parts in self.found:
            texts.setdefault(place, [title, []])[1].extend(parts)
        return [[place, title, " ".join("".join(parts).split())] for place, (title, parts) in texts.items()]


def folder(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "course_search"


def keep(app: Sphinx, page: nodes.document, name: str) -> None:
    """Remember the entries of a page until the next time it is written."""
    if app.builder.format != "html":
        return
    path = folder(app) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = [formulas.plain(app.env.titles[name]), Entries(page).joined()]
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    pages = {name: json.loads(path.read_text(encoding="utf-8")) for name in sorted(app.env.found_docs)
             if (path := folder(app) / f"{name}.json").exists()}
    entries = [[app.builder.get_target_uri(name), *page] for name, page in pages.items()]
    target = Path(app.outdir) / "_static" / "course" / "search-entries.js"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"window.courseEntries = {json.dumps(entries, ensure_ascii=False)};\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", keep)
    app.connect("build-finished", write, priority=950)
