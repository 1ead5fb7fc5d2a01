"""An assignment: what grading needs to know, and how it is read from a Gradescope zip or its unpacked folder."""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import testfile
from autograder.session import Limits


@dataclass
class Assignment:
    """The questions in order, each with its test cases."""

    name: str
    questions: dict[str, list[testfile.Case]]
    limits: Limits = field(default_factory=Limits)
    secrets: tuple[str, ...] = ()  # files and folders that hold the hidden tests
    needs: tuple[str, ...] = ()  # optional packages, such as torch
    written: dict[str, float] = field(default_factory=dict)  # points of the questions that a person reads

    @property
    def max_score(self) -> float:
        """Points that tests give."""
        return sum(case.points for cases in self.questions.values() for case in cases)

    @property
    def total(self) -> float:
        """All points, also those that a person gives."""
        return self.max_score + sum(self.written.values())

    @property
    def about_written(self) -> str:
        """What a student is told of the written questions; empty where there are none."""
        if not self.written:
            return ""
        questions = " and ".join(f"{name} ({points:g} points)" for name, points in self.written.items())
        verb = "is" if len(self.written) == 1 else "are"
        return f"{questions} {verb} read by a person: {self.max_score:g} points by tests, {self.total:g} in all."


def from_zip(path: Path) -> Assignment:
    """The assignment in a Gradescope zip. Raises ValueError where the file is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("assignment.json"))
            tests = {q: archive.read(f"tests/{q}.py").decode() for q in config["questions"]}
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{path} is no zip made by autograder assign ({error})") from None
    return assignment_from(config, tests, (str(path.resolve()),))


def from_folder(folder: Path) -> Assignment:
    """The assignment in an unpacked Gradescope zip."""
    config = json.loads((folder / "assignment.json").read_text(encoding="utf-8"))
    tests = {q: (folder / "tests" / f"{q}.py").read_text(encoding="utf-8") for q in config["questions"]}
    return assignment_from(config, tests, (str(folder / "tests"), *(str(folder / "tests" / f"{q}.py") for q in tests)))


def assignment_from(config: dict[str, Any], tests: dict[str, str], secrets: tuple[str, ...]) -> Assignment:
    """The assignment with these settings, test files by question, and files that hold the hidden tests."""
    cases = {q: testfile.read(tests[q], f"<tests of {q}>")[1] for q in config["questions"]}
    return Assignment(config["name"], cases, Limits(**config["limits"]), secrets, tuple(config["needs"]),
                      config.get("written", {}))
