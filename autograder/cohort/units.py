"""An assignment as it travels to the processes that grade: its tests as text, and a digest that tells when it has changed."""

import hashlib
import json
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZipFile

from autograder.assignment import Assignment, assignment_from

Unit: TypeAlias = dict[str, Any]  # config, tests, secrets, digest, skeleton: lines of the answer cells as they were handed out
PACKAGE = Path(__file__).resolve().parent.parent


def read_unit(path: Path) -> Unit:
    """The assignment of a master or of a Gradescope zip, as plain data. Raises ValueError, FileNotFoundError."""
    return _from_zip(path) if path.suffix == ".zip" else _from_master(path)


def assignment_of(unit: Unit) -> Assignment:
    """What grading needs, from plain data."""
    return assignment_from(unit["config"], unit["tests"], tuple(unit["secrets"]))


def _from_zip(path: Path) -> Unit:
    from autograder.assignment import from_zip

    from_zip(path)  # says what is wrong with a zip that is none
    with ZipFile(path) as archive:
        config = json.loads(archive.read("assignment.json"))
        tests = {q: archive.read(f"tests/{q}.py").decode() for q in config["questions"]}
    return _unit(config, tests, [str(path.resolve())])


def _from_master(path: Path) -> Unit:
    from autograder import testfile
    from autograder.assign import assignment_of as of_master
    from autograder.master import read_master

    master = read_master(path)
    made = of_master(master)
    limits = {"cell": made.limits.cell, "call": made.limits.call, "total": made.limits.total}
    config = {"name": made.name, "questions": list(made.questions), "limits": limits, "needs": list(made.needs),
              "written": made.written}
    unit = _unit(config, {q.name: testfile.write(q) for q in master.questions if not q.manual}, list(made.secrets))
    handed_out = "\n".join(cell.student or "" for cell in master.cells if cell.answer)
    return unit | {"skeleton": sorted({line.strip() for line in handed_out.splitlines()})}


def _unit(config: dict[str, Any], tests: dict[str, str], secrets: list[str]) -> Unit:
    """With the digest of all that a verdict and its hint depend on: tests, limits, and the bank of known mistakes."""
    bank = PACKAGE / "misconceptions" / f"{config['name'][3:]}.py"
    told = [config["limits"], config["questions"], tests, bank.read_text(encoding="utf-8") if bank.is_file() else ""]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return {"config": config, "tests": tests, "secrets": secrets, "digest": digest, "skeleton": []}
