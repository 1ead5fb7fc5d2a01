"""A file of no bytes."""


def submit(folder, notebook):
    (folder / "mini.ipynb").write_bytes(b"")


TELLS = "is empty. Save it in Jupyter"
