"""A notebook in which Git left both sides of a merge: the template and the answers."""

import json


def submit(folder, notebook):
    blank = json.dumps(notebook, indent=1).replace("return 2 * a", "...")
    sides = ["<<<<<<< HEAD", blank, "=======", json.dumps(notebook, indent=1), ">>>>>>> upstream/main", ""]
    (folder / "mini.ipynb").write_text("\n".join(sides))


SCORE = 6
TELLS = "marks of an unfinished merge.*delete the lines with the marks"
