"""Written questions: their points and rubrics on every route, and the pages that a person reads."""

import csv
import html.parser
import json
import re

import nbformat
import pytest
import samples
from units import ROOT, SUBMISSIONS, UNITS, master

from autograder import cli
from autograder.assign import assignment_of, by_hand, write_zip, zip_files
from autograder.assignment import from_zip
from autograder.nbgrader.export import source_notebook
from autograder.submission import PLACEHOLDER, parse
from autograder.written import clean, key_page, shown, student_page, words, write_pages, written_questions

UNIT = "02_ngrams"


# --- points on all routes ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("unit", UNITS)
def test_every_route_has_the_same_automatic_and_written_points(unit, tmp_path):
    """The instructor's machine, Gradescope's zip, and nbgrader's cells; summed here from the master's own text."""
    text = (ROOT / "solutions" / f"{unit}.py").read_text()
    questions = re.findall(r"# # BEGIN QUESTION\n# name: (\w+)\n# points: ([\d.]+)\n(# manual: true\n)?", text)
    written = {name: float(points) for name, points, manual in questions if manual}
    automatic = sum(float(points) for _, points, manual in questions if not manual)
    assert written
    here = assignment_of(master(unit))
    write_zip(zip_files(master(unit)), tmp_path / "unit.zip")
    for assignment in (here, from_zip(tmp_path / "unit.zip")):
        assert (assignment.max_score, assignment.written) == (automatic, written)
        assert assignment.total == automatic + sum(written.values())
    cells = [c.metadata.nbgrader for c in source_notebook(master(unit)).cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert sum(c.points for c in cells if not c.solution) == automatic
    assert {c.grade_id.split("_")[0]: c.points for c in cells if c.solution} == written


def test_the_results_tell_instructor_and_student_the_written_points():
    made = samples.results(SUBMISSIONS / f"{UNIT}_full.ipynb")
    assert made["extra_data"]["written"] == {"q11": 4} and made["extra_data"]["total"] == 35
    assert made["output"].splitlines()[-1] == "q11 (4 points) is read by a person: 31 points by tests, 35 in all."
    refused = samples.results(SUBMISSIONS / f"{UNIT}_not_json.ipynb")
    assert refused["extra_data"]["total"] == 35 and "q11" not in refused["output"]


# --- pages ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("unit", UNITS)
def test_the_key_holds_model_answer_rubric_and_points(unit):
    page = key_page(master(unit))
    [q] = written_questions(master(unit))
    total = master(unit).points + q.points
    assert f"{master(unit).points:g} points are given by tests and {q.points:g} by you: {total:g} in all" in page
    assert f"<h2>{q.name}: {q.points:g} points</h2>" in page and "ubric" in page and "Model answer" in page
    assert by_hand(master(unit)) == {q.name: q.points}
    assert all(route in page for route in ("Gradescope", "Formgrader", "points.csv"))
    assert_harmless(page)


def test_a_question_and_its_key_are_told_apart():
    [q] = written_questions(master(UNIT))
    assert q.text.startswith("**Question 11.") and "Model answer" not in q.text
    assert q.key.startswith("**Model answer.**") and "Question 11" not in q.key


def handed_in(*cells, answer="Because.", **extra):
    mark = {"llmcourse": {"question": "q11", "role": "answer"}}
    cells = [{"cell_type": "code", "source": "x = 1", "metadata": {}}, *cells]
    if answer is not None:
        cells.append({"cell_type": "markdown", "source": answer, "metadata": mark, **extra})
    return parse("a.ipynb", json.dumps({"cells": cells, "metadata": {}}).encode())


def page_of(*cells, **answer):
    page = student_page(master(UNIT), "Ada", handed_in(*cells, **answer))
    assert_harmless(page)
    return page


def articles(page):
    return re.findall(r"<article>(.*?)</article>", page, re.DOTALL)


def test_a_student_page_holds_the_answer_as_it_was_written():
    page = page_of(answer="(a) *few* contexts\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`p = 0`")
    [article] = articles(page)
    assert "<em>few</em>" in article and "<td>1</td>" in article and "<code>p = 0</code>" in article
    assert "<h2>q11: ____ of 4 points</h2>" in page and "<title>Ada: " in page
    assert page.index("<article>") < page.index("Model answer and rubric")


@pytest.mark.parametrize(("answer", "said"), [(PLACEHOLDER, "Not answered."), ("", "Not answered."), (" \n", "Not answered.")])
def test_an_answer_that_was_not_given(answer, said):
    page = page_of(answer=answer)
    assert said in page and not articles(page)


def test_an_answer_whose_cell_is_gone_is_looked_for_in_the_text_that_is_the_students_own():
    released = next(c.student for c in master(UNIT).cells if c.kind == "markdown" and c.student)
    note = {"cell_type": "markdown", "source": "My answer: 42", "metadata": {}}
    page = page_of({"cell_type": "markdown", "source": released, "metadata": {}}, note, answer=None)
    assert "cell is gone" in page and "student's own: 1." in page
    assert [re.sub("<[^>]+>", "", a).strip() for a in articles(page)] == ["My answer: 42"]
    assert "student's own: none" in page_of(answer=None)


def test_an_answer_in_several_cells_or_in_a_code_cell():
    mark = {"llmcourse": {"question": "q11", "role": "answer"}}
    code = {"cell_type": "code", "source": "# because <b>it</b> is so", "metadata": mark}
    first, second = articles(page_of(code, answer="and so on"))
    assert first == "<pre># because &lt;b&gt;it&lt;/b&gt; is so</pre>" and "and so on" in second
    assert words("q11", handed_in(code, answer="and so on")) == 8


def test_parts_of_an_answer_stand_in_the_order_of_the_notebook():
    mark = {"llmcourse": {"question": "q11", "role": "answer"}}
    first = {"cell_type": "markdown", "source": "*first*", "metadata": mark}
    second = {"cell_type": "code", "source": "# second", "metadata": mark}
    raw = {"cell_type": "raw", "source": "*third*", "metadata": mark}
    assert articles(page_of(first, second, raw, answer=None)) == ["<p><em>first</em></p>\n", "<pre># second</pre>",
                                                                 "<pre>*third*</pre>"]  # fmt: skip


def test_of_an_endless_answer_the_first_fifty_thousand_characters_are_shown():
    mark = {"llmcourse": {"question": "q11", "role": "answer"}}
    code = {"cell_type": "code", "source": "x" * 49_999 + "yz", "metadata": mark}
    assert articles(page_of(code, answer="a" * 49_999 + "bc")) == [f"<pre>{'x' * 49_999}y</pre>", f"<p>{'a' * 49_999}b</p>\n"]


def test_pictures_that_were_pasted_are_shown():
    picture = {"a b.png": {"image/png": "iVBO\nRw0="}, "x.svg": {"image/svg+xml": "PHN2Zz4="}, "y.png": {"image/png": '"><b>'}}
    page = page_of(answer="![a](attachment:a%20b.png) ![x](attachment:x.svg) ![y](attachment:y.png)", attachments=picture)
    assert 'src="data:image/png;base64,iVBORw0="' in articles(page)[0]
    assert articles(page)[0].count('src=""') == 2  # what is no picture, or could act, is left out
    inline = page_of(answer="![a](data:image/png;base64,iVBORw0=)")
    assert 'src="data:image/png;base64,iVBORw0="' in inline


class Elements(html.parser.HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def assert_harmless(page):
    """No element that acts or loads anything, and no address that does."""
    for tag, attributes in Elements(page).found:
        assert tag not in ("script", "iframe", "object", "embed", "form", "input", "link", "base", "svg", "math", "video"), tag
        for name, value in attributes.items():
            assert not name.startswith("on"), name
            if name in ("src", "href"):
                assert not re.match(r"\s*(javascript|vbscript|file|data:(?!image/(png|jpeg|gif|webp)))", value, re.IGNORECASE)
            if name == "src":
                assert value == "" or value.startswith("data:image/")


@pytest.mark.parametrize("answer", [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))",
    "![a](https://example.org/track.png)", "![a](attachment:x.png)", "<iframe src='file:///etc/passwd'></iframe>",
    "[a]: javascript:alert(1)\n\n[a]", "<svg onload=alert(1)>", "![a](data:image/svg+xml;base64,PHN2Zz4=)",
    "</article></body><script>1</script>", "&lt;script&gt;", "\x1b[31m\u202eabc", '![x](attachment:"onerror="alert(1))',
    "<https://example.org>", "> " * 2000, "[" * 5000, "*a **a " * 2000, "`" * 5000, "x" * 10**6,
])
def test_what_a_student_writes_can_do_nothing(answer):
    page = page_of(answer=answer)
    assert "\x1b" not in page and "\u202e" not in page and len(page) < 2 * 10**6


def test_text_is_cleaned_and_kept():
    assert clean("Grüße 作业\t≤\n\x00\x1b\u200b\u202e\ud800\ue000\u0378") == "Grüße 作业\t≤\n"
    assert shown("a < b & c") == "<p>a &lt; b &amp; c</p>\n"


# --- folders ----------------------------------------------------------------------------------------------------------

def test_a_page_for_every_student_and_a_row_for_every_answer(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    blank = nbformat.read(ROOT / "notebooks" / f"{UNIT}.ipynb", 4)
    nbformat.write(blank, folder / "Grace.ipynb")
    for cell in blank.cells:
        if cell.metadata.get("llmcourse", {}).get("question") == "q11":
            cell.source = "It has seen each context once."
    nbformat.write(blank, folder / "Ada Lovelace.ipynb")
    (folder / "=cmd|1.ipynb").write_text("not JSON")
    assert cli.main(["written", UNIT, str(folder), "--to", str(tmp_path / "out")]) == 0
    made = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert made == ["Ada_Lovelace.html", "Grace.html", "cmd_1.html", "points.csv"]
    with (tmp_path / "out" / "points.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: (r["question"], r["points"], r["out of"], r["words"]) for name, r in rows.items()} == {
        "Ada Lovelace": ("q11", "", "4", "6"), "Grace": ("q11", "", "4", "0"), "'=cmd|1": ("q11", "", "4", "0")}
    pages = {p.stem: p.read_text(encoding="utf-8") for p in (tmp_path / "out").glob("*.html")}
    assert "It has seen each context once." in pages["Ada_Lovelace"] and "Not answered." in pages["Grace"]
    assert "does not hold JSON" in pages["cmd_1"]


def test_a_table_to_enter_points_in(tmp_path):
    """In a folder that is made, and made again; no name is a formula, and a student without a notebook has a row as well."""
    names = ("=1", "+1", "-1", "@x", "a=1", "Ada\nLovelace")
    for _ in range(2):
        missing = [(name, f"{name}.ipynb", "Nothing was handed in.") for name in names]
        write_pages(master(UNIT), missing, tmp_path / "very" / "deep")
    with (tmp_path / "very" / "deep" / "points.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["student", "question", "points", "out of", "words", "comment", "submission"]
    shown = ("'=1", "'+1", "'-1", "'@x", "a=1", "Ada Lovelace")
    assert rows == [[name, "q11", "", "4", "0", "", f"{name}.ipynb"] for name in shown]
    page = (tmp_path / "very" / "deep" / "1.html").read_text(encoding="utf-8")
    assert "<strong>Nothing was handed in.</strong>" in page and page.endswith("</body>\n</html>\n")


def test_no_two_students_share_a_page(tmp_path):
    path = ROOT / "notebooks" / f"{UNIT}.ipynb"
    pages, _ = write_pages(master(UNIT), [(name, name, path) for name in ("a/b", "a_b", "A_B", "..", "x" * 500)], tmp_path)
    assert [p.name for p in pages] == ["a_b.html", "a_b_2.html", "A_B_3.html", "student.html", f"{'x' * 80}.html"]
    assert all(p.parent == tmp_path for p in pages)


def test_a_path_at_which_nothing_lies_is_no_student(tmp_path, capsys):
    assert cli.main(["written", UNIT, str(tmp_path / "submisions"), "--to", str(tmp_path / "out")]) == 1
    assert "submisions" in capsys.readouterr().err and not (tmp_path / "out" / "points.csv").exists()


def test_a_unit_without_a_written_question_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("autograder.written.written_questions", lambda master: [])
    assert cli.main(["written", UNIT, str(tmp_path), "--to", str(tmp_path)]) == 1
    assert "02_ngrams has no written question" in capsys.readouterr().err
