"""The benchmark scripts' own logic, in processes of their own, because they set the number of threads."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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


def test_the_ladder_replaces_a_single_row_in_its_place():
    code = """
import json
from benchmarks.ladder import merge
old = [{"unit": 1, "model": "source (floor)"}, {"unit": 7, "model": "RNN, 10⁷ tokens"}, {"unit": 7, "model": "GRU, 10⁷ tokens"}]
print(json.dumps(merge(old, [{"unit": 7, "model": "LSTM, 10⁷ tokens"}, {"unit": 7, "model": "RNN, 10⁷ tokens", "new": 1}])))
"""
    rows = json.loads(run("-c", code).stdout)
    assert [row["model"].split(",")[0] for row in rows] == ["source (floor)", "RNN", "LSTM", "GRU"]
    assert "new" in rows[1] and "new" not in rows[3]


def test_a_row_of_the_ladder_is_made_by_its_name(tmp_path):
    code = f"""
import json, pathlib
from benchmarks import ladder
ladder.DATA = pathlib.Path({str(tmp_path / "ladder.json")!r})
ladder.main(["uniform"])
ladder.main(["bigram KN", "uniform"])
print(ladder.DATA.read_text())
"""
    done = run("-c", code)
    rows = json.loads(done.stdout[done.stdout.index("[\n"):])
    assert [row["model"] for row in rows] == ["uniform", "bigram KN"]


def test_verdicts_of_the_table():
    code = """
from benchmarks.report import Row
print([Row("", value, "×", bound, 20).verdict for value in (19, 20, 21) for bound in ("at least", "at most", None)])
"""
    verdicts = ["MISS", "pass", "", "pass", "pass", "", "pass", "MISS", ""]
    assert run("-c", code).stdout.strip() == repr(verdicts)


def test_three_runs_become_one_table():
    """Whatever order the runs come in: the median decides, a target is missed only where it misses."""
    code = """
import json
from benchmarks.report import spread, spread_lines
runs = [[{"what": "a", "value": v, "unit": "×", "bound": "at most", "target": 4, "note": "", "verdict": ""},
         {"what": "long", "value": 10 * v, "unit": "s", "bound": None, "target": None, "note": "n", "verdict": ""}]
        for v in (VALUES)]
rows = spread(runs)
print(json.dumps([[(row["value"], row["runs"], row["verdict"], row["note"]) for row in rows], spread_lines(rows)]))
"""
    rows, lines = json.loads(run("-c", code.replace("VALUES", "5, 1, 3")).stdout)
    assert rows == [[3, [1, 3, 5], "pass", ""], [30, [10, 30, 50], "", "n"]]
    assert [line.split() for line in lines] == [
        ["a", "1", "3", "5", "×", "at", "most", "4", "×", "pass"], ["long", "10", "30", "50", "s"]]
    assert json.loads(run("-c", code.replace("VALUES", "5, 1, 6")).stdout)[0][0] == [5, [1, 5, 6], "MISS", ""]


def test_the_machine_is_named_with_the_instructions_that_numpy_uses():
    code = "from benchmarks.report import machine, machine_line; print(machine_line(machine()))"
    line = run("-c", code).stdout
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    assert line.rstrip().endswith(f"NumPy {np.__version__} with {' '.join([*simd['baseline'], *simd.get('found', [])])}")
    assert f", {os.cpu_count()} cores; CPython {platform.python_version()}," in line
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and "model name" in cpuinfo.read_text():
        assert line.split(" (")[0].split(", ")[0] in cpuinfo.read_text()


@pytest.mark.parametrize(("arguments", "message"), [
    (["nothing"], "unknown benchmark 'nothing'; there are attention, decoding, embeddings, grading, neural, ngrams, "
                  "tokenization, training"),
    (["ngrams", "--runs", "0"], "--runs must be at least 1, got 0")])
def test_the_benchmarks_name_what_they_know(arguments, message):
    done = run("-m", "benchmarks", *arguments)
    assert done.returncode == 2 and message in done.stderr


def test_every_benchmark_runs_three_times_and_its_medians_decide(tmp_path):
    """On a benchmark of its own, which takes 3, 9 and 5 for a target of 4, and later breaks off."""
    (tmp_path / "toy.py").write_text("""
import sys
from pathlib import Path
from benchmarks import report
report.RESULTS = Path(__file__).parent
counter = Path(__file__).parent / "counter"
done = int(counter.read_text()) if counter.exists() else 0
counter.write_text(str(done + 1))
value = 1 / 0 if done == 7 else [3, 9, 5, 1, 2, 9, 1][done]
report.write_report("toy", [report.Row("figure", value, "s", "at most", 4)], {})
""")
    code = f"""
import benchmarks.__main__ as main
from pathlib import Path
main.FOLDER = main.RESULTS = Path({str(tmp_path)!r})
print("codes", *(int(main.main(["toy"])) for _ in range(3)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines()[-1] == "codes 1 0 1"  # medians 5 and 2, and then a division by zero
    assert done.stderr.count("missed a target: toy") == 2 and "ZeroDivisionError" in done.stderr
    assert "toy: least, median and most of 3 runs" in done.stdout
    assert ["figure", "3", "5", "9", "s", "at", "most", "4", "s", "MISS"] in map(str.split, done.stdout.splitlines())


def test_the_committed_ladder_descends_to_the_floor():
    rows = json.loads((ROOT / "book" / "_data" / "ladder.json").read_text(encoding="utf-8"))
    floor, *models = [row for row in rows if row["unit"] <= 2]
    assert floor["gap"] == 0
    gaps = [row["gap"] for row in models]
    assert gaps == sorted(gaps, reverse=True)
    assert rows[-1]["gap"] > 0
    for row in models:
        assert abs(row["bits_per_token"] - floor["bits_per_token"] - row["gap"]) < 1e-9
