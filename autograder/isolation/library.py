"""The part of the course's library that a graded cell may import: what holds no solution.

This is the one list of it. The worker's import hook, what the worker may read, the students' bundle and the image that
``gradescope/setup.sh`` makes all follow it; ``python -m autograder.isolation.library FOLDER`` prints the paths for the last.
"""

import sys
from pathlib import Path

OPEN = ("arguments", "corpora", "corpus", "plots", "vocabulary")  # of llmcourse; they import only one another


def is_open(module: str) -> bool:
    """Whether ``llmcourse`` or a module of it, by its full name, may be imported by a graded cell."""
    package, *inside = module.split(".")
    return package == "llmcourse" and (not inside or inside[0] in OPEN)


def open_paths(package: Path) -> list[Path]:
    """Files and folders of the open part, in the folder of the package ``llmcourse``: what must be there to import it."""
    modules = [package / name if (package / name).is_dir() else package / f"{name}.py" for name in OPEN]
    return [package / "__init__.py", *modules]


def closed_files(package: Path) -> list[Path]:
    """The files of the package ``llmcourse`` that hold solutions, as far as they are there."""
    return sorted(p for p in package.rglob("*.py") if not is_open(".".join(["llmcourse", *p.relative_to(package).parts])[:-3])
                  and p.parts[len(package.parts):] != ("__init__.py",))


if __name__ == "__main__":
    print(*open_paths(Path(sys.argv[1])), sep="\n")
