"""Attacks on the grader: whatever a submission tries, its score is the honest one, no secret gets out and nothing stays."""

import os

import pytest
from attacks.harness import Range, attacks, judge, load

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0,
                                reason="the worker gets a user of its own only where the grader is root")


@pytest.mark.parametrize("name", attacks())
def test_attack(name, monkeypatch):
    attack = load(name)
    with Range() as shooting_range:
        shooting_range.hand_in(attack)
        outcome = shooting_range.run(monkeypatch)
    problems = judge(attack, outcome)
    assert not problems, "\n".join([*problems, "--- the student reads:", outcome.text[:3000]])
