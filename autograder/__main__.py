"""``python -m autograder``. At a student's desk, where the grader itself is not installed, it has one verb: doctor."""

import sys

if sys.argv[1:2] == ["doctor"]:
    from autograder.doctor import main
    raise SystemExit(main(sys.argv[2:]))
try:
    from autograder.cli import main
except ModuleNotFoundError as error:
    if error.name != "autograder.cli":
        raise
    raise SystemExit("autograder: at a student's desk there is one verb: python -m autograder doctor") from None
raise SystemExit(main())
