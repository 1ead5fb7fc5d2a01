"""A named pipe, which would keep a reader waiting for ever."""

import os


def submit(folder, notebook):
    os.mkfifo(folder / "mini.ipynb")


TELLS = r"is a link or a special file. Hand in the \.ipynb file itself"
