"""Make the sample submissions in tests/submissions: ``python tests/make_submissions.py``.

Each is the student notebook of a unit, filled in the way a certain kind of student would. A test makes them again and
wants no difference, so that they follow every change of a master.
"""

import ast
import builtins
import copy
import inspect
import sys
from pathlib import Path
from textwrap import indent

import nbformat
from units import UNITS, master, mistakes, solution_names

from autograder.notebook import student_notebook, write_notebook

FOLDER = Path(__file__).parent / "submissions"


def answers(unit: str) -> dict[str, list[str]]:
    """The solved answer cells of every question."""
    solved: dict[str, list[str]] = {}
    for cell in master(unit).cells:
        if cell.answer:
            solved.setdefault(cell.question, []).append(cell.solution)
    return solved


def filled(unit: str, given: dict[str, list[str]]) -> nbformat.NotebookNode:
    """The student notebook with these answers; questions that are not given stay blank."""
    notebook = copy.deepcopy(student_notebook(master(unit)))
    rest = {q: list(cells) for q, cells in given.items()}
    for cell in notebook.cells:
        mark = cell.metadata.get("llmcourse", {})
        if mark.get("role") == "answer" and rest.get(mark["question"]):
            cell.source = rest[mark["question"]].pop(0)
    return notebook


def scratch(notebook: nbformat.NotebookNode, after: str | None, source: str) -> nbformat.NotebookNode:
    """Add a cell of the student's own after the check of a question, or at the end."""
    cell = nbformat.v4.new_code_cell(source, id="scratch")
    place = len(notebook.cells)
    for i, other in enumerate(notebook.cells):
        mark = other.metadata.get("llmcourse", {})
        if mark.get("role") == "check" and mark.get("question") == after:
            place = i + 1
    notebook.cells.insert(place, cell)
    return notebook


def as_student_code(mistake, name: str) -> str:
    """The source of a known mistake as a student would have written it: under the asked name, without the hint."""
    function = ast.parse(inspect.getsource(mistake)).body[0]
    function.name = name
    function.body = function.body[1:]
    return ast.unparse(function)


def replace_function(source: str, name: str, by: str) -> str:
    """The source of a cell with one of its functions written differently."""
    node = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == name)
    lines = source.splitlines()
    return "\n".join([*lines[: node.lineno - 1], by, *lines[node.end_lineno:]])


def self_contained(mistake, names: dict) -> bool:
    """Whether a known mistake uses nothing but built-in names and what the notebook offers."""
    if not inspect.isfunction(mistake) or mistake.__name__ == "<lambda>":
        return False
    nodes = list(ast.walk(ast.parse(inspect.getsource(mistake))))
    bound = {n.arg for n in nodes if isinstance(n, ast.arg)} | {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    bound |= {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    used = {n.id for n in nodes if isinstance(n, ast.Name)} - bound
    return all(n in names or hasattr(builtins, n) for n in used)


def with_mistakes(unit: str) -> dict[str, list[str]]:
    """Answers in which every function that has one makes its first self-contained mistake."""
    given, names = answers(unit), solution_names(unit)
    for name, wrong in mistakes(unit).items():
        usable = [m for m in wrong if self_contained(m, names)]
        for cells in given.values():
            for i, source in enumerate(cells):
                if usable and name in _definitions(source):
                    cells[i] = replace_function(source, name, as_student_code(usable[0], name))
    return given


def _definitions(source: str) -> list[str]:
    """Names of the functions a cell defines; none for prose."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def never_ends(unit: str) -> str:
    """A loop without end: the first unit's computes, the others' sleep, so that grading them takes no processor from others."""
    return "n = 1\nwhile n > 0:\n    n = n + 1" if unit == UNITS[0] else "import time\nwhile True:\n    time.sleep(1)"


def endless(unit: str) -> dict[str, list[str]]:
    """Answers in which the first question's function never returns."""
    given = answers(unit)
    first = next(iter(given))
    name = next(d for source in given[first] for d in _definitions(source))
    given[first] = [f"def {name}(*arguments):\n" + indent(never_ends(unit), "    ")]
    return given


def samples(unit: str) -> dict[str, nbformat.NotebookNode | str]:
    """Every sample of a unit by the end of its file name."""
    solved = answers(unit)
    auto = [q.name for q in master(unit).questions if not q.manual]
    functions = [name for source in (s for q in auto for s in solved[q]) for name in _definitions(source)]
    reuse = "# notes to myself: what I still want to look up\n" + "\n".join(f'{name} = "done"' for name in functions)
    return {
        "full": filled(unit, solved),
        "blank": filled(unit, {}),
        "half": filled(unit, {q: solved[q] for q in auto[: len(auto) // 2]}),
        "misconceptions": filled(unit, with_mistakes(unit)),
        "reused_names": scratch(filled(unit, solved), None, reuse),
        "endless_function": filled(unit, endless(unit)),
        "endless_cell": scratch(filled(unit, solved), auto[1], never_ends(unit)),
        "not_json": f"I could not download the notebook of {unit}, so here is my text instead.\n",
    }


def make(folder: Path) -> list[Path]:
    """Write all samples of all units; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for unit in UNITS:
        for name, content in samples(unit).items():
            path = folder / f"{unit}_{name}.ipynb"
            if isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                write_notebook(content, path)
            paths.append(path)
    return paths


if __name__ == "__main__":
    print(f"{len(make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))} submissions written")
