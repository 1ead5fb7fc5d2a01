"""A notebook whose download broke off."""

import json


def submit(folder, notebook):
    text = json.dumps(notebook)
    (folder / "mini.ipynb").write_text(text[: len(text) // 2])


TELLS = "does not hold JSON. Open it in Jupyter, save it"
