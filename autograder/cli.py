"""The command ``autograder``: assign, grade, regrade, doctor, and what Gradescope calls."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

from autograder import doctor
from autograder.isolation.plan import LAYERS
from autograder.results import write_results
from autograder.tables import one_line, row, table

PACKAGES = Path(__file__).resolve().parent.parent
ROOT = PACKAGES if (PACKAGES / "solutions").is_dir() else Path()  # installed: the current folder


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0 done, 1 a master or submission at fault, 2 wrong usage, 130 Ctrl-C,
    141 when nobody reads the output any more.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except (FileNotFoundError, ValueError) as error:
        print(f"autograder: {one_line(str(error), 2000)}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("autograder", "llmcourse")):
            raise
        print(f"autograder: this needs the package {error.name}: install the course with what grading takes, which is "
              "python -m pip install '.[grade,cells,sandbox]' in its repository", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("autograder: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads the output has seen enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more when it ends
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Assign, check and grade the course's exercises.")
    verbs = parser.add_subparsers(required=True,
                                  metavar="assign | grade | regrade | written | doctor | isolation | gradescope")

    verb = verbs.add_parser("assign", help="make student notebooks, Gradescope zips, the nbgrader course, the student bundle")
    verb.add_argument("units", nargs="*", metavar="UNIT", help="such as 02_ngrams; all units where none is named")
    verb.add_argument("--root", type=Path, default=ROOT,
                      help="the course's repository (default: where this package lies, or here)")
    verb.add_argument("--notebooks", type=Path, help="where the student notebooks go (default: ROOT/notebooks)")
    verb.add_argument("--dist", type=Path, help="where the rest goes (default: ROOT/dist)")
    verb.set_defaults(run=run_assign)

    verb = verbs.add_parser("grade", help="grade submissions of one assignment; a run that was stopped goes on from there")
    verb.add_argument("--afresh", action="store_true", help="grade all, also what an earlier run has graded already")
    verb.add_argument("--resume", action="store_true", help="grade only what is missing or has changed (what happens anyway)")
    verb.add_argument("--seed", type=int, help="seed of the hidden tests, to repeat a run (default: a fresh one)")
    verb.add_argument("--quiet", action="store_true", help="only the table, not every test")
    verb.add_argument("--gradebooks", type=Path, metavar="FOLDER", help="write gradebooks for Canvas, Moodle, Gradescope here")
    verb.add_argument("--feedback", type=Path, metavar="FOLDER", help="write a text for each student here: tests and hints")
    verb.add_argument("--report", type=Path, metavar="HTML", help="write the instructor's report here; it opens from disk")
    verb.add_argument("--written", type=Path, metavar="POINTS.CSV",
                      help="add the points of written answers from this table, which `autograder written` makes, to the scores")
    verb.add_argument("--due", metavar="TIME", help="when it was due, such as 2026-11-20T23:59+01:00: who was late?")
    _add_cohort(verb)
    verb.set_defaults(run=run_grade)

    verb = verbs.add_parser("regrade", help="after a test has changed: whose score moves, and why")
    verb.add_argument("--apply", action="store_true", help="keep the new results in place of the old ones")
    _add_cohort(verb)
    verb.set_defaults(run=run_regrade)

    verb = verbs.add_parser("written", help="pages of the answers that a person reads, and a table for points")
    verb.add_argument("assignment", metavar="UNIT", help="a unit such as 02_ngrams")
    verb.add_argument("submissions", nargs="+", type=Path, metavar="SUBMISSION", help="notebooks, folders, zips, exports")
    verb.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the pages go")
    verb.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    verb.set_defaults(run=run_written)

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


def _add_cohort(verb: argparse.ArgumentParser) -> None:
    """What grading and grading again have in common."""
    verb.add_argument("assignment", metavar="UNIT-or-ZIP",
                      help="a unit such as 02_ngrams, a zip made by assign, or auto: as each file's name or notebook says")
    verb.add_argument("submissions", nargs="+", type=Path, metavar="SUBMISSION",
                      help="notebooks, folders, zips, what Canvas, Moodle or Gradescope exports")
    verb.add_argument("--results", type=Path, help="write Gradescope's results.json here (a folder for several submissions)")
    verb.add_argument("--csv", type=Path, help="write a table of all scores here")
    verb.add_argument("--unsafe", action="store_true", help="grade even where submissions are not contained")
    verb.add_argument("--patience", type=float, default=1.0, metavar="FACTOR",
                      help="what the time limits are multiplied by, such as 3 on a slow machine (default: 1)")
    verb.add_argument("--jobs", type=int, default=0, help="submissions graded at a time (default: one a core)")
    verb.add_argument("--scheduler", metavar="ADDRESS",
                      help="let Dask's workers grade: the address of a scheduler, or local for a cluster on this machine")
    verb.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)


def masters(root: Path, units: list[str]) -> list[Path]:
    """Paths of the masters of these units, of all units where none is named. Raises ValueError for an unknown one."""
    known = {p.stem: p for p in sorted((root / "solutions").glob("[0-9][0-9]_*.py"))}
    if not known:
        raise ValueError(f"there are no masters in {(root / 'solutions').absolute()}: run this in the course's repository, or "
                         "name it with --root (to grade with a Gradescope zip in place of the unit needs no repository)")
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
    from autograder.cohort import command

    return command.run_grade(options, masters)


def run_regrade(options: argparse.Namespace) -> int:
    from autograder.cohort import command

    return command.run_regrade(options, masters)


def run_written(options: argparse.Namespace) -> int:
    """Write the pages of the written answers."""
    from autograder.cohort.command import handed_in
    from autograder.master import read_master
    from autograder.written import write_pages, written_questions

    master = read_master(masters(options.root, [options.assignment])[0])
    if not written_questions(master):
        raise ValueError(f"{master.name} has no written question")
    pages, kept = write_pages(master, handed_in(options.submissions), options.to)
    already = f" ({kept} points that stood there are kept)" if kept else ""
    print(f"{len(pages)} pages in {options.to}; enter the points in {options.to / 'points.csv'}{already}, and give it to "
          f"autograder grade {options.assignment} … --written")
    return 0


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
    print(table([row("submission", report)]))
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
