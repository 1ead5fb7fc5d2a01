"""Every cell twice."""

import json


def submit(folder, notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] for _ in range(2)]
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


SCORE = 6
TELLS = "q1 is checked 2 times; it was graded after the last one"
