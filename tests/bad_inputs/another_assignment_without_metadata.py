"""The notebook of another week, copied to Colab and back: only its first cell says whose it is."""

import json


def submit(folder, notebook):
    del notebook["metadata"]["llmcourse"]
    notebook["cells"][0]["source"] = 'import autograder\ngrader = autograder.Notebook("05_embeddings.ipynb")'
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


TELLS = "This is the notebook of '05_embeddings', but 'mini' is graded here"
