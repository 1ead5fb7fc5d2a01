"""A letter instead of a notebook."""


def submit(folder, notebook):
    (folder / "mini.ipynb").write_text("Dear grader, the dog ate my notebook.\n")


TELLS = "does not hold JSON. Open it in Jupyter, save it"
