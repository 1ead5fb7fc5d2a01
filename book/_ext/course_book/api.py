"""The API pages: docstrings are prose, so they are shown as prose and never trip over reStructuredText.

A docstring's paragraphs become paragraphs, indented or ``>>>`` parts become code, lines that begin with ``name: ``
become a list, and single or double backticks become code. Everything else means itself.
"""

import re
import textwrap

from sphinx.application import Sphinx

SPECIAL = re.compile(r"([\\*|_`])")
ENTRY = re.compile(r"^(\w[\w, ]{0,40}): (\S.*)$")
REFERENCE = re.compile(r":(py:)?(func|class|mod|meth|data):`[^`]+`")


def inline(text: str) -> str:
    """A line of prose as reStructuredText: backticks mark code, all other characters are plain."""
    out, rest = [], text
    for match in re.finditer(r"(:(?:py:)?(?:func|class|mod|meth|data):`[^`]+`)|`+([^`]+)`+", text):
        before, rest = text[len(text) - len(rest):match.start()], text[match.end():]
        out.append(SPECIAL.sub(r"\\\1", before))
        out.append(match[1] or f"\\ ``{match[2].strip()}``\\ ")
    return "".join([*out, SPECIAL.sub(r"\\\1", rest)])


def to_rst(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    out: list[str] = []
    for block in re.split(r"\n[ \t]*\n", "\n".join(lines)):
        block = block.strip("\n")
        if not block.strip():
            continue
        rows = block.split("\n")
        if rows[0].startswith((" ", ">>>")):
            out += ["", "::", "", *textwrap.indent(textwrap.dedent(block), "    ").split("\n"), ""]
            continue
        out.append("")
        in_list = False
        for row in rows:
            entry = ENTRY.match(row)
            if row.startswith("- ") or (entry and entry[1] not in ("Sources", "Source")):
                text = inline(row[2:]) if row.startswith("- ") else f"**{inline(entry[1])}**: {inline(entry[2])}"
                out += ([] if in_list else [""]) + [f"- {text}"]
                in_list = True
            elif in_list and row.startswith(" "):
                out.append("  " + inline(row.strip()))
            else:
                out += [""] * in_list + [inline(row.strip())]
                in_list = False
    return [*out, ""]


def process_docstring(app: Sphinx, what: str, name: str, obj: object, options: dict, lines: list[str]) -> None:
    lines[:] = to_rst(lines)


def ignore_outside_names(app: Sphinx, config: object) -> None:
    """Only names of this course are links: there is no network to look the others up."""
    config.nitpick_ignore_regex = [("py:.*", r"(?!(llmcourse|autograder)\.).*")]


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("config-inited", ignore_outside_names)
