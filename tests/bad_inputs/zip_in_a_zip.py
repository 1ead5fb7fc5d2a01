"""A zip in a zip, as a Mac makes of a folder that was handed on as a zip."""

import io
import json
import zipfile


def submit(folder, notebook):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("hw/mini.ipynb", json.dumps(notebook))
    with zipfile.ZipFile(folder / "hw.zip", "w") as archive:
        archive.writestr("hw.zip", inner.getvalue())
        archive.writestr("__MACOSX/._hw.zip", b"\0\5\x16\7")


SCORE = 6
