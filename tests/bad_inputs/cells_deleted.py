"""The cells of a question were deleted, check and all: graded where the answer is, and the student is told."""

import json


def submit(folder, notebook):
    notebook["cells"] = [c for c in notebook["cells"] if c["metadata"].get("llmcourse", {}).get("question") != "q1"]
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


SCORE = 6
TELLS = "The cells of q1 are gone; it was graded after the cell that defines its answer"
