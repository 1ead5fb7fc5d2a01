"""What the benchmarks share: timing side by side, the table of ratios, and its JSON.

Import this module before NumPy: it sets one thread for every library, so that CPU seconds can be compared.
"""

import gc
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[_name] = "1"

RESULTS = Path(__file__).parent / "results"


@dataclass
class Row:
    """One line of the table. bound: "at least" or "at most" for a target, None for a figure without one."""

    what: str
    value: float
    unit: str
    bound: str | None = None
    target: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return "pass" if (self.value >= self.target if self.bound == "at least" else self.value <= self.target) else "MISS"


def side_by_side(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each function. They take turns, so that a busy moment of the machine slows them all."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            gc.collect()
            start = time.process_time()
            result = function()
            seconds[name].append(time.process_time() - start)
            del result
    return {name: statistics.median(times) for name, times in seconds.items()}


def peak_resident() -> int:
    """Bytes of memory at the peak. Not ru_maxrss on Linux, where a new process starts with the peak of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def resident_now() -> int:
    """Bytes of memory in use. Linux says; elsewhere the peak so far stands in for it."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else peak_resident()


def processor() -> str:
    """The name of the processor as the system tells it: model, and on Linux family and model number, which tell twins apart."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor() or platform.machine()
    lines = path.read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    about = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    numbers = ", ".join(f"{key.removeprefix('cpu ')} {about[key]}" for key in ("cpu family", "model") if key in about)
    return about.get("model name", platform.machine()) + (f" ({numbers})" if numbers else "")


def machine() -> dict[str, object]:
    """What the figures were measured on, with the groups of SIMD instructions that NumPy uses."""
    import numpy  # only now: one thread is set

    simd = numpy.show_config(mode="dicts")["SIMD Extensions"]
    return {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version(),
            "numpy": numpy.__version__, "simd": [*simd.get("baseline", []), *simd.get("found", [])]}  # fmt: skip


def machine_line(about: dict[str, object]) -> str:
    """One line to print: `machine` in words."""
    simd = " ".join(about["simd"]) or "no SIMD instructions"
    return "{processor}, {cores} cores; CPython {python}, NumPy {numpy} with ".format(**about) + simd


def write_report(name: str, rows: list[Row], details: dict) -> bool:
    """Print the table, write benchmarks/results/<name>.json, and say whether every target was met."""
    about = machine()
    width = max(len(row.what) for row in rows)
    print(f"\n{name}: CPU seconds, one thread, medians of interleaved runs\n{machine_line(about)}")
    for row in rows:
        target = f"{row.bound} {row.target:g} {row.unit}" if row.bound else ""
        print(f"{row.what:{width}}  {row.value:>10.3g} {row.unit:12} {target:24} {row.verdict:5} {row.note}".rstrip())
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    record = {"machine": about, "rows": [asdict(row) | {"verdict": row.verdict} for row in rows], "details": details}
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return all(row.verdict != "MISS" for row in rows)


def spread(runs: list[list[dict]]) -> list[dict]:
    """The rows of several runs as one: the median is the value and has the verdict, all values in order are ``runs``."""
    rows = []
    for same in zip(*runs, strict=True):
        values = sorted(row["value"] for row in same)
        row = {key: same[0][key] for key in ("what", "unit", "bound", "target", "note")} | {"value": statistics.median(values)}
        rows.append(row | {"verdict": Row(**row).verdict, "runs": values})
    return rows


def spread_lines(rows: list[dict]) -> list[str]:
    """The table of `spread`: least, median and most of every figure, its target, and whether the median meets it."""
    width = max(len(row["what"]) for row in rows)
    lines = []
    for row in rows:
        least, median, most = (f"{value:.3g}" for value in (row["runs"][0], row["value"], row["runs"][-1]))
        target = f"{row['bound']} {row['target']:g} {row['unit']}" if row["bound"] else ""
        line = f"{row['what']:{width}}  {least:>9} {median:>9} {most:>9} {row['unit']:12} {target:24} {row['verdict']}"
        lines.append(line.rstrip())
    return lines
