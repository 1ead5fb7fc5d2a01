"""A picture that was renamed."""


def submit(folder, notebook):
    (folder / "mini.ipynb").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40)


TELLS = "is a picture, not a notebook. Hand in the .ipynb file itself"
