"""``autograder doctor``, on machines that are ill in one way each, and as a student starts it."""

import ast
import json
import os
import subprocess
import sys
import tomllib

import pytest
from packaging.specifiers import SpecifierSet
from units import ROOT, UNITS, master

from autograder import cli, doctor
from autograder.assign import bundle_files
from autograder.doctor import FINE, MEND, NOTE, Finding, Machine, examine, report
from autograder.notebook import student_notebook, write_notebook

RANGES = {"ipykernel": ">=6.25,<8", "jupyterlab": ">=4,<5", "numpy": ">=1.26,<3"}
FOUND = {"ipykernel": "7.4.0", "jupyterlab": "4.6.6", "numpy": "2.4.6"}
GIB = 2**30


class Made(Machine):
    """A machine made up for a test: a healthy one, but for what the test changes."""

    def __init__(self, folder, **ill):
        super().__init__(folder)
        self.python, self.executable = (3, 12, 1), "/env/bin/python"
        self.given = {"ranges": RANGES, "versions": FOUND, "kernel": "/env/bin/python", "disk": 50 * GIB, "memory": 8 * GIB,
                      "refused": None}
        for name, value in ill.items():
            if name in self.given:
                self.given[name] = value
            else:
                setattr(self, name, value)

    def ranges(self):
        return self.given["ranges"]

    def version(self, package):
        return self.given["versions"].get(package)

    def kernel(self):
        return self.given["kernel"]

    def free_disk(self):
        if isinstance(self.given["disk"], OSError):
            raise self.given["disk"]
        return self.given["disk"]

    def free_memory(self):
        return self.given["memory"]

    def write(self):
        if self.given["refused"]:
            raise self.given["refused"]


def notebook(name="00_warmup", tests=("q1", "q2")):
    metadata = {"otter": {"OK_FORMAT": False, "assignment_name": name, "tests": dict.fromkeys(tests, "…")}} if tests else {}
    return json.dumps({"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "00_warmup.ipynb").write_text(notebook(), encoding="utf-8")
    return tmp_path


def ills(machine, state=MEND):
    return [finding for finding in examine(machine) if finding.state == state]


def the_one(machine, state=MEND):
    found = ills(machine, state)
    assert len(found) == 1, found
    return found[0]


def test_a_healthy_machine(folder):
    findings = examine(Made(folder))
    assert {finding.state for finding in findings} == {FINE}
    lines = report(findings).splitlines()
    assert len(lines) == len(findings) + 1 and lines[-1] == "All is well."
    assert [finding.name for finding in findings] == ["Python", "ipykernel", "jupyterlab", "numpy", "kernel", "disk", "memory",
                                                      "folder", "00_warmup.ipynb"]
    assert "00_warmup.ipynb: carries the tests of 2 questions." in report(findings)


@pytest.mark.parametrize(("version", "good"), [((3, 10, 13), False), ((3, 9, 18), False), ((3, 11, 0), True), ((4, 0), True)])
def test_python(folder, version, good):
    found = ills(Made(folder, python=version))
    assert bool(found) != good
    if not good:
        assert "needs 3.11 or newer" in found[0].said and ".".join(map(str, version)) in found[0].said and found[0].do


def test_a_missing_package(folder):
    found = the_one(Made(folder, versions={k: v for k, v in FOUND.items() if k != "numpy"}))
    assert found == Finding(MEND, "numpy", "not installed", "Do: /env/bin/python -m pip install 'numpy>=1.26,<3'")


@pytest.mark.parametrize("version", ["1.26.0", "1.26.4", "2.0.2", "2.4.6", "2.5.0rc1", "2.3.1+local"])
def test_a_version_within_the_range(folder, version):
    assert not ills(Made(folder, versions=FOUND | {"numpy": version}))


@pytest.mark.parametrize("version", ["1.25.2", "1.9", "0.26", "3.0.0", "3.0.0rc1", "12.0"])
def test_a_version_outside_the_range(folder, version):
    found = the_one(Made(folder, versions=FOUND | {"numpy": version}))
    assert found.name == "numpy" and found.said == f"{version}, but the course needs >=1.26,<3"
    assert found.do == "Do: /env/bin/python -m pip install 'numpy>=1.26,<3', and restart kernels that are running."


@pytest.mark.parametrize(("version", "ranges", "good"), [
    ("1.0", ">=1.0.0", True), ("1.0.0", "<=1", True), ("1.0.1", "<=1", False), ("2.0", ">2", False), ("2.0.1", ">2", True),
    ("3.1.6", "==3.1.6", True), ("3.1.7", "==3.1.6", False), ("2023.8.8", ">=2023.8.8", True), ("4", ">=3.8,<4", False)])
def test_ranges_are_read_as_pip_reads_them(version, ranges, good):
    assert doctor.within(version, ranges) == good == SpecifierSet(ranges).contains(version)


def test_tools_may_be_of_another_version_or_be_others(folder):
    machine = Made(folder, versions={"numpy": "2.4.6", "ipykernel": "6.0.1"})
    assert not ills(machine)
    assert [finding.name for finding in ills(machine, NOTE)] == ["ipykernel", "jupyterlab"]


def test_no_list_of_packages(folder):
    found = the_one(Made(folder, ranges={}))
    assert found.name == "packages" and "-m pip install ." in found.do


def test_no_kernel(folder):
    found = the_one(Made(folder, kernel=None))
    assert found.name == "kernel" and found.do == "Do: /env/bin/python -m ipykernel install --sys-prefix"
    package, kernel = ills(Made(folder, versions={k: v for k, v in FOUND.items() if k != "ipykernel"}))
    assert package.name == "ipykernel" and "pip install ipykernel" in kernel.do


@pytest.mark.parametrize(("command", "good"), [
    ("/env/bin/python", True), ("/env/bin/python3.12", True), ("python", True), ("/usr/bin/python3", False),
    ("/other/env/bin/python", False)])
def test_the_kernel_has_to_start_this_python(folder, command, good):
    found = ills(Made(folder, kernel=command))
    assert bool(found) != good
    if not good:
        assert command in found[0].said and "ipykernel install" in found[0].do


def test_a_path_with_spaces_can_be_pasted(folder):
    found = the_one(Made(folder, kernel=None, executable="/my env/bin/python"))
    assert "'/my env/bin/python' -m" in found.do or '"/my env/bin/python" -m' in found.do


def test_a_full_disk(folder):
    found = the_one(Made(folder, disk=GIB - 1))
    assert found.name == "disk" and "only 1024 MiB free" in found.said and "1.0 GiB" in found.do
    assert not ills(Made(folder, disk=GIB))
    assert the_one(Made(folder, disk=FileNotFoundError(2, "No such file"))).name == "disk"


def test_little_memory(folder):
    found = the_one(Made(folder, memory=200 * 2**20))
    assert found.name == "memory" and "only 200 MiB free" in found.said
    assert the_one(Made(folder, memory=None), NOTE).name == "memory"


def test_a_folder_that_cannot_be_written_to(folder):
    found = the_one(Made(folder, refused=PermissionError(13, "Permission denied")))
    assert found.name == "folder" and str(folder) in found.said and "Permission denied" in found.said
    assert "of your own" in found.do


def test_a_folder_that_is_not_there(tmp_path):
    assert [finding.name for finding in ills(Made(tmp_path / "none"))] == ["folder"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root and Windows write where others cannot")
def test_a_folder_that_is_really_read_only(folder):
    folder.chmod(0o500)
    with pytest.raises(OSError, match="Permission denied"):
        Machine(folder).write()


def test_a_file_that_hides_a_package(folder):
    for name in ("numpy.py", "random.py", "mine.py"):
        (folder / name).write_text("")
    found = ills(Made(folder))
    assert [finding.name for finding in found] == ["numpy.py", "random.py"] and "real numpy" in found[0].said


@pytest.mark.parametrize("text", [notebook(tests=()), "not JSON", "[]", '{"metadata": {"otter": null}}', "\xff\xfe"])
def test_a_notebook_that_lost_its_tests(folder, text):
    (folder / "02_ngrams.ipynb").write_text(text, encoding="latin1")
    found = the_one(Made(folder))
    assert found.name == "02_ngrams.ipynb" and "Download it again" in found.do


def test_other_notebooks_are_left_alone_and_renamed_ones_known(folder):
    (folder / "holidays.ipynb").write_text(notebook(tests=()), encoding="utf-8")
    (folder / "my copy.ipynb").write_text(notebook("02_ngrams"), encoding="utf-8")
    assert not ills(Made(folder))
    assert [f.name for f in examine(Made(folder))][-2:] == ["00_warmup.ipynb", "my copy.ipynb"]


def test_no_notebook_at_all(tmp_path):
    found = the_one(Made(tmp_path), NOTE)
    assert str(tmp_path) in found.said and "FOLDER" in found.do


def test_every_line_says_what_to_do_in_one_line(tmp_path):
    machine = Made(tmp_path, python=(3, 8, 0), versions={}, kernel=None, disk=0, memory=0, refused=OSError("no"))
    found = examine(machine)
    assert len(ills(machine)) == 7
    for finding in found:
        line = str(finding)
        assert "\n" not in line and line.isascii() and ".." not in line.replace("...", "")
        assert bool(finding.do) == (finding.state != FINE), line
    assert "7 things to mend" in report(found) and "1 thing to mend" in report(found[:1])


# --- on this machine --------------------------------------------------------------------------------------------------

def test_the_minimum_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=" + ".".join(map(str, doctor.PYTHON))


def test_ranges_are_those_of_the_project(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tools = project["optional-dependencies"]["notebook"]
    found = Machine(tmp_path).ranges()
    assert sorted(name + wanted for name, wanted in found.items()) == sorted(project["dependencies"] + tools)
    assert sorted(name + found[name] for name in doctor.FREE) == sorted(tools)


def test_the_real_machine_answers(tmp_path):
    machine = Machine(tmp_path)
    machine.write()
    assert list(tmp_path.iterdir()) == []
    assert machine.python == tuple(sys.version_info[:3]) and machine.free_disk() > 0
    assert machine.free_memory() is None or machine.free_memory() > 2**20
    assert machine.version("numpy") and machine.version("no-such-package") is None


def test_the_kernel_of_a_folder_of_kernels(tmp_path, monkeypatch):
    pytest.importorskip("jupyter_client")
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    spec = {"argv": ["/elsewhere/bin/python", "-m", "x"], "display_name": "Python 3", "language": "python"}
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert Machine(tmp_path).kernel() == "/elsewhere/bin/python"


def test_command_line_and_json(tmp_path, capsys):
    write_notebook_of_unit(tmp_path)
    status = cli.main(["doctor", str(tmp_path), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert status == (0 if said["healthy"] else 1)
    assert said["healthy"] == all(finding["state"] != MEND for finding in said["findings"])
    assert {"state", "name", "said", "do"} == set(said["findings"][0])
    assert doctor.main([str(tmp_path)]) == status
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(said["findings"]) + 1
    assert any("carries the tests" in line for line in lines)


def write_notebook_of_unit(folder):
    write_notebook(student_notebook(master(UNITS[0])), folder / f"{UNITS[0]}.ipynb")


def test_exit_status_1_where_something_is_to_be_mended(tmp_path, capsys):
    (tmp_path / "02_ngrams.ipynb").write_text("{}")
    assert doctor.main([str(tmp_path)]) == 1
    assert "mend  02_ngrams.ipynb" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["-m", "autograder", "doctor"], ["-m", "autograder.doctor"]])
def test_in_the_student_bundle_with_the_standard_library_alone(tmp_path, command):
    for name, data in bundle_files([master(u) for u in UNITS]).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    run = subprocess.run([sys.executable, "-S", *command], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                         env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
    assert run.returncode == 1 and not run.stderr, run.stderr
    assert "mend  numpy: not installed. Do: " in run.stdout and "kernel: a notebook cannot run" in run.stdout
    assert all(f"fine  {unit}.ipynb" in run.stdout for unit in UNITS)
    other = subprocess.run([sys.executable, "-S", "-m", "autograder", "assign"], cwd=tmp_path, capture_output=True, text=True,
                           env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, timeout=60)
    assert other.returncode == 1 and "one verb" in other.stderr and "Traceback" not in other.stderr


@pytest.mark.parametrize("module", ["__init__", "__main__", "desk", "doctor"])
def test_an_old_python_gets_as_far_as_being_told(module):
    source = (ROOT / "autograder" / f"{module}.py").read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= set(sys.stdlib_module_names)
    evaluated = "list[" in source or "dict[" in source or " | None" in source
    assert not evaluated or "from __future__ import annotations" in source


def test_nothing_is_asked_of_the_network():
    source = (ROOT / "autograder" / "doctor.py").read_text()
    assert not any(name in source for name in ("socket", "urllib", "http.client", "requests", "subprocess"))
