"""The command ``autograder``: assign, grade, doctor, and what Gradescope calls."""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from autograder import doctor
from autograder.isolation.plan import LAYERS
from autograder.results import Report, sanitise, write_results

if TYPE_CHECKING:
    from autograder.assignment import Assignment

Work: TypeAlias = tuple[str, str, int | None, bool, str, float]  # assignment, submission, seed, unsafe, results, patience
ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0 done, 1 a master or submission is at fault, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except (FileNotFoundError, ValueError) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Assign, check and grade the course's exercises.")
    verbs = parser.add_subparsers(required=True, metavar="assign | grade | doctor | isolation | gradescope")

    verb = verbs.add_parser("assign", help="make student notebooks, Gradescope zips, the nbgrader course, the student bundle")
    verb.add_argument("units", nargs="*", metavar="UNIT", help="such as 02_ngrams; all units where none is named")
    verb.add_argument("--root", type=Path, default=ROOT, help="the repository (default: where this package lies)")
    verb.add_argument("--notebooks", type=Path, help="where the student notebooks go (default: ROOT/notebooks)")
    verb.add_argument("--dist", type=Path, help="where the rest goes (default: ROOT/dist)")
    verb.set_defaults(run=run_assign)

    verb = verbs.add_parser("grade", help="grade submissions of one assignment")
    verb.add_argument("assignment", metavar="UNIT-or-ZIP",
                      help="a unit such as 02_ngrams, a zip made by assign, or auto: by the start of each file's name")
    verb.add_argument("submissions", nargs="+", type=Path, metavar="SUBMISSION", help="notebooks, zips, or folders of them")
    verb.add_argument("--results", type=Path, help="write Gradescope's results.json here (a folder for several submissions)")
    verb.add_argument("--csv", type=Path, help="write a table of all scores here")
    verb.add_argument("--seed", type=int, help="seed of the hidden tests, to repeat a run (default: a fresh one)")
    verb.add_argument("--unsafe", action="store_true", help="grade even where submissions are not contained")
    verb.add_argument("--patience", type=float, default=1.0, metavar="FACTOR",
                      help="what the time limits are multiplied by, such as 3 on a slow machine (default: 1)")
    verb.add_argument("--jobs", type=int, default=0, help="submissions graded at a time (default: one a core)")
    verb.add_argument("--quiet", action="store_true", help="only the table, not every test")
    verb.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    verb.set_defaults(run=run_grade)

    doctor.add_arguments(verbs.add_parser("doctor", help="see whether this machine is ready for the notebooks"))

    verb = verbs.add_parser("gradescope", help="grade inside Gradescope's container (called by run_autograder)")
    verb.add_argument("folder", type=Path, help="/autograder: holds source/, submission/, results/")
    verb.set_defaults(run=run_gradescope)

    verb = verbs.add_parser("isolation", help="try how well a submission would be contained on this machine")
    verb.add_argument("--json", action="store_true", help="print JSON instead of a table")
    verb.add_argument("--without", action="append", default=[], choices=LAYERS, help="leave a layer out, to see it missed")
    verb.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    verb.set_defaults(run=run_isolation)
    return parser


def masters(root: Path, units: list[str]) -> list[Path]:
    """Paths of the masters of these units, of all units where none is named. Raises ValueError for an unknown one."""
    known = {p.stem: p for p in sorted((root / "solutions").glob("[0-9][0-9]_*.py"))}
    unknown = [unit for unit in units if unit not in known]
    if unknown:
        raise ValueError(f"unknown unit {unknown[0]!r}; there are {', '.join(known)}")
    return [known[unit] for unit in units] or list(known.values())


def run_assign(options: argparse.Namespace) -> int:
    from autograder.assign import assign

    assign(masters(options.root, options.units), options.notebooks or options.root / "notebooks",
           options.dist or options.root / "dist", everything=masters(options.root, []))
    return 0


def run_grade(options: argparse.Namespace) -> int:
    given = [p for path in options.submissions for p in (_inside(path) if path.is_dir() else [path])]
    units = [_unit_of(path, options) if options.assignment == "auto" else options.assignment for path in given]
    work = [(str(_assignment_path(unit, options.root)), str(path), options.seed, options.unsafe, str(options.results or ""),
             options.patience) for unit, path in zip(units, given, strict=True)]
    reports: list[tuple[Path, Report]] = []
    for number, report in enumerate(_graded(work, options.jobs or os.cpu_count() or 1), 1):
        path = given[number - 1]
        reports.append((path, report))
        if len(given) > 1:
            print(f"\r{number}/{len(given)} {path.name[:50]:50}", end="", file=sys.stderr, flush=True)
        if options.results:
            write_results(report, options.results / f"{path.name}.json" if len(given) > 1 else options.results)
        if report.machine:
            raise ValueError(report.machine)
    if len(given) > 1:
        print(file=sys.stderr)
    if not options.quiet:
        for path, report in reports:
            print(describe(path.name, report))
    if options.quiet or len(reports) > 1:
        print(table([row(path, report) for path, report in reports]))
    if options.csv:
        if len({report.assignment for _, report in reports}) > 1:
            raise ValueError("--csv holds one column a test: grade one assignment at a time")
        write_csv(options.csv, reports)
    return 0


def _graded(work: list[Work], jobs: int) -> Iterator[Report]:
    """Reports in the order of the work; several submissions at a time where there are several cores."""
    if jobs == 1 or len(work) == 1:
        yield from map(_grade_one, work)
        return
    with ProcessPoolExecutor(min(jobs, len(work)), mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_grade_one, work)


def _grade_one(item: Work) -> Report:
    from autograder.grade import grade

    assignment, submission, seed, unsafe, results, patience = item
    folder = Path(results) if results and Path(results).is_dir() else Path(results).parent if results else None
    loaded = _load(assignment)
    loaded = replace(loaded, limits=loaded.limits.times(patience))
    return grade(loaded, Path(submission), seed, unsafe=unsafe, results=folder)


@cache
def _load(path: str) -> Assignment:
    if path.endswith(".zip"):
        from autograder.assignment import from_zip
        return from_zip(Path(path))
    from autograder.assign import assignment_of
    from autograder.master import read_master
    return assignment_of(read_master(Path(path)))


def _assignment_path(unit: str, root: Path) -> Path:
    path = Path(unit)
    return path if path.suffix == ".zip" else masters(root, [unit])[0]


def _unit_of(path: Path, options: argparse.Namespace) -> str:
    """The unit whose name the file's name starts with. Raises ValueError where there is none."""
    found = [m.stem for m in masters(options.root, []) if path.name.startswith(m.stem)]
    if not found:
        raise ValueError(f"the name of {path.name} does not start with a unit's; name the unit instead of auto")
    return found[0]


def _inside(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    if not found:
        raise ValueError(f"the folder {folder} holds no submission")
    return found


def run_gradescope(options: argparse.Namespace) -> int:
    from autograder.assignment import from_folder
    from autograder.grade import grade, nothing_graded

    results = options.folder / "results" / "results.json"
    for name in ("source", "submission", "results"):
        with contextlib.suppress(OSError):  # on an instructor's machine the folders may belong to somebody else
            (options.folder / name).chmod(0o700)
    assignment = from_folder(options.folder / "source")
    unfinished = "Grading did not finish. Submit again; if it happens twice, tell your instructor."
    write_results(nothing_graded(assignment, unfinished), results)
    report = grade(assignment, options.folder / "submission", results=results.parent)
    report.instructor["submission"] = _metadata(options.folder / "submission_metadata.json")
    write_results(report, results)
    if report.machine:
        raise ValueError(report.machine)
    print(table([row(options.folder / "submission", report)]))
    return 0


def run_isolation(options: argparse.Namespace) -> int:
    """Print the tier and every verdict; exit status 1 where submissions are not contained."""
    from autograder.isolation.plan import available, default
    from autograder.isolation.probe import probe

    plan = default(tuple(layer for layer in available() if layer not in options.without))
    solutions = options.root / "solutions"
    with tempfile.TemporaryDirectory() as results:
        found = probe(plan, tuple(str(p) for p in (solutions, *sorted(solutions.glob("*.py")))), results)
    print(json.dumps(found.as_dict(), indent=1) if options.json else found.table())
    return 0 if found.contained else 1


def _metadata(path: Path) -> dict[str, object]:
    """The fields of Gradescope's metadata that an instructor may want beside a report; empty where there are none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: data[key] for key in ("id", "created_at") if isinstance(data, dict) and key in data}


# --- tables -----------------------------------------------------------------------------------------------------------

def describe(name: str, report: Report) -> str:
    """Every test of a report, as a student would read it."""
    lines = [f"{name}: {report.score:g} of {report.max_score:g} points, {report.seconds:.1f} s "
             f"(seed {report.seed}, isolation {tier(report)})"]
    lines += [f"  {note}" for note in report.notes]
    for test in report.tests:
        mark, hidden = ("✓" if test.passed else "✗"), " (hidden)" if test.hidden else ""
        lines.append(f"  {mark} {test.question} {test.name}{hidden}: {test.score:g}/{test.points:g}")
        if not test.passed:
            lines += [f"      {line}" for line in test.message.splitlines()]
    return sanitise("\n".join(lines), limit=100_000)


def tier(report: Report) -> str:
    """The isolation tier of a report, with a warning where there was none."""
    if report.isolation is None:
        return "not tried"
    return report.isolation.tier if report.isolation.contained else f"{report.isolation.tier} UNISOLATED"


def row(submission: Path, report: Report) -> list[str]:
    name = submission.name
    name = name if name.startswith(report.assignment) else f"{report.assignment} {name}"
    return [name, f"{report.score:g}/{report.max_score:g}", f"{report.seconds:.1f}", report.summary]


def table(rows: list[list[str]], head: tuple[str, ...] = ("submission", "score", "seconds", "what the student is told")) -> str:
    """Rows under a head, columns as wide as they need to be, the last one cut to a line."""
    rows = [[sanitise(cell, 200) for cell in r] for r in rows]
    rows = [list(head), *[[*r[:-1], r[-1] if len(r[-1]) <= 100 else r[-1][:99] + "…"] for r in rows]]
    widths = [max(len(r[i]) for r in rows) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)).rstrip() for r in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def write_csv(path: Path, reports: list[tuple[Path, Report]]) -> None:
    """One row a submission: its score, and the points of every test."""
    names = [f"{t.question}: {t.name}" for t in reports[0][1].tests]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["submission", "score", "max_score", "seconds", "seed", "told", *names])
        for submission, report in reports:
            writer.writerow([submission.name, report.score, report.max_score, round(report.seconds, 2), report.seed,
                             report.summary, *[t.score for t in report.tests]])
