"""The instructor's report: one HTML file that opens from disk and asks no other host for anything."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median
from typing import Any

from autograder.cohort import similar, statistics
from autograder.cohort.journal import Journal
from autograder.cohort.records import Record
from autograder.cohort.run import Run, records
from autograder.results import in_one_step, sanitise
from autograder.tables import one_line

TEMPLATE = "report.html"
SHOWN = 30  # rows of a list of mistakes


def write_report(path: Path, run: Run, journal: Journal) -> None:
    """Write the report of a run, in one step."""
    with in_one_step(path) as file:
        file.write(render(run, journal))


def render(run: Run, journal: Journal) -> str:
    """The report as HTML; everything that comes from students is escaped, and has lost its control characters."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
                                     lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"line": lambda text: one_line(str(text), 400), "code": lambda text: sanitise(str(text), 4000)}
    units = statistics.units_of(_named(run, journal))
    skeletons = {unit["config"]["name"]: set(unit["skeleton"]) for unit in run.units if unit}
    shown = [{"unit": unit, "pairs": similar.pairs(unit.answers, unit.wrong, skeletons.get(unit.name, set())),
              "bars": bars(unit.histogram), "mean": fmean(unit.scores or [0]), "median": median(unit.scores or [0])}
             for unit in units]
    return environment.get_template(TEMPLATE).render(
        units=shown, ignored=run.found.ignored, troubles=run.troubles, limit=SHOWN, examples=statistics.EXAMPLES)


def _named(run: Run, journal: Journal) -> Iterator[tuple[str, Record]]:
    """Every record under its student's name; where two have the same, with the file's name too."""
    often = Counter(entry.who for entry in run.entries)
    for entry, record in records(run, journal):
        yield (entry.who if often[entry.who] == 1 else f"{entry.who} ({entry.file})"), record


def bars(histogram: list[tuple[str, int]], width: int = 560, height: int = 140) -> list[dict[str, Any]]:
    """Rectangles of a bar chart: place, size, label and number of each."""
    most = max((n for _, n in histogram), default=0) or 1
    step = width / max(1, len(histogram))
    return [{"x": round(i * step + 3, 1), "width": round(step - 6, 1), "height": round(height * n / most, 1),
             "y": round(20 + height - height * n / most, 1), "label": label, "n": n} for i, (label, n) in enumerate(histogram)]
