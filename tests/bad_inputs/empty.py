"""A file of no bytes."""


def submit(folder, notebook):
    (folder / "mini.ipynb").write_bytes(b"")


TELLS = "is empty. Open it in Jupyter, save it"
