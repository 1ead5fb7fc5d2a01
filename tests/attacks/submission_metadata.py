"""Hand in a notebook whose metadata claims points, roles, questions and tests of its own."""


def submit(folder, notebook):
    import json

    notebook["metadata"]["llmcourse"] |= {"score": 9999, "tests": [], "limits": {"total": 10**9}, "questions": {"q9": 100}}
    notebook["metadata"]["otter"] = {"assignment_name": "mini", "tests": {"q3": {"points": 100, "suites": []}}}
    for cell in notebook["cells"]:
        cell["metadata"]["llmcourse"] = {"question": "__class__", "role": "answer", "points": 100}
        cell["metadata"]["otter"] = {"tests": ["q1", "q2", "q3"], "points": 9999}
    (folder / "mini.ipynb").write_text(json.dumps(notebook))
