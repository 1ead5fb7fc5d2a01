"""A zip of the whole folder of the course, virtual environment and all."""

import json
import zipfile


def submit(folder, notebook):
    with zipfile.ZipFile(folder / "mini.zip", "w") as archive:
        archive.writestr("mini.ipynb", json.dumps(notebook))
        for i in range(300):
            archive.writestr(f".venv/lib/{i}.py", "")
            archive.writestr(f"venv/lib/python3.11/site-packages/nbformat/tests/{i}.ipynb", "{}")


SCORE = 6
