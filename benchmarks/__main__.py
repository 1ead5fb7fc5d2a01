"""``make bench``: every benchmark three times, each time in a process of its own; exit status 1 where a target is missed.

Prints what the machine is, and of each figure the least, the median and the most of the runs; the median must meet the
target. Names as arguments run only those, ``--runs`` says how often: ``python -m benchmarks grading --runs 1``.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.report import RESULTS, machine_line, spread, spread_lines

FOLDER = Path(__file__).parent
HELPERS = {"__init__", "__main__", "report", "ladder", "mutants", "gpu"}


def measure(name: str, runs: int) -> bool:
    """Run one benchmark so often, print and write the table of all runs, and say whether its medians meet the targets."""
    path = RESULTS / f"{name}.json"
    records = []
    for _ in range(runs):
        path.unlink(missing_ok=True)
        subprocess.run([sys.executable, FOLDER / f"{name}.py"], check=False)
        if not path.exists():  # it broke off, and has said why
            return False
        records.append(json.loads(path.read_text(encoding="utf-8")))
    rows = spread([record["rows"] for record in records])
    print(f"\n{name}: least, median and most of {runs} run{'s' * (runs > 1)}\n{machine_line(records[0]['machine'])}")
    print(*spread_lines(rows), sep="\n", flush=True)
    path.write_text(json.dumps(records[-1] | {"rows": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return all(row["verdict"] != "MISS" for row in rows)


def main(arguments: list[str]) -> int:
    known = sorted(p.stem for p in FOLDER.glob("*.py") if p.stem not in HELPERS)
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the library and the grader.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(known)}; all, unless given")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run (3)")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in known]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}; there are {', '.join(known)}")
    if chosen.runs < 1:
        parser.error(f"--runs must be at least 1, got {chosen.runs}")
    failed = [name for name in chosen.names or known if not measure(name, chosen.runs)]
    if failed:
        print(f"\nmissed a target: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
