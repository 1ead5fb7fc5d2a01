"""A notebook as VS Code writes it where no kernel was chosen, with the extension that a browser added."""

import json


def submit(folder, notebook):
    notebook["metadata"]["language_info"] = {"name": "plaintext"}
    (folder / "mini.ipynb.json").write_text(json.dumps(notebook))


SCORE = 6
