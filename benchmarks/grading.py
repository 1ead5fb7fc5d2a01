"""Grading one submission from a cold start: this grader beside stock otter-grader and nbgrader; and what isolation costs.

Run: ``python benchmarks/grading.py``. Seconds are CPU seconds of whole commands with all that they start (so that what else
the machine does hardly matters), taken in turns, medians; where "wall" is said, wall time.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import Row, write_report

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "submissions"
ROUNDS = 5
MEMORY = 768 * 2**20  # bytes, as in Gradescope's default container
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def run(command: list, cwd: Path) -> tuple[float, float]:
    """CPU seconds and wall seconds of a command and all that it starts; raises where it fails.

    CPU seconds come from a cgroup of its own, because processes that are killed with their namespace are missing in the
    sum that a parent gets. Where no cgroup can be made, wall seconds stand in for both.
    """
    with cgroups({"cpuacct": {}}) as groups:
        start = time.perf_counter()
        subprocess.run(inside(groups, command), cwd=cwd, env=ENVIRONMENT, check=True, capture_output=True)
        passed = time.perf_counter() - start
        used = int((groups[0] / "cpuacct.usage").read_text()) / 1e9 if groups else passed
    return used, passed


@contextlib.contextmanager
def cgroups(settings: dict[str, dict[str, str]]):
    """New control groups (version 1) with these settings, removed afterwards; an empty list where they cannot be made."""
    made: list[Path] = []
    try:
        for controller, values in settings.items():
            group = Path("/sys/fs/cgroup") / controller / f"llmcourse-{os.getpid()}"
            group.mkdir()
            made.append(group)
            for name, value in values.items():
                (group / name).write_text(value)
        groups = list(made)
    except OSError:
        groups = []
    try:
        yield groups
    finally:
        for group in made:
            with contextlib.suppress(OSError):
                group.rmdir()


def inside(groups: list[Path], command: list) -> list[str]:
    """The command, started inside the control groups."""
    enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    return ["bash", "-c", enter + 'exec "$@"', "bash", *map(str, command)]


def peak_memory(command: list, cwd: Path) -> float:
    """Largest total of memory of the command and all it started, shared pages counted once (PSS), looked at every 20 ms."""
    import psutil

    peak = 0
    process = subprocess.Popen([str(c) for c in command], cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            for p in (watched, *watched.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += p.memory_full_info().pss
        peak = max(peak, total)
        time.sleep(0.01)
    return peak


def gradescope_folder(unit: str, folder: Path) -> list:
    """A folder laid out like Gradescope's, and the command that grades in it as run_autograder does."""
    source = folder / "source"
    shutil.unpack_archive(ROOT / "dist" / "gradescope" / f"{unit}.zip", source)
    (folder / "submission").mkdir()
    (folder / "results").mkdir()
    shutil.copy(SAMPLES / f"{unit}_full.ipynb", folder / "submission")
    return [sys.executable, "-m", "autograder", "gradescope", folder]


def nbgrader_course(unit: str, folder: Path) -> list:
    """A course with one submission, released already, and the command that grades it."""
    shutil.copytree(ROOT / "dist" / "nbgrader", folder, dirs_exist_ok=True)
    run([sys.executable, "-m", "nbgrader", "generate_assignment", unit], folder)
    submitted = folder / "submitted" / "student" / unit
    submitted.mkdir(parents=True)
    shutil.copy(folder / "source" / unit / f"{unit}.ipynb", submitted)  # the solved notebook
    return [sys.executable, "-m", "nbgrader", "autograde", unit, "--force"]


def half_a_cpu(command: list, cwd: Path) -> float | None:
    """Wall seconds of the command when all it starts gets half a CPU and 768 MB; None where cgroups cannot be made."""
    limits = {"cpu": {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "10000"},
              "memory": {"memory.limit_in_bytes": str(MEMORY)}}
    with cgroups(limits) as groups:
        if not groups:
            return None
        start = time.perf_counter()
        subprocess.run(inside(groups, command), cwd=cwd, env=ENVIRONMENT, check=True, capture_output=True)
        return time.perf_counter() - start


def without_isolation(unit: str) -> list:
    """Grading the same way in a worker without a single layer, and without the canary."""
    code = ("import sys; from pathlib import Path; from dataclasses import replace; import autograder.grade as g; "
            "from autograder.built import from_zip; from autograder.isolation.plan import default; "
            "from autograder.isolation.probe import Isolation; g.probe = lambda *a: Isolation('T0', ()); "
            "r = g.grade(from_zip(Path(sys.argv[1])), Path(sys.argv[2]), unsafe=True, plan=default(())); "
            "assert r.score == r.max_score, r")
    return [sys.executable, "-c", code, ROOT / "dist" / "gradescope" / f"{unit}.zip", SAMPLES / f"{unit}_full.ipynb"]


def with_isolation(unit: str) -> list:
    code = ("import sys; from pathlib import Path; import autograder.grade as g; from autograder.built import from_zip; "
            "r = g.grade(from_zip(Path(sys.argv[1])), Path(sys.argv[2])); assert r.score == r.max_score, r")
    return [sys.executable, "-c", code, ROOT / "dist" / "gradescope" / f"{unit}.zip", SAMPLES / f"{unit}_full.ipynb"]


def main() -> None:
    unit = "02_ngrams"
    run([sys.executable, "-m", "autograder", "assign", unit], ROOT)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        ours = gradescope_folder(unit, folder / "gradescope")
        archive = ROOT / "dist" / "gradescope" / f"{unit}.zip"
        otter = [sys.executable, "-m", "otter", "run", "-a", archive, "-o", folder, "--no-logo",
                 SAMPLES / f"{unit}_full.ipynb"]
        (folder / "nbgrader").mkdir()
        nbgrader = nbgrader_course(unit, folder / "nbgrader")
        commands = {"ours": ours, "otter": otter, "nbgrader": nbgrader, "bare": without_isolation(unit),
                    "isolated": with_isolation(unit)}
        cpu: dict[str, list[float]] = {name: [] for name in commands}
        wall: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                used, passed = run(command, folder / "nbgrader" if name == "nbgrader" else ROOT)
                cpu[name].append(used)
                wall[name].append(passed)
        median = {name: statistics.median(times) for name, times in cpu.items()}
        rows = [
            Row("a complete submission of 02_ngrams, cold start, wall", statistics.median(wall["ours"]), "s", "at most", 3.0),
            Row("the same, all processes together", peak_memory(ours, ROOT) / 2**20, "MB", "at most", 250.0),
            Row("stock otter run / ours", median["otter"] / median["ours"], "×", "at least", 8.0),
            Row("nbgrader autograde / ours", median["nbgrader"] / median["ours"], "×", "at least", 4.0),
            Row("isolation adds", median["isolated"] - median["bare"], "s", "at most", 0.5),
        ]
        slow = half_a_cpu(ours, ROOT)
        if slow is None:
            print("no cgroups can be made here: the row with half a CPU is left out")
        else:
            rows.append(Row("a complete submission on half a CPU, 768 MB, wall", slow, "s", "at most", 3.0))
        met = write_report("grading", rows, {"CPU seconds": cpu, "wall seconds": wall})
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
