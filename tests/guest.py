"""What runs inside the container (``container.py``): questions such as ["attack", "daemon"] come in, JSON goes out."""

import json
import os
import sys

from attacks import harness

from autograder.isolation.plan import available, default
from autograder.isolation.probe import probe


def tier() -> dict[str, object]:
    """The layers that can be put on here, and what the canary says of them."""
    found = probe(default())
    return {"layers": available(), "tier": found.tier, "table": found.table()}


ANSWERS = {"attack": harness.try_attack, "bad input": harness.try_bad_input, "tier": tier}


def main() -> None:
    """Answer until nobody asks any more. What is printed meanwhile goes to the log, so that the answers stay alone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        kind, *names = json.loads(line)
        print(json.dumps(ANSWERS[kind](*names)), file=answers, flush=True)


if __name__ == "__main__":
    main()
