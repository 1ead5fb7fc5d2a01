"""A notebook of three thousand cells."""

import json


def submit(folder, notebook):
    extra = {"cell_type": "code", "source": "1 + 1", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"] += [extra] * 3000
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


SCORE = 6
TELLS = "only the first 2000 were run"
