"""A notebook without cells."""

import json


def submit(folder, notebook):
    (folder / "mini.ipynb").write_text(json.dumps(notebook | {"cells": []}))


TELLS = "has no code cells. Hand in the notebook of this assignment"
