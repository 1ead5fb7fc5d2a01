"""A zip whose bytes were damaged on the way."""

import json
import zipfile


def submit(folder, notebook):
    with zipfile.ZipFile(folder / "mini.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mini.ipynb", json.dumps(notebook))
    data = bytearray((folder / "mini.zip").read_bytes())
    data[60:200] = bytes(140)
    (folder / "mini.zip").write_bytes(data)


TELLS = r"The zip is damaged or locked. Hand in just the \.ipynb file"
