"""The course's notebook, saved with the kernel of R: its answers are Python all the same."""

import json


def submit(folder, notebook):
    notebook["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


SCORE = 6
TELLS = "its cells were run as Python. Choose the Python 3 kernel"
