"""What the project's own files say of it: its address, version and packages, from pyproject.toml and constraints.txt, the lock.

These files lie in the course's repository. Installed elsewhere, assigning works with that repository as current folder.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = Path(__file__).resolve().parent.parent  # where ``autograder`` and ``llmcourse`` lie
FOLDER = PACKAGES if (PACKAGES / "pyproject.toml").is_file() else Path.cwd()


@cache
def project(folder: Path = FOLDER) -> dict[str, Any]:
    """The table ``[project]`` of pyproject.toml. Raises FileNotFoundError where the folder is not the course's repository."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        raise FileNotFoundError(f"there is no pyproject.toml in {folder}: run this in the course's repository, which has the "
                                "masters and the list of packages")
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return found


def address(folder: Path = FOLDER) -> str:
    """Where the course can be got from, without a slash at the end; "" where pyproject.toml does not say.

    Raises ValueError for what is no web address of a repository.
    """
    found: str = project(folder).get("urls", {}).get("Repository", "").rstrip("/").removesuffix(".git")
    if found and not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w.-]+){2,}", found):
        raise ValueError(f"Repository in pyproject.toml must be like https://github.com/OWNER/NAME, got {found!r}")
    return found


def on_github(found: str) -> str:
    """``OWNER/NAME`` of an address on GitHub, which is where Colab opens notebooks from; "" for others."""
    place = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)", found)
    return place[1] if place else ""


def ranges(groups: Iterable[str] = ()) -> list[str]:
    """The packages that the course needs, and those of its optional groups, as pyproject.toml states them."""
    extras = project()["optional-dependencies"]
    return sorted({*project()["dependencies"], *(line for group in groups for line in extras[group])})


def locked(groups: Iterable[str] = ()) -> list[str]:
    """The same packages, each at the one version that is built, tested and graded with."""
    lines = (FOLDER / "constraints.txt").read_text(encoding="utf-8").split()
    pins = {_name(line): line.partition("==")[2] for line in lines}
    return [f"{name}=={pins[_name(name)]}" for name in (re.split(r"[<>=!~ ]", line)[0] for line in ranges(groups))]


def _name(requirement: str) -> str:
    """A package's name as the registries compare names."""
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower()
