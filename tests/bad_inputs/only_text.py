"""A notebook in which every code cell was turned into text."""

import json


def submit(folder, notebook):
    for cell in notebook["cells"]:
        cell["cell_type"] = "markdown"
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


TELLS = "has no code cells. Hand in the notebook of this assignment"
