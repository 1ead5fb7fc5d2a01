"""What runs inside the container (``container.py``): questions such as ["attack", "daemon"] come in, JSON goes out.

With the word ``bare`` it does as if there were no bubblewrap.
"""

import json
import os
import sys
from unittest.mock import patch

from attacks import harness

from autograder.isolation import plan
from autograder.isolation.plan import available, default
from autograder.isolation.probe import probe
from autograder.session import Session


def tier() -> dict[str, object]:
    """The layers that can be put on here, and what the canary says of them."""
    found = probe(default())
    return {"layers": available(), "tier": found.tier, "table": found.table()}


def blind(name: str) -> harness.Verdict:
    """An attack while nobody looks at the worker's memory, so that the kernel has to end somebody."""
    with patch.object(Session, "_watch_memory"), patch.object(Session, "_watch_room"):
        return harness.try_attack(name)


ANSWERS = {"attack while nobody looks": blind, "attack": harness.try_attack, "bad input": harness.try_bad_input, "tier": tier}


def main() -> None:
    """Answer until nobody asks any more. What is printed meanwhile goes to the log, so that the answers stay alone."""
    if "bare" in sys.argv[1:]:
        plan._namespaces = False
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        kind, *names = json.loads(line)
        print(json.dumps(ANSWERS[kind](*names)), file=answers, flush=True)


if __name__ == "__main__":
    main()
