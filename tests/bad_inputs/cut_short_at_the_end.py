"""A notebook whose download broke off after the answers, in the last check: what is whole is graded."""

import json


def submit(folder, notebook):
    text = json.dumps(notebook, indent=1)
    (folder / "mini.ipynb").write_text(text[: text.rindex("grader.check")])


SCORE = 6
TELLS = "ends in the middle; its first . cells are whole"
