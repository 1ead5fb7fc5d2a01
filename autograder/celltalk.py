"""What a student is told of the cells that were run: which one stopped, at which line, and what did nothing while grading."""

from collections.abc import Iterable, Sequence

from autograder.checks import LINE, shorten
from autograder.submission import CodeCell

MAX_STOPPED = 5  # cells that are named; the others mostly follow from these
MAX_TOLD = 5
MAX_SILENT = 12


def called(cell: CodeCell) -> str:
    """A cell by what a student can find in the notebook: Jupyter shows no numbers for it."""
    if cell.question:
        return f"the cell of {cell.question}"
    if cell.role == "setup":
        return "the first cell"
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    return f"the cell that begins with `{shorten(first, 60)}`"


def stopped(cell: CodeCell, error: str) -> str:
    """One sentence about a cell that raised ``error``."""
    sentence = f"{called(cell)} stopped with {error}"
    if error.startswith(("SyntaxError", "IndentationError", "TabError")):
        return f"{sentence}; nothing of it was run."
    return f"{sentence}; the lines after it were not run." if LINE.search(error) else sentence


def silenced(asked: Iterable[tuple[CodeCell, Sequence[tuple[str, str]]]]) -> list[str]:
    """Sentences about all that cells asked for in vain: one about what did nothing, and those that cells made of their own."""
    told, cells_of = list[str](), dict[str, list[str]]()
    for cell, said in asked:
        for kind, text in said:
            if kind == "told":
                told.append(f"In {called(cell)}, {text}")
            else:
                cells_of.setdefault(text, []).append(called(cell))
    notes = told[:MAX_TOLD]
    if cells_of:
        parts = [f"`{shorten(text, 60)}` in {' and in '.join(list(dict.fromkeys(cells))[:3])}"
                 for text, cells in cells_of.items()]
        more = f", and {len(parts) - MAX_SILENT} more" if len(parts) > MAX_SILENT else ""
        notes.append("While grading there is no shell, no debugger, no disk and no screen, and nobody types. So this did "
                     f"nothing: {'; '.join(parts[:MAX_SILENT])}{more}.")
    return notes


def sentence(text: str) -> str:
    """With a capital letter; what follows is as it was."""
    return text[:1].upper() + text[1:]
