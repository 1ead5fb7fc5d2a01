"""A notebook saved as Windows-1252 by an editor that did not ask: it is graded, and the student is told."""

import json


def submit(folder, notebook):
    text = json.dumps(notebook, ensure_ascii=False).replace("# note", "# Grüße, “quoted”, 10 €")
    (folder / "mini.ipynb").write_bytes(text.encode("cp1252"))


ANSWERS = "# note\n"
SCORE = 6
TELLS = "not UTF-8 text; it was read as Windows-1252. Hand in the file that Jupyter saves"
