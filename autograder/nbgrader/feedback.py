"""What nbgrader's feedback may show of a hidden test: its name, and the hint of a recognised mistake."""

from typing import Any, TypeAlias

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool

from autograder.nbgrader.export import HIDDEN
from autograder.nbgrader.testcell import HINT

Resources: TypeAlias = dict[str, Any]


class HideHiddenTests(Preprocessor):
    """Takes the code and the output of hidden tests out of a graded notebook before feedback is made of it."""

    enabled = Bool(True).tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> tuple[NotebookNode, Resources]:
        if HIDDEN[0] in cell.source:
            name = cell.source.splitlines()[0].removeprefix("# ")
            said = [hint(output) for output in cell.get("outputs", []) if output.output_type == "error"]
            cell.source = f"# Hidden test: {name}"
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text + "\n") for text in said]
        return cell, resources


def hint(output: NotebookNode) -> str:
    """The hint in the output of a failed test, or the one sentence that every other failure gets."""
    value = output.get("evalue", "")
    return value.removeprefix(HINT).splitlines()[0] if value.startswith(HINT) else "This hidden test failed."
