"""The book without a browser: its directives, its build script, and what every built page must hold."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("jupyter_book", reason="jupyter-book is not installed: the book is not built")
import kept
from book_layout import LONGEST_LINE
from bs4 import BeautifulSoup
from filelock import FileLock
from scipy.stats import binomtest, chisquare
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
UNITS = sorted(path.stem for path in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def pages_of(unit):
    """The pages of a unit's chapter: 03_gradient_descent, 03b_automatic_differentiation."""
    return sorted(path.stem for path in BOOK.glob(f"{unit[:2]}*_*.md"))


sys.path.insert(0, str(BOOK / "_ext"))


def load_build():
    spec = importlib.util.spec_from_file_location("book_build", BOOK / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its functions travel to other processes by name
    spec.loader.exec_module(module)
    return module


# --- Directives, in a book of one page --------------------------------------------------------------------------------

QUIZ = """
```{quiz}
Is $p$ a **probability**?

- [ ] No, `x`

  Why not?
- [x] Yes

  It sums to 1.

  And more.
```
"""


@pytest.fixture
def page(tmp_path):
    """Build one page of Markdown; returns its text and the warnings."""
    def make(text, builder="html", **settings):
        source = tmp_path / "book"
        source.mkdir(exist_ok=True)
        (source / "index.md").write_text(f"# Page\n\n{text}\n")
        warnings = tmp_path / "warnings.txt"
        values = {"extensions": ["myst_parser", "course_book"], "myst_enable_extensions": ["dollarmath"], "numfig": True}
        with docutils_namespace(), patch_docutils(), warnings.open("w") as stream:
            app = Sphinx(source, None, tmp_path / builder, tmp_path / "doctrees", builder, values | settings,
                         status=None, warning=stream, freshenv=True)
            app.build(force_all=True)
        made = {"html": "index.html", "latex": "*.tex", "text": "index.txt"}[builder]
        return next((tmp_path / builder).glob(made)).read_text(), re.sub(r"\x1b\[[\d;]*m", "", warnings.read_text())
    return make


def test_quiz_has_labelled_choices_with_an_explanation_each(page):
    html, warnings = page(QUIZ)
    soup = BeautifulSoup(html, "html.parser")
    choices = sorted(soup.select("fieldset.quiz .quiz-choice"), key=lambda choice: choice["data-right"])    # they are shuffled
    assert not warnings and [choice["data-right"] for choice in choices] == ["false", "true"]
    assert soup.fieldset.legend.text == "Question 1" and soup.select_one(f"#{soup.fieldset['aria-describedby']}").strong
    assert [choice.select_one("label input")["type"] for choice in choices] == ["radio"] * 2
    assert len({choice.select_one("input")["name"] for choice in choices}) == 1
    assert choices[0].label.get_text(strip=True) == "No,x" and "Why not?" in choices[0].select_one(".quiz-why").text
    assert "And more." in choices[1].select_one(".quiz-why").text
    assert any("quiz.js" in script.get("data-src", "") for script in soup.select("script"))


@pytest.mark.parametrize("change, message", [
    (("- [x] Yes", "- [ ] Yes"), "exactly one choice"),
    (("- [ ] No", "- [x] No"), "exactly one choice"),
    (("- [x] Yes", "- Yes"), "choice 2 must start with"),
    (("\n\n  Why not?", ""), "has no explanation"),
    (("Is $p$ a **probability**?\n\n", ""), "a question followed by one list"),
])
def test_quiz_refuses_what_is_no_question(page, change, message):
    assert change[0] in QUIZ
    _, warnings = page(QUIZ.replace(*change))
    assert message in warnings


def test_quiz_in_latex_shows_choices_and_reasons(page):
    latex, warnings = page(QUIZ, "latex")
    right, wrong = latex.index(r"\boxtimes"), latex.index(r"\square")
    assert not warnings and latex.index("Why not?") > wrong and latex.index("It sums to 1.") > right
    assert (latex.index("Why not?") < right) == (wrong < right)


def test_quizzes_are_shuffled_by_their_question_alone(page):
    def order(question):
        quiz = "\n".join(["```{quiz}", question, "", *(f"- [{'x' if i == 2 else ' '}] choice {i}\n\n  Because {i}."
                                                     for i in range(5)), "```"])
        html, _ = page(quiz)
        choices = BeautifulSoup(html, "html.parser").select(".quiz-choice")
        for choice in choices:
            number = choice.label.text[-1]
            assert f"Because {number}." in choice.text and (choice["data-right"] == "true") == (number == "2")
        return "".join(choice.label.text[-1] for choice in choices)

    orders = [order(f"Question {i}?") for i in range(6)]
    assert orders[0] == order("Question 0?") and len(set(orders)) > 3
    assert all(sorted(one) == list("01234") for one in orders)


@pytest.fixture
def mistakes(monkeypatch):
    from types import ModuleType

    import autograder.misconceptions as package

    def one(a):
        """Did you divide by `#(u)`
        and not by *this*?"""

    def two(a):
        """A <script>?"""

    module = ModuleType("autograder.misconceptions.sample")
    module.__file__ = package.__file__
    module.count, module.other, module.empty = [one, two], [two], []
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_mistakes_are_the_docstrings_of_the_bank(page, mistakes):
    html, warnings = page("```{mistakes} sample.count\nRead these.\n```")
    box = BeautifulSoup(html, "html.parser").select_one(".mistakes")
    assert not warnings and "Read these." in box.text
    assert [li.text.strip() for li in box.select("li")] == ["Did you divide by #(u) and not by *this*?", "A <script>?"]
    assert box.select_one("li code").text == "#(u)"


def test_mistakes_of_a_whole_unit_stand_under_their_functions(page, mistakes):
    html, _ = page("```{mistakes} sample\n```")
    box = BeautifulSoup(html, "html.parser").select_one(".mistakes")
    assert [name.text for name in box.select(".mistakes-of")] == ["count", "other"] and len(box.select("li")) == 3


def test_many_mistakes_are_a_click_away_and_none_is_missing(page, mistakes):
    def make(i):
        def mistake(a):
            pass
        mistake.__doc__ = f"Hint {i}?"
        return mistake

    mistakes.count = [make(i) for i in range(11)]
    html, warnings = page("```{mistakes} sample.count\n```")
    box = BeautifulSoup(html, "html.parser").select_one(".mistakes")
    assert not warnings and [li.text.strip() for li in box.select("li")] == [f"Hint {i}?" for i in range(11)]
    assert box.select_one("details summary").text == "5 more" and len(box.select("details li")) == 5
    mistakes.count = mistakes.count[:8]
    assert "details" not in page("```{mistakes} sample.count\n```")[0]


@pytest.mark.parametrize("name", ["sample.nothing", "sample.empty", "no_such_unit"])
def test_unknown_mistakes_are_an_error(page, mistakes, name):
    assert name.split(".")[-1] in page(f"```{{mistakes}} {name}\n```")[1]


def test_exercise_links_every_way_to_open_the_notebook(page, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_ngrams.ipynb").write_text("{}")
    html, warnings = page("```{exercise} 02_ngrams\n```", course_repository="someone/course", course_branch="v1")
    links = {a.text.strip(): a["href"] for a in BeautifulSoup(html, "html.parser").select(".exercise-box a")}
    assert not warnings and set(links) == {"Download 02_ngrams.ipynb", "Open in Colab", "Open in Binder"}
    assert links["Open in Colab"].endswith("/github/someone/course/blob/v1/notebooks/02_ngrams.ipynb")
    assert links["Open in Binder"].endswith("/gh/someone/course/v1?urlpath=lab/tree/notebooks/02_ngrams.ipynb")
    assert (tmp_path / "html" / links["Download 02_ngrams.ipynb"]).read_text() == "{}"


NOWHERE, ELSEWHERE = "", '[project.urls]\nRepository = "https://git.example.edu/someone/course"\n'
ON_GITHUB = '[project.urls]\nRepository = "https://github.com/someone/course.git"\n'


@pytest.mark.parametrize(("urls", "linked"), [(None, False), (NOWHERE, False), (ELSEWHERE, False), (ON_GITHUB, True)])
def test_the_address_in_pyproject_decides_what_is_linked(page, tmp_path, urls, linked):
    """The exercise's links, and text that is only for a course with an address."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_ngrams.ipynb").write_text("{}")
    if urls is not None:
        (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "llmcourse"\n{urls}')
    html, warnings = page("```{exercise} 02_ngrams\n```\n\n```{published}\n"
                          "See [it](https://github.com/OWNER/NAME), NAME, BRANCH, a%2FOWNER%2FNAME.\n```\n\nAfter.")
    soup = BeautifulSoup(html, "html.parser")
    links = {a.text.strip(): a["href"] for a in soup.select(".exercise-box a, p a")}
    assert not warnings and "Download 02_ngrams.ipynb" in links and "After." in html
    assert ("Open in Colab" in links, "Open in Binder" in links, "it" in links) == (linked,) * 3
    assert not re.search("mybinder|colab|someone|OWNER|NAME", html) or linked
    if linked:
        assert links["it"] == "https://github.com/someone/course" and "course, main, a%2Fsomeone%2Fcourse." in soup.text
        assert "/github/someone/course/blob/main/notebooks/02_ngrams.ipynb" in links["Open in Colab"]


def test_exercise_leads_to_the_page_on_installing_where_there_is_one(page, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_ngrams.ipynb").write_text("{}")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "install.md").write_text("---\norphan: true\n---\n# Install\n")
    html, warnings = page("```{exercise} 02_ngrams\n```")
    assert not warnings and BeautifulSoup(html, "html.parser").select_one(".exercise-box a[href='install.html']")


def test_exercise_without_notebook_is_an_error(page):
    assert "notebooks/77_none.ipynb does not exist" in page("```{exercise} 77_none\n```")[1]


def test_figure_scripts_are_only_on_pages_that_use_them(page):
    plain, _ = page("Nothing moves.")
    moving, warnings = page("```{interactive} event-tree\n:name: fig-tree\nMove it.\n```\n\n{numref}`fig-tree`")
    assert "event-tree.js" not in plain and "figure.js" not in plain
    assert not warnings and "course/event-tree.js" in moving and "Fig. 1" in moving
    words = BeautifulSoup(moving, "html.parser").select_one(".interactive noscript").text
    assert words.startswith("This figure needs JavaScript")


@pytest.mark.parametrize("builder", ["latex", "text"])
def test_figures_have_words_where_nothing_moves(page, builder):
    text, warnings = page("```{interactive} event-tree\nMove it.\n```", builder)
    assert not warnings and "never end" in " ".join(text.split()) and "Move it." in text


@pytest.mark.parametrize("text, message", [
    ("```{interactive} no-figure\nMove it.\n```", "event-tree, ngram-explorer"),
    ("```{interactive} event-tree\n```", "needs a caption"),
    ("```{interactive} ngram-explorer\n:data: none.json\nMove it.\n```", "none.json"),
])
def test_interactive_refuses(page, text, message):
    assert message in page(text)[1]


def test_explorer_refuses_unknown_words_in_its_held_out_text(page, tmp_path):
    (tmp_path / "book" / "_data").mkdir(parents=True)
    (tmp_path / "book" / "_data" / "mine.json").write_text(json.dumps({"training": ["a b"], "heldout": ["a zebra"]}))
    assert "['zebra']" in page("```{interactive} ngram-explorer\n:data: mine.json\nMove it.\n```")[1]


@pytest.mark.parametrize("change, message", [
    ({"more": ["saw"]}, "must be different words"), ({"text": ["Lova"]}, "an entry for each of them"), ({"text": []}, "words"),
    ({"vectors": {"Lova": {"q": [1], "k": [1, 2], "v": [1]}, "saw": {"q": [1], "k": [1], "v": [1]}}}, "must have one length"),
    ({"vectors": {"Lova": {"q": [1], "k": [1], "v": [1]}, "saw": {"q": [1], "k": [1], "v": [1, 2]}}}, "must have one length")])
def test_attention_refuses_vectors_that_do_not_fit(change, message):
    from course_book.interactive import vectors_problem
    fine = {"text": ["Lova", "saw"], "more": [], "vectors": {word: {"q": [1], "k": [2], "v": [3]} for word in ("Lova", "saw")}}
    assert vectors_problem(fine) is None
    assert message in vectors_problem(fine | change)


def test_event_tree_words_agree_with_the_library():
    from course_book.interactive import FIGURES

    from llmcourse.language_models import mass_from_stops
    words = FIGURES["event-tree"][1]
    assert ", ".join(f"{p:.4g}" for p in mass_from_stops([0.4] * 4)) in words
    assert f"near {mass_from_stops([0.4 / 2 ** n for n in range(60)]).sum():.2f}" in words


def test_broadcasting_words_agree_with_numpy():
    import numpy as np
    from course_book.interactive import FIGURES
    words = FIGURES["broadcasting"][1]
    for a, b, result in re.findall(r"(\([\d, ]+\)) and (\([\d, ]+\)) give (\([\d, ]+\))", words):
        assert str(np.broadcast_shapes(eval(a), eval(b))) == result
    assert "(2, 3) and (2,) do not fit" in words
    with pytest.raises(ValueError):
        np.broadcast_shapes((2, 3), (2,))


def canyon_points():
    """The 16 points of the canyon figure, as its script has them."""
    script = (BOOK / "_ext" / "course_book" / "assets" / "canyon.js").read_text()
    return (np.array(json.loads(re.search(rf"const {name} = (\[[^\]]*\]);", script)[1])) for name in "XY")


def canyon_descent(start, step_size, steps):
    """Where the descent of the canyon figure is after so many steps with all points: (w, b), loss."""
    x, y = canyon_points()
    rows = np.stack([x, np.ones(len(x))], axis=1)
    theta = np.array(start, float)
    for _ in range(steps):
        theta -= step_size * 2 * rows.T @ (rows @ theta - y) / len(x)
    return theta, np.mean((rows @ theta - y) ** 2)


def test_canyon_words_are_right():
    from course_book.interactive import FIGURES
    words = FIGURES["canyon"][1]
    x, y = canyon_points()
    best, least = canyon_descent(np.polyfit(x, y, 1), 0.1, 0)
    assert f"{least:.3f}, at w = {best[0]:.3f}, b = {best[1]:.3f}" in words
    for step_size in (0.005, 0.1):
        assert f"of size {step_size}" in words and f"to {canyon_descent((-1, -1), step_size, 100)[1]:.3f}" in words
    assert canyon_descent((-1, -1), 0.3, 100)[1] > canyon_descent((-1, -1), 0.3, 0)[1]
    curvature = 2 * np.array([[np.mean(x * x), x.mean()], [x.mean(), 1]])
    assert f"from {2 / np.linalg.eigvalsh(curvature)[-1]:.3f} on" in words


def test_erasing_words_agree_with_the_library():
    from course_book.interactive import FIGURES

    from llmcourse.recurrent.cells import earliest_step
    words = FIGURES["erasing"][1]
    assert f"of three layers in step {earliest_step(10, 3)}." in words
    weight, slope, gate = (float(re.search(pattern, words)[1]) for pattern in (
        r"weight ([\d.]+)", r"slope ([\d.]+) each", r"forget gate of ([\d.]+) it"))
    assert f"by {weight * slope:.2f}, and {(weight * slope) ** 9:.1e}".replace("e-0", "e-") in words
    assert f"it is {gate**9:.4f}." in words and "there are 9 steps" in words


def test_who_looks_words_agree_with_the_library():
    from course_book.interactive import FIGURES

    from llmcourse.attention import attention, candidate_mask
    words = FIGURES["who-looks-at-whom"][1]
    found = json.loads((BOOK / "_data" / "who_looks_at_whom.json").read_text(encoding="utf-8"))

    def look(text, name=None):
        Q, K, V = (np.array([found["vectors"][word][part] for word in text], float) for part in "qkv")
        return attention(Q, K, V, None if name is None else candidate_mask(name, len(text))), Q @ K.T

    text = found["text"]
    assert f"“{' '.join(text)}”" in words
    (B, A), S = look(text, "B")
    (free, _), _ = look(text)
    number, pair = "{:.2f}".format, "({:.2f}, {:.2f})".format
    for numbers in ([f"{one:g}" for one in S[3]], [f"{one:g}" for one in S[3] / 2], [number(one) for one in A[3]]):
        assert f"{', '.join(numbers[:3])} and {numbers[3]}" in words
    assert all(pair(*one) in words for one in (B[3], B[0], free[0]))
    swapped = [1, 0, 3, 2]
    assert np.allclose(look([text[i] for i in swapped])[0].output, free[swapped])
    for word in found["more"]:
        assert np.array_equal(look([*text, word], "B")[0].output[:4], B)
        assert (abs(look([*text, word])[0].output[:4] - free) > 0.01).any(axis=1).all()


def test_positions_words_agree_with_the_library():
    from course_book.interactive import FIGURES

    from llmcourse.transformer.blocks import sinusoids
    words = FIGURES["positions"][1]
    d, t, k = (int(re.search(pattern, words)[1]) for pattern in (r"d = (\d+)", r"position (\d+) by", r"by (\d+) words"))
    here, there = sinusoids(np.array([t, t + k]), d)
    turned = [f"{k * 10000 ** (-2 * j / d):.3f}".rstrip("0").rstrip(".") for j in range(d // 2)]
    assert f"eight hands by {', '.join(turned[:-1])} and {turned[-1]} radians" in " ".join(words.split()) and len(turned) == 8
    assert f"of the two, {here @ there:.3f}, depends" in words and f"with itself it is {here @ here:.0f}." in words


def test_desk_words_agree_with_the_library():
    from course_book.interactive import FIGURES

    from llmcourse.decoding import Settings, process
    words = FIGURES["decoders-desk"][1]
    script = (BOOK / "_ext" / "course_book" / "assets" / "desk.js").read_text()
    tables = [[float(p) for p in re.findall(r'", (0\.\d+)\]', part)] for part in script.split("▁")[1:3]]
    assert [len(table) for table in tables] == [9, 9] and all(sum(table) == pytest.approx(1) for table in tables)

    def left(table, **options):
        return np.exp(process([[]], np.log([table]), Settings(**options))[0])

    fish, flat = tables
    nucleus = left(fish, top_p=0.75)
    assert f"fish with {nucleus[0]:.3f} and memories with {nucleus[1]:.3f}" in words and (nucleus > 0).sum() == 2
    assert f"the others had {sum(fish[2:]):.3f}." in words
    for tau, said in ((0.5, "at temperature 0.5 fish has {:.3f}"), (2, "at 2 it has {:.3f}")):
        assert said.format(left(fish, temperature=tau)[0]) in words.lower()
    assert (left(flat, top_p=0.75) > 0).sum() == 7 and "keeps seven" in words
    assert f"away {np.sum(np.array(flat)[left(flat, top_k=2) == 0]):.3f} of" in words


def test_critical_path_words_agree_with_the_library():
    from course_book.interactive import FIGURES

    from llmcourse.transformer.complexity import longest_chain, recurrent_edges, transformer_edges
    words = FIGURES["critical-path"][1]
    chain = longest_chain(recurrent_edges(3, 10), (1, 1), (3, 10))
    assert f"after {chain} ticks" in words and f"goes through {chain} states" in words and "ten words has 30 states" in words
    states = longest_chain(transformer_edges(3, 10), (0, 1), (3, 10)) - 1                   # layer 0 are the words
    assert f"done after {states} ticks, and its chains are {states} states long" in words


@pytest.mark.parametrize("body, index, kept", [
    ('<p class="mathjax_ignore">math</p>', True, ["a.js", "searchindex.js"]),
    ('<p class="math notranslate">x</p>', True, ["a.js", "mathjax", "searchindex.js"]),
    ('<p class="on math">x</p>', False, ["a.js", "mathjax"]),
    ('<div class="sd-tab-set">', False, ["a.js", "sphinx-design"]),
])
def test_the_head_of_a_page_holds_what_its_body_needs(body, index, kept):
    from course_book.lean import lean
    head = '''<script defer src="_static/scripts/fontawesome.js?digest=1"></script>
      <link rel="stylesheet" href="../_static/sphinx-design.min.css" /><script src="a.js"></script>
      <script>window.MathJax = {"a": "mathjax"}</script><script src="_static/mathjax/startup.js"></script>
      <script src="searchindex.js"></script>'''
    out = lean(head, body, index)
    found = [name for name in ("a.js", "mathjax", "sphinx-design", "searchindex.js", "fontawesome") if name in out]
    assert sorted(found) == sorted(kept)
    if "mathjax" in kept:
        assert '{"a": "mathjax"}' in out and '<script src="_static/mathjax/startup.js">' in out
    tag, link = '<script src="_static/doctools.js?v=1"></script>', '<link rel="preload" href="scripts/bootstrap.js">'
    assert lean(tag + link, body, index) == tag + link
    waiting = '<script type="text/waiting" data-src="_static/doctools.js?v=1"></script>'
    assert lean(tag + link, body, index, wait=True).split("\n") == [waiting, link]


# --- Docstrings on the reference pages --------------------------------------------------------------------------------

def test_docstrings_become_prose_lists_and_code():
    from course_book.api import to_rst
    lines = to_rst("First *line* of x_{<t}, with `code`.\n\nn: an order\nthat wraps. k, m: two more. Raises ValueError: never."
                   "\n\n>>> 1 + 1\n2\n\n* one\n  more\n* two", ["n", "k", "m"])
    assert r"First \*line\* of x\_{<t}, with \ ``code``\ ." in lines
    assert [line for line in lines if line.startswith("- **")] == ["- **n**: an order that wraps.", "- **k, m**: two more."]
    assert "Raises ValueError: never." in lines and "    >>> 1 + 1" in lines and "- one more" in lines


def test_every_module_of_the_library_has_its_place_in_the_reference():
    shown = set(re.findall(r"automodule:: (\S+)", "".join(path.read_text() for path in (BOOK / "api").glob("*.md"))))
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts)
               for path in (ROOT / "llmcourse").rglob("*.py") if path.stem not in ("__init__", "__main__")}
    inner = {name for name in modules if name.startswith("llmcourse.corpora.")}  # shown by the package's face
    assert modules - inner - shown == set()


def test_fields_of_named_tuples_have_no_entries_of_their_own(built):
    assert "llmcourse.attention.dot_product" in built["api/attention.html"]
    assert not [name for name, text in built.items() if name.startswith("api/") and "Alias for field number" in text]


def test_every_module_of_the_reference_has_a_heading():
    for path in sorted((BOOK / "api").glob("*.md")):
        text = path.read_text()
        modules = re.findall(r"automodule:: (\S+)", text)
        assert re.findall(r"^## `(\S+)`\n\n```\{eval-rst\}\n\.\. automodule:: \1$", text, re.MULTILINE) == modules, path.name
        assert path.stem == "index" or text.startswith("# Reference: "), path.name


# --- Formulas, search, previews ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("tex, words, tags", [
    (r"\frac{\#(uw) + k}{V}", "(#(uw) + k)/V", ["mfrac"]),
    (r"p(x_t \mid x_{<t})", "p(x_t ∣ x_<t)", ["msub"]),
    (r"\sum_{i=1}^n x_i^2", "∑_(i=1)^nx_i^2", ["msubsup"]),
    (r"\sqrt{d_k}", "√(d_k)", ["msqrt"]),
    (r"\begin{aligned}a &= 1\\b &= 2\end{aligned}", "a = 1 b = 2", ["mtable", "mtr"]),
])
def test_formulas_become_mathml_and_a_line_of_characters(tex, words, tags):
    from course_book import formulas
    assert formulas.words(tex) == words
    made = BeautifulSoup(formulas.mathml(tex), "html.parser")
    assert made.math and all(made.select(tag) for tag in tags)


def test_a_formula_that_cannot_be_converted_is_an_error():
    from course_book import formulas
    with pytest.raises(ValueError, match=r"no MathML for .* in the formula 'a & b'"):
        formulas.mathml("a & b")
    assert formulas.words(r"a &= b \\ c &= d", "block") == "a = b c = d"    # Sphinx writes split around a block of lines


def test_every_formula_stands_beside_its_mathml(pages):
    seen = 0
    for name, soup in pages.items():
        formulas = soup.select(".math")
        seen += len(formulas)
        assert len(formulas) == len(soup.select("noscript > math")), name
        for formula in soup.select("div.math"):
            number = formula.select_one(".eqno")
            beside = formula.find_next_sibling()
            assert beside.name == "noscript" and beside.math["display"] == "block"
            assert number is None or number.text.split(")")[0] in beside.text
    assert seen > 1000


def search_entries(folder):
    """What the search page loads, as {page: (title, {place: (title, text)})}."""
    text = (folder / "_static" / "course" / "search-entries.js").read_text(encoding="utf-8")
    found = json.loads(text.removeprefix("window.courseEntries = ").rstrip().rstrip(";"))
    return {page: (title, {place: (name, words) for place, name, words in entries}) for page, title, entries in found}


def test_search_entries_are_sections_without_tex_and_without_answers(page, tmp_path):
    text = "Lead $p(x_{<t})$.\n\n## Part one\n\nIn *one*.\n\n### Deep\n\nBelow.\n\n## Part $n$\n\nIn two.\n" + QUIZ
    page(text + "\n```{glossary}\nbit\n  A unit.\n```\n")
    title, entries = search_entries(tmp_path / "html")["index.html"]
    assert title == "Page" and entries[""] == ("", "Lead p(x_<t).")
    assert entries["part-one"] == ("Part one", "In one.") and entries["deep"] == ("Deep", "Below.")
    assert entries["term-bit"] == ("bit", "A unit.")
    _, words = entries[next(place for place, (name, _) in entries.items() if name == "Part n")]
    assert words == "In two. Is p a probability?"    # the quiz's question, and no choice of it


def test_search_knows_every_section_of_every_page(pages):
    entries = search_entries(BOOK / "_build" / "html")
    titles = [title for title, _ in entries.values()]
    assert len(set(titles)) == len(titles), sorted(title for title in titles if titles.count(title) > 1)
    for name, (_, found) in entries.items():
        places = {tag["id"] for tag in pages[name].select("[id]")}
        assert found.keys() - {""} <= places, name
        sections = {tag["id"] for tag in pages[name].select(".bd-article section[id] section[id]")}
        assert sections <= found.keys(), name
        raw = [words for words in found.values() if re.search(r"\\(frac|mid|text|sum)\b|\\\(", " ".join(words))]
        assert not raw, (name, raw[:1])


def test_every_link_that_previews_has_a_preview(pages):
    folder, seen = BOOK / "_build" / "html" / "_static" / "course" / "previews", 0
    for name, soup in pages.items():
        for link in soup.select(".bd-article a.reference.internal[href*='#']"):
            path, _, place = link["href"].partition("#")
            target = str((Path("/") / name).parent.joinpath(path or Path(name).name).resolve().relative_to("/"))
            if not (re.match(r"(term|equation)-", place) or (re.fullmatch(r"id\d+", place) and target != name)):
                continue
            seen += 1
            text = (folder / target.replace(".html", ".js")).read_text(encoding="utf-8")
            found = json.loads(text.partition(" = ")[2].rstrip().rstrip(";"))
            piece = BeautifulSoup(found[place], "html.parser")
            assert piece.text.strip() and not piece.select("a, [id], noscript"), (name, link["href"])
            assert any("previews.js" in script.get("data-src", "") for script in soup.select("script")), name
    assert seen > 100


# --- What pages say about themselves ----------------------------------------------------------------------------------

def meta(soup, key):
    found = soup.select_one(f'meta[name="{key}"], meta[property="{key}"]')
    return found and found["content"]


def test_every_page_has_a_title_and_a_description_of_its_own(pages):
    titles, words = {}, {}
    for name, soup in pages.items():
        said = meta(soup, "description")
        assert said and 15 < len(said) <= 184 and "\\" not in said, (name, said)
        assert len(soup.select("h1")) >= 1 and soup.title.text.strip(), name
        if not name.startswith("_modules/"):
            titles.setdefault(soup.title.text.strip(), []).append(name)
            words.setdefault(said, []).append(name)
    assert not [same for same in [*titles.values(), *words.values()] if len(same) > 1]


def test_every_page_names_authors_licence_version_and_where_errata_go(pages):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name, soup in pages.items():
        footer = soup.select_one(".course-footer")
        text = " ".join(footer.text.split())
        assert text.startswith("By the authors of the course") and f"version {version}" in text and "CC BY-SA 4.0" in text, name
        assert footer.select_one('a[href$="#errata"]') and pages["about.html"].select("#errata"), name
        assert [a.text for a in footer.select("a")][2:] == ["About", "Accessibility"], name


def test_where_no_address_is_set_none_is_printed(page, monkeypatch):
    monkeypatch.delenv("LLMCOURSE_ADDRESS", raising=False)
    html, _ = page("A first paragraph.", html_theme="sphinx_book_theme", course_repository="")
    soup = BeautifulSoup(html, "html.parser")
    assert meta(soup, "description") == "A first paragraph." and not soup.select('link[rel="canonical"], [property^="og:"]')
    assert "github" not in " ".join(a["href"] for a in soup.select("a[href]"))


def test_an_address_brings_canonical_card_sitemap_and_a_repository_edit_links(page, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_ADDRESS", "https://books.example/lm")
    (tmp_path / "book" / "_data").mkdir(parents=True)
    (tmp_path / "book" / "_data" / "ladder.json").write_bytes((BOOK / "_data" / "ladder.json").read_bytes())
    html, _ = page("A first paragraph.", html_theme="sphinx_book_theme", project="Models, one by one",
                   course_repository="someone/course", course_branch="v1")
    soup, out = BeautifulSoup(html, "html.parser"), tmp_path / "html"
    assert soup.select_one('link[rel="canonical"]')["href"] == meta(soup, "og:url") == "https://books.example/lm/index.html"
    assert meta(soup, "og:image") == "https://books.example/lm/_static/card.png" and meta(soup, "og:title") == "Page"
    card = (out / "_static" / "card.png").read_bytes()
    assert card[:8] == b"\x89PNG\r\n\x1a\n" and len(card) < 100_000
    assert [int.from_bytes(card[i:i + 4], "big") for i in (16, 20)] == [1200, 630]
    assert "<loc>https://books.example/lm/index.html</loc>" in (out / "sitemap.xml").read_text()
    assert BeautifulSoup((out / "404.html").read_text(), "html.parser").base["href"] == "/lm/"
    links = {a["href"] for a in soup.select("a[href]")}
    for way in ("edit/v1/book/index.md", "blob/v1/book/index.md?plain=1"):
        assert f"https://github.com/someone/course/{way}" in links
    assert any(link.startswith("https://github.com/someone/course/issues/new") for link in links)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["version"] == project["version"] and project["name"] in citation["title"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()


def test_the_cover_shows_the_probabilities_of_the_source(pages):
    from llmcourse.corpora import stories
    source = stories()
    context = source.vocabulary.encode("once , a splendid penguin called Olle lived at the".split())
    p = np.exp(source.next_log_probabilities(context))
    said = pages["index.html"].select_one(".cover-picture")["aria-label"]
    shown = dict(re.findall(r"(\w+) (0\.\d\d)", said.partition("probabilities: ")[2]))
    assert len(shown) == 7 and sum(map(float, shown.values())) == pytest.approx(1, abs=0.04)
    for word, number in shown.items():
        if word != "word":    # any other word
            assert float(number) == pytest.approx(p[source.vocabulary.encode([word])[0]], abs=0.0051)


def test_the_ladder_says_what_its_rows_say():
    from course_book.interactive import ladder_problem, ladder_words
    rows = [{"unit": unit, "model": model, "bits_per_token": bits, "gap": bits - 1} for unit, model, bits in
            [(1, "source", 1.0), (1, "uniform", 9.0), (2, "bigram", 3.5), (2, "trigram", 2.25)]]
    words = ladder_words({"rows": rows})
    assert "9.00 (uniform, unit 01), 2.25 (trigram, unit 02). The floor, which no model can pass, is 1.00." in words
    assert ladder_problem({"rows": rows}) is None and "one row with gap 0" in ladder_problem({"rows": rows[1:]})


# --- The build script -------------------------------------------------------------------------------------------------

def test_nothing_is_built_twice_and_a_changed_library_runs_the_cells_again(tmp_path, monkeypatch):
    build, calls, remembered = load_build(), [], []
    monkeypatch.setattr(build, "remember_cells", remembered.append)
    state = {"cells": "1", "look": "1", "pages": "1"}
    monkeypatch.setattr(build, "fingerprints", lambda: dict(state))

    def run(command, **options):
        calls.append(command)
        (tmp_path / "_build" / "html").mkdir(parents=True, exist_ok=True)
        (tmp_path / "_build" / "html" / "index.html").write_text("made")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(build.subprocess, "run", run)
    cache = tmp_path / "_build" / ".jupyter_cache"
    assert build.build(tmp_path, [], strict=True) == 0 and len(calls) == 1 and "-W" in calls[0]
    assert build.build(tmp_path, [], strict=True) == 0 and len(calls) == 1 and remembered == [cache]
    cache.mkdir()
    state["pages"] = "2"
    build.build(tmp_path, [], strict=True)
    assert len(calls) == 2 and "--all" not in calls[1] and cache.exists()
    state["cells"] = "2"
    build.build(tmp_path, [], strict=True)
    assert len(calls) == 3 and "--all" in calls[2] and not cache.exists() and remembered == [cache] * 3
    build.build(tmp_path, ["notation"], strict=True)
    assert len(calls) == 4 and len(remembered) == 3  # one page alone is quickest left to Sphinx


def test_a_failed_build_is_never_taken_for_fresh(tmp_path, monkeypatch):
    build = load_build()
    monkeypatch.setattr(build, "remember_cells", lambda cache: None)
    monkeypatch.setattr(build, "fingerprints", lambda: {"cells": "1", "look": "1", "pages": "1"})
    monkeypatch.setattr(build.subprocess, "run", lambda command, **options: subprocess.CompletedProcess(command, 1))
    assert build.build(tmp_path, [], strict=True) == 1
    assert not (tmp_path / "_build" / "stamp.json").exists()


def test_cells_are_executed_before_sphinx_asks_and_only_once(tmp_path, monkeypatch):
    from jupyter_cache import get_cache

    build = load_build()
    head = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\nkernelspec:\n  name: python3\n"
    head += "  display_name: Python 3\n---\n# Page\n\n"
    for name, code in (("good", "print(6 * 7)"), ("bad", "1 / 0")):
        (tmp_path / f"{name}.md").write_text(f"{head}```{{code-cell}} python\n{code}\n```\n")
    (tmp_path / "words.md").write_text("# Only words\n")
    monkeypatch.setattr(build, "BOOK", tmp_path)
    for _ in range(2):
        build.remember_cells(tmp_path / "cache")
        [record] = get_cache(str(tmp_path / "cache")).list_cache_records()  # what fails is left to Sphinx
        assert record.uri.endswith("good.md")
    [cell] = [c for c in get_cache(str(tmp_path / "cache")).get_cache_bundle(record.pk).nb.cells if c.cell_type == "code"]
    assert cell.outputs[0]["text"] == "42\n"


# --- The built pages --------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def built():
    """Every page of the book as it is now; built first where it is out of date."""
    build = load_build()
    kept.FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(kept.FOLDER / "book.lock"):
        if not build.is_fresh(BOOK / "_build", build.fingerprints() | {"only": ""}):
            made = subprocess.run([sys.executable, str(BOOK / "build.py")], cwd=ROOT, capture_output=True, text=True)
            assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
    html = BOOK / "_build" / "html"
    found = [path for path in sorted(html.rglob("*.html")) if "_static" not in path.parts]
    return {str(path.relative_to(html)): path.read_text() for path in found}


@pytest.fixture(scope="session")
def pages(built):
    """The same, parsed."""
    return {name: BeautifulSoup(text, "html.parser") for name, text in built.items()}


def test_every_picture_says_what_it_shows(pages):
    bad = []
    for name, soup in pages.items():
        for image in soup.select("img"):
            alt = unescape(image.get("alt", "")).strip()
            if len(alt) < 20 or " " not in alt or re.search(r"\.(png|svg|jpe?g|gif)$|[0-9a-f]{16}", alt):
                bad.append(f"{name}: {image.get('src')} has the alt text {alt!r}")
    assert not bad, "\n".join(bad)


def test_nothing_is_loaded_from_another_host(pages):
    bad = []
    for name, soup in pages.items():
        for tag in soup.find_all(True):
            loads = tag.get("src") or (tag.get("href") if tag.name == "link" else None)
            if loads and re.match(r"(https?:)?//", loads):
                bad.append(f"{name}: <{tag.name}> loads {loads}")
            if tag.name == "script" and "unpkg" in tag.text:
                bad.append(f"{name}: a script mentions unpkg")
    assert not bad, "\n".join(bad)


def test_links_inside_the_book_lead_somewhere(pages):
    html, bad = BOOK / "_build" / "html", []
    places = {name: {tag["id"] for tag in soup.select("[id]")} for name, soup in pages.items()}
    for name, soup in pages.items():
        for link in soup.select("a[href]"):
            path, _, anchor = link["href"].partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            target = ((html / name).parent / path).resolve() if path else html / name
            page = str(target.relative_to(html)) if target.is_relative_to(html) else None
            if not target.exists():
                bad.append(f"{name}: {link['href']} does not exist")
            elif anchor and page in places and anchor not in places[page]:
                bad.append(f"{name}: {link['href']} has no such place")
    assert not bad, "\n".join(sorted(set(bad)))


@pytest.mark.parametrize("unit", UNITS)
def test_built_chapter_has_what_a_chapter_needs(pages, unit):
    for page in pages_of(unit):
        soup = pages[f"{page}.html"]
        assert 3 <= len(soup.select(".quiz")) <= 6, f"{page} has {len(soup.select('.quiz'))} questions"
        for css in (".mistakes", ".exercise-box", "figure img", "figcaption"):
            assert soup.select(css), f"{page} has no {css}"
        assert all(figure.select("figcaption") for figure in soup.select("figure")), f"{page}: a figure has no caption"
        for cell in soup.select(".cell_output img"):
            assert cell.find_parent("figure"), f"{page}: the picture {cell.get('alt')!r} has no caption"
        assert all(words.text.strip() for words in soup.select(".interactive > .figure-words"))
        assert len(soup.select(".interactive > .figure-words")) == len(soup.select(".interactive"))
    assert any(pages[f"{page}.html"].select(".interactive") for page in pages_of(unit)), f"{unit} has no interactive figure"


def quizzes(pages, first="", last="~"):
    """(name, lengths of the choices, place of the right one) of every quiz on the pages between these names."""
    for name, soup in pages.items():
        for number, quiz in enumerate(soup.select(".quiz") if first <= name < last else [], 1):
            labels = [choice.select_one(".quiz-text") for choice in quiz.select(".quiz-choice")]
            texts = ["".join(part for part in label.find_all(string=True) if not part.find_parent("noscript"))
                     for label in labels]
            right = [choice["data-right"] for choice in quiz.select(".quiz-choice")].index("true")
            yield f"{name} {number}", [len(re.sub(r"\\[a-z]+|[\\{}()$^_]", "", text)) for text in texts], right


def test_the_right_choice_is_anywhere(pages):
    """Its place is not distinguishable from uniform at a level of 5 %, over all quizzes of three choices."""
    places = [right for _, lengths, right in quizzes(pages) if len(lengths) == 3]
    assert len(places) > 50
    counts = np.bincount(places, minlength=3)
    assert chisquare(counts).pvalue > 0.05, f"right choices by place: {counts}; another SALT in quiz.py deals anew"
    assert chisquare([10, 45, 12]).pvalue < 0.05    # as authors had put them


@pytest.mark.parametrize("part", [("", "06"), ("06", "~")], ids=["first half", "second half"])
def test_the_right_choice_is_not_the_longest(pages, part):
    """Not more often than chance allows, at a level of 5 %: a reader who picks the longest should learn nothing."""
    found = list(quizzes(pages, *part))
    longest = [name for name, lengths, right in found if lengths[right] > max(lengths[:right] + lengths[right + 1:])]
    chance = sum(1 / len(lengths) for _, lengths, _ in found) / len(found)
    p = binomtest(len(longest), len(found), chance, alternative="greater").pvalue
    assert p > 0.05, f"of {len(found)} right choices these {len(longest)} are the longest: {longest}"


def test_pages_are_made_without_what_they_do_not_use(pages):
    static = BOOK / "_build" / "html" / "_static"
    assert not list(static.rglob("*.map")) and not list(static.rglob("fontawesome.js"))
    bad = []
    for name, soup in pages.items():
        scripts = [tag.get("src") or tag.get("data-src") or tag.text for tag in soup.select("head script")]
        if any("mathjax/startup.js" in one for one in scripts) != bool(soup.select(".math")):
            bad.append(f"{name} has {len(soup.select('.math'))} formulas, and these scripts: {scripts}")
        if any("search-entries" in one for one in scripts) != (name == "search.html"):
            bad.append(f"{name} and the entries of the search")
        if any("searchindex" in one for one in scripts):
            bad.append(f"{name} loads Sphinx's index")
    assert not bad, "\n".join(bad)


# --- The sources of the chapters --------------------------------------------------------------------------------------

def chapters_in(toc):
    """Every page that a table of contents lists, at any depth."""
    found = [toc["file"]] if "file" in toc else []
    below = [entry for key in ("parts", "chapters", "sections") for entry in toc.get(key, [])]
    return found + [name for entry in below for name in chapters_in(entry)]


def rungs():
    """The rungs of the ladder that are registered in ``benchmarks/ladder.py``, as (unit, model)."""
    text = (ROOT / "benchmarks" / "ladder.py").read_text()
    return [(int(unit), model) for unit, model in re.findall(r'^rung\((\d+), "([^"]+)"', text, re.MULTILINE)]


def chapter_faults(unit, texts, listed, registered):
    """What a unit's chapter lacks. texts: its pages by name; listed: pages in _toc.yml; registered: the ladder's rungs."""
    number, name, text = int(unit[:2]), unit[3:], "\n".join(texts.values())
    adds_rungs = number in {of for of, _ in registered}
    wanted = {}
    for page, own in texts.items():
        quizzes = len(re.findall(r"^```\{quiz\}", own, re.MULTILINE))
        wanted |= {
            f"book/_toc.yml has no line for {page}": page in listed,
            f"{page}: no {{mistakes}} {name}": re.search(rf"^```\{{mistakes\}} {name}(\.\w+)?$", own, re.MULTILINE),
            f"{page}: 3 to 6 {{quiz}}, but {quizzes}": 3 <= quizzes <= 6,
            f"{page}: no {{exercise}} {unit}": re.search(rf"^```\{{exercise\}} {unit}$", own, re.MULTILINE),
        }
    wanted |= {
        "no {interactive} figure": re.search(r"^```\{interactive\} ", text, re.MULTILINE),
        "the ladder is not drawn, but benchmarks/ladder.py has rungs of this unit": not adds_rungs or "plots.ladder(" in text,
        "nothing about the ladder: draw it, or say why the unit adds no rung":
            number == 0 or "plots.ladder(" in text or ("{term}`ladder`" in text and re.search(r"\brung\b", text)),
    }
    return [fault for fault, fine in wanted.items() if not fine]


def texts_of(unit):
    return {page: (BOOK / f"{page}.md").read_text() for page in pages_of(unit)}


@pytest.mark.parametrize("unit", UNITS)
def test_chapter_lacks_nothing(unit):
    listed = chapters_in(yaml.safe_load((BOOK / "_toc.yml").read_text()))
    faults = chapter_faults(unit, texts_of(unit), listed, rungs())
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("left_out, fault", [
    (r"^```\{mistakes\} .*$", "no {mistakes}"),
    (r"^```\{quiz\}.*$", "{quiz}, but 0"),
    (r"^```\{interactive\} .*$", "no {interactive}"),
    (r"^```\{exercise\} .*$", "no {exercise}"),
    (r"plots\.ladder\(|\{term\}`ladder`", "ladder"),
])
def test_what_is_left_out_of_a_chapter_is_noticed(unit, left_out, fault):
    texts = {page: re.sub(left_out, "", text, flags=re.MULTILINE) for page, text in texts_of(unit).items()}
    if not texts:
        pytest.skip("there is no chapter yet; tests/test_project.py says so")
    faults = chapter_faults(unit, texts, pages_of(unit), rungs())
    assert any(fault in one for one in faults) or (unit[:2] == "00" and fault == "ladder"), faults
    assert not any("_toc" in one for one in faults)


def test_a_chapter_outside_the_table_of_contents_is_noticed():
    assert chapter_faults(UNITS[-1], texts_of(UNITS[-1]), UNITS[:-1], rungs()) == [f"book/_toc.yml has no line for {UNITS[-1]}"]
    page = "03b_automatic_differentiation"
    assert chapter_faults("03_gradient_descent", texts_of("03_gradient_descent"), UNITS, rungs()) == [
        f"book/_toc.yml has no line for {page}"]


def test_the_ladder_has_a_row_for_every_registered_rung():
    rows = [(row["unit"], row["model"]) for row in json.loads((BOOK / "_data" / "ladder.json").read_text())]
    assert rungs() and sorted(rows) == sorted(rungs()), "run python benchmarks/ladder.py with the units that differ"


def code_lines(text):
    """The lines of a page's code cells, with their numbers."""
    kind = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            kind = "code" if line.startswith("```{code-cell}") else None
        elif line == "---" and kind:
            kind = "settings" if kind == "code" else "code"
        elif kind == "code":
            yield number, line


def test_code_lines_are_found():
    text = "a\n```{code-cell} python\n---\nkey: x\n---\nb = 1\n```\nc\n```python\nd\n```\n```{code-cell} python\ne\n```"
    assert list(code_lines(text)) == [(6, "b = 1"), (13, "e")]


def test_lines_of_code_fit_their_box():
    long = [f"{path.name}:{number} has {len(line)} characters" for path in sorted(BOOK.glob("*.md"))
            for number, line in code_lines(path.read_text()) if len(line) > LONGEST_LINE]
    assert not long, "\n".join(long)
