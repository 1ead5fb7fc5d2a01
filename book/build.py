"""Build the book: ``python book/build.py``. Warnings are errors; nothing is done when nothing changed.

Cells are executed once and remembered in ``_build/.jupyter_cache``. That cache looks at the cells alone, so it is
emptied here when the library or the data that cells read have changed.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from autograder.isolation.confine import die_with_the_parent

BOOK = Path(__file__).resolve().parent
ROOT = BOOK.parent
DESK = ("autograder/desk.py", "autograder/checks.py", "autograder/testfile.py", "autograder/values.py", "autograder/doctor.py",
        "autograder/misconceptions/warmup.py", "notebooks/00_warmup.ipynb",
        *(f"autograder/relations/{name}.py" for name in ("__init__", "arrays", "compare", "items")))  # what chapter 00 runs
CONFIG = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
TIMEOUT = CONFIG["execute"]["timeout"]    # seconds a cell
TOOLS = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "numpy", "matplotlib")


def files(*folders: Path) -> list[Path]:
    """Every file below the folders that a build can depend on."""
    return sorted(
        path for folder in folders for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        and not any(part in ("_build", "__pycache__") or part.startswith(".") for part in path.relative_to(folder).parts)
    )


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 of the names and contents of the files."""
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def fingerprints() -> dict[str, str]:
    """What a build depends on, by what has to be done again when it changes."""
    tools = " ".join(f"{name} {version(name)}" for name in TOOLS) + sys.version
    return {
        "cells": digest([*files(ROOT / "llmcourse", BOOK / "_data"), *(ROOT / name for name in DESK)])
        + hashlib.sha256(tools.encode()).hexdigest(),
        "look": digest([*files(BOOK / "_ext", BOOK / "_static"), BOOK / "_config.yml", BOOK / "_toc.yml",
                        ROOT / "pyproject.toml"]) + os.environ.get("LLMCOURSE_ADDRESS", ""),
        "pages": digest(files(BOOK, ROOT / "autograder", ROOT / "notebooks", ROOT / "solutions")),
    }


def only(names: list[str], folder: Path) -> Path:
    """A table of contents with these pages alone."""
    toc = folder / "_toc.yml"
    toc.write_text(yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": [{"file": n} for n in names]}))
    return toc


def is_fresh(build: Path, now: dict[str, str]) -> bool:
    """Whether the pages under ``build`` were made from just what is there now."""
    stamp = build / "stamp.json"
    return stamp.exists() and (build / "html" / "index.html").exists() and json.loads(stamp.read_text()) == now


def remember_cells(cache_folder: Path) -> None:
    """Execute the chapters whose outputs are not remembered yet, one a core; Sphinx, which takes one at a time, finds them.

    A chapter that fails is left to Sphinx, which says where.
    """
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    cache, chapters = get_cache(str(cache_folder)), {}
    for path in sorted([*BOOK.glob("*.md"), *BOOK.glob("teaching/*.md")]):
        notebook = chapter(path)
        if notebook is not None:
            try:
                cache.match_cache_notebook(notebook)
            except KeyError:
                chapters[path] = notebook

    # A build that is killed does not leave processes behind that wait for work.
    with ProcessPoolExecutor(os.cpu_count(), initializer=die_with_the_parent) as pool:
        for path, (notebook, seconds) in zip(chapters, pool.map(executed, chapters.values()), strict=True):
            if seconds is not None:
                bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def executed(notebook: Any) -> tuple[Any, float | None]:
    """A notebook with its outputs, and the seconds that took; None where a cell failed."""
    from jupyter_cache.executors.utils import single_nb_execution

    result = single_nb_execution(notebook, cwd=str(BOOK), timeout=TIMEOUT, allow_errors=False)
    return result.nb, None if result.err else result.time


def chapter(path: Path) -> Any:
    """The notebook that myst-nb reads from a page; None for a page without cells."""
    from myst_nb.core.config import NbParserConfig
    from myst_nb.core.read import create_nb_reader
    from myst_parser.config.main import MdParserConfig

    text = path.read_text(encoding="utf-8")
    extensions = set(CONFIG["parse"]["myst_enable_extensions"])
    reader = create_nb_reader(str(path), MdParserConfig(enable_extensions=extensions), NbParserConfig(), text)
    return None if reader is None else reader.read(text)


def build(out: Path, names: list[str], strict: bool) -> int:
    """Bring the pages in ``out/_build/html`` up to date; returns jupyter-book's exit status."""
    target, now = out / "_build", fingerprints() | {"only": " ".join(names)}
    stamp = target / "stamp.json"
    if is_fresh(target, now):
        return 0
    before = json.loads(stamp.read_text()) if stamp.exists() else {}
    stamp.unlink(missing_ok=True)
    if before.get("cells") != now["cells"]:
        shutil.rmtree(target / ".jupyter_cache", ignore_errors=True)
    if not names:
        remember_cells(target / ".jupyter_cache")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(BOOK), "--path-output", str(out), "-q"]
    command += ["-W", "-n", "--keep-going"] if strict else []
    if any(before.get(key) != now[key] for key in ("cells", "look", "only")):
        command.append("--all")
        shutil.rmtree(target / "html", ignore_errors=True)    # pages that are no longer made must not stay behind
    with tempfile.TemporaryDirectory() as folder:
        command += ["--toc", str(only(names, Path(folder)))] if names else []
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status == 0:
        stamp.write_text(json.dumps(now))
    return status


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the book as HTML.")
    parser.add_argument("--out", type=Path, default=BOOK, help="folder that gets _build/ (default: book)")
    parser.add_argument("--only", nargs="+", default=[], metavar="PAGE", help="these pages and the welcome page alone")
    parser.add_argument("--lenient", action="store_true", help="warnings are only shown (implied by --only)")
    arguments = parser.parse_args()
    start = time.perf_counter()
    out = arguments.out.resolve()
    status = build(out, arguments.only, strict=not (arguments.lenient or arguments.only))
    if status == 0:
        print(f"{out / '_build' / 'html' / 'index.html'} ({time.perf_counter() - start:.1f} s)")
    return status


if __name__ == "__main__":
    sys.exit(main())
