"""Run one test inside a notebook's own process, as the test cells of an nbgrader notebook do."""

from collections.abc import Callable, Mapping

from autograder.testfile import Case

HINT = "Hint: "


def run(test: Callable, names: Mapping[str, object]) -> None:
    """Call a test with the names it asks for. Raises AssertionError, without a long traceback, where it fails."""
    failure = Case(test.__name__, 0, False, None, test).run(names)
    if failure is not None:
        raise AssertionError(f"{HINT}{failure.hint}\n{failure.detail}" if failure.hint else failure.detail) from None
