"""The index of the lectures: no step of a deck is missing, and everything that it points to exists."""

import importlib
import re
import sys

import pytest
import yaml
from units import ROOT, UNITS

pytest.importorskip("jupyter_book", reason="jupyter-book is not installed: the book is not built")
BOOK = ROOT / "book"
sys.path.insert(0, str(BOOK / "_ext"))
lectures = importlib.import_module("course_book.lectures")

STEPS = {"S": 36, "C": 59, "L": 116}    # headings of S and L and slides of C, counted in the decks
DECKS = yaml.safe_load((BOOK / "lectures.yml").read_text())
ROWS = [(deck, row) for deck, rows in DECKS.items() for row in rows]


def test_every_step_of_every_deck_has_its_row():
    assert list(DECKS) == list(STEPS)
    for deck, rows in DECKS.items():
        steps = [step for row in rows for step in range(row["slides"][0], row["slides"][1] + 1)]
        assert steps == list(range(1, STEPS[deck] + 1)), deck


def test_every_row_leads_to_a_section_a_function_and_a_question():
    for deck, row in ROWS:
        assert set(row) == {"slides", "topic", "book", "library", "questions"}, (deck, row)
        assert row["topic"] and row["book"] and row["library"] and row["questions"], (deck, row)


@pytest.mark.parametrize("deck, row", ROWS, ids=[f"{deck}{row['slides'][0]}" for deck, row in ROWS])
def test_what_a_row_names_exists(deck, row):
    """Looked up by other means than the directive's: headings at the start of a line, names by import, questions by title."""
    for place in row["book"]:
        unit, title = place.split(": ", 1)
        pages = list(BOOK.glob(f"{unit}*_*.md"))
        assert any(re.search(rf"^###? {re.escape(title)}$", page.read_text(), re.MULTILINE) for page in pages), place
    for name in row["library"]:
        module, last = (name if name.startswith("autograder") else f"llmcourse.{name}").rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), last)), name
    for name in row["questions"]:
        unit, number = re.fullmatch(r"(\d\d) q(\d+)", name).groups()
        master = next(one for one in UNITS if one.startswith(unit))
        assert f"# **Question {number}. " in (ROOT / f"solutions/{master}.py").read_text(), name


def test_every_unit_is_in_the_index():
    assert {place[:2] for _, row in ROWS for place in row["book"]} == {unit[:2] for unit in UNITS}


@pytest.mark.parametrize("find, name, message", [
    (lectures.section, "02: No such section", "unit 02 has no section"),
    (lectures.question, "02 q99", "unit 02 has no question 99"),
    (lectures.rows_of, "X", "has the decks S, C, L, not X"),
])
def test_what_does_not_exist_is_refused(find, name, message):
    with pytest.raises(ValueError, match=message):
        find(name, BOOK)


def test_a_function_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"there is no ngrams\.Missing"):
        lectures.function("ngrams.Missing")


def test_links_are_those_of_myst():
    assert lectures.section("01: Do all texts together have probability 1?", BOOK) == (
        "[01\N{NO-BREAK SPACE}Do all texts together have probability 1?]"
        "(01_language_models.md#do-all-texts-together-have-probability-1)")
    assert lectures.function("ngrams.MLE") == "{py:obj}`MLE <llmcourse.ngrams.models.MLE>`"
    assert lectures.question("02 q3", BOOK) == "[02\N{NO-BREAK SPACE}q3](02_ngrams.md#exercise)"
