"""A notebook of 200 MB, with every picture it ever drew."""


def submit(folder, notebook):
    with (folder / "mini.ipynb").open("wb") as file:
        file.write(b'{"cells": [')
        file.truncate(200 * 2**20)


TELLS = "has 200 MB, at most 20 MB are read. Clear the outputs"
