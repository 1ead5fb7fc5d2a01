"""JSON that is no notebook."""

import json


def submit(folder, notebook):
    (folder / "mini.ipynb").write_text(json.dumps({"nodes": [1, 2, 3], "edges": []}))


TELLS = "is JSON, but not a notebook. Hand in the .ipynb file itself"
