"""results.json: Gradescope's format, scores in bounds, text that is safe to show, written whole or not at all."""

import html.parser
import json
import os
import signal
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.isolation.probe import Isolation
from autograder.results import MAX_TEXT, Report, TestResult, in_one_step, sanitise, write_results

TestResult.__test__ = False
TOP = {"score": (int, float), "output": str, "output_format": str, "visibility": str, "stdout_visibility": str,
       "execution_time": int, "tests": list, "extra_data": dict}
TEST = {"name": str, "number": str, "score": (int, float), "max_score": (int, float), "status": str, "output": str,
        "output_format": str, "visibility": str, "tags": list}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}


def result(question="q1", name="by hand", points=1.0, hidden=False, passed=True, message="Passed.", **more) -> TestResult:
    return TestResult(question, name, points, hidden, passed, message, **more)


def report(*tests: TestResult, max_score: float = 3.0, **more) -> Report:
    return Report("02_ngrams", max_score, list(tests), **more)


def check_schema(data: dict) -> None:
    """Fields, types and ranges as Gradescope documents them."""
    assert set(data) == set(TOP) and all(isinstance(data[key], kind) for key, kind in TOP.items())
    assert {data["visibility"], data["stdout_visibility"]} <= VISIBLE and data["output_format"] == "text"
    for test in data["tests"]:
        assert set(test) == set(TEST) and all(isinstance(test[key], kind) for key, kind in TEST.items())
        assert test["status"] in ("passed", "failed") and test["visibility"] in VISIBLE
        assert 0 <= test["score"] <= test["max_score"] and all(isinstance(tag, str) for tag in test["tags"])
        assert test["output_format"] == "text"
    assert json.loads(json.dumps(data, allow_nan=False)) == data


# --- the format -------------------------------------------------------------------------------------------------------

def test_gradescopes_format():
    got = report(result(), result(name="random", points=2.0, hidden=True, passed=False, message="Look again."),
                 notes=["1 of 2 tests passed.", "Cell 3 stopped."], seconds=1.6, seed=7,
                 instructor={"tier": "T2"}).as_gradescope()
    check_schema(got)
    assert got["score"] == 1 and got["output"] == "1 of 2 tests passed.\nCell 3 stopped." and got["execution_time"] == 2
    assert got["stdout_visibility"] == "hidden"
    assert {"assignment": "02_ngrams", "max_score": 3.0, "seed": 7, "tier": "T2"}.items() <= got["extra_data"].items()
    public, hidden = got["tests"]
    assert (public["name"], public["number"], public["status"], public["score"]) == ("q1: by hand", "1", "passed", 1)
    assert (hidden["status"], hidden["score"], hidden["max_score"], hidden["output"]) == ("failed", 0, 2, "Look again.")
    assert (public["visibility"], hidden["visibility"]) == ("visible", "after_published")
    assert (public["tags"], hidden["tags"]) == (["public"], ["hidden"])


def test_an_empty_report_is_valid():
    data = report().as_gradescope()
    check_schema(data)
    assert (data["score"], data["output"], data["execution_time"]) == (0, "Graded.", 0)
    assert data["extra_data"] == {"assignment": "02_ngrams", "max_score": 3.0, "seed": 0, "isolation": None}


def test_what_is_not_said_of_a_test():
    quiet = TestResult("q1", "by hand", 1.0, hidden=False, passed=False)
    assert (quiet.message, quiet.hint, quiet.kind, quiet.outputs, quiet.seconds) == ("", None, "", "", 0.0)
    assert quiet.blank is False and quiet.score == 0 and Report("x", 1.0, [quiet]).refused is None


def test_how_the_run_was_isolated_is_told_to_the_instructor():
    found = Isolation("T1", ("user",), {"secrets": None, "files": "made a file"}, 0.25)
    assert report(isolation=found).as_gradescope()["extra_data"]["isolation"] == found.as_dict()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 10), st.booleans(), st.booleans(), st.text(max_size=30)), max_size=12),
       st.floats(0, 20), st.floats(0, 1000))
def test_the_score_stays_between_zero_and_the_maximum(tests, maximum, seconds):
    data = report(*[result(points=p, hidden=h, passed=ok, message=m, name=m) for p, h, ok, m in tests],
                  max_score=maximum, seconds=seconds).as_gradescope()
    check_schema(data)
    assert 0 <= data["score"] <= maximum + 1e-6
    assert abs(data["score"] - min(maximum, sum(t["score"] for t in data["tests"]))) < 1e-5


def test_tenths_add_up_to_the_whole():
    assert report(*[result(points=0.1) for _ in range(10)], max_score=1.0).score == 1.0
    assert report(result(points=1.2345678)).score == 1.234568  # six places, a millionth of a point


@pytest.mark.parametrize(("given_report", "summary"), [
    (report(result()), "all tests passed"),
    (report(refused="Not a notebook. Hand in the .ipynb file."), "Not a notebook. Hand in the .ipynb file."),
    (report(result(), result(passed=False, message="q: expected 1\nmore")), "q: expected 1"),
    (report(result(passed=False, message="first"), result(passed=False, message="x", hint="You squared.")), "You squared."),
    (report(result(passed=False, blank=True), result("q2", passed=False, blank=True)), "2 question(s) not answered yet"),
    (report(result(passed=False, blank=True, message="Not answered"), result("q2", passed=False, message="wrong")), "wrong"),
    (report(result(passed=False, message="")), ""),
    (report(result(passed=False), result("q2", passed=False, blank=True, message="Not answered"), result()), "Passed."),
    (report(result(passed=False, message="a", hint="You squared."), result(passed=False, hint="You cubed.")), "You squared."),
    (report(result(passed=False, message=""), result("q2", passed=False, blank=True, message="Not answered")), ""),
    (report(result(passed=False, blank=True), result(passed=False, blank=True)), "1 question(s) not answered yet"),
])
def test_the_summary_says_what_matters_first(given_report, summary):
    assert given_report.summary == summary


# --- text -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "clean"), [
    ("plain text, ünïcödé ✓ 漢字", "plain text, ünïcödé ✓ 漢字"),
    ("two\n\tlines", "two\n\tlines"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b[2J\x1b[1;1H\x1b]0;title\x07gone", "gone"),
    ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
    ("\x1b\u200b[31mred", "[31mred"),
    ("\x9b31mred", "31mred"),
    ("nul\x00 bell\x07 back\x08 return\r", "nul bell back return"),
    ("\u202eevil\u202c \u2066x\u2069", "evil x"),
    ("zero\u200bwidth\u200d\ufeff\u00ad", "zerowidth"),
    ("tag\U000e0041 private\ue000 half\ud800 unassigned\u0378", "tag private half unassigned"),
    ("<script>alert(1)</script>", "‹script>alert(1)‹/script>"),
    ("<img src=x onerror=y>", "‹img src=x onerror=y>"),
    ("<!-- x --> <?php ?>", "‹!-- x --> ‹?php ?>"),
    ("<\u200bscript>", "‹script>"),
    ("<\x00b>", "‹b>"),
    ("1 < 2 and 3 > 2, a <- b, <= >=", "1 < 2 and 3 > 2, a <- b, <= >="),
    ("('<bos>', '<eos>', '<unk>', '<pad>')", "('<bos>', '<eos>', '<unk>', '<pad>')"),
    ("<bos onclick=x> <bosx> <BOS>", "‹bos onclick=x> ‹bosx> ‹BOS>"),
    ("<type 'int'> <function f at 0x7f>", "‹type 'int'> ‹function f at 0x7f>"),
])
def test_sanitise(text, clean):
    assert sanitise(text) == clean


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, attributes))

    def handle_endtag(self, tag):
        self.found.append((tag, []))

    handle_comment = handle_decl = handle_pi = unknown_decl = lambda self, data: self.found.append((data, []))


TEXT = st.text(st.characters() | st.sampled_from("<>/!?\x1b[]m;\u202e\u200b\x00abos \"'="), max_size=80)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(TEXT)
@example("<<bos>script>")
@example("<bos><eos></bos>")
@example("\x1b" * 50 + "[31m")
@example("<" + "\x1b[0m" + "b>")
@example("<" + "a" * 100 + ">")
def test_nothing_that_acts_is_left(text):
    clean = sanitise(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") for c in clean)
    tags = Tags()
    tags.feed(clean)
    tags.close()
    assert all(tag in ("bos", "eos", "unk", "pad") and not attributes for tag, attributes in tags.found)
    assert sanitise(clean) == clean
    clean.encode("utf-8")


def test_long_texts_are_cut_and_cost_nothing():
    assert sanitise("x" * 10**8) == "x" * 3999 + "…" and sanitise("x" * 4000) == "x" * 4000
    assert sanitise("\x1b[0m" * 3000 + "x" * 4000) == "x" * 4000
    assert sanitise("\x1b[0m" * 4000 + "x") == ""  # of 16,000 characters no more is looked at
    assert sanitise("abc", 3) == "abc" and sanitise("abcd", 3) == "ab…"
    for bad in ("\x1b" * 10**6, "\x1b]" * 10**6, "<" * 10**6, "\u202e" * 10**6):
        assert len(sanitise(bad)) <= MAX_TEXT


def test_every_text_of_a_report_is_sanitised():
    bad = "\x1b[31m<b>\u202e\x00" + "x" * 10**5
    data = report(result(bad, bad, message=bad, passed=False), notes=[bad]).as_gradescope()
    shown = [data["output"], data["tests"][0]["output"], data["tests"][0]["name"]]
    assert all("\x1b" not in s and "<" not in s and "\u202e" not in s and len(s) <= MAX_TEXT for s in shown)
    assert len(data["tests"][0]["name"]) == 200


# --- the file ---------------------------------------------------------------------------------------------------------

def test_writing(tmp_path):
    path = tmp_path / "very" / "deep" / "results.json"
    first = report(result(message="déjà vu"))
    write_results(first, path)
    assert json.loads(path.read_text(encoding="utf-8")) == first.as_gradescope()
    assert path.read_text(encoding="utf-8") == json.dumps(first.as_gradescope(), indent=1, ensure_ascii=False) + "\n"
    assert "déjà vu" in path.read_text(encoding="utf-8") and path.stat().st_mode & 0o777 == 0o644
    write_results(report(), path)
    assert json.loads(path.read_text(encoding="utf-8"))["tests"] == []
    assert [p.name for p in path.parent.iterdir()] == ["results.json"]


def test_a_file_takes_its_place_when_all_of_it_is_on_the_disk(tmp_path, monkeypatch):
    path, sizes = tmp_path / "results.json", []
    monkeypatch.setattr(os, "fsync", lambda fd: sizes.append((os.fstat(fd).st_size, path.exists())))
    write_results(report(result()), path)
    assert sizes == [(path.stat().st_size, False)]


def test_the_longest_name_that_a_file_can_have(tmp_path):
    with in_one_step(tmp_path / ("x" * 255)) as file:
        assert file.name is not None and [p.name[:41] for p in tmp_path.iterdir()] == ["." + "x" * 40]
        file.write("line\r\n")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"line\r\n"


def test_a_link_in_the_place_of_the_results_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "target").write_text("keep")
    (tmp_path / "results.json").symlink_to(tmp_path / "target")
    write_results(report(), tmp_path / "results.json")
    assert (tmp_path / "target").read_text() == "keep" and not (tmp_path / "results.json").is_symlink()


def test_an_error_midway_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write_results(report(result()), path)
    old = path.read_bytes()
    with pytest.raises(TypeError, match="object is not JSON serializable"):
        write_results(report(instructor={"x": object()}), path)
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_results(report(), path)
    assert path.read_bytes() == old and [p.name for p in tmp_path.iterdir()] == ["results.json"]


def test_killed_midway_the_old_file_is_whole(tmp_path):
    path = tmp_path / "results.json"
    write_results(report(result()), path)
    old = path.read_bytes()
    program = ("import os, signal, sys, pathlib\nfrom autograder.results import Report, write_results\n"
               "os.fsync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)\n"
               "write_results(Report('x', 1, [], ['x' * 10**6]), pathlib.Path(sys.argv[1]))")
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=os.path.dirname(os.path.dirname(__file__)),
                          env={**os.environ, "PYTHONPATH": "."}, check=False)
    assert done.returncode == -signal.SIGKILL and path.read_bytes() == old
