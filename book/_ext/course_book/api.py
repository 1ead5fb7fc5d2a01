"""The API pages: docstrings are prose, so they are shown as prose and never trip over reStructuredText.

A paragraph stays a paragraph, and what it says about one parameter (``name: …``, at the start of a sentence) becomes
an entry of a list; an indented or ``>>>`` part becomes code; single or double backticks mark code. Everything else
means itself.
"""

import inspect
import re
import textwrap

from sphinx.application import Sphinx

SPECIAL = re.compile(r"([\\*|_`])")
MARKED = re.compile(r"(:(?:py:)?(?:func|class|mod|meth|data):`[^`]+`)|`+([^`]+)`+")


def inline(text: str) -> str:
    """A line of prose as reStructuredText: backticks mark code, all other characters are plain."""
    out, end = [], 0
    for match in MARKED.finditer(text):
        out += [SPECIAL.sub(r"\\\1", text[end:match.start()]), match[1] or f"\\ ``{match[2].strip()}``\\ "]
        end = match.end()
    return "".join([*out, SPECIAL.sub(r"\\\1", text[end:])])


def parameters(thing: object) -> list[str]:
    """Names of the parameters that a docstring may explain, without stars; none for a module."""
    if not callable(thing):
        return []
    try:
        return [name for name in inspect.signature(thing).parameters if name != "self"]
    except (TypeError, ValueError):
        return []


def paragraph(text: str, names: list[str]) -> list[str]:
    """One paragraph, with its sentences about parameters as a list and its "Raises" sentence on its own."""
    words = "|".join(map(re.escape, names)) or "(?!)"
    group = rf"(?:{words})(?:, (?:{words}))*"
    parts = re.split(rf"(?:^|(?<=[.;)}}]) )(?=(?:{group}): |Raises )", text)
    out = []
    for part in filter(None, parts):
        entry = re.match(rf"({group}): (.*)", part)
        out += [f"- **{inline(entry[1])}**: {inline(entry[2])}"] if entry else ["", inline(part), ""]
    return ["", *out, ""]


def to_rst(text: str, names: list[str] = ()) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    out: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text):
        block = block.strip("\n")
        if not block.strip():
            continue
        if block.startswith((" ", ">>>")):
            out += ["", "::", "", *textwrap.indent(textwrap.dedent(block), "    ").split("\n"), ""]
        elif block.startswith(("- ", "* ")):
            items = re.split(r"\n[-*] ", block[2:])
            out += ["", *(f"- {inline(' '.join(item.split()))}" for item in items), ""]
        else:
            prose, code = [*re.split(r"\n(?=    )", block, maxsplit=1), ""][:2]
            out += paragraph(" ".join(prose.split()), list(names))
            if code:
                out += ["", "::", "", *textwrap.indent(textwrap.dedent(code), "    ").split("\n"), ""]
    return out


def process_docstring(app: Sphinx, what: str, name: str, obj: object, options: dict, lines: list[str]) -> None:
    lines[:] = to_rst("\n".join(lines), parameters(obj))


def short_types(app: Sphinx, what: str, name: str, obj: object, options: dict, signature: str, result: str) -> tuple | None:
    """Types from outside the course by their last name; Sphinx shortens them only where it can parse the whole."""
    if signature is None:
        return None
    short = [re.sub(r"~(?!llmcourse|autograder)(?:\w+\.)+(\w+)", r"\1", part or "") for part in (signature, result)]
    return short[0], short[1] or None


def skip_fields(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: dict) -> bool | None:
    """A named tuple's fields are in its signature; each would have an entry of its own, "Alias for field number 0"."""
    return True if (inspect.getdoc(obj) or "").startswith("Alias for field number") else None


def ignore_outside_names(app: Sphinx, config: object) -> None:
    """Types in signatures need not be links: there is no network to look NumPy's up."""
    config.nitpick_ignore_regex = [("py:class", ".*"), ("py:.*", r"(?!(llmcourse|autograder)\.).*")]


def setup(app: Sphinx) -> None:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("autodoc-process-signature", short_types)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("config-inited", ignore_outside_names)
