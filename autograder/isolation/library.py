"""What a graded cell may import: the packages that every student has, and of the course's library what holds no solution.

These are the one list of each. ``PACKAGES`` are those that pyproject.toml names for students and the packages that these need,
by the names under which they are imported; on an instructor's machine, where there are more, the others are not found either,
so that a notebook has one score everywhere. ``OPEN`` is the open part of the library: the worker's import hook, what the worker
may read, the students' bundle and the image that ``gradescope/setup.sh`` makes all follow it;
``python -m autograder.isolation.library FOLDER`` prints the paths for the last.
"""

import sys
from pathlib import Path

OPEN = ("arguments", "corpora", "corpus", "plots", "vocabulary")  # of llmcourse; they import only one another

PACKAGES = frozenset("""
    IPython PIL asttokens autograder certifi charset_normalizer contourpy cycler dateutil executing fontTools idna
    ipython_pygments_lexers jedi kiwisolver llmcourse matplotlib matplotlib_inline mpl_toolkits msgpack numpy packaging parso
    pexpect platformdirs pooch prompt_toolkit psutil ptyprocess pure_eval pygments pylab pyparsing pyseccomp regex requests
    stack_data tqdm traitlets typing_extensions tzdata urllib3 wcwidth
""".split())
TORCH = frozenset("""
    filelock fsspec functorch isympy jinja2 markupsafe mpmath networkx safetensors setuptools sympy torch torchgen
""".split())
NAMED = ("numpy", "matplotlib", "regex", "tqdm", "IPython")  # what a student is told that there is


def is_there(module: str, torch: bool) -> bool:
    """Whether a module's package is Python's own or one that students have; torch where the unit needs it.

    Names that begin with an underscore are parts of such packages.
    """
    package = module.partition(".")[0]
    return (package in sys.stdlib_module_names or package in PACKAGES or (torch and package in TORCH)
            or package.startswith("_") or package.endswith("__mypyc"))


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
