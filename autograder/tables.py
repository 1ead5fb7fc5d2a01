"""Reports as text for a terminal: every test as a student reads it, and a table of many."""

from collections.abc import Sequence

from autograder.results import Report, sanitise


def one_line(text: str, limit: int = 300) -> str:
    """Text that can stand in a row of a table or on a terminal: no line breaks, no escape codes, no tags."""
    shown = text.encode("utf-8", "replace").decode()  # a name that is not UTF-8 has ? in it
    return " ".join(sanitise(shown, limit).split())


def describe(name: str, report: Report) -> str:
    """Every test of a report, as a student would read it."""
    lines = [f"{one_line(name)}: {report.score:g} of {report.max_score:g} points, {report.seconds:.1f} s "
             f"(seed {report.seed}, isolation {tier(report)})"]
    return sanitise("\n".join([*lines, *(f"  {line}" for line in told(report))]), limit=100_000)


def told(report: Report) -> list[str]:
    """What a student is told, line by line: the notes, and of every test whether it passed and why not.

    Where nothing was graded, that is said once and not for every test.
    """
    lines = list(report.notes)
    for test in [] if report.refused else report.tests:
        mark, hidden = ("✓" if test.passed else "✗"), " (hidden)" if test.hidden else ""
        lines.append(f"{mark} {test.question} {test.name}{hidden}: {test.score:g}/{test.points:g}")
        if not test.passed:
            lines += [f"    {line}" for line in test.message.splitlines()]
    return lines


def tier(report: Report) -> str:
    """The isolation tier of a report, with a warning where there was none."""
    if report.isolation is None:
        return "not tried"
    return report.isolation.tier if report.isolation.contained else f"{report.isolation.tier} UNISOLATED"


def row(name: str, report: Report) -> list[str]:
    """A report's row in the table."""
    name = name if name.startswith(report.assignment) else f"{report.assignment} {name}"
    return [name, f"{report.score:g}/{report.max_score:g}", f"{report.seconds:.1f}", report.summary]


def table(rows: Sequence[Sequence[str]],
          head: tuple[str, ...] = ("submission", "score", "seconds", "what the student is told")) -> str:
    """Rows under a head, columns as wide as they need to be, the last one cut to a line."""
    lines = [list(head)]
    for cells in rows:
        lines.append([*(one_line(cell, 80) for cell in cells[:-1]), one_line(cells[-1], 100)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([text[0], "  ".join("-" * width for width in widths), *text[1:]])
