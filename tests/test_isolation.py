"""The canary notices each layer that is missing; what is not contained does not get the hidden tests."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from units import ROOT, master

from autograder.assign import assignment_of, zip_files
from autograder.cli import main
from autograder.grade import NOT_GRADED, grade
from autograder.isolation import processes
from autograder.isolation.canary import ATTEMPTS
from autograder.isolation.confine import NotConfined
from autograder.isolation.plan import LAYERS, available, default
from autograder.isolation.probe import LESSER, MEANING, VITAL, Isolation, probe, solutions, tier_of
from autograder.session import Session

ROOT_ON_LINUX = sys.platform.startswith("linux") and os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT_ON_LINUX, reason="a worker with a user of its own needs root on Linux")


@pytest.fixture
def secret(tmp_path):
    """A file and a folder that anybody may read, as far as permissions go."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder == tmp_path or folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    path = tmp_path / "hidden_tests.py"
    path.write_text("expected = 42\n")
    path.chmod(0o644)
    return path


def found(plan, secret):
    isolation = probe(plan, (str(secret), str(secret.parent)), str(secret.parent))
    return isolation.tier, {name for name, what in isolation.verdicts.items() if what}


@needs_root
def test_all_layers_contain_everything(secret):
    assert found(default(), secret) == ("T3" if "namespaces" in available() else "T2", set() if "namespaces" in available()
                                        else {"sight"})


@needs_root
def test_without_namespaces_it_is_tier_2_as_in_a_container(secret):
    assert found(default().without("namespaces"), secret) == ("T2", {"sight"})


@needs_root
@pytest.mark.parametrize(("layers", "tier", "noticed"), [
    (("uid",), "T0", {"user"}),
    (("rlimits",), "T1", {"file size", "memory", "processes"}),
    (("seccomp",), "T0", {"network", "namespaces", "kernel memory"}),
    (("landlock",), "T0", {"secrets", "files"}),
    (("landlock", "rlimits"), "T0", {"secrets", "files", "file size"}),
    (("no_new_privs",), "T0", set()),  # the other layers cannot even be put on then
    (LAYERS, "T0", {"secrets", "results", "network", "grader", "signals", "limits", "user"}),
])
def test_a_missing_layer_is_noticed(secret, layers, tier, noticed):
    plan = replace(default().without("namespaces", *layers), uid=None if "uid" in layers else default().uid)
    got_tier, got = found(plan, secret)
    assert got_tier == tier and noticed <= got


@needs_root
def test_with_strict_permissions_and_no_landlock_it_is_tier_1(secret, monkeypatch):
    monkeypatch.setattr("autograder.isolation.probe.solutions", lambda plan: ())  # those of this repository anybody may read
    secret.parent.chmod(0o700)
    tier, got = found(default().without("namespaces", "landlock"), secret)
    assert tier == "T1" and "files" in got and "secrets" not in got


@needs_root
@pytest.mark.parametrize("layer", ["uid", "landlock", "seccomp", "rlimits"])
def test_a_canary_sees_what_namespaces_alone_do_not_contain(secret, layer):
    if "namespaces" not in available():
        pytest.skip("no bubblewrap here")
    plan = replace(default().without(layer), uid=None if layer == "uid" else default().uid)
    assert found(plan, secret)[1], f"without {layer} nothing was noticed"


@needs_root
def test_without_landlock_the_library_gives_solutions_away(secret):
    secret.parent.chmod(0o700)
    found = probe(default().without("namespaces", "landlock"), (str(secret),))
    assert found.tier == "T0" and "/llmcourse/" in found.verdicts["secrets"]
    assert str(ROOT / "llmcourse" / "tokenization" / "__init__.py") in solutions(default())


@needs_root
def test_without_seccomp_a_worker_of_ones_own_user_could_change_the_grader(secret):
    """As the canary sees it where the grader is not root; with the filter it may only change itself."""
    bare = replace(default().without("namespaces", "uid", "seccomp"), uid=None)
    assert probe(bare).verdicts["limits"] == "could set the grader's limits"
    assert probe(replace(default().without("namespaces", "uid"), uid=None)).verdicts["limits"] is None


def test_a_canary_that_cannot_even_be_confined_says_so():
    found = Isolation("T0", ("uid",), {"confined": "uid: no such user"})
    assert found.table() == "Isolation tier T0: nothing could be tried. uid: no such user"


def test_every_attempt_has_a_meaning_and_counts():
    assert set(ATTEMPTS) | {"kill"} == set(MEANING) == set(VITAL) | set(LESSER) | {"sight"}


def test_a_canary_that_says_nothing_contains_nothing():
    assert tier_of({}) == "T0"
    clean = dict.fromkeys(MEANING)
    assert tier_of(clean) == "T3"
    assert tier_of(clean | {"sight": "seen"}) == "T2"
    assert tier_of(clean | {"files": "made"}) == "T1"
    assert all(tier_of(clean | {name: "got through"}) == "T0" for name in VITAL)
    assert tier_of({k: v for k, v in clean.items() if k != "kill"}) == "T0"


def test_nothing_is_graded_where_nothing_is_contained():
    bare = replace(default(()), uid=None)
    sample = ROOT / "tests" / "submissions" / "02_ngrams_full.ipynb"
    report = grade(assignment_of(master("02_ngrams")), sample, plan=bare)
    assert report.score == 0 and {t.message for t in report.tests} == {NOT_GRADED} == {*report.notes}
    assert report.machine.startswith("submissions are not contained on this machine (a submission reads the tests or the sol")
    assert report.machine.endswith("--unsafe grades all the same")
    assert report.as_gradescope()["extra_data"]["isolation"]["warning"] == "UNISOLATED"
    forced = grade(assignment_of(master("02_ngrams")), sample, plan=bare, unsafe=True)
    assert forced.score == forced.max_score and forced.machine is None
    assert forced.as_gradescope()["extra_data"]["isolation"]["warning"] == "UNISOLATED"


def test_a_command_on_such_a_machine_ends_with_one_sentence(tmp_path, monkeypatch, capsys):
    found = Isolation("T0", (), dict.fromkeys(MEANING) | {"network": "a connection arrived"})
    monkeypatch.setattr("autograder.grade.probe", lambda *args: found)
    sample = ROOT / "tests" / "submissions" / "00_warmup_blank.ipynb"
    assert main(["grade", "00_warmup", str(sample), "--results", str(tmp_path / "results.json")]) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "autograder: submissions are not contained on this machine (a submission opens a socket), so nothing is" in told
    assert json.loads((tmp_path / "results.json").read_text())["output"] == NOT_GRADED
    assert main(["grade", "00_warmup", str(sample), "--unsafe"]) == 0
    assert Isolation("T0", ()).holes == "could not be tried"


def test_gradescopes_command_on_such_a_machine_leaves_a_valid_result(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("autograder.grade.probe", lambda *args: Isolation("T0", ()))
    for name, data in zip_files(master("00_warmup")).items():
        if name.startswith(("assignment", "tests")):
            (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "source" / name).write_bytes(data)
    (tmp_path / "submission").mkdir()
    assert main(["gradescope", str(tmp_path)]) == 1 and "(a submission could not be tried)" in capsys.readouterr().err
    results = json.loads((tmp_path / "results" / "results.json").read_text())
    assert results["score"] == 0 and results["output"] == NOT_GRADED and results["tests"]


@needs_root
def test_a_layer_that_cannot_be_put_on_stops_the_worker():
    with pytest.raises(NotConfined, match="landlock"):
        Session(plan=replace(default().without("namespaces", "no_new_privs")))


@needs_root
def test_a_daemon_does_not_outlive_its_session():
    for plan in (default(), default().without("namespaces")):
        with Session(plan=plan) as session:
            session.run_cell("import os, time\nif os.fork() == 0:\n    try: os.setsid()\n    except OSError: pass\n"
                             "    if os.fork() == 0:\n        time.sleep(60)\n    os._exit(0)\nos.wait()", 1)
            assert len(processes.members(session.process.pid, plan.uid)) >= 2
        assert session.kill() == [] and processes.members(session.process.pid, plan.uid) == {}


@needs_root
def test_what_a_worker_leaves_behind_comes_to_the_grader_who_waits_for_it():
    """A zombie that nobody waits for counts against its user's limit of processes."""
    with Session(plan=default().without("namespaces")) as session:
        session.run_cell("import os, time\nif os.fork() == 0:\n    for _ in range(10):\n        if os.fork() == 0:\n"
                         "            time.sleep(60)\n    os._exit(0)\nos.wait()", 1)
        left = set(processes.members(session.process.pid, session.plan.uid)) - {session.process.pid}
        assert len(left) == 10 and {processes.table()[pid][0] for pid in left} == {os.getpid()}
    assert not left & set(processes.table())


def test_a_worker_ends_where_there_is_no_list_of_processes(monkeypatch):
    """As on macOS, which has no /proc."""
    session = Session(plan=replace(default(()), uid=None))
    monkeypatch.setattr(processes, "table", dict)
    ending = threading.Thread(target=session.kill, daemon=True)
    ending.start()
    ending.join(10)
    session.process.kill()
    assert not ending.is_alive()


@needs_root
def test_every_submission_gets_a_user_of_its_own(tmp_path, monkeypatch):
    users = []
    monkeypatch.setattr("autograder.grade.Session", lambda *args, plan, **kw: users.append(plan.uid) or Session(plan=plan))
    for _ in range(2):
        grade(assignment_of(master("00_warmup")), ROOT / "tests" / "submissions" / "00_warmup_blank.ipynb")
    assert len(users) == 4 and len(set(users)) == 2    # a worker for the public tests, one for the hidden


def test_the_command_prints_a_table_and_json():
    run = [sys.executable, "-m", "autograder", "isolation"]
    table = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert table.stdout.startswith("Isolation tier T") and all(meaning in table.stdout for meaning in MEANING.values())
    data = json.loads(subprocess.run([*run, "--json"], capture_output=True, text=True, cwd=ROOT).stdout)
    assert set(data["verdicts"]) == set(MEANING) and set(data["layers"]) == set(LAYERS)
    assert table.returncode == (0 if data["tier"] != "T0" else 1)
    if ROOT_ON_LINUX:
        assert data["tier"] in ("T2", "T3")
        worse = subprocess.run([*run, "--json", "--without", "seccomp"], capture_output=True, text=True, cwd=ROOT)
        assert worse.returncode == 1 and json.loads(worse.stdout)["layers"]["seccomp"] is False


def test_an_isolation_report_is_plain_json():
    text = json.dumps(Isolation("T1", ("rlimits",), {"files": "could make a file in /tmp"}, 0.1).as_dict())
    assert json.loads(text)["verdicts"] == {"files": "could make a file in /tmp"}
