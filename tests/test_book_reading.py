"""The line under each chapter's title that says how long it takes, and the prompts inside the chapters."""

import re

import pytest
from units import ROOT, UNITS

PAGES = sorted((ROOT / "book").glob("[0-9][0-9]*_*.md"))
LINE = re.compile(r"^\*Reading: about (\d+) minutes\. Exercise: about (\d+) minutes\. You need: [^*]+\.\*$", re.MULTILINE)
CELL = re.compile(r"^```\{code-cell\}.*?^```", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)


def reading(text):
    """Minutes to read a page: one for every 150 words, one for every cell and one for every displayed formula."""
    text = re.sub(r"\A---.*?^---$", "", text, flags=re.MULTILINE | re.DOTALL)
    cells, formulas = CELL.findall(text), FORMULA.findall(CELL.sub("", text))
    words = re.sub(r"\$[^$\n]+\$", " ", FORMULA.sub("", CELL.sub("", text)))
    return len(re.findall(r"[^\W\d_][\w’'-]*", words)) / 150 + len(cells) + len(formulas)


def questions(unit):
    """The minutes in the titles of a master's questions."""
    return [int(m) for m in re.findall(r"^# \*\*Question \d+\..*?· (\d+) minutes", (ROOT / f"solutions/{unit}.py").read_text(),
                                       re.MULTILINE)]  # fmt: skip


def test_the_rule_counts_words_cells_and_formulas():
    words = "word " * 300
    page = f"---\nkernel: python\n---\n# {words}\n$a$ \n```{{code-cell}} python\n$ not, a, word\n```\n\n$$\nx\n$$\n"
    assert reading(page) == 300 / 150 + 1 + 1


@pytest.mark.parametrize("unit", UNITS)
def test_every_chapter_says_how_long_it_takes(unit):
    lines = {page: LINE.search(page.read_text()) for page in PAGES if page.name.startswith(unit[:2])}
    for page, line in lines.items():
        text = page.read_text()
        assert line and text[:line.start()].rstrip().splitlines()[-1].startswith("# "), f"{page.name}: not under the title"
        assert abs(int(line[1]) - reading(text)) <= 5, f"{page.name}: {reading(text):.0f} minutes by the rule"
    assert len(questions(unit)) >= 8, f"{unit}: {len(questions(unit))} questions with minutes in their titles, 8 are wanted"
    assert sum(int(line[2]) for line in lines.values()) == sum(questions(unit)), unit


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_chapter_asks_for_predictions_before_its_cells(page):
    """Two to five, each with an output below it to compare with."""
    text = page.read_text()
    prompts = list(re.finditer(r"^:::\{admonition\} Your turn\n:class: tip\n(.+?)^:::\n", text, re.MULTILINE | re.DOTALL))
    assert 2 <= len(prompts) <= 5 and len(prompts) == text.count("Your turn")
    for prompt in prompts:
        assert "?" in prompt[1] or "Write" in prompt[1] or "Guess" in prompt[1]
        assert text[prompt.end():].startswith("\n```{code-cell}"), prompt[1]
