"""``make bench``: every benchmark one after another, each in a process of its own; exit status 1 where a target is missed.

Names as arguments run only those: ``python -m benchmarks grading``.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
HELPERS = {"__init__", "__main__", "report", "ladder"}


def main(names: list[str]) -> int:
    known = sorted(p.stem for p in FOLDER.glob("*.py") if p.stem not in HELPERS)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = [name for name in names or known
              if subprocess.run([sys.executable, FOLDER / f"{name}.py"], check=False).returncode]
    if failed:
        print(f"\nmissed a target: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
