"""A notebook of format 3, with worksheets."""

import json


def submit(folder, notebook):
    old = {"worksheets": [{"cells": notebook["cells"]}], "nbformat": 3, "metadata": {}}
    (folder / "mini.ipynb").write_text(json.dumps(old))


TELLS = "is a notebook of an old format. Open it in Jupyter, save it"
