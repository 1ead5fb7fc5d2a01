"""Results kept on disk are made once for a state of what they depend on; a test that wants the machine alone gets it."""

import subprocess
import sys
import threading
import time

import kept
import pytest
from machine import Machine
from units import ROOT


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(kept, "used", set())
    return tmp_path / "kept"


def test_a_result_is_made_once_for_a_key(folder):
    made = []
    ask = lambda key: kept.kept("name", key, lambda: made.append(key) or {"made": key})
    assert ask("a") == ask("a") == {"made": "a"} and made == ["a"]
    assert ask("b") == {"made": "b"} and made == ["a", "b"]
    kept.forget()
    assert ask("b") == {"made": "b"} and made == ["a", "b", "b"]


def test_half_a_file_is_no_result(folder):
    folder.mkdir()
    (folder / "name.json").write_text('{"key": "a", "val')
    assert kept.kept("name", "a", lambda: 1) == 1


def test_who_asks_while_it_is_made_waits_for_it(folder):
    made = []

    def make():
        made.append(1)
        time.sleep(0.2)
        return len(made)

    answers = []
    asking = [threading.Thread(target=lambda: answers.append(kept.kept("name", "a", make))) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert answers == [1, 1, 1, 1]


def test_a_key_follows_names_contents_and_versions(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "ROOT", tmp_path)

    def key(**files):
        kept._digest.cache_clear()
        for old in tmp_path.iterdir():
            old.unlink()
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return kept.key(tmp_path, packages=["numpy"])

    keys = [key(a="1"), key(a="2"), key(b="1"), key(a="1", b=""), key(a="1", b="1"), key(a="", b="11")]
    assert len(set(keys)) == len(keys) and key(a="1") == keys[0] != kept.key(tmp_path)
    kept._digest.cache_clear()


def test_alone_waits_for_the_others_and_keeps_them_out(tmp_path):
    """Another process that holds a share delays whoever wants to be alone, and a third gets none meanwhile."""
    code = (f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); from pathlib import Path; from machine import Machine\n"
            f"with Machine(Path({str(tmp_path / 'lock')!r})).shared():\n    print('in', flush=True); sys.stdin.readline()")
    start = lambda: subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    machine, said = Machine(tmp_path / "lock"), []

    def go():
        said.append("goes")
        first.stdin.close()

    with machine.shared(), start() as first, start() as second:
        assert first.stdout.readline() == second.stdout.readline() == "in\n"
        second.kill()
        threading.Timer(0.3, go).start()
        with machine.alone(), start() as third:
            said.append("alone")
            listening = threading.Thread(target=lambda: said.append(third.stdout.readline()))
            listening.start()
            listening.join(1.0)
            said.append("still alone")
            third.kill()
            listening.join()
    assert said == ["goes", "alone", "still alone", ""]
