"""A notebook with a byte order mark and Windows line ends."""

import json


def submit(folder, notebook):
    text = json.dumps(notebook, indent=1).replace("\n", "\r\n")
    (folder / "mini.ipynb").write_bytes(b"\xef\xbb\xbf" + text.encode())


SCORE = 6
