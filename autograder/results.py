"""Results of grading in Gradescope's format, with text that is safe to show."""

import contextlib
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from autograder.isolation.probe import Isolation

MAX_TEXT = 4000  # characters of one message
ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])")
TAG = re.compile(r"<[A-Za-z/!?][^\s>]{0,30}>?")  # the start of anything a browser might take for a tag
SPECIAL_TOKENS = {"<bos>", "<eos>", "<unk>", "<pad>"}  # the course's own, harmless, and part of many messages


@dataclass
class TestResult:
    """How one test went. ``message`` is what the student reads."""

    question: str
    name: str
    points: float
    hidden: bool
    passed: bool
    message: str = ""
    hint: str | None = None  # docstring of the recognised mistake
    blank: bool = False  # not answered yet
    kind: str = ""  # of the failure, one of ``checks.KINDS``; this and what follows is for the instructor alone
    outputs: str = ""  # what the student's function returned
    seconds: float = 0.0

    @property
    def score(self) -> float:
        return self.points if self.passed else 0.0


@dataclass
class Report:
    """The whole result of one submission."""

    assignment: str
    max_score: float
    tests: list[TestResult]
    notes: list[str] = field(default_factory=list)  # sentences for the student, shown at the top
    refused: str | None = None  # why nothing was graded
    seconds: float = 0.0
    seed: int = 0
    isolation: Isolation | None = None
    machine: str | None = None  # why this machine must not grade, for the instructor; then nothing was graded
    instructor: dict[str, object] = field(default_factory=dict)  # more facts for the instructor alone

    @property
    def score(self) -> float:
        return round(min(max(sum(t.score for t in self.tests), 0.0), self.max_score), 6)

    @property
    def summary(self) -> str:
        """One line for the instructor's table: what the student is told first."""
        if self.refused:
            return self.refused
        failed = [t for t in self.tests if not t.passed]
        if not failed:
            return "all tests passed"
        hints = list(dict.fromkeys(t.hint for t in failed if t.hint))
        if hints:
            return hints[0]
        if all(t.blank for t in failed):
            return f"{len({t.question for t in failed})} question(s) not answered yet"
        return next((t.message.splitlines()[0] for t in failed if not t.blank and t.message), failed[0].message)

    def as_gradescope(self) -> dict[str, Any]:
        """Gradescope's results.json: public tests visible at once, hidden ones after the grades are published."""
        tests = [{
            "name": sanitise(f"{t.question}: {t.name}", 200),
            "number": f"{i}",
            "score": t.score,
            "max_score": t.points,
            "status": "passed" if t.passed else "failed",
            "output": sanitise(t.message),
            "output_format": "text",
            "visibility": "after_published" if t.hidden else "visible",
            "tags": ["hidden"] if t.hidden else ["public"],
        } for i, t in enumerate(self.tests, 1)]
        return {
            "score": self.score,
            "output": sanitise("\n".join(self.notes) or "Graded."),
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "execution_time": round(self.seconds),
            "tests": tests,
            "extra_data": {
                "assignment": self.assignment, "max_score": self.max_score, "seed": self.seed,
                "isolation": self.isolation.as_dict() if self.isolation else None, **self.instructor,
            },
        }


def sanitise(text: str, limit: int = MAX_TEXT) -> str:
    """Text without control characters, ANSI escapes, bidirectional overrides or HTML tags, at most ``limit`` characters."""
    kept = ANSI.sub("", text[: 4 * limit])
    kept = "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    kept = TAG.sub(lambda tag: tag[0] if tag[0] in SPECIAL_TOKENS else "‹" + tag[0][1:], kept)
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def write_results(report: Report, path: Path) -> None:
    """Write results.json, in one step."""
    with in_one_step(path) as file:
        json.dump(report.as_gradescope(), file, indent=1, ensure_ascii=False)
        file.write("\n")


@contextlib.contextmanager
def in_one_step(path: Path) -> Iterator[TextIO]:
    """A file to write to that stands at ``path`` when all went well: a reader sees the old one or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
