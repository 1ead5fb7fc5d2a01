"""Attacks on the grader: whatever a submission tries, its score is the honest one, no secret gets out and nothing stays.

``attacks/README.md`` says how an attack is written. Each runs with all that this machine offers, and in a container as
Docker makes it by default (``container.py``), where there are no namespaces. A grader that is not root, whose worker is of its
own user, is tried with what aims at other processes, at files and at the kernel; with ``ATTACKS=all`` in the environment, with
everything.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import container
import pytest
from attacks import harness
from attacks.harness import RIGHT, Range, Verdict, attacks, load, sound

from autograder.isolation import processes
from autograder.isolation.plan import available, default
from autograder.isolation.probe import probe

ROOT = Path(__file__).resolve().parent.parent

AIM_BEYOND = ("daemon", "descriptor", "fork", "kernel", "kill", "memory_of", "read", "results", "same_user", "signals",
              "state_of", "terminal", "zombies")


def for_ordinary_users() -> list[str]:
    everything = os.environ.get("ATTACKS") == "all"
    return [name for name in attacks() if everything or name.startswith(AIM_BEYOND)]


pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0,
                                reason="the worker gets a user of its own only where the grader is root")


@pytest.mark.parametrize("name", attacks())
def test_attack(name, machine):
    sound(machine, lambda: harness.try_attack(name))


@pytest.mark.parametrize("name", attacks())
def test_attack_in_a_container(name, guest, machine):
    sound(machine, lambda: Verdict(*guest.ask("attack", name)), lambda: Verdict(*guest.ask("attack", "honest")))


@pytest.mark.parametrize("name", for_ordinary_users())
def test_attack_on_an_ordinary_user(name, ordinary, machine):
    sound(machine, lambda: Verdict(*ordinary.ask("attack", name)), lambda: Verdict(*ordinary.ask("attack", "honest")))


@pytest.mark.parametrize("name", [name for name in attacks() if name.startswith("memory_")])
def test_attack_where_memory_is_small(name, small, machine):
    """768 MB for all: the kernel ends processes here, and the grader must not be among them."""
    sound(machine, lambda: Verdict(*small.ask("attack", name)), lambda: Verdict(*small.ask("attack", "honest")))


def test_the_kernel_ends_workers_and_not_the_grader(small, small_machine):
    """Where nobody looks at the memory, until it is full: the grader is the largest process there, and lives."""
    before = small_machine.ended()
    verdict = Verdict(*small.ask("attack while nobody looks", "memory_of_mappings"))
    assert not verdict.wrong and small_machine.ended() > before, verdict


PROVEN = {"uid", "rlimits", "no_new_privs", "seccomp", "landlock"}


def test_the_tier():
    """What is proven here: T3 where there are namespaces, else T2."""
    layers = available()
    assert set(layers) >= PROVEN
    found = probe(default())
    assert found.tier == ("T3" if "namespaces" in layers else "T2"), found.table()


def test_the_tier_in_a_container(guest):
    """T2: there are no namespaces."""
    found = guest.ask("tier")
    assert set(found["layers"]) == PROVEN and found["tier"] == "T2", found["table"]


def test_the_tier_of_an_ordinary_user(ordinary):
    """T2 where Landlock keeps signals in: the worker is of the grader's own user."""
    found = ordinary.ask("tier")
    assert set(found["layers"]) == PROVEN - {"uid"} and found["tier"] == "T2", found["table"]


def test_the_container_is_like_dockers(guest, tmp_path):
    script = """
grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status
for words in 'unshare -U true' 'unshare -m true' 'mount -t tmpfs none /mnt' 'bwrap --ro-bind / / true' \
             'mkdir /sys/fs/cgroup/llmcourse' 'unshare -n true' 'hostname x'; do
  $words 2>/dev/null && echo "worked: $words"
done
chown 1:1 "$1" && su -s /bin/sh nobody -c 'echo "root still is root"'
"""
    path = tmp_path / "chown"
    path.write_text("")
    run = subprocess.run(container.command("sh", "-c", script, "sh", str(path)), capture_output=True, text=True)
    bits = f"{container.CAPABILITY_BITS:016x}"
    expected = f"CapEff: {bits} CapBnd: {bits} NoNewPrivs: 0 Seccomp: 2 root still is root"
    assert run.stdout.split() == expected.split(), run.stdout + run.stderr


# --- the oracle notices -----------------------------------------------------------------------------------------------

NAKED = ()
CONTROLS = {
    "a score too high": (RIGHT, None, "the score is 6"),
    "results": ("open(TARGETS['results'], 'a').close(); os.utime(TARGETS['results'])", NAKED, "results folder was touched"),
    "results replaced": ("os.unlink(TARGETS['results'])", NAKED, "results folder was touched"),
    "a file beside the results": ("os.mkdir(os.path.dirname(TARGETS['results']) + '/x')", NAKED, "results folder was touched"),
    "tests": ("attempt('x', lambda: open(TARGETS['tests']).read()[-100:])", NAKED, "a secret is in the results: pin"),
    "file": ("attempt('x', lambda: open(TARGETS['solutions']).read())", NAKED, "a secret is in the results: file"),
    "reversed": ("attempt('x', lambda: open(TARGETS['solutions']).read()[::-1])", NAKED, "a secret is in the results: file"),
    "a connection": ("import socket; socket.create_connection(('127.0.0.1', TARGETS['port']))", NAKED, "TCP connection"),
    "a datagram": ("import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', TARGETS['udp']))", NAKED, "datagram arrived"),
    "an abstract socket": ("import socket; socket.socket(1, 1).connect('\\0' + TARGETS['abstract'])", NAKED, "Unix connection"),
    "a folder": ("os.mkdir(TARGETS['drop'] + '/left')", ("uid", "rlimits"), "left on disk"),
    "an attempt nobody expected": ("attempt('surprise', len, '')", None, "not in ATTEMPTS"),
    "an attempt that never happened": ("1 / 0\nattempt('missing', len, '')", None, "never happened"),
    "time": ("import time; time.sleep(0.5)", None, "took"),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_the_oracle_notices(name):
    cell, layers, expected = CONTROLS[name]
    attack = SimpleNamespace(CELL=cell, ATTEMPTS={"missing": "got 0"}, SECONDS=0.4 if name == "time" else 15)
    verdict = harness.run(attack, None if layers is None else default(layers))
    assert any(expected in problem for problem in verdict.wrong + verdict.slow), verdict


def test_the_oracle_notices_what_is_left(tmp_path):
    before = processes.children()
    left = subprocess.Popen(["sleep", "60"])
    try:
        assert harness.alive(None, before) == [f"process {left.pid}"]
    finally:
        left.kill()
        left.wait()
    assert harness.alive(None, before) == []

    uid = default().uid
    assert harness.alone(uid) and harness.alive(uid, before) == []
    left = subprocess.Popen(["sleep", "60"], user=uid, group=uid)
    try:
        assert not harness.alone(uid)
        left.kill()
        time.sleep(0.1)
        assert not harness.alone(uid)    # a zombie counts
    finally:
        left.wait()
    assert harness.alone(uid)


def test_the_oracle_notices_malformed_results(tmp_path):
    path = tmp_path / "results.json"
    path.write_text("{}")
    assert harness.malformed({}, path) == ["results.json has the keys []"]
    path.rename(tmp_path / "real")
    path.symlink_to("real")
    assert "results.json is not a plain file of the grader's" in harness.malformed({}, path)


# --- the command that Gradescope runs -----------------------------------------------------------------------------------

def gradescope(folder):
    """The process that run_autograder starts."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "RANGE_SECRET": os.environ["RANGE_SECRET"],
                   "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-P", "-m", "autograder", "gradescope", str(folder)], env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("name", ["results_write", "honest_with_attack", "leak_by_exceptions", "read_proc_of_the_grader"])
def test_attack_on_the_command(name, machine):
    sound(machine, lambda: on_the_command(load(name)))


def on_the_command(attack):
    with Range() as shooting_range:
        shooting_range.hand_in(attack)
        started = time.monotonic()
        process = gradescope(shooting_range.folder)
        out, errors = process.communicate(timeout=60)
        outcome = shooting_range.outcome([], time.monotonic() - started)
        isolation = outcome.results["extra_data"]["isolation"]
        secrets = shooting_range.secrets.all()
    assert process.returncode == 0, errors
    assert isolation["tier"] in ("T2", "T3") and set(isolation["verdicts"].values()) <= {
        "contained", "the grader's process can be seen"}, isolation
    assert not [secret for secret in secrets if secret in out + errors]
    return harness.verdict(attack, outcome)


def test_killed_midway_there_is_a_pessimistic_result():
    attack = SimpleNamespace(CELL="import time\nwhile True: time.sleep(1)", LIMITS={"cell": 60.0, "total": 60.0})
    with Range() as shooting_range:
        shooting_range.hand_in(attack)
        process = gradescope(shooting_range.folder)
        workers = worker_of(process)
        process.kill()
        process.communicate()
        limit = time.monotonic() + 10
        while set(processes.table()) & workers and time.monotonic() < limit:
            time.sleep(0.05)
        assert not [pid for pid in workers if processes.table().get(pid, (0, 0, 0, "Z"))[3] != "Z"]
        results = json.loads(shooting_range.results.read_text())
        assert not harness.malformed(results, shooting_range.results)
    assert results["score"] == 0 and results["output"].startswith("Grading did not finish. Submit again")


def worker_of(process):
    """Processes of the worker, once it has been there for a second (the canary is gone by then)."""
    limit = time.monotonic() + 30
    stable: set[int] = set()
    while time.monotonic() < limit:
        found = set(processes.members(process.pid, None)) - {process.pid}
        if found and found == stable:
            return found
        stable = found
        time.sleep(1.0)
    raise AssertionError("the worker never started")
