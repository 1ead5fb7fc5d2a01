"""A link to a notebook instead of the notebook."""

import json


def submit(folder, notebook):
    (folder.parent / "real.ipynb").write_text(json.dumps(notebook))
    (folder / "mini.ipynb").symlink_to(folder.parent / "real.ipynb")


TELLS = r"is a link or a special file. Hand in the \.ipynb file itself"
