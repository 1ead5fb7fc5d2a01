"""``{exercise} 02_ngrams``: every way to open a unit's notebook. ``{published}``: text for a course that has an address."""

from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder import project

NOTEBOOKS = "notebooks"


def addresses(unit: str, repository: str, branch: str) -> list[tuple[str, str, str]]:
    """(name, address, what it does) of every way to open the notebook from ``owner/name`` on GitHub, on others' computers.

    There is none where the course has no address, or one elsewhere.
    """
    path = f"{NOTEBOOKS}/{unit}.ipynb"
    return [
        ("Colab", f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}",
         "in the browser, with a Google account; the first cell fetches the checks"),
        ("Binder", f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{path}",
         "in the browser, with no account; starting takes a few minutes, and nothing is kept"),
    ] if repository else []


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
        if (Path(self.env.srcdir) / "install.md").exists():
            how = addnodes.pending_xref("", nodes.inline("", "How to open it"), refdomain="std", reftype="doc",
                                        refexplicit=True, reftarget="/install", refdoc=self.env.docname)
            ways += nodes.list_item("", nodes.paragraph("", "", how, nodes.Text(
                ": on your own computer, on Colab, Kaggle or a JupyterHub, without a network")))
        box += ways
        self.set_source_info(box)
        return [box]


class PublishedDirective(SphinxDirective):
    """Content for a course that has an address on GitHub: OWNER, NAME and BRANCH in it are filled in."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        repository = self.config.course_repository
        if not repository:
            return []
        owner, name = repository.split("/")
        lines = [line.replace("OWNER", owner).replace("NAME", name).replace("BRANCH", self.config.course_branch)
                 for line in self.content]
        box = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.get_source_info()[0]), self.content_offset, box)
        return box.children


def find_repository(app: Sphinx, config: object) -> None:
    """What pyproject.toml beside the book's folder says, unless the build says another (tests do)."""
    folder = Path(app.srcdir).parent
    if config.course_repository is None:
        known = (folder / "pyproject.toml").exists()
        config.course_repository = project.on_github(project.address(folder)) if known else ""


def setup(app: Sphinx) -> None:
    app.add_config_value("course_repository", None, "env", (str, type(None)))
    app.add_config_value("course_branch", "main", "env")
    app.add_directive("exercise", ExerciseDirective)
    app.add_directive("published", PublishedDirective)
    app.connect("config-inited", find_repository)
