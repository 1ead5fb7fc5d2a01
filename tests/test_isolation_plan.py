"""What a plan holds, and what is made of it: asserted part by part, not only by its effect on this one machine."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from units import ROOT

from autograder.isolation import confine, landlock, launch, library, plan, probe, syscalls
from autograder.isolation.canary import Targets
from autograder.isolation.plan import DEVICES, LAYERS, SYSTEM, Plan, default, python_paths

MB = 2**20


@pytest.fixture
def paths(monkeypatch, tmp_path):
    """A Python whose paths are known: an environment in one folder, its base in another."""
    base, environment = tmp_path / "base", tmp_path / "environment"
    for folder in (base / "lib" / "python3", environment / "site-packages", environment / "bin"):
        folder.mkdir(parents=True)
    (base / "python").touch()
    (environment / "bin" / "python").symlink_to(base / "python")
    (environment / "pyvenv.cfg").touch()
    monkeypatch.setattr(sys, "base_prefix", str(base))
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setattr(sys, "executable", str(environment / "bin" / "python"))
    monkeypatch.setattr(plan.sysconfig, "get_path", lambda name: str(base / "lib" / {"stdlib": "python3",
                                                                                      "platstdlib": "dynamic"}[name]))
    monkeypatch.setattr(plan.site, "getsitepackages", lambda: [str(environment / "site-packages")])
    return base, environment


# --- the paths of Python ----------------------------------------------------------------------------------------------

def test_python_paths_are_what_python_and_its_packages_need(paths):
    base, environment = paths
    assert python_paths() == sorted(map(str, [
        base, base / "lib" / "python3", base / "lib" / "dynamic", base / "python", environment / "site-packages",
        environment / "bin", environment / "pyvenv.cfg"]))


def test_python_paths_follow_links_and_leave_out_whole_systems(paths, monkeypatch, tmp_path):
    base, environment = paths
    (tmp_path / "link").symlink_to(environment / "site-packages")
    monkeypatch.setattr(plan.site, "getsitepackages", lambda: [str(tmp_path / "link"), "/usr", "/", ""])
    assert str(environment / "site-packages") in python_paths() and not {"/", "/usr", "", os.getcwd()} & set(python_paths())
    monkeypatch.setattr(sys, "base_prefix", "/usr")  # a Python of the system's: it is in SYSTEM already
    assert "/usr" not in python_paths() and str(base) not in python_paths()


# --- the default plan -------------------------------------------------------------------------------------------------

@pytest.fixture
def fonts(monkeypatch):
    monkeypatch.setattr(plan, "font_cache", lambda: "/fonts")


def test_a_plan_lets_read_just_this(paths, fonts, monkeypatch):
    monkeypatch.delenv("AUTOGRADER_LIBRARY", raising=False)
    made = default(("rlimits",))
    opened = [str(ROOT / "llmcourse" / part) for part in ("__init__.py", *(
        name if (ROOT / "llmcourse" / name).is_dir() else f"{name}.py" for name in library.OPEN))]
    assert made.readable == (*SYSTEM, *DEVICES, *python_paths(), *opened, "/fonts")
    assert made.listable == (str(ROOT / "llmcourse"),) and made.library == str(ROOT)
    assert made.writable == ("/dev/null",) and made.matplotlib == "/fonts"
    assert len(set(made.readable)) == len(made.readable)


def test_nothing_readable_holds_a_solution_or_a_hidden_test(fonts):
    """On this machine, with its own paths: no readable folder lies above the masters, the grader or the library's units."""
    secret = [ROOT / "solutions", ROOT / "autograder" / "misconceptions", ROOT / "llmcourse" / "ngrams", ROOT / "tests"]
    for path in map(Path, default().readable):
        assert not [s for s in secret if s.is_relative_to(path)], path


def test_system_folders_are_named_one_by_one():
    assert set(SYSTEM) == {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime",
                           "/etc/fonts", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",
                           "/sys/devices/system/node"}
    assert set(DEVICES) == {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"}


def test_the_library_may_lie_elsewhere(fonts, monkeypatch, tmp_path):
    (tmp_path / "llmcourse" / "corpora").mkdir(parents=True)
    monkeypatch.setenv("AUTOGRADER_LIBRARY", str(tmp_path))
    made = default(())
    assert made.library == str(tmp_path) and made.listable == (str(tmp_path / "llmcourse"),)
    assert str(tmp_path / "llmcourse" / "corpora") in made.readable
    assert not any(path.startswith(str(ROOT / "llmcourse")) for path in made.readable)


def test_the_numbers_of_a_plan(fonts):
    usual, torch = default(()), default((), torch=True)
    assert (usual.memory, usual.total_memory) == (2048 * MB, 500 * MB)
    assert (torch.memory, torch.total_memory) == (12 * 1024 * MB, 600 * MB)
    assert (usual.processes, usual.files, usual.layers, usual.uid) == (32, 64, (), None)
    assert Plan().memory == 2048 * MB and Plan().total_memory == 600 * MB and Plan().writable == ("/dev/null",)


def test_a_user_of_its_own_is_random_and_far_from_every_account(fonts, monkeypatch):
    uids = {default(("uid",)).uid for _ in range(20)}
    assert len(uids) == 20 and all(2**29 <= uid < 2**29 + 2**28 for uid in uids)
    monkeypatch.setattr("secrets.randbelow", lambda n: n - 1)
    made = default(("uid", "rlimits"))
    assert made.uid == 0x20000000 + 0x10000000 - 1 and made.layers == ("uid", "rlimits")
    monkeypatch.setattr("secrets.randbelow", lambda n: 7)
    other = made.for_another_user()
    assert other.uid == 0x20000007 and other == plan.replace(made, uid=other.uid)
    nobody = default(())
    assert nobody.for_another_user() is nobody


def test_layers_are_taken_off_by_name():
    made = Plan(LAYERS, memory=7)
    assert made.without("seccomp", "uid").layers == ("namespaces", "rlimits", "no_new_privs", "landlock")
    assert made.without().layers == LAYERS and made.without("seccomp").memory == 7


def test_a_plan_survives_json():
    made = Plan(("uid",), 5, 1, 2, 3, 4, 5, ("a", "b"), ("c",), ("d",), "library", "fonts")
    assert Plan.from_json(made.to_json()) == made and Plan.from_json(Plan().to_json()) == Plan()
    assert json.loads(made.to_json())["readable"] == ["a", "b"]


# --- what the machine can do ------------------------------------------------------------------------------------------

def test_each_layer_has_its_own_condition(monkeypatch):
    can = {"namespaces": True, "uid": True, "seccomp": True, "landlock": True}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(plan, "namespaces_work", lambda: can["namespaces"])
    monkeypatch.setattr(os, "geteuid", lambda: 0 if can["uid"] else 1000)
    monkeypatch.setattr(syscalls, "available", lambda: can["seccomp"])
    monkeypatch.setattr(landlock, "version", lambda: 1 if can["landlock"] else 0)
    assert plan.available() == LAYERS
    for layer in can:
        can[layer] = False
        assert plan.available() == tuple(name for name in LAYERS if name != layer)
        can[layer] = True
    monkeypatch.setattr(sys, "platform", "darwin")
    assert plan.available() == ("rlimits",)


@pytest.mark.parametrize(("program", "status", "works"), [("/usr/bin/bwrap", 0, True), ("/usr/bin/bwrap", 1, False),
                                                          (None, 0, False)])
def test_namespaces_are_tried_once(monkeypatch, program, status, works):
    ran = []
    monkeypatch.setattr(plan, "_namespaces", None)
    monkeypatch.setattr(plan.shutil, "which", lambda name, path: program if (name, path) == (
        "bwrap", "/usr/bin:/usr/local/bin:/bin") else "/somewhere/else")
    monkeypatch.setattr(subprocess, "run", lambda command, **how: ran.append(command) or subprocess.CompletedProcess(
        command, status))
    assert plan.namespaces_work() is works and plan.namespaces_work() is works
    assert len(ran) == (program is not None)
    if program:
        assert ran[0] == [program, *plan.NAMESPACE_OPTIONS, "--ro-bind", "/", "/", "--proc", "/proc", "/bin/true"]


def test_namespaces_of_every_kind_that_matters():
    assert {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent",
            "--new-session"} <= set(plan.NAMESPACE_OPTIONS)


def test_fonts_are_listed_once_into_a_folder_that_looks_writable(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    ran = []

    def matplotlib(command, env, **how):
        ran.append((command, env))
        (Path(env["MPLCONFIGDIR"]) / "fontlist-v1.json").write_text("{}")
        (Path(env["MPLCONFIGDIR"]) / "tex.cache").mkdir()

    monkeypatch.setattr(subprocess, "run", matplotlib)
    folder = tmp_path / "share" / "llmcourse" / "matplotlib"
    assert plan.font_cache() == plan.font_cache() == str(folder)
    assert ran == [([sys.executable, "-I", "-c", "import matplotlib.font_manager"],
                    {"MPLCONFIGDIR": str(folder), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {folder: 0o1777, folder / "fontlist-v1.json": 0o644, folder / "tex.cache": 0o1777}


def test_an_environment_that_cannot_be_written_to_has_no_list_of_fonts(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "file"))
    assert plan.font_cache() == str(tmp_path / "file" / "share" / "llmcourse" / "matplotlib")


# --- starting a process -----------------------------------------------------------------------------------------------

def test_the_command_line_without_namespaces():
    line = launch.command(Plan(("uid",)), "package.module", "3", "x")
    assert line[:3] == [sys.executable, "-I", "-c"] and line[4:] == [str(ROOT), "3", "x"]
    assert "from package.module import main" in line[3] and "main(*sys.argv[2:])" in line[3]


def test_the_command_line_with_namespaces_shows_what_is_readable_and_the_grader():
    made = Plan(("namespaces",), readable=("/usr", "/fonts"), matplotlib="/fonts")
    line = launch.command(made, "package.module")
    inside = launch.binds(["/usr", "/fonts", str(ROOT / "autograder")], "/fonts")
    assert line == ["bwrap", *plan.NAMESPACE_OPTIONS, *inside, "--proc", "/proc", "--dev", "/dev", "--chdir", "/",
                    *launch.command(made.without("namespaces"), "package.module")]


def test_what_is_taken_apart_is_shown_whole_with_the_open_part_over_the_library():
    made = Plan(("namespaces",), readable=("/usr", "/e/s/numpy", "/e/other", "/e/s/llmcourse/a.py"), library="/e/s",
                listable=("/e", "/e/s", "/e/s/llmcourse"))
    assert made.taken_apart() == ["/e"] and Plan(listable=("/lib/llmcourse",), library="/lib").taken_apart() == []
    line = launch.command(made, "package.module")
    inside = launch.binds(["/usr", "/e", str(ROOT / "autograder")], "")
    cover = ["--tmpfs", "/e/s/llmcourse", "--ro-bind-try", "/e/s/llmcourse/a.py", "/e/s/llmcourse/a.py", "--remount-ro",
             "/e/s/llmcourse"]
    assert line[1 + len(plan.NAMESPACE_OPTIONS):line.index("--proc")] == [*inside, *cover]
    apart = plan.replace(made, library="/lib", listable=("/e", "/lib/llmcourse"))
    assert launch.covers(apart, apart.taken_apart()) == []


def test_binds_name_each_path_once_and_every_folder_above_it():
    folder = ["--perms", "0755", "--dir"]
    assert launch.binds(["/a/b/c.py", "/a/b", "/a/d/e", "/dev/null", "/proc/cpuinfo", "/a/b"], "/a/b/w") == [
        *folder, "/a", "--ro-bind-try", "/a/b", "/a/b", *folder, "/a/d", "--ro-bind-try", "/a/d/e", "/a/d/e"]
    assert launch.binds(["/a/b", "/a/b/w"], "/a/b/w") == [
        *folder, "/a", "--ro-bind-try", "/a/b", "/a/b", *folder, "/a/b", "--bind-try", "/a/b/w", "/a/b/w"]
    assert launch.binds(["/process", "/device"], "") == ["--ro-bind-try", "/device", "/device", "--ro-bind-try", "/process",
                                                          "/process"]


def test_a_process_gets_this_environment_and_nothing_else(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "very secret")
    assert launch.environment(Plan(matplotlib="/fonts")) == {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": "/fonts", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def test_a_process_is_started_apart_from_the_grader(monkeypatch):
    started = {}
    monkeypatch.setattr(subprocess, "Popen", lambda command, **how: started.update(command=command, **how))
    made = Plan(("uid",), matplotlib="/fonts")
    launch.launch(made, "package.module", "3", pass_fds=[3, 4])
    nothing = subprocess.DEVNULL
    assert started == {"command": launch.command(made, "package.module", "3"), "stdin": nothing, "stdout": nothing,
                       "stderr": nothing, "cwd": "/", "env": launch.environment(made), "pass_fds": (3, 4),
                       "start_new_session": True}


# --- the canary -------------------------------------------------------------------------------------------------------

class Canary:
    """A canary that is only noted: it says nothing, so that nothing counts as contained."""

    pid = 2**22 + 1  # above every process id

    def wait(self):
        return 0


def test_the_canary_gets_the_secrets_and_the_results_folder(monkeypatch):
    seen = {}

    def launched(made, module, report, plan_text, targets, pass_fds):
        seen.update(json.loads(targets), module=module, plan=plan_text, fds=tuple(pass_fds), report=int(report))
        os.write(int(report), b'{"secrets": null, "network": "said by the canary"}')
        return Canary()

    monkeypatch.setattr(probe, "launch", launched)
    made = Plan((), matplotlib="/fonts")
    found = probe.probe(made, ("/solutions", "/solutions/02.py"), "/results")
    assert seen["module"] == "autograder.isolation.canary" and Plan.from_json(seen["plan"]) == made
    assert seen["secrets"] == ["/solutions", "/solutions/02.py", *probe.solutions(made)] and seen["results"] == "/results"
    assert seen["pid"] == os.getpid() and seen["fds"] == (seen["report"], seen["file"]) and 0 < seen["port"] < 2**16
    assert found.verdicts == {"secrets": None, "network": "said by the canary", "kill": None} and found.tier == "T0"


def test_a_connection_that_arrives_counts_even_if_the_canary_keeps_silent_about_it(monkeypatch):
    import socket

    def launched(made, module, report, plan_text, targets, pass_fds):
        with socket.create_connection(("127.0.0.1", json.loads(targets)["port"])):
            pass
        os.write(int(report), b'{"network": null}')
        return Canary()

    monkeypatch.setattr(probe, "launch", launched)
    assert probe.probe(Plan(())).verdicts["network"] == "a connection arrived"


@pytest.mark.parametrize("said", [b"", b"no JSON", b'{"secrets": nul'])
def test_a_canary_that_ends_without_a_report_has_contained_nothing(monkeypatch, said):
    def launched(made, module, report, plan_text, targets, pass_fds):
        os.write(int(report), said)
        return Canary()

    monkeypatch.setattr(probe, "launch", launched)
    assert probe.probe(Plan(())).verdicts == {"kill": None}


def test_a_report_in_two_parts_is_read_whole():
    ours, theirs = os.pipe()
    os.write(theirs, b'{"secrets": null, "use')
    if os.fork() == 0:
        os.close(ours)
        os.write(theirs, b'r": "runs as root"}')
        os._exit(0)
    os.wait()
    assert probe._read(ours) == {"secrets": None, "user": "runs as root"}
    os.close(ours)
    os.close(theirs)


def test_a_canary_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(probe, "SECONDS", 0.05)
    ours, theirs = os.pipe()
    assert probe._read(ours) == {}
    os.close(ours)
    os.close(theirs)


def test_a_canary_on_the_bare_machine_gets_through_and_says_so(tmp_path):
    """Its attempts, made by this process itself, which nothing confines: each must succeed, or contained says nothing."""
    from autograder.isolation import canary

    secret, results = tmp_path / "tests", tmp_path / "results"
    secret.mkdir()
    results.mkdir()
    (secret / "q1.py").write_text("want = 42")
    with (tmp_path / "file").open("wb") as file:
        targets = Targets((str(secret / "q1.py"),), str(results), 0, os.getppid(), file.fileno())
        assert canary.reads_secrets(Plan(), targets) == f"could read {secret / 'q1.py'}"
        folder = Targets((str(tmp_path / "missing"), str(secret)), None, 0, os.getppid(), file.fileno())
        assert canary.reads_secrets(Plan(), folder) == f"could list {secret}"
        assert canary.reads_secrets(Plan(), Targets((str(tmp_path / "missing"),), None, 0, 0, 0)) is None
        assert canary.writes_results(Plan(), targets) == f"could make a file in {results}"
        assert list(results.iterdir()) == [] and canary.writes_results(Plan(), folder) is None
        assert canary.fills_a_file(Plan(), targets) == "could write into an open file"
        assert canary.sees_other_processes(Plan(), targets) == "the grader's process can be seen"
        assert os.geteuid() or canary.signals_the_grader(Plan(), targets) == "could send a signal to the grader"
    assert (tmp_path / "file").read_bytes() == b"x"


# --- Landlock on other kernels ----------------------------------------------------------------------------------------

@pytest.mark.parametrize(("version", "rights", "more", "size"), [
    (1, 2**13 - 1, (0, 0), 8), (2, 2**14 - 1, (0, 0), 8), (3, 2**15 - 1, (0, 0), 8), (4, 2**15 - 1, (3, 0), 16),
    (5, 2**16 - 1, (3, 0), 16), (6, 2**16 - 1, (3, 3), 24), (7, 2**16 - 1, (3, 3), 24)])
def test_landlock_handles_all_that_the_kernel_knows(monkeypatch, tmp_path, version, rights, more, size):
    """Against the numbers of linux/landlock.h: read a file 4, read a folder 8, write to a file 2."""
    calls = []
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    folder.mkdir()

    def call(number, *arguments):
        values = [getattr(a, "value", a) for a in arguments]
        if number == 444 and values[2] == 1:
            return version
        calls.append((number, values))
        return os.open(os.devnull, os.O_RDONLY) if number == 444 else 0

    monkeypatch.setattr(landlock, "_call", call)
    monkeypatch.setattr(landlock, "struct", SimpleNamespace(pack=lambda form, *numbers: (form, *numbers)))
    monkeypatch.setattr(landlock, "ctypes", SimpleNamespace(**{**vars(landlock.ctypes), "c_char_p": lambda packed: packed}))
    before = len(os.listdir("/proc/self/fd"))
    landlock.restrict([str(file), str(folder), str(tmp_path / "missing")], ["/dev/null"], [str(folder)])
    assert len(os.listdir("/proc/self/fd")) == before
    (made, attributes), *rules, (last, _) = calls
    assert made == 444 and attributes == [("QQQ", rights, *more), size, 0] and last == 446
    assert [number for number, _ in rules] == [445] * 4 and all(rule[1] == 1 and rule[3] == 0 for _, rule in rules)
    assert [rule[2][:2] for _, rule in rules] == [("=Qi", 4), ("=Qi", 12), ("=Qi", 8), ("=Qi", 6)]


def test_without_landlock_nothing_is_promised(monkeypatch):
    def refused(number, *arguments):
        raise OSError(38, "no such call")

    monkeypatch.setattr(landlock, "_call", refused)
    assert landlock.version() == 0
    with pytest.raises(OSError, match="Landlock is not available"):
        landlock.restrict([])


def test_a_call_that_the_kernel_refuses_is_an_error():
    with pytest.raises(OSError, match=r"Invalid argument|Function not implemented|Operation not"):
        landlock._call(landlock.RESTRICT_SELF, landlock.ctypes.c_int(-1), landlock.ctypes.c_uint32(99))


# --- putting the layers on --------------------------------------------------------------------------------------------

@pytest.fixture
def put_on(monkeypatch):
    """The layers that ``confine`` puts on, in its order, without any being put on."""
    order = []
    for name in ("_rlimits", "_uid", "_no_new_privs"):
        monkeypatch.setattr(confine, name, lambda made, name=name: order.append(name.lstrip("_")))
    monkeypatch.setattr(confine.landlock, "restrict", lambda *paths: order.append(("landlock", *paths)))
    monkeypatch.setattr(confine.syscalls, "restrict", lambda: order.append("seccomp"))
    monkeypatch.setattr(confine.syscalls, "available", lambda: True)
    monkeypatch.setattr(confine, "_prctl", lambda option, value: order.append((option, value)))
    monkeypatch.setattr(os, "umask", lambda mask: order.append(("umask", mask)))
    monkeypatch.setattr(sys, "platform", "linux")
    return order


def test_layers_are_put_on_while_each_is_still_possible(put_on):
    confine.confine(Plan(LAYERS, readable=("r",), writable=("w",), listable=("l",)))
    assert put_on == [("umask", 0o077), "rlimits", "uid", "no_new_privs", ("landlock", ("r",), ("w",), ("l",)), "seccomp",
                      (1, 9)]  # PR_SET_PDEATHSIG, SIGKILL


def test_only_the_layers_of_the_plan_are_put_on(put_on, monkeypatch):
    confine.confine(Plan(("rlimits",)))
    assert put_on == [("umask", 0o077), "rlimits", (1, 9)]
    monkeypatch.setattr(sys, "platform", "darwin")
    put_on.clear()
    confine.confine(Plan(()))
    assert put_on == [("umask", 0o077)]


@pytest.mark.parametrize("error", [OSError(1, "not permitted"), ImportError("x"), ValueError("x"), RuntimeError("x")])
def test_a_layer_that_cannot_be_put_on_is_named(put_on, monkeypatch, error):
    def fails(made):
        raise error

    monkeypatch.setattr(confine, "_uid", fails)
    with pytest.raises(confine.NotConfined, match=f"uid: {type(error).__name__}: "):
        confine.confine(Plan(LAYERS))
    assert put_on == [("umask", 0o077), "rlimits"]


def test_without_libseccomp_nothing_is_put_on_that_cannot_be_finished(put_on, monkeypatch):
    monkeypatch.setattr(confine.syscalls, "available", lambda: False)
    with pytest.raises(confine.NotConfined, match="libseccomp cannot be loaded"):
        confine.confine(Plan(LAYERS))
    assert put_on == [("umask", 0o077)]
    confine.confine(Plan(("rlimits",)))


def test_no_privileges_and_no_memory_to_look_at(monkeypatch):
    """PR_SET_NO_NEW_PRIVS, and PR_SET_DUMPABLE: others of the same user may not look into the process."""
    asked = []
    monkeypatch.setattr(confine, "_prctl", lambda option, value: asked.append((option, value)))
    confine._no_new_privs(Plan())
    assert asked == [(38, 1), (4, 0)]


def test_a_user_is_taken_on_with_its_group_and_no_other(monkeypatch):
    asked = []
    for name in ("setgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *ids, name=name: asked.append((name, *ids)))
    monkeypatch.setattr(os, "getresuid", lambda: (5, 5, 5))
    monkeypatch.setattr(os, "getresgid", lambda: (5, 5, 5))
    confine._uid(Plan(("uid",), 5))
    assert asked == [("setgroups", []), ("setresgid", 5, 5, 5), ("setresuid", 5, 5, 5)]  # the user last: then it is too late


def test_processes_of_a_user_are_counted_with_their_threads(monkeypatch):
    class Entry:
        def __init__(self, name, uid):
            self.name, self.uid = name, uid

        def stat(self):
            return os.stat_result((0, 0, 0, 0, self.uid, 0, 0, 0, 0, 0))

    def tasks(folder):
        if folder == "/proc/9/task":
            raise FileNotFoundError(folder)  # it has ended since
        return {"/proc/5/task": ["5"], "/proc/6/task": ["6", "7", "8"], "/proc/10/task": ["10"]}[folder]

    entries = [Entry("5", 1), Entry("6", 1), Entry("9", 1), Entry("10", 2), Entry("self", 1)]
    monkeypatch.setattr(confine, "os", SimpleNamespace(scandir=lambda folder: entries, listdir=tasks))
    assert confine._processes_of(1) == 4 and confine._processes_of(2) == 1 and confine._processes_of(3) == 0


def test_a_refused_prctl_is_an_error():
    with pytest.raises(OSError, match="Invalid argument"):
        confine._prctl(9999, 0)


def test_a_user_that_the_plan_does_not_name(monkeypatch):
    with pytest.raises(ValueError, match="names no user"):
        confine._uid(Plan(("uid",)))


@pytest.mark.parametrize("now", [(5, 5, 6), (5, 6, 5), (0, 0, 0)])
def test_a_user_that_was_not_changed_is_noticed(monkeypatch, now):
    for name in ("setgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *ids: None)
    for one, other in (("getresuid", "getresgid"), ("getresgid", "getresuid")):
        monkeypatch.setattr(os, one, lambda: now)
        monkeypatch.setattr(os, other, lambda: (5, 5, 5))
        with pytest.raises(OSError, match="the user was not changed"):
            confine._uid(Plan(("uid",), 5))


def test_limits_are_hard_and_never_above_those_that_there_are(monkeypatch):
    limit = {}
    names = {"CORE", "FSIZE", "NOFILE", "CPU", "AS", "MSGQUEUE", "MEMLOCK", "SIGPENDING", "NPROC"}
    name = {getattr(confine.resource, f"RLIMIT_{key}"): f"RLIMIT_{key}" for key in names}
    monkeypatch.setattr(confine.resource, "setrlimit", lambda kind, both: limit.update({name[kind]: both}))
    monkeypatch.setattr(confine.resource, "getrlimit", lambda kind: (0, {"RLIMIT_NOFILE": 10}.get(
        name[kind], confine.resource.RLIM_INFINITY)))
    monkeypatch.setattr(confine, "_processes_of", lambda uid: {os.getuid(): 100}[uid])
    monkeypatch.setattr(sys, "platform", "linux")
    confine._rlimits(Plan(("rlimits", "uid"), memory=7, processes=3, files=64, cpu=9))
    assert limit == {"RLIMIT_CORE": (0, 0), "RLIMIT_FSIZE": (0, 0), "RLIMIT_NOFILE": (10, 10), "RLIMIT_CPU": (9, 9),
                     "RLIMIT_AS": (7, 7), "RLIMIT_MSGQUEUE": (0, 0), "RLIMIT_MEMLOCK": (65536, 65536),
                     "RLIMIT_SIGPENDING": (256, 256), "RLIMIT_NPROC": (3, 3)}
    confine._rlimits(Plan(("rlimits",), processes=3))
    assert limit["RLIMIT_NPROC"] == (103, 103)  # no user of its own: the instructor's processes count as well
    limit.clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    confine._rlimits(Plan(("rlimits",)))
    assert set(limit) == {"RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CPU"}
