"""What a test cell of an nbgrader notebook calls: one test, run inside that notebook's own process."""

from collections.abc import Callable, Mapping

from autograder.testfile import Case

HINT = "Hint: "


def run_test(test: Callable[..., object], names: Mapping[str, object]) -> None:
    """Call a test with the names it asks for. Raises AssertionError, without a long traceback, where it fails."""
    failure = Case(test.__name__, 0, False, None, test).run(names)
    if failure is not None:
        raise AssertionError(f"{HINT}{failure.hint}\n{failure.detail}" if failure.hint else failure.detail) from None
