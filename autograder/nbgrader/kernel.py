"""An extension of IPython that nbgrader's kernels load: cells find the packages and the stand-ins that the grader's worker has.

nbgrader runs notebooks in the instructor's environment, where there is more than on Gradescope and, for Colab, less. With this,
one notebook has one score on both.
"""

import builtins
import sys
from typing import Any

from autograder.cells.code import IMPORT_FAILED, Imports
from autograder.cells.standins import Missing, Packages, Silenced, StandIns, reason


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython with its shell, before any cell is run."""
    Packages(torch=True, everywhere=False).install()
    sys.meta_path.insert(0, StandIns(Silenced()))
    shell.ast_transformers.append(Imports())
    vars(builtins)[IMPORT_FAILED] = import_failed
    if kernel := getattr(shell, "kernel", None):
        kernel.raw_input = kernel.getpass = lambda *args, **kwargs: ""  # nobody types


def import_failed(error: ImportError, statement: str, line: int) -> Missing:
    """Say in the cell's output that an import did not work, and give what its name is from now on."""
    why = f"`{statement}` did not work: {reason(error)}"
    print(f"line {line}: {why}", file=sys.stderr)
    return Missing(why)
