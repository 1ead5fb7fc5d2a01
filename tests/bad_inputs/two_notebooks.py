"""Two versions of the notebook, since one could not decide."""

import json


def submit(folder, notebook):
    for name in ("mini.ipynb", "mini-final-2.ipynb"):
        (folder / name).write_text(json.dumps(notebook))


SCORE = 6
TELLS = r"2 notebooks were handed in.*mini\.ipynb was graded.*hand in just one \.ipynb file"
