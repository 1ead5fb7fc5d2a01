"""The whole notebook upside down: functions are defined after their checks."""

import json


def submit(folder, notebook):
    notebook["cells"].reverse()
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


SCORE = 0
TELLS = "Not answered yet: double is missing or still `...`. Run its cell, and keep its name"
