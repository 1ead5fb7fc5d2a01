"""A notebook for R."""

import json


def submit(folder, notebook):
    notebook["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


TELLS = "is a notebook for 'R', not for Python. Choose the Python 3 kernel"
