"""A folder with the name of a notebook, and nothing in it."""


def submit(folder, notebook):
    (folder / "mini.ipynb").mkdir()


TELLS = r"Hand in the \.ipynb file"
