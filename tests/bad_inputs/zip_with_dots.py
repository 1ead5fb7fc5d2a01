"""A zip with `../` in the names of its members: the notebook is read where it is, nothing is unpacked anywhere."""

import json
import zipfile


def submit(folder, notebook):
    with zipfile.ZipFile(folder / "mini.zip", "w") as archive:
        archive.writestr("../../up/mini.ipynb", json.dumps(notebook))
        archive.writestr("../results/results.json", "{}")


SCORE = 6
