"""Assign, check and grade the course's exercises."""

__all__ = ["Notebook"]


def __getattr__(name: str) -> object:
    """``Notebook`` when it is asked for: grading starts several processes that do without."""
    if name == "Notebook":
        from autograder.desk import Notebook

        return Notebook
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
