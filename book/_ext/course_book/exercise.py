"""``{exercise} 02_ngrams``: every way to open a unit's notebook."""

import os
import re
import tomllib
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective

NOTEBOOKS = "notebooks"


def addresses(unit: str, repository: str, branch: str) -> list[tuple[str, str, str]]:
    """(name, address, what it does) of every way to open the notebook that needs no download."""
    ways = [(
        "JupyterLab", f"http://localhost:8888/lab/tree/{NOTEBOOKS}/{unit}.ipynb",
        "on your own machine, once jupyter lab runs in the course's folder",
    )]
    if repository:
        path = f"{NOTEBOOKS}/{unit}.ipynb"
        ways += [
            ("Colab", f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}",
             "in the browser, with a Google account; the first cell installs the course"),
            ("Binder", f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{path}",
             "in the browser, with no account; starting takes a few minutes, and nothing is kept"),
        ]
    else:
        ways.append((
            "Colab", "https://colab.research.google.com/#create=true",
            "in the browser, with a Google account: File, then Upload notebook, with the file you downloaded",
        ))
    return ways


class ExerciseDirective(SphinxDirective):
    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        unit = self.arguments[0]
        notebook = Path(self.env.srcdir).parent / NOTEBOOKS / f"{unit}.ipynb"
        if not notebook.exists():
            raise self.error(f"exercise {unit}: {NOTEBOOKS}/{unit}.ipynb does not exist; make it with autograder assign")
        self.env.note_dependency(str(notebook))
        box = nodes.admonition(classes=["exercise-box"])
        box += nodes.title("", "Exercise")
        self.state.nested_parse(self.content, self.content_offset, box)
        ways = nodes.bullet_list()
        download = addnodes.download_reference(
            "", "", nodes.Text(f"Download {unit}.ipynb"), refdoc=self.env.docname,
            reftarget=f"/../{NOTEBOOKS}/{unit}.ipynb",
        )
        ways += nodes.list_item("", nodes.paragraph("", "", download))
        for name, address, what in addresses(unit, self.config.course_repository, self.config.course_branch):
            link = nodes.reference("", f"Open in {name}", refuri=address, internal=False)
            ways += nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(f": {what}")))
        box += ways
        self.set_source_info(box)
        return [box]


def repository_of(project: Path) -> str:
    """``owner/name`` of the project's GitHub address in pyproject.toml, or nothing where it has none."""
    if not project.exists():
        return ""
    urls = tomllib.loads(project.read_text(encoding="utf8")).get("project", {}).get("urls", {})
    return urls.get("Repository", "").removeprefix("https://github.com/").rstrip("/")


def find_repository(app: Sphinx, config: object) -> None:
    """The environment's word first, then the book's own setting, then pyproject.toml."""
    repository = os.environ.get("LLMCOURSE_REPOSITORY", config.course_repository)
    if repository is None:
        repository = repository_of(Path(app.srcdir).parent / "pyproject.toml")
    if repository and not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise ConfigError(f"course_repository must be owner/name on GitHub, got {repository!r}")
    config.course_repository = repository


def setup(app: Sphinx) -> None:
    app.add_config_value("course_repository", None, "env", (str, type(None)))
    app.add_config_value("course_branch", "main", "env")
    app.add_directive("exercise", ExerciseDirective)
    app.connect("config-inited", find_repository)
