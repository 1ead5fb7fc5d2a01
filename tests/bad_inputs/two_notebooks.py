"""Two versions of the notebook, since one could not decide."""

import json


def submit(folder, notebook):
    for name in ("mini.ipynb", "mini-final-2.ipynb"):
        (folder / name).write_text(json.dumps(notebook))


TELLS = r"2 notebooks were handed in.*Hand in just one \.ipynb file"
