"""The sample submissions, each graded once: ``python tests/samples.py`` grades them all as an instructor would.

Prints the command's table. The tests take its results, and grade a sample themselves where something has changed since.
"""

import sys
import tempfile
from pathlib import Path

import kept
from units import ROOT, SUBMISSIONS, unit_of

from autograder import cli
from autograder.isolation.plan import available
from autograder.results import Report, TestResult

# Samples that never end only wait for their time limit: short limits, and more samples at a time than there are cores.
GRADE = ["grade", "auto", "--unsafe", "--quiet", "--patience", "0.2"]
JOBS = 4


def results(path: Path) -> dict:
    """Gradescope's results of a sample."""
    def grade() -> dict:
        with tempfile.TemporaryDirectory() as folder:
            assert cli.main([*GRADE, str(path), "--results", f"{folder}/results.json"]) == 0
            return kept.read(Path(folder) / "results.json")
    return kept.kept(name(path), key(path), grade)


def report(path: Path) -> Report:
    """The same as the report that it was made from, without what students do not see."""
    made = results(path)
    tests = [TestResult(*t["name"].split(": ", 1), t["max_score"], "hidden" in t["tags"], t["status"] == "passed", t["output"])
             for t in made["tests"]]
    about = made["extra_data"]
    return Report(about["assignment"], about["max_score"], tests, made["output"].splitlines(), seed=about["seed"])


def by_question(made: Report) -> dict[str, float]:
    """The points of each question."""
    points: dict[str, float] = {}
    for test in made.tests:
        points[test.question] = points.get(test.question, 0) + test.score
    return points


def name(path: Path) -> str:
    return f"sample_{path.stem}"


def key(path: Path) -> str:
    """What the results of a sample depend on: the sample, its master, the grader and the library, this Python and NumPy."""
    return kept.key(path, ROOT / "solutions" / f"{unit_of(path)}.py", ROOT / "autograder", ROOT / "llmcourse",
                    packages=["numpy", "msgpack"]) + "".join(available())


def main() -> int:
    """Grade all samples with one command, and keep the results."""
    keys = {path: key(path) for path in sorted(SUBMISSIONS.iterdir())}
    with tempfile.TemporaryDirectory() as folder:
        status = cli.main([*GRADE, str(SUBMISSIONS), "--results", folder, "--jobs", str(JOBS)])
        for path, its_key in keys.items():
            if status == 0:
                kept.keep(name(path), its_key, kept.read(Path(folder) / f"{path.name}.json"))
    return status


if __name__ == "__main__":
    sys.exit(main())
