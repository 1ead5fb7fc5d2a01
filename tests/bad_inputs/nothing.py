"""No file at all."""


def submit(folder, notebook):
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")


TELLS = r"No notebook was handed in.*Hand in the \.ipynb file"
