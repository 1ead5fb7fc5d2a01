"""A letter instead of a notebook."""


def submit(folder, notebook):
    (folder / "mini.ipynb").write_text("Dear grader, the dog ate my notebook.\n")


TELLS = "it does not hold JSON. Hand in the .ipynb file itself"
