"""``autograder doctor``: look at the machine a student works on, and say in one line each what is fine and what to do.

It needs the standard library alone, and runs on a Python that is too old for the course, to say so. It does not use the
network and leaves nothing behind: the one file it writes, to see whether the folder can be written to, it deletes.
Where the rest of the grader is not there, ``python -m autograder.doctor`` does the same.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

PYTHON = (3, 11)  # as in pyproject.toml, which is not there at a student's desk
FREE_DISK = FREE_MEMORY = 2**30
FREE = {"ipykernel", "jupyterlab"}  # tools, not what answers are computed with: another version will do
UNIT = re.compile(r"[0-9][0-9]_[a-z_]+")
NAMES = ("llmcourse", "llmcourse-student")  # the whole course, and what the student bundle's wheel installs
NEEDED = re.compile(r"""([\w.-]+)\s*((?:[<>]=?|==)[\w.!+<>=, -]+?)\s*(?:;\s*extra\s*==\s*["']([\w-]+)["'])?\s*""")
BOUND = re.compile(r"([<>]=?|==)\s*([\d.]*\d)")
FINE, NOTE, MEND = "fine", "note", "mend"


class Finding(NamedTuple):
    """What one look has found: ``fine``, a ``note`` (it works, but know this), or something to ``mend`` and how."""

    state: str
    name: str
    said: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.state}  {self.name}: {self.said}." + (f" {self.do}" if self.do else "")


class Machine:
    """What the looks ask of the machine. ``folder`` is the one with the notebooks; tests hand in another machine."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.python = tuple(sys.version_info[:3])
        self.executable = sys.executable

    def ranges(self) -> dict[str, str]:
        """{package: versions} of what notebooks need, such as ">=1.26,<3": from the installed course, else from the bundle."""
        from importlib import metadata  # slow to import, and the command line has other verbs

        lines: list[str] = []
        for name in NAMES:
            try:
                lines = lines or metadata.requires(name) or []
            except metadata.PackageNotFoundError:
                continue
        try:
            bundle = Path(__file__).resolve().parent.parent / "requirements.txt"
            lines = lines or bundle.read_text(encoding="utf-8").splitlines()
        except OSError:
            pass
        found = [NEEDED.fullmatch(line.strip()) for line in lines]
        return {one[1]: ",".join(sorted(one[2].replace(" ", "").split(","), reverse=True)) for one in found
                if one and one[3] in (None, "notebook")}

    def version(self, package: str) -> str | None:
        """The version that is installed for this Python, or None."""
        from importlib import metadata

        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return None

    def kernel(self) -> str | None:
        """The command that Jupyter starts for "Python 3", or None where there is no such kernel."""
        try:
            from jupyter_client.kernelspec import KernelSpecManager

            return KernelSpecManager().get_kernel_spec("python3").argv[0]
        except Exception:  # nothing to start, whatever the reason
            return None

    def free_disk(self) -> int:
        return shutil.disk_usage(self.folder).free

    def free_memory(self) -> int | None:
        """Bytes that a program could still have, or None where the system does not say."""
        try:
            lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
            return int(lines["MemAvailable"].split()[0]) * 1024
        except (OSError, KeyError, ValueError):
            pass
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):
            return None

    def write(self) -> None:
        """Write a file into the folder and take it away again. Raises OSError where that is not possible."""
        with tempfile.TemporaryFile(dir=str(self.folder)) as file:
            file.write(b"doctor")
            file.flush()

    def files(self) -> dict[str, Path]:
        """Notebooks and Python files in the folder by name. Raises OSError where there is no such folder."""
        return {path.name: path for path in sorted(self.folder.iterdir()) if path.suffix in (".ipynb", ".py")}


# --- the looks --------------------------------------------------------------------------------------------------------

def look_at_python(machine: Machine) -> list[Finding]:
    version, wanted = ".".join(map(str, machine.python)), ".".join(map(str, PYTHON))
    if tuple(machine.python) < PYTHON:
        return [Finding(MEND, "Python", f"{version} ({machine.executable}), but the course needs {wanted} or newer",
                        "Get a newer one from python.org, make an environment with it, and install the course there.")]
    return [Finding(FINE, "Python", f"{version} ({machine.executable})")]


def look_at_packages(machine: Machine) -> list[Finding]:
    ranges, out = machine.ranges(), []
    if not ranges:
        return [Finding(MEND, "packages", "the list of the course's packages is missing",
                        "Unpack the student bundle again, or do in the course's folder: "
                        f"{shell(machine.executable)} -m pip install .")]
    for package, wanted in sorted(ranges.items()):
        found = machine.version(package)
        install = f"Do: {shell(machine.executable)} -m pip install {shell(package + wanted)}"
        if found is not None and within(found, wanted):
            out.append(Finding(FINE, package, found))
        elif found is None and package == "jupyterlab":
            out.append(Finding(NOTE, package, "not installed, which is fine if you open notebooks with something else",
                               f"Otherwise: {install[4:]}"))
        elif found is None:
            out.append(Finding(MEND, package, "not installed", install))
        elif package in FREE:
            out.append(Finding(NOTE, package, f"{found}; the course was tried with {wanted}, but this one may do"))
        else:
            out.append(Finding(MEND, package, f"{found}, but the course needs {wanted}",
                               f"{install}, and restart kernels that are running."))
    return out


def look_at_kernel(machine: Machine) -> list[Finding]:
    if machine.version("ipykernel") is None:
        return [Finding(MEND, "kernel", "a notebook cannot run with this Python, because ipykernel is not installed",
                        f"Do: {shell(machine.executable)} -m pip install ipykernel")]
    command = machine.kernel()
    mend = f"Do: {shell(machine.executable)} -m ipykernel install --sys-prefix"
    if command is None:
        return [Finding(MEND, "kernel", 'Jupyter has no kernel "Python 3"', mend)]
    generic = not os.path.dirname(command)  # "python" alone: Jupyter takes the Python that it runs in itself
    if not generic and os.path.dirname(os.path.abspath(command)) != os.path.dirname(os.path.abspath(machine.executable)):
        return [Finding(MEND, "kernel", f'"Python 3" starts another Python, {command}', mend)]
    return [Finding(FINE, "kernel", '"Python 3" starts this Python')]


def look_at_disk(machine: Machine) -> list[Finding]:
    try:
        free = machine.free_disk()
    except OSError as error:
        return [Finding(MEND, "disk", f"no free space can be found out ({error.strerror})", "Is this the right folder?")]
    if free < FREE_DISK:
        return [Finding(MEND, "disk", f"only {size(free)} free; a full disk loses your work when you save",
                        f"Delete what you no longer need, until {size(FREE_DISK)} are free.")]
    return [Finding(FINE, "disk", f"{size(free)} free")]


def look_at_memory(machine: Machine) -> list[Finding]:
    free = machine.free_memory()
    if free is None:
        return [Finding(NOTE, "memory", "this system does not say how much is free", "The notebooks need less than 1 GiB.")]
    if free < FREE_MEMORY:
        return [Finding(MEND, "memory", f"only {size(free)} free",
                        "Close other programs and shut down kernels that you do not use.")]
    return [Finding(FINE, "memory", f"{size(free)} free")]


def look_at_folder(machine: Machine) -> list[Finding]:
    """Write access, and files of the student's own that Python would import in place of the real thing."""
    try:
        files = machine.files()
        machine.write()
    except OSError as error:
        return [Finding(MEND, "folder", f"nothing can be saved in {machine.folder} ({error.strerror or error})",
                        "Move the notebooks to a folder of your own and work there.")]
    out = [Finding(FINE, "folder", f"{machine.folder} can be written to")]
    known = {*machine.ranges(), "autograder", "llmcourse", *getattr(sys, "stdlib_module_names", ())}
    return out + [Finding(MEND, name, f"a file of this name hides the real {name[:-3]} from your notebooks", "Rename it.")
                  for name in files if name.endswith(".py") and name[:-3] in known]


def look_at_notebooks(machine: Machine) -> list[Finding]:
    """Whether every notebook of the course still carries its tests in its metadata."""
    try:
        paths = [path for name, path in machine.files().items() if name.endswith(".ipynb")]
    except OSError:
        return []
    out = []
    for path in paths:
        unit, tests = tests_in(path)
        if unit and tests:
            out.append(Finding(FINE, path.name, f"carries the tests of {tests} questions"))
        elif unit or UNIT.match(path.name):
            out.append(Finding(MEND, path.name, "its tests are missing or it cannot be read, so nothing in it can be checked",
                               "Download it again, and copy your answers into the new one."))
    return out or [Finding(NOTE, "notebooks", f"none of the course's in {machine.folder}",
                           "Name the folder where they are: python -m autograder.doctor FOLDER")]


def tests_in(path: Path) -> tuple[str, int]:
    """The unit that a notebook belongs to, and of how many questions it carries the tests; "" and 0 where it has none."""
    try:
        otter = json.loads(path.read_text(encoding="utf-8"))["metadata"]["otter"]
        return str(otter["assignment_name"]), len(otter["tests"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", 0


LOOKS = (look_at_python, look_at_packages, look_at_kernel, look_at_disk, look_at_memory, look_at_folder, look_at_notebooks)


def examine(machine: Machine) -> list[Finding]:
    """Everything there is to say about a machine."""
    return [finding for look in LOOKS for finding in look(machine)]


# --- words ------------------------------------------------------------------------------------------------------------

def size(bytes_: int) -> str:
    return f"{bytes_ / 2**30:.1f} GiB" if bytes_ >= 2**30 else f"{bytes_ / 2**20:.0f} MiB"


def within(version: str, ranges: str) -> bool:
    """Whether a version lies within ranges such as ">=1.26,<3"; what follows the numbers (rc1, +cpu) does not count."""
    numbers = version_numbers(version)
    for sign, bound in BOUND.findall(ranges):
        limit = version_numbers(bound)
        length = max(len(numbers), len(limit))
        ours, theirs = ([*n, *[0] * (length - len(n))] for n in (numbers, limit))
        if not {"<": ours < theirs, "<=": ours <= theirs, ">": ours > theirs, ">=": ours >= theirs, "==": ours == theirs}[sign]:
            return False
    return True


def version_numbers(version: str) -> list[int]:
    """The numbers at the beginning of a version: [2, 4, 6]."""
    found = re.match(r"\d+(\.\d+)*", version)
    return [int(number) for number in found[0].split(".")] if found else []


def shell(path: str) -> str:
    """A path, or another word, as it is typed into a shell."""
    if os.name == "nt":
        return f'"{path}"' if set(path) & set(" <>&|") else path
    return shlex.quote(path)


def summary(findings: list[Finding]) -> str:
    wrong = sum(finding.state == MEND for finding in findings)
    if not wrong:
        return "All is well."
    return f"{wrong} thing{'s' if wrong > 1 else ''} to mend: start with the first, then run this again."


def report(findings: list[Finding]) -> str:
    """One line each, and one for the whole."""
    return "\n".join([*map(str, findings), summary(findings)])


# --- the command ------------------------------------------------------------------------------------------------------

def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, help="where your notebooks are (default: here, or notebooks/)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what was found; exit status 1 where something must be mended."""
    folder = options.folder or (Path("notebooks") if Path("notebooks").is_dir() else Path())
    findings = examine(Machine(folder.absolute()))
    healthy = all(finding.state != MEND for finding in findings)
    if options.json:
        print(json.dumps({"healthy": healthy, "findings": [finding._asdict() for finding in findings]}, indent=1))
    else:
        print(report(findings))
    return 0 if healthy else 1


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder.doctor",
                                     description="See whether this machine is ready for the course's notebooks.")
    add_arguments(parser)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
