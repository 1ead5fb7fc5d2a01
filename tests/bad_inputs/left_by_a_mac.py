"""What Gradescope unpacks of a Mac's zip: the notebook, and a note about it of the same name."""

import json


def submit(folder, notebook):
    note = b"\0\5\x16\7\0\2\0\0Mac OS X"
    for name, data in {"hw/mini.ipynb": json.dumps(notebook).encode(), "__MACOSX/hw/._mini.ipynb": note,
                       "hw/.DS_Store": b"\0"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


SCORE = 6
