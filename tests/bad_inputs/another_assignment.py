"""The notebook of another week."""

import json


def submit(folder, notebook):
    notebook["metadata"]["llmcourse"]["assignment"] = "05_embeddings"
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


TELLS = "This is the notebook of '05_embeddings', but 'mini' is graded here. Hand in the notebook of this assignment"
