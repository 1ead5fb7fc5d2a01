"""The whole notebook upside down: functions are defined after their checks, and graded where they are."""

import json


def submit(folder, notebook):
    notebook["cells"].reverse()
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


SCORE = 6
TELLS = "The answer to q1 stands below its check; it was graded there"
