"""A zip that holds much more than it weighs."""

import zipfile


def submit(folder, notebook):
    with zipfile.ZipFile(folder / "mini.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mini.ipynb", bytes(60 * 2**20))


TELLS = r"too large. Clear the outputs .*Hand in just the \.ipynb file"
