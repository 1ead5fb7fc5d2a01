"""What an instructor gets out of a cohort: gradebooks, statistics, the report, near-identical submissions, regrading."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from units import ROOT

from autograder import cli, results
from autograder.cohort import by_hand, command, records, run, sheets, similar, statistics, units
from autograder.cohort.entries import Entry, Found
from autograder.cohort.journal import Journal
from autograder.cohort.names import Student
from autograder.cohort.report import bars, render
from autograder.grade import nothing_graded

QUIZ = "00_warmup"
CODE = """\
def total(numbers):
    result = 0
    for number in numbers:
        result = result + number  # add
    return result
"""


def record(students, tests, unit="01_x", late=None, answers=None, refused=None, submitted=""):
    """A record with these tests: (question, points, passed, more)."""
    made = [results.TestResult(q, f"test of {q}", points, False, passed, **more) for q, points, passed, more in tests]
    report = results.Report(unit, sum(t.points for t in made), made, ["note"], refused, seconds=1.5, seed=7)
    entry = Entry(f"{students[0].name}.ipynb", tuple(students), late=late, submitted=submitted, file=students[0].name)
    return records.record_of(report, answers=answers or {}) | records.described(entry)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


# --- tables -----------------------------------------------------------------------------------------------------------

def test_a_row_for_each_student_of_a_group(tmp_path):
    hint = {"hint": "=Which axis?\nforged"}
    made = record([Student("Ada", "gradescope", "9", "a@x.edu", "S1"), Student("-Bo")],
                  [("q1", 2.0, True, {}), ("q2", 3.0, False, hint), ("q2", 1.0, True, {})], late=True)
    sheet = sheets.ScoreSheet(tmp_path / "new" / "s.csv", ["q1", "q2", "q3"])
    sheet.add(made)
    head, *rows = read(tmp_path / "new" / "s.csv")  # before it is closed
    sheet.close()
    assert head == ["student", "id", "sid", "email", "unit", "total", "max", "q1", "q2", "q3", "late", "tier", "first hint",
                    "told", "seconds", "seed", "submission"]
    assert rows[0] == ["Ada", "9", "S1", "a@x.edu", "01_x", "3.0", "6.0", "2.0", "1.0", "", "yes", "not tried",
                       "'=Which axis? forged", "'=Which axis? forged", "1.5", "7", "Ada.ipynb"]
    assert [row[0] for row in rows] == ["Ada", "'-Bo"]


def test_gradebooks_of_three_systems(tmp_path):
    tests = [("q1", 2.0, True, {}), ("q2", 3.0, False, {"message": "see q2"})]
    full = [("q1", 2.0, True, {}), ("q2", 3.0, True, {})]
    made = [record([Student("doejane", "canvas", "77")], tests), record([Student("doejane", "canvas", "77")], full),
            record([Student("roe", "canvas", "78")], tests), record([Student("Jane Doe", "moodle", "4711")], tests),
            record([Student("Jane van Doe", "gradescope", "9", "j@x.edu", "S1")], tests, submitted="2026-11-19T10:02:03+00:00"),
            record([Student("Jane van Doe", "gradescope", "10", "J@x.edu", "S1")], full), record([Student("nobody")], full)]
    graded = [(student, sheets.Mark.of(r)) for r in made for student in records.students_of(r)]
    paths = sheets.write_gradebooks(tmp_path / "books", "01_x", graded)
    assert [p.name for p in paths] == ["canvas_01_x.csv", "moodle_01_x.csv", "gradescope_01_x.csv"]
    assert read(paths[0]) == [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01_x"],
                              ["Points Possible", "", "", "", "", "5.0"],
                              ["doejane", "77", "", "", "", "5.0"], ["roe", "78", "", "", "", "2.0"]]  # the better of two
    head, row = read(paths[1])
    filled = dict(zip(head, row, strict=True))
    assert (filled["Identifier"], filled["Full name"], filled["Grade"]) == ("Participant 4711", "Jane Doe", "2.0")
    assert filled["Maximum Grade"] == "5.0" and filled["Feedback comments"] == "see q2" and "Last modified (grade)" in head
    head, row = read(paths[2])
    filled = dict(zip(head, row, strict=True))
    assert (filled["First Name"], filled["Last Name"], filled["SID"]) == ("Jane van", "Doe", "S1")
    assert (filled["Total Score"], filled["1: q1 (2 pts)"], filled["2: q2 (3 pts)"]) == ("5.0", "2.0", "3.0")


def test_every_column_of_the_gradebooks(tmp_path):
    tests = [("q1", 2.0, True, {}), ("q2", 3.5, False, {"message": "x" * 600})]
    jane = Student("Jane van Doe", "moodle", "4711", "j@x.edu", "S1")
    roe = Student("Roe", "gradescope", "9", "r@x.edu", "S2")
    made = [(who, sheets.Mark.of(record([who], tests, submitted="2026-11-19 10:02"))) for who in (jane, roe)]
    _, moodle, gradescope = [None, *(read(path) for path in sheets.write_gradebooks(tmp_path, "01_x", made))]
    assert moodle == [["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
                       "Last modified (grade)", "Feedback comments"],
                      ["Participant 4711", "Jane van Doe", "j@x.edu", "Submitted for grading", "2.0", "5.5", "Yes", "'-",
                       "x" * 500]]  # fmt: skip
    assert gradescope == [["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission ID",
                           "Submission Time", "1: q1 (2 pts)", "2: q2 (3.5 pts)"],
                          ["Roe", "", "S2", "r@x.edu", "2.0", "5.5", "Graded", "9", "2026-11-19 10:02", "2.0",
                           "0.0"]]  # fmt: skip
    canvas = Student("doe", "canvas", "77", "d@x.edu", "S3")
    [path] = sheets.write_gradebooks(tmp_path / "more", "01_x", [(canvas, made[0][1])])
    assert read(path)[2] == ["doe", "77", "S3", "d@x.edu", "", "2.0"]


def test_the_best_of_each_student_in_the_order_of_their_names():
    low, high = (sheets.Mark(score, 3.0, told, "", {}, {}) for score, told in ((1.0, "low"), (2.0, "high")))
    again = sheets.Mark(2.0, 3.0, "as high, later", "", {}, {})
    adas = [Student("ada", "gradescope", "9", "A@x.edu"), Student("Ada", "gradescope", "10", "a@X.edu")]
    bos = [Student("bo", "canvas", "1", sid="S1"), Student("b", "canvas", "2", sid="S1")]
    others = [Student("Cy", "canvas", "4"), Student("cy", "canvas", "3")]
    graded = [(others[0], low), (adas[0], low), (adas[1], high), (adas[0], again), (bos[0], high), (bos[1], low),
              (others[1], low)]
    assert sheets.best_of_each(graded) == [(adas[1], high), (bos[0], high), (others[1], low), (others[0], low)]


# --- statistics -------------------------------------------------------------------------------------------------------

def test_difficulty_and_discrimination_are_the_textbooks():
    """Against scipy's correlation of an item with the rest."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    rng = np.random.default_rng(0)
    table = rng.random((40, 3)) < [0.9, 0.5, 0.2]
    made = [(f"s{i}", record([Student(f"s{i}")], [(f"q{j}", float(j + 1), bool(ok), {"seconds": float(i)})
                                                   for j, ok in enumerate(row)])) for i, row in enumerate(table)]
    [unit] = statistics.units_of(made)
    points = table * [1.0, 2.0, 3.0]
    for j, question in enumerate(unit.questions.values()):
        assert question.difficulty == pytest.approx(table[:, j].mean())
        wanted = stats.pearsonr(points[:, j], points.sum(axis=1) - points[:, j]).statistic
        assert question.discrimination == pytest.approx(wanted)
        assert (question.median_seconds, question.longest) == (19.5, 39.0)
    assert sum(n for _, n in unit.histogram) == 40 and unit.histogram[-1][1] == int(table.all(axis=1).sum())


def test_a_question_that_everybody_gets_right_tells_nobody_apart():
    [unit] = statistics.units_of((f"s{i}", record([Student("s")], [("q1", 1.0, True, {}), ("q2", 1.0, i > 1, {})]))
                                 for i in range(4))
    assert unit.questions["q1"].discrimination is None and unit.questions["q1"].difficulty == 1


def test_mistakes_are_counted_and_unseen_ones_put_together():
    known, other = {"hint": "Which axis?"}, {"outputs": "[1.0]; 2", "kind": "value"}
    given = {"ada": known, "bo": known, "cy": other, "dee": other, "eli": {"outputs": "[2.0]; 2"}, "flo": {"blank": True},
             "gus": {"kind": "slow", "outputs": "TimeLimit"}}
    [unit] = statistics.units_of((who, record([Student(who)], [("q1", 1.0, False, more)], answers={"q1": f"code of {who}"}))
                                 for who, more in given.items())
    assert [(m.text, m.who, m.example) for m in unit.known] == [("Which axis?", ["ada", "bo"], "code of ada")]
    assert [(m.text, m.who) for m in unit.unseen] == [
        ("[1.0]; 2", ["cy", "dee"]), ("[2.0]; 2", ["eli"]), ("TimeLimit", ["gus"])]
    question = unit.questions["q1"]
    assert (question.blank, question.timeouts, unit.timeouts) == (1, 1, [("gus", "q1: test of q1")])


def test_what_could_not_be_read_is_no_zero_of_the_questions():
    ada = record([Student("ada")], [("q1", 1.0, True, {})])
    bo = record([Student("bo")], [("q1", 1.0, False, {})], refused="not a notebook", late=True)
    [unit] = statistics.units_of([("ada", ada), ("bo", bo)])
    assert unit.questions["q1"].points == [1.0] and unit.refused == [("bo", "not a notebook")] and unit.late == 1


def test_scores_in_tenths():
    unit = statistics.Unit("x", 20.0, [0, 1.9, 2.0, 11.0, 19.9, 20.0])
    assert unit.histogram == [("0–2", 2), ("2–4", 1), ("4–6", 0), ("6–8", 0), ("8–10", 0), ("10–12", 1), ("12–14", 0),
                              ("14–16", 0), ("16–18", 0), ("18–20", 2)]  # fmt: skip
    assert statistics.Unit("x").histogram == [] and statistics.Unit("x").late == 0


def test_bars_by_hand():
    assert bars([("a", 2), ("b", 4)], width=100, height=10) == [
        {"x": 3.0, "width": 44.0, "height": 5.0, "y": 25.0, "label": "a", "n": 2},
        {"x": 53.0, "width": 44.0, "height": 10.0, "y": 20.0, "label": "b", "n": 4}]
    assert bars([("a", 0)]) == [{"x": 3.0, "width": 554.0, "height": 0.0, "y": 160.0, "label": "a", "n": 0}]
    assert bars([("a", 1)])[0]["height"] == 140 and bars([("a", 1), ("b", 3), ("c", 0)])[0]["height"] == 46.7
    assert [bar["x"] for bar in bars([("a", 1)] * 3)] == [3, 189.7, 376.3] and bars([]) == []


def test_a_question_of_which_nothing_is_known():
    question = statistics.Question("q1", 2.0)
    assert (question.difficulty, question.median_seconds, question.longest) == (0, 0, 0)
    assert (question.blank, question.timeouts, question.discrimination) == (0, 0, None)
    assert statistics.Question("q1", 0.0, [0.0]).difficulty == 0
    assert statistics.Mistake("q1", "test", "text").example == ""


def test_what_is_gathered_of_a_unit():
    slow = [(f"q{i}", 1.0, False, {"kind": "slow", "outputs": f"t{i}"}) for i in range(7)]
    ada = record([Student("ada")], slow, answers={"q0": "x = 1"})
    mixed = [("q0", 1.0, False, {"blank": True}), ("q0", 2.0, False, {"kind": "value", "outputs": "7", "seconds": 2.0}),
             ("q1", 1.0, True, {"seconds": 1.0}), *((f"q{i}", 1.0, True, {}) for i in range(2, 7))]  # fmt: skip
    bo = record([Student("bo")], mixed, late=True)
    nameless = record([Student("cy")], mixed, unit="")
    other = record([Student("dee")], mixed, unit="00_w")
    first, unit = statistics.units_of([("ada", ada), ("bo", bo), ("cy", nameless), ("dee", other)])
    assert (first.name, first.max_score, unit.name, unit.max_score) == ("00_w", 9.0, "01_x", 9.0)
    assert unit.timeouts == [("ada", ", ".join(f"q{i}: test of q{i}" for i in range(5)))]
    assert unit.wrong == {"ada": {f"q{i} test of q{i} t{i}" for i in range(7)}, "bo": {"q0 test of q0 7"}}
    assert unit.answers == {"ada": {"q0": "x = 1"}, "bo": {}} and unit.scores == [0.0, 6.0]
    assert unit.tiers == {"not tried": 2} and unit.seeds == {7} and unit.late == 1
    q0 = unit.questions["q0"]
    assert (q0.points, q0.seconds, q0.blank, q0.timeouts) == ([0.0, 0.0], [0.0, 2.0], 0, 1)  # one of bo's was answered
    assert (q0.longest, q0.median_seconds) == (2.0, 1.0) and first.questions["q0"].discrimination is None


def test_one_student_counts_once_for_a_mistake_and_the_first_who_wrote_something_is_the_example():
    twice = [("q1", 1.0, False, {"hint": "Which axis?"}), ("q1", 1.0, False, {"hint": "Which axis?"})]
    made = [(who, record([Student(who)], twice, answers={"q1": source})) for who, source in
            (("ada", ""), ("bo", "x = 1"), ("cy", "x = 2"))]
    rare = record([Student("dee")], [("q1", 1.0, False, {"hint": "Rare?"}), ("q1", 1.0, False, {})])
    [unit] = statistics.units_of([("dee", rare), *made])
    assert [(m.question, m.test, m.text, m.who, m.example) for m in unit.known] == [
        ("q1", "test of q1", "Which axis?", ["ada", "bo", "cy"], "x = 1"), ("q1", "test of q1", "Rare?", ["dee"], "")]
    assert unit.unseen == []


# --- likeness ---------------------------------------------------------------------------------------------------------

def test_renaming_hides_nothing():
    renamed = re.sub("number", "x", re.sub("result", "summe", CODE.replace("# add", "# adding it up"))).replace("    ", "  ")
    assert similar.tokens(CODE) == similar.tokens(renamed) and similar.tokens(CODE) != similar.tokens(CODE.replace("+", "-"))
    assert similar.tokens("x = 'a'\n\n# only a comment") == similar.tokens("y = 'b'")


@pytest.mark.parametrize("source", ["def f(:\n  x = (1", "'''", "f'{", "\x00", "é = 1", "  indented\nback"])
def test_code_that_is_none_is_compared_as_far_as_it_goes(source):
    assert isinstance(similar.tokens(source), str)


def test_copies_come_first_and_what_was_handed_out_does_not_count():
    handed_out = "def total(numbers):\n" + "\n".join(f"    # step {i}" for i in range(40))
    long = "\n".join(CODE.replace("total", f"total{i}") for i in range(4))
    other = "import math\n" + "\n".join(f"x{i} = [math.sqrt(y) for y in range({i})] if {i} else {{}}" for i in range(12))
    answers = {"ada": long, "bo": long.replace("number", "n"), "cy": long + "\nprint(total0([1]))", "dee": other,
               "eli": "x = 1", "flo": "x = 1"}
    wrong = {"ada": {"q1 a 5", "q2 b 7"}, "bo": {"q2 b 7"}, "cy": set()}
    found = similar.pairs({who: {"q1": f"{handed_out}\n{text}"} for who, text in answers.items()}, wrong,
                          {line.strip() for line in handed_out.splitlines()})
    assert (found[0].one, found[0].other) == ("ada", "cy")
    assert {(p.one, p.other) for p in found} == {("ada", "bo"), ("ada", "cy"), ("bo", "cy")}  # short ones mean nothing
    by_pair = {(p.one, p.other): p for p in found}
    assert by_pair["ada", "bo"].code == 1 and by_pair["ada", "bo"].text < 1 and by_pair["ada", "bo"].shared_mistakes == 1
    assert all(similar.LEAST <= p.code <= 1 for p in found)


def test_sixty_tokens_are_enough_to_be_compared():
    for number, alike in ((59, 0), (60, 1)):
        answers = {who: {"q1": "x\n" * number} for who in ("ada", "bo")}
        assert len(similar.tokens("x\n" * number)) == number
        assert len(similar.pairs(answers, {}, set())) == alike


def test_fifty_pairs_are_shown_those_with_common_mistakes_first():
    source = "\n".join(f"y = x + {i}" for i in range(20))
    answers = {f"s{i:02}": {"q1": source} for i in range(11)}
    found = similar.pairs(answers, {"s03": {"a", "b"}, "s07": {"b", "a"}, "s08": {"a"}}, set())
    assert len(found) == 50 and all(p.code == p.text == 1 for p in found)
    assert [(p.one, p.other, p.shared_mistakes) for p in found[:1]] == [("s03", "s07", 2)]
    assert {(p.one, p.other) for p in found[1:3]} == {("s03", "s08"), ("s07", "s08")}


def test_nine_tenths_are_alike_and_less_is_not():
    assert similar._alike(["a" * 9 + "b", "a" * 9 + "c"]) == [(pytest.approx(0.9), 0, 1)]
    assert similar._alike(["a" * 17 + "bb", "a" * 17 + "cc"]) == []  # 34 of 38
    assert similar.own_lines({"q1": "x = 1\n  y\n\n", "q2": " z "}, {"y"}) == "x = 1\nz"


def test_keywords_and_operators_keep_their_own_place_and_names_share_one():
    assert len({similar.hash_of(word) for word in ("for", "in", "if", "+", "-", "(", ")", "==")}) == 8
    assert similar.tokens("for x in y: pass") != similar.tokens("for x in y: continue")
    assert len(similar.tokens("a = 'b' + 1")) == 5
    assert all(ord(c) < 0x8200 for c in similar.tokens(CODE))


def test_a_character_stands_for_a_token_and_is_the_same_everywhere():
    assert similar.hash_of("123456789") == 0xCBF43926 % 2**15  # the check value of CRC-32
    assert similar.tokens("é = 1\nif é: pass") == similar.tokens("? = 1\nif ?: pass")
    assert similar.tokens("x\ny") == similar.tokens("x") + similar.tokens("y")
    assert similar.tokens("if x:\n    1 + 'a'\n") == "".join(
        chr(0x200 + similar.hash_of(piece)) if piece in ("if", ":", "+") else similar.tokens(piece)
        for piece in ("if", "x", ":", "1", "+", "'a'"))
    assert {similar.tokens(piece) for piece in ("x", "1", "'a'")} == {chr(0x101), chr(0x102), chr(0x103)}


def test_pairs_are_in_this_order(monkeypatch):
    """First those whose texts are alike, by their common mistakes; then by text, then by code."""
    names = [f"s{i}" for i in range(5)]
    answers = {who: {"q1": f"{who}\n" + "x\n" * 60} for who in names}
    likeness = {("s0", "s1"): 95, ("s0", "s2"): 95, ("s0", "s3"): 90, ("s0", "s4"): 50, ("s1", "s2"): 97, ("s1", "s3"): 97}
    monkeypatch.setattr(similar, "_alike", lambda codes: [(0.9, 0, 1), (0.9, 0, 2), (1.0, 0, 3), (1.0, 0, 4), (0.95, 1, 2),
                                                          (0.96, 1, 3)])
    monkeypatch.setattr(similar.fuzz, "ratio", lambda one, other: likeness[one.split()[0], other.split()[0]])
    wrong = {"s0": {"a", "b", "c"}, "s1": {"a"}, "s2": {"a", "b"}, "s3": {"a", "b", "c"}, "s4": {"a", "b", "c"}}
    wrong["s1"] = {"c"}
    found = similar.pairs(answers, wrong, set())
    assert [(p.one, p.other, p.text, p.shared_mistakes) for p in found] == [
        ("s0", "s2", 0.95, 2), ("s1", "s3", 0.97, 1), ("s0", "s1", 0.95, 1), ("s1", "s2", 0.97, 0), ("s0", "s3", 0.9, 3),
        ("s0", "s4", 0.5, 3)]


def test_of_many_pairs_the_most_alike_are_compared(monkeypatch):
    assert len(similar._alike(["a" * 60] * 46)) == 1000  # of 1035
    monkeypatch.setattr(similar, "LOOKED_AT", 2)
    others = [20 * letter + 2 * letter.upper() for letter in "bcdefgh"]
    codes = ["a" * 18 + pair for pair in ("bb", "cc", "dd", "ee")] + ["z" * 20, "z" * 19 + "y", "z" * 20, *others]
    assert similar._alike(codes) == [(1.0, 4, 6), (pytest.approx(0.95), 5, 6)]


# --- the report -------------------------------------------------------------------------------------------------------

def test_bars_fill_their_picture():
    assert bars([("0–1", 3), ("1–2", 0), ("2–3", 1)], width=300, height=100) == [
        {"x": 3.0, "width": 94.0, "height": 100.0, "y": 20.0, "label": "0–1", "n": 3},
        {"x": 103.0, "width": 94.0, "height": 0.0, "y": 120.0, "label": "1–2", "n": 0},
        {"x": 203.0, "width": 94.0, "height": 33.3, "y": 86.7, "label": "2–3", "n": 1}]
    assert bars([("a", 2)]) == [{"x": 3.0, "width": 554.0, "height": 140.0, "y": 20.0, "label": "a", "n": 2}]
    assert [(bar["x"], bar["width"], bar["height"]) for bar in bars([("a", 0), ("b", 0), ("c", 0)])] == [
        (3.0, 180.7, 0.0), (189.7, 180.7, 0.0), (376.3, 180.7, 0.0)]
    assert bars([]) == []


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.jsonl") as book:
        book.begin(seed=7)
        yield book


def kept(journal, *made):
    """A run whose records these are."""
    for number, one in enumerate(made):
        journal.add(str(number), one)
    entries = [Entry(r["label"], tuple(records.students_of(r)), late=r["late"], file=r["file"]) for r in made]
    return run.Run([None] * len(made), Found(entries, [("x/Thumbs.db", "left behind by a system")]),
                   keys=[str(n) for n in range(len(made))])


def test_the_report_holds_everything_and_asks_no_other_host(journal):
    evil = "<script>alert(1)</script>\x1b[2J"
    made = [record([Student("Ada <b> & Co")], [("q1", 2.0, True, {"seconds": 0.5}),
                                               ("q2", 1.0, False, {"hint": "Which axis? <i>"})], answers={"q2": evil}),
            record([Student("Bo")], [("q1", 2.0, False, {"outputs": evil}), ("q2", 1.0, False, {"blank": True})]),
            record([Student("Bo")], [("q1", 2.0, False, {"kind": "slow"}), ("q2", 1.0, False, {"blank": True})], late=True),
            record([Student("Cy")], [("q1", 2.0, False, {})], refused="not a notebook")]
    page = render(kept(journal, *made), journal)
    assert "<script" not in page.lower() and "\x1b" not in page and "<b>" not in page
    assert "Ada ‹b> &amp; Co" in page.replace("&gt;", ">") and "& Co" not in page
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?://", page)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for told in ("3 graded, 1 could not be read, 1 late", "median 0 of 3",
                 "Most often left blank: q2 (2).", "how Ada", "not a notebook", "x/Thumbs.db: left behind by a system",
                 "Bo (Bo): q1: test of q1", "No two submissions are alike", "Seed: 7"):
        assert told in text, told


def test_long_lists_and_answers_are_cut(journal):
    made = [record([Student(f"s{i}")], [("q1", 1.0, False, {"hint": f"Which of {i:02}?"})], answers={"q1": "x" * 5000})
            for i in range(31)]  # fmt: skip
    page = render(kept(journal, *made), journal)
    assert len(set(re.findall(r"Which of \d\d\?", page))) == 30
    assert {len(found) for found in re.findall("x{100,}", page)} == {3999}  # and an ellipsis
    wordy = record([Student("s")], [("q1", 1.0, False, {"hint": "y" * 600})])
    assert {len(found) for found in re.findall("y{100,}", render(kept(journal, wordy), journal))} == {399}


def told_by(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_mean_and_median_of_those_that_were_graded(journal):
    made = [record([Student(who)], [("q1", 4.0, passed >= 1, {}), ("q2", 3.0, passed == 2, {})])
            for who, passed in (("ada", 2), ("bo", 1), ("cy", 1))]
    said = told_by(render(kept(journal, *made), journal))
    assert "Mean 5.0, median 4 of 7 points." in said
    nobody = record([Student("dee")], [("q1", 4.0, False, {})], refused="not a notebook")
    assert "Mean 0.0, median 0 of 4 points." in told_by(render(kept(journal, nobody), journal))


def test_a_name_is_shown_alone_where_nobody_else_has_it(journal):
    hint = ("q1", 1.0, False, {"hint": "Which axis?"})
    made = [record([Student(who)], [hint]) | {"file": f"{number}.ipynb"} for number, who in enumerate(("ada", "bo", "bo"))]
    page = render(kept(journal, *made), journal)
    assert "ada, bo (1.ipynb), bo (2.ipynb)" in page


def test_what_was_handed_out_makes_nobody_alike(journal):
    lines = [f"y = x + {i}" for i in range(30)]
    made = [record([Student(who)], [("q1", 1.0, True, {})], answers={"q1": "\n".join(lines)}) for who in ("ada", "bo")]
    graded = kept(journal, *made)
    assert "ada · bo" in render(graded, journal)
    graded.units = [None, {"config": {"name": "02_y"}, "skeleton": lines}]
    assert "ada · bo" in render(graded, journal)  # of another unit
    graded.units = [None, {"config": {"name": "01_x"}, "skeleton": lines}]
    page = render(graded, journal)
    assert "ada · bo" not in page and "No two submissions are alike." in page


def test_a_page_has_no_empty_lines_of_its_template(journal):
    page = render(kept(journal, record([Student("s")], [("q1", 1.0, True, {})])), journal)
    assert not [line for line in page.splitlines() if line and not line.strip()]


def test_an_empty_cohort_has_a_report(journal):
    assert "Ignored files" in render(kept(journal), journal)


# --- the whole command, and regrading ---------------------------------------------------------------------------------

class Fixed:
    """Grades nothing: each student passes the tests whose places their file names."""

    def run(self, tasks):
        for task in tasks:
            passed = json.loads(Path(task.entry.leaves[0].path).read_text())
            report = nothing_graded(units.assignment_of(task.unit), "no", task.seed)
            report.refused, report.notes = None, []
            for i, test in enumerate(report.tests):
                test.passed, test.hint = i in passed, "What is asked for?"
            yield task, records.record_of(report, answers={})

    def close(self):
        pass


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """Two students, graded: results in ``tmp_path/out``."""
    monkeypatch.setattr(run, "start_pool", lambda *_: Fixed())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "doe_7_8_a.ipynb").write_text("[0, 1, 2]")
    (tmp_path / "in" / "roe_9_8_a.ipynb").write_text("[1]")
    assert cli.main(["grade", QUIZ, str(tmp_path / "in"), "--results", str(tmp_path / "out"), "--gradebooks",
                     str(tmp_path / "books"), "--report", str(tmp_path / "new" / "report.html"), "--quiet"]) == 0
    return tmp_path


def test_report_and_gradebooks_of_the_command(graded):
    assert read(graded / "books" / f"canvas_{QUIZ}.csv")[2][0] == "doe"
    page = (graded / "new" / "report.html").read_text()
    assert QUIZ in page and "What is asked for?" in page and not list((graded / "new").glob(".*"))


def test_points_of_written_answers_reach_scores_and_gradebooks(graded, capsys):
    """As a spreadsheet of another country saves them; what has no points yet, or belongs to nobody, is said."""
    arguments = ["grade", QUIZ, str(graded / "in"), "--results", str(graded / "out"), "--quiet", "--csv", str(graded / "s.csv"),
                 "--gradebooks", str(graded / "books"), "--written", str(graded / "w" / "points.csv")]
    assert cli.main(["written", QUIZ, str(graded / "in"), "--to", str(graded / "w")]) == 0
    head, *rows = read(graded / "w" / "points.csv")
    assert [(row[0], row[2], row[-1]) for row in rows] == [("doe", "", "doe_7_8_a.ipynb"), ("roe", "", "roe_9_8_a.ipynb")]
    before = {row[0]: float(row[5]) for row in read(graded / "books" / f"canvas_{QUIZ}.csv")[2:]}
    question, most = rows[0][1], float(rows[0][3])
    rows[0][2], rows[0][5] = "1,5", "two reasons"
    rows.append(["gone", question, "1", rows[0][3], "0", "", "gone.ipynb"])
    (graded / "w" / "points.csv").write_text("\ufeff" + "".join(";".join(row) + "\r\n" for row in [head, *rows]))
    capsys.readouterr()
    assert cli.main(arguments) == 0
    told = capsys.readouterr().err
    assert f"no points yet for 1 written answers, which count 0: roe ({question})" in told
    assert "points for gone.ipynb, who is not among the submissions" in told
    table = read(graded / "books" / f"canvas_{QUIZ}.csv")
    assert {row[0]: float(row[5]) for row in table[2:]} == before | {"doe": before["doe"] + 1.5}
    head, *scores = read(graded / "s.csv")
    found = {row[0]: dict(zip(head, row, strict=True)) for row in scores}
    assert [found[name][question] for name in ("doe", "roe")] == ["1.5", ""]
    assert float(found["doe"]["total"]) == before["doe"] + 1.5 and float(found["roe"]["max"]) == float(table[1][5])
    assert float(table[1][5]) == 14 + most  # what tests give, and what a person does
    assert cli.main([*arguments, "--feedback", str(graded / "told")]) == 0
    assert f"feedback: 2 files in {graded / 'told'}" in capsys.readouterr().out
    assert sorted(path.name for path in (graded / "told").iterdir()) == ["doe_7_8_a.ipynb.txt", "roe_9_8_a.ipynb.txt"]
    doe, roe = ((graded / "told" / f"{name}_8_a.ipynb.txt").read_text(encoding="utf-8") for name in ("doe_7", "roe_9"))
    assert doe.startswith(f"{QUIZ}: {before['doe'] + 1.5:g} of {14 + most:g} points\n")
    assert doe.endswith(f"{question}, read by a person: 1.5/{most:g}\n    two reasons\n") and "(seed" not in doe
    assert roe.endswith(f"{question}, read by a person: no points yet/{most:g}\n")
    assert doe.count("✓") == 3 and roe.count("✓") == 1 and "(hidden)" in doe
    assert cli.main(["written", QUIZ, str(graded / "in"), "--to", str(graded / "w")]) == 0
    assert "1 points that stood there are kept" in capsys.readouterr().out
    assert [(row[0], row[2], row[5]) for row in read(graded / "w" / "points.csv")[1:]] == [
        ("doe", "1.5", "two reasons"), ("roe", "", ""), ("gone", "1", "")]


@pytest.mark.parametrize(("lines", "told"), [
    (["student,points"], "has no column 'question'"), ([], "has no column 'question'"),
    (["Ada,q9,five,4,0,,a.ipynb"], r"row 2 \(Ada, q9\): points is 'five', which is no number"),
    (["Ada,q9,nan,4,0,,a.ipynb"], "points is 'nan', which is no number"),
    (["Ada,q9,4.5,4,0,,a.ipynb"], "4.5 points, where 0 to 4 can be given"),
    (["Ada,q9,-1,4,0,,a.ipynb"], "-1 points, where 0 to 4 can be given"),
    (["Ada,q9,1,,0,,a.ipynb"], "out of is ''"), (["Ada,q9,1,4,0,,a.ipynb", "Bo,q9,1,5,0,,b.ipynb"], r"row 3 .*out of is '5'"),
    (["Ada,q9,1,4,0,,a.ipynb", "Ada,q9,2,4,0,,a.ipynb"], "has a row above already")])
def test_points_that_cannot_be(tmp_path, lines, told):
    path = tmp_path / "points.csv"
    path.write_text("\n".join(lines if "student,points" in lines or not lines else [",".join(by_hand.HEAD), *lines]))
    before = path.read_text()
    with pytest.raises(ValueError, match=told):
        by_hand.read_points(path)
    with pytest.raises(ValueError, match=told):
        by_hand.keep_points(path, [])
    assert path.read_text() == before  # nothing that was entered is lost


def test_rows_of_other_submissions_and_odd_line_ends_in_comments_stay(tmp_path):
    """Pages made for those who were late, into the same folder, cost nobody his points."""
    path = tmp_path / "points.csv"
    first = [["Ada", "q9", "3", "4", "10", "see\u2028below\x0c, twice", "a.ipynb"], ["Bo", "q9", "", "4", "0", "", "b.ipynb"]]
    assert by_hand.keep_points(path, [list(row) for row in first]) == 0
    assert by_hand.keep_points(path, [["Cy", "q9", "", "4", "7", "", "c.ipynb"]]) == 0
    assert read(path)[1:] == [["Cy", "q9", "", "4", "7", "", "c.ipynb"], *first]
    assert by_hand.keep_points(path, [["Ada", "q9", "", "4", "10", "", "a.ipynb"]]) == 1
    points = by_hand.read_points(path)
    assert points.given == {"a.ipynb": {"q9": 3.0}} and points.comments["a.ipynb", "q9"] == first[0][5]
    assert points.missing == ["Cy (q9)", "Bo (q9)"]


def changed_tests(monkeypatch):
    """The unit with its first test renamed and worth a point more."""
    made = json.loads(json.dumps(units.read_unit(ROOT / "solutions" / f"{QUIZ}.py")))
    first = made["config"]["questions"][0]
    found = re.search(r"@test_case\(name=(?P<name>'[^']*'|\"[^\"]*\"), points=(?P<points>[\d.]+)", made["tests"][first])
    made["tests"][first] = made["tests"][first].replace(
        found[0], f"@test_case(name={found['name']}, points={float(found['points']) + 1}", 1)
    monkeypatch.setattr(command, "_read", lambda path: {**made, "digest": "changed"})
    return found["name"].strip("'\"")


def test_regrading_shows_whose_score_moves_and_why(graded, monkeypatch, capsys):
    name = changed_tests(monkeypatch)
    before = {p.name: p.read_bytes() for p in (graded / "out").iterdir()}
    capsys.readouterr()
    arguments = ["regrade", QUIZ, str(graded / "in"), "--results", str(graded / "out")]
    assert cli.main(arguments) == 0
    out = capsys.readouterr().out
    assert re.search(r"doe_7_8_a.ipynb \(doe\): \d+ → \d+ of 15\n    q1: " + re.escape(name), out) and "roe_9_8" not in out
    assert "1 of 2 scores move: 1 up, 0 down." in out and "another verdict for 1" in out and "Nothing was written" in out
    assert {p.name: p.read_bytes() for p in (graded / "out").iterdir()} == before
    assert cli.main([*arguments, "--apply"]) == 0 and "1 of 2 scores move" in capsys.readouterr().out
    after = json.loads((graded / "out" / "doe_7_8_a.ipynb.json").read_text())["extra_data"]
    assert after["max_score"] == 15 and after["seed"] == json.loads(before["doe_7_8_a.ipynb.json"])["extra_data"]["seed"]
    assert cli.main(arguments) == 0 and "0 of 2 scores move" in capsys.readouterr().out


def test_regrading_wants_an_earlier_run(tmp_path, capsys):
    (tmp_path / "x.ipynb").write_text("[]")
    assert cli.main(["regrade", QUIZ, str(tmp_path / "x.ipynb"), "--results", str(tmp_path / "out")]) == 1
    assert "holds no results of an earlier run" in capsys.readouterr().err


def test_every_kind_of_change_is_told():
    from autograder.cohort.regrade import differences

    def report(*tests):
        made = [results.TestResult(q, name, 1, False, passed, **more) for q, name, passed, more in tests]
        return results.Report("u", 3, made)

    old = report(("q1", "stays", True, {}), ("q1", "goes", False, {}), ("q2", "falls", True, {}))
    new = report(("q1", "stays", True, {}), ("q1", "comes", True, {}), ("q2", "falls", False, {"hint": "Which\naxis?"}))
    assert list(differences(old, new)) == [
        ("q1: goes", "the test is gone, it was failed (0/1)"), ("q2: falls", "passed (1/1) → failed (0/1): Which axis?"),
        ("q1: comes", "a new test, passed (1/1)")]
