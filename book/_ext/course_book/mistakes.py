"""``{mistakes} ngrams.perplexity`` (or a whole unit, ``{mistakes} ngrams``): the hints that the grader gives.

The text comes from the docstrings of ``autograder.misconceptions``, so that book and grader say the same.
"""

import importlib
import inspect
import re
from types import ModuleType
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SHOWN = 6  # so many hints of a function are open, the others a click away


def hints(module: ModuleType, name: str) -> list[str]:
    """The hints for one graded function, one line each. Raises ValueError where there are none."""
    found = getattr(module, name, None)
    if not isinstance(found, list) or not found:
        known = ", ".join(graded_functions(module))
        raise ValueError(f"{module.__name__} lists no mistakes for {name!r}; it has some for: {known}")
    out = []
    for mistake in found:
        text = inspect.getdoc(mistake)
        if not text:
            raise ValueError(f"a mistake of {module.__name__}.{name} has no docstring")
        out.append(" ".join(text.split()))
    return list(dict.fromkeys(out))


def graded_functions(module: ModuleType) -> list[str]:
    """Names of the lists of mistakes in a unit's module, in the order in which they are defined."""
    return [
        name for name, value in vars(module).items()
        if not name.startswith("_") and isinstance(value, list) and value and all(callable(one) for one in value)
    ]


def sentence(text: str) -> list[nodes.Node]:
    """Inline nodes of a hint: what stands between backticks is code."""
    parts = re.split(r"`+([^`]+)`+", text)
    return [nodes.literal("", part) if i % 2 else nodes.Text(part) for i, part in enumerate(parts) if part]


class MistakesDirective(SphinxDirective):
    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {"title": str}

    def run(self) -> list[nodes.Node]:
        unit, _, name = self.arguments[0].partition(".")
        try:
            module = importlib.import_module(f"autograder.misconceptions.{unit}")
            names = [name] if name else graded_functions(module)
            found = {one: hints(module, one) for one in names}
        except (ImportError, ValueError) as problem:
            raise self.error(f"mistakes {self.arguments[0]}: {problem}") from problem
        self.env.note_dependency(module.__file__)
        box = nodes.admonition(classes=["mistakes", "admonition-mistakes"])
        box += nodes.title("", self.options.get("title", "Common mistakes"))
        self.state.nested_parse(self.content, self.content_offset, box)
        for one, texts in found.items():
            if len(found) > 1 or not self.content:
                box += nodes.paragraph("", "", nodes.literal("", one), classes=["mistakes-of"])
            items = [nodes.list_item("", nodes.paragraph("", "", *sentence(text))) for text in texts]
            shown = len(items) if len(items) <= SHOWN + 2 else SHOWN
            box += nodes.bullet_list("", *items[:shown])
            if items[shown:]:
                box += [nodes.raw("", f"<details><summary>{len(items) - shown} more</summary>", format="html"),
                        nodes.bullet_list("", *items[shown:]), nodes.raw("", "</details>", format="html")]
        self.set_source_info(box)
        return [box]


def setup(app: Sphinx) -> None:
    app.add_directive("mistakes", MistakesDirective)
