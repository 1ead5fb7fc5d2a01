"""The benchmark scripts' own logic, in processes of their own, because they set the number of threads."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_ladder_names_its_units_when_asked_for_another():
    done = run("benchmarks/ladder.py", "99_unheard_of")
    assert done.returncode == 1
    assert "01, 02" in done.stderr and "99_unheard_of" in done.stderr


def test_the_ladder_replaces_the_rows_of_a_unit_and_keeps_the_others_in_order():
    code = """
import json
from benchmarks.ladder import merge
old = [{"unit": 1, "model": "a"}, {"unit": 2, "model": "old"}, {"unit": 6, "model": "c"}]
print(json.dumps(merge(old, [{"unit": 2, "model": "new"}, {"unit": 2, "model": "newer"}], {2})))
"""
    rows = json.loads(run("-c", code).stdout)
    assert [row["model"] for row in rows] == ["a", "new", "newer", "c"]


def test_verdicts_of_the_table():
    code = """
from benchmarks.report import Row
print([Row("", value, "×", bound, 20).verdict for value in (19, 20, 21) for bound in ("at least", "at most", None)])
"""
    verdicts = ["MISS", "pass", "", "pass", "pass", "", "pass", "MISS", ""]
    assert run("-c", code).stdout.strip() == repr(verdicts)


def test_the_committed_ladder_descends_to_the_floor():
    rows = json.loads((ROOT / "book" / "_data" / "ladder.json").read_text(encoding="utf-8"))
    floor, *models = [row for row in rows if row["unit"] <= 2]
    assert floor["gap"] == 0
    gaps = [row["gap"] for row in models]
    assert gaps == sorted(gaps, reverse=True)
    assert rows[-1]["gap"] > 0
    for row in models:
        assert abs(row["bits_per_token"] - floor["bits_per_token"] - row["gap"]) < 1e-9
