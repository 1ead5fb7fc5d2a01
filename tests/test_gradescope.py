"""The zip in a folder laid out like Gradescope's: setup.sh, run_autograder, results.json."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import kept
import psutil
import pytest
import samples
from units import ROOT, UNITS, master

from autograder.assign import assignment_of, requirements, write_zip, zip_files
from autograder.grade import grade
from autograder.results import sanitise

SUBMISSIONS = ROOT / "tests" / "submissions"
SETUP = ROOT / "autograder" / "gradescope" / "setup.sh"


@pytest.fixture(scope="session")
def environment():
    """What setup.sh makes, once for a state of the pins: the folder, and what it printed."""
    root = kept.FOLDER / "gradescope"
    # The same for all who share the folder, made or not.
    key = kept.key(SETUP) + requirements(["cells", "sandbox"]) + base_python()
    return root / "environment", kept.kept("gradescope", key, lambda: set_up(root))


def set_up(root):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    unpack("02_ngrams", root)
    settings = {"PATH": "/usr/bin:/bin", "AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": base_python(),
                "HOME": str(root), **{k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "REQUESTS_"))}}
    run = subprocess.run(["bash", root / "source" / "setup.sh"], env=settings, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture
def image(environment, tmp_path):
    """A folder like Gradescope's after setup.sh."""
    root = tmp_path / "autograder"
    root.mkdir()
    for folder in (root, *root.parents):  # pytest keeps its folders to itself; on Gradescope every user can enter /autograder
        if folder == root or folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    # Not a symbolic link: what it points to would not be there for a worker that sees only what it may read.
    shutil.copytree(environment[0], root / "environment", symlinks=True, copy_function=link_or_copy)
    return root


def link_or_copy(source, target):
    """A second name for a file where both are on one disk: quick, and the file cannot be told from a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def bring_torch(image):
    """PyTorch as setup.sh would install it for a unit that needs it, from this environment: it is large to download."""
    [there] = (image / "environment" / "lib").glob("python*/site-packages")
    for name in ("torch", "torchgen", "functorch", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "filelock",
                 "typing_extensions"):
        found = Path(importlib.util.find_spec(name).origin)
        if found.name == "__init__.py":
            shutil.copytree(found.parent, there / name, symlinks=True, copy_function=link_or_copy, dirs_exist_ok=True)
        elif not (there / found.name).exists():
            link_or_copy(found, there / found.name)


def base_python():
    """The interpreter that this environment was made from."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def unpack(unit, root):
    write_zip(zip_files(master(unit)), root / "unit.zip")
    shutil.rmtree(root / "source", ignore_errors=True)
    with zipfile.ZipFile(root / "unit.zip") as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, root / "source"))
            path.chmod(info.external_attr >> 16 & 0o777)


def run_autograder(image, unit, *submissions):
    for name in ("submission", "results"):
        shutil.rmtree(image / name, ignore_errors=True)
        (image / name).mkdir()
    for path in submissions:
        shutil.copy(path, image / "submission")
    (image / "submission_metadata.json").write_text(json.dumps({
        "id": 123456, "created_at": "2026-11-21T10:00:00.000000-08:00", "users": [{"email": "a@b.c", "id": 1, "name": "Ada"}],
        "assignment": {"id": 1, "title": unit, "total_points": "31.0"}, "previous_submissions": []}))
    run = subprocess.run([image / "source" / "run_autograder"], env={"PATH": "/usr/bin:/bin", "AUTOGRADER_ROOT": str(image)},
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads((image / "results" / "results.json").read_text())


def test_setup_installs_only_what_a_numpy_unit_needs(image, environment):
    assert "Isolation tier T" in environment[1]
    unpack("02_ngrams", image)
    listed = subprocess.run([image / "environment" / "bin" / "python", "-m", "pip", "list", "--format", "json"],
                            capture_output=True, text=True, check=True).stdout
    packages = {p["name"].lower(): p["version"] for p in json.loads(listed)}
    assert "numpy" in packages and not {"torch", "jupyterlab", "otter-grader", "nbgrader", "jupytext"} & set(packages)
    pins = dict(line.split("==") for line in (image / "source" / "requirements.txt").read_text().split())
    assert all(packages[name.lower()] == version for name, version in pins.items())


@pytest.mark.parametrize("unit", UNITS)
def test_every_sample_gives_valid_results_with_the_score_of_the_command_line(image, unit):
    unpack(unit, image)
    if "torch" in assignment_of(master(unit)).needs:
        bring_torch(image)
    for path in sorted(SUBMISSIONS.glob(f"{unit}_*")):
        if "endless" in path.name:
            continue  # they take long, and test_grade has them
        results, here = run_autograder(image, unit, path), samples.results(path)
        assert results["score"] == here["score"], path.name
        assert [(t["name"], t["score"]) for t in results["tests"]] == [(t["name"], t["score"]) for t in here["tests"]]
        assert set(results) == {"score", "output", "output_format", "visibility", "stdout_visibility", "execution_time",
                                "tests", "extra_data"}
        assert results["extra_data"]["submission"]["id"] == 123456
        if os.geteuid() == 0:
            assert results["extra_data"]["isolation"]["tier"] in ("T2", "T3"), results["extra_data"]["isolation"]


CELL = """\
from google.colab import files
from IPython.display import display, Markdown
import nltk
!pip install -q nltk
%time display(Markdown('x'))
"""


def test_cells_find_there_what_they_find_on_the_command_line(image, tmp_path):
    """IPython and the stand-ins are in the image, and what only the instructor's machine has is nowhere."""
    sample = json.loads((SUBMISSIONS / "02_ngrams_full.ipynb").read_text())
    first = next(cell for cell in sample["cells"] if "BOS, EOS =" in "".join(cell["source"]))
    first["source"] = CELL + "".join(first["source"])
    path = tmp_path / "02_ngrams.ipynb"
    path.write_text(json.dumps(sample))
    unpack("02_ngrams", image)
    there, here = run_autograder(image, "02_ngrams", path), grade(assignment_of(master("02_ngrams")), path, unsafe=True)
    assert there["score"] == here.score == 31 and there["output"].splitlines() == [sanitise(note) for note in here.notes]
    assert "line 3: `import nltk` did not work" in there["output"] and "`display()`" in there["output"]


def test_the_command_line_grades_with_the_zip(tmp_path):
    unpack("02_ngrams", tmp_path)
    path, made = SUBMISSIONS / "02_ngrams_misconceptions.ipynb", tmp_path / "made.json"
    subprocess.run([sys.executable, "-m", "autograder", "grade", tmp_path / "unit.zip", path, "--results", made],
                   check=True, capture_output=True, cwd=ROOT)
    tests, here = json.loads(made.read_text())["tests"], samples.results(path)["tests"]
    assert [(t["name"], t["score"]) for t in tests] == [(t["name"], t["score"]) for t in here]


def test_no_submission_and_two_submissions_are_told_of(image):
    unpack("02_ngrams", image)
    assert "No notebook was handed in" in run_autograder(image, "02_ngrams")["output"]
    both = [SUBMISSIONS / "02_ngrams_full.ipynb", SUBMISSIONS / "02_ngrams_half.ipynb"]
    results = run_autograder(image, "02_ngrams", *both)
    assert results["score"] == 31 and "2 notebooks were handed in" in results["output"]


def test_an_old_python_is_passed_over_for_one_brought_along(tmp_path):
    """Where every Python is too old, setup.sh gets one with uv; pip3 and uv are stand-ins here that note what is asked."""
    root, tools = tmp_path / "autograder", tmp_path / "tools"
    root.mkdir()
    unpack("02_ngrams", root)
    tools.mkdir()
    log = tmp_path / "log"
    for name in ("pip3", "uv"):
        (tools / name).write_text(f'#!/bin/bash\necho "{name} $*" >> {log}\n'
                                  f'if [ "$1" = venv ]; then mkdir -p "${{@: -1}}/bin"; '
                                  f'printf "#!/bin/bash\\necho \\$0\\n" > "${{@: -1}}/bin/python"; '
                                  f'chmod +x "${{@: -1}}/bin/python"; fi\n')
        (tools / name).chmod(0o755)
    script = SETUP.read_text().replace("/usr/bin/python3", str(tmp_path / "no-such-python"))
    (tmp_path / "setup.sh").write_text(script)
    run = subprocess.run(["bash", tmp_path / "setup.sh"], capture_output=True, text=True,
                         env={"PATH": f"{tools}:/usr/bin:/bin", "AUTOGRADER_ROOT": str(root)})
    assert run.returncode == 0, run.stderr
    asked = log.read_text()
    assert "uv venv --quiet --python 3.11 --python-preference only-managed" in asked
    assert "--torch-backend cpu -r" in asked


def test_a_grader_that_is_killed_midway_leaves_a_valid_result_and_no_worker(tmp_path):
    unpack("02_ngrams", tmp_path)
    for name in ("submission", "results"):
        (tmp_path / name).mkdir()
    shutil.copy(SUBMISSIONS / "02_ngrams_endless_cell.ipynb", tmp_path / "submission")
    grader = subprocess.Popen([sys.executable, "-m", "autograder", "gradescope", tmp_path], cwd=ROOT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + 60
        while sum("autograder.nurse" in command_line(p) for p in descendants(grader)) < 2:         # it, and what it has forked
            assert time.monotonic() < limit and grader.poll() is None
            time.sleep(0.05)
        workers = descendants(grader)
        grader.kill()
        grader.wait()
        results = json.loads((tmp_path / "results" / "results.json").read_text())
        assert results["score"] == 0 and "did not finish" in results["output"] and len(results["tests"]) == 29
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive
    finally:
        grader.kill()


def command_line(process):
    """Empty where it has ended since."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def descendants(process):
    """Living descendants of a process."""
    try:
        return [p for p in psutil.Process(process.pid).children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []
