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

from autograder.assign import write_zip, zip_files
from autograder.master import read_master
from autograder.notebook import student_notebook, write_notebook
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


def gradescope_folder(archive: Path, submission: Path, folder: Path) -> list:
    """A folder laid out like Gradescope's, and the command that grades in it as run_autograder does."""
    shutil.unpack_archive(archive, folder / "source")
    (folder / "submission").mkdir()
    (folder / "results").mkdir()
    shutil.copy(submission, folder / "submission")
    return [sys.executable, "-m", "autograder", "gradescope", folder]


def nbgrader_course(unit: str, folder: Path) -> list:
    """A course with one submission, released already, and the command that grades it."""
    shutil.copytree(ROOT / "dist" / "nbgrader", folder)
    run([sys.executable, "-m", "nbgrader", "generate_assignment", unit], folder)
    submitted = folder / "submitted" / "student" / unit
    submitted.mkdir(parents=True)
    shutil.copy(folder / "source" / unit / f"{unit}.ipynb", submitted)  # the solved notebook
    return [sys.executable, "-m", "nbgrader", "autograde", unit, "--force"]


def torch_assignment(folder: Path) -> tuple[Path, Path]:
    """The miniature torch assignment of the tests: its zip and its solved notebook."""
    master = read_master(ROOT / "tests" / "fixtures" / "98_torch_mini.py")
    write_zip(zip_files(master), folder / "torch.zip")
    write_notebook(student_notebook(master, solved=True), folder / "torch.ipynb")
    return folder / "torch.zip", folder / "torch.ipynb"


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


BARE = """
import sys
from pathlib import Path
import autograder.grade
from autograder.assignment import from_zip
from autograder.isolation.plan import default
from autograder.isolation.probe import Isolation
autograder.grade.probe = lambda *arguments: Isolation("T0", ())
assignment = from_zip(Path(sys.argv[1]))
report = autograder.grade.grade(assignment, Path(sys.argv[2]), unsafe=True, plan=default((), "torch" in assignment.needs))
assert report.score == report.max_score, report
"""
ISOLATED = """
import sys
from pathlib import Path
from autograder.assignment import from_zip
from autograder.grade import grade
report = grade(from_zip(Path(sys.argv[1])), Path(sys.argv[2]))
assert report.score == report.max_score, report
"""


def measure(what: str, archive: Path, submission: Path, folder: Path, others: dict[str, tuple[list, Path]], seconds: float,
            megabytes: float, added: float) -> tuple[list[Row], dict]:
    """The rows of one assignment: time and memory, what isolation adds, half a CPU, and the ratios to ``others``."""
    ours = gradescope_folder(archive, submission, folder)
    python = [sys.executable, "-c"]
    commands = {"ours": (ours, ROOT), "bare": ([*python, BARE, archive, submission], ROOT),
                "isolated": ([*python, ISOLATED, archive, submission], ROOT)} | others
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    wall: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, (command, cwd) in commands.items():
            used, passed = run(command, cwd)
            cpu[name].append(used)
            wall[name].append(passed)
    median = {name: statistics.median(times) for name, times in cpu.items()}
    rows = [
        Row(f"{what}, cold start, wall", statistics.median(wall["ours"]), "s", "at most", seconds),
        Row(f"{what}, all processes together", peak_memory(ours, ROOT) / 2**20, "MB", "at most", megabytes),
        Row(f"{what}: isolation adds", median["isolated"] - median["bare"], "s", "at most", added),
    ]
    slow = half_a_cpu(ours, ROOT)
    if slow is None:
        print("no cgroups can be made here: the row with half a CPU is left out")
    else:
        rows.append(Row(f"{what}, half a CPU and 768 MB, wall", slow, "s", "at most", seconds))
    for name, ratio in (("stock otter run", 8.0), ("nbgrader autograde", 4.0)):
        if name in others:
            rows.append(Row(f"{what}: {name} / ours", median[name] / median["ours"], "×", "at least", ratio))
    return rows, {what: {"CPU seconds": cpu, "wall seconds": wall}}


def cohort_rate(archive: Path, submission: Path, folder: Path, few: int = 2, many: int = 14) -> float:
    """Submissions a minute that two cores grade, from the CPU seconds that more of them cost."""
    used = []
    for number in (few, many):
        students = folder / f"{number} students"
        students.mkdir(parents=True)
        for i in range(number):
            shutil.copy(submission, students / f"student{i}.ipynb")
        command = [sys.executable, "-m", "autograder", "grade", archive, students, "--results", folder / f"{number} results",
                   "--jobs", "2", "--quiet"]
        used.append(run(command, ROOT)[0])
    return 2 * 60 * (many - few) / (used[1] - used[0])


def main() -> None:
    unit = "02_ngrams"
    run([sys.executable, "-m", "autograder", "assign", unit], ROOT)
    archive, sample = ROOT / "dist" / "gradescope" / f"{unit}.zip", SAMPLES / f"{unit}_full.ipynb"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        otter = [sys.executable, "-m", "otter", "run", "-a", archive, "-o", folder, "--no-logo", sample]
        others = {"stock otter run": (otter, ROOT),
                  "nbgrader autograde": (nbgrader_course(unit, folder / "nbgrader"), folder / "nbgrader")}
        rows, details = measure(f"{unit}, solved", archive, sample, folder / "numpy", others, 3.0, 250.0, 0.5)
        rate = cohort_rate(archive, sample, folder / "cohort")
        rows.append(Row(f"{unit}, solved: a cohort on two cores", rate, "a minute", "at least", 100.0))
        more, further = measure("a miniature torch unit", *torch_assignment(folder), folder / "torch", {}, 10.0, 600.0, 3.0)
    sys.exit(0 if write_report("grading", rows + more, details | further) else 1)


if __name__ == "__main__":
    main()
