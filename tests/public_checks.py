"""Every public check of the solved sample notebooks, with nothing but NumPy and the student bundle's wheel.

``python tests/public_checks.py`` in any environment says for each unit how many questions pass; it needs no other package, and
where PyTorch is missing it leaves out the questions that need it. Run ``autograder assign`` first, which makes the bundle.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "dist" / "student" / "llmcourse-student.zip"


def run(notebook: Path) -> dict[str, str]:
    """What is said of each question when the cells of a solved notebook run in the current folder: "" where it passes."""
    said, names, broken = {}, {"__name__": "__main__"}, ""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        if source.startswith("grader.check("):
            result = eval(source, names)
            said[result.question] = "" if result.passed else broken or repr(result)
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, notebook.name, "exec"), names)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            broken = "needs torch"
    return said


def main(bundle: Path = BUNDLE) -> int:
    import numpy

    print(f"Python {sys.version.split()[0]}, NumPy {numpy.__version__}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(bundle) as archive:
            for name in archive.namelist():
                if name.endswith((".whl", ".ipynb")):
                    (Path(folder) / Path(name).name).write_bytes(archive.read(name))
        os.chdir(folder)
        for path in sorted((ROOT / "tests" / "submissions").glob("*_full.ipynb")):
            said = run(path)
            wrong = {q: text for q, text in said.items() if text not in ("", "needs torch")}
            passed, torch = sum(not text for text in said.values()), sum(text == "needs torch" for text in said.values())
            more = f", {torch} need torch" if torch else ""
            print(f"{path.stem.removesuffix('_full')}: {passed} of {len(said)} questions pass{more}")
            print("\n".join(wrong.values()), end="\n" * bool(wrong))
            failed += len(wrong)
        os.chdir(ROOT)
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
