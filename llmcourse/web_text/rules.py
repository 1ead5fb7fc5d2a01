"""Unit 10: which lines and pages are kept, by rules like those that made C4 from the pages of the web.

Each rule looks harmless. What it costs, and whom, shows only when one counts what it removed by who had written it: see
``removal_rates``.

Source: Raffel et al. (2020), section 2.2, for C4; Dodge et al. (2021) for what it removed.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from llmcourse import arguments

LEAST_WORDS, LEAST_SENTENCES = 3, 3
ENDS = (".", "!", "?", '"', "”")
UNWANTED_IN_LINES = ("javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
                     "use cookies")
BLOCKED = frozenset({"breast", "lesbian", "naked", "nipple", "sex", "sexual"})
"""A list as careless as those in use: words that stand on pages about sex, and on others."""

SENTENCE = re.compile(r"[.!?](?=[\s\"”]|$)")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Cleaned(NamedTuple):
    """A text with its kept lines, and why the others went: (line, reason)."""

    text: str
    removed: list[tuple[str, str]]


def clean_lines(text: str) -> Cleaned:
    """Keep the lines that look like sentences: at least three words, a mark at the end, no talk of cookies or Javascript.

    >>> clean_lines("Home | About\\nThe sea is cold today.\\nBuy now").text
    'The sea is cold today.'
    """
    kept, removed = [], []
    for line in arguments.instance("text", text, str).splitlines():
        line = line.strip()
        if not line:
            continue
        if reason := why_no_line(line):
            removed.append((line, reason))
        else:
            kept.append(line)
    return Cleaned("\n".join(kept), removed)


def why_no_line(line: str) -> str:
    """The first rule that a line breaks; "" for none."""
    if any(words in line.lower() for words in UNWANTED_IN_LINES):
        return "about cookies, terms or Javascript"
    if not line.endswith(ENDS) or line.endswith("..."):
        return "no mark at its end"
    if len(line.split()) < LEAST_WORDS:
        return f"fewer than {LEAST_WORDS} words"
    return ""


def why_no_page(text: str) -> str:
    """The first rule that a page, after ``clean_lines``, breaks; "" for none."""
    if "{" in text:
        return "a curly bracket, so program code"
    if "lorem ipsum" in text.lower():
        return "lorem ipsum, so a page that was never filled"
    if sum(1 for _ in SENTENCE.finditer(text)) < LEAST_SENTENCES:
        return f"fewer than {LEAST_SENTENCES} sentences"
    return ""


def blocked_words(text: str, blocked: Collection[str] = BLOCKED) -> list[str]:
    """The words of a list that stand on a page, whatever the page is about, in alphabetical order."""
    return sorted(set(words(text)) & set(blocked))


def words(text: str) -> list[str]:
    """The words of a text in small letters, without numbers and marks.

    >>> words("It's 5 o'clock, Ann!")
    ["it's", "o'clock", 'ann']
    """
    return WORD.findall(text.lower())


def removal_rates(sources: Sequence[str], kept: Sequence[bool]) -> dict[str, float]:
    """P(removed | source) of each source, in the order of their first page. Raises ValueError where the lengths differ.

    Not P(source | removed), which says of a large source that much of what was removed is its own.
    """
    if len(sources) != len(kept):
        raise ValueError(f"{len(sources)} sources, but {len(kept)} verdicts")
    gone: dict[str, list[bool]] = {}
    for source, keep in zip(sources, kept, strict=True):
        gone.setdefault(source, []).append(not keep)
    return {source: sum(removed) / len(removed) for source, removed in gone.items()}
