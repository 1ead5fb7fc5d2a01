"""What a cohort's results say about its questions: how hard, how telling, how long, how often left blank, which mistakes."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from autograder.cohort.records import Record, points_by_question, report_of
from autograder.results import TestResult

EXAMPLES = 5  # names that are shown beside a number


@dataclass
class Question:
    """One question of a unit over all its submissions that could be graded.

    difficulty: the mean share of its points, from 0 (nobody) to 1 (everybody). discrimination: the correlation between the
    points of this question and those of all the others, or None where one of the two is the same for everybody.
    """

    name: str
    most: float
    points: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    blank: int = 0
    timeouts: int = 0
    discrimination: float | None = None

    @property
    def difficulty(self) -> float:
        return float(np.mean(self.points)) / self.most if self.points and self.most else 0.0

    @property
    def median_seconds(self) -> float:
        return float(np.median(self.seconds)) if self.seconds else 0.0

    @property
    def longest(self) -> float:
        return max(self.seconds, default=0.0)


@dataclass
class Mistake:
    """A wrong answer that several students gave: a known one with its hint, or an unseen one with what it returned."""

    question: str
    test: str
    text: str
    who: list[str] = field(default_factory=list)
    example: str = ""  # how one of them wrote it


@dataclass
class Unit:
    """All that is said of one unit."""

    name: str
    max_score: float = 0.0
    scores: list[float] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # (who, why) where nothing was graded
    questions: dict[str, Question] = field(default_factory=dict)
    known: list[Mistake] = field(default_factory=list)
    unseen: list[Mistake] = field(default_factory=list)
    timeouts: list[tuple[str, str]] = field(default_factory=list)  # (who, which tests)
    late: int = 0
    tiers: Counter[str] = field(default_factory=Counter)
    seeds: set[int] = field(default_factory=set)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)  # of each submission, by question
    wrong: dict[str, set[str]] = field(default_factory=dict)  # marks of each submission's wrong answers

    @property
    def histogram(self) -> list[tuple[str, int]]:
        """Numbers of submissions in tenths of the points: (from–to, how many)."""
        if not self.max_score:
            return []
        counts = np.bincount([min(9, int(10 * score / self.max_score)) for score in self.scores], minlength=10)
        edges = np.linspace(0, self.max_score, 11)
        return [(f"{a:g}–{b:g}", int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]


def units_of(named: Iterable[tuple[str, Record]]) -> list[Unit]:
    """The units of a run, from all its records, each with the name that it is shown under."""
    units: dict[str, Unit] = {}
    gathered: dict[str, _Mistakes] = defaultdict(_Mistakes)
    for who, record in named:
        name = record["report"]["assignment"]
        if name:
            _add(units.setdefault(name, Unit(name)), gathered[name], who, record)
    for name, unit in units.items():
        _discriminate(unit)
        unit.known, unit.unseen = gathered[name].known(), gathered[name].unseen()
    return [units[name] for name in sorted(units)]


def _add(unit: Unit, mistakes: "_Mistakes", who: str, record: Record) -> None:
    report = report_of(record)
    unit.max_score = max(unit.max_score, report.max_score)
    unit.late += bool(record["late"])
    unit.tiers[report.isolation.tier if report.isolation else "not tried"] += 1
    unit.seeds.add(report.seed)
    if report.refused:
        unit.refused.append((who, report.refused))
        return
    unit.scores.append(report.score)
    unit.answers[who] = record.get("answers", {})
    unit.wrong[who] = set()
    for name, points in points_by_question(report).items():
        tests = [t for t in report.tests if t.question == name]
        question = unit.questions.setdefault(name, Question(name, sum(t.points for t in tests)))
        question.points.append(points)
        question.seconds.append(sum(t.seconds for t in tests))
        question.blank += all(t.blank for t in tests)
        question.timeouts += any(t.kind == "slow" for t in tests)
    slow = [f"{t.question}: {t.name}" for t in report.tests if t.kind == "slow"]
    if slow:
        unit.timeouts.append((who, ", ".join(slow[:EXAMPLES])))
    for test in report.tests:
        if not test.passed and not test.blank:
            unit.wrong[who].add(f"{test.question} {test.name} {test.outputs}")
            mistakes.add(test, who, unit.answers[who].get(test.question, ""))


def _discriminate(unit: Unit) -> None:
    """Correlate every question with the rest of the points."""
    table = np.array([q.points for q in unit.questions.values()], dtype=float)  # (questions, submissions)
    for place, question in enumerate(unit.questions.values()):
        rest = table.sum(axis=0) - table[place]
        if table.shape[1] > 1 and table[place].std() > 0 and rest.std() > 0:
            question.discrimination = float(np.corrcoef(table[place], rest)[0, 1])


class _Mistakes:
    """Wrong answers by what they have in common."""

    def __init__(self) -> None:
        self.by_hint: dict[tuple[str, str], Mistake] = {}
        self.by_outputs: dict[tuple[str, str, str], Mistake] = {}

    def add(self, test: TestResult, who: str, source: str) -> None:
        if test.hint:
            mistake = self.by_hint.setdefault((test.question, test.hint), Mistake(test.question, test.name, test.hint))
        elif test.outputs:
            key = (test.question, test.name, test.outputs)
            mistake = self.by_outputs.setdefault(key, Mistake(test.question, test.name, test.outputs))
        else:
            return
        if who not in mistake.who:
            mistake.who.append(who)
        mistake.example = mistake.example or source

    def known(self) -> list[Mistake]:
        """By hint, the most frequent first."""
        return sorted(self.by_hint.values(), key=lambda m: -len(m.who))

    def unseen(self) -> list[Mistake]:
        """By what was returned on the same inputs, one cluster for the same students of a question."""
        kept: dict[tuple[str, tuple[str, ...]], Mistake] = {}
        for mistake in self.by_outputs.values():
            kept.setdefault((mistake.question, tuple(mistake.who)), mistake)
        return sorted(kept.values(), key=lambda m: -len(m.who))
